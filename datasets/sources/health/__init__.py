"""Records of the health service: population, general practice, hospital and ambulance, keeper by keeper."""

from datasets.sources.health.snapshots import current, identifiers

__all__ = ["current", "identifiers"]
