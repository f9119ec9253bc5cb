"""The NumPy text of single operations, on matrices and on stacks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from sympy import Basic, DiagMatrix, Identity, MatAdd, MatMul, Transpose
from sympy.matrices.expressions.special import OneMatrix
from sympy.printing.numpy import SciPyPrinter

from theory.nodes.operations import Pointwise
from theory.nodes.rows import Softmax
from theory.nodes.selections import Constant

RECIPROCALS = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
SMALL = 64  # rows of an identity that is built where it stands in a sum


class OperationPrinter(SciPyPrinter):
    """Prints one operation, with the operations that only it uses inside; a diagonal matrix is the vector of its diagonal.

    Inlining lets NumPy reuse the memory of temporaries, which at large N costs more than the arithmetic; where it does not, as
    with a matrix and a column, operations on those that are ``large`` are in place.
    """

    def __init__(self, inlined: Mapping[Basic, Basic], large: frozenset[Basic] = frozenset()):
        super().__init__({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
        self.inlined, self.large = inlined, large

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
        return expr.numpy.format(*map(self._print, expr.args), fresh=self._is_fresh(expr.args[0]))

    def _print_Pow(self, expr, rational=False):
        """Odd powers of a root, which NumPy's own power takes many times longer for."""
        if expr.exp.is_Rational and expr.exp.q == 2 and 1 < abs(expr.exp.p) < 8:
            return f"power_of_root({self._print(expr.base)}, {expr.exp.p})"
        return super()._print_Pow(expr, rational)

    def _print_Constant(self, expr):
        return expr.dense()

    def _print_Max(self, expr):
        return reduce("maximum({}, {})".format, map(self._print, expr.args))

    def _print_Heaviside(self, expr):
        return "heaviside({}, {})".format(*map(self._print, expr.args))

    def _print_Function(self, expr):
        """Reciprocals as they are: SymPy writes all that stands inside in tangents or exponentials, too."""
        if (other := RECIPROCALS.get(type(expr).__name__)) is not None:
            return f"(1/{other}({self._print(expr.args[0])}))"
        return super()._print_Function(expr)

    def _print_Min(self, expr):
        return reduce("minimum({}, {})".format, map(self._print, expr.args))

    def scaled(self, operand: Basic, text: str, factors: str) -> str:
        """A matrix times numbers for its rows or columns, in place where nothing else reads it."""
        return f"scaled({text}, {factors})" if self._is_fresh(operand) else f"{text}*{factors}"

    def scale_rows(self, diagonal: str) -> str:
        """What a matrix is multiplied by, entry by entry, where a diagonal one stands to its left."""
        return f"{diagonal}[:, None]"

    def as_column(self, diagonal: str) -> str:
        """The diagonal of a diagonal matrix as a column."""
        return f"{diagonal}[:, None]"

    def as_row(self, diagonal: str) -> str:
        """The diagonal of a diagonal matrix as a row."""
        return f"{diagonal}[None, :]"

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
        if isinstance(left, DiagMatrix) and isinstance(right, OneMatrix) and right.cols == 1:
            return self.as_column(symbols[0])
        if isinstance(right, DiagMatrix) and isinstance(left, OneMatrix) and left.rows == 1:
            return self.as_row(symbols[1])
        if isinstance(right, DiagMatrix):
            return self.scaled(left, symbols[0], symbols[1])
        if isinstance(left, DiagMatrix):
            return self.scaled(right, symbols[1], self.scale_rows(symbols[0]))
        return "{} @ {}".format(*symbols)

    def _print_MatAdd(self, expr):
        dense = any(not isinstance(_strip_sign(a), DiagMatrix) for a in expr.args)
        large = [a for a in expr.args if isinstance(_strip_sign(a), Identity) and _strip_sign(a).rows > SMALL]
        if len(large) == 1 < len(expr.args):
            others = [a for a in expr.args if a is not large[0]]
            text, sign = self._print(MatAdd(*others, evaluate=False)), -1 if _strip_sign(large[0]) is not large[0] else 1
            return f"with_diagonal({text}, {sign}, {len(others) > 1 or self._is_fresh(others[0])})"
        thin = {t: column for t in expr.args if (column := self._spread(_strip_sign(t))) is not None}
        thin = thin if len(thin) < len(expr.args) else {}
        terms = sorted(expr.args, key=lambda t: (t in thin, _strip_sign(t) is not t, not self._is_fresh(_strip_sign(t))))
        text, fresh = "", False
        for i, term in enumerate(terms):
            inner = _strip_sign(term)
            value = (self._as_dense if dense else self._print)(thin.get(term, inner))
            if i == 0:
                text, fresh = value if inner is term else f"-{value}", self._is_fresh(inner)
            elif fresh and term in thin:
                text = f"{'add_to' if inner is term else 'take_from'}({text}, {value})"
            elif not fresh and inner is not term and self._is_fresh(inner):
                text, fresh = f"less({text}, {value})", True
            else:
                text, fresh = f"{text} {'+' if inner is term else '-'} {value}", self._is_large(terms[0])
        return text

    def _as_dense(self, operand: Basic) -> str:
        text = self._print(operand)
        return self.dense(text) if isinstance(operand, DiagMatrix) else text

    def _is_fresh(self, operand: Basic) -> bool:
        """Whether the array of an operand is made where it is read, and nothing else sees it."""
        made = self.inlined.get(operand.arg if isinstance(operand, Transpose) else operand)
        if made is None or not self._is_large(operand):
            return False
        if isinstance(made, MatMul):
            coefficient, factors = made.as_coeff_matrices()
            plain = (f.arg if isinstance(f, Transpose) else f for f in factors)
            return coefficient != 1 or (len(factors) == 2 and not any(isinstance(f, Constant | OneMatrix) for f in plain))
        return isinstance(made, Softmax | Pointwise) or (isinstance(made, MatAdd) and len(made.args) > 1)

    def _is_large(self, term: Basic) -> bool:
        """Whether the memory of a term costs more than the call that uses it again."""
        inner = _strip_sign(term)
        return (inner.arg if isinstance(inner, Transpose) else inner) in self.large

    def _spread(self, operand: Basic) -> Basic | None:
        """The column (or row) that an operand repeats, which NumPy repeats by itself in a sum."""
        made = self.inlined.get(operand)
        if not isinstance(made, MatMul) or len(made.args) != 2:
            return None
        left, right = made.args
        if isinstance(right, OneMatrix) and right.rows == 1:
            return left
        return right if isinstance(left, OneMatrix) and left.cols == 1 else None


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

    def _is_large(self, term: Basic) -> bool:
        """Stacks of what is put into a matrix may be more than those of the matrix."""
        return False

    def scale_rows(self, diagonal: str) -> str:
        return f"{diagonal}.mT"

    def as_column(self, diagonal: str) -> str:
        return f"{diagonal}.mT"

    def as_row(self, diagonal: str) -> str:
        return diagonal

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
