r"""Roots of the large-c self-consistency of a Poisson ensemble, at any precision, with residual and error (§6 of the notes).

.. math:: G=\sum_fp_f\frac1{\alpha+\beta f-ch^2G}.

It has many roots; the response is the one that is :math:`\simeq1/s` at large :math:`|s|` and continues analytically from there,
with :math:`\operatorname{Im}G<0` above the real axis.  It is followed straight down from high above the wanted point, where the
iteration contracts to it, in hardware floats (mpmath's ``fp`` context) with steps that are halved wherever the root would jump;
mpmath's ``findroot`` then brings the end to the precision asked for.

The error is the residual, plus the bound of the terms cut off, over the slope of the equation: that of one more Newton step.

>>> from theory.dmft.ensembles import Pairs
>>> pairs = Pairs("poisson", pure_per_class=10, links=20, closure="large-c")
>>> found = solve(pairs.labels, pairs.links, 0.1 + 1j, digits=30)
>>> bool(found.error < abs(found.value) * 1e-30), bool(found.value.imag < 0)
(True, True)

When it fails: at the ends of bands the slope vanishes, and a point too close to them has no root to the digits asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mpmath

from theory.dmft.ensembles import Kernel
from theory.dmft.poisson import distance_to_ray, probabilities
from theory.errors import UnfinishedError

GUARD = 10  # digits carried beyond those claimed
JUMP = 0.3  # largest relative change of the root in one step
NEAR = 1e-6  # distance to the real axis, relative to that from the origin, within which a point is taken to be on it
FINEST = 0.999  # ratio of heights at which following is given up

Kernels = Callable[[Any], Kernel]


@dataclass(frozen=True)
class Solution:
    """A response with what is known of its accuracy; arrays of one shape, or numbers.

    Attributes
    ----------
    value
        :math:`G(s)`.
    residual
        of the self-consistency at that value.
    error
        estimate of the distance from its root; for populations, the standard error of the mean.
    """

    value: Any
    residual: Any
    error: Any


def solve(kernels: Kernels, links: float, s: Any, digits: int) -> Solution:
    """The response at s (mpmath numbers, of ``digits`` relative digits).

    Raises
    ------
    UnfinishedError
        where the branch cannot be followed, or the error is larger.
    """
    if mpmath.im(s) < 0:
        mirrored = solve(kernels, links, mpmath.conj(s), digits)
        return Solution(mpmath.conj(mirrored.value), mirrored.residual, mirrored.error)
    start = follow_response(kernels, links, complex(s))
    with mpmath.workdps(digits + GUARD):
        p, tail = probabilities(links, digits + GUARD)
        kernel, at = kernels(mpmath.mpmathify(s)), f"at s = {mpmath.nstr(s, 6)}"
        value, residual, slope = _root_near(p, links, kernel, mpmath.mpc(start), at, digits + GUARD // 2)
        shift = kernel.alpha - links * kernel.hop**2 * value
        cut = tail / distance_to_ray(shift, kernel.beta, len(p))
        error = (abs(residual) + cut) / abs(slope)
        if error > abs(value) * mpmath.mpf(10) ** -digits or (mpmath.im(s) > 0 and value.imag >= 0):
            raise UnfinishedError(
                f"the response {at} is known to {mpmath.nstr(error, 2)} only; raise digits or move away from the cut"
            )
    with mpmath.workdps(digits):
        return Solution(+value if mpmath.im(s) else +value.real, abs(residual), error)


def follow_response(kernels: Kernels, links: float, s: complex) -> complex:
    """The branch of the response, to hardware precision, by continuation from high above s in the upper half-plane."""
    p = _float_probabilities(links)
    height, value = _contraction_start(kernels, links, p, s)
    ratio, smallest = 0.25, max(s.imag, NEAR * abs(s), NEAR) / 30
    while height > 0:
        lower = height * ratio
        if lower < smallest:
            lower = 0.0
        try:
            found = _root_near(p, links, kernels(s + 1j * lower), value, f"near s = {s:.6g}")[0]
            jumped = abs(found - value) > JUMP * abs(value) or (s.imag + lower > 0 and found.imag >= 0)
        except UnfinishedError:
            jumped = True
        if not jumped:
            height, value, ratio = lower, found, max(ratio**2, 0.25)
        elif (ratio := ratio**0.5) > FINEST:
            raise UnfinishedError(f"the branch of the response could not be followed to s = {s:.6g}; move away from the cut")
    return complex(value)


def _contraction_start(kernels: Kernels, links: float, p: tuple[float, ...], s: complex) -> tuple[float, complex]:
    """A height above s where the iteration contracts, and the root there."""
    height = 1 + abs(s)
    while True:
        kernel = kernels(s + 1j * height)
        free = sum(weight / (kernel.alpha + kernel.beta * f) for f, weight in enumerate(p))
        if abs(links * kernel.hop**2 * free**2) < 0.01:
            return height, _root_near(p, links, kernel, complex(free), f"above s = {s:.6g}")[0]
        height *= 2


def _root_near(p: tuple[Any, ...], links: float, kernel: Kernel, guess: Any, at: str, digits: int = 16) -> tuple[Any, Any, Any]:
    """The root next to a guess, its residual, and the slope there.  Newton steps square the error: the last is half as long."""
    context = mpmath.fp if isinstance(guess, complex | float) else mpmath.mp
    both = lru_cache(maxsize=2)(lambda G: _equation_defect(context, p, links, kernel, G))
    halved = 10.0 ** -(digits / 2)
    try:
        root = context.findroot(lambda G: both(G)[0], guess, solver="newton", df=lambda G: both(G)[1], tol=halved)
    except (ValueError, ZeroDivisionError) as error:
        raise UnfinishedError(f"no root of the self-consistency was found {at}; move away from the cut") from error
    return root, *both(root)


def _equation_defect(context: Any, p: tuple[Any, ...], links: float, kernel: Kernel, G: Any) -> tuple[Any, Any]:
    """The right side less the left one, and its slope."""
    strength = links * kernel.hop**2
    level, each = kernel.alpha - strength * G, []
    for _ in p:
        each.append(1 / level)
        level += kernel.beta
    return context.fdot(p, each) - G, strength * context.fdot(p, [e * e for e in each]) - 1


@lru_cache(maxsize=16)
def _float_probabilities(links: float) -> tuple[float, ...]:
    return tuple(float(p) for p in probabilities(links, 18)[0])
