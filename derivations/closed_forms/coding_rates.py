r"""Squared distances against the coding rates of both views: which modes survive, as the engine finds it.

>>> critical_alpha(), survivor_moment()
(2*epsilon**2*(1 - mu_k)/d, alpha/(2*(1 - mu_k)) - epsilon**2/d)

The derivation ``coding_rates`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, solve

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.points.fixed_points import fixed_points
from derivations.closed_forms.views import one_mode_of, view_modes
from derivations.vocabulary import m, v
from theory import Flow, Loss, models
from theory.models.two_views import alpha
from theory.models.vocabulary import lam


@cache
def coding_modes() -> Loss:
    """The loss in modes."""
    return view_modes(models.coding_rate())


@cache
def coding_amplitude() -> Flow:
    """One mode alone along a direction, both views alike."""
    return one_mode_of(coding_modes().gradient_flow())


@cache
def survivor_moment() -> Expr:
    """The second moment, over the pairs, of a mode that survives along its direction."""
    (square,) = {point.values[v] ** 2 for point in fixed_points(coding_amplitude(), time_limit=None)} - {0}
    return (square / m).apart(alpha)


@cache
def critical_alpha() -> Expr:
    """The weight of the coding rates at which the mode that is absent loses its stability."""
    absent = next(point for point in fixed_points(coding_amplitude(), time_limit=None) if point.values[v] == 0)
    (lost,) = stability(coding_amplitude(), absent, time_limit=None).bifurcations
    (weight,) = solve(lost.critical, alpha)
    return weight
