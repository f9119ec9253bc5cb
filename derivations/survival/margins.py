"""Losses under which the scores of classes keep a margin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S

from derivations.closed_forms.info_nce import (
    SINES,
    cone_margin,
    cone_velocities,
    critical_temperature,
    resting_sines,
    right_angle_rates,
)
from derivations.closed_forms.redrawn_labels import OTHER_FREQUENCY, OWN_FREQUENCY, balanced_rate, cross_entropy, margin_at_rest
from derivations.survival.angles import unit_lengths
from derivations.survival.measured import Experiment, both_alike
from derivations.survival.row import CLASSES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import m, margin_end, n, phi, rho_x, slow
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import temperature
from theory.models.vocabulary import K
from theory.simulation import Run

PARAMETERS = {temperature: 0.8}
SLOW_TIME = 10_000.0  # of angles, whose rates are over the total weight


def margin_rows() -> tuple[Survival, ...]:
    """The rows of the softmax over labels that are embeddings, of scores and of cosines."""
    return (
        Survival(
            loss="softmax_classification",
            setting="",
            title="cross-entropy of labels that are embeddings, a fraction of them redrawn",
            derivation="redrawn_labels",
            survives=S.true,
            critical=None,
            size=Row(margin_end, margin_at_rest()),
            slow=Row(slow, balanced_rate(), words="back to the margin, both views alike:"),
            experiment=Experiment(models.softmax_classification(), relaxing=both_alike),
            size_of=margin_of_scores,
            coupling=redrawn_coupling,
            unproved="that random starts reach it is measured",
            parameters={n: 1},
        ),
        Survival(
            loss="info_nce",
            setting="",
            title="cross-entropy of cosines at a temperature, a fraction of the labels redrawn",
            derivation="info_nce",
            survives=S.true,
            critical=None,
            size=Row(SINES, resting_sines()),
            slow=Row(slow, _rate_of_right_angles(), words="back to right angles:"),
            slow_while=temperature > critical_temperature(),
            experiment=Experiment(models.info_nce(), PARAMETERS, time=SLOW_TIME, relaxing=unit_lengths),
            size_of=margin_of_cosines,
            coupling=redrawn_coupling,
            unproved="that random starts reach it is measured",
            parameters={**PARAMETERS, m: CLASSES},
        ),
    )


def _rate_of_right_angles() -> Expr:
    """How fast samples of length one turn back to right angles with the common direction."""
    rate, _ = right_angle_rates(cone_velocities(cross_entropy()), cone_margin())
    return -rate.subs(rho_x, 1).factor()


def redrawn_coupling(fraction: float, classes: int = CLASSES) -> Coupling:
    """One sample a class, coupled to the labels as often as it has them where a fraction is redrawn."""
    own, other = (float(p.subs({phi: fraction, K: classes})) for p in (OWN_FREQUENCY, OTHER_FREQUENCY))
    return Coupling(other + (own - other) * np.eye(classes))


def margin_of_scores(run: Run, coupling: Coupling) -> float:
    """The mean margin of the score of the right label over others."""
    return _mean_margin(run.end["X"].T @ run.end["Y"])


def margin_of_cosines(run: Run, coupling: Coupling) -> float:
    """The mean margin of the cosine of the right label over others, over that of a simplex."""
    samples, labels = (run.end[name] / np.linalg.norm(run.end[name], axis=0) for name in "XY")
    return _mean_margin(samples.T @ labels) * (1 - 1 / coupling.labels)


def _mean_margin(scores: NDArray) -> float:
    own = np.eye(len(scores), dtype=bool)
    return float((scores[own][:, None] - scores)[~own].mean())
