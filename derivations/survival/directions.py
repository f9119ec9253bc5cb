"""Losses that feel no length: what is left of the correlation of both views."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import S

from derivations.closed_forms.redundancy_reduction import resting_rate
from derivations.survival.measured import Experiment
from derivations.survival.row import CLASSES, SAMPLES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import C_on, m, mu_j, mu_k, slow
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import alpha
from theory.simulation import Run

PARAMETERS = {alpha: 1.0}


def direction_rows() -> tuple[Survival, ...]:
    """The row of Barlow Twins."""
    return (
        Survival(
            loss="barlow_twins",
            setting="",
            title="cross-correlations of both views drawn to the identity",
            derivation="redundancy_reduction",
            survives=S.true,
            critical=None,
            size=Row(C_on, mu_k),
            slow=Row(slow, resting_rate().subs(mu_j, 0) / m, words="back out of what only one view has:"),
            experiment=Experiment(models.barlow_twins(), PARAMETERS, dimension=CLASSES - 1, relaxing=unit_variances),
            size_of=mean_correlation,
            unproved="no more dimensions than class modes, of which variances are one in the rate; others can be lost",
            parameters={**PARAMETERS, m: SAMPLES},
        ),
    )


def unit_variances(coupling: Coupling, end: dict[str, NDArray]) -> dict[str, NDArray]:
    """Both views with no mean over the pairs, and every dimension of variance one."""
    shares = {"X": np.asarray(coupling.data["D_x"]), "Y": np.asarray(coupling.data["D_y"])}
    found = {}
    for name, degrees in shares.items():
        share = degrees / degrees.sum()
        centred = end[name] - end[name] @ share[:, None]
        found[name] = centred / np.sqrt(centred**2 @ share)[:, None]
    return found


def mean_correlation(run: Run, coupling: Coupling) -> float:
    """The mean correlation of both views of a dimension."""
    weights = np.asarray(coupling.data["J"])
    views = unit_variances(coupling, {name: np.asarray(run.end[name]) for name in ("X", "Y")})
    return float(np.einsum("ki,ia,ka->k", views["X"], weights / weights.sum(), views["Y"]).mean())
