"""Integration over long times: choice of the solver, tolerances block by block, drift of first integrals, progress, and ends
that come too early."""

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import moved_couplings, seeds
from tests.theory.oracles import assert_close
from tests.theory.simulation.common import TIGHT, UNSHRUNK, laplacian, mobility, start
from theory import Coupling, InputError, UnfinishedError, models, simulate
from theory.errors import Interrupted
from theory.simulation.direct import METHODS, SMALL, STIFF, Problem, Scheme, integrate, integrate_steps
from theory.simulation.events import Watch

SLOW = Coupling([[1.0, 0.0, 0.0]] * 5 + [[0.0, 1.0, 0.0]] * 5 + [[0.0, 0.0, 1.0]] * 5 + [[4e-6, 4e-6, 4e-6]])


# -- slow scales -------------------------------------------------------------------------------------------------------


def test_slow_collapse_of_order_parameters_is_that_of_the_matrix_exponential():
    """Fast and slow rates are 1e6 apart."""
    late = SLOW.slow_time() * np.array([0.3, 1.0, 2.0])
    assert late[0] / SLOW.fast_time() > 1e6
    initial = start(0, SLOW, 2)
    run = simulate(
        models.projection_head("none", "none"), SLOW, dimension=2, times=late, initial=initial, method="order-parameters"
    )
    assert "LSODA" in run.method
    for t, labels in zip(late, run.labels, strict=True):
        Z = np.hstack([initial["X"], initial["Y"]]) @ scipy.linalg.expm(-laplacian(SLOW) * mobility(SLOW) * t)
        assert_close(labels, Z[:, SLOW.samples :], 1e-6)
    assert len(run.conserved) == 1
    assert all(drift.max() < 1e-7 for drift in run.conserved.values())


def test_labels_kept_apart_by_a_head_stay_where_they_are_for_ever():
    times = SLOW.slow_time() * np.array([1e-4, 1.0, 5.0])
    run = simulate(models.projection_head(), SLOW, dimension=3, times=times, seed=1)
    assert run.min_separation[-1] == pytest.approx(run.min_separation[0], rel=1e-4)
    assert all(drift.max() < 1e-7 for drift in run.conserved.values())


# -- the choice of the solver --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cycles", "entries", "rtol", "solver"),
    [
        (0, 10, 1e-8, "DOP853"), (0, 10, 1e-6, "RK45"), (STIFF, SMALL, 1e-7, "DOP853"), (2 * STIFF, SMALL, 1e-6, "LSODA"),
        (2 * STIFF, SMALL + 1, 1e-6, "RK45"),
    ],
)  # fmt: skip
def test_solver_follows_cycles_size_and_tolerance(cycles, entries, rtol, solver):
    assert Scheme("auto", rtol, 1e-10, cycles=cycles).choose_solver(entries).solver == solver


@pytest.mark.parametrize("solver", METHODS)
def test_a_named_solver_is_kept(solver):
    assert Scheme(solver, 1e-6, 1e-8, cycles=1e9).choose_solver(10).solver == solver


# -- tolerances ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", METHODS)
def test_a_small_block_keeps_its_tolerance_beside_a_large_one(solver):
    """A rotation beside 20,000 entries at rest: their mean hides its error from SciPy."""
    turning, entries = 2, 300 if solver in ("LSODA", "Radau", "BDF") else 20_000

    def velocity(t, y):
        return np.concatenate([[-y[1], y[0]], np.zeros(entries)])

    begin, times = np.concatenate([[1.0, 0.0], np.ones(entries)]), np.array([10.0])

    def error(blocks):
        problem = Problem(velocity, begin, blocks)
        (found,) = integrate_steps(problem, 0.0, times, Scheme(solver, 1e-5, 1e-7), Watch([]))
        return np.linalg.norm(found.state[:2] - [np.cos(10), np.sin(10)])

    apart, alone = (
        error([turning, entries]),
        next(integrate(lambda t, y: velocity(t, y)[:2], begin[:2], times, solver, 1e-5, 1e-7)),
    )
    assert apart < 3 * np.linalg.norm(alone - [np.cos(10), np.sin(10)])
    if solver != "LSODA":
        assert apart < error([turning + entries]) / 3


@settings(max_examples=8, phases=UNSHRUNK)
@given(moved_couplings(), seeds, st.sampled_from(["DOP853", "RK45", "LSODA"]))
def test_labels_and_head_err_by_little_more_than_the_tolerance(drawn, seed, solver):
    options = {"dimension": 2, "times": [3.0], "seed": seed, "method": "direct"}
    loose = simulate(models.projection_head(), Coupling(*drawn), solver=solver, rtol=1e-6, atol=1e-8, **options)
    tight = simulate(models.projection_head(), Coupling(*drawn), **options, **TIGHT)
    for name in ("labels", "head"):
        assert_close(getattr(loose, name), getattr(tight, name), 1e-4)


# -- drift ---------------------------------------------------------------------------------------------------------------


