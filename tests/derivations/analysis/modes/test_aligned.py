"""Aligned states are found from the shapes of a flow; their amplitudes move as the matrices do, written out in NumPy."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Eq, Identity, Inverse, MatrixSymbol, OneMatrix, Q, Symbol, Trace, symbols

from derivations.analysis.modes.aligned import aligned_ansatz
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.checks import Status
from theory import Flow, Loss, sg
from theory.errors import InputError
from theory.evaluate import evaluate
from theory.models.moving_average import moving_average_targets
from theory.statements import together

h, k, m, n = symbols("h k m n", integer=True, positive=True)
alpha, eta, lam = symbols("alpha eta lambda", positive=True)
P, W = MatrixSymbol("P", m, m), MatrixSymbol("W", m, n)
A, B, G = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("G", n, n)
C, U, V = MatrixSymbol("C", m, n), MatrixSymbol("U", m, h), MatrixSymbol("V", h, n)
KNOWN = (Q.symmetric(A), Q.positive_definite(A), Q.symmetric(B), together(A, B))


def predictor():
    """A linear predictor of a stopped target, with decay (Tian, Chen, Ganguli, 2021)."""
    energy = Trace(P * W * A * W.T * P.T) / 2 - Trace(P * W * B * sg(W).T)
    return Loss(energy, state=(P, W), mobility={P: alpha}, decay={P: eta, W: eta}, assumptions=KNOWN)


def factorisation():
    """Two layers, and a singular value decomposition (Saxe et al., 2013)."""
    return Loss(Trace((C - U * V) * (C - U * V).T) / 2, state=(U, V))


def preconditioned():
    """One layer whose inputs are whitened by the inverse of their covariance, which is its mobility."""
    return Loss(Trace(W * A * W.T) / 2 - Trace(W * B * W.T) / 4, state=(W,), mobility={W: Inverse(A)}, assumptions=KNOWN)


MODELS = {
    "predictor": predictor(),
    "factorisation": factorisation(),
    "following": moving_average_targets(predictor(), Symbol("beta", positive=True)),
    "preconditioned": preconditioned(),
}
LAYOUTS = (1, 2, (2,), (1, 0), (2, 0, 1))
every_model = pytest.mark.parametrize("name", MODELS)


@cache
def reduced(name, layout):
    return reduce_to_modes(MODELS[name].stop_gradient_flow(), modes=layout, time_limit=None)


@every_model
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_a_reduction_is_checked_at_random_orthonormal_bases(name, layout):
    outcome = reduced(name, layout).step.verify().outcome
    assert outcome.status is Status.PASSED
    assert "random constants" in outcome.detail


@every_model
@settings(deadline=None, max_examples=20)
@given(layout=st.sampled_from(LAYOUTS), seed=st.integers(0, 2**32 - 1))
def test_the_lowered_matrix_flow_moves_the_amplitudes_alone(name, layout, seed):
    found, rng = reduced(name, layout), np.random.default_rng(seed)
    at = found.ansatz.points(rng)
    values = {x: float(v) for x, v in at.values.items() if isinstance(x, Symbol) and not x.is_integer}
    numbers = {p: values.get(p, rng.uniform(0.2, 2)) for p in found.flow.parameters}
    amplitudes = rng.standard_normal(len(found.flow.state))
    moved = found.flow.lower(numbers).velocity(0, amplitudes)

    def assembled(state):
        given = {**at.values, **dict(zip(found.flow.state, state, strict=True))}
        return {b: np.array(evaluate(form, type(at)(given)), dtype=float) for b, form in found.ansatz.blocks.items()}

    known = {**at.values, **numbers}
    data = {p: known[p] if isinstance(p, Symbol) else np.array(known[p], dtype=float) for p in found.whole.parameters}
    data |= {str(x): at.values[x] for x in (h, m, n) if x in at.values}
    lowered = found.whole.lower(data)
    speeds = lowered.unpack(lowered.velocity(0, lowered.pack(assembled(amplitudes))))
    for block, expected in assembled(moved).items():
        np.testing.assert_allclose(speeds[block], expected, atol=1e-10)


def test_the_predictor_has_the_amplitudes_of_the_paper():
    p, w = symbols("p w", real=True)
    a, b = Symbol("a", positive=True), Symbol("b", real=True)
    velocity = reduced("predictor", 1).flow.velocity
    assert velocity[p].expand() == (alpha * (b - a * p) * w**2 - eta * p).expand()
    assert velocity[w].expand() == ((b - a * p) * p * w - eta * w).expand()


def test_singular_values_are_shared_by_both_layers():
    (u, v), c = symbols("u v", real=True), Symbol("c", nonnegative=True)
    velocity = reduced("factorisation", 1).flow.velocity
    assert [f.expand() for f in velocity.values()] == [(c * v - u * v**2).expand(), (c * u - u**2 * v).expand()]


# -- what is refused ----------------------------------------------------------------------------------------------------


def flow_of(velocity, *assumptions):
    return Flow({W: velocity}, assumptions=assumptions)


@pytest.mark.parametrize(
    ("flow", "message"),
    [
        (flow_of(W * A), r"square data that are symmetric, got A.*Q.symmetric\(A\)"),
        (flow_of(W * A * B, Q.symmetric(A), Q.symmetric(B)), r"share their vectors.*together\(A, B\)"),
        (flow_of(C * A, Q.symmetric(A)), r"share their vectors"),
        (flow_of(W * MatrixSymbol("w", n, n), Q.symmetric(MatrixSymbol("w", n, n))), "lower-case names are free"),
        (flow_of(Symbol("a") * W * A, Q.symmetric(A)), "a twice"),
        (flow_of(W * MatrixSymbol("N", n, n), Q.symmetric(MatrixSymbol("N", n, n))), "n twice"),
        (flow_of(OneMatrix(m, n)), "left over"),
        (Flow({Symbol("x"): -Symbol("x")}), "a flow of scalars"),
        (flow_of(W * A * B, Q.symmetric(A), Q.symmetric(B), together(A, B), Eq(B * A, -A * B)), "whatever their eigenvalues"),
        (flow_of(C * W.T * C, Eq(C.T * C, Identity(n))), "whatever their eigenvalues"),
        (Flow({W: C * MatrixSymbol("D", m, n).T * W}), "share their vectors"),
    ],
    ids=[
        "not symmetric",
        "not together",
        "rectangular",
        "name of a block",
        "name of a parameter",
        "name of a size",
        "ones",
        "scalars",
        "anticommute",
        "orthonormal",
        "two on both sides",
    ],
)
def test_what_is_not_aligned_is_refused_by_name(flow, message):
    with pytest.raises(InputError, match=message):
        reduce_to_modes(flow)


@pytest.mark.parametrize("modes", [0, -1, (0, 0), ()])
def test_no_mode_is_refused(modes):
    with pytest.raises(InputError):
        aligned_ansatz(flow_of(-W), modes)


def test_more_modes_than_dimensions_are_refused():
    pair = MatrixSymbol("R", 2, 2)
    with pytest.raises(InputError, match="at most 2 modes"):
        aligned_ansatz(Flow({pair: -pair * pair.T * pair}), modes=3)


def test_data_that_commute_by_what_is_assumed_need_no_statement():
    flow = flow_of(W * A * B, Q.symmetric(A), Q.symmetric(B), Eq(B * A, A * B))
    assert len(reduce_to_modes(flow).flow.state) == 1
