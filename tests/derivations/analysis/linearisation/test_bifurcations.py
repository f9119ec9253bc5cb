"""Bifurcations: textbook kinds and criticalities, normal forms hidden by changes of variables, Kuznetsov's formula in NumPy."""

import itertools
import json

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import Eq, Matrix, Rational, S, factor, solve, sqrt, symbols

from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import fixed_points
from tests.derivations.analysis.linearisation.dynamics import (
    derivatives,
    eigenvalues,
    holds,
    lyapunov,
    number,
    steady_coefficients,
)
from theory import Flow

x, y, z, p, q, v, w = symbols("x y z p q v w", real=True)
a, b, r = symbols("a b r", real=True)
alpha, beta, rho, sigma, omega = symbols("alpha beta rho sigma omega", positive=True)
STATE = symbols("x0:4", real=True)


def judged(velocity, point=None, assumptions=()):
    flow = velocity if isinstance(velocity, Flow) else Flow(velocity, assumptions=assumptions)
    return stability(flow, dict.fromkeys(flow.state, 0) if point is None else point, time_limit=None)


def lost(velocity, point=None, assumptions=()):
    """The bifurcations at a point, the origin where none is given."""
    return judged(velocity, point, assumptions).bifurcations


def only(velocity, point=None, assumptions=()):
    (found,) = lost(velocity, point, assumptions)
    return found


def of_kind(kind, found):
    (one,) = (f for f in found if f.kind is kind)
    return one


# -- textbooks ---------------------------------------------------------------------------------------------------------
# Strogatz, Nonlinear Dynamics and Chaos, 2nd edition, chapter 3; Guckenheimer and Holmes, §3.4.


@pytest.mark.parametrize("branch", [sqrt(r), -sqrt(r)], ids=str)
def test_two_points_meet_in_a_saddle_node(branch):
    found = only({x: r - x**2}, {x: branch})
    assert (found.kind, found.critical, found.coefficient) == (BifurcationKind.SADDLE_NODE, Eq(r, 0), -1)


def test_assumptions_exclude_bifurcations():
    assert lost({x: alpha - x**2}, {x: sqrt(alpha)}) == ()
    assert lost({x: -alpha * x - x**3}) == ()


@pytest.mark.parametrize("point", [S.Zero, r])
def test_two_points_cross_in_a_transcritical_bifurcation(point):
    found = only({x: r * x - x**2}, {x: point})
    assert (found.kind, found.critical, found.coefficient) == (BifurcationKind.TRANSCRITICAL, Eq(r, 0), -1)


@pytest.mark.parametrize(("sign", "criticality"), [(-1, "supercritical"), (1, "subcritical")])
def test_a_pitchfork_is_supercritical_where_the_new_points_are_stable(sign, criticality):
    found = only({x: r * x + sign * x**3})
    assert (found.kind, found.critical, found.criticality, found.coefficient) == (
        BifurcationKind.PITCHFORK,
        Eq(r, 0),
        criticality,
        sign,
    )


def test_the_criticality_of_a_pitchfork_may_depend_on_a_parameter():
    found = only({x: r * x + a * x**3})
    assert found.criticality is None
    assert found.supercritical == (a < 0)
    assert found.coefficient == a


def test_a_fast_variable_turns_a_pitchfork_round():
    """On the slow manifold y = x²/β the cubic coefficient is α/β − 1."""
    found = only({x: r * x - x**3 + alpha * x * y, y: -beta * y + x**2})
    assert (found.kind, factor(found.coefficient - (alpha / beta - 1))) == (BifurcationKind.PITCHFORK, 0)
    assert found.supercritical == (alpha < beta) or found.supercritical == (beta > alpha)


