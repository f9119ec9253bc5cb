r"""What each named loss would do to the class modes of data, before training.

Losses of second moments act on a linear encoder as on free embeddings: what the catalogue derives of a mode with the
correlation :math:`\mu_k`, the closed forms of which are put in here, holds for each class mode of the data.  A mode takes a
direction of its own: of d dimensions the d largest correlations have them.  Where formulas do not reach, this says so.

>>> import numpy as np
>>> found = predict_loss("whitening", np.array([0.95, 0.9, 0.4]), 2, {"beta": 0.2})
>>> found.survives, found.sizes.round(3), found.critical.round(3), round(found.slow_time, 1)
(array([ True,  True, False]), array([0.75, 0.5 , 0.  ]), array([0.05, 0.1 , 0.6 ]), 5.0)

When it fails: times, and what survives under stop-gradient, are those of mobilities inverse to the moments; what survives the
other losses, and how large it is, is the same with any mobility.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S

from derivations.closed_forms import cosine, cosine_head, info_nce
from derivations.closed_forms.whitening import eigenvalues_at_rest
from derivations.diagnosis.forecasts import (
    UNKNOWN,
    LossForecast,
    LossQuestion,
    ModeFate,
    OfModes,
    OfScores,
    Prediction,
    SmallAngles,
)
from derivations.diagnosis.separability import Separation
from derivations.survival import survival_row
from derivations.vocabulary import m, mass, mu_j, mu_k, rho_x, rho_y, s_j0, s_jk, s_kk
from theory import require
from theory.errors import InputError
from theory.printing import plain

COSINES = "cosines of single samples are no function of moments"
SQUARED_LENGTH, PRODUCT, VARIANCE = "squared length", "product of both views", "variance of a dimension"
DIRECTIONS = "how several dimensions, which have no scale, share modes does not follow mode by mode"
COVARIANCES = "how dimensions share modes where covariances count; with zeta=0 each is by itself"
DECAYS = ("lambda", "kappa")  # of embeddings and of a head


@dataclass(frozen=True)
class NamedLoss:
    """A loss as it is asked for: how it is judged, and the usual values of its parameters."""

    prediction: Prediction
    usual: tuple[tuple[str, float], ...] = ()

    @property
    def of_scores(self) -> bool:
        """Whether it has to be known if linear scores separate the classes."""
        return isinstance(self.prediction, OfScores)

    def check_parameters(self, loss: str, given: Mapping[str, float]) -> dict[str, float]:
        """All parameters by name, the given ones in place of the usual."""
        usual = dict(self.usual)
        if unknown := sorted(set(given) - set(usual)):
            some = f"parameters among {', '.join(sorted(usual))} of {loss}" if usual else f"no parameters of {loss}"
            raise InputError(some, ", ".join(unknown), "drop it or correct the name")
        for name, value in given.items():
            if name != "zeta" or value != 0:
                require.positive(value, f"{name} of {loss}", "correct it")
        return usual | {name: float(value) for name, value in given.items()}


def named_loss(loss: str) -> NamedLoss:
    """The loss of a name.

    Raises
    ------
    InputError
        for an unknown one.
    """
    require.one_of(loss, LOSSES, "a loss")
    return LOSSES[loss]


def predict_loss(
    loss: str,
    mu: NDArray,
    dimension: int,
    parameters: Mapping[str, float] | None = None,
    separation: Separation | str = UNKNOWN,
) -> LossForecast:
    """What a named loss does to class modes of given correlations (K - 1,), by falling correlation.

    Parameters
    ----------
    dimension
        of the embeddings.
    parameters
        of the loss, by name, in place of the usual ones.
    separation
        whether linear scores separate the classes, for a softmax, or why that is not known.

    Raises
    ------
    InputError
        for an unknown loss or parameter, and for values that are out of their range.
    """
    known = named_loss(loss)
    values = known.check_parameters(loss, parameters or {})
    return known.prediction.predict(LossQuestion(loss, mu, dimension, values, separation))


def _slow_whitening(asked: LossQuestion, alive: NDArray) -> float:
    """The slowest rate among class modes at rest: of survivors, and of those that die beside each and along what is empty."""
    beside, empty, along = (eigenvalues_at_rest()[name] for name in (s_jk, s_j0, s_kk))
    survivors, absent = asked.mu[alive], asked.mu[~alive]
    rates = [asked.at(along, {mu_k: survivors}), asked.at(beside, {mu_j: absent[:, None], mu_k: survivors}).ravel()]
    if len(survivors) < asked.dimension:
        rates.append(asked.at(empty, {mu_j: absent}))
    return -float(np.concatenate(rates).max())


def _fate_of_row(loss: str, setting: str = "") -> ModeFate:
    """The fate in a row of the table of survivors, whose rate is that of decay where no mode survives."""
    row = survival_row(loss, setting)
    critical, name = (None, "") if row.critical is None else (row.critical.right, plain(row.critical.left).lstrip("\\"))
    decay = row.slow.right if row.survives == S.false else None
    return ModeFate(row.survives, row.size.right, critical, name, decay, row.unproved)


def _fate_of_moments(loss: str, unproved: str) -> ModeFate:
    """The same, with what is not proved of it here."""
    return replace(_fate_of_row(loss), unproved=unproved)


def _of_moments(rate: Expr) -> Expr:
    """A rate by moments, whose total weight is one, at lengths one."""
    return rate.subs(dict.fromkeys((mass, m, rho_x, rho_y), 1))


LOSSES: Mapping[str, NamedLoss] = {
    "squared": NamedLoss(OfModes(lambda: _fate_of_row("squared"), SQUARED_LENGTH)),
    "whitening": NamedLoss(
        OfModes(lambda: _fate_of_row("whitening"), SQUARED_LENGTH, slowest=_slow_whitening), (("beta", 1.0),)
    ),
    "spectral_contrastive": NamedLoss(
        OfModes(
            lambda: _fate_of_moments("spectral_contrastive", "that almost every start ends there is argued and measured"),
            PRODUCT,
        )
    ),
    "coding_rate": NamedLoss(
        OfModes(lambda: _fate_of_moments("coding_rate", "that random starts end there is measured"), PRODUCT),
        (("alpha", 1.0), ("epsilon", 0.5**0.5)),
    ),
    "stop_gradient": NamedLoss(
        OfModes(lambda: _fate_of_row("projection_head", "shared head, stop and decay"), SQUARED_LENGTH),
        (("lambda", 0.01), ("kappa", 0.01), ("gamma", 1.0)),
    ),
    "softmax_classification": NamedLoss(OfScores()),
    "vicreg": NamedLoss(
        OfModes(
            lambda: _fate_of_row("vicreg", "no covariances"),
            VARIANCE,
            sharing=lambda asked: COVARIANCES if asked.values["zeta"] else "",
        ),
        (("alpha", 1.0), ("zeta", 0.04), ("epsilon", 1e-4)),
    ),
    "barlow_twins": NamedLoss(
        OfModes(
            lambda: _fate_of_moments("barlow_twins", "that the one dimension ends there is measured"),
            "correlation of both views",
            sharing=lambda asked: DIRECTIONS if asked.dimension > 1 else "",
        ),
        (("alpha", 5e-3),),
    ),
    "cosine": NamedLoss(SmallAngles(COSINES, lambda: _of_moments(cosine.rate_of_mode()))),
    "simsiam": NamedLoss(
        SmallAngles(COSINES, lambda: _of_moments(cosine_head.rate_of_mode()), cosine_head.critical_ratio, "rho_c"),
        (("rho_W", 0.5),),
    ),
    "byol": NamedLoss(
        SmallAngles(COSINES, lambda: _of_moments(cosine_head.following_rate()), cosine_head.critical_ratio, "rho_c"),
        (("rho_W", 0.5), ("beta", 0.1)),
    ),
    "info_nce": NamedLoss(
        SmallAngles(
            COSINES, lambda: _of_moments(-info_nce.opening_rate()), caveat="small angles are those of classes of one size"
        ),
        (("temperature", 0.5),),
    ),
}
