"""What a synthetic region says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from datasets.manifest import OGL
from datasets.synthetic.marker import MARKER
from datasets.synthetic.region.make import Plan
from datasets.synthetic.region.snapshot import PoliceSnapshot

_REGION = """\
# A synthetic region

Everything here is SYNTHETIC, made by `lockedroom data synthesise`. {origin}
No record describes a real person or patient, and no result from these files says anything about the world.
NHS numbers are of the range that is never issued (999 000 0000 to 999 999 9999); postcodes, small areas,
practices and hospitals do not exist. `{marker}` in each folder tells the importers that it is synthetic.

{people:,} people, {first} to {last}. One folder for each keeper, as that keeper would send it:

{folders}
`opt-outs.txt` is the national data opt-out list: {optouts:,} NHS numbers, one a line.

`truth/` is no keeper's: it says which records are of the same person, and serves to evaluate a linkage only.
"""
_MADE = """The police's records were made too, and
their casualties are people of this region, most of them."""
_AROUND = """It was made around the imported
police records `{sha256}`:
times and places of road incidents, and age, sex, severity and road-user type of those hurt, were taken from
there{kind} and then changed as two services' records differ. Who they are,
and everything else, is invented.{without}"""
_TERMS = f"""
{OGL}:
it is the Department for Transport's.
"""
_TRUTH = """\
# The truth about a synthetic region

SYNTHETIC, like everything beside it. Which records are of the same person and the same event. No importer
reads these files, and no linkage may: they serve only to say how good one is.

- `police_ambulance.parquet`: a casualty in the police's records (`collision_index`, `vehicle_reference`,
  `casualty_reference`) and the ambulance service's `record_id` of the same person at the same event
- `ambulance_hospital.parquet`: a `record_id` and the `epikey` of the first episode of the stay that followed
- `persons.parquet`: the NHS number of everybody who lives in the region and stands in a record of the ambulance
  service (`record_id`) or the police (the three columns of a casualty)
"""


def region_readme(plan: Plan, snapshot: PoliceSnapshot | None, rows: Mapping[str, int]) -> str:
    """The README.md of a region, of which ``rows`` are the tables' sizes."""
    folders = {
        "population": ("people",),
        "gp": ("registrations", "events"),
        "ambulance": ("incidents", "patient_records"),
        "hospital": ("admissions",),
    }
    if snapshot is None:
        folders["police"] = ("collisions", "casualties", "vehicles")
    return _REGION.format(
        origin=_origin(plan, snapshot),
        marker=MARKER,
        people=plan.people,
        first=plan.period.first_year,
        last=plan.period.last_year,
        folders="".join(
            f"- `{folder}/`: {', '.join(f'{rows[table]:,} {table}' for table in tables)}\n"
            for folder, tables in folders.items()
        ),
        optouts=rows["opt-outs"],
    ) + (_TERMS if snapshot and not snapshot.synthetic else "")


def truth_readme() -> str:
    """The README.md of the truth."""
    return _TRUTH


def _origin(plan: Plan, snapshot: PoliceSnapshot | None) -> str:
    if snapshot is None:
        return _MADE
    lost = int((~plan.casualties.located).sum())
    return _AROUND.format(
        sha256=snapshot.sha256,
        kind=" (synthetic themselves)" if snapshot.synthetic else " (real ones, published)",
        without=f"\n{lost:,} casualties have no time or no place there: no other service has a record of them."
        if lost
        else "",
    )
