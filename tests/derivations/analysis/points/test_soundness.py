"""Reports hold fixed points only, under conditions that can hold."""

from __future__ import annotations

import random

import mpmath
import pytest
from sympy import Poly, Rational, S, Symbol

from derivations.analysis.points import fixed_points as module
from derivations.analysis.points import splitter
from derivations.analysis.points.fixed_points import fixed_points
from derivations.analysis.points.point import PointKind
from tests.derivations.analysis.points.planted import x
from tests.derivations.analysis.points.systems import real_brusselators, real_parametron
from theory import Flow


@pytest.mark.parametrize("flow", [real_parametron, real_brusselators], ids=["parametron", "Brusselators"])
@pytest.mark.parametrize("rules", ["quick", "without generic parameters"])
def test_every_report_holds_fixed_points_only(monkeypatch, flow, rules):
    monkeypatch.setattr(splitter.Splitter, "_isolated_zeros", lambda self, branch: None)
    if rules == "quick":
        monkeypatch.setattr(splitter.Splitter, "slow", ())
    else:
        monkeypatch.setattr(splitter, "CASES", 150)
    reports = []
    reports.append(module._fixed_points(flow, reports.append))
    listed = {str(point): point for found in reports for point in found}
    assert listed
    for point in listed.values():
        assert S.false not in point.conditions
        check_rests(flow, point)


def check_rests(flow, point):
    """The values put into the velocity, by numbers, at parameters that obey the conditions of special cases."""
    ring = point.site.ring
    special = {step.symbol: ring.expr(step.top) / ring.expr(step.bottom) for step in point.site.special}
    free = [*point.free, *(s for s in flow.parameters if s not in special)]
    draw = random.Random(0)
    at = {s: Rational(draw.randint(100, 900), draw.choice([-97, 101])) for s in free}
    for _ in range(3):
        special = {s: e.subs({**special, **at}) for s, e in special.items()}
    at |= special
    for roots in roots_at(point, at):
        place = {**at, **roots}
        values = {s: e.xreplace(place).evalf(50) for s, e in point.values.items()}
        assert not any(e.free_symbols for e in values.values()), f"{point} leaves state in its values"
        size = 1 + max(abs(e) for e in values.values()) ** 4
        assert all(abs(f.xreplace({**at, **values}).evalf(40)) < size * Rational(1, 10**12) for f in flow.velocity.values())


def roots_at(point, at):
    places = [{}]
    for s, p in point.roots.items():
        places = [{**place, s: root} for place in places for root in complex_roots(p.xreplace({**at, **place}), s)]
    return places


def complex_roots(p, s):
    with mpmath.workdps(50):
        coefficients = [mpmath.mpmathify(c.evalf(50)) for c in Poly(p, s).all_coeffs()]
        return [S(mpmath.re(r)) + S.ImaginaryUnit * S(mpmath.im(r)) for r in mpmath.polyroots(coefficients, 500, extraprec=400)]


def test_conditions_that_cannot_hold_together_are_not_listed():
    # x = -a c with a, c > 0 is no positive state's square, and a**2 <= 0 fails for a > 0
    c = Symbol("c", positive=True)
    assert len(fixed_points(Flow({x: x**2 + c**2}), time_limit=20)) == 0
    assert all(p.kind is PointKind.ISOLATED for p in fixed_points(Flow({x: x * (x**2 + c)}), time_limit=20))
    nonzero = Symbol("q", real=True, nonzero=True)
    assert len(fixed_points(Flow({x: x**2 + nonzero**2}), time_limit=20)) == 0
