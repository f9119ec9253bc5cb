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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S, Symbol, lambdify
from sympy.logic.boolalg import Boolean

from derivations.closed_forms.coding_rates import critical_alpha, survivor_moment
from derivations.closed_forms.cosine_head import critical_ratio
from derivations.closed_forms.spectral_contrastive import survivor_product
from derivations.closed_forms.whitening import eigenvalues_at_rest
from derivations.diagnosis.separability import Separation
from derivations.survival import survival_row
from derivations.typeset.plain_values import plain_fields
from derivations.vocabulary import mu_j, mu_k, s_j0, s_jk, s_kk
from theory import require
from theory.errors import InputError
from theory.models.two_views import alpha
from theory.models.vocabulary import K, d
from theory.printing import plain

COSINES = "cosines of single samples are no function of moments"
SQUARED_LENGTH, PRODUCT, VARIANCE = "squared length", "product of both views", "variance of a dimension"
BESIDE_ALIGNED = f"{COSINES}; beside embeddings that a constant input aligns, angles open below the ratio rho_c of a head"
DIRECTIONS = "how several dimensions, which have no scale, share modes does not follow mode by mode"
COVARIANCES = "how dimensions share modes where covariances count; with zeta=0 each is by itself"


@dataclass(frozen=True)
class ModeFate:
    """What a loss does to a mode, in closed form: whether it survives, its size, the ``critical`` value of the parameter that
    ``threshold`` names, the slow rate, and what of it is not proved."""

    survives: Boolean
    size: Expr
    critical: Expr | None = None
    threshold: str = ""
    slow: Expr | None = None
    unproved: str = "that almost every start ends there is argued and measured"


@dataclass(frozen=True)
class NamedLoss:
    """A loss as it is asked for.

    Attributes
    ----------
    fate
        what happens to a mode.
    measured
        what the size of a survivor is.
    usual
        values of the parameters.
    sharing
        of a loss whose dimensions do not keep out of each other's way: why it is not known how they share modes at these
        parameters; empty where all of them are along the largest correlation.
    unpredicted
        why closed forms do not reach the data; empty where they do.
    beside
        what is known of a mode beside aligned embeddings where they do not.
    slowest
        the slow rate, from all correlations and which of them survive, where the fate has none.
    """

    fate: Callable[[], ModeFate] | None = None
    measured: str = SQUARED_LENGTH
    usual: tuple[tuple[str, float], ...] = ()
    sharing: Callable[[int, Mapping[str, float]], str] | None = None
    unpredicted: str = ""
    beside: Callable[[], Expr] | None = None
    slowest: Callable[[NDArray, NDArray, int, Mapping[str, float]], float] | None = None


@dataclass(frozen=True, eq=False)
class LossForecast:
    """What a loss would do to the class modes (K - 1,) by falling correlation.

    Attributes
    ----------
    loss, parameters, dimension
        its name, values of its parameters, and the dimension of the embeddings.
    predicted
        whether formulas reach: else everything below is None, or NaN, but for thresholds beside aligned embeddings.
    survives, sizes
        whether each mode does, and the size of what is left, which ``measured`` names.
    critical
        the value of the parameter ``threshold`` at which the fate of each mode changes.
    slow_time
        of the last decay or of the return to rest, in units of the inverse mobility.
    verdict
        one sentence.
    caveat
        what is argued, measured or computed by iteration, and not derived; empty where nothing is.
    """

    loss: str
    parameters: Mapping[str, float]
    dimension: int
    predicted: bool
    verdict: str
    survives: NDArray | None = None
    sizes: NDArray | None = None
    measured: str = ""
    critical: NDArray | None = None
    threshold: str = ""
    slow_time: float = float("nan")
    caveat: str = ""

    @property
    def name(self) -> str:
        """The loss with the values of its parameters."""
        given = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.loss} ({given})" if given else self.loss

    @property
    def kept(self) -> int:
        """How many modes survive; none where nothing is predicted."""
        return 0 if self.survives is None else int(self.survives.sum())

    def to_dict(self) -> dict:
        """Plain values."""
        names = (
            "loss", "parameters", "dimension", "predicted", "verdict", "survives", "sizes", "measured", "critical", "threshold",
            "slow_time", "caveat",
        )  # fmt: skip
        return plain_fields(self, names)


