"""The five runs of the report: embeddings and a linear encoder on one data set, with and without what prevents collapse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from derivations.data import DataSet
from theory import Coupling, Loss, Trajectory, models, require, simulate
from theory.errors import InputError

HORIZON = 3000.0  # longest simulated time, in units of the inverse mobility of a sample
SETTLED = 1000.0  # a run with stop-gradient goes on at least this long, to show where it comes to rest
LASTING = 8.0  # slow times that a run lasts at least, where the horizon lets it
RECORDED = 200
CONTRACTED = 0.01  # share of a distance at the start, below which it counts as lost
EQUAL = 1e-6  # share of a rate up to which others are taken as equal
RTOL, ATOL = 1e-8, 1e-10  # of what is integrated
FINER = 0.01  # share of the tolerance, of what is integrated again


@dataclass(frozen=True, eq=False)
class ExperimentRun:
    """One run with what theory predicts of it.

    ``predicted_slow`` is infinite where nothing collapses, and None with stop-gradient, where the outcome depends on the start.
    ``measured_slow`` is None where there is no decay to measure or none was measured; ``remark`` says which.  ``follow`` makes
    the trajectory at other tolerances.
    """

    name: str
    title: str
    group: str
    coupling: Coupling
    trajectory: Trajectory
    predicted_slow: float | None
    measured_slow: float | None
    remark: str
    follow: Callable[..., Trajectory]

    @cached_property
    def finer(self) -> Trajectory:
        """The trajectory at a smaller tolerance."""
        return self.follow(rtol=FINER * RTOL, atol=FINER * ATOL)

    @property
    def ratio(self) -> float | None:
        """Measured over predicted slow time, where both are finite."""
        return None if self.measured_slow is None or self.predicted_slow is None else self.measured_slow / self.predicted_slow

    @property
    def collapsed(self) -> bool:
        """Whether the smallest distance of two labels ended below a hundredth of what it was."""
        return bool(self.trajectory.min_separation[-1] < CONTRACTED * self.trajectory.min_separation[0])

    @property
    def contracted(self) -> bool:
        """Whether the spread of all labels ended below a hundredth of what it was."""
        return bool(self.trajectory.label_spread[-1] < CONTRACTED * self.trajectory.label_spread[0])


@dataclass(frozen=True)
class RunPlan:
    """A run before it is made."""

    name: str
    title: str
    group: str
    model: Loss
    coupling: Coupling
    parameters: Mapping[str, float] = field(default_factory=dict)


def plan_runs(data: DataSet, fraction: float, seed: int, decay: float = 0.0) -> tuple[RunPlan, ...]:
    """The five runs on a data set; ``fraction`` of the samples get a second label at random, and embeddings and head of the
    runs with stop-gradient decay at the rate ``decay``.

    Raises
    ------
    InputError
        for a fraction outside (0, 1], or one that frustrates no sample; for a decay that is negative or no number.
    """
    require.real(decay, "a finite decay of at least 0", "give 0 for none, or a rate such as 0.01", least=0)
    clean = Coupling.from_labels([{int(c)} for c in data.classes])
    noisy = Coupling.from_labels(second_labels(data.classes, len(data.class_names), fraction, seed))
    encoder = Coupling.from_data(data.features, data.classes, bias=True)
    plain, head = models.embedding_only(), models.projection_head(head="shared", stop="both")
    share = f"{100 * fraction:.3g}%"
    decays = {"lambda": decay, "kappa": decay} if decay else {}
    behind = f"head, stop-gradient and decay {decay:.3g}" if decay else "head and stop-gradient"
    return (
        RunPlan("clean", "embeddings, labels as they are", "embeddings", plain, clean),
        RunPlan("frustrated", f"embeddings, {share} with a second label", "embeddings", plain, noisy),
        RunPlan("frustrated-head", f"the same {share}, {behind}", "embeddings", head, noisy, decays),
        RunPlan("encoder", "linear encoder", "encoder", plain, encoder),
        RunPlan("encoder-head", f"linear encoder, {behind}", "encoder", head, encoder, decays),
    )


def second_labels(classes: NDArray, count: int, fraction: float, seed: int) -> list[set[int]]:
    """The label set of each sample, a share of them with a second label drawn from the other classes."""
    require.real(fraction, "a fraction between 0 and 1", "give the share, such as 0.05 for 5%", above=0, most=1)
    if round(fraction * len(classes)) == 0:
        few, least = f"{fraction:g} of {len(classes)} samples, which is less than one", f"{1 / len(classes):.2g}"
        raise InputError("a fraction that frustrates at least one sample", few, f"give {least} or more")
    rng = np.random.default_rng(seed)
    sets = [{int(c)} for c in classes]
    for sample in rng.choice(len(classes), round(fraction * len(classes)), replace=False):
        sets[sample].add(int((classes[sample] + rng.integers(1, count)) % count))
    return sets


def perform_runs(
    todo: tuple[RunPlan, ...],
    dimension: int,
    seed: int,
    progress: Callable[[RunPlan, float], None],
    horizon: float = HORIZON,
    method: str = "auto",
) -> Iterator[ExperimentRun]:
    """Make the runs one after the other; each as long as its slow time asks for, and at most up to the horizon."""
    slow = {plan.group: plan.coupling for plan in todo if not plan.coupling.classifiable}
    for plan in todo:
        measuring, last = (0.0, 200.0), SETTLED if plan.model.is_marked else 0.0
        if plan.group in slow:
            measuring, last = measuring_window(slow[plan.group]), max(last, LASTING * slow[plan.group].slow_time())
        times = _recorded_times(measuring, last, horizon)

        def report(share: float, plan: RunPlan = plan) -> None:
            progress(plan, share)

        follow = partial(
            simulate,
            plan.model,
            plan.coupling,
            dimension=dimension,
            times=times,
            seed=seed,
            parameters=plan.parameters,
            method=method,
        )
        trajectory = follow(rtol=RTOL, atol=ATOL, progress=report)
        measured, remark = _measure_slow_time(plan, trajectory, measuring)
        predicted = None if plan.model.is_marked else plan.coupling.slow_time()
        yield ExperimentRun(plan.name, plan.title, plan.group, plan.coupling, trajectory, predicted, measured, remark, follow)


def integrate_in_steps(run: ExperimentRun, progress: Callable[[float], None]) -> ExperimentRun:
    """The same run integrated in time steps, also at a smaller tolerance."""

    def report(half: int, share: float) -> None:
        progress((half + share) / 2)

    follow = partial(run.follow, method="order-parameters")
    first = follow(rtol=RTOL, atol=ATOL, progress=partial(report, 0))
    stepped = replace(run, trajectory=first, follow=partial(follow, progress=partial(report, 1)))
    _ = stepped.finer
    return stepped


def measuring_window(coupling: Coupling) -> tuple[float, float]:
    """When to measure: for two slow times, once the next mode has fallen behind the slowest tenfold, or after ten."""
    slow = coupling.slow_time()
    gaps = coupling.modes()[coupling.components] - coupling.modes()
    gap = float(gaps[gaps > EQUAL / slow].min(initial=np.inf))
    start = max(min(np.log(10) / gap, 10 * slow), 3 * slow)
    return start, start + 2 * slow


def _recorded_times(window: tuple[float, float], until: float, horizon: float) -> NDArray:
    end = min(max(window[1], until), horizon)
    late = np.linspace(*window, 12)
    return np.unique(np.concatenate([[0.0], np.geomspace(1e-2, end, RECORDED), late[late <= end]]))


def _measure_slow_time(plan: RunPlan, trajectory: Trajectory, window: tuple[float, float]) -> tuple[float | None, str]:
    if plan.model.is_marked:
        return None, "stop-gradient: no decay rate is predicted"
    if plan.coupling.classifiable:
        return None, "classifiable: no slow mode to measure"
    if plan.coupling.components > 1:
        return None, f"{plan.coupling.components} canonical correlations are 1: no decay of the spread to zero is predicted"
    if window[1] > trajectory.times[-1]:
        return None, f"slower than the simulated time {trajectory.times[-1]:.0f}"
    return trajectory.decay_time(*window), f"label spread between t = {window[0]:.4g} and {window[1]:.4g}"
