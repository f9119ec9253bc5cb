r"""The points of a triangular set in closed form, one for each choice of real roots, with the conditions for them to be real.

Roots of degree two come out in radicals, each with the sign of the derivative of its polynomial as a fact; where a pure square
is, on the set, a parameter times the square of an earlier variable, the root is that variable times a square root.  Sets
without parameters have their points from :mod:`derivations.analysis.algebra.number_field`.  Other roots of higher degree are
``CRootOf`` where the coefficients are numbers, and else stay the symbol itself beside its polynomial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from flint import fmpq_poly
from sympy import Expr, Integer, Rational, S, Symbol, sqrt
from sympy.core.relational import Eq, Ge, Ne, Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.number_field import NumberField, real_roots
from derivations.analysis.algebra.polynomials import Polynomial, factor_polynomial
from derivations.analysis.points.demands import Demand, close_demand, demand_relations, divide_signs, without_implied
from derivations.analysis.sites.branches import Leaf
from derivations.analysis.sites.conditions import readable_relation, reduce_inequality, stated_signs
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Fraction, Site, cancel_fraction
from theory.printing import plain

SHORT = 20  # terms of a polynomial of degree four whose roots are written with radicals


@dataclass(frozen=True)
class RealSolution:
    """A point or family: values of the state, polynomials of roots that stay symbols, conditions to be real."""

    site: Site
    values: Mapping[Symbol, Expr]
    implicit: Mapping[Symbol, Expr]
    conditions: tuple[Relational, ...]

    @property
    def explicit(self) -> dict[Symbol, Expr]:
        """Values of the roots that are not their own symbol."""
        return {x: v for x, v in self.values.items() if v != x}


def solve_leaf(leaf: Leaf, state: tuple[Symbol, ...], signs: Signs) -> list[RealSolution]:
    """Every real point of a leaf, as far as the known signs tell, with the conditions for the signs of the state to hold."""
    site = Site(signs.ring, state, leaf.roots, leaf.solved, leaf.special, signs)
    if any(vanishes_on(leaf, site, p) for p in leaf.nonzero):
        return []
    known, demands = divide_signs(signs, state, site.free)
    site = replace(site, signs=known)
    found = _numeric_solutions(site, leaf.numbers) if leaf.numbers else _symbolic_solutions(site)
    return [completed for s in found if (completed := _complete_solution(s, signs, demands)) is not None]


def vanishes_on(leaf: Leaf, site: Site, p: Polynomial) -> bool:
    """Whether a polynomial is zero on the site of a leaf."""
    if leaf.numbers is not None and site.ring.present(p) <= leaf.numbers.numerators.keys():
        return leaf.numbers.vanishes(site.ring, p)
    return site.normal(p)[0].is_zero()


def _numeric_solutions(site: Site, numbers: NumberField) -> list[RealSolution]:
    return [RealSolution(replace(site, numbers=point), dict(point), {}, ()) for point in numbers.real_points]


def _symbolic_solutions(site: Site) -> list[RealSolution]:
    partial = [RealSolution(replace(site, roots=()), {}, {}, ())]
    for x, p in site.roots:
        polynomial = site._on_special(p)
        partial = [extended for s in partial for extended in _extend_by_root(s, x, polynomial)]
    return partial


def _extend_by_root(s: RealSolution, x: Symbol, p: Polynomial) -> Iterator[RealSolution]:
    """The solution with one more root."""
    ring = s.site.ring
    rows = ring.coefficients(p, x)
    earlier = ring.present(p) & {y for y, _ in s.site.roots}
    if len(rows) == 2:
        yield _with_value(s, x, p, -_value_of(s, rows[0]) / _value_of(s, rows[1]))
    elif len(rows) == 3:
        yield from _solve_quadratic(s, x, p, rows, earlier)
    elif len(rows) == 5 and rows[1].is_zero() and rows[3].is_zero() and not earlier and len(p) <= SHORT:
        yield from _solve_biquadratic(s, x, p, rows)
    elif ring.present(p) == {x}:
        for root in real_roots(fmpq_poly([ring.number(c) for c in rows])):
            yield _with_value(s, x, p, root)
    else:
        implicit = {**s.implicit, x: ring.expr(p)}
        yield replace(_with_value(s, x, p, x), implicit=implicit)


def _solve_quadratic(
    s: RealSolution, x: Symbol, p: Polynomial, rows: list[Polynomial], earlier: frozenset[Symbol]
) -> Iterator[RealSolution]:
    ring, (c, b, a), below = s.site.ring, rows, Integer(1)
    scaled = _scaled_square(s, c, a, earlier) if b.is_zero() else None
    if scaled:
        factor_, real = scaled
        root, told = _square_root(s, real)
        middle, radical = Integer(0), s.values.get(factor_, factor_) * root
        told = told * ring.gen(x) * ring.numerator(factor_)
    elif b.is_zero():
        real = s.site.rational(s.site.normal_fraction(-c, a))
        root, told = _square_root(s, real)
        middle, radical, told = Integer(0), root, told * ring.gen(x)
    else:
        real = s.site.normal(b * b - 4 * a * c)
        root, told = _square_root(s, real)
        middle, radical, below = -_value_of(s, b), root, 2 * _value_of(s, a)
        told = told * ring.derivative(p, x)
    conditions = _possible_conditions(s, [reduce_inequality(s.site, real, strict=False)])
    if conditions is None:
        return
    if real[0].is_zero():
        yield _with_value(s, x, p, middle / below)
        return
    for branch in (1, -1):
        found = _with_value(s, x, p, (middle + branch * radical) / below, [(told, frozenset({branch}))])
        if found.site.signs.consistent and found.site.chart.signs.consistent:
            yield replace(found, conditions=(*s.conditions, *conditions))


def _possible_conditions(s: RealSolution, conditions: Iterable[Boolean]) -> tuple[Relational, ...] | None:
    """Conditions with the values of roots put in, without those that hold anyway; None where one cannot hold."""
    stated = [c.xreplace(s.explicit) for c in conditions]
    return None if S.false in stated else tuple(c for c in stated if c is not S.true)


def _scaled_square(s: RealSolution, c: Polynomial, a: Polynomial, earlier: frozenset[Symbol]) -> tuple[Expr, Fraction] | None:
    r"""``t`` and a ratio of parameters such that :math:`-c/a=\text{ratio}\cdot t^2` on the site."""
    if not earlier:
        return None
    ring = s.site.ring
    state = [ring.place[y] for y in s.site.state]
    for t in (S.One, *sorted(earlier, key=plain)):
        top, top_scale = s.site.normal(-c)
        bottom, bottom_scale = s.site.normal(a * ring.numerator(t) ** 2)
        lead_top, lead_bottom = (_state_lead(q, state, ring) for q in (top, bottom))
        if (top * lead_bottom - bottom * lead_top).is_zero():
            return t, cancel_fraction(lead_top * bottom_scale, lead_bottom * top_scale)
    return None


def _state_lead(p: Polynomial, places: list[int], ring) -> Polynomial:
    """The coefficient, free of state, of the largest monomial in the state."""
    terms = p.to_dict()
    top = max(tuple(k[i] for i in places) for k in terms)
    kept = {k: c for k, c in terms.items() if tuple(k[i] for i in places) == top}
    cleared = {tuple(0 if i in places else n for i, n in enumerate(k)): c for k, c in kept.items()}
    return ring.context.from_dict(cleared)


def _solve_biquadratic(s: RealSolution, x: Symbol, p: Polynomial, rows: list[Polynomial]) -> Iterator[RealSolution]:
    r""":math:`ax^4+bx^2+c`, of which :math:`x^2` is :math:`-b/2a\pm` a root that is not negative."""
    ring = s.site.ring
    c, _, b, _, a = rows
    disc = s.site.normal(b * b - 4 * a * c)
    spread = sqrt(_rational_value(s, cancel_fraction(disc[0], disc[1] * 4 * a * a)))
    for inner in (1, -1):
        radicand = -_value_of(s, b) / (2 * _value_of(s, a)) + inner * spread
        known = [(a * (2 * a * ring.gen(x) ** 2 + b), frozenset({inner}))]
        conditions = _possible_conditions(s, _biquadratic_conditions(s, inner, (a, b, c), disc, radicand))
        if conditions is None:
            continue
        for outer in (1, -1):
            found = _with_value(s, x, p, outer * sqrt(radicand), [*known, (ring.gen(x), frozenset({outer}))])
            if found.site.signs.consistent:
                yield replace(found, conditions=(*s.conditions, *conditions))


def _biquadratic_conditions(s: RealSolution, inner: int, rows, disc: Fraction, radicand: Expr) -> list[Boolean]:
    r"""For :math:`ax^4+bx^2+c`: the discriminant, and the sign of :math:`x^2` by that of the roots' sum and product."""
    (a, b, c), one = rows, s.site.ring.constant(1)
    total, product, apart = (reduce_inequality(s.site, cancel_fraction(p, one), strict=False) for p in (-a * b, a * c, -a * c))
    if inner < 0:
        signs = [total, product]
    elif total is S.true or apart is S.true:
        signs = []
    else:
        signs = [apart if total is S.false else Ge(radicand, 0)]
    return [reduce_inequality(s.site, disc, strict=False), *signs]


