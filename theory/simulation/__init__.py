"""Simulation: models followed in time."""

from theory.simulation.accuracy import ExpectedAccuracy, expected_accuracy
from theory.simulation.descent import GradientDescent
from theory.simulation.ensembles import Ensemble, ensemble
from theory.simulation.events import Collapse, Convergence
from theory.simulation.exact import Propagation, propagate
from theory.simulation.expected import ExpectedCurves, expected_curves
from theory.simulation.methods import Auto, Direct, Exact, OrderParameters
from theory.simulation.run import simulate, train_encoder
from theory.simulation.trajectory import Run, Trajectory

__all__ = [
    "Auto",
    "Collapse",
    "Convergence",
    "Direct",
    "Ensemble",
    "Exact",
    "ExpectedAccuracy",
    "ExpectedCurves",
    "GradientDescent",
    "OrderParameters",
    "Propagation",
    "Run",
    "Trajectory",
    "ensemble",
    "expected_accuracy",
    "expected_curves",
    "propagate",
    "simulate",
    "train_encoder",
]
