r"""Whether an expression vanishes identically: proved to, proved not to, or undecided.

"Not visibly zero" is not "not zero".  Traces are taken as independent unknowns; functions are opened into a tower of
generators over the rationals: roots :math:`r^q=b`, absolute values :math:`a^2=u^2`, exponentials as powers of one generator
for each term of their exponents (so are trigonometric and hyperbolic functions), logarithms and the like as they are.  What
reduces to zero modulo the relations of the tower vanishes, and what has a value other than zero at a point
(:mod:`theory.real_points`) does not.  Neither test decides everything.

>>> from sympy import MatrixSymbol, Trace, exp, sqrt, symbols
>>> n = symbols("n", integer=True, positive=True)
>>> p = MatrixSymbol("p", n, n)
>>> t = Trace(p * p.T)
>>> vanishes(1 / (1 + sqrt(1 + t)) - (sqrt(1 + t) - 1) / t), vanishes(t - Trace(p * p))
(True, False)
>>> vanishes(exp(t) / (1 + exp(t)) + 1 / (1 + exp(t)) - 1)
True
"""

from __future__ import annotations

from functools import cache
from itertools import groupby, pairwise

from sympy import (
    Abs,
    Add,
    Determinant,
    DiracDelta,
    Dummy,
    Expr,
    Function,
    Heaviside,
    I,
    Integer,
    Inverse,
    MatMul,
    Matrix,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Pow,
    Rational,
    S,
    Trace,
    cancel,
    default_sort_key,
    exp,
    expand_log,
    factorint,
    fraction,
    log,
    prod,
    sign,
    together,
)
from sympy.functions.elementary.hyperbolic import HyperbolicFunction
from sympy.functions.elementary.trigonometric import TrigonometricFunction
from sympy.matrices.expressions.special import OneMatrix
from sympy.polys.polyerrors import PolynomialError

from theory.indexed import vanishes_by_indices
from theory.nodes.algebra import apply_rules
from theory.nodes.node import Node
from theory.nodes.opened import as_nodes
from theory.real_points import proved_nonzero
from theory.words import PLAIN, Context, Word, expand, expand_traces, monomial, transpose_factor

OPERATIONS = 4_000  # of an expression, beyond which its tower is not built
SIMPLIFIED = 400  # operations up to which SymPy's own test is asked last
ENTRIES = 40  # of matrices of known sizes, up to which an expression is written in them


def vanishes(expr: Expr | MatrixExpr, context: Context = PLAIN) -> bool | None:
    """Whether an expression is zero for all admissible values of its symbols: True and False are proved, None is undecided.

    Matrices whose size is a symbol are of every size.
    """
    if isinstance(expr, MatrixExpr):
        expr = Trace(MatMul(MatrixSymbol(f"probe_{Dummy().dummy_index}", expr.cols, expr.rows), expr, evaluate=False))
    expr = as_nodes(expr)
    if expr.has(Node, Determinant):
        expr = apply_rules(expr, context)
    if proved_nonzero(expr, context):  # multiplied out only where it may vanish
        return False
    if expr.has(Node):
        if vanishes_by_indices(expr, context):
            return True
        if expr.count_ops() > OPERATIONS:
            return None
    flat = _split_traces(expand_traces(expr, context), context).expand()
    if flat == 0:
        return True
    if proved_nonzero(flat, context):
        return False
    if flat.has(Inverse, Determinant) and vanishes_by_indices(flat, context):
        return True
    held = flat.xreplace({t: Dummy(real=True) for t in flat.atoms(Trace, Determinant)})
    if _reduces_to_zero(held) or _vanishes_by_entries(flat, context):
        return True
    return None


# -- traces -----------------------------------------------------------------------------------------------------------


def _split_traces(expr: Expr, context: Context) -> Expr:
    """Traces split where a word is one number wide, with diagonal matrices that stand together in one order."""
    split = {t: ((_split_word(w, context), c) for w, c in expand(t.arg, context).items()) for t in expr.atoms(Trace)}
    return expr.xreplace({t: Add(*(value * c for value, c in terms)) for t, terms in split.items()})


