r"""The expected maximum :math:`e_K` of K independent standard normals (§7 of the notes).

Integration by parts in :math:`e_K=K\int x\varphi\Phi^{K-1}` gives the density of a tie at the top,

.. math:: e_K=K(K-1)\int\varphi(x)^2\Phi(x)^{K-2}dx=\frac{K(K-1)}{2\sqrt\pi}\,P_{K-2}(\tfrac13):

two of them are equal with density :math:`1/2\sqrt\pi`, and then the differences to the K - 2 others, which correlate by ⅓, are
all positive with the *orthant probability* :math:`P`.  That is elementary for up to three of them:
:math:`P_0=1,\ P_1=\tfrac12,\ P_2=\tfrac14+\tfrac{\arcsin\rho}{2\pi},\ P_3=\tfrac18+\tfrac{3\arcsin\rho}{4\pi}`.  Beyond, the
integral is done in ball arithmetic, so that its error is a bound and no estimate.

>>> closed_maximum(2), closed_maximum(3)
(1/sqrt(pi), 3/(2*sqrt(pi)))
>>> found = expected_maximum(10)
>>> round(found.value, 12), found.error < 1e-15
(1.538752730835, True)

When it fails: correlated normals, or normals of different variance, have no such single integral; see
:mod:`theory.encoder.orthants`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

from sympy import Expr, Integer, Rational, asin, pi
from sympy import sqrt as root

from theory import require
from theory.errors import UnfinishedError

CLOSED = 5  # normals up to which the maximum is elementary


@dataclass(frozen=True)
class Bounded:
    """A number, and a bound on its distance from the truth; rounding to a float is not counted."""

    value: float
    error: float


def closed_maximum(classes: int) -> Expr | None:
    r"""The closed form of :math:`e_K` for K up to 5, or None.

    Raises
    ------
    InputError
        for fewer than one normal.
    """
    check_classes(classes, least=1)
    if classes == 1:
        return Integer(0)
    if classes > CLOSED:
        return None
    angle = asin(Rational(1, 3)) / pi
    orthants = (Integer(1), Rational(1, 2), Rational(1, 4) + angle / 2, Rational(1, 8) + 3 * angle / 4)
    return classes * (classes - 1) / (2 * root(pi)) * orthants[classes - 2]


def expected_maximum(classes: int, digits: int = 20) -> Bounded:
    r"""The number :math:`e_K`, from the integral, with a bound on its error.

    Parameters
    ----------
    classes
        K.
    digits
        after the point that the integral is asked for.

    Raises
    ------
    InputError
        for fewer than one normal.
    UnfinishedError
        where the bound stays above :math:`10^{-\text{digits}}`.
    """
    check_classes(classes, least=1)
    if classes == 1:
        return Bounded(0.0, 0.0)
    import flint

    before, flint.ctx.dps = flint.ctx.dps, digits + 15
    try:
        found = _tie_density(classes, digits) * (classes * (classes - 1))
        value, error = float(found.mid()), float(found.rad())
    finally:
        flint.ctx.dps = before
    if not error <= 10.0**-digits:
        raise UnfinishedError(
            f"the expected maximum of {classes} normals is known within {error:.1e} only; ask for fewer digits"
        )
    return Bounded(value, error)


def _tie_density(classes: int, digits: int):
    r"""The ball of :math:`\int\varphi^2\Phi^{K-2}`: outside of ±T there is less than :math:`e^{-T^2}`."""
    from flint import acb, arb

    def integrand(x, _):
        return (-x * x).exp() / (2 * acb.pi()) * ((1 + (x / acb(2).sqrt()).erf()) / 2) ** (classes - 2)

    end = acb(ceil(sqrt((digits + 10) * 2.31)))
    return acb.integral(integrand, -end, end).real + arb(0, float((-end * end).exp().real.mid()) * 1.01)


def check_classes(classes: int, least: int = 2) -> int:
    """A whole number of classes, or an :class:`InputError`."""
    return require.whole(classes, f"at least {least} classes", least=least)
