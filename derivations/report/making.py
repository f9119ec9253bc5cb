"""Making a report: runs, what is compared beside them, checks in processes of their own, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from derivations.agreement.like_data import SampledCouplings, pairs_like, sample_couplings
from derivations.analysis.limits import run_each
from derivations.catalogue import derive, names_of_the_model
from derivations.claims.advice import try_advice
from derivations.claims.teacher import TeacherSamples, sample_teacher
from derivations.data import DataSet
from derivations.experiment import ExperimentRun, integrate_in_steps, perform_runs, plan_runs
from derivations.report.contents import INTEGRATED, Beside, Report
from derivations.report.pictures import draw_pictures
from derivations.verification import Verification
from theory.progress import Tell

CHECKING = 3600.0  # seconds that the checks of a derivation may take
CLASSES, DRAWS = 64, 4  # of sampled couplings, and of samples of a teacher
WIDE, LARGE = 100, 4000  # inputs or classes, and samples, up to which a teacher is drawn


def make_report(
    data: DataSet,
    *,
    dimension: int,
    fraction: float,
    seed: int,
    level: str,
    progress: Tell,
    decay: float = 0.0,
    formats: Sequence[str] = (),
) -> Report:
    """Run the experiments and check the derivations, these in processes of their own; figures are also made in ``formats``."""
    todo, checks = plan_runs(data, fraction, seed, decay), _start_checks(level)
    runs = tuple(perform_runs(todo, dimension, seed, lambda plan, share: progress(f"simulate: {plan.title}", share)))
    beside = compare_beside(data, runs, progress)
    made = Report(data, dimension, fraction, seed, (), runs, beside)
    pictures = draw_pictures(made, progress, formats)  # while steps are checked
    checked = []
    for name, verification in checks:
        progress(f"derive and check: {name}", 0.0)
        derivation = derive(name)
        _ = derivation.steps  # made while others are checked
        checked.append((derivation, verification()))
        progress(f"derive and check: {name}", 1.0)
    return replace(made, derivations=tuple(checked), pictures=pictures)


def compare_beside(data: DataSet, runs: Sequence[ExperimentRun], progress: Tell) -> Beside:
    """Make what is compared beside the runs."""
    run = next(run for run in runs if run.name == INTEGRATED)
    seed = run.trajectory.seed
    stepped = integrate_in_steps(run, partial(progress, "simulate: the same in time steps"))
    advised = try_advice(run.coupling, seed, partial(progress, "simulate: what is advised"))
    progress("draw couplings and teachers", 0.0)
    drawn = _draw_couplings(run, seed)
    progress("draw couplings and teachers", 0.5)
    teacher = _draw_teacher(data, seed)
    progress("draw couplings and teachers", 1.0)
    return Beside(stepped, advised, drawn, teacher)


def _draw_couplings(run: ExperimentRun, seed: int) -> SampledCouplings:
    """Couplings with the sizes of the data and the share of samples that have a second label."""
    c = run.coupling
    frustrated = int(c.counts[np.diff(c.types.tocsr().indptr) > 1].sum())
    return sample_couplings(pairs_like(c.samples, c.labels, frustrated), CLASSES, range(seed, seed + DRAWS))


def _draw_teacher(data: DataSet, seed: int) -> TeacherSamples | None:
    """Samples of a teacher with the sizes of the data, of a quarter of them and of four times as many."""
    samples, inputs = data.features.shape
    classes = len(data.class_names)
    if max(inputs, classes) > WIDE:
        return None
    least = 2 * (max(inputs, classes) + classes)
    size = max(least, min(samples, LARGE))
    return sample_teacher(classes, inputs, sorted({max(least, size // 4), size, 4 * size}), DRAWS, seed)


def _start_checks(level: str) -> list[tuple[str, Callable[[], Verification]]]:
    """Each derivation with what waits for its checks, which are under way; a single one is checked when it is waited for."""
    known = names_of_the_model()
    if len(known) < 2:
        return [(name, partial(_verify, level, name)) for name in known]
    return [(n, check.result) for n, check in zip(known, run_each(CHECKING, partial(_verify, level), known), strict=True)]


def _verify(level: str, name: str) -> Verification:
    return derive(name).verify(level)
