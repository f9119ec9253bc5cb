"""Events: the time at which a run ends, by every method, against closed forms and against each other."""

import numpy as np
import pytest
import scipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.strategies import couplings, moved_couplings, seeds
from tests.theory.oracles import assert_close
from tests.theory.simulation.common import TIGHT, UNSHRUNK, laplacian, mobility, start
from theory import Coupling, InputError, models, simulate
from theory.simulation import exact
from theory.simulation.events import Collapse, Convergence
from theory.simulation.observables import min_separation

several = settings(max_examples=6, phases=UNSHRUNK)
connected = couplings().filter(lambda J: J.shape[1] > 1 and Coupling(J).components == 1)
PAIR = Coupling([[1.0, 1.0]] * 4)


def one_mode(method, until, times=(0.0, 100.0), **options):
    """Two labels, four samples at rest between them, which see only the sum of the labels: the difference has the rate 1."""
    initial = {"X": np.zeros((2, 4)), "Y": np.array([[1.0, -1.0], [0.5, -0.5]])}
    model = models.projection_head("none", "none")
    return simulate(model, PAIR, dimension=2, times=times, initial=initial, method=method, until=until, **(TIGHT | options))


@pytest.mark.parametrize("solver", ["auto", "RK45", "LSODA", "Radau", "BDF"])
def test_collapse_of_one_mode_ends_the_run_at_the_logarithm_of_the_ratio(solver):
    for method in ("exact", "direct", "order-parameters"):
        loose = {} if solver in ("auto", "LSODA") else {"rtol": 1e-8, "atol": 1e-12}
        run = one_mode(method, Collapse(1e-4), solver=solver, **loose)
        assert run.times[-1] == pytest.approx(np.log(1e4), rel=1e-4 if loose else 1e-6)
        assert run.min_separation[-1] / run.min_separation[0] == pytest.approx(1e-4, rel=1e-6)
        assert run.stopped.startswith(f"at t = {run.times[-1]:.6g}, before 100: the smallest distance")
        assert run.complete


@pytest.mark.parametrize("method", ["exact", "direct", "order-parameters"])
def test_recorded_times_before_the_event_are_kept_and_none_after_it(method):
    run = one_mode(method, Collapse(0.1), times=[0.5, 1.0, 2.0, 3.0, 50.0])
    assert_close(run.times, [0.5, 1.0, 2.0, np.log(10)], 1e-6)
    assert len(run.labels) == len(run.loss) == 4


def test_events_after_the_last_time_do_not_happen():
    for method in ("exact", "direct", "order-parameters"):
        run = one_mode(method, Collapse(1e-9), times=[0.0, 1.0])
        assert run.times[-1] == 1
        assert run.stopped == ""


def test_the_earliest_of_several_events_ends_the_run():
    for method in ("exact", "direct"):
        both = one_mode(method, [Convergence(1e-12), Collapse(0.5), Collapse(0.9)])
        assert both.times[-1] == pytest.approx(-np.log(0.9), rel=1e-6)
        assert "0.9" in both.stopped


@pytest.mark.parametrize("method", ["exact", "direct", "order-parameters"])
def test_what_has_happened_at_the_start_ends_the_run_there(method):
    rest = {"X": np.ones((2, 4)), "Y": np.ones((2, 2))}
    for times in ([0.0, 1.0], [1.0]):
        for event in (Collapse(), Convergence()):
            run = simulate(
                models.projection_head("none", "none"), PAIR, dimension=2, times=times, initial=rest, method=method, until=event
            )
            assert run.times.tolist() == [0]
            assert run.stopped


