"""Phases in closed form, against dense Jacobians of all embeddings and against integration."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, given
from hypothesis import strategies as st

from derivations.phases import Phase, classify, classify_start
from derivations.phases.regions import growth_rate, phase_codes
from theory import Coupling
from theory.errors import InputError

CLASSES, SAMPLES = 3, 12
fractions = st.sampled_from([3, 6, 9]).map(lambda frustrated: frustrated / SAMPLES)
decays = st.floats(0.01, 0.24)
ratios = st.floats(0.01, 0.5)


def at_rest(coupling, decay, head_decay):
    """Z and W where every mode rests on a direction of its own, by singular vectors; None where one has no rest."""
    J = coupling.data["J"]
    dx, dy = J.sum(axis=1), J.sum(axis=0)
    left, mu, right = np.linalg.svd(J / np.sqrt(dx)[:, None] / np.sqrt(dy), full_matrices=False)
    if (mu**2 < 4 * decay).any():
        return None
    heads = (mu + np.sqrt(mu**2 - 4 * decay)) / 2
    amplitudes = np.sqrt(head_decay * coupling.samples / decay) * heads
    vectors = np.vstack([left / np.sqrt(dx)[:, None], right.T / np.sqrt(dy)[:, None]]) / np.sqrt(2)
    return (vectors * amplitudes).T, np.diag(heads)


def dense_eigenvalues(coupling, decay, head_decay):
    """Of the Jacobian of all embeddings and the head, by complex steps; None where the state does not exist."""
    rest = at_rest(coupling, decay, head_decay)
    if rest is None:
        return None
    Z, W = rest
    J = coupling.data["J"]
    D, H = np.concatenate([J.sum(1), J.sum(0)]), np.concatenate([coupling.data["H_x"], coupling.data["H_y"]])
    A = np.block([[np.zeros((len(J), len(J))), J], [J.T, np.zeros((J.shape[1],) * 2)]])

    def velocity(y):
        z, w = y[: Z.size].reshape(Z.shape), y[Z.size :].reshape(W.shape)
        R = w @ z * D - z @ A
        return np.concatenate([(-w.T @ R * H - decay * z).ravel(), (-R @ z.T / J.sum() - head_decay * w).ravel()])

    y = np.concatenate([Z.ravel(), W.ravel()])
    assert np.abs(velocity(y)).max() < 1e-9
    steps = np.eye(len(y)) * 1e-150j
    return np.linalg.eigvals(np.array([velocity(y + step).imag / 1e-150 for step in steps]).T)


@given(fractions, decays, ratios)
def test_the_phase_is_that_of_the_dense_jacobian_of_all_embeddings(fraction, decay, ratio):
    found = classify(fraction=fraction, decay=decay, head_decay=ratio * decay, classes=CLASSES)
    eigenvalues = dense_eigenvalues(Coupling.uniform(CLASSES, SAMPLES, fraction), decay, ratio * decay)
    if eigenvalues is None:
        assert found is Phase.COLLAPSED
        return
    rightmost = eigenvalues.real.max()
    assume(abs(growth_rate(fraction, decay, ratio, CLASSES)) > 1e-6)
    assert found is (Phase.ROTATING if rightmost > 1e-8 else Phase.BISTABLE)


@given(fractions, st.floats(0.05, 0.9), st.floats(0.01, 0.1))
def test_growth_is_the_rightmost_eigenvalue_where_the_state_is_unstable(fraction, share, ratio):
    decay = share * (1 - fraction) / 4
    grows = growth_rate(fraction, decay, ratio, CLASSES)
    assume(grows > 1e-6)
    eigenvalues = dense_eigenvalues(Coupling.uniform(CLASSES, SAMPLES, fraction), decay, ratio * decay)
    assert np.isclose(grows, eigenvalues.real.max(), rtol=1e-6)


@given(st.floats(0.0, 1.0), decays, st.floats(0.25, 10), st.integers(2, 20), st.sampled_from(["uniform", "pairs"]))
def test_a_head_that_decays_a_quarter_as_fast_never_lets_the_state_turn(fraction, decay, ratio, classes, family):
    assert phase_codes(fraction, decay, ratio, classes, family) != list(Phase).index(Phase.ROTATING)


@pytest.mark.parametrize("family", ["uniform", "pairs"])
def test_the_state_ends_where_the_canonical_correlations_say(family):
    coupling = getattr(Coupling, family)(4, 60, 0.2)
    critical = coupling.modes()[1] ** 2 / 4
    below, above = (
        classify(fraction=0.2, decay=critical * f, head_decay=critical, classes=4, family=family) for f in (0.999, 1.001)
    )
    assert (below, above) == (Phase.BISTABLE, Phase.COLLAPSED)


@given(st.floats(-2, 2), st.floats(0.05, 2), st.floats(0.3, 1), st.floats(0.2, 5))
def test_starts_end_as_they_do_by_integration(head, amplitude, mu, gamma):
    scaled = gamma * amplitude**2
    assume(min(abs(scaled - head**2 + mu**2), abs(scaled - head**2)) > 0.05)
    run = scipy.integrate.solve_ivp(
        lambda t, y: (-y[0] * y[1] * (y[1] - mu), -gamma * (y[1] - mu) * y[0] ** 2),
        (0, 4000),
        (amplitude, head),
        method="LSODA",
        rtol=1e-9,
        atol=1e-14,
    )
    kept = run.y[0, -1] > 1e-3
    expected = Phase.NON_COLLAPSED if kept else Phase.COLLAPSED
    assert classify_start(head=head, amplitude=amplitude, correlation=mu, mobility=gamma) is expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"fraction": 1.5},
        {"fraction": -0.1},
        {"decay": -1.0},
        {"decay": float("nan")},
        {"head_decay": -1.0},
        {"decay": 0.0},
        {"classes": 1},
        {"classes": 2.5},
        {"family": "triples"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError):
        classify(**{"fraction": 0.2, "decay": 0.05, "head_decay": 0.01, "classes": 4} | wrong)


@pytest.mark.parametrize("wrong", [{"amplitude": 0.0}, {"head": np.inf}, {"correlation": 0.0}, {"mobility": -1.0}])
def test_starts_that_make_no_sense_are_refused(wrong):
    with pytest.raises(InputError):
        classify_start(**{"head": 1.0, "amplitude": 1.0, "correlation": 0.9, "mobility": 1.0} | wrong)


def test_without_decay_of_the_head_nothing_survives_and_without_any_all_can():
    assert classify(fraction=0.2, decay=0.05, head_decay=0.0, classes=4) is Phase.COLLAPSED
    assert classify(fraction=0.2, decay=0.0, head_decay=0.0, classes=4) is Phase.NON_COLLAPSED
