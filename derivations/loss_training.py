r"""Named losses on real data: what is predicted of class modes before training, against linear encoders that are trained.

An encoder and labels start at random, but under stop-gradient, where the start decides: there labels start apart, samples at
their regression on the labels, and the head at the identity.  The flow is followed until it rests, or labels have met.  A
*class mode* is the projection of all embeddings on a pair of canonical directions of features and classes,
:math:`v_k=(XD_x^{1/2}l_k+YD_y^{1/2}r_k)/\sqrt2`.

>>> from derivations.encoders import load_split
>>> found = train_loss("whitening", load_split("wine"))
>>> found.survivors, int(found.forecast.survives.sum()), bool(found.deviation < 1e-6)
(1, 1, True)

Losses of cosines are foreseen near embeddings that a constant input aligns, and no further: there encoder and labels start with
small angles along every class mode, and how fast these close, or open, is held against the closed forms.

>>> angles = train_small_angles("simsiam", load_split("wine"))
>>> bool(angles.deviation < 1e-6), bool((angles.closing < 0).all())
(True, True)

When it fails: modes close to their threshold take long to die or to grow, and count as what they are at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.diagnosis import diagnose
from derivations.diagnosis.forecasts import LossForecast
from derivations.diagnosis.losses import PRODUCT, VARIANCE
from derivations.encoders import MOBILITIES, NAMES, DataSplit, load_split
from theory import Coupling, Direct, Loss, Trajectory, models, simulate
from theory.encoder import Encoder
from theory.simulation import Collapse, Convergence

TRAINED: Mapping[str, Mapping[str, float]] = {
    "squared": {},
    "whitening": {},
    "spectral_contrastive": {},
    "coding_rate": {},
    "vicreg": {"zeta": 0.0, "epsilon": 0.05},
    "stop_gradient": {},
}  # with values of parameters that are not the usual ones
OF_SAMPLES = ("vicreg", "barlow_twins")  # that take the mean of samples off
OF_COSINES = ("cosine", "simsiam", "byol", "info_nce")
SMALL = 1e-4  # angles
LONGEST = 1e6
RESTED = 1e-10  # speed relative to the state, in units of the fastest rate
COLLAPSED = 1e-6  # of the smallest distance of two labels, below which nothing is left
ALIVE = 1e-3  # squared length from which a mode counts as a survivor
DECAY = "lambda_c"  # a threshold that is one from above
BETWEEN = 1.5  # times the threshold of the middle mode: a weight at which some modes die and some survive


@dataclass(frozen=True, eq=False)
class LossTraining:
    """One run of an encoder under a loss, with what was predicted of it; ``sizes`` (K - 1,) are those at the end."""

    data: str
    mobility: str
    forecast: LossForecast
    run: Trajectory
    sizes: NDArray

    @property
    def survivors(self) -> int:
        """How many class modes are left."""
        return int((self.sizes > ALIVE).sum())

    @property
    def deviation(self) -> float:
        """The largest deviation of a size from what was predicted."""
        return float(np.abs(self.sizes - self.forecast.sizes).max())

    def row(self) -> dict[str, str | float]:
        """Prediction against training."""
        return {
            "data": self.data,
            "loss": self.forecast.name,
            "mobility": self.mobility,
            "modes": len(self.sizes),
            "survive, predicted": self.forecast.kept,
            "survive, trained": self.survivors,
            "largest deviation of a size": self.deviation,
            "time": float(self.run.times[-1]),
        }


def train_loss(
    loss: str,
    split: DataSplit,
    mobility: str = "degree",
    *,
    dimension: int | None = None,
    parameters: Mapping[str, float] | None = None,
    seed: int = 0,
) -> LossTraining:
    """Train a linear encoder of a training set under a named loss, by the flow, until it rests.

    Parameters
    ----------
    loss
        among :data:`TRAINED`.
    mobility
        ``"degree"``, inverse to the moments, or ``"uniform"``, that of plain gradient descent.
    dimension
        of the embeddings; by default as many as there are classes.
    parameters
        of the loss; by default a weight with a threshold is taken where some modes die, and others as usual.
    """
    found = diagnose(split.trained, split.classes, dimension=dimension)
    own = dict(TRAINED[loss] if parameters is None else parameters)
    weight = _weight_between(found.forecast(loss, own)) if parameters is None else {}
    forecast = found.forecast(loss, own | weight)
    coupling = Coupling.from_data(split.trained, split.classes, mobility=mobility)  # type: ignore[arg-type]
    run = simulate(
        _model_of(loss),
        coupling,
        dimension=forecast.dimension,
        times=[0.0, LONGEST],
        by=Direct(solver="LSODA", drift=1.0),
        seed=seed,
        parameters=forecast.parameters,
        initial=_protected_start(coupling, forecast.dimension, seed) if loss == "stop_gradient" else {},
        until=(Convergence(RESTED), Collapse(COLLAPSED)),
    )
    return LossTraining(split.name, mobility, forecast, run, _measure_modes(run, coupling, forecast.measured)[: len(found.mu)])


def _weight_between(usual: LossForecast) -> dict[str, float]:
    """The weight that has a threshold from below, between the thresholds of the modes."""
    name = usual.threshold.removesuffix("_c")
    if usual.critical is None or usual.threshold == DECAY:
        return {}
    return {name: BETWEEN * float(np.sort(usual.critical)[(len(usual.critical) - 1) // 2])}


def _model_of(loss: str) -> Loss:
    if loss == "stop_gradient":
        return models.projection_head("shared", "both")
    model: Loss = getattr(models, loss)()
    return models.encode_samples(model) if loss in OF_SAMPLES else model


def _protected_start(coupling: Encoder, dimension: int, seed: int) -> dict[str, NDArray]:
    """Labels far apart, samples at their regression on the labels, and the identity as the head."""
    rng = np.random.default_rng(seed)
    labels = 2 * np.eye(dimension, coupling.labels) + 0.1 * rng.standard_normal((dimension, coupling.labels))
    moments, variances = np.asarray(coupling.data["J"]), np.asarray(coupling.data["D_x"])
    return {"X": labels @ (moments / variances[:, None]).T, "Y": labels, "W": np.eye(dimension)}


def _measure_modes(run: Trajectory, coupling: Encoder, measured: str) -> NDArray:
    """The sizes of the modes at the end of a run, by falling correlation, those of the classes first."""
    samples, labels = mode_views(run, coupling)
    if measured == VARIANCE:
        return (samples**2).mean(axis=0)
    return (samples * labels).sum(axis=0) if measured == PRODUCT else ((samples + labels) ** 2).sum(axis=0) / 2


def mode_views(run: Trajectory, coupling: Encoder) -> tuple[NDArray, NDArray]:
    """Encoder and labels at the end of a run along pairs of canonical directions (d, modes)."""
    variances, masses = (np.asarray(coupling.data[name]) for name in ("D_x", "D_y"))
    left, right = canonical_directions(coupling)
    return run.end["X"] * np.sqrt(variances) @ left, run.end["Y"] * np.sqrt(masses) @ right


def canonical_directions(coupling: Encoder) -> tuple[NDArray, NDArray]:
    """Pairs of canonical directions of features and classes, in columns, by falling correlation."""
    moments, variances, masses = (np.asarray(coupling.data[name]) for name in ("J", "D_x", "D_y"))
    left, _, right = np.linalg.svd(moments / np.sqrt(np.outer(variances, masses)), full_matrices=False)
    return left, right.T


@dataclass(frozen=True, eq=False)
class AngleTraining:
    """The first stage of a run from small angles along all class modes, with what was predicted of it; ``closing`` (K - 1,) are
    the rates at which they close."""

    data: str
    forecast: LossForecast
    closing: NDArray

    @property
    def deviation(self) -> float:
        """The largest deviation of a rate from what was predicted, over the largest rate."""
        foreseen = np.asarray(self.forecast.closing)
        return float(np.abs(self.closing - foreseen).max() / np.abs(foreseen).max())

    def row(self) -> dict[str, str | float]:
        """Prediction against training."""
        return {
            "data": self.data,
            "loss": self.forecast.name,
            "modes": len(self.closing),
            "open, predicted": int((np.asarray(self.forecast.closing) < 0).sum()),
            "open, trained": int((self.closing < 0).sum()),
            "largest deviation of a rate": self.deviation,
        }


def train_small_angles(loss: str, split: DataSplit, parameters: Mapping[str, float] | None = None) -> AngleTraining:
    """Train a linear encoder with a constant input under a loss of cosines, from small angles, for the time in which the
    fastest of them changes by a factor e; mobilities are inverse to the moments.

    Parameters
    ----------
    loss
        among :data:`OF_COSINES`; under ``info_nce`` classes are cut to one size.
    parameters
        of the loss, in place of the usual ones.
    """
    features, classes = _classes_of_one_size(split) if loss == "info_nce" else (split.trained, split.classes)
    forecast = diagnose(features, classes).forecast(loss, parameters)
    coupling = Coupling.from_data(features, classes, bias=True)
    values, rates = dict(forecast.parameters), np.asarray(forecast.closing)
    start, time = _small_angles(coupling, rates, values.get("beta")), 1 / np.abs(rates).max()
    if "rho_W" in values:
        start["W"] = np.diag([1.0, values.pop("rho_W")])
        values |= {"lambda": 0.0, "kappa": 0.0, "gamma": 1.0}
    run = simulate(
        models.encode_samples(getattr(models, loss)()),
        coupling,
        dimension=2,
        times=[0.0, time],
        by=Direct(rtol=1e-9, atol=1e-9 * SMALL),
        parameters=values,
        initial=start,
    )
    samples, labels = (view[1, 1 : coupling.labels] for view in mode_views(run, coupling))
    return AngleTraining(split.name, forecast, -np.log((samples + labels) / (2 * SMALL)) / time)


def _classes_of_one_size(split: DataSplit) -> tuple[NDArray, NDArray]:
    """The first samples of each class, as many as the smallest one has."""
    size = np.bincount(split.classes).min()
    chosen = np.concatenate([np.flatnonzero(split.classes == a)[:size] for a in np.unique(split.classes)])
    return split.trained[chosen], split.classes[chosen]


def _small_angles(coupling: Encoder, rates: NDArray, following: float | None) -> dict[str, NDArray]:
    """All embeddings along one direction, and along another one all class modes, alike; targets that follow lag behind as they
    do at these rates."""
    variances, masses = (np.asarray(coupling.data[name]) for name in ("D_x", "D_y"))
    left, right = canonical_directions(coupling)
    lags = {"": np.ones_like(rates)} | ({} if following is None else {"T_": following / (following - rates)})
    return {
        lag + name: np.stack([modes[:, 0], SMALL * modes[:, 1 : coupling.labels] @ size]) / np.sqrt(weights)
        for lag, size in lags.items()
        for name, modes, weights in (("X", left, variances), ("Y", right, masses))
    }


def study_losses(
    names: tuple[str, ...] = NAMES,
    losses: tuple[str, ...] = tuple(TRAINED),
    progress: Callable[[str], None] = lambda what: None,
) -> list[dict[str, str | float]]:
    """All data sets, losses and mobilities: one row a run; ``progress`` is told what is done next."""
    rows = []
    for name in names:
        split = load_split(name)
        for loss in losses:
            for mobility in MOBILITIES:
                progress(f"{name}, {loss}, mobility {mobility}")
                rows.append(train_loss(loss, split, mobility).row())
    return rows
