"""Couplings: who is coupled to whom, how strongly, and what that predicts."""

from theory.coupling.graph import Coupling

__all__ = ["Coupling"]
