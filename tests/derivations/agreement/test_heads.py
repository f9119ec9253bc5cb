"""The head beside the mode 1: against dense Jacobians of all entries, and simulations against the mean field."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.agreement import critical_head_decay, simulated_head
from derivations.catalogue.dense_head import jacobian
from theory import Coupling, InputError, models, simulate
from theory.dmft import Band, MeanFieldHead, Pairs, outlier_mass

PAIRS = Pairs("regular", 2, 6)
BAND = Band("regular", 2, 6)
EDGES, SHARES = st.floats(0.4, 0.97), st.floats(0.03, 0.9)


def eigenvalues(edge, lam, ratio, gamma):
    """Of the state with mode 1 and two modes at the edge, in the presence of more of the band, but for its three rotations."""
    correlations = np.array([1.0, edge, edge, edge * 0.99, edge / 2, 0.0, -edge, -1.0])
    heads, modes = np.zeros((3, 3)), np.zeros((3, len(correlations)))
    for place, mu in enumerate(correlations[:3]):
        state = MeanFieldHead([(mu, 1.0, 1.0)], gamma=gamma, lam=lam, kappa=ratio * lam).steady_states()[0]
        heads[place, place], modes[place, place] = state.head, state.mass**0.5
    found = np.linalg.eigvals(jacobian(modes, heads, correlations, (gamma, lam, ratio * lam)))
    order = np.argsort(np.abs(found))
    assert np.abs(found[order[:3]]).max() < 1e-6
    return found[order[3:]]


@given(EDGES, SHARES, st.floats(0.3, 3))
def test_state_is_lost_by_a_rotation_where_the_head_decays_slower_than_the_line(edge, share, gamma):
    lam = share * edge**2 / 4
    (line,) = critical_head_decay(edge, lam)
    above, below = (eigenvalues(edge, lam, line * factor, gamma) for factor in (1.02, 0.98))
    assert above.real.max() < 0
    lost = below[below.real > 0]
    assert len(lost) == 4
    assert np.all(np.abs(lost.imag) > 0.1 * lam)


def test_labels_of_a_drawn_coupling_stay_apart_above_the_line_and_collapse_below():
    """In two directions, for the mode 1 and the largest class mode of this coupling, from W = 1 and random embeddings."""
    lam, coupling, times = 0.03, Coupling.regular_pairs(40, 1, 16, seed=0), [0.0, 200.0, 1500.0]
    largest = coupling.modes()[1]
    (line,) = critical_head_decay(largest, lam)
    states = [MeanFieldHead([(mu, 1.0, 1.0)], lam=lam, kappa=1.0).steady_states()[0].head for mu in (largest, 1.0)]
    spreads = []
    for factor in (1.5, 0.4):
        rates = {"lambda": lam, "kappa": factor * line * lam}
        run = simulate(models.projection_head(), coupling, dimension=2, times=times, parameters=rates, initial={"W": np.eye(2)})
        spreads.append(run.labels.std(axis=2).max(axis=1))
        if factor > 1:
            assert np.sort(run.head_eigenvalues[-1].real) == pytest.approx(states, abs=1e-4)
    assert spreads[0][2] == pytest.approx(spreads[0][1], rel=0.05)
    assert spreads[1][2] < 1e-3 * spreads[0][2]


@given(EDGES, SHARES)
def test_line_stays_below_a_quarter_and_begins_at_its_limit(edge, share):
    assert 0 < critical_head_decay(edge, share * edge**2 / 4)[0] < 0.25
    gaps = np.abs(critical_head_decay(edge, [1e-4, 1e-5]) - edge * (1 - edge))
    assert gaps[1] < gaps[0] / 5


@pytest.mark.parametrize(("lam", "kappa"), [(0.0, 0.0), (0.05, 0.1)])
def test_simulated_heads_approach_the_mean_field_and_its_outlier_with_the_number_of_classes(lam, kappa):
    times, d, gaps = np.array([0.5, 1.5, 4.0]), 3, []
    for classes in (30, 240):
        rest, along = (MeanFieldHead(BAND, lam=lam, kappa=kappa, outlier=m) for m in (0.0, outlier_mass(BAND, d, classes)))
        found = simulated_head(PAIRS, classes, times, rest, d, range(4))
        deviations = found.rest.mean - rest.trajectory(times).head, found.outlier.mean - along.trajectory(times).head
        gaps.append([np.abs(deviation).max() for deviation in deviations])
        assert found.rest.error.min() > 0
    assert np.all(np.array(gaps[1]) < 0.015)
    assert gaps[1][0] < gaps[0][0] / 3


@pytest.mark.parametrize(("edge", "decays"), [(1.0, 0.1), (0.0, 0.1), (0.8, 0.17), (0.8, [0.1, 0.0]), (0.8, float("nan"))])
def test_line_has_no_points_where_there_is_no_state(edge, decays):
    with pytest.raises(InputError):
        critical_head_decay(edge, decays)


def test_one_dimension_is_refused():
    with pytest.raises(InputError):
        simulated_head(PAIRS, 10, [1.0], MeanFieldHead(BAND), 1, range(2))
