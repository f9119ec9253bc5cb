"""All that the figure of the agreement shows, made at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.agreement.deviations import Deviations, against_classes, against_links, response_of, sampled_deviations
from derivations.agreement.sampled import sampled_coupling, simulated_variance
from theory.dmft import Band, Pairs
from theory.simulation.observables import StartPoints

CURVES = {
    "regular, cavity": Pairs("regular", 2, 4),
    "regular, large-c": Pairs("regular", 2, 4, closure="large-c"),
    "Poisson, cavity": Pairs("poisson", 2, 4),
    "Poisson, large-c": Pairs("poisson", 2, 4, closure="large-c"),
}
SIZES = (40, 63, 100, 159, 252, 400)


@dataclass(frozen=True, eq=False)
class AgreementStudy:
    """Theory over simulation.

    Attributes
    ----------
    times, curves
        label variances (T,) of closures by name.
    points
        of simulations, by ensemble.
    band, spectra
        of regular pairs, and sampled squared correlations without the outlier.
    classes
        deviations against the number of classes, by closure, of those that are exact.
    level
        the deviation of the large-c closure of regular pairs from the cavity, and of sampled couplings from it, by classes.
    links
        levels of the large-c closure against the number of links, by ensemble.
    """

    times: NDArray
    curves: dict[str, NDArray]
    points: dict[str, StartPoints]
    band: Band
    spectra: NDArray
    classes: dict[str, Deviations]
    level: tuple[float, NDArray, list[StartPoints]]
    links: dict[str, Deviations]


def study_agreement(seed: int = 0, progress: Callable[[str], None] = lambda done: None) -> AgreementStudy:
    """Make all runs: about a minute."""
    times = np.geomspace(0.05, 30, 60)
    curves = {name: response_of(pairs).variance(times) for name, pairs in CURVES.items()}
    seeds, spots = range(seed, seed + 6), np.geomspace(0.1, 20, 12)
    points = {name: simulated_variance(CURVES[f"{name}, cavity"], 400, spots, seeds) for name in ("regular", "Poisson")}
    progress("variance")
    found, late = {}, 10.0
    for name, times_over in (("regular, cavity", 1), ("Poisson, cavity", 2)):
        found[name] = against_classes(response_of(CURVES[name]), SIZES, late, range(seed, seed + 12 * times_over))
        progress(f"deviations, {name}")
    exact, closed = (float(response_of(CURVES[f"regular, {closure}"]).variance(late)) for closure in ("cavity", "large-c"))
    apart = [sampled_deviations(CURVES["regular, large-c"], K, [late], seeds) for K in SIZES[:-1]]
    links = {
        "regular": against_links("regular", [16, 24, 32, 48, 64, 96, 128], 3.0),
        "Poisson": against_links("poisson", [4, 8, 16, 32, 64], 1.0),
    }
    progress("deviations against links")
    spectra = np.concatenate([sampled_coupling(CURVES["regular, cavity"], 600, k).modes()[1:] ** 2 for k in seeds])
    level = (abs(exact / closed - 1), np.array(SIZES[:-1]), apart)
    return AgreementStudy(times, curves, points, Band("regular", 2, 4), spectra, found, level, links)
