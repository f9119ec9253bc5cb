"""What the tests of this folder share, each made once: the checked catalogue, a small data set, its five runs.

What fixtures need is imported when they are asked for, so that tests are collected at once.
"""

from functools import cache

import numpy as np
import pytest


def pytest_collection_modifyitems(items):
    """The first test that asks for the checked catalogue waits for all of it."""
    for item in items:
        if "checked" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def checked():
    """Each derivation of the catalogue with its verification, by name."""
    from derivations import derive, names

    return {name: (derivation := derive(name), derivation.verify("quick")) for name in names()}


@pytest.fixture(scope="session")
def gaussian():
    """Three overlapping Gaussian classes of twenty samples each, in four dimensions."""
    from derivations.data import DataSet

    rng, classes = np.random.default_rng(3), np.repeat(np.arange(3), 20)
    features = rng.standard_normal((60, 4)) + 3 * np.eye(3, 4)[classes]
    return DataSet("three Gaussians", features, classes, ("ape", "bee", "cat"))


@pytest.fixture(scope="session")
def runs(gaussian):
    """The five runs on the small data set, by name."""
    from derivations.experiment import perform_runs, plan_runs

    made = perform_runs(plan_runs(gaussian, fraction=0.1, seed=0), dimension=5, seed=0, progress=lambda plan, share: None)
    return {run.name: run for run in made}


@pytest.fixture(scope="session")
def compared(gaussian, runs):
    """What a report draws beside these runs, of few classes."""
    from derivations.report import making
    from theory.progress import tell_nobody

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "CLASSES", 12)
        return making.compare_beside(gaussian, tuple(runs.values()), tell_nobody)


@pytest.fixture
def without_drawings(monkeypatch):
    """Reports with empty figures, which take no time."""
    from matplotlib.figure import Figure

    from derivations import figures
    from tests.derivations.reading import FIGURES

    for figure in FIGURES:
        monkeypatch.setattr(figures, figure, lambda *_: Figure())


@pytest.fixture(scope="session")
def report_of(tmp_path_factory):
    """Reports on the bundled data sets and on the class itself as inputs, each made once."""
    from tests.derivations.reading import bundled, read_report, write_csv

    @cache
    def read(name, dimension, seed, decay=0.0):
        folder = tmp_path_factory.mktemp(name)
        if name == "separable":
            classes = np.arange(60) % 3
            path = write_csv(folder / "separable.csv", np.eye(3)[classes], classes)
        else:
            path = bundled(name, folder / f"{name}.csv")
        how = "--dimension", dimension, "--seed", seed, "--decay", decay
        return read_report(folder / "out", "--data", path, "--label", "target", *how)

    return read


@pytest.fixture
def read(gaussian, runs, tmp_path):
    """Reads a report of the five runs on the small data set, some of them changed."""
    from derivations import report as reports
    from tests.derivations.reading import nothing_beside, read_report, verified

    def changed(*others, derivations=None, beside=None, **options):
        found = {**runs, **{run.name: run for run in others}}
        shown, every = (verified(),) if derivations is None else derivations, tuple(found.values())
        made = reports.Report(gaussian, 5, 0.1, 0, shown, every, nothing_beside(every, **(beside or {})))
        return read_report(tmp_path / "out", "--data", "digits", made=made, **options)

    return changed


@pytest.fixture
def write(tmp_path):
    """Writes the text of a model file."""

    def put(text: str):
        path = tmp_path / "model.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return put
