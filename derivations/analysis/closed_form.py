r"""The points of a triangular set in closed form, one for each choice of real roots, with the conditions for them to be real.

Roots of degree two come out in radicals, each with the sign of the derivative of its polynomial as a fact; where a pure square
is, on the set, a parameter times the square of an earlier variable, the root is that variable times a square root.  Roots
of higher degree are ``CRootOf`` where the coefficients are numbers, and otherwise stay the symbol itself beside its polynomial.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Poly, Rational, S, Symbol, sqrt
from sympy.core.relational import Eq, Ge, Ne, Relational

from derivations.analysis.branches import Leaf
from derivations.analysis.polynomials import Polynomial
from derivations.analysis.conditions import reduced
from derivations.analysis.signs import Sign, Signs
from derivations.analysis.site import Fraction, Site, cancelled


@dataclass(frozen=True)
class Solution:
    """A point or family: values of the state, polynomials of roots that stay symbols, conditions to be real."""

    site: Site
    values: Mapping[Symbol, Expr]
    implicit: Mapping[Symbol, Expr]
    conditions: tuple[Relational, ...]

    @property
    def explicit(self) -> dict[Symbol, Expr]:
        """Values of the roots that are not their own symbol."""
        return {x: v for x, v in self.values.items() if v != x}


def solutions(leaf: Leaf, state: tuple[Symbol, ...], signs: Signs) -> list[Solution]:
    """Every real point of a leaf, as far as the known signs tell."""
    site = Site(signs.ring, state, leaf.roots, leaf.solved, leaf.special, signs)
    if any(site.normal(p)[0].is_zero() for p in leaf.nonzero):
        return []
    partial = [Solution(replace(site, roots=()), {}, {}, ())]
    for x, p in leaf.roots:
        polynomial = site._on_special(p)
        partial = [extended for s in partial for extended in _extended(s, x, polynomial)]
    return [found for s in partial if (found := _completed(s)) is not None]


def _extended(s: Solution, x: Symbol, p: Polynomial) -> Iterator[Solution]:
    """The solution with one more root."""
    ring = s.site.ring
    rows = ring.coefficients(p, x)
    earlier = ring.present(p) & {y for y, _ in s.site.roots}
    if len(rows) == 2:
        yield _with(s, x, p, -_value(s, rows[0]) / _value(s, rows[1]))
    elif len(rows) == 3:
        yield from _quadratic(s, x, p, rows, earlier)
    elif len(rows) == 5 and rows[1].is_zero() and rows[3].is_zero() and not earlier:
        yield from _biquadratic(s, x, p, rows)
    elif ring.present(p) == {x}:
        for root in sorted(set(Poly(ring.expr(p), x).real_roots())):
            yield _with(s, x, p, root)
    else:
        implicit = {**s.implicit, x: ring.expr(p)}
        yield replace(_with(s, x, p, x), implicit=implicit)


def _quadratic(s: Solution, x: Symbol, p: Polynomial, rows: list[Polynomial], earlier: frozenset[Symbol]) -> Iterator[Solution]:
    c, b, a = rows
    scaled = _scaled_square(s, c, a, earlier) if b.is_zero() else None
    if scaled:
        factor, real = scaled
        middle, radical = Integer(0), s.values.get(factor, factor) * _root(s, real)
    elif b.is_zero():
        real = s.site.rational(s.site.normal_fraction(-c, a))
        middle, radical = Integer(0), _root(s, real)
    else:
        real = s.site.normal(b * b - 4 * a * c)
        middle, radical = (-_value(s, b) / (2 * _value(s, a)), _root(s, real) / (2 * _value(s, a)))
    condition = reduced(s.site, real, strict=False)
    if condition is S.false:
        return
    if real[0].is_zero():
        yield _with(s, x, p, middle)
        return
    conditions = () if condition is S.true else (condition.xreplace(s.explicit),)
    for branch in (1, -1):
        found = _with(s, x, p, middle + branch * radical, _which(s, p, branch, scaled, x))
        if found.site.signs.consistent and found.site.chart.signs.consistent:
            yield replace(found, conditions=(*s.conditions, *conditions))


def _which(s: Solution, p: Polynomial, branch: int, scaled, x: Symbol) -> list[tuple[Polynomial, Sign]]:
    """What tells the two roots apart: the sign of :math:`2ax+b`, or of the root over the variable it is a multiple of."""
    ring = s.site.ring
    told = ring.derivative(p, x) * ring.leading(p, x) if scaled is None else ring.gen(x) * ring.numerator(scaled[0])
    return [(told, frozenset({branch}))]


def _scaled_square(s: Solution, c: Polynomial, a: Polynomial, earlier: frozenset[Symbol]) -> tuple[Expr, Fraction] | None:
    r"""``t`` and a ratio of parameters such that :math:`-c/a=\text{ratio}\cdot t^2` on the site."""
    if not earlier:
        return None
    ring = s.site.ring
    state = [ring.place[y] for y in s.site.state]
    for t in (S.One, *sorted(earlier, key=str)):
        top, top_scale = s.site.normal(-c)
        bottom, bottom_scale = s.site.normal(a * ring.numerator(t) ** 2)
        lead_top, lead_bottom = (_lead(q, state, ring) for q in (top, bottom))
        if (top * lead_bottom - bottom * lead_top).is_zero():
            return t, cancelled(lead_top * bottom_scale, lead_bottom * top_scale)
    return None


def _lead(p: Polynomial, places: list[int], ring) -> Polynomial:
    """The coefficient, free of state, of the largest monomial in the state."""
    terms = p.to_dict()
    top = max(tuple(k[i] for i in places) for k in terms)
    kept = {k: c for k, c in terms.items() if tuple(k[i] for i in places) == top}
    cleared = {tuple(0 if i in places else n for i, n in enumerate(k)): c for k, c in kept.items()}
    return ring.context.from_dict(cleared)


def _biquadratic(s: Solution, x: Symbol, p: Polynomial, rows: list[Polynomial]) -> Iterator[Solution]:
    ring = s.site.ring
    c, _, b, _, a = rows
    square = ring.gen(x)
    disc = s.site.normal(b * b - 4 * a * c)
    for inner in (1, -1):
        radicand = (-_value(s, b) + inner * _root(s, disc)) / (2 * _value(s, a))
        known = [(a * (2 * a * square**2 + b), frozenset({inner}))]
        conditions = _biquadratic_conditions(s, inner, (a, b, c), disc, radicand)
        if S.false in conditions:
            continue
        for outer in (1, -1):
            found = _with(s, x, p, outer * sqrt(radicand), [*known, (ring.gen(x), frozenset({outer}))])
            if found.site.signs.consistent:
                yield replace(found, conditions=(*s.conditions, *conditions))


def _biquadratic_conditions(s: Solution, inner: int, rows, disc: Fraction, radicand: Expr) -> list:
    r"""For :math:`ax^4+bx^2+c`: the discriminant, and the sign of :math:`x^2` by that of the roots' sum and product."""
    (a, b, c), one = rows, s.site.ring.constant(1)
    total, product = (reduced(s.site, cancelled(p, one), strict=False) for p in (-a * b, a * c))
    if inner < 0:
        signs = [total, product]
    elif total is S.true or reduced(s.site, cancelled(-a * c, one), strict=False) is S.true:
        signs = []
    else:
        signs = [S.false if total is S.false and product is S.true else Ge(radicand, 0)]
    return [e for e in (reduced(s.site, disc, strict=False), *signs) if e is not S.true]


