"""What the words in a header or a row label say about the numbers beside them."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Role(StrEnum):
    """What the numbers of a column, or of a row, are."""

    LABEL = "label"  #: names the row: a category, a year, a code
    COUNT = "count"
    PERCENT = "percent"  #: a share in per cent
    PROPORTION = "proportion"  #: a share between 0 and 1
    P_VALUE = "p value"
    TEST = "test statistic"
    MEAN = "mean"
    SUM = "sum"
    SHAPE = "spread or shape"  #: standard deviation, variance, skewness, kurtosis, standard error
    POSITION = "median or quantile"
    END_POINT = "minimum or maximum"
    MODE = "mode"
    ESTIMATE = "model estimate"  #: coefficients, ratios of odds or hazards, and their intervals
    CORRELATION = "correlation"
    DEGREES = "degrees of freedom"
    SURVIVAL = "survival"  #: survival, cumulative incidence, hazard
    RATE = "rate"
    MEASURE = "measured value"  #: a quantity such as age or cost, without saying which statistic of it
    FLAG = "flag"
    UNKNOWN = "not recognised"


_TOKENS = re.compile(r"[a-z]+|[0-9]+|%|#")
_QUANTILE = re.compile(
    r"(?:[0-9]{1,2}(?:\.[0-9]+)?%|p[0-9]{1,2}|[0-9]{1,2}(?:st|nd|rd|th)?[ _]?(?:per)?centile)"
)

_COUNT = {
    "n", "count", "counts", "freq", "freqs", "frequency", "frequencies", "size", "nobs", "obs", "nrow",
    "nrows",
}  # fmt: skip
_COUNT_NOUNS = {
    "number", "num", "no", "observations", "cases", "controls", "patients", "people", "persons",
    "participants", "subjects", "records", "events", "deaths", "casualties", "collisions", "accidents",
    "vehicles", "population", "admissions", "denominator", "numerator", "respondents", "households",
    "individuals", "residents", "births", "tests", "visits", "attendances", "episodes", "spells",
    "prescriptions", "appointments", "children", "adults", "males", "females", "contributors", "killed",
    "injured", "ksi", "pedestrians", "cyclists", "drivers", "enrolled", "died",
}  # fmt: skip
_PERCENT_SIGN = re.compile(r"(?<![0-9 ])\s*%|^%|(?<![0-9])\s%")  # not that of a band, "10-20%"
_PERCENT = {"pct", "perc", "percent", "percentage", "percentages", "percents", "share"}
_PROPORTION = {"prop", "proportion", "proportions", "fraction", "probability", "prevalence"}
_MEAN = {"mean", "means", "avg", "average", "geomean"}
_SUM = {"sum", "sums", "subtotal"}
_SHAPE = {
    "sd", "std", "stdev", "stddev", "variance", "var", "skew", "skewness", "kurtosis", "kurt", "sem",
    "se", "stderr", "cv", "mad",
}  # fmt: skip
_POSITION = {
    "median", "medians", "quartile", "quantile", "percentile", "iqr", "lq", "uq", "q25", "q75", "q50",
}  # fmt: skip
_END_POINT = {
    "min", "max", "minimum", "maximum", "earliest", "latest", "lowest", "highest", "oldest", "youngest",
    "smallest", "largest", "range",
}  # fmt: skip
_ESTIMATE = {
    "coef", "coefs", "coefficient", "coefficients", "estimate", "estimates", "beta", "betas", "odds",
    "ci", "lci", "uci", "conf", "aor", "ahr", "irr", "intercept", "lower", "upper",
}  # fmt: skip
_SURVIVAL = {"survival", "surv", "cmlinc", "cuminc", "hazard", "cumhaz", "km", "survivor"}
_RATE = {"rate", "rates", "incidence", "per"}
_MEASURE = {
    "cost", "costs", "income", "amount", "value", "values", "price", "charge", "charges", "spend",
    "spending", "salary", "revenue", "turnover", "profit", "grant", "expenditure", "weight", "height",
    "bmi", "los", "length", "score", "dose", "pressure", "bp", "sbp", "dbp", "hba1c", "cholesterol",
    "egfr", "creatinine", "duration", "distance", "temperature", "speed", "age", "ages", "wage", "wages",
    "rent", "hba",
}  # fmt: skip
_FLAG = {"flag", "indicator", "milestone", "dummy", "is", "has"}
_KEY = {
    "year", "month", "quarter", "week", "weekday", "day", "hour", "minute", "date", "time", "period",
    "age", "band", "code", "decile", "quintile", "tertile", "id", "key", "type", "class", "category",
    "group", "level", "rank", "order", "index", "limit", "lsoa", "msoa", "ward", "region", "district",
    "area", "variable", "term", "statistic", "measure", "stratum", "bin", "sex", "gender", "severity",
    "ethnicity", "name", "label", "model", "wave", "cohort", "yr", "grade", "site", "cluster", "quantile",
    "number", "dose", "stage", "score", "imd", "start", "end", "to", "from",
}  # fmt: skip

_TOTAL = {
    "total", "totals", "all", "overall", "sum", "grand total", "grandtotal", "any", "margin", "all ages",
    "row total", "column total", "col total", "total n", "n total", "all groups", "both", "both sexes",
    "all regions", "everyone", "all persons", "persons", "all patients", "subtotal", "sub total",
}  # fmt: skip
_TOTAL_PERHAPS = {"t", "tot", "n", "population", "denominator", "size", "count"}


@lru_cache(maxsize=50_000)
def tokens(name: str) -> tuple[str, ...]:
    """The words of a name in lower case; camelCase and snake_case are parted."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", " ", name[:200])
    return tuple(_TOKENS.findall(parted.lower()))


