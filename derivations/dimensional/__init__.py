"""Dimensional collapse: which end states stability allows, what is foreseen of a start, and runs held against both."""

from derivations.dimensional.ends import Condition, End, Occupation, Verdict, allowed, crossed, growth, occupation
from derivations.dimensional.runs import Run, follow
from derivations.dimensional.starts import (
    BETWEEN,
    IDENTITY,
    LARGE,
    RANDOM,
    Kind,
    Modes,
    conserved,
    drawn,
    foreseen,
    label_rank,
    pull,
)
from derivations.dimensional.survey import Forecast, Share, Study, forecast, study

__all__ = [
    "BETWEEN",
    "IDENTITY",
    "LARGE",
    "RANDOM",
    "Condition",
    "End",
    "Forecast",
    "Kind",
    "Modes",
    "Occupation",
    "Run",
    "Share",
    "Study",
    "Verdict",
    "allowed",
    "conserved",
    "crossed",
    "drawn",
    "follow",
    "forecast",
    "foreseen",
    "growth",
    "label_rank",
    "occupation",
    "pull",
    "study",
]