def _split_word(word: Word, context: Context) -> Expr:
    word = tuple(part for factor in word for part in _split_ones(factor))
    cuts = [i for i, factor in enumerate(word) if factor.rows == 1]
    if not cuts:
        return _least_turn(word, context)
    turned = word[cuts[0] :] + word[: cuts[0]]
    ends = [*(i - cuts[0] for i in cuts), len(word)]
    return prod(_word_trace(turned[i:j], context) for i, j in pairwise(ends))


def _split_ones(factor: MatrixExpr) -> Word:
    """A matrix of ones is a column times a row."""
    if isinstance(factor, OneMatrix) and 1 not in factor.shape:
        return OneMatrix(factor.rows, 1), OneMatrix(1, factor.cols)
    return (factor,)


def _word_trace(word: Word, context: Context) -> Expr:
    """The trace of a word from a row to a column."""
    if len(word) == 2 and all(isinstance(f, OneMatrix) for f in word):
        return word[0].cols
    return _least_turn(word, context)


def _least_turn(word: Word, context: Context) -> Expr:
    backwards = tuple(transpose_factor(f, context) for f in reversed(word))
    turns = [w[i:] + w[:i] for w in (_order_word(word, context), _order_word(backwards, context)) for i in range(len(w))]
    return Trace(monomial(min(turns, key=lambda w: [default_sort_key(f) for f in w])))


def _order_word(word: Word, context: Context) -> Word:
    """A word from its first factor that is not diagonal on, each run of diagonal factors sorted."""

    def commutes(factor):
        return (factor.arg if factor.is_Inverse else factor) in context.diagonal

    start = next((i for i, f in enumerate(word) if not commutes(f)), 0)
    runs = groupby(word[start:] + word[:start], key=commutes)
    return tuple(f for free, run in runs for f in (sorted(run, key=default_sort_key) if free else run))


def _vanishes_by_entries(flat: Expr, context: Context) -> bool:
    """Whether an expression in matrices of known sizes vanishes, written in their entries."""
    matrices = flat.atoms(MatrixSymbol)
    sizes = [m.rows * m.cols for m in matrices]
    if not matrices or not all(n.is_Integer for n in sizes) or sum(sizes) > ENTRIES or context.rules:
        return False
    explicit = {m: _entry_matrix(m, context) for m in matrices}
    return _reduces_to_zero(flat.xreplace({t: Trace(t.arg.xreplace(explicit).doit()).doit() for t in flat.atoms(Trace)}))


def _entry_matrix(m: MatrixSymbol, context: Context):
    @cache
    def entry(i: int, j: int) -> Expr:
        return S.Zero if i != j and m in context.diagonal else Dummy(real=True)

    symmetric = m in context.symmetric
    return Matrix(*m.shape, lambda i, j: entry(min(i, j), max(i, j)) if symmetric else entry(i, j)).as_immutable()


# -- functions --------------------------------------------------------------------------------------------------------


def _reduces_to_zero(expr: Expr) -> bool:
    if expr.count_ops() > OPERATIONS:
        return False
    try:
        if _Tower().is_zero(expr):
            return True
    except PolynomialError:
        return False
    return expr.count_ops() <= SIMPLIFIED and expr.equals(0) is True


