"""The claim that embeddings without a head move along their solution in closed form (§2 of the notes)."""

from __future__ import annotations

import numpy as np

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.claims.starts import LinearMotion, numerical_error
from derivations.experiment import ExperimentRun


def claim_of_solution(stepped: ExperimentRun) -> Claim:
    """That labels of a run in time steps are where the sum over modes has them, at all recorded times."""
    path, linear = stepped.trajectory, LinearMotion.of(stepped)
    names = (
        ClaimKind.SOLUTION,
        stepped.name,
        "labels move along the sum over modes that solves the gradient flow, to their points of rest",
        "labels did not move along the sum over modes that solves the gradient flow",
    )
    theory = "the flow is linear, and its modes are those of the couplings"
    if linear is None:
        why = "the modes are too many to be summed"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    off = float(np.abs(path.labels - linear.labels_at(path.times)).max())
    error = numerical_error(stepped, lasting=float(path.times[-1]))
    evidence = f"labels that were integrated in time steps are off by at most {off:.2g} up to t = {path.times[-1]:.4g}"
    source = "which is what the tolerance of the steps lets add up, and twice what a smaller one changes"
    return Claim(*names, ClaimVerdict.of(off <= error), evidence, Outlook.HOLDS, theory, off, 0.0, error, source)
