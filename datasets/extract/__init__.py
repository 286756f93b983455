"""Extracts: what a project gets of the data zone, and nothing else."""

from datasets.extract.make import ExtractResult, make_extract
from datasets.extract.spec import Condition, ExtractSpec, TableSpec

__all__ = ["Condition", "ExtractResult", "ExtractSpec", "TableSpec", "make_extract"]
