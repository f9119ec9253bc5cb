"""Fates of one mode, and the boundary of both basins with decay."""

import numpy as np
import pytest
import scipy

from derivations.phases import (
    Phase,
    StartOutcomes,
    StartPlane,
    basin_boundary,
    compute_diagram,
    within_one_cell,
)

CODE = {phase: code for code, phase in enumerate(Phase)}
DECAYING = StartOutcomes(decay=0.05, head_decay=0.02, duration=1000)


def test_simulated_fates_with_decay_lie_within_one_cell_of_the_stable_manifold_of_the_saddle():
    plane = StartPlane(outcomes=DECAYING)
    found = compute_diagram(plane, 7, 7)
    across, up = plane.centres(7, 7)
    ((heads, amplitudes),) = plane.numerical_boundaries().values()
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
        run = scipy.integrate.solve_ivp(
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
