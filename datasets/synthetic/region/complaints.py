"""What ambulances are called to besides the road, how often at which age, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from datasets.synthetic.region import diagnoses
from datasets.synthetic.region.diagnoses import Group

_AGES: Final = (0, 20, 40, 60, 75, 90)


@dataclass(frozen=True)
class Complaint:
    """A chief complaint: calls in a year for 1,000 people of the ages above, urgency, and what follows.

    ``conveyed`` is the share taken to hospital, ``admitted`` the share of those who stay, with a diagnosis of
    ``group``.
    """

    words: str
    yearly: tuple[float, float, float, float, float, float]
    urgency: tuple[float, float, float, float]
    conveyed: float
    admitted: float
    group: Group | None


ROAD: Final = 0
# Rates sum to about 0.13 calls a person and year; NHS England's Ambulance Quality Indicators count about 8
# million incidents with a face-to-face response a year for 56 million people.
COMPLAINTS: Final = (
    Complaint("Road traffic collision", (0, 0, 0, 0, 0, 0), (0.1, 0.6, 0.25, 0.05), 0, 0, None),
    Complaint("Breathing problems", (14, 5, 6, 17, 50, 100), (0.2, 0.7, 0.1, 0), 0.68, 0.58, diagnoses.CHEST),
    Complaint("Chest pain", (1, 7, 13, 24, 38, 55), (0.03, 0.92, 0.05, 0), 0.60, 0.38, diagnoses.HEART),
    Complaint("Fall", (5, 3, 4, 11, 50, 195), (0.01, 0.24, 0.6, 0.15), 0.50, 0.42, diagnoses.FALL),
    Complaint(
        "Stroke symptoms", (0, 0.4, 1.2, 5, 16, 32), (0.03, 0.95, 0.02, 0), 0.85, 0.80, diagnoses.STROKE
    ),
    Complaint(
        "Unconscious or fainting", (5, 7, 6, 9, 20, 38), (0.3, 0.6, 0.1, 0), 0.55, 0.38, diagnoses.FAINT
    ),
    Complaint("Abdominal pain", (3, 8, 8, 9, 11, 15), (0, 0.3, 0.6, 0.1), 0.55, 0.45, diagnoses.ABDOMEN),
    Complaint("Convulsions", (10, 4, 4, 3, 4, 4), (0.35, 0.6, 0.05, 0), 0.65, 0.40, diagnoses.SEIZURE),
    Complaint(
        "Unwell, infection suspected",
        (9, 6, 7, 14, 40, 100),
        (0.02, 0.5, 0.4, 0.08),
        0.5,
        0.6,
        diagnoses.INFECTION,
    ),
    Complaint(
        "Overdose or self-harm",
        (0.5, 10, 7, 3, 1, 1),
        (0.08, 0.6, 0.3, 0.02),
        0.62,
        0.40,
        diagnoses.POISONING,
    ),
    Complaint("Bleeding", (1, 2, 3, 5, 9, 17), (0.05, 0.65, 0.28, 0.02), 0.55, 0.50, diagnoses.BLEEDING),
    Complaint(
        "Diabetic problem", (12, 12, 14, 18, 24, 30), (0.06, 0.7, 0.2, 0.04), 0.40, 0.50, diagnoses.DIABETES
    ),
)
# Diabetic problems happen to those who have diabetes.
DIABETIC: Final = len(COMPLAINTS) - 1
AGES: Final = _AGES
