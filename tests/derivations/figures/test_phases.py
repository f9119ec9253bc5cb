"""The figure of a phase diagram: what it holds, and that closed forms and integrated curves are told apart."""

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_hex

from derivations.figures.phases import TURNING, phase_diagram
from derivations.phases import ParameterPlane, Phase, StartOutcomes, StartPlane
from derivations.phases.cells import proved_codes
from derivations.phases.regions import CODES

xarray = pytest.importorskip("xarray")
UNDECIDED = list(Phase).index(Phase.UNDECIDED)


def closed_as_simulated(plane, cells=6):
    """A dataset whose outcomes are those of the closed form."""
    across, up = plane.centres(cells, cells)
    codes = plane.closed_form(across, up)
    edges = dict(zip(plane.axes, plane.edges(cells, cells), strict=True))
    proved = proved_codes(plane.prove, edges)
    named = {"outcome": codes, "closed_form": codes, "proved": proved}
    return xarray.Dataset(
        {name: (plane.axes, array) for name, array in named.items()}, dict(zip(plane.axes, (across, up), strict=True))
    )


def legend_of(figure):
    return [text.get_text().replace("\n", " ") for text in figure.legends[0].get_texts()]


def test_a_parameter_plane_shows_outcomes_both_boundaries_and_proofs():
    plane = ParameterPlane("lambda", 0.1, 0.005, 0.26)
    found = closed_as_simulated(plane)
    figure = phase_diagram(plane, found, "a title")
    shown = " ".join(legend_of(figure))
    for words in ("bistable (simulated)", "rotating (simulated)", "collapsed (simulated)", "proved", "saddle-node", "Hopf"):
        assert words in shown
    assert "numerical" not in shown
    hatched = sum(patch.get_width() * patch.get_height() for patch in figure.axes[0].patches)
    whole = (plane.right - plane.left) * (plane.high - plane.low)
    assert np.isclose(hatched / whole, (found["proved"].values != UNDECIDED).mean())


def test_starts_without_decay_have_a_closed_form_and_with_decay_a_numerical_curve():
    for outcomes, mine, other in (
        (StartOutcomes(), "hyperbola (closed form)", "numerical"),
        (StartOutcomes(decay=0.05, head_decay=0.02), "numerical", "closed form"),
    ):
        plane = StartPlane(outcomes=outcomes)
        figure = phase_diagram(plane, closed_as_simulated(plane))
        shown = " ".join(legend_of(figure))
        assert mine in shown
        assert other not in shown
        dotted = [line for line in figure.axes[0].lines if line.get_linestyle() == ":" or line.is_dashed()]
        assert bool(dotted) == (mine == "numerical")


@pytest.mark.parametrize("plane", [ParameterPlane("lambda", 0.1, 0.005, 0.26), StartPlane()])
def test_the_boundary_that_is_drawn_is_where_the_phase_changes(plane):
    for across, up, values in plane.boundaries().values():
        codes = plane.closed_form(across, up)
        signs = np.sign(values)
        crossed = np.isfinite(signs[:, 1:]) & np.isfinite(signs[:, :-1]) & (signs[:, 1:] * signs[:, :-1] < 0)
        assert crossed.any()
        assert (codes[:, 1:] != codes[:, :-1])[crossed].all()


def test_cells_that_rotate_have_a_colour_for_each_thing_that_labels_do():
    plane = ParameterPlane("lambda", 0.1, 0.005, 0.26)
    found = closed_as_simulated(plane)
    found["outcome"] = found["outcome"] * 0 + CODES[Phase.ROTATING]
    codes = np.resize([1, 2, 3], found["outcome"].shape).astype(np.int8)
    found["turning"] = found["outcome"].dims, codes
    figure = phase_diagram(plane, found)
    shown = {f"rotating, {kind.value} (simulated)": shade for kind, shade in TURNING.items()}
    assert set(shown) <= set(legend_of(figure))
    (mesh,) = (c for c in figure.axes[0].collections if isinstance(c, QuadMesh))
    places = mesh.norm(mesh.get_array().ravel())
    assert [to_hex(c) for c in mesh.cmap(places)] == [[*TURNING.values()][code - 1] for code in codes.T.ravel()]
