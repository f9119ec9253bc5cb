"""Losses under which the scores of classes keep a margin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import S

from derivations.closed_forms.info_nce import SINES, resting_sines
from derivations.closed_forms.redrawn_labels import OTHER_FREQUENCY, OWN_FREQUENCY, margin_at_rest
from derivations.survival.measured import run_to_rest
from derivations.survival.row import CLASSES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import margin_end, phi
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import temperature
from theory.models.vocabulary import K

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
            slow=None,
            measure=measure_margin,
            coupling=redrawn_coupling,
            unproved="that random starts reach it is measured",
        ),
        Survival(
            loss="info_nce",
            setting="",
            title="cross-entropy of cosines at a temperature, a fraction of the labels redrawn",
            derivation="info_nce",
            survives=S.true,
            critical=None,
            size=Row(SINES, resting_sines()),
            slow=None,
            measure=measure_cosines,
            coupling=redrawn_coupling,
            unproved="that random starts reach it is measured",
            parameters=PARAMETERS,
        ),
    )


def redrawn_coupling(fraction: float, classes: int = CLASSES) -> Coupling:
    """One sample a class, coupled to the labels as often as it has them where a fraction is redrawn."""
    own, other = (float(p.subs({phi: fraction, K: classes})) for p in (OWN_FREQUENCY, OTHER_FREQUENCY))
    return Coupling(other + (own - other) * np.eye(classes))


def measure_margin(coupling: Coupling, seed: int) -> float:
    """The mean margin of the score of the right label over others at the end of a run."""
    run = run_to_rest(models.softmax_classification(), coupling, seed, {})
    return _mean_margin(run.end["X"].T @ run.end["Y"])


def measure_cosines(coupling: Coupling, seed: int) -> float:
    """The mean margin of the cosine of the right label over others at the end of a run, over that of a simplex."""
    run = run_to_rest(models.info_nce(), coupling, seed, PARAMETERS, time=SLOW_TIME)
    samples, labels = (run.end[name] / np.linalg.norm(run.end[name], axis=0) for name in "XY")
    return _mean_margin(samples.T @ labels) * (1 - 1 / coupling.labels)


def _mean_margin(scores: NDArray) -> float:
    own = np.eye(len(scores), dtype=bool)
    return float((scores[own][:, None] - scores)[~own].mean())
