"""Roots of the large-c self-consistency: independent closed form, branch, precision, and the double-precision twin."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import points_off_the_cut
from theory import UnfinishedError
from theory.dmft import fast
from theory.dmft.edges import outer_edge
from theory.dmft.ensembles import Pairs
from theory.dmft.poisson import distance_to_ray, probabilities
from theory.dmft.self_consistency import solve

pairs = st.builds(
    lambda pure, links, weight: Pairs("poisson", pure, links, weight, "large-c"),
    st.integers(1, 20),
    st.floats(0, 40),
    st.sampled_from([0.25, 0.5, 1.0]),
)


def hypergeometric_defect(ensemble, s, G):
    """The Poisson average in closed form: E 1/(x + b f) = exp(-c) 1F1(x/b; x/b + 1; c)/x."""
    kernel = ensemble.labels(mpmath.mpmathify(s))
    x = kernel.alpha - ensemble.links * kernel.hop**2 * G
    ratio = x / kernel.beta
    return mpmath.exp(-ensemble.links) * mpmath.hyp1f1(ratio, ratio + 1, ensemble.links) / x - G


@given(pairs, points_off_the_cut())
def test_root_solves_the_average_in_closed_form(ensemble, s):
    with mpmath.workdps(40):
        G = solve(ensemble.labels, ensemble.links, s, digits=30).value
        assert abs(hypergeometric_defect(ensemble, s, G)) < 1e-27 * abs(G)


@given(pairs, points_off_the_cut())
def test_digits_claimed_are_those_of_a_more_precise_solution(ensemble, s):
    coarse = solve(ensemble.labels, ensemble.links, s, digits=15)
    fine = solve(ensemble.labels, ensemble.links, s, digits=50)
    with mpmath.workdps(60):
        assert abs(coarse.value - fine.value) < 2e-15 * abs(fine.value)
        assert fine.error < abs(fine.value) * mpmath.mpf(10) ** -50


@given(pairs, points_off_the_cut())
def test_branch_has_the_sign_of_a_response_and_the_symmetry_of_a_real_one(ensemble, s):
    G, mirrored = (solve(ensemble.labels, ensemble.links, z, digits=15).value for z in (s, s.conjugate()))
    assert G.imag < 0
    assert mirrored == mpmath.conj(G)


@given(pairs, st.floats(0, np.pi))
def test_response_is_that_of_free_labels_far_away(ensemble, angle):
    defects = []
    for size in (1e6, 1e7):
        s = size * np.exp(1j * angle) + 1j
        defects.append(abs(complex(solve(ensemble.labels, ensemble.links, s, digits=15).value) * s - 1))
    rate = ensemble.pure_per_class + ensemble.weight * ensemble.links
    assert defects[0] < 2 * rate / 1e6
    assert defects[1] < 0.11 * defects[0]


@given(pairs, st.lists(points_off_the_cut(), min_size=1, max_size=5))
def test_double_precision_agrees_with_mpmath(ensemble, points):
    found = fast.solve(ensemble.labels, ensemble.links, np.array(points)).value
    precise = [complex(solve(ensemble.labels, ensemble.links, s, digits=15).value) for s in points]
    np.testing.assert_allclose(found, precise, rtol=1e-11)


@given(points_off_the_cut())
def test_without_links_labels_and_their_pure_samples_are_alone(s):
    ensemble = Pairs("poisson", 3, 0, closure="large-c")
    operator = np.array([[3, -np.sqrt(3)], [-np.sqrt(3), 1]])
    expected = np.linalg.inv(s * np.eye(2) + operator)[0, 0]
    assert complex(solve(ensemble.labels, 0, s, digits=15).value) == pytest.approx(expected, rel=1e-10)


def test_no_number_is_returned_at_the_end_of_a_band():
    """There the slope vanishes, and the distance from the root is not known."""
    ensemble = Pairs("poisson", 10, 20, closure="large-c")
    end = outer_edge(ensemble.labels, 20, 0.0, 5.0)
    with pytest.raises(UnfinishedError, match="cut"):
        solve(ensemble.labels, 20, end * (1 + 1e-16), digits=15)


@given(st.floats(0, 60), st.integers(15, 40))
def test_tail_of_the_poisson_sum_is_below_its_bound(mean, digits):
    kept, bound = probabilities(mean, digits)
    more, _ = probabilities(mean, digits + 20)
    with mpmath.workdps(80):
        left = mpmath.fsum(more[len(kept) :])
    assert left <= bound <= mpmath.mpf(10) ** -digits
    assert bound < 10 * left or left == 0


@given(st.complex_numbers(max_magnitude=10), st.complex_numbers(min_magnitude=1e-6, max_magnitude=3), st.integers(0, 20))
def test_distance_to_a_ray_is_a_bound_at_every_integer(x, slope, first):
    bound = distance_to_ray(x, slope, first)
    assert all(bound <= abs(x + slope * f) * (1 + 1e-9) + 1e-9 for f in range(first, first + 50))
