"""Sectors with symbols have the rates of the whole graph in numbers, and every mode is in one of them."""

import json
from functools import cache

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sympy import Integer, Matrix, Rational, Symbol, log, symbols

from derivations.analysis.modes.patterns import draw_family
from derivations.analysis.modes.sectors import sectors
from derivations.checks import Status
from derivations.vocabulary import u
from theory import InputError
from theory.coupling.symmetric import Orbit, SymmetricFamily, pairs, subsets, uniform
from theory.models.vocabulary import K

n, phi, n_0, m, q, eta_x, eta_y, eta_s = symbols("n phi n_0 m q eta_x eta_y eta_s", positive=True)
r, t, r_1, r_2, r_3 = symbols("r t r_1 r_2 r_3", positive=True)
p, o = symbols("p o", positive=True)
v, s = symbols("v s", real=True)

FAMILIES = {
    "uniform": uniform(K, n, phi),
    "pairs": pairs(K, n_0, m, q),
    "triples": subsets(K, n_0, m, 3),
    "pairs alone": SymmetricFamily(K, (Orbit(2, q, 0, m, "s"),)),
    "shared alone": SymmetricFamily(K, (Orbit(0, q, q, m, "s"),)),
    "noisy labels": SymmetricFamily(K, (Orbit(1, p, o, n_0), Orbit(2, q, o, m, "s"))),
    "three kinds": SymmetricFamily(K, (Orbit(1, 1, 0, n_0), Orbit(2, q, 0, m, "s"), Orbit(0, o, o, p, "c"))),
}
names = st.sampled_from(sorted(FAMILIES))
seeds = st.integers(0, 2**32 - 1)


@cache
def found(name):
    """Sectors with a mobility of its own for each orbit."""
    family = FAMILIES[name]
    return sectors(family, (eta_x, eta_s, Integer(1))[: len(family.orbits)], eta_y)


@st.composite
def members(draw_from):
    """A family, numbers for its symbols and mobilities, its coupling."""
    name, rng = draw_from(names), np.random.default_rng(draw_from(seeds))
    family, eta = FAMILIES[name], {e: Rational(int(rng.integers(1, 17)), 8) for e in (eta_x, eta_s, eta_y)}
    values = draw_family(family, rng) | eta
    orbit_of, _ = family.membership(values)
    of_orbits = np.array([float(e) for e in (eta[eta_x], eta[eta_s], 1)])
    return name, values, family.coupling(values, mobility=(of_orbits[orbit_of], float(eta[eta_y])))


def generator(coupling):
    """H(D - A) of all embeddings."""
    J = np.asarray(coupling.data["J"])
    adjacency = np.block([[np.zeros((len(J), len(J))), J], [J.T, np.zeros((J.shape[1],) * 2)]])
    mobility = np.concatenate([coupling.data["H_x"], coupling.data["H_y"]])
    return mobility[:, None] * (np.diag(adjacency.sum(axis=1)) - adjacency)


def dense_rates(coupling):
    return np.sort(np.linalg.eigvals(generator(coupling)).real)


# -- nothing is lost --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
def test_multiplicities_add_up_to_all_embeddings(name):
    total = sum(size * times for size, times in found(name).multiplicities)
    assert (total - FAMILIES[name].samples - K).expand() == 0


@settings(max_examples=60, deadline=None)
@given(members())
def test_the_rates_of_all_sectors_are_those_of_the_whole_graph(member):
    name, values, coupling = member
    expected = dense_rates(coupling)
    assert_allclose(found(name).rates(values), expected, atol=1e-6 * expected[-1])


