r"""Regular class graphs in closed form: cavity (Kesten 1959, McKay 1981) and large-c closure (§6 of the notes).

With branching b (c - 1 for the cavity, c for the large-c closure) the cavity equation is quadratic, and
:math:`\sqrt b\,hg=\omega` with

.. math:: \omega+\frac1\omega=\frac{\alpha+\beta c}{\sqrt b\,h},\quad|\omega|<1,\qquad
          G=\Big[\alpha+\beta c-\frac{ch\omega}{\sqrt b}\Big]^{-1} .

The adjacency then has eigenvalues :math:`2\sqrt b\cos\theta` with the density
:math:`\frac{2c\,b\sin^2\theta}{\pi(c^2-4b\cos^2\theta)}` in :math:`\theta` (cavity), or :math:`\frac2\pi\sin^2\theta`.  At one
eigenvalue B the flow of labels is that of three coordinates: label, mean of its pure samples, frustrated samples,

.. math:: \begin{pmatrix}n_0+qc&-\sqrt{n_0}&-q\sqrt{c+B}\\-\sqrt{n_0}&1&0\\-q\sqrt{c+B}&0&2q\end{pmatrix} ,

so that :math:`R(t)` is an integral of decaying exponentials, which the midpoint rule in :math:`\theta` gives to rounding: this
replaces the inverse Laplace transform, and small values at late times keep their relative accuracy.

>>> from theory.dmft.ensembles import Pairs
>>> pairs = Pairs("regular", pure_per_class=2, links=3, closure="cavity")
>>> weights, rates = relaxation_measure(pairs, nodes=64)
>>> bool(abs(solve(pairs, pairs.labels(0.5)).value - sum(weights / (0.5 + rates))) < 1e-14)
True

When it fails: on the cut, where :math:`|\omega|=1` on both branches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import NDArray

from theory.dmft.ensembles import Kernel, Pairs, label_degree, label_level
from theory.dmft.self_consistency import Solution
from theory.errors import UnfinishedError

MOST_NODES = 4096


def solve(pairs: Pairs, kernel: Kernel, sqrt: Callable[[Any], Any] = np.sqrt) -> Solution:
    """:math:`G` with the residual of the quadratic equation, and the error of rounding that it shows.

    Parameters
    ----------
    kernel
        of complex numbers or arrays, those of mpmath with its ``sqrt``.  On a cut the upper side is taken.
    """
    c, b = pairs.links, pairs.branching
    towards_root = branch_response(ratio(kernel, c, b, sqrt), kernel, b, sqrt)
    value = 1 / label_level(kernel, c, c * towards_root)
    residual = abs(towards_root * label_level(kernel, c, b * towards_root) - 1)
    return Solution(value, residual, residual * abs(value))


def ratio(kernel: Kernel, links: Any, branching: Any, sqrt: Callable[[Any], Any]) -> Any:
    """The level of a label alone, over the hop that its neighbours feel: two where the spectrum ends."""
    return label_level(kernel, links, 0) / (sqrt(branching) * kernel.hop)


def branch_response(ratio: Any, kernel: Kernel, branching: Any, sqrt: Callable[[Any], Any]) -> Any:
    """The response g of a label without one of its links, at that ratio."""
    return 2 / (ratio + sqrt(ratio - 2) * sqrt(ratio + 2)) / (sqrt(branching) * kernel.hop)


def adjacency_reach(branching: Any, sqrt: Callable[[Any], Any]) -> Any:
    """Where the spectrum of the adjacency ends."""
    return 2 * sqrt(branching)


def relaxation_measure(pairs: Pairs, nodes: int) -> tuple[NDArray, NDArray]:
    """Weights and rates (3 * nodes,) of the exponentials in :math:`R(t)`, by the midpoint rule in the angle."""
    angles = np.pi * (np.arange(nodes) + 0.5) / nodes
    adjacency = adjacency_reach(pairs.branching, np.sqrt) * np.cos(angles)
    rates, modes = np.linalg.eigh(_flow_blocks(pairs, adjacency))
    density = angular_density(pairs, np.cos(angles), np.pi)
    # The blocks are positive semidefinite, as c is not below any eigenvalue of the adjacency.
    return (density[:, None] * modes[:, 0, :] ** 2 * np.pi / nodes).ravel(), np.maximum(rates.ravel(), 0.0)


def relaxation(pairs: Pairs, times: NDArray) -> tuple[NDArray, NDArray]:
    """:math:`R(t)` and its error, nodes being doubled until nothing changes by 1e-13 or by a relative 1e-10, or by as much as
    rounding of the rates moves late times.

    Raises
    ------
    UnfinishedError
        where that takes too many.
    """
    nodes, before = 64, _relaxation_sum(pairs, times, 32)
    largest = label_degree(pairs.pure_per_class, pairs.links, pairs.weight) + 1 + 2 * pairs.weight  # the trace bounds all rates
    relative = np.maximum(1e-10, np.finfo(float).eps * largest * times)
    while nodes <= MOST_NODES:
        now = _relaxation_sum(pairs, times, nodes)
        change = np.abs(now - before)
        if np.all(change < 1e-13) and np.all(change <= relative * now):
            return now, change + 1e-15
        nodes, before = 2 * nodes, now
    raise UnfinishedError(f"the integral over the spectrum has not converged with {MOST_NODES} nodes; ask for earlier times")


def precise_relaxation(pairs: Pairs, times: Sequence[Any], digits: int) -> list[Any]:
    """:math:`R(t)` to ``digits`` absolute digits, as mpmath numbers.

    Raises
    ------
    UnfinishedError
        as :func:`relaxation`.
    """
    with mp.workdps(digits + 10):
        nodes, before = 32, _precise_relaxation_sum(pairs, times, 16)
        while nodes <= MOST_NODES:
            now = _precise_relaxation_sum(pairs, times, nodes)
            if max((abs(a - b) for a, b in zip(now, before, strict=True)), default=0) < mp.mpf(10) ** -(digits + 1):
                break
            nodes, before = 2 * nodes, now
        else:
            raise UnfinishedError(f"the integral over the spectrum has not converged with {MOST_NODES} nodes; lower digits")
    return now


def slowest_rate(pairs: Pairs) -> float:
    """The lower end of the spectrum of rates."""
    return max(float(np.linalg.eigvalsh(_flow_blocks(pairs, np.array([adjacency_reach(pairs.branching, np.sqrt)])))[0, 0]), 0.0)


def angular_density(pairs: Pairs, cos: Any, pi: Any) -> Any:
    r"""The density in :math:`\theta\in(0,\pi)` of the eigenvalues :math:`2\sqrt b\cos\theta` of the adjacency, at a cosine."""
    if pairs.closure == "large-c":
        return semicircle_density(cos, pi)
    # The factors are equal for c = 2, where the quotient is 0/0 at the ends.
    return kesten_mckay(cos, pairs.links, pi) if pairs.links > 2 else 1 / pi + 0 * cos


def kesten_mckay(cos: Any, links: Any, pi: Any) -> Any:
    """The density in the angle on the tree."""
    return 2 * links * (links - 1) * (1 - cos**2) / (pi * (links**2 - 4 * (links - 1) * cos**2))


def semicircle_density(cos: Any, pi: Any) -> Any:
    """The density in the angle in the large-c closure."""
    return 2 * (1 - cos**2) / pi


def flow_block(eigenvalue: Any, pure: Any, links: Any, weight: Any, sqrt: Callable[[Any], Any]) -> list[list[Any]]:
    """The flow of label, mean of its pure samples and frustrated samples at an eigenvalue of the adjacency."""
    to_pure, to_shared = -sqrt(pure), -weight * sqrt(links + eigenvalue)
    return [[label_degree(pure, links, weight), to_pure, to_shared], [to_pure, 1, 0], [to_shared, 0, 2 * weight]]


def _flow_blocks(pairs: Pairs, adjacency: NDArray) -> NDArray:
    """That at each eigenvalue (n, 3, 3)."""
    rows = flow_block(adjacency, pairs.pure_per_class, pairs.links, pairs.weight, np.sqrt)
    return np.stack([np.stack([entry + 0 * adjacency for entry in row], axis=-1) for row in rows], axis=-2)


def _relaxation_sum(pairs: Pairs, times: NDArray, nodes: int) -> NDArray:
    weights, rates = relaxation_measure(pairs, nodes)
    return np.exp(-np.multiply.outer(times, rates)) @ weights


def _precise_relaxation_sum(pairs: Pairs, times: Sequence[Any], nodes: int) -> list[Any]:
    sizes, end = (mp.mpf(pairs.pure_per_class), pairs.links, mp.mpf(pairs.weight)), adjacency_reach(pairs.branching, mp.sqrt)
    terms = []
    for k in range(nodes):
        cos = mp.cos(mp.pi * (k + mp.mpf(1) / 2) / nodes)
        rates, modes = mp.eigsy(mp.matrix(flow_block(end * cos, *sizes, mp.sqrt)))
        density = angular_density(pairs, cos, mp.pi) * mp.pi / nodes
        terms += [(density * modes[0, j] ** 2, rates[j]) for j in range(3)]
    return [mp.fsum(weight * mp.exp(-rate * t) for weight, rate in terms) for t in times]
