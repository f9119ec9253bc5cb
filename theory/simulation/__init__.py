"""Simulation: models followed in time."""

from theory.simulation.run import simulate
from theory.simulation.trajectory import Trajectory

__all__ = ["Trajectory", "simulate"]
