"""What the stability theory says of end states, against dense Jacobians of all entries and against counting."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations.catalogue.dense_head import jacobian, random_orthogonal_state
from derivations.dimensional import Condition, End, Occupation, count_crossings, judge_end, occupation
from derivations.dimensional.ends import GROWTH
from tests.strategies import seeds

CORRELATIONS = np.array([1, 0.9, 0.7, 0.4, -0.4, -0.7, -0.9, -1])


def dense_growth(end):
    """The largest real part of all eigenvalues of the Jacobian, mobility one."""
    found = jacobian(end.modes, end.head, end.correlations, (1.0, 0.0, 0.0))
    return np.linalg.eigvals(found).real.max()


def skew_basis(rng, size, skewness):
    """Columns that are orthonormal for skewness 0, of bounded condition."""
    left, right = (np.linalg.qr(rng.standard_normal((size, size)))[0] for _ in range(2))
    return left @ np.diag(np.exp(skewness * rng.uniform(-1, 1, size))) @ right


def skew_end(rng, skewness):
    """A head in general position at rest with some modes of CORRELATIONS along its eigenvectors, the others absent."""
    size = int(rng.integers(1, 5))
    survivors = rng.choice(8, int(rng.integers(0, size + 1)), replace=False)
    basis = skew_basis(rng, size, skewness)
    heads = rng.uniform(-1.2, 1.2, size)
    heads[: len(survivors)] = CORRELATIONS[survivors]
    modes = np.zeros((size, 8))
    modes[:, survivors] = (basis * rng.uniform(0.1, 1.5, size))[:, : len(survivors)]
    return End(basis @ np.diag(heads) @ np.linalg.inv(basis), modes, CORRELATIONS)


@given(seeds, st.sampled_from([0.0, 0.5, 1.5]))
def test_verdicts_are_those_of_dense_jacobians(seed, skewness):
    end = skew_end(np.random.default_rng(seed), skewness)
    found = dense_growth(end)
    assume(not 1e-6 < found < 1e-4)
    assert judge_end(end).allowed == (found < GROWTH)


@given(seeds)
def test_verdicts_on_orthogonal_survivors_are_those_of_dense_jacobians(seed):
    rng = np.random.default_rng(seed)
    (modes, head, correlations), _, _ = random_orthogonal_state(rng, int(rng.integers(1, 4)), int(rng.integers(0, 3)), 3)
    end = End(head, modes, correlations)
    found, verdict = dense_growth(end), judge_end(end)
    assume(not 1e-6 < found < 1e-4)
    assert verdict.condition in (Condition.ABSENT, Condition.ORTHOGONAL)
    assert verdict.allowed == (found < GROWTH)


@pytest.mark.parametrize("condition", [c for c in Condition if c is not Condition.REST])
def test_every_condition_decides_some_states(condition):
    rng = np.random.default_rng(0)
    assert any(judge_end(skew_end(rng, s)).condition is condition for s in 60 * [0.0, 0.3, 1.0])


@given(seeds)
def test_modes_of_one_correlation_may_be_mixed(seed):
    rng = np.random.default_rng(seed)
    correlations = np.array([1, 0.8, 0.8, 0.8, -0.8, -0.8, -0.8, -1])
    basis = skew_basis(rng, 3, 0.5)
    head = basis @ np.diag([1, 0.8, rng.choice([-0.8, 0.8, 0.3])]) @ np.linalg.inv(basis)
    modes = np.zeros((3, 8))
    modes[:, 0], modes[:, 1] = basis[:, 0], basis[:, 1]
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    mixed = modes.copy()
    mixed[:, 1:4] = modes[:, 1:4] @ turn
    one, other = End(head, modes, correlations), End(head, mixed, correlations)
    assert np.linalg.matrix_rank(mixed[:, 1:4], tol=1e-9) == 1
    assert occupation(one) == occupation(other) == Occupation(2, 0, 1)
    assert judge_end(one).allowed == judge_end(other).allowed == (dense_growth(other) < GROWTH)


def test_with_a_symmetric_head_the_top_and_the_bottom_survive_and_no_others():
    count = 0
    for chosen in combinations(range(8), 3):
        held, missing = CORRELATIONS[list(chosen)], np.delete(CORRELATIONS, chosen)
        end = End(np.diag(held), np.eye(8)[list(chosen)], CORRELATIONS)
        extreme = not np.any(missing > held[held > 0].min(initial=2)) and not np.any(missing < held[held < 0].max(initial=-2))
        assert judge_end(end).allowed == extreme == (not count_crossings(end).any())
        count += extreme
    assert count == 4


@given(seeds)
def test_absent_modes_cross_an_even_number_of_eigenvalues_of_a_stable_head(seed):
    end = skew_end(np.random.default_rng(seed), 1.5)
    if judge_end(end).allowed:
        assert not np.any(count_crossings(end) % 2)


def test_some_stable_heads_that_are_not_symmetric_are_crossed():
    rng = np.random.default_rng(1)
    basis = np.array([[1, 0.95], [0, np.sqrt(1 - 0.95**2)]])
    for held in ([0.7, 0.4], [0.9, 0.7]):
        head = basis @ np.diag(held) @ np.linalg.inv(basis)
        modes = np.hstack([3 * basis * rng.uniform(1, 2, 2), np.zeros((2, 1))])
        end = End(head, modes, np.array([*held, held[0] + 0.05]))
        assert count_crossings(end).tolist() == [2]
        assert judge_end(end).allowed
        assert dense_growth(end) < 1e-6


def test_a_state_that_moves_is_no_end_state():
    moving = End(np.diag([0.9, 0.7]), np.eye(2), np.array([0.9, 0.6]))
    assert judge_end(moving).condition is Condition.REST
    assert str(judge_end(moving)) == "not allowed: the largest entry of WV - V mu is 0.1"


@given(seeds, st.floats(0.3, 3))
def test_large_heads_hold_no_mode(seed, size):
    rng = np.random.default_rng(seed)
    head = size * np.linalg.qr(rng.standard_normal((3, 3)))[0]
    verdict = judge_end(End(head, np.zeros((3, 8)), CORRELATIONS))
    assert verdict.condition is Condition.ABSENT
    assert verdict.allowed or size < 1


def test_survivors_that_are_too_small_to_be_held_are_told_from_those_that_are_held():
    rng, seen = np.random.default_rng(0), set()
    for _ in range(120):
        held, basis = rng.choice(CORRELATIONS, 3, replace=False), skew_basis(rng, 3, 0.7)
        end = End(basis @ np.diag(held) @ np.linalg.inv(basis), basis * rng.uniform(0.05, 0.8, 3), held)
        found, verdict = dense_growth(end), judge_end(end)
        assert verdict.allowed == (found < GROWTH)
        seen.add((verdict.condition, verdict.allowed))
    assert seen == {(Condition.AMPLITUDES, True), (Condition.RESIDUAL, True), (Condition.RESIDUAL, False)}
