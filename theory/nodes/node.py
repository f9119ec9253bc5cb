"""What a node of the calculus is: a matrix-valued function of matrices and scalars, with its differential and its adjoint."""

from __future__ import annotations

from typing import ClassVar

from sympy import Basic, Expr, MatrixBase, MatrixExpr

from theory.errors import InputError, quote_value
from theory.rewriting import Rebuildable
from theory.stopgrad import as_expression


class Node(Rebuildable, MatrixExpr):
    """A matrix-valued function of its ``parts``.

    A node says its shape, how it moves (:meth:`differential`, linear in the tangents of its parts), the transpose of that map
    (:meth:`adjoint`), how it is written, and which NumPy operation it is (``numpy``, a template of the texts of its matrices
    that holds for stacks of matrices, too).
    """

    numpy: ClassVar[str] = ""
    is_symmetric_node: ClassVar[bool] = False  # its own transpose
    is_projection: ClassVar[bool] = False  # its own square
    written: ClassVar[tuple[str, str]] = ("", "")  # in plain text and in LaTeX

    @classmethod
    def build_node(cls, *args: Expr) -> MatrixExpr:
        """The node itself, of arguments that leave nothing to simplify."""
        return Basic.__new__(cls, *args)

    @property
    def parts(self) -> tuple[Expr, ...]:
        """What the node is a function of."""
        return self.args

    def differential(self, *steps: Expr | None) -> Expr:
        """How the node moves with its parts; at least one of them moves."""
        raise NotImplementedError

    def adjoint(self, slope: MatrixExpr) -> tuple[Expr, ...]:
        """The slope by each part, from the slope by the node."""
        raise NotImplementedError

    def sums(self) -> MatrixExpr | None:
        """The column of row sums where it is known without the entries."""
        return None

    def lowered(self, schedule):
        """The operand that holds the value of the node."""
        return schedule.emit(self.func(*map(schedule.dense_operand, self.args)), self.shape)

    def doit(self, **hints):
        return self

    def _sympystr(self, printer):
        return self.written[0].format(*map(printer._print, self.args))

    def _latex(self, printer):
        return self.written[1].format(*map(printer._print, self.args))


def matrix(value, place: str) -> MatrixExpr:
    """A matrix expression, or a sentence."""
    given = as_expression(value, place)
    if isinstance(given, MatrixBase):
        given = given.as_immutable()
    if not getattr(given, "is_Matrix", False):
        raise InputError(f"a matrix {place}", quote_value(given), "give a matrix expression")
    return given


def require_column(value: MatrixExpr, place: str) -> None:
    """One column, or a sentence."""
    if value.cols != 1:
        raise InputError(
            f"one column {place}", f"{quote_value(value)} of shape {value.shape}", "transpose it, or take a column of it"
        )


def require_square(value: MatrixExpr, place: str) -> None:
    """As many rows as columns, or a sentence."""
    if value.rows != value.cols:
        raise InputError(f"a square matrix {place}", f"{quote_value(value)} of shape {value.shape}", "make its sides equal")
