"""Records of the health service: population, general practice, hospital and ambulance, keeper by keeper.

``import_health`` is in ``importer``: it needs the opt-out list, which needs this package's NHS numbers.
"""

from datasets.sources.health.snapshots import current, identifiers

__all__ = ["current", "identifiers"]
