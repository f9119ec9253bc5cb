"""Speed and memory of the flows of the losses of the papers, against NumPy written by hand.

Functions return rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from theory import Coupling, models
from theory.simulation.setting import DATA, Setting

SAMPLES, DIMENSION = 10**4, 16
FEW = 10**3  # labels of losses that hold a number for each sample and label: those of 10^4 labels would be 800 MB
ROUNDS = 15
SECONDS = 0.1  # of one round
GOAL = "1.5 x"

DERIVE = """
import time
from theory import models
make = models.{}
started = time.process_time()
make().stop_gradient_flow()
print(time.process_time() - started)
"""

Blocks = Sequence[NDArray]


@dataclass(frozen=True)
class Data:
    """What a loss is given: the coupling, its weights as vectors, their sum, and parameters by name."""

    J: NDArray  # or sparse
    D_x: NDArray
    D_y: NDArray
    H_x: NDArray
    H_y: NDArray
    of: dict[str, float] = field(default_factory=dict)

    @property
    def mass(self) -> float:
        return self.D_x.sum()


def loss_rows() -> Iterator[dict]:
    with threadpool_limits(1):  # threads that wait for each other on a busy machine would be measured
        for name in BY_HAND:
            yield from velocity_rows(name)
    yield derivation_row()


def velocity_rows(name: str) -> list[dict]:
    """The lowered velocity of a loss against the same by hand, in time and in peak memory of a call."""
    by_hand, parameters = BY_HAND[name]
    coupling = few_labels() if name in WHOLE_SCORES else paired_views()
    setting = Setting.of(getattr(models, name)(), coupling, DIMENSION, parameters)
    symbols = {str(s) for s in setting.flow.parameters} | {str(n) for block in setting.flow.state for n in block.shape}
    lowered = setting.flow.lower({n: v for n, v in setting.values.items() if n in symbols})
    state = lowered.pack(setting.start(seed=0))
    data, edges = (
        Data(*(coupling.data[n] for n in DATA), of=setting.numbers_by_name),
        np.cumsum([0, *map(np.prod, setting.shapes.values())]),
    )
    spans = list(zip(edges[:-1], edges[1:], setting.shapes.values(), strict=True))

    def theirs() -> NDArray:
        return np.concatenate([v.ravel() for v in by_hand(data, *(state[i:j].reshape(shape) for i, j, shape in spans))])

    def ours() -> NDArray:
        return lowered.velocity(0.0, state)

    np.testing.assert_allclose(ours(), theirs(), rtol=1e-9, atol=1e-9 * np.abs(theirs()).max())
    ratio, seconds = ratio_of_times(ours, theirs)
    mine, other = peak_memory(ours), peak_memory(theirs)
    what = f"velocity of {name} / by hand (N={SAMPLES}, K={coupling.labels}, d={DIMENSION})"
    sizes = f"{mine:.1f} and {other:.1f} MB"
    return [
        {"what": what, "measured": f"{ratio:.2f} x", "goal": GOAL, "seconds": seconds},
        {
            "what": f"the same: peak memory, {sizes}",
            "measured": f"{mine / other:.2f} x",
            "goal": GOAL,
            "megabytes": [mine, other],
        },
    ]


def derivation_row() -> dict:
    """The flow of the loss for which it takes longest, each in a process of its own after imports."""
    seconds = {name: seconds_to_derive(name) for name in BY_HAND}
    slowest = max(seconds, key=seconds.__getitem__)
    what = f"deriving the flow of a loss, the slowest of {len(seconds)} ({slowest})"
    return {"what": what, "measured": f"{seconds[slowest]:.2f} s", "goal": "2 s", "seconds": seconds[slowest]}


def seconds_to_derive(name: str) -> float:
    done = subprocess.run([sys.executable, "-c", DERIVE.format(name)], check=True, capture_output=True, text=True)
    return float(done.stdout)


def paired_views() -> Coupling:
    """Two views of each sample; one sample in twenty has a second partner."""
    return Coupling.from_labels([[i, (i + 1) % SAMPLES] if i % 20 == 0 else [i] for i in range(SAMPLES)])


def few_labels() -> Coupling:
    return Coupling.random_pairs(FEW, SAMPLES, 0.1, seed=0)


def ratio_of_times(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The median ratio of alternating rounds, and the median seconds of one call of ours."""
    repeat = max(1, round(SECONDS / seconds_of(theirs, 1)))
    rounds = [(seconds_of(ours, repeat), seconds_of(theirs, repeat)) for _ in range(ROUNDS)]
    return statistics.median(a / b for a, b in rounds), statistics.median(a for a, _ in rounds)


