"""Losses under which the scores of classes keep a margin."""

from __future__ import annotations

import numpy as np
from sympy import S

from derivations.closed_forms.redrawn_labels import OTHER_FREQUENCY, OWN_FREQUENCY, margin_at_rest
from derivations.survival.measured import run_to_rest
from derivations.survival.row import CLASSES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import margin_end, phi
from theory import models
from theory.coupling import Coupling
from theory.models.vocabulary import K


def margin_rows() -> tuple[Survival, ...]:
    """The row of the softmax over labels that are embeddings."""
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
    )


def redrawn_coupling(fraction: float, classes: int = CLASSES) -> Coupling:
    """One sample a class, coupled to the labels as often as it has them where a fraction is redrawn."""
    own, other = (float(p.subs({phi: fraction, K: classes})) for p in (OWN_FREQUENCY, OTHER_FREQUENCY))
    return Coupling(other + (own - other) * np.eye(classes))


def measure_margin(coupling: Coupling, seed: int) -> float:
    """The mean margin of the score of the right label over others at the end of a run."""
    run = run_to_rest(models.softmax_classification(), coupling, seed, {})
    scores = run.end["X"].T @ run.end["Y"]
    own = np.eye(len(scores), dtype=bool)
    return float((scores[own][:, None] - scores)[~own].mean())
