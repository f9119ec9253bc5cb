"""Where more than 500 runs end, against what the stability theory allows and what was foreseen of their starts."""

import numpy as np
import pytest

from derivations.catalogue.dense_head import jacobian
from derivations.dimensional import (
    BETWEEN,
    IDENTITY,
    LARGE,
    RANDOM,
    RankForecast,
    Share,
    count_crossings,
    follow,
    forecast_ranks,
)
from theory import Coupling, InputError

COUPLINGS = (Coupling.random_pairs(3, 30, 0.4, seed=4), Coupling.pairs(4, 58, 18 / 58), Coupling.uniform(5, 50, 0.2))
KINDS = (IDENTITY, RANDOM, LARGE)


@pytest.fixture(scope="module")
def runs():
    """Ten of each coupling, kind and dimension from 1 to K + 2."""
    return [
        run
        for coupling in COUPLINGS
        for dimension in range(1, coupling.labels + 3)
        for run in follow(coupling, dimension, KINDS, 10, seed=dimension)
    ]


@pytest.fixture(scope="module")
def between():
    """Heads of which parts stay free: what survives them is not foreseen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derivations.dimensional.runs.HORIZONS", (300.0, 3000.0))
        return [run for d in (2, 3) for run in follow(COUPLINGS[0], d, (BETWEEN,), 40, seed=d)]


def of(runs, kind):
    return [run for run in runs if run.kind == kind]


def test_more_than_500_runs_come_to_rest_where_the_theory_allows(runs):
    assert len(runs) > 500
    assert [str(run.verdict) for run in runs if not run.verdict.allowed] == []


def test_ends_of_heads_that_stay_partly_free_are_allowed_too(between):
    settled = [run for run in between if run.is_at_rest]
    assert len(settled) > 70
    assert [str(run.verdict) for run in settled if not run.verdict.allowed] == []
    assert len({run.verdict.condition for run in settled}) > 1
    assert not any(np.any(count_crossings(run.end) % 2) for run in settled)


def test_no_eigenvalue_of_dense_jacobians_grows_at_the_ends(runs, between):
    for run in [r for r in (*runs, *between) if r.dimension <= 3 and r.is_at_rest][::4]:
        found = jacobian(run.end.modes, run.end.head, run.end.correlations, (1.0, 0.0, 0.0))
        assert np.linalg.eigvals(found).real.max() < 1e-5


def test_survivors_are_the_top_and_the_bottom_of_the_spectrum(runs):
    assert not any(count_crossings(run.end).any() for run in runs)


def test_from_heads_near_the_identity_the_top_correlations_become_eigenvalues(runs):
    for run in of(runs, IDENTITY):
        heads = np.sort(np.linalg.eigvals(run.end.head).real)[::-1]
        top = run.coupling.modes()[: run.dimension]
        assert heads[0] == pytest.approx(1, abs=1e-6)
        assert heads.min() > 0
        assert np.abs(heads[:, None] - top).min(axis=0).max() < 1e-6
        assert (run.occupation.positive, run.occupation.negative) == (len(top), 0)
        assert run.rank == min(run.dimension, run.coupling.labels) - 1


def test_from_large_heads_nothing_survives(runs):
    for run in of(runs, LARGE):
        assert run.foreseen == (0, 0)
        assert run.occupation.free == run.dimension
        assert run.rank == 0
        assert np.linalg.svd(run.end.head, compute_uv=False).min() > 1


def test_from_heads_near_zero_every_direction_is_taken(runs):
    assert {run.occupation.free for run in of(runs, RANDOM)} == {0}


def test_splits_of_heads_near_zero_are_mostly_those_foreseen(runs):
    told = [run for run in of(runs, RANDOM) if run.foreseen]
    right = [run.foreseen == (run.occupation.positive, run.occupation.negative) for run in told]
    assert len(told) > 0.9 * len(of(runs, RANDOM))
    assert np.mean(right) > 0.7


def test_labels_from_heads_near_zero_collapse_in_two_dimensions_mostly_and_never_in_more(runs):
    ranks = {d: np.array([run.rank for run in of(runs, RANDOM) if run.dimension == d]) for d in range(1, 8)}
    assert np.all(ranks[1] == 0)
    assert np.mean(ranks[2] == 0) > 0.5
    assert all(ranks[d].min() > 0 for d in range(3, 8))


def test_the_rank_of_the_labels_is_that_of_the_survivors_with_a_wide_gap(runs):
    values = np.concatenate([run.spread for run in runs])
    assert [run for run in runs if run.rank != run.rank_of_survivors] == []
    assert values[values > 1e-3].min() > 1e3 * values[values < 1e-3].max()


def test_moving_runs_are_kept_and_are_no_end_states(monkeypatch):
    monkeypatch.setattr("derivations.dimensional.runs.HORIZONS", (1.0, 2.0))
    found = follow(COUPLINGS[0], 2, (IDENTITY,), 3)
    assert [run.time for run in found] == [2.0] * 3
    assert not any(run.is_at_rest or run.verdict.allowed for run in found)


def test_a_dimension_below_one_is_refused():
    with pytest.raises(InputError, match="dimension"):
        follow(COUPLINGS[0], 0, (IDENTITY,), 2)


@pytest.mark.parametrize(("hits", "runs"), [(0, 20), (7, 20), (20, 20), (300, 400)])
def test_shares_have_the_interval_at_which_the_score_is_two_standard_errors(hits, runs):
    share, z = Share.of([True] * hits + [False] * (runs - hits)), 1.959963984540054
    for bound in {share.low, share.high} - {0.0, 1.0}:
        assert abs(share.value - bound) == pytest.approx(z * np.sqrt(bound * (1 - bound) / runs))
    assert share.low <= share.value <= share.high


def test_forecasts_are_shares_of_the_ranks_that_are_possible():
    for kind in KINDS:
        found = [forecast_ranks(COUPLINGS[2], d, kind, seed=0) for d in (1, 2, 4)]
        assert all(isinstance(f, RankForecast) and sum(f.ranks) == pytest.approx(1) for f in found)
        assert found[0].rank == 0
        assert all(f.silent < 0.2 for f in found)
    assert forecast_ranks(COUPLINGS[2], 4, IDENTITY, seed=0).rank == 3
