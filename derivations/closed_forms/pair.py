r"""Two occupied directions with decay, in units of :math:`\lambda`: which turn towards each other (§4.2 of the notes).

Small entries off the diagonal move by pairs of directions: a rotation, which costs nothing, and a cubic in
:math:`p=\omega_1\omega_2` and :math:`\nu=(\omega_1-\omega_2)^2`.  Its Hurwitz determinant is positive where the pair is stable.
The derivation ``decay_stability`` shows them.

>>> slow_ratio(), largest_ratio()
(mu_1*(-mu_1 + mu_2)/mu_2**2, 1/4)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from sympy import Expr, ImmutableMatrix, Matrix, Poly, Rational, Symbol, factor_list, fraction, nan, symmetrize

from derivations.analysis.linearisation.aligned_changes import Entry
from derivations.analysis.linearisation.aligned_places import ABSENT, ANY_MODES, EMPTY, ONE, TWO
from derivations.analysis.linearisation.aligned_sectors import AlignedState
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.closed_forms.decaying import flow_in_units
from derivations.vocabulary import V, k, mu_1, mu_2, mu_3, mu_matrix, nu, omega, omega_1, omega_2, p, s, v, w, xi, zeta
from theory.models.vocabulary import W

PAIR = {p: omega_1 * omega_2, nu: (omega_1 - omega_2) ** 2}
SMALL = {V: "v", W: "W"}  # how entries of small changes are called
PLACES = {ONE: 1, TWO: 2, ABSENT: 3, EMPTY: 3}
LARGE = {omega_1: mu_1 * xi, omega_2: mu_2 * xi}  # heads as lambda -> 0, of size xi


@cache
def pair_sectors() -> dict[tuple[Symbol, ...], ImmutableMatrix]:
    """The sectors of the whole model, each under the entries it moves, where modes 1 and 2 rest along two directions, a third
    direction is empty and mode 3 absent."""
    flow = flow_in_units().stop_gradient_flow()
    (correlation,) = AlignedVectors(flow, (1,)).values[mu_matrix]
    state = AlignedState(flow, {v: omega, w: omega}, {correlation: omega + 1 / omega})
    known = {state.matrices.value(mu_matrix, ABSENT): mu_3}
    kept = (pairs for pairs in ANY_MODES.sectors.values() if {p for group in pairs[0] for p in group} <= {*PLACES})
    found = map(state.changes, kept)
    return dict(_named(entries, whole.xreplace(known)) for entries, whole in found if entries)


def _named(entries: Sequence[Entry], whole: Matrix) -> tuple[tuple[Symbol, ...], ImmutableMatrix]:
    """A sector by the names of its entries, in their order."""
    names = [Symbol(f"{SMALL[block]}_{PLACES[row]}{PLACES[column]}", real=True) for block, row, column in entries]
    order = sorted(range(len(names)), key=lambda i: str(names[i]))
    return tuple(names[i] for i in order), whole.extract(order, order).as_immutable()


def pair_sector() -> tuple[tuple, Matrix]:
    """The block of the two occupied directions."""
    return next((names, matrix) for names, matrix in pair_sectors().items() if len(names) == 4)


@cache
def pair_cubic() -> tuple[Expr, Expr, Expr]:
    """The coefficients of the cubic of a pair, of the constant first, in p and nu."""
    _, two, one, zero, _ = pair_sector()[1].charpoly(s).all_coeffs()
    return _in_pair(zero), _in_pair(one), _in_pair(two)


def _in_pair(symmetric: Expr) -> Expr:
    """A symmetric function of two heads, in their product and their squared difference."""
    top, bottom = (e.expand() for e in fraction(symmetric.together()))
    parts = []
    for e in (top, bottom):
        form, _, ((total, _), (product, _)) = symmetrize(e, omega_1, omega_2, formal=True)
        terms = Poly(form, total).terms()
        parts.append(sum(c * (nu + 4 * p) ** Rational(power, 2) for (power,), c in terms).subs(product, p))
    return (parts[0] / parts[1]).factor()


@cache
def pair_determinant() -> Expr:
    """The Hurwitz determinant times the squared product of the heads, a cubic in k with coefficients in p and nu."""
    zero, one, two = pair_cubic()
    return (p**2 * (two * one - zero)).expand().collect(k, Expr.factor)


def leading_in_xi(polynomial: Expr, heads: Mapping[Symbol, Expr]) -> Expr:
    """The coefficient of the largest power of xi in a polynomial in the pair, at heads of this size."""
    return Poly(polynomial.subs(PAIR).subs(heads).expand(), xi).LC()


@cache
def slow_ratio() -> Expr:
    r"""The limit, as :math:`\lambda\to0`, of the positive root k of the determinant, for correlations :math:`0<\mu_1<\mu_2`.

    Not a number where the determinant of large heads has no such root that is rational in them, or several.
    """
    ascending = {mu_1: xi, mu_2: xi + zeta}
    factors = (Poly(factor, k) for factor, _ in factor_list(leading_in_xi(pair_determinant(), LARGE))[1])
    shares = ((-f.nth(0) / f.nth(1)).subs(ascending).factor() for f in factors if f.degree() == 1)
    positive = [share for share in shares if share.is_positive]
    return positive[0].subs({zeta: mu_2 - xi}).subs(xi, mu_1) if len(positive) == 1 else nan


@cache
def largest_ratio() -> Expr:
    """The largest of these limits, which no root of the determinant exceeds: where the lower correlation makes them stationary.

    Not a number where they are not at one place.
    """
    slope = Poly(fraction(slow_ratio().diff(mu_1).together())[0], mu_1)
    return slow_ratio().subs(mu_1, -slope.nth(0) / slope.nth(1)).factor() if slope.degree() == 1 else nan
