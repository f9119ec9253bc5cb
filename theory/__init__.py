"""What a model of representation collapse is, and its numbers."""

from theory import models
from theory.coupling import Coupling
from theory.errors import CalculusError, InputError, MarkerError, UnfinishedError
from theory.flow import Flow
from theory.loss import Loss
from theory.simulation import ExpectedAccuracy, ExpectedCurves, Trajectory, expected_accuracy, expected_curves, simulate
from theory.stopgrad import erase, sg

__all__ = [
    "CalculusError",
    "Coupling",
    "ExpectedAccuracy",
    "ExpectedCurves",
    "Flow",
    "InputError",
    "Loss",
    "MarkerError",
    "Trajectory",
    "UnfinishedError",
    "erase",
    "expected_accuracy",
    "expected_curves",
    "models",
    "sg",
    "simulate",
]
