"""What is derived from models of representation collapse, and how it is shown."""

from derivations.analysis.conserved import FirstIntegrals, first_integrals
from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.certify import Certificate, certify
from derivations.analysis.linearisation.lyapunov import QuadraticLyapunov, quadratic_lyapunov
from derivations.analysis.linearisation.stability import Stability, Verdict, stability
from derivations.analysis.maps.fluctuations import Fluctuations, fluctuations
from derivations.analysis.maps.numerical import StationaryFluctuations, StepLimit, edge_at, stationary_fluctuations
from derivations.analysis.maps.steps import StepEdge, step_edge
from derivations.analysis.modes.ansatz import Ansatz, mode_ansatz, whole_model_ansatz
from derivations.analysis.modes.reduction import Reduction, reduce_to_modes
from derivations.analysis.modes.sectors import Sectors, sectors
from derivations.analysis.points.fixed_points import FixedPoint, FixedPoints, fixed_points
from derivations.catalogue import derive, names
from derivations.diagnosis import Diagnosis, diagnose
from derivations.engine import Derivation, Line, Step, Verification
from derivations.placement import PlacementTable, placement_table
from derivations.sweeps import sweep

__all__ = [
    "Ansatz",
    "Certificate",
    "Derivation",
    "Diagnosis",
    "FirstIntegrals",
    "FixedPoint",
    "FixedPoints",
    "Fluctuations",
    "Line",
    "PlacementTable",
    "QuadraticLyapunov",
    "Reduction",
    "Sectors",
    "Stability",
    "StationaryFluctuations",
    "Step",
    "StepEdge",
    "StepLimit",
    "TimeScales",
    "Verdict",
    "Verification",
    "certify",
    "derive",
    "diagnose",
    "edge_at",
    "first_integrals",
    "fixed_points",
    "fluctuations",
    "mode_ansatz",
    "names",
    "placement_table",
    "quadratic_lyapunov",
    "reduce_to_modes",
    "sectors",
    "stability",
    "stationary_fluctuations",
    "step_edge",
    "sweep",
    "time_scales",
    "whole_model_ansatz",
]
