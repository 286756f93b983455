"""A synthetic region: one population, and what general practice, hospital, ambulance and police hold of it."""

from datasets.synthetic.region.snapshot import PoliceSnapshot
from datasets.synthetic.region.snapshot import find as find_police_snapshot
from datasets.synthetic.region.write import synthesise_region

__all__ = ["PoliceSnapshot", "find_police_snapshot", "synthesise_region"]
