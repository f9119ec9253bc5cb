r"""Whether an expression in nodes vanishes, by its entries: sums over indices of products of entries and of functions of them.

Every matrix operation is a sum over indices, :math:`(AB)_{ij}=\sum_kA_{ik}B_{kj}`, :math:`\operatorname{diag}(v)_{ij}=
\delta_{ij}v_i`, :math:`\operatorname{softmax}(M)_{ij}=e^{M_{ij}}/\sum_ke^{M_{ik}}`.  Terms are brought into one form: deltas
resolved, exponentials of sums split, powers of what does not depend on a summed index taken out of the sum, equal bases
collected, and the indices that are summed over numbered in an order that does not depend on their names.  Terms that are then
the same add up; what adds up to nothing vanishes, for matrices of every size.

>>> from sympy import MatrixSymbol, OneMatrix, symbols
>>> from theory.nodes import hadamard, softmax
>>> n = symbols("n", integer=True, positive=True)
>>> A, B, v = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n), MatrixSymbol("v", n, 1)
>>> vanishes_by_indices(softmax(A + v * OneMatrix(1, n)) - softmax(A)), vanishes_by_indices(A - B)
(True, False)

When it fails: False says nothing; identities of inverses beyond symmetry, of functions beyond powers, exponentials and
logarithms, and expressions of very many terms are not seen.
"""

from __future__ import annotations

from functools import singledispatchmethod

from sympy import (
    Add,
    Determinant,
    Expr,
    Function,
    Heaviside,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Pow,
    S,
    Trace,
    Transpose,
    ZeroMatrix,
    exp,
    log,
)
from sympy.matrices.expressions.special import OneMatrix

from theory.index_sums import BASE, DELTA, ENTRY_OF, EXPONENTIAL, OTHER, UNIT, Factor, Sums, Term, Terms, TooLong, number_term
from theory.nodes.elementwise import ENTRY, Elementwise
from theory.nodes.entries import Diagonal, DiagonalPart, Hadamard
from theory.nodes.opened import as_nodes
from theory.nodes.rows import LogSumExp, Softmax
from theory.nodes.selections import Centring
from theory.scalars import logistic, softplus
from theory.words import PLAIN, Context

ODD = ("tanh", "sin", "sinh", "tan", "erf", "atan", "asinh", "sign")
EVEN = ("cos", "cosh", "Abs")


def vanishes_by_indices(expr: Expr | MatrixExpr, context: Context = PLAIN) -> bool:
    """Whether an expression is proved to be zero; False says nothing."""
    entries = Entries(context)
    try:
        opened = as_nodes(expr)
        terms = entries.entry(opened, -1, -2) if isinstance(opened, MatrixExpr) else entries.scalar(opened)
        found: dict[tuple, Expr] = {}
        for term in terms:
            key = entries.numbered(term)
            found[key] = found.get(key, S.Zero) + term.number
    except (TooLong, NotImplementedError):
        return False
    return all(c.expand() == 0 or c.together().expand() == 0 for c in found.values())


