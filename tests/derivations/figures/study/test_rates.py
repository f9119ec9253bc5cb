"""Rates against a small parameter: eigenvalues as dots, series as lines."""

import numpy as np

from derivations.figures.study import series_of_rates
from derivations.figures.study.rates import rate_curves
from tests.derivations.studied import studied


def test_dots_are_eigenvalues_and_lines_meet_them_where_the_parameter_is_small():
    findings = studied("one mode")
    curves = rate_curves(findings, findings.states[1])
    for small, dense in zip(curves.small, curves.dense, strict=True):
        if small < 0.25:
            w = (1 + np.sqrt(1 - 4 * small)) / 2
            v = np.sqrt(0.2 * w / (1 - w))
            jacobian = [[-w * (w - 1) - small, -(2 * w - 1) * v], [-2 * (w - 1) * v, -(v**2) - 0.2]]
            expected = np.sort(np.abs(np.linalg.eigvals(jacobian).real))
            np.testing.assert_allclose(np.sort(dense), expected, rtol=1e-6)
    lines = np.array([np.interp(curves.small, curves.along, s) for s in curves.series.T]).T
    np.testing.assert_allclose(lines[1:4], curves.dense[1:4], rtol=0.02)


def test_states_of_the_same_rates_share_a_panel():
    figure = series_of_rates(studied("one mode"))
    titles = [axis.get_title(loc="left") for axis in figure.axes if axis.get_visible()]
    assert titles == ["state 1", "states 2, 3", "states 4, 5"]
    for axis in figure.axes[:3]:
        assert axis.get_xscale() == axis.get_yscale() == "log"
        assert len([line for line in axis.lines if line.get_gid().startswith("dense")]) == 2


def test_without_time_scales_there_is_no_figure():
    assert series_of_rates(studied("Lorenz")) is None