class _Tower:
    """Generators in the order in which they are met, and their relations: power q and value of the power."""

    def __init__(self):
        self.generators: dict[Expr, Dummy] = {}
        self.relations: dict[Dummy, tuple[int, Expr]] = {}

    def is_zero(self, expr: Expr) -> bool:
        """Whether an expression reduces to zero modulo the relations."""
        numerator = _numerator(self.open_expression(expr))
        for generator, (power, value) in reversed(self.relations.items()):
            terms = _power_coefficients(numerator, generator)
            low = (c * generator ** (k % power) * value ** (k // power) for k, c in terms.items())
            numerator = _numerator(Add(*low))
        return numerator == 0

    def open_expression(self, expr: Expr) -> Expr:
        """An expression as a rational function of generators."""
        if expr is I:
            return self._root_generator(S.NegativeOne, 2)
        if isinstance(expr, Add | Mul):
            return expr.func(*map(self.open_expression, expr.args))
        if isinstance(expr, exp):
            return self._open_exponential(expr.args[0])
        if isinstance(expr, Pow):
            return self._open_power(expr)
        if isinstance(expr, Function | Max | Min):
            return self._open_function(expr)
        return expr

    def _open_power(self, expr: Pow) -> Expr:
        if expr.exp.is_Integer:
            return self.open_expression(expr.base) ** expr.exp
        if not expr.exp.is_Rational:
            return self._open_exponential(expr.exp * log(expr.base))
        if expr.base.is_Integer and expr.base > 0:
            return prod(
                self._root_generator(Integer(b), expr.exp.q) ** (n * expr.exp.p) for b, n in factorint(expr.base).items()
            )
        content, base = cancel(self.open_expression(expr.base)).primitive()
        outside = self._open_power(Pow(content, expr.exp, evaluate=False)) if content.is_Integer and content != 1 else S.One
        return outside * self._root_generator(base if content.is_Integer else content * base, expr.exp.q) ** expr.exp.p

    def _open_function(self, expr: Expr) -> Expr:
        if isinstance(expr, TrigonometricFunction | HyperbolicFunction):
            return self.open_expression(expr.rewrite(exp))
        if isinstance(expr, Max | Min):
            return self._open_extreme(list(expr.args), 1 if isinstance(expr, Max) else -1)
        inner = cancel(self.open_expression(expr.args[0]))
        if isinstance(expr, Abs):
            return self._open_size(inner)
        if isinstance(expr, sign):
            return inner / self._open_size(inner)
        if isinstance(expr, Heaviside):
            return (1 + inner / self._open_size(inner)) / 2
        if isinstance(expr, DiracDelta):
            return S.Zero
        if isinstance(expr, log) and isinstance(opened := expand_log(expr), Add):
            return self.open_expression(opened)
        return self._generator_of(expr.func(inner, *map(self.open_expression, expr.args[1:])))

    def _open_extreme(self, args: list[Expr], side: int) -> Expr:
        first, *others = map(self.open_expression, args)
        for other in others:
            first = (first + other + side * self._open_size(cancel(first - other))) / 2
        return first

    def _open_size(self, inner: Expr) -> Expr:
        inner = -inner if inner.could_extract_minus_sign() else inner
        return self._root_generator(inner**2, 2, key=Abs(inner, evaluate=False))

    def _root_generator(self, value: Expr, power: int, key: Expr | None = None) -> Expr:
        generator = self._generator_of(key or Pow(value, Rational(1, power), evaluate=False))
        self.relations.setdefault(generator, (power, value))
        return generator

    def _generator_of(self, key: Expr) -> Dummy:
        return self.generators.setdefault(key, Dummy(positive=True))

    def _open_exponential(self, exponent: Expr) -> Expr:
        """One factor for each term of an exponent: a rational power of the generator of what the term is a multiple of."""
        top, below = fraction(cancel(self.open_expression(exponent.expand())))
        factors = []
        for term in Add.make_args(top.expand()):
            number, rest = (term / below).as_coeff_Mul()
            if isinstance(number, Rational):
                base = self._logarithms().get(rest)
                factors.append(
                    self.open_expression(base**number) if base is not None else self._generator_of(exp(rest)) ** number
                )
            else:
                factors.append(self._generator_of(exp(term / below)))
        return Mul(*factors)

    def _logarithms(self) -> dict[Expr, Expr]:
        return {g: key.args[0] for key, g in self.generators.items() if isinstance(key, log)}


def _numerator(expr: Expr) -> Expr:
    return fraction(together(expr))[0].expand()


def _power_coefficients(expr: Expr, generator: Dummy) -> dict[int, Expr]:
    """Coefficients of a polynomial by the power of one generator."""
    found: dict[int, Expr] = {}
    for term in Add.make_args(expr):
        coefficient, power = term.as_coeff_exponent(generator)
        if not power.is_Integer or coefficient.has(generator):
            raise PolynomialError(f"{term} is no power of {generator}")
        found[int(power)] = found.get(int(power), S.Zero) + coefficient
    return found
