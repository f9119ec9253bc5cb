"""Dynamical mean-field theory: what couplings drawn from an ensemble do on average, without drawing any (§6 of the notes).

* :class:`LabelResponse`: the response of labels, their variance and separation in time.
* :class:`Band`: the density of canonical correlations, its edges and sum rules.
"""

from theory.dmft.bands import Band
from theory.dmft.ensembles import Pairs
from theory.dmft.populations import PopulationSize
from theory.dmft.response import Curve, LabelResponse
from theory.dmft.self_consistency import Solution

__all__ = ["Band", "Curve", "LabelResponse", "Pairs", "PopulationSize", "Solution"]
