"""Runs over theory: what is drawn of simulated modes, predicted ends and rates."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from derivations.figures.study import runs_over_theory
from derivations.figures.study.runs import decay_anchor, predictions
from derivations.studies.whole_runs import run_whole_model
from tests.derivations.studied import studied


def test_predicted_ends_and_rates_lie_on_the_runs():
    findings = studied("one mode")
    runs = run_whole_model(findings)
    figure = runs_over_theory(findings, runs)
    for run in runs:
        (predicted,) = predictions(findings, run)
        np.testing.assert_allclose([v[-1, 0] for v in run.amplitudes.values()], predicted.end, atol=1e-6)
    slow = {round(predictions(findings, run)[0].rate, 6) for run in runs if not run.is_random}
    w = (1 + np.sqrt(0.6)) / 2
    v = np.sqrt(0.2 * w / (1 - w))
    jacobian = [[0, -(2 * w - 1) * v], [2 * (1 - w) * v, -(v**2) - 0.2]]
    assert slow == {round(float(np.abs(np.linalg.eigvals(jacobian).real).min()), 6)}
    assert len(figure.axes) == 3 * 3
    ends = [line for axis in figure.axes for line in axis.lines if line.get_gid() == "predicted end"]
    assert len(ends) == 6
    assert all(line.get_linestyle() == "--" for line in ends)
    assert len([line for axis in figure.axes for line in axis.lines if line.get_gid() == "predicted decay"]) == 3


def test_a_run_that_never_rests_has_no_prediction():
    findings = studied("cycle")
    runs = run_whole_model(findings)
    assert predictions(findings, runs[0]) == [None]
    assert runs_over_theory(findings, runs) is not None
    assert runs_over_theory(findings, ()) is None


@given(rate=st.floats(0.1, 5), floor=st.floats(1e-14, 1e-6))
def test_a_decay_is_laid_on_where_it_is_clean(rate, floor):
    times = np.linspace(0, 40 / rate, 300)
    distance = np.exp(-rate * times) + 3 * np.exp(-4 * rate * times) + floor
    at = decay_anchor(distance)
    laid = distance[at] * np.exp(-rate * (times - times[at]))
    assert np.exp(-rate * times[at]) > 5 * floor
    np.testing.assert_allclose(laid[at:][laid[at:] > 10 * floor], distance[at:][laid[at:] > 10 * floor], rtol=0.3)
