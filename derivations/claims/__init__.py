"""What runs let one claim: statements with their evidence, their verdict and what theory says of them."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook, summarise_claims
from derivations.claims.derivations import claim_of_checks
from derivations.claims.embeddings import claims_without_head
from derivations.claims.heads import claims_with_head
from derivations.experiment import ExperimentRun

__all__ = ["Claim", "ClaimKind", "ClaimVerdict", "Outlook", "claim_of_checks", "claims_of", "summarise_claims"]


def claims_of(runs: Iterable[ExperimentRun]) -> tuple[Claim, ...]:
    """All claims about runs, in the order of these."""
    return tuple(
        claim for run in runs for claim in (claims_without_head(run) if run.trajectory.head is None else claims_with_head(run))
    )
