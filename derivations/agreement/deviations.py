"""Deviations of sampled couplings from the theory, and of one closure from the other (§6 of the notes).

>>> found = against_links("regular", [16, 32, 64, 128], time=3.0)
>>> found.law.agrees(found.expected), found.expected
(True, -1.0)

When it fails: at times at which the variance is below :math:`1/K`, where single modes are felt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.agreement.power_law import PowerLaw, fit_power_law
from derivations.agreement.sampled import expected_variances
from theory.dmft import LabelResponse, Pairs, PopulationSize
from theory.dmft.ensembles import EnsembleName
from theory.errors import UnfinishedError
from theory.simulation.observables import StartPoints, points_of_runs

LOUD = 2.0  # least deviation in errors of the theory that a fit is made of


@dataclass(frozen=True, eq=False)
class Deviations:
    """Relative deviations (n,) of a theory at n numbers of classes or of links, their standard errors, and the law they follow.

    Attributes
    ----------
    x
        numbers of classes or of links.
    values, errors
        sizes of deviations, and their standard errors.
    law
        fitted.
    expected
        the exponent that theory gives.
    """

    x: NDArray
    values: NDArray
    errors: NDArray
    law: PowerLaw
    expected: float


def against_classes(
    response: LabelResponse, classes: Sequence[int], time: float, seeds: Sequence[int] = range(8)
) -> Deviations:
    """Root mean square deviations of sampled couplings at one time, for ever more classes; of an exact closure they fall.

    Raises
    ------
    UnfinishedError
        where the error of the theory itself would be seen.
    """
    theory = response.relaxation(2 * time)
    value, own = float(theory.values), float(theory.errors / theory.values)
    squares = [(expected_variances(response.pairs, K, [time], seeds)[:, 0] / value - 1) ** 2 for K in classes]
    sizes = np.array([np.sqrt(np.mean(each)) for each in squares])
    errors = np.array([np.std(each, ddof=1) / np.sqrt(len(each)) for each in squares]) / (2 * sizes)
    _check_loud(classes, sizes, np.full(len(sizes), own))
    exponent, order = (-1.0, 1.0) if response.ensemble == "regular" else (-0.5, None)
    return Deviations(np.array(classes), sizes, errors, fit_power_law(classes, sizes, errors, order), exponent)


def against_links(
    ensemble: EnsembleName, links: Sequence[int], time: float, pure_per_link: float = 0.5, size: PopulationSize | None = None
) -> Deviations:
    """Deviations of the large-c closure from the cavity, to which those of couplings of many classes tend: like 1/c.

    Their errors are those of populations, and the second correction to the law, of relative order 1/c.

    Parameters
    ----------
    time
        in units of the root of the number of links.
    pure_per_link
        pure samples of a class, in proportion to its links.
    size
        of the populations of the Poisson cavity.

    Raises
    ------
    UnfinishedError
        where a deviation is lost in the standard error of populations.
    """
    sizes, errors = [], []
    for c in links:
        at = 2 * time * np.sqrt(c)
        closed = LabelResponse(ensemble, pure_per_link * c, c, closure="large-c").relaxation(at)
        exact = LabelResponse(ensemble, pure_per_link * c, c, closure="cavity", size=size or PopulationSize()).relaxation(at)
        sizes.append(abs(float(exact.values / closed.values) - 1))
        errors.append(float(np.hypot(exact.errors, closed.errors) / closed.values))
    found, noise = np.array(sizes), np.array(errors)
    _check_loud(links, found, noise)
    bars = np.hypot(noise, found / np.array(links))
    return Deviations(np.array(links), found, bars, fit_power_law(links, found, bars, order=0.5), -1.0)


def sampled_deviations(pairs: Pairs, classes: int, times: ArrayLike, seeds: Sequence[int] = range(8)) -> StartPoints:
    """Deviations of sampled couplings from the theory of their closure at times, their means and standard errors over seeds."""
    grid = np.asarray(times, dtype=float)
    return points_of_runs(grid, expected_variances(pairs, classes, grid, seeds) / response_of(pairs).variance(grid) - 1)


def _check_loud(x: Sequence[int], sizes: NDArray, errors: NDArray) -> None:
    if np.any(sizes < LOUD * errors):
        at = int(np.argmin(sizes / errors))
        lost = f"at {x[at]} the deviation {sizes[at]:.1g} is lost in the error {errors[at]:.1g} of the theory"
        raise UnfinishedError(f"{lost}; take larger populations, or fewer classes")


def response_of(pairs: Pairs, digits: int = 15) -> LabelResponse:
    """The response of an ensemble and its closure."""
    return LabelResponse(pairs.ensemble, pairs.pure_per_class, pairs.links, pairs.weight, pairs.closure, digits)
