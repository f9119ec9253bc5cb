r"""The embedding-only flow of large sparse graphs: slow modes and decay, at a cost of products with the links.

:math:`S=C^TC` with a row :math:`\sqrt{J_{ia}}(\sqrt{\eta_i}e_i-\sqrt{\eta_a}e_a)` of C for each link, and its zero modes are
known: one for each component.  Nothing else is ever held but some vectors:

* *slow modes*, orthogonal to the zero modes, by Lanczos iteration; of graphs with small separators, as rings and grids, and
  where rates are too close to each other, with :math:`(S+\epsilon)^{-1}`, factored, in place of S.  Rates are the squared
  singular values of C on the modes found: nothing is subtracted, and what modes are off by enters squared, so that small
  rates keep their relative accuracy;
* :math:`e^{-tS}` on what moves, by Chebyshev polynomials: with :math:`\lVert S\rVert\le b` and :math:`z=tb/2`,
  :math:`e^{-tS}=\sum_k(2-\delta_{k0})e^{-z}I_k(z)\,T_k(1-2S/b)`, all of whose coefficients are positive and of which some
  :math:`9\sqrt z` count.

>>> import numpy as np
>>> from theory import Coupling
>>> flow = sparse_flow(Coupling.from_labels([{a, (a + 1) % 40} for a in range(40)]))
>>> rates, _ = flow.slow_modes(3)
>>> bool(np.allclose(rates[1:], 1 - np.cos(np.pi / 40)))
True

When it fails: graphs without small separators whose rates are close to each other have full inverses.  References: Lehoucq,
Sorensen and Yang, *ARPACK Users' Guide* (1998); Tal-Ezer, J. Sci. Comput. 4 (1989).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory.coupling.reduction import EPS
from theory.coupling.spectrum import CONVERGED, Spectrum
from theory.errors import UnfinishedError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from theory.coupling.weights import Weights

TOLERANCE = 1e-12  # of modes, relative to the largest rate: rates are off by its square
DIGITS = 1e-5  # of the largest rate
WIDTH, RESTARTS = 40, 100  # of an iteration: its vectors, beside two for each mode, and how often it begins anew
FILLED = 3 * 10**7  # entries of a factor of S, up to which it is inverted at once
SHIFT = 1e-8  # from zero, relative to the largest rate, at which it is
FIRST, LONGEST = 1e5, 1e9  # lengths z of a step
VANISHED = 1e-280  # of what moves: nothing is left


@dataclass(frozen=True, eq=False)
class SparseFlow:
    """S, which is C^T C where nothing repels.

    Attributes
    ----------
    operator
        S (n, n).
    still
        orthonormal zero modes (n, components), sparse.
    factor
        C (links, n), or None for S of any signs.
    """

    operator: csr_array
    still: csr_array
    factor: csr_array | None = None

    @cached_property
    def bound(self) -> float:
        """A bound on the sizes of all rates; of C^T C each link contributes 2 x 2 blocks that are not negative."""
        if self.factor is None:
            return float(abs(self.operator).sum(axis=1).max())
        return 2 * float(self.operator.diagonal().max())

    def at_rest(self, state: NDArray) -> NDArray:
        """The part of a state (n,) or (n, d) that never moves."""
        return self.still @ (self.still.T @ state)

    def slow_modes(self, k: int) -> tuple[NDArray, NDArray]:
        """The k smallest rates, zeros included, and the modes (n, m) of those that are not zero.

        Raises
        ------
        UnfinishedError
            where no iteration converges.
        """
        zeros = np.zeros(min(k, self.still.shape[1]))
        if k <= len(zeros):
            return zeros, np.zeros((self.operator.shape[0], 0))
        rates, modes = self._moving_modes(k - len(zeros))
        return np.concatenate([zeros, rates]), modes

    def largest_rate(self) -> float:
        """The largest rate, to five digits.

        Raises
        ------
        UnfinishedError
            where the iteration does not converge.
        """
        from scipy.sparse.linalg import ArpackError, eigsh

        start = np.random.default_rng(0).standard_normal(self.operator.shape[0])
        try:
            values, _ = eigsh(self.operator, 1, which="LA", v0=start, tol=DIGITS, maxiter=RESTARTS)
        except ArpackError as error:
            raise UnfinishedError(f"the largest rate was not found: {error}") from None
        return float(values[0])

    def decay(self, state: NDArray, time: float) -> NDArray:
        """A state (n, d) after a time; what is at rest stays exactly."""
        still = self.at_rest(state)
        return still + self.decay_moving(state - still, time)

    def decay_moving(self, moving: NDArray, time: float) -> NDArray:
        """The same of what is orthogonal to the zero modes, in steps that grow, until nothing is left."""
        left, done = time * self.bound / 2, 0.0
        while left > 0 and np.abs(moving).max(initial=0.0) > VANISHED:
            step = min(left, max(FIRST, done), LONGEST)
            moving, left, done = self._decay_once(moving, chebyshev_weights(step)), left - step, done + step
        return moving if left <= 0 else np.zeros_like(moving)

    def _decay_once(self, moving: NDArray, weights: NDArray) -> NDArray:
        before, now = moving, moving - self.operator @ moving * (2 / self.bound)
        total = weights[0] * before
        for weight in weights[1:]:
            total += weight * now
            before, now = now, 2 * now - self.operator @ now * (4 / self.bound) - before
        return total - self.at_rest(total)

    def _refine(self, modes: NDArray) -> tuple[NDArray, NDArray]:
        """Rates, ascending, and modes of the subspace of those found, or an error where it is none of S."""
        if self.factor is None:
            rates, turns = np.linalg.eigh(modes.T @ (self.operator @ modes))
        else:
            _, strengths, backwards = np.linalg.svd(self.factor @ modes, full_matrices=False)
            rates, turns = strengths[::-1] ** 2, backwards[::-1].T
        modes = modes @ turns
        rest = np.linalg.norm(self.operator @ modes - modes * rates, axis=0).max() / self.bound
        if not rest <= CONVERGED:
            raise UnfinishedError(f"the residual {rest:.1e} of a mode exceeds {CONVERGED:g}; ask for fewer modes")
        return rates, modes

    def _moving_modes(self, m: int) -> tuple[NDArray, NDArray]:
        """The m smallest rates that are not zero, ascending, and their modes.

        An iteration from one vector sees one mode of each rate: it is run again beside what it has found, until it finds
        nothing slower.
        """
        rates, modes = self._refine(self._iterate(m, self.still))
        while m < self.operator.shape[0] - self.still.shape[1]:
            from scipy.sparse import csr_array, hstack

            more, others = self._refine(self._iterate(m, hstack([self.still, csr_array(modes)], format="csr")))
            slower = more < rates[-1] - CONVERGED * self.bound
            if not slower.any():
                break
            rates, modes = self._refine(np.column_stack([modes, others[:, slower]]))
            rates, modes = rates[:m], modes[:, :m]
        return rates, modes

    def _iterate(self, m: int, known: csr_array) -> NDArray:
        """Orthonormal modes of m small rates, none of them known."""
        from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

        n = self.operator.shape[0]
        m = min(m, n - known.shape[1], n - 1)
        start = np.random.default_rng(known.shape[1]).standard_normal(n)

        def off(v: NDArray) -> NDArray:
            return v - known @ (known.T @ v)

        def largest(apply: Callable[[NDArray], NDArray]) -> NDArray:
            operator = LinearOperator((n, n), matvec=lambda v: off(apply(off(v))), dtype=float)
            return eigsh(operator, m, which="LA", v0=start, tol=TOLERANCE, ncv=min(n, 2 * m + WIDTH), maxiter=RESTARTS)[1]

        try:
            if not self._is_narrow and "_inverse" not in self.__dict__:
                with suppress(ArpackError) if self.factor is not None else nullcontext():
                    return largest(lambda v: 2 * self.bound * v - self.operator @ v)
            return largest(self._inverse.solve)
        except (ArpackError, MemoryError) as error:
            raise UnfinishedError(f"{m} slow modes did not converge ({error}); ask for fewer") from None

    @cached_property
    def _is_narrow(self) -> bool:
        """Whether S has an inverse with sparse factors: in some order, entries of rows lie close to the diagonal."""
        if self.factor is None:
            return False
        from scipy.sparse.csgraph import reverse_cuthill_mckee

        order = reverse_cuthill_mckee(self.operator, symmetric_mode=True)
        row, column = self.operator[order][:, order].tocoo().coords
        reach = np.zeros(len(order), dtype=np.int64)
        np.maximum.at(reach, row, row - column)
        return int(reach.sum()) <= FILLED

    @cached_property
    def _inverse(self):
        """(S + shift)^-1, factored."""
        from scipy.sparse import eye_array
        from scipy.sparse.linalg import splu

        shifted = self.operator + SHIFT * self.bound * eye_array(self.operator.shape[0])
        return splu(shifted.tocsc(), permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})


def sparse_flow(weights: Weights) -> SparseFlow:
    """The flow of type means and labels, in the coordinates of :mod:`theory.coupling.reduction`."""
    from scipy.sparse import block_array

    links = weights.types.tocoo()
    of_type, label = links.coords
    size, counts = len(weights.counts), weights.counts
    roots = np.concatenate([np.sqrt(weights.sample_mobility / counts), np.sqrt(weights.label_mobility)])
    adjacency = block_array([[None, weights.types], [weights.types.T, None]], format="csr")
    return flow_of_links(links.data * counts[of_type], of_type, label + size, roots, adjacency)


def spectrum_of_flow(flow: SparseFlow, k: int, label_mobility: NDArray) -> Spectrum:
    """The k slowest modes of type means and labels."""
    rates, moving = flow.slow_modes(k)
    modes = np.column_stack([flow.still[:, : len(rates) - moving.shape[1]].toarray(), moving])
    labels = np.sqrt(label_mobility)[:, None] * modes[-len(label_mobility) :]
    residuals = np.linalg.norm(flow.operator @ modes - modes * rates, axis=0) / flow.bound
    return Spectrum(rates, labels / np.linalg.norm(labels, axis=0), residuals, "Lanczos iteration on all links")


def rates_within_types(weights: Weights, limit: int) -> NDArray:
    """Rates at which samples of one type come together, as often as they occur; at most ``limit`` of each."""
    return np.repeat(weights.sample_mobility * weights.sample_degrees, np.minimum(weights.counts - 1, limit))


def flow_without_links(operator: csr_array) -> SparseFlow:
    """The flow of S as it is, of moments or with pairs that repel, whose zero modes are not told apart."""
    from scipy.sparse import csr_array

    return SparseFlow(operator, csr_array((operator.shape[0], 0)))


def flow_of_views(A: csr_array, mobility: NDArray) -> SparseFlow:
    """The flow of one encoder of two views, whose positive pairs have symmetric weights A (N, N)."""
    from scipy.sparse import triu

    links = triu(A, k=1, format="coo")
    first, second = links.coords
    return flow_of_links(links.data, first, second, np.sqrt(mobility), A)


def flow_of_links(weights: NDArray, first: NDArray, second: NDArray, roots: NDArray, adjacency: csr_array) -> SparseFlow:
    """The flow of links of given weights and ends, with the roots of the mobilities of all nodes."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    link, n, root = np.arange(len(weights)), len(roots), np.sqrt(weights)
    entries = np.concatenate([root * roots[first], -root * roots[second]])
    factor = csr_array((entries, (np.tile(link, 2), np.concatenate([first, second]))), shape=(len(weights), n))
    count, of = connected_components(adjacency, directed=False)
    lengths = np.sqrt(np.bincount(of, weights=roots**-2.0))
    still = csr_array((1 / roots / lengths[of], (np.arange(n), of)), shape=(n, count))
    return SparseFlow((factor.T @ factor).tocsr(), still, factor)


def chebyshev_weights(z: float) -> NDArray:
    r""":math:`(2-\delta_{k0})e^{-z}I_k(z)`, as many as count beside rounding; they are positive, and sum to one."""
    from scipy.special import ive

    found = ive(np.arange(int(10 * np.sqrt(z) + 30)), z)
    found[1:] *= 2
    return found[: np.count_nonzero(found > EPS / 100)]
