"""Losses of which only the directions of embeddings are seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S

from derivations.closed_forms import cosine, cosine_head
from derivations.survival.measured import DIMENSION, Experiment
from derivations.survival.row import SAMPLES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import apart_ab, mass, mu_k, phi, rho_c, rho_W, slow
from theory import models
from theory.coupling import Coupling
from theory.coupling.directions import mean_spread, symmetric_state, unit_columns
from theory.models.vocabulary import beta, gamma, kappa, lam
from theory.simulation import Run

SLOW_TIME = 10_000.0  # of angles, whose rates are over the total weight
RATIO, CLOSE = 0.6, 0.01  # of the head across the common direction; an angle that may close
HEAD = {gamma: 1, lam: 0, kappa: 0}
FOLLOWING = 0.1  # the rate of targets


def angle_rows() -> tuple[Survival, ...]:
    """The rows of cosines, without a head and with one beside a stop."""
    headed = Survival(
        loss="simsiam",
        setting="head and stop",
        title="minus the mean cosine of predictions and stopped targets",
        derivation="cosine_head",
        survives=rho_W < mu_k,
        critical=Row(rho_c, cosine_head.critical_ratio()),
        size=Row(apart_ab, _spread()),
        slow=Row(slow, cosine_head.rate_of_mode(), words="where small angles close:"),
        slow_while=rho_W > mu_k,
        experiment=Experiment(models.simsiam(), HEAD, SLOW_TIME, start=start_beside_head, relaxing=aligned),
        size_of=spread_of_labels,
        unproved="beside a head that is fast enough, with that ratio at the end; the size is that of uniform frustration",
        parameters={rho_W: RATIO, mass: SAMPLES},
    )
    following = replace(
        headed,
        loss="byol",
        setting="head and targets that follow",
        title="mean squared distance of directions of predictions from those of targets that follow at a rate",
        slow=Row(slow, cosine_head.following_rate(), words="where small angles close:"),
        experiment=Experiment(
            models.byol(), HEAD | {beta: FOLLOWING}, SLOW_TIME / 10, start=start_with_targets, relaxing=aligned
        ),
        parameters={**headed.parameters, beta: FOLLOWING},
    )
    return (_unit_row(), headed, following)


def _unit_row() -> Survival:
    return Survival(
        loss="cosine",
        setting="",
        title="minus the mean cosine of pairs",
        derivation="cosine",
        survives=S.false,
        critical=None,
        size=Row(apart_ab, S.Zero),
        slow=Row(slow, cosine.rate_of_mode()),
        parameters={mass: SAMPLES},
        experiment=Experiment(models.cosine(), time=SLOW_TIME, start=unit_start, relaxing=unit_lengths),
        size_of=spread_of_labels,
        unproved="that almost every start ends aligned is argued, in three dimensions or more",
    )


def _spread() -> Expr:
    """One minus the cosine of two labels at rest, by the correlation of the class modes."""
    return cosine_head.spread_of_labels().subs(phi, 1 - mu_k**2)


def unit_start(coupling: Coupling, seed: int) -> dict[str, NDArray]:
    """Random unit vectors."""
    rng = np.random.default_rng(seed)
    sizes = {"X": coupling.samples, "Y": coupling.labels}
    return {name: unit_columns(rng.standard_normal((DIMENSION, size))) for name, size in sizes.items()}


def unit_lengths(coupling: Coupling, end: dict[str, NDArray]) -> dict[str, NDArray]:
    """The same directions, of length one."""
    return {name: unit_columns(block) for name, block in end.items()}


def spread_of_labels(run: Run, coupling: Coupling) -> float:
    """The mean of one minus the cosine of two labels."""
    return mean_spread(run.labels[-1])


def start_beside_head(coupling: Coupling, seed: int) -> dict[str, NDArray]:
    """Angles of labels and pure samples, a little off, and a head of the given ratio; it keeps what is not spanned."""
    weights, classes = np.asarray(coupling.data["J"], dtype=float), coupling.labels
    pure = np.isclose(weights.max(axis=1), weights.sum(axis=1))
    cosine_x = float(cosine_head.cosine_of_samples().subs({phi: 1 - pure.mean(), rho_W: RATIO}))
    samples = np.arccos(cosine_x) if cosine_x < 1 else CLOSE
    inside = symmetric_state(coupling, np.arctan(RATIO * np.tan(samples)), samples)
    whole = np.vstack([np.zeros((DIMENSION - classes, inside.shape[1])), inside])
    whole = unit_columns(whole + 1e-4 * np.random.default_rng(seed).standard_normal(whole.shape))
    return {"X": whole[:, : coupling.samples], "Y": whole[:, coupling.samples :], "W": _head(classes)}


def _head(classes: int) -> NDArray:
    """Along the common direction, the last one, and across it."""
    return np.diag([*[1.0] * (DIMENSION - classes), *[RATIO] * (classes - 1), 1.0])


def aligned(coupling: Coupling, end: dict[str, NDArray]) -> dict[str, NDArray]:
    """All embeddings, and targets, along the common direction, beside the head of that ratio."""
    common = {name: np.eye(DIMENSION)[:, -1:] * np.ones(block.shape[1]) for name, block in end.items()}
    return common | {"W": _head(coupling.labels)}


def start_with_targets(coupling: Coupling, seed: int) -> dict[str, NDArray]:
    """The same, targets at what they follow."""
    start = start_beside_head(coupling, seed)
    return start | {f"T_{name}": start[name] for name in ("X", "Y")}
