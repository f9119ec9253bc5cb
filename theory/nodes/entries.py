r"""Products of entries, :math:`(A\circ B)_{ij}=A_{ij}B_{ij}`, and diagonals in both senses: each leaves the other."""

from __future__ import annotations

from functools import reduce

from sympy import DiagMatrix, Identity, MatMul, MatrixExpr, Mul, S, Transpose, ZeroMatrix
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import InputError, quote_value
from theory.nodes.algebra import order, plus, terms_of, times, transpose_of
from theory.nodes.node import Node, matrix, require_column, require_square
from theory.nodes.operations import PLACES, DiagonalColumn, DiagonalVector, RowSumsOfProduct
from theory.words import monomial


class Hadamard(Node):
    r"""The product of entries of two or more matrices.

    A factor :math:`ab^T` scales rows and columns; a diagonal one leaves a diagonal.

    >>> from sympy import MatrixSymbol
    >>> A, B, a, b = MatrixSymbol("A", 2, 3), MatrixSymbol("B", 2, 3), MatrixSymbol("a", 2, 1), MatrixSymbol("b", 3, 1)
    >>> Hadamard(A, 2 * B), Hadamard(A, a * b.T)
    (2*A.*B, diag(a)*A*diag(b))
    """

    def __new__(cls, *factors: MatrixExpr):
        shape, number, kept = factors[0].shape, S.One, []
        left: list[MatrixExpr] = []
        right: list[MatrixExpr] = []
        for factor in factors:
            if isinstance(factor, OneMatrix):
                continue
            scale, factor = factor.as_coeff_mmul() if isinstance(factor, MatMul) else (S.One, factor)
            number, terms = number * scale, terms_of(factor)
            if not terms:
                return ZeroMatrix(*shape)
            if len(terms) > 1:
                kept.append(factor)
                continue
            ((word, coefficient),) = terms.items()
            number *= coefficient
            if not word:
                kept.append(Identity(shape[0]))
            elif (cut := _place_of_width_one(word)) and S.One not in shape:
                left.append(times(*word[:cut]))
                right.append(transpose_of(times(*word[cut:])))
            elif not (len(word) == 1 and isinstance(word[0], OneMatrix)):
                kept += word[0].args if isinstance(word[0], Hadamard) and len(word) == 1 else [monomial(word)]
        return times(number, *_scaling_matrix(left), cls._of(kept, shape), *_scaling_matrix(right))

    @classmethod
    def _of(cls, factors: list[MatrixExpr], shape) -> MatrixExpr:
        if not factors:
            return OneMatrix(*shape)
        if len(factors) == 1:
            return factors[0]
        if any(isinstance(f, Identity | Diagonal) for f in factors):
            return Diagonal(cls(*(DiagonalPart(f) for f in factors)))
        if all(isinstance(f, Transpose) for f in factors):
            return Transpose(cls(*(f.arg for f in factors)))
        return cls.build_node(*sorted(factors, key=lambda f: order((f,))))

    shape = property(lambda self: self.args[0].shape)

    def differential(self, *steps):
        moved = [(i, step) for i, step in enumerate(steps) if step is not None]
        return plus(*(Hadamard(step, *self._others(i)) for i, step in moved))

    def adjoint(self, slope):
        return tuple(Hadamard(slope, *self._others(i)) for i in range(len(self.args)))

    def _others(self, place: int) -> tuple[MatrixExpr, ...]:
        return self.args[:place] + self.args[place + 1 :]

    def lowered(self, schedule):
        operands = [schedule.operand(f) for f in self.args]
        if any(isinstance(o, DiagMatrix) for o in operands):
            return schedule.operand(Diagonal(reduce(Hadamard, (DiagonalPart(f) for f in self.args))))
        return schedule.pointwise(Mul(*PLACES[: len(operands)]), *operands)

    def _sympystr(self, printer):
        return ".*".join(printer.parenthesize(f, 60) for f in self.args)

    def _latex(self, printer):
        return r" \circ ".join(printer.parenthesize(f, 60) for f in self.args)


def hadamard(first: MatrixExpr, *others: MatrixExpr) -> MatrixExpr:
    """The product of entries of matrices of one shape."""
    factors = [matrix(f, "in a product of entries") for f in (first, *others)]
    for other in factors:
        if other.shape != factors[0].shape:
            got = f"{quote_value(other)} of shape {other.shape}"
            raise InputError(f"matrices of the shape {factors[0].shape} in a product of entries", got, "match the shapes")
    return Hadamard(*factors)


