"""Dimensional collapse: which end states stability allows, what is foreseen of a start, and runs held against both."""

from derivations.dimensional.ends import Condition, End, EndVerdict, Occupation, allowed, crossed, growth_rate, occupation
from derivations.dimensional.runs import FollowedRun, follow
from derivations.dimensional.starts import (
    BETWEEN,
    IDENTITY,
    LARGE,
    RANDOM,
    CouplingModes,
    StartKind,
    conserved_matrices,
    drawn,
    foreseen,
    head_pull,
    label_rank,
)
from derivations.dimensional.survey import DimensionalStudy, RankForecast, Share, forecast_ranks, study

__all__ = [
    "BETWEEN",
    "IDENTITY",
    "LARGE",
    "RANDOM",
    "Condition",
    "CouplingModes",
    "DimensionalStudy",
    "End",
    "EndVerdict",
    "FollowedRun",
    "Occupation",
    "RankForecast",
    "Share",
    "StartKind",
    "allowed",
    "conserved_matrices",
    "crossed",
    "drawn",
    "follow",
    "forecast_ranks",
    "foreseen",
    "growth_rate",
    "head_pull",
    "label_rank",
    "occupation",
    "study",
]