DECAYING = {"dimension": 3, "seed": 2, "times": [0.0, 1.0, 4.0, 20.0, 60.0]}


@pytest.mark.parametrize("method", ["direct", "order-parameters"])
def test_drift_is_kept_below_what_is_allowed_however_loose_the_tolerances(method):
    coupling, model = Coupling.uniform(3, 30, 0.2), models.projection_head()
    free = simulate(model, coupling, method=method, rtol=1e-2, atol=1e-2, drift=1.0, **DECAYING)
    (drift,) = free.conserved.values()
    assert drift.max() > 1e-5
    for allowed in (1e-5, 1e-8):
        kept = simulate(model, coupling, method=method, rtol=1e-2, atol=1e-2, drift=allowed, **DECAYING)
        (drift,) = kept.conserved.values()
        assert drift.max() <= allowed
        assert "on rtol" in kept.method
    tight = simulate(model, coupling, method=method, **DECAYING, **TIGHT)
    assert np.abs(kept.labels - tight.labels).max() < np.abs(free.labels - tight.labels).max()


def test_drift_that_no_tolerance_prevents_is_an_error_that_keeps_what_is_valid():
    with pytest.raises(UnfinishedError, match=r"first integrals drift by .* more than drift=1e-17 allows") as caught:
        simulate(models.projection_head(), Coupling.uniform(3, 30, 0.2), drift=1e-17, **DECAYING)
    partial = caught.value.partial
    assert partial.times.tolist() == [0.0]
    assert not partial.complete
    assert partial.stopped == str(caught.value)


@settings(max_examples=8, phases=UNSHRUNK)
@given(moved_couplings(), seeds)
def test_integrals_that_cancel_at_the_start_drift_relative_to_their_terms(drawn, seed):
    """All embeddings balanced: the centroid is zero at the start, up to rounding."""
    coupling = Coupling(*drawn)
    initial = start(seed, coupling, 2)
    inverse = 1 / mobility(coupling)
    Z = np.hstack([initial["X"], initial["Y"]])
    Z -= ((Z * inverse).sum(axis=1) / inverse.sum())[:, None]
    initial = {"X": Z[:, : coupling.samples], "Y": Z[:, coupling.samples :]}
    for method in ("exact", "direct", "order-parameters"):
        run = simulate(
            models.projection_head("none", "none"), coupling, dimension=2, times=[0, 2], initial=initial, method=method
        )
        assert all(drift.max() < 1e-7 for drift in run.conserved.values())


# -- progress, and ends that come too early --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["direct", "order-parameters"])
def test_progress_is_of_time_and_not_of_rows(method):
    shares = []
    options = {"dimension": 2, "times": [0.0, 0.01, 0.02, 50.0], "progress": shares.append}
    simulate(models.projection_head(), Coupling.uniform(2, 40, 0.5), method=method, **options)
    assert shares == sorted(shares)
    assert len(shares) > 10
    assert shares[0] < 0.1
    assert shares[-1] == 1


@pytest.mark.parametrize("method", ["direct", "order-parameters"])
def test_an_interrupted_run_hands_over_what_is_valid(method):
    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    options = {"dimension": 2, "times": [0.0, 1.0, 5.0, 50.0], "seed": 1, "method": method}
    with pytest.raises(Interrupted, match="interrupted after t = 5 of 50") as caught:
        simulate(models.projection_head(), Coupling.uniform(2, 40, 0.5), progress=stop, **options)
    partial, whole = caught.value.partial, simulate(models.projection_head(), Coupling.uniform(2, 40, 0.5), **options)
    assert partial.times.tolist() == [0.0, 1.0, 5.0]
    assert not partial.complete
    assert np.array_equal(partial.labels, whole.labels[:3])


@pytest.mark.parametrize("method", ["direct", "order-parameters", "exact"])
def test_the_last_state_begins_the_run_that_goes_on(method):
    coupling = Coupling.uniform(2, 40, 0.5)
    head = "none" if method == "exact" else "shared"
    model = models.projection_head(head, "none")
    whole = simulate(model, coupling, dimension=2, times=[1.0, 3.0], seed=1, method=method, **TIGHT)
    first = simulate(model, coupling, dimension=2, times=[1.0], seed=1, method=method, **TIGHT)
    initial = dict(first.end)
    if "X" not in initial:
        initial = {name: initial[name] for name in ("Y", "W") if name in initial} | {"X": first.samples(range(40))[0]}
    then = simulate(model, coupling, dimension=2, times=[2.0], initial=initial, method=method, **TIGHT)
    assert_close(then.labels[0], whole.labels[1], 1e-8)


@pytest.mark.parametrize("name", ["rtol", "atol", "drift"])
@pytest.mark.parametrize("value", [0, -1e-3, np.nan, "small", None], ids=repr)
def test_tolerances_are_positive_numbers(name, value):
    with pytest.raises(InputError, match=name):
        simulate(models.projection_head(), Coupling.uniform(2, 4, 0.5), dimension=2, times=[1], **{name: value})