@pytest.mark.parametrize(("sign", "criticality"), [(-1, "supercritical"), (1, "subcritical")])
def test_the_hopf_normal_form_has_its_coefficient_in_kuznetsov_s_normalisation(sign, criticality):
    r"""For :math:`r'=ar\mp r^3,\ \theta'=\omega` and :math:`q=(1,-i)/\sqrt2`: :math:`C(q,q,\bar q)=\mp4q`, so that
    :math:`l_1=\mp4/2\omega` (Kuznetsov, Elements of Applied Bifurcation Theory, §3.4 and (5.39))."""
    square = x**2 + y**2
    found = only({x: a * x - omega * y + sign * x * square, y: omega * x + a * y + sign * y * square})
    assert (found.kind, found.critical, found.criticality) == (BifurcationKind.HOPF, Eq(a, 0), criticality)
    assert found.coefficient == sign * 2 / omega
    assert found.frequency == omega**2
    assert found.conditions == ()


def test_the_brusselator_starts_to_oscillate_supercritically():
    """Strogatz exercise 8.3.1; Kuznetsov exercise 3.6.3."""
    A, B = symbols("A B", positive=True)
    flow = Flow({x: A - (B + 1) * x + x**2 * y, y: B * x - x**2 * y})
    found = only(flow, {x: A, y: B / A})
    assert (found.kind, found.criticality) == (BifurcationKind.HOPF, "supercritical")
    assert found.critical == Eq(B, 1 + A**2)
    assert found.frequency == A**2
    at = {A: 1.3, B: 1 + 1.3**2}
    assert number(found.coefficient, at).real == pytest.approx(lyapunov(flow, {x: 1.3, y: at[B] / 1.3, **at}), rel=1e-10)


EPSILON, B = symbols("epsilon b", positive=True)
NERVE = Flow({v: v - v**3 / 3 - w + a, w: EPSILON * (v + r - B * w)})


def nerve():
    (point,) = fixed_points(NERVE, None)
    return judged(NERVE, point)


def test_fitzhugh_nagumo_oscillates_where_the_literature_says():
    """Rocşoreanu, Georgescu and Giurgiţeanu, The FitzHugh–Nagumo Model (2000): at εb = 1 − v², with b(1 − v²) < 1;
    supercritical iff b(1 + v²) < 1."""
    found = of_kind(BifurcationKind.HOPF, nerve().bifurcations)
    at_most = solve(found.critical, EPSILON)
    assert [factor(e - (1 - v**2) / B) for e in at_most] == [0]
    for values in np.random.default_rng(0).uniform([0.1, 0.05], [2, 0.95], (40, 2)):
        at = dict(zip((B, v), values, strict=True))
        assert all(holds(c, at) for c in found.conditions) == (at[B] * (1 - at[v] ** 2) < 1)
        assert holds(found.supercritical, at) == (at[B] * (1 + at[v] ** 2) < 1)


def nerve_at(b_value, v_value, trace):
    """Parameters at which v is a fixed point and the Jacobian has that trace."""
    epsilon = (1 - v_value**2 - trace) / b_value
    w_value = v_value - v_value**3 / 3
    return {B: b_value, EPSILON: epsilon, a: 0.0, r: b_value * w_value - v_value, v: v_value, w: w_value}


def test_its_coefficient_is_that_of_kuznetsov_s_formula():
    found = of_kind(BifurcationKind.HOPF, nerve().bifurcations)
    for values in np.random.default_rng(1).uniform([0.1, 0.05], [1, 0.9], (12, 2)):
        at = nerve_at(*values, trace=0.0)
        expected = lyapunov(NERVE, at)
        assert number(found.coefficient, at).real == pytest.approx(expected, rel=1e-8)
        assert holds(found.supercritical, at) == (expected < 0)


def test_the_points_of_fitzhugh_nagumo_meet_in_saddle_nodes():
    found = of_kind(BifurcationKind.SADDLE_NODE, nerve().bifurcations)
    assert factor(found.critical.lhs - found.critical.rhs) in (B * v**2 - B + 1, -(B * v**2 - B + 1))


