"""Time scales: against the closed forms of the notes, and systems whose splitting is known."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from sympy import Eq, I, Matrix, MatrixSymbol, Min, Poly, Rational, S, exp, oo, re, series, sqrt, symbols

from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.points.fixed_points import fixed_points
from derivations.typeset.any_root import AnyRoot, RealRoot
from theory import Flow
from theory.errors import InputError, UnfinishedError

v, w, u, s = symbols("v w u s", real=True)
mu, lam, kappa, gamma, eps = symbols("mu lambda kappa gamma epsilon", positive=True)
eta_x, eta_y, n, phi, m, q = symbols("eta_x eta_y n phi m q", positive=True)
a, b, c = symbols("a b c", positive=True)
K = symbols("K", integer=True, positive=True)

UNIFORM = Flow({v: -eta_x * (v - u), u: -eta_y * n * (u - (1 - phi) * v)})
ONE_MODE = Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w}, assumptions=(mu**2 > 4 * lam,))
COLLAPSED = {v: 0, w: 0}
SYSTEM = symbols("x0:3", real=True)


def scales(flow, point, small, order=2, **options):
    return time_scales(flow, point, small, order, time_limit=None, **options)


def linear(matrix):
    """The flow dx/dt = matrix * x."""
    state = SYSTEM[: matrix.rows]
    return Flow(dict(zip(state, matrix * Matrix(state), strict=True)))


def linear_scales(matrix, order=2):
    return scales(linear(matrix), dict.fromkeys(SYSTEM[: matrix.rows], 0), eps, order)


def survivor(sign=1):
    head = (mu + sign * sqrt(mu**2 - 4 * lam)) / 2
    return {w: head, v: head * sqrt(kappa / (gamma * lam))}


def orders_agree(found):
    return all(rate.exact or rate.remainder.agrees for rate in found)


# -- the models of the notes ----------------------------------------------------------------------------------------------


def test_uniform_frustration_has_one_slow_rate_proportional_to_the_fraction():
    """Notes, §2: tau_fast and tau_slow."""
    fast, slow = found = scales(UNIFORM, {v: 0, u: 0}, phi)
    total, both = eta_x + eta_y * n, eta_x * eta_y * n
    assert (fast.is_slow, slow.is_slow, fast.exponent, slow.exponent) == (False, True, 0, 1)
    assert vanishes(slow.coefficient + both / total)
    assert vanishes(fast.timescale - 1 / total)
    assert vanishes(slow.timescale - total / (both * phi))
    assert (found.spectral_gap.exponent, vanishes(found.spectral_gap.coefficient - both / total**2)) == (1, True)
    assert found.assumed == ()
    assert orders_agree(found)


def test_uniform_series_are_the_taylor_series_of_the_exact_rates():
    """Notes, §2: r_±."""
    total, both = eta_x + eta_y * n, eta_x * eta_y * n
    fast, slow = scales(UNIFORM, {v: 0, u: 0}, phi, order=3)
    for rate, sign in ((fast, 1), (slow, -1)):
        exact = -(total + sign * sqrt(total**2 - 4 * both * phi)) / 2
        taylor = series(exact, phi, 0, int(rate.next_exponent)).removeO()
        assert vanishes(taylor - rate.series)


def test_pairs_have_the_slow_rate_of_the_notes():
    """Notes, §2: the matrix M of `pairs` and r_slow."""
    matrix = Matrix(
        [
            [eta_x, 0, -eta_x],
            [0, 2 * q * eta_x, -q * eta_x],
            [-eta_y * n, -eta_y * m * q * (K - 2), eta_y * (n + m * (K - 1) * q)],
        ]
    )
    found = scales(linear(-matrix), dict.fromkeys(SYSTEM, 0), m, order=1)
    assert [rate.exponent for rate in found] == [0, 0, 1]
    assert vanishes(found[2].coefficient + q * K / 2 / (1 / eta_y + n / eta_x))
    assert found.spectral_gap.coefficient.has(Min)  # which of the fast rates is smaller, parameters decide
    assert len(found.assumed) == 1
    assert orders_agree(found)


@pytest.mark.parametrize("small", [lam, kappa, gamma])
def test_the_collapsed_state_decays_exactly_at_its_decay_constants(small):
    """Notes, §4.2."""
    found = scales(ONE_MODE, COLLAPSED, small)
    assert {rate.series for rate in found} == {-lam, -kappa}
    assert all(rate.exact and rate.remainder.stated_order is oo for rate in found)
    assert {rate.series for rate in found.slow} == {small} & {lam, kappa} or {-r.series for r in found.slow} == {small}


@pytest.mark.parametrize("sign", [1, -1])
def test_one_mode_with_small_decay_agrees_with_its_trace_and_determinant(sign):
    """Notes, §4.2: trace -γv²-κ and determinant 2γv²(2w-μ)(μ-w)."""
    point = survivor(sign)
    fast, slow = found = scales(ONE_MODE, point, lam, order=3)
    trace = (-gamma * v**2 - kappa).subs(point)
    determinant = (2 * gamma * v**2 * (2 * w - mu) * (mu - w)).subs(point)
    start = min(fast.exponent, S.Zero)
    known = min(fast.next_exponent, slow.next_exponent)
    assert series(trace - fast.series - slow.series, lam, 0, int(known)).removeO().expand() == 0
    product = series(determinant - fast.series * slow.series, lam, 0, int(start + slow.exponent + 2)).removeO()
    assert product.expand().cancel() == 0
    assert slow.coefficient == -2 * sign
    assert orders_agree(found)


def test_a_slow_head_makes_the_survivor_oscillate():
    """Notes, §4.2: trace of order κ, determinant of order κ."""
    found = scales(ONE_MODE, survivor(), kappa)
    assert {rate.exponent for rate in found} == {Rational(1, 2)}
    root = sqrt(mu**2 - 4 * lam)
    for rate in found:
        assert vanishes(rate.coefficient**2 + mu**2 + mu * root - 4 * lam, Region(ONE_MODE.assumptions))
        assert rate.real.exponent == 1
        assert vanishes(rate.real.coefficient + mu * (mu + root) / (4 * lam))
        assert rate.is_slow
    assert orders_agree(found)


def test_mobility_of_the_head_drops_out_of_the_rates_of_the_survivor():
    """Notes, §4.2: γv² does not depend on γ."""
    assert all(r.exact and r.exponent == 0 and not r.is_slow for r in scales(ONE_MODE, survivor(), gamma))


def test_every_rate_is_real_and_negative_for_the_stable_survivor():
    numbers = {mu: 1, kappa: Rational(1, 2), gamma: 1}
    found = scales(ONE_MODE, survivor(), lam, parameters=numbers)
    assert all(rate.coefficient.subs(numbers) < 0 for rate in found)
    assert all(rate.remainder.parameters == numbers for rate in found)


# -- slow-fast systems, splittings, oscillations --------------------------------------------------------------------------


def test_van_der_pol_has_one_fast_and_one_slow_eigenvalue():
    fast, slow = found = scales(Flow({v: w - v**3 / 3 + v, w: -eps * v}), {v: 0, w: 0}, eps)
    assert (fast.series, slow.series) == (1 - eps, eps + eps**2)
    assert orders_agree(found)


def test_a_jordan_block_splits_like_a_root():
    pair = linear_scales(Matrix([[0, 1], [eps, 0]]))
    assert {rate.series for rate in pair} == {sqrt(eps), -sqrt(eps)}
    assert all(rate.exact for rate in pair)
    triple = linear_scales(Matrix([[-1, 1, 0], [0, -1, 1], [eps, eps, -1]]))
    assert {rate.branch.ramification for rate in triple} == {3}
    assert orders_agree(triple)


def test_weak_damping_is_a_slow_real_part():
    for rate in scales(Flow({v: w, w: -v - eps * w}), {v: 0, w: 0}, eps):
        assert (rate.exponent, rate.real.exponent, rate.real.coefficient) == (0, 1, Rational(-1, 2))
        assert rate.coefficient**2 == -1
        assert (rate.timescale, rate.is_slow) == (2 / eps, True)


def test_damping_beyond_the_order_is_slow_and_has_no_time_scale():
    for rate in scales(Flow({v: w, w: -v - eps * w}), {v: 0, w: 0}, eps, order=1):
        assert (rate.is_slow, rate.timescale) == (True, None)


def test_the_gap_lies_between_the_slowest_fast_and_the_fastest_slow_mode():
    for rates, coefficient in (((-3, -2, -5 * eps), Rational(5, 2)), ((-3, -5 * eps, -7 * eps**2), Rational(5, 3))):
        gap = linear_scales(Matrix.diag(*rates)).spectral_gap
        assert (gap.exponent, gap.coefficient) == (1, coefficient)


def test_neutral_modes_are_exact_zeros():
    found = scales(Flow({v: -a * (v - u), u: a * (v - u) + eps * 0}), {v: 1, u: 1}, a)
    assert [(rate.exponent, rate.exact, rate.timescale) for rate in found][-1] == (oo, True, oo)
    assert (found.spectral_gap.exponent, found.spectral_gap.coefficient) == (oo, 0)


def test_signs_that_parameters_decide_give_no_real_part():
    p = symbols("p", real=True)
    found = scales(Flow({v: p * u, u: v - eps * u}), {v: 0, u: 0}, eps, order=1)
    assert {(rate.real.coefficient, rate.is_slow) for rate in found} == {(None, None)}


def test_a_parametric_cubic_is_kept_as_a_root_and_measured_at_all_of_its_conjugates():
    (rate,) = found = scales(Flow({v: w, w: u, u: -a * v - b * w - c * u - eps * v}), {v: 0, w: 0, u: 0}, eps)
    assert isinstance(rate.coefficient, AnyRoot)
    assert rate.multiplicity == 3
    assert orders_agree(found)
    assert "c_1: any root of" in str(found)


def test_the_state_may_stay_free_on_a_family_of_fixed_points():
    assert {rate.series for rate in scales(Flow({v: -v * w, w: -eps * v}), {v: 0, w: w}, eps)} == {-w, S.Zero}


# -- signs that are not known -------------------------------------------------------------------------------------------

PULLED = Flow({v: -a * v + b * u, u: -c * v - b * u - eps * u})


@pytest.mark.parametrize(("slow", "sign"), [(Rational(1, 10), -1), (Rational(2), 1)])
def test_the_side_of_a_discriminant_is_an_assumption_that_the_measured_parameters_obey(slow, sign):
    numbers = {a: 5, b: 1, c: slow}
    found = scales(PULLED, {v: 0, u: 0}, eps, order=1, parameters=numbers)
    (side,) = found.assumed
    assert side.subs(numbers) == True  # noqa: E712  (a SymPy Boolean)
    assert all(rate.remainder.parameters == numbers for rate in found)
    dense = Matrix([[-a, b], [-c, -b]]).subs(numbers).eigenvals()
    real = sorted(float(re(e)) for e, k in dense.items() for _ in range(k))
    assert sorted(float(rate.real.coefficient.subs(numbers)) for rate in found) == pytest.approx(real, rel=1e-12)
    assert "assumed: " in str(found)
    assert r"\text{assuming }" in found.to_latex()


# -- points that are roots of a polynomial ------------------------------------------------------------------------------

QUINTIC = Flow({v: -(v**5) + v + eps + eps * v**2, u: -eps * u * (1 + v**2) + v * u**2})


def at_the_roots(flow, **options):
    """The time scales of all real branches of the points that stay roots."""
    for point in fixed_points(flow, time_limit=None):
        if point.roots:
            with pytest.raises(InputError, match=r"branch of the point as .*0: v ≃ .*choose one with branch=0") as told:
                scales(flow, point, eps, branch=99, **options)
            count = str(told.value).count(": v ≃")
            yield from ((point, scales(flow, point, eps, branch=k, **options)) for k in range(count))


def test_each_real_branch_of_a_point_has_the_eigenvalues_of_its_jacobian():
    seen = 0
    small = Rational(1, 1000)
    for point, found in at_the_roots(QUINTIC, order=3):
        near = float(found.point[0].series(eps).subs(eps, small))
        (state,) = (p for p in point_values(QUINTIC, point, small) if abs(p[v] - near) < 1e-6)
        dense = np.linalg.eigvals(np.array(QUINTIC.jacobian().subs({**state, eps: small}), dtype=float))
        for rate in found:
            assert (
                min(abs(dense - float(rate.series.subs(eps, small))))
                < 20 * float(small) ** float(rate.next_exponent) + np.finfo(float).eps
            )
        assert orders_agree(found)
        seen += 1
    # v = -ε + …, ±1 + … on u = 0, and beside u = ε (1 + v²)/v
    assert seen == 6


def point_values(flow, point, small):
    """The states of a point at a value of the small parameter, by NumPy's roots of its polynomial."""
    ((x, polynomial),) = point.roots.items()
    roots = np.roots([float(c) for c in Poly(polynomial.subs(eps, small), x).all_coeffs()])
    for root in roots[abs(roots.imag) < 1e-9].real:
        yield {y: float(value.subs({x: root, eps: small})) for y, value in point.values.items()}


