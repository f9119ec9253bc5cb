"""A phase plane: which states are reached, cell by cell, beside boundaries in closed form.

Two starts are followed in each cell: a small one, and one beside the chosen state, the largest that is stable at the numbers
of the findings, as it is in the cell, or as it is at the numbers where the cell has no such state.  So cells tell where that
state is stable, and where two of them are.

When it fails: cells at a boundary, where states are reached ever more slowly, may be said not to rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol, lambdify
from sympy.core.relational import Relational

from derivations.analysis.linearisation.kinds import Bifurcation
from derivations.analysis.sites.assumptions import interval_of
from derivations.studies.batches import BatchFlow, follow_batch
from derivations.studies.drawn_models import sign_flips
from derivations.studies.findings import Findings
from derivations.studies.placed import Placed, lower_at, place_points
from derivations.studies.plane_states import StateOnPlane, nearest_states
from derivations.studies.thresholds import critical_value
from derivations.typeset.plain_values import plain_fields, plain_values
from theory.errors import InputError, UnfinishedError

CELLS = 32  # along each side
SMALL, BESIDE = 0.05, 1.02  # sizes of starts, relative to the chosen state
LONG, UNKNOWN = 400.0, 200.0  # relaxation times, or times where no rate is known, that are followed
LOW, HIGH, BEYOND, FAR = 0.05, 2.0, 1.4, 10.0  # ends of the axes: shares of a number, and of critical values that are not far

RELATIONS: dict[str, Callable] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "!=": np.not_equal,
    "==": np.isclose,
}


@dataclass(frozen=True)
class Boundary:
    """A bifurcation in a plane.

    Attributes
    ----------
    label
        in words, such as ``"saddle-node of state 2"``.
    equation
        what vanishes there, in all parameters; ``conditions`` must hold beside.
    numbers
        of the parameters that are not along the axes.
    """

    label: str
    x: Symbol
    y: Symbol
    equation: Expr
    conditions: tuple[Relational, ...]
    numbers: Mapping[Symbol, Rational]

    def values(self, across: NDArray, up: NDArray) -> NDArray:
        """What vanishes on the boundary, on a grid; NaN where a condition fails or the equation is not real."""
        sides = [self.equation, *(c.lhs - c.rhs for c in self.conditions)]
        held = [s.xreplace(dict(self.numbers)) for s in sides]
        with np.errstate(all="ignore"):
            found = [
                np.broadcast_to(np.asarray(v, complex), across.shape)
                for v in lambdify([self.x, self.y], held, "numpy")(across.astype(complex), up.astype(complex))
            ]
        real = [np.where(np.abs(v.imag) <= 1e-9 * (1 + np.abs(v)), v.real, np.nan) for v in found]
        allowed = np.ones(across.shape, dtype=bool)
        for c, v in zip(self.conditions, real[1:], strict=True):
            allowed &= RELATIONS[c.rel_op](v, 0)
        return np.where(allowed, real[0], np.nan)

    def to_dict(self) -> dict:
        """Plain values; formulas as text."""
        return plain_fields(self, ("label", "equation", "conditions", "numbers"))


@dataclass(frozen=True, eq=False)
class PhasePlane:
    """Where a small start of the amplitudes, and one beside a state, end in a plane of two parameters.

    Attributes
    ----------
    xs, ys
        centres of the cells.
    codes
        (len(ys), len(xs)): which of the ``labels``.
    labels
        in words: what both starts reach, such as ``"state 1"``, or ``"state 1, or state 2 from beside it"``.
    boundaries
        bifurcations in closed form.
    """

    x: Symbol
    y: Symbol
    xs: NDArray
    ys: NDArray
    codes: NDArray
    labels: tuple[str, ...]
    boundaries: tuple[Boundary, ...]
    numbers: Mapping[Symbol, Rational]

    def to_dict(self) -> dict:
        """Plain values; formulas as text."""
        names = ("xs", "ys", "codes", "labels", "boundaries", "numbers")
        return {"x": str(self.x), "y": str(self.y)} | {name: plain_values(getattr(self, name)) for name in names}


def choose_plane(findings: Findings) -> tuple[Symbol, Symbol] | None:
    """The plane of the subject, or the parameters in most critical equations; None where there are fewer than two."""
    if findings.subject.plane is not None:
        return findings.subject.plane
    parameters = findings.amplitudes.parameters
    if len(parameters) < 2:
        return None
    counts = Counter(p for b in _bifurcations(findings) for p in b.critical.free_symbols if p in parameters)
    small = findings.subject.small
    up, across = sorted(parameters, key=lambda p: (p != small, -counts[p], str(p)))[:2]
    return across, up


def _bifurcations(findings: Findings) -> list[Bifurcation]:
    return [b for state in findings.states if state.stability for b in state.stability.bifurcations]


def phase_plane(findings: Findings, x: Symbol, y: Symbol, cells: int = CELLS) -> PhasePlane:
    """The plane of two parameters of the amplitudes around their numbers.

    Raises
    ------
    InputError
        for what is no parameter of the amplitudes, or one parameter twice.
    """
    parameters = findings.amplitudes.parameters
    if x == y or not {x, y} <= {*parameters}:
        raise InputError(f"two parameters among {', '.join(map(str, parameters))}", f"{x}, {y}", "correct it")
    across, up = (_axis(findings, p, cells) for p in (x, y))
    at = np.stack([a.ravel() for a in np.meshgrid(across, up)])
    words = list(_Cells(findings, (x, y), at).words())
    labels = tuple(sorted(set(words)))
    codes = np.array([labels.index(w) for w in words]).reshape(cells, cells)
    return PhasePlane(x, y, across, up, codes, labels, tuple(_boundaries(findings, x, y)), findings.numbers)


def _axis(findings: Findings, p: Symbol, cells: int) -> NDArray:
    """Centres of cells around the number of a parameter, wide enough to hold its critical values nearby."""
    number = float(findings.numbers[p])
    scale = abs(number) or 1.0
    found = (critical_value(b, findings) for b in _bifurcations(findings))
    critical = [c.ball.middle for c in found if c is not None and c.parameter == p and abs(c.ball.middle) <= FAR * scale]
    ends = [number * LOW, number * HIGH] if number else [-1.0, 1.0]
    if p.is_nonnegative or p.is_nonpositive:
        ends += [BEYOND * c for c in critical if c * number > 0]
    else:
        ends += [BEYOND * c for c in critical] + [-0.5 * max(map(abs, ends)) * float(np.sign(number or 1))]
    low, high = interval_of(p, findings.amplitudes.assumptions)
    edges = np.linspace(max(low, min(ends)), min(high, max(ends)), cells + 1)
    return (edges[1:] + edges[:-1]) / 2


@dataclass(frozen=True, eq=False)
class _Cells:
    """The cells of a plane: parameters (2, m)."""

    findings: Findings
    varied: tuple[Symbol, Symbol]
    at: NDArray

    @cached_property
    def states(self) -> list[StateOnPlane | None]:
        return [_on_plane(point, self.varied, self.findings) for point in self.findings.points]

    @cached_property
    def placed(self) -> list[Placed]:
        return [p for p in place_points(self.findings.points, self.findings.numbers) if p.sample is not None]

    @cached_property
    def chosen(self) -> Placed | None:
        """The largest state that is stable at the numbers, or else the largest."""
        lowered = lower_at(self.findings.amplitudes, self.findings.numbers)
        isolated = [p for p in self.placed if not p.free and p.is_away()]
        return max(isolated, key=lambda p: (p.is_stable(lowered), np.abs(p.values).max(), p.values.sum()), default=None)

    @property
    def horizon(self) -> float:
        lowered = lower_at(self.findings.amplitudes, self.findings.numbers)
        rates = [abs(s.real) for p in self.placed for s in p.eigenvalues(lowered)]
        moving = [r for r in rates if r > 1e-6 * max(rates)]
        return LONG / min(moving) if moving else UNKNOWN

    def words(self) -> Iterator[str]:
        """What both starts of each cell reach."""
        small, beside = (self._reached(start) for start in self._starts())
        from_there = "beside it" if self.chosen is not None else "a large start"
        for one, other in zip(small, beside, strict=True):
            where = (
                f"beside state {self.chosen.number}" if self.chosen and other != f"state {self.chosen.number}" else from_there
            )
            yield one if one == other else f"{one}, or {other} from {where}"

    def _starts(self) -> tuple[NDArray, NDArray]:
        signs = np.array([-1.0 if x.is_nonpositive else 1.0 for x in self.findings.amplitudes.state])
        at_numbers = signs if self.chosen is None else self.chosen.values
        floor = SMALL * np.abs(at_numbers).max()
        small = np.where(np.abs(SMALL * at_numbers) > SMALL * floor, SMALL * at_numbers, floor * signs)
        beside = np.repeat(at_numbers[:, None], self.at.shape[1], axis=1)
        on_plane = self.states[self.chosen.number - 1] if self.chosen is not None else None
        for values in on_plane.candidates(self.at, beside) if on_plane is not None else ():
            beside = np.where(np.isfinite(values), values, beside)
        return np.repeat(small[:, None], self.at.shape[1], axis=1), BESIDE * beside

    def _reached(self, start: NDArray) -> list[str]:
        """What starts (n, m) reach, in words."""
        flow = BatchFlow.of(self.findings.amplitudes, self.findings.numbers, self.varied)
        found = follow_batch(flow, np.vstack([start, self.at]), self.horizon)
        numbers = nearest_states(self.states, self.at, found.ends, sign_flips(self.findings))
        return list(_words(numbers, found.rests, found.leaves))


def _words(numbers: NDArray, rests: NDArray, leaves: NDArray) -> Iterator[str]:
    for number, rest, leave in zip(numbers, rests, leaves, strict=True):
        if leave:
            yield "no bound"
        elif not rest:
            yield "no rest"
        else:
            yield f"state {number}" if number else "rest elsewhere"


def _on_plane(point, varied: tuple[Symbol, Symbol], findings: Findings) -> StateOnPlane | None:
    try:
        return StateOnPlane.of(point, varied, findings.numbers)
    except UnfinishedError:
        return None


def _boundaries(findings: Findings, x: Symbol, y: Symbol) -> Iterator[Boundary]:
    """Each critical equation that holds x or y, once."""
    seen = set()
    numbers = {p: v for p, v in findings.numbers.items() if p not in (x, y)}
    for state in findings.states:
        for b in state.stability.bifurcations if state.stability else ():
            equation = b.critical.lhs - b.critical.rhs
            known = {*findings.amplitudes.parameters}
            if equation in seen or not equation.free_symbols & {x, y} or not equation.free_symbols <= known:
                continue
            seen.add(equation)
            conditions = tuple(c for c in b.conditions if c.free_symbols <= known)
            yield Boundary(f"{b.kind.value} of state {state.number}", x, y, equation, conditions, numbers)
