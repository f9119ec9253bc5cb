"""Quantities that a flow conserves, or lets grow and decay at a rate of their own."""

from derivations.analysis.conserved.integrals import FirstIntegrals, first_integrals
from derivations.analysis.conserved.rated import Conserved, integrals_with_rates

__all__ = ["Conserved", "FirstIntegrals", "first_integrals", "integrals_with_rates"]
