"""Rates from matrices on the labels alone are those of dense matrices, small ones relative to themselves."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings, seeds
from tests.theory.oracles import assert_close
from theory import Coupling
from theory.coupling import label_only, spectrum
from theory.coupling.label_only import count_below

many = settings(max_examples=60)


@st.composite
def spread_couplings(draw):
    """A coupling whose samples all have rates of their own, perhaps disconnected."""
    J, seed = draw(couplings()), draw(seeds)
    rng = np.random.default_rng(seed)
    return J, (rng.uniform(0.2, 3, len(J)), rng.uniform(0.2, 3, J.shape[1]))


@many
@given(st.one_of(moved_couplings(), spread_couplings()).filter(lambda moved: moved[1] != "degree"))
def test_label_only_modes_are_the_dense_ones(moved):
    coupling = Coupling(*moved)
    whole = spectrum.dense_modes(coupling.reduction)[0]
    found = spectrum.slowest_modes(coupling, coupling.reduction, coupling.reduction.size)
    assert_close(found.rates, np.sort(whole))
    assert_close(np.linalg.norm(found.labels, axis=0), np.ones(len(whole)))


@many
@given(spread_couplings(), st.floats(0, 20))
def test_count_of_rates_below_is_that_of_the_eigenvalues(moved, bound):
    coupling = Coupling(*moved)
    values = spectrum.dense_modes(coupling.reduction)[0]
    if np.min(np.abs(values - bound)) > 1e-6:
        assert count_below(coupling.reduction, bound) == np.sum(values < bound)


# -- small frustrations ----------------------------------------------------------------------------------------------------


def precise(weights, mobility):
    """Squared canonical frustrations and rates of the whole operator in sixty digits, ascending."""
    J = mpmath.matrix(weights.tolist())
    of = [mpmath.fsum(J[i, a] for a in range(J.cols)) for i in range(J.rows)]
    of += [mpmath.fsum(J[i, a] for i in range(J.rows)) for a in range(J.cols)]
    eta = [1 / m for m in of] if mobility == "degree" else [mpmath.mpf(1)] * len(of)
    S = mpmath.zeros(len(of))
    for i, degree in enumerate(of):
        S[i, i] = eta[i] * degree
    for i in range(J.rows):
        for a in range(J.cols):
            S[i, J.rows + a] = S[J.rows + a, i] = -mpmath.sqrt(eta[i] * eta[J.rows + a]) * J[i, a]
    return sorted(mpmath.eigsy(S, eigvals_only=True))


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
@pytest.mark.parametrize("weak", [1e-6, 1e-9, 1e-12])
def test_small_rates_are_accurate_relative_to_themselves(mobility, weak):
    J = np.array([[1, 0, 0], [2, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1.5], [weak, weak, 0], [0, 0.3 * weak, 0.2], [0, 1, 1]])
    J = J[:-1] if mobility == "degree" else J
    coupling = Coupling(J, mobility)
    with mpmath.workdps(60):
        expected = [float(rate) for rate in precise(J, mobility)]
    found = coupling.rates(3)
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], expected[1:3], rtol=1e-15 / np.sqrt(weak))
    if mobility == "degree":
        psi = [float(r * (2 - mpmath.mpf(r))) for r in expected[1:3]]
        np.testing.assert_allclose(coupling.frustration()[1:], psi, rtol=1e-13)


def test_a_hundred_thousand_rates_of_their_own_have_a_slow_time():
    mobility = (np.random.default_rng(0).uniform(0.5, 2, 10**5), 1e-3)
    coupling = Coupling.random_pairs(20, 10**5, 0.01, mobility, seed=0)
    found = coupling.spectrum(3)
    assert found.rates[0] == 0
    assert coupling.slow_time() == pytest.approx(1 / found.rates[1], rel=1e-13)
    assert coupling.reduction.size > spectrum.DENSE


@many
@given(spread_couplings(), st.integers(1, 3))
def test_windows_join_without_gaps(moved, width):
    """Each window holds few directions, and what the others do is interpolated."""
    coupling = Coupling(*moved)
    whole = np.sort(spectrum.dense_modes(coupling.reduction)[0])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(label_only, "WINDOW", width)
        patched.setattr(label_only, "BORDER", 2)
        found = spectrum.slowest_modes(coupling, coupling.reduction, coupling.reduction.size)
    assert_close(found.rates, whole)


@pytest.mark.parametrize("sparse", [False, True])
def test_rates_in_the_midst_of_those_of_samples_are_those_of_the_whole_operator(sparse):
    rng = np.random.default_rng(1)
    J = rng.random((700, 12)) * (rng.random((700, 12)) < (0.1 if sparse else 1)) + np.eye(12)[rng.integers(0, 12, 700)]
    coupling = Coupling(J, (rng.uniform(0.5, 2, 700), rng.uniform(0.01, 2, 12)))
    expected = np.sort(spectrum.dense_modes(coupling.reduction)[0])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(label_only, "WINDOW", 60)
        found = spectrum.slowest_modes(coupling, coupling.reduction, 300)
    np.testing.assert_allclose(found.rates, expected[:300], rtol=1e-11, atol=1e-12 * expected[-1])


@many
@given(seeds, st.floats(0.01, 10), st.floats(1e-6, 0.9))
def test_interpolation_between_poles_is_as_exact_as_rounding(seed, gap, share):
    rng = np.random.default_rng(seed)
    poles = np.concatenate([-rng.exponential(1, 20), gap + rng.exponential(1, 20)])
    weights = rng.uniform(0, 1, (40, 2, 2))
    ends = poles[poles <= 0].max(), poles[poles >= gap].min()
    low = ends[0] + 0.05 * (ends[1] - ends[0])
    high = low + share * (ends[1] - ends[0])

    def matrix_at(rate):
        return np.tensordot(1 / (poles - rate), weights, 1)

    interpolated = label_only._interpolate(matrix_at, low, high, ends)
    scale = np.tensordot(1 / np.minimum(np.abs(poles - low), np.abs(poles - high)), weights, 1)
    for rate in rng.uniform(low, high, 5):
        assert np.all(np.abs(interpolated(rate) - matrix_at(rate)) <= 1e-13 * scale)
