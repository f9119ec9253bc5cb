"""Matrices of a start, against the velocities of the whole model; ranks of labels, against random matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.dimensional import (
    IDENTITY,
    LARGE,
    RANDOM,
    CouplingModes,
    conserved_matrices,
    draw_starts,
    foresee_split,
    head_pull,
    label_rank,
)
from tests.strategies import seeds
from theory import Coupling, InputError, models
from theory.models.vocabulary import W, X, Y

COUPLINGS = {
    "uniform": Coupling.uniform(3, 12, 0.25),
    "pairs": Coupling.pairs(4, 14, 3 / 7),
    "random pairs": Coupling.random_pairs(4, 40, 0.4, seed=4),
    "few types": Coupling([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]]),
}


@pytest.fixture(params=COUPLINGS.values(), ids=COUPLINGS)
def coupling(request):
    return request.param


def velocities(coupling, blocks, run):
    """Of X, Y and W by the lowered model, head mobility 1 / sum of the couplings."""
    numbers = {"gamma": 1 / coupling.total_weight, "lambda": 0.0, "kappa": 0.0}
    sizes = {"d": blocks["W"].shape[-1], "N": coupling.samples, "K": coupling.labels}
    lowered = models.projection_head().stop_gradient_flow().lower({**coupling.data, **numbers, **sizes})
    moved = lowered.unpack(lowered.velocity(0.0, lowered.pack({b: blocks[b.name][run] for b in (X, Y, W)})))
    return moved[X], moved[Y], moved[W]


def means(coupling, samples):
    return np.array([np.bincount(coupling.type_of, weights=row) for row in samples]) / coupling.counts


def test_modes_move_for_themselves(coupling):
    blocks, modes = draw_starts(coupling, 3, IDENTITY, 1, seed=1), CouplingModes.of(coupling)
    dX, dY, _ = velocities(coupling, blocks, 0)
    here = np.hstack([means(coupling, blocks["X"][0]), blocks["Y"][0]]) @ modes.vectors
    moved = np.hstack([means(coupling, dX), dY]) @ modes.vectors
    head = blocks["W"][0]
    assert moved == pytest.approx(-head.T @ (head @ here - here * modes.correlations), abs=1e-12)
    assert np.sort(modes.correlations)[::-1][: min(coupling.samples, coupling.labels)] == pytest.approx(coupling.modes())


def test_the_pull_is_the_velocity_of_a_head_at_zero(coupling):
    blocks = draw_starts(coupling, 2, RANDOM, 2, seed=2)
    blocks["W"] *= 0
    for run in range(2):
        assert velocities(coupling, blocks, run)[2] == pytest.approx(head_pull(coupling, blocks)[run], abs=1e-12)


def test_what_is_conserved_does_not_move(coupling):
    blocks, step = draw_starts(coupling, 3, IDENTITY, 1, seed=3), 1e-4
    moved = dict(zip("XYW", velocities(coupling, blocks, 0), strict=True))
    there, back = ({b: v + sign * step * moved[b] for b, v in blocks.items()} for sign in (1, -1))
    slope = (conserved_matrices(coupling, there) - conserved_matrices(coupling, back)) / (2 * step)
    assert np.abs(slope).max() < 1e-9
    assert (
        np.abs(conserved_matrices(coupling, {**blocks, "W": 2 * blocks["W"]}) - conserved_matrices(coupling, blocks)).max()
        > 0.1
    )


def test_each_kind_of_start_is_foreseen_as_it_is_meant():
    coupling = COUPLINGS["random pairs"]
    for dimension in range(1, 7):
        kinds = {
            kind: foresee_split(coupling, draw_starts(coupling, dimension, kind, 200, seed=0))
            for kind in (IDENTITY, RANDOM, LARGE)
        }
        assert set(kinds[LARGE]) == {(0, 0)}
        assert set(kinds[IDENTITY]) - {None} == {(min(dimension, 4), 0)}
        assert all(sum(split) == dimension for split in kinds[RANDOM] if split)
        assert all(kinds[kind].count(None) < 30 for kind in kinds)


def test_a_start_at_zero_is_split_evenly():
    coupling = COUPLINGS["random pairs"]
    splits = foresee_split(coupling, draw_starts(coupling, 1, RANDOM, 4000, seed=0))
    assert abs(splits.count((1, 0)) - splits.count((0, 1))) < 4 * np.sqrt(4000)


@given(seeds, st.integers(2, 6), st.booleans(), st.integers(0, 6), st.integers(0, 6))
def test_the_rank_of_labels_is_that_of_random_modes(seed, classes, equal, positive, negative):
    rng, dimension = np.random.default_rng(seed), positive + negative
    positive, negative = min(positive, classes), min(negative, classes)
    correlations = np.array([1, *(np.full(classes - 1, 0.8) if equal else np.linspace(0.9, 0.5, classes - 1))])
    labels = np.zeros((dimension, classes - 1))
    axes = iter(rng.standard_normal((dimension, dimension)))
    for count in (positive, negative):
        for number in range(count):
            axis = next(axes)
            if number:
                labels += np.outer(axis, rng.standard_normal(classes - 1) if equal else np.eye(classes - 1)[number - 1])
    rank = np.linalg.matrix_rank(labels) if labels.size else 0
    assert label_rank((positive, negative), correlations) == rank


def test_other_mobilities_are_refused():
    with pytest.raises(InputError, match='use mobility="degree"'):
        CouplingModes.of(Coupling.uniform(3, 12, 0.25, mobility="uniform"))


def test_moments_of_data_have_their_canonical_correlations_as_modes():
    rng = np.random.default_rng(0)
    coupling = Coupling.from_data(rng.standard_normal((30, 4)), rng.integers(0, 3, 30))
    modes = CouplingModes.of(coupling)
    few = len(coupling.modes())
    assert modes.correlations[:few] == pytest.approx(coupling.modes(), abs=1e-12)
    # the squared norms of the mode vectors are the metric of the embeddings in any other basis
    assert modes.vectors @ modes.vectors.T == pytest.approx(
        np.diag(1 / np.concatenate([coupling.sample_mobility, coupling.label_mobility]))
    )
