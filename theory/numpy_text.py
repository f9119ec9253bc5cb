"""The NumPy text of single operations, on matrices and on stacks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from sympy import Basic, DiagMatrix, Identity, MatAdd, MatMul, Transpose
from sympy.printing.numpy import SciPyPrinter

from theory.nodes.operations import Pointwise
from theory.nodes.rows import Softmax
from theory.nodes.selections import Constant

SMALL = 64  # rows of an identity that is built where it stands in a sum


class OperationPrinter(SciPyPrinter):
    """Prints one operation, with the operations that only it uses inside; a diagonal matrix is the vector of its diagonal.

    Inlining lets NumPy reuse the memory of temporaries, which at large N costs more than the arithmetic.
    """

    def __init__(self, inlined: Mapping[Basic, Basic]):
        super().__init__({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
        self.inlined = inlined

    def _print_MatrixSymbol(self, expr):
        return f"({self._print(self.inlined[expr])})" if expr in self.inlined else expr.name

    def _print_Symbol(self, expr):
        return f"({self._print(self.inlined[expr])})" if expr in self.inlined else super()._print_Symbol(expr)

    def _print_DiagMatrix(self, expr):
        return self._print(expr.args[0])

    def _print_Transpose(self, expr):
        return f"{self._print(expr.arg)}.T"

    def _print_Trace(self, expr):
        function = "sum" if isinstance(expr.arg, DiagMatrix) else "trace"
        return f"{function}({self._print(expr.arg)})"

    def _print_Operation(self, expr):
        return expr.printed(self)

    def _print_Node(self, expr):
        return expr.numpy.format(*map(self._print, expr.args))

    def _print_Constant(self, expr):
        return expr.dense()

    def _print_Max(self, expr):
        return reduce("maximum({}, {})".format, map(self._print, expr.args))

    def _print_Heaviside(self, expr):
        return "heaviside({}, {})".format(*map(self._print, expr.args))

    def _print_Min(self, expr):
        return reduce("minimum({}, {})".format, map(self._print, expr.args))

    def scale_rows(self, diagonal: str) -> str:
        """What a matrix is multiplied by, entry by entry, where a diagonal one stands to its left."""
        return f"{diagonal}[:, None]"

    def as_column(self, diagonal: str) -> str:
        """The diagonal of a diagonal matrix as a column."""
        return f"{diagonal}[:, None]"

    def as_diagonal(self, column: str) -> str:
        """What stands for the diagonal matrix of a column."""
        return f"{column}[:, 0]"

    def as_number(self, value: str) -> str:
        return value

    def dense(self, diagonal: str) -> str:
        return f"diag({diagonal})"

    def _print_Identity(self, expr):
        return f"eye({self._print(expr.rows)})"

    def _print_ZeroMatrix(self, expr):
        return f"zeros({self._print(expr.shape)})"

    def _print_OneMatrix(self, expr):
        return f"ones({self._print(expr.shape)})"

    def _print_Inverse(self, expr):
        return f"1/{self._print(expr.arg)}" if isinstance(expr.arg, DiagMatrix) else f"linalg.inv({self._print(expr.arg)})"

    def _print_MatMul(self, expr):
        coefficient, factors = expr.as_coeff_matrices()
        if coefficient == -1:
            return f"-{self._print(factors[0])}"
        if coefficient != 1:
            return f"({self._print(coefficient)})*{self._print(factors[0])}"
        if len(factors) == 1:
            return self._print(factors[0])
        left, right = factors
        if (product := _product_with_constant(self._as_dense, left, right)) is not None:
            return product
        symbols = self._print(left), self._print(right)
        if isinstance(right, DiagMatrix):
            return "{}*{}".format(*symbols)
        return f"{self.scale_rows(symbols[0])}*{symbols[1]}" if isinstance(left, DiagMatrix) else "{} @ {}".format(*symbols)

    def _print_MatAdd(self, expr):
        dense = any(not isinstance(_strip_sign(a), DiagMatrix) for a in expr.args)
        large = [a for a in expr.args if isinstance(_strip_sign(a), Identity) and _strip_sign(a).rows > SMALL]
        if len(large) == 1 < len(expr.args):
            others = [a for a in expr.args if a is not large[0]]
            text, sign = self._print(MatAdd(*others, evaluate=False)), -1 if _strip_sign(large[0]) is not large[0] else 1
            return f"with_diagonal({text}, {sign}, {len(others) > 1 or self._is_fresh(others[0])})"
        text = ""
        for term in expr.args:
            inner = _strip_sign(term)
            value = self._print(inner)
            value = self.dense(value) if dense and isinstance(inner, DiagMatrix) else value
            text += (" - " if inner is not term else " + ") + value
        return text.removeprefix(" + ")

    def _as_dense(self, operand: Basic) -> str:
        text = self._print(operand)
        return self.dense(text) if isinstance(operand, DiagMatrix) else text

    def _is_fresh(self, operand: Basic) -> bool:
        """Whether the array of an operand is made where it is read, and nothing else sees it."""
        made = self.inlined.get(operand)
        return isinstance(made, Softmax | Pointwise)


class StackPrinter(OperationPrinter):
    """Prints operations on stacks of matrices (..., r, c), where a scalar is (..., 1, 1) and the diagonal of a matrix a row
    (..., 1, n), so that what is the same in the whole stack needs no leading axes."""

    def _print_Transpose(self, expr):
        return f"{self._print(expr.arg)}.mT"

    def _print_Trace(self, expr):
        value = self._print(expr.arg)
        if isinstance(expr.arg, DiagMatrix):
            return f"sum({value}, axis=-1, keepdims=True)"
        return f"linalg.trace({value})[..., None, None]"

    def scale_rows(self, diagonal: str) -> str:
        return f"{diagonal}.mT"

    def as_column(self, diagonal: str) -> str:
        return f"{diagonal}.mT"

    def as_diagonal(self, column: str) -> str:
        return f"{column}.mT"

    def as_number(self, value: str) -> str:
        return f"({value})[..., None, None]"

    def dense(self, diagonal: str) -> str:
        return f"{diagonal}*eye({diagonal}.shape[-1])"


def _product_with_constant(text: Callable[[Basic], str], left: Basic, right: Basic) -> str | None:
    """A product with a matrix of numbers that is not built."""
    for factor, other, side in ((right, left, "right_of"), (left, right, "left_of")):
        inner = factor.arg if isinstance(factor, Transpose) else factor
        if isinstance(inner, Constant):
            return getattr(inner, side)(text(other), inner is not factor)
    return None


def _strip_sign(term: Basic) -> Basic:
    return term.args[1] if isinstance(term, MatMul) else term
