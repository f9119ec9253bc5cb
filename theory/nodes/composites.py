r"""What losses are written with: sums, norms, distances, normalised samples, distributions, whole covariances."""

from __future__ import annotations

from sympy import Determinant, Expr, MatrixExpr, Max, Pow, S, Trace, log
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import InputError, quote_value
from theory.nodes.algebra import inner_product, times, transpose_of
from theory.nodes.algebra import total as _total
from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart
from theory.nodes.node import matrix, require_square
from theory.nodes.rows import LogSumExp, Softmax
from theory.nodes.selections import Centring

ROWS, COLUMNS = "rows", "columns"


def total(of: MatrixExpr) -> Expr:
    """The sum of all entries."""
    return _total(matrix(of, "of which the sum is taken"))


def row_sums(of: MatrixExpr) -> MatrixExpr:
    """The sum of each row, a column (r, 1)."""
    given = matrix(of, "of which rows are summed")
    return times(given, OneMatrix(given.cols, 1))


def column_sums(of: MatrixExpr) -> MatrixExpr:
    """The sum of each column, a row (1, c)."""
    given = matrix(of, "of which columns are summed")
    return times(OneMatrix(1, given.rows), given)


def column_norms(of: MatrixExpr) -> MatrixExpr:
    """The length of each column, as a column (c, 1)."""
    given = matrix(of, "of which lengths are taken")
    return Elementwise(Pow(ENTRY, S.Half), DiagonalPart(times(transpose_of(given), given)))


def row_norms(of: MatrixExpr) -> MatrixExpr:
    """The length of each row, as a column (r, 1)."""
    return column_norms(transpose_of(matrix(of, "of which lengths are taken")))


def normalised(of: MatrixExpr, over: str = COLUMNS) -> MatrixExpr:
    """Each column (or row) divided by its length, which must not vanish."""
    given = _over(of, over)
    squares = DiagonalPart(times(transpose_of(given), given))
    return _back(times(given, Diagonal(Elementwise(Pow(ENTRY, -S.Half), squares))), over)


def centred(of: MatrixExpr, over: str = COLUMNS) -> MatrixExpr:
    """The mean of the columns (or of the rows) taken off each of them."""
    given = _over(of, over)
    return _back(times(given, Centring(given.cols)), over)


def softmax(of: MatrixExpr, over: str = ROWS) -> MatrixExpr:
    """Each row (or column) as a distribution."""
    given = matrix(of, "in softmax")
    return transpose_of(Softmax(transpose_of(given))) if _is_columns(over) else Softmax(given)


def log_sum_exp(of: MatrixExpr, over: str = ROWS) -> MatrixExpr:
    """The logarithm of the sum of the exponentials of each row, a column (r, 1); of each column, a row (1, c)."""
    given = matrix(of, "in log_sum_exp")
    return transpose_of(LogSumExp(transpose_of(given))) if _is_columns(over) else LogSumExp(given)


def hinge(of: MatrixExpr | Expr) -> Expr:
    """What is positive, of every entry: its slope is zero or one, away from the kink at zero."""
    return Elementwise(Max(ENTRY, 0), matrix(of, "in a hinge")) if of.is_Matrix else Max(of, 0)


def log_det(of: MatrixExpr) -> Expr:
    """The logarithm of the determinant, which must be positive."""
    given = matrix(of, "of which the determinant is taken")
    require_square(given, "of which the determinant is taken")
    return log(Determinant(given))


def squared_norm(of: MatrixExpr) -> Expr:
    """The sum of the squares of all entries."""
    given = matrix(of, "of which the norm is taken")
    return Trace(times(transpose_of(given), given))


def dot(one: MatrixExpr, other: MatrixExpr) -> Expr:
    r""":math:`\sum_{ij}A_{ij}B_{ij}`."""
    left, right = matrix(one, "in a dot product"), matrix(other, "in a dot product")
    if left.shape != right.shape:
        got = f"{quote_value(right)} of shape {right.shape}"
        raise InputError(f"matrices of the shape {left.shape} in a dot product", got, "match the shapes")
    return inner_product(left, right)


def _is_columns(over: str) -> bool:
    if over not in (ROWS, COLUMNS):
        raise InputError("'rows' or 'columns'", quote_value(repr(over)), "say over which")
    return over == COLUMNS


def _over(of: MatrixExpr, over: str) -> MatrixExpr:
    given = matrix(of, f"of which {over} are taken")
    return given if _is_columns(over) else transpose_of(given)


def _back(of: MatrixExpr, over: str) -> MatrixExpr:
    return of if _is_columns(over) else transpose_of(of)
