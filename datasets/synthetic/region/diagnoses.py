"""Reasons for a stay in hospital: ICD-10 as HES holds it, specialties, lengths, procedures, causes.

HES writes ICD-10 with four characters and no full stop; a category without a fourth character gets an X
(``I10X``). Rates of stays are in hospital.py. Which code how often is a rough account of *Hospital Admitted
Patient Care Activity*, NHS England, 2022/23.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Weighted = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Group:
    """A reason: primary diagnoses of grown-ups and, if others, of children; HES main specialties of the two;
    mean days in hospital at 20 and at 80; external causes and procedures, if any.
    """

    name: str
    codes: Weighted
    specialty: str
    days: tuple[float, float]
    child_codes: Weighted = ()
    causes: Weighted = ()
    procedures: Weighted = ()


_MEDICINE, _SURGERY, _ORTHOPAEDICS = "300", "100", "110"
PAEDIATRICS: Final = "420"
GERIATRICS: Final = "430"
CHILD_UNTIL: Final = 16

CHEST: Final = Group(
    "chest",
    (
        ("J189", 34),
        ("J440", 14),
        ("J441", 12),
        ("J22X", 20),
        ("J459", 6),
        ("J81X", 4),
        ("I269", 6),
        ("J690", 4),
    ),
    _MEDICINE,
    (2.0, 8.0),
    child_codes=(("J219", 40), ("J459", 20), ("J069", 25), ("J189", 15)),
)
HEART: Final = Group(
    "heart",
    (("I214", 14), ("I219", 6), ("I200", 8), ("I209", 6), ("R074", 40), ("I48X", 14), ("I500", 12)),
    "320",
    (1.0, 6.0),
    child_codes=(("R074", 1),),
)
FALL: Final = Group(
    "fall",
    (("S720", 16), ("S721", 8), ("S525", 10), ("S422", 8), ("S099", 18), ("S325", 7), ("S018", 18)),
    _ORTHOPAEDICS,
    (1.5, 11.0),
    child_codes=(("S525", 40), ("S424", 20), ("S099", 40)),
    causes=(("W190", 40), ("W010", 25), ("W180", 20), ("W109", 15)),
    procedures=(("W192", 10), ("W471", 12), ("", 78)),
)
STROKE: Final = Group(
    "stroke", (("I639", 50), ("I619", 10), ("G459", 28), ("I64X", 12)), _MEDICINE, (5.0, 13.0)
)
FAINT: Final = Group("faint", (("R55X", 60), ("I951", 14), ("R568", 8), ("R42X", 18)), _MEDICINE, (0.8, 4.0))
ABDOMEN: Final = Group(
    "abdomen",
    (
        ("R104", 34),
        ("K359", 10),
        ("K802", 12),
        ("K859", 8),
        ("K573", 10),
        ("N390", 12),
        ("N202", 6),
        ("K566", 8),
    ),
    _SURGERY,
    (1.8, 5.0),
    child_codes=(("R104", 50), ("K359", 25), ("A09X", 25)),
    procedures=(("H011", 8), ("J183", 6), ("", 86)),
)
SEIZURE: Final = Group(
    "seizure", (("G409", 55), ("R568", 45)), "400", (1.2, 4.0), child_codes=(("R560", 60), ("G409", 40))
)
INFECTION: Final = Group(
    "infection",
    (("A419", 18), ("N390", 26), ("J189", 20), ("L031", 14), ("B349", 12), ("R509", 10)),
    _MEDICINE,
    (2.5, 9.0),
    child_codes=(("B349", 45), ("R509", 25), ("A09X", 20), ("N390", 10)),
)
POISONING: Final = Group(
    "poisoning",
    (("T391", 40), ("T424", 18), ("T432", 22), ("T510", 20)),
    "180",
    (0.8, 3.0),
    causes=(("X600", 42), ("X610", 40), ("X650", 18)),
)
BLEEDING: Final = Group(
    "bleeding",
    (("K922", 45), ("R040", 25), ("K625", 30)),
    _MEDICINE,
    (1.2, 4.5),
    procedures=(("G451", 30), ("", 70)),
)
# The first two are of type 1 and type 2: hospital.py picks by what the person has.
DIABETES: Final = Group("diabetes", (("E101", 40), ("E116", 60)), "302", (2.0, 5.0))
DELIVERY: Final = Group(
    "delivery",
    (("O800", 52), ("O809", 10), ("O821", 16), ("O820", 14), ("O814", 8)),
    "501",
    (1.6, 1.6),
    procedures=(("R249", 62), ("R172", 30), ("R221", 8)),
)

CATARACT: Final = Group("cataract", (("H259", 60), ("H269", 40)), "130", (0, 0), procedures=(("C751", 1),))
ENDOSCOPY: Final = Group(
    "endoscopy",
    (("K635", 30), ("K573", 20), ("K297", 25), ("D509", 15), ("Z121", 10)),
    "301",
    (0, 0),
    procedures=(("H229", 45), ("G451", 45), ("H201", 10)),
)
CANCER: Final = Group(
    "cancer treatment",
    (("C509", 28), ("C189", 20), ("C349", 18), ("C61X", 14), ("C900", 20)),
    "800",
    (0, 0.2),
    procedures=(("X723", 70), ("X724", 30)),
)
JOINT: Final = Group(
    "joint replacement",
    (("M169", 45), ("M179", 55)),
    _ORTHOPAEDICS,
    (2.0, 3.5),
    procedures=(("W371", 45), ("W401", 55)),
)
HERNIA: Final = Group(
    "hernia and gall bladder",
    (("K409", 55), ("K429", 20), ("K802", 25)),
    _SURGERY,
    (0.2, 0.8),
    procedures=(("T202", 60), ("J183", 40)),
)
BLADDER: Final = Group(
    "bladder and prostate",
    (("N40X", 45), ("C679", 30), ("N320", 25)),
    "101",
    (0.2, 1.0),
    procedures=(("M459", 1),),
)
GYNAECOLOGY: Final = Group(
    "gynaecology", (("N939", 40), ("D259", 30), ("N809", 30)), "502", (0.3, 1.0), procedures=(("Q181", 1),)
)
TEETH_AND_THROAT: Final = Group(
    "teeth and throat", (("K021", 40), ("J350", 60)), "120", (0, 0.2), procedures=(("F344", 50), ("F109", 50))
)

# Injuries of the road. Primary diagnoses by severity: killed or badly hurt, and lightly.
BADLY_HURT: Final = Group(
    "road, badly hurt",
    (
        *(("S065", 10), ("S066", 6), ("S271", 8), ("S360", 6), ("S723", 14), ("S821", 12), ("S822", 16)),
        *(("S324", 8), ("S220", 6), ("S224", 8), ("T068", 6)),
    ),
    _ORTHOPAEDICS,
    (6.0, 14.0),
    procedures=(("W201", 30), ("W192", 15), ("", 55)),
)
LIGHTLY_HURT: Final = Group(
    "road, lightly hurt",
    (("S060", 22), ("S099", 20), ("S134", 18), ("S525", 12), ("S420", 12), ("S202", 8), ("T149", 8)),
    _ORTHOPAEDICS,
    (0.8, 2.5),
)
# ICD-10 V01 to V89 by road-user type: struck by or striking another vehicle, and without another (traffic).
ROAD_CAUSES: Final = {
    "pedestrian": (("V031", 75), ("V041", 15), ("V011", 10)),
    "cyclist": (("V134", 78), ("V144", 12), ("V194", 10)),
    "motorcyclist": (("V234", 85), ("V244", 15)),
    "car occupant": (("V435", 55), ("V436", 30), ("V445", 15)),
    "bus occupant": (("V746", 40), ("V736", 60)),
    "goods vehicle occupant": (("V535", 60), ("V635", 40)),
    "other": (("V892", 100),),
}
ROAD_CAUSES_ALONE: Final = {
    **ROAD_CAUSES,
    "cyclist": (("V184", 85), ("V174", 15)),
    "motorcyclist": (("V284", 80), ("V274", 20)),
    "car occupant": (("V475", 60), ("V485", 40)),
    "bus occupant": (("V786", 100),),
}
