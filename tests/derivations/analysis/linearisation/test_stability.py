"""Stability: textbook verdicts as the literature states them, the models of the notes, and dense eigenvalues in NumPy."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    CRootOf,
    Eq,
    Gt,
    I,
    Lt,
    Matrix,
    MatrixSymbol,
    Ne,
    Poly,
    Rational,
    S,
    exp,
    eye,
    factor,
    sin,
    sqrt,
    symbols,
    zeros,
)

from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.stability import stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.zero_modes import Origin
from derivations.analysis.points.fixed_points import fixed_points
from tests.derivations.analysis.linearisation.dynamics import derivatives, eigenvalues, holds, number, same_spectrum
from theory import Flow
from theory.errors import InputError, UnfinishedError

x, y, z, u, v, w = symbols("x y z u v w", real=True)
a, b, k, r = symbols("a b k r", real=True)
alpha, beta, rho, sigma, omega = symbols("alpha beta rho sigma omega", positive=True)
mu, lam, kappa, gamma, mu1, mu2 = symbols("mu lambda kappa gamma mu1 mu2", positive=True)
v1, v2 = symbols("v1 v2", real=True)
SYSTEM = symbols("x0:4", real=True)

ONE_MODE = Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w})
PLAIN_MODE = Flow({v: -w * (w - mu) * v, w: -gamma * (w - mu) * v**2})
LORENZ = Flow({x: sigma * (y - x), y: x * (rho - z) - y, z: x * y - beta * z})
MAY_LEONARD = Flow(
    {
        x: x * (1 - x - alpha * y - beta * z),
        y: y * (1 - beta * x - y - alpha * z),
        z: z * (1 - alpha * x - beta * y - z),
    }
)
CIRCLE = Flow({x: x * (1 - x**2 - y**2), y: y * (1 - x**2 - y**2)})


def judged(velocity, point=None, assumptions=(), **options):
    """The stability of a flow at a point, the origin where none is given."""
    flow = velocity if isinstance(velocity, Flow) else Flow(velocity, assumptions=assumptions)
    return stability(flow, dict.fromkeys(flow.state, 0) if point is None else point, time_limit=None, **options)


def all_of(flow):
    """Each fixed point with its stability."""
    return [(p, judged(flow, p)) for p in fixed_points(flow, None)]


def spectrum_agrees(found, at):
    return same_spectrum(found.eigenvalues_at(at), eigenvalues(found.flow, {**found.point, **at}))


def same(left, right):
    """Relations whose sides differ by the same expression, or its negative the other way round."""
    flipped = {Gt: Lt, Lt: Gt, Ne: Ne, Eq: Eq}
    one, other = (r.lhs - r.rhs for r in (left, right))
    ratio = factor(one / other)
    return (ratio.is_positive and left.func == right.func) or (ratio.is_negative and left.func == flipped[right.func])


def one_condition(found):
    (condition,) = found.conditions
    return condition


# -- textbooks ---------------------------------------------------------------------------------------------------------
# Strogatz, Nonlinear Dynamics and Chaos, 2nd edition.


def test_of_the_two_points_of_a_saddle_node_one_is_stable():
    """Strogatz §3.1."""
    (upper, lower) = sorted(all_of(Flow({x: r - x**2})), key=lambda f: str(f[0].values[x]), reverse=True)
    assert upper[0].values[x] == sqrt(r)
    assert (upper[1].verdict, lower[1].verdict) == (Verdict.STABLE, Verdict.UNSTABLE)
    assert upper[1].eigenvalues == (-2 * sqrt(r),)


def test_a_transcritical_pair_exchanges_its_stability():
    """Strogatz §3.2."""
    found = {p.values[x]: one_condition(s) for p, s in all_of(Flow({x: r * x - x**2}))}
    assert found == {S.Zero: r < 0, r: r > 0}


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_pitchfork_gives_or_takes_two_points(sign):
    """Strogatz §3.4."""
    found = {p.values[x]: s for p, s in all_of(Flow({x: r * x + sign * x**3}))}
    assert one_condition(found.pop(S.Zero)) == (r < 0)
    assert {s.verdict for s in found.values()} == {Verdict.STABLE if sign < 0 else Verdict.UNSTABLE}
    assert {s.eigenvalues for s in found.values()} == {(-2 * r,)}


def test_the_centre_of_lotka_and_volterra_is_marginal():
    """Strogatz exercise 7.2.18: a centre and a saddle."""
    flow = Flow({x: x * (alpha - beta * y), y: y * (gamma * x - lam)})
    verdicts = {p.values[x]: s for p, s in all_of(flow)}
    centre, saddle = verdicts[lam / gamma], verdicts[S.Zero]
    assert centre.verdict is Verdict.MARGINAL
    assert centre.conditions == ()
    assert set(centre.eigenvalues) == {I * sqrt(alpha) * sqrt(lam), -I * sqrt(alpha) * sqrt(lam)}
    assert saddle.verdict is Verdict.SADDLE
    assert set(saddle.eigenvalues) == {alpha, -lam}
    assert not centre.bifurcations
    assert not saddle.bifurcations


def test_the_brusselator_is_stable_below_its_threshold():
    """Strogatz exercise 8.3.1."""
    A, B = symbols("A B", positive=True)
    found = judged({x: A - (B + 1) * x + x**2 * y, y: B * x - x**2 * y}, {x: A, y: B / A})
    assert one_condition(found) == (B < 1 + A**2)


def test_fitzhugh_nagumo_has_the_trace_and_determinant_of_the_literature():
    """Murray, Mathematical Biology I, §7.5, in the variables of FitzHugh (1961)."""
    current, epsilon, c = symbols("I epsilon c", positive=True)
    flow = Flow({v: v - v**3 / 3 - w + current, w: epsilon * (v + a - c * w)})
    ((point, found),) = all_of(flow)
    trace, determinant = 1 - v**2 - epsilon * c, epsilon * (1 - c * (1 - v**2))
    (polynomial, _), s = found.characteristic[0], found.s
    assert (polynomial - (s**2 - trace * s + determinant)).expand() == 0
    assert len(found.conditions) == 2
    assert all(any(same(c, e) for c in found.conditions) for e in (Lt(trace, 0), Gt(determinant / epsilon, 0)))
    assert list(point.roots) == [v]


def test_the_origin_of_lorenz_is_stable_below_one():
    """Sparrow, The Lorenz Equations (1982), §1.2; Strogatz §9.2."""
    found = judged(LORENZ)
    assert one_condition(found) == (rho < 1)
    assert -beta in found.eigenvalues
    assert len(found.eigenvalues) == 3


def test_the_convection_rolls_of_lorenz_are_stable_below_the_literature_s_threshold():
    r"""Sparrow (1982): stable for :math:`1<\rho<\sigma(\sigma+\beta+3)/(\sigma-\beta-1)`, always where
    :math:`\sigma\le\beta+1`."""
    rolls = [s for p, s in all_of(LORENZ) if p.values[x] != 0]
    assert len(rolls) == 2
    threshold = sigma * (sigma + beta + 3) - rho * (sigma - beta - 1)
    for found in rolls:
        assert same(one_condition(found), Gt(threshold, 0))
        s = found.s
        (polynomial, _) = found.characteristic[0]
        expected = s**3 + (sigma + beta + 1) * s**2 + beta * (sigma + rho) * s + 2 * beta * sigma * (rho - 1)
        assert (polynomial - expected).expand() == 0
        at = {sigma: 10, beta: Rational(8, 3)}
        assert holds(one_condition(found), {**at, rho: 24.73})
        assert not holds(one_condition(found), {**at, rho: 24.74})


def test_three_competitors_coexist_where_the_literature_says():
    """May and Leonard, SIAM J. Appl. Math. 29 (1975): all three iff α + β < 2, one alone iff α, β > 1."""
    share = 1 / (1 + alpha + beta)
    found = judged(MAY_LEONARD, {x: share, y: share, z: share})
    assert one_condition(found) == (alpha + beta < 2)
    at = {alpha: 0.7, beta: 1.9}
    pair = (0.6 / 7.2) + np.array([1j, -1j]) * np.sqrt(3) / 2 * 1.2 / 3.6
    assert same_spectrum(found.eigenvalues_at(at), np.array([-1, *pair]))
    alone = judged(MAY_LEONARD, {x: 1, y: 0, z: 0})
    assert set(alone.conditions) == {alpha > 1, beta > 1}
    assert judged(MAY_LEONARD).verdict is Verdict.UNSTABLE


def test_equal_competitors_have_a_triangle_of_fixed_points():
    """May and Leonard (1975), α = β = 1."""
    (family,) = (s for p, s in all_of(MAY_LEONARD) if p.free)
    assert family.verdict is Verdict.STABLE
    assert family.eigenvalues == (-1,)
    assert [m.origin for m in family.zero_modes] == [Origin.TANGENT] * 2


# -- the models of the notes -------------------------------------------------------------------------------------------


def test_one_mode_with_decay_has_the_points_and_verdicts_of_the_notes():
    """§4.2: the head, the amplitude, the critical decay, stable and saddle, by the engine alone."""
    found = all_of(ONE_MODE)
    survivors = [(p, s) for p, s in found if p.values[v] != 0]
    assert [s.verdict for p, s in found if p.values[v] == 0] == [Verdict.STABLE]
    assert len(survivors) == 4
    for p, s in survivors:
        head = p.values[w]
        sign = 1 if (head - (mu + sqrt(mu**2 - 4 * lam)) / 2).expand() == 0 else -1
        assert (head - (mu + sign * sqrt(mu**2 - 4 * lam)) / 2).expand() == 0
        assert (p.values[v] ** 2 - kappa * head**2 / (gamma * lam)).expand() == 0
        assert p.conditions == (lam <= mu**2 / 4,)
        assert s.verdict is (Verdict.STABLE if sign > 0 else Verdict.SADDLE)
        assert s.conditions == ()
        (lost,) = s.bifurcations
        assert lost.kind is BifurcationKind.SADDLE_NODE
        assert lost.critical == Eq(lam, mu**2 / 4)


def test_the_own_sector_has_the_trace_and_determinant_of_the_notes():
    r"""§4.2: trace :math:`-\gamma v^2-\kappa`, determinant :math:`2\gamma v^2(2w-\mu)(\mu-w)`."""
    at = {mu: 0.9, lam: 0.13, kappa: 0.4, gamma: 2.5}
    for p, s in all_of(ONE_MODE):
        if p.values[v] != 0:
            head, energy = (number(e, at).real for e in (p.values[w], gamma * p.values[v] ** 2))
            (polynomial, _) = s.characteristic[0]
            _, minus_trace, determinant = (number(c, at).real for c in Poly(polynomial, s.s).all_coeffs())
            assert minus_trace == pytest.approx(energy + 0.4, rel=1e-12)
            assert determinant == pytest.approx(2 * energy * (2 * head - 0.9) * (0.9 - head), rel=1e-12)


def test_without_decay_the_zero_mode_is_tangent_and_stability_transverse():
    r"""§4.1: survivors decay with :math:`\gamma v^2`, a mode that is absent with :math:`w(w-\mu)`."""
    found = {tuple(p.free): s for p, s in all_of(PLAIN_MODE)}
    survivor, absent = found[v,], found[w,]
    assert survivor.eigenvalues == (-gamma * v**2,)
    assert survivor.conditions == (Ne(v, 0),)
    assert same(one_condition(absent), Gt(w * (w - mu), 0))
    for s, coordinate in ((survivor, v), (absent, w)):
        (mode,) = s.zero_modes
        assert mode.origin is Origin.TANGENT
        assert mode.vector == {x: int(x == coordinate) for x in (v, w)}


def two_modes(decay):
    velocities = {x: -w * (w - m) * x for x, m in ((v1, mu1), (v2, mu2))}
    velocities[w] = -gamma * ((w - mu1) * v1**2 + (w - mu2) * v2**2)
    return Flow({x: f - (kappa if x == w else lam) * x for x, f in velocities.items()} if decay else velocities)


def test_one_direction_without_decay_keeps_the_top_mode():
    """§4.1, the orthogonal fixed point: γa² > 0 for the survivor, and no absent mode above it."""
    found = {p.values[w]: s for p, s in all_of(two_modes(False)) if len(p.free) == 1 and p.values[w] != w}
    assert set(found[mu1].conditions) == {mu1 > mu2, Ne(v1, 0)}
    assert set(found[mu2].conditions) == {mu2 > mu1, Ne(v2, 0)}


def test_one_direction_with_decay_agrees_with_the_rule_of_the_notes():
    r"""R1 of §4.2: :math:`\omega^2>1` (the upper root) and :math:`\omega_l(\mu_l-\mu_j)\ge0` for the absent mode."""
    for p, s in all_of(two_modes(True)):
        occupied = [m for x, m in ((v1, mu1), (v2, mu2)) if p.values[x] != 0]
        if p.free or not occupied:
            continue
        upper = (2 * p.values[w] - occupied[0]).expand() == sqrt(occupied[0] ** 2 - 4 * lam)
        (absent,) = {mu1, mu2} - set(occupied)
        if upper:
            assert s.conditions == ((occupied[0] > absent),) or same(one_condition(s), Gt(occupied[0], absent))
        else:
            assert s.verdict is Verdict.SADDLE
        at = {mu1: 0.95, mu2: 0.83, lam: 0.11, kappa: 0.3, gamma: 1.7}
        assert spectrum_agrees(s, at)


def two_directions():
    """Two modes in two directions, μ = 1 and 7/8, λ = 3/16 (both heads rational), γ = κ/λ (then v = w), κ free."""
    decay, correlations = Rational(3, 16), (S.One, Rational(7, 8))
    V, W = (Matrix(2, 2, symbols(f"{name}:2:2", real=True)) for name in "vw")
    heads, identity = (Rational(3, 4), Rational(1, 2)), eye(2)
    residuals = [(W - m * identity) * V[:, j] for j, m in enumerate(correlations)]
    modes = [-W.T * residuals[j] - decay * V[:, j] for j in range(2)]
    head = -kappa / decay * sum((residuals[j] * V[:, j].T for j in range(2)), zeros(2, 2)) - kappa * W
    velocity = {V[i, j]: modes[j][i] for i in range(2) for j in range(2)} | {
        W[i, j]: head[i, j] for i in range(2) for j in range(2)
    }
    at = {m[i, j]: heads[i] if i == j else S.Zero for m in (V, W) for i in range(2) for j in range(2)}
    return Flow(velocity), at, decay


def test_two_directions_give_the_complete_rule_of_the_notes():
    r"""R1 (iii) of §4.2: :math:`c_2c_1>c_0` is what is left, a symmetry gives the rotation, a Hopf bifurcation ends it."""
    flow, at, decay = two_directions()
    found = judged(flow, at)
    speed = kappa / decay
    one, two = (h / sqrt(decay) for h in (Rational(3, 4), Rational(1, 2)))
    p, D = one * two, (one - two) ** 2
    s = D + 2 * p
    c2 = speed * (2 + s) + D * (1 - 1 / p)
    c0 = speed * (p - 1) * (1 + s - p) * (speed * s + D) / p
    c1 = speed**2 * (1 + s + p**2) + speed * (D**2 * (p - 1) + D * (3 * p**2 - 2) + 2 * p * (p - 1)) / p - D * (p - 1) ** 2 / p
    assert found.verdict is Verdict.DEPENDS
    assert same(one_condition(found), Gt((c2 * c1 - c0).expand(), 0))
    assert [m.origin for m in found.zero_modes] == [Origin.SYMMETRY]
    assert BifurcationKind.HOPF in {lost.kind for lost in found.bifurcations}
    assert spectrum_agrees(found, {kappa: 0.31})


# -- zero modes --------------------------------------------------------------------------------------------------------


def test_a_circle_of_points_is_stable_transverse_to_itself():
    point = judged(CIRCLE, {x: Rational(3, 5), y: Rational(4, 5)})
    assert point.verdict is Verdict.STABLE
    assert point.eigenvalues == (-2,)
    (mode,) = point.zero_modes
    assert mode.origin is Origin.SYMMETRY
    assert mode.vector[x] * 3 == -4 * mode.vector[y]
    for p, s in all_of(CIRCLE):
        if p.free:
            (mode,) = s.zero_modes
            slope = {
                q: number(e, {y: 0.3, x: np.sqrt(0.91) * (1 if p.values[x].is_nonnegative else -1)}).real
                for q, e in mode.vector.items()
            }
            at = number(p.values[x], {y: 0.3}).real
            assert s.verdict is Verdict.STABLE
            assert mode.origin is Origin.TANGENT
            assert slope[y] == 1
            assert slope[x] == pytest.approx(-0.3 / at)


def with_cubic(flow, *more):
    return Flow({**flow.velocity, **{q: -(q**3) for q in more}})


def test_a_symmetry_along_the_family_explains_no_second_zero():
    """The rotation is the tangent once more; the slow direction z is neither."""
    family = [s for p, s in all_of(with_cubic(CIRCLE, z)) if p.free]
    assert len(family) == 2
    for s in family:
        assert [m.origin for m in s.zero_modes] == [Origin.TANGENT, Origin.DEGENERATE]
        assert s.verdict is Verdict.MARGINAL


def test_rotations_that_move_a_point_the_same_way_count_once():
    rest = 1 - x**2 - y**2 - z**2
    sphere = Flow({q: q * rest for q in (x, y, z)})
    at = {x: sqrt(2) / 2, y: sqrt(2) / 2, z: 0}
    found = judged(sphere, at)
    vectors = Matrix([list(m.vector.values()) for m in found.zero_modes])
    assert found.verdict is Verdict.STABLE
    assert vectors.rank() == 2
    assert [m.origin for m in found.zero_modes] == [Origin.SYMMETRY] * 2
    slow = judged(with_cubic(sphere, w), {**at, w: 0})
    assert [m.origin for m in slow.zero_modes] == [Origin.SYMMETRY] * 2 + [Origin.DEGENERATE]
    assert slow.verdict is Verdict.MARGINAL


def test_zero_modes_are_in_the_kernel_of_the_jacobian():
    for p, s in all_of(two_modes(False)):
        at = {mu1: 0.9, mu2: 0.7, gamma: 1.3, **dict.fromkeys(p.free, 0.37)}
        at |= {mu2: at[mu1]} if any(isinstance(c, Eq) for c in p.conditions) else {}
        jacobian = derivatives(s.flow, 1, {**s.point, **at})
        for mode in s.zero_modes:
            vector = np.array([number(e, at).real for e in mode.vector.values()])
            assert np.abs(vector).max() > 0
            assert np.abs(jacobian @ vector).max() < 1e-12


# -- verdicts ----------------------------------------------------------------------------------------------------------


def test_an_oscillator_is_marginal_where_its_spring_pulls_back():
    found = judged({x: y, y: -k * x})
    assert found.verdict is Verdict.MARGINAL
    assert found.conditions == (k > 0,)
    assert judged({x: y, y: -alpha * x}).conditions == ()
    assert judged({x: y, y: alpha * x}).verdict is Verdict.SADDLE


def test_coupled_oscillators_are_marginal_where_all_frequencies_are_real():
    """s⁴ + a s² + b has its roots on the axis iff a, b > 0 and a² > 4b."""
    found = judged({x: y, y: z, z: w, w: -a * z - b * x})
    assert found.verdict is Verdict.MARGINAL
    for values in ((3, 1), (1, 1), (-3, 1), (3, -1), (-3, -1)):
        at = dict(zip((a, b), values, strict=True))
        assert all(holds(c, at) for c in found.conditions) == (np.abs(eigenvalues(found.flow, {**at, x: 0}).real).max() < 1e-6)


def test_what_else_may_be_unstable_is_a_condition_beside_a_marginal_mode():
    assert judged({x: y, y: -x, z: a * z}).conditions == (a < 0,)
    beside = judged({x: a * x, y: -(y**3)})
    assert beside.verdict is Verdict.MARGINAL
    assert beside.conditions == (a < 0,)
    assert [m.origin for m in beside.zero_modes] == [Origin.DEGENERATE]


def test_a_rate_that_can_only_vanish_is_unstable_elsewhere():
    found = judged({x: a**2 * x - x**2})
    assert found.verdict is Verdict.UNSTABLE
    assert found.conditions == (Ne(a, 0),)


def test_volume_is_kept_only_with_an_unstable_direction():
    """s³ + a s + b without a root at zero: the roots add up to zero."""
    assert judged({x: y, y: z, z: -a * y - alpha * x}).verdict in (Verdict.UNSTABLE, Verdict.SADDLE)
    maybe = judged({x: y, y: z, z: -a * y - b * x})
    assert maybe.verdict is Verdict.SADDLE
    assert Ne(b, 0) in maybe.conditions


def test_unstable_in_all_directions_is_not_a_saddle():
    assert judged({x: x, y: 2 * y + x}).verdict is Verdict.UNSTABLE
    assert judged({x: x, y: -2 * y + x}).verdict is Verdict.SADDLE
    assert judged({x: -x, y: -2 * y + x}).verdict is Verdict.STABLE


def test_what_is_negative_by_a_product_of_unknown_signs_is_unstable():
    """The predictor of Tian, Chen and Ganguli backwards in time: a rate of twice the decay, which is a product at the point."""
    p, q, b = symbols("p q b", real=True)
    a, alpha, eta = symbols("a alpha eta", positive=True)
    backwards = Flow({p: -alpha * q**2 * (b - a * p) + eta * p, q: -p * q * (b - a * p) + eta * q})
    for point in fixed_points(backwards, time_limit=None):
        assert stability(backwards, point, time_limit=None).verdict is Verdict.UNSTABLE
        numbers = {a: 1, b: 3, alpha: 1, eta: 1}
        assert max(eigenvalues(backwards, numbers | {s: v.xreplace(numbers) for s, v in point.values.items()}).real) > 0


def test_assumptions_of_the_flow_decide():
    velocity = {x: (a - b) * x}
    assert judged(velocity).verdict is Verdict.DEPENDS
    assert judged(velocity, assumptions=(a < b,)).verdict is Verdict.STABLE
    assert judged(velocity, assumptions=(a > b,)).verdict is Verdict.UNSTABLE


def test_a_block_triangular_jacobian_is_split():
    found = judged({x: -alpha * x + y * z, y: x - beta * y, z: -z + x**2 + w, w: -gamma * w - z})
    degrees = sorted(Poly(f, found.s).degree() for f, _ in found.characteristic)
    assert degrees == [1, 1, 2]
    assert found.verdict is Verdict.STABLE
    assert {-alpha, -beta} <= set(found.eigenvalues)


def test_what_has_no_short_closed_form_stays_a_polynomial():
    found = judged({x: y, y: z, z: -a * z - b * y - k * x - z**3})
    ((polynomial, multiplicity),) = found.characteristic
    s = found.s
    assert found.eigenvalues == ()
    assert multiplicity == 1
    assert (polynomial - (s**3 + a * s**2 + b * s + k)).expand() == 0
    assert len(found.conditions) <= 3
    assert any(same(c, Gt(a * b, k)) for c in found.conditions)


def test_points_may_be_given_by_radicals_and_algebraic_numbers():
    assert judged({x: alpha - x**2}, {x: sqrt(alpha)}).eigenvalues == (-2 * sqrt(alpha),)
    assert judged({x: 2 * x - x**3}, {x: -sqrt(2)}).eigenvalues == (-4,)
    root = CRootOf(z**3 - z - 1, 0)
    found = judged({x: 1 + x - x**3}, {x: root})
    assert found.verdict is Verdict.STABLE
    assert spectrum_agrees(found, {})
    nested = sqrt(1 + sqrt(alpha))
    found = judged({x: ((x**2 - 1) ** 2 - alpha) * -x}, {x: nested})
    assert found.verdict is Verdict.STABLE
    assert spectrum_agrees(found, {alpha: 0.7})
    assert not set().union(*(e.free_symbols for e in found.eigenvalues)) - {alpha}


# -- results -----------------------------------------------------------------------------------------------------------


def test_a_result_prints_and_is_plain_data():
    for found in (judged(LORENZ), judged(CIRCLE, {x: 1, y: 0}), judged(two_directions()[0])):
        assert found.verdict.value in str(found)
        assert all(str(c) in str(found) for c in found.conditions)
        assert json.loads(json.dumps(found.to_dict()))["verdict"] == found.verdict.value
        assert found.rows()


def test_eigenvalues_need_all_parameters():
    with pytest.raises(InputError, match="none for beta, rho"):
        judged(LORENZ).eigenvalues_at({sigma: 1.0})


def test_beyond_the_budget_the_verdict_is_numeric_and_says_so():
    found = judged(LORENZ, assumptions=(), budget=1)
    assert found.method.startswith("numeric")
    assert "not proved" in str(found.rows())
    assert found.verdict is Verdict.DEPENDS
    at = {sigma: 10.0, rho: 0.3, beta: 2.6}
    assert spectrum_agrees(found, at)
    assert judged(CIRCLE, {x: Rational(3, 5), y: Rational(4, 5)}, budget=1).verdict is Verdict.STABLE


ROOTS = Flow({x: -(x**5) + x + a, y: -y * (1 + x**2)})  # of which no radicals are known


@pytest.mark.parametrize("flow", [LORENZ, PLAIN_MODE, ROOTS], ids=["Lorenz", "no decay", "roots"])
def test_the_numeric_verdict_never_contradicts_the_exact_one(flow):
    for p in fixed_points(flow, None):
        exact, numeric = (judged(flow, p, **options) for options in ({}, {"budget": 1}))
        assert numeric.verdict is exact.verdict or exact.verdict is Verdict.DEPENDS


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "point", "sentence"),
    [
        ({x: a - x**2}, {x: a}, "dx/dt does not vanish"),
        ({x: a - x**2}, {}, "a value for each of x"),
        ({x: a - x**2, y: -y}, {x: sqrt(a)}, "a value for each of x, y"),
        ({x: a - x**2}, {y: sqrt(a)}, "a value for each of x"),
        ({x: a - x**2}, "x", "a value for each of x"),
        ({x: a - x**2}, None, "a value for each of x"),
        ({x: a - x**2}, {x: "sqrt(a)"}, "a SymPy expression or a number as value of x"),
        ({x: a * x - x**2}, {x: exp(a)}, "the term exp"),
        ({x: a * x - x**2}, {x: 0.1}, "exact fractions"),
        ({x: a - sin(x)}, {x: 0}, "the term sin"),
        ({x: x * (x - a) / (x - a) ** 2}, {x: a}, "at which the velocity is defined"),
    ],
)
def test_bad_points_and_flows_are_refused_in_one_sentence(flow, point, sentence):
    with pytest.raises(InputError, match=sentence):
        stability(Flow(flow), point, time_limit=None)


def test_what_is_no_scalar_flow_is_refused():
    X = MatrixSymbol("X", 2, 2)
    with pytest.raises(InputError, match="matrix state"):
        stability(Flow({X: -X}), {X: X}, time_limit=None)
    with pytest.raises(InputError, match="a Flow"):
        stability({x: -x}, {x: 0}, time_limit=None)


def test_a_point_of_another_flow_is_refused():
    point = fixed_points(Flow({x: a - x**2}), None)[0]
    with pytest.raises(InputError):
        stability(Flow({x: a - x**3}), point, time_limit=None)
    with pytest.raises(InputError):
        stability(Flow({y: b - y}), point, time_limit=None)


def test_a_time_limit_ends_the_analysis():
    with pytest.raises(UnfinishedError):
        stability(two_directions()[0], two_directions()[1], time_limit=0.05)


# -- random flows ------------------------------------------------------------------------------------------------------

small = st.integers(-3, 3)


@st.composite
def planted(draw, largest=4):
    """A polynomial flow in up to four variables and two parameters (of four variables one), with a fixed point where the draw
    puts it."""
    n = draw(st.sampled_from(range(2, largest + 1)))
    state = SYSTEM[:n]
    at = [draw(st.sampled_from([S.Zero, S.Zero, S.One, Rational(-1, 2), a, a + 1])) for _ in state]
    away = [q - p for q, p in zip(state, at, strict=True)]
    sparse = st.one_of(st.just(0), small)
    entries = [
        [draw(sparse) + draw(st.sampled_from([0, 0, a, -a, *([b, -a * b] if n < 4 else [])])) for _ in state] for _ in state
    ]
    velocity = {}
    for i, q in enumerate(state):
        linear = sum((e - (4 if i == j else 0)) * d for j, (e, d) in enumerate(zip(entries[i], away, strict=True)))
        j, m = (draw(st.integers(0, n - 1)) for _ in range(2))
        velocity[q] = linear + draw(small) * away[j] * away[m] + draw(small) * away[j] ** 3
    return SimpleNamespace(flow=Flow(velocity), point=dict(zip(state, at, strict=True)), symbols=(a, b))


rationals = st.fractions(-2, 2, max_denominator=7).map(lambda q: Rational(q.numerator, q.denominator))


@given(planted(), st.lists(st.tuples(rationals, rationals), min_size=4, max_size=4))
@settings(max_examples=8)
def test_random_flows_agree_with_dense_eigenvalues(system, values):
    found = judged(system.flow, system.point)
    for pair in values:
        at = dict(zip((a, b), pair, strict=True))
        expected = eigenvalues(system.flow, {**system.point, **at})
        assert same_spectrum(found.eigenvalues_at(at), expected)
        closed = [number(e, at) for e in found.eigenvalues]
        assert all(np.abs(expected - value).min() < 1e-6 * (1 + np.abs(expected).max()) for value in closed)
        moving = np.sort(expected.real)
        if found.zero_modes or np.abs(moving).min() < 1e-6:
            continue
        stable, unstable, saddle = moving.max() < 0, moving.max() > 0, moving.max() > 0 > moving.min()
        allowed = {
            Verdict.STABLE: stable,
            Verdict.UNSTABLE: unstable,
            Verdict.SADDLE: saddle,
            Verdict.DEPENDS: stable == all(holds(c, {**system.point, **at}) for c in found.conditions),
            Verdict.MARGINAL: unstable,
        }
        assert allowed[found.verdict]


def test_a_sign_that_a_root_of_a_number_decides_is_a_verdict():
    a = symbols("a", positive=True)
    flow = Flow({x: a / 2 - a * x**2, y: a * y * (x - y)})
    verdicts = {
        tuple(point.values.values()): stability(flow, point, time_limit=None).verdict
        for point in fixed_points(flow, time_limit=None)
    }
    half = sqrt(2) / 2
    saddle, stable, unstable = Verdict.SADDLE, Verdict.STABLE, Verdict.UNSTABLE
    assert verdicts == {(-half, 0): saddle, (half, 0): saddle, (-half, -half): unstable, (half, half): stable}


def test_coefficients_are_called_by_letters_that_nothing_else_has(monkeypatch):
    monkeypatch.setattr("derivations.analysis.linearisation.hurwitz.LONG", 2)
    x, y, z = symbols("x y z", real=True)
    given = symbols("a_0 a_1 a_2 b_0 b_1 b_2 c_0 c_1 c_2", real=True)
    rows = [given[k : k + 3] for k in (0, 3, 6)]
    flow = Flow({s: sum(c * v for c, v in zip(row, (x, y, z), strict=True)) for s, row in zip((x, y, z), rows, strict=True)})
    found = stability(flow, {x: 0, y: 0, z: 0}, time_limit=None)
    assert found.names
    assert not {*found.names} & {*given}
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(40):
        matrix = rng.normal(size=(3, 3)) - 1.5 * np.eye(3)
        at = dict(zip(given, map(Rational, matrix.ravel().round(3)), strict=True))
        stable = bool(np.linalg.eigvals(matrix.round(3)).real.max() < 0)
        held = all(bool(c.xreplace(found.names).xreplace(at)) for c in found.conditions)
        assert held == stable
        seen.add(stable)
    assert seen == {True, False}
