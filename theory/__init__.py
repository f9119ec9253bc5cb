"""What a model of representation collapse is, and its numbers."""

from theory import dmft, models
from theory.coupling import Coupling
from theory.errors import CalculusError, InputError, Interrupted, MarkerError, UnfinishedError
from theory.flow import Flow
from theory.loss import Loss
from theory.simulation import (
    Collapse,
    Convergence,
    Ensemble,
    ExpectedAccuracy,
    ExpectedCurves,
    GradientDescent,
    Trajectory,
    ensemble,
    expected_accuracy,
    expected_curves,
    simulate,
)
from theory.stopgrad import erase, sg

__all__ = [
    "CalculusError",
    "Collapse",
    "Convergence",
    "Coupling",
    "Ensemble",
    "ExpectedAccuracy",
    "ExpectedCurves",
    "Flow",
    "GradientDescent",
    "InputError",
    "Interrupted",
    "Loss",
    "MarkerError",
    "Trajectory",
    "UnfinishedError",
    "dmft",
    "ensemble",
    "erase",
    "expected_accuracy",
    "expected_curves",
    "models",
    "sg",
    "simulate",
]
