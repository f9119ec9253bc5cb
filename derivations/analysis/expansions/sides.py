r"""On which side of zero a real constant lies: proved from what is known of signs, or one inequality that tells it.

Constants are generic, so that what is nowhere negative is positive.  Radicals and roots of polynomials count as further
symbols, whose signs are known where their radicands' or coefficients' are; :math:`A+B\sqrt D` has the sign of :math:`A`
where :math:`A^2>B^2D`.

>>> from sympy import symbols
>>> p, q = symbols("p q", real=True)
>>> b = symbols("b", positive=True)
>>> positive_condition((p**2 + b) / (p + q) ** 2, Region()), positive_condition(b * p * q**2, Region())
(True, p > 0)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise, product

import mpmath
from sympy import Abs, And, Dummy, Expr, Gt, Mul, Poly, Pow, S, sympify
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.algebraic import Generator, abstract, extension_of, normal_form, numeric_value
from derivations.analysis.algebra.polynomials import Ring, factor_polynomial
from derivations.analysis.algebra.zero import Region
from derivations.analysis.sites.assumptions import RELATIONS, signs_from
from derivations.analysis.sites.conditions import readable_relation
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, POSITIVE, UNKNOWN, ZERO, Sign, multiply_signs
from derivations.analysis.sites.signs import Signs
from derivations.typeset.any_root import PolynomialRoot, RealRoot
from theory.errors import InputError

DIGITS = 60
MANY = 8  # unknown signs of coefficients beyond which changes of sign are not counted


def positive_condition(value: Expr, region: Region) -> Boolean | Relational:
    """``value > 0`` for a real value that is not zero: true, false, or an inequality without what is known already."""
    known = signs_of(value, region)
    if known <= NONNEGATIVE:
        return S.true
    return S.false if known <= NONPOSITIVE else _positive_inequality(value, region)


def is_consistent(region: Region) -> bool:
    """Whether the assumptions of a region do not contradict each other as far as their signs tell."""
    try:
        _sign_oracle((), region)
    except InputError:
        return False
    return True


def signs_of(value: Expr, region: Region) -> Sign:
    """The signs that a real constant may have; of a number that is not zero, its sign."""
    if not value.free_symbols:
        return _sign_of_number(value)
    (abstracted,), generators = abstract([value])
    if any(not _is_real(g, region) for g in generators):
        return UNKNOWN
    known = _plain_signs(abstracted, generators, region)
    return known if len(known) == 1 else known & _beside_square_root(value, region)


def _sign_of_number(value: Expr) -> Sign:
    if value == 0:
        return ZERO
    digits = DIGITS
    while True:
        with mpmath.workdps(digits):
            number = mpmath.re(numeric_value(value, {}))
            if abs(number) > mpmath.mpf(10) ** (-digits // 2):
                return POSITIVE if number > 0 else NEGATIVE
        digits *= 2


def _is_real(g: Generator, region: Region) -> bool:
    if isinstance(g.value, Pow):
        return positive_condition(g.value.base, region) is S.true
    return isinstance(g.value, RealRoot | Abs) or g.value.is_real is True


# -- the oracle of signs --------------------------------------------------------------------------------------------------


def _sign_oracle(expressions: Iterable[Expr], region: Region) -> Signs:
    """What is known of signs in the symbols of expressions and of a region, as far as that is rational."""
    parts = [part for a in region.assumptions for part in And.make_args(sympify(a, strict=True))]
    rational = [r for r in parts if type(r) in RELATIONS and (r.lhs - r.rhs).is_rational_function()]
    if region.small is not None:
        rational.append(Gt(region.small, 0))
    stated = [r for r in rational if isinstance(r, Relational)]
    symbols = set().union(*(e.free_symbols for e in expressions), *(r.free_symbols for r in stated))
    return signs_from(Ring(tuple(sorted(symbols, key=str))), stated)


def _plain_signs(abstracted: Expr, generators: Sequence[Generator], region: Region) -> Sign:
    named = abstracted.xreplace({g.symbol: Dummy(g.symbol.name, **_symbol_assumption(g, region)) for g in generators})
    try:
        oracle = _sign_oracle([named], region)
        top, bottom = oracle.ring.fraction(named)
    except InputError:  # assumptions that contradict each other
        return UNKNOWN
    return multiply_signs(oracle.of(top), oracle.of(bottom) - ZERO)


def _symbol_assumption(g: Generator, region: Region) -> dict[str, bool]:
    if isinstance(g.value, Pow | Abs):
        return {"positive": True}
    sign = _sign_of_root(g.value, region) if isinstance(g.value, RealRoot) else signs_of(g.value, region)
    return {"positive": True} if sign == POSITIVE else {"negative": True} if sign == NEGATIVE else {"real": True}


def _beside_square_root(value: Expr, region: Region) -> Sign:
    """The sign of a fraction whose numerator is A + B √D."""
    (abstracted,), field = extension_of([normal_form(value)])
    top, bottom = abstracted.together().as_numer_denom()
    for g in reversed(field.algebraic):
        if g.degree != 2 or isinstance(g.value, PolynomialRoot) or bottom.has(g.symbol) or not top.has(g.symbol):
            continue
        rows = Poly(top, g.symbol).all_coeffs()
        if len(rows) != 2:
            return UNKNOWN
        b, a = (field.expression(row) for row in rows)
        one, other = (signs_of(normal_form(e), region) for e in (a, b))
        square = normal_form(a**2 - b**2 * g.value**2)
        first = multiply_signs(one, signs_of(square, region)) if square != 0 else UNKNOWN
        inner = one if one == other or a == 0 else first if multiply_signs(one, other) == NEGATIVE else UNKNOWN
        return multiply_signs(inner, signs_of(field.expression(bottom), region)) if inner != UNKNOWN else UNKNOWN
    return UNKNOWN


def _positive_inequality(value: Expr, region: Region) -> Relational:
    """``value > 0`` by the factors of odd power whose signs are not known."""
    (abstracted,), generators = abstract([normal_form(value)])
    names = {g.symbol: Dummy(g.symbol.name, **_symbol_assumption(g, region)) for g in generators}
    named = abstracted.xreplace(names)
    oracle = _sign_oracle([named], region)
    top, bottom = oracle.ring.fraction(named)
    content, factors = factor_polynomial(top * bottom)
    sign, rest = POSITIVE if content > 0 else NEGATIVE, []
    for f, m in factors:
        known = oracle.of(f)
        if m % 2 and (known <= NONNEGATIVE or known <= NONPOSITIVE):
            sign = multiply_signs(sign, known - ZERO)
        elif m % 2:
            rest.append(oracle.ring.expr(f))
    found = readable_relation(Gt(Mul(*rest) if sign == POSITIVE else _negate_product(rest), 0))
    return found.xreplace({name: g.value for g, name in zip(generators, names.values(), strict=True)})


def _negate_product(factors: Sequence[Expr]) -> Expr:
    first, *others = factors
    return Mul((-first).expand(), *others)


# -- signs of roots, by Descartes' rule -----------------------------------------------------------------------------------


def count_changes(coefficients: Sequence[Expr], region: Region) -> frozenset[int]:
    """How often the signs of coefficients may change."""
    known = [signs_of(a, region) for a in coefficients if a != 0]
    if sum(len(sign) > 1 for sign in known) > MANY:
        return frozenset(range(len(known)))
    choices = ([s for s in row if s] for row in product(*known))
    return frozenset(sum(a != b for a, b in pairwise(row)) for row in choices)


def mirror_coefficients(coefficients: Sequence[Expr]) -> list[Expr]:
    """The polynomial at the negative of its variable, coefficients by rising power."""
    return [-a if k % 2 else a for k, a in enumerate(coefficients)]


def _sign_of_root(root: RealRoot, region: Region) -> Sign:
    """Where one side of zero is known to hold no root, or one, the sign of each."""
    polynomial, variable, number, count = root.args
    coefficients = Poly(polynomial, variable).all_coeffs()[::-1]
    above, below = count_changes(coefficients, region), count_changes(mirror_coefficients(coefficients), region)
    if above in ({0}, {1}):
        return POSITIVE if number >= count - min(above) else NEGATIVE
    if below in ({0}, {1}):
        return NEGATIVE if number < min(below) else POSITIVE
    return UNKNOWN
