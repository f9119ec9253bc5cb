"""Simulated phases: boundaries where the closed form has them, and criteria that tell what happens apart."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from derivations.phases import (
    Outcomes,
    ParameterPlane,
    Phase,
    StartOutcomes,
    StartPlane,
    basin_boundary,
    diagram,
    within_one_cell,
)
from derivations.phases.starts import along_modes, mode_vectors
from theory import Coupling, models, simulate
from theory.errors import InputError

FEW = Outcomes(classes=2, longest=2000)
CODE = {phase: code for code, phase in enumerate(Phase)}
DECAYING = StartOutcomes(decay=0.05, head_decay=0.02, duration=1000)


@pytest.mark.parametrize(
    "plane",
    [
        ParameterPlane("lambda", 0.1, 0.005, 0.26, outcomes=FEW),
        ParameterPlane("k", 0.05, 0.005, 0.305, outcomes=FEW),
        StartPlane(),
    ],
    ids=["phi-lambda", "phi-kappa", "start"],
)
def test_simulated_boundaries_lie_within_one_cell_of_the_closed_form(plane):
    found = diagram(plane, 7, 7)
    closed, outcome = found["closed_form"].values, found["outcome"].values
    assert within_one_cell(closed, outcome)
    assert found.attrs["agreement"] > 0.85
    assert len(np.unique(closed)) >= 2
    proved = found["proved"].values
    assert (proved == closed)[proved != CODE[Phase.UNDECIDED]].all()


def test_simulated_fates_with_decay_lie_within_one_cell_of_the_stable_manifold_of_the_saddle():
    plane = StartPlane(outcomes=DECAYING)
    found = diagram(plane, 7, 7)
    across, up = plane.centres(7, 7)
    ((heads, amplitudes),) = plane.traced().values()
    side = np.empty((7, 7), dtype=int)
    for i, w in enumerate(across):
        order = np.argsort(heads)
        side[i] = np.where(up > np.interp(w, heads[order], amplitudes[order]), CODE[Phase.BISTABLE], CODE[Phase.COLLAPSED])
    assert within_one_cell(side, found["outcome"].values)
    assert {*np.unique(side)} == {CODE[Phase.BISTABLE], CODE[Phase.COLLAPSED]}


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_starts_on_both_sides_of_the_basin_boundary_end_differently(share):
    mu, decay, head_decay = 0.9, 0.05, 0.03
    v, w = basin_boundary(correlation=mu, decay=decay, head_decay=head_decay, reach=2.0)
    place = np.searchsorted(np.linspace(0, 1, len(v)), share)
    ends = []
    for factor in (0.9, 1.1):
        run = solve_ivp(
            lambda t, y: (
                -y[0] * (y[1] * (y[1] - mu) + decay),
                -(y[1] - mu) * y[0] ** 2 - head_decay * y[1],
            ),
            (0, 3000),
            (factor * v[place], w[place]),
            method="LSODA",
            rtol=1e-10,
            atol=1e-14,
        )
        ends.append(run.y[0, -1])
    upper = (mu + np.sqrt(mu**2 - 4 * decay)) / 2
    assert np.allclose(ends, [0, np.sqrt(head_decay / decay) * upper], atol=1e-5)


def test_mode_vectors_diagonalise_the_coupling():
    coupling = Coupling.pairs(classes=3, samples=18, fraction=1 / 3)
    samples, labels = mode_vectors(coupling)
    J, whole = coupling.data["J"], samples[coupling.type_of]
    assert np.allclose(J @ labels, whole * coupling.sample_degrees[coupling.type_of][:, None] * coupling.modes(), atol=1e-12)
    norm = (whole**2 * coupling.sample_degrees[coupling.type_of][:, None]).sum(0) + (
        labels**2 * coupling.label_degrees[:, None]
    ).sum(0)
    assert np.allclose(norm, 1)


def test_the_state_that_starts_are_near_to_does_not_move():
    outcomes, phi, lam, k = Outcomes(classes=3, per_class=20), 0.25, 0.04, 0.5
    coupling = Coupling.uniform(3, outcomes.samples, phi)
    for blocks in outcomes._state(coupling, phi, lam, k):
        run = simulate(
            models.projection_head(),
            coupling,
            dimension=3,
            times=[0, 1],
            initial=blocks,
            parameters={"lambda": lam, "kappa": lam * k},
        )
        assert np.allclose(run.labels[1], run.labels[0], atol=1e-6)


def test_along_modes_fills_the_blocks_of_a_model():
    coupling = Coupling.uniform(3, 12, 0.5)
    blocks = along_modes(coupling, np.eye(3), np.eye(3))
    assert {name: block.shape for name, block in blocks.items()} == {"X": (3, 12), "Y": (3, 3), "W": (3, 3)}


@pytest.mark.parametrize(
    "make",
    [
        lambda: StartOutcomes(fraction=0.3333),
        lambda: StartOutcomes(fraction=0.0),
        lambda: StartOutcomes(decay=-0.1),
        lambda: StartOutcomes(head_decay=0.1),
        lambda: StartPlane(left=1, right=0),
        lambda: ParameterPlane("mu", 0.1, 0.1, 0.2),
        lambda: ParameterPlane("k", 0.1, 0.2, 0.1),
        lambda: ParameterPlane("k", 0.1, 0.1, 0.2, left=-1),
        lambda: diagram(StartPlane(), 1, 5),
        lambda: diagram(ParameterPlane("k", 0.1, 0.1, 0.2, outcomes=replace(FEW, per_class=5)), 8, 3),
        lambda: basin_boundary(correlation=0.5, decay=0.2, head_decay=0.1, reach=1),
    ],
)
def test_planes_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError):
        make()
