"""A survey of dimensional collapse: runs of every kind of start, shares with their intervals, and forecasts without runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np

from derivations.dimensional.runs import FollowedRun, follow
from derivations.dimensional.starts import BETWEEN, IDENTITY, LARGE, RANDOM, StartKind, draw_starts, foresee_split, label_rank
from derivations.drawing import Drawn
from theory import Coupling

SHOWN = 60  # runs for each kind and dimension of the coupling that is shown
OTHERS = 4  # and of the other couplings
DRAWS = 2000  # starts of a forecast
CONFIDENCE = 0.95
NAMED = (IDENTITY, RANDOM, LARGE)


@dataclass(frozen=True)
class Share:
    """A share of runs, with its interval at :data:`CONFIDENCE`."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: Sequence[bool]) -> Share:
        """The interval of Wilson (1927)."""
        from scipy.stats import binomtest

        interval = binomtest(sum(hits), len(hits)).proportion_ci(CONFIDENCE, method="wilson")
        return cls(sum(hits) / len(hits), float(interval.low), float(interval.high))


@dataclass(frozen=True)
class RankForecast:
    """What is foreseen over many starts of a kind, none of which is run: the share of each rank of the labels (K,), and of the
    starts of which nothing is foreseen."""

    kind: StartKind
    dimension: int
    ranks: tuple[float, ...]
    silent: float

    @property
    def rank(self) -> float:
        """The mean rank."""
        return float(np.dot(self.ranks, np.arange(len(self.ranks))))


@dataclass(frozen=True, eq=False)
class DimensionalStudy(Drawn):
    """Runs of all couplings, and forecasts of the one that is shown."""

    drawn_by = "dimensional_collapse"

    shown: Coupling
    runs: tuple[FollowedRun, ...]
    forecasts: tuple[RankForecast, ...]

    def runs_of(self, kind: StartKind, dimension: int | None = None) -> list[FollowedRun]:
        """Runs of the coupling that is shown, at rest, of one kind of start and one dimension or all."""
        runs = (r for r in self.runs if r.coupling is self.shown and r.kind == kind and r.is_at_rest)
        return [r for r in runs if dimension in (None, r.dimension)]


def survey_couplings() -> list[Coupling]:
    """Couplings of three to five labels, whose class correlations are one or all different."""
    found = []
    for classes in (3, 4, 5):
        found.append(Coupling.uniform(classes, 20 * classes, 0.2))
        pure, frustrated = 10 * classes, 3 * comb(classes, 2)
        found.append(Coupling.pairs(classes, pure + frustrated, frustrated / (pure + frustrated)))
        found.append(Coupling.random_pairs(classes, 10 * classes, 0.4, seed=4))
    return found


def study(seed: int = 0, progress: Callable[[str], None] = lambda done: None) -> DimensionalStudy:
    """Make all runs: some minutes.

    Parameters
    ----------
    seed
        of the starts.
    progress
        called with what is done.
    """
    everything, runs = survey_couplings(), []
    shown = next(c for c in everything if c.labels == 4 and len(set(np.round(c.modes(), 9))) == 4)
    for coupling in everything:
        count = SHOWN if coupling is shown else OTHERS
        for dimension in _surveyed_dimensions(coupling):
            runs += follow(coupling, dimension, NAMED, count, seed)
        progress(f"{coupling}")
    for dimension in _surveyed_dimensions(shown):
        runs += follow(shown, dimension, (BETWEEN,), SHOWN // 2, seed)
    progress(BETWEEN.name)
    forecasts = tuple(forecast_ranks(shown, d, kind, seed + 1) for kind in NAMED for d in _surveyed_dimensions(shown))
    return DimensionalStudy(shown, tuple(runs), forecasts)


def forecast_ranks(coupling: Coupling, dimension: int, kind: StartKind, seed: int) -> RankForecast:
    """The forecast from :data:`DRAWS` starts and what is foreseen of each."""
    splits = foresee_split(coupling, draw_starts(coupling, dimension, kind, DRAWS, seed))
    ranks = [label_rank(split, coupling.modes()) for split in splits if split is not None]
    counts = np.bincount(ranks, minlength=coupling.labels) / max(len(ranks), 1)
    return RankForecast(kind, dimension, tuple(counts.tolist()), 1 - len(ranks) / DRAWS)


def _surveyed_dimensions(coupling: Coupling) -> range:
    return range(1, coupling.labels + 3)
