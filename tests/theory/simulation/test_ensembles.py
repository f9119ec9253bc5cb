"""Ensembles: every run is the one that simulate would give, whatever differs between runs."""

import sys
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Symbol, Trace

from tests.strategies import seeds
from tests.theory.simulation.common import distances, few
from theory import Coupling, Direct, GradientDescent, InputError, Loss, OrderParameters, Run, UnfinishedError, models, simulate
from theory.errors import Interrupted
from theory.models.vocabulary import Y
from theory.simulation.ensembles import ensemble

COUPLING = Coupling.uniform(2, 20, 0.2)
TIMES = [0.0, 0.5, 3.0, 8.0]
TOLERANCES = {"rtol": 1e-9, "atol": 1e-12}
kinds = st.sampled_from([("none", "none"), ("shared", "both"), ("shared", "none"), ("labels", "samples"), ("both", "both")])
families = st.sampled_from([Coupling.uniform, Coupling.pairs])
mobilities = st.sampled_from(["degree", "uniform", (0.3, 0.05)])


def assert_same(runs, r, alone):
    size = np.abs(alone.labels).max()
    assert np.allclose(runs.labels[r], alone.labels, rtol=0, atol=1e-6 * size)
    assert np.allclose(runs.loss[r], alone.loss, rtol=1e-5, atol=1e-7 * alone.loss[0] + 1e-9)
    assert np.allclose(runs.min_separation[r], alone.min_separation, rtol=0, atol=2e-6 * size)
    if alone.head is not None:
        assert np.allclose(runs.head[r], alone.head, rtol=0, atol=1e-6 * np.abs(alone.head).max())
    assert list(runs.conserved) == list(alone.conserved)
    for name, block in runs.end.items():
        assert np.allclose(block[r], alone.end[name], rtol=0, atol=1e-5 * np.abs(alone.end[name]).max())


@few
@given(kinds, families, mobilities, st.lists(st.integers(1, 4), min_size=3, max_size=3), st.integers(1, 4), st.data())
def test_each_run_is_its_own_simulation(kind, family, mobility, frustrated, dimension, data):
    """Couplings, decays, seeds and starts that differ."""
    head, stop = kind
    made = [family(3, 30, 6 * m / 30) for m in frustrated]
    couplings = [Coupling.mixture([c], mobility) for c in made]
    decays = data.draw(st.lists(st.sampled_from([0.0, 0.02, 0.1]), min_size=3, max_size=3))
    begun = data.draw(st.lists(seeds, min_size=3, max_size=3))
    labels = np.random.default_rng(begun[0]).standard_normal((3, dimension, 3))
    how = {"dimension": dimension, "times": TIMES, **TOLERANCES}
    model = models.projection_head(head=head, stop=stop)
    runs = ensemble(model, couplings, seeds=begun, parameters={"lambda": decays}, initial={"Y": labels}, **how)
    for r, coupling in enumerate(couplings):
        options = {"seed": begun[r], "parameters": {"lambda": decays[r]}, "initial": {"Y": labels[r]}}
        alone = simulate(model, coupling, method="order-parameters", **options, **how)
        if len({d == 0 for d in decays}) > 1:  # first integrals are those that all runs have
            alone.conserved.clear()
        assert_same(runs, r, alone)


@pytest.mark.parametrize("solver", ["RK45", "LSODA"])
def test_runs_keep_their_tolerances_among_many(solver):
    """One run that moves among many that rest: a mean over all entries would not see its errors."""
    count, rng, model = 400, np.random.default_rng(0), models.projection_head()
    own = {"X": rng.standard_normal((2, 20)), "Y": rng.standard_normal((2, 2)), "W": np.eye(2)}
    among = {name: np.zeros((count, *block.shape)) for name, block in own.items()}
    for name, block in own.items():
        among[name][7] = block
    how, loose = {"dimension": 2, "times": [0.5, 1, 2, 4], "solver": solver}, {"rtol": 1e-8, "atol": 1e-10}
    exact = simulate(model, COUPLING, initial=own, rtol=1e-12, atol=1e-14, **how).labels
    alone = simulate(model, COUPLING, initial=own, **loose, **how).labels
    found = ensemble(model, COUPLING, initial=among, **loose, **how).labels[7]
    assert np.abs(found - exact).max() < 3 * np.abs(alone - exact).max()


