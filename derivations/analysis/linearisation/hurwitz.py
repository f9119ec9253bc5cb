r"""Which half plane the roots of a real polynomial lie in, decided by signs of polynomials.

A polynomial with positive leading coefficient is Hurwitz (all roots in the open left half plane) iff its coefficients of every
other order and every other Hurwitz determinant are positive.  A negative coefficient or determinant proves a root in the
open right half plane: where all roots have real parts of at most zero, none is negative.  A polynomial that is even or odd is
never Hurwitz; all its roots lie on the imaginary axis, and are simple, iff :math:`f+f'` is Hurwitz.

Source: A. Liénard and M. H. Chipart, *J. Math. Pures Appl.* 10 (1914); Gantmacher, *Theory of Matrices* II, ch. XV (there also
the theorem of Hermite and Biehler).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import cycle, pairwise
from string import ascii_lowercase

from sympy import Expr, S, Symbol
from sympy.core.relational import Eq, Gt, Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.linear import BUDGET, OverBudget, hurwitz_determinants
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.conditions import reduce_inequality, undecided_part
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.draws import draw_values, sign_of
from derivations.analysis.sites.sign import NEGATIVE, POSITIVE, ZERO
from derivations.analysis.sites.site import Fraction, Site

LONG = 300  # terms of a condition beyond which it is stated in coefficients
EXPANDED = 20_000  # terms held at a time beyond which a determinant of no definite sign is not expanded


@dataclass(frozen=True)
class Tests:
    """Polynomials of a factor on the site, its coefficients but the leading one and every other Hurwitz determinant: it is
    Hurwitz iff all ``sufficient`` ones are positive; a ``necessary`` one that is negative proves a root in the open right half
    plane, and a coefficient of the sign that no Hurwitz polynomial in :math:`-s` has, one in the left.

    A determinant that is long, positive at some parameters and negative at others is not expanded, and None.
    """

    coefficients: tuple[Fraction, ...]
    determinants: tuple[Fraction | None, ...]

    @property
    def sufficient(self) -> tuple[Fraction | None, ...]:
        return (*self.coefficients[::-2], *self.determinants)

    @property
    def known(self) -> tuple[Fraction, ...]:
        """The sufficient ones that are expanded."""
        return tuple(v for v in self.sufficient if v is not None)

    @property
    def necessary(self) -> tuple[Fraction, ...]:
        return (*self.coefficients, *(d for d in self.determinants if d is not None))


def hurwitz_tests(site: Site, factor: Factor, budget: int = BUDGET, expanded: int = EXPANDED) -> Tests:
    """Liénard and Chipart's polynomials; ``expanded`` is the number of terms beyond which a determinant may stay one."""
    c, orders = factor.coefficients, range(factor.degree - 1, 0, -2)
    determinants = (_determinant(site, c, k, budget, min(budget, expanded)) for k in orders)
    return Tests(tuple(site.normal(p) for p in c[1:]), tuple(determinants))


def _determinant(site: Site, c: Sequence[Polynomial], order: int, budget: int, expanded: int) -> Fraction | None:
    try:
        (found,) = hurwitz_determinants(c, [order], site.ring, expanded)
    except OverBudget:
        if expanded < budget and _has_both_signs(site, c, order):
            return None
        (found,) = hurwitz_determinants(c, [order], site.ring, budget)
    return site.normal(found)


def _has_both_signs(site: Site, c: Sequence[Polynomial], order: int) -> bool:
    """Whether a Hurwitz determinant is positive at some admissible parameters and negative at others."""
    seen = set()
    for values in draw_values(site):
        (found,) = hurwitz_determinants([site.ring.constant(int(p(*values))) for p in c], [order], site.ring)
        seen.add(0 if found.is_zero() else sign_of(int(found.leading_coefficient())))
        if seen >= {-1, 1}:
            return True
    return False


@dataclass(frozen=True)
class HalfPlanes:
    """What is proved of the roots of a factor, and what is left to decide whether all are in the left half plane.

    A ``marginal`` factor is Hurwitz for no parameters; where one of its conditions fails it has a root in the right half plane.
    A condition with more terms than are allowed is stated in coefficients of the factor, which ``names`` holds.
    """

    conditions: tuple[Relational, ...]
    left: bool
    right: bool
    marginal: bool
    names: Mapping[Symbol, Expr]


