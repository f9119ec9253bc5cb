"""Fixed points at exact values of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from sympy import Basic, Expr, Rational, S, Symbol

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.quotient import quotient_algebra
from derivations.analysis.algebra.zero import vanishes
from derivations.analysis.points.numbers import DIGITS, has_sign, is_true
from derivations.analysis.points.point import FixedPoint
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow

Values = Mapping[Symbol, Expr]


def with_numbers(flow: Flow, given: Mapping[Basic, Expr]) -> Flow:
    """The flow at exact values of its parameters."""
    put = flow.xreplace(given)
    for x, v in put.velocity.items():
        if v.has(S.ComplexInfinity, S.NaN):
            raise InputError("parameters at which the flow is defined", f"a division by zero in d{x}/dt", "change the values")
    for before, after in zip(flow.assumptions, put.assumptions, strict=True):
        if after == S.false:
            raise InputError(
                "parameters that obey the assumptions of the flow", f"values that violate {brief(before)}", "change them"
            )
    return Flow(put.velocity, assumptions=tuple(a for a in put.assumptions if a != S.true))


def instances(points: Iterable[FixedPoint]) -> list[dict[Symbol, Expr]]:
    """The isolated real points of a flow without parameters, each once, without those that lie on a family."""
    points, found = tuple(points), list[dict[Symbol, Expr]]()
    families = [p for p in points if p.free]
    for point in points:
        for values in () if point.free else _real_values(point):
            if not any(_are_same(values, other) for other in found) and not any(_lies_on(f, values) for f in families):
                found.append(values)
    return found


def _real_values(point: FixedPoint) -> Iterator[dict[Symbol, Expr]]:
    """The real values of an isolated point."""
    for roots in _root_values(point) if point.roots else [{}]:
        values = {x: v.xreplace(roots) for x, v in point.values.items()}
        signed = {**values, **roots}
        if all(is_true(c.xreplace(roots)) for c in point.conditions) and all(has_sign(x, v) for x, v in signed.items()):
            yield values


def _root_values(point: FixedPoint) -> Iterator[dict[Symbol, Expr]]:
    """Values of the roots that stay polynomials, beside those of the others."""
    site = point.site
    ring = Ring(site.state)
    algebra = quotient_algebra(ring, [ring.numerator(site.ring.expr(p)) for _, p in site.roots])
    if algebra is None:
        raise UnfinishedError(f"the roots {', '.join(map(str, point.roots))} are not isolated at these parameters")
    found = [values for field in algebra.fields() for values in field.real_points]
    for x, _ in site.roots:
        if x not in point.roots:
            shown = point.coordinates[x]
            found = [v for v in found if _are_near(v[x], shown.xreplace({y: v[y] for y in point.roots}))]
    yield from ({x: values[x] for x in point.roots} for values in found)


def _lies_on(family: FixedPoint, values: Values) -> bool:
    """Whether a point lies on a family."""
    place = {x: values[x] for x in (*family.free, *family.roots)}
    if not all(is_true(c.xreplace(place)) for c in family.conditions):
        return False
    expected = {x: v.xreplace(place) for x, v in family.values.items()}
    return _are_same(values, expected) and all(vanishes(p.xreplace(place)) for p in family.roots.values())


def _are_same(one: Values, other: Values) -> bool:
    return all(a == other[x] or _are_near(a, other[x]) for x, a in one.items()) and all(
        a == other[x] or vanishes(a - other[x]) for x, a in one.items()
    )


def _are_near(a: Expr, b: Expr) -> bool:
    return bool(abs(_decimal_value(a) - _decimal_value(b)) < Rational(1, 10 ** (DIGITS // 2)))


@lru_cache(maxsize=1024)
def _decimal_value(value: Expr) -> Expr:
    return value.evalf(DIGITS)
