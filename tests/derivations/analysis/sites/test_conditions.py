"""Nothing is stated that holds nowhere, or everywhere: conditions, bifurcations and points against numbers."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Eq, Gt, Ne, Rational, S, diff, nsimplify, sqrt, symbols

from derivations import fixed_points, stability
from derivations.analysis.linearisation.kinds import BifurcationKind
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import Completeness
from tests.derivations.analysis.linearisation.dynamics import eigenvalues, holds
from theory import Flow, Loss, sg

a, b, d, g, k, m, p, s = symbols("a b d g k m p s", positive=True)
x, y, z, L = symbols("x y z L", real=True)
X, Y, Z = symbols("x y z", nonnegative=True)
HEALTHY, LATENT, INFECTED, FREE = symbols("T L I v", nonnegative=True)

# HIV with latently infected cells (A. S. Perelson, D. E. Kirschner, R. De Boer, Math. Biosci. 114, 81, 1993)
HIV = Flow(
    {
        HEALTHY: g - d * HEALTHY - b * HEALTHY * FREE,
        LATENT: p * b * HEALTHY * FREE - (a + m) * LATENT,
        INFECTED: (1 - p) * b * HEALTHY * FREE + a * LATENT - m * INFECTED,
        FREE: k * INFECTED - s * FREE,
    },
    assumptions=(p < 1,),
)
REPRODUCTION = b * g * k * (a + m - m * p) / (d * m * s * (a + m))


def analysed(flow):
    found = fixed_points(flow, time_limit=None)
    assert found.completeness is Completeness.PROVED
    return [(point, stability(flow, point, time_limit=None)) for point in found]


def ordinary(velocity, state=(x, y)):
    ((point, found),) = analysed(Flow(velocity))
    return point, found


def test_the_endemic_state_is_stable_wherever_it_exists():
    (_, at_free), (endemic, at_endemic) = analysed(HIV)
    assert at_endemic.verdict is Verdict.STABLE
    (exists,) = endemic.conditions
    (stable,) = at_free.conditions
    for judged in (at_free, at_endemic):
        (only,) = judged.bifurcations
        assert only.kind is BifurcationKind.TRANSCRITICAL
        assert (REPRODUCTION - 1).subs(only.critical.lhs, only.critical.rhs).simplify() == 0
    generator = np.random.default_rng(0)
    for _ in range(40):
        at = {q: Rational(int(n), 8) for q, n in zip((a, b, d, g, k, m, s), generator.integers(1, 60, 7), strict=True)}
        at[p] = Rational(int(generator.integers(1, 16)), 16)
        number = REPRODUCTION.subs(at)
        assert holds(exists, at) == (number >= 1)
        assert holds(stable, at) == (number < 1)
        if number > 1:
            assert eigenvalues(HIV, {q: v.subs(at) for q, v in endemic.values.items()} | at).real.max() < 0


# -- planar Hopf bifurcations, by the formula for real normal forms (Guckenheimer and Holmes, eq. 3.4.11) --------------------


def planar_coefficient(velocity, place, at):
    """The cubic coefficient of the amplitude, by derivatives in the basis in which the Jacobian turns."""
    jacobian = np.array([[float(v.diff(q).subs(place).subs(at)) for q in (x, y)] for v in velocity])
    omega = np.sqrt(np.linalg.det(jacobian))
    basis = np.column_stack([[1, 0], jacobian @ [1, 0] / omega])  # (u, v)' = omega (-v, u)
    u, v = symbols("u v")
    moved = dict(zip((x, y), [place[q] + basis[i, 0] * u + basis[i, 1] * v for i, q in enumerate((x, y))], strict=True))
    inverse = np.linalg.inv(basis)
    fields = [f.subs(moved, simultaneous=True).subs(at) for f in velocity]
    f, h = (sum(inverse[i, j] * fields[j] for j in range(2)) for i in range(2))

    def at_zero(e, *by):
        return float(diff(e, *by).subs({u: 0, v: 0}))

    cubic = at_zero(f, u, u, u) + at_zero(f, u, v, v) + at_zero(h, u, u, v) + at_zero(h, v, v, v)
    mixed = (
        at_zero(f, u, v) * (at_zero(f, u, u) + at_zero(f, v, v))
        - at_zero(h, u, v) * (at_zero(h, u, u) + at_zero(h, v, v))
        - at_zero(f, u, u) * at_zero(h, u, u)
        + at_zero(f, v, v) * at_zero(h, v, v)
    )
    return cubic / 16 + mixed / (16 * omega)


OSCILLATORS = {
    "Selkov (Eur. J. Biochem. 4, 79, 1968)": {x: -x + a * y + x**2 * y, y: b - a * y - x**2 * y},
    "Schnakenberg (J. Theor. Biol. 81, 389, 1979)": {x: a - x + x**2 * y, y: b - x**2 * y},
}


@pytest.mark.parametrize("name", OSCILLATORS)
def test_a_criticality_that_holds_everywhere_is_no_condition(name):
    velocity = OSCILLATORS[name]
    point, found = ordinary(velocity)
    (hopf,) = found.bifurcations
    assert (hopf.kind, hopf.criticality, hopf.supercritical, hopf.conditions) == (
        BifurcationKind.HOPF,
        "supercritical",
        None,
        (),
    )
    seen = 0
    for value in np.linspace(0.05, 1.2, 12):
        given_b = {b: nsimplify(value, rational=True)}
        critical = (hopf.critical.lhs - hopf.critical.rhs).subs(given_b).as_poly(a)
        for root in np.roots([complex(c) for c in critical.all_coeffs()]):
            if abs(root.imag) > 1e-9 or root.real < 1e-6:
                continue
            at, seen = {**given_b, a: S(float(root.real))}, seen + 1
            place = {q: float(v.subs(at)) for q, v in point.values.items()}
            assert planar_coefficient([*velocity.values()], place, at) < 0
    assert seen > 3


def test_a_real_repressilator_has_one_point():
    """Elowitz and Leibler (Nature 403, 335, 2000), two binding sites: asymmetric zeros are never real."""
    ((point, found),) = analysed(Flow({x: a / (1 + z**2) - x, y: a / (1 + x**2) - y, z: a / (1 + y**2) - z}))
    assert point.conditions == ()
    assert found.verdict is Verdict.STABLE
    assert found.bifurcations == ()


def test_a_sign_that_follows_is_no_condition():
    ((point, _),) = analysed(Flow({X: a / (1 + Z**3) - X, Y: a / (1 + X**3) - Y, Z: a / (1 + Y**3) - Z}))
    assert point.conditions == ()


def test_boundary_points_meet_the_interior_one_where_another_parameter_is_not_one():
    found = analysed(Flow({X: X * (1 - X - a * Y), Y: Y * (1 - Y - b * X)}))
    (interior,) = [judged for point, judged in found if len(point.conditions) == 3 and not point.free]
    assert {(f.kind, f.critical, f.conditions) for f in interior.bifurcations} == {
        (BifurcationKind.TRANSCRITICAL, Eq(b, 1), (Ne(a, 1),)),
        (BifurcationKind.TRANSCRITICAL, Eq(a, 1), (Ne(b, 1),)),
    }


def test_a_pair_of_samples_with_decay_has_short_roots_and_one_condition():
    """½(wx − sg y)² + ½(wy − sg x)² with decays: two heads w = ½(1 ± √(1 − 4λ)) meet at λ = ¼."""
    w, (lam, kappa) = symbols("w", real=True), symbols("lambda kappa", positive=True)
    loss = Loss((w * x - sg(y)) ** 2 / 2 + (w * y - sg(x)) ** 2 / 2, (x, y, w))
    velocity = loss.stop_gradient_flow().velocity
    flow = Flow({x: velocity[x] - lam * x, y: velocity[y] - lam * y, w: velocity[w] - kappa * w})
    (_, *moving) = analysed(flow)
    heads = {half + sign * sqrt(1 - 4 * lam) / 2 for half in (Rational(1, 2), Rational(-1, 2)) for sign in (1, -1)}
    assert {point.values[w] for point, _ in moving} == heads
    assert len(moving) == 8
    for point, found in moving:
        assert point.conditions == (lam <= Rational(1, 4),)
        (only,) = found.bifurcations
        assert (only.kind, only.critical, only.conditions) == (BifurcationKind.SADDLE_NODE, Eq(lam, Rational(1, 4)), ())


# -- families ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [(x, y, z), (X, Y, Z)], ids=["real", "not negative"])
def test_species_alone_are_saddles_of_rock_scissors_and_paper(state):
    u, v, w = state
    flow = Flow({u: u * (v - w), v: v * (w - u), w: w * (u - v)})
    axes = [(point, found) for point, found in analysed(flow) if sum(e == 0 for e in point.values.values()) == 2]
    assert len(axes) == 3
    for point, found in axes:
        (free,) = point.free
        assert found.verdict is Verdict.SADDLE
        assert found.conditions == ((Ne(free, 0),) if free.is_nonnegative is None else (Gt(free, 0),))


def test_exceptions_of_a_family_are_all_named():
    """Critical points of x²y²z² on the sphere (a question to SymPy, its issue 20210): a third eigenvalue 2z²(1−z²)."""
    f, sphere = (x * y * z) ** 2, x**2 + y**2 + z**2 - 1
    flow = Flow({q: f.diff(q) - L * sphere.diff(q) for q in (x, y, z)} | {L: sphere})
    families = [(point, found) for point, found in analysed(flow) if point.free]
    assert len(families) == 6
    for point, found in families:
        (free,) = point.free
        assert found.verdict is Verdict.UNSTABLE
        for number, expected in ((0, False), (1, False), (-1, False), (Rational(1, 3), True), (Rational(-4, 5), True)):
            assert all(holds(c, {free: number}) for c in found.conditions) is expected