def predict_loss(
    loss: str,
    mu: NDArray,
    dimension: int,
    parameters: Mapping[str, float] | None = None,
    separation: Separation | str = "",
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
    require.one_of(loss, LOSSES, "a loss")
    known = LOSSES[loss]
    values = _check_parameters(loss, known, parameters or {})
    if loss == "softmax_classification":
        return _predict_margins(values, len(mu), dimension, separation)
    if known.fate is not None:
        return _predict_modes(loss, known, known.fate(), mu, dimension, values)
    found = LossForecast(loss, values, dimension, False, f"not predicted: {known.unpredicted}")
    if known.beside is None:
        return found
    return replace(found, critical=_of_modes(known.beside(), mu, dimension, values), threshold="rho_c")


def _check_parameters(loss: str, known: NamedLoss, given: Mapping[str, float]) -> dict[str, float]:
    usual = dict(known.usual)
    if unknown := sorted(set(given) - set(usual)):
        some = f"parameters among {sorted(usual)} of {loss}" if usual else f"no parameters of {loss}"
        raise InputError(some, ", ".join(unknown), "drop it or correct the name")
    for name, value in given.items():
        if name != "zeta" or value != 0:
            require.positive(value, f"{name} of {loss}", "correct it")
    return usual | {name: float(value) for name, value in given.items()}


def _predict_modes(
    loss: str, known: NamedLoss, fate: ModeFate, mu: NDArray, dimension: int, values: Mapping[str, float]
) -> LossForecast:
    if fate.survives == S.false and (mu == 1).any():
        return _predict_rest(loss, known, mu, dimension, values)
    lives = np.broadcast_to(_of_modes(fate.survives, mu, dimension, values), mu.shape).astype(bool)
    if known.sharing is not None and lives.any() and (why := known.sharing(dimension, values)):
        return LossForecast(loss, values, dimension, False, f"not predicted: {why}")
    alive = lives & (np.cumsum(lives) <= (dimension if known.sharing is None else 1))
    sizes = np.where(alive, _of_modes(fate.size, np.where(alive, mu, 1.0), dimension, values), 0.0)
    critical = None if fate.critical is None else _of_modes(fate.critical, mu, dimension, values)
    rate = float("nan")
    if known.slowest is not None:
        rate = known.slowest(mu, alive, dimension, values)
    elif fate.slow is not None:
        rate = float(_of_modes(fate.slow, mu, dimension, values).min())
    return LossForecast(
        loss=loss,
        parameters=values,
        dimension=dimension,
        predicted=True,
        verdict=_verdict(fate, lives, alive, "which all dimensions share" if known.sharing else f"in {dimension} dimensions"),
        survives=alive,
        sizes=sizes,
        measured=known.measured,
        critical=critical,
        threshold=fate.threshold,
        slow_time=1 / rate if rate > 0 else float("inf") if rate == 0 else float("nan"),
        caveat=fate.unproved,
    )


def _predict_rest(loss: str, known: NamedLoss, mu: NDArray, dimension: int, values: Mapping[str, float]) -> LossForecast:
    """Modes without frustration stay as they start where every other one collapses."""
    stays = mu == 1
    verdict = f"{int(stays.sum())} of {len(mu)} class modes have no frustration and stay as they start; all others collapse"
    sizes = np.where(stays, np.nan, 0.0)
    return LossForecast(loss, values, dimension, True, verdict, stays, sizes, known.measured, slow_time=float("inf"))


def _of_modes(formula, mu: NDArray, dimension: int, values: Mapping[str, float]) -> NDArray:
    """A formula of a mode at each of the correlations."""
    return np.broadcast_to(_at(formula, {mu_k: mu, d: dimension, K: len(mu) + 1}, values), mu.shape)


def _at(formula, at: Mapping[Symbol, NDArray | int], values: Mapping[str, float]) -> NDArray:
    """A formula at numbers by its symbols, and at parameters by name."""
    if formula in (S.true, S.false):
        return np.array(formula == S.true)
    fixed = formula.subs({s: values[s.name] for s in formula.free_symbols - set(at)})
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(lambdify(list(at), fixed, "numpy")(*at.values()))


def _verdict(fate: ModeFate, lives: NDArray, alive: NDArray, why: str) -> str:
    count, kept = len(alive), int(alive.sum())
    if fate.survives == S.false:
        return f"all {count} class modes collapse, whatever the parameters"
    if kept == count:
        return f"all {count} class modes survive"
    if kept == int(lives.sum()):
        return f"{kept} of {count} class modes survive" if kept else f"all {count} class modes collapse"
    return f"{kept} of {count} class modes survive, of the largest mu, {why}"


def _slow_whitening(mu: NDArray, alive: NDArray, dimension: int, values: Mapping[str, float]) -> float:
    """The slowest rate among class modes at rest: of survivors, and of those that die beside each and along what is empty."""
    beside, empty, along = (eigenvalues_at_rest()[name] for name in (s_jk, s_j0, s_kk))
    survivors, absent = mu[alive], mu[~alive]
    rates = [_at(along, {mu_k: survivors}, values), _at(beside, {mu_j: absent[:, None], mu_k: survivors}, values).ravel()]
    if len(survivors) < dimension:
        rates.append(_at(empty, {mu_j: absent}, values))
    return -float(np.concatenate(rates).max())


def _predict_margins(values: Mapping[str, float], modes: int, dimension: int, separation: Separation | str) -> LossForecast:
    """A softmax keeps margins, bounded or not."""
    found = LossForecast("softmax_classification", values, dimension, predicted=False, verdict="")
    if isinstance(separation, str):
        return replace(found, verdict=f"not predicted: {separation}")
    if dimension < modes:
        return replace(found, verdict=f"not predicted: in fewer than {modes} dimensions the scores are no convex problem")
    caveat = "that almost every start reaches the least loss is argued: its scores are a product of two matrices"
    if separation.separable == separation.pairs:
        verdict = "linear scores separate the classes: every margin grows without bound"
    elif separation.separable:
        share = f"{separation.separable:,} of {separation.pairs:,} pairs of a sample and another class"
        verdict = f"linear scores separate {share}: their margins grow without bound"
    else:
        verdict = f"linear scores separate no sample from a class: margins stay finite, {separation.margin:.4g} on average"
        caveat = f"the mean margin is computed by iteration; {caveat}"
    return replace(found, predicted=True, verdict=verdict, caveat=caveat)


def _fate_of_row(loss: str, setting: str = "") -> ModeFate:
    """The fate in a row of the table of survivors."""
    row = survival_row(loss, setting)
    critical, name = (None, "") if row.critical is None else (row.critical.right, plain(row.critical.left).lstrip("\\"))
    return ModeFate(row.survives, row.size.right, critical, name, row.slow and row.slow.right, row.unproved)


LOSSES: Mapping[str, NamedLoss] = {
    "squared": NamedLoss(lambda: _fate_of_row("squared")),
    "whitening": NamedLoss(lambda: _fate_of_row("whitening"), usual=(("beta", 1.0),), slowest=_slow_whitening),
    "spectral_contrastive": NamedLoss(lambda: ModeFate(mu_k > 0, survivor_product()), PRODUCT),
    "coding_rate": NamedLoss(
        lambda: ModeFate(critical_alpha() < alpha, survivor_moment(), critical_alpha(), "alpha_c"),
        PRODUCT,
        (("alpha", 1.0), ("epsilon", 0.5**0.5)),
    ),
    "stop_gradient": NamedLoss(
        lambda: _fate_of_row("projection_head", "shared head, stop and decay"),
        usual=(("lambda", 0.01), ("kappa", 0.01), ("gamma", 1.0)),
    ),
    "softmax_classification": NamedLoss(),
    "vicreg": NamedLoss(
        lambda: _fate_of_row("vicreg", "no covariances"),
        VARIANCE,
        (("alpha", 1.0), ("zeta", 0.04), ("epsilon", 1e-4)),
        sharing=lambda dimension, values: COVARIANCES if values["zeta"] else "",
    ),
    "barlow_twins": NamedLoss(
        lambda: replace(_fate_of_row("barlow_twins"), slow=None, unproved="that the one dimension ends there is measured"),
        "correlation of both views",
        (("alpha", 5e-3),),
        sharing=lambda dimension, values: DIRECTIONS if dimension > 1 else "",
    ),
    "simsiam": NamedLoss(unpredicted=BESIDE_ALIGNED, beside=critical_ratio),
    "byol": NamedLoss(unpredicted=COSINES),
    "info_nce": NamedLoss(unpredicted=COSINES),
}
