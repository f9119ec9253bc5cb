r"""Centred forms over many boxes at once: values at the centres and slopes over the boxes, in balls of complex floats.

A ball is a midpoint and a radius, arrays of both, and every operation enlarges the radius by a bound of its rounding.  A
function f of parameters in a box of centre m and radii :math:`r_i` lies within :math:`\sum_i|\partial_if|r_i` of f(m), with
slopes that enclose the derivatives over the whole box; sums, products and quotients carry both along, so that the enclosure of
a long computation tightens with the square of the radii.  FLINT's balls do the same one box at a time, a thousand times slower.

>>> x, y = over_boxes(np.array([[1.0, 1.01]]), np.array([[2.0, 2.01]]))
>>> gap = x / y - 1 / (y / x)
>>> bool(abs(gap.ball.middle[0]) < 1e-15), bool(gap.ball.radius[0] < 0.01)
(True, True)

Source: Rump, BIT 39, 534 (1999), for balls; Neumaier, *Interval Methods for Systems of Equations*, §2.3, for centred forms.
When it fails: radii are infinite where a divisor may vanish; halve the boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROUNDING = 2.0**-50  # bounds the relative error of one operation on complex floats
NEWTON = 40  # steps, which from far off shrink by a share alone
GROWTH = 1 + 8 * ROUNDING  # of radii, for the rounding of their own


@dataclass(frozen=True, eq=False)
class Balls:
    """Complex balls, one for each box."""

    middle: NDArray
    radius: NDArray

    __array_ufunc__ = None

    @classmethod
    def of(cls, value: Balls | NDArray | complex) -> Balls:
        """A number as a ball of radius zero."""
        return value if isinstance(value, Balls) else cls(np.asarray(value, dtype=complex), np.asarray(0.0))

    @property
    def largest(self) -> NDArray:
        """A bound of the absolute values in it."""
        return (np.abs(self.middle) + self.radius) * GROWTH

    def __add__(self, other: Balls | complex) -> Balls:
        other = Balls.of(other)
        middle = self.middle + other.middle
        return Balls(middle, (self.radius + other.radius + np.abs(middle) * ROUNDING) * GROWTH)

    def __mul__(self, other: Balls | complex) -> Balls:
        other = Balls.of(other)
        mine, others = np.abs(self.middle), np.abs(other.middle)
        radius = mine * other.radius + self.radius * (others + other.radius) + mine * others * ROUNDING
        return Balls(self.middle * other.middle, radius * GROWTH)

    def inverse(self) -> Balls:
        """One over it; of infinite radius where it is not far from zero."""
        size = np.abs(self.middle)
        far = self.radius < size / 2
        at, reach = np.where(far, self.middle, 1), np.where(far, self.radius, 0)
        size = np.abs(at)
        radius = (reach / (size * (size - reach)) + 4 * ROUNDING / size) * GROWTH**4
        return Balls(1 / at, np.where(far, radius, np.inf))

    def __neg__(self) -> Balls:
        return Balls(-self.middle, self.radius)

    __radd__, __rmul__ = __add__, __mul__


@dataclass(frozen=True, eq=False)
class Centred:
    """A complex function over boxes.

    Attributes
    ----------
    centre
        its values at the centres.
    slopes
        its derivatives by each parameter, over the boxes.
    radii
        of the boxes, by parameter.
    """

    centre: Balls
    slopes: tuple[Balls, ...]
    radii: tuple[NDArray, ...]

    __array_ufunc__ = None

    @cached_property
    def ball(self) -> Balls:
        """What holds its values over each box."""
        reach = sum((slope.largest * r * GROWTH for slope, r in zip(self.slopes, self.radii, strict=True)), self.centre.radius)
        return Balls(self.centre.middle, reach * GROWTH)

    def mapped(self, centre: Balls, by: Balls | complex) -> Centred:
        """A function of it, from values at the centres and the derivative over the boxes."""
        return Centred(centre, tuple(by * slope for slope in self.slopes), self.radii)

    def inverse(self) -> Centred:
        """One over it."""
        over = self.ball.inverse()
        return self.mapped(self.centre.inverse(), -(over * over))

    def root(self) -> Centred:
        """Its square root, where it is real and positive; of infinite radius elsewhere."""
        low, high = self.ball.middle.real - self.ball.radius, self.ball.largest
        positive = low > high / 4
        low, high, at = (np.where(positive, e, 1) for e in (low / GROWTH, high, self.centre.middle))
        ends = 1 / (2 * np.sqrt(low)), 1 / (2 * np.sqrt(high))
        slope = Balls((ends[0] + ends[1]) / 2 + 0j, np.where(positive, (ends[0] - ends[1]) / 2 + ends[0] * ROUNDING, np.inf))
        middle = np.sqrt(at)
        radius = (self.centre.radius / np.abs(middle) + np.abs(middle) * ROUNDING) * GROWTH
        return self.mapped(Balls(middle, np.where(positive, radius, np.inf)), slope)

    def __add__(self, other: Centred | complex) -> Centred:
        if not isinstance(other, Centred):
            return Centred(self.centre + other, self.slopes, self.radii)
        slopes = tuple(a + b for a, b in zip(self.slopes, other.slopes, strict=True))
        return Centred(self.centre + other.centre, slopes, self.radii)

    def __mul__(self, other: Centred | complex) -> Centred:
        if not isinstance(other, Centred):
            return self.mapped(self.centre * other, other)
        slopes = tuple(other.ball * a + self.ball * b for a, b in zip(self.slopes, other.slopes, strict=True))
        return Centred(self.centre * other.centre, slopes, self.radii)

    def __pow__(self, power: int) -> Centred:
        return self.inverse() ** -power if power < 0 else self if power == 1 else self * self ** (power - 1)

    def __truediv__(self, other: Centred | complex) -> Centred:
        return self * (other.inverse() if isinstance(other, Centred) else 1 / other)

    def __rtruediv__(self, other: complex) -> Centred:
        return self.inverse() * other

    def __neg__(self) -> Centred:
        return self * -1

    def __sub__(self, other: Centred | complex) -> Centred:
        return self + -other

    def __rsub__(self, other: complex) -> Centred:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__


def over_boxes(*sides: NDArray) -> list[Centred]:
    """The parameters themselves over boxes: of each its (N, 2) ends, low then high."""
    radii = tuple((high - low) / 2 * GROWTH for low, high in (side.T for side in sides))
    units = [tuple(Balls.of(np.full(len(sides[0]), float(i == j))) for j in range(len(sides))) for i in range(len(sides))]
    return [
        Centred(Balls(side.mean(axis=1) + 0j, np.abs(side).max(axis=1) * ROUNDING), unit, radii)
        for side, unit in zip(sides, units, strict=True)
    ]


def root_near(coefficients: Sequence[Centred], guess: NDArray) -> tuple[Centred, NDArray]:
    """The simple real root of real polynomials, from the highest power down, that Newton's method leads to from a guess, and
    where it is proved to be the only one within its ball over the whole box."""
    degrees = range(len(coefficients) - 1, 0, -1)
    middles = [c.centre.middle.real for c in coefficients]
    at = guess
    for _ in range(NEWTON):
        at = at - np.polyval(middles, at) / _horner([c * n for c, n in zip(middles, degrees, strict=False)], at)

    def slope(within: Balls) -> Balls:
        return _horner([c.ball * n for c, n in zip(coefficients, degrees, strict=False)], within)

    value = _horner(coefficients, Balls.of(at))
    reach = 2 * (value.ball * slope(Balls.of(at)).inverse()).largest + np.abs(at) * ROUNDING
    size = (value.ball * slope(Balls(at + 0j, reach)).inverse()).largest
    proved = size < reach
    within = Balls(at + 0j, np.where(proved, size, np.inf))
    over = slope(within).inverse()
    centre = Balls(at + 0j, (value.centre * over).largest)
    slopes = tuple(-(_horner([c.slopes[i] for c in coefficients], within) * over) for i in range(len(value.slopes)))
    return Centred(centre, slopes, value.radii), proved


def _horner(coefficients: Sequence, at: Any) -> Any:
    total = coefficients[0]
    for c in coefficients[1:]:
        total = total * at + c
    return total
