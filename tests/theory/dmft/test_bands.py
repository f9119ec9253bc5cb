"""The band of squared canonical correlations: sum rules, edges, density, against sampled couplings."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.theory.dmft.sampled import poisson, regular
from theory import Coupling, InputError
from theory.dmft import Band
from theory.dmft.edges import outer_edge
from theory.dmft.ensembles import Pairs
from theory.dmft.self_consistency import solve

regular_bands = st.builds(
    lambda pure, links, weight: Band("regular", pure, links, weight), st.integers(1, 20), st.integers(2, 30), st.floats(0.1, 2)
)
POISSON = Band("poisson", 10, 20, closure="large-c")
LOW = Band("poisson", 2, 20, closure="large-c")


@given(regular_bands)
def test_regular_band_obeys_its_sum_rules(band):
    nodes, weights = band.quadrature(64)
    assert [weights @ nodes**k for k in range(3)] == pytest.approx(band.sum_rules(), rel=1e-8)


@given(regular_bands)
def test_density_integrates_like_the_quadrature(band):
    """The same measure, once from the imaginary part of the resolvent and once from that of the adjacency."""
    (low, high), angles = band.edges, np.pi * (np.arange(4000) + 0.5) / 4000
    points = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    weights = band.density(points) * (high - low) / 2 * np.sin(angles) * np.pi / len(angles)
    assert [weights @ points**k for k in range(3)] == pytest.approx(band.sum_rules(), rel=1e-3)


@pytest.mark.parametrize("band", [POISSON, LOW], ids=["accumulating", "two ends"])
def test_moments_of_the_poisson_band_converge_to_its_sum_rules(band):
    errors = []
    for count in (20, 200):
        nodes, weights = band.quadrature(count)
        errors.append(np.max(np.abs([weights @ nodes**k - rule for k, rule in enumerate(band.sum_rules())])))
    assert errors[1] < 3e-3
    assert errors[1] < errors[0] / 4


@pytest.mark.parametrize(
    ("band", "sample", "rounding"),
    [(Band("regular", 2, 3), regular, 1e-10), (Band("poisson", 4, 30, closure="large-c"), poisson, 1e-2)],
    ids=["regular", "poisson"],
)
def test_sum_rules_are_traces_of_sampled_couplings(band, sample, rounding):
    traces = []
    for seed in range(3):
        squared = Coupling(sample(100, band.pure_per_class, band.links, 0.5, seed)).modes()[:100] ** 2
        traces.append([np.mean(squared), np.mean(squared**2)])
    assert np.mean(traces, axis=0) == pytest.approx(band.sum_rules()[1:], rel=rounding)


def test_edges_of_the_regular_band_enclose_all_sampled_correlations_but_the_outlier():
    band = Band("regular", 2, 3)
    mu2 = Coupling.regular_pairs(200, 2, 3, seed=0).modes() ** 2
    low, high = band.edges
    assert mu2[0] == pytest.approx(band.outlier)
    assert mu2[1] < high + 1e-3
    assert mu2[1] == pytest.approx(high, abs=0.02)
    assert mu2[-1] == pytest.approx(low, abs=0.02)


@pytest.mark.parametrize("band", [Band("regular", 5, 4), Band("regular", 5, 9, closure="large-c"), POISSON, LOW], ids=str)
def test_density_is_positive_inside_the_edges_and_zero_outside(band):
    low, high = band.edges
    assert np.all(band.density([low - 0.01, low - 1e-9, high + 1e-9, 2.0]) == 0)
    assert band.density((low + high) / 2) > 0
    assert np.all(band.density(np.linspace(low, high, 50)) >= 0)


@pytest.mark.parametrize("end", [0, 1])
def test_poisson_resolvent_is_real_just_outside_its_edges_and_complex_just_inside(end):
    pairs, edge, outwards = Pairs("poisson", 2, 20, closure="large-c"), LOW.edges[end], (-1, 1)[end]
    width = 1e-4
    outside = solve(pairs.correlations, 20, complex(edge + outwards * width, 1e-12), digits=15).value
    inside = solve(pairs.correlations, 20, complex(edge - outwards * 1e-8, 1e-14), digits=15).value
    assert abs(outside.imag) < 1e-6 * abs(outside)
    assert abs(inside.imag) > 10 * abs(outside.imag)


@pytest.mark.parametrize(
    "given_by", [("regular", 2, 3), ("poisson", 2, 20, 0.5, "large-c"), ("poisson", 10, 20, 0.5, "large-c")], ids=str
)
def test_edges_at_fifteen_and_fifty_digits_agree(given_by):
    coarse, fine = Band(*given_by).edges, Band(*given_by, digits=50).edges
    with mpmath.workdps(60):
        assert all(abs(a - b) < 1e-15 for a, b in zip(coarse, fine, strict=True))
        again = Band(*given_by, digits=40).edges
        assert all(abs(a - b) < mpmath.mpf(10) ** -40 for a, b in zip(again, fine, strict=True))


@pytest.mark.parametrize("end", [0, 1])
def test_edges_are_where_the_bracketed_minimum_vanishes(end):
    pairs = Pairs("poisson", 2, 20, closure="large-c")
    bracketed = outer_edge(pairs.correlations, 20, (0.5, 1.0)[end], (-2.0, 3.0)[end])
    assert LOW.edges[end] == pytest.approx(bracketed, rel=1e-13)


def test_outer_modes_of_poisson_couplings_lie_within_the_edges():
    """The closure's tails reach beyond what a sampled graph of this size shows."""
    mu2 = Coupling(poisson(200, 10, 20, 0.5, seed=0)).modes()[:200] ** 2
    low, high = POISSON.edges
    assert low < mu2[-1] < mu2[1] < high


@pytest.mark.parametrize(
    "wrong", [{"links": 0}, {"links": -1}, {"closure": "other"}, {"digits": 60}, {"pure_per_class": 0.5}], ids=str
)
def test_parameters_outside_their_ranges_are_refused(wrong):
    with pytest.raises(InputError):
        Band(**({"ensemble": "poisson", "pure_per_class": 2, "links": 3, "closure": "large-c"} | wrong))


@pytest.mark.parametrize("closure", [{}, {"closure": "cavity"}], ids=["default", "by name"])
def test_the_band_of_poisson_pairs_is_that_of_a_closure_that_one_names(closure):
    with pytest.raises(InputError, match='closure="large-c"'):
        Band("poisson", 10, 20, **closure)


def test_densities_at_no_number_are_refused():
    with pytest.raises(InputError):
        POISSON.density([0.5, float("nan")])
