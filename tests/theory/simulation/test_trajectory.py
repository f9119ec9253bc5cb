"""What a trajectory says of itself: spread of the labels and the time in which it falls."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import Coupling, InputError, Trajectory, models, simulate

TIMES = np.linspace(0, 4, 9)


def moving(labels):
    """A trajectory of labels (T, d, K) and nothing else."""
    nothing = np.zeros(len(labels))
    return Trajectory(TIMES, labels, None, nothing, nothing, nothing, nothing, {}, "by hand", {}, 0)


@given(seeds, st.integers(2, 5), st.integers(1, 4))
def test_the_spread_counts_every_pair_of_labels_once(seed, labels, dimension):
    found = np.random.default_rng(seed).standard_normal((len(TIMES), dimension, labels))
    pairs = sum(np.sum((found[..., a] - found[..., b]) ** 2, axis=1) for a in range(labels) for b in range(a))
    np.testing.assert_allclose(moving(found).label_spread ** 2, pairs / labels)


@given(seeds, st.floats(0.5, 10))
def test_the_decay_time_of_an_exponential_is_its_own(seed, time):
    start, centre = np.random.default_rng(seed).standard_normal((2, 2, 3))
    labels = centre[:, :1] + np.exp(-TIMES / time)[:, None, None] * (start - start.mean(axis=1, keepdims=True))
    assert moving(labels).decay_time(1, 4) == pytest.approx(time, rel=1e-9)


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_what_does_not_fall_has_an_infinite_decay_time(rate):
    labels = np.exp(rate * TIMES)[:, None, None] * np.array([[1.0, -1.0]])
    assert moving(labels).decay_time(0, 4) == np.inf


def test_a_decay_time_needs_three_recorded_times():
    with pytest.raises(InputError, match=r"three recorded times between 1 and 1\.6"):
        moving(np.ones((len(TIMES), 1, 2))).decay_time(1, 1.6)


def test_a_finished_run_is_complete_and_ends_where_its_last_row_is():
    run = simulate(models.projection_head(), Coupling.uniform(3, 12, 0.25), dimension=2, times=[0, 1], seed=0)
    assert run.complete
    assert run.stopped == ""
    assert np.array_equal(run.end["Y"], run.labels[-1])
    assert np.array_equal(run.end["W"], run.head[-1])
