r"""Two time scales, and what prevents the second: three runs on one set of samples (§§2, 4 of the notes).

The samples first have one label each; then a small fraction of them is frustrated; then the same samples learn through a shared
head with stop-gradient.  Theory expects accuracy to be gained on the fast time scale of the couplings, and separation to be
lost on the slow one, which their spectrum predicts; what the runs say of that are the claims of the study.  Runs and
measurements are those of :mod:`derivations.experiment`, integrated by order parameters; the expected curves over random starts
are exact.

>>> study = two_time_scales("uniform", Coupling.uniform(4, 400, 0.05), dimension=4)
>>> [run.collapsed for run in study.runs]
[False, True, False]
>>> round(study.runs[1].ratio, 3)
1.0
>>> any(claim.fault for claim in study.claims)
False

When it fails: a fraction that is not small leaves no plateau between the two scales; a head that starts far from the identity
may lose labels (§4.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from derivations.claims import Claim, claims_of
from derivations.drawing import Drawn
from derivations.experiment import ExperimentRun, RunPlan, perform_runs
from theory import Coupling, models
from theory.simulation.expected import ExpectedCurves, expected_curves

NAMES = ("clean", "frustrated", "frustrated-head")


@dataclass(frozen=True, eq=False)
class TwoTimeScales(Drawn):
    """The three runs, named as :data:`NAMES`, and the expected curves of the first two."""

    drawn_by = "two_time_scales"

    title: str
    runs: tuple[ExperimentRun, ExperimentRun, ExperimentRun]
    expected: tuple[ExpectedCurves, ExpectedCurves]

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the runs let one say."""
        return claims_of(self.runs)


def two_time_scales(
    title: str,
    frustrated: Coupling,
    dimension: int,
    seed: int = 0,
    progress: Callable[[str, float], None] = lambda what, share: None,
    made: Callable[[ExperimentRun], None] = lambda run: None,
) -> TwoTimeScales:
    """Make the three runs, as long as the slow time asks for.

    Parameters
    ----------
    title
        names the samples.
    frustrated
        the samples with a fraction of them frustrated.
    progress
        called with what is done, and the share of it.
    made
        called with each run when it is made.

    Raises
    ------
    InputError
        for a label that has no sample once each keeps one label.
    """
    plain, head = models.embedding_only(), models.projection_head(head="shared", stop="both")
    todo = (
        RunPlan(NAMES[0], "no frustration", "embeddings", plain, without_frustration(frustrated)),
        RunPlan(NAMES[1], "a frustrated fraction", "embeddings", plain, frustrated),
        RunPlan(NAMES[2], "the same, head and stop-gradient", "embeddings", head, frustrated),
    )

    def report(plan: RunPlan, share: float) -> None:
        progress(plan.title, share)

    runs = []
    for run in perform_runs(todo, dimension, seed, report, horizon=float("inf"), method="order-parameters"):
        runs.append(run)
        made(run)
    curves = [expected_curves(run.coupling, run.trajectory.times, dimension) for run in runs[:2]]
    return TwoTimeScales(title, (runs[0], runs[1], runs[2]), (curves[0], curves[1]))


def without_frustration(coupling: Coupling) -> Coupling:
    """The same samples with one label each: one of their own, dealt in turn to those that share a row.

    Raises
    ------
    InputError
        where that leaves a label without a sample.
    """
    from scipy.sparse import csr_array

    of, counts = coupling.type_of, coupling.counts
    order, first = np.argsort(of, kind="stable"), np.cumsum(counts) - counts
    turn = np.empty_like(of)
    turn[order] = np.arange(len(of)) - first[of[order]]
    rows = csr_array(coupling.types)
    label = rows.indices[rows.indptr[of] + turn % np.diff(rows.indptr)[of]]
    single = csr_array((np.ones(len(of)), (np.arange(len(of)), label)), shape=(coupling.samples, coupling.labels))
    same = coupling.sample_mobility[of], coupling.label_mobility
    return Coupling(single, "degree" if coupling.normalised else same)
