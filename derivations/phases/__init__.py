"""Phase diagrams: boundaries in closed form, proved cells, and simulated outcomes (the notes, §4)."""

from derivations.phases.diagrams import compute_diagram, share_agreeing, within_one_cell
from derivations.phases.outcomes import Outcomes
from derivations.phases.parameter_plane import ParameterPlane
from derivations.phases.regions import Phase, Turning, classify, classify_start
from derivations.phases.single_mode import StartOutcomes, basin_boundary
from derivations.phases.start_plane import StartPlane

__all__ = [
    "Outcomes",
    "ParameterPlane",
    "Phase",
    "StartOutcomes",
    "StartPlane",
    "Turning",
    "basin_boundary",
    "classify",
    "classify_start",
    "compute_diagram",
    "share_agreeing",
    "within_one_cell",
]
