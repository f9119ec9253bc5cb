"""Losses under which a mode keeps a length."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import S

from derivations.closed_forms.decaying import amplitude_square, critical_decay, heads, slow_rate
from derivations.closed_forms.views import rate_of_mode, view_modes
from derivations.closed_forms.whitening import critical_weight, eigenvalues_at_rest, survivor_square
from derivations.survival.measured import DIMENSION, Experiment, class_squares
from derivations.survival.row import Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import beta_c, lam_c, mu, mu_k, s_kk, slow, square_k, v, w
from theory import models
from theory.coupling import Coupling
from theory.models.vocabulary import beta, gamma, kappa, lam
from theory.simulation import Run


def length_rows() -> tuple[Survival, ...]:
    """The rows of squared distances, of whitening, and of stop-gradient with decay."""
    return _squared_row(), _whitening_row(), _stop_gradient_row()


def _squared_row() -> Survival:
    return Survival(
        loss="squared",
        setting="",
        title="squared distances",
        derivation="homogeneous",
        survives=S.false,
        critical=None,
        size=Row(square_k, S.Zero),
        slow=Row(slow, rate_of_mode(view_modes(models.squared()).gradient_flow())),
        experiment=Experiment(models.squared()),
        size_of=mean_square,
    )


def _whitening_row() -> Survival:
    parameters = {beta: 0.4}
    return Survival(
        loss="whitening",
        setting="",
        title="squared distances, second moments near the identity",
        derivation="whitening",
        survives=critical_weight() < beta,
        critical=Row(beta_c, critical_weight()),
        size=Row(square_k, survivor_square()),
        slow=Row(slow, -eigenvalues_at_rest()[s_kk], words="back to its length:"),
        experiment=Experiment(models.whitening(), parameters),
        size_of=mean_square,
        unproved="that almost every start ends there is argued and measured",
        parameters=parameters,
    )


def _stop_gradient_row() -> Survival:
    parameters = {lam: 0.1, kappa: 0.05, gamma: 1.0}
    return Survival(
        loss="projection_head",
        setting="shared head, stop and decay",
        title="squared distances of predictions from stopped targets",
        derivation="weight_decay",
        survives=lam < critical_decay().subs(mu, mu_k),
        critical=Row(lam_c, critical_decay().subs(mu, mu_k)),
        size=Row(v**2, amplitude_square().subs(w, heads()[0]).subs(mu, mu_k)),
        slow=Row(slow, slow_rate().subs(w, heads()[0]).subs(mu, mu_k), words="back to its length and its head:"),
        experiment=Experiment(models.projection_head("shared", "both"), parameters, start=_protected_start),
        size_of=mean_square,
        unproved="from a large start, with a head that decays fast enough; the collapsed state is stable, too",
        parameters=parameters,
    )


def _protected_start(coupling: Coupling, seed: int) -> dict[str, NDArray]:
    """Labels far apart, samples at the mean of theirs, and the identity as the head."""
    labels = 2 * np.eye(DIMENSION)[:, : coupling.labels] + 0.1 * np.random.default_rng(seed).standard_normal(
        (DIMENSION, coupling.labels)
    )
    weights = np.asarray(coupling.data["J"]) / np.asarray(coupling.data["D_x"])[:, None]
    return {"X": labels @ weights.T, "Y": labels, "W": np.eye(DIMENSION)}


def mean_square(run: Run, coupling: Coupling) -> float:
    """The mean squared length of class modes."""
    return float(class_squares(run, coupling).mean())
