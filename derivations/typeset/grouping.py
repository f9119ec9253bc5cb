r"""Expressions grouped as a person would write them: for display only, of the same value, not for further computing.

Common factors stand in front of sums, signs in front of products or inside their differences, and square roots of positive
symbols under one root.  Nothing is expanded or factored beyond that, unless :func:`group_terms` is told what to collect in.

>>> from sympy import sqrt, symbols
>>> from theory.latex import tex
>>> mu, gamma, kappa, lam, v, w = symbols("mu gamma kappa lambda v w", positive=True)
>>> print(tex(group_terms(-v * w * (w - mu))))
v w \left(\mu - w\right)
>>> print(tex(group_terms(sqrt(kappa) * (mu / 2 + sqrt(mu**2 - 4 * lam) / 2) / (sqrt(gamma) * sqrt(lam)))))
\tfrac{1}{2} \sqrt{\frac{\kappa}{\gamma \lambda}} \left(\mu + \sqrt{\mu^{2} - 4 \lambda}\right)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from math import gcd, lcm, prod

from sympy import Add, Basic, Expr, Function, Mul, Order, Poly, PolynomialError, Pow, Rational, S, Symbol, preorder_traversal

from theory.printing import AsWritten

LONGEST = 5000  # parts of an expression that is grouped
HIGHEST = 1000  # exponent of a product that is taken into its factors


@dataclass(frozen=True)
class Product:
    """``coefficient`` times the product of ``base**exponent``."""

    coefficient: Rational
    powers: Mapping[Expr, Expr]

    def times(self, other: Product) -> Product:
        return Product(self.coefficient * other.coefficient, _add_powers((*self.powers.items(), *other.powers.items())))

    def to_the(self, exponent: int) -> Product:
        return Product(self.coefficient**exponent, {b: e * exponent for b, e in self.powers.items()})


ONE = Product(S.One, {})


def group_terms(expr: Basic, by: Iterable[Symbol] = ()) -> Basic:
    """An expression of the same value, grouped; a polynomial in the symbols ``by`` is collected in them.

    Matrices, what does not commute, the insides of unknown kinds of expressions, and what is too long to be read in one piece
    are left as they are.
    """
    if not isinstance(expr, Expr) or not expr.is_commutative or expr.is_Atom or _is_long(expr):
        return expr
    return _collect_powers(expr, tuple(by)) if tuple(by) else _group_uncollected(expr)


def group_each_term(expr: Basic) -> Basic:
    """A sum whose terms stay apart and in their order, each grouped; another expression as :func:`group_terms` has it."""
    whole = not isinstance(expr, Add) or expr.has(Order) or _is_long(expr)
    return group_terms(expr) if whole else _group_written(expr)


def _group_written(expr: Add) -> Expr:
    terms = expr.args if isinstance(expr, AsWritten) else expr.as_ordered_terms()
    return AsWritten(*map(group_terms, terms), evaluate=False)


def _is_long(expr: Expr) -> bool:
    return next(islice(preorder_traversal(expr), LONGEST, None), None) is not None


def _collect_powers(expr: Expr, by: tuple[Symbol, ...]) -> Expr:
    order = [t for t in Add.make_args(expr) if isinstance(t, Order)]
    coefficients: dict[Expr, list[Expr]] = {}
    for coefficient, monomial in _monomials(Add(*(t for t in Add.make_args(expr) if t not in order)), by):
        coefficients.setdefault(monomial, []).append(coefficient)
    products = [_product_of(Add(*c)).times(_product_of(m)) for m, c in coefficients.items()]
    terms = [
        t
        for p, m in zip(products, coefficients, strict=True)
        for t in (_constant_terms(p) if m == 1 else [_assemble_product(p)])
    ]
    return AsWritten(*terms, *order, evaluate=False) if len(terms) + len(order) > 1 else terms[0]


def _constant_terms(product: Product) -> tuple[Expr, ...]:
    return Add.make_args(_write_product(product))


def _monomials(expr: Expr, by: tuple[Symbol, ...]) -> list[tuple[Expr, Expr]]:
    """Coefficients and monomials, highest first; where there are other functions of ``by``, of the terms as they stand."""
    try:
        terms = Poly(expr, *by).terms()
    except PolynomialError:
        return [t.as_independent(*by, as_Add=False) for t in Add.make_args(expr)]
    return [(c, Mul(*(x**k for x, k in zip(by, powers, strict=True)))) for powers, c in terms]


@cache
def _group_uncollected(expr: Expr) -> Expr:
    if isinstance(expr, AsWritten):
        return _group_written(expr)
    if isinstance(expr, Add):
        return _write_product(_sum_product(expr))
    if isinstance(expr, Mul | Pow):
        return _assemble_product(_product_of(expr))
    if isinstance(expr, Function) and expr.args:
        return expr.func(*(group_terms(a) for a in expr.args), evaluate=False)
    return expr


# -- products -----------------------------------------------------------------------------------------------------------


def _product_of(expr: Expr) -> Product:
    """An expression as a product, content and common factors of its sums pulled out."""
    found = ONE
    for factor in Mul.make_args(expr):
        found = found.times(_factor_product(factor))
    return found


def _factor_product(expr: Expr) -> Product:
    if isinstance(expr, Rational):
        return Product(expr, {})
    if isinstance(expr, Mul):
        return _product_of(expr)
    if isinstance(expr, Add):
        return _sum_product(expr)
    if isinstance(expr, Pow):
        return _power_product(expr)
    return Product(S.One, {_group_uncollected(expr): S.One})


def _power_product(expr: Pow) -> Product:
    base, exponent = expr.args
    if exponent.is_Integer and base != 0 and abs(exponent.p) <= HIGHEST:
        return _product_of(base).to_the(exponent)
    if not exponent.is_Rational:
        return Product(S.One, {Pow(_group_uncollected(base), group_terms(exponent), evaluate=False): S.One})
    inside = _product_of(base)
    for found in (_clear_denominators(inside), inside):
        root = abs(found.coefficient) ** exponent
        if found.coefficient != 0 and root.is_Rational:
            sign = found.coefficient / abs(found.coefficient)
            return Product(root, {_write_product(Product(sign, found.powers)): exponent})
    return Product(S.One, {_write_product(inside): exponent})


def _clear_denominators(product: Product) -> Product:
    """A product with a sum, the denominators of whose terms are pulled in front."""
    ((base, exponent),) = product.powers.items() if len(product.powers) == 1 else ((S.One, S.One),)
    if not isinstance(base, Add) or exponent != 1 or base.has(Order):
        return product
    terms = [_product_of(t) for t in base.args]
    denominator = lcm(*(t.coefficient.q for t in terms))
    scaled = _add_terms([_assemble_product(Product(t.coefficient * denominator, t.powers)) for t in terms])
    return Product(product.coefficient / denominator, {scaled: S.One})


def _add_powers(powers: Iterable[tuple[Expr, Expr]]) -> dict[Expr, Expr]:
    found: dict[Expr, Expr] = {}
    for base, exponent in powers:
        found[base] = found.get(base, S.Zero) + exponent
    return {b: e for b, e in found.items() if e != 0 and b != 1}


def _assemble_product(product: Product) -> Expr:
    coefficient, powers = _orient_sign(product.coefficient, _under_one_root(product.powers))
    factors = [_write_power(b, e) for b, e in powers.items()]
    if coefficient == 0 or not factors:
        return coefficient
    factors = [f for factor in factors for f in Mul.make_args(factor)]
    whole = coefficient * prod(f for f in factors if f.is_Rational)
    others = [f for f in factors if not f.is_Rational]
    return _multiply_factors(([] if whole == 1 and others else [whole]) + others)


def _multiply_factors(factors: list[Expr]) -> Expr:
    return factors[0] if len(factors) == 1 else Mul(*factors, evaluate=False)


def _write_power(base: Expr, exponent: Expr) -> Expr:
    if exponent == 1:
        return base
    if exponent.is_negative and exponent != -1:  # a denominator that the printer need not evaluate
        return Pow(_write_power(base, -exponent), -1, evaluate=False)
    return Pow(base, exponent, evaluate=False)


def _under_one_root(powers: Mapping[Expr, Expr]) -> dict[Expr, Expr]:
    r"""Square roots of what is positive, and of one factor more, as one root of a fraction."""
    halves = [b for b, e in powers.items() if e.is_Rational and e.q == 2]
    above = [b for b in halves if powers[b] > 0 and b.is_nonnegative]
    unknown = [b for b in halves if powers[b] > 0 and not b.is_nonnegative][:1]
    below = [b for b in halves if powers[b] < 0 and b.is_positive]
    above += unknown
    if len(above) + len(below) < 2:
        return dict(powers)
    whole = {b: S(int(e)) if b in (*above, *below) else e for b, e in powers.items()}
    sign = 1 if above else -1
    radicand = {b: S(sign) for b in above} | {b: S(-sign) for b in below}
    return _add_powers([*whole.items(), (_assemble_product(Product(S.One, radicand)), S(sign) / 2)])


# -- sums ---------------------------------------------------------------------------------------------------------------


def _write_product(product: Product) -> Expr:
    """A product that stands alone: the mere negative of a sum has its sign in the terms."""
    if product.coefficient == -1 and len(product.powers) == 1:
        ((base, exponent),) = product.powers.items()
        if exponent == 1 and isinstance(base, Add):
            return _negate_terms(base)
    return _assemble_product(product)


@cache
def _sum_product(expr: Add) -> Product:
    if isinstance(expr, AsWritten):
        return Product(S.One, {_group_written(expr): S.One})
    if expr.has(Order):
        return Product(S.One, {_add_terms([_group_uncollected(t) for t in expr.args]): S.One})
    terms = [_product_of(t) for t in expr.args]
    content = _common_content([t.coefficient for t in terms])
    common = _common_factors([t.powers for t in terms])
    inverse = Product(content, common).to_the(-1)
    rest = _add_terms([_assemble_product(t.times(inverse)) for t in terms])
    return Product(content, _add_powers((*common.items(), (rest, S.One))))


def _common_content(coefficients: list[Rational]) -> Rational:
    """What a person pulls in front: integers, or a denominator that all terms have; a sign if all have it."""
    denominators = {c.q for c in coefficients}
    pulled = min(denominators) if len(denominators) == 1 else 1
    whole = gcd(*(int(c * pulled) for c in coefficients)) if max(denominators) <= pulled else 1
    sign = -1 if all(c < 0 for c in coefficients) else 1
    return Rational(sign * whole, pulled)


def _common_factors(terms: list[Mapping[Expr, Expr]]) -> dict[Expr, Expr]:
    """The factors of all terms, with rational exponents of one sign."""
    found = {}
    for base in terms[0]:
        exponents = [t.get(base, S.Zero) for t in terms]
        if all(e.is_Rational and e > 0 for e in exponents) or all(e.is_Rational and e < 0 for e in exponents):
            found[base] = min(exponents)
    return found


def _add_terms(terms: list[Expr]) -> Expr:
    """The sum of terms, those that differ by a number alone put together."""
    counts: dict[Expr, Rational] = {}
    flat = [t for term in terms for t in Add.make_args(term)]
    for number, rest in (t.as_coeff_Mul() for t in flat):
        counts[rest] = counts.get(rest, S.Zero) + number
    if len(counts) < len(flat):
        flat = [_assemble_product(Product(n, {rest: S.One})) for rest, n in counts.items() if n != 0] or [S.Zero]
    return flat[0] if len(flat) == 1 else Add(*flat, evaluate=False)


# -- signs --------------------------------------------------------------------------------------------------------------


def _orient_sign(coefficient: Rational, powers: Mapping[Expr, Expr]) -> tuple[Rational, dict[Expr, Expr]]:
    r"""A minus in front goes into a difference without roots; under an even power, the sign with fewer minuses is taken."""
    found: dict[Expr, Expr] = {}
    for base, exponent in powers.items():
        even = exponent.is_Integer and exponent % 2 == 0
        absorbs = coefficient < 0 and exponent == 1 and _count_minuses(base) >= 0 and not _has_root(base)
        if isinstance(base, Add) and ((even and _count_minuses(base) > 0) or (absorbs and not even)):
            base, coefficient = _negate_terms(base), coefficient if even else -coefficient
        found[base] = found.get(base, S.Zero) + exponent
    return coefficient, found


def _count_minuses(expr: Expr) -> int:
    """How many more terms have a minus than have none."""
    return sum(1 if t.as_coeff_Mul()[0] < 0 else -1 for t in Add.make_args(expr))


def _has_root(expr: Expr) -> bool:
    return any(p.exp.is_Rational and not p.exp.is_Integer for p in expr.atoms(Pow))


def _negate_terms(expr: Expr) -> Expr:
    terms = [_negate_term(t) for t in Add.make_args(expr)]
    return AsWritten(*terms, evaluate=False) if isinstance(expr, AsWritten) else _add_terms(terms)


def _negate_term(expr: Expr) -> Expr:
    if expr.is_Number:
        return -expr
    number, *others = Mul.make_args(expr)
    if not number.is_Number:
        number, others = S.One, [number, *others]
    return _multiply_factors(others) if number == -1 else Mul(-number, *others, evaluate=False)
