r"""A fixed point that polynomials define, as it moves with the small parameter: each real root is a Puiseux series.

>>> from sympy import symbols
>>> from theory import Flow
>>> from derivations.analysis.points.fixed_points import fixed_points
>>> x = symbols("x", real=True)
>>> a, eps = symbols("a epsilon", positive=True)
>>> flow = Flow({x: -x**5 + eps * x + a})
>>> (point,) = fixed_points(flow, time_limit=None)
>>> ((branch,),) = real_branches(point, Region((), eps))
>>> print(branch.series(eps))
a**(1/5)

Where parameters decide which roots are real, or whether a point exists there, each of them carries the inequalities under
which it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import mpmath
from sympy import Add, Expr, Poly, S, Symbol
from sympy.core.relational import Equality, GreaterThan, LessThan, Ne, Relational, StrictGreaterThan, StrictLessThan
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.algebraic import numeric_value, polynomial_roots
from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.branch import Branch, Wanted
from derivations.analysis.expansions.edges import C
from derivations.analysis.expansions.identities import MovingSymbols, vanishes_along
from derivations.analysis.expansions.letters import assign_letters, introductions, relation_text
from derivations.analysis.expansions.puiseux import puiseux
from derivations.analysis.expansions.real_edges import narrow_region
from derivations.analysis.expansions.series import Insufficient, Series, expand_series
from derivations.analysis.expansions.sides import is_consistent, positive_condition
from derivations.analysis.points.point import FixedPoint
from derivations.typeset.any_root import AnyRoot
from theory.abridging import Brief, brief
from theory.errors import UnfinishedError

APART = 4  # how much farther than the root meant the next one must be

Roots = tuple["MovingRoot", ...]
"""The roots that define a point, each over those before it."""


@dataclass(frozen=True)
class MovingRoot(Brief):
    """One real root of a polynomial in a state variable, over other such roots; its ``branch`` tells it from the others of
    this polynomial, and the inequalities of its ``region`` hold what it takes to be real."""

    symbol: Symbol
    polynomial: tuple[Expr, ...]
    region: Region
    branch: Branch
    below: Roots = ()

    def series(self, small: Symbol) -> Expr:
        return self.branch.series(small)

    def grow_to(self, order: Expr) -> MovingRoot:
        """The same root with all terms below an order."""
        found, count = self, len(self.branch.terms)
        while found.branch.next_exponent < order:
            count = max(2 * count, 1)
            found = replace(self, branch=self._continuation(count))
        return found

    def to_order(self, order: Expr) -> Series:
        branch = self.grow_to(order).branch
        return Series(branch.terms, branch.next_exponent)

    def at(self, point: Mapping[Symbol, object]):
        """The number that the root is at numbers for the parameters, the small one and the roots below.

        Raises
        ------
        UnfinishedError
            where the series does not tell it from the other roots there.
        """
        near = numeric_value(self.series(self.region.small), point)
        roots = sorted(
            polynomial_roots([numeric_value(c, point) for c in reversed(self.polynomial)]), key=lambda r: abs(r - near)
        )
        if len(roots) > 1 and not abs(roots[0] - near) * APART < abs(roots[1] - near):
            raise UnfinishedError(f"the series of {self.symbol} does not tell it from other roots")
        return mpmath.re(roots[0])

    def _continuation(self, count: int) -> Branch:
        known = self.branch.terms
        wanted = Wanted(along=known, real=True)
        found = puiseux(self.polynomial, self.region.small, count, self.region.assumptions, moving_symbols(self.below), wanted)
        return next(b for b in found if b.terms[: len(known)] == known)


def moving_symbols(roots: Roots) -> MovingSymbols:
    """The roots as symbols that depend on the small parameter."""
    definitions: dict[Symbol, Expr] = {}
    for r in roots:
        polynomial = Add(*(c.xreplace(definitions) * C**k for k, c in enumerate(r.polynomial)))
        definitions[r.symbol] = AnyRoot(polynomial, C)
    return MovingSymbols(lambda order: {r.symbol: r.to_order(order) for r in roots}, definitions)


def values_at(roots: Roots, point: Mapping[Symbol, object]) -> dict:
    """A point together with the numbers that moving roots are there."""
    found = dict(point)
    for r in roots:
        found[r.symbol] = r.at(found)
    return found


def real_branches(point: FixedPoint, region: Region) -> list[Roots]:
    """The real branches at which a point exists for a small parameter → 0+, as far as signs of parameters tell.

    Raises
    ------
    UnfinishedError
        where the number of real roots is not found.
    """
    found = [roots for roots in _root_chains(tuple(_order_roots(point)), (), region) if is_consistent(roots[-1].region)]
    held = (
        _roots_within(roots, [*_sign_conditions(roots), *(c for c in point.conditions if _holds_roots(c, roots))])
        for roots in found
    )
    return [roots for roots in held if roots]


def existence_conditions(roots: Roots) -> tuple[Relational, ...]:
    """What it takes for the roots to be real, and for the point to exist there."""
    return tuple(dict.fromkeys(c for r in roots for c in r.branch.assumed))


def list_roots(roots: Roots) -> str:
    """Roots by their first terms, with what it takes for them to exist."""
    needed = existence_conditions(roots)
    small = roots[-1].region.small
    letters = assign_letters([*(r.series(small) for r in roots), *needed])
    parts = [f"{r.symbol} {'=' if r.branch.exact else '≃'} {brief(r.series(small).xreplace(letters))}" for r in roots]
    words = [f"with {letter} {which}" for letter, which in introductions(letters, brief).items()]
    words += [f"if {' and '.join(relation_text(c.xreplace(letters), brief) for c in needed)}"] if needed else []
    return ", ".join([*parts, *words])


def may_hold(roots: Roots, parameters: Mapping[Symbol, Expr]) -> bool:
    """Whether what it takes for the roots to exist does not fail at values of parameters."""
    region = roots[-1].region
    there = (c.xreplace(dict(parameters)) for c in existence_conditions(roots))
    return all(c is not S.false and (c is S.true or _is_undecided(c.lhs - c.rhs, c.func, region)) for c in there)


def _is_undecided(difference: Expr, relation: type, region: Region) -> bool:
    if vanishes(difference, region):
        return False
    known = Region((), region.small)
    return positive_condition(difference if relation is StrictGreaterThan else -difference, known) is not S.false


def _order_roots(point: FixedPoint) -> Iterator[tuple[Symbol, tuple[Expr, ...]]]:
    """The roots that stay, each after those in its polynomial."""
    left = dict(point.roots)
    while left:
        x = next(x for x, p in left.items() if p.free_symbols.isdisjoint(left.keys() - {x}))
        yield x, tuple(reversed(Poly(left.pop(x), x).all_coeffs()))


def _root_chains(left: tuple[tuple[Symbol, tuple[Expr, ...]], ...], below: Roots, region: Region) -> Iterator[Roots]:
    if not left:
        yield below
        return
    (x, polynomial), *others = left
    for b in puiseux(polynomial, region.small, 1, region.assumptions, moving_symbols(below), Wanted(real=True, apart=True)):
        narrow = narrow_region(region, b.assumed)
        yield from _root_chains(tuple(others), (*below, MovingRoot(x, polynomial, narrow, b, below)), narrow)


# -- where the point exists -----------------------------------------------------------------------------------------------


def _sign_conditions(roots: Roots) -> Iterator[Relational]:
    for x in (r.symbol for r in roots):
        if x.is_nonnegative:
            yield GreaterThan(x, 0, evaluate=False)
        if x.is_nonpositive:
            yield LessThan(x, 0, evaluate=False)
        if x.is_nonzero:
            yield Ne(x, 0, evaluate=False)


def _holds_roots(condition: Relational, roots: Roots) -> bool:
    return not condition.free_symbols.isdisjoint(r.symbol for r in roots)


def _roots_within(roots: Roots, conditions: list[Relational]) -> Roots:
    """The roots, with inequalities between parameters under which conditions hold there; none where one fails."""
    for c in conditions:
        needed = condition_for_small(c, roots[-1].region, moving_symbols(roots))
        if needed is S.false:
            return ()
        if needed is not S.true:
            *others, last = roots
            branch = replace(last.branch, assumed=(*last.branch.assumed, needed))
            roots = (*others, replace(last, branch=branch, region=narrow_region(last.region, (needed,))))
    return roots if is_consistent(roots[-1].region) else ()


def condition_for_small(condition: Relational, region: Region, along: MovingSymbols) -> Boolean | Relational:
    """A condition for small ε, by the leading term of its two sides' difference: true, false or an inequality."""
    difference = condition.lhs - condition.rhs
    first = _leading_coefficient(difference, region, along)
    if first is None or isinstance(condition, Equality):
        return S.true if (first is None) == isinstance(condition, GreaterThan | LessThan | Equality) else S.false
    if isinstance(condition, Ne):
        return S.true
    return positive_condition(-first if isinstance(condition, LessThan | StrictLessThan) else first, region)


def _leading_coefficient(value: Expr, region: Region, along: MovingSymbols) -> Expr | None:
    """The coefficient of the first term; None for what is zero."""
    order = S.One
    while True:
        try:
            series = expand_series(value, region.small, order, region, along.series(order))
            first = series.leading(region)
            if first is not None:
                return first[1]
            if series.order > 0 and vanishes_along(value, series.order, region.small, along.definitions):
                return None
        except Insufficient:
            pass
        order *= 2
