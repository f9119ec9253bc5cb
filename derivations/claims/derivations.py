"""The claim about derivations: that every step was checked, and passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from derivations.checks import Status
from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.verification import Verification


def claim_of_checks(verifications: Iterable[Verification]) -> Claim:
    """That each step passed a check by something that was found without it."""
    found = Counter(row.outcome.status for verification in verifications for row in verification)
    counts = ", ".join(f"{found[status]} {status.value}" for status in Status)
    verdict = ClaimVerdict.of(not found[Status.FAILED])
    if not found or (found[Status.UNCHECKED] and not found[Status.FAILED]):
        verdict = ClaimVerdict.UNTESTED
    return Claim(
        ClaimKind.CHECKS,
        "",
        "every step of the derivations agrees with something found without it: finite differences at high precision, "
        "dense eigenvalues, or simulated trajectories",
        "a step of the derivations does not agree with what was found without it",
        verdict,
        f"of {found.total()} steps: {counts}",
        Outlook.HOLDS,
        "every step is proved or derived",
    )
