"""Simulation: models followed in time."""

from theory.simulation.accuracy import ExpectedAccuracy, expected_accuracy
from theory.simulation.exact import Propagation, propagate
from theory.simulation.expected import ExpectedCurves, expected_curves
from theory.simulation.run import simulate
from theory.simulation.trajectory import Trajectory

__all__ = [
    "ExpectedAccuracy",
    "ExpectedCurves",
    "Propagation",
    "Trajectory",
    "expected_accuracy",
    "expected_curves",
    "propagate",
    "simulate",
]
