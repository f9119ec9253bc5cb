r"""Which fraction of frustrated samples, at a given decay, leaves no class mode to survive (§6 of the notes).

Of n samples a class a fraction :math:`\varphi` is frustrated, in :math:`c` links a class:
:math:`\varphi n=c/2`, :math:`n_0=\frac c2\frac{1-\varphi}\varphi`.  A class mode can survive a decay :math:`\lambda` if
:math:`\mu^2>4\lambda`; the line :math:`\varphi_c(\lambda,c)` is where the band's edge does that.

The tails of a Poisson graph have no edge: classes of few links are hardly frustrated, at any c, and the transition is smeared.
What d directions hold is then decided by the d-th of K modes: ``share`` = d/K is the share of the band above the wanted point,
and with it the edge is a quantile.  Regular graphs have one with a share of zero.

How much of the band lies above a point needs no integral.  The self-consistency :math:`g=E_f(\alpha+\beta f-ch^2g)^{-1}` makes
:math:`E_f\log(\alpha+\beta f-ch^2g)+\frac{ch^2}2g^2` stationary in g, and its derivative by :math:`z=\mu^2` is the resolvent:
the share above is its imaginary part over :math:`\pi`.

>>> line = critical_fraction("regular", links=4, lam=0.24)
>>> bool(abs(line - (1 - 4 * 0.24) / (0.5 - 3**0.5 / 4)) < 1e-12)
True

When it fails: existence is necessary only.  Pairs of directions must be stable too, which a head of slow decay violates against
the mode :math:`\mu=1` (§4.2); and the state must be reached from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpmath import mp

from theory import require
from theory.dmft import regular, self_consistency
from theory.dmft.bands import Band
from theory.dmft.ensembles import Closure, EnsembleName, Kernel, frustrated_fraction, label_level, squared_correlation
from theory.dmft.poisson import probabilities
from theory.dmft.response import check_digits
from theory.errors import InputError, UnfinishedError


def share_above(band: Band, mu2: Any, digits: int = 15) -> Any:
    r"""The share of the modes of labels whose :math:`\mu^2` is larger, to ``digits`` digits, as an mpmath number.

    Raises
    ------
    UnfinishedError
        where the resolvent is not found to these digits.
    """
    check_digits(digits)
    low, high = band.edges
    if mu2 >= high or mu2 <= low:
        return mp.mpf(0 if mu2 >= high else 1)
    with mp.workdps(digits + 5):
        share = _share_of_regular(band, mp.mpf(mu2)) if band.ensemble == "regular" else _share_of_poisson(band, mu2, digits)
    with mp.workdps(digits):
        return +share


def _share_of_regular(band: Band, mu2: Any) -> Any:
    sizes, reach = (
        (band.pure_per_class, band.links, mp.mpf(band.weight)),
        regular.adjacency_reach(band.pairs.branching, mp.sqrt),
    )
    middle, end = (squared_correlation(eigenvalue, *sizes) for eigenvalue in (0, reach))
    cosine = (mu2 - middle) / (end - middle)
    return mp.quad(lambda angle: regular.angular_density(band.pairs, mp.cos(angle), mp.pi), [0, mp.acos(cosine)])


def _share_of_poisson(band: Band, mu2: Any, digits: int) -> Any:
    kernel, c = band.pairs.correlations(mp.mpf(mu2)), band.links
    start = self_consistency.follow_response(band.pairs.correlations, c, complex(mu2))
    p, _ = probabilities(c, digits + 5)

    def defect(g: Any) -> Any:
        return mp.fdot(p, [1 / label_level(kernel, f, c * g) for f in range(len(p))]) - g

    try:
        g = mp.findroot(defect, mp.mpc(start), tol=mp.mpf(10) ** (-2 * digits))
    except (ValueError, ZeroDivisionError) as error:
        raise UnfinishedError(f"the resolvent at mu^2 = {mp.nstr(mu2, 6)} was not found; lower digits") from error
    logarithm = mp.fdot(p, [mp.log(label_level(kernel, f, c * g)) for f in range(len(p))])
    return mp.im(cavity_potential(logarithm, kernel, c, g)) / mp.pi


def cavity_potential(logarithm: Any, kernel: Kernel, links: Any, g: Any) -> Any:
    """What is stationary in g where the self-consistency holds, from the mean logarithm of the levels."""
    return logarithm + links * kernel.hop**2 * g**2 / 2


def critical_fraction(
    ensemble: EnsembleName,
    links: float,
    lam: float,
    share: float = 0.0,
    weight: float = 0.5,
    digits: int = 15,
    closure: Closure = "cavity",
) -> Any:
    r"""The largest fraction :math:`\varphi_c` of frustrated samples at which class modes survive the decay, an mpmath number.

    The derivation ``phase_line`` shows the line of a regular edge, and the share above a point; that this share is the one
    asked for on a Poisson line, tests hold alone (``test_phase_line``).

    Parameters
    ----------
    ensemble, links, weight, closure
        as of :class:`theory.dmft.Band`: ``poisson`` needs ``closure="large-c"``.
    lam
        decay of the embeddings, between 0 and ¼, beyond which not even the mode :math:`\mu=1` survives.
    share
        of the modes that shall survive, d/K: zero for the edge of a regular band, positive for poisson.
    digits
        15 to 50.

    Raises
    ------
    InputError
        for numbers outside these ranges.
    UnfinishedError
        where no fraction up to one pure sample a class, :math:`\varphi=c/(c+2)`, is large enough, or the root is not found.
    """
    check_digits(digits)
    require.real(lam, "a decay of the embeddings between 0 and 1/4", "choose one inside", above=0, below=0.25)
    if not 0 <= share < 1 or (share == 0 and ensemble == "poisson"):
        expected = "a share of the modes in (0, 1), or 0 for regular"
        raise InputError(expected, repr(share), "give d/K: the tails of a poisson band have no edge")

    def excess(pure: Any) -> Any:
        band = Band(ensemble, pure, links, weight, closure, digits)
        level = 4 * mp.mpf(lam)
        return band.edges[1] - level if share == 0 else share_above(band, level, digits) - mp.mpf(share)

    with mp.workdps(digits + 5):
        if excess(mp.mpf(1)) > 0:
            most = frustrated_fraction(1, links)
            raise UnfinishedError(f"class modes survive this decay at any fraction up to {most:.4g}; raise lam")
        found = frustrated_fraction(_least_pure(excess, digits), links)
    with mp.workdps(digits):
        return +found


def _least_pure(excess: Callable[[Any], Any], digits: int) -> Any:
    """The number of pure samples from 1 on at which what rises with it is zero."""
    low, high = mp.mpf(1), mp.mpf(2)
    while excess(high) < 0:
        low, high = high, 2 * high
    try:
        return mp.findroot(excess, (low, high), solver="anderson", tol=mp.mpf(10) ** -(2 * digits))
    except (ValueError, ZeroDivisionError) as error:
        raise UnfinishedError(f"the critical fraction was not found to {digits} digits; lower digits") from error
