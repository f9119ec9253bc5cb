"""Methods as objects: each is what its older name is, only one is taken at a time, and each follows many runs."""

import numpy as np
import pytest

from theory import (
    Auto,
    Collapse,
    Coupling,
    Direct,
    Exact,
    GradientDescent,
    InputError,
    OrderParameters,
    UnfinishedError,
    ensemble,
    models,
    simulate,
)

COUPLING = Coupling.uniform(3, 30, 0.2)
LOOSE = {"solver": "RK45", "rtol": 1e-5, "atol": 1e-7, "drift": 1e-2}
STEPS = GradientDescent(0.1, momentum=0.5, batch=10)


def run(model=models.projection_head, **options):
    return simulate(model(), COUPLING, dimension=2, times=[0, 1, 5], seed=3, **options)


@pytest.mark.parametrize(
    ("model", "by", "older"),
    [
        (models.projection_head, Auto(), {}),
        (models.projection_head, Auto(**LOOSE), LOOSE),
        (models.projection_head, Direct(**LOOSE), {"method": "direct", **LOOSE}),
        (models.projection_head, OrderParameters(solver="LSODA"), {"method": "order-parameters", "solver": "LSODA"}),
        (models.embedding_only, Exact(), {"method": "exact"}),
        (models.projection_head, STEPS, {"optimiser": STEPS}),
    ],
)
def test_each_method_is_its_older_name(model, by, older):
    one, other = run(model, by=by), run(model, **older)
    assert one.method == other.method
    assert np.array_equal(one.labels, other.labels)
    assert np.array_equal(one.loss, other.loss)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": Exact}, "expected a method such as"),
        ({"by": "direct"}, "expected a method such as"),
        ({"by": Exact()}, "loss of embeddings alone"),
        ({"by": Direct(), "method": "direct"}, "expected one method"),
        ({"by": Direct(), "rtol": 1e-3}, "expected one method"),
        ({"by": Direct(), "optimiser": STEPS}, "expected one method"),
        ({"by": STEPS, "until": Collapse()}, "an optimiser without events"),
        ({"by": STEPS, "method": "exact"}, "an optimiser without events and methods"),
    ],
)
def test_what_is_not_one_method_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        run(**options)


@pytest.mark.parametrize("method", [Auto, Direct, OrderParameters])
@pytest.mark.parametrize(("name", "value"), [("solver", "Euler"), ("rtol", 0), ("atol", np.nan), ("drift", None)])
def test_options_of_a_method_are_checked_where_it_is_made(method, name, value):
    with pytest.raises(InputError, match=name):
        method(**{name: value})


# -- many runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "by"),
    [
        (models.projection_head, Direct(**LOOSE)),
        (models.projection_head, STEPS),
        (models.embedding_only, Auto()),
        (models.embedding_only, Exact()),
    ],
)
def test_many_runs_by_any_method_are_the_runs_of_their_seeds(model, by):
    runs = simulate(model(), COUPLING, dimension=2, times=[0, 1, 5], by=by, seeds=[7, 3])
    alone = run(model, by=by)
    assert runs.seeds.tolist() == [7, 3]
    for name in ("labels", "loss", "accuracy", "accuracy_error", "min_separation", "label_spread"):
        assert np.array_equal(getattr(runs, name)[1], getattr(alone, name)), name
    assert {name: drifts[1].tolist() for name, drifts in runs.conserved.items()} == {
        name: drifts.tolist() for name, drifts in alone.conserved.items()
    }
    assert all(np.array_equal(runs.end[name][1], block) for name, block in alone.end.items())
    if alone.head is not None:
        assert np.array_equal(runs.head_eigenvalues[1], alone.head_eigenvalues)
    if alone.recover is not None:
        assert np.array_equal(runs.samples([0, 4])[1], alone.samples([0, 4]))


def test_many_runs_are_one_system_where_all_close():
    how = {"dimension": 2, "times": [0, 1, 5], "parameters": {"lambda": [0, 0.1]}}
    one = simulate(models.projection_head(), COUPLING, seeds=range(2), **how)
    other = ensemble(models.projection_head(), COUPLING, **how)
    assert one.method == other.method
    assert np.array_equal(one.labels, other.labels)
    assert one.parameters["lambda"].tolist() == [0, 0.1]


def test_one_coupling_for_each_run_is_enough():
    couplings = [COUPLING, Coupling.uniform(3, 45, 0.2)]
    runs = simulate(models.embedding_only(), couplings, dimension=2, times=[0, 1])
    alone = simulate(models.embedding_only(), couplings[1], dimension=2, times=[0, 1], seed=1)
    assert np.array_equal(runs.labels[1], alone.labels)


def test_encoders_are_followed_one_by_one():
    features = np.random.default_rng(0).standard_normal((20, 3))
    coupling = Coupling.from_data(features, [0, 1] * 10)
    runs = simulate(models.teacher_student(), coupling, dimension=2, times=[0, 1], by=STEPS, seeds=[0, 1])
    assert runs.labels.shape == (2, 2, 2, 2)
    assert runs.method.startswith("2 runs: ")


def test_run_that_diverges_is_named_beside_those_that_are_finished():
    how = {"dimension": 2, "times": [0, 500.0], "by": GradientDescent(0.5)}
    starts = {"W": np.stack([np.zeros((2, 2)), 100 * np.eye(2)]), "X": np.zeros((2, 30))}
    with pytest.raises(UnfinishedError, match=r"run 1 \(seed 6\): .*diverged") as error:
        simulate(models.projection_head(), COUPLING, initial=starts, seeds=[5, 6], **how)
    assert error.value.partial.seeds.tolist() == [5]
    assert not error.value.partial.complete
    assert error.value.partial.stopped == str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": [0], "until": Collapse()}, "without events"),
        ({"seeds": [0], "seed": 1}, "many runs by their seeds"),
        ({"seeds": []}, "one number of runs, at least 1"),
        ({"seeds": [0], "parameters": {"lambda": [0.1, 0.2]}}, "1 of seeds, 2 of lambda"),
    ],
    ids=str,
)
def test_numbers_of_runs_that_make_no_sense_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        simulate(models.projection_head(), COUPLING, dimension=2, times=[0, 1], **options)


@pytest.mark.parametrize("coupling", [None, np.ones((3, 2)), [COUPLING, 1]], ids=["none", "weights", "number"])
def test_what_is_no_coupling_is_refused(coupling):
    with pytest.raises(InputError, match="a coupling, or one for each run"):
        simulate(models.embedding_only(), coupling, dimension=2, times=[0, 1])


def test_couplings_of_other_labels_are_no_runs_of_one_axis():
    with pytest.raises(InputError, match="same number of labels"):
        simulate(models.embedding_only(), [COUPLING, Coupling.uniform(2, 30, 0.2)], dimension=2, times=[0, 1])
