"""Losses that feel no length: what is left of the correlation of both views."""

from __future__ import annotations

import numpy as np
from sympy import S

from derivations.closed_forms.redundancy_reduction import resting_rate
from derivations.survival.measured import run_to_rest
from derivations.survival.row import Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import C_on, mu_j, mu_k, slow
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import alpha

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
            slow=Row(slow, resting_rate().subs(mu_j, 0), words="back out of what only one view has:"),
            measure=measure_correlation,
            unproved="no more dimensions than class modes, of which lengths are one in the rate; others can be lost",
            parameters=PARAMETERS,
        ),
    )


def measure_correlation(coupling: Coupling, seed: int) -> float:
    """The mean correlation of both views of a dimension at the end of a run with as many dimensions as class modes."""
    run = run_to_rest(models.barlow_twins(), coupling, seed, PARAMETERS, dimension=coupling.labels - 1)
    weights = np.asarray(coupling.data["J"])
    weights = weights / weights.sum()
    of_samples, of_labels = weights.sum(axis=1), weights.sum(axis=0)
    samples, labels = np.asarray(run.end["X"]), np.asarray(run.end["Y"])
    samples, labels = samples - samples @ of_samples[:, None], labels - labels @ of_labels[:, None]
    common = np.einsum("ki,ia,ka->k", samples, weights, labels)
    return float((common / np.sqrt((samples**2 @ of_samples) * (labels**2 @ of_labels))).mean())
