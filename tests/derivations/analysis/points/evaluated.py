"""A symbolic list of fixed points at exact parameters, by numbers alone: an oracle beside solving afresh."""

from __future__ import annotations

import mpmath
from sympy import Eq, Ne, Poly, S

from derivations.analysis.points.fixed_points import FixedPoints

CLOSE = mpmath.mpf(10) ** -15  # double roots have half of the forty digits


def real_points(found: FixedPoints, given: dict) -> list[tuple]:
    """Coordinates of the isolated points whose conditions hold, each once, as numbers; families left out."""
    with mpmath.workdps(40):
        every = [values for p in found if not p.free for values in _of(p, given)]
        return distinct(every)


def distinct(places: list[tuple]) -> list[tuple]:
    kept: list[tuple] = []
    for place in places:
        if not any(near(place, other) for other in kept):
            kept.append(place)
    return sorted(kept)


def near(one: tuple, other: tuple) -> bool:
    return all(abs(a - b) < CLOSE * (1 + abs(a)) for a, b in zip(one, other, strict=True))


def _of(point, given: dict):
    for values in places(point, given):
        yield tuple(mpmath.mpf(str(v)) for v in values.values())


def places(point, given: dict):
    """The real values of one isolated point, as dicts of numbers."""
    for roots in _roots(point, given):
        at = {**given, **roots}
        if not all(_allowed(x, v) for x, v in roots.items()) or not all(_holds(c, at) for c in _apart_first(point.conditions)):
            continue
        values = {x: v.xreplace(at).evalf(40) for x, v in point.values.items()}
        assert all(v.is_Float or v.is_Rational for v in values.values()), f"{point} has no real value at {given}"
        if all(_allowed(x, v) for x, v in values.items()):
            yield values


def _apart_first(conditions):
    """Denominators that do not vanish before what is divided by them."""
    return sorted(conditions, key=lambda c: not isinstance(c, Ne | Eq))


def _allowed(x, value) -> bool:
    """Whether the sign that a variable is declared with is that of its value."""
    return not (x.is_nonnegative and value < 0) and not (x.is_positive and value <= 0)


def _holds(condition, at: dict) -> bool:
    if condition in (S.true, S.false):
        return condition == S.true
    difference = (condition.lhs - condition.rhs).xreplace(at).evalf(30)
    return bool(difference.is_real and condition.func(difference, 0))


def _roots(point, given: dict):
    """Real values of the roots that stay polynomials, one after the other."""
    partial: list[dict] = [{}]
    for x, p in point.roots.items():
        partial = [{**before, x: root} for before in partial for root in _real_roots(p.xreplace({**given, **before}), x)]
    return partial


def _real_roots(p, x):
    polynomial = Poly(p, x)
    if polynomial.domain.is_QQ or polynomial.domain.is_ZZ:
        return [root.evalf(40) for root in sorted(set(polynomial.real_roots()))]
    found = mpmath.polyroots([mpmath.mpf(str(c)) for c in polynomial.all_coeffs()], maxsteps=500, extraprec=500)
    return [S(str(mpmath.re(r))) for r in found if abs(mpmath.im(r)) < CLOSE]


def lies_on(family, place: tuple, given: dict) -> bool:
    """Whether a place is on a family at the parameters."""
    coordinates = dict(zip(family.values, (S(str(v)) for v in place), strict=True))
    at = {**given, **{x: coordinates[x] for x in (*family.free, *family.roots)}}
    if not all(_holds(c, at) for c in _apart_first(family.conditions)):
        return False
    values = tuple(mpmath.mpmathify(v.xreplace(at).evalf(40)) for v in family.values.values())
    return near(values, place) and all(abs(p.xreplace(at).evalf(40)) < CLOSE for p in family.roots.values())


def fresh(found: FixedPoints, given: dict) -> list[tuple]:
    """The points that ``at`` lists, as numbers."""
    with mpmath.workdps(40):
        return sorted(tuple(mpmath.mpf(str(v.evalf(40))) for v in values.values()) for values in found.at(given))


def agree(one: list[tuple], other: list[tuple]) -> bool:
    return len(one) == len(other) and all(any(near(a, b) for b in other) for a in one)
