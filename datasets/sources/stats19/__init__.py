"""STATS19: Great Britain's police records of road collisions, by the Department for Transport."""

from datasets.sources.stats19.importer import ImportResult, import_stats19

__all__ = ["ImportResult", "import_stats19"]