def amplitude(at):
    """Of the cycle that a small disturbance grows to."""
    eps, bb, rr = at[EPSILON], at[B], at[r]

    def field(t, s):
        return [s[0] - s[0] ** 3 / 3 - s[1], eps * (s[0] + rr - bb * s[1])]

    last = np.linspace(1000, 1040, 800)
    return np.ptp(scipy.integrate.solve_ivp(field, (0, 1040), [at[v] + 0.15, at[w]], rtol=1e-6, atol=1e-9, t_eval=last).y[0])


def test_beyond_a_supercritical_hopf_the_cycle_grows_like_the_root_of_the_distance():
    near, far = (amplitude(nerve_at(0.5, 0.6, trace)) for trace in (0.01, 0.04))
    assert 0.1 < near < 0.7
    assert far / near == pytest.approx(2, rel=0.1)
    assert amplitude(nerve_at(0.5, 0.6, -0.04)) < 1e-3


LORENZ = Flow({x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z})


def test_lorenz_convects_from_a_supercritical_pitchfork():
    """Sparrow, The Lorenz Equations (1982), §1.2; Strogatz §9.2."""
    for point in fixed_points(LORENZ, None):
        found = of_kind(BifurcationKind.PITCHFORK, lost(LORENZ, point))
        assert found.critical == Eq(rho, 1)
        assert found.criticality == "supercritical"


def test_the_rolls_of_lorenz_give_way_to_a_subcritical_hopf():
    """Sparrow (1982), appendix; Marsden and McCracken (1976), §4B: subcritical at ρ = σ(σ+β+3)/(σ−β−1) = 24.74…"""
    rolls = next(p for p in fixed_points(LORENZ, None) if p.values[x] != 0)
    found = of_kind(BifurcationKind.HOPF, lost(LORENZ, rolls))
    assert found.criticality == "subcritical"
    (threshold,) = solve(found.critical, rho)
    assert factor(threshold - sigma * (sigma + beta + 3) / (sigma - beta - 1)) == 0
    at = {sigma: Rational(10), beta: Rational(8, 3)}
    assert threshold.subs(at) == Rational(470, 19)
    for parameters in ({**at, rho: Rational(470, 19)}, {sigma: 7, beta: 2, rho: 21}):
        place = {**dict(rolls.values.items()), **parameters}
        expected = lyapunov(LORENZ, place)
        assert expected > 0
        assert number(found.coefficient, place).real == pytest.approx(expected, rel=1e-8)
        assert number(found.frequency, place).real == pytest.approx(np.abs(eigenvalues(LORENZ, place).imag).max() ** 2)


def test_may_and_leonard_s_cycles_are_degenerate():
    """SIAM J. Appl. Math. 29 (1975): at α + β = 2 the interior is filled with cycles; no Hopf bifurcation is invented."""
    share = 1 / (1 + alpha + beta)
    flow = Flow(
        {
            x: x * (1 - x - alpha * y - beta * z),
            y: y * (1 - beta * x - y - alpha * z),
            z: z * (1 - alpha * x - beta * y - z),
        }
    )
    found = only(flow, {x: share, y: share, z: share})
    assert found.kind is BifurcationKind.DEGENERATE
    assert found.critical == Eq(beta, 2 - alpha)
    alone = lost(flow, {x: 1, y: 0, z: 0})
    assert {f.kind for f in alone} == {BifurcationKind.TRANSCRITICAL}
    assert {f.critical for f in alone} == {Eq(alpha, 1), Eq(beta, 1)}


def test_bogdanov_and_takens():
    """Guckenheimer and Holmes §7.3: x'' = a + bx' + x² + xx' has a saddle-node at a = 0 and a subcritical Hopf at b = √−a."""
    flow = Flow({x: y, y: a + b * y + x**2 + x * y})
    found = lost(flow, {x: -sqrt(-a), y: 0})
    assert of_kind(BifurcationKind.SADDLE_NODE, found).critical == Eq(a, 0)
    oscillating = of_kind(BifurcationKind.HOPF, found)
    assert oscillating.criticality == "subcritical"
    assert (oscillating.critical, oscillating.conditions) == (Eq(a, -(b**2)), (b > 0,))
    at = {a: -0.49, b: 0.7, x: -0.7, y: 0}
    assert number(oscillating.coefficient, at).real == pytest.approx(lyapunov(flow, at), rel=1e-8)


