"""What the tests of this folder share, each made once: the checked catalogue, a small data set, its five runs."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from derivations import derive, figures, names
from derivations.data import DataSet
from derivations.experiment import perform, plans


@pytest.fixture(scope="session")
def checked():
    """Each derivation of the catalogue with its verification, by name."""
    return {name: (derivation := derive(name), derivation.verify("quick")) for name in names()}


@pytest.fixture(scope="session")
def gaussian():
    """Three overlapping Gaussian classes of twenty samples each, in four dimensions."""
    rng, classes = np.random.default_rng(3), np.repeat(np.arange(3), 20)
    features = rng.standard_normal((60, 4)) + 3 * np.eye(3, 4)[classes]
    return DataSet("three Gaussians", features, classes, ("ape", "bee", "cat"))


@pytest.fixture(scope="session")
def runs(gaussian):
    """The five runs on the small data set, by name."""
    made = perform(plans(gaussian, fraction=0.1, seed=0), dimension=5, seed=0, progress=lambda plan, share: None)
    return {run.name: run for run in made}


@pytest.fixture
def without_drawings(monkeypatch):
    """Reports with empty figures, which take no time."""
    for figure in ("curves", "head_eigenvalues"):
        monkeypatch.setattr(figures, figure, lambda runs: Figure())