def _with_value(s: RealSolution, x: Symbol, p: Polynomial, value: Expr, facts=()) -> RealSolution:
    numbers = {**s.site.numbers, x: value} if value.is_number else s.site.numbers
    site = replace(s.site, roots=(*s.site.roots, (x, p)), signs=s.site.signs.learn_all(facts), numbers=numbers)
    return replace(s, site=site, values={**s.values, x: value})


def _complete_solution(s: RealSolution, signs: Signs, demands: Iterable[Demand]) -> RealSolution | None:
    """The solved variables put in, last first; None where a denominator vanishes or a fact or a demand is violated."""
    values, denominators = dict(s.values), []
    for symbol in s.site.free:
        values[symbol] = symbol
    for step in reversed(s.site.solved):
        top, bottom = _quotient_of(s, step.symbol)
        if bottom.is_zero():
            return None
        values[step.symbol] = _put_values(s, top, values) / _put_values(s, bottom, values)
        denominators.append(bottom)
    if not s.site.numbers:
        denominators += [s.site.ring.leading(p, x) for x, p in s.site.roots]
    maybe = [f for d in denominators for f in s.site.ring.factors(d) if _may_vanish(s, f, signs)]
    unequal = _possible_conditions(s, [Ne(s.site.ring.expr(f), 0) for f in maybe])
    if unequal is None:
        return None
    inside = _restrict_to(replace(s, conditions=unequal), demands)
    if inside is None:
        return None
    every = (*_special_equations(s.site), *s.conditions, *without_implied(s.site.ring, inside.conditions))
    conditions = dict.fromkeys(map(readable_relation, every))
    values = {x: values[x] for x in s.site.state}
    return replace(inside, values=values, conditions=tuple(c for c in conditions if c is not S.true))