def test_a_moving_root_with_parameters_is_a_puiseux_series():
    flow = Flow({v: -(v**5) + eps * v + a, u: -eps * u * v})
    (point,) = fixed_points(flow, time_limit=None)
    found = scales(flow, point, eps)
    assert vanishes(found.point[0].series(eps) - a ** Rational(1, 5) - eps / (5 * a ** Rational(3, 5)))
    fast, slow = found
    assert vanishes(fast.coefficient + 5 * a ** Rational(4, 5))
    assert vanishes(slow.coefficient + a ** Rational(1, 5))
    assert orders_agree(found)
    assert "at v ≃ " in str(found)


def test_a_branch_is_asked_for_where_there_are_several():
    point = next(p for p in fixed_points(QUINTIC, time_limit=None) if p.roots)
    with pytest.raises(InputError, match="got no branch"):
        scales(QUINTIC, point, eps)


def test_which_branches_are_real_is_told_by_the_discriminant():
    """The quintic in Bring-Jerrard form: one real root or three, by the sign of 3125 b⁴ - 256 a⁵."""
    flow = Flow({v: -(v**5) + a * v - b + eps * v**2})
    (point,) = fixed_points(flow, time_limit=None)
    one, three = r"if 3125\*b\*\*4 > 256\*a\*\*5", r"if 256\*a\*\*5 > 3125\*b\*\*4"
    with pytest.raises(InputError, match=f"0: v .*{one}; 1: v .*{three}; 2: v .*{three}; 3: v .*{three}"):
        scales(flow, point, eps)
    (rate,) = found = scales(flow, point, eps, branch=2)
    assert found.assumed == (256 * a**5 > 3125 * b**4,)
    root = rate.coefficient.atoms(RealRoot).pop()
    assert vanishes(rate.coefficient - (a - 5 * root**4), Region(found.assumed))
    assert orders_agree(found)