def test_what_the_frequency_needs_decides_the_criticality():
    """x'' = ax + bx' + x² + xx': oscillations need a < 0, and then 1 − a > 0 makes the cycle unstable."""
    found = of_kind(BifurcationKind.HOPF, lost({x: y, y: a * x + b * y + x**2 + x * y}))
    assert (found.criticality, found.supercritical, found.conditions) == ("subcritical", None, (a < 0,))


# -- what is degenerate, or too long, says so --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "velocity",
    [
        {x: a * x - x**4},
        {x: a * x - x**5},
        {x: a**3 * x - x**2},
        {x: a**3 * x - x**3},
        {x: a * x - y, y: x + a * y},
        {x: a * x - y * (1 + x**2 + y**2), y: x * (1 + x**2 + y**2) + a * y},
        {x: a * x + y**2, y: a * y - x**2},
        {x: y, y: a * y - x**3},
    ],
    ids=str,
)
def test_degenerate_cases_are_called_so(velocity):
    assert {f.kind for f in lost(velocity)} <= {BifurcationKind.DEGENERATE}
    assert all(f.criticality is None and f.coefficient is None for f in lost(velocity))


@pytest.mark.parametrize(
    ("velocity", "verdict"),
    [
        ({x: b * x + y, y: (alpha - b) * x - x**3}, Verdict.UNSTABLE),  # b < 0 and b > α exclude each other
        ({x: a * x + b * y, y: alpha * x + (b - a) * y - x**3}, Verdict.DEPENDS),
    ],
    ids=str,
)
def test_a_pair_of_opposite_real_roots_is_no_hopf_bifurcation(velocity, verdict):
    """On b = 0 the trace vanishes, and the determinant is −α or −a²: a neutral saddle."""
    assert judged(velocity).verdict is verdict
    assert BifurcationKind.HOPF not in {f.kind for f in lost(velocity)}


def test_beside_a_zero_mode_the_criticality_is_left_open():
    """A circle of points with an oscillation transverse to it: the formula needs an invertible Jacobian."""
    rest = 1 - x**2 - y**2
    flow = Flow({x: x * rest, y: y * rest, p: a * p - q - p**3, q: p + a * q})
    found = of_kind(BifurcationKind.HOPF, lost(flow, {x: Rational(3, 5), y: Rational(4, 5), p: 0, q: 0}))
    assert found.criticality is found.coefficient is found.supercritical is None
    assert found.frequency == 1


def test_of_five_coupled_modes_the_frequency_is_right():
    """A companion matrix: s⁵ + 5s⁴ + 9s³ + as² + bs + 4."""
    rows = (-4, -b, -a, -9, -5)
    state = symbols("x0:5", real=True)
    flow = Flow({**dict(itertools.pairwise(state)), state[4]: sum(c * s for c, s in zip(rows, state, strict=True))})
    found = of_kind(BifurcationKind.HOPF, lost(flow))
    value = 10.0
    for root in np.roots(np.array(list(_critical_in_a(found, value)), dtype=float)):
        if abs(root.imag) < 1e-9 and all(holds(c, {a: root.real, b: value}) for c in found.conditions):
            spectrum = eigenvalues(flow, {**dict.fromkeys(state, 0), a: root.real, b: value})
            on_axis = spectrum[np.argmin(np.abs(spectrum.real))]
            assert abs(on_axis.real) < 1e-7
            assert on_axis.imag**2 == pytest.approx(number(found.frequency, {a: root.real, b: value}).real, rel=1e-6)
            return
    pytest.fail("no critical parameter was found")


def _critical_in_a(found, value):
    return (found.critical.lhs - found.critical.rhs).subs(b, value).together().as_numer_denom()[0].as_poly(a).all_coeffs()


