r"""Flows of losses with kinks, rounded so that they can be followed along a kink.

Where the velocity jumps and points at the kink from both sides, the flow slides along it (Filippov 1988): an integrator that
sees the jump takes ever smaller steps.  Steps :math:`\theta(g)` of the velocity are therefore ramps over
:math:`|g|\le\sqrt r\,s`, with the relative tolerance r of the run and the size s of the terms of g at the state: the flow of
the loss with its kinks rounded, exact elsewhere.  A slide is followed to that precision, and a state can rest on a kink.
Finite steps (:class:`theory.GradientDescent`) are not rounded: they take the mean of both slopes on a kink.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Basic, Expr, Heaviside, MatAdd, Max, Min, S, Symbol, sign

from theory.flow import Flow
from theory.lowering import LoweredFlow
from theory.nodes.elementwise import ENTRY, Elementwise

JUMPS = (Heaviside, sign)
SMALLEST = float(np.finfo(float).tiny)


class RoundedFlow:
    """A flow in NumPy whose velocity has its jumps rounded to a relative tolerance."""

    def __init__(self, lowered: LoweredFlow, rtol: float):
        flow, self._gaps = round_jumps(lowered.flow)
        terms = [term for gap in self._gaps.values() for term in gap]
        self._sizes, self._width = lowered.evaluate(terms), np.sqrt(rtol)
        self._constants = {**lowered.constants, **dict.fromkeys(self._gaps, 1.0)}
        self._lowered = replace(lowered, flow=flow, constants=self._constants)
        self._axes = (1, 2) if lowered.flow.is_matrix and len(next(iter(lowered.shapes.values()))) == 3 else None

    def velocity(self, t: float, y: NDArray) -> NDArray:
        """The velocity at a state vector."""
        sizes = iter(self._sizes(np.abs(y)))
        for symbol, gap in self._gaps.items():
            size = sum(self._largest(next(sizes)) for _ in gap)
            self._constants[symbol] = 1 / (self._width * np.maximum(size, SMALLEST))
        return self._lowered.velocity(t, y)

    def _largest(self, term: NDArray):
        """The largest entry, of stacks that of each run."""
        value = np.abs(term)
        return value.max() if self._axes is None else value.reshape(len(value), -1).max(axis=1)[:, None, None]


def has_jumps(flow: Flow) -> bool:
    """Whether a velocity jumps anywhere."""
    return any(v.has(*JUMPS) for v in flow.velocity.values())


def round_jumps(flow: Flow) -> tuple[Flow, dict[Symbol, tuple[Expr, ...]]]:
    """The flow with ramps in place of jumps, and for each gap the symbol of its steepness and its terms."""
    known: dict[tuple[Expr, ...], Symbol] = {}

    def steepness(terms: Sequence[Expr]) -> Symbol:
        return known.setdefault(tuple(terms), Symbol(f"steepness_{len(known) + 1}", positive=True))

    velocity = {block: _round_expression(v, steepness) for block, v in flow.velocity.items()}
    return Flow(velocity, flow.mobility, flow.assumptions), {symbol: terms for terms, symbol in known.items()}


def _round_expression(expr: Expr, steepness) -> Expr:
    while nodes := [e for e in expr.atoms(Elementwise) if e.body.has(*JUMPS)]:
        expr = expr.xreplace({e: Elementwise(_round_body(e.body, e.inner, steepness), e.inner) for e in nodes})
    scalars = expr.atoms(*JUMPS)
    return expr.xreplace({jump: _ramp(jump, steepness(Add.make_args(jump.args[0]))) for jump in scalars})


def _round_body(body: Expr, inner: Basic, steepness) -> Expr:
    def terms(gap: Expr) -> list[Expr]:
        if gap == ENTRY and isinstance(inner, MatAdd):
            return [*inner.args]
        return [Elementwise(term, inner) for term in Add.make_args(gap)]

    return body.xreplace({jump: _ramp(jump, steepness(terms(jump.args[0]))) for jump in body.atoms(*JUMPS)})


def _ramp(jump: Expr, steepness: Symbol) -> Expr:
    ramp = Max(0, Min(1, S.Half + jump.args[0] * steepness / 2))
    return ramp if isinstance(jump, Heaviside) else 2 * ramp - 1
