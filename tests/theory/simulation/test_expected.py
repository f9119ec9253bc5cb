"""Expected curves: against the propagator of the whole graph, closed forms of the notes, and averages over simulated starts."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import moved_couplings
from tests.theory.oracles import dense_mobility
from theory import Coupling, InputError, models, simulate
from theory.simulation.expected import START, _half_time, expected_curves

TIMES = np.array([0.0, 0.2, 1.0, 7.0])


def whole_graph(J, mobility, times, dimension):
    """Mean squared distance of labels and loss, from the matrix exponential of the Laplacian of all embeddings."""
    n, k = J.shape
    laplacian = np.diag(np.concatenate([J.sum(axis=1), J.sum(axis=0)]))
    laplacian[:n, n:], laplacian[n:, :n] = -J, -J.T
    for t in times:
        moved = scipy.linalg.expm(-laplacian * dense_mobility(J, mobility) * t)
        gram = dimension * moved.T @ moved
        labels = gram[n:, n:]
        pairs = [labels[a, a] + labels[b, b] - 2 * labels[a, b] for a in range(k) for b in range(a)]
        yield np.mean(pairs), np.trace(gram @ laplacian) / 2


@given(moved_couplings(), st.integers(1, 4))
def test_expectations_are_those_of_the_propagator_of_the_whole_graph(drawn, dimension):
    J, mobility = drawn
    if J.shape[1] < 2:
        return
    found = expected_curves(Coupling(J, mobility), TIMES, dimension)
    separation, loss = np.transpose(list(whole_graph(J, mobility, TIMES, dimension)))
    assert np.allclose(found.separation, separation, rtol=1e-9, atol=1e-12 * separation[0])
    assert np.allclose(found.loss, loss, rtol=1e-9, atol=1e-12 * loss[0])


def test_the_uniform_family_has_the_closed_form_of_the_notes():
    """Notes, §2: 2dσ²[(e^{-Mt})_uu² + (e^{-Mt})_uv²/((1-φ)n)]."""
    n, phi, eta_x, eta_y, d = 20, 0.1, 0.7, 0.05, 3
    found = expected_curves(Coupling.uniform(4, 4 * n, phi, mobility=(eta_x, eta_y)), TIMES, d, variance=2.0)
    sector = np.array([[eta_x, -eta_x], [-eta_y * n * (1 - phi), eta_y * n]])
    rows = [scipy.linalg.expm(-sector * t)[1] for t in TIMES]
    assert np.allclose(found.separation, [2 * d * 2.0 * (u**2 + v**2 / ((1 - phi) * n)) for v, u in rows], rtol=1e-11)


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_expectations_are_averages_over_simulated_starts(mobility):
    coupling, starts = Coupling.pairs(3, 30, 0.2, mobility), 100
    found = expected_curves(coupling, TIMES, dimension=2)
    runs = [simulate(models.embedding_only(), coupling, dimension=2, times=TIMES, seed=seed) for seed in range(starts)]
    pairs = ((0, 1), (0, 2), (1, 2))
    gaps = np.array([[np.sum((r.labels[:, :, a] - r.labels[:, :, b]) ** 2, axis=1) for a, b in pairs] for r in runs])
    for drawn, expected in ((gaps.mean(axis=1), found.separation), (np.array([r.loss for r in runs]), found.loss)):
        error = drawn.std(axis=0, ddof=1) / np.sqrt(starts)
        assert np.all(np.abs(drawn.mean(axis=0) - expected) < 4.5 * error)


@pytest.mark.parametrize("mobility", ["degree", (1.0, 0.02)])
@pytest.mark.parametrize("fraction", [0.02, 0.002])
def test_between_the_time_scales_lies_the_plateau_and_then_the_separation_halves(fraction, mobility):
    coupling = Coupling.uniform(4, 4000, fraction, mobility)
    slow, within = coupling.slow_time(), 1.0
    between = 3 * np.sqrt(slow * within)
    found = expected_curves(coupling, [0.0, between, 1e3 * slow], dimension=2)
    # What the slow modes have lost by then, and the fast ones still hold.
    lost, left = 2 * between / slow, np.exp(-between / within)
    for curve, plateau in ((found.separation, found.plateau_separation), (found.loss, found.plateau_loss)):
        assert plateau * (1 - lost) < curve[1] < plateau + left * curve[0]
    assert found.separation[2] < 1e-300
    at_half = expected_curves(coupling, [found.half_time], dimension=2)
    assert np.isclose(at_half.separation[0], found.plateau_separation / 4, rtol=1e-9)
    assert np.isclose(found.half_time, slow * np.log(2), rtol=0.05)


def test_classifiable_labels_keep_their_plateau_for_ever():
    coupling = Coupling.from_labels([{0}] * 5 + [{1}] * 4 + [{2}] * 6)
    found = expected_curves(coupling, [0.0, 50.0, 1e9], dimension=3)
    assert found.half_time == np.inf
    assert np.allclose(found.separation[1:], found.plateau_separation, rtol=1e-12)
    assert found.plateau_loss == 0
    assert found.loss[2] == 0


@given(st.lists(st.floats(0.5, 2), min_size=2, max_size=2), st.floats(0.0, 10.0))
def test_the_half_time_is_the_last_passage_and_zero_where_there_is_none(rates, target):
    """A curve of two exponentials, which starts at 2 and is above the target for a while, or never."""

    def curve(time):
        return float(np.exp(-np.array(rates) * time).sum())

    found = _half_time(curve, target, 0.0, np.sort(rates))
    if target <= 0:
        assert found == np.inf
    elif target >= curve(START / max(rates)):
        assert found * max(rates) <= 2 * START
    else:
        assert np.isclose(curve(found), target, rtol=1e-9)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"times": [1, 0]}, "increasing times"),
        ({"times": [-1.0]}, "non-negative"),
        ({"dimension": 0}, "a dimension of at least 1"),
        ({"dimension": 2.5}, "a dimension of at least 1"),
        ({"variance": 0.0}, "positive finite variance"),
        ({"variance": np.nan}, "positive finite variance"),
        ({"coupling": Coupling([[1.0]])}, "at least two labels"),
        ({"coupling": Coupling(np.random.default_rng(0).uniform(size=(2600, 2)), "uniform")}, "modes that move labels"),
    ],
)
def test_bad_input_is_one_sentence(changes, sentence):
    good = {"coupling": Coupling.uniform(2, 8, 0.5), "times": [0, 1], "dimension": 2}
    with pytest.raises(InputError, match=sentence):
        expected_curves(**{**good, **changes})
