r"""Modes with decay: their flow, in its own units too, and the states of one mode along one direction (§4.2 of the notes).

Time is measured in :math:`1/\lambda`, head and correlations in :math:`\sqrt\lambda`, and amplitudes in
:math:`\sqrt{\kappa/\gamma}`.  Then one ratio is left, :math:`k=\kappa/\lambda`: the mobility of the head only sets the unit of
the amplitudes.

>>> print(flow_in_units().stop_gradient_flow())
dV/dt = -W.T*(W*V - V*\mu) - V
dW/dt = -k*(W*V - V*\mu)*V.T - k*W

Heads :math:`w_\pm` and amplitudes are fixed points that the engine finds, and the critical decay is the saddle-node that it
finds; the derivation ``weight_decay`` shows them.

>>> critical_decay()
mu**2/4
>>> upper, lower = heads()
>>> (upper * lower).expand(), upper + lower
(lambda, mu)
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Integer, Matrix, gcd_terms, lambdify, solve, sqrt

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.modes.reduction import Reduction
from derivations.analysis.points.fixed_points import fixed_points
from derivations.analysis.points.point import FixedPoint
from derivations.closed_forms.reduced import all_modes, flow_along
from derivations.vocabulary import V, k, mu, mu_matrix, omega, v, w
from theory import Loss
from theory.models.vocabulary import W, gamma, kappa, lam

UNITS = {V: sqrt(kappa / gamma), W: sqrt(lam), mu_matrix: sqrt(lam)}


def decaying_modes() -> Loss:
    """All modes of the shared predictor, with both decays, which are positive."""
    loss = all_modes()
    return loss.with_parts(decay={V: lam, W: kappa}, assumptions=(*loss.assumptions, lam > 0, kappa > 0))


def flow_in_units() -> Loss:
    """The same in its own units."""
    return all_modes().with_parts(mobility={W: k}, decay={V: Integer(1), W: k})


def one_direction() -> Reduction:
    """One mode along one direction with both decays: amplitude v and head w."""
    return flow_along(decaying_modes())


@cache
def _living_states() -> tuple[FixedPoint, ...]:
    found = fixed_points(one_direction().flow, time_limit=None)
    return tuple(point for point in found if point.values[v] != 0)


@cache
def heads() -> tuple[Expr, Expr]:
    r"""The upper and the lower head :math:`w_\pm` of a mode, in mu and lambda."""
    upper, lower = dict.fromkeys(point.values[w] for point in _living_states())
    return upper, lower


@cache
def amplitude_square() -> Expr:
    """The square of the amplitude at rest, in w, kappa, gamma and lambda."""
    values = _living_states()[0].values
    return (values[v] ** 2).subs(values[w], w)


@cache
def critical_decay() -> Expr:
    """The decay at which both states of a mode are born, in mu."""
    (born,) = stability(one_direction().flow, _living_states()[0], time_limit=None).bifurcations
    (value,) = solve(born.critical, lam)
    return value


@cache
def slow_rate() -> Expr:
    """The slower rate at which amplitude and head of a mode that survives return, by its head; complex where they swing."""
    flow = one_direction().flow
    matrix = Matrix(list(flow.velocity.values())).jacobian(list(flow.velocity))
    at_rest = {v**2: amplitude_square().subs(lam, w * (mu - w)), lam: w * (mu - w)}
    half, product = (found.expand().subs(at_rest, simultaneous=True).factor() for found in (-matrix.trace() / 2, matrix.det()))
    return half - sqrt(half**2 - product)


@cache
def own_sector() -> tuple[Expr, Expr]:
    """Trace and determinant of head and amplitude along their direction, in units of lambda, in omega and k."""
    velocities = flow_along(flow_in_units()).flow.velocity.values()
    matrix = Matrix(list(velocities)).jacobian([v, w]).subs({v: omega, w: omega, mu: omega + 1 / omega})
    return matrix.trace().factor(), gcd_terms(matrix.det().expand())


def critical_decays(correlations: ArrayLike) -> NDArray:
    r""":math:`\lambda_c` of each mode: with faster decay it dies, whatever the head does."""
    return _numeric_heads()[0](np.asarray(correlations))


def heads_at(correlations: ArrayLike, decay: ArrayLike) -> tuple[NDArray, NDArray]:
    r""":math:`w_\pm` of each mode, up to its critical decay."""
    at = np.asarray(correlations), np.asarray(decay)
    return _numeric_heads()[1](*at), _numeric_heads()[2](*at)


@cache
def _numeric_heads() -> tuple:
    return lambdify(mu, critical_decay(), "numpy"), *(lambdify((mu, lam), head, "numpy") for head in heads())
