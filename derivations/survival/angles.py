"""Losses of which only the directions of embeddings are seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import S

from derivations.closed_forms.cosine import rate_of_mode
from derivations.survival.measured import DIMENSION, run_to_rest
from derivations.survival.row import Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import apart_ab, slow
from theory import models
from theory.coupling import Coupling

SLOW_TIME = 10_000.0  # of angles, whose rates are over the total weight


def angle_rows() -> tuple[Survival, ...]:
    """The row of cosines."""
    return (
        Survival(
            loss="cosine",
            setting="",
            title="minus the mean cosine of pairs",
            derivation="cosine",
            survives=S.false,
            critical=None,
            size=Row(apart_ab, S.Zero),
            slow=Row(slow, rate_of_mode()),
            measure=measure_spread,
            unproved="that almost every start ends aligned is argued, in three dimensions or more",
        ),
    )


def measure_spread(coupling: Coupling, seed: int) -> float:
    """The mean of one minus the cosine of two labels at the end of a run from random unit vectors."""
    rng = np.random.default_rng(seed)
    start = {
        name: unit(rng.standard_normal((DIMENSION, size))) for name, size in (("X", coupling.samples), ("Y", coupling.labels))
    }
    return mean_spread(run_to_rest(models.cosine(), coupling, seed, {}, time=SLOW_TIME, initial=start).labels[-1])


def unit(embeddings: NDArray) -> NDArray:
    """Columns of length one."""
    return embeddings / np.linalg.norm(embeddings, axis=0)


def mean_spread(labels: NDArray) -> float:
    """The mean over pairs of columns of one minus their cosine, as half the square of their chord."""
    directions = unit(labels)
    first, second = np.triu_indices(labels.shape[1], 1)
    return float(((directions[:, first] - directions[:, second]) ** 2).sum(axis=0).mean() / 2)
