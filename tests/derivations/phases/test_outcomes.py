"""Simulated phases: boundaries where the closed form has them, and criteria that tell what happens apart."""

from dataclasses import replace

import numpy as np
import pytest

from derivations.agreement import critical_head_decay
from derivations.phases import (
    Outcomes,
    ParameterPlane,
    Phase,
    StartOutcomes,
    StartPlane,
    Turning,
    basin_boundary,
    compute_diagram,
    within_one_cell,
)
from theory import Coupling, models, simulate
from theory.errors import InputError

FEW = Outcomes(classes=2, longest=2000)
CODE = {phase: code for code, phase in enumerate(Phase)}


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
    found = compute_diagram(plane, 7, 7)
    closed, outcome = found["closed_form"].values, found["outcome"].values
    assert within_one_cell(closed, outcome)
    assert found.attrs["agreement"] > 0.85
    assert len(np.unique(closed)) >= 2
    proved = found["proved"].values
    assert (proved == closed)[proved != CODE[Phase.UNDECIDED]].all()


def test_the_state_that_starts_are_near_to_does_not_move():
    outcomes, phi, lam, k = Outcomes(classes=3, per_class=20), 0.25, 0.04, 0.5
    coupling = Coupling.uniform(3, outcomes.samples, phi)
    for blocks in outcomes._both_states(coupling, phi, lam, k):
        run = simulate(
            models.projection_head(),
            coupling,
            dimension=3,
            times=[0, 1],
            initial=blocks,
            parameters={"lambda": lam, "kappa": lam * k},
        )
        assert np.allclose(run.labels[1], run.labels[0], atol=1e-6)


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
        lambda: compute_diagram(StartPlane(), 1, 5),
        lambda: compute_diagram(ParameterPlane("k", 0.1, 0.1, 0.2, outcomes=replace(FEW, per_class=5)), 8, 3),
        lambda: basin_boundary(correlation=0.5, decay=0.2, head_decay=0.1, reach=1),
    ],
)
def test_planes_that_make_no_sense_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_below_the_hopf_line_labels_stay_apart_come_close_or_collapse():
    outcomes = Outcomes(per_class=10)
    least = critical_head_decay(Coupling.uniform(4, outcomes.samples, 0.2).modes()[1], [0.05])
    share = np.array([1.1, 0.81, 0.13])  # of the least decay of the head at which the state is stable
    found = outcomes(**{"phi": np.full(3, 0.2), "lambda": np.full(3, 0.05), "k": least * share})
    assert [tuple(Phase)[code] for code in found["outcome"]] == [Phase.BISTABLE, Phase.ROTATING, Phase.ROTATING]
    assert [tuple(Turning)[code] for code in found["turning"]] == [Turning.NONE, Turning.APART, Turning.TOGETHER]
    assert np.isnan(found["least_distance"][0])
    assert found["least_distance"][1] > 0.1 > 1e-2 > found["least_distance"][2]
