"""A small synthetic set in the shape of labelled STATS19 files, for those who have no files.

Records are drawn one by one from the rough proportions below; nothing is fitted to real records, and no
relation between columns is real beyond the few that are written here. Rare severities of rare road users make
the small cells that disclosure control is about.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from datasets.synthetic.marker import REFERENCE_PREFIX

FIRST_YEAR: Final = 2019
YEARS: Final = 5
T = TypeVar("T")
Weighted = Sequence[tuple[T, float]]
Row = dict[str, str | int]

# Proportions in percent, or any other weights.
_HOURS: Weighted[int] = list(
    enumerate(
        (
            *(1.4, 1.0, 0.8, 0.6, 0.6, 1.0, 2.0, 4.6, 7.4, 5.0, 4.2, 4.6),
            *(5.2, 5.4, 5.6, 7.2, 7.6, 8.6, 7.8, 6.0, 4.6, 3.6, 3.0, 2.2),
        )
    )
)
_VEHICLES_PER_COLLISION: Weighted[int] = [(1, 29), (2, 62.5), (3, 6.5), (4, 1.5), (5, 0.5)]
_PASSENGERS: Weighted[int] = [(0, 86), (1, 9.5), (2, 3), (3, 1.5)]
_VEHICLE_TYPES: Weighted[str] = [
    ("Car", 69),
    ("Pedal cycle", 9.5),
    ("Van / Goods 3.5 tonnes mgw or under", 6),
    ("Motorcycle 125cc and under", 5),
    ("Bus or coach (17 or more pass seats)", 3.2),
    ("Taxi/Private hire car", 2.4),
    ("Motorcycle over 500cc", 1.6),
    ("Motorcycle 50cc and under", 1.1),
    ("Motorcycle over 125cc and up to 500cc", 1),
    ("Goods over 3.5t. and under 7.5t", 0.5),
    ("Goods 7.5 tonnes mgw and over", 0.4),
    ("Minibus (8 - 16 passenger seats)", 0.2),
    ("Agricultural vehicle", 0.1),
]
# Road user type of somebody in or on a vehicle of the type above.
_USER_TYPES: Final = {
    "Car": "Car occupant",
    "Pedal cycle": "Cyclist",
    "Van / Goods 3.5 tonnes mgw or under": "Van / Goods vehicle (3.5 tonnes mgw or under) occupant",
    "Motorcycle 125cc and under": "Motorcycle 125cc and under rider or passenger",
    "Bus or coach (17 or more pass seats)": "Bus or coach occupant (17 or more pass seats)",
    "Taxi/Private hire car": "Taxi/Private hire car occupant",
    "Motorcycle over 500cc": "Motorcycle over 500cc rider or passenger",
    "Motorcycle 50cc and under": "Motorcycle 50cc and under rider or passenger",
    "Motorcycle over 125cc and up to 500cc": "Motorcycle over 125cc and up to 500cc rider or passenger",
    "Goods over 3.5t. and under 7.5t": "Goods vehicle (over 3.5t. and under 7.5t.) occupant",
    "Goods 7.5 tonnes mgw and over": "Goods vehicle (7.5 tonnes mgw and over) occupant",
    "Minibus (8 - 16 passenger seats)": "Minibus (8 - 16 passenger seats) occupant",
    "Agricultural vehicle": "Agricultural vehicle occupant",
}
_PEDESTRIAN: Final = "Pedestrian"
_AGES: Weighted[tuple[int, int]] = [
    ((0, 5), 2),
    ((6, 10), 2.5),
    ((11, 15), 4),
    ((16, 20), 9),
    ((21, 25), 14),
    ((26, 35), 27),
    ((36, 45), 18),
    ((46, 55), 12),
    ((56, 65), 6.5),
    ((66, 75), 2.8),
    ((76, 95), 2.2),
]
_ADULT_AGES: Weighted[tuple[int, int]] = [entry for entry in _AGES if entry[0][0] >= 16]
_ENGINE: Weighted[tuple[str, int]] = [
    (("Petrol", 1396), 26),
    (("Petrol", 1598), 24),
    (("Heavy oil", 1598), 14),
    (("Heavy oil", 1995), 26),
    (("Hybrid electric", 1798), 8),
    (("Electric", -1), 2),
]
_ROADS: Weighted[tuple[str, int]] = [
    (("A", 9112), 38),
    (("A", 9406), 25),
    (("B", 9160), 9),
    (("C", 0), 9),
    (("Unclassified", 0), 19),
]
_ROAD_TYPES: Weighted[str] = [
    ("Single carriageway", 77),
    ("Dual carriageway", 12),
    ("Roundabout", 5),
    ("One way street", 4),
    ("Slip road", 2),
]
_SPEED_LIMITS: Weighted[int] = [(30, 70), (20, 20), (50, 6), (40, 4)]
_JUNCTIONS: Weighted[str] = [
    ("T or staggered junction", 44),
    ("Not at junction or within 20 metres", 31),
    ("Crossroads", 14),
    ("Roundabout", 6),
    ("Other junction", 3),
    ("Mini-roundabout", 2),
]
_CONTROLS: Weighted[str] = [("Give way or uncontrolled", 77), ("Auto traffic signal", 22), ("Stop sign", 1)]
_CROSSINGS: Weighted[str] = [
    ("No physical crossing facilities within 50 metres", 66),
    ("Pedestrian phase at traffic signal junction", 14),
    ("Zebra", 13),
    ("Central refuge", 7),
]
_WEATHER: Weighted[tuple[str, str]] = [
    (("Fine no high winds", "Dry"), 80),
    (("Raining no high winds", "Wet or damp"), 13),
    (("Fine no high winds", "Wet or damp"), 4),
    (("Raining + high winds", "Wet or damp"), 1.5),
    (("Snowing no high winds", "Snow"), 0.5),
    (("Fog or mist", "Frost or ice"), 1),
]
_MANOEUVRES: Weighted[str] = [
    ("Going ahead other", 48),
    ("Turning right", 13),
    ("Slowing or stopping", 9),
    ("Waiting to go - held up", 9),
    ("Moving off", 7),
    ("Parked", 5),
    ("Turning left", 5),
    ("Reversing", 4),
]
_IMPACTS: Weighted[str] = [
    ("Front", 48),
    ("Back", 19),
    ("Nearside", 15),
    ("Offside", 14),
    ("Did not impact", 4),
]
_PURPOSES: Weighted[str] = [("Not known", 77), ("Journey as part of work", 14), ("Commuting to/from work", 9)]
_DECILES: Weighted[str] = [
    ("Most deprived 10%", 10),
    ("More deprived 10-20%", 24),
    ("More deprived 20-30%", 23),
    ("More deprived 30-40%", 14),
    ("More deprived 40-50%", 9),
    ("Less deprived 40-50%", 6),
    ("Less deprived 30-40%", 4),
    ("Less deprived 20-30%", 4),
    ("Less deprived 10-20%", 3),
    ("Least deprived 10%", 3),
]
_HOMES: Weighted[str] = [("Urban area", 95), ("Small town", 2), ("Rural", 3)]
_MOVEMENTS: Weighted[str] = [
    ("Crossing from driver's nearside", 45),
    ("Crossing from driver's offside", 27),
    ("Unknown or other", 28),
]
_PLACES: Weighted[str] = [
    ("In carriageway, crossing elsewhere", 55),
    ("Crossing on pedestrian crossing facility", 30),
    ("On footway or verge", 15),
]
_SEVERITIES: Final = ("Fatal", "Serious", "Slight")
_MISSING: Final = "Data missing or out of range"
_LONDON: Final = ZoneInfo("Europe/London")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass
class Records:
    """The rows of the three tables."""

    collisions: list[Row] = field(default_factory=list)
    casualties: list[Row] = field(default_factory=list)
    vehicles: list[Row] = field(default_factory=list)


class _Dice:
    """Draws that depend on the seed alone: only ``random()`` stays the same in all versions of Python."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - synthetic records, no secret

    def share(self, probability: float) -> bool:
        return self._random.random() < probability

    def whole(self, low: int, high: int) -> int:
        return low + int(self._random.random() * (high - low + 1))

    def pick(self, weighted: Weighted[T]) -> T:
        at = self._random.random() * sum(weight for _, weight in weighted)
        for value, weight in weighted:
            at -= weight
            if at < 0:
                return value
        return weighted[-1][0]


