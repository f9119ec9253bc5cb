r"""Barlow Twins in modes: cross-correlations of both views, whose dimensions are directions and have no scale.

Two dimensions among two modes, both views alike, are two angles; u and v are the cosines of their sum and their difference.

>>> tilted_cosine()
(mu_1 - mu_2)*(-(alpha + 1)*(mu_1 + mu_2) + 2)/(alpha*(mu_1 + mu_2)**2 + (mu_1 - mu_2)**2)
>>> collapse_weight()
(1 - mu_1)*(mu_1 - mu_2)/(mu_1*(mu_1 + mu_2))

The derivation ``redundancy_reduction`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Add, Dummy, Expr, Identity, ImmutableMatrix, cos, hessian, sin, solve, sqrt
from sympy.simplify.fu import TR8

from derivations.analysis.modes.entries import write_out
from derivations.analysis.points.fixed_points import FixedPoints, fixed_points
from derivations.vocabulary import U_x, U_y, mu_1, mu_2, mu_j, mu_k, mu_matrix, u, v
from theory import Flow
from theory.models.two_views import alpha
from theory.models.vocabulary import d
from theory.nodes import diagonal_matrix, diagonal_of, elementwise, row_sums, squared_norm


def modes_energy() -> Expr:
    r"""The loss in modes, the columns of :math:`U_x` and :math:`U_y`; the means of both views are in none of it."""
    scales = (diagonal_matrix(elementwise(lambda e: 1 / sqrt(e), diagonal_of(view * view.T))) for view in (U_x, U_y))
    first, second = scales
    correlation = first * U_x * mu_matrix * U_y.T * second
    on = diagonal_of(correlation)
    return squared_norm(on - row_sums(Identity(d))) + alpha * squared_norm(correlation - diagonal_matrix(on))


def at_directions(energy: Expr, of_x: ImmutableMatrix, of_y: ImmutableMatrix, correlations: ImmutableMatrix) -> Expr:
    """The loss of some dimensions along some modes."""
    return write_out(energy, {U_x: of_x, U_y: of_y, mu_matrix: correlations})


def rows_at(*angles: Expr) -> ImmutableMatrix:
    """Unit rows among two modes, at angles with the first."""
    return ImmutableMatrix([[cos(angle), sin(angle)] for angle in angles])


def in_cosines(energy: Expr) -> Expr:
    """The loss of two dimensions, both views alike, by the cosines of the sum and of the difference of their angles."""
    s, t = (Dummy(name, real=True) for name in "st")
    rows = rows_at((s + t) / 2, (s - t) / 2)
    entries = [Dummy(name, real=True) for name in ("x_1", "x_2", "y_1", "y_2")]
    named = ImmutableMatrix([[entries[0], entries[1]], [entries[2], entries[3]]])
    lengths = {sqrt(row.dot(row)): 1 for row in (named[0, :], named[1, :])}
    polynomial = at_directions(energy, named, named, ImmutableMatrix.diag(mu_1, mu_2)).subs(lengths).expand()
    polynomial = polynomial.subs({(row.dot(row)): 1 for row in (named[0, :], named[1, :])})
    waves = TR8(polynomial.subs(dict(zip(entries, rows, strict=True))).expand()).expand(trig=True)
    return waves.subs({sin(s): sqrt(1 - u**2), sin(t): sqrt(1 - v**2), cos(s): u, cos(t): v}).expand()


@cache
def pair_energy() -> Expr:
    """That of the loss, in the difference and the sum of both correlations."""
    difference, total = mu_1 - mu_2, mu_1 + mu_2
    terms = (
        (2 - total) ** 2 / 2,
        -(2 - total) * difference * u * v,
        difference**2 * (1 + (2 * u**2 - 1) * (2 * v**2 - 1)) / 4,
        alpha * (difference * u + total * v) ** 2 / 2,
    )
    return _written(in_cosines(modes_energy()), Add(*terms))


@cache
def pair_flow() -> Flow:
    r"""Both cosines as they move with the angles: :math:`\dot u=-(1-u^2)\partial_uL` and the same for v."""
    return Flow({c: -(1 - c**2) * pair_energy().diff(c) for c in (u, v)})


@cache
def states_of_two() -> FixedPoints:
    """All states at rest of two dimensions among two modes, both views alike, by exhausted cases."""
    return fixed_points(pair_flow(), time_limit=None)


@cache
def tilted_cosine() -> Expr:
    """The cosine of the angle between two dimensions on both sides of the first mode."""
    shown = (mu_1 - mu_2) * (2 - (1 + alpha) * (mu_1 + mu_2)) / ((mu_1 - mu_2) ** 2 + alpha * (mu_1 + mu_2) ** 2)
    return _written(_only(solve(pair_energy().diff(v).subs(u, 1), v)), shown)


@cache
def collapse_weight() -> Expr:
    """The weight of redundancy below which both dimensions lie along the first mode."""
    shown = (1 - mu_1) * (mu_1 - mu_2) / (mu_1 * (mu_1 + mu_2))
    return _written(_only(solve(tilted_cosine() - 1, alpha)), shown)


@cache
def apart_weight() -> Expr:
    """The weight of redundancy above which dimensions along modes of their own are stable, where it is positive."""
    lost = hessian(pair_energy(), (u, v)).subs({u: 0, v: 0}).det()
    shown = (1 - mu_1) * (1 - mu_2) / (mu_1 * (1 - mu_1) + mu_2 * (1 - mu_2) - mu_1 * mu_2)
    return _written(_only(solve(lost, alpha)), shown)


def _written(found: Expr, shown: Expr) -> Expr:
    """The formula found, as one writes it.

    Raises
    ------
    ArithmeticError
        where that is another one.
    """
    if (found - shown).together().expand().cancel() != 0:
        raise ArithmeticError(f"{shown} is not what was found, {found}")
    return shown


def _only(found: list[Expr]) -> Expr:
    (one,) = found
    return one


@cache
def resting_rate() -> Expr:
    r"""How fast a dimension along mode k, alone and of unit length, turns back out of mode j: both views alike.

    Views against each other there have :math:`-\mu_j`, and a mode of one view alone has zero.
    """
    t = Dummy("t", real=True)
    row = ImmutableMatrix([[1, t]])
    energy = at_directions(modes_energy(), row, row, ImmutableMatrix.diag(mu_k, mu_j))
    return _written(energy.diff(t, 2).subs(t, 0) / 2, 2 * (1 - mu_k) * (mu_k - mu_j))
