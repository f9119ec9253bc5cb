r"""Rates from matrices on the labels alone, for any mobility and any number of samples (§2 of the notes).

Eliminating the sample directions of :mod:`theory.coupling.reduction` at rate :math:`r` leaves K × K matrices

.. math:: F(r)=b-r-B^T(a-r)^{-1}B=R^TR-r\,M(r),\qquad M(r)=1+B^T\frac1{a\,(a-r)}B,

which cost one product with the couplings.  A rate is where :math:`F` is singular.

* Below all :math:`a`, :math:`M` is positive and grows with :math:`r`, so that the j-th eigenvalue :math:`\rho_j(r)` of
  :math:`R^TRx=\rho M(r)x` falls, and the j-th rate is its one fixed point :math:`\rho_j(r)=r`, between
  :math:`\rho_j(\rho_j(0))` and :math:`\rho_j(0)`.  Nothing cancels in :math:`\rho=\lVert Rx\rVert^2/x^TMx`, so that small rates
  are accurate relative to themselves.
* The number of rates below any :math:`r` is that of negative entries of :math:`a-r` and of negative eigenvalues of :math:`F(r)`
  (Sylvester, Haynsworth).  Directions with :math:`a` closest to :math:`r` are not eliminated, which keeps the matrix finite;
  its eigenvalues fall, and the j-th rate is where the one that the count names is zero.
* Above all :math:`a`, the largest eigenvalue of :math:`F` falls from infinity through zero at the largest rate.

Rates are sought window by window.  What directions with :math:`a` outside :math:`(L,U)` do to the labels is an analytic
function of :math:`t=\log\frac{r-L}{U-r}` for :math:`|\operatorname{Im}t|<\pi`, wherever they are: on windows of a width
:math:`2h` in :math:`t`, interpolation at :math:`p` Chebyshev points errs by :math:`\varrho^{-p}`,
:math:`\varrho=\frac\pi h+\sqrt{1+\frac{\pi^2}{h^2}}`, so that a few products with the couplings serve all rates of a window.

References: Voss, A minmax principle for nonlinear eigenproblems, 2009; Trefethen, *Approximation Theory and Approximation
Practice*, 2013.  When it fails: many rates in the midst of the :math:`a` are many windows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import asinh, ceil, log, pi
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.coupling.reduction import EPS, CouplingReduction
from theory.coupling.rows import DENSE_LIMIT, dense_array, gram_function, gram_matrix

if TYPE_CHECKING:
    from scipy.sparse import csr_array

ULP = 4 * EPS  # the smallest relative tolerance that SciPy's brentq takes
EDGE = 0.9  # of the smallest a: below it a - r is a tenth of a at least
BORDER = 16  # directions on each side of a rate that are not eliminated: two at least, one inside a bracket and one at its end
WINDOW = 256  # directions in a window; as many again, over GUARD, on each side of it are not interpolated
GUARD = 3
WIDTH = 4.6  # 2h of the widest window
OUTSIDE = 100.0  # widths from a window, at which L or U is put where no direction is
Modes = tuple[NDArray, NDArray]


def slow_modes(reduction: CouplingReduction, first: int, last: int) -> Iterator[Modes]:
    """Rates number ``first`` to ``last`` - 1 (0 is the slowest; none of them zero) and modes (M + K, k), some k at a time."""
    edge = EDGE * float(reduction.sample_rates.min())
    below = min(last, count_below(reduction, edge))
    if first < below:
        yield from _in_blocks(reduction, _fixed_points(reduction, first, below, edge))
    if below < last:
        yield from _in_blocks(reduction, _counted_roots(reduction, max(first, below), last, edge))


def largest_mode(reduction: CouplingReduction) -> Modes:
    """The largest rate and its mode (M + K, 1)."""
    from scipy.optimize import brentq

    a = reduction.sample_rates

    def largest_eigenvalue(rate: float) -> float:
        inner = gram_matrix(reduction.links, 1 / (a - rate))
        return float(np.linalg.eigvalsh(np.diag(reduction.label_rates - rate) - inner)[-1])

    low = float(a.max()) * (1 + ULP)
    high = 2 * (low + float(reduction.label_rates.max()))
    rate = brentq(largest_eigenvalue, low, high, xtol=ULP * low, rtol=ULP) if largest_eigenvalue(low) > 0 else low
    return next(_in_blocks(reduction, iter([_all_directions(reduction).root_at(rate)])))


def count_below(reduction: CouplingReduction, rate: float) -> int:
    """The number of modes that move labels with a smaller rate."""
    return _all_directions(reduction).count_below(rate)


@dataclass(frozen=True, eq=False)
class _Root:
    """A rate, what its mode does to labels (K,), and to some directions, by number, which its rate is close to."""

    rate: float
    labels: NDArray
    near: NDArray
    moved: NDArray


def _in_blocks(reduction: CouplingReduction, roots: Iterator[_Root]) -> Iterator[Modes]:
    """Rates and whole modes, as many at a time as are handed out dense."""
    found = list(roots)
    size = max(1, DENSE_LIMIT // reduction.size)
    for block in (found[i : i + size] for i in range(0, len(found), size)):
        rates, q = np.array([root.rate for root in block]), np.column_stack([root.labels for root in block])
        p = reduction.links @ q
        left = reduction.sample_rates[:, None] - rates
        for k, root in enumerate(block):
            p[root.near, k], left[root.near, k] = root.moved, 1.0
        yield rates, np.vstack([p / left, q])


# -- below all sample rates ------------------------------------------------------------------------------------------------


def _fixed_points(reduction: CouplingReduction, first: int, last: int, edge: float) -> Iterator[_Root]:
    from scipy.linalg import eigh
    from scipy.optimize import brentq

    a, factor, none = reduction.sample_rates, reduction.frustration, np.zeros(0, dtype=int)
    laplacian, one, gram = factor.T @ factor, np.eye(factor.shape[1]), gram_function(reduction.links)

    def mass_at(rate: float) -> NDArray:
        return gram(1 / (a * (a - rate))) + one

    highest = np.minimum(eigh(laplacian, mass_at(0.0), eigvals_only=True), edge)
    lowest = float(a.min())
    mass_between = _interpolate(mass_at, 0.0, float(highest[last - 1]), (-OUTSIDE * lowest, lowest))

    def follow(j: int, rate: float) -> tuple[float, NDArray]:
        mass = mass_between(rate)
        q = eigh(laplacian, mass, subset_by_index=[j, j])[1][:, 0]
        return float(np.sum((factor @ q) ** 2) / (q @ mass @ q)), q

    for j in range(first, last):
        # Where the labels of a mode hardly feel the samples, the bracket is as narrow as rounding; its low end is the rate.
        high = float(highest[j])
        rate = follow(j, high)[0]
        if rate < high and follow(j, rate)[0] > rate:
            rate = brentq(lambda r, j=j: follow(j, r)[0] - r, rate, high, xtol=ULP * rate, rtol=ULP)
        yield _Root(rate, follow(j, rate)[1], none, np.zeros(0))


# -- among the sample rates and above --------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Directions:
    """Sample directions in the order of their rates, and what all others do to the labels.

    Attributes
    ----------
    numbers, rates, links, gram
        of the directions: their numbers, a (m,), B (m, K), and B^T diag(w) B of weights w (m,).
    label_rates
        b (K,).
    others
        the sum of B^T (a - r)^-1 B over the other directions, at a rate r.
    passed
        the number of other directions below.
    """

    numbers: NDArray
    rates: NDArray
    links: NDArray | csr_array
    gram: Callable[[NDArray], NDArray]
    label_rates: NDArray
    others: Callable[[float], NDArray]
    passed: int

    def near(self, rate: float) -> slice:
        """The directions closest to a rate."""
        place = int(np.searchsorted(self.rates, rate))
        return slice(max(0, place - BORDER), place + BORDER)

    def border_matrix(self, rate: float, near: slice) -> NDArray:
        """S - r on some directions and the labels, all other directions eliminated."""
        corner = np.diag(self.label_rates - rate) - self.others(rate) - _eliminate(self, near, rate)
        beside = dense_array(self.links[near])
        return np.block([[np.diag(self.rates[near] - rate), -beside], [-beside.T, corner]])

    def count_below(self, rate: float) -> int:
        """The number of modes that move labels with a smaller rate."""
        near = self.near(rate)
        eliminated = np.delete(self.rates, near)
        negative = np.sum(np.linalg.eigvalsh(self.border_matrix(rate, near)) < 0)
        return self.passed + int(np.sum(eliminated < rate) + negative)

    def root_between(self, low: float, high: float, j: int) -> _Root:
        """Rate number j, which lies between two others that at most one direction lies between."""
        from scipy.linalg import eigh
        from scipy.optimize import brentq

        near = self.near(low)
        own = j - self.passed - near.start

        def falling(rate: float) -> float:
            return float(eigh(self.border_matrix(rate, near), eigvals_only=True, subset_by_index=[own, own])[0])

        if falling(low) <= 0:
            return self.root_at(low)
        return self.root_at(brentq(falling, low, high, xtol=ULP * low, rtol=ULP) if falling(high) < 0 else high)

    def root_at(self, rate: float) -> _Root:
        """The mode of a known rate."""
        near = self.near(rate)
        values, vectors = np.linalg.eigh(self.border_matrix(rate, near))
        numbers = self.numbers[near]
        moved, q = np.split(vectors[:, np.argmin(np.abs(values))], [len(numbers)])
        return _Root(rate, q, numbers, moved)


def _eliminate(directions: _Directions, kept: slice, rate: float) -> NDArray:
    """The sum of B^T (a - r)^-1 B over the directions that are not kept."""
    left = directions.rates - rate
    left[kept] = np.inf
    return directions.gram(1 / left)


def _all_directions(reduction: CouplingReduction) -> _Directions:
    order = np.argsort(reduction.sample_rates, kind="stable")
    a, links = reduction.sample_rates[order], reduction.links[order]
    return _Directions(order, a, links, gram_function(links), reduction.label_rates, lambda rate: np.zeros(1), 0)


def _counted_roots(reduction: CouplingReduction, first: int, last: int, low: float) -> Iterator[_Root]:
    """Rates number ``first`` to ``last`` - 1, all above ``low``."""
    everything, j = _all_directions(reduction), first
    bound = float(everything.rates[-1] + reduction.label_rates.max())
    while j < last:
        window, high = _open_window(everything, low, bound, last - j)
        inside = window.rates[(low < window.rates) & (window.rates < high)]
        ends = np.concatenate([[low], (inside[1:] + inside[:-1]) / 2, [high]])
        counts = np.maximum.accumulate([window.count_below(end) for end in ends])
        counts[-1] = counts[-1] if high < bound else reduction.size
        for j in range(j, min(last, counts[-1])):  # noqa: B020 - the rates of a window follow those of the one before
            place = max(1, int(np.searchsorted(counts, j, side="right")))
            yield window.root_between(ends[place - 1], ends[place], j)
        j, low = max(j, counts[-1]), high


def _open_window(everything: _Directions, low: float, bound: float, wanted: int) -> tuple[_Directions, float]:
    """The directions of a window from ``low`` on, and its end."""
    a, start = everything.rates, int(np.searchsorted(everything.rates, low))
    first, last, guarded = start - WINDOW // GUARD, start + min(wanted, WINDOW), start + WINDOW + WINDOW // GUARD
    inside = slice(max(0, first), min(len(a), guarded))
    end = float(a[last]) if last < len(a) else bound
    reach = (float(a[guarded]) if guarded < len(a) else bound) - low
    gap = (
        float(a[first - 1]) if first > 0 else low - OUTSIDE * reach,
        float(a[guarded]) if guarded < len(a) else bound + OUTSIDE * reach,
    )
    high = min(end, _rate_at(_place_of(low, gap) + WIDTH, gap))
    others = _interpolate(partial(_eliminate, everything, inside), low, high, gap)
    links = dense_array(everything.links[inside])
    gram = partial(gram_matrix, links)
    return _Directions(everything.numbers[inside], a[inside], links, gram, everything.label_rates, others, inside.start), high


# -- interpolation between the sample rates --------------------------------------------------------------------------------


def _place_of(rate: float, gap: tuple[float, float]) -> float:
    """t of a rate r in a gap (L, U)."""
    return float(np.log((rate - gap[0]) / (gap[1] - rate)))


def _rate_at(place: float, gap: tuple[float, float]) -> float:
    return float((gap[0] + gap[1] * np.exp(place)) / (1 + np.exp(place)))


def _interpolate(
    matrix_at: Callable[[float], NDArray], low: float, high: float, gap: tuple[float, float]
) -> Callable[[float], NDArray]:
    """A function of a rate with poles outside a gap (L, U), between two rates inside it."""
    from numpy.polynomial.chebyshev import chebpts1, chebvander

    ends = _place_of(low, gap), _place_of(high, gap)
    middle, half = sum(ends) / 2, max((ends[1] - ends[0]) / 2, EPS)
    count = 1 + ceil(-log(EPS) / asinh(pi / half))
    rates = [min(max(_rate_at(middle + half * x, gap), low), high) for x in chebpts1(count)]

    def polynomials(rates: Sequence[float]) -> NDArray:
        return chebvander([(_place_of(rate, gap) - middle) / half for rate in rates], count - 1)

    values = np.array([matrix_at(rate) for rate in rates])
    coefficients = np.linalg.lstsq(polynomials(rates), values.reshape(count, -1), rcond=None)[0]
    return lambda rate: (polynomials([rate]) @ coefficients).reshape(values.shape[1:])
