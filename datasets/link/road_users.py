"""From the police's type of a casualty to the road-user type that an ambulance crew notes.

STATS19 has some thirty labels, crews choose among seven. A label that is not listed here, and one that says the
type is not known, gives no road-user type: it counts as missing, never as ``other``.
"""

from __future__ import annotations

from typing import Final

from datasets.sources.stats19.codes import tidy

_LABELS: Final = {
    "pedestrian": ("Pedestrian",),
    "cyclist": ("Cyclist",),
    "motorcyclist": (
        "Motorcycle 50cc and under rider or passenger",
        "Motorcycle 125cc and under rider or passenger",
        "Motorcycle over 125cc and up to 500cc rider or passenger",
        "Motorcycle over 500cc rider or passenger",
        "Motorcycle - unknown cc rider or passenger",
        "Electric motorcycle rider or passenger",
        "Motorcycle - Scooter (1979-1998)",
        "Motorcycle (1979-1998)",
        "Motorcycle - Combination (1979-1998)",
        "Motorcycle over 125cc (1999-2004)",
    ),
    "car occupant": (
        "Car occupant",
        "Taxi/Private hire car occupant",
        "Taxi (excluding private hire cars) (1979-2004)",
        "Car (including private hire cars) (1979-2004)",
    ),
    "bus occupant": (
        "Bus or coach occupant (17 or more pass seats)",
        "Minibus (8 - 16 passenger seats) occupant",
        "Minibus/Motor caravan (1979-1998)",
    ),
    "goods vehicle occupant": (
        "Van / Goods vehicle (3.5 tonnes mgw or under) occupant",
        "Goods vehicle (over 3.5t. and under 7.5t.) occupant",
        "Goods vehicle (7.5 tonnes mgw and over) occupant",
        "Goods vehicle (unknown weight) occupant",
        "Goods over 3.5 tonnes (1979-1998)",
    ),
    "other": (
        "Horse rider",
        "Agricultural vehicle occupant",
        "Tram occupant",
        "Mobility scooter rider",
        "Other vehicle occupant",
    ),
}
ROAD_USER_TYPES: Final = tuple(_LABELS)
TYPE_OF_LABEL: Final = {label: kind for kind, labels in _LABELS.items() for label in labels}


def road_user_type(casualty_type: str | None) -> str | None:
    """The road-user type for one label of STATS19's ``casualty_type``, or None where it says none."""
    return None if casualty_type is None else TYPE_OF_LABEL.get(tidy(casualty_type))
