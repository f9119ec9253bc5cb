"""The figure of a spectrum shows the numbers of the coupling, whatever its shape and the names of its labels."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection

from derivations import figures
from derivations.figures import spectra
from derivations.figures.style import LONGEST_NAME
from theory import Coupling
from theory.coupling.class_graph import class_graph

RNG = np.random.default_rng(0)


def chain(labels):
    """Pure samples, one more of each label than of that before it, and ever weaker ones between neighbours."""
    joints = [(np.eye(labels)[a] + np.eye(labels)[b]) / (2 + a) for a, b in pairwise(range(labels))]
    return np.vstack([np.repeat(np.eye(labels), range(1, labels + 1), axis=0), *joints])


SHAPES = {
    "one label": np.ones((3, 1)),
    "two labels": np.array([[1, 0], [0, 1], [0.5, 0.5]]),
    "fewer samples than labels": np.array([[1.0, 1, 1, 0], [0, 0, 1, 1]]),
    "classifiable": np.eye(5),
    "classifiable, many labels": np.eye(61),
    "two components": np.kron(np.eye(2), chain(3)),
    "chain": chain(6),
    "many labels": chain(spectra.NAMED_LABELS),
    "more labels than names": chain(spectra.NAMED_LABELS + 1),
    "weights of many sizes": np.vstack([np.eye(61), 10.0 ** RNG.uniform(-9, 0, (30, 61))]),
}


def numbers_of(coupling):
    slow, modes = coupling.slow_time(), coupling.modes()
    return {
        "mu": modes.tolist(),
        "frustration": coupling.frustration().tolist(),
        "rates": coupling.rates(len(modes)).tolist(),
        "components": coupling.components,
        "slow_time": slow if np.isfinite(slow) else None,
    }


def drawn(J, names=None):
    """A coupling, its class graph, and the figure."""
    coupling = Coupling(J)
    reduced = class_graph(coupling)
    names = names or [f"label {a}" for a in range(J.shape[1])]
    return coupling, reduced, figures.spectrum("couplings", names, numbers_of(coupling), reduced)


@pytest.mark.parametrize("J", SHAPES.values(), ids=SHAPES)
def test_every_spectrum_is_drawn_and_saved(tmp_path, J):
    figures.save_figure(drawn(J)[2], tmp_path, "spectrum")
    assert {path.name for path in tmp_path.iterdir()} == {"spectrum.svg", "spectrum.pdf"}


@pytest.mark.parametrize(
    "names", [["$x", "y$"], ["$\\frac$", r"\undefined"], ["猫", "犬"], ["a" * 1000, "a" * 999], ["<&>", "%#_^"]]
)
def test_names_of_labels_are_drawn_as_they_stand(tmp_path, names):
    _, _, figure = drawn(SHAPES["two labels"], names)
    shown = {text.get_text() for text in figure.axes[2].texts}
    assert shown == {name if len(name) <= LONGEST_NAME else "a" * 17 + "…" for name in names}
    figures.save_figure(figure, tmp_path, "spectrum")


def test_names_beside_a_picture_are_no_mathematics():
    _, _, figure = drawn(SHAPES["many labels"], ["$x$"] * spectra.NAMED_LABELS)
    for side in (figure.axes[2].get_xticklabels(), figure.axes[2].get_yticklabels()):
        assert {(text.get_text(), text.get_parse_math()) for text in side} == {("$x$", False)}


def test_modes_frustration_and_rates_are_where_they_belong():
    coupling, _, figure = drawn(SHAPES["two components"])
    upper, lower = figure.axes[:2]
    np.testing.assert_array_equal(upper.lines[0].get_ydata(), coupling.modes())
    frustration, rates, zeros, slow = (line.get_xydata() for line in lower.lines)
    np.testing.assert_allclose(frustration, np.column_stack([np.arange(3, 7), coupling.frustration()[2:]]))
    np.testing.assert_allclose(rates, np.column_stack([np.arange(3, 7), coupling.rates(6)[2:]]))
    np.testing.assert_array_equal(zeros[:, 0], [1, 2])
    np.testing.assert_allclose(slow[:, 1], 1 / coupling.slow_time())


def test_areas_are_masses_and_widths_conductances_in_the_class_graph():
    _, reduced, figure = drawn(SHAPES["chain"])
    (lines,) = (c for c in figure.axes[2].collections if isinstance(c, LineCollection))
    (places,) = (c for c in figure.axes[2].collections if isinstance(c, PathCollection))
    np.testing.assert_allclose(places.get_sizes() / places.get_sizes().max(), reduced.masses / reduced.masses.max())
    ends = np.argwhere(np.triu(reduced.conductances))
    widths = reduced.conductances[tuple(ends.T)]
    np.testing.assert_allclose(np.divide(lines.get_linewidths(), max(lines.get_linewidths())), widths / widths.max())
    np.testing.assert_allclose([path.vertices for path in lines.get_paths()], np.asarray(places.get_offsets())[ends])


def test_many_labels_are_a_picture_of_conductances_in_which_a_chain_is_its_diagonal():
    J = chain(spectra.NAMED_LABELS)
    shuffled = RNG.permutation(spectra.NAMED_LABELS)
    _, reduced, figure = drawn(J[:, shuffled])
    (picture,) = figure.axes[2].images
    rows, columns = np.nonzero(np.ma.filled(picture.get_array(), 0))
    assert set(np.abs(rows - columns)) == {1}
    named = [int(text.get_text().removeprefix("label ")) for text in figure.axes[2].get_yticklabels()]
    np.testing.assert_allclose(np.ma.filled(picture.get_array(), 0), reduced.conductances[np.ix_(named, named)])
