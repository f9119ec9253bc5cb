"""The figures, on matplotlib, without its global state."""

from derivations.figures.animations import animate, check_film
from derivations.figures.claims import contraction, couplings, prevention, solution, teacher, time_scales
from derivations.figures.diagnosis import diagnosis
from derivations.figures.dimensional import dimensional_collapse
from derivations.figures.dmft import agreement, nonlinear
from derivations.figures.encoders import encoder_training
from derivations.figures.frustrated import frustration
from derivations.figures.phases import phase_diagram
from derivations.figures.spectra import spectrum, spectrum_of_views
from derivations.figures.study import bifurcation_diagram, phase_plane, phase_portrait, runs_over_theory, series_of_rates
from derivations.figures.style import save_embedded, save_figure
from derivations.figures.survival import survival
from derivations.figures.trajectories import trajectory
from derivations.figures.two_scales import two_time_scales

__all__ = [
    "agreement",
    "animate",
    "bifurcation_diagram",
    "check_film",
    "contraction",
    "couplings",
    "diagnosis",
    "dimensional_collapse",
    "encoder_training",
    "frustration",
    "nonlinear",
    "phase_diagram",
    "phase_plane",
    "phase_portrait",
    "prevention",
    "runs_over_theory",
    "save_embedded",
    "save_figure",
    "series_of_rates",
    "solution",
    "spectrum",
    "spectrum_of_views",
    "survival",
    "teacher",
    "time_scales",
    "trajectory",
    "two_time_scales",
]
