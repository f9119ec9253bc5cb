r"""Functions of the state that become rational once a variable stands for them.

A root :math:`s=P^{1/q}` is a variable with :math:`s^q=P,\ s\ge0`; an exponential :math:`E=e^{cx}` is a positive variable of
which :math:`e^{kcx}` and the hyperbolic functions are rational functions.  Derivatives of what is rational in such variables
are so again, so that a ring that knows them reads a flow and all its derivatives.

>>> from sympy import cosh, exp, sqrt, symbols
>>> x, y, a = symbols("x y a", real=True)
>>> for auxiliary in auxiliaries([a * x / sqrt(x**2 + 1), exp(a * y) - cosh(2 * a * y)], (x, y), {"x", "y", "a"}):
...     print(auxiliary.symbol, "=", auxiliary.definition)
E_y = exp(a*y)
R = sqrt(x**2 + 1)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from math import lcm
from typing import TypeAlias

from sympy import Add, Expr, Mul, Pow, Rational, Symbol, cosh, coth, csch, exp, gcd, sech, sinh, tanh

from theory.abridging import brief
from theory.errors import InputError

CLASS = "velocities made of rational functions, roots, and exponentials and hyperbolic functions of linear forms of the state"
NUMERICALLY = "look for its fixed points numerically, with flow.lower()"


@dataclass(frozen=True)
class Radical:
    """``symbol = base**(1/order)``, of a base that is not negative."""

    symbol: Symbol
    base: Expr
    order: int

    @property
    def definition(self) -> Expr:
        return self.base ** Rational(1, self.order)


@dataclass(frozen=True)
class Exponential:
    """``symbol = exp(rate*variable)``, with a rate free of state."""

    symbol: Symbol
    variable: Symbol
    rate: Expr

    @property
    def definition(self) -> Expr:
        return exp(self.rate * self.variable)


Auxiliary: TypeAlias = Radical | Exponential

HYPERBOLIC = {
    sinh: lambda u: (exp(u) - exp(-u)) / 2,
    cosh: lambda u: (exp(u) + exp(-u)) / 2,
    tanh: lambda u: 1 - 2 / (exp(2 * u) + 1),
    coth: lambda u: 1 + 2 / (exp(2 * u) - 1),
    sech: lambda u: 2 / (exp(u) + exp(-u)),
    csch: lambda u: 2 / (exp(u) - exp(-u)),
}


def as_exponentials(expr: Expr) -> Expr | None:
    """A hyperbolic function by exponentials, of the smallest power of which it is rational; None for anything else."""
    made = HYPERBOLIC.get(expr.func)
    return None if made is None else made(*expr.args)


def put_auxiliaries(expr: Expr, known: Iterable[Auxiliary]) -> Expr | None:
    """A root or an exponential by the variables that stand for such; None where none of them does."""
    if expr.is_Pow and isinstance(expr.exp, Rational):
        radicals = (a for a in known if isinstance(a, Radical) and a.base == expr.base)
        return next((a.symbol ** (expr.exp * a.order) for a in radicals if (expr.exp * a.order).is_Integer), None)
    exponentials = {a.variable: a for a in known if isinstance(a, Exponential)}
    if not isinstance(expr, exp) or expr.free_symbols.isdisjoint(exponentials):
        return None
    factors = []
    for x, slope in slopes(expr.args[0], exponentials):
        power = (slope / exponentials[x].rate).cancel()
        if not power.is_Integer:
            return None
        factors.append(exponentials[x].symbol ** power)
    return Mul(*factors)


def slopes(form: Expr, variables: Iterable[Symbol]) -> list[tuple[Symbol, Expr]]:
    """The coefficients of a linear form in some variables.

    Raises
    ------
    InputError
        for what is none, and for a part free of these variables.
    """
    variables, found = set(variables), []
    for term in Add.make_args(form.expand()):
        held = sorted(term.free_symbols & variables, key=str)
        slope = (term / held[0]).cancel() if len(held) == 1 else term
        if len(held) != 1 or slope.has(*held):
            raise _not_linear(form, term, bool(held))
        found.append((held[0], slope))
    return found


def _not_linear(form: Expr, term: Expr, holds_state: bool) -> InputError:
    if holds_state:
        return InputError("exponentials of linear forms of the state", f"exp({brief(form)})", NUMERICALLY)
    return InputError(
        "exponentials of linear forms of the state alone",
        f"exp({brief(term)}) as factor of exp({brief(form)})",
        "name that constant by a parameter of its own",
    )


def auxiliaries(expressions: Iterable[Expr], state: Sequence[Symbol], taken: Iterable[str]) -> tuple[Auxiliary, ...]:
    """The variables that make expressions rational in the state, inner ones first.

    Raises
    ------
    InputError
        for an exponential of anything but a linear form of the state, or of forms without a common measure.
    """
    every = list(expressions)
    roots = dict[Expr, int]()
    forms = dict[Symbol, list[Expr]]()
    for expr in every:
        for part in _state_functions(expr, set(state)):
            if part.is_Pow:
                roots[part.base] = lcm(roots.get(part.base, 1), int(part.exp.q))
                continue
            for x, slope in slopes(part.args[0], state):
                forms.setdefault(x, []).append(slope)
    exponentials = [(x, _common_measure(x, forms[x])) for x in state if x in forms]
    radicals = sorted(roots.items(), key=lambda item: (len(item[0].atoms(Pow)), str(item[0])))
    names = _new_names(len(radicals), [x for x, _ in exponentials], set(taken))
    return (
        *(Exponential(Symbol(next(names), positive=True), x, c) for x, c in exponentials),
        *(Radical(Symbol(next(names), nonnegative=True), base, q) for base, q in radicals),
    )


def _state_functions(expr: Expr, state: set[Symbol]) -> Iterator[Expr]:
    """The roots and exponentials of the state in an expression, those by which hyperbolic functions are written too."""
    if not expr.free_symbols & state:
        return
    if (written := as_exponentials(expr)) is not None:
        yield from _state_functions(written, state)
        return
    if isinstance(expr, exp):
        yield expr
        return
    if expr.is_Pow and isinstance(expr.exp, Rational) and not expr.exp.is_Integer:
        yield expr
    elif expr.is_Pow and not expr.exp.is_Integer:
        raise InputError(
            "powers of the state with a number as exponent", f"the term {brief(expr)}", "fix the exponent at a number"
        )
    elif not (expr.is_Add or expr.is_Mul or expr.is_Pow or expr.is_Symbol):
        raise InputError(CLASS, f"the term {brief(expr)}", NUMERICALLY)
    for part in expr.args:
        yield from _state_functions(part, state)


def _common_measure(x: Symbol, found: Sequence[Expr]) -> Expr:
    """The largest expression of which all slopes are integer multiples."""
    first = found[0]
    ratios = [(slope / first).cancel() for slope in found]
    if odd := next((s for s, r in zip(found, ratios, strict=True) if not r.is_Rational), None):
        raise InputError(
            f"exponentials of rational multiples of one multiple of {x}",
            f"exp({first * x}) beside exp({odd * x})",
            "fix the ratio of their rates at a rational number",
        )
    unit = first * reduce(gcd, ratios)
    return -unit if unit.could_extract_minus_sign() else unit


def _new_names(radicals: int, variables: Sequence[Symbol], taken: set[str]) -> Iterator[str]:
    wanted = [f"E_{x}" for x in variables] + (["R"] if radicals == 1 else [f"R_{k}" for k in range(1, radicals + 1)])
    for name in wanted:
        while name in taken:
            name += "'"
        taken.add(name)
        yield name