def seconds_of(function: Callable[[], object], repeat: int) -> float:
    """Processor time, which other work on the machine leaves alone but for its caches."""
    started = time.process_time()
    for _ in range(repeat):
        function()
    return (time.process_time() - started) / repeat


def peak_memory(function: Callable[[], object]) -> float:
    """Megabytes that a call allocates at its peak, the result included."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


# -- velocities by hand ------------------------------------------------------------------------------------------------


def lengths(z: NDArray) -> NDArray:
    return np.sqrt(np.einsum("ij,ij->j", z, z))


def through_lengths(unit: NDArray, length: NDArray, slope: NDArray) -> NDArray:
    """The slope by vectors from that by their directions."""
    slope -= unit * np.einsum("ij,ij->j", unit, slope)
    slope /= length
    return slope


def squared(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    return (Y @ c.J.T - X * c.D_x) * c.H_x, (X @ c.J - Y * c.D_y) * c.H_y


def whitening(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    XD, YD = X * c.D_x, Y * c.D_y
    pull = c.of["beta"] * (XD @ X.T + YD @ Y.T) + (1 - c.of["beta"]) * np.eye(len(X))
    return (Y @ c.J.T - pull @ XD) * c.H_x, (X @ c.J - pull @ YD) * c.H_y


def spectral_contrastive(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    XD, YD = X * c.D_x, Y * c.D_y
    to_x = Y @ c.J.T - (YD @ Y.T) @ XD / c.mass
    to_y = X @ c.J - (XD @ X.T) @ YD / c.mass
    return to_x * (2 / c.mass * c.H_x), to_y * (2 / c.mass * c.H_y)


def coding_rate(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    scale = len(X) / (c.mass * c.of["epsilon"] ** 2)

    def pull(z: NDArray, weighted: NDArray) -> NDArray:
        inverse = np.linalg.inv(np.eye(len(z)) + scale * weighted @ z.T)
        return (c.of["alpha"] * scale * inverse - 2 / c.mass * np.eye(len(z))) @ weighted

    XD, YD = X * c.D_x, Y * c.D_y
    return (pull(X, XD) + 2 / c.mass * (Y @ c.J.T)) * c.H_x, (pull(Y, YD) + 2 / c.mass * (X @ c.J)) * c.H_y


def vicreg(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    def pull(z: NDArray, weights: NDArray) -> NDArray:
        """The slope by a view of its own terms: that by the mean is zero."""
        x = z - (z @ weights / c.mass)[:, None]
        weighted = x * weights
        slope = 2 * c.of["zeta"] / (len(x) * c.mass) * (weighted @ x.T)
        deviation = np.sqrt(np.einsum("ij,ij->i", weighted, x) / c.mass + c.of["epsilon"])
        np.fill_diagonal(slope, -c.of["alpha"] / (2 * len(x)) * (deviation < 1) / deviation)
        return slope @ weighted

    to_x = (X * c.D_x - Y @ c.J.T + pull(X, c.D_x)) * (-2 / c.mass * c.H_x)
    to_y = (Y * c.D_y - X @ c.J + pull(Y, c.D_y)) * (-2 / c.mass * c.H_y)
    return to_x, to_y


def barlow_twins(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    def standardised(z: NDArray, weights: NDArray) -> tuple[NDArray, NDArray]:
        x = z - (z @ weights / c.mass)[:, None]
        scale = 1 / np.sqrt((x * x) @ weights / c.mass)
        x *= scale[:, None]
        return x, scale[:, None]

    def through_moments(x: NDArray, scale: NDArray, weights: NDArray, slope: NDArray) -> NDArray:
        """The slope by a view from that by the standardised one."""
        slope -= (x * np.einsum("ij,ij->i", x, slope)[:, None] + slope.sum(axis=1, keepdims=True)) * (weights / c.mass)
        slope *= -scale
        return slope

    (x, by_x), (y, by_y) = standardised(X, c.D_x), standardised(Y, c.D_y)
    of_labels, of_samples = x @ c.J, y @ c.J.T
    correlation = of_labels @ y.T / c.mass
    slope = 2 * c.of["alpha"] * correlation
    np.fill_diagonal(slope, 2 * (np.diag(correlation) - 1))
    slope /= c.mass
    to_x = through_moments(x, by_x, c.D_x, slope @ of_samples)
    to_y = through_moments(y, by_y, c.D_y, slope.T @ of_labels)
    return to_x * c.H_x, to_y * c.H_y


def simsiam(c: Data, X: NDArray, Y: NDArray, W: NDArray) -> Blocks:
    slopes = predictor_slopes(c, X, Y, W, X, Y, 1 / (2 * c.mass))
    return with_decay(c, X, Y, W, *slopes)


def byol(c: Data, X: NDArray, Y: NDArray, W: NDArray, T_X: NDArray, T_Y: NDArray) -> Blocks:
    slopes = predictor_slopes(c, X, Y, W, T_X, T_Y, 2 / c.mass)
    return *with_decay(c, X, Y, W, *slopes), c.of["beta"] * (X - T_X), c.of["beta"] * (Y - T_Y)


def predictor_slopes(c: Data, X: NDArray, Y: NDArray, W: NDArray, T_X: NDArray, T_Y: NDArray, number: float) -> Blocks:
    """The slopes of the summed cosines of predictions and targets by predictions, times a number."""

    def slope(view: NDArray, pulled: NDArray) -> NDArray:
        predicted = W @ view
        length = lengths(predicted)
        predicted /= length
        pulled *= number
        return through_lengths(predicted, length, pulled)

    return slope(X, (T_Y / lengths(T_Y)) @ c.J.T), slope(Y, (T_X / lengths(T_X)) @ c.J)


def with_decay(c: Data, X: NDArray, Y: NDArray, W: NDArray, to_x: NDArray, to_y: NDArray) -> Blocks:
    lam = c.of["lambda"]
    head = c.of["gamma"] * (to_x @ X.T + to_y @ Y.T) - c.of["kappa"] * W
    return W.T @ to_x * c.H_x - lam * X, W.T @ to_y * c.H_y - lam * Y, head


def info_nce(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    of_x, of_y = lengths(X), lengths(Y)
    x, y = X / of_x, Y / of_y
    to_x, to_y = cross_entropy_slopes(c, x, y, 1 / c.of["temperature"])
    return through_lengths(x, of_x, to_x) * c.H_x, through_lengths(y, of_y, to_y) * c.H_y


def softmax_classification(c: Data, X: NDArray, Y: NDArray) -> Blocks:
    to_x, to_y = cross_entropy_slopes(c, X, Y, 1.0)
    return to_x * c.H_x, to_y * c.H_y


def cross_entropy_slopes(c: Data, x: NDArray, y: NDArray, number: float) -> list[NDArray]:
    """Minus the slopes of the mean cross-entropy, its scores those numbers times the inner products."""
    scores = (number * x).T @ y
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    scores *= (-c.D_x / scores.sum(axis=1))[:, None]
    if isinstance(c.J, np.ndarray):
        scores += c.J
        pulls = [y @ scores.T, x @ scores]
    else:
        pulls = [y @ scores.T + y @ c.J.T, x @ scores + x @ c.J]
    for pull in pulls:
        pull *= number / c.mass
    return pulls


WHOLE_SCORES = ("info_nce", "softmax_classification")
DECAYS = {"gamma": 0.5, "lambda": 0.01, "kappa": 0.02}
BY_HAND: dict[str, tuple[Callable[..., Blocks], dict[str, float]]] = {
    "squared": (squared, {}),
    "whitening": (whitening, {"beta": 0.7}),
    "spectral_contrastive": (spectral_contrastive, {}),
    "simsiam": (simsiam, DECAYS),
    "byol": (byol, DECAYS | {"beta": 0.3}),
    "barlow_twins": (barlow_twins, {"alpha": 0.01}),
    "vicreg": (vicreg, {"alpha": 25.0, "zeta": 1.0, "epsilon": 1e-4}),
    "coding_rate": (coding_rate, {"alpha": 0.5, "epsilon": 0.5}),
    "info_nce": (info_nce, {"temperature": 0.5}),
    "softmax_classification": (softmax_classification, {}),
}

if __name__ == "__main__":
    for row in loss_rows():
        print(f"{row['measured']:>12}{row['goal']:>10}  {row['what']}", flush=True)