def make_records(seed: int, collisions: int) -> Iterator[Records]:
    """The records of one collision after another; the same seed and number give the same records."""
    dice = _Dice(seed)
    for number in range(collisions):
        yield _collision(dice, number, FIRST_YEAR + number * YEARS // collisions)


def _collision(dice: _Dice, number: int, year: int) -> Records:
    index = f"{year}{REFERENCE_PREFIX}{number + 1:07d}"
    made = Records()
    vehicles = dice.pick(_VEHICLES_PER_COLLISION)
    types = [dice.pick(_VEHICLE_TYPES) for _ in range(vehicles)]
    made.vehicles = [_vehicle(dice, index, at + 1, kind) for at, kind in enumerate(types)]
    made.casualties = _casualties(dice, index, made.vehicles)
    worst = min(_SEVERITIES.index(str(one["casualty_severity"])) for one in made.casualties)
    made.collisions = [_scene(dice, index, year, _SEVERITIES[worst], vehicles, len(made.casualties))]
    return made


def _scene(dice: _Dice, index: str, year: int, severity: str, vehicles: int, casualties: int) -> Row:
    day = date(year, 1, 1) + timedelta(days=dice.whole(0, (date(year + 1, 1, 1) - date(year, 1, 1)).days - 1))
    hour = dice.pick(_HOURS)
    local = datetime(day.year, day.month, day.day, hour, dice.whole(0, 59), tzinfo=_LONDON)
    utc = local.astimezone(UTC)
    lost_hour = utc.astimezone(_LONDON).hour != hour
    road, road_number = dice.pick(_ROADS)
    junction = dice.pick(_JUNCTIONS)
    at_junction = junction != "Not at junction or within 20 metres"
    weather, surface = dice.pick(_WEATHER)
    return {
        "accident_index": index,
        "location_easting_osgr": dice.whole(53000, 54000) * 10,
        "location_northing_osgr": dice.whole(18500, 19500) * 10,
        "police_force": "Synthetic Police",
        "accident_severity": severity,
        "number_of_vehicles": vehicles,
        "number_of_casualties": casualties,
        "date": day.isoformat(),
        "day_of_week": _DAYS[day.weekday()],
        "time": f"{local:%H:%M}",
        "local_authority_district": "Synthetic Borough",
        "local_authority_highway": "Synthetic Borough",
        "first_road_class": road,
        "first_road_number": road_number,
        "road_type": dice.pick(_ROAD_TYPES),
        "speed_limit": dice.pick(_SPEED_LIMITS),
        "junction_detail": junction,
        "junction_control": dice.pick(_CONTROLS) if at_junction else _MISSING,
        "second_road_class": "Unclassified" if at_junction else "",
        "second_road_number": 0,
        "pedestrian_crossing_human_control": "None within 50 metres",
        "pedestrian_crossing_physical_facilities": dice.pick(_CROSSINGS),
        "light_conditions": "Daylight" if 7 <= hour < 18 else "Darkness - lights lit",
        "weather_conditions": weather,
        "road_surface_conditions": surface,
        "special_conditions_at_site": "None",
        "carriageway_hazards": "None",
        "urban_or_rural_area": "Urban" if dice.share(0.93) else "Rural",
        "did_police_officer_attend_scene_of_accident": "Yes" if dice.share(0.76) else "No",
        # No such areas exist: real codes begin E010.
        "lsoa_of_accident_location": f"E01999{dice.whole(1, 140):03d}",
        "datetime": "" if lost_hour else f"{utc:%Y-%m-%d %H:%M:%S}",
    }


def _vehicle(dice: _Dice, index: str, number: int, kind: str) -> Row:
    age = _age(dice, _AGES[2:] if kind == "Pedal cycle" else _ADULT_AGES, 0.2)
    powered = kind != "Pedal cycle"
    propulsion, engine = dice.pick(_ENGINE) if powered and dice.share(0.8) else ("", -1)
    known = dice.share(0.6)
    return {
        "accident_index": index,
        "vehicle_reference": number,
        "vehicle_type": kind,
        "towing_and_articulation": "No tow/articulation",
        "vehicle_manoeuvre": dice.pick(_MANOEUVRES),
        "vehicle_location_restricted_lane": "On main c'way - not in restricted lane",
        "junction_location": "Not at or within 20 metres of junction"
        if dice.share(0.3)
        else "Mid Junction - on roundabout or on main road",
        "skidding_and_overturning": "None" if dice.share(0.96) else "Skidded",
        "hit_object_in_carriageway": "None" if dice.share(0.95) else "Parked vehicle",
        "vehicle_leaving_carriageway": "Did not leave carriageway" if dice.share(0.96) else "Nearside",
        "hit_object_off_carriageway": "None" if dice.share(0.98) else "Lamp post",
        "first_point_of_impact": dice.pick(_IMPACTS),
        "was_vehicle_left_hand_drive": "No" if dice.share(0.99) else "Yes",
        "journey_purpose_of_driver": dice.pick(_PURPOSES),
        "sex_of_driver": "Not known" if age < 0 else ("Male" if dice.share(0.75) else "Female"),
        "age_of_driver": age,
        "age_band_of_driver": _band(age),
        "engine_capacity_cc": engine,
        "propulsion_code": propulsion,
        "age_of_vehicle": dice.whole(0, 16) if powered and dice.share(0.7) else -1,
        "driver_imd_decile": dice.pick(_DECILES) if known else _MISSING,
        "driver_home_area_type": dice.pick(_HOMES) if known else _MISSING,
        "vehicle_imd_decile": "",
    }


def _casualties(dice: _Dice, index: str, vehicles: list[Row]) -> list[Row]:
    """At least one: a pedestrian hit by a lone vehicle now and then, else riders, drivers and passengers."""
    made: list[Row] = []

    def add(vehicle: Row, role: str) -> None:
        made.append(_casualty(dice, index, len(made) + 1, vehicle, role))

    if len(vehicles) == 1 and dice.share(0.7):
        add(vehicles[0], "Pedestrian")
        return made
    # The most exposed of the vehicles has the first casualty.
    first = min(vehicles, key=lambda vehicle: _exposure(str(vehicle["vehicle_type"])))
    for vehicle in vehicles:
        if vehicle is first or dice.share(0.12):
            add(vehicle, "Driver or rider")
            if str(vehicle["vehicle_type"]) not in ("Pedal cycle",):
                for _ in range(dice.pick(_PASSENGERS)):
                    add(vehicle, "Passenger")
    return made


def _exposure(kind: str) -> int:
    return 0 if kind == "Pedal cycle" else 1 if kind.startswith("Motorcycle") else 2


def _casualty(dice: _Dice, index: str, number: int, vehicle: Row, role: str) -> Row:
    kind = str(vehicle["vehicle_type"])
    walking = role == "Pedestrian"
    exposed = walking or _exposure(kind) < 2
    serious = 0.14 if exposed else 0.05
    fatal = 0.009 if exposed else 0.002
    rank = 0 if dice.share(fatal) else 1 if dice.share(serious) else 2
    age = _age(dice, _AGES if role != "Driver or rider" else _ADULT_AGES, 0.035)
    in_car = kind in ("Car", "Taxi/Private hire car") and role == "Passenger"
    in_bus = kind.startswith("Bus") and role == "Passenger"
    return {
        "accident_index": index,
        "vehicle_reference": vehicle["vehicle_reference"],
        "casualty_reference": number,
        "casualty_class": role,
        "sex_of_casualty": "Male" if dice.share(0.78 if exposed and not walking else 0.58) else "Female",
        "age_of_casualty": age,
        "age_band_of_casualty": _band(age),
        "casualty_severity": _SEVERITIES[rank],
        "pedestrian_location": dice.pick(_PLACES) if walking else "Not a Pedestrian",
        "pedestrian_movement": dice.pick(_MOVEMENTS) if walking else "Not a Pedestrian",
        "car_passenger": ("Front seat passenger" if dice.share(0.57) else "Rear seat passenger")
        if in_car
        else "Not car passenger",
        "bus_or_coach_passenger": "Seated passenger" if in_bus else "Not a bus or coach passenger",
        "pedestrian_road_maintenance_worker": "Not Known" if walking else "No / Not applicable",
        "casualty_type": _PEDESTRIAN if walking else _USER_TYPES[kind],
        "casualty_home_area_type": dice.pick(_HOMES) if dice.share(0.89) else _MISSING,
        "casualty_imd_decile": dice.pick(_DECILES) if dice.share(0.7) else "",
    }


def _age(dice: _Dice, ages: Weighted[tuple[int, int]], missing: float) -> int:
    if dice.share(missing):
        return -1
    low, high = dice.pick(ages)
    return dice.whole(low, high)


def _band(age: int) -> str:
    if age < 0:
        return _MISSING
    for (low, high), _ in _AGES[:-1]:
        if low <= age <= high:
            return f"{low} - {high}"
    return "Over 75"
