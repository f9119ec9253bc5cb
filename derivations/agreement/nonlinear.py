r"""Simulations of a nonlinear head :math:`x\mapsto f(Wx)`, all of it, beside the single sites of :mod:`theory.dmft`.

K classes of ``uniform`` couplings in d dimensions, n samples each, of which a fraction couples to every label alike;
mobilities one over the degrees, that of the head :math:`\gamma/nK`, both targets stopped.

>>> sites = SingleSite(TANH, fraction=0.2)
>>> found = simulated_sites(sites, samples=5, classes=64, dimension=8, times=[1.0], seeds=range(3))
>>> bool(abs(found.head.mean[0] / sites.trajectory([1.0]).head[0] - 1) < 0.1)
True

Reference: the notes, §§1, 4.

When it fails: the cost grows with :math:`d^2nK`; a steep f asks for many steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.agreement.deviations import Deviations
from derivations.agreement.power_law import fit_power_law
from derivations.drawing import Drawn
from theory.dmft import ERF, LINEAR, TANH, Nonlinearity, SingleSite, SiteCurve
from theory.errors import InputError, UnfinishedError
from theory.simulation.observables import StartPoints, points_of_runs

FUNCTIONS = {"linear": LINEAR, "tanh": TANH, "erf": ERF}
FRACTION, SAMPLES, DIMENSION, LATE = 0.2, 5, 16, 3.0
RATIOS = (1, 2, 3, 5, 8)  # of classes to dimensions


@dataclass(frozen=True, eq=False)
class SitePoints:
    """The mean of the head's diagonal and the mean square of labels, over starts."""

    head: StartPoints
    labels: StartPoints


def simulated_sites(
    sites: SingleSite, samples: int, classes: int, dimension: int, times: ArrayLike, seeds: Sequence[int]
) -> SitePoints:
    """Heads and labels of direct integrations, from normal embeddings and a multiple of the identity, one start a seed.

    Parameters
    ----------
    sites
        whose function, fraction, rates and start are taken.
    samples, classes, dimension
        n, K and d.
    times
        (T,), increasing.

    Raises
    ------
    InputError
        unless the frustrated samples of a class are a whole number.
    UnfinishedError
        where SciPy's integration stops.
    """
    frustrated = round(sites.fraction * samples)
    if abs(frustrated - sites.fraction * samples) > 1e-9:
        got = f"{samples} samples, {sites.fraction * samples:.6g} frustrated"
        raise InputError("whole numbers of samples of either kind", got, "change samples")
    grid = np.asarray(times, dtype=float)
    runs = np.array(
        [_integrate_sites(sites, (classes, samples - frustrated, frustrated), dimension, grid, seed) for seed in seeds]
    )
    return SitePoints(points_of_runs(grid, runs[:, 0]), points_of_runs(grid, runs[:, 1]))


@dataclass(frozen=True, eq=False)
class NonlinearStudy(Drawn):
    """A study, by name of the function: single sites, simulations of most classes, deviations of w at one time against K/d."""

    drawn_by = "nonlinear"

    curves: dict[str, SiteCurve]
    points: dict[str, SitePoints]
    classes: dict[str, Deviations]


def nonlinear_study(
    functions: Mapping[str, Nonlinearity] = FUNCTIONS, ratios: Sequence[int] = RATIOS, starts: int = 20, seed: int = 0
) -> NonlinearStudy:
    """Make all runs: about ten seconds."""
    times, spots, seeds = np.linspace(0.1, 5, 50), np.array([0.25, 0.5, 1.0, 2.0, LATE, 4.0, 5.0]), range(seed, seed + starts)
    curves, points, classes = {}, {}, {}
    for name, function in functions.items():
        sites = SingleSite(function, FRACTION)
        curves[name] = sites.sampled(times, SAMPLES, seed=seed)
        points[name] = simulated_sites(sites, SAMPLES, max(ratios) * DIMENSION, DIMENSION, spots, seeds)
        classes[name] = against_ratios(sites, ratios, seeds)
    return NonlinearStudy(curves, points, classes)


def against_ratios(sites: SingleSite, ratios: Sequence[int], seeds: Sequence[int]) -> Deviations:
    """Relative deviations of the head of single sites from that of simulations, against K/d: like its inverse."""
    limit = sites.sampled([LATE], SAMPLES, classes=8000)
    heads = [simulated_sites(sites, SAMPLES, r * DIMENSION, DIMENSION, [LATE], seeds).head for r in ratios]
    sizes = np.array([abs(1 - head.mean[0] / limit.head[0]) for head in heads])
    errors = np.array([np.hypot(head.error[0], limit.errors[0, 0]) for head in heads]) / limit.head[0]
    return Deviations(np.array(ratios), sizes, errors, fit_power_law(ratios, sizes, errors), -1.0)


def _integrate_sites(
    sites: SingleSite, counts: tuple[int, int, int], d: int, times: NDArray, seed: int
) -> tuple[NDArray, NDArray]:
    from scipy.integrate import solve_ivp

    K, pure, frustrated = counts
    rng = np.random.default_rng(seed)
    blocks = [sites.w0 * np.eye(d), *(rng.standard_normal((d, size)) for size in (K, K * pure, K * frustrated))]
    cuts = np.cumsum([block.size for block in blocks])[:-1]

    def velocity(_: float, state: NDArray) -> NDArray:
        W, Y, X, Z = (block.reshape(d, -1) for block in np.split(state, cuts))
        return np.concatenate([moved.ravel() for moved in _site_velocities(sites, counts, W, Y, X, Z)])

    start = np.concatenate([block.ravel() for block in blocks])
    found = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, rtol=1e-6, atol=1e-8)
    if not found.success:
        raise UnfinishedError(f"the integration stopped: {found.message}; ask for earlier times")
    head, labels = np.split(found.y, cuts)[:2]
    return np.einsum("iit->t", head.reshape(d, d, -1)) / d, np.mean(labels**2, axis=0)


def _site_velocities(
    sites: SingleSite, counts: tuple[int, int, int], W: NDArray, Y: NDArray, X: NDArray, Z: NDArray
) -> tuple[NDArray, ...]:
    """Velocities of head (d, d), labels (d, K), pure and frustrated samples, by classes (d, K n)."""
    (K, pure, frustrated), (d, _) = counts, Y.shape
    n = pure + frustrated
    felt = (X.reshape(d, K, pure).sum(axis=2) + Z.sum(axis=1, keepdims=True) / K) / n
    head, moved = -sites.kappa * W, []
    targets = ((Y, felt, n), (X, np.repeat(Y, pure, axis=1), 1), (Z, Y.mean(axis=1, keepdims=True), 1))
    for at, target, degree in targets:
        pull = sites.function.pull(W @ at, target)
        head = head - sites.gamma * degree / (n * K) * pull @ at.T
        moved.append(-W.T @ pull - sites.lam * at)
    return head, *moved
