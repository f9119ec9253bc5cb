r"""Inequalities, reduced: only the factors whose sign is not known already, the others' signs taken into account.

A number :math:`y=u+vx` with a root :math:`x` of degree two is one of the two roots of :math:`y^2-Ty+N`: the smaller one is
positive iff :math:`T>0` and :math:`N>0`, the larger one iff :math:`T>0` or :math:`N<0`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from sympy import Add, Expr, Integer, Poly, PolynomialError, S, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.polynomials import Polynomial, Ring, factor_polynomial
from derivations.analysis.sites.assumptions import RELATIONS
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NONZERO, POSITIVE, ZERO, Sign, multiply_signs
from derivations.analysis.sites.site import Fraction, Site
from theory.errors import InputError

TERMS = 4  # up to which a relation is written with terms on both sides
EVALUATED = 60  # operations of a relation up to which SymPy looks for its truth
SIMPLE = 30  # of conditions that are solved for a parameter, and of which it is asked whether one follows from the others
FLIPPED = {Ge: Le, Gt: Lt, Le: Ge, Lt: Gt, Eq: Eq, Ne: Ne}


def reduce_inequality(site: Site, value: Fraction, strict: bool) -> Boolean | Relational:
    """``value > 0`` (or ``>= 0``) on the site, as true, false or one inequality between polynomials."""
    found = inequalities(site, value, strict, {})
    if len(found) > 1:
        return S.false if S.false in found else _state_inequality(site, value, strict or 0 not in decide_sign(site, value), {})
    return found[0] if found else S.true


def inequalities(site: Site, value: Fraction, strict: bool, values: Mapping[Symbol, Expr]) -> list[Boolean]:
    """``value > 0`` (or ``>= 0``) on the site as inequalities that all hold, roots in them at ``values``; none where it holds
    anyway.  Roots of degree two are avoided where their conjugates tell as much."""
    known = decide_sign(site, value)
    strict = strict or 0 not in known
    if known <= (POSITIVE if strict else NONNEGATIVE):
        return []
    if known <= (NONPOSITIVE if strict else NEGATIVE):
        return [S.false]
    found = _conjugate_pair(site, value)
    if found is None:
        return [_state_inequality(site, value, strict, values)]
    total, norm, is_larger = found
    if not is_larger:
        both = (*inequalities(site, total, strict, values), *inequalities(site, norm, strict, values))
        return [S.false] if S.false in both else list(both)
    of_total, of_norm = decide_sign(site, total), decide_sign(site, norm)
    if of_total <= (POSITIVE if strict else NONNEGATIVE) or of_norm <= (NEGATIVE if strict else NONPOSITIVE):
        return []
    if of_norm <= (NONNEGATIVE if strict else POSITIVE):
        return inequalities(site, total, strict, values)
    if of_total <= NONPOSITIVE:
        return inequalities(site, (-norm[0], norm[1]), strict, values)
    return [_state_inequality(site, value, strict, values)]


def _conjugate_pair(site: Site, value: Fraction) -> tuple[Fraction, Fraction, bool] | None:
    """Sum and product of a number and its conjugate in the last root of degree two that it holds, and whether it is the
    larger; None where it holds no such root, or that is not known."""
    ring, (top, bottom) = site.ring, site.rational(value)
    top, bottom = site.normal(top * bottom)
    p = top * bottom
    last = next(((x, q) for x, q in reversed(site.roots) if ring.degree(p, x) > 0), None)
    if last is None:
        return None
    x, q = last[0], site._on_special(last[1])
    if ring.degree(q, x) != 2 or ring.degree(p, x) != 1:
        return None
    (c, b, a), (u, v) = ring.coefficients(q, x), ring.coefficients(p, x)
    gap = multiply_signs(site.sign(v), multiply_signs(site.sign(ring.derivative(q, x)), site.sign(a)))
    if not (gap <= NONNEGATIVE or gap <= NONPOSITIVE):
        return None
    total, norm = site.normal(a * (2 * u * a - v * b)), site.normal(a * (u * u * a - u * v * b + v * v * c))
    return total, norm, gap <= NONNEGATIVE


def _state_inequality(site: Site, value: Fraction, strict: bool, values: Mapping[Symbol, Expr]) -> Boolean:
    rest, sign = undecided_part(site, value)
    if rest is None:
        return S.true if sign <= (POSITIVE if strict else NONNEGATIVE) else S.false
    if rest.is_Pow and strict == (sign == POSITIVE):
        return (Ne if strict else Eq)(rest.base.xreplace(values), 0)
    shown = (rest if sign == POSITIVE else negate_expression(rest)).xreplace(values)
    return _relation_of(Gt if strict else Ge, shown, S.Zero)


def undecided_part(site: Site, value: Fraction) -> tuple[Expr | None, Sign]:
    """The product of the factors of unknown sign, and the sign of the others' product; None where all is known."""
    top, bottom = value
    whole = site.chart.of(top, bottom)
    if len(whole) == 1:
        return None, whole
    rest, sign = Integer(1), POSITIVE
    one, single = site.ring.constant(1), site.ring.constant(1)
    for p, is_bottom in ((top, False), (bottom, True)):
        content, factors = factor_polynomial(p)
        sign = multiply_signs(sign, POSITIVE if content > 0 else NEGATIVE)
        for f, m in factors:
            known = decide_sign(site, (f, one)) - (ZERO if is_bottom else frozenset())
            if m % 2 == 0 and known <= NONZERO:
                continue
            if len(known) == 1 and known != ZERO:
                sign = multiply_signs(sign, known if m % 2 else POSITIVE)
            elif m % 2:
                single = single * f
            else:
                rest *= site.ring.expr(f) ** 2
    for product, known in site.chart.signs.products:  # products whose sign is known and those of their factors are not
        quotient, remainder = divmod(single, product)
        if remainder.is_zero() and known in (POSITIVE, NEGATIVE):
            single, sign = quotient, multiply_signs(sign, known)
    for f in site.ring.factors(single):
        rest *= site.ring.expr(f)
    return rest, sign if factor_polynomial(single)[0] > 0 else multiply_signs(sign, NEGATIVE)


