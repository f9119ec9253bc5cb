"""Losses under which both views of a mode keep a second moment, or a product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sympy import S

from derivations.closed_forms import coding_rates, spectral_contrastive
from derivations.closed_forms.coding_rates import critical_alpha, survivor_moment
from derivations.closed_forms.spectral_contrastive import critical_decay, survivor_product
from derivations.closed_forms.views import with_decay
from derivations.survival.measured import Experiment, both_alike, class_views
from derivations.survival.row import SAMPLES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import alpha_c, lam_c, m, moment_k, mu_k, product_decay, product_k, slow
from theory import models
from theory.coupling import Coupling
from theory.models.two_views import alpha, epsilon
from theory.models.vocabulary import d, lam
from theory.simulation import Run


def moment_rows() -> tuple[Survival, ...]:
    """The rows of coding rates and of the spectral contrastive loss, without and with decay."""
    return _coding_row(), _contrastive_row(), _decaying_row()


def _coding_row() -> Survival:
    parameters = {alpha: 0.18, epsilon: 1.0}
    return Survival(
        loss="coding_rate",
        setting="",
        title="squared distances against the coding rates of both views",
        derivation="coding_rates",
        survives=critical_alpha() < alpha,
        critical=Row(alpha_c, critical_alpha()),
        size=Row(moment_k, survivor_moment()),
        slow=Row(slow, coding_rates.return_rate(), words="back to its length:"),
        experiment=Experiment(models.coding_rate(), parameters, watched=around_mean),
        size_of=mean_product,
        unproved="that random starts end there is measured; the mean, which is not frustrated, grows for ever",
        parameters={**parameters, d: 4, m: SAMPLES},
    )


def _contrastive_row() -> Survival:
    return Survival(
        loss="spectral_contrastive",
        setting="",
        title="products of both views beside those of the coupling",
        derivation="spectral_contrastive",
        survives=mu_k > S.Zero,
        critical=None,
        size=Row(product_k, survivor_product()),
        slow=Row(slow, spectral_contrastive.return_rate(), words="back to its length, both views alike:"),
        experiment=Experiment(models.spectral_contrastive(), watched=around_mean, relaxing=both_alike),
        size_of=mean_product,
        unproved="with directions enough; that almost every start ends there is argued",
        parameters={m: float(SAMPLES)},
    )


def _decaying_row() -> Survival:
    parameters = {lam: 0.05}
    return Survival(
        loss="spectral_contrastive",
        setting="decay",
        title="products of both views beside those of the coupling",
        derivation="spectral_contrastive",
        survives=lam < critical_decay(),
        critical=Row(lam_c, critical_decay()),
        size=Row(product_decay, survivor_product(lam)),
        slow=Row(slow, spectral_contrastive.return_rate(lam), words="back to its length:"),
        experiment=Experiment(with_decay(models.spectral_contrastive()), parameters, watched=around_mean),
        size_of=mean_product,
        unproved="with directions enough; that random starts end there is measured",
        parameters={**parameters, m: float(SAMPLES)},
    )


def mean_product(run: Run, coupling: Coupling) -> float:
    """The mean product of both views of class modes over the total weight; a second moment where both views are alike."""
    of_samples, of_labels = class_views(run, coupling)
    return float((of_samples * of_labels).sum(axis=0).mean() / np.sum(np.asarray(coupling.data["D_x"])))


def around_mean(coupling: Coupling, labels: NDArray) -> NDArray:
    """Labels without their mean over the pairs."""
    shares = np.asarray(coupling.data["D_y"]) / np.sum(np.asarray(coupling.data["D_y"]))
    return labels - (labels @ shares)[..., None]
