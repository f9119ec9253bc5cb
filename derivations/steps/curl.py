"""Whether a flow is a gradient flow, as a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, combinations_with_replacement

import mpmath
import numpy as np
from sympy import Basic, Expr, MatrixExpr, S, Symbol

from derivations import checks
from derivations.checks import invert_matrix, random_values
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawn_points import Points
from theory.abridging import brief
from theory.calculus import State
from theory.evaluate import Point, evaluate
from theory.flow import Flow, direction
from theory.latex import tex

LARGEST = 6  # scalar variables up to which every curl entry is shown
STEP = mpmath.mpf(10) ** -13  # of central differences at forty digits
IS, IS_NOT = (f"The flow is {a} gradient flow in the metric of its mobilities." for a in ("a", "no"))


def curl_account(flow: Flow, source: str) -> Account:
    """Entries of the curl: all of a flow of few scalars, otherwise those that decide whether the flow is a gradient flow.

    Its check takes them from central differences of the velocities in random directions.
    """
    pairs = _pairs(flow)
    if not pairs:
        return Account()
    tested = flow.is_gradient()
    if tested.holds is None and tested.entry is not None:
        a, b = tested.entry
        said = f"Whether the flow is a gradient flow was not decided: the entry of its curl for {a} and {b}, "
        return Account(gaps=(f"{said}{brief(tested.undecided)}, was neither proved to vanish nor not to.",))
    if flow.is_matrix or len(flow.state) > LARGEST:
        shown = {tested.entry: tested.witness} if tested.entry is not None else dict.fromkeys(pairs, S.Zero)
    else:
        found = flow.curl()
        shown = {(a, b): found[flow.state.index(a), flow.state.index(b)] for a, b in pairs}

    def check(premises: Lines, after: Lines) -> checks.Numerics:
        entries = {pair: after[_entry(*pair)] for pair in shown}
        velocities = {b: premises[dot(b)] for b in flow.state}
        against = "differences of the velocities in random directions"
        return checks.Numerics(lambda rng: curl_cases(flow, velocities, entries, rng), 1e-10, against)

    step = Step(
        "curl",
        IS if tested.holds else IS_NOT,
        "Antisymmetric part of the Jacobian of the velocity without its mobilities."
        + (" An entry is a bilinear form in two displacements." if flow.is_matrix else ""),
        before=velocity_lines(flow),
        after=tuple(Line(_entry(*pair), value) for pair, value in shown.items()),
        uses=(source,),
        check=check,
    )
    return Account((step,))


def _pairs(flow: Flow) -> list[tuple[State, State]]:
    """Blocks between which the curl has an entry; a matrix has one with itself."""
    return list((combinations_with_replacement if flow.is_matrix else combinations)(flow.state, 2))


def _entry(a: Basic, b: Basic) -> Symbol:
    """What an entry of the curl is called."""
    return Symbol(rf"\operatorname{{curl}}_{{{tex(a)},{tex(b)}}}", real=True)


def curl_cases(
    flow: Flow, velocities: Mapping[State, Basic], entries: Mapping[tuple[State, State], Expr], rng: np.random.Generator
) -> Iterator[tuple[object, object]]:
    """Entries at a random point, in random directions, and the same by differences."""
    with mpmath.workdps(40):
        at = Points.of_flow(flow).draw(rng)
        for (a, b), shown in entries.items():
            first, second = (_displacement(x, at, rng, flow) for x in (a, b))
            here = at | {direction(a): first, direction(b, second=True): second}
            forwards = _inner(first, _slope(flow, velocities, a, {b: second}, at))
            backwards = _inner(second, _slope(flow, velocities, b, {a: first}, at))
            yield 1 + evaluate(shown, here), 1 + forwards - backwards


def _displacement(block: State, at: Point, rng: np.random.Generator, flow: Flow):
    """A random change; of scalars the unit one, in which entries of their curl are written."""
    if not flow.is_matrix or not np.shape(at.values[block]):
        return mpmath.mpf(1) if not flow.is_matrix else random_values(rng, (), -1, 1)
    return random_values(rng, np.shape(at.values[block]), -1, 1)


def _slope(flow: Flow, velocities: Mapping[State, Basic], block: State, change: Mapping[State, object], at: Point):
    """How the velocity of a block without its mobility changes along a displacement."""
    ends = [at | {x: at.values[x] + sign * STEP * d for x, d in change.items()} for sign in (1, -1)]
    there, back = (evaluate(velocities[block], end) for end in ends)
    return _without_mobility(flow, block, (there - back) / (2 * STEP), at)


def _without_mobility(flow: Flow, block: State, slope, at: Point):
    mobility = flow.mobility.get(block, S.One)
    value = evaluate(mobility, at)
    return slope @ invert_matrix(value) if isinstance(mobility, MatrixExpr) else slope / value


def _inner(left, right):
    return mpmath.fsum(np.reshape(np.asarray(left * right, dtype=object), -1))
