"""Pseudonyms and the keys behind them: for persons in the data zone, and for references in extracts."""
