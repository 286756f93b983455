"""What ambulances are called to besides the road, how often at which age, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from datasets.synthetic.region import diagnoses as dx
from datasets.synthetic.region.diagnoses import Group

AGES: Final = (0, 20, 40, 60, 75, 90)


@dataclass(frozen=True)
class Complaint:
    """A chief complaint: calls in a year for 1,000 people of the six AGES, urgency, and what follows.

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
# Rates sum to about 0.14 calls a person and year; NHS England's Ambulance Quality Indicators count about 8
# million incidents with a face-to-face response a year for 56 million people.
COMPLAINTS: Final = (
    Complaint("Road traffic collision", (0, 0, 0, 0, 0, 0), (0.1, 0.6, 0.25, 0.05), 0, 0, None),
    Complaint("Breathing problems", (19, 7, 8, 23, 68, 140), (0.2, 0.7, 0.1, 0), 0.68, 0.58, dx.CHEST),
    Complaint("Chest pain", (1.5, 9, 18, 32, 51, 74), (0.03, 0.92, 0.05, 0), 0.60, 0.38, dx.HEART),
    Complaint("Fall", (7, 4, 5, 15, 68, 260), (0.01, 0.24, 0.6, 0.15), 0.50, 0.42, dx.FALL),
    Complaint("Stroke symptoms", (0, 0.5, 1.6, 7, 22, 43), (0.03, 0.95, 0.02, 0), 0.85, 0.80, dx.STROKE),
    Complaint("Unconscious or fainting", (7, 9, 8, 12, 27, 51), (0.3, 0.6, 0.1, 0), 0.55, 0.38, dx.FAINT),
    Complaint("Abdominal pain", (4, 11, 11, 12, 15, 20), (0, 0.3, 0.6, 0.1), 0.55, 0.45, dx.ABDOMEN),
    Complaint("Convulsions", (14, 5, 5, 4, 5, 5), (0.35, 0.6, 0.05, 0), 0.65, 0.40, dx.SEIZURE),
    Complaint(
        "Infection suspected", (12, 8, 10, 19, 54, 135), (0.02, 0.5, 0.4, 0.08), 0.5, 0.6, dx.INFECTION
    ),
    Complaint(
        "Overdose or self-harm", (0.7, 14, 10, 4, 1.5, 1.5), (0.08, 0.6, 0.3, 0.02), 0.62, 0.4, dx.POISONING
    ),
    Complaint("Bleeding", (1.5, 3, 4, 7, 12, 23), (0.05, 0.65, 0.28, 0.02), 0.55, 0.50, dx.BLEEDING),
    Complaint("Diabetic problem", (16, 16, 19, 24, 32, 40), (0.06, 0.7, 0.2, 0.04), 0.40, 0.50, dx.DIABETES),
)
# Diabetic problems happen to those who have diabetes.
DIABETIC: Final = len(COMPLAINTS) - 1
