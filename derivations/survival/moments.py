"""Losses under which both views of a mode keep a second moment, or a product."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from sympy import S, Symbol

from derivations.closed_forms import coding_rates, spectral_contrastive
from derivations.closed_forms.coding_rates import critical_alpha, survivor_moment
from derivations.closed_forms.spectral_contrastive import critical_decay, survivor_product
from derivations.closed_forms.views import with_decay
from derivations.survival.measured import class_views, run_to_rest
from derivations.survival.row import SAMPLES, Survival
from derivations.typeset.rows import Row
from derivations.vocabulary import alpha_c, lam_c, m, moment_k, mu_k, product_decay, product_k, slow
from theory import models
from theory.coupling import Coupling
from theory.loss import Loss
from theory.models.two_views import alpha, epsilon
from theory.models.vocabulary import d, lam


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
        measure=measure_products(models.coding_rate(), parameters),
        unproved="that random starts end there is measured; the mean, which is not frustrated, grows for ever",
        parameters={**parameters, d: 4},
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
        measure=measure_products(models.spectral_contrastive()),
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
        measure=measure_products(with_decay(models.spectral_contrastive()), parameters),
        unproved="with directions enough; that random starts end there is measured",
        parameters={**parameters, m: float(SAMPLES)},
    )


def measure_products(loss: Loss, parameters: Mapping[Symbol, float] | None = None) -> Callable:
    """What measures the mean product of both views of class modes over the total weight, at the end of runs in which all but
    the mean rests.  It is a second moment where both views are alike."""

    def measure(coupling: Coupling, seed: int) -> float:
        run = run_to_rest(loss, coupling, seed, parameters or {}, watched=around_mean(coupling))
        of_samples, of_labels = class_views(run, coupling)
        return float((of_samples * of_labels).sum(axis=0).mean() / np.sum(np.asarray(coupling.data["D_x"])))

    return measure


def around_mean(coupling: Coupling) -> Callable[[NDArray], NDArray]:
    """What takes off labels their mean over the pairs."""
    shares = np.asarray(coupling.data["D_y"]) / np.sum(np.asarray(coupling.data["D_y"]))
    return lambda labels: labels - (labels @ shares)[..., None]
