"""The flows of a loss of one's own, in scalars or matrices: derived and checked, at points where its parameters may be."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sympy import Eq, Identity, MatrixSymbol, Q, Rational, Symbol, Trace, exp, log, symbols

from derivations.catalogue.model import derive_model
from derivations.checks import Status
from derivations.lines import Lines
from tests.strategies import SCALARS, scalar_polynomials, seeds
from theory import Loss, sg
from theory.statements import together

x, y, w = SCALARS
rate, fade = Symbol("eta", positive=True), Symbol("lambda", nonnegative=True)


@st.composite
def own_losses(draw):
    """A polynomial with a marked part, mobilities and decays."""
    p, q = draw(scalar_polynomials(degree=2, most_terms=2)), draw(scalar_polynomials(degree=2, most_terms=2))
    marked = draw(st.sampled_from([p * sg(q), (p - sg(q)) ** 2 / 2, p + q, sg(p + y) * w]))
    block = draw(st.sampled_from(SCALARS))
    return Loss(marked, state=SCALARS, mobility=draw(st.sampled_from([{}, {block: rate}])), decay={block: fade})


# a derivation takes a few tenths of a second, and making a failing one smaller would take minutes
@settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(own_losses())
@example(Loss((w * y - sg(x**2)) ** 2 / 2, state=SCALARS, mobility={y: rate}))  # a curl of terms that cancel
def test_every_step_of_any_loss_passes(loss):
    derivation = derive_model(loss, "own")
    verification = derivation.verify()
    assert verification.passed, str(verification)
    shown = [step.name for step in derivation.steps]
    assert ("stop_gradient_flow" in shown) == ("deleted" in shown) == loss.is_marked


@pytest.mark.parametrize("energy", [log(1 + x**2) * exp(-(y**2)), (x * y - sg(x)) ** 2 / (1 + sg(y) ** 2)], ids=str)
def test_losses_that_are_no_polynomials_pass(energy):
    verification = derive_model(Loss(energy, state=(x, y)), "own").verify()
    assert verification.passed, str(verification)


def test_a_conserved_quadratic_is_found_and_shown():
    derivation = derive_model(Loss((w * x - sg(y)) ** 2 / 2, state=(x, y, w), mobility={w: rate}), "own")
    integrals = [line.right for line in derivation["first_integrals"].after]
    flow = {x: -w * (w * x - y), y: 0, w: -rate * x * (w * x - y)}
    assert any(q.has(w) and q.has(x) for q in integrals)
    assert all(sum(q.diff(s) * v for s, v in flow.items()).expand() == 0 for q in integrals)


def test_a_wrong_first_integral_or_a_constant_is_no_first_integral():
    step = derive_model(Loss(x**2 * y**2, state=(x, y)), "own")["first_integrals"]
    line, still = step.after
    for wrong in (line.right + x, x**2 + y**2, rate):
        assert replace(step, after=(replace(line, right=wrong), still)).verify().outcome.status is Status.FAILED


n, m = symbols("n m", integer=True, positive=True)
P, W, A, B, H = (MatrixSymbol(k, *shape) for k, shape in zip("PWABH", [(m, m), (m, n), (n, n), (n, n), (n, n)], strict=True))
C = MatrixSymbol("C", m, n)
ALIGNED = Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B)
PREDICTOR = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
MATRIX_LOSSES = {
    "marked": Loss(PREDICTOR, (P, W), mobility={P: rate}, decay={W: fade}, assumptions=ALIGNED),
    "mobility of a matrix": Loss(Trace(P * W * W.T * P.T) / 2 - Trace(P * W * W.T), (P, W), mobility={W: H}),
    "commuting": Loss(Trace(W * A * B * W.T), (W,), assumptions=(Q.symmetric(A), Q.symmetric(B), Eq(A * B, B * A))),
    "orthonormal": Loss(Trace(P * C * C.T * P.T), (P,), assumptions=(Eq(C.T * C, Identity(n)),)),
    "kinks": Loss(abs(Trace(P)) + Trace(W * sg(W).T), (P, W)),
}


@pytest.mark.parametrize("loss", MATRIX_LOSSES.values(), ids=MATRIX_LOSSES)
def test_every_step_of_a_matrix_loss_passes(loss):
    derivation = derive_model(loss, "own")
    verification = derivation.verify()
    assert verification.passed, str(verification)
    assert ("deleted" in [step.name for step in derivation.steps]) == loss.is_marked


def test_kinks_are_said_in_words():
    assert "kink" in derive_model(MATRIX_LOSSES["kinks"], "own")["gradient_flow"].assumptions[0]


@pytest.mark.parametrize("step", ["stop_gradient_flow", "deleted", "curl"])
def test_a_wrong_velocity_of_a_matrix_makes_its_step_fail(step):
    right = derive_model(MATRIX_LOSSES["marked"], "own")[step]
    for place, line in enumerate(right.after):
        for wrong in (2 * line.right + extra for extra in ([line.left] if line.right.is_Matrix else [1])):
            after = (*right.after[:place], replace(line, right=wrong), *right.after[place + 1 :])
            assert replace(right, after=after).verify().outcome.status is Status.FAILED, line


# -- points -----------------------------------------------------------------------------------------------------------


def drawn(loss, seed):
    """The point that a check of the gradient flow draws."""
    step = derive_model(loss, "own")["gradient_flow"]
    with mpmath.workdps(50):
        return step.check(step.premises, Lines(step.after)).points(np.random.default_rng(seed)).values


@given(
    st.sampled_from([-5, Rational(-1, 3), 0, Rational(1, 1000), 3]),
    st.sampled_from([Rational(1, 1000), Rational(1, 60), 1, 7]),
    seeds,
)
def test_points_lie_inside_the_intervals_of_the_parameters(low, width, seed):
    p = Symbol("p", real=True)
    loss = Loss(p * x**2, state=(x,), assumptions=(p > low, p < low + width), parameters=(p,))
    assert low < drawn(loss, seed)[p] < low + width


@given(seeds)
def test_points_obey_what_symbols_are(seed):
    positive, nonnegative, whole = Symbol("a", positive=True), Symbol("b", nonnegative=True), Symbol("c", integer=True)
    point = drawn(Loss(positive * nonnegative * whole * x**2, state=(x,)), seed)
    assert point[positive] > 0
    assert point[nonnegative] >= 0
    assert point[whole] == int(point[whole])
    assert set(point) == {positive, nonnegative, whole, x}


def test_points_differ_from_draw_to_draw():
    p = symbols("p", positive=True)
    assert len({drawn(Loss(p * x**2, state=(x,)), seed)[p] for seed in range(10)}) == 10
