"""Dimensional collapse: which end states stability allows, what is foreseen of a start, and runs held against both."""

from derivations.dimensional.ends import (
    Condition,
    End,
    EndVerdict,
    Occupation,
    count_crossings,
    growth_rate,
    judge_end,
    occupation,
)
from derivations.dimensional.runs import FollowedRun, follow
from derivations.dimensional.starts import (
    BETWEEN,
    IDENTITY,
    LARGE,
    RANDOM,
    CouplingModes,
    StartKind,
    conserved_matrices,
    draw_starts,
    foresee_split,
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
    "conserved_matrices",
    "count_crossings",
    "draw_starts",
    "follow",
    "forecast_ranks",
    "foresee_split",
    "growth_rate",
    "head_pull",
    "judge_end",
    "label_rank",
    "occupation",
    "study",
]

allowed, crossed, drawn, foreseen = judge_end, count_crossings, draw_starts, foresee_split  # earlier names
