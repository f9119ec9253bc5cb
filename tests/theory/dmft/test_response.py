"""The response of labels against sampled graphs, its two paths against each other, and what it refuses."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.theory.dmft.sampled import Labels, poisson, regular
from theory import Coupling, InputError, UnfinishedError
from theory.dmft import LabelResponse, PopulationSize

FEW = PopulationSize(members=200, populations=6, seed=1)
TIMES = np.array([0.0, 0.3, 2.0, 10.0])
ENSEMBLES = {
    "regular cavity": LabelResponse("regular", 2, 3),
    "regular large-c": LabelResponse("regular", 2, 8, weight=0.8, closure="large-c"),
    "poisson large-c": LabelResponse("poisson", 3, 6, weight=0.4, closure="large-c"),
}


def slope(x, y):
    return np.polyfit(np.log(x), np.log(y), 1)[0]


def test_error_of_the_exact_cavity_falls_with_the_number_of_classes():
    """Without its zero mode a graph of K classes lacks one of K modes, and has few short loops: the error is of order 1/K."""
    sizes, theory = [25, 50, 100, 200], LabelResponse("regular", 1, 4).variance(TIMES[1:])
    errors = []
    for K in sizes:
        runs = [Labels(regular(K, 1, 4, 0.5, seed)).relaxation(2 * TIMES[1:], zero_modes=False) for seed in range(2)]
        errors.append(np.max(np.abs(np.mean(runs, axis=0) - theory)))
    assert slope(sizes, errors) == pytest.approx(-1, abs=0.1)


@pytest.mark.parametrize("weight", [0.5, 1.5])
def test_response_at_complex_s_is_that_of_a_sampled_graph(weight):
    s = np.array([1.0, 0.2 + 0.3j, -0.5 + 0.5j, -3 - 2j])
    theory = LabelResponse("regular", 2, 3, weight=weight).response(s)
    sampled = Labels(regular(240, 2, 3, weight, seed=0)).response(s)
    np.testing.assert_allclose(theory, sampled, rtol=0.01)


def test_poisson_cavity_agrees_with_sampled_graphs_where_the_large_c_closure_does_not():
    links, t = 4, np.array([1.0, 4.0, 12.0])
    runs = np.array([Labels(poisson(200, 1, links, 0.5, seed)).relaxation(2 * t) for seed in range(4)])
    sampled, noise = runs.mean(axis=0) - 1 / (200 * (2 + links / 2)), runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    cavity = LabelResponse("poisson", 1, links, size=FEW).relaxation(2 * t)
    allowed = 4 * (noise + cavity.errors) + 2 / 200
    assert np.all(np.abs(cavity.values - sampled) < allowed)
    assert np.any(np.abs(LabelResponse("poisson", 1, links, closure="large-c").variance(t) - sampled) > 3 * allowed)


def test_the_exact_cavity_is_the_default_and_the_large_c_closure_is_chosen_by_name():
    """Three pure samples a class and six links, against the mean over graphs of 120 classes, of which the zero mode is missing:
    the closure is off by a fifth at t = 5, and by a factor of two at t = 10."""
    t = np.array([5.0, 10.0])
    runs = np.array([Labels(poisson(120, 3, 6, 0.5, seed)).relaxation(2 * t, zero_modes=False) for seed in range(6)])
    sampled, noise = runs.mean(axis=0), runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    exact = LabelResponse("poisson", 3, 6).relaxation(2 * t)
    assert np.all(np.abs(exact.values - sampled) < 4 * (noise + exact.errors) + 1 / (120 * 7))
    assert LabelResponse("poisson", 3, 6) == LabelResponse("poisson", 3, 6, closure="cavity")
    closed = LabelResponse("poisson", 3, 6, closure="large-c").variance(t)
    np.testing.assert_allclose(closed / exact.values - 1, [0.194, 0.986], atol=0.01)


def test_error_of_the_large_c_closure_falls_with_the_links():
    """At times of order sqrt(c), where the spread of the slow rates, of relative order 1/sqrt(c), is felt."""
    links = np.array([16, 32, 64, 128])
    errors = []
    for c in links:
        exact, closed = (
            LabelResponse("regular", int(c), int(c), closure=k).variance(2 * np.sqrt(c)) for k in ("cavity", "large-c")
        )
        errors.append(abs(closed / exact - 1))
    assert slope(links, errors) == pytest.approx(-1, abs=0.15)


def test_poisson_and_regular_cavities_have_one_limit_of_many_links():
    gaps = []
    for c in (10, 40, 160):
        sampled = LabelResponse("poisson", c, c, size=PopulationSize(300, 3, 0)).variance(0.3)
        gaps.append(abs(sampled / LabelResponse("regular", c, c).variance(0.3) - 1))
    assert gaps[2] < gaps[1] / 2 < gaps[0] / 4


def test_labels_of_finite_components_stay_apart():
    labels = LabelResponse("poisson", 2, 0.7, size=FEW)
    late = labels.relaxation(3000.0)
    assert late.values == pytest.approx(labels.frozen, abs=float(5 * late.errors))
    sampled = [Labels(poisson(150, 2, 0.7, 0.5, seed)) for seed in range(3)]
    kept = np.mean([run.weights[run.rates < 1e-9].sum() for run in sampled])
    assert labels.frozen == pytest.approx(kept, abs=0.02)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_relaxation_starts_at_one_and_falls_convexly(name):
    t = np.linspace(0, 5, 41)
    values = ENSEMBLES[name].relaxation(t).values
    assert values[0] == pytest.approx(1)
    assert np.all(np.diff(values) < 0)
    assert np.all(np.diff(values, 2) > 0)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_initial_slope_is_the_mean_degree(name):
    """R'(0) = -(n + q c), the diagonal of the operator."""
    labels = ENSEMBLES[name]
    step = 1e-5
    falling = (1 - labels.relaxation(step).values) / step
    assert falling == pytest.approx(labels.pure_per_class + labels.weight * labels.links, rel=1e-3)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_response_is_the_laplace_transform_of_the_relaxation(name):
    labels = ENSEMBLES[name]
    nodes, weights = np.polynomial.laguerre.laggauss(60)
    for s in (2.0, 3.0):
        assert weights @ labels.relaxation(nodes / s).values / s == pytest.approx(float(labels.response(s)), rel=1e-4)


