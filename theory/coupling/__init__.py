"""Couplings: who is coupled to whom, how strongly, and what that predicts."""

from theory.coupling.coupling import Coupling

__all__ = ["Coupling"]
