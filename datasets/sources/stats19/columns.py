"""The columns of STATS19 as this project names them: the Department's current names, one description each.

Older releases say ``accident`` where newer ones say ``collision``, and the 2024 release renamed columns of
the 2011 specification to ``*_historic`` when it introduced successors under the old names. ``canonical_name``
and ``older_release_name`` bring all of them to the names below.

Descriptions follow the Department's data guide (Open Government Licence v3.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Table = Literal["collisions", "casualties", "vehicles"]
Kind = Literal["reference", "integer", "number", "category", "text", "date", "time", "datetime"]
TABLES: tuple[Table, ...] = ("collisions", "casualties", "vehicles")


@dataclass(frozen=True)
class Column:
    """One column.

    ``reference`` columns name a record and leave the zone as pseudonyms only. ``category`` columns are
    decoded with the code list. ``required`` columns are in every release of the files since 2014, so that a
    file without one is broken rather than old.
    """

    name: str
    kind: Kind
    description: str
    required: bool = True


def _c(name: str, kind: Kind, description: str) -> Column:
    return Column(name, kind, description)


def _o(name: str, kind: Kind, description: str) -> Column:
    return Column(name, kind, description, required=False)


_INDEX = _c("collision_index", "reference", "Unique name of the collision; joins the three tables")
_YEAR = _o("collision_year", "integer", "Year of the collision")
_NUMBER = _o("collision_ref_no", "reference", "Police reference of the collision within its year")
_VEHICLE = _c("vehicle_reference", "integer", "Number of the vehicle within its collision")

_COLLISIONS = (
    _INDEX,
    _YEAR,
    _NUMBER,
    _c("location_easting_osgr", "integer", "Ordnance Survey easting, metres"),
    _c("location_northing_osgr", "integer", "Ordnance Survey northing, metres"),
    _o("longitude", "number", "Longitude, degrees WGS84"),
    _o("latitude", "number", "Latitude, degrees WGS84"),
    _c("police_force", "category", "Police force that recorded the collision"),
    _c("collision_severity", "category", "Severity of the worst casualty: Fatal, Serious or Slight"),
    _o("enhanced_collision_severity", "category", "Severity from injury codes, where recorded"),
    _c("number_of_vehicles", "integer", "Vehicles in the collision"),
    _c("number_of_casualties", "integer", "Casualties of the collision"),
    _c("date", "date", "Local date of the collision"),
    _c("day_of_week", "category", "Day of the week"),
    _c("time", "time", "Local time of the collision, to the minute"),
    _o(
        "datetime",
        "datetime",
        "Date and time in UTC, from local date and time in London; of an hour that occurs twice, the first",
    ),
    _c("local_authority_district", "category", "Local authority district"),
    _o("local_authority_ons_district", "category", "Local authority district, by ONS code"),
    _c("local_authority_highway", "category", "Highway authority"),
    _o("local_authority_highway_current", "text", "Highway authority in today's boundaries, ONS code"),
    _c("first_road_class", "category", "Class of the first road"),
    _c("first_road_number", "integer", "Number of the first road; 0 for roads without one"),
    _c("road_type", "category", "Type of road"),
    _c("speed_limit", "integer", "Speed limit, miles per hour"),
    _c("junction_detail_historic", "category", "Junction (2011 specification)"),
    _o("junction_detail", "category", "Junction (2024 specification)"),
    _c("junction_control", "category", "Control of the junction"),
    _c("second_road_class", "category", "Class of the second road at a junction"),
    _c("second_road_number", "integer", "Number of the second road; 0 for roads without one"),
    _c(
        "pedestrian_crossing_human_control_historic",
        "category",
        "People who control the crossing (2011 specification)",
    ),
    _c(
        "pedestrian_crossing_physical_facilities_historic",
        "category",
        "Pedestrian crossing (2011 specification)",
    ),
    _o("pedestrian_crossing", "category", "Pedestrian crossing (2024 specification)"),
    _c("light_conditions", "category", "Light"),
    _c("weather_conditions", "category", "Weather"),
    _c("road_surface_conditions", "category", "Road surface"),
    _c("special_conditions_at_site", "category", "Special conditions at the site"),
    _c("carriageway_hazards_historic", "category", "Hazards in the carriageway (2011 specification)"),
    _o("carriageway_hazards", "category", "Hazards in the carriageway (2024 specification)"),
    _c("urban_or_rural_area", "category", "Urban or rural area"),
    _c("did_police_officer_attend_scene_of_collision", "category", "Whether a police officer attended"),
    _o("trunk_road_flag", "category", "Whether the road is a trunk road"),
    _c("lsoa_of_collision_location", "text", "Lower layer super output area of the place; England and Wales"),
    _o("collision_injury_based", "category", "Whether severity was recorded by injury codes"),
    _o("collision_adjusted_serious", "number", "Modelled probability that the collision is serious"),
    _o("collision_adjusted_slight", "number", "Modelled probability that the collision is slight"),
)

_CASUALTIES = (
    _INDEX,
    _YEAR,
    _NUMBER,
    _VEHICLE,
    _c("casualty_reference", "integer", "Number of the casualty within its collision"),
    _c("casualty_class", "category", "Driver or rider, passenger, or pedestrian"),
    _c("sex_of_casualty", "category", "Sex of the casualty"),
    _c("age_of_casualty", "integer", "Age of the casualty, years"),
    _c("age_band_of_casualty", "category", "Age band of the casualty, years"),
    _c("casualty_severity", "category", "Severity: Fatal, Serious or Slight"),
    _o("enhanced_casualty_severity", "category", "Severity from injury codes, where recorded"),
    _c("pedestrian_location", "category", "Where the pedestrian was"),
    _c("pedestrian_movement", "category", "What the pedestrian did"),
    _c("car_passenger", "category", "Seat of a car passenger"),
    _c("bus_or_coach_passenger", "category", "What a bus or coach passenger did"),
    _c("pedestrian_road_maintenance_worker", "category", "Whether the pedestrian worked on the road"),
    _c("casualty_type", "category", "Road user type of the casualty"),
    _o("casualty_home_area_type", "category", "Urban, small town or rural home of the casualty"),
    _o("casualty_imd_decile", "category", "Deprivation decile of the casualty's home area"),
    _o("lsoa_of_casualty", "text", "Lower layer super output area of the casualty's home"),
    _o("casualty_injury_based", "category", "Whether severity was recorded by injury codes"),
    _o("casualty_adjusted_serious", "number", "Modelled probability that the injury is serious"),
    _o("casualty_adjusted_slight", "number", "Modelled probability that the injury is slight"),
    _o("casualty_distance_banding", "category", "Distance of the collision from the casualty's home"),
)

_VEHICLES = (
    _INDEX,
    _YEAR,
    _NUMBER,
    _VEHICLE,
    _c("vehicle_type", "category", "Type of vehicle"),
    _c("towing_and_articulation", "category", "Towing and articulation"),
    _c("vehicle_manoeuvre_historic", "category", "Manoeuvre (2011 specification)"),
    _o("vehicle_manoeuvre", "category", "Manoeuvre (2024 specification)"),
    _o("vehicle_direction_from", "category", "Compass direction the vehicle came from"),
    _o("vehicle_direction_to", "category", "Compass direction the vehicle went to"),
    _c("vehicle_location_restricted_lane_historic", "category", "Restricted lane (2011 specification)"),
    _o("vehicle_location_restricted_lane", "category", "Restricted lane (2024 specification)"),
    _c("junction_location", "category", "Where the vehicle was at the junction"),
    _c("skidding_and_overturning", "category", "Skidding and overturning"),
    _c("hit_object_in_carriageway", "category", "Object hit in the carriageway"),
    _c("vehicle_leaving_carriageway", "category", "How the vehicle left the carriageway"),
    _c("hit_object_off_carriageway", "category", "Object hit off the carriageway"),
    _c("first_point_of_impact", "category", "First point of impact"),
    _c("vehicle_left_hand_drive", "category", "Whether the vehicle was left-hand drive"),
    _c("journey_purpose_of_driver_historic", "category", "Purpose of the journey (2011 specification)"),
    _o("journey_purpose_of_driver", "category", "Purpose of the journey (2024 specification)"),
    _c("sex_of_driver", "category", "Sex of the driver"),
    _c("age_of_driver", "integer", "Age of the driver, years"),
    _c("age_band_of_driver", "category", "Age band of the driver, years"),
    _c("engine_capacity_cc", "integer", "Engine capacity, cubic centimetres"),
    _c("propulsion_code", "category", "Propulsion"),
    _c("age_of_vehicle", "integer", "Age of the vehicle, years"),
    _o("generic_make_model", "text", "Make and model, generic"),
    _o("driver_imd_decile", "category", "Deprivation decile of the driver's home area"),
    _o("driver_home_area_type", "category", "Urban, small town or rural home of the driver"),
    _o("vehicle_imd_decile", "category", "Deprivation decile of the vehicle's home area"),
    _o("lsoa_of_driver", "text", "Lower layer super output area of the driver's home"),
    _o("escooter_flag", "category", "Whether the vehicle was an e-scooter"),
    _o("driver_distance_banding", "category", "Distance of the collision from the driver's home"),
)

COLUMNS: dict[Table, tuple[Column, ...]] = {
    "collisions": _COLLISIONS,
    "casualties": _CASUALTIES,
    "vehicles": _VEHICLES,
}

# Columns whose old name passed to a successor of the 2024 specification.
RENAMED_IN_2024 = frozenset(
    column.name.removesuffix("_historic")
    for columns in COLUMNS.values()
    for column in columns
    if column.name.endswith("_historic")
)

# Names of other releases, after "accident" has become "collision" and signs have become underscores.
_OTHER_NAMES = {
    "collision_reference": "collision_ref_no",
    "collision_adjusted_severity_serious": "collision_adjusted_serious",
    "collision_adjusted_severity_slight": "collision_adjusted_slight",
    "casualty_adjusted_severity_serious": "casualty_adjusted_serious",
    "casualty_adjusted_severity_slight": "casualty_adjusted_slight",
    "enhanced_severity_collision": "enhanced_collision_severity",
    "enhanced_severity_casualty": "enhanced_casualty_severity",
    "was_vehicle_left_hand_drive": "vehicle_left_hand_drive",
    "1st_road_class": "first_road_class",
    "1st_road_number": "first_road_number",
    "2nd_road_class": "second_road_class",
    "2nd_road_number": "second_road_number",
    "1st_point_of_impact": "first_point_of_impact",
}


def canonical_name(heading: str) -> str:
    """The canonical name for a heading of any release; an unknown heading comes back tidied."""
    name = re.sub(r"[^a-z0-9]+", "_", heading.strip().lower()).strip("_").replace("accident", "collision")
    return _OTHER_NAMES.get(name, name)


def older_release_name(name: str) -> str:
    """The canonical name of a column in a file older than the 2024 release."""
    return f"{name}_historic" if name in RENAMED_IN_2024 else name


def canonical_names(headings: list[str]) -> list[str]:
    """Canonical names for all headings of one file, in their order."""
    names = [canonical_name(heading) for heading in headings]
    newer = any(name.endswith("_historic") for name in names) or "pedestrian_crossing" in names
    return names if newer else [older_release_name(name) for name in names]


def find(table: str, name: str) -> Column | None:
    """The description of a column, or None for one that this importer does not know."""
    return next((column for column in COLUMNS.get(table, ()) if column.name == name), None)  # type: ignore[call-overload]
