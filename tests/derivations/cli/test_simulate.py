"""``collapse simulate``: what it writes is what was simulated, what it cannot use it refuses, what it has it keeps."""

import signal
import sys
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

import theory
from derivations import figures
from derivations.two_time_scales import NAMES
from tests.derivations.cli.common import assert_refused, collapse, strictly
from tests.derivations.documents.test_publish import tree
from theory import Coupling, GradientDescent, Trajectory, models, simulate
from theory.errors import Interrupted, UnfinishedError

pytest.importorskip("xarray")
SMALL = ("--classes", 3, "--samples", 60, "--fraction", 0.2, "--dimension", 2)
FILES = {"trajectory.nc", "trajectory.svg", "trajectory.pdf"}


@pytest.fixture
def undrawn(monkeypatch):
    """Figures that take no time."""
    from matplotlib.figure import Figure

    for name in ("trajectory", "two_time_scales"):
        monkeypatch.setattr(figures, name, lambda *arguments: Figure())


def written(folder):
    return set(tree(folder)) - {"collapse-out"}


def loaded(folder, name="trajectory"):
    return Trajectory.load(folder / "collapse-out" / f"{name}.nc")


def test_a_run_writes_its_trajectory_and_its_figure_and_nothing_else(here):
    result = collapse("simulate", "head", *SMALL, "--until", 5)
    assert result.exit_code == 0, result.stderr
    assert written(here) == {f"collapse-out/{name}" for name in FILES}
    assert "order parameters" in result.stdout
    assert result.stderr == ""


@pytest.mark.usefixtures("undrawn")
def test_what_is_written_is_what_simulate_gives(here):
    how = "--parameter", "lambda=0.01", "--parameter", "kappa=0.02", "--until", 8, "--points", 5, "--linear", "--seed", 3
    result = collapse("simulate", "head", *SMALL, *how, "--method", "direct")
    assert result.exit_code == 0, result.stderr
    coupling = Coupling.random_pairs(3, 60, 0.2, seed=3)
    parameters = {"lambda": 0.01, "kappa": 0.02}
    expected = simulate(
        models.projection_head(), coupling, dimension=2, times=[0, 2, 4, 6, 8], seed=3, parameters=parameters, method="direct"
    )
    found = loaded(here)
    assert np.array_equal(found.labels, expected.labels)
    assert np.array_equal(found.head, expected.head)
    assert found.model == models.projection_head()
    assert found.complete


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("head", "stop"), [("none", "none"), ("samples", "labels"), ("both", "samples"), ("shared", "none")])
def test_head_and_stop_stand_where_they_are_asked_for(here, head, stop):
    result = collapse("simulate", "head", *SMALL, "--head", head, "--stop", stop, "--until", 1, "--points", 3)
    assert result.exit_code == 0, result.stderr
    assert loaded(here).model == models.projection_head(head, stop)


@pytest.mark.usefixtures("undrawn")
def test_json_is_all_that_is_printed_and_agrees_with_the_file(here):
    result = collapse("simulate", "embedding", *SMALL, "--json", "--out", "collapse-out")
    assert (result.exit_code, result.stderr) == (0, "")
    found, run = strictly(result.stdout), loaded(here)
    assert found["loss"] == run.loss[-1]
    assert found["min_separation"] == run.min_separation[-1]
    assert found["times"] == len(run.times)
    assert found["slow_time"] == Coupling.random_pairs(3, 60, 0.2, seed=0).slow_time()
    assert (found["collapses"], found["complete"]) == (True, True)
    assert found["last_time"] == pytest.approx(12 * found["slow_time"])
    assert set(found["files"]) == {str((here / "collapse-out").resolve() / name) for name in FILES}


