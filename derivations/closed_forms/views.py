r"""Losses of two views in modes: samples :math:`V_x` and labels :math:`V_y` in the singular vectors of the coupling.

With :math:`H=D^{-1}`, :math:`V_x=XD_x^{1/2}P` and :math:`V_y=YD_y^{1/2}Q`, where :math:`D_x^{-1/2}JD_y^{-1/2}=P\mu_{xy}Q^T`
and :math:`\mu_{xy}` has the canonical correlations on its diagonal, every loss of :mod:`theory.models` that knows embeddings by
the moments :math:`XD_xX^T,\,XJY^T,\,YD_yY^T` alone is the same function of :math:`V_xV_x^T,\,V_x\mu_{xy}V_y^T,\,V_yV_y^T`.

>>> from theory import models
>>> print(view_modes(models.squared()).gradient_flow())
dV_x/dt = -(V_x - V_y*\mu_{xy}.T)
dV_y/dt = -(V_y - V_x*\mu_{xy})
>>> print(one_mode_of(view_modes(models.squared()).gradient_flow()))
dv/dt = v*(mu_k - 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sympy import Add, Expr, Identity, ImmutableMatrix, Matrix, MatrixExpr, Mul, Poly, Symbol, Trace, zeros

from derivations.closed_forms.reduced import entries
from derivations.vocabulary import V_x, V_y, m, mu_j, mu_k, mu_l, mu_xy, v
from theory import Flow, Loss, sg
from theory.flow import direction
from theory.models.vocabulary import D_x, D_y, J, K, N, X, Y, d, lam

VIEWS = (V_x, V_y)


def view_modes(loss: Loss) -> Loss:
    """A loss of two views in modes; m is the total weight of the pairs."""
    held = loss.expression.xreplace({Trace(D_x): m})
    return Loss(held.xreplace({X: V_x, Y: V_y, J: mu_xy, D_x: Identity(N), D_y: Identity(K)}), state=VIEWS)


def with_decay(loss: Loss) -> Loss:
    """The same beside a decay of all embeddings."""
    return loss.with_parts(decay=dict.fromkeys(loss.state, lam))


def with_stops(loss: Loss) -> Loss:
    """The mean of a loss with either view stopped: each view is drawn to the other, which does not feel it."""
    first, second = loss.state
    stopped = (loss.expression.xreplace({view: sg(view)}) for view in (first, second))
    return loss.with_parts(expression=sum(stopped) / 2)


def written_out(matrix: MatrixExpr, values: dict) -> ImmutableMatrix:
    """A matrix in modes with its entries, for as many directions as modes."""
    size = values[mu_xy].rows
    units = {Identity(n): ImmutableMatrix.eye(size) for n in (d, N, K)}
    return ImmutableMatrix(matrix.xreplace(values | units).doit())


def one_mode_of(flow: Flow) -> Flow:
    """One mode alone along a direction, both views by one amplitude.

    Raises
    ------
    ArithmeticError
        where the two do not move alike.
    """
    at = {**dict.fromkeys(VIEWS, ImmutableMatrix([[v]])), mu_xy: ImmutableMatrix([[mu_k]])}
    return Flow({v: _common(written_out(flow.velocity[view], at)[0, 0].factor() for view in VIEWS)})


def rate_of_mode(flow: Flow) -> Expr:
    """How fast one mode falls in a flow that is linear.

    >>> from theory import models
    >>> rate_of_mode(view_modes(models.squared()).gradient_flow())
    1 - mu_k
    """
    return -one_mode_of(flow).velocity[v].expand().coeff(v)


def _common(values: Iterable):
    """What both views do alike."""
    first, second = values
    if first != second:
        raise ArithmeticError(f"one view moves by {first}, the other by {second}")
    return first


def displaced_blocks(
    flow: Flow, rest: ImmutableMatrix, correlations: Sequence[Expr], sign: int
) -> dict[tuple[str, ...], Matrix]:
    """The Jacobian at a state in which both views are alike, on displacements that are alike, too, or opposite: its connected
    blocks, each under the entries (direction, mode) that it moves."""
    names = entries("v", *rest.shape)
    along = dict(zip(map(direction, VIEWS), (ImmutableMatrix(names), ImmutableMatrix(sign * names)), strict=True))
    at = {**dict.fromkeys(VIEWS, rest), mu_xy: ImmutableMatrix.diag(*correlations), **along}
    maps = flow.jacobian()
    moved = (sum((written_out(maps[view, other], at) for other in VIEWS), zeros(*rest.shape)) for view in VIEWS)
    turned = (Matrix([sign_of * entry for entry in matrix]) for sign_of, matrix in zip((1, sign), moved, strict=True))
    matrix = _common(entries_moved.jacobian(list(names)).expand() for entries_moved in turned)
    return {tuple(str(names[i]) for i in block): matrix.extract(block, block) for block in matrix.connected_components()}


def even_in(expr: Expr, squares: Mapping[Symbol, Expr]) -> Expr:
    """A rational function that is even in some amplitudes, by their squares.

    Raises
    ------
    ArithmeticError
        for one that is not even.
    """
    above, below = (Poly(part, *squares) for part in expr.together().as_numer_denom())
    if any(power % 2 for part in (above, below) for powers in part.monoms() for power in powers):
        raise ArithmeticError(f"{expr} is not even in {', '.join(map(str, squares))}")

    def put(part: Poly) -> Expr:
        halved = (
            c * Mul(*(square ** (power // 2) for square, power in zip(squares.values(), powers, strict=True)))
            for powers, c in part.terms()
        )
        return Add(*halved)

    return put(above) / put(below)


def by_distance(expr: Expr) -> Expr:
    """A rational function of correlations, factored, by how far each is from one."""
    away = {mu: Symbol(f"{mu.name}'", positive=True) for mu in (mu_k, mu_l, mu_j)}
    return expr.subs({mu: 1 - x for mu, x in away.items()}).factor().subs({x: 1 - mu for mu, x in away.items()})
