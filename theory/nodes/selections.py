"""Constant matrices: columns of the identity, which take columns and rows out of a matrix, and what takes means off."""

from __future__ import annotations

from sympy import Identity, Integer, MatrixExpr, S, ZeroMatrix

from theory.errors import InputError
from theory.nodes.algebra import times, transpose_of
from theory.nodes.node import Node, matrix


class Constant(Node):
    """A matrix of numbers that is never built: products with it are slices or means."""

    parts = ()

    def lowered(self, schedule):
        return self.func(*map(schedule.dense_operand, self.args))

    def dense(self) -> str:
        """The matrix itself, for NumPy."""
        raise NotImplementedError

    def right_of(self, text: str, turned: bool) -> str:
        """A product with this matrix, or its transpose, on the right."""
        raise NotImplementedError

    def left_of(self, text: str, turned: bool) -> str:
        """A product with this matrix, or its transpose, on the left."""
        raise NotImplementedError


class Selection(Constant):
    r"""The columns :math:`s,s+q,\dots` of the identity of size n: :math:`MS` are those columns of :math:`M`.

    Arguments are n, the first, how many, and the step.  In NumPy a product with it is a slice.
    """

    shape = property(lambda self: (self.args[0], self.args[2]))

    @property
    def run(self) -> str:
        """First, end and step, for NumPy."""
        _, first, count, step = self.args
        return f"{first}, {first + (count - 1) * step + 1}, {step}"

    def dense(self):
        return f"put_rows(eye({self.cols}), {self.rows}, {self.run})"

    def right_of(self, text, turned):
        return f"put_columns({text}, {self.rows}, {self.run})" if turned else f"({text})[..., :, slice({self.run})]"

    def left_of(self, text, turned):
        return f"({text})[..., slice({self.run}), :]" if turned else f"put_rows({text}, {self.rows}, {self.run})"

    def _indices(self) -> str:
        _, first, count, step = self.args
        return f"{first}" + ("" if count == 1 else f":{first + (count - 1) * step + 1}") + (f":{step}" if step != 1 else "")

    def _sympystr(self, printer):
        return f"e[{self._indices()}]"

    def _latex(self, printer):
        return rf"e_{{{self._indices()}}}"


class Centring(Constant):
    r""":math:`\mathbb 1-\tfrac1n11^T`, which takes the mean of columns off them: :math:`H^2=H=H^T`, :math:`H1=0`."""

    is_symmetric_node = True
    is_projection = True
    written = "H_{}", r"H_{{{}}}"
    shape = property(lambda self: (self.args[0], self.args[0]))

    def sums(self):
        return ZeroMatrix(self.rows, 1)

    def dense(self):
        return f"eye({self.rows}) - 1/{self.rows}"

    def right_of(self, text, turned):
        return f"mean_free({text}, -1)"

    def left_of(self, text, turned):
        return f"mean_free({text}, -2)"


def select_block(of: MatrixExpr, rows: tuple | None, columns: tuple | None) -> MatrixExpr:
    """Rows and columns of a matrix, each as (first, how many, step) or None for all."""
    left, right = (
        Selection(size, *map(S, run)) if run and run[1] != size else Identity(size)
        for size, run in zip(of.shape, (rows, columns), strict=True)
    )
    return times(transpose_of(left), of, right)


def column(of: MatrixExpr, number: int) -> MatrixExpr:
    """One column of a matrix, of shape (r, 1), counted from 0."""
    given = matrix(of, "of which a column is taken")
    if not isinstance(number, int) or number < 0 or (given.cols.is_Integer and number >= given.cols):
        raise InputError(f"the number of a column below {given.cols}", str(number), "count columns from 0")
    return times(given, Selection(given.cols, Integer(number), S.One, S.One))
