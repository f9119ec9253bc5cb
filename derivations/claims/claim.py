"""A claim: a sentence about runs, the numbers that it rests on, and whether it held (§§2-4 of the notes).

The theory's *outlook* on the very data and start stands beside the verdict: that the claim holds here, that it does not, or
that both can happen.  A claim that fails though theory says that it holds, or holds though theory says that it fails, and a
number that is further from its prediction than the error that is stated for it, are *faults*; a failure that theory foresees or
leaves open is a finding like others.

>>> claim = Claim(ClaimKind.SLOW_TIME, "clean", "the decay is as slow as predicted",
...               "the decay is not as slow as predicted here", ClaimVerdict.FAILED, "measured 3",
...               Outlook.HOLDS, "a decay of 2", measured=3.0, predicted=2.0, error=0.5, source="the second mode")
>>> claim.sentence, claim.fault
('The decay is not as slow as predicted here.', True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import isfinite, nan

from derivations.typeset.plain_values import plain_fields


class ClaimVerdict(Enum):
    """What the runs say of a claim."""

    HELD = "held"
    FAILED = "did not hold here"
    UNTESTED = "not tested"

    @classmethod
    def of(cls, true: bool) -> ClaimVerdict:
        return cls.HELD if true else cls.FAILED


class ClaimKind(Enum):
    """What a claim is about."""

    APART = "apart"
    TOGETHER = "together"
    SLOW_TIME = "slow-time"
    GAIN = "gain"
    EIGENVALUES = "eigenvalues"
    END = "end"
    CHECKS = "checks"
    SOLUTION = "solution"
    DECODING = "decoding"
    SIMPLEX = "simplex"
    COUPLINGS = "couplings"
    TEACHER = "teacher"


class Outlook(Enum):
    """What theory says of a claim, for these data and this start, before the run."""

    HOLDS = "theory: it holds here"
    FAILS = "theory: it does not hold here"
    OPEN = "theory: it may hold here or not"


TOPICS = {
    ClaimKind.SOLUTION: "C1",
    ClaimKind.SLOW_TIME: "C3",
    ClaimKind.GAIN: "C3",
    ClaimKind.DECODING: "C3",
    ClaimKind.EIGENVALUES: "C4",
    ClaimKind.END: "C4",
    ClaimKind.SIMPLEX: "C4",
    ClaimKind.COUPLINGS: "C5",
    ClaimKind.TEACHER: "C6",
}
OF_ENCODERS, OF_HEADS = "encoder", "-head"  # how names of runs begin, and how they end

EXPORTED = (
    *("name", "topic", "sentence", "verdict", ("evidence", "numbers"), "outlook", ("theory", "explanation"), "fault"),
    *("measured", "predicted", "error"),
)


@dataclass(frozen=True)
class Claim:
    """One claim and its standing.

    Attributes
    ----------
    kind, run
        what it is about, and the name of the run, empty for a claim about all.
    statement, denial
        clauses, of which the first is said where the claim held, and the second where it did not.
    verdict
        of the runs.
    evidence
        the measured numbers, in a clause; or why nothing was tested.
    outlook, theory
        what theory says of the claim here, and by which numbers, in a clause.
    measured, predicted, error, source
        a number against its prediction, the error that is stated for this, and where that comes from; or NaN.
    found, foreseen
        what was measured and predicted in a few words, where these are no such numbers.
    """

    kind: ClaimKind
    run: str
    statement: str
    denial: str
    verdict: ClaimVerdict
    evidence: str
    outlook: Outlook
    theory: str
    measured: float = nan
    predicted: float = nan
    error: float = nan
    source: str = ""
    found: str = ""
    foreseen: str = ""

    @property
    def topic(self) -> str:
        """Which of the six claims of the theory it belongs to, C1 to C6; empty for checks."""
        if self.kind is ClaimKind.CHECKS:
            return ""
        if self.run.startswith(OF_ENCODERS):
            return "C6"
        return TOPICS.get(self.kind, "C4" if self.run.endswith(OF_HEADS) else "C2")

    @property
    def name(self) -> str:
        """The name of the claim, the same for all data."""
        return "-".join(filter(None, (self.run, self.kind.value)))

    @property
    def exceeds_error(self) -> bool:
        """Whether a number is further from its prediction than the stated error."""
        compared = isfinite(self.predicted) and isfinite(self.error)
        return compared and not abs(self.measured - self.predicted) <= self.error  # also a measurement that is no number

    @property
    def fault(self) -> bool:
        """Whether the theory is contradicted."""
        against = {Outlook.HOLDS: ClaimVerdict.FAILED, Outlook.FAILS: ClaimVerdict.HELD}.get(self.outlook)
        return self.exceeds_error or self.verdict is against

    @property
    def sentence(self) -> str:
        """What the runs let one say."""
        said = {ClaimVerdict.HELD: self.statement, ClaimVerdict.FAILED: self.denial}.get(self.verdict)
        return _sentence_of(said or f"it was not tested whether {self.statement}")

    @property
    def numbers(self) -> str:
        """The evidence, with the stated error where there is one."""
        if not isfinite(self.error):
            return _sentence_of(self.evidence)
        where = "outside" if self.exceeds_error else "within"
        return _sentence_of(f"{self.evidence}; {where} the stated error of {self.error:.2g}, {self.source}")

    @property
    def explanation(self) -> str:
        """What theory says, and whether the runs contradict it."""
        return _sentence_of(self.theory) + (" The run contradicts this." if self.fault else "")

    def to_dict(self) -> dict:
        """The claim as plain values; numbers that there are not are None."""
        return plain_fields(self, EXPORTED) | {"outlook": self.outlook.name.lower()}


def summarise_claims(claims: Sequence[Claim]) -> str:
    """How many claims held, failed and were not tested, in one line."""
    counts = ", ".join(f"{sum(c.verdict is verdict for c in claims)} {verdict.value}" for verdict in ClaimVerdict)
    faults = [c.name for c in claims if c.fault]
    return f"{counts}; " + (f"theory is contradicted by: {', '.join(faults)}" if faults else "none contradicts the theory")


def _sentence_of(clause: str) -> str:
    return clause[:1].upper() + clause[1:] + "."
