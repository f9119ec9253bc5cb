r"""Exact constants: rational functions of parameters, radicals, I and roots of polynomials.

A constant lives in :math:`\mathbb Q(\text{parameters})[g_1,\dots]`, where each generator stands for a radical or a root and
satisfies one polynomial relation over those before it.  :func:`normal_form` reduces modulo the relations; that this leaves
nothing proves zero, but not conversely, for relations may factor (:math:`\sqrt a\sqrt b-\sqrt{ab}`): whether a constant is
zero decides :func:`derivations.analysis.algebra.zero.vanishes`.  Radicals of numbers are made of one root of each prime, and
these are independent (Besicovitch 1940).

>>> from sympy import sqrt, symbols
>>> x = symbols("x", positive=True)
>>> normal_form(1 / (1 + sqrt(x + 1)) - (sqrt(x + 1) - 1) / x)
0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import lcm
from typing import Any

import mpmath
from sympy import QQ, Abs, Add, CRootOf, Dummy, Expr, I, Integer, Mul, NotInvertible, Poly, Pow, Rational, Symbol, nan, oo, zoo
from sympy.ntheory.factor_ import factorrat
from sympy.polys.fields import FracElement, FracField

from derivations.analysis.algebra.polynomials import Ring
from derivations.typeset.any_root import AnyRoot, PolynomialRoot, RealRoot
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError
from theory.evaluate import Point, evaluate


@dataclass(frozen=True)
class Generator:
    """A symbol for ``value``, with its relation (zero, monic in the symbol), or None if it is transcendental."""

    symbol: Symbol
    value: Expr
    relation: Expr | None = None
    degree: int = 1


# -- abstraction: an expression as a rational function of symbols and generators ------------------------------------------


@dataclass(frozen=True)
class _Table:
    """Generators by what they stand for, and for each prime number the order of its root: one root for all its radicals."""

    orders: Mapping[int, int]
    generators: dict[Any, Generator] = field(default_factory=dict)


def abstract(expressions: Iterable[Expr]) -> tuple[list[Expr], tuple[Generator, ...]]:
    """The expressions with radicals and roots replaced by symbols, and their generators, inner ones first."""
    expressions = tuple(expressions)
    table = _Table(_root_orders(expressions))
    return [_replace_roots(e, table) for e in expressions], tuple(table.generators.values())


def _root_orders(expressions: Iterable[Expr]) -> dict[int, int]:
    orders: dict[int, int] = {}
    for power in set().union(*(e.atoms(Pow) for e in expressions)):
        if power.exp.is_Rational and power.base.is_Rational and power.base > 0:
            for prime in factorrat(power.base):
                orders[prime] = lcm(orders.get(prime, 1), int(power.exp.q))
    return orders


def _replace_roots(expr: Expr, table: _Table) -> Expr:
    if isinstance(expr, Symbol | Rational):
        return expr
    if isinstance(expr, Add | Mul):
        return expr.func(*(_replace_roots(a, table) for a in expr.args))
    if isinstance(expr, Pow) and isinstance(expr.exp, Integer):
        return _replace_roots(expr.base, table) ** expr.exp
    if isinstance(expr, Pow) and isinstance(expr.exp, Rational) and isinstance(expr.base, Rational) and expr.base > 0:
        return Mul(*(_prime_power(prime, k * expr.exp, table) for prime, k in factorrat(expr.base).items()))
    if isinstance(expr, Pow) and isinstance(expr.exp, Rational):
        key = expr.base ** Rational(1, expr.exp.q)
        return _radical_symbol(key, expr.base, expr.exp.q, table) ** expr.exp.p
    return _adjoin_root(expr, table)


def _prime_power(prime: int, exponent: Rational, table: _Table) -> Expr:
    order = table.orders[prime]
    whole, part = divmod(int(exponent * order), order)
    if not part:
        return Integer(prime) ** whole
    return Integer(prime) ** whole * _radical_symbol(Integer(prime) ** Rational(1, order), Integer(prime), order, table) ** part


def _radical_symbol(key: Expr, base: Expr, q: int, table: _Table) -> Symbol:
    if (base, q) not in table.generators:
        inner = _replace_roots(base, table)
        symbol = _new_symbol(table)
        table.generators[base, q] = Generator(symbol, key, symbol**q - inner, q)
    return table.generators[base, q].symbol


def _adjoin_root(expr: Expr, table: _Table) -> Symbol:
    if expr not in table.generators:
        table.generators[expr] = _make_generator(expr, table)
    return table.generators[expr].symbol


def _make_generator(expr: Expr, table: _Table) -> Generator:
    if expr is I:
        symbol = _new_symbol(table)
        return Generator(symbol, expr, symbol**2 + 1, 2)
    if isinstance(expr, Abs) and expr.args[0].is_real:
        inner = _replace_roots(expr.args[0], table)
        symbol = _new_symbol(table)
        return Generator(symbol, expr, symbol**2 - inner**2, 2)
    if isinstance(expr, CRootOf | PolynomialRoot):
        variable = expr.args[1] if isinstance(expr, PolynomialRoot) else expr.poly.gen
        polynomial = Poly(_replace_roots(expr.args[0], table) if isinstance(expr, PolynomialRoot) else expr.expr, variable)
        symbol = _new_symbol(table)
        monic = Add(*(c / polynomial.LC() * symbol**k for (k,), c in polynomial.terms()))
        return Generator(symbol, expr, monic, polynomial.degree())
    if expr in (zoo, nan, oo, -oo):
        raise InputError("finite constants", brief(expr), "exclude the parameters at which a denominator vanishes")
    return Generator(_new_symbol(table), expr)


def _new_symbol(table: _Table) -> Symbol:
    return Dummy(f"g{len(table.generators)}")


@dataclass(frozen=True, eq=False)
class Extension:
    """Rational functions of symbols and generators, modulo the relations."""

    field: FracField
    generators: tuple[Generator, ...]

    @property
    def algebraic(self) -> tuple[Generator, ...]:
        return tuple(g for g in self.generators if g.relation is not None)

    def element(self, expr: Expr) -> FracElement:
        """The reduced element of an abstracted expression, its denominator free of generators where it is invertible."""
        found = self.read(expr)
        for generator in reversed(self.algebraic):
            found = self._reduce_by(self._rationalise(found, generator), generator)
        return found

    def read(self, expr: Expr) -> FracElement:
        """The fraction without common factors that a rational expression is, by FLINT."""
        top, bottom = (
            self.field.ring.from_dict({tuple(map(int, k)): QQ(int(c)) for k, c in p.to_dict().items()})
            for p in Ring(self.field.symbols).fraction(expr)
        )
        sign = bottom.canonical_unit()
        return self.field.raw_new(top * sign, bottom * sign)

    def restore(self, element) -> Expr:
        """The expression that an element stands for."""
        return self.expression(element.as_expr())

    def expression(self, expr: Expr) -> Expr:
        return expr.xreplace({g.symbol: g.value for g in self.generators})

    def _reduce_by(self, element: FracElement, generator: Generator) -> FracElement:
        return self._remainder(element.numer, generator) / self._remainder(element.denom, generator)

    def _remainder(self, polynomial, generator: Generator) -> FracElement:
        index = self.field.symbols.index(generator.symbol)
        if polynomial.degree(index) < generator.degree:
            return self.field(polynomial)
        g = self.field.gens[index]
        leading = g**generator.degree - self.read(generator.relation)
        total = self.field.zero
        for monomial, coefficient in polynomial.terms():
            k, rest = monomial[index], tuple(0 if i == index else e for i, e in enumerate(monomial))
            cofactor = self.field(self.field.ring({rest: coefficient}))
            turns, left = divmod(k, generator.degree)
            total += cofactor * g**left * leading**turns
        again = total.numer.degree(index) >= generator.degree
        return self._remainder(total.numer, generator) / self.field(total.denom) if again else total

    def _rationalise(self, element: FracElement, generator: Generator) -> FracElement:
        index = self.field.symbols.index(generator.symbol)
        if element.denom.degree(index) <= 0:
            return element
        others = [s for s in self.field.symbols if s != generator.symbol]
        domain = QQ.frac_field(*others) if others else QQ
        denominator, relation = (
            Poly(e, generator.symbol, domain=domain) for e in (element.denom.as_expr(), generator.relation)
        )
        try:
            return self.field(element.numer) * self.read(denominator.invert(relation).as_expr())
        except NotInvertible:
            return element


def extension_of(expressions: Iterable[Expr], also: Iterable[Symbol] = ()) -> tuple[list[Expr], Extension]:
    """The abstracted expressions and the field that holds them."""
    abstracted, generators = abstract(expressions)
    everything = [*abstracted, *(g.relation for g in generators if g.relation is not None)]
    symbols = set(also).union(*(e.free_symbols for e in everything)) - {g.symbol for g in generators}
    order = [*sorted(symbols, key=str), *(g.symbol for g in generators)]
    return abstracted, Extension(FracField(order or [Dummy()], QQ), generators)


@cache
def normal_form(expr: Expr) -> Expr:
    """A constant as one fraction, reduced modulo the relations of its radicals."""
    (abstracted,), field = extension_of([expr])
    return field.restore(field.element(abstracted))


def factor_constant(expr: Expr) -> Expr:
    """A constant as on paper: one fraction, factored with its radicals as they stand."""
    (abstracted,), field = extension_of([normal_form(expr)])
    return field.expression(abstracted.factor())


# -- numbers ----------------------------------------------------------------------------------------------------------


def numeric_value(expr: Expr, point: Mapping) -> Any:
    """The value at a point (symbols, and AnyRoots where one is to be chosen) at the working precision of mpmath."""
    (abstracted,), generators = abstract([expr])
    return evaluate(abstracted, Point({**point, **generator_values(generators, point)}))


def generator_values(generators: Iterable[Generator], point: Mapping) -> dict:
    values: dict = {}
    for g in generators:
        values[g.symbol] = _generator_value(g, {**point, **values})
    return values


def _generator_value(g: Generator, values: Mapping) -> Any:
    if g.value in values:
        return values[g.value]
    if g.value is I:
        return mpmath.mpc(0, 1)
    if isinstance(g.value, Pow):
        return mpmath.root(evaluate(g.symbol**g.degree - g.relation, Point(values)), g.degree)
    if isinstance(g.value, Abs):
        return mpmath.sqrt(evaluate(g.symbol**2 - g.relation, Point(values)))
    if isinstance(g.value, RealRoot):
        return g.value.choose_from(roots_at(g, values))
    if isinstance(g.value, AnyRoot):
        return roots_at(g, values)[0]
    if isinstance(g.value, CRootOf):
        return _root_by_number(g.value, mpmath.mp.dps)
    number = g.value.subs({k: v for k, v in values.items() if isinstance(k, Symbol)}).evalf(mpmath.mp.dps + 5)
    return mpmath.mpmathify(number)


@cache
def _root_by_number(root: CRootOf, digits: int):
    """SymPy tells which root it is, mpmath its digits."""
    near = _approximate_root(root)
    return min(polynomial_roots([int(c) for c in root.poly.all_coeffs()]), key=lambda z: abs(z - near))


@cache
def _approximate_root(root: CRootOf):
    return mpmath.mpmathify(root.evalf(10))


def roots_at(generator: Generator, values: Mapping) -> list:
    """The numbers among which a root of a polynomial with parameters may be chosen."""
    coefficients = Poly(generator.relation, generator.symbol).all_coeffs()
    return polynomial_roots([evaluate(c, Point(values)) for c in coefficients])


def polynomial_roots(coefficients: list) -> list:
    """The roots of a polynomial, leading coefficient first, to the working precision."""
    try:
        return list(mpmath.polyroots(coefficients, maxsteps=600, extraprec=mpmath.mp.prec))
    except mpmath.libmp.NoConvergence as problem:
        raise UnfinishedError("the roots of a polynomial did not converge: choose other values of the parameters") from problem
