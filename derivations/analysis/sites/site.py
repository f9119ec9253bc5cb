r"""A site: a point or a family as a triangular set, with what is known of signs there.

Polynomials are brought to a normal form on the site: expressed variables are put in, the rest is reduced by the defining
polynomials.  Signs are decided in a *chart*: where the defining polynomial of a root is linear in a parameter, that
parameter is expressed by the root, so that :math:`w^2-\mu w+\lambda=0` becomes :math:`\lambda=w(\mu-w)`, and what was known of
:math:`\lambda` is known of :math:`w(\mu-w)`.  Which of several roots is meant is told by the sign of the derivative of
its polynomial.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

from flint import arb, ctx
from sympy import Expr, Symbol

from derivations.analysis.algebra.number_field import enclose
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.sign import UNKNOWN, ZERO, Sign, multiply_signs
from derivations.analysis.sites.signs import Signs

Fraction = tuple[Polynomial, Polynomial]
BITS = 256  # to which algebraic numbers are told from zero


@dataclass(frozen=True)
class Site:
    """A triangular set over a ring, and facts about signs on it."""

    ring: Ring
    state: tuple[Symbol, ...]
    roots: tuple[tuple[Symbol, Polynomial], ...]
    solved: tuple[Substitution, ...]
    special: tuple[Substitution, ...]
    signs: Signs
    numbers: Mapping[Symbol, Expr] = field(default_factory=dict)  # roots that are algebraic numbers

    @property
    def free(self) -> tuple[Symbol, ...]:
        """State variables that nothing determines: the coordinates of a family."""
        fixed = {x for x, _ in self.roots} | {s.symbol for s in self.solved}
        return tuple(x for x in self.state if x not in fixed)

    def put_expressed(self, p: Polynomial) -> Fraction:
        """``p`` with the expressed variables put in, not reduced by the defining polynomials."""
        top, bottom = p, self.ring.constant(1)
        if self.ring.present(p).isdisjoint(self._expressed):
            return top, bottom
        for s in (*self.solved, *self.special):
            above, below = (max(self.ring.degree(q, s.symbol), 0) for q in (top, bottom))
            if above == below == 0:
                continue
            surplus = above - below
            top, bottom = (self.ring.substitute(q, s.symbol, s.top, s.bottom) for q in (top, bottom))
            top, bottom = (top, bottom * s.bottom**surplus) if surplus > 0 else (top * s.bottom**-surplus, bottom)
        return cancel_fraction(top, bottom)

    def normal(self, p: Polynomial) -> Fraction:
        """``p`` on the site as a fraction in normal form; the numerator is zero iff ``p`` vanishes there."""
        top, bottom = self.put_expressed(p)
        for x, q in reversed(self.roots):
            if self.ring.degree(top, x) >= self.ring.degree(q, x):
                top, multiple = self.ring.remainder(top, self._on_special(q), x)
                bottom = bottom * multiple
        return cancel_fraction(top, bottom)

    def normal_fraction(self, top: Polynomial, bottom: Polynomial) -> Fraction:
        """A fraction of polynomials in normal form."""
        (a, b), (c, d) = self.normal(top), self.normal(bottom)
        return cancel_fraction(a * d, b * c)

    def fraction(self, expr: Expr) -> Fraction:
        """A rational expression on the site, in normal form."""
        return self.normal_fraction(*self.ring.fraction(expr))

    def rational(self, value: Fraction) -> Fraction:
        """The same fraction with a denominator free of quadratic roots."""
        top, bottom = value
        for x, q in reversed(self.roots):
            if self.ring.degree(q, x) == 2 and self.ring.degree(bottom, x) == 1:
                _, b, a = self.ring.coefficients(q, x)
                low, high = self.ring.coefficients(bottom, x)
                conjugate = a * low - b * high - a * high * self.ring.gen(x)
                (n, m), (k, j) = self.normal(top * conjugate), self.normal(bottom * conjugate)
                top, bottom = cancel_fraction(n * j, m * k)
        return top, bottom

    def is_zero(self, expr: Expr) -> bool:
        return self.fraction(expr)[0].is_zero()

    def sign(self, p: Polynomial) -> Sign:
        """The signs that ``p`` may have on the site."""
        return self.chart.of(*self.normal(p))

    @cached_property
    def _expressed(self) -> frozenset[Symbol]:
        return frozenset(s.symbol for s in (*self.solved, *self.special))

    @cached_property
    def chart(self) -> Chart:
        chart = Chart(self.signs, (), self.numbers)
        for x, q in self.roots:
            chart = chart.with_root(x, self._on_special(q))
        return chart

    @cached_property
    def decisions(self) -> dict[tuple[str, str], Sign]:
        """Signs of fractions that were asked for before."""
        return {}

    @cached_property
    def closure(self) -> Site:
        """The site where of what holds its roots and free variables no sign but zero is excluded any more."""
        held = {*self.free, *(x for x, _ in self.roots)}
        facts = (*self.signs.facts, *self.signs.products)
        plain = [(p, v) for p, v in facts if self.ring.present(p).isdisjoint(held)]
        closed = [(p, v | ZERO) for p, v in facts if not self.ring.present(p).isdisjoint(held) and len(v | ZERO) < 3]
        return replace(self, signs=Signs(self.ring).learn_all([*plain, *closed]))

    def with_facts(self, facts: Iterable[tuple[Polynomial, Sign]]) -> Site:
        """The site with more known on it; facts are of polynomials in normal form or not."""
        signs = self.signs
        for p, sign in facts:
            top, bottom = self.normal(p)
            signs = signs.learn(top * bottom, sign)
        return replace(self, signs=signs)

    def over(self, ring: Ring) -> Site:
        """The same site in a ring with more symbols."""

        def convert_substitutions(items: Iterable[Substitution]) -> tuple[Substitution, ...]:
            return tuple(
                Substitution(s.symbol, ring.convert_from(s.top, self.ring), ring.convert_from(s.bottom, self.ring))
                for s in items
            )

        def convert_facts(items: Iterable[tuple[Polynomial, Sign]]) -> tuple[tuple[Polynomial, Sign], ...]:
            return tuple((ring.convert_from(p, self.ring), v) for p, v in items)

        signs = Signs(ring, convert_facts(self.signs.facts), convert_facts(self.signs.products), self.signs.consistent)
        roots = tuple((x, ring.convert_from(p, self.ring)) for x, p in self.roots)
        return replace(
            self,
            ring=ring,
            roots=roots,
            solved=convert_substitutions(self.solved),
            special=convert_substitutions(self.special),
            signs=signs,
        )

    def _on_special(self, q: Polynomial) -> Polynomial:
        for s in self.special:
            q = self.ring.substitute(q, s.symbol, s.top, s.bottom)
        return q


@dataclass(frozen=True)
class Chart:
    """Signs where some parameters are expressed by roots."""

    signs: Signs
    expressed: tuple[Substitution, ...]
    numbers: Mapping[Symbol, Expr] = field(default_factory=dict)

    def of(self, top: Polynomial, bottom: Polynomial) -> Sign:
        """The sign of a fraction, whose denominator does not vanish."""
        plain = multiply_signs(self.signs.of(top), self.signs.of(bottom) - ZERO)
        if len(plain) > 1:
            plain = plain & multiply_signs(self._put_expressed(top), self._put_expressed(bottom) - ZERO)
        return plain if len(plain) <= 1 else plain & multiply_signs(self._number(top), self._number(bottom) - ZERO)

    def _number(self, p: Polynomial) -> Sign:
        """The sign of an algebraic number, to as many digits as tell it from zero; unknown of anything else."""
        ring = self.signs.ring
        if p.is_zero() or not ring.present(p) <= self.numbers.keys():
            return self.signs.of(p)
        with ctx.workprec(BITS):
            balls = [enclose(self.numbers[x], BITS) if x in self.numbers else arb(0) for x in ring.symbols]
            terms = (
                prod((b ** int(k) for b, k in zip(balls, m, strict=True) if k), start=arb(c)) for m, c in p.to_dict().items()
            )
            ball = sum(terms, arb(0))
        return frozenset({1}) if ball > 0 else frozenset({-1}) if ball < 0 else UNKNOWN

    def with_root(self, x: Symbol, q: Polynomial) -> Chart:
        """One more parameter expressed by a root, where the polynomial is linear in one."""
        ring = self.signs.ring
        q = self._image(q)[0]
        used = {s.symbol for s in self.expressed}
        for symbol in reversed(ring.symbols):
            if symbol == x or symbol in used or ring.degree(q, symbol) != 1 or ring.place[symbol] < ring.place[x]:
                continue
            rest, c = ring.coefficients(q, symbol)
            if 0 not in self.signs.of(c):
                return self.with_expressed(Substitution(symbol, -rest, c))
        return self

    def image(self, p: Polynomial) -> Polynomial:
        """A polynomial in which parameters are expressed, times squares of denominators."""
        top, flips = self._image(p)
        return top * flips

    def with_expressed(self, found: Substitution) -> Chart:
        """One more symbol expressed; what was known of it is known of what it equals."""
        ring, symbol = self.signs.ring, found.symbol
        facts = (*self.signs.facts, *self.signs.products)
        kept = Signs(ring, tuple((g, v) for g, v in facts if symbol not in ring.present(g)))
        images = [(_image_one(ring, g, found), v) for g, v in facts if symbol in ring.present(g)]
        return replace(self, expressed=(*self.expressed, found), signs=kept.learn_all(images))

    def _put_expressed(self, p: Polynomial) -> Sign:
        image, flips = self._image(p)
        return multiply_signs(self.signs.of(image), self.signs.of(flips))

    def _image(self, p: Polynomial) -> Fraction:
        flips = self.signs.ring.constant(1)
        for s in self.expressed:
            if self.signs.ring.degree(p, s.symbol) % 2:
                flips = flips * s.bottom
            p = self.signs.ring.substitute(p, s.symbol, s.top, s.bottom)
        return p, flips


def _image_one(ring: Ring, p: Polynomial, s: Substitution) -> Polynomial:
    image = ring.substitute(p, s.symbol, s.top, s.bottom)
    return image * s.bottom if ring.degree(p, s.symbol) % 2 else image


def cancel_fraction(top: Polynomial, bottom: Polynomial) -> Fraction:
    """A fraction without common factor, its denominator's leading coefficient positive."""
    if top.is_zero():
        return top, bottom * 0 + 1
    if not (common := top.gcd(bottom)).is_one():
        top, bottom = top / common, bottom / common
    return (top, bottom) if int(bottom.leading_coefficient()) > 0 else (-top, -bottom)
