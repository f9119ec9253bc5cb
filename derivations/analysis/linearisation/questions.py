r"""What is asked of a fixed point over a cell of parameters, as signs of irreducible factors in ball arithmetic.

The tests of :mod:`derivations.analysis.linearisation.hurwitz`, the conditions of the point and the assumptions on symbols are
products of factors, each of which is compiled once.  A ball that stays on one side of zero proves its sign all over the cell;
what is known of signs wherever the point exists is not evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce

from sympy import Expr, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational

from derivations.analysis.algebra.linear import BUDGET
from derivations.analysis.algebra.polynomials import Polynomial, factor_polynomial
from derivations.analysis.linearisation.balls import Box, ball_signs, compile_balls, interval_ball
from derivations.analysis.linearisation.hurwitz import hurwitz_tests
from derivations.analysis.linearisation.zero_modes import Origin, zero_modes
from derivations.analysis.sites.characteristic import characteristic_factors
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, POSITIVE, ZERO, Sign, multiply_signs, power_of_signs
from derivations.analysis.sites.site import Fraction as Ratio
from derivations.analysis.sites.site import Site
from theory.flow import Flow

Recipe = tuple[Sign, tuple[tuple[int, int], ...]]  # a constant sign, and numbers of factors with their powers


class CellStatus(Enum):
    """What is proved of every parameter in a cell."""

    PROVED_STABLE = "proved stable"
    PROVED_UNSTABLE = "proved unstable"
    PROVED_ABSENT = "proved absent"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Question:
    """Functions of a cell: the signs of all irreducible factors at once, and how the tests are made of them."""

    symbols: tuple[Symbol, ...]
    evaluate: Callable | None
    needed: frozenset[Symbol]
    exists: tuple[tuple[Sign, int], ...]
    stable: tuple[Recipe, ...]
    unstable: tuple[Recipe, ...]


@dataclass
class _Factors:
    """Expressions whose signs are asked for, each once."""

    site: Site
    explicit: Mapping[Symbol, Expr]
    expressions: list[Expr] = field(default_factory=list)

    def number(self, expr: Expr) -> int:
        """The place of an expression."""
        if expr not in self.expressions:
            self.expressions.append(expr)
        return self.expressions.index(expr)

    def recipe(self, value: Ratio) -> Recipe:
        """A sign as a constant and factors with their powers; what is known wherever the point exists is not evaluated."""
        if len(known := self.site.chart.of(*value)) == 1:
            return known, ()
        parts, lead = [], POSITIVE
        for p in value:
            content, factors = factor_polynomial(p) if not p.is_zero() else (0, [])
            lead = multiply_signs(lead, frozenset({int(content > 0) - int(content < 0)}))
            for f, m in factors:
                known = self.site.chart.of(f, self.site.ring.constant(1))
                if len(known) == 1:
                    lead = multiply_signs(lead, power_of_signs(known, m))
                else:
                    parts.append((self.number(self._explicit_factor(f)), m))
        return lead, tuple(parts)

    def _explicit_factor(self, f: Polynomial) -> Expr:
        expr = self.site.ring.expr(f)
        return expr.xreplace(self.explicit).expand() if self.site.ring.present(f) & self.explicit.keys() else expr


def make_question(flow: Flow, site: Site, values: Mapping[Symbol, Expr], conditions, symbols: tuple[Symbol, ...]) -> Question:
    """Whether a fixed point exists, is stable or is unstable, as functions of some symbols."""
    explicit = {x: v for x, v in {**values, **site.numbers}.items() if v != x}
    asked = _Factors(site, explicit)
    found = characteristic_factors(flow, site)
    tests = [hurwitz_tests(site, f, expanded=BUDGET) for f in found if not f.coefficients[-1].is_zero()]
    degenerate = [(ZERO, ()) for mode in zero_modes(flow, site, values, found) if mode.origin is Origin.DEGENERATE]
    stable = (*degenerate, *(asked.recipe(v) for t in tests for v in t.known))
    unstable = tuple(asked.recipe(v) for t in tests for v in t.necessary)
    held = [c for c in (*conditions, *flow.assumptions) if isinstance(c, Relational)]
    exists = [(_relation_signs(c), asked.number((c.lhs - c.rhs).xreplace(explicit))) for c in held]
    exists += [(NONNEGATIVE, asked.number(v.base)) for name, v in values.items() if name not in flow.state and v.is_Pow]
    needed = frozenset().union(*(e.free_symbols for e in asked.expressions))
    exists += [(POSITIVE if p.is_positive else NEGATIVE, asked.number(p)) for p in symbols if p.is_positive or p.is_negative]
    evaluate = compile_balls(asked.expressions, symbols) if needed <= set(symbols) else None
    return Question(symbols, evaluate, needed, tuple(exists), stable, unstable)


def _relation_signs(c) -> Sign:
    """The signs of left minus right side at which the point exists."""
    kinds = ((Gt, {1}), (Ge, {0, 1}), (Lt, {-1}), (Le, {-1, 0}), (Ne, {-1, 1}), (Eq, {0}))
    return next(frozenset(signs) for kind, signs in kinds if isinstance(c, kind))


def judge_box(question: Question, box: Box) -> CellStatus:
    """What is proved of every parameter in a box at once."""
    assert question.evaluate is not None  # the box has every symbol that is needed
    signs = [ball_signs(b) for b in question.evaluate(*(interval_ball(*box[p]) for p in question.symbols))]
    present = [(signs[k], allowed) for allowed, k in question.exists]
    if any(not sign & allowed for sign, allowed in present):
        return CellStatus.PROVED_ABSENT
    # On the edge of existence nothing is proved: what is known of signs holds inside.
    if not all(sign <= (allowed - ZERO or ZERO) for sign, allowed in present):
        return CellStatus.UNDECIDED
    if all(_combine_signs(recipe, signs) == POSITIVE for recipe in question.stable):
        return CellStatus.PROVED_STABLE
    if any(_combine_signs(recipe, signs) == NEGATIVE for recipe in question.unstable):
        return CellStatus.PROVED_UNSTABLE
    return CellStatus.UNDECIDED


def _combine_signs(recipe: Recipe, signs: list[Sign]) -> Sign:
    lead, parts = recipe
    return reduce(multiply_signs, (power_of_signs(signs[k], m) for k, m in parts), lead)
