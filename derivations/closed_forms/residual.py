r"""Perturbations of states at rest under stop-gradient, without decay: what becomes of :math:`WV-V\mu` (§4.1 of the notes).

The derivation ``stop_gradient_stability`` shows them.

>>> orthogonal_rates()
(-a_j**2*gamma - omega_l*(-mu_j + omega_l), -omega_l*(-mu_j + omega_l))
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sympy import Dummy, Expr, ImmutableMatrix, MatAdd, MatrixExpr, MatrixSymbol
from sympy import Identity as Unit

from derivations.closed_forms.reduced import all_modes, jacobian_sectors
from derivations.vocabulary import V, a_1, a_2, a_j, mu_1, mu_2, mu_3, mu_j, mu_matrix, omega_3, omega_l, q_V
from theory.models.vocabulary import W, d, gamma
from theory.words import Context, assemble, expand, scale_matrix

APART = MatAdd(W, scale_matrix(-mu_j, Unit(d)), evaluate=False)  # how far the head is from an absent mode


def residual_flow() -> MatrixExpr:
    """The velocity of a small residual q_V, at modes V and a head W at rest."""
    return MatAdd(scale_matrix(-1, W * W.T * q_V), W.T * q_V * mu_matrix, scale_matrix(-gamma, q_V * V.T * V), evaluate=False)


def orthogonal_state() -> tuple[ImmutableMatrix, ImmutableMatrix, ImmutableMatrix]:
    """Modes 1 and 2 survive along directions 1 and 2, direction 3 is free, mode 3 absent."""
    return (
        ImmutableMatrix.diag(a_1, a_2, 0),
        ImmutableMatrix.diag(mu_1, mu_2, omega_3),
        ImmutableMatrix.diag(mu_1, mu_2, mu_3),
    )


@cache
def orthogonal_rates() -> tuple[Expr, Expr]:
    r"""The rates of a surviving and an absent mode j along direction l: traces of blocks on the free direction, whose other
    eigenvalue is zero."""
    blocks = jacobian_sectors(tuple(all_modes().stop_gradient_flow().velocity.values()), *orthogonal_state())
    trace = {str(names[-1]): matrix.trace() for names, matrix in blocks.items()}
    absent = -omega_l * (-trace["v_33"].subs({omega_3: omega_l, mu_3: mu_j}) / omega_l).cancel()
    survivor = trace["v_31"].subs({omega_3: omega_l, mu_1: mu_j, a_1: a_j})
    return absent + (survivor - absent).expand(), absent


def slope_along(expr: MatrixExpr, directions: Mapping[MatrixSymbol, MatrixExpr], context: Context) -> MatrixExpr:
    """The derivative of a matrix polynomial as its symbols move in directions."""
    epsilon = Dummy()
    moved = expr.xreplace({b: MatAdd(b, scale_matrix(epsilon, x), evaluate=False) for b, x in directions.items()})
    terms = {word: c.diff(epsilon).subs(epsilon, 0) for word, c in expand(moved, context).items()}
    return assemble({word: c for word, c in terms.items() if c != 0}, expr.shape)
