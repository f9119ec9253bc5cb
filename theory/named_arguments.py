"""Arguments of functions of every entry by names: what vanishes with these vanishes with the arguments."""

from __future__ import annotations

from sympy import Basic, Dummy, MatAdd, MatrixSymbol, default_sort_key

from theory.nodes.elementwise import Elementwise


def name_arguments(expr: Basic) -> Basic:
    """An expression with a name for each sum of matrices of whose entries a function is taken.

    >>> from sympy import MatrixSymbol, tanh
    >>> from theory.nodes import elementwise
    >>> A, B = MatrixSymbol("A", 2, 2), MatrixSymbol("B", 2, 2)
    >>> print(name_arguments(elementwise(tanh, A + B) * A))
    tanh(S_0)*A
    """
    sums = sorted({node.inner for node in expr.atoms(Elementwise) if node.inner.has(MatAdd)}, key=default_sort_key)
    return expr.xreplace({part: MatrixSymbol(Dummy(f"S_{number}"), *part.shape) for number, part in enumerate(sums)})
