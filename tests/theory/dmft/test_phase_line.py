"""Shares of bands and the critical fraction: against dense spectra and closed forms."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.theory.dmft.sampled import poisson, regular
from theory import Coupling, InputError, UnfinishedError
from theory.dmft import Band
from theory.dmft.phase_line import critical_fraction, share_above


@pytest.mark.parametrize(
    ("band", "sample", "tolerance"),
    [(Band("regular", 2, 6), regular, 0.01), (Band("poisson", 4, 30, closure="large-c"), poisson, 0.03)],
    ids=["regular", "poisson"],
)
def test_shares_are_those_of_sampled_spectra(band, sample, tolerance):
    mu2 = Coupling(sample(300, band.pure_per_class, band.links, 0.5, seed=0)).modes()[1:300] ** 2
    for point in np.quantile(mu2, [0.2, 0.5, 0.8]):
        assert float(share_above(band, point)) == pytest.approx(np.mean(mu2 > point), abs=tolerance)


@pytest.mark.parametrize("band", [Band("regular", 2, 6, 0.8), Band("poisson", 4, 30, closure="large-c")], ids=str)
def test_density_is_minus_the_slope_of_the_share(band):
    step = 1e-5
    for point in (0.62, 0.66):
        slope = (share_above(band, point + step) - share_above(band, point - step)) / (2 * step)
        assert float(slope) == pytest.approx(-band.density(point), rel=1e-6)


@given(st.integers(3, 40), st.floats(0.2, 0.9))
def test_regular_line_is_its_closed_form(links, fraction):
    """mu_e^2 = 1 - phi (1/2 - sqrt(c-1)/c), of which the line is the inverse."""
    if fraction < links / (links + 2):
        lam = (1 - fraction * (0.5 - (links - 1) ** 0.5 / links)) / 4
        assert float(critical_fraction("regular", links, lam)) == pytest.approx(fraction, rel=1e-9)


def test_line_of_many_links_is_that_of_all_pairs():
    """The pairs of all classes have psi = phi/2 for many classes: phi_c = 2 (1 - 4 lambda), from above and like c^(-1/2)."""
    gaps = [float(critical_fraction("regular", links, 0.22)) / 0.24 - 1 for links in (400, 40000)]
    assert gaps[1] > 0
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.1)


def test_digits_of_the_line_agree():
    coarse, fine = (critical_fraction("regular", 20, 0.2, share=0.02, digits=digits) for digits in (15, 40))
    with mpmath.workdps(50):
        assert abs(coarse - fine) < 1e-14


def test_shares_of_poisson_bands_survive_on_their_line_and_larger_ones_leave_less_room():
    shares, links, decay = (0.05, 0.2), 8, 0.235
    lines = [float(critical_fraction("poisson", links, decay, share=share, closure="large-c")) for share in shares]
    assert lines[1] < lines[0] < 1
    for line, share in zip(lines, shares, strict=True):
        pure = links / 2 * (1 - line) / line
        assert float(share_above(Band("poisson", pure, links, closure="large-c"), 4 * decay)) == pytest.approx(share)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lam": 0.25},
        {"lam": 0.0},
        {"ensemble": "poisson", "closure": "large-c"},
        {"ensemble": "poisson", "share": 0.1},
        {"share": 1.0},
        {"digits": 3},
    ],
    ids=str,
)
def test_parameters_outside_their_ranges_are_refused(wrong):
    with pytest.raises(InputError):
        critical_fraction(**({"ensemble": "regular", "links": 6, "lam": 0.2} | wrong))


def test_a_decay_that_every_fraction_survives_has_no_line():
    with pytest.raises(UnfinishedError):
        critical_fraction("regular", 4, 0.1)
