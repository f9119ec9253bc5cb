"""The figure of a run shows its numbers, whatever the model, the dimension and the number of labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg

from derivations import figures
from derivations.figures.trajectories import label_colours, principal_axes
from tests.strategies import seeds
from theory import Coupling, models, simulate

TIMES = np.concatenate([[0.0], np.geomspace(0.01, 50, 12)])
COUPLING = Coupling.uniform(4, 40, 0.2)


def run(model, dimension=3, coupling=COUPLING, times=TIMES, **options):
    return simulate(model, coupling, dimension=dimension, times=times, seed=0, **options)


RUNS = {
    "embedding": lambda: run(models.embedding_only()),
    "head": lambda: run(models.projection_head()),
    "one dimension": lambda: run(models.projection_head(), 1),
    "decay": lambda: run(models.projection_head(), parameters={"lambda": 0.1, "kappa": 0.2}),
    "nothing but the start": lambda: run(models.projection_head(), times=[0.0]),
    "one label": lambda: run(models.embedding_only(), 2, Coupling(np.ones((3, 1)))),
    "many labels": lambda: run(models.embedding_only(), 2, Coupling.uniform(15, 60, 0.25)),
    "two dimensions, two labels": lambda: run(models.embedding_only(), 2, Coupling.uniform(2, 8, 0.5)),
}


def panel(figure, name):
    (found,) = (axis for axis in figure.axes if axis.get_title(loc="left") == name)
    return found


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
def test_every_run_is_drawn(make, logarithmic):
    figure = figures.trajectory("a $run", make(), None, logarithmic)
    figure.set_layout_engine("none")  # most of the time of a drawing
    FigureCanvasAgg(figure).draw()
    assert figure.axes[-1].get_title(loc="left") == "paths of the labels"


def test_a_figure_is_saved_as_svg_and_pdf(tmp_path):
    figures.save_figure(figures.trajectory("a $run", run(models.projection_head())), tmp_path, "run")
    assert {path.name for path in tmp_path.iterdir()} == {"run.svg", "run.pdf"}


def test_panels_show_the_numbers_of_the_run_after_its_start():
    made = run(models.projection_head())
    figure = figures.trajectory("head", made, COUPLING)
    shown = {"loss": made.loss, "accuracy": made.accuracy, "smallest distance of two labels": made.min_separation}
    for name, values in shown.items():
        np.testing.assert_array_equal(panel(figure, name).lines[-1].get_xydata(), np.column_stack([TIMES, values])[1:])
        assert panel(figure, name).get_xscale() == "log"
    head = panel(figure, "eigenvalues of the head")
    drawn = np.sort([line.get_ydata()[-1] for line in head.lines if len(line.get_ydata()) == len(TIMES) - 1])
    np.testing.assert_array_equal(drawn, np.sort(made.head_eigenvalues.real[-1]))
    levels = {round(line.get_ydata()[0], 10) for line in head.lines if len(line.get_ydata()) == 2}
    assert levels == {round(sign * mu, 10) for mu in COUPLING.modes() for sign in (1, -1)}


def test_the_error_of_the_accuracy_is_a_band_of_two_standard_errors():
    made = run(models.embedding_only())
    error = np.linspace(0.01, 0.03, len(TIMES))
    axis = panel(figures.trajectory("run", replace(made, accuracy_error=error)), "accuracy")
    (band,) = axis.collections
    reached = band.get_paths()[0].vertices
    at_end = reached[np.isclose(reached[:, 0], TIMES[-1]), 1]
    np.testing.assert_allclose([at_end.min(), at_end.max()], made.accuracy[-1] + np.array([-2, 2]) * error[-1])


def test_predicted_times_are_drawn_over_a_run_without_a_head():
    axis = panel(figures.trajectory("run", run(models.embedding_only()), COUPLING), "loss")
    marked = {line.get_xdata()[0] for line in axis.lines if line.get_linestyle() == "--"}
    assert marked == {COUPLING.fast_time(), COUPLING.slow_time()}


# -- principal axes ----------------------------------------------------------------------------------------------------


@given(hnp.array_shapes(min_dims=3, max_dims=3, max_side=5), seeds)
def test_in_up_to_two_dimensions_the_principal_axes_keep_all_distances(shape, seed):
    labels = np.random.default_rng(seed).standard_normal((shape[0], min(shape[1], 2), shape[2]))
    places, share = principal_axes(labels)
    assert places.shape == (shape[0], 2, shape[2])
    for found, given_ in zip(places, labels, strict=True):
        apart = [np.linalg.norm(each[:, :, None] - each[:, None, :], axis=0) for each in (found, given_)]
        np.testing.assert_allclose(apart[0], apart[1], atol=1e-12)
    assert np.isclose(share.sum(), 1) or shape[2] == 1


@given(st.integers(3, 6), seeds)
def test_the_shares_are_those_of_the_covariance(dimension, seed):
    labels = np.random.default_rng(seed).standard_normal((4, dimension, 5))
    places, share = principal_axes(labels)
    apart = np.concatenate(list(labels - labels.mean(axis=2, keepdims=True)), axis=1)
    values = np.sort(np.linalg.eigvalsh(apart @ apart.T))[::-1]
    np.testing.assert_allclose(share, values[:2] / values.sum())
    np.testing.assert_allclose(np.sum(places**2, axis=(0, 2)), values[:2])


@pytest.mark.parametrize("count", [1, 2, 10, 11, 40])
def test_labels_have_colours_of_their_own(count):
    assert len(np.unique(label_colours(count), axis=0)) == count
