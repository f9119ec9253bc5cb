"""What the templates see of a derivation: strings, and nothing that they would have to compute."""

from __future__ import annotations

from dataclasses import dataclass

from derivations.checks import Outcome, Status
from derivations.engine import Derivation, Verification
from derivations.rendering.tex import display


@dataclass(frozen=True)
class StepView:
    name: str
    title: str
    statement: str
    reason: str
    before: str
    after: str
    assumptions: tuple[str, ...]
    uses: tuple[str, ...]
    status: str
    evidence: str


@dataclass(frozen=True)
class DerivationView:
    name: str
    number: str
    title: str
    summary: str
    steps: tuple[StepView, ...]
    references: tuple[str, ...]


def view(derivation: Derivation, verification: Verification | None, number: str = "") -> DerivationView:
    """Strings of a derivation; without a verification every step is shown as unchecked."""
    found = {row.step: row.outcome for row in verification or ()}
    nothing = Outcome(Status.UNCHECKED, "none", "")
    steps = tuple(
        StepView(
            name=step.name,
            title=title_of(step.name),
            statement=step.statement,
            reason=step.reason,
            before=display(step.before) if step.before else "",
            after=display(step.after),
            assumptions=step.assumptions,
            uses=tuple(title_of(name) for name in step.uses),
            status=found.get(step.name, nothing).status.value,
            evidence=_evidence(found.get(step.name, nothing)),
        )
        for step in derivation.steps
    )
    return DerivationView(derivation.name, number, derivation.title, derivation.summary, steps, derivation.references)


def title_of(name: str) -> str:
    """A step's name as words."""
    return name.replace("_", " ").capitalize()


def power_of_ten(value: float) -> str:
    """A residual in LaTeX, between dollars."""
    if value == 0:
        return "$0$"
    mantissa, exponent = f"{value:.1e}".split("e")
    front = "" if mantissa == "1.0" else rf"{mantissa}\cdot"
    return rf"${front}10^{{{int(exponent)}}}$"


def _evidence(outcome: Outcome) -> str:
    if outcome.residual is None or outcome.tolerance is None:
        return f"{outcome.kind}: {outcome.detail}" if outcome.detail else ""
    sizes = f"residual {power_of_ten(outcome.residual)}, allowed {power_of_ten(outcome.tolerance)}"
    return f"{outcome.kind}: {outcome.detail}; {sizes}"
