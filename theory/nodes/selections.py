"""Columns of the identity, which take columns and rows out of a matrix, and put them back."""

from __future__ import annotations

from sympy import Identity, Integer, MatrixExpr, S

from theory.errors import InputError
from theory.nodes.algebra import times, transposed
from theory.nodes.node import Node, matrix


class Selection(Node):
    r"""The columns :math:`s,s+q,\dots` of the identity of size n: :math:`MS` are those columns of :math:`M`.

    Arguments are n, the first, how many, and the step.  In NumPy a product with it is a slice.
    """

    shape = property(lambda self: (self.args[0], self.args[2]))
    parts = ()

    def lowered(self, schedule):
        return self.func(*map(schedule.operand, self.args))

    def printed(self, _printer) -> str:
        """The matrix itself, for NumPy."""
        return f"put_rows(eye({self.cols}), {self.rows}, {self.run})"

    @property
    def run(self) -> str:
        """First, end and step, for NumPy."""
        _, first, count, step = self.args
        return f"{first}, {first + (count - 1) * step + 1}, {step}"

    def _sympystr(self, printer):
        _, first, count, step = self.args
        ends = "" if count == 1 else f":{first + (count - 1) * step + 1}"
        return f"e[{first}{ends}{f':{step}' if step != 1 else ''}]"

    def _latex(self, printer):
        _, first, count, step = self.args
        ends = "" if count == 1 else rf":{first + (count - 1) * step + 1}"
        return rf"e_{{{first}{ends}{rf':{step}' if step != 1 else ''}}}"


def selected(of: MatrixExpr, rows: tuple | None, columns: tuple | None) -> MatrixExpr:
    """Rows and columns of a matrix, each as (first, how many, step) or None for all."""
    left, right = (
        Selection(size, *map(S, run)) if run and run[1] != size else Identity(size)
        for size, run in zip(of.shape, (rows, columns), strict=True)
    )
    return times(transposed(left), of, right)


def column(of: MatrixExpr, number: int) -> MatrixExpr:
    """One column of a matrix, of shape (r, 1), counted from 0."""
    given = matrix(of, "of which a column is taken")
    if not isinstance(number, int) or number < 0 or (given.cols.is_Integer and number >= given.cols):
        raise InputError(f"the number of a column below {given.cols}", str(number), "count columns from 0")
    return times(given, Selection(given.cols, Integer(number), S.One, S.One))