def test_points_without_a_loss_of_stability_have_no_bifurcation():
    assert lost({x: -alpha * x}) == ()
    assert lost({x: x * (alpha - beta * y), y: y * (x - 1)}, {x: 1, y: alpha / beta}) == ()


def test_a_bifurcation_prints_and_is_plain_data():
    for found in (*nerve().bifurcations, *lost({x: r * x - x**3}), *lost({x: a * x - x**4})):
        assert found.kind.value in str(found)
        assert found.rows()
        assert json.loads(json.dumps(found.to_dict()))["kind"] == found.kind.value


# -- hidden normal forms -----------------------------------------------------------------------------------------------


@st.composite
def changes(draw, n):
    """An invertible integer matrix of determinant one, and a displacement."""
    entry = st.integers(-2, 2)
    lower = Matrix(n, n, lambda i, j: 1 if i == j else draw(entry) if i > j else 0)
    upper = Matrix(n, n, lambda i, j: 1 if i == j else draw(entry) if i < j else 0)
    return lower * upper, Matrix(n, 1, lambda i, j: draw(entry))


def hidden(velocities, names, change):
    """The flow of ``names`` in the variables T·names + d, and the map of points."""
    matrix, shift = change
    state = Matrix(STATE[: len(names)])
    back = dict(zip(names, matrix.inv() * (state - shift), strict=True))
    moved = matrix * Matrix([f.xreplace(back) for f in velocities])
    flow = Flow(dict(zip(state, moved.applyfunc(lambda e: e.expand()), strict=True)))
    return flow, lambda values: dict(zip(state, matrix * Matrix(values) + shift, strict=True))


nonzero = st.sampled_from([-3, -2, -1, 1, 2, 3])
rates = st.integers(1, 4)


@given(st.integers(2, 3).flatmap(changes), nonzero, nonzero, st.integers(-2, 2), rates, rates)
@settings(max_examples=6)
def test_a_hidden_transcritical_bifurcation_is_found(change, leading, coupling, bend, one, two):
    names = (x, y, z)[: change[0].rows]
    velocities = (r * x + leading * x**2 + coupling * x * y, -one * y + bend * x**2, -two * z + x * y)[: len(names)]
    flow, point = hidden(velocities, names, change)
    found = only(flow, point([0] * len(names)))
    assert (found.kind, found.critical) == (BifurcationKind.TRANSCRITICAL, Eq(r, 0))


@given(st.integers(2, 3).flatmap(changes), nonzero, st.integers(-3, 3), nonzero, rates, rates)
@settings(max_examples=8)
def test_a_hidden_pitchfork_keeps_its_criticality(change, leading, coupling, bend, one, two):
    """On the centre manifold y = bend x²/one the cubic coefficient is leading + coupling bend/one."""
    names = (x, y, z)[: change[0].rows]
    velocities = (r * x + leading * x**3 + coupling * x * y, -one * y + bend * x**2, -two * z + y**2 + x * y)[: len(names)]
    flow, point = hidden(velocities, names, change)
    at = point([0] * len(names))
    found = only(flow, at)
    cubic = leading + Rational(coupling * bend, one)
    assert found.critical == Eq(r, 0)
    if cubic == 0:
        assert found.kind is BifurcationKind.DEGENERATE
        return
    assert (found.kind, found.criticality) == (BifurcationKind.PITCHFORK, "supercritical" if cubic < 0 else "subcritical")
    quadratic, expected = steady_coefficients(flow, {**at, r: 0})
    assert abs(quadratic) < 1e-9
    assert np.sign(expected) == np.sign(float(found.coefficient))