def _with(s: Solution, x: Symbol, p: Polynomial, value: Expr, facts=()) -> Solution:
    site = replace(s.site, roots=(*s.site.roots, (x, p)), signs=s.site.signs.learn_all(facts))
    return replace(s, site=site, values={**s.values, x: value})


def _completed(s: Solution) -> Solution | None:
    """The solved variables put in, last first; None where a denominator vanishes or a fact is violated."""
    values, denominators = dict(s.values), []
    for symbol in s.site.free:
        values[symbol] = symbol
    for step in reversed(s.site.solved):
        top, bottom = s.site.rational(s.site.normal(s.site.ring.gen(step.symbol)))
        if bottom.is_zero():
            return None
        values[step.symbol] = _at(s, top, values) / _at(s, bottom, values)
        denominators.append(bottom)
    for _, p in s.site.roots:
        denominators.append(_lead_of(s, p))
    one = s.site.ring.constant(1)
    unequal = [
        Ne(s.site.ring.expr(f).xreplace(s.explicit), 0)
        for d in denominators
        for f in s.site.ring.factors(d)
        if 0 in s.site.chart.of(f, one)
    ]
    equal = [special_equation(s.site, t) for t in s.site.special]
    ordered = {x: values[x] for x in s.site.state}
    return replace(s, values=ordered, conditions=tuple(dict.fromkeys((*equal, *s.conditions, *unequal))))


def special_equation(site: Site, t):
    """A degenerate case as an equation between parameters."""
    return Eq(t.symbol, site.ring.factored(t.top) / site.ring.factored(t.bottom))


def _lead_of(s: Solution, p: Polynomial) -> Polynomial:
    x = next(y for y, q in s.site.roots if q == p)
    return s.site.ring.leading(p, x)


def _value(s: Solution, p: Polynomial) -> Expr:
    return _at(s, p, s.values)


def _at(s: Solution, p: Polynomial, values: Mapping[Symbol, Expr]) -> Expr:
    """A polynomial with the values of roots put in, factored where it holds none."""
    held = s.site.ring.present(p) & {y for y, _ in s.site.roots if values.get(y, y) != y}
    return s.site.ring.expr(p).xreplace({y: values[y] for y in held}) if held else s.site.ring.factored(p)


def _rational(s: Solution, value: Fraction) -> Expr:
    top, bottom = value
    return _at(s, top, s.values) / _at(s, bottom, s.values)


def _root(s: Solution, value: Fraction) -> Expr:
    """The square root with even powers taken out, their signs left to the two branches."""
    ring, outside, inside = s.site.ring, Integer(1), Integer(1)
    if any(y in s.explicit for p in value for y in ring.present(p)):
        return sqrt(_rational(s, value))
    for p, direction in zip(value, (1, -1), strict=True):
        content, factors = p.factor()
        outside *= sqrt(Rational(abs(int(content)))) ** direction
        inside *= 1 if content > 0 else -1
        for f, m in factors:
            outside *= ring.expr(f) ** (direction * (int(m) // 2))
            inside *= ring.expr(f) ** (direction * (int(m) % 2))
    return outside * sqrt(inside)
