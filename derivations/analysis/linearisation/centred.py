r"""Centred forms: values over a box as the value at its centre and slopes over the box, in ball arithmetic.

A function f of parameters in a box of centre m and radii r lies in :math:`f(m)+\sum_i\partial_if\,[-r_i,r_i]` with slopes that
enclose the derivatives over the whole box.  Sums, products and quotients carry both along, so that the enclosure of what is
computed is tighter than that of balls alone by one power of the radii: what cancels at the centre cancels.

>>> x, y = over_box([(Fraction(1), Fraction(3, 2)), (Fraction(2), Fraction(5, 2))])
>>> gap = x * y - y * x
>>> bool(gap.ball.real == 0), bool((x / y - x / y).ball.real == 0)
(True, True)

Source: Neumaier, *Interval Methods for Systems of Equations*, §2.3.
When it fails: wide boxes, over which slopes are loose; halve them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from flint import acb, arb, fmpq


@dataclass(frozen=True, eq=False)
class Centred:
    """A complex function over a box.

    Attributes
    ----------
    centre
        its value at the centre.
    slopes
        balls around its derivatives by each parameter, over the box.
    radii
        balls around zero of the radii of the box.
    """

    centre: acb
    slopes: tuple[acb, ...]
    radii: tuple[arb, ...]

    @cached_property
    def ball(self) -> acb:
        """A ball that holds its values over the box."""
        return self.centre + sum((d * r for d, r in zip(self.slopes, self.radii, strict=True)), acb(0))

    def with_slopes(self, centre: acb, by: acb) -> Centred:
        """A function of this one, from its value at the centre and its derivative over the box."""
        return Centred(centre, tuple(by * d for d in self.slopes), self.radii)

    @property
    def root(self) -> Centred:
        """Its square root, where it is positive."""
        return self.with_slopes(self.centre.sqrt(), 1 / (2 * self.ball.sqrt()))

    def __add__(self, other: Centred | acb | int) -> Centred:
        if not isinstance(other, Centred):
            return Centred(self.centre + other, self.slopes, self.radii)
        slopes = tuple(a + b for a, b in zip(self.slopes, other.slopes, strict=True))
        return Centred(self.centre + other.centre, slopes, self.radii)

    def __mul__(self, other: Centred | acb | int) -> Centred:
        if not isinstance(other, Centred):
            return self.with_slopes(self.centre * other, other)
        mine, others = self.ball, other.ball
        slopes = tuple(others * a + mine * b for a, b in zip(self.slopes, other.slopes, strict=True))
        return Centred(self.centre * other.centre, slopes, self.radii)

    def __pow__(self, power: int) -> Centred:
        return self.with_slopes(self.centre**power, power * self.ball ** (power - 1))

    def __truediv__(self, other: Centred | acb | int) -> Centred:
        return self * other**-1 if isinstance(other, Centred) else self * (acb(1) / other)

    def __rtruediv__(self, other: acb | int) -> Centred:
        return self**-1 * other

    def __neg__(self) -> Centred:
        return self * -1

    def __sub__(self, other: Centred | acb | int) -> Centred:
        return self + -other

    def __rsub__(self, other: acb | int) -> Centred:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__


def over_box(sides: Sequence[tuple[Fraction, Fraction]]) -> list[Centred]:
    """The parameters themselves over a box of exact sides, low then high."""
    radii = tuple(arb(0, _exact((high - low) / 2)) for low, high in sides)
    units = [tuple(acb(int(i == j)) for j in range(len(sides))) for i in range(len(sides))]
    return [Centred(acb(_exact((low + high) / 2)), unit, radii) for (low, high), unit in zip(sides, units, strict=True)]


def _exact(number: Fraction) -> arb:
    return arb(fmpq(number.numerator, number.denominator))