def half_planes(site: Site, factor: Factor, budget: int = BUDGET, letter: str = "a", long: int = LONG) -> HalfPlanes:
    """The tests judged by what is known of signs on the site; ``letter`` names coefficients in conditions that are ``long``."""
    tests = hurwitz_tests(site, factor, budget)
    right = any(decide_sign(site, v) == NEGATIVE for v in tests.necessary)
    left = any(decide_sign(site, v) == (NEGATIVE if k % 2 else POSITIVE) for k, v in enumerate(tests.coefficients))
    if any(decide_sign(site, v) == ZERO for v in tests.known):
        relations, off = _axis_conditions(site, factor, budget)
        return HalfPlanes(tuple(r for r in relations if r is not S.true), left, right or off, not (right or off), {})
    names = _coefficient_names(letter, factor.degree)
    in_names, relations = [], []
    for value, generic in zip(tests.sufficient, _symbolic_tests(names), strict=True):
        is_huge = value is None or (len(value[0]) > LONG and len(decide_sign(site, value)) > 1)
        relation = generic if value is None or is_huge else reduce_inequality(site, value, strict=True)
        is_named = is_huge or (isinstance(relation, Relational) and _terms(site.ring, relation) > long)
        in_names.append(generic if is_named else None)
        relations.append(generic if is_named else relation)
    used = frozenset().union(*(r.free_symbols for r in in_names if r is not None))
    named = {a: site.ring.factored_expression(c) for a, c in zip(names, factor.coefficients, strict=True) if a in used}
    never = S.false in relations  # at best zero, where it should be positive
    shown = zip(tests.sufficient, relations, strict=True)
    relations = [_zero_condition(site, v) if v is not None and r is S.false else r for v, r in shown]
    left = left or all(r is S.true for r in relations)
    return HalfPlanes(tuple(r for r in relations if r is not S.true), left, right, never and not right, named)


def _terms(ring: Ring, relation: Relational) -> int:
    return max(len(ring.numerator(side)) for side in relation.args)


def _axis_conditions(site: Site, factor: Factor, budget: int) -> tuple[list[Boolean], bool]:
    """The conditions for all roots on the axis of a factor one of whose tests vanishes identically, and whether it is proved
    that there is one in the right half plane.

    With a root in the left half plane and none in the right, nor at zero, all coefficients would be positive.
    """
    c, n = factor.coefficients, factor.degree
    parity = [_zero_condition(site, site.normal(p)) for p in c[1::2]]
    if S.false in parity:
        return [], any(p.is_zero() for p in c) and 0 not in decide_sign(site, site.normal(c[-1]))
    moved = Factor((c[0], *(b + (n - k) * a for k, (a, b) in enumerate(pairwise(c)))), 1)
    tests = hurwitz_tests(site, moved, budget, budget)
    off = any(decide_sign(site, v) == NEGATIVE for v in tests.necessary)
    relations = [
        _zero_condition(site, v) if r is S.false else r for v in tests.known for r in [reduce_inequality(site, v, strict=True)]
    ]
    return [*parity, *relations], off and all(r is S.true for r in parity)


def _zero_condition(site: Site, value: Fraction) -> Boolean:
    """``value = 0`` on the site, as true, false or an equation between polynomials."""
    rest, sign = undecided_part(site, value)
    if rest is None:
        return S.true if sign == ZERO else S.false
    return Eq(rest.base if rest.is_Pow else rest, 0)


def vanishing_determinant(site: Site, factor: Factor, letter: str) -> Relational | None:
    """That the last Hurwitz determinant is zero, in names of coefficients; None where it is proved that it never is."""
    last = hurwitz_tests(site, factor).determinants[0]
    if last is not None and not decide_sign(site, last) & ZERO:
        return None
    generic = _symbolic_tests(_coefficient_names(letter, factor.degree))[-len(range(factor.degree - 1, 0, -2))]
    return Eq(generic.lhs, 0, evaluate=False)


def coefficient_letters(site: Site) -> Iterator[str]:
    """Letters for the coefficients of one factor after the other, that nothing else is called by."""
    taken = {str(x).partition("_")[0] for x in site.ring.symbols}
    return cycle([letter for letter in ascii_lowercase if letter not in taken] or [f"{a}{a}" for a in ascii_lowercase])


def _symbolic_tests(names: tuple[Symbol, ...]) -> list[Relational]:
    r"""The sufficient tests in symbols for the coefficients of :math:`a_0s^n+\dots+a_n`, in the same order."""
    ring, n = Ring(names), len(names) - 1
    a = [ring.gen(s) for s in ring.symbols]
    tested = [*a[n:0:-2], *hurwitz_determinants(a, range(n - 1, 0, -2), ring)]
    return [Gt(ring.expr(p), 0) for p in tested]


@cache
def _coefficient_names(letter: str, degree: int) -> tuple[Symbol, ...]:
    return tuple(Symbol(f"{letter}_{k}", real=True) for k in range(degree + 1))