def _place_of_width_one(word) -> int | None:
    """Where a product is one number wide inside."""
    return next((i for i in range(1, len(word)) if word[i].rows == 1), None)


def _scaling_matrix(columns: list[MatrixExpr]) -> list[MatrixExpr]:
    """The diagonal matrix of a product of columns; nothing for ones."""
    columns = [c for c in columns if not isinstance(c, OneMatrix)]
    return [Diagonal(reduce(Hadamard, columns))] if columns else []


class Diagonal(Node):
    """The diagonal matrix of a column.  It is never built: in NumPy it scales rows or columns.

    >>> from sympy import MatrixSymbol
    >>> v = MatrixSymbol("v", 3, 1)
    >>> Diagonal(2 * v), Diagonal(OneMatrix(3, 1)), DiagonalPart(Diagonal(v))
    (2*diag(v), I, v)
    """

    is_symmetric_node = True
    written = "diag({})", r"\operatorname{{diag}}\left({}\right)"

    def __new__(cls, column: MatrixExpr):
        terms = terms_of(column)
        if not terms:
            return ZeroMatrix(column.rows, column.rows)
        if len(terms) > 1:
            return cls.build_node(column)
        ((word, number),) = terms.items()
        if not word or (len(word) == 1 and isinstance(word[0], OneMatrix)):
            return times(number, Identity(column.rows))
        return times(number, cls.build_node(monomial(word)))

    shape = property(lambda self: (self.args[0].rows, self.args[0].rows))

    def differential(self, *steps):
        return Diagonal(*steps)

    def adjoint(self, slope):
        return (DiagonalPart(slope),)

    def lowered(self, schedule):
        return schedule.emit(DiagonalVector(schedule.operand(self.args[0])), self.shape, diagonal=True)

    def sums(self):
        return self.args[0]


class DiagonalPart(Node):
    r"""The column of the diagonal of a square matrix, of :math:`AB` as the sums of :math:`A\circ B^T`."""

    written = "diagonal({})", r"\operatorname{{diag}}\left({}\right)"

    def __new__(cls, of: MatrixExpr):
        terms = terms_of(of)
        if not terms:
            return ZeroMatrix(of.rows, 1)
        return plus(*(times(number, _diagonal_of(word, of.rows)) for word, number in terms.items()))

    shape = property(lambda self: (self.args[0].rows, S.One))

    def differential(self, *steps):
        return DiagonalPart(*steps)

    def adjoint(self, slope):
        return (Diagonal(slope),)

    def lowered(self, schedule):
        if (halves := schedule.halves(self.args[0])) is None:
            return schedule.emit(DiagonalColumn(schedule.operand(self.args[0])), self.shape)
        return schedule.emit(RowSumsOfProduct(*halves), self.shape)


def diagonal_matrix(column: MatrixExpr) -> MatrixExpr:
    """The diagonal matrix of a column, of shape (n, n)."""
    column = matrix(column, "as diagonal")
    require_column(column, "as diagonal")
    return Diagonal(column)


def diagonal_of(square: MatrixExpr) -> MatrixExpr:
    """The diagonal of a square matrix as a column, of shape (n, 1)."""
    square = matrix(square, "of which the diagonal is taken")
    require_square(square, "of which the diagonal is taken")
    return DiagonalPart(square)


def _diagonal_of(word, rows) -> MatrixExpr:
    if not word:
        return OneMatrix(rows, 1)
    first, last = word[0], word[-1]
    if isinstance(first, Diagonal):
        return Hadamard(first.args[0], DiagonalPart(times(Identity(rows), *word[1:])))
    if isinstance(last, Diagonal):
        return Hadamard(last.args[0], DiagonalPart(times(*word[:-1])))
    if len(word) == 1 and isinstance(first, OneMatrix):
        return OneMatrix(rows, 1)
    cut = next((i for i in range(1, len(word)) if word[i].rows == 1), None)
    if cut:
        return Hadamard(times(*word[:cut]), transpose_of(times(*word[cut:])))
    (backwards, number), *others = terms_of(times(*(transpose_of(f) for f in reversed(word)))).items()
    return DiagonalPart.build_node(monomial(word if others or number != 1 else min(word, backwards, key=order)))
