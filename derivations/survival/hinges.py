"""Losses under which dimensions keep a variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import Min

from derivations.closed_forms.variance_hinge import critical_strength, fall_above_kink, resting_variance, survives
from derivations.survival.directions import unit_variances
from derivations.survival.measured import Experiment
from derivations.survival.row import CLASSES, SAMPLES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import C_kk, alpha_c, m, slow
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d
from theory.simulation import Run

EPSILON = 1 / 64
LONG = 20_000.0  # small covariances vanish slowly
ABOVE = 2.0  # standard deviations, above the kink


def hinge_rows() -> tuple[Survival, ...]:
    """The rows of VICReg: each dimension by itself, without the term on covariances, and beside it."""
    return _hinge_row("no covariances", 4, 0.0), _hinge_row("covariances, a dimension for each class mode", CLASSES - 1, 1.0)


def _hinge_row(setting: str, dimension: int, redundancy: float) -> Survival:
    parameters = {alpha: dimension / 10, epsilon: EPSILON, zeta: redundancy}
    return Survival(
        loss="vicreg",
        setting=setting,
        title="squared distances, a hinge on the standard deviation of each dimension"
        + (", covariances" if redundancy else ""),
        derivation="variance_hinge",
        survives=survives(),
        critical=Row(alpha_c, critical_strength()),
        size=Row(C_kk, Min(resting_variance(), 1 - epsilon)),
        slow=Row(slow, fall_above_kink() / m, words="from above the kink:"),
        slow_while=survives(),
        experiment=Experiment(models.vicreg(), parameters, LONG, dimension, relaxing=above_kink),
        size_of=mean_variance,
        unproved="dimensions rest on the kink in the sense of Filippov; that random starts end there is measured",
        parameters={**parameters, d: dimension, m: SAMPLES},
    )


def above_kink(coupling: Coupling, end: dict[str, NDArray]) -> dict[str, NDArray]:
    """The same directions of all dimensions, longer."""
    return {name: ABOVE * block for name, block in unit_variances(coupling, end).items()}


def mean_variance(run: Run, coupling: Coupling) -> float:
    """The mean variance of all dimensions of the samples."""
    degrees, samples = np.asarray(coupling.data["D_x"]), np.asarray(run.end["X"])
    centred = samples - samples @ degrees[:, None] / degrees.sum()
    return float((centred**2 @ degrees).mean() / degrees.sum())
