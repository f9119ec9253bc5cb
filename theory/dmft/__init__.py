"""Dynamical mean-field theory: what couplings drawn from an ensemble do on average, without drawing any (§6 of the notes).

* :class:`LabelResponse`: the response of labels, their variance and separation in time.
* :class:`Band`: the density of canonical correlations, its edges and sum rules.
* :class:`MeanFieldHead`: a linear head in the mean field of all :class:`Modes`, its steady states, its ageing.
* :func:`critical_fraction`: the line beyond which no class mode survives decay.
* :class:`SingleSite`: a nonlinear head, one component at a time.
"""

from theory.dmft.bands import Band
from theory.dmft.ensembles import Pairs
from theory.dmft.mean_field import HeadCurve, MeanFieldHead, SteadyState
from theory.dmft.mode_measure import Modes, outlier_mass
from theory.dmft.phase_line import critical_fraction, share_above
from theory.dmft.populations import PopulationSize
from theory.dmft.response import Curve, LabelResponse
from theory.dmft.self_consistency import Solution
from theory.dmft.single_site import ERF, LINEAR, TANH, Nonlinearity, SingleSite, SiteCurve

__all__ = [
    "ERF",
    "LINEAR",
    "TANH",
    "Band",
    "Curve",
    "HeadCurve",
    "LabelResponse",
    "MeanFieldHead",
    "Modes",
    "Nonlinearity",
    "Pairs",
    "PopulationSize",
    "SingleSite",
    "SiteCurve",
    "Solution",
    "SteadyState",
    "critical_fraction",
    "outlier_mass",
    "share_above",
]
