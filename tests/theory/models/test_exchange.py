"""Losses that treat both views alike: proved by exchange, refuted for those that choose a side, and seen in runs."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import seeds
from tests.theory.models.test_two_views import NAMES, PARAMETERS, a_point, info_nce, softmax_classification
from tests.theory.oracles import assert_close
from theory import Coupling, Direct, models, simulate
from theory.models import vocabulary as v

ANCHORED = ("info_nce", "softmax_classification")
ALIKE = [*(name for name in NAMES if name not in ANCHORED), "byol", "embedding_only", "projection_head"]


@cache
def loss_of(name):
    """The named loss; "symmetric" stands behind the name of one that could choose a side."""
    alone, *symmetric = name.split(", ")
    return getattr(models, alone)(symmetric=True) if symmetric else getattr(models, alone)()


LOSSES = [*ALIKE, *(f"{name}, symmetric" for name in ANCHORED)]


@pytest.mark.parametrize("name", LOSSES)
def test_named_losses_are_proved_to_treat_views_alike(name):
    assert models.treats_views_alike(loss_of(name)) is True


@pytest.mark.parametrize("name", ANCHORED)
def test_anchored_losses_are_proved_not_to(name):
    assert models.treats_views_alike(loss_of(name)) is False


@pytest.mark.parametrize("head", ["none", "labels", "samples", "both", "shared"])
@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
def test_heads_and_stops_must_stand_on_both_sides(head, stop):
    """Without a head nothing is learned where both targets are stopped on one side only."""
    alike = head in ("none", "both", "shared") and stop in ("none", "both")
    assert models.treats_views_alike(models.projection_head(head, stop)) is alike


def test_mobilities_and_decays_belong_to_it():
    loss = models.projection_head()
    assert models.treats_views_alike(loss.with_parts(mobility={v.X: v.H_x})) is False
    assert models.treats_views_alike(loss.with_parts(decay={v.X: v.lam})) is False


@pytest.mark.parametrize("name", ANCHORED)
def test_symmetric_forms_are_means_over_both_directions(name):
    function = {"info_nce": info_nce, "softmax_classification": softmax_classification}[name]
    loss = getattr(models, name)(symmetric=True)
    for seed in range(2):
        at, J, values = a_point(seed)
        needed = {str(p) for p in loss.gradient_flow().parameters} | {"d"}
        lowered = loss.gradient_flow().lower({k: x for k, x in values.items() if k in needed}, also=[loss.expression])
        found = lowered.evaluate([loss.expression])(lowered.pack({v.X: at[v.X], v.Y: at[v.Y]}))[0]
        both = function(at[v.X], at[v.Y], at[v.W], J, at) + function(at[v.Y], at[v.X], at[v.W], J.T, at)
        assert_close(found, both / 2)


@settings(max_examples=15)
@given(st.sampled_from(sorted(LOSSES)), st.integers(2, 6), seeds)
def test_one_encoder_stays_one_encoder(name, size, seed):
    """Over graphs of any links and scales, self-pairs and isolated views among them."""
    loss = loss_of(name)
    rng = np.random.default_rng(seed)
    A = np.triu(rng.choice([0.0, 0.0, 0.1, 1.0, 4.0], (size, size)))
    A = A + A.T + np.diag(A.sum(0) + A.sum(1) == 0)
    pairs = Coupling.from_positive_pairs(A)
    start = pairs.shared_start(2, seed)
    blocks = {str(b) for b in loss.state}
    start |= {target: start[target[-1]] for target in ("T_X", "T_Y") if target in blocks}
    needed = {str(p) for p in loss.stop_gradient_flow().parameters} | {str(p) for p in loss.expression.free_symbols}
    values = {parameter: value for parameter, value in PARAMETERS.items() if parameter in needed}
    run = simulate(loss, pairs, dimension=2, times=[0.0, 0.3], parameters=values, initial=start, by=Direct(), seed=seed)
    assert_close(run.end["X"], run.end["Y"], 1e-6)


def test_an_anchored_loss_parts_the_views():
    pairs = Coupling.from_augmentations([[0.6, 0.4, 0.0], [0.0, 0.1, 0.9]])
    run = simulate(models.softmax_classification(), pairs, dimension=2, times=[0, 1.0], initial=pairs.shared_start(2))
    assert np.abs(run.end["X"] - run.end["Y"]).max() > 1e-3
