"""What is derived from models of representation collapse, and how it is shown."""

from derivations.catalogue import derive, names
from derivations.engine import Derivation, Line, Step, Verification

__all__ = ["Derivation", "Line", "Step", "Verification", "derive", "names"]
