"""Losses under which dimensions keep a variance."""

from __future__ import annotations

import numpy as np
from sympy import Min

from derivations.closed_forms.variance_hinge import critical_strength, resting_variance, survives
from derivations.survival.measured import run_to_rest
from derivations.survival.row import Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import C_kk, alpha_c
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d

PARAMETERS = {alpha: 0.4, epsilon: 1 / 64, zeta: 0.0}


def hinge_rows() -> tuple[Survival, ...]:
    """The row of VICReg without its term on covariances: each dimension by itself."""
    return (
        Survival(
            loss="vicreg",
            setting="no covariances",
            title="squared distances, a hinge on the standard deviation of each dimension",
            derivation="variance_hinge",
            survives=survives(),
            critical=Row(alpha_c, critical_strength()),
            size=Row(C_kk, Min(resting_variance(), 1 - epsilon)),
            slow=None,
            measure=measure_variance,
            unproved="dimensions rest on the kink in the sense of Filippov; that random starts end there is measured",
            parameters={**PARAMETERS, d: 4},
        ),
    )


def measure_variance(coupling: Coupling, seed: int) -> float:
    """The mean variance of all dimensions of the samples at the end of a run."""
    degrees = np.asarray(coupling.data["D_x"])
    samples = np.asarray(run_to_rest(models.vicreg(), coupling, seed, PARAMETERS).end["X"])
    centred = samples - samples @ degrees[:, None] / degrees.sum()
    return float((centred**2 @ degrees).mean() / degrees.sum())