def _restrict_to(s: RealSolution, demands: Iterable[Demand]) -> RealSolution | None:
    """The solution with the conditions for the demands to hold, and these (with their edges) known on its site; what is
    demanded of a root that stays a symbol is stated by that symbol."""
    implicit = [s.site.ring.gen(x) for x in s.implicit]
    own = [d for d in demands if d[0] in implicit]
    for demand in (*own, *(d for d in demands if d not in own)):
        conditions = () if demand in own else _possible_conditions(s, demand_relations(s.site, demand, s.explicit))
        if conditions is None:
            return None
        site = s.site if s.site.normal(demand[0])[0].is_zero() else s.site.with_facts([close_demand(demand)])
        if not site.signs.consistent or not site.chart.signs.consistent:
            return None
        s = replace(s, site=site, conditions=(*s.conditions, *conditions))
    return s


def _may_vanish(s: RealSolution, f: Polynomial, signs: Signs) -> bool:
    """Whether a factor of a denominator may vanish, without the strict signs that tell roots apart: they may meet at zero."""
    ring = s.site.ring
    known = signs.learn_all(stated_signs(ring, s.conditions))
    return 0 in decide_sign(replace(s.site, signs=known), (f, ring.constant(1)))


def _quotient_of(s: RealSolution, x: Symbol) -> Fraction:
    """A solved variable on the site, with a denominator free of quadratic roots where that one does not vanish."""
    plain = s.site.normal(s.site.ring.gen(x))
    nicer = s.site.rational(plain)
    return plain if 0 in s.site.chart.of(nicer[1], s.site.ring.constant(1)) else nicer


def _special_equations(site: Site) -> list[Boolean]:
    """The degenerate case as equations between parameters."""
    found = []
    for i, step in enumerate(site.special):
        top, bottom = step.top, step.bottom
        for later in site.special[i + 1 :]:
            powers = [max(site.ring.degree(p, later.symbol), 0) for p in (top, bottom)]
            top, bottom = (site.ring.substitute(p, later.symbol, later.top, later.bottom) for p in (top, bottom))
            top, bottom = cancel_fraction(top * later.bottom ** powers[1], bottom * later.bottom ** powers[0])
        found.append(Eq(step.symbol, site.ring.factored_expression(top) / site.ring.factored_expression(bottom)))
    return found


def _value_of(s: RealSolution, p: Polynomial) -> Expr:
    return _put_values(s, p, s.values)


def _put_values(s: RealSolution, p: Polynomial, values: Mapping[Symbol, Expr]) -> Expr:
    """A polynomial with the values of roots put in, factored where it holds none."""
    held = s.site.ring.present(p) & {y for y, _ in s.site.roots if values.get(y, y) != y}
    return s.site.ring.expr(p).xreplace({y: values[y] for y in held}) if held else s.site.ring.factored_expression(p)


def _rational_value(s: RealSolution, value: Fraction) -> Expr:
    top, bottom = value
    return _put_values(s, top, s.values) / _put_values(s, bottom, s.values)


def _square_root(s: RealSolution, value: Fraction) -> tuple[Expr, Polynomial]:
    """A root of the square, even powers taken out, and a polynomial of its sign."""
    ring, outside, inside, sign = s.site.ring, Integer(1), Integer(1), s.site.ring.constant(1)
    if any(y in s.explicit for p in value for y in ring.present(p)):
        return sqrt(_rational_value(s, value)), sign
    for p, direction in zip(value, (1, -1), strict=True):
        content, factors = factor_polynomial(p)
        outside *= sqrt(Rational(abs(content))) ** direction
        inside *= 1 if content > 0 else -1
        for f, m in factors:
            outside *= ring.expr(f) ** (direction * (m // 2))
            inside *= ring.expr(f) ** (direction * (m % 2))
            sign = sign * f if (m // 2) % 2 else sign
    return outside * sqrt(inside), sign
