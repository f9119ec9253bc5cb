"""Trajectories on disk: what is saved comes back bit for bit, at once or not at all, and nothing else is taken for one."""

import errno
import json
import os
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.derivations.documents.test_publish import tree
from tests.strategies import seeds
from theory import Coupling, InputError, Trajectory, models, simulate
from theory.errors import UnfinishedError
from theory.simulation import storage

xarray = pytest.importorskip("xarray")

MODELS = (None, models.embedding_only(), models.projection_head(), models.moving_average_targets(models.projection_head(), 2))
numbers = st.floats(width=64) | st.sampled_from([np.inf, -np.inf, np.nan, -0.0, 5e-324])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=8).filter(lambda name: name.strip())


@st.composite
def trajectories(draw):
    """Small ones with any numbers in them."""

    def array(*shape):
        return draw(hnp.arrays(float, shape, elements=numbers))

    T, d, K = (draw(st.integers(1, 3)) for _ in range(3))
    integrals = draw(st.lists(names, max_size=2, unique=True))
    return Trajectory(
        times=np.cumsum(draw(hnp.arrays(float, T, elements=st.floats(1e-6, 1e6)))),
        labels=array(T, d, K),
        head=draw(st.sampled_from([None, array(T, d, d)])),
        loss=array(T),
        accuracy=array(T),
        accuracy_error=array(T),
        spectrum=draw(st.sampled_from([None, array(T, d)])),
        min_separation=array(T) if K > 1 else np.full(T, np.inf),
        conserved={name: array(T) for name in integrals},
        method=draw(texts),
        parameters=draw(st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=2)),
        seed=draw(seeds | st.just(10**30)),
        model=draw(st.sampled_from(MODELS)),
        stopped=draw(texts),
        complete=draw(st.booleans()),
        end=draw(st.sampled_from([{}, {"M": array(d, K), "W": array(d, d), "Phi_1": array(2)}])),
    )


