"""A wide random head: observables against order parameters of one run, simulations at growing d, errors and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from theory import Coupling, InputError, UnfinishedError, models, simulate
from theory.dmft import Band, WideHead
from theory.dmft.wide.modes import modes_of_band, modes_of_coupling

COUPLING = Coupling.uniform(3, 9, 1 / 3)
RATES = {"gamma": 0.5, "lam": 0.02, "kappa": 0.05}


def _draw(coupling, d, start, spread, seed):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((d, d)) / d**0.5
    X, Y = (rng.standard_normal((d, n)) for n in (coupling.samples, coupling.labels))
    return {"X": X, "Y": Y, "W": start * np.eye(d) + spread * noise}


def _simulate(coupling, d, times, start=0.6, spread=0.5, seed=0):
    rates = {"gamma": RATES["gamma"] / d, "lambda": RATES["lam"], "kappa": RATES["kappa"]}
    initial = _draw(coupling, d, start, spread, seed)
    model = models.projection_head()
    return simulate(
        model, coupling, dimension=d, times=times, parameters=rates, initial=initial, method="direct", rtol=1e-6, atol=1e-8
    )


def test_labels_loss_trace_and_separation_agree_with_simulations():
    """All modes of a coupling from standard normal embeddings, pairs of which start correlated."""
    times, d, seeds = [0.0, 1.0, 4.0], 64, range(12)
    theory = WideHead.of(COUPLING, start=0.6, spread=0.5, **RATES).trajectory(times)
    runs = [_simulate(COUPLING, d, times, seed=seed) for seed in seeds]
    apart = [((run.labels[:, :, [0]] - run.labels[:, :, [1]]) ** 2).mean(axis=1)[:, 0] for run in runs]
    trace = [np.trace(run.head, axis1=1, axis2=2) - d * 0.6 * np.exp(-RATES["kappa"] * np.array(times)) for run in runs]
    found = {
        "label_variance": [run.labels.var(axis=-1).mean(axis=-1) for run in runs],
        "loss": [np.asarray(run.loss) / d for run in runs],
        "head_trace": trace,
    }
    sizes = {name: (getattr(theory, name), values) for name, values in found.items()}
    for name, (expected, values) in (sizes | {"separation": (theory.separation[:, 0, 1], apart)}).items():
        mean, error = np.mean(values, axis=0), np.std(values, axis=0, ddof=1) / len(seeds) ** 0.5
        assert np.all(np.abs(mean - expected) < 4 * error + 1e-9), name


def test_head_on_modes_is_that_of_one_large_run():
    d, times = 400, [0.0, 2.0]
    theory = WideHead.of(COUPLING, start=0.6, spread=0.5, **RATES)
    curve, run, modes = theory.trajectory(times), _simulate(COUPLING, d, times), theory.modes
    labels = np.flatnonzero((modes.correlations > 0.1) & (modes.correlations < 0.99))
    head, v = run.head[-1], _mode_vectors(run, COUPLING, labels)
    squares = np.sum(v**2, axis=0)
    np.testing.assert_allclose(squares / d, curve.variance[-1, labels], rtol=0.25)
    np.testing.assert_allclose(np.sum(v * (head @ v), axis=0) / squares, curve.eigenvalue[-1, labels], atol=0.04)
    np.testing.assert_allclose(np.linalg.norm(head @ v, axis=0) / squares**0.5, curve.gain[-1, labels], atol=0.04)
    values = np.linalg.svd(head, compute_uv=False)
    assert values[0] == pytest.approx(curve.singular_edges()[-1, 1], abs=0.05)


def _mode_vectors(run, coupling, chosen):
    """Amplitudes of positive class modes at the last time, from their singular vectors."""
    J = coupling.types.toarray()[coupling.type_of]
    degrees = np.sqrt(np.concatenate([J.sum(1), J.sum(0)]))
    u, values, v = np.linalg.svd(J / np.outer(degrees[: len(J)], degrees[len(J) :]), full_matrices=False)
    keep = np.flatnonzero((values > 0.1) & (values < 0.99))
    assert len(keep) == len(chosen)
    embeddings = np.hstack([run.end["X"], run.end["Y"]]) * degrees
    return embeddings @ np.vstack([u[:, keep], v[keep].T]) / 2**0.5


def test_modes_of_a_coupling_have_the_start_of_its_embeddings():
    """Counts, traces and labels of dense eigenvectors."""
    J = np.array([[1, 0], [1, 0], [0, 1], [0.5, 0.5], [0.3, 1.7]])
    modes, degrees = modes_of_coupling(Coupling(J), 0.5), np.concatenate([J.sum(1), J.sum(0)])
    assert modes.copies.sum() == len(degrees)
    assert np.diag(modes.covariance) @ modes.copies == pytest.approx(0.5 * degrees.sum())
    adjacency = np.block([[np.zeros((5, 5)), J], [J.T, np.zeros((2, 2))]]) / np.sqrt(np.outer(degrees, degrees))
    np.testing.assert_allclose(
        np.sort(np.repeat(modes.correlations, modes.copies.astype(int))), np.linalg.eigvalsh(adjacency), atol=1e-9
    )
    np.testing.assert_allclose(modes.labels @ modes.covariance @ modes.labels.T, [[0.25, -0.25], [-0.25, 0.25]], atol=1e-12)


def test_loss_at_the_start_is_that_of_independent_embeddings():
    for given_, weight in ((COUPLING, COUPLING.total_weight), (Band("regular", 2, 6), 5.0)):
        loss = WideHead.of(given_, start=0.6, spread=0.5).trajectory([0.0]).loss[0]
        assert loss == pytest.approx(weight * (0.6**2 + 0.5**2 + 1), rel=1e-6)


def test_band_is_the_limit_of_couplings_with_many_classes():
    band, rates = Band("regular", 2, 4), {"start": 0.6, "spread": 0.5, "gamma": 0.1, "tolerance": 1e-3}
    limit = WideHead.of(band, **rates).trajectory([1.0]).label_variance[0]
    few = Coupling.regular_pairs(30, 2, 4, seed=0)
    rest = np.abs(WideHead.of(few, **rates).modes.correlations) < 1 - 1e-9
    one = WideHead.of(few, **rates)
    whole = one.trajectory([1.0])
    labels = one.modes.labels * rest
    drawn = np.einsum("ak,kl,al->", labels, whole.states[0], labels) / len(labels)
    assert drawn == pytest.approx(limit, rel=0.05)


def test_nodes_of_a_band_do_not_matter():
    band = Band("regular", 2, 6)
    heads = [WideHead(modes_of_band(band, 1.0, nodes), spread=0.4, gamma=0.1, tolerance=1e-5) for nodes in (8, 12)]
    few, many = (head.trajectory([1.0]).label_variance[0] for head in heads)
    assert few == pytest.approx(many, rel=1e-4)


@given(mu=st.floats(0.1, 1), w0=st.floats(-1, 1.5), g=st.floats(0, 1), gamma=st.floats(0.1, 2), lam=st.floats(0, 0.2))
@settings(deadline=None, max_examples=15)
def test_errors_hold_against_a_tighter_tolerance(mu, w0, g, gamma, lam):
    times, rates = [0.5, 3.0], {"start": w0, "spread": g, "gamma": gamma, "lam": lam, "kappa": lam}
    found, better = (WideHead(mu, **rates, tolerance=tolerance).trajectory(times) for tolerance in (1e-3, 1e-5))
    assert np.all(np.abs(found.variance - better.variance) <= 2 * found.errors + 1e-5)
    assert found.errors.max() < 1e-3


def test_modes_that_start_independent_are_problems_of_their_own():
    single = WideHead(0.8, spread=0.5).trajectory([0.0, 2.0])
    double = WideHead([0.8, 0.3], spread=0.5, variance=[1.0, 2.0]).trajectory([0.0, 2.0])
    assert single.variance.shape == (2,)
    np.testing.assert_allclose(double.variance[:, 0], single.variance, atol=1e-3)
    assert double.states[1, 0, 1] == 0


def test_variance_and_mobility_enter_by_their_product():
    one, other = (
        WideHead(0.8, spread=0.5, gamma=g, variance=v).trajectory([3.0]).variance[0] / v for g, v in ((1.0, 1.0), (0.25, 4.0))
    )
    assert one == pytest.approx(other, rel=1e-4)


def test_early_times_of_fast_residuals_are_resolved():
    """The mode -1 falls from its start within a tenth of the time of others."""
    head = WideHead.of(Coupling.uniform(2, 4, 0.5), spread=0.4)
    found = head.trajectory([0.05, 0.2, 6.0])
    first, *_ = head.kernels(0.2, 400)
    fine = np.interp(found.times, first.times, first.one_time("residuals")[:, 0, 0])
    assert found.residual[:2, 0] == pytest.approx(fine[:2], rel=5e-3)


def test_too_fine_a_tolerance_returns_nothing():
    with pytest.raises(UnfinishedError, match=r"would not reach the tolerance 1\.0e-12"):
        WideHead(0.8, spread=0.5, tolerance=1e-12).trajectory([1.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"correlation": 1.5}, "correlations from -1 to 1"),
        ({"correlation": 0.8, "spread": -1}, "spread as a finite number of at least 0"),
        ({"correlation": 0.8, "gamma": 0}, "a positive gamma"),
        ({"correlation": [0.8, 0.5], "variance": [1.0, 1.0, 1.0]}, "make their numbers agree"),
        ({"correlation": [0.8, 0.5], "variance": [[1.0, 2.0], [2.0, 1.0]]}, "negative eigenvalue"),
        ({"correlation": [0.8, 0.5], "dimension": 3}, "2 modes in 3 dimensions"),
    ],
)
def test_bad_input_is_a_sentence(arguments, message):
    with pytest.raises(InputError, match=message):
        _ = WideHead(**arguments).modes


def test_mobilities_other_than_inverse_degrees_are_refused():
    with pytest.raises(InputError, match="one over the degrees"):
        WideHead.of(Coupling.uniform(3, 9, 1 / 3, mobility="uniform"))


def test_labels_of_modes_alone_are_refused():
    with pytest.raises(InputError, match=r"WideHead\.of"):
        _ = WideHead(0.8).trajectory([1.0]).label_variance