@lru_cache(maxsize=50_000)
def role_of_name(name: str) -> Role | None:
    """The role a name states outright, or None. Order matters: "mean_count" is a mean, "n_missing_max" a count."""
    plain = " ".join(name.lower().replace("_", " ").split())
    words = set(tokens(name))
    if not words:
        return None
    if _is_p_value(plain, words):
        return Role.P_VALUE
    if plain in ("0%", "100%", "p0", "p100"):
        return Role.END_POINT
    if _QUANTILE.fullmatch(plain):
        return Role.POSITION
    if plain in ("df", "dof", "ddof") or words & {"dof"} or {"df"} & words or {"degrees", "freedom"} <= words:
        return Role.DEGREES
    if words & {"risk"} and words & {"at", "number", "num", "n"}:
        return Role.COUNT
    if _PERCENT_SIGN.search(plain) or "per cent" in plain:
        return Role.PERCENT
    if {"standard", "deviation"} <= words or {"standard", "error"} <= words:
        return Role.SHAPE
    said = _prominent(tokens(name))
    for vocabulary, role in _IN_ORDER:
        if (words if role is Role.COUNT else said) & vocabulary:
            return role
    words = said
    if plain in ("or", "hr", "rr", "b", "irr", "[0.025", "0.975]", "2.5 %", "97.5 %"):
        return Role.ESTIMATE
    if plain in (
        "t",
        "z",
        "f",
        "chi2",
        "chisq",
        "chi squared",
        "chi square",
        "statistic",
        "t value",
        "z value",
        "wald",
    ):
        return Role.TEST
    if words & {"corr", "correlation", "rho", "pearson", "spearman", "r2"}:
        return Role.CORRELATION
    if words & _FLAG:
        return Role.FLAG
    return None


def _prominent(words: tuple[str, ...]) -> set[str]:
    """The words that a name can be about: all of a short name, the first and last of a longer one.

    A category such as "Data missing or out of range" speaks of no range of values.
    """
    spoken = [word for word in words if not word.isdigit()]
    if len(spoken) <= 3:
        return set(spoken)
    return {spoken[0], spoken[-1]} if len(spoken) <= 5 else {spoken[0]}


_IN_ORDER: tuple[tuple[set[str], Role], ...] = (
    (_PERCENT, Role.PERCENT),
    (_COUNT, Role.COUNT),
    (_SURVIVAL, Role.SURVIVAL),
    (_PROPORTION, Role.PROPORTION),
    (_END_POINT, Role.END_POINT),
    (_SHAPE, Role.SHAPE),
    (_POSITION, Role.POSITION),
    (_MEAN, Role.MEAN),
    ({"mode"}, Role.MODE),
    (_RATE, Role.RATE),
    (_SUM, Role.SUM),
    (_ESTIMATE, Role.ESTIMATE),
)


def _is_p_value(plain: str, words: set[str]) -> bool:
    if plain in ("p", "sig", "sig.", "significance", "p val"):
        return True
    return (
        bool(words & {"pvalue", "pval", "pvalues"})
        or {"p", "value"} <= words
        or plain.startswith(("p>", "pr("))
    )


def is_weak_count(name: str) -> bool:
    """Whether a name speaks of people or things, so that whole numbers under it are likely counts."""
    return bool(set(tokens(name)) & _COUNT_NOUNS)


def is_measure(name: str) -> bool:
    """Whether a name is a quantity measured on people (age, cost), so that numbers under it are no counts."""
    words = tokens(name)
    if any(word.isdigit() for word in words):
        return False  # "age 18-29" and "score 3" are categories of a table, with counts below them
    return bool(set(words) & _MEASURE) and not is_weak_count(name)


def is_key(name: str) -> bool:
    """Whether a name is one that usually names rows: a year, a code, an age band."""
    return bool(set(tokens(name)) & _KEY)


def is_total(name: str) -> bool:
    """Whether a label says that its line is the total of the others."""
    plain = " ".join(re.sub(r"[^a-z0-9]+", " ", name.lower()).split())
    return plain in _TOTAL


def may_be_total(name: str) -> bool:
    """Whether a label is sometimes used for totals; arithmetic has to confirm it."""
    plain = " ".join(re.sub(r"[^a-z0-9]+", " ", name.lower()).split())
    return plain in _TOTAL_PERHAPS or plain in _TOTAL or bool({"total", "all"} & set(plain.split()))
