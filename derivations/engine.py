"""Derivations: a directed acyclic graph of steps, each with a check that can fail.

A :class:`Step` says what follows, why, under which assumptions and from which earlier steps; its formulas are
expressions, which the LaTeX, the HTML and the check all read, so that what is shown is what was checked.  A step without a
check is *unchecked* and makes its derivation not verified.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from derivations.checks import Check, CheckOutcome, Level, SeveralChecks, Status
from derivations.documents.html import derivation_fragment, derivation_page
from derivations.documents.latex import derivation_section
from derivations.documents.publish import write_document
from derivations.documents.view import DerivationView, StepView, evidence_of, title_of
from derivations.lines import Line, Lines
from derivations.typeset.display import display
from derivations.typeset.plain_values import plain_fields
from derivations.verification import NO_CHECK, CheckedStep, Verification
from theory import require
from theory.abridging import Brief, Say, text_lines
from theory.errors import InputError, UnfinishedError
from theory.evaluate import NoEvaluationError

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True)
class Step(Brief):
    """One step.

    Attributes
    ----------
    name
        unique within its derivation.
    statement, reason
        in sentences; inline mathematics between dollars.
    before, after
        the formulas that the step starts from and leads to.  What it starts from are lines that steps in ``uses`` lead to.
    given
        formulas that the step does not take from other steps: definitions, forms of the state, assumptions.
    uses
        names of the steps it builds on; each gives at least one line.
    assumptions
        in sentences, where they are no formulas.
    check
        makes the evidence, one check or several that all must pass, from the premises (lines before, then those given) and the
        lines after, so that what is shown is what is checked; None leaves the step unchecked.
    """

    name: str
    statement: str
    reason: str
    after: Sequence[Line]
    before: Sequence[Line] = ()
    given: Sequence[Line] = ()
    uses: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    check: Callable[[Lines, Lines], Check | Sequence[Check]] | None = None

    @property
    def premises(self) -> Lines:
        """What the step starts from, whether other steps lead to it or not."""
        return Lines((*self.before, *self.given))

    @property
    def parts(self) -> tuple[tuple[str, Sequence[Line]], ...]:
        """The formulas in the order in which they are shown, with the words in front of each group."""
        given = "with" if self.before else "Given"
        shown = (("", self.before), (given, self.given), ("leads to" if self.premises else "", self.after))
        return tuple((words, lines) for words, lines in shown if lines)

    def view(self, outcome: CheckOutcome) -> StepView:
        """The step in strings, with what its check found."""
        return StepView(
            name=self.name,
            title=title_of(self.name),
            statement=self.statement,
            reason=self.reason,
            parts=tuple((words, display(lines)) for words, lines in self.parts),
            assumptions=self.assumptions,
            uses=tuple(map(title_of, self.uses)),
            status=outcome.status.value,
            evidence=evidence_of(outcome.kind, outcome.detail, outcome.residual, outcome.tolerance),
        )

    def to_dict(self) -> dict:
        """Plain values; expressions as text, whole."""
        return plain_fields(self, ("name", "statement", "reason", "uses", "assumptions", "before", "given", "after"))

    def verify(self, level: Level = Level.QUICK) -> CheckedStep:
        """Run the check.  A check that raises has failed, with the error as its detail; one that its oracle cannot evaluate, or
        that does not end, leaves the step unchecked."""
        started = time.perf_counter()
        if self.check is None:
            outcome = NO_CHECK
        else:
            try:
                found = self.check(self.premises, Lines(self.after))
                checks = tuple(found) if isinstance(found, Sequence) else (found,)
                outcome = _unread_relation(self.after, checks) or SeveralChecks(checks).run(level)
            except (NoEvaluationError, UnfinishedError) as gap:
                outcome = CheckOutcome(Status.UNCHECKED, "gap", f"the check has a gap: {gap}")
            except Exception as error:  # whatever a wrong formula raises is the finding, and is shown as such
                outcome = CheckOutcome(Status.FAILED, "error", f"{type(error).__name__}: {error}")
        return CheckedStep(self.name, outcome, time.perf_counter() - started)


def _unread_relation(after: Sequence[Line], checks: Sequence[Check]) -> CheckOutcome | None:
    """A failure where a line shows something else than an equation and no check reads its relation."""
    read = [line for check in checks for line in getattr(check, "reads", ())]
    unread = next((line for line in after if line.relation != "=" and line not in read), None)
    return None if unread is None else CheckOutcome(Status.FAILED, "relation", f"no check reads the relation of {unread}")


def broken_link(step: Step, used: Mapping[str, Sequence[Line]]) -> CheckOutcome | None:
    """A failure where a line before is none of the lines that used steps lead to, or where a used step gives no line."""
    unknown = next((line for line in step.before if not any(line in lines for lines in used.values())), None)
    if unknown is not None:
        return CheckOutcome(Status.FAILED, "uses", f"no step that it uses leads to {unknown}")
    idle = next((name for name, lines in used.items() if not any(line in step.before for line in lines)), None)
    return None if idle is None else CheckOutcome(Status.FAILED, "uses", f"no line of {idle} is used")


Steps: TypeAlias = tuple[Step, ...] | Callable[[], tuple[Step, ...]]


class _OnFirstUse:
    """The steps of a derivation; a function that makes them is called when they are asked for."""

    def __get__(self, derivation: Derivation | None, _owner: type) -> tuple[Step, ...]:
        if derivation is None:
            raise AttributeError("steps have no default")
        steps = derivation.__dict__["_steps"]
        if callable(steps):
            steps = derivation.__dict__["_steps"] = _check_order(steps())
        return steps

    def __set__(self, derivation: Derivation, steps: Steps) -> None:
        derivation.__dict__["_steps"] = steps if callable(steps) else _check_order(steps)


def _check_order(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    seen: set[str] = set()
    for step in steps:
        if step.name in seen or not set(step.uses) <= seen:
            missing = ", ".join(sorted(set(step.uses) - seen)) or step.name
            raise InputError(
                "steps with their own names that build on earlier steps",
                f"{missing} in step {step.name}",
                "rename or reorder the steps",
            )
        seen.add(step.name)
    return steps


@dataclass(frozen=True)
class Derivation(Brief):
    """A titled sequence of steps, in an order in which each builds on earlier ones only.

    ``steps`` may be a function that makes them, which is called on first use.

    Raises
    ------
    InputError
        for a name used twice, or a step that builds on one that does not come before it.
    """

    name: str
    title: str
    summary: str
    steps: _OnFirstUse = _OnFirstUse()
    references: tuple[str, ...] = ()

    def __repr__(self):
        made = self.__dict__["_steps"]
        steps = "" if callable(made) else f", {len(made)} steps"
        return f"<derivation {self.name}: {self.title}{steps}>"

    def __getitem__(self, name: str) -> Step:
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    @property
    def graph(self) -> networkx.DiGraph:
        """The steps as a graph, an edge from each step to those that build on it."""
        import networkx

        graph = networkx.DiGraph()
        graph.add_nodes_from(step.name for step in self.steps)
        graph.add_edges_from((used, step.name) for step in self.steps for used in step.uses)
        return graph

    def with_steps(self, *steps: Step) -> Derivation:
        """The same with further steps at its end, which may build on those before."""
        return replace(self, steps=(*self.steps, *steps))

    def without(self, *names: str) -> Derivation:
        """The same without some steps, and without those that build on them."""
        for name in names:
            self[name]
        gone = set(names)
        for step in self.steps:
            gone |= {step.name} if set(step.uses) & gone else set()
        return replace(self, steps=tuple(step for step in self.steps if step.name not in gone))

    def under(self, prefix: str) -> Derivation:
        """The same with the names of its steps under a prefix, so that they can stand among those of another."""
        named = (replace(s, name=prefix + s.name, uses=tuple(prefix + used for used in s.uses)) for s in self.steps)
        return replace(self, steps=tuple(named))

    def verify(self, level: str = "quick") -> Verification:
        """Run every check, ``"quick"`` or ``"full"`` (more random cases)."""
        if level not in ("quick", "full"):
            raise InputError("level 'quick' or 'full'", repr(level), "choose one of these")
        return Verification(self.name, tuple(self._verify(step, Level[level.upper()]) for step in self.steps))

    def _verify(self, step: Step, level: Level) -> CheckedStep:
        broken = broken_link(step, {name: self[name].after for name in step.uses})
        return CheckedStep(step.name, broken, 0.0) if broken else step.verify(level)

    def view(self, verification: Verification | None = None, number: str = "") -> DerivationView:
        """What documents are made of; without a verification every step is shown as unchecked."""
        found = {row.step: row.outcome for row in verification or ()}
        nothing = CheckOutcome(Status.UNCHECKED, "none", "")
        steps = tuple(step.view(found.get(step.name, nothing)) for step in self.steps)
        return DerivationView(self.name, number, self.title, self.summary, steps, self.references)

    def to_latex(self, verification: Verification | None = None) -> str:
        """A LaTeX section; with a verification each step shows what its check found."""
        return derivation_section(self.view(verification))

    def to_html(self, verification: Verification | None = None) -> str:
        """A self-contained HTML page that needs no network."""
        return derivation_page(self.view(verification))

    def save(self, path: str | Path, verification: Verification | None = None) -> Path:
        """Write a whole document, at once or not at all; with a verification each step shows what its check found.

        Parameters
        ----------
        path
            ends in ``.html``, ``.tex`` or ``.pdf``.

        Raises
        ------
        InputError
            for another ending.
        UnfinishedError
            for a PDF without a TeX engine.
        """
        path = Path(path)
        require.one_of(path.suffix, (".html", ".tex", ".pdf"), "a file with an ending")
        return write_document(self.view(verification), path)

    def to_dict(self) -> dict:
        """Plain values; expressions as text, whole."""
        return plain_fields(self, ("name", "title", "summary", "steps", "references"))

    def to_json(self) -> str:
        """The derivation as one JSON object."""
        return json.dumps(self.to_dict(), allow_nan=False)

    def lines(self, say: Say) -> list[str]:
        """Plain text, its expressions as ``say`` writes them."""
        shown = [self.title, self.summary]
        for number, step in enumerate(self.steps, 1):
            shown.append(f"{number}. {step.name}: {step.statement}")
            for words, lines in step.parts:
                shown += [*filter(None, [words]), *(f"  {line.text_with(say)}" for line in lines)]
        return shown

    def __str__(self):
        return text_lines(self.lines)

    def _repr_html_(self) -> str:
        return derivation_fragment(self.view())
