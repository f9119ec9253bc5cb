"""The five runs of the report: embeddings and a linear encoder on one data set, with and without what prevents collapse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.data import DataSet
from theory import Coupling, Loss, Trajectory, models, simulate
from theory.errors import InputError

HORIZON = 3000.0  # longest simulated time, in units of the inverse mobility of a sample
SETTLED = 1000.0  # a run with stop-gradient goes on at least this long, to show where it comes to rest
RECORDED = 200


@dataclass(frozen=True, eq=False)
class Run:
    """One run with what theory predicts of it.

    ``predicted_slow`` is infinite where nothing collapses, and None with stop-gradient, where the outcome depends on the start.
    ``measured_slow`` is None where there is no decay to measure or none was measured; ``remark`` says which.
    """

    name: str
    title: str
    group: str
    coupling: Coupling
    trajectory: Trajectory
    predicted_slow: float | None
    measured_slow: float | None
    remark: str

    @property
    def ratio(self) -> float | None:
        """Measured over predicted slow time, where both are finite."""
        return None if self.measured_slow is None or self.predicted_slow is None else self.measured_slow / self.predicted_slow

    @property
    def collapsed(self) -> bool:
        """Whether the smallest distance of two labels ended below a hundredth of what it was."""
        return bool(self.trajectory.min_separation[-1] < 0.01 * self.trajectory.min_separation[0])


@dataclass(frozen=True)
class Plan:
    """A run before it is made."""

    name: str
    title: str
    group: str
    model: Loss
    coupling: Coupling


def plans(data: DataSet, fraction: float, seed: int) -> tuple[Plan, ...]:
    """The five runs on a data set; ``fraction`` of the samples get a second label at random.

    Raises
    ------
    InputError
        for a fraction outside (0, 1], or one that frustrates no sample.
    """
    clean = Coupling.from_labels([{int(c)} for c in data.classes])
    noisy = Coupling.from_labels(second_labels(data.classes, len(data.class_names), fraction, seed))
    encoder = Coupling.from_data(data.features, data.classes, bias=True)
    plain, head = models.embedding_only(), models.projection_head(head="shared", stop="both")
    share = f"{fraction:.0%}"
    return (
        Plan("clean", "embeddings, labels as they are", "embeddings", plain, clean),
        Plan("frustrated", f"embeddings, {share} with a second label", "embeddings", plain, noisy),
        Plan("frustrated-head", f"the same {share}, head and stop-gradient", "embeddings", head, noisy),
        Plan("encoder", "linear encoder", "encoder", plain, encoder),
        Plan("encoder-head", "linear encoder, head and stop-gradient", "encoder", head, encoder),
    )


def second_labels(classes: NDArray, count: int, fraction: float, seed: int) -> list[set[int]]:
    """The label set of each sample, a share of them with a second label drawn from the other classes."""
    if not 0 < fraction <= 1 or round(fraction * len(classes)) == 0:
        raise InputError("a fraction between 0 and 1 that frustrates at least one sample", str(fraction), "give a larger share")
    rng = np.random.default_rng(seed)
    sets = [{int(c)} for c in classes]
    for sample in rng.choice(len(classes), round(fraction * len(classes)), replace=False):
        sets[sample].add(int((classes[sample] + rng.integers(1, count)) % count))
    return sets


def perform(
    todo: tuple[Plan, ...],
    dimension: int,
    seed: int,
    progress: Callable[[Plan, float], None],
    horizon: float = HORIZON,
    method: str = "auto",
) -> Iterator[Run]:
    """Make the runs one after the other; each as long as its slow time asks for, and at most up to the horizon."""
    windows = {plan.group: _window(plan.coupling) for plan in todo if not plan.coupling.classifiable}
    for plan in todo:
        window = windows.get(plan.group, (0.0, 200.0))
        times = _times(window, SETTLED if plan.model.is_marked else 0.0, horizon)

        def report(share: float, plan: Plan = plan) -> None:
            progress(plan, share)

        trajectory = simulate(
            plan.model, plan.coupling, dimension=dimension, times=times, seed=seed, method=method, progress=report
        )
        measured, remark = _measured(plan, trajectory, window)
        predicted = None if plan.model.is_marked else plan.coupling.slow_time()
        yield Run(plan.name, plan.title, plan.group, plan.coupling, trajectory, predicted, measured, remark)


def _window(coupling: Coupling) -> tuple[float, float]:
    """When to measure: after the second slowest mode has fallen behind tenfold, at most ten slow times; for two slow times."""
    slow = coupling.slow_time()
    class_rates = 1 - coupling.modes()[coupling.components :]
    gap = class_rates[1] - class_rates[0] if len(class_rates) > 1 else np.inf
    start = min(np.log(10) / gap, 10 * slow) if gap > 0 else 10 * slow
    start = max(start, 3 * slow)
    return start, start + 2 * slow


def _times(window: tuple[float, float], until: float, horizon: float) -> NDArray:
    end = min(max(window[1], until), horizon)
    late = np.linspace(*window, 12)
    return np.unique(np.concatenate([[0.0], np.geomspace(1e-2, end, RECORDED), late[late <= end]]))


def _measured(plan: Plan, trajectory: Trajectory, window: tuple[float, float]) -> tuple[float | None, str]:
    if plan.model.is_marked:
        return None, "stop-gradient: no decay rate is predicted"
    if plan.coupling.classifiable:
        return None, "classifiable: no slow mode to measure"
    if plan.coupling.components > 1:
        return None, f"{plan.coupling.components} components keep apart, so that the spread does not vanish"
    if window[1] > trajectory.times[-1]:
        return None, f"slower than the simulated time {trajectory.times[-1]:.0f}"
    return trajectory.decay_time(*window), f"label spread between t = {window[0]:.4g} and {window[1]:.4g}"
