r"""Whether a function of ε, of constants and of moving roots vanishes identically, where it is known to vanish to some order.

Multiplication by the function, over the rational functions of ε and the parameters, has a characteristic polynomial
:math:`T^kQ(T)`, :math:`Q(0)\ne0`, of which the function is a root.  So it is zero where it vanishes to a higher order than
every root of Q, and these orders are slopes of a Newton polygon.

>>> from sympy import symbols
>>> from derivations.analysis.algebra.algebraic import AnyRoot
>>> x, y, eps = symbols("x y epsilon")
>>> cube = {x: AnyRoot(y**3 + y - eps, y)}
>>> vanishes_along(x**4 + x**2 - eps * x, Rational(2), eps, cube), vanishes_along(x - eps, Rational(4), eps, cube)
(True, False)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sympy import Expr, Rational, Symbol
from sympy.polys.fields import FracElement

from derivations.analysis.algebra.algebraic import extension_of
from derivations.analysis.algebra.zero import norm_polynomial
from derivations.analysis.expansions.series import NONE, Insufficient, Known


@dataclass(frozen=True)
class MovingSymbols:
    """Symbols that depend on the small one: their series to an order, and what they are as algebraic functions."""

    series: Callable[[Expr], Known] = field(default=lambda order: NONE)
    definitions: Mapping[Symbol, Expr] = field(default_factory=dict)


STILL = MovingSymbols()


def vanishes_along(value: Expr, order: Expr, small: Symbol, definitions: Mapping[Symbol, Expr]) -> bool:
    """Whether a value that vanishes to an order is zero.

    Raises
    ------
    Insufficient
        where the order does not tell.
    UnfinishedError
        for too many conjugates.
    """
    (abstracted,), numbers = extension_of([value.xreplace(definitions)])
    element = numbers.field(numbers.element(abstracted).numer)
    if not element:
        return True
    if small not in numbers.field.symbols:
        return False
    coefficients = norm_polynomial(element, numbers)[::-1]
    lowest = next(k for k, c in enumerate(coefficients) if c)
    if lowest == 0:
        return False
    place = numbers.field.symbols.index(small)
    constant, *others = coefficients[lowest:]
    start = _valuation(constant, place)
    largest = max(Rational(start - _valuation(c, place), k) for k, c in enumerate(others, 1) if c)
    if order <= largest:
        raise Insufficient
    return True


def _valuation(element: FracElement, place: int) -> int:
    return int(min(m[place] for m in element.numer.monoms()) - min(m[place] for m in element.denom.monoms()))
