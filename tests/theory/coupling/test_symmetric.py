"""What is counted with symbols is what is there when the subsets are written out."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sympy import Integer, Rational, Symbol, binomial, symbols

from theory import Coupling, InputError
from theory.coupling.symmetric import Orbit, SymmetricFamily, pairs, subsets, uniform

K = Symbol("K", integer=True, positive=True)
n, phi, n_0, m, q = symbols("n phi n_0 m q", positive=True)
weights = st.integers(0, 8).map(lambda k: Rational(k, 8))


@st.composite
def orbits_at_numbers(draw):
    """An orbit in numbers, with the number of labels."""
    labels = draw(st.integers(2, 6))
    size = draw(st.integers(0, labels))
    return Orbit(size, draw(weights), draw(weights), Integer(draw(st.integers(1, 3)))), labels


def written_out(orbit, labels):
    """J of one orbit, subset by subset."""
    rows = [
        [float(orbit.inside if a in subset else orbit.outside) for a in range(labels)]
        for subset in combinations(range(labels), orbit.size)
        for _ in range(orbit.count)
    ]
    return np.array(rows)


@given(orbits_at_numbers())
def test_samples_and_degrees_are_those_of_the_matrix_written_out(drawn):
    orbit, labels = drawn
    J = written_out(orbit, labels)
    assert orbit.samples(Integer(labels)) == len(J)
    assert_allclose(J.sum(axis=1), float(orbit.degree(Integer(labels))))
    assert_allclose(J.sum(axis=0), float(orbit.label_degree(Integer(labels))))


@given(orbits_at_numbers(), st.integers(0, 3))
def test_subsets_that_contain_given_labels_are_counted(drawn, given_labels):
    orbit, labels = drawn
    assume(given_labels <= labels)
    chosen = [{*subset} for subset in combinations(range(labels), orbit.size)]
    assert orbit.count_containing(Integer(labels), given_labels) == sum({*range(given_labels)} <= subset for subset in chosen)
    assert orbit.count_separating(Integer(labels)) == sum(0 in subset and 1 not in subset for subset in chosen)


@pytest.mark.parametrize("size", range(5))
def test_symbolic_counts_are_those_of_any_number_of_labels(size):
    orbit = Orbit(size, 1, 0, 1)
    for labels in range(max(2, size), 8):
        assert orbit.count_containing(K, 1).subs(K, labels) == orbit.count_containing(Integer(labels), 1)
        separating = binomial(labels - 2, size - 1) if size else 0
        assert orbit.count_separating(K).subs(K, labels) == separating


@given(orbits_at_numbers())
def test_the_coupling_is_the_matrix_written_out(drawn):
    orbit, labels = drawn
    J = written_out(orbit, labels)
    assume((J.sum(axis=0) > 0).all() and (J.sum(axis=1) > 0).all())
    coupling = SymmetricFamily(labels, (orbit,)).coupling()
    assert_allclose(coupling.data["J"], J, atol=1e-15)


@given(st.integers(2, 4), st.integers(1, 3), st.integers(0, 3))
def test_the_uniform_family_is_that_of_the_coupling(labels, pure, frustrated):
    samples = labels * (pure + frustrated)
    values = {K: labels, n: Rational(samples, labels), phi: Rational(frustrated, pure + frustrated)}
    built, known = uniform(K, n, phi).coupling(values), Coupling.uniform(labels, samples, frustrated / (pure + frustrated))
    assert_allclose(built.data["J"], known.data["J"])
    assert_allclose(built.rates(), known.rates(), atol=1e-12)


@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 2))
def test_the_family_of_pairs_is_that_of_the_coupling(labels, pure, each):
    frustrated = each * labels * (labels - 1) // 2
    samples = labels * pure + frustrated
    built = pairs(K, n_0, m).coupling({"K": labels, "n_0": pure, "m": each})
    known = Coupling.pairs(labels, samples, frustrated / samples)
    assert_allclose(built.data["J"], known.data["J"])


def test_mobilities_reach_the_coupling():
    family = pairs(K, n_0, m, q)
    values = {K: 3, n_0: 1, m: 1, q: 0.25}
    coupling = family.coupling(values, mobility=(np.arange(1, 7), 2.0))
    assert_allclose(coupling.data["H_x"], np.arange(1, 7))
    assert_allclose(coupling.data["H_y"], 2)


def test_membership_says_which_labels_a_subset_contains():
    orbit_of, member = subsets(K, n_0, m, 3).membership({K: 4, n_0: 2, m: 1})
    assert_array_equal(orbit_of, [0] * 8 + [1] * 4)
    assert_array_equal(member.sum(axis=1), [1] * 8 + [3] * 4)


def test_every_family_has_rows_that_sum_to_one():
    for family in (uniform(K, n, phi), pairs(K, n_0, m), subsets(K, n_0, m, 4)):
        assert all((orbit.degree(K) - 1).expand() == 0 for orbit in family.orbits)


def test_a_family_names_its_symbols():
    assert pairs(K, n_0, m, q).parameters == (K, m, n_0, q)
    assert pairs(K, n_0, m, q).at({"K": 5, q: Rational(1, 2)}).parameters == (m, n_0)


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({K: 3, n: 10, phi: 0.25}, "whole number of samples .* 7.5"),
        ({K: 3, n: 10, phi: 1.5}, "whole number of samples .* -5"),
        ({K: 3, n: 10}, "none for phi"),
        ({K: 1, n: 10, phi: 0.5}, "at least 2 labels"),
        ({K: 2.5, n: 10, phi: 0.5}, "at least 2 labels"),
    ],
)
def test_counts_that_are_not_whole_and_missing_values_are_refused(values, message):
    with pytest.raises(InputError, match=message):
        uniform(K, n, phi).coupling(values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Orbit(-1, 1, 0, 1), "size of a subset"),
        (lambda: Orbit(True, 1, 0, 1), "size of a subset"),
        (lambda: Orbit(1.5, 1, 0, 1), "size of a subset"),
        (lambda: SymmetricFamily(K, ()), "names of their own"),
        (lambda: SymmetricFamily(K, (Orbit(1, 1, 0, 1), Orbit(2, 1, 0, 1))), "names of their own"),
        (lambda: subsets(3, 1, 1, 4), "at least 4 labels"),
    ],
)
def test_what_is_no_family_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_weights_that_are_no_couplings_are_refused():
    with pytest.raises(InputError, match="non-negative"):
        pairs(K, n_0, m, q).coupling({K: 3, n_0: 1, m: 1, q: -1})
