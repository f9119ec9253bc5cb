r"""Squared distances with second moments held near the identity: which modes survive, as the engine finds it.

>>> print(whitened_modes().gradient_flow())
dV/dt = -V*(beta*V.T*V - (beta - 1)*I - \mu)
>>> critical_weight(), survivor_square()
(1 - mu_k, 1 - (1 - mu_k)/beta)

The derivation ``whitening`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, Identity, Q, Trace, solve

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.points.fixed_points import fixed_points
from derivations.vocabulary import N_Z, V, mu_k, mu_matrix, v
from theory import Flow, Loss
from theory.models.vocabulary import beta, d


def whitened_modes() -> Loss:
    r"""All modes, the columns of V, with :math:`\mu` diagonal and :math:`H=D^{-1}`."""
    away = V * V.T - Identity(d)
    energy = Trace(V * (Identity(N_Z) - mu_matrix) * V.T) / 2 + beta * Trace(away * away) / 4
    return Loss(energy, state=(V,), assumptions=(Q.diagonal(mu_matrix),))


def whitened_amplitude() -> Flow:
    """One mode alone along a direction."""
    return Loss((1 - mu_k) * v**2 / 2 + beta * (v**2 - 1) ** 2 / 4, state=(v,)).gradient_flow()


@cache
def survivor_square() -> Expr:
    """The square of the amplitude at rest of a mode that survives."""
    (square,) = {point.values[v] ** 2 for point in fixed_points(whitened_amplitude(), time_limit=None)} - {0}
    return 1 - ((1 - square) * beta).simplify() / beta


@cache
def critical_weight() -> Expr:
    """The weight at which the mode that is absent loses its stability."""
    absent = next(point for point in fixed_points(whitened_amplitude(), time_limit=None) if point.values[v] == 0)
    (lost,) = stability(whitened_amplitude(), absent, time_limit=None).bifurcations
    (weight,) = solve(lost.critical, beta)
    return weight
