"""Losses of degree two, drawn from nodes: Euler's theorem along their flows, and the ratio that never grows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Add, MatrixSymbol, Rational, sqrt

from tests.strategies import seeds
from theory import Loss
from theory.nodes import column, column_norms, elementwise, squared_norm, total

X = MatrixSymbol("X", 2, 3)


def difference(pair):
    return column(X, pair[0]) - column(X, pair[1])


def powers(z, power):
    """The square of a norm by even powers of entries."""
    return total(elementwise(lambda e: e**power, z)) ** Rational(2, power)


pairs = st.sampled_from([(0, 1), (0, 2), (1, 2)])
quadratic = pairs.map(lambda pair: squared_norm(difference(pair)))
by_powers = st.tuples(pairs, st.sampled_from((4, 6))).map(lambda drawn: powers(difference(drawn[0]), drawn[1]))
spread = st.just(total(column_norms(1 * X)) ** 2)
mixed = st.tuples(quadratic, by_powers).map(lambda drawn: sqrt(drawn[0] * drawn[1]))
terms = st.lists(st.one_of(quadratic, by_powers, spread, mixed), min_size=1, max_size=3)


def velocities(parts, weights):
    loss = Loss(Add(*(w * part for w, part in zip(weights, parts, strict=False))), state=(X,))
    lowered = loss.gradient_flow().lower(also=[loss.expression])
    values = lowered.evaluate([loss.expression])
    return (lambda state: lowered.velocity(0.0, state)), (lambda state: float(values(state)[0]))


@given(terms, st.tuples(*[st.sampled_from((1, Rational(1, 2), 3))] * 3), seeds)
def test_squares_fall_at_twice_a_loss_of_degree_two(parts, weights, seed):
    velocity, loss = velocities(parts, weights)
    state = np.random.default_rng(seed).standard_normal(6)
    assert loss(3 * state) == pytest.approx(9 * loss(state), rel=1e-9)
    assert -state @ velocity(state) == pytest.approx(2 * loss(state), rel=1e-8)


@given(terms, st.tuples(*[st.sampled_from((1, Rational(1, 2), 3))] * 3), seeds)
def test_the_ratio_of_loss_and_squares_never_grows(parts, weights, seed):
    velocity, loss = velocities(parts, weights)
    state = np.random.default_rng(seed).standard_normal(6)
    moved = velocity(state)
    assert moved @ moved * (state @ state) >= (2 * loss(state)) ** 2 * (1 - 1e-9)
