"""Tables that have their statistics in rows (as pandas' describe() writes them), not in columns."""

from __future__ import annotations

from output_checker.readers.table import Table
from output_checker.statistics.names import Role, role_of_name

_ROW_WORDS = {
    "count", "n", "nobs", "mean", "average", "sum", "std", "sd", "stdev", "standard deviation", "var",
    "variance", "min", "minimum", "max", "maximum", "median", "mode", "25%", "50%", "75%", "5%", "95%",
    "10%", "90%", "iqr", "q1", "q3", "range", "skew", "skewness", "kurtosis", "se", "sem", "frequency",
    "freq", "p-value", "p value", "pvalue", "unique", "top", "no. observations", "observations",
    "total n", "%", "percent", "proportion", "df", "dof", "df residuals", "lower quartile",
    "upper quartile",
}  # fmt: skip


def row_roles(table: Table, labels: int) -> list[Role | None] | None:
    """For each body row the role its label states, or None where the table has no statistics in rows.

    ``labels`` is how many columns at the left are labels; the right-most label column whose words are names of
    statistics in at least half of the rows, and of two different ones at least, decides: a region called "N" is none.
    """
    for column in range(labels - 1, -1, -1):
        texts = [row[column].text.strip().lower() for row in table.body]
        known = [text in _ROW_WORDS for text in texts]
        different = {text for text, is_known in zip(texts, known, strict=True) if is_known}
        if len(different) >= 2 and sum(known) * 2 >= len(texts):
            return [_role(text) if is_known else None for text, is_known in zip(texts, known, strict=True)]
    return None


def _role(text: str) -> Role | None:
    if text in ("q1", "q3", "lower quartile", "upper quartile"):
        return Role.POSITION
    if text == "standard deviation":
        return Role.SHAPE
    return role_of_name(text)
