r"""VICReg in modes: squared distances, a hinge on the variance of each dimension, covariances off the diagonal.

Mobilities are inverse to frequencies, :math:`H=mD^{-1}` with the total weight m.

>>> print(dimension_flow())
dv/dt = alpha*v/(d*sqrt(epsilon + v**2)) + 2*mu_k*v - 2*v
>>> resting_variance(), collapse_threshold(), hinge_threshold()
(alpha**2/(4*d**2*(1 - mu_k)**2) - epsilon, alpha/(2*d*sqrt(epsilon)), alpha/(2*d))
>>> survives()
1 - mu_k < alpha/(2*d*sqrt(epsilon))
>>> shared_covariance()
d*(mu_1 - mu_2)/(4*zeta)

The derivation ``variance_hinge`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import (
    Add,
    Dummy,
    Expr,
    Identity,
    ImmutableMatrix,
    Matrix,
    MatrixExpr,
    Max,
    Rational,
    StrictLessThan,
    Trace,
    hessian,
    solve,
    sqrt,
    zeros,
)

from derivations.analysis.modes.entries import write_out
from derivations.analysis.points.fixed_points import fixed_points
from derivations.vocabulary import (
    C_kk,
    C_kl,
    U_x,
    U_y,
    a_1,
    a_2,
    mean_x_all,
    mean_y_all,
    mu_1,
    mu_2,
    mu_k,
    mu_matrix,
    v,
)
from theory import Flow, Loss
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d
from theory.nodes import diagonal_matrix, diagonal_of, elementwise, hinge, row_sums, squared_norm, total


def modes_energy() -> Expr:
    r"""The loss of all modes but the means, the columns of :math:`U_x` and :math:`U_y`, and that of the means."""
    pull = Trace(U_x * U_x.T) + Trace(U_y * U_y.T) - 2 * Trace(U_x * mu_matrix * U_y.T)
    spread, shared = (sum(of(view * view.T) for view in (U_x, U_y)) for of in (_spread, _redundancy))
    return pull + alpha * spread / d + zeta * shared / d + squared_norm(mean_x_all - mean_y_all)


def _spread(covariance: MatrixExpr) -> Expr:
    return total(hinge(row_sums(Identity(d)) - elementwise(lambda e: sqrt(e + epsilon), diagonal_of(covariance))))


def _redundancy(covariance: MatrixExpr) -> Expr:
    return squared_norm(covariance - diagonal_matrix(diagonal_of(covariance)))


def at_amplitudes(energy: Expr, of_x: ImmutableMatrix, of_y: ImmutableMatrix, correlations: ImmutableMatrix) -> Expr:
    """The loss of some dimensions along some modes, means aside; the other dimensions have theirs."""
    centre = zeros(of_x.rows, 1).as_immutable()
    return write_out(energy, {U_x: of_x, U_y: of_y, mu_matrix: correlations, mean_x_all: centre, mean_y_all: centre})


def below_hinge(energy: Expr) -> Expr:
    """A loss whose hinges are all open."""
    return energy.replace(Max, lambda *terms: Add(*terms)).expand()


@cache
def dimension_energy() -> Expr:
    """The loss of a dimension along one mode, both views alike, by its variance."""
    row = ImmutableMatrix([[sqrt(C_kk)]])
    return at_amplitudes(modes_energy(), row, row, ImmutableMatrix([[mu_k]])).collect(C_kk, lambda e: e.factor())


@cache
def dimension_flow() -> Flow:
    """The amplitude of one dimension along one mode below the hinge: both views, and so half the slope of what both have."""
    energy = below_hinge(dimension_energy().subs(C_kk, v**2))
    return Loss(energy, state=(v,), mobility={v: Rational(1, 2)}).gradient_flow()


@cache
def resting_variance() -> Expr:
    """The variance of a dimension that survives below the hinge."""
    (square,) = {(point.values[v] ** 2).factor() for point in fixed_points(dimension_flow(), time_limit=None)} - {0}
    return (square + epsilon).factor().subs(mu_k - 1, 1 - mu_k) - epsilon


@cache
def collapse_threshold() -> Expr:
    r"""The :math:`1-\mu_k` at which a dimension along the mode dies: its growth at zero vanishes."""
    growth = dimension_flow().velocity[v].diff(v).subs(v, 0)
    return 1 - _only(solve(growth, mu_k)).expand()


@cache
def hinge_threshold() -> Expr:
    r"""The :math:`1-\mu_k` below which the hinge is reached: the standard deviation is in inverse proportion to it, and one."""
    return sqrt(((resting_variance() + epsilon) * (1 - mu_k) ** 2).cancel())


@cache
def fall_above_kink() -> Expr:
    """How fast an amplitude falls where the hinge is closed: the pull is all that moves it."""
    return -(dimension_flow().velocity[v].subs(alpha, 0) / v).expand()


def critical_strength() -> Expr:
    """The weight of the hinge at which a mode survives."""
    return alpha * (1 - mu_k) / collapse_threshold()


def survives() -> StrictLessThan:
    """Whether a dimension along the mode does not die."""
    return StrictLessThan(1 - mu_k, collapse_threshold())


@cache
def pair_energy() -> Expr:
    """The loss of two dimensions on both sides of the first of two modes, by their variance and their covariance."""
    rows = ImmutableMatrix([[a_1, a_2], [a_1, -a_2]])
    return by_moments(at_amplitudes(modes_energy(), rows, rows, ImmutableMatrix.diag(mu_1, mu_2)))


def by_moments(energy: Expr) -> Expr:
    """Squares of two amplitudes by their sum, which is the variance, and their difference, which is the covariance."""
    moments = {a_1: sqrt((C_kk + C_kl) / 2), a_2: sqrt((C_kk - C_kl) / 2)}
    return energy.subs(moments).replace(lambda e: e.is_Add or e.is_Pow, lambda e: e.expand()).collect([C_kk, C_kl])


@cache
def shared_covariance() -> Expr:
    """The covariance of two dimensions on both sides of the slowest mode."""
    return _only(solve(below_hinge(pair_energy()).diff(C_kl), C_kl)).factor()


@cache
def equal_threshold() -> Expr:
    """The weight of covariances above which one of two dimensions on both sides of a mode outgrows the other."""
    s = Dummy("s", positive=True)
    squares = {sqrt(a_1**2 + a_2**2 + epsilon): s, alpha: d * s * (2 - mu_1 - mu_2)}
    covariance = {zeta: shared_covariance() * zeta / (a_1**2 - a_2**2)}
    found = opposite_hessian(modes_energy(), (a_1, a_2, a_1, -a_2)).subs(squares).subs(covariance).det().factor()
    lost = _only(solve(found.subs(a_2**2, a_1**2 - C_kl).expand(), C_kl)).subs(s, alpha / (d * (2 - mu_1 - mu_2)))
    return _in_frustrations(shared_covariance() * zeta / lost)


@cache
def apart_threshold() -> Expr:
    """The weight of covariances above which two dimensions along modes of their own keep apart, below the hinge."""
    found = opposite_hessian(modes_energy(), (a_1, 0, 0, a_2))
    for amplitude, correlation in ((a_1, mu_1), (a_2, mu_2)):
        found = found.subs(sqrt(amplitude**2 + epsilon), alpha / (2 * d * (1 - correlation)))
    squares = {a: resting_variance().subs(mu_k, correlation) for a, correlation in ((a_1, mu_1), (a_2, mu_2))}
    product = found.det().expand().subs({a**2: square for a, square in squares.items()})
    return _in_frustrations(_only([root for root in solve(product, zeta) if root != 0]))


def opposite_hessian(energy: Expr, amplitudes: tuple[Expr, Expr, Expr, Expr]) -> Matrix:
    """The Hessian of two dimensions below the hinge in what distinguishes them.

    Opposite changes where they are on both sides of the first mode, with lengths that can differ; turns into each other's mode
    where each is along its own.
    """
    s, t = (Dummy(name, real=True) for name in "st")
    p, q, r, u = amplitudes
    rows = ImmutableMatrix([[p, t], [s, u]] if q == 0 else [[p + s, q + t], [r - s, u + t]])
    lengths = at_amplitudes(energy, rows, rows, ImmutableMatrix.diag(mu_1, mu_2)).replace(Max, lambda *terms: Add(*terms))
    return hessian(lengths, (s, t)).subs({s: 0, t: 0})


def _in_frustrations(formula: Expr) -> Expr:
    r"""A formula factored in :math:`1-\mu`."""
    g, h = (Dummy(name, positive=True) for name in "gh")
    return formula.subs({mu_1: 1 - g, mu_2: 1 - h}).factor().subs({g: 1 - mu_1, h: 1 - mu_2})


def _only(found: list[Expr]) -> Expr:
    (one,) = found
    return one
