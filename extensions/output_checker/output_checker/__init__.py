"""output-checker: statistical disclosure control for files that researchers want to take out."""

__version__ = "0.1.0"