# -- output ---------------------------------------------------------------------------------------------------------------


def test_exact_and_truncated_rates_never_look_alike():
    exact = scales(ONE_MODE, COLLAPSED, lam)
    truncated = scales(UNIFORM, {v: 0, u: 0}, phi, order=1)
    for line in (line for line in str(exact).splitlines() if line.startswith("s_")):
        assert " = " in line
        assert "≃" not in line
        assert "O(" not in line
    for line in (line for line in str(truncated).splitlines() if line.startswith("s_")):
        assert " ≃ " in line
        assert "O(phi" in line
    shown = {
        name: [r for r in f.to_latex().splitlines() if r.startswith("s_{")] for name, f in (("=", exact), ("~", truncated))
    }
    assert [len(rows) for rows in shown.values()] == [2, 2]
    assert all(r"\simeq" in row and r"O\left(" in row for row in shown["~"])
    assert all("&=" in row and r"\simeq" not in row for row in shown["="])
    assert [r["relation"] for r in truncated.to_dict()["rates"]] == ["≃", "≃"]


def test_terms_are_written_in_rising_powers():
    text = str(scales(UNIFORM, {v: 0, u: 0}, phi))
    assert "s_1 ≃ -(eta_x + eta_y*n) + eta_x*eta_y*n*phi/(eta_x + eta_y*n) + O(phi**2)" in text


