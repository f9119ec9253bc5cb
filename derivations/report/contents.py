"""What a report is made of: runs on the data, what is drawn beside them, and derivations whose steps are checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from derivations.agreement.like_data import SampledCouplings
from derivations.claims import Claim, claim_of_checks, claims_of
from derivations.claims.advice import AdvisedRun, claim_of_advice
from derivations.claims.couplings import claim_of_couplings
from derivations.claims.decoding import claim_of_decoding
from derivations.claims.solution import claim_of_solution
from derivations.claims.teacher import TeacherSamples, claim_of_teacher
from derivations.data import DataSet
from derivations.documents.view import FigureView
from derivations.engine import Derivation
from derivations.experiment import ExperimentRun
from derivations.verification import Verification

INTEGRATED = "frustrated"  # the run that is made once more in time steps


@dataclass(frozen=True)
class Picture:
    """A figure as files, by their formats, with what is said of it."""

    view: FigureView
    files: Mapping[str, bytes]


@dataclass(frozen=True, eq=False)
class Beside:
    """What is compared beside the runs; None where it was not made.

    Attributes
    ----------
    stepped
        the run of frustrated embeddings in time steps.
    advised
        a run with what the report advises.
    couplings, teacher
        drawn at random, with the sizes of the data.
    """

    stepped: ExperimentRun
    advised: AdvisedRun | None
    couplings: SampledCouplings | None
    teacher: TeacherSamples | None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What these let one say."""
        beside = claim_of_advice(self.advised), claim_of_couplings(self.couplings), claim_of_teacher(self.teacher)
        return (claim_of_solution(self.stepped), *beside)


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that the page and the paper show."""

    data: DataSet
    dimension: int
    fraction: float
    seed: int
    derivations: tuple[tuple[Derivation, Verification], ...]
    runs: tuple[ExperimentRun, ...]
    beside: Beside
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the runs and the checks let one say, C1 to C6 in turn, and the checks at last."""
        decoding = (claim_of_decoding(run) for run in self.runs if run.name == INTEGRATED)
        about_runs = sorted((*claims_of(self.runs), *decoding, *self.beside.claims), key=lambda claim: claim.topic)
        return (*about_runs, claim_of_checks(verification for _, verification in self.derivations))

    @property
    def passed(self) -> bool:
        """Whether every step of every derivation passed its check, and no claim contradicts the theory."""
        checked = all(verification.passed for _, verification in self.derivations)
        return checked and not any(claim.fault for claim in self.claims)

    def run(self, name: str) -> ExperimentRun:
        """The run of a name."""
        return next(run for run in self.runs if run.name == name)
