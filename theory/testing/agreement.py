r"""Predictions held against simulation, within an error that is stated beforehand.

>>> from sympy import exp, symbols
>>> from theory import Flow
>>> x = symbols("x", real=True)
>>> a = symbols("a", positive=True)
>>> decay = Flow({x: -a*x})
>>> theory_meets_simulation(decay, {x: x*exp(-a*elapsed)}, until=2/a)
>>> theory_meets_simulation(decay, {x: x*exp(-elapsed)}, until=2/a)
Traceback (most recent call last):
    ...
AssertionError: x is 0.135335 in the simulation at t = 4, but 0.0183156 predicted (tolerance 2.8e-08), at a = 1/2, x = 1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import mpmath
import numpy as np
from hypothesis import reject
from sympy import Basic, Expr, Integer, MatrixExpr, Symbol
from sympy.core.relational import Relational

from theory import require
from theory.abridging import brief
from theory.calculus import State
from theory.errors import InputError
from theory.evaluate import evaluate
from theory.flow import Flow
from theory.state import names_of
from theory.stopgrad import as_expression
from theory.testing.examples import hold_at_examples, show_number, show_values
from theory.testing.oracles import DIGITS, UnsteadyError, integrate, to_point
from theory.testing.properties import parameters_of
from theory.testing.values import Values, points, scalars_among

elapsed = Symbol("t", positive=True)  # in predictions: when they are compared
SIMULATED = 1e-10  # tolerance of the integration
PATIENCE = 40_000  # calls of the velocity


@dataclass(frozen=True)
class ErrorModel:
    """How far theory may be from simulation: :math:`|s-p|\\le a+r|p|`.

    Attributes
    ----------
    absolute, relative
        a and r, numbers or formulas in the parameters, as ``3*eps**2`` for what an expansion leaves out.
    because
        where they come from, for the sentence.
    """

    absolute: Expr | float = 1e-8
    relative: Expr | float = 1e-6
    because: str = ""


def theory_meets_simulation(
    flow: Flow,
    predicted: Mapping[Expr | MatrixExpr, Expr | MatrixExpr],
    tolerance: ErrorModel = ErrorModel(),
    *,
    until: Expr | float,
    starts: Mapping[State, Basic | float] | None = None,
    conditions: Iterable[Relational] = (),
    examples: int = 10,
) -> None:
    """What theory predicts is what a simulation of the flow shows, at random parameters within the assumptions.

    Parameters
    ----------
    predicted
        quantities in the state to what they are at the end, in the parameters, in :data:`elapsed`, and in the state, which
        stands for where it started.
    tolerance
        the stated error of the theory.
    until
        when they are compared: a number, or a formula in the parameters such as ``20/eta``.
    starts
        of some blocks or all, in the parameters; the others are drawn.
    conditions
        relations between the parameters (and the scalar state, where it starts) under which the theory is claimed.
    """
    starts = {b: as_expression(v, f"as start of {b}") for b, v in (starts or {}).items()}
    if extra := [b for b in starts if b not in flow.state]:
        raise InputError(f"starts of {names_of(flow.state)}", names_of(extra), "correct the names")
    claims = {as_expression(q, "as quantity"): as_expression(p, "as prediction") for q, p in predicted.items()}
    end, absolute, relative = (as_expression(e, "as formula") for e in (until, tolerance.absolute, tolerance.relative))
    prediction = _Prediction(flow, claims, starts, tuple(conditions), end, (absolute, relative), tolerance.because)
    symbols = {elapsed: Integer(0)}
    also = tuple(e.xreplace(symbols) for e in (*claims, *claims.values(), *starts.values(), end, absolute, relative))
    hold_at_examples(prediction.holds, points(flow, prediction.of_parameters, also=also), examples, "this flow")


@dataclass(frozen=True)
class _Prediction:
    flow: Flow
    claims: Mapping[Basic, Basic]
    starts: Mapping[State, Basic]
    conditions: tuple[Relational, ...]
    until: Expr
    tolerance: tuple[Expr, Expr]
    because: str

    @property
    def of_parameters(self) -> tuple[Relational, ...]:
        return tuple(c for c in self.conditions if not c.free_symbols & {*self.flow.state})

    def holds(self, values: Values) -> None:
        low = self.flow.lower(parameters_of(self.flow, values))
        with mpmath.workdps(DIGITS):
            at = to_point(values)
            at = at | {b: evaluate(v, at) for b, v in self.starts.items()}
            here = values | {b: np.array(at.values[b], dtype=float)[()] for b in self.starts}
            until = require.positive(evaluate(self.until, at), "time of comparison", "give until= as a number or a formula")
        if any(c.xreplace(scalars_among(here)) == False for c in self.conditions):  # noqa: E712
            reject()
        last, end = _simulate(low.velocity, low.pack(here), until, here)
        with mpmath.workdps(DIGITS):
            then = at | to_point(low.unpack(end)).values
            begun = at | {elapsed: mpmath.mpf(until)}
            absolute, relative = (float(evaluate(e, begun)) for e in self.tolerance)
            for quantity, prediction in self.claims.items():
                pair = evaluate(quantity, then), evaluate(prediction, begun)
                self._compare(quantity, *pair, absolute, relative, last, here)

    def _compare(self, quantity: Basic, simulated, predicted, absolute: float, relative: float, last: float, shown: Mapping):
        left, right = (np.asarray(v, dtype=object) for v in (simulated, predicted))
        for place in np.ndindex(left.shape):
            allowed = absolute + relative * abs(right[place])
            if not abs(left[place] - right[place]) <= allowed:
                entry = f" has the entry {tuple(i + 1 for i in place)} =" if place else " is"
                seen = (
                    f"{show_number(left[place])} in the simulation at t = {last:.4g}, but {show_number(right[place])} predicted"
                )
                margin = f"(tolerance {float(allowed):.2g}{', ' + self.because if self.because else ''})"
                raise AssertionError(f"{brief(quantity)}{entry} {seen} {margin}, at {show_values(shown)}")


def _simulate(velocity, start, until: float, shown: Mapping):
    try:
        last, end = integrate(velocity, start, until, SIMULATED, "LSODA", PATIENCE)
    except UnsteadyError as error:
        raise AssertionError(f"the simulation does not end: {error}, at {show_values(shown)}") from None
    if last < until:
        raise AssertionError(f"the simulation runs away at t = {last:.4g}, before {until:.4g}, at {show_values(shown)}")
    return last, end
