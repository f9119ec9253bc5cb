r"""Words: matrix polynomials as linear combinations of products, in a form where equality can be seen.

A *word* is a tuple of matrix factors, read as their product; the empty word is the identity.  A factor is a
symbol, its transpose, its inverse, or any matrix expression that is not a polynomial (kept whole).  A matrix
polynomial is a dict from words to scalar coefficients, a trace polynomial a scalar expression whose traces are each
of one word, written in the least of its cyclic and transposed forms, so that
:math:`\operatorname{tr}(AB)=\operatorname{tr}(BA)=\operatorname{tr}(B^TA^T)` is one object.

A :class:`Context` says what may be assumed: which symbols are symmetric, and which products may be rewritten
(``Eq(D*u, J*w)`` lets the word ``D u`` become ``J w``).

SymPy's own ``expand``, ``doit`` and ``Trace`` leave these forms undecided or reorder them, hence this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce, singledispatch

from sympy import (
    Add,
    Eq,
    Expr,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixBase,
    MatrixExpr,
    Q,
    S,
    Trace,
    Transpose,
    ZeroMatrix,
    default_sort_key,
    sympify,
)
from sympy.assumptions import AppliedPredicate
from sympy.logic.boolalg import Boolean
from sympy.matrices.expressions.special import GenericZeroMatrix, OneMatrix

from theory.errors import InputError, quote_value

Word = tuple[MatrixExpr, ...]
Polynomial = dict[Word, Expr]


@dataclass(frozen=True)
class Context:
    """What is assumed of the matrix symbols.

    ``assumptions`` are SymPy statements: ``Q.symmetric(D)``, ``Q.diagonal(H)`` (also symmetric) and equations between
    matrix products, used as rewriting rules from left to right (and transposed).  Others are carried along unread.
    ``kinks``: whether functions with kinks are differentiated, too, away from these.
    """

    assumptions: tuple[Boolean, ...] = ()
    kinks: bool = False

    @cached_property
    def symmetric(self) -> frozenset[MatrixExpr]:
        return self._matrices_with(Q.symmetric, Q.diagonal)

    @cached_property
    def diagonal(self) -> frozenset[MatrixExpr]:
        return self._matrices_with(Q.diagonal)

    def _matrices_with(self, *predicates) -> frozenset[MatrixExpr]:
        applied = (a for a in self.assumptions if isinstance(a, AppliedPredicate))
        return frozenset(a.arguments[0] for a in applied if a.function in predicates)

    @cached_property
    def rules(self) -> tuple[tuple[Word, Polynomial], ...]:
        plain = Context(tuple(a for a in self.assumptions if not isinstance(a, Eq)))
        rules: list[tuple[Word, Polynomial]] = []
        for equation in self.assumptions:
            if isinstance(equation, Eq) and isinstance(equation.lhs, MatrixExpr):
                for side in (lambda e: e, Transpose):
                    (word, coefficient), *others = expand(side(equation.lhs), plain).items()
                    if others or coefficient != 1:
                        raise InputError(
                            "a single product on the left of an assumed equation",
                            quote_value(equation),
                            "solve it for one product",
                        )
                    rule = word, expand(side(equation.rhs), plain)
                    if not any(_undo_each_other(rule, other) for other in rules):
                        rules.append(rule)
        return tuple(rules)


PLAIN = Context()


def expand(expr: MatrixExpr, context: Context = PLAIN) -> Polynomial:
    """The matrix polynomial of ``expr``: products distributed, transposes on symbols, inverses cancelled, rules applied."""
    return normalise(_expand(expr, context), context)


def normalise(polynomial: Polynomial, context: Context = PLAIN) -> Polynomial:
    """Inverses cancelled, rules applied, equal words added up, zeros dropped."""
    result: Polynomial = {}
    for word, coefficient in polynomial.items():
        short, number = join_factors(word)
        try:
            _rewrite_word(short, coefficient * number, context, result)
        except RecursionError:
            rules = ", ".join(quote_value(monomial(pattern)) for pattern, _ in context.rules)
            raise InputError(
                "assumed equations that come to an end when they are applied from left to right",
                f"equations for {rules} that do not",
                "solve them for the longer product",
            ) from None
    return _drop_zeros(result)


def expand_traces(expr: Expr, context: Context = PLAIN) -> Expr:
    """The trace polynomial of a scalar ``expr``: each trace of one canonical word, coefficients expanded.

    A scalar without traces stays as it is.
    """
    traces = {trace: _expand_trace(trace, context) for trace in _outer_traces(expr)}
    return expr.xreplace(traces).expand() if traces else expr


def is_zero(expr: Expr | MatrixExpr, context: Context = PLAIN) -> bool:
    """Whether a trace or matrix polynomial vanishes identically, for every admissible shape."""
    return not expand(expr, context) if isinstance(expr, MatrixExpr) else expand_traces(expr, context).expand() == 0


def multiply_polynomials(words: Iterable[Polynomial]) -> Polynomial:
    """The product of matrix polynomials."""
    result: Polynomial = {(): S.One}
    for right in words:
        step: Polynomial = {}
        for w, c in result.items():
            for v, b in right.items():
                add_term(step, _join_words(w, v), c * b)
        result = step
    return result


def join_factors(word: Word) -> tuple[Word, Expr]:
    """A word in which what is inverse cancels and matrices of ones that stand together are one, and its number."""
    return _without_inner_ones(reduce(lambda w, f: _join_words(w, (f,)), word, ()))


def transpose_factor(factor: MatrixExpr, context: Context = PLAIN) -> MatrixExpr:
    """The transpose of one factor."""
    if isinstance(factor, Transpose):
        return factor.arg
    if isinstance(factor, OneMatrix):
        return OneMatrix(factor.cols, factor.rows)
    core = factor.arg if isinstance(factor, Inverse) else factor
    is_symmetric = core in context.symmetric or getattr(factor, "is_symmetric_node", False)
    return factor if is_symmetric else Transpose(factor)


def canonical_trace(word: Word, context: Context = PLAIN) -> Expr:
    """The trace of a word, in the least of its cyclic and transposed forms."""
    backwards = tuple(transpose_factor(f, context) for f in reversed(word))
    turns = (w[i:] + w[:i] for w in (word, backwards) for i in range(len(word)))
    least = min(turns, key=lambda w: [default_sort_key(f) for f in w])
    return Trace(monomial(least))


def monomial(word: Word) -> MatrixExpr:
    """The product of a non-empty word as an unevaluated SymPy expression.

    SymPy makes an identity without a shape of an empty product, which is no matrix of ours.
    """
    if not word:
        raise ValueError("the empty word is the identity of a shape that must be said")
    return word[0] if len(word) == 1 else MatMul(*word, evaluate=False)


def assemble(polynomial: Mapping[Word, Expr], shape: tuple[Expr, Expr]) -> MatrixExpr:
    """A matrix polynomial as one expression, with common factors collected as one would on paper.

    Common factors on the left and right are taken out; what remains is grouped by first or by last factor, whichever
    makes fewer groups, and so on inside each group.  The order of terms is kept, positive ones first.
    """
    if not polynomial:
        return ZeroMatrix(*shape)
    if len(polynomial) == 1:
        ((word, coefficient),) = polynomial.items()
        return _scale_factors(coefficient, word or (Identity(shape[0]),))
    polynomial = dict(sorted(polynomial.items(), key=lambda term: bool(term[1].could_extract_minus_sign())))
    content = _common_coefficient(polynomial)
    rest = {w: c / content for w, c in polynomial.items()}
    left, right = _common_prefix(list(rest)), ()
    if not left:
        right = tuple(reversed(_common_prefix([w[::-1] for w in rest])))
    if left or right:
        inner = {w[len(left) : len(w) - len(right)]: c for w, c in rest.items()}
        middle = assemble(inner, (left[-1].cols if left else shape[0], right[0].rows if right else shape[1]))
        return _scale_factors(content, (*left, middle, *right))
    by_first, by_last = (_group_terms(rest, end) for end in (0, -1))
    groups = by_first if len(by_first) <= len(by_last) else by_last
    terms = (
        [assemble(g, shape) for g in groups] if len(groups) < len(rest) else [assemble({w: c}, shape) for w, c in rest.items()]
    )
    return _scale_factors(content, (MatAdd(*terms, evaluate=False),))


def collect(expr: MatrixExpr, context: Context = PLAIN) -> MatrixExpr:
    """``expr`` expanded and collected again as on paper."""
    return assemble(expand(expr, context), expr.shape)


def scale_matrix(coefficient: Expr, expr: MatrixExpr) -> MatrixExpr:
    """A scalar times a matrix expression, unevaluated, the sign in front."""
    return _scale_factors(sympify(coefficient, strict=True), (expr,))


# -- expansion of each kind of expression -------------------------------------------------------------------------


@singledispatch
def _expand(expr: MatrixExpr, context: Context) -> Polynomial:
    return {(expr,): S.One}


@_expand.register(MatrixBase)
def _(expr, context):
    if expr.is_zero_matrix:
        return {}
    return {(): S.One} if expr.is_Identity else {(expr.as_immutable(),): S.One}


@_expand.register(ZeroMatrix)
@_expand.register(GenericZeroMatrix)
def _(expr, context):
    return {}


@_expand.register(Identity)
def _(expr, context):
    return {(): S.One}


@_expand.register(MatAdd)
def _(expr, context):
    result: Polynomial = {}
    for term in expr.args:
        for word, coefficient in _expand(term, context).items():
            add_term(result, word, coefficient)
    return result


@_expand.register(MatMul)
def _(expr, context):
    coefficient, factors = expr.as_coeff_matrices()
    words = multiply_polynomials(_expand(f, context) for f in factors)
    return {w: expand_traces(coefficient * c, context) for w, c in words.items()}


@_expand.register(MatPow)
def _(expr, context):
    if not expr.exp.is_Integer:
        return {(expr,): S.One}
    base = _expand(expr.base if expr.exp >= 0 else Inverse(expr.base), context)
    return multiply_polynomials([base] * abs(int(expr.exp)))


@_expand.register(Transpose)
def _(expr, context):
    inner = _expand(expr.arg, context)
    return {tuple(transpose_factor(f, context) for f in reversed(w)): c for w, c in inner.items()}


@_expand.register(Inverse)
def _(expr, context):
    """The inverse of a product of square factors is that of each, backwards; of a sum, and with a symbol as factor, it is one
    factor."""
    terms = expand(expr.arg, context)
    if not terms:
        raise InputError("a matrix that has an inverse", quote_value(expr), "drop the inverse of zero")
    ((word, coefficient), *others) = sorted(terms.items(), key=_order_key)
    if others or not coefficient.is_number:
        return {(Inverse(assemble(dict([(word, coefficient), *others]), expr.shape)),): S.One}
    if any(f.rows != f.cols for f in word):
        return {(Inverse(monomial(word)),): 1 / coefficient}
    return {tuple(_invert_factor(f, context) for f in reversed(word)): 1 / coefficient}


# -- helpers --------------------------------------------------------------------------------------------------------


def add_term(polynomial: Polynomial, word: Word, coefficient: Expr) -> None:
    """Add one term in place."""
    polynomial[word] = polynomial.get(word, S.Zero) + coefficient


def _drop_zeros(polynomial: Polynomial) -> Polynomial:
    expanded = ((w, c.expand()) for w, c in polynomial.items())
    return {w: c for w, c in expanded if c != 0}


def _join_words(left: Word, right: Word) -> Word:
    while left and right and _are_inverse(left[-1], right[0]):
        left, right = left[:-1], right[1:]
    return left + right


def _order_key(term: tuple[Word, Expr]) -> tuple:
    return len(term[0]), [default_sort_key(f) for f in term[0]]


def _invert_factor(factor: MatrixExpr, context: Context) -> MatrixExpr:
    """The inverse of one factor that is not a sum, its transpose outside."""
    if isinstance(factor, Transpose):
        return transpose_factor(_invert_factor(factor.arg, context), context)
    return factor.arg if isinstance(factor, Inverse) else Inverse(factor)


def _without_inner_ones(word: Word) -> tuple[Word, Expr]:
    """Matrices of ones that stand together are one, times the length between them."""
    short, number = word[:1], S.One
    for factor in word[1:]:
        if isinstance(factor, OneMatrix) and isinstance(short[-1], OneMatrix):
            number *= factor.rows
            short = (*short[:-1], OneMatrix(short[-1].rows, factor.cols))
        else:
            short = (*short, factor)
    return short, number


def _are_inverse(a: MatrixExpr, b: MatrixExpr) -> bool:
    if isinstance(a, Transpose) and isinstance(b, Transpose):
        return _are_inverse(a.arg, b.arg)
    return (isinstance(a, Inverse) and a.arg == b) or (isinstance(b, Inverse) and b.arg == a)


def _undo_each_other(rule: tuple[Word, Polynomial], other: tuple[Word, Polynomial]) -> bool:
    """Whether each of two rules makes what the other one takes, as for matrices that commute."""
    return rule[0] in other[1] and other[0] in rule[1]


def _rewrite_word(word: Word, coefficient: Expr, context: Context, into: Polynomial) -> None:
    for pattern, replacement in context.rules:
        for i in range(len(word) - len(pattern) + 1):
            if word[i : i + len(pattern)] == pattern:
                for middle, c in replacement.items():
                    changed = _join_words(_join_words(word[:i], middle), word[i + len(pattern) :])
                    _rewrite_word(changed, coefficient * c, context, into)
                return
    add_term(into, word, coefficient)


def _outer_traces(expr: Expr) -> set[Trace]:
    if isinstance(expr, Trace):
        return {expr}
    return set().union(*(_outer_traces(a) for a in expr.args)) if expr.args else set()


def _expand_trace(trace: Trace, context: Context) -> Expr:
    terms = expand(trace.arg, context).items()
    return Add(*(c * (canonical_trace(w, context) if w else trace.arg.rows) for w, c in terms))


def _common_prefix(words: list[Word]) -> Word:
    shortest = min(words, key=len)
    length = next((i for i, f in enumerate(shortest) if any(w[i] != f for w in words)), len(shortest))
    return shortest[:length]


def _group_terms(polynomial: Polynomial, end: int) -> list[Polynomial]:
    groups: dict[MatrixExpr | None, Polynomial] = {}
    for word, coefficient in polynomial.items():
        groups.setdefault(word[end] if word else None, {})[word] = coefficient
    return list(groups.values())


def _common_coefficient(polynomial: Polynomial) -> Expr:
    first = next(iter(polynomial.values()))
    return first if all((c / first) in (1, -1) for c in polynomial.values()) else S.One


def _scale_factors(coefficient: Expr, factors: Word) -> MatrixExpr:
    flat: list[MatrixExpr] = []
    for factor in factors:
        inner = factor.as_coeff_matrices() if isinstance(factor, MatMul) else (S.One, [factor])
        coefficient *= inner[0]
        flat.extend(inner[1])
    if coefficient == 1:
        return monomial(tuple(flat))
    scalars = (S.NegativeOne, -coefficient) if coefficient.could_extract_minus_sign() else (coefficient,)
    return MatMul(*(c for c in scalars if c != 1), *flat, evaluate=False)
