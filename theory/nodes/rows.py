r"""Functions of the rows of a matrix: the logarithm of the sum of exponentials, and the distribution that is its slope.

Columns are the rows of the transpose.
"""

from __future__ import annotations

from sympy import MatrixExpr, S
from sympy.matrices.expressions.special import OneMatrix

from theory.nodes.algebra import plus, times
from theory.nodes.entries import Diagonal, Hadamard
from theory.nodes.node import Node


class Softmax(Node):
    r""":math:`e^{M_{ij}}/\sum_ke^{M_{ik}}`, each row a distribution."""

    numpy = "softmax({}, {fresh})"
    written = "softmax({})", r"\operatorname{{softmax}}\left({}\right)"
    shape = property(lambda self: self.args[0].shape)

    def differential(self, *steps):
        return self.adjoint(*steps)[0]

    def adjoint(self, slope):
        weighted = Hadamard(slope, self)
        return (plus(weighted, times(S.NegativeOne, Diagonal(row_sums_of(weighted)), self)),)

    def sums(self):
        return OneMatrix(self.rows, 1)


class LogSumExp(Node):
    r""":math:`\log\sum_je^{M_{ij}}`, a number for each row."""

    numpy = "log_sum_exp({}, {fresh})"
    written = "lse({})", r"\operatorname{{lse}}\left({}\right)"
    shape = property(lambda self: (self.args[0].rows, S.One))

    def differential(self, *steps):
        return row_sums_of(Hadamard(Softmax(*self.args), *steps))

    def adjoint(self, slope):
        return (times(Diagonal(slope), Softmax(*self.args)),)


def row_sums_of(of: MatrixExpr) -> MatrixExpr:
    """The sum of each row, a column."""
    return times(of, OneMatrix(of.cols, 1))
