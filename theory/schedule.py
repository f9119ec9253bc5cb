"""Matrix expressions cut into single operations.

Each distinct operation is computed once; products are associated in the order that costs least at the actual shapes
(matrix chain order); a scalar factor is applied to the smallest operand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sympy import (
    Add,
    Basic,
    Determinant,
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
    log,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.errors import CalculusError
from theory.nodes.algebra import terms_of, times
from theory.nodes.node import Node
from theory.nodes.opened import as_nodes
from theory.nodes.operations import PLACES, NumberOf, Operation, Pointwise
from theory.nodes.selections import Centring, Constant
from theory.words import Polynomial, Word, add_term, expand, monomial


class Schedule:
    """Single-operation steps for a set of expressions; equal operations are one step.  ``shown`` is what symbols are called
    where one is named to the user."""

    def __init__(self, sizes: Mapping[Symbol, int], shown: Mapping[Basic, Basic] | None = None):
        self.shown = dict(shown or {})
        self.sizes = {s: Integer(n) for s, n in sizes.items()}
        self.steps: list[tuple[Basic, Basic]] = []
        self.known: dict[Basic, Basic] = {}
        self._operands: dict[Basic, Basic] = {}
        self._sums: dict[frozenset, Basic] = {}

    def operand(self, expr: Expr | MatrixExpr) -> Basic:
        """A symbol, or the transpose of one, that holds the value of ``expr``."""
        if expr not in self._operands:
            self._operands[expr] = self._operand(expr)
        return self._operands[expr]

    def _operand(self, expr: Expr | MatrixExpr) -> Basic:
        if not isinstance(expr, MatrixExpr):
            return expr.xreplace({part: self._number_of(part) for part in _numbers_of_matrices(expr)}).xreplace(self.sizes)
        if isinstance(expr, Node):
            return expr.lowered(self)
        if isinstance(expr, MatAdd):
            return self._emit_sum(expr)
        if isinstance(expr, MatMul):
            return self._emit_product(expr)
        if isinstance(expr, MatPow) and expr.exp.is_Integer and expr.exp > 0:
            return self.operand(monomial((expr.base,) * int(expr.exp)))
        if isinstance(expr, Transpose):
            inner = self.operand(expr.arg)
            return inner if isinstance(inner, DiagMatrix) else inner.arg if isinstance(inner, Transpose) else Transpose(inner)
        if isinstance(expr, Inverse):
            return self.emit(Inverse(self.operand(expr.arg)), expr.shape, isinstance(self.operand(expr.arg), DiagMatrix))
        if isinstance(expr, ZeroMatrix | Identity | OneMatrix):
            return expr.xreplace(self.sizes)
        if isinstance(expr, MatrixSymbol | DiagMatrix):
            return expr
        if (node := as_nodes(expr)) != expr:
            return self.operand(node)
        raise CalculusError(
            "nodes, sums, products, transposes, inverses and traces",
            str(expr.xreplace(self.shown)),
            "rewrite it with these to lower it to NumPy",
        )

    def split(self, results: Sequence[Basic]) -> tuple[list[tuple[Basic, Basic]], dict[Basic, Basic]]:
        """The steps whose value is used more than once, and the others by their symbol."""
        uses = Counter(s for e in (*results, *(o for _, o in self.steps)) for s in _symbol_leaves(e))
        inlined = {symbol: operation for symbol, operation in self.steps if uses[symbol] == 1}
        return [(s, o) for s, o in self.steps if s not in inlined], inlined

    def _emit_sum(self, expr: MatAdd) -> Basic:
        terms = []
        for term in expr.args:
            coefficient, factors = term.as_coeff_mmul() if isinstance(term, MatMul) else (S.One, term)
            sign = -1 if coefficient.could_extract_minus_sign() else 1
            inner = factors.args if isinstance(factors, MatMul) else (factors,)
            value = self.operand(MatMul(sign * coefficient, *inner, evaluate=False) if sign * coefficient != 1 else factors)
            terms.append((sign, value))
        diagonal = all(isinstance(v, DiagMatrix) for _, v in terms)
        if turned := _all_turned([v for _, v in terms]):
            terms = [(s, v) for (s, _), v in zip(terms, turned, strict=True)]
        other = frozenset(Counter((s, _transpose_operand(v)) for s, v in terms).items())
        if not turned and other in self._sums:
            return _transpose_operand(self._sums[other])
        if (key := frozenset(Counter(terms).items())) not in self._sums:
            self._sums[key] = self._emit_terms(terms, (expr.cols, expr.rows) if turned else expr.shape, diagonal)
        return _transpose_operand(self._sums[key]) if turned else self._sums[key]

    def _emit_terms(self, terms: list[tuple[int, Basic]], shape, diagonal: bool) -> Basic:
        terms.sort(key=lambda t: -t[0])
        return self.emit(
            MatAdd(*(v if s > 0 else MatMul(-1, v, evaluate=False) for s, v in terms), evaluate=False), shape, diagonal
        )

    def _emit_product(self, expr: MatMul) -> Basic:
        coefficient, factors = expr.as_coeff_matrices()
        if (place := self._largest_sum([*factors], expr)) is not None:
            return self._distribute_sum(coefficient, factors, place)
        operands = [self.operand(f) for f in _with_thin_ones(factors)]
        operands = [o for o in operands if not isinstance(o, Identity)] or operands[:1]
        if any(isinstance(o, ZeroMatrix) for o in operands):
            return ZeroMatrix(*expr.shape).xreplace(self.sizes)
        if coefficient != 1:
            place = min(range(len(operands)), key=lambda i: self._count_entries(operands[i]))
            if len(operands) > 1 and self._count_entries(expr) < self._count_entries(operands[place]):
                return self._times(
                    coefficient, self._emit_chain(operands, self._cheapest_order(operands), 0, len(operands) - 1)
                )
            operands[place] = self._times(coefficient, operands[place])
        return self._emit_chain(operands, self._cheapest_order(operands), 0, len(operands) - 1)

    def _times(self, coefficient: Expr, operand: Basic) -> Basic:
        operation = MatMul(self.operand(coefficient), operand, evaluate=False)
        return self.emit(operation, operand.shape, isinstance(operand, DiagMatrix))

    def _largest_sum(self, factors: list[MatrixExpr], *others: MatrixExpr) -> int | None:
        """The place of a sum that is larger than all factors that are no sums, and than what it is multiplied to."""
        others = (*others, *(f for f in factors if not isinstance(f, MatAdd | Constant)))
        bound = max(map(self._count_entries, others), default=0)
        return next((i for i, f in enumerate(factors) if isinstance(f, MatAdd) and self._count_entries(f) > bound), None)

    def _distribute_sum(self, coefficient: Expr, factors: list[MatrixExpr], place: int) -> Basic:
        """A product over the terms of a factor that is a sum, where the sum itself would be larger than all else."""
        terms = []
        for term in factors[place].args:
            scalar, inner = term.as_coeff_matrices() if isinstance(term, MatMul) else (S.One, [term])
            whole = (*factors[:place], *inner, *factors[place + 1 :])
            terms.append(MatMul(coefficient * scalar, *whole, evaluate=False))
        return self.operand(MatAdd(*terms, evaluate=False))

    def pointwise(self, body: Expr, *operands: Basic) -> Basic:
        """A function of every entry of operands of one shape."""
        if body == PLACES[0]:
            return operands[0]
        if turned := _all_turned(operands):
            return Transpose(self.pointwise(body, *turned))
        used = [k for k, place in enumerate(PLACES[: len(operands)]) if body.has(place)]
        body, operands = body.xreplace({PLACES[k]: PLACES[i] for i, k in enumerate(used)}), tuple(operands[k] for k in used)
        operation = Pointwise(body, *operands)
        if (other := self.known.get(Pointwise(body, *map(_transpose_operand, operands)))) is not None:
            return _transpose_operand(other)
        return self.emit(operation, operands[0].shape, all(isinstance(o, DiagMatrix) for o in operands))

    def halves(self, expr: MatrixExpr) -> tuple[Basic, Basic] | None:
        """The two factors of a product, split where its diagonal costs least; None of what is no product."""
        if not isinstance(expr, MatMul):
            return None
        coefficient, factors = expr.as_coeff_matrices()
        operands = [o for o in map(self.operand, factors) if not isinstance(o, Identity)]
        last, dense = len(operands) - 1, [k for k, o in enumerate(operands) if not _scales(o)]
        if len(dense) < 2 or coefficient != 1:
            return None
        best, rows = self._cheapest_order(operands), self._dimension_size(operands[0].rows)
        splits = range(dense[0], dense[-1])
        k = min(splits, key=lambda k: best[0, k][0] + best[k + 1, last][0] + rows * self._dimension_size(operands[k].cols))
        return self._emit_chain(operands, best, 0, k), self._emit_chain(operands, best, k + 1, last)

    def _number_of(self, part: Expr) -> Basic:
        if isinstance(part, Trace):
            return self._emit_trace(part)
        name, determinant = ("det", part) if isinstance(part, Determinant) else ("log_det", part.args[0])
        return self.emit(NumberOf(Symbol(name), self.operand(determinant.arg)), None)

    def _emit_trace(self, trace: Trace) -> Basic:
        words = (self._thin_words(terms_of(trace.arg)) if trace.has(Node) else expand(trace.arg)).items()
        return Add(*(self.operand(c) * (self._trace_of(word) if word else trace.arg.rows) for word, c in words))

    def _thin_words(self, terms: Polynomial) -> Polynomial:
        """Words without sums that are larger than all else."""
        found: Polynomial = {}
        for word, coefficient in terms.items():
            place = self._largest_sum([*word]) if len(word) > 1 else None
            if place is None:
                add_term(found, word, coefficient)
                continue
            for term in word[place].args:
                inner = terms_of(times(*word[:place], term, *word[place + 1 :]))
                for w, c in self._thin_words(inner).items():
                    add_term(found, w, coefficient * c)
        return found

    def _trace_of(self, word: Word) -> Basic:
        """The trace of a word, turned to where its product costs least."""
        turns = [word[i:] + word[:i] for i in range(len(word))]
        best = min(turns, key=lambda w: self._cheapest_order([self.operand(f) for f in w])[0, len(w) - 1][0])
        return self.emit(Trace(self.operand(monomial(best))), None, False)

    def _cheapest_order(self, operands: list[Basic]) -> dict[tuple[int, int], tuple[float, int]]:
        """For each run of operands the least cost of its product and the place to split it (matrix chain order)."""
        best = {(i, i): (0.0, i) for i in range(len(operands))}
        for length in range(1, len(operands)):
            for i in range(len(operands) - length):
                j = i + length
                splits = ((best[i, k][0] + best[k + 1, j][0] + self._product_cost(operands, i, k, j), k) for k in range(i, j))
                best[i, j] = min(splits, key=lambda split: (split[0], -split[1]))
        return best

    def _emit_chain(self, operands: list[Basic], best: Mapping, i: int, j: int) -> Basic:
        if i == j:
            return operands[i]
        k = best[i, j][1]
        left, right = self._emit_chain(operands, best, i, k), self._emit_chain(operands, best, k + 1, j)
        diagonal = isinstance(left, DiagMatrix) and isinstance(right, DiagMatrix)
        if turned := _all_turned([right, left]):
            return Transpose(self.emit(MatMul(*turned, evaluate=False), (right.cols, left.rows)))
        if (other := self.known.get(MatMul(_transpose_operand(right), _transpose_operand(left), evaluate=False))) is not None:
            return _transpose_operand(other)
        return self.emit(MatMul(left, right, evaluate=False), (left.rows, right.cols), diagonal)

    def _product_cost(self, operands: list[Basic], i: int, k: int, j: int) -> float:
        rows, inner, columns = map(self._dimension_size, (operands[i].rows, operands[k].cols, operands[j].cols))
        scales = all(map(_scales, operands[i : k + 1])) != all(map(_scales, operands[k + 1 : j + 1]))
        scales |= all(isinstance(o, DiagMatrix) for o in operands[i : j + 1])
        return rows * columns * (1 if scales else 2 * inner)

    def _count_entries(self, operand: Basic) -> int:
        rows, columns = map(self._dimension_size, operand.shape)
        return rows if isinstance(operand, DiagMatrix) else rows * columns

    def _dimension_size(self, dimension: Expr) -> int:
        return int(dimension.xreplace(self.sizes))

    def emit(self, operation: Basic, shape, diagonal: bool = False) -> Basic:
        if operation not in self.known:
            name = f"t{len(self.steps)}"
            symbol = Symbol(name) if shape is None else MatrixSymbol(name, *shape)
            self.steps.append((symbol, operation))
            self.known[operation] = DiagMatrix(symbol) if diagonal else symbol
        return self.known[operation]


def _numbers_of_matrices(expr: Basic) -> Iterator[Expr]:
    """The outermost traces and determinants of a scalar, and logarithms of determinants."""
    if isinstance(expr, Trace | Determinant) or (isinstance(expr, log) and isinstance(expr.args[0], Determinant)):
        yield expr
    else:
        for a in expr.args:
            yield from _numbers_of_matrices(a)


def _with_thin_ones(factors: Sequence[MatrixExpr]) -> Iterator[MatrixExpr]:
    """Factors with a column times a row for each matrix of ones."""
    for factor in factors:
        thin = len(factors) == 1 or not isinstance(factor, OneMatrix) or 1 in factor.shape
        yield from (factor,) if thin else (OneMatrix(factor.rows, 1), OneMatrix(1, factor.cols))


def _transpose_operand(operand: Basic) -> Basic:
    """The transpose of an operand."""
    if isinstance(operand, Transpose):
        return operand.arg
    return operand if isinstance(operand, DiagMatrix | Identity | Centring) else Transpose(operand)


def _all_turned(operands: Sequence[Basic]) -> list[Basic] | None:
    """The transposes of operands that are transposes themselves, or diagonal; an operation on these has both senses."""
    both = all(isinstance(o, Transpose | DiagMatrix | Identity) for o in operands)
    return [*map(_transpose_operand, operands)] if both and any(isinstance(o, Transpose) for o in operands) else None


def _scales(operand: Basic) -> bool:
    """Whether a product with an operand is no more work than a copy."""
    return isinstance(operand.arg if isinstance(operand, Transpose) else operand, DiagMatrix | Constant)


def _symbol_leaves(expr: Basic) -> Iterator[Basic]:
    """Symbols of an expression, once for each place where they stand."""
    if isinstance(expr, MatrixSymbol | Symbol):
        yield expr
    else:
        for arg in expr.operands() if isinstance(expr, Operation) else expr.args:
            yield from _symbol_leaves(arg)
