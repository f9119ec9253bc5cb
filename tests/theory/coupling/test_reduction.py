"""What labels feel of the samples: no more directions than there are labels, small frustrations to full precision."""

import mpmath
import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import moved_couplings, seeds
from tests.theory.oracles import assert_close, component_count
from theory import Coupling
from theory.coupling import reduction, spectrum

many = settings(max_examples=60)


@many
@given(moved_couplings())
def test_factor_of_the_frustration_is_the_schur_complement_of_the_samples(moved):
    J, mobility = moved
    coupling = Coupling(J, mobility)
    factor = coupling.reduction.frustration
    schur = np.diag(J.sum(0)) - J.T @ (J / J.sum(1)[:, None])
    root = np.sqrt(coupling.label_mobility)
    assert factor.shape == (J.shape[1] - component_count(J), J.shape[1])
    assert_close(factor.T @ factor, root[:, None] * schur * root)


@given(st.integers(2, 4), st.integers(1, 40))
def test_no_more_directions_than_labels_are_kept_of_samples_of_one_rate(classes, samples):
    weights = np.random.default_rng(samples).dirichlet(np.ones(classes), size=samples)
    coupling = Coupling.from_probabilities(weights, "uniform")
    assert len(coupling.reduction.sample_rates) <= classes
    assert len(coupling.rates()) == samples + classes


@given(st.integers(2, 6), seeds)
def test_elimination_keeps_conductances_over_many_decades(labels, seed):
    """Frustrations over twenty decades, each to ten digits, against the eigenvalues of the Laplacian in eighty digits."""
    rng = np.random.default_rng(seed)
    g = np.triu(10 ** rng.uniform(-20, 0, (labels, labels)), 1)
    g += g.T
    values, _ = spectrum.jacobi_svd(reduction.laplacian_factor(g))
    with mpmath.workdps(80):
        L = mpmath.matrix((-g).tolist())
        for i in range(labels):
            L[i, i] = mpmath.fsum(mpmath.mpf(g[i, j]) for j in range(labels))
        expected = [float(v) for v in sorted(mpmath.eigsy(L, eigvals_only=True))][1:]
    np.testing.assert_allclose(values**2, expected, rtol=1e-10)


# -- a million samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
def test_a_million_samples_have_a_slow_time(mobility):
    """§2: at weak frustration Kron reduction gives the slow rate of a hundred classes to leading order."""
    coupling = Coupling.random_pairs(100, 10**6, 1e-3, mobility, seed=0)
    conductance = reduction.conductances(coupling.types, coupling.counts / coupling.sample_degrees)
    mass = 1 / coupling.label_mobility + coupling.types.T @ (
        coupling.counts / coupling.sample_mobility / coupling.sample_degrees
    )
    laplacian = np.diag(conductance.sum(0)) - conductance
    slow = scipy.linalg.eigh(laplacian, np.diag(mass), eigvals_only=True)[1]
    assert 1 / coupling.slow_time() == pytest.approx(slow, rel=2e-3)
    assert coupling.rates(200)[0] == 0
