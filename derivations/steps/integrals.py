"""First integrals, and quantities that grow or fade at a rate of their own, as a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import mpmath
import numpy as np
from sympy import Basic, MatrixExpr, MatrixSymbol, S, Symbol, ZeroMatrix

from derivations import checks
from derivations.analysis.conserved import Conserved
from derivations.checks import random_values
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawn_points import Points
from theory.evaluate import Point, evaluate
from theory.flow import Flow

DIGITS, STEP, COUNT = 30, mpmath.mpf(1) / 2000, 8  # of a trajectory: its steps, and how many of them
TOLERANCE = 1e-8  # the method leaves out the fifth power of a step, a wrong rate its first


def integrals_account(conserved: Sequence[Conserved], flow: Flow, source: str) -> Account:
    """Quantities and how they change; nothing where there are none.

    Its check follows the flow from random starts by small steps of a Runge-Kutta method and compares the quantity at the end
    with what its rate makes of that at the start.
    """
    if not conserved:
        return Account()
    names = [_name(c, k) for k, c in enumerate(conserved, 1)]

    def check(premises: Lines, after: Lines) -> checks.Numerics:
        shown = [(q, after[q], after[dot(q)]) for q in names]
        velocities = {b: premises[dot(b)] for b in flow.state}
        against = "a trajectory from a random start"
        return checks.Numerics(lambda rng: trajectory_cases(flow, velocities, shown, rng), TOLERANCE, against)

    step = Step(
        "first_integrals",
        _in_words(conserved),
        "Linear algebra over the coefficients of all monomials of low degree; a rate is an eigenvalue.",
        before=velocity_lines(flow),
        after=[line for q, c in zip(names, conserved, strict=True) for line in _lines(q, c)],
        uses=(source,),
        check=check,
    )
    return Account((step,))


def _name(conserved: Conserved, number: int) -> Symbol | MatrixSymbol:
    if isinstance(conserved.quantity, MatrixExpr):
        return MatrixSymbol(f"Q_{number}", *conserved.quantity.shape)
    return Symbol(f"Q_{number}", real=True)


def _lines(name: Basic, conserved: Conserved) -> tuple[Line, Line]:
    still = ZeroMatrix(*name.shape) if isinstance(name, MatrixSymbol) else S.Zero
    return Line(name, conserved.quantity), Line(dot(name), still if conserved.rate == 0 else conserved.rate * name)


def _in_words(conserved: Sequence[Conserved]) -> str:
    still = sum(c.rate == 0 for c in conserved)
    if still == len(conserved):
        return "What is conserved, for all values of the parameters."
    moved = "Quantities that grow or fade at a rate of their own, whatever the state does"
    return f"{moved}; one with rate zero is conserved." if still else f"{moved}."


def trajectory_cases(
    flow: Flow, velocities: dict, shown: Sequence[tuple[Basic, Basic, Basic]], rng: np.random.Generator
) -> Iterator[tuple[object, object]]:
    """What a quantity is after some time, and what it was at the start times the growth that its line says."""
    with mpmath.workdps(DIGITS):
        start = Points.of_flow(flow, (quantity for _, quantity, _ in shown)).draw(rng)
        end = _follow(velocities, start)
        for name, quantity, rate in shown:
            before, after = (evaluate(quantity, at) for at in (start, end))
            growth = mpmath.exp(_rate_of(name, rate, before, start, rng) * STEP * COUNT)
            yield after, before * growth
            moved = start | {b: start.values[b] * 2 + 1 for b in flow.state}
            yield 1.0, float(np.any(np.asarray(evaluate(quantity, moved) != before)))


def _rate_of(name: Basic, line: Basic, like, at: Point, rng: np.random.Generator):
    """The factor between a quantity and its velocity.

    Raises
    ------
    LookupError
        where they are not proportional.
    """
    some = random_values(rng, np.shape(like), 1, 2)
    found = evaluate(line, at | {name: some})
    factors = np.reshape(found, -1) / np.reshape(some, -1)
    if max(abs(f - factors[0]) for f in factors) > TOLERANCE:
        raise LookupError(f"{name} does not change in proportion to itself")
    return factors[0]


def _follow(velocities: dict, start: Point) -> Point:
    """The state after some steps of the Runge-Kutta method of order four, small for the size of the velocities."""

    def slopes(at: Point) -> dict:
        return {b: evaluate(v, at) for b, v in velocities.items()}

    def shifted(at: Point, by: dict, share) -> Point:
        return at | {b: at.values[b] + share * STEP * by[b] for b in by}

    at = start
    for _ in range(COUNT):
        first = slopes(at)
        second = slopes(shifted(at, first, mpmath.mpf(1) / 2))
        third = slopes(shifted(at, second, mpmath.mpf(1) / 2))
        fourth = slopes(shifted(at, third, 1))
        at = shifted(at, {b: (first[b] + 2 * second[b] + 2 * third[b] + fourth[b]) / 6 for b in first}, 1)
    return at
