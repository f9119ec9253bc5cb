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

from functools import cache, lru_cache

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
from sympy.polys.polyerrors import PolynomialError

from theory.indexed import vanishes_by_indices
from theory.named_arguments import name_arguments
from theory.nodes.algebra import apply_rules
from theory.nodes.node import Node
from theory.nodes.opened import as_nodes
from theory.push_through import least_inverses
from theory.real_points import proved_nonzero
from theory.split_traces import split_traces
from theory.words import PLAIN, Context, expand_traces

OPERATIONS = 4_000  # of an expression, beyond which its tower is not built
SIMPLIFIED = 400  # operations up to which SymPy's own test is asked last
ENTRIES = 40  # of matrices of known sizes, up to which an expression is written in them


@lru_cache(maxsize=2048)
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
        if vanishes_by_indices(name_arguments(expr), context) or vanishes_by_indices(expr, context):
            return True
        if expr.count_ops() > OPERATIONS:
            return None
    flat = split_traces(expand_traces(expr, context), context).expand()
    if flat == 0:
        return True
    if proved_nonzero(flat, context):
        return False
    if flat.has(Inverse, Determinant) and vanishes_by_indices(flat, context):
        return True
    held = flat.xreplace({t: Dummy(real=True) for t in flat.atoms(Trace, Determinant)})
    if _reduces_to_zero(held) or _vanishes_by_entries(flat, context) or _vanishes_turned(expr, context):
        return True
    return None


def _vanishes_turned(expr: Expr, context: Context) -> bool:
    """Whether an expression vanishes by what inverses and determinants of turned products have to do with each other."""
    if not expr.has(Inverse, Determinant) or expr.has(Node):
        return False
    turned, known = least_inverses(expr, context)
    flat = split_traces(expand_traces(turned, known), known).expand()
    return flat == 0 or _reduces_to_zero(flat.xreplace({t: Dummy(real=True) for t in flat.atoms(Trace, Determinant)}))


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