def readable_relation(relation: Boolean) -> Boolean:
    r"""The same relation, solved for the parameter that it is linear in with a number as coefficient; where there is none
    such, or more than one, with its negative terms on the other side.

    >>> from sympy.abc import a, b, c
    >>> [readable_relation(r) for r in (-4 * a + b**2 >= 0, -a - b >= -1, 1 - a * b > 0, -a * (b - 1) > 0)]
    [a <= b**2/4, a + b <= 1, a*b < 1, a*(b - 1) < 0]
    """
    if not isinstance(relation, Relational):
        return relation
    kind, expr = relation.func, relation.lhs - relation.rhs
    if expr.is_Mul and any(f.is_Add for f in expr.args):
        return _against_zero(kind, expr)
    if len(Add.make_args(expr)) > SIMPLE:
        return _balance_terms(kind, expr)
    try:
        candidates = _linear_symbols(expr)
    except PolynomialError:
        return relation
    if len(candidates) == 1:
        ((x, c),) = candidates
        return _relation_of(kind if c > 0 else FLIPPED[kind], x, (x - expr / c).expand())
    return _balance_terms(kind, expr)


def _linear_symbols(expr: Expr) -> list[tuple[Symbol, Expr]]:
    """The symbols that occur in one term alone, which is linear, with the numbers that they are multiplied by."""
    symbols = sorted(expr.free_symbols, key=str)
    terms = Poly(expr, *symbols).terms() if symbols else []
    occurring = [[(powers, c) for powers, c in terms if powers[i]] for i in range(len(symbols))]
    return [(x, held[0][1]) for x, held in zip(symbols, occurring, strict=True) if len(held) == 1 == sum(held[0][0])]


def _balance_terms(kind: type[Relational], expr: Expr) -> Boolean:
    """Terms with positive coefficients against the others, and numbers on the right; many terms all on the left."""
    terms = Add.make_args(expr.expand())
    if len(terms) > TERMS:
        return _against_zero(kind, expr)
    left = [t for t in terms if not t.is_number and not t.could_extract_minus_sign()]
    if not left:
        return _balance_terms(FLIPPED[kind], -expr)
    return _relation_of(kind, Add(*left), Add(*left) - Add(*terms))


def _against_zero(kind: type[Relational], expr: Expr) -> Boolean:
    """A relation with all on the left, the sign that is in front of it taken out."""
    return _relation_of(FLIPPED[kind], -expr, S.Zero) if expr.could_extract_minus_sign() else _relation_of(kind, expr, S.Zero)


def _relation_of(kind: type[Relational], left: Expr, right: Expr) -> Boolean:
    """A relation; whether it holds by the assumptions on symbols is looked into where both sides are short."""
    return kind(left, right, evaluate=left.count_ops() + right.count_ops() <= EVALUATED)


def stated_signs(ring: Ring, conditions: Iterable[Relational]) -> Iterator[tuple[Polynomial, Sign]]:
    """What relations say of the signs of polynomials of a ring; those with radicals say nothing here."""
    for c in conditions:
        if type(c) in RELATIONS:
            with suppress(InputError):
                top, bottom = ring.fraction(c.lhs - c.rhs)
                yield top * bottom, RELATIONS[type(c)]


def independent_conditions(site: Site, conditions: Iterable[Relational]) -> tuple[Relational, ...]:
    """The conditions without repeats, and without what follows from the others."""
    every = list(dict.fromkeys(conditions))
    kept = [c for c in every if c.free_symbols <= site.ring.place.keys() and not isinstance(c, Eq)]
    named = [c for c in every if c not in kept]
    for c in sorted(kept, key=lambda r: -r.lhs.count_ops()):
        others = [o for o in kept if o != c]
        stated = [site.ring.numerator(o.lhs - o.rhs) for o in (c, *others) if o is c or isinstance(o, Gt)]
        if any(len(p) > SIMPLE for p in stated):
            continue
        known = site.with_facts((p, POSITIVE) for p in stated[1:])
        if decide_sign(known, known.fraction(c.lhs - c.rhs)) <= (NONZERO if isinstance(c, Ne) else POSITIVE):
            kept = others
    return (*kept, *named)


def negate_expression(expr: Expr) -> Expr:
    """The negative, with the sign drawn into one factor."""
    first, *others = expr.as_ordered_factors()
    result = (-first).expand() if first.is_Add else -first
    for other in others:
        result *= other
    return result