def assert_same(found, expected):
    for name in {field.name for field in fields(Trajectory)} - {"recover"}:
        one, other = getattr(found, name), getattr(expected, name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes(), name
        elif name in ("conserved", "end"):
            assert {k: v.tobytes() for k, v in one.items()} == {k: v.tobytes() for k, v in other.items()}
            assert all(one[k].shape == other[k].shape for k in other)
        else:
            assert one == other, name


def run(**options):
    model = options.pop("model", models.projection_head())
    times = options.pop("times", [0, 1])
    return simulate(model, Coupling.uniform(3, 12, 0.25), dimension=2, times=times, **options)


@given(trajectories())
def test_what_is_loaded_is_what_was_saved_to_the_last_bit(tmp_path_factory, trajectory):
    path = tmp_path_factory.mktemp("runs") / "run.nc"
    assert trajectory.save(path) == path
    assert_same(Trajectory.load(path), trajectory)


@pytest.mark.parametrize("head", ["none", "shared"])
def test_a_run_can_be_made_again_from_its_file(tmp_path, head):
    model = models.projection_head(head, "both")
    replace(run(model=model, seed=5, parameters={"lambda": 0.125}), model=model).save(tmp_path / "run.nc")
    found = Trajectory.load(tmp_path / "run.nc")
    again = run(model=found.model, seed=found.seed, parameters=found.parameters)
    assert np.array_equal(again.labels, found.labels)
    assert np.array_equal(again.loss, found.loss)


def test_a_run_of_nothing_but_one_label_has_infinite_separation_on_disk_too(tmp_path):
    alone = simulate(models.embedding_only(), Coupling(np.ones((3, 1))), dimension=2, times=[0, 1])
    assert np.all(Trajectory.load(alone.save(tmp_path / "one.nc")).min_separation == np.inf)


def test_a_partial_run_is_valid_and_says_why_it_ends(tmp_path):
    partial = replace(run(), complete=False, stopped="the step has become too small")
    found = Trajectory.load(partial.save(tmp_path / "run.nc"))
    assert (found.complete, found.stopped) == (False, "the step has become too small")


def test_the_dataset_names_its_axes_and_what_each_series_is():
    whole = run(seed=3)
    found = whole.to_xarray()
    assert found["labels"].dims == ("time", "dimension", "label")
    assert found["head"].dims == ("time", "dimension", "dimension_2")
    assert np.array_equal(found["time"], whole.times)
    assert all(found[name].attrs["long_name"] for name in found.data_vars)
    assert found["time"].attrs["units"]
    assert float(found["labels"].sel(time=1, dimension=0, label=2)) == whole.labels[1, 0, 2]
    assert list(found["integral"].values) == list(whole.conserved)


def test_a_file_is_read_without_this_package(tmp_path):
    whole = replace(run(), model=models.projection_head())
    whole.save(tmp_path / "run.nc", {"coupling": "uniform"})
    with xarray.open_dataset(tmp_path / "run.nc") as found:
        assert np.array_equal(found["labels"], whole.labels)
        assert found.attrs["coupling"] == "uniform"
        assert "sg(Y)" in found.attrs["model_in_words"]
        assert {"collapse-theory", "numpy", "scipy"} <= set(json.loads(found.attrs["versions"]))


# -- at once or not at all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("old", [b"old", None])
def test_nothing_changes_where_writing_fails(tmp_path, monkeypatch, error, old):
    if old:
        (tmp_path / "run.nc").write_bytes(old)
    before, whole = tree(tmp_path), run()
    write = xarray.Dataset.to_netcdf

    def fails_after_writing(*arguments, **options):
        write(*arguments, **options)
        raise error

    monkeypatch.setattr(xarray.Dataset, "to_netcdf", fails_after_writing)
    with pytest.raises(type(error)):
        whole.save(tmp_path / "run.nc")
    assert tree(tmp_path) == before


def test_a_file_that_is_there_is_replaced(tmp_path):
    run(seed=1).save(tmp_path / "run.nc")
    second = run(seed=2)
    second.save(tmp_path / "run.nc")
    assert_same(Trajectory.load(tmp_path / "run.nc"), second)
    assert list(tree(tmp_path)) == ["run.nc"]


def test_a_relative_path_is_meant_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run().save("run.nc")
    assert list(tree(tmp_path)) == ["run.nc"]


# -- what is no trajectory ---------------------------------------------------------------------------------------------


def dataset(**changes):
    """That of a run, with texts changed or, where None, taken away."""
    found = replace(run(), model=models.projection_head()).to_xarray()
    for name, value in changes.items():
        if value is None:
            del found.attrs[name]
        else:
            found.attrs[name] = value
    return found


BAD = {
    "no format": (lambda: dataset(format=None), "a trajectory"),
    "another format": (lambda: dataset(format="recipe"), "a trajectory"),
    "newer": (lambda: dataset(format_version=str(storage.VERSION + 1)), "version"),
    "version in words": (lambda: dataset(format_version="two"), "format_version"),
    "no seed": (lambda: dataset(seed=None), "seed"),
    "seed in words": (lambda: dataset(seed='"one"'), "seed"),
    "parameters no JSON": (lambda: dataset(parameters="{"), "parameters"),
    "no loss": (lambda: dataset().drop_vars("loss"), "loss"),
    "no times": (lambda: dataset().drop_vars("time"), "time"),
    "labels of other axes": (lambda: dataset().transpose("label", ...), "labels"),
    "drift of other axes": (lambda: dataset().transpose("time", ...), "drift"),
    "model no JSON": (lambda: dataset(model="Loss(x)"), "model"),
    "model of unknown kinds": (lambda: dataset(model='{"symbols": {}, "expression": ["eval", 1]}'), "model"),
    "model of no parts": (lambda: dataset(model="[]"), "model"),
    "model too deep": (lambda: dataset(model="[" * 9000 + "]" * 9000), "model"),
}


@pytest.mark.parametrize(("make", "named"), BAD.values(), ids=BAD)
def test_what_lacks_something_is_refused_by_its_name(tmp_path, make, named):
    make().to_netcdf(tmp_path / "run.nc", engine="scipy")
    with pytest.raises(InputError, match=named) as caught:
        Trajectory.load(tmp_path / "run.nc")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"hello", b"CDF\x02", b"\x89HDF\r\n\x1a\n", os.urandom(300)], ids=len)
def test_what_is_no_netcdf_is_refused(tmp_path, content):
    (tmp_path / "run.nc").write_bytes(content)
    with pytest.raises(InputError, match=r"run\.nc"):
        Trajectory.load(tmp_path / "run.nc")


@given(share=st.floats(0, 0.999))
def test_a_file_that_was_cut_is_refused(tmp_path_factory, share):
    path = tmp_path_factory.mktemp("cut") / "run.nc"
    run().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * (len(content) - 8))])
    with pytest.raises(InputError, match=r"run\.nc"):
        Trajectory.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing\.nc"):
        Trajectory.load(tmp_path / "missing.nc")


def test_a_folder_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="missing"):
        run().save(tmp_path / "missing" / "run.nc")


def test_without_its_packages_it_says_what_to_install(monkeypatch):
    whole = run()

    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(storage, "import_module", missing)
    with pytest.raises(InputError, match=r"pip install 'collapse-theory\[data\]'"):
        whole.to_xarray()


def test_the_part_of_a_run_that_could_not_finish_is_saved(tmp_path):
    error = UnfinishedError("too small a step", replace(run(), complete=False, stopped="too small a step"))
    assert isinstance(error.partial, Trajectory)
    assert Trajectory.load(error.partial.save(tmp_path / "run.nc")).stopped == "too small a step"
