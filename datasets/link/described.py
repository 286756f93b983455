"""What a manifest says about a linkage: the model, how many links, how good they are thought to be.

The statement follows what GUILD (Gilbert and others, "GUILD: GUidance for Information about Linking Data sets",
Journal of Public Health 40 (2018), 191–198) and RECORD (Benchimol and others, "The REporting of studies Conducted
using Observational Routinely-collected health Data", PLOS Medicine 12 (2015), e1001885) ask a linker to hand on.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

# A link is made where it is at least as likely to be right as wrong.
THRESHOLD: Final = 0.5
EXPECTED_BY: Final = (
    "Precision is the mean probability of the links; recall is the sum of the links' probabilities over the sum over "
    "all candidates. True as far as the model's probabilities are; matches outside the window are not in it. "
    "Chipperfield, Hansson and Rossiter, International Statistical Review 86 (2018), 219-236."
)
MEASURED_ON: Final = "Synthetic truth: an evaluation on invented records, which says nothing about real ones."


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TrainedLevel(_Model):
    """What was learnt of one level of a comparison."""

    label: str
    m: float = Field(description="share of the level among candidates that match")
    u: float = Field(description="share of the level among candidates that do not")


class TrainedComparison(_Model):
    """What was learnt of one comparison."""

    name: str
    levels: tuple[TrainedLevel, ...]


class Trained(_Model):
    """The model after training. ``version`` is the hash of the rest, and of the declaration it was made of."""

    version: str
    declared: str = Field(description="name and number of the declared model, such as police-ambulance/1")
    share_of_candidates: float = Field(description="how likely a candidate is to match, before comparing")
    comparisons: tuple[TrainedComparison, ...]


class MatchRate(_Model):
    """Casualties of one group, and how many in a hundred of them are linked.

    Counts are rounded to the nearest 5; both numbers are null where either part has fewer than 10.
    """

    by: str
    value: str
    casualties: int | None
    linked_percent: int | None


class Measured(_Model):
    """Links against the truth."""

    on: str = MEASURED_ON
    links: int
    true_pairs: int = Field(description="pairs of the truth whose records are in the snapshots")
    right: int
    precision: float | None
    recall: float | None
    f1: float | None


class PoliceAmbulance(_Model):
    """How casualties of the police and patients of the ambulance service were linked."""

    model: Trained
    threshold: float = Field(description="least probability of a link")
    casualties: int
    casualties_not_placed: int = Field(description="without time or place, so that they cannot be linked")
    patients: int
    patients_not_placed: int
    candidates: int = Field(description="pairs within the window of time and place")
    pairs_that_cannot_match: int = Field(description="from which u was learnt")
    pairs_trained_on: int = Field(description="candidates of one casualty and one patient, for m")
    components: int
    components_approximated: int = Field(description="too large for the exact one-to-one probabilities")
    links: int
    expected_precision: float | None
    expected_recall: float | None
    expected_by: str = EXPECTED_BY
    match_rates: tuple[MatchRate, ...] = Field(description="linkage bias: who is linked, and who is not")
    measured: Measured | None = None


class AmbulanceHospital(_Model):
    """How patients of the ambulance service and admissions were linked: by a rule."""

    rule: str
    rule_version: int
    rule_text: str
    conveyed: int = Field(description="patients taken to a hospital")
    conveyed_without_person: int = Field(description="of them, without a known NHS number")
    candidates: int
    links: int
    measured: Measured | None = None


class PersonRows(_Model):
    """How many rows of a table are of a known person, and of one in the population."""

    rows: int
    with_person: int
    in_population: int | None = Field(description="null where no population was imported")


class Linkage(_Model):
    """All of a linkage."""

    police_ambulance: PoliceAmbulance
    ambulance_hospital: AmbulanceHospital | None = Field(description="null where no hospital was imported")
    persons: dict[str, PersonRows]
