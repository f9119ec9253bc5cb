"""The claim that couplings drawn at random do what their average over the disorder says (§6 of the notes)."""

from __future__ import annotations

import numpy as np

from derivations.agreement.like_data import SampledCouplings
from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook


def claim_of_couplings(found: SampledCouplings | None) -> Claim:
    """That the variance of labels in drawn couplings is that of the theory, up to finitely many classes and noise."""
    names = (
        ClaimKind.COUPLINGS,
        "",
        "labels of couplings drawn at random with these shares shrink as the average over couplings predicts",
        "labels of couplings drawn at random with these shares did not shrink as the average over couplings predicts",
    )
    theory = "the cavity equations are exact for infinitely many classes, and the deviation falls like one over their number"
    if found is None:
        why = "no sample of these data has a second label"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    ratio, allowed = found.ratio, found.allowed
    worst = int(np.argmax(np.abs(ratio.mean - 1) / allowed))
    pairs = found.pairs
    evidence = (
        f"in {found.draws} couplings of {found.classes} classes with {pairs.pure_per_class:g} pure samples and {pairs.links:g} "
        f"links each the variance of labels is {ratio.mean[worst]:.5f} of that in theory at t = {ratio.times[worst]:.3g}, "
        f"where it is furthest for its error"
    )
    verdict = ClaimVerdict.of(bool(np.all(np.abs(ratio.mean - 1) <= allowed)))
    source = "which is twice what halving the number of classes changes, and three standard errors"
    measured, error = float(ratio.mean[worst]), float(allowed[worst])
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, measured, 1.0, error, source)
