"""Fixed points at exact values of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from sympy import Basic, Expr, Poly, Rational, S, Symbol

from derivations.analysis.algebra.polynomials import Ring, exact_number
from derivations.analysis.algebra.quotient import quotient
from derivations.analysis.algebra.zero import vanishes
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError

if TYPE_CHECKING:
    from derivations.analysis.points.fixed_points import FixedPoint

Values = Mapping[Symbol, Expr]
DIGITS = 60


def exact(parameters: Mapping) -> dict[Basic, Expr]:
    """Values of parameters as rational numbers."""
    given = {}
    for symbol, value in parameters.items():
        try:
            given[symbol] = exact_number(value)
        except ValueError:
            raise InputError(f"an exact rational value for {symbol}", brief(value), "write it as a fraction") from None
    return given


def instances(points: Iterable[FixedPoint], given: Mapping[Basic, Expr]) -> list[dict[Symbol, Expr]]:
    """The isolated real points, each once, without those that lie on a family."""
    points, found = tuple(points), list[dict[Symbol, Expr]]()
    if not given:  # leaves without parameters hold nothing twice
        return [dict(point.values) for point in points if not point.free]
    families = [p for p in points if p.free]
    for point in points:
        for values in () if point.free else _at(point, given):
            if not any(_same(values, other) for other in found) and not any(_holds(f, values, given) for f in families):
                found.append(values)
    return found


def real_roots(polynomial: Expr, x: Symbol) -> list[Expr]:
    p = Poly(polynomial, x)
    if p.domain.is_ZZ or p.domain.is_QQ:
        return sorted(set(p.real_roots()))
    raise UnfinishedError(f"real roots of {brief(polynomial)}, whose coefficients are no rational numbers, are not isolated")


def _at(point: FixedPoint, given: Mapping[Basic, Expr]) -> Iterator[dict[Symbol, Expr]]:
    """The real values of an isolated point."""
    unknown = set(point.roots)
    if not all(_true(c.xreplace(given)) for c in point.conditions if not c.free_symbols & unknown):
        return
    for roots in _roots(point, given) if unknown else [{}]:
        if all(_true(c.xreplace(given).xreplace(roots)) for c in point.conditions if c.free_symbols & unknown):
            yield {x: v.xreplace(given).xreplace(roots) for x, v in point.values.items()}


def _roots(point: FixedPoint, given: Mapping[Basic, Expr]) -> Iterator[dict[Symbol, Expr]]:
    """Values of the roots that stay polynomials, beside those of the others."""
    site, special = point.site, {s.symbol: given[s.symbol] for s in point.site.special}
    ring = Ring(site.state)
    polynomials = [ring.numerator(site.ring.expr(p).xreplace({**given, **special})) for _, p in site.roots]
    algebra = quotient(ring, polynomials)
    if algebra is None:
        raise UnfinishedError(f"the roots {', '.join(map(str, point.roots))} are not isolated at these parameters")
    found = [values for field in algebra.fields() for values in field.real_points]
    for x, _ in site.roots:
        if x not in point.roots and found:
            known = _decimal(point.values[x].xreplace(given))
            nearest = min(abs(_decimal(values[x]) - known) for values in found)
            found = [v for v in found if abs(_decimal(v[x]) - known) <= 2 * nearest]
    yield from ({x: values[x] for x in point.roots} for values in found)


def _holds(family: FixedPoint, values: Values, given: Mapping[Basic, Expr]) -> bool:
    """Whether a point lies on a family."""
    place = {x: values[x] for x in (*family.free, *family.roots)}
    conditions = [c.xreplace(given).xreplace(place) for c in family.conditions]
    if not all(map(_true, conditions)):
        return False
    expected = {x: v.xreplace(given).xreplace(place) for x, v in family.values.items()}
    defining = [p.xreplace(given).xreplace(place) for p in family.roots.values()]
    return _same(values, expected) and all(map(vanishes, defining))


def _same(one: Values, other: Values) -> bool:
    return all(a == other[x] or _near(a, other[x]) for x, a in one.items()) and all(
        a == other[x] or vanishes(a - other[x]) for x, a in one.items()
    )


def _near(a: Expr, b: Expr) -> bool:
    return bool(abs(_decimal(a) - _decimal(b)) < Rational(1, 10 ** (DIGITS // 2)))


@lru_cache(maxsize=1024)
def _decimal(value: Expr) -> Expr:
    return value.evalf(DIGITS)


def _true(condition) -> bool:
    return condition == S.true or (condition != S.false and bool(condition))
