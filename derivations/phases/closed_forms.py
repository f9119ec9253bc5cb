r"""The closed forms that bound phases, taken from the derivations ``weight_decay``, ``decay_stability`` and ``one_mode``.

Nothing is typed here: heads :math:`w_\pm` and amplitudes are fixed points that the engine finds, the critical decay is the
saddle-node that it finds, the frustration of a family is a product of the rates of its class sector, and the Hurwitz
determinant of a pair of directions is made of its cubic (the notes, §4).  Rates and decays are in units of the mobility of the
embeddings, mobilities inverse to the degrees, and :math:`k=\kappa/\lambda`.

>>> critical_decay()
mu**2/4
>>> frustration("pairs")
K*phi/(2*(K - 1))
>>> upper, lower = heads()
>>> (upper * lower).expand(), upper + lower
(lambda, mu)
>>> survival_margins()
(gamma*v_0**2 + mu**2 - w_0**2, gamma*v_0**2 - w_0**2)

When they fail: with other mobilities no closed form is known for more than one direction.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Matrix, lambdify, solve, sqrt

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.points.fixed_points import FixedPoint, fixed_points
from derivations.catalogue.decay_stability.condition import PAIR, determinant
from derivations.catalogue.decay_stability.steps import pair_cubic
from derivations.catalogue.one_mode import steps as one_mode
from derivations.catalogue.weight_decay.states import pairs_frustration, uniform_frustration
from derivations.catalogue.weight_decay_flow import along, decaying, in_units, occupied_pair
from derivations.catalogue.weight_decay_flow import sectors as sectors_of
from derivations.vocabulary import k, mu, omega, omega_1, omega_2, phi, v, w, w_0
from theory.errors import InputError
from theory.flow import Flow
from theory.models.vocabulary import K, gamma, kappa, lam

FAMILIES = {"uniform": uniform_frustration, "pairs": pairs_frustration}


@cache
def frustration(family: str) -> Expr:
    r""":math:`\psi` of the class modes of a family, in phi and K.

    Raises
    ------
    InputError
        for another family.
    """
    if family not in FAMILIES:
        raise InputError(f"a family among {tuple(FAMILIES)}", repr(family), "choose one of these")
    return FAMILIES[family]()


@cache
def single_flow() -> Flow:
    """One mode along one direction with both decays: amplitude v and head w."""
    return along(decaying()).flow


@cache
def _states() -> tuple[FixedPoint, ...]:
    return tuple(point for point in fixed_points(single_flow(), time_limit=None) if point.values[v] != 0)


@cache
def heads() -> tuple[Expr, Expr]:
    r"""The upper and the lower head :math:`w_\pm` of a mode, in mu and lambda."""
    upper, lower = dict.fromkeys(point.values[w] for point in _states())
    return upper, lower


@cache
def amplitude_square() -> Expr:
    """The square of the amplitude at rest, in w, kappa, gamma and lambda."""
    values = _states()[0].values
    return (values[v] ** 2).subs(values[w], w)


@cache
def critical_decay() -> Expr:
    """The decay at which both states of a mode are born, in mu."""
    (born,) = stability(single_flow(), _states()[0], time_limit=None).bifurcations
    (value,) = solve(born.critical, lam)
    return value


@cache
def own_sector() -> tuple[Expr, Expr]:
    """Trace and determinant of head and amplitude along their direction, in units of lambda, in omega and k."""
    velocities = along(in_units()).flow.velocity.values()
    matrix = Matrix(list(velocities)).jacobian([v, w]).subs({v: omega, w: omega, mu: omega + 1 / omega})
    return matrix.trace().expand(), matrix.det().expand()


@cache
def _pair() -> tuple[Expr, Expr, Expr]:
    return pair_cubic(sectors_of(tuple(in_units().stop_gradient_flow().velocity.values()), *occupied_pair()))


@cache
def pair_coefficients() -> tuple[Expr, ...]:
    """Of the cubic of two occupied directions in units of lambda, of the constant first, in omega_1, omega_2 and k."""
    return tuple(c.subs(PAIR) for c in _pair())


@cache
def pair_determinant() -> Expr:
    """The Hurwitz determinant of a pair times a square, positive where the pair is stable; in omega_1, omega_2 and k."""
    return determinant(_pair()).subs(PAIR)


@cache
def pair_heads(family: str) -> dict:
    r"""Both :math:`\omega=w_+/\sqrt\lambda`, of the class-independent mode and of a class mode, in phi, K and lambda."""
    upper = heads()[0] / sqrt(lam)
    return {omega_1: upper.subs(mu, 1), omega_2: upper.subs(mu, correlation(family))}


def correlation(family: str) -> Expr:
    r""":math:`\mu=\sqrt{1-\psi}` of the class modes, in phi and K."""
    return sqrt(1 - frustration(family))


@cache
def existence(family: str) -> Expr:
    """Positive where the state without collapse exists: the critical decay of the class modes less lambda."""
    return critical_decay().subs(mu, correlation(family)) - lam


@cache
def turning(family: str) -> Expr:
    """Positive where the state, where it exists, bears turns of a class mode towards the class-independent one."""
    return pair_determinant().subs(pair_heads(family))


@cache
def survival_margins() -> tuple[Expr, Expr]:
    """Without decay: positive where a start from w_0 >= 0, and one from w_0 < 0, survives."""
    survival, _ = one_mode.fates()
    branches = {}
    for branch in survival.condition.args:
        (side,) = (c for c in branch.args if c.free_symbols == {w_0})
        (bound,) = (c for c in branch.args if c != side)
        branches[bool(side.subs(w_0, 1))] = bound.gts - bound.lts
    return branches[True], branches[False]


@cache
def numeric(name: str, family: str = "uniform"):
    """A closed form as a NumPy function of arrays (phi, lambda, k, K).

    ``"correlation"``, ``"existence"``, ``"turning"``; ``"cubic"``, the coefficients of a pair, of the constant first;
    ``"own"``, trace and determinant along a class direction.
    """
    put = pair_heads(family)
    forms = {
        "correlation": lambda: correlation(family),
        "existence": lambda: existence(family),
        "turning": lambda: turning(family),
        "cubic": lambda: [c.subs(put) for c in pair_coefficients()],
        "own": lambda: [c.subs(omega, put[omega_2]) for c in own_sector()],
    }
    return lambdify((phi, lam, k, K), forms[name](), "numpy", cse=True)


def rest(correlation: NDArray, decay: float, head_decay: float, mobility: float) -> tuple[tuple[NDArray, NDArray], ...]:
    """Heads and amplitudes of the upper and of the lower state of modes; beyond its critical decay, a mode has the head that it
    had there."""
    bound, upper, lower, square = _lowered_states()
    return tuple(
        (at, np.sqrt(square(at, head_decay, mobility, decay)))
        for at in (head(correlation, np.minimum(decay, bound(correlation))) for head in (upper, lower))
    )


@cache
def _lowered_states() -> tuple:
    upper, lower = (lambdify((mu, lam), head, "numpy") for head in heads())
    return lambdify(mu, critical_decay(), "numpy"), upper, lower, lambdify((w, kappa, gamma, lam), amplitude_square(), "numpy")
