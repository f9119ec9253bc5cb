"""Roots of polynomials with parameters, as expressions: any one of them, or a real one by its number."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import mpmath
from flint import fmpz_poly
from sympy import Add, CRootOf, Expr, Integer

from theory.abridging import brief
from theory.errors import UnfinishedError
from theory.rewriting import Rebuildable


class PolynomialRoot(Rebuildable, Expr):
    """A root of an irreducible polynomial with parameters; first among the arguments are it and its bound variable."""

    is_commutative = True

    def __new__(cls, polynomial, variable, *which):
        # A form that SymPy leaves as it is, so that one root is one expression.
        expanded = polynomial.expand()
        powers = [term.as_coeff_exponent(variable) for term in Add.make_args(expanded)]
        degree = max(n for _, n in powers)
        lead = Add(*(c for c, n in powers if n == degree))
        turned = -expanded if lead.could_extract_minus_sign() else expanded
        return Expr.__new__(cls, turned, variable, *map(Integer, which))

    @property
    def free_symbols(self):
        return self.args[0].free_symbols - {self.args[1]}

    def _eval_is_zero(self):
        return False

    def _sympystr(self, printer):
        return f"{type(self).__name__}({', '.join(map(printer._print, self.args))})"

    def _latex(self, printer):
        polynomial, variable, *which = map(printer._print, self.args)
        number = rf",\,{which[0]}" if which else ""
        return rf"\operatorname{{root}}_{{{variable}{number}}}\left({polynomial}\right)"


class AnyRoot(PolynomialRoot):
    """Any one root of an irreducible polynomial: what holds for it holds for each of its conjugates.

    ``AnyRoot(polynomial, variable)``, where the variable is bound.
    """


class RealRoot(PolynomialRoot):
    """One real root of an irreducible polynomial, wherever that has so many.

    ``RealRoot(polynomial, variable, number, count)``: number ``number``, from 0 on in rising order, of ``count``.
    """

    def _eval_is_real(self):
        return True

    def _eval_is_finite(self):
        return True

    def choose_from(self, roots: Iterable) -> Any:
        """This one of the roots at a point."""
        tiny = mpmath.mpf(10) ** (-mpmath.mp.dps // 2)
        real = sorted(mpmath.re(z) for z in roots if abs(mpmath.im(z)) <= tiny * (1 + abs(z)))
        number, count = map(int, self.args[2:])
        if len(real) != count:
            raise UnfinishedError(
                f"{brief(self.args[0])} has {len(real)} real roots at some of these parameters, and not {count}"
            )
        return real[number]


def real_root_count(root: RealRoot | CRootOf) -> int:
    """How many real roots the polynomial of a root has; among those of numbers they come first."""
    return int(root.args[3]) if isinstance(root, RealRoot) else _count_real(tuple(map(int, root.poly.all_coeffs())))


@lru_cache(1024)
def _count_real(coefficients: tuple[int, ...]) -> int:
    roots = fmpz_poly(list(reversed(coefficients))).complex_roots()
    return sum(bool(ball.imag.is_zero()) for ball, _ in roots)  # type: ignore[has-type, misc]


def is_real_root(root: RealRoot | CRootOf) -> bool:
    """Whether one root is real, without isolating it."""
    return isinstance(root, RealRoot) or root.index < real_root_count(root)
