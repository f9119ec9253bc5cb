r"""The large-c self-consistency of a Poisson ensemble at many points at once, in double precision.

All points come down together from high above, as one does in :mod:`theory.dmft.self_consistency`, which shares the equation but
no code: there the arithmetic is mpmath's and steps adapt, here heights fall by a fixed ratio with a few Newton steps at each.

>>> from theory.dmft.ensembles import Pairs
>>> pairs = Pairs("poisson", pure_per_class=10, links=20, closure="large-c")
>>> found = solve(pairs.labels, pairs.links, np.array([1.0, 0.1 + 1j]))
>>> bool(np.all(found.error < 1e-14))
True

When it fails: where points are so close to the cut that the fixed ratio is too coarse, which the residual shows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.dmft.ensembles import Kernel
from theory.dmft.poisson import double_probabilities
from theory.dmft.self_consistency import JUMP, NEAR, Kernels, Solution
from theory.errors import UnfinishedError

RATIOS = (0.5, 0.8, 0.95)  # of successive heights: the next for points that were not found with the last
NEWTON = 2  # steps at each height
ROUNDING = 1e-12  # largest residual relative to the response: terms of nearly empty levels cancel between bands


def solve(kernels: Kernels, links: float, s: NDArray) -> Solution:
    """Responses at points (n,) in the upper half-plane or on the real axis, there its upper side.

    Raises
    ------
    UnfinishedError
        where a residual is not of rounding, or a branch jumped, even with the finest heights.
    """
    s, p = np.asarray(s, dtype=complex), double_probabilities(links)
    found, left = np.zeros((3, len(s)), dtype=complex), np.arange(len(s))
    for ratio in RATIOS:
        found[:, left], jumped = _continue_down(kernels, links, p, s[left], ratio)
        value, residual, _ = found[:, left]
        wrong = jumped | ~(np.abs(residual) < ROUNDING * np.abs(value)) | ((s[left].imag > 0) & (value.imag >= 0))
        left = left[wrong]
        if not left.size:
            return Solution(found[0], np.abs(found[1]), np.abs(found[1] / found[2]))
    first = f"{len(left)} of {len(s)} responses were not found, the first at s = {s[left[0]]:.4g}"
    raise UnfinishedError(f'{first}; use path="mpmath" or move away from the cut')


def _continue_down(kernels: Kernels, links: float, p: NDArray, s: NDArray, ratio: float) -> tuple[NDArray, NDArray]:
    """Values, residuals and slopes (3, n) at the points, and whether a value jumped on the way (n,)."""
    heights = (1 + np.abs(s)) * _contraction_height(kernels, links, p, s)
    smallest = np.maximum(s.imag, NEAR * np.maximum(np.abs(s), 1)) / 30
    value, jumped = _free_response(kernels(s + 1j * heights), p), np.zeros(len(s), dtype=bool)
    value = _newton_steps(kernels(s + 1j * heights), links, p, value, 2 * NEWTON)[0]
    while (above := np.flatnonzero(heights)).size:
        heights[above] *= np.where(heights[above] * ratio > smallest[above], ratio, 0.0)
        before = value[above]
        value[above] = _newton_steps(kernels(s[above] + 1j * heights[above]), links, p, before, NEWTON)[0]
        jumped[above] |= ~(np.abs(value[above] - before) < 2 * JUMP * np.abs(before))
    return np.array(_newton_steps(kernels(s), links, p, value, NEWTON)), jumped


def _newton_steps(kernel: Kernel, links: float, p: NDArray, value: NDArray, steps: int) -> tuple[NDArray, NDArray, NDArray]:
    """The value after some Newton steps, its residual and the slope."""
    residual, slope = _equation_defect(kernel, links, p, value)
    for _ in range(steps):
        value = value - residual / slope
        residual, slope = _equation_defect(kernel, links, p, value)
    return value, residual, slope


def _equation_defect(kernel: Kernel, links: float, p: NDArray, value: NDArray) -> tuple[NDArray, NDArray]:
    strength = links * kernel.hop**2
    each = 1 / ((kernel.alpha - strength * value)[:, None] + np.multiply.outer(kernel.beta, np.arange(len(p))))
    return each @ p - value, strength * ((each * each) @ p) - 1


def _free_response(kernel: Kernel, p: NDArray) -> NDArray:
    """What is left without hops."""
    return (1 / (kernel.alpha[:, None] + np.multiply.outer(kernel.beta, np.arange(len(p))))) @ p


def _contraction_height(kernels: Kernels, links: float, p: NDArray, s: NDArray) -> float:
    """A factor of 1 + abs(s) at which the iteration contracts."""
    factor = 1.0
    while True:
        kernel = kernels(s + 1j * factor * (1 + np.abs(s)))
        if np.all(np.abs(links * kernel.hop**2 * _free_response(kernel, p) ** 2) < 0.01):
            return factor
        factor *= 2
