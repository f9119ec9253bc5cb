"""The figures of the disorder-averaged theory show its numbers, with the simulations as points with error bars."""

import numpy as np
import pytest
from matplotlib.container import ErrorbarContainer

from derivations.agreement import (
    AgreementStudy,
    Deviations,
    HeadPoints,
    StartPoints,
    WidePlanes,
    fit_power_law,
    nonlinear_study,
)
from derivations.figures import dmft
from theory import Coupling
from theory.dmft import TANH, Band, LabelResponse, MeanFieldHead, Pairs, WideHead

TIMES = np.geomspace(0.1, 10, 7)
BAND = Band("regular", 2, 4)
POINTS = StartPoints(TIMES, np.linspace(0.9, 0.1, 7), np.full(7, 0.01))


def deviations(x, exponent):
    x = np.array(x)
    values = x ** float(exponent)
    return Deviations(x, values, values / 10, fit_power_law(x, values, values / 10), exponent)


@pytest.fixture(scope="module")
def study():
    curves = {
        Pairs(kind, 2, 4, closure=closure): TIMES**-power
        for kind, power in (("regular", 1), ("poisson", 2))
        for closure in ("cavity", "large-c")
    }
    classes = {
        Pairs("regular", 2, 4): deviations([50, 100, 200, 400], -1),
        Pairs("poisson", 2, 4): deviations([50, 100, 200, 400], -0.5),
    }
    level = (
        0.02,
        np.array([50, 100]),
        [StartPoints(np.ones(1), np.array([-size]), np.array([0.001])) for size in (0.05, 0.03)],
    )
    links = {"regular": deviations([4, 8, 16, 32], -1)}
    spectra = np.linspace(0.55, 0.95, 500)
    return AgreementStudy(TIMES, curves, {"regular": POINTS}, BAND, spectra, classes, level, links)


def bars(axis):
    return [c for c in axis.containers if isinstance(c, ErrorbarContainer)]


def test_simulations_are_points_with_two_standard_errors():
    labels = LabelResponse("regular", 2, 4)
    (axis,) = dmft.variance_figure("title", TIMES, {Pairs("regular", 2, 4): labels.variance(TIMES)}, POINTS).axes
    np.testing.assert_allclose(axis.lines[0].get_ydata(), labels.variance(TIMES))
    (drawn,) = bars(axis)
    np.testing.assert_allclose(drawn.lines[0].get_ydata(), POINTS.mean)
    lengths = [np.ptp(segment[:, 1]) for segment in drawn.lines[2][0].get_segments()]
    np.testing.assert_allclose(lengths, 4 * POINTS.error)


def test_histogram_of_a_band_has_the_norm_of_its_density():
    spectra = np.random.default_rng(0).uniform(0.55, 0.95, 3000)
    (axis,) = BAND.plot(spectra).axes
    (drawn,) = bars(axis)
    x, y = drawn.lines[0].get_data()
    assert np.sum(y) * (x[1] - x[0]) == pytest.approx(1)
    assert np.trapezoid(axis.lines[0].get_ydata(), axis.lines[0].get_xdata()) == pytest.approx(1, abs=0.01)


def test_response_is_a_line_with_the_points_of_couplings():
    (axis,) = dmft.response_figure("title", TIMES, 1 / TIMES, 0 * TIMES, (1.1 / TIMES, 0.1 / TIMES)).axes
    np.testing.assert_allclose(axis.lines[0].get_ydata() * TIMES, 1)
    np.testing.assert_allclose(bars(axis)[0].lines[0].get_ydata() * TIMES, 1.1)


def test_fitted_exponents_are_said_with_their_errors_beside_those_of_theory(study):
    _, _, classes, links = dmft.agreement(study).axes
    for axis, found in ((classes, study.classes), (links, study.links)):
        said = " ".join(text.get_text() for text in axis.get_legend().get_texts())
        for one in found.values():
            assert f"{one.law.exponent:.3f}\\pm{one.law.error:.3f}" in said
            assert f"theory ${one.expected:g}$" in said


def test_ensembles_have_one_colour_and_closures_that_are_not_exact_dashes(study):
    upper, _, classes, _ = dmft.agreement(study).axes
    for pairs, line in zip(study.curves, upper.lines, strict=False):
        assert line.get_color() == dmft.SHADES[pairs.ensemble]
        assert line.is_dashed() == (pairs.closure == "large-c")
    for pairs, line in zip(study.classes, classes.lines[::2], strict=False):
        assert line.get_color() == dmft.SHADES[pairs.ensemble]


