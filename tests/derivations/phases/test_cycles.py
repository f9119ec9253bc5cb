"""Cycles below the Hopf line: leading orders at their birth, what ends them, and runs of the whole model."""

from itertools import pairwise

import numpy as np
import pytest

from derivations.closed_forms.decaying import heads_at
from derivations.closed_forms.turning import birth
from derivations.phases.cycles import follow_cycles
from derivations.phases.starts import along_modes
from theory import Coupling, models, simulate
from theory.simulation.observables import min_separation

HEADS = (4.23606797749979, 3.732050807568877)  # frustration .2 of four classes, decay .05


@pytest.fixture(scope="module")
def cycles():
    return list(follow_cycles(*HEADS, count=30))


def test_the_smallest_amplitude_and_the_frequency_deviate_at_second_order(cycles):
    born = birth(*HEADS)
    near, far = (c for c in cycles if 0.005 < 1 - c.share < 0.05)
    shares = [1 - c.share for c in (near, far)]
    for found, predicted in (
        (lambda c: c.amplitudes[1].min(), born.least_amplitude),
        (lambda c: 2 * np.pi / c.period, born.turning_rate),
    ):
        gaps = [abs(found(c) - predicted(share)) for c, share in zip((near, far), shares, strict=True)]
        assert gaps[0] < 1e-3
        assert np.log(gaps[1] / gaps[0]) / np.log(shares[1] / shares[0]) == pytest.approx(2, abs=0.1)


def test_tilts_of_the_plane_of_a_new_cycle_die_out_as_the_second_coefficient_says(cycles):
    born, first = birth(*HEADS), cycles[0]
    expected = -np.exp(-2 * born.tilt.real * born.square(1 - first.share) * first.period / 2)
    found = first.multipliers_beside()
    assert np.abs(found - expected).min() < 1e-3
    assert np.abs(found).max() < 1


def test_what_is_near_a_new_cycle_comes_back_twice_as_fast_as_the_state_is_left(cycles):
    born, first = birth(*HEADS), cycles[0]
    growth = -born.growth.real * born.ratio * (1 - first.share)
    assert first.multipliers[0].real == pytest.approx(np.exp(-2 * growth * first.period / 2), rel=1e-2)


def test_the_cycle_becomes_uneven_and_ends_where_the_second_mode_dies_out(cycles):
    halves_differ = [c.multipliers.real.min() < -1 for c in cycles]
    (lost,) = [(a.share, b.share) for (a, b), (x, y) in zip(pairwise(cycles), pairwise(halves_differ), strict=True) if y > x]
    assert lost[1] < 0.7135 < lost[0]
    last = cycles[-1]
    assert last.amplitudes[1].max() < 0.02
    assert abs(last.multipliers - 1).min() < 1e-3
    assert last.share == pytest.approx(0.5735, abs=1e-3)
    assert np.all(np.diff([c.amplitudes[1].min() for c in cycles]) < 0)


def test_halves_of_a_turn_are_mirror_images(cycles):
    for c in cycles[::3]:
        first, last = c.entries[:, 0], c.entries[:, -1]
        assert np.abs(np.array([1, -1, -1, 1, 1, -1, -1, 1]) * last - first).max() < 1e-6


def test_where_it_is_subcritical_unstable_cycles_lie_above_the_line():
    first, *others = follow_cycles(1.26, 1.05, count=3)
    assert all(c.share > 1 for c in (first, *others))
    assert not first.is_stable


def test_runs_of_the_whole_model_come_as_near_as_the_cycle_says():
    decay, classes = 0.05, 2
    coupling = Coupling.uniform(classes, 20, 0.2)
    heads = heads_at(coupling.modes(classes), decay)[0] / np.sqrt(decay)
    born, gaps = birth(*heads), []
    for share in (0.04, 0.02):
        (cycle,) = (c for c in follow_cycles(*heads, count=1, share=share))
        ratio = (1 - share) * born.ratio
        modes, head = np.split(cycle.start, 2)
        state = along_modes(coupling, np.sqrt(20 * ratio * decay) * modes.reshape(2, 2), np.sqrt(decay) * head.reshape(2, 2))
        rest = along_modes(coupling, np.sqrt(20 * ratio * decay) * np.diag(heads), np.sqrt(decay) * np.diag(heads))
        run = simulate(
            models.projection_head(),
            coupling,
            dimension=classes,
            times=np.linspace(0, 3 * cycle.period / decay, 300),
            initial=state,
            parameters={"lambda": decay, "kappa": decay * ratio},
            rtol=1e-8,
            atol=1e-10,
        )
        least = min_separation(run.labels).min() / min_separation(rest["Y"])
        gaps.append(abs(least - born.least_amplitude(share)))
        assert least == pytest.approx(cycle.amplitudes[1].min(), abs=1e-3)
    assert np.log2(gaps[0] / gaps[1]) == pytest.approx(2, abs=0.15)
