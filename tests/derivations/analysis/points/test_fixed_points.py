"""Fixed points: those of the literature with their conditions, none lost that was planted, nothing listed that is not one."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import HealthCheck, assume, event, example, given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    And,
    CRootOf,
    Eq,
    Function,
    I,
    Integer,
    MatrixSymbol,
    Max,
    Ne,
    Piecewise,
    Poly,
    Rational,
    S,
    Symbol,
    exp,
    pi,
    sin,
    sqrt,
    symbols,
)

from derivations.analysis.points import soundness as module
from derivations.analysis.points import splitter
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from derivations.analysis.points.point import PointKind
from tests.derivations.analysis.points.hermite import zeros
from tests.strategies import SCALARS, flows_with_families, grid_numbers, planted_flows, scalar_polynomials
from theory import Flow
from theory.errors import InputError

x, y, z, v, w = symbols("x y z v w", real=True)
a, b, c, r = symbols("a b c r", real=True)
alpha, beta, gamma, delta, epsilon, kappa, mu, rho, sigma = symbols(
    "alpha beta gamma delta epsilon kappa mu rho sigma", positive=True
)
lam = Symbol("lambda", positive=True)
half, quarter = Rational(1, 2), Rational(1, 4)


def solved(velocity, *assumptions, time_limit=None):
    return fixed_points(Flow(velocity, assumptions=assumptions), time_limit=time_limit)


# -- the textbook --------------------------------------------------------------------------------------------------------

# S. H. Strogatz, Nonlinear Dynamics and Chaos, 2nd ed. 2015; J. Guckenheimer, P. Holmes, Nonlinear Oscillations, Dynamical
# Systems, and Bifurcations of Vector Fields, 1983.
TEXTBOOK = {
    "saddle-node (Strogatz 3.1)": ({x: r + x**2}, (), [({x: sqrt(-r)}, r <= 0), ({x: -sqrt(-r)}, r <= 0)]),
    "transcritical (Strogatz 3.2)": ({x: r * x - x**2}, (), [({x: 0},), ({x: r},)]),
    "supercritical pitchfork (Strogatz 3.4)": (
        {x: r * x - x**3},
        (),
        [({x: 0},), ({x: sqrt(r)}, r >= 0), ({x: -sqrt(r)}, r >= 0)],
    ),
    "subcritical pitchfork with fifth order (Strogatz 3.4)": (
        {x: r * x + x**3 - x**5},
        (),
        [
            ({x: 0},),
            *(({x: s * sqrt(half + sqrt(r + quarter))}, r >= -quarter) for s in (1, -1)),
            *(({x: s * sqrt(half - sqrt(r + quarter))}, r >= -quarter, r <= 0) for s in (1, -1)),
        ],
    ),
    "Hopf normal form (Guckenheimer & Holmes 3.4)": (
        {x: r * x - y - x * (x**2 + y**2), y: x + r * y - y * (x**2 + y**2)},
        (),
        [({x: 0, y: 0},)],
    ),
    "Lotka-Volterra (Strogatz, exercise 7.2.18)": (
        {x: x * (alpha - beta * y), y: y * (delta * x - gamma)},
        (),
        [({x: 0, y: 0},), ({x: gamma / delta, y: alpha / beta},)],
    ),
    "rabbits and sheep (Strogatz 6.4)": (
        {x: x * (3 - x - 2 * y), y: y * (2 - x - y)},
        (),
        [({x: 0, y: 0},), ({x: 0, y: 2},), ({x: 3, y: 0},), ({x: 1, y: 1},)],
    ),
    "van der Pol (Strogatz 7.1)": ({x: y, y: mu * (1 - x**2) * y - x}, (), [({x: 0, y: 0},)]),
    "Brusselator (Strogatz, exercise 8.3.1)": (
        {x: 1 - (beta + 1) * x + alpha * x**2 * y, y: beta * x - alpha * x**2 * y},
        (),
        [({x: 1, y: beta / alpha},)],
    ),
    "Lorenz (J. Atmos. Sci. 20, 130, 1963, section 7)": (
        {x: sigma * (y - x), y: rho * x - y - x * z, z: x * y - beta * z},
        (),
        [
            ({x: 0, y: 0, z: 0},),
            *(({x: s * sqrt(beta) * sqrt(rho - 1), y: s * sqrt(beta) * sqrt(rho - 1), z: rho - 1}, rho >= 1) for s in (1, -1)),
        ],
    ),
    # R. M. May, W. J. Leonard, SIAM J. Appl. Math. 29, 243 (1975), eqs. (4)-(6); their beta < 1 < alpha, alpha + beta > 2.
    "May-Leonard": (
        {
            x: x * (1 - x - alpha * y - beta * z),
            y: y * (1 - beta * x - y - alpha * z),
            z: z * (1 - alpha * x - beta * y - z),
        },
        (beta < 1, alpha > 1, alpha + beta > 2),
        [
            ({x: 0, y: 0, z: 0},),
            ({x: 1, y: 0, z: 0},),
            ({x: 0, y: 1, z: 0},),
            ({x: 0, y: 0, z: 1},),
            *(
                ({p: (1 - alpha) / (1 - alpha * beta), q: (1 - beta) / (1 - alpha * beta), o: 0}, Ne(alpha * beta, 1))
                for p, q, o in ((x, y, z), (y, z, x), (z, x, y))
            ),
            (dict.fromkeys((x, y, z), 1 / (1 + alpha + beta)),),
        ],
    ),
    # Section 4 of the theory notes: one mode, one direction.
    "head without decay": ({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2}, (), [({v: v, w: mu},), ({v: 0, w: w},)]),
    "head with decay": (
        {v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w},
        (),
        [
            ({v: 0, w: 0},),
            *(
                ({v: side * sqrt(kappa / (gamma * lam)) * height, w: height}, lam <= mu**2 / 4)
                for height in ((mu + sqrt(mu**2 - 4 * lam)) / 2, (mu - sqrt(mu**2 - 4 * lam)) / 2)
                for side in (1, -1)
            ),
        ],
    ),
}


@pytest.mark.parametrize("name", TEXTBOOK)
def test_points_and_conditions_are_those_of_the_literature(name):
    velocity, assumptions, expected = TEXTBOOK[name]
    found = solved(velocity, *assumptions)
    assert found.completeness is Completeness.PROVED
    assert not found.exceptional
    assert len(found) == len(expected)
    for values, *conditions in expected:
        (point,) = [p for p in found if all((p.values[s] - value).factor() == 0 for s, value in values.items())]
        assert set(point.conditions) == set(conditions)
        assert point.kind is (PointKind.FAMILY if point.free else PointKind.ISOLATED)


def test_fitzhugh_nagumo_has_one_point_where_the_nullclines_are_gentle_and_up_to_three_elsewhere():
    # R. FitzHugh, Biophys. J. 1, 445 (1961): 1 - 2b/3 < a < 1, 0 < b < 1 give a single resting point, for every current.
    current = Symbol("I", real=True)
    found = solved({v: v - v**3 / 3 - w + current, w: epsilon * (v + a - beta * w)})
    assert found.completeness is Completeness.PROVED
    (point,) = found
    assert (Poly(point.roots[v], v) - Poly(beta * (v - v**3 / 3 + current) - v - a, v) * -3).is_zero
    assert (point.values[w] - (v + a) / beta).factor() == 0
    assert point.real_roots({a: Rational(7, 10), beta: Rational(8, 10), current: 0}) == 1
    assert point.real_roots({a: 0, beta: 2, current: 0}) == 3
    assert {at[v] for at in found.at({a: 0, beta: 2, current: 0, epsilon: 1})} == {0, sqrt(6) / 2, -sqrt(6) / 2}


def test_without_signs_degenerate_parameters_are_cases_of_their_own():
    found = solved({x: x * (1 - x - a * y), y: r * y * (1 - y - b * x)})
    assert found.completeness is Completeness.PROVED
    families = [p for p in found if p.kind is PointKind.FAMILY]
    assert {frozenset(p.conditions) for p in families} == {frozenset({Eq(r, 0)}), frozenset({Eq(b, 1), Eq(a, 1)})}
    (coexistence,) = [p for p in found if p.exceptional]
    assert coexistence.exceptional == (Eq(a * b, 1),)


def test_two_modes_rest_on_a_circle_where_their_correlations_agree():
    # Theory notes, 4.2: at mu_1 = mu_2 the vector of both amplitudes has a length and no direction.
    one, other = symbols("mu_1 mu_2", positive=True)
    v1, v2 = symbols("v_1 v_2", real=True)
    velocity = {
        v1: -w * (w - one) * v1 - lam * v1,
        v2: -w * (w - other) * v2 - lam * v2,
        w: -gamma * (w - one) * v1**2 - gamma * (w - other) * v2**2 - kappa * w,
    }
    found = solved(velocity)
    assert found.completeness is Completeness.PROVED
    assert not found.exceptional
    assert len([p for p in found if p.kind is PointKind.ISOLATED]) == 9
    circles = [p for p in found if p.kind is PointKind.FAMILY]
    assert len(circles) == 4  # two heights, two halves each
    for circle in circles:
        assert Eq(other, one) in circle.conditions
        assert (lam <= one**2 / 4) in circle.conditions
        height = circle.values[w]
        length = circle.values[v1] ** 2 + circle.values[v2] ** 2
        assert (length - kappa * height**2 / (gamma * lam)).subs({one: 3, lam: 2, kappa: 5, gamma: 7}).expand() == 0


# -- what is planted is found ------------------------------------------------------------------------------------------


def holds_exactly(found, place, parameters=()):
    """Whether a place is listed, as a point or on a family, at the parameters."""
    parameters = dict(parameters)
    if any(all(is_equal(at[s], value) for s, value in place.items()) for at in found.at(parameters)):
        return True
    families = [p for p in found if p.kind is PointKind.FAMILY]
    return any(lies_on(family, place, parameters) for family in families)


def is_equal(algebraic, rational):
    if algebraic.is_Rational or algebraic.has(CRootOf):
        return algebraic == rational  # roots of irreducible polynomials are not rational
    return bool(abs((algebraic - rational).evalf(30)) < Rational(1, 10**20)) and bool((algebraic - rational).equals(0))


def lies_on(family, place, parameters):
    here = {s: place[s] for s in (*family.free, *family.roots)}
    if not all(condition.xreplace(parameters).xreplace(here) == S.true for condition in family.conditions):
        return False
    return all(is_equal(value.xreplace(parameters).xreplace(here), place[s]) for s, value in family.values.items()) and all(
        p.xreplace(parameters).xreplace(here).expand() == 0 for p in family.roots.values()
    )


def rests_at(flow, values, parameters=()):
    """Whether the velocity vanishes, to fifty digits."""
    at = {s: value.evalf(60) for s, value in values.items()} | dict(parameters)
    return all(abs(velocity.xreplace(at).evalf(50)) < Rational(1, 10**30) for velocity in flow.velocity.values())


def check(flow, places, parameters=(), always_proved=False):
    found = fixed_points(flow, time_limit=None)
    event(found.completeness.name)
    assert found.completeness is Completeness.PROVED or not always_proved
    try:
        points = found.at(dict(parameters))
    except InputError:  # one of the sets that are named as not looked into
        assert found.exceptional
        event("exceptional")
        return
    assert all(rests_at(flow, values, parameters) for values in points)
    if found.completeness is Completeness.PROVED:
        assert all(holds_exactly(found, place, parameters) for place in places)


@given(planted_flows(variables=(x,)))
def test_planted_points_on_a_line_are_found(planted):
    check(*planted, always_proved=True)


@settings(max_examples=25)
@given(planted_flows(variables=(x, y)))
def test_planted_points_in_the_plane_are_found(planted):
    check(*planted, always_proved=True)


@settings(max_examples=5)
@given(planted_flows())
def test_planted_points_in_space_are_found(planted):
    check(*planted, always_proved=True)


moving = st.sampled_from([a, 1 - a, 2 * a, Integer(0), Integer(2)])


@given(planted_flows(variables=(x,), coordinates=st.one_of(moving, st.just(a**2))), grid_numbers)
def test_planted_points_that_move_with_a_parameter_are_found_on_a_line(planted, value):
    moved_check(planted, value)


@given(planted_flows(variables=(x, y), coordinates=moving, most_points=1, degree=2), grid_numbers)
def test_planted_points_that_move_with_a_parameter_are_found_in_the_plane(planted, value):
    moved_check(planted, value)


def moved_check(planted, value):
    flow, places = planted
    check(flow, [{s: S(q).xreplace({a: value}) for s, q in at.items()} for at in places], dict.fromkeys(flow.parameters, value))


@given(flows_with_families(variables=(x, y)), grid_numbers)
def test_planted_curves_in_the_plane_are_found(planted, value):
    flow, running, curve = planted
    check(flow, [{running: value} | {s: S(q).xreplace({running: value}) for s, q in curve.items()}], always_proved=True)


@settings(max_examples=6)
@given(flows_with_families(), grid_numbers)
def test_planted_curves_in_space_are_found(planted, value):
    flow, running, curve = planted
    check(flow, [{running: value} | {s: S(q).xreplace({running: value}) for s, q in curve.items()}])


@settings(max_examples=12)
@given(st.lists(scalar_polynomials(variables=(x, y), degree=3), min_size=2, max_size=2))
@example([x**3 - x * y**2 - y + 1, y**3 - 2 * y])
@example([x**2 + y**2 - 4, x * y - 1])
@example([x**2 + y**2, x * y])
def test_points_are_as_many_as_the_trace_form_counts(polynomials):
    counted = zeros(polynomials, (x, y))
    assume(counted is not None)
    found = solved(dict(zip((x, y), polynomials, strict=True)))
    assert found.completeness is Completeness.PROVED
    assert len(found) == counted[1] == len(found.at({}))
    assert len({tuple(p.values.items()) for p in found}) == len(found)
    assert all(rests_at(found.flow, p.values) for p in found)


@settings(max_examples=5)
@given(st.lists(scalar_polynomials(variables=SCALARS, degree=2, most_terms=5), min_size=3, max_size=3))
def test_points_in_space_are_as_many_as_the_trace_form_counts(polynomials):
    counted = zeros(polynomials, SCALARS)
    assume(counted is not None)
    found = solved(dict(zip(SCALARS, polynomials, strict=True)))
    assert found.completeness is Completeness.PROVED
    assert len(found) == counted[1]


@pytest.mark.parametrize("limits", [splitter.BASIS_LIMITS, (0, 0, 0)], ids=["with Groebner bases", "by resultants"])
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(scalar_polynomials(variables=(x, y, a), degree=3), min_size=2, max_size=2), grid_numbers)
@example([a * x**2 * y + y**2 - 1, x * y**2 + x - a], Integer(0))
@example([a * x**2 + x * y - 2, (a - 1) * y**2 + x**2 - x], Integer(1))
@example([y * x**2 + a * x - 1, (y - 1) * x**2 + x + a * y], Integer(2))
def test_points_at_a_parameter_are_as_many_as_the_trace_form_counts(monkeypatch, limits, polynomials, value):
    monkeypatch.setattr(splitter, "BASIS_LIMITS", limits)
    counted = zeros([e.subs(a, value) for e in polynomials], (x, y))
    assume(counted is not None)
    found = solved(dict(zip((x, y), polynomials, strict=True)))
    assert found.completeness is Completeness.PROVED
    try:
        points = found.at(dict.fromkeys(found.flow.parameters, value))
    except InputError:
        assert found.exceptional
        return
    assert len(points) == counted[1]
    assert all(rests_at(found.flow, at, {a: value}) for at in points)


def test_a_search_given_up_is_a_lower_bound(monkeypatch):
    monkeypatch.setattr(splitter, "CASES", 6)
    found = solved({x: x * (x - 1) * (x - 2) * (x - 3), y: y * (y - 1)})
    assert found.completeness is Completeness.LOWER_BOUND
    assert "unsolved" in found.reason


def test_the_count_with_multiplicity_is_stated():
    found = solved({x: (x - 1) ** 2 * (x + 2), y: y**2})
    assert "dimension 6" in found.reason
    assert "2 distinct real" in found.reason


def test_a_list_that_contradicts_the_count_is_not_called_complete(monkeypatch):
    monkeypatch.setattr(module, "solve_leaf", lambda *args, original=module.solve_leaf: original(*args)[:1])
    found = solved({x: x**2 - 2})
    assert found.completeness is Completeness.UNKNOWN
    assert "1 are listed" in found.reason


# -- algebraic numbers, conditions, repetitions -------------------------------------------------------------------------


def test_roots_of_towers_are_roots_of_rational_polynomials():
    found = solved({x: x**3 - x * y**2 - y + 1, y: y**3 - 2 * y})
    assert len(found) == 5
    assert all(not p.roots for p in found)
    irrational = [p for p in found if p.values[y] != 0]
    assert {p.values[y] for p in irrational} == {sqrt(2), -sqrt(2)}
    assert all(isinstance(p.values[x], CRootOf) for p in irrational)


def test_short_radicals_stay_radicals():
    found = solved({x: x**2 - 2, y: y**2 - x - 1})
    assert {tuple(p.values.values()) for p in found} == {(sqrt(2), sqrt(1 + sqrt(2))), (sqrt(2), -sqrt(1 + sqrt(2)))}


def test_large_coefficients_do_not_stop_the_factorisation():
    found = solved({x: (x - 10**20) * (3 * x + 10**22) * (x - 1)})
    assert {p.values[x] for p in found} == {-Rational(10**22, 3), 1, 10**20}


@pytest.mark.parametrize(
    ("polynomial", "expected"),
    [
        (x**2 + y**2, [{x: 0, y: 0}]),
        ((x - 1) ** 2 + (x - y) ** 2, [{x: 1, y: 1}]),
        (x**2 - x * y + y**2 + 1, []),
    ],
)
def test_real_solutions_of_definite_equations(polynomial, expected):
    found = solved({x: polynomial, y: 0})
    assert found.completeness is Completeness.PROVED
    assert [dict(p.values) for p in found] == expected


def test_a_root_at_the_edge_of_its_condition_is_kept():
    found = solved({x: x**4 + x**2 + Symbol("c", nonnegative=True)})
    assert found.at({Symbol("c", nonnegative=True): 0}) == [{x: 0}]
    assert found.at({Symbol("c", nonnegative=True): 1}) == []


def test_a_denominator_that_vanishes_for_one_root_excludes_that_root_alone():
    found = solved({x: y * (x - a) - 1, y: x**2 - b})
    assert found.at({a: 1, b: 1}) == [{x: -1, y: -half}]
    assert len(found.at({a: 1, b: 4})) == 2


@pytest.mark.parametrize("sign", [1, -1])
def test_quadratic_roots_are_told_apart_whatever_the_sign_of_the_leading_coefficient(sign):
    q = Symbol("q", positive=True) if sign > 0 else Symbol("q", negative=True)
    for point in solved({x: q * x**2 + b * x - q}):
        ring = point.site.ring
        (told,) = point.site.sign(ring.numerator(2 * q * x + b))
        at = {q: sign * 3, b: 1}
        assert told == (1 if (2 * q * point.values[x] + b).subs(at) > 0 else -1)


def test_points_that_meet_are_listed_once_and_points_on_families_not_at_all():
    assert solved({x: r * x - x**2}).at({r: 0}) == [{x: 0}]
    found = solved({x: x * (1 - x - a * y), y: r * y * (1 - y - b * x)})
    assert found.at({r: 0, a: 2, b: 2}) == []


def test_no_point_of_a_family_is_listed_beside_it():
    found = solved({v: -w * (w - 1) * v, w: -(w - 1) * v**2, z: z**2 - 1})
    assert [p.kind for p in found] == [PointKind.FAMILY] * 4


@pytest.mark.parametrize(
    ("velocity", "conditions"),
    [
        ({x: x**2 + a}, {a <= 0}),
        ({x: x**2 - mu * x + lam}, {lam <= mu**2 / 4}),
        ({x: a * x**2 + 1}, {a < 0}),
        ({x: x**2 + c * x + a * b}, {c**2 >= 4 * a * b}),
        ({x: alpha * x - a * b}, set()),
        ({x: x**2 + alpha**2 * a}, {a <= 0}),
    ],
)
def test_conditions_read_well(velocity, conditions):
    found = solved(velocity)
    assert {frozenset(p.conditions) for p in found} == {frozenset(conditions)}


def test_denominators_in_parameters_are_named_as_exceptional():
    found = solved({x: x**2 / a - 1})
    assert (Eq(a, 0),) in found.exceptional
    assert all(p.conditions == (a > 0,) for p in found)


# -- limits and bad input -----------------------------------------------------------------------------------------------


def test_at_the_time_limit_the_list_is_a_lower_bound_that_names_it():
    dense = sum((i + 2 * j + 3 * k + 1) % 7 * x**i * y**j * z**k for i in range(5) for j in range(5) for k in range(5)) - 3
    hard = {x: x * (x - 1) * dense, y: (y - x**3) * dense.subs(x, y + 1), z: (z - y) * (dense.subs({y: z, z: x}) + a)}
    found = solved(hard, time_limit=1)
    assert found.completeness in (Completeness.LOWER_BOUND, Completeness.UNKNOWN)
    assert "time limit of 1 s" in found.reason
    assert all(rests_at(found.flow, p.values, {a: 2}) for p in found if not p.free and not p.roots)


def test_results_cross_processes():
    found = solved({x: x**3 - x - 1, y: y**2 - a}, time_limit=60)
    assert found.completeness is Completeness.PROVED
    assert found == solved({x: x**3 - x - 1, y: y**2 - a})
    assert pickle.loads(pickle.dumps(found)) == found
    assert json.loads(found.to_json())["completeness"] == "proved complete"
    assert "x" in found.to_latex()


@pytest.mark.parametrize(
    ("velocity", "term"),
    [
        (sin(x), "sin(x)"),
        (x**a, "x**a"),
        (exp(a) * x, "exp(a)"),
        (sqrt(2) * x, "sqrt(2)"),
        (pi * x, "pi"),
        (I * x, "I"),
        (Abs(x), "Abs(x)"),
        (Max(x, 0) + x, "Max(0, x)"),
        (Piecewise((x, x > 0), (0, True)), "Piecewise"),
        (Function("f")(x), "f(x)"),
        (0.5 * x, "0.5"),
        (S.NaN, "nan"),
    ],
)
def test_the_term_outside_the_class_is_named(velocity, term):
    with pytest.raises(InputError, match=r"expected .*, got .*; ") as error:
        solved({x: velocity})
    assert term in str(error.value)


@pytest.mark.parametrize(
    "assumptions",
    [
        (a > 1, a < 0),
        (And(a > 1, a < 0),),
        (a > 1, a**2 < 1),
        (a > b, b > 2, a < 1),
        (S.false,),
        (alpha < 0,),
    ],
)
def test_assumptions_that_exclude_each_other_are_an_error(assumptions):
    with pytest.raises(InputError, match="can hold together"):
        solved({x: x - a * b * alpha}, *assumptions)


def test_symbols_that_are_not_real_and_flows_of_matrices_are_errors():
    with pytest.raises(InputError, match="not to be real"):
        solved({x: x * Symbol("n", real=False)})
    matrix = MatrixSymbol("M", 2, 2)
    with pytest.raises(InputError, match="flow in scalars"):
        solved({matrix: matrix})
    with pytest.raises(InputError, match="a Flow"):
        fixed_points({x: x})


@pytest.mark.parametrize("parameters", [{}, {r: sqrt(2)}])
def test_values_at_parameters_need_all_of_them_and_exact_ones(parameters):
    with pytest.raises(InputError):
        solved({x: r * x - x**3}).at(parameters)
