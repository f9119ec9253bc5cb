"""The figures of a study: bifurcations, phase portraits, planes of parameters, runs over theory, and slow rates."""

from derivations.figures.study.bifurcations import bifurcation_diagram
from derivations.figures.study.diagram import certify_branches
from derivations.figures.study.planes import phase_plane
from derivations.figures.study.portrait import phase_portrait
from derivations.figures.study.rates import series_of_rates
from derivations.figures.study.runs import runs_over_theory

__all__ = ["bifurcation_diagram", "certify_branches", "phase_plane", "phase_portrait", "runs_over_theory", "series_of_rates"]
