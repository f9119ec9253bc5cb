"""Matrix expressions cut into single operations, and the printer of those.

Each distinct operation is computed once; products are associated in the order that costs least at the actual shapes
(matrix chain order); a scalar factor is applied to the smallest operand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sympy import (
    Add,
    Basic,
    DiagMatrix,
    Expr,
    Identity,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    S,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.special import OneMatrix
from sympy.printing.numpy import SciPyPrinter

from theory.errors import CalculusError
from theory.words import Word, expand, monomial


class Schedule:
    """Single-operation steps for a set of expressions; equal operations are one step.  ``shown`` is what symbols are called
    where one is named to the user."""

    def __init__(self, sizes: Mapping[Symbol, int], shown: Mapping[Basic, Basic] | None = None):
        self.shown = dict(shown or {})
        self.sizes = {s: Integer(n) for s, n in sizes.items()}
        self.steps: list[tuple[Basic, Basic]] = []
        self.known: dict[Basic, Basic] = {}

    def operand(self, expr: Expr | MatrixExpr) -> Basic:
        """A symbol, or the transpose of one, that holds the value of ``expr``."""
        if not isinstance(expr, MatrixExpr):
            traces = {t: self._trace(t) for t in expr.atoms(Trace)}
            return expr.xreplace(traces).xreplace(self.sizes)
        if isinstance(expr, MatAdd):
            return self._sum(expr)
        if isinstance(expr, MatMul):
            return self._product(expr)
        if isinstance(expr, MatPow) and expr.exp.is_Integer and expr.exp > 0:
            return self.operand(monomial((expr.base,) * int(expr.exp)))
        if isinstance(expr, Transpose):
            inner = self.operand(expr.arg)
            return inner if isinstance(inner, DiagMatrix) else inner.arg if isinstance(inner, Transpose) else Transpose(inner)
        if isinstance(expr, Inverse):
            return self._emit(Inverse(self.operand(expr.arg)), expr.shape, isinstance(self.operand(expr.arg), DiagMatrix))
        if isinstance(expr, ZeroMatrix | Identity | OneMatrix):
            return expr.xreplace(self.sizes)
        if isinstance(expr, MatrixSymbol | DiagMatrix):
            return expr
        raise CalculusError(
            "sums, products, transposes, inverses and traces",
            str(expr.xreplace(self.shown)),
            "rewrite it with these to lower it to NumPy",
        )

    def split(self, results: Sequence[Basic]) -> tuple[list[tuple[Basic, Basic]], dict[Basic, Basic]]:
        """The steps whose value is used more than once, and the others by their symbol."""
        uses = Counter(s for e in (*results, *(o for _, o in self.steps)) for s in _leaves(e))
        inlined = {symbol: operation for symbol, operation in self.steps if uses[symbol] == 1}
        return [(s, o) for s, o in self.steps if s not in inlined], inlined

    def _sum(self, expr: MatAdd) -> Basic:
        terms = []
        for term in expr.args:
            coefficient, factors = term.as_coeff_mmul() if isinstance(term, MatMul) else (S.One, term)
            sign = -1 if coefficient.could_extract_minus_sign() else 1
            value = self.operand(MatMul(sign * coefficient, factors, evaluate=False) if sign * coefficient != 1 else factors)
            terms.append((sign, value))
        diagonal = all(isinstance(v, DiagMatrix) for _, v in terms)
        terms.sort(key=lambda t: -t[0])
        return self._emit(
            MatAdd(*(v if s > 0 else MatMul(-1, v, evaluate=False) for s, v in terms), evaluate=False), expr.shape, diagonal
        )

    def _product(self, expr: MatMul) -> Basic:
        coefficient, factors = expr.as_coeff_matrices()
        for place, factor in enumerate(factors):
            others = [*factors[:place], *factors[place + 1 :], expr]
            if isinstance(factor, MatAdd) and self._entries(factor) > max(map(self._entries, others)):
                return self._distributed(coefficient, factors, place)
        operands = [self.operand(f) for f in factors]
        operands = [o for o in operands if not isinstance(o, Identity)] or operands[:1]
        if any(isinstance(o, ZeroMatrix) for o in operands):
            return ZeroMatrix(*expr.shape).xreplace(self.sizes)
        if coefficient != 1:
            place = min(range(len(operands)), key=lambda i: self._entries(operands[i]))
            target = operands[place]
            diagonal = isinstance(target, DiagMatrix)
            operands[place] = self._emit(MatMul(self.operand(coefficient), target, evaluate=False), target.shape, diagonal)
        return self._chain(operands, self._cheapest(operands), 0, len(operands) - 1)

    def _distributed(self, coefficient: Expr, factors: list[MatrixExpr], place: int) -> Basic:
        """A product over the terms of a factor that is a sum, where the sum itself would be larger than all else."""
        terms = []
        for term in factors[place].args:
            scalar, inner = term.as_coeff_matrices() if isinstance(term, MatMul) else (S.One, [term])
            whole = (*factors[:place], *inner, *factors[place + 1 :])
            terms.append(MatMul(coefficient * scalar, *whole, evaluate=False))
        return self.operand(MatAdd(*terms, evaluate=False))

    def _trace(self, trace: Trace) -> Basic:
        words = expand(trace.arg).items()
        return Add(*(self.operand(c) * (self._trace_of(word) if word else trace.arg.rows) for word, c in words))

    def _trace_of(self, word: Word) -> Basic:
        """The trace of a word, turned to where its product costs least."""
        turns = [word[i:] + word[:i] for i in range(len(word))]
        best = min(turns, key=lambda w: self._cheapest([self.operand(f) for f in w])[0, len(w) - 1][0])
        return self._emit(Trace(self.operand(monomial(best))), None, False)

    def _cheapest(self, operands: list[Basic]) -> dict[tuple[int, int], tuple[float, int]]:
        """For each run of operands the least cost of its product and the place to split it (matrix chain order)."""
        best = {(i, i): (0.0, i) for i in range(len(operands))}
        for length in range(1, len(operands)):
            for i in range(len(operands) - length):
                j = i + length
                splits = ((best[i, k][0] + best[k + 1, j][0] + self._cost(operands, i, k, j), k) for k in range(i, j))
                best[i, j] = min(splits, key=lambda split: (split[0], -split[1]))
        return best

    def _chain(self, operands: list[Basic], best: Mapping, i: int, j: int) -> Basic:
        if i == j:
            return operands[i]
        k = best[i, j][1]
        left, right = self._chain(operands, best, i, k), self._chain(operands, best, k + 1, j)
        diagonal = isinstance(left, DiagMatrix) and isinstance(right, DiagMatrix)
        return self._emit(MatMul(left, right, evaluate=False), (left.rows, right.cols), diagonal)

    def _cost(self, operands: list[Basic], i: int, k: int, j: int) -> float:
        rows, inner, columns = map(self._number, (operands[i].rows, operands[k].cols, operands[j].cols))
        scales = all(isinstance(o, DiagMatrix) for o in operands[i : k + 1]) or all(
            isinstance(o, DiagMatrix) for o in operands[k + 1 : j + 1]
        )
        return rows * columns * (1 if scales else 2 * inner)

    def _entries(self, operand: Basic) -> int:
        rows, columns = map(self._number, operand.shape)
        return rows if isinstance(operand, DiagMatrix) else rows * columns

    def _number(self, dimension: Expr) -> int:
        return int(dimension.xreplace(self.sizes))

    def _emit(self, operation: Basic, shape, diagonal: bool) -> Basic:
        if operation not in self.known:
            name = f"t{len(self.steps)}"
            symbol = Symbol(name) if shape is None else MatrixSymbol(name, *shape)
            self.steps.append((symbol, operation))
            self.known[operation] = DiagMatrix(symbol) if diagonal else symbol
        return self.known[operation]


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

    def rows_scaled(self, diagonal: str) -> str:
        """What a matrix is multiplied by, entry by entry, where a diagonal one stands to its left."""
        return f"{diagonal}[:, None]"

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
        symbols = self._print(left), self._print(right)
        if isinstance(right, DiagMatrix):
            return "{}*{}".format(*symbols)
        return f"{self.rows_scaled(symbols[0])}*{symbols[1]}" if isinstance(left, DiagMatrix) else "{} @ {}".format(*symbols)

    def _print_MatAdd(self, expr):
        dense = any(not isinstance(_unsigned(a), DiagMatrix) for a in expr.args)
        text = ""
        for term in expr.args:
            inner = _unsigned(term)
            value = self._print(inner)
            value = self.dense(value) if dense and isinstance(inner, DiagMatrix) else value
            text += (" - " if inner is not term else " + ") + value
        return text.removeprefix(" + ")


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

    def rows_scaled(self, diagonal: str) -> str:
        return f"{diagonal}.mT"

    def dense(self, diagonal: str) -> str:
        return f"{diagonal}*eye({diagonal}.shape[-1])"


def _unsigned(term: Basic) -> Basic:
    return term.args[1] if isinstance(term, MatMul) else term


def _leaves(expr: Basic) -> Iterator[Basic]:
    """Symbols of an expression, once for each place where they stand."""
    if isinstance(expr, MatrixSymbol | Symbol):
        yield expr
    else:
        for arg in expr.args:
            yield from _leaves(arg)
