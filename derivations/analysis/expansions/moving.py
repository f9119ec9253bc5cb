r"""A fixed point that a polynomial defines, as it moves with the small parameter: each real root is a Puiseux series.

>>> from sympy import symbols
>>> from theory import Flow
>>> from derivations.analysis.points.fixed_points import fixed_points
>>> x = symbols("x", real=True)
>>> a, eps = symbols("a epsilon", positive=True)
>>> flow = Flow({x: -x**5 + eps * x + a})
>>> (point,) = fixed_points(flow, time_limit=None)
>>> (branch,) = real_branches(point, Region((), eps))
>>> print(branch.series(eps))
a**(1/5)

When it fails: a point that holds several such roots, and a leading coefficient that is itself a root of a polynomial with
parameters, of which nothing tells how many are real.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import mpmath
from sympy import Expr, Poly, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.algebraic import AnyRoot, numeric, polynomial_roots
from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.puiseux import Branch, puiseux
from derivations.analysis.expansions.real_parts import proved, real_part
from derivations.analysis.expansions.series import Insufficient, Series, expand
from derivations.analysis.points.fixed_points import FixedPoint
from theory.abridging import Brief, brief
from theory.errors import InputError, UnfinishedError

LONGEST = 64  # terms of a root that are worked out
APART = 4  # how much farther than the root meant the next one must be


@dataclass(frozen=True)
class MovingRoot(Brief):
    """One real root of a polynomial in a state variable; its ``branch`` tells it from the others."""

    symbol: Symbol
    polynomial: tuple[Expr, ...]
    region: Region
    branch: Branch

    def __str__(self):
        return f"{self.symbol} ≃ {brief(self.series(self.region.small))}"

    def series(self, small: Symbol) -> Expr:
        return self.branch.series(small)

    def grown(self, order: Expr) -> MovingRoot:
        """The same root with all terms below an order."""
        found, count = self, len(self.branch.terms)
        while found.branch.next_exponent < order:
            count = max(2 * count, 1)
            if count > LONGEST:
                raise UnfinishedError(f"{LONGEST} terms of {self.symbol} do not tell the eigenvalues apart: rescale it")
            found = replace(self, branch=self._continued(count))
        return found

    def to_order(self, order: Expr) -> Series:
        branch = self.grown(order).branch
        return Series(branch.terms, branch.next_exponent)

    def at(self, point: Mapping[Symbol, object]):
        """The number that the root is at numbers for the parameters and the small one.

        Raises
        ------
        UnfinishedError
            where the series does not tell it from the other roots there.
        """
        near = numeric(self.series(self.region.small), point)
        roots = sorted(polynomial_roots([numeric(c, point) for c in reversed(self.polynomial)]), key=lambda r: abs(r - near))
        if len(roots) > 1 and not abs(roots[0] - near) * APART < abs(roots[1] - near):
            raise UnfinishedError(f"the series of {self.symbol} does not tell it from other roots")
        return mpmath.re(roots[0])

    def _continued(self, count: int) -> Branch:
        known = self.branch.terms
        found = puiseux(self.polynomial, self.region.small, count, self.region.assumptions, along=known)
        return next(b for b in found if b.terms[: len(known)] == known)


def real_branches(point: FixedPoint, region: Region) -> list[MovingRoot]:
    """The real branches at which a point with one root that stays a polynomial exists, for a small parameter → 0+.

    Raises
    ------
    InputError
        for several such roots.
    UnfinishedError
        where parameters decide which branches are real, or whether the point exists there.
    """
    if len(point.roots) != 1:
        names = ", ".join(map(str, point.roots))
        raise InputError("a point with at most one root that stays a polynomial", f"roots {names}", "fix some parameters")
    ((x, equation),) = point.roots.items()
    polynomial = tuple(reversed(Poly(equation, x).all_coeffs()))
    roots = (MovingRoot(x, polynomial, region, b) for b in _told_apart(polynomial, region))
    return [root for root in roots if _is_real(root) and all(_holds(c, root) for c in point.conditions if c.has(x))]


def _told_apart(polynomial: tuple[Expr, ...], region: Region) -> tuple[Branch, ...]:
    """All branches, with as many terms as tell them apart."""
    for count in range(1, LONGEST):
        branches = puiseux(polynomial, region.small, count, region.assumptions).branches
        if all(b.count == 1 for b in branches):
            return branches
    raise UnfinishedError(f"{LONGEST} terms do not tell the roots of {brief(polynomial)} apart: fix some parameters")


def _is_real(root: MovingRoot) -> bool:
    for _, c in root.branch.terms:
        part, assumed = real_part(c, root.region)
        if c.has(AnyRoot) or part is None or assumed:
            raise UnfinishedError(f"whether {root} is real depends on parameters: fix some of them")
        if not vanishes(c - part, root.region):
            return False
    return True


def _holds(condition: Relational, root: MovingRoot) -> bool:
    """Whether a condition on the point holds for small ε: by the leading term of its two sides' difference."""
    order = S.One
    while order <= LONGEST:
        try:
            known = {root.symbol: root.to_order(order)}
            first = expand(condition.lhs - condition.rhs, root.region.small, order, root.region, known).leading(root.region)
        except Insufficient:
            first = None
        if first is not None:
            holds, fails = condition.func(first[1], 0), condition.negated.func(first[1], 0)
            if proved(holds, root.region):
                return True
            if proved(fails, root.region):
                return False
            break
        order *= 2
    raise UnfinishedError(f"whether {brief(condition)} holds at {root} depends on parameters: fix some of them")