@pytest.mark.parametrize(
    ("method", "threshold", "error"), [("exact", 1e-5, 1e-8), ("direct", 1e-3, 1e-4), ("order-parameters", 1e-3, 1e-4)]
)
@several
@given(connected, seeds)
def test_embeddings_converge_when_the_dense_operator_says_so(method, threshold, error, J, seed):
    """An integrated state is off by a multiple of the tolerance; of its speed that is the multiple over the threshold."""
    coupling = Coupling(J)
    initial = start(seed, coupling, 2)
    operator = laplacian(coupling) * mobility(coupling)
    asked = {"dimension": 2, "times": [0, 1e4], "until": Convergence(threshold)}
    run = simulate(models.embedding_only(), coupling, initial=initial, method=method, **asked, **TIGHT)
    Z = np.hstack([*start(seed, coupling, 2).values()]) @ scipy.linalg.expm(-operator * run.times[-1])
    speed = np.linalg.norm(Z @ operator) / np.linalg.norm(Z)
    assert speed == pytest.approx(threshold * np.diag(operator).max(), rel=error)


@several
@given(moved_couplings(), seeds, st.sampled_from([exact.Spectral, exact.Stepped]), st.floats(0, 3))
def test_norms_of_exact_runs_are_those_of_all_embeddings(drawn, seed, form, time):
    coupling = Coupling(*drawn)
    run = form(coupling, *start(seed, coupling, 3).values())
    ((labels, means),) = run.states([time])
    Z = np.hstack([run.embeddings([time])[0], labels])
    velocity = Z @ (laplacian(coupling) * mobility(coupling))
    assert_close(run.norms(time, labels, means), [np.linalg.norm(velocity), np.linalg.norm(Z)])


@several
@given(moved_couplings(), seeds, st.integers(1, 3), st.sampled_from(["direct", "order-parameters"]))
def test_heads_converge_where_the_velocity_of_all_samples_says_so(drawn, seed, dimension, method):
    coupling, options = Coupling(*drawn), {"dimension": dimension, "seed": seed, **TIGHT}
    run = simulate(models.projection_head(), coupling, times=[0, 40.0], method=method, until=Convergence(1e-2), **options)
    assume(run.stopped and run.times[-1] > 0)
    end = simulate(models.projection_head(), coupling, times=run.times[-1:], method="direct", **options).end
    (X, Y, W), c = (end[name] for name in "XYW"), coupling.data
    of_samples, of_labels = W @ X * c["D_x"] - Y @ c["J"].T, W @ Y * c["D_y"] - X @ c["J"]
    head = -run.parameters["gamma"] * (of_samples @ X.T + of_labels @ Y.T)
    moved = [W.T @ of_samples * c["H_x"], W.T @ of_labels * c["H_y"], head]
    speed = np.sqrt(sum(np.sum(v**2) for v in moved) / sum(np.sum(v**2) for v in (X, Y, W)))
    fastest = max((c["H_x"] * c["D_x"]).max(), (c["H_y"] * c["D_y"]).max())
    assert speed == pytest.approx(1e-2 * fastest, rel=1e-4)


def test_separation_at_the_event_is_that_of_the_closest_labels():
    coupling = Coupling.random_pairs(4, 400, 0.1, seed=0)
    run = simulate(models.projection_head(stop="none"), coupling, dimension=3, times=[0, 1e5], until=Collapse(1e-3), seed=1)
    assert min_separation(run.labels[-1]) == pytest.approx(1e-3 * run.min_separation[0], rel=1e-6)


@pytest.mark.parametrize("until", ["soon", 3, [Collapse(), "later"], Collapse], ids=str)
def test_what_is_no_event_is_refused(until):
    with pytest.raises(InputError, match="until"):
        one_mode("direct", until)


@pytest.mark.parametrize("value", [0, 1, -1.0, np.nan, "0.1", None], ids=repr)
@pytest.mark.parametrize("event", [Collapse, Convergence])
def test_thresholds_lie_between_zero_and_one(event, value):
    with pytest.raises(InputError, match="between 0 and 1"):
        event(value)


def test_a_single_label_cannot_collapse():
    with pytest.raises(InputError, match="two labels"):
        simulate(models.embedding_only(), Coupling([[1.0], [1.0]]), dimension=1, times=[1], until=Collapse())
