from .analysis.conserved import (
    Conserved as Conserved,
    FirstIntegrals as FirstIntegrals,
    first_integrals as first_integrals,
    integrals_with_rates as integrals_with_rates,
)
from .analysis.expansions.rates import TimeScales as TimeScales
from .analysis.expansions.time_scales import time_scales as time_scales
from .analysis.linearisation.certify import Certificate as Certificate, certify as certify
from .analysis.linearisation.lyapunov import QuadraticLyapunov as QuadraticLyapunov, quadratic_lyapunov as quadratic_lyapunov
from .analysis.linearisation.stability import Stability as Stability, stability as stability
from .analysis.linearisation.verdicts import Verdict as Verdict
from .analysis.linearisation.whole_states import WholeStability as WholeStability, whole_stability as whole_stability
from .analysis.maps.fluctuations import Fluctuations as Fluctuations, fluctuations as fluctuations
from .analysis.maps.numerical import (
    StationaryFluctuations as StationaryFluctuations,
    StepLimit as StepLimit,
    edge_at as edge_at,
    stationary_fluctuations as stationary_fluctuations,
)
from .analysis.maps.steps import StepEdge as StepEdge, step_edge as step_edge
from .analysis.modes.ansatz import Ansatz as Ansatz, mode_ansatz as mode_ansatz, whole_model_ansatz as whole_model_ansatz
from .analysis.modes.reduction import Reduction as Reduction, reduce_to_modes as reduce_to_modes
from .analysis.modes.sectors import Sectors as Sectors, sectors as sectors
from .analysis.points.fixed_points import FixedPoints as FixedPoints, fixed_points as fixed_points
from .analysis.points.point import FixedPoint as FixedPoint
from .catalogue import derive as derive, names as names
from .diagnosis import Diagnosis as Diagnosis, diagnose as diagnose
from .engine import Derivation as Derivation, Step as Step
from .lines import Line as Line
from .placement import PlacementTable as PlacementTable, placement_table as placement_table
from .studies.study import Study as Study, study as study
from .sweeps import sweep as sweep
from .verification import Verification as Verification
