"""Reduced models that derivations share: one class of the embedding model, and modes of the head model.

Each is a Loss of its own; the derivation that uses it checks that it is the whole model on the reduced set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sympy import Expr, ImmutableMatrix, Integer, Matrix, MatrixExpr, Q, Sum, Symbol, Trace
from sympy.matrices.expressions.matexpr import MatrixElement

from derivations.analysis.modes.ansatz import Directions, mode_ansatz
from derivations.analysis.modes.reduction import Reduction, reduce_to_modes
from derivations.vocabulary import V, a, eta_x, eta_y, i, j, mu, mu_k, mu_matrix, n, v_k, x, y
from theory import Loss, models, sg
from theory.models.vocabulary import J, K, N, W, X, Y, d, gamma, kappa, lam


def star_loss() -> Loss:
    r"""One class of classifiable data: n samples with mean x, and their label y.

    The energy of equal samples; the mean of n samples has mobility :math:`\eta_x/n`.
    """
    return Loss(n * (x - y) ** 2 / 2, state=(x, y), mobility={x: eta_x / n, y: eta_y})


def shared_head(stop: str) -> Loss:
    """The shared predictor without decays."""
    return models.projection_head(stop=stop).xreplace({lam: Integer(0), kappa: Integer(0)})


def sum_of_squares(target: Callable = lambda block: block) -> Expr:
    """Its loss over samples and labels, each prediction of the head against its target."""

    def pairwise(prediction, goal):
        return J[i, a] * (MatrixElement(prediction[0], j, prediction[1]) - MatrixElement(goal[0], j, goal[1])) ** 2

    both = pairwise((W * X, i), (target(Y), a)) + pairwise((W * Y, a), (target(X), i))
    return Sum(both, (j, 0, d - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2


def all_modes() -> Loss:
    r"""The shared predictor in mode amplitudes, the columns of V, with :math:`\mu` diagonal and :math:`H=D^{-1}`."""
    energy = Trace(W * V * V.T * W.T) / 2 - Trace(W * V * mu_matrix * sg(V).T) + Trace(sg(V) * sg(V).T) / 2
    return Loss(energy, state=(V, W), mobility={W: gamma}, assumptions=(Q.diagonal(mu_matrix),))


def single_mode() -> Loss:
    """The part of one mode in the same loss, markers erased."""
    energy = Trace(v_k.T * W.T * W * v_k) / 2 - mu_k * Trace(v_k.T * W * v_k) + Trace(v_k.T * v_k) / 2
    return Loss(energy, state=(v_k, W), mobility={W: gamma})


@cache
def flow_along(loss: Loss, directions: Directions = ((mu,),)) -> Reduction:
    """The stop-gradient flow of all modes on modes along orthonormal directions."""
    return reduce_to_modes(loss.stop_gradient_flow(), mode_ansatz(V, W, mu_matrix, directions), time_limit=None)


@cache
def jacobian_sectors(
    velocities: tuple[MatrixExpr, ...], amplitudes: ImmutableMatrix, head: ImmutableMatrix, correlations: ImmutableMatrix
) -> dict[tuple, Matrix]:
    """The Jacobian of velocities of V and W at a state, split into its connected blocks, each under the entries it moves."""
    modes, directions = entries("v", *amplitudes.shape), entries("W", *head.shape)
    at = {V: ImmutableMatrix(modes), W: ImmutableMatrix(directions), mu_matrix: correlations}
    moved = [entry for velocity in velocities for entry in velocity.xreplace(at).doit().as_explicit()]
    return connected_blocks(moved, dict(zip([*modes, *directions], [*amplitudes, *head], strict=True)))


def connected_blocks(velocities: Sequence[Expr], rest: Mapping[Symbol, Expr]) -> dict[tuple, Matrix]:
    """The Jacobian of velocities of entries at rest, split into its connected blocks, each under the entries it moves."""
    names = list(rest)
    jacobian = Matrix(velocities).jacobian(names).xreplace(dict(rest)).applyfunc(lambda e: e.expand())
    blocks = [sorted(block, key=lambda i: str(names[i])) for block in jacobian.connected_components()]
    return {tuple(names[i] for i in block): jacobian.extract(block, block) for block in blocks}


def entries(name: str, rows: int, columns: int) -> Matrix:
    """A matrix of symbols, one for each entry."""
    return Matrix(rows, columns, lambda i, j: Symbol(f"{name}_{i + 1}{j + 1}", real=True))
