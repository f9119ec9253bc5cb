"""Matrix expressions cut into single operations.

Each distinct operation is computed once; products are associated in the order that costs least at the actual shapes
(matrix chain order); a scalar factor is applied to the smallest operand.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sympy import (
    Add,
    Basic,
    Determinant,
    DiagMatrix,
    Expr,
    Identity,
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

from theory.errors import CalculusError
from theory.nodes.algebra import terms_of
from theory.nodes.node import Node
from theory.nodes.opened import as_nodes
from theory.nodes.operations import PLACES, Dense, NumberOf, Pointwise
from theory.operands import (
    Sizes,
    all_turned,
    in_order,
    is_not_made,
    numbers_of_matrices,
    runs_of,
    scales,
    symbol_of,
    transpose_operand,
    turned_run,
    with_thin_ones,
)
from theory.words import Word, expand, monomial

LARGE = 2**13  # entries of an array of which a copy costs more than the call that spares it


class Schedule(Sizes):
    """Single-operation steps for a set of expressions; equal operations are one step.  ``shown`` is what symbols are called
    where one is named to the user."""

    def __init__(self, sizes: Mapping[Symbol, int], shown: Mapping[Basic, Basic] | None = None):
        self.shown = dict(shown or {})
        super().__init__(sizes)
        self.steps: list[tuple[Basic, Basic]] = []
        self.known: dict[Basic, Basic] = {}
        self._operands: dict[Basic, Basic] = {}
        self._sums: dict[frozenset, Basic] = {}
        self._products: dict[tuple[Basic, ...], Basic] = {}
        self._made: set[Basic] = set()

    def operand(self, expr: Expr | MatrixExpr) -> Basic:
        """A symbol, or the transpose of one, that holds the value of ``expr``."""
        if expr not in self._operands:
            self._operands[expr] = self._operand(expr)
        return self._operands[expr]

    def dense_operand(self, expr: Expr | MatrixExpr) -> Basic:
        """The same, with the zeros of a diagonal matrix."""
        return self._with_zeros(self.operand(expr))

    def _with_zeros(self, operand: Basic) -> Basic:
        return self.emit(Dense(operand), operand.shape) if isinstance(operand, DiagMatrix) else operand

    def _operand(self, expr: Expr | MatrixExpr) -> Basic:
        if not isinstance(expr, MatrixExpr):
            return expr.xreplace({part: self._number_of(part) for part in numbers_of_matrices(expr)}).xreplace(self.sizes)
        if isinstance(expr, Node):
            return expr.lowered(self)
        if isinstance(expr, MatAdd):
            return self._emit_sum(expr)
        if isinstance(expr, MatMul):
            return self._emit_product(expr)
        if isinstance(expr, MatPow) and expr.exp.is_Integer and expr.exp not in (-1, 0):  # an inverse is a power, too
            base = expr.base if expr.exp > 0 else Inverse(expr.base)
            return self.operand(monomial((base,) * abs(int(expr.exp))))
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

    def large(self, given: Iterable[Basic]) -> frozenset[Basic]:
        """Those of the given matrices and of the steps that have more than :data:`LARGE` entries."""
        matrices = (s for s in (*given, *self._made) if isinstance(s, MatrixSymbol))
        return frozenset(s for s in matrices if self.count_entries(s) > LARGE)

    def _emit_sum(self, expr: MatAdd) -> Basic:
        terms, numbers = [], defaultdict[Basic, Expr](lambda: S.Zero)
        for term in expr.args:
            coefficient, factors = term.as_coeff_mmul() if isinstance(term, MatMul) else (S.One, term)
            numbers[factors] += coefficient
        for factors, coefficient in numbers.items():
            sign = -1 if coefficient.could_extract_minus_sign() else 1
            inner = factors.args if isinstance(factors, MatMul) else (factors,)
            value = self.operand(MatMul(sign * coefficient, *inner, evaluate=False) if sign * coefficient != 1 else factors)
            terms.append((sign, value))
        diagonal = all(isinstance(v, DiagMatrix) for _, v in terms)
        if turned := all_turned([v for _, v in terms]):
            terms = [(s, v) for (s, _), v in zip(terms, turned, strict=True)]
        other = frozenset(Counter((s, transpose_operand(v)) for s, v in terms).items())
        if not turned and other in self._sums:
            return transpose_operand(self._sums[other])
        if (key := frozenset(Counter(terms).items())) not in self._sums:
            self._sums[key] = self._emit_terms(terms, (expr.cols, expr.rows) if turned else expr.shape, diagonal)
        return transpose_operand(self._sums[key]) if turned else self._sums[key]

    def _emit_terms(self, terms: list[tuple[int, Basic]], shape, diagonal: bool) -> Basic:
        terms.sort(key=lambda t: -t[0])
        return self.emit(
            MatAdd(*(v if s > 0 else MatMul(-1, v, evaluate=False) for s, v in terms), evaluate=False), shape, diagonal
        )

    def _emit_product(self, expr: MatMul) -> Basic:
        coefficient, factors = expr.as_coeff_matrices()
        operands = self._operands_of_product(factors)
        if any(isinstance(o, ZeroMatrix) for o in operands):
            return ZeroMatrix(*expr.shape).xreplace(self.sizes)
        return self._emit_chain(operands, coefficient)

    def _times(self, coefficient: Expr, operand: Basic) -> Basic:
        if isinstance(operand, Transpose):
            return Transpose(self._times(coefficient, operand.arg))
        operation = MatMul(self.operand(coefficient), operand, evaluate=False)
        return self.emit(operation, operand.shape, isinstance(operand, DiagMatrix))

    def _operands_of_product(self, factors: Sequence[MatrixExpr]) -> list[Basic]:
        """The operands of a product; sums that would be larger than what is made anyway stand as they are."""
        factors = [*with_thin_ones(factors)]
        sizes = [*map(self.dimension_size, (*(f.rows for f in factors), factors[-1].cols))]
        bound = min(sizes[0], sizes[-1]) * max(sizes)
        operands = [in_order(f.args) if self.stays_open(f, bound) else self.operand(f) for f in factors]
        return [o for o in operands if not isinstance(o, Identity)] or operands[:1]

    def _distribute_sum(self, factors: Sequence[MatrixExpr], place: int) -> Basic:
        """A product over the terms of a factor that is a sum."""
        terms = []
        for term in factors[place].args:
            scalar, inner = term.as_coeff_matrices() if isinstance(term, MatMul) else (S.One, [term])
            terms.append(MatMul(scalar, *factors[:place], *inner, *factors[place + 1 :], evaluate=False))
        return self.operand(MatAdd(*terms, evaluate=False))

    def pointwise(self, body: Expr, *operands: Basic) -> Basic:
        """A function of every entry of operands of one shape; of diagonal ones a diagonal matrix where it keeps zero."""
        if body == PLACES[0]:
            return operands[0]
        diagonal = (
            all(isinstance(o, DiagMatrix) for o in operands) and body.subs(dict.fromkeys(PLACES[: len(operands)], 0)) == 0
        )
        operands = operands if diagonal else tuple(map(self._with_zeros, operands))
        if turned := all_turned(operands):
            return Transpose(self.pointwise(body, *turned))
        used = [k for k, place in enumerate(PLACES[: len(operands)]) if body.has(place)]
        body, operands = body.xreplace({PLACES[k]: PLACES[i] for i, k in enumerate(used)}), tuple(operands[k] for k in used)
        operation = Pointwise(body, *operands)
        if (other := self.known.get(Pointwise(body, *map(transpose_operand, operands)))) is not None:
            return transpose_operand(other)
        return self.emit(operation, operands[0].shape, diagonal)

    def halves(self, expr: MatrixExpr) -> tuple[Basic, Basic] | None:
        """The two factors of a product, split where its diagonal costs least; None of what is no product, or is known."""
        if not isinstance(expr, MatMul):
            return None
        coefficient, factors = expr.as_coeff_matrices()
        operands = self._operands_of_product(factors)
        dense = [k for k, o in enumerate(operands) if not scales(o)]
        if len(dense) < 2 or coefficient != 1 or self._known_product(operands) is not None:
            return None
        best, rows = self._cheapest_order(operands), self.dimension_size(operands[0].rows)

        def cost(k: int) -> float:
            left, right = [tuple(operands[i : j + 1]) for i, j in runs_of(best, 0, k)], operands[k + 1 :]
            beside = self._cheapest_order(right, left)[0, len(right) - 1][0]
            return best[0, k][0] + beside + rows * self.dimension_size(operands[k].cols)

        k = min(range(dense[0], dense[-1]), key=cost)
        left, right = self._emit_run(operands, best, 0, k), operands[k + 1 :]
        return left, self._emit_run(right, self._cheapest_order(right), 0, len(right) - 1)

    def _number_of(self, part: Expr) -> Basic:
        if isinstance(part, Trace):
            return self._emit_trace(part)
        name, determinant = ("det", part) if isinstance(part, Determinant) else ("log_det", part.args[0])
        return self.emit(NumberOf(Symbol(name), self.operand(determinant.arg)), None)

    def _emit_trace(self, trace: Trace) -> Basic:
        words = (self.thin_words(terms_of(trace.arg)) if trace.has(Node) else expand(trace.arg)).items()
        return Add(*(self.operand(c) * (self._trace_of(word) if word else trace.arg.rows) for word, c in words))

    def _trace_of(self, word: Word) -> Basic:
        """The trace of a word, turned to where its product costs least."""
        turns = [word[i:] + word[:i] for i in range(len(word))]
        best = min(turns, key=lambda w: self._cheapest_order([self.operand(f) for f in w])[0, len(w) - 1][0])
        return self.emit(Trace(self.operand(monomial(best))), None, False)

    def _cheapest_order(self, operands: list[Basic], free: Sequence[tuple] = ()) -> dict[tuple[int, int], tuple[float, int]]:
        """For each run of operands the least cost of its product and the place to split it (matrix chain order).

        What is known costs nothing, nor do the runs in ``free``.
        """
        best = {(i, i): (0.0, i) for i in range(len(operands))}
        for length in range(1, len(operands)):
            for i in range(len(operands) - length):
                j = i + length
                run = operands[i : j + 1]
                known = self._known_product(run) is not None or not {tuple(run), turned_run(run)}.isdisjoint(free)
                costs = {k: best[i, k][0] + best[k + 1, j][0] + self.product_cost(operands, i, k, j) for k in range(i, j)}
                k = min(costs, key=lambda k: (costs[k], not self._is_shared(operands, i, k, j), -k))
                best[i, j] = 0.0 if known else costs[k], k
        return best

    def _is_shared(self, operands: list[Basic], i: int, k: int, j: int) -> bool:
        """Whether one of two runs is a product of what is given, which others may need, too."""
        return any(
            len(run) > 1 and self._made.isdisjoint(map(symbol_of, run))
            for run in (operands[i : k + 1], operands[k + 1 : j + 1])
        )

    def _known_product(self, run: Sequence[Basic]) -> Basic | None:
        """The value of a product that has been made already, or whose transpose has."""
        if (found := self._products.get(tuple(run))) is not None:
            return found
        turned = self._products.get(turned_run(run))
        return None if turned is None else transpose_operand(turned)

    def _emit_chain(self, operands: list[Basic], coefficient: Expr) -> Basic:
        """A product in its cheapest order, the coefficient on the smallest array that it is made of."""
        best, last = self._cheapest_order(operands), len(operands) - 1
        if coefficient == 1:
            return self._emit_run(operands, best, 0, last)
        runs = [(i, j) for i, j in runs_of(best, 0, last) if i < j or not is_not_made(operands[i])] or [(0, last)]
        scaled = min(runs, key=lambda run: self.entries_of_run(operands, *run))
        return self._emit_run(operands, best, 0, last, {scaled: coefficient})

    def _emit_run(self, operands: list[Basic], best: Mapping, i: int, j: int, scaled: Mapping | None = None) -> Basic:
        """The product of a run of operands, the number of each run in ``scaled`` multiplied to it."""
        found = self._join(operands, best, i, j, scaled or {})
        return self._times(scaled[i, j], found) if scaled and (i, j) in scaled else found

    def _join(self, operands: list[Basic], best: Mapping, i: int, j: int, scaled: Mapping) -> Basic:
        if i == j:
            return operands[i]
        inside, run = any(i <= a and b <= j and (a, b) != (i, j) for a, b in scaled), tuple(operands[i : j + 1])
        if not inside and (known := self._known_product(run)) is not None:
            return known
        k = best[i, j][1]
        left, right = self._emit_run(operands, best, i, k, scaled), self._emit_run(operands, best, k + 1, j, scaled)
        if isinstance(left, MatAdd) or isinstance(right, MatAdd):
            found = self._distribute_sum([left, right], int(not isinstance(left, MatAdd)))
        else:
            found = self._multiply(left, right)
        if not inside:
            self._products[run] = found
        return found

    def _multiply(self, left: Basic, right: Basic) -> Basic:
        diagonal = isinstance(left, DiagMatrix) and isinstance(right, DiagMatrix)
        if turned := all_turned([right, left]):
            return Transpose(self.emit(MatMul(*turned, evaluate=False), (right.cols, left.rows)))
        if (other := self.known.get(MatMul(transpose_operand(right), transpose_operand(left), evaluate=False))) is not None:
            return transpose_operand(other)
        return self.emit(MatMul(left, right, evaluate=False), (left.rows, right.cols), diagonal)

    def emit(self, operation: Basic, shape, diagonal: bool = False) -> Basic:
        if operation not in self.known:
            name = f"t{len(self.steps)}"
            symbol = Symbol(name) if shape is None else MatrixSymbol(name, *shape)
            self.steps.append((symbol, operation))
            self._made.add(symbol)
            self.known[operation] = DiagMatrix(symbol) if diagonal else symbol
        return self.known[operation]
