r"""Linear encoders on real data: what their moments predict, against training (§7 of the notes).

The *slow time* is the time in which the distance of the labels falls by a factor e, by least squares on its logarithm while it
is expected to fall from a tenth to a hundredth of its start.  It is predicted before training from moments alone: the expected
distance is a sum over modes of the flow, weighted by what a random start puts into them and by their part in the labels
(:func:`theory.simulation.expected_curves`).  With inverse moments as mobilities that is the slowest class mode; plain
mobilities mix in small eigenvalues of the inputs, whose modes are slower and hardly move a label, so that the slowest rate of
the operator says little.

When it fails: a single start has its own weights of the modes, which scatter around the expected ones by about
:math:`\sqrt{2/d}`; batches are the same for all dimensions, so that their noise does not average out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from derivations.drawing import Drawn
from theory import Coupling, Direct, GradientDescent, Trajectory, models, require, simulate
from theory.encoder import Encoder, observed_on
from theory.errors import UnfinishedError
from theory.simulation import expected_curves

NAMES = ("digits", "wine", "breast cancer")
MOBILITIES = ("degree", "uniform")
WINDOW = (0.1, 0.01)  # of the first distance
LONGEST = 1e7  # time within which the end of the window is looked for
RECORDED = 60
SETTLED = 1000.0  # time that a run with a head is given
RESTING = 1e-2  # share of the first distance below which labels have collapsed


@dataclass(frozen=True, eq=False)
class DataSplit:
    """A data set in two parts: inputs (n, p), standardised by the training part, and classes (n,)."""

    name: str
    trained: NDArray
    classes: NDArray
    held_out: NDArray
    held_out_classes: NDArray


def load_split(name: str, share: float = 0.25, seed: int = 0) -> DataSplit:
    """A data set of scikit-learn, a ``share`` of each class held out; inputs that are constant in training are dropped.

    Raises
    ------
    InputError
        for another name.
    """
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    require.one_of(name, NAMES, "a data set")
    load = {"digits": datasets.load_digits, "wine": datasets.load_wine, "breast cancer": datasets.load_breast_cancer}
    data = load[name]()
    train, held, classes, held_classes = train_test_split(
        data.data, data.target, test_size=share, stratify=data.target, random_state=seed
    )
    mean, spread = train.mean(axis=0), train.std(axis=0)
    moving = spread > 0
    inputs = [(part[:, moving] - mean[moving]) / spread[moving] for part in (train, held)]
    return DataSplit(name, inputs[0], classes, inputs[1], held_classes)


@dataclass(frozen=True, eq=False)
class EncoderForecast:
    """What the moments of a training set say of its encoder, before training.

    Attributes
    ----------
    split, mobility, coupling
        the data, ``"degree"`` or ``"uniform"``, and the moments.
    times, distance
        times (T,), and the expected root mean square distance of the labels at them, relative to the start (T,).
    late
        how many of the last times belong to the slow one.
    """

    split: DataSplit
    mobility: str
    coupling: Encoder
    times: NDArray
    distance: NDArray
    late: int

    @cached_property
    def held_out_encoder(self) -> Encoder:
        """The same moments, the accuracy taken on what was held out."""
        s = self.split
        return observed_on(self.coupling, s.trained, s.held_out, s.held_out_classes)

    @property
    def slow_time(self) -> float:
        """The slow time of the expected distance."""
        return decay_time(self.times, self.distance, self.late)

    @property
    def slowest(self) -> float:
        """The inverse of the smallest rate of the operator, whatever its part in the labels."""
        return self.coupling.slow_time()


def forecast_training(split: DataSplit, mobility: str) -> EncoderForecast:
    """The forecast for a training set.

    Raises
    ------
    UnfinishedError
        where the labels do not collapse to a hundredth of their distance within :data:`LONGEST`.
    """
    coupling = Coupling.from_data(split.trained, split.classes, bias=True, mobility=mobility)  # type: ignore[arg-type]
    grid = np.concatenate([[0.0], np.geomspace(1e-2, LONGEST, 2000)])
    found = _relative_distance(coupling, grid)
    below = [int(np.argmax(found < level)) for level in WINDOW]
    if not all(below):
        raise UnfinishedError(f"the labels of {split.name} stay apart up to t = {LONGEST:g}; this is no collapse to predict")
    begin, end = (float(grid[k]) for k in below)
    late = np.linspace(begin, end, RECORDED // 2)
    times = np.concatenate([[0.0], np.geomspace(1e-2, begin, RECORDED // 2)[:-1], late])
    return EncoderForecast(split, mobility, coupling, times, _relative_distance(coupling, times), len(late))


def _relative_distance(coupling: Coupling, times: NDArray) -> NDArray:
    separation = expected_curves(coupling, times, dimension=1).separation
    return np.sqrt(separation / separation[0])


def decay_time(times: NDArray, distance: NDArray, late: int) -> float:
    """The time in which a distance falls by a factor e, by least squares on its logarithm at so many of the last times."""
    return -1 / float(np.polyfit(times[-late:], np.log(distance[-late:]), 1)[0])


# -- training --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Training:
    """One run of an encoder, with its accuracy on what it was trained on and on what was held out.

    ``optimiser`` is None for the gradient flow; ``run`` has the accuracy of the training set.
    """

    forecast: EncoderForecast
    optimiser: GradientDescent | None
    run: Trajectory
    held_out: NDArray

    @property
    def how(self) -> str:
        """By what it was trained, in words."""
        return _name_training(self.optimiser)

    @property
    def distance(self) -> NDArray:
        """Root mean square distance of the labels, relative to the start (T,)."""
        return self.run.label_spread / self.run.label_spread[0]

    @property
    def slow_time(self) -> float:
        """The slow time as measured."""
        return decay_time(self.run.times, self.distance, self.forecast.late)

    def row(self) -> dict[str, str | float]:
        """Prediction against training, and accuracies at their peak and at the end."""
        ratio = self.distance[-1] / np.interp(self.run.times[-1], self.forecast.times, self.forecast.distance)
        return {
            "data": self.forecast.split.name,
            "mobility": self.forecast.mobility,
            "training": self.how,
            "slowest mode": self.forecast.slowest,
            "predicted slow time": self.forecast.slow_time,
            "measured slow time": self.slow_time,
            "slow time, measured over predicted": self.slow_time / self.forecast.slow_time,
            "last distance, measured over predicted": float(ratio),
            "accuracy, training, peak": float(self.run.accuracy.max()),
            "accuracy, training, end": float(self.run.accuracy[-1]),
            "accuracy, held out, peak": float(self.held_out.max()),
            "accuracy, held out, end": float(self.held_out[-1]),
        }


def train_labels(found: EncoderForecast, dimension: int, seed: int, optimiser: GradientDescent | None = None) -> Training:
    """Train an encoder and its labels from a random start: by gradient flow, integrated directly, or in finite steps."""

    def once(coupling: Encoder) -> Trajectory:
        how = optimiser or Direct()
        return simulate(models.teacher_student(), coupling, dimension=dimension, times=found.times, seed=seed, by=how)

    return Training(found, optimiser, once(found.coupling), once(found.held_out_encoder).accuracy)


def _name_training(optimiser: GradientDescent | None) -> str:
    return str(optimiser or "gradient flow")


@dataclass(frozen=True, eq=False)
class HeadedTraining:
    """A run with a shared head and stop-gradient on the same data: labels stay apart, heads become correlations."""

    forecast: EncoderForecast
    run: Trajectory
    held_out: NDArray

    def row(self) -> dict[str, str | float]:
        """Separation, accuracies, and the largest distance of an eigenvalue of the head from a canonical correlation ±μ."""
        heads, mu = self.run.head_eigenvalues[-1], self.forecast.coupling.modes()
        gaps = np.abs(heads[:, None] - np.concatenate([mu, -mu, [0.0]])).min(axis=1)
        return {
            "data": self.forecast.split.name,
            "mobility": self.forecast.mobility,
            "smallest distance, end over start": float(self.run.min_separation[-1] / self.run.min_separation[0]),
            "largest gap of a head from a correlation": float(gaps.max()),
            "accuracy, training, end": float(self.run.accuracy[-1]),
            "accuracy, held out, end": float(self.held_out[-1]),
        }

    @property
    def collapsed(self) -> bool:
        """Whether the smallest distance of two labels ended below a hundredth of its start."""
        return bool(self.run.min_separation[-1] < RESTING * self.run.min_separation[0])


def train_with_head(found: EncoderForecast, dimension: int, seed: int, until: float = SETTLED) -> HeadedTraining:
    """Train with a shared head and the gradient stopped at both targets, without decay, by gradient flow."""
    times = np.concatenate([[0.0], np.geomspace(1e-2, until, RECORDED)])
    run, other = (
        simulate(models.teacher_student("shared", "both"), c, dimension=dimension, times=times, seed=seed)
        for c in (found.coupling, found.held_out_encoder)
    )
    return HeadedTraining(found, run, other.accuracy)


# -- the study ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class EncoderStudy(Drawn):
    """Forecasts, trainings and runs with a head of several data sets."""

    drawn_by = "encoder_training"

    trainings: tuple[Training, ...]
    headed: tuple[HeadedTraining, ...]

    def rows(self) -> list[dict[str, str | float]]:
        """Prediction against training, one row a run."""
        return [training.row() for training in self.trainings]

    def headed_rows(self) -> list[dict[str, str | float]]:
        """What stop-gradient keeps, one row a data set."""
        return [headed.row() for headed in self.headed]


def study(
    names: tuple[str, ...] = NAMES,
    dimension: int = 256,
    seed: int = 0,
    batch: int = 64,
    shares: tuple[int, int] = (10, 50),
    progress: Callable[[str], None] = lambda what: None,
) -> EncoderStudy:
    """All data sets with both mobilities: gradient flow, gradient descent, batches; and with a head.

    Parameters
    ----------
    dimension, seed
        of the embeddings without a head, and of split, starts and batches.
    batch, shares
        samples in a batch, and how many steps of all samples, and of batches, make the fastest time of the flow.
    progress
        is told what is done next.
    """
    trainings: list[Training] = []
    headed: list[HeadedTraining] = []
    for name in names:
        split = load_split(name, seed=seed)
        for mobility in MOBILITIES:
            found = forecast_training(split, mobility)
            for optimiser in compared_optimisers(found, batch, shares):
                progress(f"{name}, mobility {mobility}, {_name_training(optimiser)}")
                trainings.append(train_labels(found, dimension, seed, optimiser))
            if mobility == "degree":
                headed.append(train_with_head(found, found.coupling.labels, seed))
    return EncoderStudy(tuple(trainings), tuple(headed))


def compared_optimisers(
    found: EncoderForecast, batch: int, shares: tuple[int, int] = (10, 50)
) -> Iterator[GradientDescent | None]:
    """The gradient flow, and steps of all samples and of batches, so many to the fastest time of the flow."""
    fast = found.coupling.fast_time()
    yield None
    yield GradientDescent(step=fast / shares[0])
    yield GradientDescent(step=fast / shares[1], batch=batch)
