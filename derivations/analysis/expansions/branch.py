"""Branches of roots in fractional powers of a small parameter, as results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import lcm

from sympy import Add, Expr, S, Symbol, oo
from sympy.core.relational import Relational

from derivations.analysis.expansions.series import Term
from theory.abridging import Brief


@dataclass(frozen=True)
class Wanted:
    """Which branches are wanted, and how far.

    Attributes
    ----------
    along
        first terms of the only ones; none for all.
    real
        only those that are real for ε > 0, the coefficients being real.
    apart
        further terms than asked for, until each branch is a single root.
    """

    along: tuple[Term, ...] = ()
    real: bool = False
    apart: bool = False


ALL = Wanted()


@dataclass(frozen=True)
class Branch(Brief):
    """Roots that share the terms of one series.

    Attributes
    ----------
    terms
        (exponent, exact coefficient) by rising exponent; none for a root that is identically zero.
    next_exponent
        of the first term left out; oo where nothing is, so that the root *equals* its terms.
    count, power, conjugates
        how many roots of the square-free factor share these terms; the multiplicity of that factor; and how many series the
        expression stands for, more than one only where it holds an ``AnyRoot``.
    factor
        the factor, coefficients by rising power.
    assumed
        inequalities between parameters under which the branch is real, where only real ones were wanted.
    """

    terms: tuple[Term, ...]
    next_exponent: Expr
    factor: tuple[Expr, ...] = field(repr=False)
    count: int = 1
    power: int = 1
    conjugates: int = 1
    assumed: tuple[Relational, ...] = ()

    @property
    def exact(self) -> bool:
        return self.next_exponent is oo

    @property
    def exponent(self) -> Expr:
        return self.terms[0][0] if self.terms else oo

    @property
    def coefficient(self) -> Expr:
        return self.terms[0][1] if self.terms else S.Zero

    @property
    def multiplicity(self) -> int:
        return self.count * self.power * self.conjugates

    @property
    def ramification(self) -> int:
        return lcm(*(int(e.q) for e, _ in self.terms)) if self.terms else 1

    def series(self, small: Symbol) -> Expr:
        return Add(*(c * small**e for e, c in self.terms))


@dataclass(frozen=True)
class PuiseuxExpansion(Brief):
    """The branches of all roots, and the polynomials in the parameters that are assumed not to vanish."""

    small: Symbol
    order: int
    branches: tuple[Branch, ...]
    assumed_nonzero: tuple[Expr, ...]

    def __iter__(self) -> Iterator[Branch]:
        return iter(self.branches)

    @property
    def degree(self) -> int:
        return sum(b.multiplicity for b in self.branches)
