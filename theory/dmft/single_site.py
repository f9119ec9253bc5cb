r"""A nonlinear head :math:`x\mapsto f(Wx)` with stop-gradient on both sides, as single sites in the limit in which they close.

f acts on each component.  Samples of ``uniform`` couplings (§1 of the notes), :math:`H=D^{-1}`, head mobility
:math:`\gamma/\sum J`, standard normal starts and :math:`W(0)=w_0\mathbb 1`.  What closes, and when:

* :math:`K/d\to\infty`: an entry of W off the diagonal is a sum of uncorrelated terms of which there are K, of order
  :math:`K^{-1/2}`, and d of them reach a preactivation: :math:`W=w(t)\mathbb 1` up to a field of variance of order d/K.  Then
  every component is a copy of one scalar problem, whatever d.
* :math:`K\to\infty`: the mean label :math:`\bar y`, which frustrated samples couple to, is that of independent classes; a class
  feels others through :math:`w` and :math:`\bar y` alone.
* :math:`N/K\to\infty`: the mean of the samples of a class is that over their starts, given the label.

.. math:: \dot x=-wf'(wx)[f(wx)-y]-\lambda x,\quad\dot z=-wf'(wz)[f(wz)-\bar y]-\lambda z,\quad
          \dot y=-wf'(wy)[f(wy)-(1-\varphi)E_xx-\varphi E_zz]-\lambda y,

.. math:: \dot w=-\gamma\big\{(1-\varphi)E[f'(wx)(f(wx)-y)x]+\varphi E[f'(wz)(f(wz)-\bar y)z]
          +E[f'(wy)(f(wy)-(1-\varphi)E_xx-\varphi E_zz)y]\big\}-\kappa w

with pure samples x, frustrated ones z and labels y.  The starts are Gaussian, and later nothing is; but the flow is an analytic
map of the starts, over which the trapezoidal rule with Gaussian weights averages with an error exponential in the nodes
(Gauss-Hermite, whose error is exponential in their root, is behind at all times).  With a finite number of samples a class,
independent classes are drawn instead, with stratified starts, and independent runs give the error.

The velocities are those of the loss of one component (:func:`theory.models.single_component`), differentiated.

For :math:`f(h)=h` this is :class:`theory.dmft.MeanFieldHead` with modes at :math:`\pm\sqrt{1-\varphi}` and 0.

>>> found = SingleSite(TANH, fraction=0.2).trajectory([0.0, 1.0, 2.0])
>>> bool(found.errors.max() < 1e-5), round(found.labels[0].item(), 6)
(True, 1.0)

When it fails: d/K not small, by a relative error of that order; a head that starts with entries off the diagonal, where
preactivations mix all components; late times, when starts of either sign part and the map gets steep between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.dmft.crowding import LIMIT, share_of_dimensions
from theory.dmft.head_equations import head_rate
from theory.dmft.nonlinearity import ERF, LINEAR, TANH, Nonlinearity
from theory.errors import InputError, UnfinishedError

__all__ = ["ERF", "LINEAR", "TANH", "Nonlinearity", "SingleSite", "SiteCurve", "mean_felt", "mean_head_velocity"]

NODES = (16, 32, 64, 128, 256)  # of the quadrature over each start
REACH = 6.5  # standard deviations, beyond which a normal start lies once in 10^10


def mean_head_velocity(fraction: Any, labels: Any, pure: Any, frustrated: Any) -> Any:
    """The mean of the velocities of the head by labels, pure and frustrated samples; of arrays or expressions."""
    return labels + (1 - fraction) * pure + fraction * frustrated


def mean_felt(fraction: Any, pure: Any, frustrated: Any) -> Any:
    """The mean sample that a label feels."""
    return (1 - fraction) * pure + fraction * frustrated


@dataclass(frozen=True, eq=False)
class SiteCurve:
    """The head and mean squares of a component at T times.

    Attributes
    ----------
    times, head
        (T,): :math:`w(t)`.
    labels, pure, frustrated
        (T,): :math:`E y^2`, :math:`E x^2`, :math:`E z^2`.
    errors
        (4, T), of head, labels, pure and frustrated samples: changes when nodes were doubled, or standard errors of draws.
    limit, left_out
        where this holds, and the order d/K of what is left out, relative to the head, where both are known.
    """

    times: NDArray
    head: NDArray
    labels: NDArray
    pure: NDArray
    frustrated: NDArray
    errors: NDArray
    limit: str = LIMIT
    left_out: float | None = None


@dataclass(frozen=True, eq=False)
class Starts:
    """Starts and weights: labels (k,), pure samples of each (k, s), frustrated samples (r,)."""

    labels: NDArray
    pure: NDArray
    frustrated: NDArray
    of_labels: NDArray
    of_pure: NDArray
    of_frustrated: NDArray


@dataclass(frozen=True)
class SingleSite:
    r"""The dynamics of one component.

    Parameters
    ----------
    function
        f, odd.
    fraction
        :math:`\varphi` of frustrated samples, from 0 to 1.
    gamma, lam, kappa, w0
        as of :class:`theory.dmft.MeanFieldHead`.
    tolerance
        largest error of a quadrature that is returned.
    classes, dimension
        K and d, where they are known: results then have the order d/K of what they leave out.

    Raises
    ------
    InputError
        for numbers outside their ranges, and for more than one dimension for two classes.
    """

    function: Nonlinearity
    fraction: float
    gamma: float = 1.0
    lam: float = 0.0
    kappa: float = 0.0
    w0: float = 1.0
    tolerance: float = 1e-5
    classes: int | None = None
    dimension: int | None = None

    def __post_init__(self):
        require.real(self.w0, "w0 as a finite number, of w0 times the identity")
        share_of_dimensions(self.classes, self.dimension)
        require.real(self.fraction, "a fraction from 0 to 1", least=0, most=1)
        for name in ("gamma", "lam", "kappa", "tolerance"):
            require.real(getattr(self, name), f"{name} as a finite number of at least 0", least=0)

    def trajectory(self, times: ArrayLike) -> SiteCurve:
        """The head by quadrature, for many samples a class, at increasing times (T,).

        Raises
        ------
        InputError
            for times that are negative, not finite, or do not increase.
        UnfinishedError
            where the quadrature over the starts does not settle to the tolerance.
        """
        t = require.times(times)
        before = self._integrate(start_quadrature(NODES[0]), t)
        for nodes in NODES[1:]:
            now = self._integrate(start_quadrature(nodes), t)
            errors = np.abs(now - before)
            if np.max(errors, initial=0.0) < self.tolerance:
                return self._curve(t, now, errors)
            before = now
        raise UnfinishedError(
            f"averages over the starts are known to {np.max(errors):.1e} with {NODES[-1]} nodes each; "
            "ask for earlier times, raise tolerance, or use sampled()"
        )

    def sampled(self, times: ArrayLike, samples: int, classes: int = 1000, runs: int = 8, seed: int = 0) -> SiteCurve:
        """The head of classes drawn with so many samples each, in independent runs: means and their standard errors.

        Raises
        ------
        InputError
            unless the frustrated samples of a class are a whole number, there are classes, and at least two runs.
        """
        t, frustrated = require.times(times), round(self.fraction * samples)
        if min(classes, samples) < 1 or runs < 2 or abs(frustrated - self.fraction * samples) > 1e-9:
            got = f"{samples} samples, {self.fraction * samples:.6g} frustrated, {classes} classes, {runs} runs"
            raise InputError("whole numbers of samples of either kind, of classes, and two runs", got, "change samples")
        seeds = np.random.SeedSequence(seed).spawn(runs)
        found = np.array(
            [self._integrate(_draw_starts(classes, samples, frustrated, np.random.default_rng(s)), t, 1e-6) for s in seeds]
        )
        mean, errors = found.mean(axis=0), found.std(axis=0, ddof=1) / runs**0.5
        return self._curve(t, mean, errors)

    def _curve(self, t: NDArray, found: NDArray, errors: NDArray) -> SiteCurve:
        head, labels, pure, frustrated = found
        left_out = share_of_dimensions(self.classes, self.dimension)
        return SiteCurve(t, head, labels, pure, frustrated, errors, left_out=left_out)

    def _integrate(self, starts: Starts, t: NDArray, rtol: float = 1e-9) -> NDArray:
        """Head and mean squares of labels, pure and frustrated samples (4, T)."""
        from scipy.integrate import solve_ivp

        parts = (np.array([self.w0]), starts.labels, starts.pure.ravel(), starts.frustrated)
        cuts, begin = np.cumsum([part.size for part in parts])[:-1], np.concatenate(parts)

        def velocity(_: float, state: NDArray) -> NDArray:
            w, y, x, z = np.split(state, cuts)
            return np.concatenate([part.ravel() for part in self.velocity(starts, w, y, x.reshape(starts.pure.shape), z)])

        if not t.size or t[-1] == 0:
            states = np.tile(begin[:, None], (1, t.size))
        else:
            found = solve_ivp(velocity, (0.0, t[-1]), begin, method="DOP853", t_eval=t, rtol=rtol, atol=rtol / 100)
            if not found.success:
                raise UnfinishedError(f"the integration stopped: {found.message}; ask for earlier times")
            states = found.y
        w, y, x, z = np.split(states, cuts)
        squares = (x.reshape(*starts.pure.shape, -1) ** 2).transpose(2, 0, 1) @ starts.of_pure @ starts.of_labels
        return np.array([w[0], starts.of_labels @ y**2, squares, starts.of_frustrated @ z**2])

    def velocity(self, s: Starts, w: NDArray, y: NDArray, x: NDArray, z: NDArray) -> tuple[NDArray, ...]:
        """The velocity of the head, labels, pure samples of each label, and frustrated samples."""
        felt = mean_felt(self.fraction, x @ s.of_pure, s.of_frustrated @ z)
        (by_labels, labels), (by_pure, pure), (by_frustrated, frustrated) = (
            reversed(self.function.velocities(at, w, target, self.lam))
            for at, target in ((y, felt), (x, y[:, None]), (z, s.of_labels @ y))
        )
        means = s.of_labels @ by_labels, s.of_labels @ by_pure @ s.of_pure, s.of_frustrated @ by_frustrated
        head = head_rate(-mean_head_velocity(self.fraction, *means), w, self.gamma, self.kappa)
        return head, labels, pure, frustrated


def start_quadrature(count: int) -> Starts:
    """A trapezoidal rule for standard normal starts of label and sample."""
    at = np.linspace(-REACH, REACH, count)
    weights = np.exp(-(at**2) / 2)
    weights /= weights.sum()
    return Starts(at, np.tile(at, (count, 1)), at, weights, weights, weights)


def _draw_starts(classes: int, samples: int, frustrated: int, rng: np.random.Generator) -> Starts:
    """The starts of so many classes, with samples of their own."""
    pure, shared = samples - frustrated, classes * frustrated
    labels, own, others = (_draw_normals(size, rng) for size in (classes, classes * pure, shared))
    return Starts(
        labels, own.reshape(classes, pure), others, *(np.full(size, 1 / max(size, 1)) for size in (classes, pure, shared))
    )


def _draw_normals(size: int, rng: np.random.Generator) -> NDArray:
    """Standard normal numbers in random order, one from each of so many equally likely intervals."""
    from scipy.special import ndtri

    return rng.permutation(ndtri((np.arange(size) + rng.random(size)) / max(size, 1)))