@given(st.integers(1, 3).flatmap(changes), rates, nonzero, rates, rates, st.booleans())
@settings(max_examples=8)
def test_a_hidden_saddle_node_is_found_on_both_branches(change, leading, bend, one, two, upper):
    names = (x, y, z)[: change[0].rows]
    velocities = (r - leading * x**2, -one * y + bend * x**2, -two * z + x * y)[: len(names)]
    flow, point = hidden(velocities, names, change)
    first = sqrt(r / leading) * (1 if upper else -1)
    second = Rational(bend, one) * r / leading
    judgement = judged(flow, point([first, second, first * second / two][: len(names)]))
    (found,) = judgement.bifurcations
    assert (found.kind, found.critical) == (BifurcationKind.SADDLE_NODE, Eq(r, 0))
    saddle = Verdict.SADDLE if len(names) > 1 else Verdict.UNSTABLE
    assert judgement.verdict is (Verdict.STABLE if upper else saddle)


@given(
    st.integers(2, 3).flatmap(changes),
    rates,
    st.lists(st.integers(-2, 2), min_size=10, max_size=10),
    st.lists(st.integers(-2, 2), min_size=4, max_size=4),
    rates,
)
@settings(max_examples=8)
def test_a_hidden_hopf_bifurcation_has_kuznetsov_s_coefficient(change, turn, quadratic, cubic, rate):
    """All quadratic and some cubic couplings of a rotating pair, in three dimensions beside a stable direction."""
    names = (x, y, z)[: change[0].rows]
    others = z if len(names) == 3 else 0
    c = quadratic
    velocities = (
        r * x - turn * y + c[0] * x**2 + c[1] * x * y + c[2] * y**2 + c[3] * x * others + cubic[0] * x**3 + cubic[1] * x * y**2,
        turn * x + r * y + c[4] * x**2 + c[5] * x * y + c[6] * y**2 + c[7] * y * others + cubic[2] * y**3 + cubic[3] * x**2 * y,
        -rate * z + c[8] * x**2 + c[9] * x * y + y**2,
    )[: len(names)]
    flow, point = hidden(velocities, names, change)
    at = point([0] * len(names))
    found = only(flow, at)
    assert found.critical == Eq(r, 0)
    assert found.frequency == turn**2
    expected = lyapunov(flow, {**at, r: 0})
    if found.kind is BifurcationKind.DEGENERATE:
        assert abs(expected) < 1e-6
        return
    assert found.kind is BifurcationKind.HOPF
    value = number(found.coefficient, {r: 0}).real
    assert value == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found.criticality == ("supercritical" if value < 0 else "subcritical")


@given(st.lists(st.integers(-2, 2), min_size=6, max_size=6), st.floats(0.2, 2), st.floats(0.2, 2))
@settings(max_examples=6)
def test_with_parameters_in_the_coupling_the_criticality_is_an_inequality(c, one, two):
    """The criticality of a planar oscillator whose nonlinear terms hold two parameters."""
    flow = Flow(
        {
            x: r * x - y + c[0] * alpha * x**2 + c[1] * x * y + c[2] * x**3,
            y: x + r * y + c[3] * beta * x * y + c[4] * y**2 + c[5] * alpha * x**2 * y,
        }
    )
    found = only(flow)
    at = {alpha: one, beta: two, r: 0, x: 0, y: 0}
    expected = lyapunov(flow, at)
    assume(abs(expected) > 1e-6)
    assert found.kind is BifurcationKind.HOPF
    assert number(found.coefficient, at).real == pytest.approx(expected, rel=1e-8)
    supercritical = holds(found.supercritical, at) if found.supercritical is not None else found.criticality == "supercritical"
    assert supercritical == (expected < 0)
    assert np.abs(derivatives(flow, 1, at)).max() <= 1


# -- edges of existence, and sets that are not radical -----------------------------------------------------------------


def kinds_at(flow):
    """For every point: kinds, criticalities and equations."""
    return [
        {(f.kind, f.criticality, f.critical) for f in judged(flow, point).bifurcations} for point in fixed_points(flow, None)
    ]


def test_mirrored_branches_of_a_toggle_switch_are_born_in_the_same_pitchfork():
    """Gardner, Cantor and Collins, Nature 403 (2000), at Hill coefficient 2 with equal synthesis; alpha = 2."""
    for first, second in ((x, y), (y, x)):
        flow = Flow({first: alpha - first * (1 + second**2), second: alpha - second * (1 + first**2)})
        assert kinds_at(flow) == [{(BifurcationKind.PITCHFORK, "supercritical", Eq(alpha, 2))}] * 3