def test_shapes_and_what_makes_the_runs_again():
    coupling = Coupling.uniform(3, 30, 0.2)
    runs = ensemble(
        models.projection_head(), coupling, dimension=2, times=[0, 1], seeds=[5, 6, 7, 8], parameters={"kappa": 0.1}
    )
    assert runs.labels.shape == (4, 2, 2, 3)
    assert runs.means.shape == (4, 2, 2, len(coupling.counts))
    assert runs.head.shape == (4, 2, 2, 2)
    assert runs.loss.shape == runs.min_separation.shape == (4, 2)
    assert runs.seeds.tolist() == [5, 6, 7, 8]
    assert {name: values.shape for name, values in runs.parameters.items()} == dict.fromkeys(("gamma", "kappa", "lambda"), (4,))
    assert np.array_equal(runs.min_separation, distances(runs.labels).min(axis=0))
    assert np.array_equal(runs.end["Y"], runs.labels[:, -1])
    assert np.array_equal(runs.end["M"], runs.means[:, -1])


def test_first_integrals_are_conserved_in_every_run():
    runs = ensemble(models.projection_head(), Coupling.pairs(3, 60, 0.3), dimension=3, times=[0, 1, 30], seeds=range(5))
    (drift,) = runs.conserved.values()
    assert drift.shape == (5, 3)
    assert drift[:, 0].max() == 0
    assert drift.max() < 1e-6


def test_embeddings_alone_have_no_head():
    runs = ensemble(models.embedding_only(), Coupling.uniform(3, 30, 0.2), dimension=2, times=[0, 400], seeds=range(3))
    assert runs.head is None
    assert np.all(runs.min_separation[:, -1] < 1e-6 * runs.min_separation[:, 0])


def test_single_label_is_infinitely_far_from_others():
    runs = ensemble(models.embedding_only(), Coupling(np.ones((4, 1))), dimension=2, times=[1], seeds=range(2))
    assert np.all(np.isinf(runs.min_separation))


def test_parameters_may_be_zero_in_some_runs():
    coupling, how = Coupling.uniform(2, 20, 0.2), {"dimension": 2, "times": [0, 5.0], **TOLERANCES}
    runs = ensemble(models.projection_head(), coupling, parameters={"lambda": [0, 0.05], "kappa": 0}, seeds=[1, 1], **how)
    for r, decay in enumerate([0, 0.05]):
        alone = simulate(models.projection_head(), coupling, parameters={"lambda": decay}, seed=1, **how)
        assert np.allclose(runs.labels[r], alone.labels, rtol=0, atol=1e-7)


def test_many_samples_are_not_drawn(monkeypatch):
    monkeypatch.setattr("theory.simulation.order_parameters.DRAWN", 10)
    coupling, how = Coupling.uniform(2, 20, 0.2), {"dimension": 2, "times": [0, 5.0], **TOLERANCES}
    runs = ensemble(models.projection_head(), coupling, seeds=[3, 4], **how)
    assert np.allclose(runs.labels[1], simulate(models.projection_head(), coupling, seed=4, **how).labels, rtol=0, atol=1e-7)


# -- as a dataset ------------------------------------------------------------------------------------------------------


def test_dataset_has_runs_times_dimensions_and_labels():
    pytest.importorskip("xarray")
    runs = ensemble(models.projection_head(), Coupling.uniform(3, 30, 0.2), dimension=2, times=[0, 1], seeds=[4, 9])
    data = runs.to_xarray()
    assert data.labels.dims == ("run", "time", "dimension", "label")
    assert np.array_equal(data.labels, runs.labels)
    assert data.loss.dims == ("run", "time")
    assert data.seed.values.tolist() == [4, 9]
    assert data.drift.dims == ("integral", "run", "time")
    assert np.array_equal(data.gamma, runs.parameters["gamma"])


@pytest.mark.parametrize("by", [OrderParameters(), Direct(), GradientDescent(0.1)])
def test_what_was_saved_comes_back_bit_for_bit(by, tmp_path):
    pytest.importorskip("xarray")
    how = {"dimension": 2, "times": [0, 1], "by": by, "parameters": {"lambda": [0.1, 0.2]}}
    runs = simulate(models.projection_head(), COUPLING, seeds=[4, 2**40], **how)
    again = Run.load(runs.save(tmp_path / "runs.nc"))
    for name in {field.name for field in fields(Run)} - {"recover"}:
        one, other = getattr(again, name), getattr(runs, name)
        if isinstance(other, dict):
            assert {k: np.asarray(v).tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in other.items()}, name
        else:
            assert np.array_equal(one, other), name