@pytest.mark.usefixtures("undrawn")
def test_couplings_of_a_file_that_do_not_collapse_have_no_slow_time(here):
    (here / "mine.csv").write_text("cat,dog\n1,0\n0,1\n1,0\n")
    result = collapse("simulate", "embedding", "--coupling", "mine.csv", "--dimension", 2, "--json")
    found = strictly(result.stdout)
    assert (found["slow_time"], found["collapses"], found["last_time"]) == (None, False, 200)
    assert "mine.csv" in found["coupling"]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("options", "coupling"),
    [
        (["--family", "uniform"], Coupling.uniform(3, 60, 0.2)),
        (["--family", "pairs"], Coupling.pairs(3, 60, 0.2)),
        (["--mobility", "uniform"], Coupling.random_pairs(3, 60, 0.2, "uniform", seed=0)),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_families_are_those_of_the_package(options, coupling):
    found = strictly(collapse("simulate", "embedding", *SMALL, *options, "--json").stdout)
    assert found["slow_time"] == pytest.approx(coupling.slow_time(), rel=1e-12)


@pytest.mark.usefixtures("undrawn")
def test_a_regular_class_graph_takes_pure_samples_and_links():
    how = "--family", "regular_pairs", "--classes", 6, "--pure", 4, "--links", 3, "--dimension", 2, "--json"
    found = strictly(collapse("simulate", "embedding", *how).stdout)
    assert found["slow_time"] == pytest.approx(Coupling.regular_pairs(6, 4, 3, seed=0).slow_time())


@pytest.mark.usefixtures("undrawn")
def test_steps_are_those_of_gradient_descent(here):
    steps = "--step", 0.25, "--momentum", 0.5, "--batch", 12
    result = collapse("simulate", "head", "--family", "uniform", *SMALL, *steps, "--until", 8, "--points", 5, "--linear")
    assert result.exit_code == 0, result.stderr
    how = {"dimension": 2, "times": np.linspace(0, 8, 5), "optimiser": GradientDescent(0.25, 0.5, 12)}
    alone = simulate(models.projection_head(), Coupling.uniform(3, 60, 0.2), **how)
    assert np.array_equal(loaded(here).labels, alone.labels)


@pytest.mark.usefixtures("undrawn")
def test_steps_that_diverge_leave_a_partial_file_and_say_how_large_they_may_be(here):
    result = collapse("simulate", "head", *SMALL, "--step", 5, "--until", 500, "--linear")
    assert result.exit_code == 3
    assert "try one below" in result.stderr
    assert not loaded(here).complete


# -- bad input ---------------------------------------------------------------------------------------------------------

BAD = {
    "parameter without value": (["head", "--parameter", "gamma"], "NAME=VALUE"),
    "parameter that is code": (["head", "--parameter", "gamma=__import__('os').getpid()"], "NAME=VALUE"),
    "parameter twice": (["head", "--parameter", "gamma=1", "--parameter", "gamma=2"], "gamma again"),
    "unknown parameter": (["head", "--parameter", "beta=1"], "beta"),
    "negative decay": (["head", "--parameter", "lambda=-1"], "lambda"),
    "parameter nan": (["head", "--parameter", "kappa=nan"], "kappa"),
    "unknown head": (["head", "--head", "two"], "two"),
    "unknown stop": (["head", "--stop", "all"], "all"),
    "unknown method": (["head", "--method", "magic"], "magic"),
    "exact head": (["head", "--method", "exact"], "embeddings alone"),
    "head without one": (["embedding", "--head", "none"], "--head"),
    "time zero": (["head", "--until", 0], "--until"),
    "time nan": (["head", "--until", "nan"], "--until"),
    "time infinite": (["head", "--until", "inf"], "--until"),
    "fraction 7": (["embedding", "--fraction", 7], "7"),
    "no classes": (["embedding", "--classes", 0], "classes"),
    "regular without links": (["embedding", "--family", "regular_pairs"], "--links"),
    "links of a family without": (["embedding", "--links", 3], "--links"),
    "file and family": (["embedding", "--coupling", "mine.csv", "--family", "pairs"], "--family"),
    "missing file": (["embedding", "--coupling", "missing.csv"], "missing.csv"),
    "batch without step": (["head", "--batch", 3], "--step"),
    "step zero": (["head", "--step", 0], "step"),
    "batch beyond the samples": (["head", "--step", 0.1, "--batch", 10**6], "1000000"),
    "method of steps": (["head", "--step", 0.1, "--method", "direct"], "optimiser"),
    "film of three runs": (["two-time-scales", "--animation", "gif"], "--animation"),
    "three runs of one head": (["two-time-scales", "--head", "none", "--until", 3], "--head, --until"),
    "nothing frustrated": (["two-time-scales", "--fraction", 0], "fraction 0"),
    "a file of nothing frustrated": (["two-time-scales", "--coupling", "mine.csv"], "mine.csv"),
}


@pytest.mark.parametrize(("arguments", "named"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(here, arguments, named):
    (here / "mine.csv").write_text("cat,dog\n1,0\n0,1\n")
    before = tree(here)
    result = collapse("simulate", *arguments)
    assert_refused(result)
    assert named in result.stderr
    assert tree(here) == before


@pytest.mark.parametrize("arguments", [["nonsense"], [], ["head", "--dimension", "0"], ["head", "--points", "1"]], ids="-".join)
def test_a_wrong_option_is_refused_without_a_traceback(here, arguments):
    result = collapse("simulate", *arguments)
    assert (result.exit_code, result.stdout, tree(here)) == (2, "", {})
    assert "Traceback" not in result.stderr


def test_a_film_without_ffmpeg_is_refused_before_anything_is_simulated(here, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(theory, "simulate", lambda *arguments, **options: pytest.fail("simulated"))
    result = collapse("simulate", "head", *SMALL, "--animation", "mp4")
    assert_refused(result)
    assert "ffmpeg" in result.stderr
    assert tree(here) == {}


@pytest.mark.parametrize(("package", "extra"), [("xarray", "data"), ("matplotlib", "report")])
def test_a_missing_package_is_named_before_anything_is_simulated(here, monkeypatch, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr(theory, "simulate", lambda *arguments, **options: pytest.fail("simulated"))
    result = collapse("simulate", "head", *SMALL)
    assert_refused(result)
    assert f"pip install 'collapse-theory[{extra}]'" in result.stderr
    assert tree(here) == {}


# -- what could not finish ---------------------------------------------------------------------------------------------


def stopping_after(monkeypatch, runs, error):
    """simulate that raises, with the first rows of its run, after some whole runs."""
    made = []

    def stopping(*arguments, **options):
        run = simulate(*arguments, **options)
        made.append(run)
        if len(made) <= runs:
            return run
        few = {
            name: getattr(run, name)[:3]
            for name in ("times", "labels", "loss", "accuracy", "accuracy_error", "min_separation", "spectrum")
        }
        drifts = {name: values[:3] for name, values in run.conserved.items()}
        error.partial = replace(run, **few, head=None if run.head is None else run.head[:3], conserved=drifts)
        raise error

    monkeypatch.setattr(theory, "simulate", stopping)
    monkeypatch.setattr("derivations.experiment.simulate", stopping)


ENDS = [(Interrupted("interrupted at t = 2"), 130), (UnfinishedError("the step is too small"), 3)]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("error", "status"), ENDS, ids=repr)
def test_what_was_recorded_is_kept_and_says_why_it_ends(here, monkeypatch, error, status):
    stopping_after(monkeypatch, 0, error)
    result = collapse("simulate", "head", *SMALL, "--until", 5, "--points", 6, "--json", "--out", "collapse-out")
    assert result.exit_code == status
    assert strictly(result.stdout)["complete"] is False
    assert str(error) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    found = loaded(here)
    assert (found.complete, found.stopped, len(found.times)) == (False, str(error), 3)
    assert written(here) == {f"collapse-out/{name}" for name in FILES}


@pytest.mark.usefixtures("undrawn")
def test_after_ctrl_c_the_rows_so_far_are_a_valid_file(here, monkeypatch):
    @contextmanager
    def interrupted_on_the_way(total, what):
        yield lambda share: signal.raise_signal(signal.SIGINT) if 0.5 < share < 1 else None

    monkeypatch.setattr("derivations.cli.simulate.progress_bar", interrupted_on_the_way)
    result = collapse("simulate", "head", *SMALL, "--until", 5, "--points", 51, "--linear")
    assert result.exit_code == 130, result.stderr
    assert "could not finish: interrupted" in result.stderr
    found = loaded(here)
    assert not found.complete
    assert "interrupted" in found.stopped
    whole = simulate(found.model, Coupling.random_pairs(3, 60, 0.2, seed=0), dimension=2, times=np.linspace(0, 5, 51))
    assert 1 < len(found.times) < 51
    assert np.array_equal(found.times, whole.times[: len(found.times)])
    np.testing.assert_allclose(found.labels, whole.labels[: len(found.times)], rtol=1e-12)


@pytest.mark.parametrize(
    ("error", "status"),
    [(Interrupted(), 130), (UnfinishedError("the step is too small"), 3), (KeyboardInterrupt(), 130)],
    ids=repr,
)
def test_where_nothing_was_recorded_nothing_is_written(here, monkeypatch, error, status):
    def stopping(*arguments, **options):
        raise error

    monkeypatch.setattr(theory, "simulate", stopping)
    assert_refused(collapse("simulate", "head", *SMALL), status=status)
    assert tree(here) == {}


def test_an_interrupted_study_keeps_finished_runs_and_the_part_of_the_next(here, monkeypatch):
    stopping_after(monkeypatch, 1, Interrupted("interrupted at t = 2"))
    result = collapse("simulate", "two-time-scales", *SMALL)
    assert result.exit_code == 130
    assert "kept" in result.stderr
    assert [loaded(here, name).complete for name in NAMES[:2]] == [True, False]
    assert written(here) == {f"collapse-out/{name}.nc" for name in NAMES[:2]}


# -- two time scales, film ---------------------------------------------------------------------------------------------


def test_two_time_scales_by_one_command(here):
    how = "--family", "pairs", "--classes", 3, "--samples", 300, "--fraction", 0.04, "--dimension", 3, "--json"
    result = collapse("simulate", "two-time-scales", *how, "--out", "collapse-out")
    assert (result.exit_code, result.stderr) == (0, "")
    found = strictly(result.stdout)
    assert [run["name"] for run in found["runs"]] == [*NAMES]
    assert [run["collapses"] for run in found["runs"]] == [False, True, False]
    assert found["runs"][1]["ratio"] == pytest.approx(1, rel=1e-3)
    assert found["slow_time"] == pytest.approx(Coupling.pairs(3, 300, 0.04).slow_time())
    assert {f"collapse-out/two-time-scales.{kind}" for kind in ("svg", "pdf")} < written(here)
    runs = [loaded(here, name) for name in NAMES]
    assert all(np.array_equal(run.labels[0], runs[0].labels[0]) for run in runs)


@pytest.mark.usefixtures("undrawn")
def test_times_that_are_infinite_are_null_where_components_keep_apart():
    how = "--classes", 7, "--samples", 100, "--fraction", 0.02, "--dimension", 2
    result = collapse("simulate", "two-time-scales", *how, "--json")
    assert result.exit_code == 0, result.stderr
    found = strictly(result.stdout)
    assert Coupling.random_pairs(7, 100, 0.02, seed=0).components > 1
    assert found["half_time"] is None
    assert found["runs"][1]["slow_time_measured"] is None


@pytest.mark.usefixtures("undrawn")
def test_a_film_comes_beside_the_trajectory(here):
    result = collapse("simulate", "embedding", *SMALL, "--points", 5, "--animation", "gif")
    assert result.exit_code == 0, result.stderr
    assert (here / "collapse-out" / "labels.gif").read_bytes().startswith(b"GIF8")
