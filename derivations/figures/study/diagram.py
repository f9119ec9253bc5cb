"""What a bifurcation diagram shows: branches over a range of one parameter that holds all critical numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sympy import Rational, Symbol

from derivations.analysis.linearisation.certify import Certificate, certify
from derivations.analysis.sites.assumptions import interval_of
from derivations.figures.study.branches import Branch, Kind, branches
from derivations.figures.study.critical import Critical, best_parameter, critical_numbers
from derivations.figures.study.ranges import Range, parameter_range
from derivations.studies.findings import Findings, State
from theory.errors import InputError, UnfinishedError

SAMPLES = 401
NEAR = 2 / SAMPLES  # of the range: how far a change may lie from the bifurcation that explains it
BESIDE = 1e-7  # of the range: how near to a critical number branches are drawn
PANELS = 2
CELLS, STRETCHES = 48, 6  # of a certificate, and of one that spans decades
NORM = "norm"
Panel: TypeAlias = Symbol | str


@dataclass(frozen=True, eq=False)
class Change:
    """A change of a branch between two numbers drawn: the middle between them, and amplitudes (n,) beside it."""

    state: State
    number: float
    place: NDArray


def _changes(branch: Branch) -> Iterator[Change]:
    for t in np.flatnonzero(np.diff(branch.kinds)):
        is_end = Kind.ABSENT in branch.kinds[t : t + 2]
        if not is_end or branch.state.point.roots:
            present = t if branch.kinds[t] != Kind.ABSENT else t + 1
            yield Change(branch.state, float(branch.along[t : t + 2].mean()), branch.values[:, present])


@dataclass(frozen=True, eq=False)
class Diagram:
    """Branches over the range of one parameter, and where they bifurcate."""

    findings: Findings
    parameter: Symbol
    across: Range
    branches: tuple[Branch, ...]
    critical: tuple[Critical, ...]

    @property
    def families(self) -> tuple[State, ...]:
        return tuple(s for s in self.findings.states if s.point.free)

    @property
    def unexplained(self) -> list[Change]:
        """Where eigenvalues cross the imaginary axis, or real roots appear, and no bifurcation in closed form says so."""
        changes = [change for branch in self.branches for change in _changes(branch)]
        known = [(c.state.number, self.across.share(c.number)) for c in self.critical]
        return [
            change
            for change in changes
            if not any(n == change.state.number and abs(s - self.across.share(change.number)) <= NEAR for n, s in known)
        ]

    def shown(self, panel: Panel, values: NDArray) -> NDArray:
        """What a panel shows of amplitudes (n, …): one of them, or the norm of all."""
        if panel == NORM:
            return np.sqrt((values**2).sum(axis=0))
        return values[self.findings.amplitudes.state.index(panel)]

    def panels(self) -> list[Panel]:
        """Both amplitudes, or of more the one that tells most branches apart, and the norm."""
        state = list(self.findings.amplitudes.state)
        if len(state) <= PANELS:
            return state
        told = [len({round(float(np.nanmean(b.values[i])), 9) for b in self.branches}) for i in range(len(state))]
        return [state[int(np.argmax(told))], NORM]


def diagram_of(findings: Findings, parameter: Symbol | None = None) -> Diagram | None:
    """The branches along a parameter; None where the flow has no parameter, or no fixed point in the range."""
    parameter = parameter or best_parameter(findings)
    if parameter is None:
        return None
    critical = critical_numbers(findings, parameter)
    number = findings.numbers.get(parameter)
    across = parameter_range(parameter, [c.number for c in critical], None if number is None else float(number))
    across = across.within(*interval_of(parameter, findings.amplitudes.assumptions))
    beside = BESIDE * (across.high - across.low) if not across.width else 0.0
    near = [c.number + side * (beside or BESIDE * abs(c.number)) for c in critical for side in (-1, 1)]
    along = np.unique([*across.grid(SAMPLES), *(n for n in near if across.contains(n))])
    found = branches(findings, parameter, along)
    diagram = Diagram(findings, parameter, across, found, tuple(c for c in critical if across.contains(c.number)))
    return diagram if found or diagram.families else None


def certify_branches(
    findings: Findings, parameter: Symbol | None = None, time_limit: float | None = 10
) -> dict[int, tuple[Certificate, ...]]:
    """Certificates along a bifurcation diagram, other parameters at their numbers, of states that are stable somewhere on it
    and have a closed form; those that could not be certified within the limit, in seconds for each, are left out."""
    diagram, found = diagram_of(findings, parameter), dict[int, tuple[Certificate, ...]]()
    stable = [b.state for b in diagram.branches if (b.kinds == Kind.STABLE).any()] if diagram else []
    for state in stable:
        if diagram and not state.point.roots:
            with suppress(UnfinishedError, InputError):
                found[state.number] = tuple(_certificates(diagram, state, time_limit))
    return found


def _certificates(diagram: Diagram, state: State, time_limit: float | None) -> Iterator[Certificate]:
    """One for each stretch of the range, of which there are several where it spans decades."""
    ends = [Rational(f"{end:.6g}") for end in diagram.across.grid(STRETCHES + 1 if diagram.across.width else 2)]
    numbers = {s: (v, v) for s, v in diagram.findings.numbers.items() if s != diagram.parameter}
    for low, high in pairwise(ends):
        box, cells = {**numbers, diagram.parameter: (low, high)}, {diagram.parameter: CELLS // (len(ends) - 1)}
        yield certify(diagram.findings.amplitudes, state.point, box, cells, time_limit=time_limit)
