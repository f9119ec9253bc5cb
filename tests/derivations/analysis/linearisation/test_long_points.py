"""Points whose characteristic polynomial is long in the parameters: their answers are those of eigenvalues at numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from sympy import Ne, Rational, solve, symbols

from derivations.analysis.linearisation import critical_sets, hurwitz
from derivations.analysis.linearisation import stability as stabilities
from derivations.analysis.linearisation.bifurcations import LONG
from derivations.analysis.linearisation.coordinates import site_in_coordinates
from derivations.analysis.linearisation.hurwitz import hurwitz_tests
from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import fixed_points
from derivations.analysis.points.places import place_of
from derivations.analysis.sites.characteristic import characteristic_factors
from derivations.analysis.sites.draws import draw_values, sign_of
from tests.derivations.analysis.linearisation.dynamics import eigenvalues, holds, same_spectrum
from tests.strategies import seeds
from theory import Flow

X, R = symbols("x1:4", real=True), symbols("r1:4", real=True)
A = [[symbols(f"a{i}{j}", real=True) for j in (1, 2, 3)] for i in (1, 2, 3)]
few = settings(max_examples=25)


def numbers(flow, seed):
    """A rational number for each parameter; species that hinder themselves are often stable."""
    drawn = np.random.default_rng(seed).integers(-30, 31, len(flow.parameters))
    shift = {A[i][i]: -6 for i in range(3)}
    return {
        p: Rational(2 * int(n) + 1, 7) + shift.get(p, 0) for p, n in zip(sorted(flow.parameters, key=str), drawn, strict=True)
    }


def species(n):
    return Flow({X[i]: X[i] * (R[i] + sum(A[i][j] * X[j] for j in range(n))) for i in range(n)})


def dense(n):
    return Flow({X[i]: sum(A[i][j] * X[j] for j in range(n)) for i in range(n)})


@pytest.fixture(scope="module")
def all_present():
    """Three species, and the one point at which none is absent."""
    flow = species(3)
    return flow, max(fixed_points(flow, None), key=lambda p: sum(v != 0 for v in p.values.values()) - 9 * len(p.free))


def in_coordinates(flow, point):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stabilities, "SPREAD_OUT", 1)
        return stabilities._stability_at(flow, point, stabilities.BUDGET, True, stabilities.LONG)


@pytest.fixture(scope="module")
def judged(all_present):
    """The same point judged in its parameters, and in its coordinates."""
    return stabilities.stability(*all_present, time_limit=None), in_coordinates(*all_present)


@pytest.mark.parametrize("seed", range(24))
def test_conditions_in_coordinates_hold_where_all_eigenvalues_are_left(judged, seed):
    plain, found = judged
    at = numbers(found.flow, seed)
    named = {**at, **{a: c.xreplace(at) for a, c in found.names.items()}}
    expected = eigenvalues(found.flow, {**found.point, **at})
    if np.min(np.abs(expected.real)) > 1e-9:
        assert all(holds(c, named) for c in found.conditions) == bool(np.all(expected.real < 0))
    assert same_spectrum(found.eigenvalues_at(at), expected, 1e-8)
    assert plain.verdict is found.verdict is Verdict.DEPENDS


def test_bifurcations_in_coordinates_are_those_in_the_parameters(judged):
    plain, found = judged

    def vanishing(of):
        """Coordinates that are zero at the transcritical bifurcations, a number times which their equations are."""
        steady = [b.critical for b in of.bifurcations if b.kind is BifurcationKind.TRANSCRITICAL]
        solved = [dict([e.args]) if e.lhs.is_Symbol else {R[0]: solve(e.lhs - e.rhs, R[0])[0]} for e in steady]
        return {x for x, v in of.point.items() if any(v.subs(at).cancel() == 0 for at in solved)}

    assert vanishing(plain) == vanishing(found) == set(X)
    classified = {b.kind for b in plain.bifurcations} - {BifurcationKind.UNCLASSIFIED}  # a determinant of many terms
    assert classified <= {b.kind for b in found.bifurcations}


def test_a_site_and_its_coordinates_have_the_same_equations(all_present):
    flow, point = all_present
    _, site, _ = place_of(flow, point)
    found = site_in_coordinates(flow, site)
    assert {s.symbol for s in found.special} == set(R)
    for s in site.solved:
        assert found.normal(s.bottom * site.ring.gen(s.symbol) - s.top)[0].is_zero()
    for s in found.special:
        assert site.normal(s.bottom * site.ring.gen(s.symbol) - s.top)[0].is_zero()
    assert found.sign(site.ring.numerator(A[0][0])) == site.sign(site.ring.numerator(A[0][0]))


def test_a_velocity_without_a_parameter_of_its_own_has_no_coordinates():
    x, y, a = symbols("x y a", positive=True)
    flow = Flow({x: a - 2 * x, y: a - y - x})
    (point,) = fixed_points(flow, None)
    assert site_in_coordinates(flow, place_of(flow, point)[1]) is None


@few
@given(seeds)
def test_determinants_that_are_not_expanded_say_the_same(seed):
    flow = dense(3)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(hurwitz.hurwitz_tests, "__defaults__", (hurwitz.BUDGET, 3))
        patched.setattr(critical_sets, "EXPANDED", 3)
        found = stabilities.stability(flow, dict.fromkeys(flow.state, 0), time_limit=None)
    at = numbers(flow, seed)
    named = {**at, **{a: c.xreplace(at) for a, c in found.names.items()}}
    expected = eigenvalues(flow, {**found.point, **at})
    assert found.names
    if np.min(np.abs(expected.real)) > 1e-9:
        assert all(holds(c, named) for c in found.conditions) == bool(np.all(expected.real < 0))


@pytest.mark.parametrize("named", ["EXPANDED", "LONG"])
def test_critical_sets_with_many_terms_are_stated_in_names(monkeypatch, named):
    flow = dense(3)
    at = dict.fromkeys(flow.state, 0)
    real, pair = stabilities.stability(flow, at, time_limit=None).bifurcations
    monkeypatch.setattr(critical_sets, named, 3)
    found = stabilities.stability(flow, at, time_limit=None, long=3)
    first, last = found.bifurcations
    assert first == real
    assert last.kind is BifurcationKind.UNCLASSIFIED
    assert last.critical.free_symbols <= set(found.names)
    stated = last.critical.lhs.xreplace(found.names).expand()
    assert stated in (pair.critical.lhs, (-pair.critical.lhs).expand())
    assert f"unclassified at a_1*a_2 - a_0*a_3 = 0, because its equation has over {LONG} terms" in str(found)


def test_critical_sets_of_a_definite_determinant_are_none(monkeypatch):
    """Where all rates are known to fall, no pair of eigenvalues becomes imaginary."""
    flow = dense(2)
    fallen = {s: -symbols(str(s), positive=True) for s in (A[0][0], A[1][1])}
    signed = Flow({x: v.xreplace(fallen) for x, v in flow.velocity.items()})
    monkeypatch.setattr(critical_sets, "LONG", 0)
    (real,) = stabilities.stability(signed, dict.fromkeys(flow.state, 0), time_limit=None).bifurcations
    assert real.kind is not BifurcationKind.UNCLASSIFIED


def test_only_a_determinant_of_both_signs_stays_one():
    flow = dense(2)
    positive = {s: symbols(str(s), positive=True) for s in flow.parameters}
    fallen = {**positive, A[0][0]: -positive[A[0][0]], A[1][1]: -positive[A[1][1]]}
    signed = Flow({x: v.xreplace(fallen) for x, v in flow.velocity.items()})
    for of, expanded in ((flow, False), (signed, True)):
        _, site, _ = place_of(of, dict.fromkeys(of.state, 0))
        (factor,) = characteristic_factors(of, site)
        (found,) = hurwitz_tests(site, factor, expanded=1).determinants
        assert (found is not None) is expanded


def test_drawn_values_respect_what_is_known():
    x, y, a, b = symbols("x y a b", real=True)
    flow = Flow({x: a - x, y: b - a * y}, assumptions=[Ne(a, b), a > b, b > 0])
    (point,) = (p for p in fixed_points(flow, None) if not p.free)
    _, site, _ = place_of(flow, point)
    drawn = list(draw_values(site))
    assert len(drawn) > 10
    for values in drawn:
        at = dict(zip(site.ring.symbols, values, strict=True))
        assert at[a] > at[b] > 0
        assert all(sign_of(int(p(*values))) in sign for p, sign in site.signs.stated if not site.ring.present(p) & {x, y})
