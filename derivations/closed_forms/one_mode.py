r"""One mode along one direction under stop-gradient, without decay: its hyperbola, and the fate of every start (§4.1).

The derivation ``one_mode`` shows them.

>>> survival, death = fates()
>>> survival.square, survival.head
(v_0**2 + (mu**2 - w_0**2)/gamma, mu)
>>> death.square, death.head
(0, sqrt(-gamma*v_0**2 + w_0**2)*sign(w_0))
>>> bool(death.condition.subs({v_0: 1, w_0: -2, mu: 1, gamma: 1}))
True
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sympy import Dummy, Expr, Integer, sign, solve, sqrt
from sympy.logic.boolalg import And, Boolean, Not, Or

from derivations.analysis.modes.reduction import Reduction
from derivations.closed_forms.reduced import all_modes, flow_along
from derivations.vocabulary import mu, v, v_0, w, w_0
from theory.models.vocabulary import gamma

SQUARE = Dummy("v^2")


@dataclass(frozen=True)
class Fate:
    """Where starts with :math:`v_0\\ne0` under a ``condition`` end: the ``square`` of the amplitude, and the ``head``."""

    condition: Boolean
    square: Expr
    head: Expr


def reduction() -> Reduction:
    """The flow of one mode along one direction, from that of all modes."""
    return flow_along(all_modes())


@cache
def hyperbola() -> Expr:
    """The first integral of the flow, with the sign of the conserved matrix."""
    (integral,) = reduction().flow.conserved()
    return -integral


@cache
def boundaries() -> tuple[Expr, Expr]:
    """What the square of the start must exceed, times gamma, for the hyperbola to reach w = μ: from w_0 ≥ 0, from w_0 < 0."""
    at_zero = hyperbola().xreplace({v: Integer(0), w: w_0})
    return at_zero - mu**2, at_zero


@cache
def fates() -> tuple[Fate, Fate]:
    r"""Survival and death of the mode, from any start with :math:`v_0\ne0`, as expressions in v_0, w_0, mu, gamma."""
    at_start = hyperbola().xreplace({v: v_0, w: w_0})
    (square,) = solve((hyperbola() - at_start).xreplace({v**2: SQUARE, w: mu}), SQUARE)
    head = sign(w_0) * sqrt(at_start)
    positive, negative = (gamma * v_0**2 > bound for bound in boundaries())
    survives = Or(And(w_0 >= 0, positive), And(w_0 < 0, negative))
    return Fate(survives, square.expand().collect(gamma), mu), Fate(Not(survives), Integer(0), head)
