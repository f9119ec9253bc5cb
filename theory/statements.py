r"""Statements on matrices that SymPy has no predicate for.

>>> from sympy import MatrixSymbol
>>> A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
>>> together(A, B)
Q.together(A, B)
"""

from __future__ import annotations

from sympy.assumptions import Predicate


class Together(Predicate):
    """Matrices that share their eigenvectors, or singular vectors, in the dimensions that they have in common."""

    name = "together"


together = Together()
