"""The head as a mean field: against simulation, mpmath, closed forms and asymptotics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.theory.dmft.sampled import poisson, regular
from theory import Coupling, InputError, UnfinishedError, models, simulate
from theory.dmft import Band
from theory.dmft.mean_field import MeanFieldHead
from theory.dmft.mode_measure import Modes, outlier_mass

BAND = Band("regular", 2, 6)
ONE_MODE = st.builds(
    lambda mu, gamma, w0: MeanFieldHead([(mu, 1.0, 1.0)], gamma=gamma, w0=w0),
    st.floats(0.1, 1), st.floats(0.3, 3), st.floats(0.2, 1.5),
)  # fmt: skip


def sampled_masses(J):
    """Correlations and masses of the modes of one coupling, the outlier left out."""
    samples, labels = J.sum(1), J.sum(0)
    u, mu, v = np.linalg.svd(J / np.sqrt(np.outer(samples, labels)), full_matrices=False)
    return mu[1:], (((u**2).T @ samples + v**2 @ labels) / (2 * J.sum()))[1:]


@pytest.mark.parametrize(
    ("band", "sample"),
    [(Band("regular", 2, 6), regular), (Band("regular", 3, 5, 0.9), regular),
     (Band("poisson", 10, 20, closure="large-c"), poisson), (Band("poisson", 4, 30, 0.8, "large-c"), poisson)],
    ids=["regular, 2", "regular, 3", "poisson, 20", "poisson, 30"],
)  # fmt: skip
def test_masses_are_the_initial_variances_of_sampled_modes(band, sample):
    """With a difference that falls like 1/K, as one of K modes of labels is the outlier."""
    modes = Modes.of(band, 64)
    assert modes.masses.sum().real == pytest.approx(2)
    powers, one_sign = (0, 1, 2, 6), slice(0, 64)
    expected = [np.sum(modes.masses[one_sign] * modes.correlations[one_sign] ** p).real for p in powers]
    gaps = []
    for classes in (50, 200):
        mu, masses = sampled_masses(sample(classes, band.pure_per_class, band.links, band.weight, seed=0))
        gaps.append(np.max(np.abs([masses @ mu**p for p in powers] / np.array(expected) - 1)))
    assert gaps[1] < gaps[0] / 2
    assert gaps[1] < 0.02


def test_head_agrees_with_simulation_by_an_error_that_falls_with_the_number_of_classes():
    """At fixed d from W = 1: the slope of log error in log K is -1 within its error over seeds."""
    times, d, sizes, seeds = np.array([1.0, 2.0, 4.0]), 3, (24, 60, 150), range(5)
    errors = np.empty((len(seeds), len(sizes)))
    theory = MeanFieldHead(BAND).trajectory(times).head
    for i, classes in enumerate(sizes):
        runs = [_simulated(classes, d, times, seed) for seed in seeds]
        errors[:, i] = [np.sqrt(np.mean((run - theory) ** 2)) for run in runs]
    slopes = np.polyfit(np.log(sizes), np.log(errors).T, 1)[0]
    mean, error = slopes.mean(), slopes.std(ddof=1) / len(seeds) ** 0.5
    assert errors[:, -1].mean() < 0.03
    assert abs(mean + 1) < 3 * error + 0.25


def _simulated(classes, d, times, seed):
    coupling = Coupling.regular_pairs(classes, 2, 6, seed=seed)
    initial = {"W": np.eye(d)}
    model = models.projection_head(stop="both")
    run = simulate(model, coupling, dimension=d, times=times, seed=seed, initial=initial, rtol=1e-6, atol=1e-8)
    return np.trace(run.head, axis1=1, axis2=2) / d


def test_outlier_turns_only_its_direction_and_that_to_one():
    d, classes, times = 4, 100, np.array([4.0, 8.0, 16.0])
    mass = outlier_mass(BAND, d, classes)
    rest, turned = (MeanFieldHead(BAND, outlier=m).trajectory(times).head for m in (0.0, mass))
    coupling = Coupling.regular_pairs(classes, 2, 6, seed=1)
    run = simulate(models.projection_head(), coupling, dimension=d, times=times, seed=2, initial={"W": np.eye(d)})
    largest = np.sort(run.head_eigenvalues.real, axis=1)
    assert largest[-1, -1] == pytest.approx(turned[-1], abs=0.02)
    assert largest[-1, :-1].mean() == pytest.approx(rest[-1], abs=0.02)
    assert turned[-1] - rest[-1] > 0.03


@given(ONE_MODE)
def test_one_mode_keeps_its_first_integral(head):
    """g^2 - w^2/gamma, and hence the textbook end of one mode in one direction."""
    times = np.linspace(0, 5, 6)
    found = head.trajectory(times)
    invariant = found.growth(head.modes.edge) ** 2 - found.head**2 / head.gamma
    assert invariant == pytest.approx(np.full(6, 1 - head.w0**2 / head.gamma), abs=1e-5)


@pytest.mark.parametrize("band", [BAND, Band("poisson", 10, 20, closure="large-c")], ids=str)
def test_without_decay_the_head_balances_all_modes(band):
    """gamma sum m g^2 - w^2 is conserved: all modes at once."""
    head = MeanFieldHead(band, w0=0.7)
    found, modes = head.trajectory([0.0, 1.0, 5.0, 20.0]), Modes.of(band, 128)
    grown = [
        (modes.masses @ np.exp(2 * (modes.correlations * b - a))).real for a, b in zip(found.decays, found.gains, strict=True)
    ]
    assert grown - found.head**2 == pytest.approx(np.full(4, 2 - 0.7**2), abs=1e-6)


@pytest.mark.parametrize("given_by", [BAND, [(0.8, 1.0, 0.5), (-0.8, 1.0, 0.5), (0.0, 1.0, 1.0)]], ids=["band", "modes"])
def test_head_agrees_with_mpmath_and_its_digits_with_each_other(given_by):
    head, times = MeanFieldHead(given_by, lam=0.02, kappa=0.1), [0.5, 1.0]
    coarse, fine = (head.precise_head(times, digits, nodes=12) for digits in (15, 25))
    assert [float(abs(a - b)) for a, b in zip(coarse, fine, strict=True)] == pytest.approx([0, 0], abs=1e-15)
    assert head.trajectory(times).head == pytest.approx([float(w) for w in fine], abs=1e-8)


@pytest.mark.parametrize(("lam", "kappa"), [(0.0, 0.0), (0.05, 0.05), (0.1, 0.3)])
def test_head_ages_with_the_exponent_and_the_coefficient_of_a_square_root_edge(lam, kappa):
    """The gap to the limit is a/t (1 + b log t/t + c/t): its power fitted at late times, its coefficient with all three."""
    head, times = MeanFieldHead(BAND, lam=lam, kappa=kappa, tolerance=1e-7), np.geomspace(100, 3000, 12)
    limit, coefficient = head.ageing()
    gap = limit - head.trajectory(times).head
    columns = np.column_stack([np.ones(12), np.log(times) / times, 1 / times])
    fitted, residuals, *_ = np.linalg.lstsq(columns, gap * times, rcond=None)
    error = np.sqrt(residuals[0] / 9 * np.linalg.inv(columns.T @ columns)[0, 0])
    assert abs(fitted[0] - coefficient) < 5 * error + 0.005 * coefficient
    power, covariance = np.polyfit(np.log(times[6:]), np.log(gap[6:]), 1, cov=True)
    assert abs(power[0] + 1) < 3 * covariance[0, 0] ** 0.5 + 0.02


def test_single_modes_with_decay_end_in_the_stable_steady_state():
    modes, mu = [(0.9, 1.0, 1.0), (0.5, 1.0, 1.0), (0.0, 2.0, 1.0)], 0.9
    head = MeanFieldHead(modes, gamma=2.0, lam=0.1, kappa=0.3)
    stable, saddle = head.steady_states()
    end = head.trajectory([100.0, 400.0])
    assert end.head[-1] == pytest.approx(stable.head, abs=1e-6)
    assert end.growth(mu)[-1] ** 2 == pytest.approx(stable.mass, rel=1e-5)
    assert stable.head * (mu - stable.head) == pytest.approx(0.1)
    assert (stable.stable, saddle.stable) == (True, False)
    assert saddle.head < stable.head


@given(st.floats(0.6, 1.5))
def test_modes_survive_up_to_the_critical_decay_and_not_beyond(ratio):
    lam = ratio * BAND.edges[1] / 4
    head = MeanFieldHead(BAND, lam=lam, kappa=0.5, gamma=4.0)
    assert head.critical_decay == pytest.approx(BAND.edges[1] / 4)
    assert len(head.steady_states()) == (2 if lam < head.critical_decay else 0)
    if ratio > 1.05:
        assert abs(head.trajectory([400.0]).head[-1]) < 1e-3


@pytest.mark.parametrize(
    "wrong",
    [{"gamma": 0.0}, {"lam": -1.0}, {"w0": float("nan")}, {"of": [(2.0, 1.0, 1.0)]}, {"of": [(0.5, 1.0)]}, {"kappa": "1"}],
    ids=str,
)
def test_wrong_parameters_are_refused(wrong):
    with pytest.raises(InputError):
        MeanFieldHead(**({"of": BAND} | wrong))


def test_what_has_no_answer_gives_none():
    head = MeanFieldHead(BAND)
    with pytest.raises(InputError):
        head.trajectory([1.0, 0.5])
    with pytest.raises(InputError):
        head.steady_states()
    with pytest.raises(InputError):
        MeanFieldHead(BAND, lam=0.1).ageing()
    with pytest.raises(InputError):
        MeanFieldHead(Band("poisson", 10, 20, closure="large-c")).precise_head([1.0], 15)
    with pytest.raises(InputError):
        _ = MeanFieldHead(Band("poisson", 10, 20, closure="large-c")).critical_decay
    with pytest.raises(UnfinishedError):
        MeanFieldHead(Band("poisson", 10, 20, closure="large-c")).trajectory([1000.0])


def test_what_is_left_out_is_of_the_order_of_dimensions_over_classes():
    curve = MeanFieldHead(BAND, classes=300, dimension=8).trajectory([1.0])
    assert curve.left_out == 8 / 300
    assert "identity" in curve.limit
    assert MeanFieldHead(BAND).trajectory([1.0]).left_out is None


@pytest.mark.parametrize(
    ("sizes", "message"), [({"classes": 10, "dimension": 6}, "6 dimensions and 10 classes"), ({"classes": 10}, "give both")]
)
def test_as_many_dimensions_as_classes_are_refused(sizes, message):
    with pytest.raises(InputError, match=message):
        MeanFieldHead(BAND, **sizes)


def test_random_starts_are_refused():
    with pytest.raises(InputError, match="WideHead"):
        MeanFieldHead(BAND, w0=np.eye(2))
