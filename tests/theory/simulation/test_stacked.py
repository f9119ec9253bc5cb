"""Flows lowered for many runs at once: each run has the values that it has alone."""

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Identity, Inverse, MatrixSymbol, Q, Symbol, Trace, Transpose, ZeroMatrix

from tests.strategies import (
    DATA,
    STATE,
    SYMMETRIC,
    J,
    S,
    W,
    X,
    Y,
    a,
    c,
    d,
    k,
    marked_losses,
    n,
    points,
    random_matrix,
    seeds,
    x,
    y,
)
from tests.theory.oracles import assert_close
from tests.theory.simulation.common import UNSHRUNK
from theory import Flow, InputError, Loss
from theory.simulation.stacked import lower_runs

RUNS = 3


def others(at, seed):
    """Points of the same dimensions, the given one among them."""
    rng = np.random.default_rng(seed)
    drawn = [{m: random_matrix(rng, m, at) for m in (X, Y, W, J, S)} | {c: rng.normal(), a: rng.normal()} for _ in range(RUNS)]
    return [at, *(at | own for own in drawn)]


def lowered_together(flow, each, stacked):
    """All runs as one, with those data stacked that are named; and each run alone with its state."""
    shared = {s: each[0][s] for s in flow.parameters if s not in stacked}
    sizes = {m: each[0][m] for b in flow.state if b != c for m in b.shape}
    stacks = {str(s): np.array([at[s] for at in each]) for s in stacked if s in flow.parameters}
    alone = [flow.lower(shared | sizes | {s: at[s] for s in stacked if s in flow.parameters}) for at in each]
    together = lower_runs(flow, len(each), shared | sizes, stacks)
    states = [one.pack({b: at[b] for b in flow.state}) for one, at in zip(alone, each, strict=True)]
    return together, together.pack({b: np.array([at[b] for at in each]) for b in flow.state}), alone, states


@settings(max_examples=4, phases=UNSHRUNK)
@given(marked_losses(), points(), seeds, st.sets(st.sampled_from(DATA)))
def test_each_run_has_the_velocity_and_the_slope_that_it_has_alone(expression, at, seed, stacked):
    flow = Loss(expression, STATE, assumptions=SYMMETRIC).stop_gradient_flow()
    together, state, alone, states = lowered_together(flow, others(at, seed), stacked)
    along = np.random.default_rng(seed).standard_normal(state.size)
    moved, slopes, ways = (
        together.unpack(v) for v in (together.velocity(0.0, state), together.jacobian_vector(0.0, state, along), along)
    )
    for r, (one, own) in enumerate(zip(alone, states, strict=True)):
        way = one.pack({b: ways[b][r] for b in flow.state})
        for found, expected in ((moved, one.velocity(0.0, own)), (slopes, one.jacobian_vector(0.0, own, way))):
            for block, value in one.unpack(expected).items():
                assert_close(np.squeeze(found[block][r]), np.squeeze(value))


@settings(max_examples=6)
@given(points(), seeds, st.sets(st.sampled_from(DATA)))
def test_each_run_has_the_values_that_it_has_alone(at, seed, stacked):
    flow = Flow({X: X * S - Y * J.T, Y: -a * Y, W: ZeroMatrix(d, d), c: -c}, assumptions=SYMMETRIC)
    shown = [Trace(S * X.T * W * X) + a * c, W * X, X.T, Trace(W), Identity(d), Trace(Identity(d)), a * Trace(J * Y.T * X) * W]
    together, state, alone, states = lowered_together(flow, others(at, seed), stacked)
    for r, (one, own) in enumerate(zip(alone, states, strict=True)):
        for all_values, value in zip(together.evaluate(shown)(state), one.evaluate(shown)(own), strict=True):
            assert np.shape(all_values) == (RUNS + 1, *np.shape(value))
            assert_close(all_values[r], value)


@settings(max_examples=6)
@given(points(), seeds, st.sets(st.sampled_from(["D", "E"])))
def test_diagonals_scale_rows_and_columns_of_their_own_run(at, seed, stacked):
    rng = np.random.default_rng(seed)
    D, E = (MatrixSymbol(name, n, n) for name in "DE")
    flow = Flow(
        {
            X: X * (D + E) * Inverse(D) - X * (D - S) * E + 2 * Trace(D * E) * X + Trace(D) * a * X * D.T,
            J: D * J - a * E * D * J + Transpose(J.T * E) + Trace(S * D) * Inverse(E) * J,
        },
        assumptions=(Q.diagonal(D), Q.diagonal(E)),
    )
    values = {name: rng.uniform(0.5, 2, (RUNS, at[n]) if name in stacked else at[n]) for name in "DE"}
    shared = {"S": at[S], "a": at[a], "d": at[d], "k": at[k]} | {name: v for name, v in values.items() if name not in stacked}
    together = lower_runs(flow, RUNS, shared, {name: values[name] for name in stacked})
    state = rng.standard_normal(together.size)
    blocks, moved = together.unpack(state), together.unpack(together.velocity(0.0, state))
    for r in range(RUNS):
        one = flow.lower(shared | {name: values[name][r] for name in stacked})
        own = one.velocity(0.0, one.pack({b: blocks[b][r] for b in flow.state}))
        assert_close(np.concatenate([moved[b][r].ravel() for b in flow.state]), own)


def test_scalar_flows_are_stacked_as_well():
    together = lower_runs(Flow({x: -a * x, y: x * y}), 2, {}, {"a": np.array([1.0, 2.0])})
    state = np.array([1.0, 1.0, 3.0, 4.0])
    assert_close(together.velocity(0.0, state), [-1, -2, 3, 4])
    assert_close(together.jacobian(0.0, state), [[-1, 0, 0, 0], [0, -2, 0, 0], [3, 0, 1, 0], [0, 4, 0, 1]])


@pytest.mark.parametrize(
    ("shared", "stacked", "named"),
    [
        ({"a": 1.0}, {"S": np.ones((3, 2, 2))}, "each of 2 runs, got 3"),
        ({}, {"S": np.ones((2, 2, 2)), "a": np.array([1.0, np.nan])}, "finite numbers for a"),
        ({}, {"S": np.ones((2, 2, 2))}, "none for a"),
        ({"a": 1.0}, {"S": np.ones((2, 2, 3))}, "S of shape"),
        ({"a": 1.0, "S": scipy.sparse.eye_array(2).tocsr()}, {}, "dense array for S"),
    ],
    ids=["number of runs", "not finite", "missing", "shape", "sparse"],
)
def test_stacks_that_do_not_fit_are_named(shared, stacked, named):
    with pytest.raises(InputError, match=named):
        lower_runs(Flow({X: -a * X * S}), 2, {"d": 2, **shared}, stacked)


def test_symbols_without_assumptions_may_be_stacked():
    b = Symbol("b")
    assert_close(
        lower_runs(Flow({X: -b * X}), 2, {"d": 1, "n": 1}, {"b": np.array([1, 2])}).velocity(0.0, np.ones(2)), [-1, -2]
    )
