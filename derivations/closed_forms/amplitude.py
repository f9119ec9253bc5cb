"""One amplitude v along a direction: what is left of it at rest, and where its state at zero loses stability.

>>> from theory import Loss
>>> from theory.models.vocabulary import beta, lam
>>> flow = Loss(lam * v**2 / 2 + beta * (v**2 - 1) ** 2 / 4, state=(v,)).gradient_flow()
>>> square_at_rest(flow), critical_value(flow, lam)
((beta - lambda)/beta, beta)
"""

from __future__ import annotations

from sympy import Expr, Symbol, solve

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.points.fixed_points import fixed_points
from derivations.vocabulary import v
from theory import Flow


def square_at_rest(flow: Flow) -> Expr:
    """The square of the amplitude that is at rest and not zero."""
    (square,) = {point.values[v] ** 2 for point in fixed_points(flow, time_limit=None)} - {0}
    return square


def critical_value(flow: Flow, parameter: Symbol) -> Expr:
    """The value of a parameter at which the state without the mode changes its stability."""
    absent = next(point for point in fixed_points(flow, time_limit=None) if point.values[v] == 0)
    (changed,) = stability(flow, absent, time_limit=None).bifurcations
    (value,) = solve(changed.critical, parameter)
    return value