def test_the_duffing_oscillator_jumps_at_saddle_nodes():
    """Slow flow of a driven Duffing oscillator (Guckenheimer and Holmes §4.2): folds of the response curve."""
    detuning, drive = 3, symbols("F", positive=True)
    square = x**2 + y**2
    flow = Flow({x: -x / 2 - y * (detuning - square), y: -y / 2 + x * (detuning - square) - drive})
    (point,) = fixed_points(flow, None)
    (found,) = judged(flow, point).bifurcations
    assert found.kind is BifurcationKind.SADDLE_NODE
    assert factor((found.critical.lhs - found.critical.rhs) / (432 * drive**4 - 2160 * drive**2 + 1369)).is_number


def test_two_curves_cross_where_the_parameter_enters_by_its_square():
    """x' = q² − x² = (q − x)(q + x)."""
    assert kinds_at(Flow({x: q**2 - x**2})) == [{(BifurcationKind.TRANSCRITICAL, None, Eq(q, 0))}] * 2


def test_outer_branches_end_in_the_pitchfork_that_the_origin_sees():
    """Strogatz §3.4, with both coefficients free."""
    for found in kinds_at(Flow({x: a * x - b * x**3}))[:3]:
        assert {(kind, critical) for kind, _, critical in found} == {(BifurcationKind.PITCHFORK, Eq(a, 0))}


def test_branches_of_degree_four_end_in_saddle_nodes_and_at_the_origin():
    """Strogatz (3.4.2): x' = ax + bx³ − x⁵; folds at a = −b²/4, and the inner pair meets the origin at a = 0."""
    flow = Flow({x: a * x + b * x**3 - x**5})
    origin, *branches = fixed_points(flow, None)
    assert [f.critical for f in judged(flow, origin).bifurcations] == [Eq(a, 0)]
    for place, point in enumerate(branches):
        found = judged(flow, point).bifurcations
        assert of_kind(BifurcationKind.SADDLE_NODE, found).critical == Eq(a, -(b**2) / 4)
        fork = of_kind(BifurcationKind.PITCHFORK, found)
        inner = place >= 2
        assert (fork.critical, fork.criticality) == (Eq(a, 0), "subcritical" if inner else "supercritical")
        assert fork.conditions == ((b > 0) if inner else (b < 0),)


def test_asymmetric_branches_of_coupled_pitchforks_are_born_where_the_symmetric_one_turns():
    flow = Flow({x: -x + alpha * y - y**3, y: -y + alpha * x - x**3})
    for point in fixed_points(flow, None):
        if point.values[x] not in (point.values[y], -point.values[y]):
            found = only(flow, point)
            assert (found.kind, found.critical) == (BifurcationKind.PITCHFORK, Eq(alpha, 2))


def test_a_laser_with_absorber_switches_on_in_a_saddle_node():
    """The discriminant of the quadratic equation for the absorber."""
    A, C, D, E, G = symbols("A C D E G", positive=True)
    flow = Flow({x: x * (A * y - beta * z - 1), y: C - D * y - A * x * y, z: E - G * z - beta * x * z})
    lasing = [p for p in fixed_points(flow, None) if p.values[x] != 0 and not p.exceptional][:2]
    for point in lasing:
        (fold,) = (f for f in judged(flow, point).bifurcations if f.kind is BifurcationKind.SADDLE_NODE)
        at = {A: 2, beta: 3, D: 1, G: 5, E: 2}
        (state,) = {s for s in (y, z) if s in point.site.roots[0][1:] or s == point.site.roots[0][0]}
        polynomial = point.site.ring.expr(point.site.roots[0][1]).subs(at)
        expected = polynomial.as_poly(state).discriminant()
        assert factor((fold.critical.lhs - fold.critical.rhs).subs(at) / expected).is_number