class Entries(Sums):
    """Expressions as sums."""

    @singledispatchmethod
    def entry(self, expr: MatrixExpr, i: int, j: int) -> Terms:
        """The entry at two indices."""
        return [self.one_factor(Factor(ENTRY_OF, expr, (i, j)))]

    @entry.register(MatrixSymbol)
    def _(self, expr, i, j):
        if expr not in self.context.diagonal:
            return [self.one_factor(Factor(ENTRY_OF, expr, (i, j)))]
        return self.times([self.one_factor(Factor(ENTRY_OF, expr, (i, i)))], self.delta(i, j))

    @entry.register(Identity)
    def _(self, expr, i, j):
        return self.delta(i, j)

    @entry.register(ZeroMatrix)
    def _(self, expr, i, j):
        return []

    @entry.register(OneMatrix)
    def _(self, expr, i, j):
        return [number_term(S.One)]

    @entry.register(Transpose)
    def _(self, expr, i, j):
        return self.entry(expr.arg, j, i)

    @entry.register(MatAdd)
    def _(self, expr, i, j):
        return [term for part in expr.args for term in self.entry(part, i, j)]

    @entry.register(MatMul)
    def _(self, expr, i, j):
        coefficient, factors = expr.as_coeff_matrices()
        inner = [self.index(f.cols) for f in factors[:-1]]
        places = zip(factors, (i, *inner), (*inner, j), strict=True)
        found = self.times(self.scalar(coefficient), *(self.entry(f, a, b) for f, a, b in places))
        return self.sum_over(found, [(k, f.cols) for k, f in zip(inner, factors, strict=False)])

    @entry.register(MatPow)
    def _(self, expr, i, j):
        if not (expr.exp.is_Integer and expr.exp > 0):
            raise NotImplementedError
        return self.entry(MatMul(*[expr.base] * int(expr.exp), evaluate=False), i, j)

    @entry.register(Inverse)
    def _(self, expr, i, j):
        if expr.arg in self.context.diagonal:
            return self.times(self.power(self.entry(expr.arg, i, i), S.NegativeOne), self.delta(i, j))
        name, order, orders = self.close(self.entry(expr.arg, -1, -2), (-1, -2))
        return [self.one_factor(Factor(ENTRY_OF, (Inverse.__name__, name, orders), tuple((i, j)[k] for k in order)))]

    @entry.register(Hadamard)
    def _(self, expr, i, j):
        return self.times(*(self.entry(f, i, j) for f in expr.args))

    @entry.register(Diagonal)
    def _(self, expr, i, j):
        return self.times(self.entry(expr.args[0], i, UNIT), self.delta(i, j))

    @entry.register(DiagonalPart)
    def _(self, expr, i, j):
        return self.entry(expr.args[0], i, i)

    @entry.register(Centring)
    def _(self, expr, i, j):
        return [*self.delta(i, j), number_term(-1 / expr.rows)]

    @entry.register(Elementwise)
    def _(self, expr, i, j):
        return self.function(expr.body, self.entry(expr.inner, i, j))

    @entry.register(Softmax)
    def _(self, expr, i, j):
        return self.times(self.exponential(self.entry(expr.args[0], i, j)), self.power(self._row_sum(expr, i), S.NegativeOne))

    @entry.register(LogSumExp)
    def _(self, expr, i, j):
        return self.logarithm(self._row_sum(expr, i))

    def _row_sum(self, expr: Softmax | LogSumExp, i: int) -> Terms:
        k = self.index(expr.args[0].cols)
        return self.sum_over(self.exponential(self.entry(expr.args[0], i, k)), [(k, expr.args[0].cols)])

    # -- scalars and functions -----------------------------------------------------------------------------------------

    def scalar(self, expr: Expr) -> Terms:
        """A scalar expression in traces and determinants."""
        if isinstance(expr, Trace):
            i = self.index(expr.arg.rows)
            return self.sum_over(self.entry(expr.arg, i, i), [(i, expr.arg.rows)])
        if isinstance(expr, Determinant):
            name, _, _ = self.close(self.entry(expr.arg, -1, -2), (-1, -2))
            return [self.one_factor(Factor(ENTRY_OF, (Determinant.__name__, name), ()))]
        return self.function(expr, [])

    def function(self, body: Expr, inner: Terms) -> Terms:
        """A function of an entry."""
        if body == ENTRY:
            return [self.renamed(term) for term in inner]
        if isinstance(body, Trace | Determinant):
            return self.scalar(body)
        if not body.has(ENTRY, Trace, Determinant):
            return [number_term(body)]
        if isinstance(body, Add):
            return [term for part in body.args for term in self.function(part, inner)]
        if isinstance(body, Mul):
            return self.times(*(self.function(part, inner) for part in body.args))
        if isinstance(body, Pow) and body.base is not S.Exp1 and not body.exp.has(ENTRY, Trace, Determinant):
            return self.power(self.function(body.base, inner), body.exp)
        if isinstance(body, Max | Min):
            first, *others = (self.function(a, inner) for a in body.args)
            for other in others:
                first = self._extreme(first, other, 1 if isinstance(body, Max) else -1)
            return first
        argument = self.function(body.args[0], inner)
        if isinstance(body, exp):
            return self.exponential(argument)
        if isinstance(body, log):
            return self.logarithm(argument)
        if isinstance(body, softplus):
            return self.logarithm([number_term(S.One), *self.exponential(argument)])
        if isinstance(body, logistic):
            raised = [number_term(S.One), *self.exponential(argument)]
            return self.times(self.exponential(argument), self.power(raised, S.NegativeOne))
        if isinstance(body, Heaviside) and body.args[1] == S.Half:
            return [number_term(S.Half), *self.times([number_term(S.Half)], self._function_of_sign("sign", argument))]
        if isinstance(body, Function) and len(body.args) == 1:
            return self._function_of_sign(body.func.__name__, argument)
        raise NotImplementedError

    def _extreme(self, one: Terms, other: Terms, side: int) -> Terms:
        """The larger (or smaller) of two, by the absolute value of the difference."""
        apart = [*one, *self.times([number_term(S.NegativeOne)], other)]
        size = self._function_of_sign("Abs", [self.renamed(t) for t in apart])
        return self.times([number_term(S.Half)], [*one, *other, *self.times([number_term(S(side))], size)])

    def _function_of_sign(self, name: str, argument: Terms) -> Terms:
        """A function that may be odd or even, of an argument in one of its two signs."""
        there = self.function_of(OTHER, name, argument)
        if name not in ODD + EVEN:
            return [there]
        opposite = [self.renamed(t, S.NegativeOne) for t in argument]
        back = self.function_of(OTHER, name, opposite)
        turned = repr(back.powers[0][0].name) < repr(there.powers[0][0].name)
        chosen = back if turned else there
        return [chosen._replace(number=S.NegativeOne) if turned and name in ODD else chosen]

    def power(self, base: Terms, exponent: Expr) -> Terms:
        """A power; of one term that of each factor, as far as these are positive or the power is whole."""
        if exponent.is_Integer and exponent >= 0:
            found = [number_term(S.One)]
            for _ in range(int(exponent)):
                found = self.times(found, [self.renamed(t) for t in base])
            return found
        base = self.collected(base)
        outside: dict[Factor, Expr] = {}
        number = S.One
        if len(base) == 1:
            (term,) = base
            whole = exponent.is_Integer
            if any(f.kind == DELTA for f, _ in term.powers):
                raise NotImplementedError
            if whole or term.number.is_positive:
                number, term = term.number**exponent, term._replace(number=S.One)
            free = {f: p for f, p in term.powers if not term.summed & {*f.at}}
            outside = {f: p * exponent for f, p in free.items() if whole or self._is_positive(f, p)}
            rest = tuple((f, p) for f, p in term.powers if f not in outside)
            base = [] if not rest else [term._replace(powers=rest)]
            if base and len(rest) == 1 and not term.summed and term.number == 1 and (whole or self._is_positive(*rest[0])):
                outside[rest[0][0]], base = rest[0][1] * exponent, []
        factors = outside | ({self.function_of(BASE, "", base).powers[0][0]: exponent} if base else {})
        return self.reduced(Term(number, tuple(factors.items()), frozenset()))

    def _is_positive(self, factor: Factor, power: Expr) -> bool:
        """Whether a power of a factor is positive wherever it is defined."""
        if factor.kind != BASE or not power.is_integer:
            return factor.kind in (BASE, EXPONENTIAL)
        terms = self.opened(factor)
        return all(t.number.is_positive and all(p.is_even or f.kind == EXPONENTIAL for f, p in t.powers) for t in terms)

    def exponential(self, argument: Terms) -> Terms:
        """The exponential, of each term on its own."""
        found = [number_term(S.One)]
        for term in self.collected(argument):
            if not term.powers:
                found = self.times(found, [number_term(exp(term.number))])
                continue
            if len(term.powers) == 1 and _is_logarithm(*term.powers[0]):
                found = self.times(found, self.power(self.opened(term.powers[0][0]), term.number))
                continue
            share, rest = term.number.as_coeff_Mul()
            ((factor, _),) = self.function_of(EXPONENTIAL, "", [term._replace(number=rest)]).powers
            found = self.times(found, [Term(S.One, ((factor, share),), frozenset())])
        return found

    def logarithm(self, argument: Terms) -> Terms:
        """The logarithm, of what stands outside a sum on its own."""
        argument = self.collected(argument)
        if len(argument) != 1:
            level = self.mean_exponents(argument)
            around = self.times(argument, [Term(S.One, tuple((f, -p) for f, p in level.items()), frozenset())])
            shift = [self.renamed(t, p) for f, p in level.items() for t in self.opened(f)]
            return [*shift, self.function_of(OTHER, "log", self.collected(around))]
        (term,) = argument
        outside = [(f, p) for f, p in term.powers if f.kind == EXPONENTIAL and not term.summed & {*f.at}]
        rest = tuple(pair for pair in term.powers if pair not in outside)
        found = [self.renamed(t, p) for f, p in outside for t in self.opened(f)]
        if rest or term.number != 1:
            found.append(self.function_of(OTHER, "log", [term._replace(powers=rest)]))
        return found


def _is_logarithm(factor: Factor, power: Expr) -> bool:
    return factor.kind == OTHER and factor.name[0] == "log" and power == 1
