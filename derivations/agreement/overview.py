"""All that the figure of the agreement shows, made at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from derivations.agreement.deviations import Deviations, against_classes, against_links, response_of, sampled_deviations
from derivations.agreement.sampled import sampled_coupling, simulated_variance
from derivations.drawing import Drawn
from theory.dmft import Band, Pairs
from theory.dmft.ensembles import EnsembleName
from theory.simulation.observables import StartPoints

EXACT = {name: Pairs(name, 2, 4) for name in get_args(EnsembleName)}
CLOSED = {name: replace(pairs, closure="large-c") for name, pairs in EXACT.items()}
SIZES = (40, 63, 100, 159, 252, 400)
STARTS: dict[EnsembleName, int] = {"regular": 12, "poisson": 24}


@dataclass(frozen=True, eq=False)
class AgreementStudy(Drawn):
    """Theory over simulation.

    Attributes
    ----------
    times, curves
        label variances (T,) of ensembles in their closures.
    points
        of simulations, by ensemble.
    band, spectra
        of regular pairs, and sampled squared correlations without the outlier.
    classes
        deviations against the number of classes, of those that are exact.
    level
        the deviation of the large-c closure of regular pairs from the cavity, and of sampled couplings from it, by classes.
    links
        levels of the large-c closure against the number of links, by ensemble.
    """

    drawn_by = "agreement"

    times: NDArray
    curves: dict[Pairs, NDArray]
    points: dict[EnsembleName, StartPoints]
    band: Band
    spectra: NDArray
    classes: dict[Pairs, Deviations]
    level: tuple[float, NDArray, list[StartPoints]]
    links: dict[EnsembleName, Deviations]


def study_agreement(seed: int = 0, progress: Callable[[str], None] = lambda done: None) -> AgreementStudy:
    """Make all runs: about a minute."""
    times = np.geomspace(0.05, 30, 60)
    curves = {pairs: response_of(pairs).variance(times) for pairs in (*EXACT.values(), *CLOSED.values())}
    seeds, spots = range(seed, seed + 6), np.geomspace(0.1, 20, 12)
    points = {name: simulated_variance(pairs, 400, spots, seeds) for name, pairs in EXACT.items()}
    progress("variance")
    found, late = {}, 10.0
    for name, starts in STARTS.items():
        found[EXACT[name]] = against_classes(response_of(EXACT[name]), SIZES, late, range(seed, seed + starts))
        progress(f"deviations, {name}")
    exact, closed = (float(response_of(closure["regular"]).variance(late)) for closure in (EXACT, CLOSED))
    apart = [sampled_deviations(CLOSED["regular"], K, [late], seeds) for K in SIZES[:-1]]
    links: dict[EnsembleName, Deviations] = {
        "regular": against_links("regular", [16, 24, 32, 48, 64, 96, 128], 3.0),
        "poisson": against_links("poisson", [4, 8, 16, 32, 64], 1.0),
    }
    progress("deviations against links")
    spectra = np.concatenate([sampled_coupling(EXACT["regular"], 600, k).modes()[1:] ** 2 for k in seeds])
    level = (abs(exact / closed - 1), np.array(SIZES[:-1]), apart)
    return AgreementStudy(times, curves, points, Band("regular", 2, 4), spectra, found, level, links)
