r"""The mode flow with decay, in its own units, and entry by entry (§4.2 of the notes).

Time is measured in :math:`1/\lambda`, head and correlations in :math:`\sqrt\lambda`, and amplitudes in
:math:`\sqrt{\kappa/\gamma}`.  Then one ratio is left, :math:`k=\kappa/\lambda`: the mobility of the head only sets the unit of
the amplitudes.

>>> print(in_units().stop_gradient_flow())
dV/dt = -W.T*(W*V - V*\mu) - V
dW/dt = -k*(W*V - V*\mu)*V.T - k*W
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, ImmutableMatrix, Integer, Matrix, MatrixExpr, Mul, Poly, Symbol, sqrt

from derivations.analysis.modes.ansatz import Directions, mode_ansatz
from derivations.analysis.modes.reduction import Reduction, reduce_to_modes
from derivations.catalogue.reduced import all_modes
from derivations.catalogue.written import ordered
from derivations.engine import Line, Lines
from derivations.vocabulary import V, k, mu, mu_3, mu_matrix, omega_1, omega_2
from theory import Loss
from theory.models.vocabulary import W, gamma, kappa, lam

UNITS = {V: sqrt(kappa / gamma), W: sqrt(lam), mu_matrix: sqrt(lam)}


def decaying() -> Loss:
    """All modes of the shared predictor, with both decays, which are positive."""
    loss = all_modes()
    return loss.having(decay={V: lam, W: kappa}, assumptions=(*loss.assumptions, lam > 0, kappa > 0))


def in_units() -> Loss:
    """The same in its own units."""
    return all_modes().having(mobility={W: k}, decay={V: Integer(1), W: k})


def along(loss: Loss, directions: Directions = ((mu,),)) -> Reduction:
    """The stop-gradient flow on modes along orthonormal directions."""
    return reduce_to_modes(loss.stop_gradient_flow(), mode_ansatz(V, W, mu_matrix, directions), time_limit=None)


def entries(name: str, rows: int, columns: int) -> Matrix:
    """A matrix of symbols, one for each entry."""
    return Matrix(rows, columns, lambda i, j: Symbol(f"{name}_{i + 1}{j + 1}", real=True))


@cache
def sectors(
    velocities: tuple[MatrixExpr, ...], amplitudes: ImmutableMatrix, head: ImmutableMatrix, correlations: ImmutableMatrix
) -> dict[tuple, Matrix]:
    """The Jacobian of velocities of V and W at a state, split into its connected blocks, each under the entries it moves."""
    modes, directions = entries("v", *amplitudes.shape), entries("W", *head.shape)
    at = {V: ImmutableMatrix(modes), W: ImmutableMatrix(directions), mu_matrix: correlations}
    moved = [entry for velocity in velocities for entry in velocity.xreplace(at).doit().as_explicit()]
    names = [*modes, *directions]
    jacobian = Matrix(moved).jacobian(names).subs(dict(zip(names, [*amplitudes, *head], strict=True)))
    jacobian = jacobian.applyfunc(lambda e: e.expand())
    blocks = [sorted(block, key=lambda i: str(names[i])) for block in jacobian.connected_components()]
    return {tuple(names[i] for i in block): jacobian.extract(block, block) for block in blocks}


def occupied_pair() -> tuple[ImmutableMatrix, ImmutableMatrix, ImmutableMatrix]:
    """Amplitudes, head and correlations at rest: modes 1 and 2 along two directions, a third one empty, mode 3 absent."""
    rest = ImmutableMatrix.diag(omega_1, omega_2, 0)
    return rest, rest, ImmutableMatrix.diag(omega_1 + 1 / omega_1, omega_2 + 1 / omega_2, mu_3)


def linear_lines(names: tuple, matrix: Matrix) -> Lines:
    """The linear velocities of entries, one line for each, by entry."""
    moved = ([_signed(c.factor()) * n for c, n in zip(row, names, strict=True) if c != 0] for row in matrix.tolist())
    return tuple(Line(_dotted(str(name)), ordered(*terms)) for name, terms in zip(names, moved, strict=True))


def by_powers_of(variable: Symbol, polynomial: Expr) -> Expr:
    """By falling powers, coefficients factored."""
    terms = Poly(polynomial, variable).terms()
    return ordered(*(_signed(c.factor()) * variable**power for (power,), c in terms))


def _signed(coefficient: Expr) -> Expr:
    """With a minus in front where most of the coefficient is negative."""
    return Mul(-1, (-coefficient).factor(), evaluate=False) if coefficient.expand().could_extract_minus_sign() else coefficient


def _dotted(name: str) -> str:
    letter, index = name.split("_")
    return rf"\dot {letter}_{{{index}}}"