@settings(max_examples=15, deadline=None)
@given(members(), st.integers(1, 40))
def test_the_determinant_is_that_of_the_whole_graph(member, at):
    name, values, coupling = member
    point = {**values, r: Rational(at, 17) + Rational(1, 997)}
    parts = found(name)
    factors = [part.characteristic(r).subs(point) ** part.multiplicity.subs(point) for part in (parts.common, parts.difference)]
    predicted = factors[0] * factors[1] * parts.unseen(r).subs(point)
    sign, size = np.linalg.slogdet(float(point[r]) * np.eye(coupling.samples + coupling.labels) - generator(coupling))
    assert int(np.sign(predicted)) == sign
    assert float(log(abs(predicted))) == pytest.approx(size, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("name", FAMILIES)
def test_both_reductions_are_checked_steps(name):
    for sector in (found(name).common, found(name).difference):
        assert sector.reduction.step.verify().outcome.status is Status.PASSED


@pytest.mark.parametrize("name", FAMILIES)
def test_the_common_sector_is_at_rest_when_all_are_equal(name):
    matrix = found(name).common.matrix
    assert (matrix * Matrix.ones(matrix.cols, 1)).expand().is_zero_matrix


# -- the sectors of the notes -----------------------------------------------------------------------------------------


def test_the_uniform_sector_is_that_of_the_notes():
    matrix = sectors(FAMILIES["uniform"], eta_x, eta_y).difference.matrix
    expected = Matrix([[eta_x, -eta_x], [-eta_y * (1 - phi) * n, eta_y * n]])
    assert (matrix - expected).expand().is_zero_matrix


def test_the_sector_of_pairs_is_that_of_the_notes():
    matrix = sectors(FAMILIES["pairs"], eta_x, eta_y).difference.matrix
    expected = Matrix(
        [
            [eta_x, 0, -eta_x],
            [0, 2 * q * eta_x, -q * eta_x],
            [-eta_y * n_0, -eta_y * m * q * (K - 2), eta_y * (n_0 + m * (K - 1) * q)],
        ]
    )
    assert (matrix - expected).expand().is_zero_matrix


@pytest.mark.parametrize("size", [2, 3, 4])
def test_with_inverse_degrees_the_frustration_of_subsets_is_that_of_a_coupling(size):
    family = subsets(K, n_0, m, size)
    special = sectors(family, Integer(1), 1 / family.label_degree).difference
    psi = -special.characteristic(r).subs(r, 0)
    values = {K: Integer(size + 2), n_0: Integer(3), m: Integer(2)}
    assert_allclose(family.coupling(values).frustration()[1:], float(psi.subs(values)))


# -- two labels, and other edges --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "labels"), [("pairs", 2), ("triples", 3), ("noisy labels", 2), ("pairs alone", 2)])
@pytest.mark.parametrize("each", [1, 3])
def test_the_amplitude_of_all_labels_at_once_drops_out(name, labels, each):
    values = {K: labels, n_0: 2, m: each, q: Rational(3, 8), p: Rational(3, 4), o: Rational(1, 8)}
    values |= {eta_x: Rational(5, 4), eta_s: Rational(1, 2), eta_y: Rational(1, 3)}
    family, mobilities = FAMILIES[name], found(name).mobilities
    fewer = sectors(family.at({K: labels}), *mobilities)
    assert s not in fewer.difference.amplitudes
    of_orbits = np.array([float(e.subs(values)) for e in mobilities[0]])
    coupling = family.coupling(values, mobility=(of_orbits[family.membership(values)[0]], float(values[eta_y])))
    expected = dense_rates(coupling)
    assert_allclose(found(name).rates(values), expected, atol=1e-6 * expected[-1])
    assert_allclose(fewer.rates(values), expected, atol=1e-6 * expected[-1])


def test_at_two_labels_the_frustrated_amplitude_decouples_and_its_root_is_cancelled():
    parts = sectors(FAMILIES["pairs"], eta_x, eta_y)
    assert parts.difference.matrix.subs(K, 2)[2, 1] == 0
    (spurious,) = (d for d in parts.decoupled if d.orbit.name == "s")
    assert spurious.rate == 2 * q * eta_x
    assert (spurious.multiplicity.subs(K, 2) - (m - 2)).expand() == 0  # m - 1 deviations, and one root taken back


# -- propagation ------------------------------------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["uniform", "pairs", "noisy labels"]), seeds)
def test_the_propagator_of_labels_is_the_exponential_of_the_matrix(name, seed):
    rng, sector = np.random.default_rng(seed), found(name).difference
    values = draw_family(FAMILIES[name], rng) | {e: Rational(int(rng.integers(3, 17)), 8) for e in (eta_x, eta_s, eta_y)}
    matrix = np.array(sector.matrix.subs(values).tolist(), dtype=float)
    roots = np.linalg.eigvals(matrix).real
    assume(min(abs(a - b) for i, a in enumerate(roots) for b in roots[:i]) > 1e-2)
    rates = (r_1, r_2, r_3)[: len(roots)]
    row = sector.propagator(rates, t)
    known = {**values, **dict(zip(rates, roots, strict=True)), t: Rational(2, 3)}
    found_row = [float(row[a].subs(known)) for a in sector.amplitudes]
    assert_allclose(found_row, scipy.linalg.expm(-matrix * 2 / 3)[-1], atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(members())
def test_weights_are_squared_lengths_relative_to_the_labels(member):
    name, values, coupling = member
    orbit_of, membership = FAMILIES[name].membership(values)
    pattern = np.arange(coupling.labels) - (coupling.labels - 1) / 2
    for number, orbit in enumerate(FAMILIES[name].orbits):
        weight = found(name).difference.weights.get(Symbol(orbit.name, real=True), Integer(0))
        lift = (membership @ pattern)[orbit_of == number]
        assert lift @ lift == pytest.approx(float(weight.subs(values)) * pattern @ pattern)
        alike = found(name).common.weights[Symbol(orbit.name, real=True)].subs(values)
        assert alike * coupling.labels == sum(orbit_of == number)


def test_amplitudes_end_with_the_labels():
    assert found("pairs").difference.amplitudes == (v, s, u)
    assert found("shared alone").difference.amplitudes == (u,)


def test_sectors_show_themselves():
    parts = found("pairs")
    shown = json.loads(parts.to_json())
    assert shown["class-difference"]["amplitudes"] == ["v", "s", "u"]
    assert shown["class-difference"]["multiplicity"] == "K - 1"
    assert [part["rate"] for part in shown["decoupled"]] == ["eta_x", "2*eta_s*q"]
    assert parts.to_latex().startswith(r"\begin{aligned}")
    assert str(parts).splitlines()[1] == "dv/dt = eta_x*u - eta_x*v"


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_mobilities_that_do_not_match_the_orbits_are_refused():
    with pytest.raises(InputError, match="a mobility for each of 2 orbits"):
        sectors(FAMILIES["pairs"], (eta_x,), eta_y)


def test_rates_without_all_numbers_are_refused():
    with pytest.raises(InputError, match="none for eta_x"):
        found("uniform").rates({K: 3, n: 6, phi: Rational(1, 2), eta_y: 1})


def test_counts_that_hang_together_cannot_be_drawn():
    with pytest.raises(InputError, match="chosen one by one"):
        draw_family(pairs(K, m, m), np.random.default_rng(0))


def test_drawn_counts_are_whole_and_small():
    for seed in range(20):
        for family in FAMILIES.values():
            values = draw_family(family, np.random.default_rng(seed))
            assert all(orbit.count.subs(values) in {1, 2, 3, 4} for orbit in family.orbits)
            assert values[K] > max(orbit.size for orbit in family.orbits)
