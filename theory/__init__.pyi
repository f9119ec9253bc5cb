from . import dmft as dmft, models as models, testing as testing
from .coupling import Coupling as Coupling
from .errors import (
    CalculusError as CalculusError,
    InputError as InputError,
    Interrupted as Interrupted,
    MarkerError as MarkerError,
    UnfinishedError as UnfinishedError,
)
from .flow import Flow as Flow
from .loss import Loss as Loss
from .simulation import (
    Auto as Auto,
    Collapse as Collapse,
    Convergence as Convergence,
    Direct as Direct,
    Ensemble as Ensemble,
    Exact as Exact,
    ExpectedAccuracy as ExpectedAccuracy,
    ExpectedCurves as ExpectedCurves,
    GradientDescent as GradientDescent,
    OrderParameters as OrderParameters,
    Run as Run,
    Trajectory as Trajectory,
    ensemble as ensemble,
    expected_accuracy as expected_accuracy,
    expected_curves as expected_curves,
    simulate as simulate,
)
from .stopgrad import erase as erase, sg as sg
