r"""A wide random head: dynamical mean-field theory of two times (§6 of the notes).

Stop-gradient on both sides, :math:`H=D^{-1}`, embeddings of :math:`d\to\infty` dimensions, a fixed number of modes, head
mobility :math:`\gamma/d`, a start :math:`W(0)=w_0\mathbb 1+g\,\xi/\sqrt d` with independent standard normal entries
:math:`\xi`.  The random head answers: a mode feels coloured noise and an echo of its own past
(:mod:`theory.dmft.wide.equations`).  Modes whose starts are independent do not feel each other.

Grids are halved, and values at zero step extrapolated from two of them; the error is the change of what is extrapolated at the
next halving.

>>> import numpy as np
>>> head = WideHead(correlation=0.8, start=0.5, spread=0.5, gamma=1.0)
>>> found = head.trajectory([0.0, 1.0, 5.0])
>>> found.variance.round(3), bool(found.errors.max() < 1e-3)
(array([1.   , 1.039, 1.161]), True)

*Small labels* (:math:`\gamma\sigma^2\to0`) grow at a rate known in closed form, and without decay do so exactly for
:math:`-g<w_0<\mu+g`:

>>> round(head.growth_rates()[0], 4), head.protected[0]
(0.107, True)

When it fails: as many modes as dimensions.  Overlaps of different modes are of order :math:`d^{-1/2}` each, and k modes take
off a relative amount of order k/d (measured in the documentation); in single draws mean squares fluctuate by
:math:`\sqrt{2/d}`.  Give ``dimension``, and this order is stated, and what is out of reach refused.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.coupling.coupling import Coupling
from theory.dmft.bands import Band
from theory.dmft.response import check_digits
from theory.dmft.wide import equations, limits
from theory.dmft.wide.causal import Group, Kernels, solve_causally
from theory.dmft.wide.curve import WideCurve
from theory.dmft.wide.halving import LONGEST, Halved, graded_times, halve_steps
from theory.dmft.wide.modes import WideModes, modes_of_band, modes_of_coupling
from theory.errors import InputError, UnfinishedError

FEWEST, LARGEST = 16, 3200  # steps to begin with, and rows (steps times modes of a group) at the end
CROWDED = 0.5  # modes for each dimension, beyond which nothing is said


@dataclass(frozen=True)
class RestingMode:
    r"""A constant state of a mode: the head on it, its variance, and whether it is the stable one of the two."""

    eigenvalue: Any
    variance: Any
    stable: bool


@dataclass(frozen=True, eq=False)
class WideHead:
    r"""Modes beside a wide random head.

    Parameters
    ----------
    correlation
        :math:`\mu`, of one mode or of several (k,); or :class:`~theory.dmft.wide.modes.WideModes`.
    start, spread
        :math:`w_0` and :math:`g\ge0` of :math:`W(0)=w_0\mathbb 1+g\xi/\sqrt d`.
    gamma
        mobility of the head times d.
    lam, kappa
        decays of embeddings and head.
    variance
        of the starts, for each dimension: one for all, one for each mode (k,), or a covariance (k, k).
    dimension
        d, where it is known: too many modes for it are refused, and :attr:`crowding` says how many there are.
    tolerance
        largest error that is returned, relative to the largest variance at the start.

    Raises
    ------
    InputError
        for numbers outside these ranges, a covariance that is none, and more modes than half the dimension.
    """

    correlation: ArrayLike | WideModes
    start: float = 1.0
    spread: float = 0.0
    gamma: float = 1.0
    lam: float = 0.0
    kappa: float = 0.0
    variance: ArrayLike = 1.0
    dimension: int | None = None
    tolerance: float = 1e-3

    def __post_init__(self):
        require.real(self.start, "start as a finite number")
        for name in ("gamma", "tolerance"):
            require.positive(getattr(self, name), name)
        for name in ("spread", "lam", "kappa"):
            require.real(getattr(self, name), f"{name} as a finite number of at least 0", least=0)
        if self.dimension is not None:
            require.whole(self.dimension, "a dimension of at least 1", least=1)
        if self.crowding is not None and self.crowding > CROWDED:
            got = f"{self.modes.copies.sum():g} modes in {self.dimension} dimensions"
            raise InputError("at most one mode for two dimensions", got, "add dimensions, or simulate: modes feel each other")

    @classmethod
    def of(cls, given: Coupling | Band, variance: float = 1.0, **parameters: Any) -> WideHead:
        """The head beside all modes of a coupling or of a regular band; ``parameters`` are those of the class.

        Embeddings start with independent entries of this variance.
        """
        require.positive(variance, "variance")
        make: Callable[..., WideModes] = modes_of_band if isinstance(given, Band) else modes_of_coupling
        return cls(make(given, variance), **parameters)

    @cached_property
    def modes(self) -> WideModes:
        """What is beside the head."""
        if isinstance(self.correlation, WideModes):
            return self.correlation
        mu = np.atleast_1d(require.finite(self.correlation, "correlations from -1 to 1", least=-1, most=1))
        expected = "a positive variance, one for each mode, or their covariance"
        given = require.finite(self.variance, expected)
        if mu.ndim > 1 or given.shape not in ((), mu.shape, 2 * mu.shape):
            raise InputError(expected, f"{mu.shape} correlations and {given.shape} variances", "make their numbers agree")
        covariance = given if given.ndim == 2 else np.diag(np.broadcast_to(given, mu.shape))
        if not np.allclose(covariance, covariance.T):
            raise InputError(expected, "one that is not symmetric", "correct it")
        if np.linalg.eigvalsh(covariance)[0] < -1e-9 * np.abs(covariance).max() or np.any(np.diag(covariance) <= 0):
            raise InputError(expected, "one with a negative eigenvalue", "correct it")
        return WideModes(mu, covariance, np.ones(mu.size), np.zeros((0, mu.size)))

    @property
    def crowding(self) -> float | None:
        """Modes for each dimension, the order of what is left out, where the dimension is known."""
        return None if self.dimension is None else float(self.modes.copies.sum() / self.dimension)

    @cached_property
    def problems(self) -> tuple[Group, ...]:
        """The groups of modes, each a problem of its own."""
        rates = self.start, self.spread, self.gamma, self.lam, self.kappa
        modes = self.modes
        return tuple(Group(modes.correlations[g], modes.covariance[np.ix_(g, g)], *rates) for g in modes.groups)

    # -- in time -------------------------------------------------------------------------------------------------------

    def trajectory(self, times: ArrayLike) -> WideCurve:
        """The solution at increasing times (T,), from 0.

        Raises
        ------
        InputError
            for times that are negative, not finite, or do not increase.
        UnfinishedError
            where the tolerance is not reached.
        """
        t = require.times(times)
        until = float(t[-1]) or 1.0
        steps = max(FEWEST, int(np.ceil(until * self._stiffness / LONGEST / 2)))
        halvings = self._halvings(steps)
        if halvings < 2:
            raise UnfinishedError(f"kernels up to t = {until:.4g} need {4 * steps} steps or more; ask for earlier times")
        found = halve_steps(lambda n: self._observe(until, n, t), steps, halvings, self._scale, self.tolerance)
        return self._curve(t, found)

    def _halvings(self, steps: int) -> int:
        """How often a step can be halved."""
        rows = steps * max(len(problem.correlations) for problem in self.problems)
        return int(np.log2(max(1.0, LARGEST / rows)))

    def kernels(self, until: float, steps: int) -> tuple[Kernels, ...]:
        """Two-time functions of each group of modes on so many steps (:func:`graded_times`), of second order in the step.

        Raises
        ------
        UnfinishedError
            where they blow up; the time is named.
        """
        require.positive(until, "time")
        require.whole(steps, "a positive number of steps", least=1)
        return _solve_each(self.problems, lambda group: solve_causally(group, graded_times(until, steps)))

    def precise_kernels(self, until: float, steps: int, digits: int) -> tuple[Kernels, ...]:
        """The same to ``digits`` digits, 15 to 50, as arrays of mpmath numbers: slow, to certify :meth:`kernels`."""
        check_digits(digits)
        with mp.workdps(digits):
            return tuple(solve_causally(group, graded_times(until, steps), mp.mpf, mp.exp) for group in self.problems)

    @property
    def _stiffness(self) -> float:
        """What the rates of modes beside the start of the head do not exceed by much."""
        _, most = limits.singular_edges(self.start, self.spread)
        mu, masses = np.abs(self.modes.correlations).max(), self.gamma * np.diag(self.modes.covariance).max()
        return float(most * (most + mu) + masses + self.lam + self.kappa)

    @property
    def _scale(self) -> float:
        return float(np.diag(self.modes.covariance).max())

    def _observe(self, until: float, steps: int, times: NDArray) -> tuple[NDArray | None, tuple[Kernels, ...]]:
        """Equal-time functions of all groups, and the trace, as rows at the times; None where steps are too long."""
        from scipy.integrate import cumulative_trapezoid
        from scipy.interpolate import make_interp_spline

        try:
            kernels = self.kernels(until, steps)
        except UnfinishedError:
            return None, ()
        grid = kernels[0].times
        parts = [kernel.one_time(name).reshape(len(grid), -1) for name in _NAMES for kernel in kernels]
        pull = sum(
            kernel.one_time("mixed").diagonal(axis1=1, axis2=2) @ self.modes.copies[group]
            for kernel, group in zip(kernels, self.modes.groups, strict=True)
        )
        grown = np.exp(self.kappa * (grid - until))
        trace = -self.gamma * cumulative_trapezoid(grown * pull, grid, initial=0) / grown
        rows = np.column_stack([*parts, trace])
        return make_interp_spline(grid, rows, k=3)(times), kernels

    def _curve(self, times: NDArray, found: Halved) -> WideCurve:
        k, start, rows = len(self.modes.correlations), 0, found.values
        arrays = {name: np.zeros((len(times), k, k)) for name in _NAMES}
        for array in arrays.values():
            for group in self.modes.groups:
                size = len(group)
                array[:, group[:, None], group] = rows[:, start : start + size**2].reshape(-1, size, size)
                start += size**2
        single = not isinstance(self.correlation, WideModes) and np.ndim(self.correlation) == 0
        return WideCurve(
            times,
            **arrays,
            head_trace=rows[:, -1],
            errors=found.errors,
            steps=found.steps,
            kernels=found.finest,
            modes=self.modes,
            start=self.start,
            spread=self.spread,
            kappa=self.kappa,
            single=single,
        )

    # -- in closed form --------------------------------------------------------------------------------------------------

    def growth_rates(self, digits: int = 15) -> list[Any]:
        r"""Rates at which small labels grow (k) beside a head at rest, :math:`\gamma=\kappa=0`; negative where they decay."""
        check_digits(digits)
        return [limits.growth_rate(mu, self.start, self.spread, self.lam, digits) for mu in self.modes.correlations]

    @property
    def protected(self) -> list[bool]:
        """Whether modes cannot vanish (k): without decay, those that the conserved quantity keeps, and those that grow when
        small.  Others may be kept, too."""
        if self.lam or self.kappa:
            return [False] * len(self.modes.correlations)
        kept = self.gamma * np.diag(self.modes.covariance) > equations.protected_mass(self.start, self.spread)
        return [bool(one or rate > 0) for one, rate in zip(kept, self.growth_rates(), strict=True)]

    def steady_states(self, digits: int = 15) -> tuple[tuple[RestingMode, ...], ...]:
        """For each mode the constant states with decay, the stable one first; none beyond the critical decay.

        Zero is stable at every positive decay: which of the two is reached depends on the start.

        Raises
        ------
        InputError
            unless both decays are positive: without, what is left depends on the whole way there.
        """
        check_digits(digits)
        if self.lam == 0 or self.kappa == 0:
            got = f"{self.lam} and {self.kappa}"
            raise InputError("positive decays lam and kappa", got, "without them follow trajectory() to late times")
        return tuple(self._resting(float(mu), digits) for mu in self.modes.correlations)

    def _resting(self, mu: float, digits: int) -> tuple[RestingMode, ...]:
        if 4 * self.lam >= mu**2 or mu == 0:
            return ()
        states = []
        with mp.workdps(digits + 10):
            for ratio, stable in zip(limits.resting_ratios(mu, self.lam, digits), (True, False), strict=True):
                head, variance = equations.resting_head(mu, ratio), equations.resting_variance(ratio, self.gamma, self.kappa)
                states.append(RestingMode(limits.rounded(head, digits), limits.rounded(variance, digits), stable))
        return tuple(states)


_NAMES = ("states", "residuals", "mixed")


def _solve_each(problems: Sequence[Group], solve: Callable[[Group], Kernels]) -> tuple[Kernels, ...]:
    """Solutions of all problems, each different one solved once, on threads with one of BLAS each."""
    from threadpoolctl import threadpool_limits

    def key(group: Group) -> tuple:
        scale = np.abs(group.covariance).max()
        return tuple(group.correlations.round(12)), tuple((group.covariance / scale).round(12).ravel()), float(f"{scale:.12g}")

    different = {key(group): group for group in problems}
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        solved = dict(zip(different, pool.map(solve, different.values()), strict=True))
    return tuple(solved[key(group)] for group in problems)
