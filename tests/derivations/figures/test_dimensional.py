"""The figure of dimensional collapse shows the numbers of its study."""

import numpy as np
import pytest

from derivations.dimensional import BETWEEN, IDENTITY, LARGE, RANDOM, DimensionalStudy, Share, follow, forecast_ranks
from derivations.figures.dimensional import dimensional_collapse
from theory import Coupling

COUPLING = Coupling.uniform(3, 15, 0.2)
KINDS = (IDENTITY, RANDOM, LARGE)


@pytest.fixture(scope="module")
def study():
    runs = [run for d in (1, 2, 3) for run in follow(COUPLING, d, KINDS, 5)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("derivations.dimensional.runs.HORIZONS", (300.0,))
        runs += follow(COUPLING, 2, (BETWEEN,), 30)
    return DimensionalStudy(
        COUPLING, tuple(runs), tuple(forecast_ranks(COUPLING, d, kind, seed=1) for kind in KINDS for d in (1, 2, 3))
    )


@pytest.fixture(scope="module")
def axes(study):
    return dimensional_collapse(study).axes


def points(axis):
    """Of each row of points with error bars its places and the ends of its bars."""
    return [(bars.lines[0].get_xydata(), np.array(bars.lines[2][0].get_segments())[:, :, 1]) for bars in axis.containers]


def test_ranks_are_the_means_of_the_runs(study, axes):
    for kind, (at, _) in zip((*KINDS, BETWEEN), points(axes[0]), strict=True):
        for dimension, shown in at:
            assert shown == pytest.approx(np.mean([run.rank for run in study.runs_of(kind, int(dimension))]))


def test_shares_are_those_of_collapsed_runs_within_their_intervals(study, axes):
    for kind, (at, bars) in zip(KINDS, points(axes[1]), strict=False):
        for (dimension, shown), (low, high) in zip(at, bars, strict=True):
            share = Share.of([run.rank == 0 for run in study.runs_of(kind, int(dimension))])
            assert (shown, low, high) == pytest.approx((share.value, share.low, share.high))


def test_every_eigenvalue_of_every_head_is_drawn(study, axes):
    drawn = np.concatenate([line.get_ydata() for line in axes[2].lines if line.get_linestyle() == "None"])
    heads = [np.linalg.eigvals(run.end.head).real for kind in KINDS for run in study.runs_of(kind)]
    assert np.sort(drawn) == pytest.approx(np.sort(np.concatenate(heads)))


def test_lines_are_what_is_foreseen(study, axes):
    lines = [line.get_ydata() for line in axes[0].lines if line.get_linestyle() == "-" and len(line.get_ydata()) == 3]
    assert [list(line) for line in lines[:3]] == [[f.rank for f in study.forecasts if f.kind == kind] for kind in KINDS]
