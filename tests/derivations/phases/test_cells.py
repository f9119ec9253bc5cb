"""Proved cells: a proof holds at every point, and none is given across a boundary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.phases import ParameterPlane, Phase, StartPlane
from derivations.phases.cells import proved_codes, proved_phase, proved_start
from derivations.phases.regions import phase_codes, start_codes
from tests.strategies import seeds
from theory.errors import InputError

CLASSES = 4
sides = st.floats(1e-3, 0.1)


@given(st.floats(0, 0.9), st.floats(0.005, 0.2), st.floats(0.005, 0.4), sides, sides, sides, seeds)
def test_what_is_proved_of_a_box_is_the_phase_of_every_point_in_it(phi, lam, k, across, up, along, seed):
    low, high = np.array([phi, lam, k]), np.array([phi + across, lam + up, k + along])
    proved = proved_phase(dict(zip(("phi", "lambda", "k"), zip(low, high, strict=True), strict=True)), CLASSES, depth=4)
    if proved is not Phase.UNDECIDED:
        points = low + (high - low) * np.random.default_rng(seed).random((200, 3))
        corners = np.stack(np.meshgrid(*zip(low, high, strict=True)), axis=-1).reshape(-1, 3)
        codes = phase_codes(*np.concatenate([points, corners]).T, CLASSES)
        assert (codes == list(Phase).index(proved)).all()


@given(st.floats(0.01, 0.24), sides)
def test_no_phase_is_proved_of_a_box_that_a_boundary_crosses(lam, side):
    phi = 1 - 4 * lam
    box = {"phi": (max(0, phi - side), min(1, phi + side)), "lambda": (lam, lam), "k": (0.3, 0.3)}
    assert proved_phase(box, CLASSES) is Phase.UNDECIDED


@given(st.floats(-2, 1.9), st.floats(0.01, 1.9), sides, sides, seeds)
def test_what_is_proved_of_starts_holds_for_each(head, amplitude, across, up, seed):
    low, high = np.array([head, amplitude]), np.array([head + across, amplitude + up])
    proved = proved_start(dict(zip(("w_0", "v_0"), zip(low, high, strict=True), strict=True)), 0.2, 2)
    if proved is not Phase.UNDECIDED:
        points = low + (high - low) * np.random.default_rng(seed).random((200, 2))
        assert (start_codes(*points.T, np.sqrt(0.8)) == list(Phase).index(proved)).all()


@pytest.mark.parametrize(
    "plane", [ParameterPlane("lambda", 0.1, 0.005, 0.26), ParameterPlane("k", 0.05, 0.005, 0.3), StartPlane()]
)
def test_all_cells_are_proved_but_those_that_a_boundary_crosses_and_their_neighbours(plane):
    edges = dict(zip(plane.axes, plane.edges(20, 20), strict=True))
    proved = proved_codes(plane.prove, edges)
    corners = plane.closed_form(*edges.values())
    corners = np.pad(corners, 1, mode="edge")
    around = np.stack([corners[i : i + 20, j : j + 20] for i in range(4) for j in range(4)])
    calm = (around == around[0]).all(axis=0)
    undecided = proved == list(Phase).index(Phase.UNDECIDED)
    assert not (undecided & calm).any()
    assert calm.mean() > 0.5
    assert (proved == around[5])[~undecided].all()


def test_boxes_that_make_no_sense_are_refused():
    for box in (
        {"phi": (0.2, 0.1), "lambda": (0.1, 0.1), "k": (0.1, 0.1)},
        {"phi": (0.1, 0.2), "lambda": (0.0, 0.1), "k": (0.1, 0.1)},
        {"phi": (0.1, 0.2), "lambda": (0.1, 0.1)},
    ):
        with pytest.raises(InputError):
            proved_phase(box, CLASSES)
    with pytest.raises(InputError):
        proved_start({"w_0": (0, 1), "v_0": (-1, 1)}, 0.2, 2)