def test_results_are_plain_data():
    found = scales(UNIFORM, {v: 0, u: 0}, phi)
    data = json.loads(found.to_json())
    assert data["rates"][1]["exponent"] == "1"
    assert data["rates"][1]["remainder"]["stated_order"] == "3"
    assert abs(data["rates"][1]["remainder"]["observed_order"] - 3) < 0.05
    assert found._repr_latex_().startswith("$")


def test_a_worker_process_gives_the_same_result():
    flow, point = Flow({v: w, w: u, u: -a * v - b * w - c * u - eps * v}), {v: 0, w: 0, u: 0}
    assert str(time_scales(flow, point, eps, 1, time_limit=60)) == str(scales(flow, point, eps, 1))


def test_time_scales_take_what_fixed_points_gives():
    """Notes, §4.2: v = w = 0 and the survivors, wherever they exist."""
    for point in fixed_points(ONE_MODE, time_limit=None):
        found = scales(ONE_MODE, point, kappa, order=1)
        assert len(found) == 2
        assert orders_agree(found)


# -- input ----------------------------------------------------------------------------------------------------------------

HEAD = MatrixSymbol("W", 2, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((UNIFORM, {v: 0, u: 0}, lam), "small parameter of the flow"),
        ((UNIFORM, {v: 0, u: 0}, v), "small parameter of the flow"),
        ((UNIFORM, {v: 0, u: 0}, phi, 0), "positive integer"),
        ((UNIFORM, {v: 0, u: 0}, phi, 1.5), "positive integer"),
        ((UNIFORM, {v: 0}, phi), "a value for every state"),
        ((UNIFORM, {v: 0, u: 0, w: 0}, phi), "leave it out"),
        ((UNIFORM, {v: 0, u: phi**2}, phi), "a fixed point"),
        ((UNIFORM, {v: 0.0, u: 0}, phi), "an exact expression"),
        ((UNIFORM, "origin", phi), "mapping"),
        ((ONE_MODE, SimpleNamespace(values={v: 0, w: w}, roots={w: w**2 - mu}), lam), "that fixed_points gives"),
        ((ONE_MODE, SimpleNamespace(values={v: 0, w: 0}, conditions=(Eq(mu, lam),)), lam), "independent"),
        ((Flow({HEAD: -lam * HEAD}), {HEAD: 0}, lam), "a flow in scalars"),
        ((Flow({v: -0.5 * v + eps * v}), {v: 0}, eps), "exact"),
        ((Flow({v: -exp(eps) * v}), {v: 0}, eps), "algebraic function"),
        ((Flow({v: -sqrt(v) * eps}), {v: 0}, eps), "differentiable"),
        ((Flow({v: -eps / v}), {v: 0}, eps), "finite"),
    ],
)
def test_unusable_input_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(InputError, match=message):
        time_scales(*arguments, time_limit=None)


@pytest.mark.parametrize(
    ("values", "message"),
    [({lam: 1}, "the parameters are"), ({phi: 1}, "other than the small one"), ({n: -1}, "allow"), ({n: 0.5}, "rational")],
)
def test_unusable_parameters_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        scales(UNIFORM, {v: 0, u: 0}, phi, parameters=values)


def test_parameters_against_the_assumptions_of_the_flow_are_not_replaced():
    with pytest.raises(UnfinishedError, match="mu"):
        scales(ONE_MODE, COLLAPSED, kappa, parameters={mu: 1, lam: 1})


def test_nearly_fixed_points_are_told_from_fixed_ones():
    almost = {v: 0, w: Rational(1, 10**60)}
    with pytest.raises(InputError, match="fixed point"):
        scales(ONE_MODE, almost, lam)
    point = survivor()
    moved = {**point, w: point[w] + I * 0 + sqrt(2) * sqrt(3) - sqrt(6)}
    assert str(scales(ONE_MODE, moved, lam, 1)) == str(scales(ONE_MODE, point, lam, 1))