def test_level_of_the_large_c_closure_is_drawn_below_its_points(study):
    axis = dmft.agreement(study).axes[2]
    assert any(set(line.get_ydata()) == {0.02} for line in axis.lines)
    heights = [c.lines[0].get_ydata() for c in bars(axis)]
    assert any(np.allclose(h, [0.05, 0.03]) for h in heights if len(h) == 2)


def test_head_and_its_outlier_are_lines_with_the_points_of_simulations_and_the_state_on_its_plane():
    head, turned = (MeanFieldHead(BAND, lam=0.1, kappa=0.002, outlier=mass) for mass in (0.0, 0.1))
    curve, largest = head.trajectory(TIMES), turned.trajectory(TIMES)
    points = HeadPoints(POINTS, StartPoints(TIMES, POINTS.mean / 2, POINTS.error))
    line = np.array([0.05, 0.15]), np.array([0.02, 0.03])
    axis, plane = dmft.head_figure("title", head, curve, largest, points, line).axes
    lines = [line for line in axis.lines if not line.get_label().startswith("_")]
    for drawn, expected in zip(lines, (curve.head, largest.head), strict=True):
        np.testing.assert_allclose(drawn.get_ydata(), expected)
    for drawn, each in zip(bars(axis), (points.rest, points.outlier), strict=True):
        np.testing.assert_allclose(drawn.lines[0].get_ydata(), each.mean)
    border, born, here = plane.lines
    np.testing.assert_allclose(border.get_data(), line)
    assert set(born.get_xdata()) == {head.critical_decay}
    np.testing.assert_allclose(np.ravel(here.get_data()), [0.1, 0.02])


def test_head_without_a_line_is_one_axis():
    head = MeanFieldHead(BAND)
    curve = head.trajectory(TIMES)
    assert len(dmft.head_figure("title", head, curve, curve).axes) == 1


def test_nonlinear_heads_are_drawn_with_their_simulations_and_their_law():
    found = nonlinear_study({"tanh": TANH}, ratios=(1, 2, 3), starts=2)
    axis, right = dmft.nonlinear(found).axes
    np.testing.assert_allclose(axis.lines[0].get_ydata(), found.curves["tanh"].head)
    np.testing.assert_allclose(bars(axis)[0].lines[0].get_ydata(), found.points["tanh"].head.mean)
    np.testing.assert_allclose(bars(right)[0].lines[0].get_ydata(), found.classes["tanh"].values)


def test_wide_heads_are_drawn_with_their_simulations():
    curve = WideHead.of(Coupling.uniform(2, 4, 0.5), spread=0.4).trajectory(TIMES)
    points = {name: (np.linspace(1, 2, 7), np.full(7, 0.1)) for name in ("variance", "loss")}
    for axis, name, values in zip(
        dmft.wide_figure(curve, points).axes, points, (curve.label_variance, curve.loss), strict=True
    ):
        np.testing.assert_allclose(axis.lines[0].get_ydata(), values)
        np.testing.assert_allclose(bars(axis)[0].lines[0].get_ydata(), points[name][0])
    assert [len(bars(axis)) for axis in dmft.wide_figure(curve).axes] == [0, 0]


def test_planes_of_wide_heads_have_the_lines_of_the_closed_forms():
    kept = {"alone": np.linspace(0, 1, 12).reshape(3, 4), "decay": np.zeros((3, 4))}
    study = WidePlanes(0.8, 5.0, np.linspace(-1, 2, 4), np.linspace(0, 1, 3), {"alone": 0.3, "decay": None}, kept)
    alone, decay, _ = dmft.wide_planes(study).axes
    np.testing.assert_allclose(alone.collections[0].get_array().ravel(), kept["alone"].ravel())
    right, left, root, _ = (line.get_xydata() for line in alone.lines)
    np.testing.assert_allclose(right[:, 0], 0.8 + right[:, 1])
    np.testing.assert_allclose(left[:, 0], -left[:, 1])
    np.testing.assert_allclose(root[:, 0] ** 2, root[:, 1] ** 2 + 0.3)
    assert len(decay.lines) == 0