def test_missing_xarray_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    runs = ensemble(models.embedding_only(), Coupling.uniform(2, 20, 0.2), dimension=1, times=[0], seeds=[0])
    with pytest.raises(InputError, match=r"\[data\]"):
        runs.to_xarray()


# -- what cannot be ----------------------------------------------------------------------------------------------------


def test_run_that_diverges_is_named_and_what_was_before_is_kept():
    """Labels that repel themselves with the third power of their size are infinitely far in finite time."""
    a, plain = Symbol("a", real=True), models.embedding_only()
    model = Loss(
        plain.expression - a * Trace(Y * Y.T * Y * Y.T) / 4, plain.state, mobility=plain.mobility, assumptions=plain.assumptions
    )
    how = {"dimension": 1, "times": [0, 1e-3, 50], "seeds": [11, 12, 13]}
    with pytest.raises(UnfinishedError, match=r"run 1 \(seed 12, a = 9\) has grown most: .*stopped at t = .*diverges") as error:
        ensemble(model, COUPLING, parameters={"a": [0, 9, 0]}, **how)
    assert error.value.partial.times.tolist() == [0, 1e-3]
    assert error.value.partial.labels.shape == (3, 2, 1, 2)


def test_run_whose_first_integral_drifts_is_named():
    X = np.random.default_rng(0).standard_normal((3, 2, 20)) * np.array([1, 1, 30])[:, None, None]
    with pytest.raises(UnfinishedError, match=r"run \d \(seed \d.*drifted most.*first integrals drift"):
        ensemble(
            models.projection_head(), Coupling.uniform(2, 20, 0.2), dimension=2, times=[0, 0.5], initial={"X": X}, drift=1e-17
        )


def test_interrupted_ensemble_keeps_what_is_valid():
    def stop(share):
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match="interrupted after t = ") as error:
        ensemble(
            models.projection_head(),
            Coupling.uniform(2, 20, 0.2),
            dimension=2,
            times=np.linspace(0, 20, 21),
            seeds=range(2),
            progress=stop,
        )
    assert error.value.partial.times[0] == 0
    assert error.value.partial.labels.shape[:2] == (2, len(error.value.partial.times))


@pytest.mark.parametrize(
    ("coupling", "options", "named"),
    [
        (COUPLING, {}, "nothing that differs"),
        (COUPLING, {"seeds": [1, 2], "parameters": {"lambda": [0.1, 0.2, 0.3]}}, "2 of seeds, 3 of lambda"),
        ([COUPLING] * 2, {"seeds": [1]}, "2 of couplings, 1 of seeds"),
        (COUPLING, {"seeds": [1, 2], "initial": {"Y": np.ones((3, 2, 2))}}, "3 of initial Y"),
        (COUPLING, {"seeds": []}, "at least 1"),
        (COUPLING, {"seeds": [0.5]}, "integers as seeds"),
        (COUPLING, {"seeds": [-1]}, "integers as seeds"),
        ([COUPLING, Coupling.uniform(3, 30, 0.2)], {}, "3 types, 2 labels, 1 rates and 4 types, 3 labels"),
        ([COUPLING, np.ones((3, 2))], {}, "make each a Coupling"),
        (COUPLING, {"seeds": [1, 2], "parameters": {"lambda": [0.1, -0.2]}}, "non-negative number for lambda"),
        (COUPLING, {"seeds": [1, 2], "parameters": {"lambda": [0.1, np.nan]}}, "number for lambda"),
        (COUPLING, {"seeds": [1, 2], "parameters": {"nu": [0.1, 1]}}, "got nu"),
        (COUPLING, {"seeds": [1, 2], "initial": {"Y": np.ones((2, 3, 2))}}, "initial Y of shape"),
        (COUPLING, {"seeds": [1], "solver": "Euler"}, "a solver among"),
    ],
)
def test_what_does_not_fit_is_named(coupling, options, named):
    with pytest.raises(InputError, match=named):
        ensemble(models.projection_head(), coupling, dimension=2, times=[0, 1], **options)


def test_encoders_are_refused():
    rng = np.random.default_rng(0)
    encoder = Coupling.from_data(rng.standard_normal((20, 3)), np.arange(20) % 2)
    with pytest.raises(InputError, match="moments of an encoder"):
        ensemble(models.projection_head(), encoder, dimension=2, times=[0, 1], seeds=[0, 1])
