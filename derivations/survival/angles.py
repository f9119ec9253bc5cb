"""Losses of which only the directions of embeddings are seen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S

from derivations.closed_forms import cosine, cosine_head
from derivations.survival.measured import DIMENSION, run_to_rest
from derivations.survival.row import Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import apart_ab, mu_k, phi, rho_c, rho_W, slow
from theory import models
from theory.coupling import Coupling
from theory.coupling.directions import mean_spread, symmetric_state, unit_columns
from theory.models.vocabulary import gamma, kappa, lam

SLOW_TIME = 10_000.0  # of angles, whose rates are over the total weight
RATIO, CLOSE = 0.6, 0.01  # of the head across the common direction; an angle that may close


def angle_rows() -> tuple[Survival, ...]:
    """The rows of cosines, without a head and with one beside a stop."""
    return (
        Survival(
            loss="cosine",
            setting="",
            title="minus the mean cosine of pairs",
            derivation="cosine",
            survives=S.false,
            critical=None,
            size=Row(apart_ab, S.Zero),
            slow=Row(slow, cosine.rate_of_mode()),
            measure=measure_spread,
            unproved="that almost every start ends aligned is argued, in three dimensions or more",
        ),
        Survival(
            loss="simsiam",
            setting="head and stop",
            title="minus the mean cosine of predictions and stopped targets",
            derivation="cosine_head",
            survives=rho_W < mu_k,
            critical=Row(rho_c, cosine_head.critical_ratio()),
            size=Row(apart_ab, _spread()),
            slow=None,
            measure=measure_kept_spread,
            unproved="beside a head that is fast enough, with that ratio at the end; the size is that of uniform frustration",
            parameters={rho_W: RATIO},
        ),
    )


def _spread() -> Expr:
    """One minus the cosine of two labels at rest, by the correlation of the class modes."""
    return cosine_head.spread_of_labels().subs(phi, 1 - mu_k**2)


def measure_spread(coupling: Coupling, seed: int) -> float:
    """The mean of one minus the cosine of two labels at the end of a run from random unit vectors."""
    rng = np.random.default_rng(seed)
    start = {
        name: unit_columns(rng.standard_normal((DIMENSION, size)))
        for name, size in (("X", coupling.samples), ("Y", coupling.labels))
    }
    return mean_spread(run_to_rest(models.cosine(), coupling, seed, {}, time=SLOW_TIME, initial=start).labels[-1])


def measure_kept_spread(coupling: Coupling, seed: int) -> float:
    """The same with a head, from near the angles at rest beside it, or from small ones where none are open."""
    start, given = start_beside_head(coupling, seed), {gamma: 1, lam: 0, kappa: 0}
    return mean_spread(run_to_rest(models.simsiam(), coupling, seed, given, time=SLOW_TIME, initial=start).labels[-1])


def start_beside_head(coupling: Coupling, seed: int) -> dict[str, NDArray]:
    """Angles of labels and pure samples, a little off, and a head of the given ratio; it keeps what is not spanned."""
    weights, classes = np.asarray(coupling.data["J"], dtype=float), coupling.labels
    pure = np.isclose(weights.max(axis=1), weights.sum(axis=1))
    cosine_x = float(cosine_head.cosine_of_samples().subs({phi: 1 - pure.mean(), rho_W: RATIO}))
    samples = np.arccos(cosine_x) if cosine_x < 1 else CLOSE
    inside = symmetric_state(coupling, np.arctan(RATIO * np.tan(samples)), samples)
    whole = np.vstack([np.zeros((DIMENSION - classes, inside.shape[1])), inside])
    whole = unit_columns(whole + 1e-4 * np.random.default_rng(seed).standard_normal(whole.shape))
    head = np.diag([*[1.0] * (DIMENSION - classes), *[RATIO] * (classes - 1), 1.0])
    return {"X": whole[:, : coupling.samples], "Y": whole[:, coupling.samples :], "W": head}