@pytest.mark.parametrize("name", ENSEMBLES)
def test_paths_and_precisions_agree_to_the_digits_claimed(name):
    fast = ENSEMBLES[name]
    given_by = dict(
        ensemble=fast.ensemble, pure_per_class=fast.pure_per_class, links=fast.links, weight=fast.weight, closure=fast.closure
    )
    slow, fine = LabelResponse(**given_by, path="mpmath"), LabelResponse(**given_by, digits=50)
    values = [labels.variance([0.0, 2.0]) for labels in (fast, slow, fine)]
    assert np.max(np.abs(values[0] - values[1].astype(float))) < 1e-11
    with mpmath.workdps(60):
        assert max(abs(values[1] - values[2])) < mpmath.mpf(10) ** -15
        assert max(abs(values[2] - LabelResponse(**given_by, digits=40).variance([0.0, 2.0]))) < mpmath.mpf(10) ** -40


@given(st.floats(0, 3), st.floats(0, 3))
def test_correlation_depends_on_the_sum_of_its_times(t, u):
    labels = ENSEMBLES["regular cavity"]
    assert labels.correlation(t, u) == pytest.approx(labels.variance((t + u) / 2), rel=1e-12)
    assert labels.separation(t, 5) == pytest.approx(10 * labels.correlation(t, t), rel=1e-12)


def test_separation_is_the_expected_one_of_a_large_coupling():
    from theory import expected_curves

    coupling = Coupling.regular_pairs(200, 1, 4, seed=0, mobility="uniform")
    sampled = expected_curves(coupling, TIMES, dimension=3).separation
    np.testing.assert_allclose(LabelResponse("regular", 1, 4).separation(TIMES, 3), sampled, rtol=0.01, atol=6 / 200)


def test_same_seed_gives_the_same_populations_and_more_members_smaller_errors():
    few = LabelResponse("poisson", 2, 3, size=PopulationSize(100, 8, 0)).relaxation(2.0)
    again = LabelResponse("poisson", 2, 3, size=PopulationSize(100, 8, 0)).relaxation(2.0)
    many = LabelResponse("poisson", 2, 3, size=PopulationSize(3000, 8, 0)).relaxation(2.0)
    assert few.values == again.values
    assert many.errors < few.errors / 2
    assert abs(few.values - many.values) < 5 * few.errors


@pytest.mark.parametrize(
    "wrong",
    [
        {"links": -1},
        {"links": float("nan")},
        {"links": 2.5, "ensemble": "regular"},
        {"links": 1, "ensemble": "regular"},
        {"links": 3, "ensemble": "regular", "closure": "large-c"},
        {"links": 1000, "closure": "large-c"},
        {"pure_per_class": 0},
        {"pure_per_class": "2"},
        {"weight": 0},
        {"weight": -0.5},
        {"ensemble": "other"},
        {"closure": "other"},
        {"digits": 14},
        {"digits": 51, "closure": "large-c"},
        {"digits": 20.0, "closure": "large-c"},
        {"digits": 20},
        {"path": "mpmath"},
        {"path": "fast"},
        {"path": "other", "closure": "large-c"},
        {"path": "fast", "digits": 20, "closure": "large-c"},
    ],
    ids=str,
)
def test_parameters_outside_their_ranges_are_refused(wrong):
    with pytest.raises(InputError):
        LabelResponse(**({"ensemble": "poisson", "pure_per_class": 2, "links": 3} | wrong))


@pytest.mark.parametrize("name", ENSEMBLES)
def test_points_on_the_cut_are_refused_and_those_beside_it_are_not(name):
    labels = ENSEMBLES[name]
    for s in (labels.abscissa, labels.abscissa - 0.3, np.array([1.0, -2.0]), float("nan")):
        with pytest.raises(InputError):
            labels.response(s)
    assert labels.response(labels.abscissa + 0.1).real > 0
    assert labels.response(complex(labels.abscissa - 0.3, 0.01)).imag < 0


@pytest.mark.parametrize("times", [-1.0, [0.0, float("inf")], "soon"])
def test_times_that_make_no_sense_are_refused(times):
    with pytest.raises(InputError):
        ENSEMBLES["poisson large-c"].variance(times)


@pytest.mark.parametrize("path", ["fast", "mpmath"])
def test_inverse_laplace_transforms_that_disagree_return_no_number(path):
    with pytest.raises(UnfinishedError, match=r"digits|earlier times"):
        LabelResponse("poisson", 10, 20, closure="large-c", path=path).variance(1500.0)
