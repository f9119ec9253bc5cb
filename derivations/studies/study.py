"""A study: a model, all that is found of it, and the derivation that says so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sympy import Symbol

from derivations.engine import Derivation
from derivations.steps.account import Account
from derivations.steps.bifurcations import bifurcation_account
from derivations.steps.certificates import certificate_account
from derivations.steps.completeness import completeness_account
from derivations.steps.curl import curl_account
from derivations.steps.flows import flow_account, followed, reduction_account
from derivations.steps.integrals import integrals_account
from derivations.steps.rates import time_scales_account
from derivations.steps.stability import stability_account
from derivations.steps.states import state_account
from derivations.steps.whole import whole_account
from derivations.studies.agreement import AgreementTable
from derivations.studies.cells import PhasePlane, choose_plane, phase_plane
from derivations.studies.choices import subject_of, with_choices
from derivations.studies.comparison import compare_with_runs
from derivations.studies.exported import export_findings, with_readable_names
from derivations.studies.finding import find_all
from derivations.studies.findings import Findings, State, Subject
from derivations.studies.following import Outcome
from derivations.studies.whole_runs import WholeRun
from derivations.verification import Verification
from theory import require
from theory.errors import UnfinishedError
from theory.flow import Flow
from theory.loss import Loss
from theory.progress import Tell, tell_nobody


@dataclass(frozen=True, eq=False)
class Study:
    """All results on a model as one derivation, and what could not be finished.

    Attributes
    ----------
    findings
        the results as objects.
    derivation
        each result as a step with its check; steps can be added, dropped and put under a prefix.
    gaps
        what is not in the derivation and why, in sentences.
    runs, agreement, plane
        simulations of the whole model, laid over theory, and of the amplitudes in a plane of two parameters.
    """

    findings: Findings
    derivation: Derivation
    gaps: tuple[str, ...]
    runs: tuple[WholeRun, ...] = ()
    agreement: AgreementTable | None = None
    plane: PhasePlane | None = None

    @property
    def passed(self) -> bool:
        """Whether no step failed its check, no stage ended in an error, and no run contradicts the theory."""
        return not self.verification.failed and not self.findings.faults and (self.agreement is None or self.agreement.holds)

    @cached_property
    def verification(self) -> Verification:
        """The checks of all steps, run once."""
        return self.derivation.verify()

    def to_dict(self) -> dict:
        """Plain values; formulas as text that SymPy reads beside the ``symbols``."""
        simulated = self.agreement and with_readable_names(self.agreement).to_dict()
        checks = self.verification.to_dict()["steps"]
        return export_findings(self.findings) | {"agreement": simulated, "gaps": list(self.gaps), "checks": checks}

    def to_json(self) -> str:
        """The study as one JSON object."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def __str__(self):
        return "\n".join([str(self.derivation), *self.gaps])


def study(
    model: Loss | Flow | Subject,
    *,
    small: Symbol | str | None = None,
    plane: Sequence[Symbol | str] | None = None,
    numbers: Mapping[Any, Any] | None = None,
    time_limit: float | None = 60,
    seed: int = 0,
    simulated: bool = True,
    tell: Tell = tell_nobody,
) -> Study:
    """Everything that can be derived of a model: flows, what is conserved, modes, states at rest, their stability and rates.

    Parameters
    ----------
    model
        a loss (its stop-gradient flow is studied), a flow without one, or the subject of a model file.
    small
        the parameter in which time scales are expanded; without one they are left out.
    plane
        two parameters of a phase plane.
    numbers
        exact values of parameters, eigenvalues of data among them, for figures and runs; the others are chosen.
    time_limit
        of each stage, in seconds; None runs without limit in this process.
    seed
        of every draw.
    simulated
        whether the model is simulated, too, and laid over what theory predicts.
    tell
        is told each stage and the share of it that is done.

    Raises
    ------
    InputError
        for a model that is proved to have no state at rest, and for names that are no parameters of it.
    """
    if time_limit is not None:
        require.positive(time_limit, "time limit in seconds", "give more, or None")
    subject = with_choices(subject_of(model), small, plane, numbers or {})
    findings = find_all(subject, time_limit=time_limit, seed=seed, tell=tell)
    account = give_account(findings)
    derivation = Derivation(
        subject.name,
        subject.title,
        "Everything follows from the model; each formula is compared with numbers found without it.",
        account.steps,
        (subject.source,) if subject.source else (),
    )
    made = Study(findings, derivation, (*findings.faults, *findings.gaps, *account.gaps))
    return _simulate(made, seed, tell) if simulated and findings.points else made


def _simulate(made: Study, seed: int, tell: Tell) -> Study:
    """A study with its model followed in time, and in a plane of parameters.

    Raises
    ------
    UnfinishedError
        where every run of the model blew up.
    """
    compared = compare_with_runs(made.findings, seed, tell)
    if compared.runs and all(run.ending.outcome is Outcome.BLOW_UP for run in compared.runs):
        raise UnfinishedError(f"every run of the model {compared.runs[0].ending}: bound the loss, or add a decay")
    chosen = made.findings.subject.plane or choose_plane(made.findings)
    tell("phase plane", 0.0)
    plane = phase_plane(made.findings, *chosen) if chosen else None
    tell("phase plane", 1.0)
    return replace(made, runs=compared.runs, agreement=compared.table, plane=plane)


def give_account(findings: Findings) -> Account:
    """The steps of all results, and what could not be proved of them."""
    subject, flow = findings.subject, findings.subject.flow
    source = followed(subject.loss) if subject.loss else "flow"
    made = flow_account(flow, subject.loss) + curl_account(flow, source)
    made += integrals_account(findings.conserved, flow, source)
    if findings.reduction is not None:
        made += reduction_account(findings.reduction, source)
        made += _renamed(integrals_account(findings.conserved_amplitudes, findings.reduction.flow, "reduction"))
    if not findings.points:
        return made
    amplitudes = findings.amplitudes
    reduced = "reduction" if findings.reduction else source
    for state in findings.states:
        made += state_account(amplitudes, state.number, state.point, len(findings.states), reduced)
    made += completeness_account(findings.points, reduced)
    for state in findings.states:
        made += _account_of_state(amplitudes, state, reduced, source)
    return made


def _renamed(account: Account) -> Account:
    """The step on what is conserved of the amplitudes, beside that on the matrices."""
    return replace(account, steps=tuple(replace(s, name=f"{s.name}_of_amplitudes") for s in account.steps))


def _account_of_state(flow: Flow, state: State, reduced: str, source: str) -> Account:
    """What is known of one state; nothing of an image, which shares it."""
    made, of = Account(), (flow, state.number, state.point)
    if state.image_of is not None:
        return made
    if state.stability is not None:
        made += stability_account(*of, state.stability, reduced) + bifurcation_account(*of, state.stability, reduced)
    if state.certificate is not None:
        made += certificate_account(*of, state.certificate, reduced)
    if state.whole is not None:
        made += whole_account(state.whole, state.number, source)
    for place, scales in enumerate(state.time_scales, 1):
        made += time_scales_account(*of, scales, reduced, place if len(state.time_scales) > 1 else None)
    return made
