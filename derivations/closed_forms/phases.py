r"""The closed forms that bound phases (the notes, §4).

Rates and decays are in units of the mobility of the embeddings, mobilities inverse to the degrees, and
:math:`k=\kappa/\lambda`.

>>> existence_margin("uniform")
-lambda - phi/4 + 1/4
>>> survival_margins()
(gamma*v_0**2 + mu**2 - w_0**2, gamma*v_0**2 - w_0**2)

When they fail: with other mobilities no closed form is known for more than one direction.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, lambdify, sqrt

from derivations.closed_forms.decaying import amplitude_square, critical_decay, critical_decays, heads, heads_at, own_sector
from derivations.closed_forms.families import frustration
from derivations.closed_forms.one_mode import boundaries
from derivations.closed_forms.pair import PAIR, pair_cubic, pair_determinant
from derivations.vocabulary import k, mu, omega, omega_1, omega_2, phi, v_0, w, w_0
from theory.models.vocabulary import K, gamma, kappa, lam


@cache
def pair_heads(family: str) -> dict:
    r"""Both :math:`\omega=w_+/\sqrt\lambda`, of the class-independent mode and of a class mode, in phi, K and lambda."""
    upper = heads()[0] / sqrt(lam)
    return {omega_1: upper.subs(mu, 1), omega_2: upper.subs(mu, correlation(family))}


def correlation(family: str) -> Expr:
    r""":math:`\mu=\sqrt{1-\psi}` of the class modes, in phi and K."""
    return sqrt(1 - frustration(family))


@cache
def existence_margin(family: str) -> Expr:
    """Positive where the state without collapse exists: the critical decay of the class modes less lambda."""
    return critical_decay().subs(mu, correlation(family)) - lam


@cache
def turning_margin(family: str) -> Expr:
    """Positive where the state, where it exists, bears turns of a class mode towards the class-independent one."""
    return pair_determinant().subs(PAIR).subs(pair_heads(family))


def survival_margins() -> tuple[Expr, Expr]:
    """The margins without decay: positive where a start from w_0 >= 0, and one from w_0 < 0, survives."""
    positive, negative = boundaries()
    return gamma * v_0**2 - positive, gamma * v_0**2 - negative


def survival_margin(head: ArrayLike, scaled: ArrayLike, correlation: float) -> NDArray:
    r"""The one that counts at starts :math:`w_0` and :math:`\sqrt\gamma\,v_0`, arrays that are broadcast."""
    above, below = _numeric_margins()
    w, v = np.broadcast_arrays(np.asarray(head, dtype=float), np.asarray(scaled, dtype=float))
    return np.where(w >= 0, above(w, v, correlation), below(w, v, correlation))


@cache
def _numeric_margins() -> tuple:
    return tuple(lambdify((w_0, v_0, mu), margin.subs(gamma, 1), "numpy") for margin in survival_margins())


@cache
def cubic_coefficients(family: str) -> list[Expr]:
    """The coefficients of the cubic of a pair, that of the constant first."""
    return [c.subs(PAIR).subs(pair_heads(family)) for c in pair_cubic()]


@cache
def own_invariants(family: str) -> list[Expr]:
    """Trace and determinant along a class direction."""
    return [c.subs(omega, pair_heads(family)[omega_2]) for c in own_sector()]


@cache
def numeric_form(form: Callable[[str], Expr | list[Expr]], family: str = "uniform") -> Callable:
    """A closed form of a family as a NumPy function of arrays (phi, lambda, k, K)."""
    return lambdify((phi, lam, k, K), form(family), "numpy", cse=True)


def states_at_rest(
    correlation: NDArray, decay: float, head_decay: float, mobility: float
) -> tuple[tuple[NDArray, NDArray], ...]:
    """Heads and amplitudes of the upper and of the lower state of modes; beyond its critical decay, a mode has the head that it
    had there."""
    both = heads_at(correlation, np.minimum(decay, critical_decays(correlation)))
    square = _amplitude_square()
    return tuple((head, np.sqrt(square(head, head_decay, mobility, decay))) for head in both)


@cache
def _amplitude_square():
    return lambdify((w, kappa, gamma, lam), amplitude_square(), "numpy")
