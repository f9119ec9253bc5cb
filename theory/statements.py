r"""Statements on matrices that SymPy has no predicate for.

>>> from sympy import MatrixSymbol
>>> A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
>>> together(A, B)
Q.together(A, B)
"""

from __future__ import annotations

from sympy.assumptions import Predicate


class Together(Predicate):
    """Matrices that share their vectors (eigenvectors, or singular vectors of rectangular ones) in the dimensions they share."""

    name = "together"


together = Together()
