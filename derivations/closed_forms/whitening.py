r"""Squared distances with second moments held near the identity: which modes survive, as the engine finds it.

>>> print(whitened_modes().gradient_flow())
dV/dt = -V*(beta*V.T*V - (beta - 1)*I - \mu)
>>> critical_weight(), survivor_square()
(1 - mu_k, 1 - (1 - mu_k)/beta)
>>> print(*(f"{name}: {value}" for name, value in eigenvalues_at_rest().items()), sep="\n")
s_{jk}: mu_j - mu_k
s_{j0}: beta + mu_j - 1
s_{kk}: -2*(beta + mu_k - 1)
s_{kl}: -2*beta - mu_k - mu_l + 2

The derivation ``whitening`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Expr, Identity, ImmutableMatrix, MatrixExpr, Q, S, Symbol, Trace

from derivations.closed_forms.amplitude import critical_value, square_at_rest
from derivations.closed_forms.reduced import connected_blocks, entries
from derivations.vocabulary import N_Z, V, a_1, a_2, mu_j, mu_k, mu_l, mu_matrix, s_j0, s_jk, s_kk, s_kl, v
from theory import Flow, Loss
from theory.models.vocabulary import beta, d


def whitened_modes() -> Loss:
    r"""All modes, the columns of V, with :math:`\mu` diagonal and :math:`H=D^{-1}`."""
    away = V * V.T - Identity(d)
    energy = Trace(V * (Identity(N_Z) - mu_matrix) * V.T) / 2 + beta * Trace(away * away) / 4
    return Loss(energy, state=(V,), assumptions=(Q.diagonal(mu_matrix),))


def whitened_amplitude(decay: Expr = S.Zero) -> Flow:
    """One mode alone along a direction, beside a decay."""
    energy = (1 - mu_k) * v**2 / 2 + beta * (v**2 - 1) ** 2 / 4
    return Loss(energy, state=(v,), decay={v: decay}).gradient_flow()


@cache
def survivor_square(decay: Expr = S.Zero) -> Expr:
    """The square of the amplitude at rest of a mode that survives."""
    return 1 - ((1 - square_at_rest(whitened_amplitude(decay))) * beta).simplify() / beta


@cache
def critical_weight(decay: Expr = S.Zero) -> Expr:
    """The weight at which the mode that is absent loses its stability."""
    return critical_value(whitened_amplitude(decay), beta)


def write_out_modes(matrix: MatrixExpr, correlations: ImmutableMatrix, modes: ImmutableMatrix | None = None) -> ImmutableMatrix:
    """A matrix in modes with its entries, for as many modes as there are correlations."""
    unit = ImmutableMatrix.eye(correlations.rows)
    put = {mu_matrix: correlations, Identity(N_Z): unit, N_Z: correlations.rows} | ({V: modes} if modes is not None else {})
    return matrix.xreplace(put).doit().as_explicit()


@cache
def eigenvalues_at_rest(velocity: MatrixExpr | None = None, square: Expr | None = None) -> dict[Symbol, Expr]:
    """Of an absent mode j along a survivor k and along an empty direction, of a survivor in its length, and of two survivors
    towards each other: traces of the blocks of the Jacobian, each of which has at most one eigenvalue that is not zero."""
    velocity = whitened_modes().gradient_flow().velocity[V] if velocity is None else velocity
    square = survivor_square() if square is None else square
    names = entries("v", 3, 3)
    moved = write_out_modes(velocity, ImmutableMatrix.diag(mu_k, mu_l, mu_j), ImmutableMatrix(names))
    rest = dict(zip(names, ImmutableMatrix.diag(a_1, a_2, 0), strict=True))
    squares = {a_1**2: square, a_2**2: square.subs(mu_k, mu_l)}
    blocks = {str(n[0]): matrix for n, matrix in connected_blocks(list(moved), rest).items()}
    traces = {name: matrix.trace().expand().subs(squares).expand() for name, matrix in blocks.items()}
    if {blocks["v_12"].det().expand().subs(squares).expand(), traces["v_31"], traces["v_32"]} != {0}:
        raise ArithmeticError("a turn of all modes together does not rest")
    places = {s_jk: "v_13", s_j0: "v_33", s_kk: "v_11", s_kl: "v_12"}
    return {name: traces[block].factor() for name, block in places.items()}
