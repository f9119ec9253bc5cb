"""Random admissible numbers for the parameters of a flow, and pairs of them on both sides of a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, Expr, Poly, Symbol
from sympy.core.relational import Relational
from sympy.polys.polyerrors import PolynomialError

from derivations.checks import DRAWS
from derivations.lines import Line
from derivations.typeset.rows import SIGNS
from theory.errors import UnfinishedError
from theory.evaluate import Point, evaluate
from theory.flow import Flow

Numbers = Mapping[Basic, Any]
Side = Callable[[Numbers], Any]
SPREAD = 3.0  # numbers lie between the inverse of its exponential and that, to cover all orders alike
SMALL = mpmath.mpf(10) ** -25  # what counts as zero among numbers of forty digits
NEAR = mpmath.mpf(1) / 50  # how far from an edge its two sides are looked at, as a share of the way between two draws
PAIRS, CHEAP = 20, 600  # of draws, among which those on two sides are looked for; where that costs no state
HALVINGS, SECANTS = 10, 9  # towards an edge, in the end to all digits
OPEN = {"<": 1, r"\le": 1, ">": -1, r"\ge": -1}  # the sign of right - left where a bound holds


@dataclass(frozen=True)
class Domain:
    """What is assumed of the symbols of a flow, and equations between them."""

    symbols: tuple[Symbol, ...]
    assumptions: tuple[Relational, ...]
    equations: tuple[Line, ...] = ()

    @classmethod
    def of(cls, flow: Flow, without: Iterable[Symbol]) -> Domain:
        """The domain of all symbols but those that something defines."""
        symbols = sorted({*flow.parameters, *flow.state} - {*without}, key=str)
        return cls(tuple(symbols), tuple(a for a in flow.assumptions if isinstance(a, Relational)))

    def draw(self, rng: np.random.Generator) -> dict[Basic, Any]:
        """Numbers that respect signs and assumptions.

        Raises
        ------
        UnfinishedError
            where many draws find none.
        """
        for _ in range(DRAWS):
            at = self._settle({symbol: _draw_number(symbol, rng) for symbol in self.symbols})
            if at is not None and self.admits(at):
                return at
        raise UnfinishedError(f"the assumptions hold at none of {DRAWS} random points")

    def admits(self, at: Numbers) -> bool:
        """Whether the assumptions hold at numbers, those on other symbols left aside."""
        return all(holds(a.lhs, SIGNS[a.rel_op], a.rhs, at) for a in self.assumptions if a.free_symbols <= set(at))

    def on(self, equations: tuple[Line, ...]) -> Domain:
        """The part of the domain on which equations hold."""
        return replace(self, equations=equations)

    def _settle(self, at: dict) -> dict | None:
        """Numbers that are changed, one for each equation, so that it holds; None where that cannot be."""
        for line in self.equations:
            held = symbols_of(line)
            choices = ((x, real_roots(line, x, at)) for x in self.symbols if x in held)
            x, roots = next(((x, roots) for x, roots in choices if roots), (None, []))
            if x is None:
                return None
            at = {**at, x: roots[-1]}
        return at if all(line_holds(line, at) for line in self.equations) else None

    def crossings(
        self,
        side: Side,
        rng: np.random.Generator,
        draw: Callable[[np.random.Generator], dict] | None = None,
        beside: Any = NEAR,
        pairs: int = PAIRS,
    ) -> Iterator[tuple[dict, ...]]:
        """Points at which a function of the parameters vanishes, each between two near by where it is below and above zero."""
        for _ in range(pairs):
            ends = self._draw_pair(rng, draw or self.draw)
            signs = [_real_sign(side(at)) for at in ends]
            if signs[0] * signs[1] >= 0:
                continue
            below, above = ends if signs[0] < 0 else ends[::-1]
            share = _find_share(partial(_side_between, side, below, above))
            settled = (self._settle(_between(below, above, share + shift)) for shift in (-beside, 0, beside))
            found = tuple(at for at in settled if at is not None and self.admits(at) and self._right_signs(at))
            if len(found) == 3:
                yield found

    def _draw_pair(self, rng: np.random.Generator, draw: Callable[[np.random.Generator], dict]) -> tuple[dict, dict]:
        """Two draws with the same whole numbers."""
        first, second = draw(rng), draw(rng)
        return first, second | {x: first[x] for x in self.symbols if x.is_integer}

    def _right_signs(self, at: Numbers) -> bool:
        return all(sign_fits(x, at[x]) for x in self.symbols)


def holds(left: Expr, relation: str, right: Expr, at: Numbers) -> bool:
    """Whether a relation between real numbers holds, where these within rounding are equal."""
    gap = difference(left, right, at)
    if gap is None:
        return False
    equal = abs(gap) < SMALL
    if relation in ("=", r"\ne"):
        return bool(equal == (relation == "="))
    if equal:
        return relation in (r"\le", r"\ge")
    return bool(OPEN[relation] * gap > 0)


def line_holds(line: Line, at: Numbers) -> bool:
    return holds(line.left, line.relation, line.right, at)


def difference(left: Expr, right: Expr, at: Numbers):
    """Right minus left; None where that is no real number."""
    try:
        gap = evaluate(right, Point(at)) - evaluate(left, Point(at))
    except ZeroDivisionError:
        return None
    return mpmath.re(gap) if mpmath.isfinite(gap) and abs(mpmath.im(gap)) < SMALL * (1 + abs(gap)) else None


def both_sides_of(
    line: Line,
    domain: Domain,
    rng: np.random.Generator,
    count: int,
    side: Side | None = None,
    draw: Callable[[np.random.Generator], dict] | None = None,
) -> Iterator[dict]:
    """Points on both sides of the edge of a condition, and on it where it says that two sides are equal or differ."""
    measured = side or (lambda at: difference(line.left, line.right, at))
    crossings = domain.crossings(measured, rng, draw, pairs=CHEAP if side is None else PAIRS)
    found = ((a, at, b) for a, at, b in crossings if _real_sign(measured(a)) * _real_sign(measured(b)) < 0)
    for below, at, above in islice(found, count):
        yield below
        yield above
        if line.relation in ("=", r"\ne"):
            yield at


def real_roots(line: Line, x: Symbol, at: Numbers) -> list:
    """The real roots of an equation between polynomials at numbers, of the sign that the symbol has."""
    found = [r for r in complex_roots(line, x, at) if abs(mpmath.im(r)) < mpmath.sqrt(SMALL) * (1 + abs(r))]
    return [mpmath.re(r) for r in found if sign_fits(x, mpmath.re(r))]


def complex_roots(line: Line, x: Symbol, at: Numbers) -> list:
    """All roots of an equation between polynomials at numbers; none where it is no such equation."""
    try:
        terms = Poly(line.left - line.right, x).all_coeffs()
    except PolynomialError:
        return []
    coefficients = [value_at(c, at) for c in terms]
    while coefficients and abs(coefficients[0]) < SMALL:
        coefficients.pop(0)
    if len(coefficients) < 2:
        return []
    try:
        return mpmath.polyroots(coefficients, maxsteps=100, extraprec=80)
    except mpmath.libmp.NoConvergence:  # near double roots
        return mpmath.polyroots(coefficients, maxsteps=1000, extraprec=500)


def value_at(formula: Basic, at: Mapping[Basic, Any]):
    """A value, infinite where it divides by zero."""
    try:
        return evaluate(formula, Point(at))
    except ZeroDivisionError:
        return mpmath.inf


def _side_between(side: Side, below: Numbers, above: Numbers, share):
    return side(_between(below, above, share))


def symbols_of(line: Line) -> set[Basic]:
    """The symbols on both sides of a line."""
    return {x for side in (line.left, line.right) if isinstance(side, Basic) for x in side.free_symbols}


def sign_fits(symbol: Symbol, value) -> bool:
    """Whether a number has the sign that is assumed of a symbol."""
    if symbol.is_positive:
        return bool(value > SMALL)
    if symbol.is_negative:
        return bool(value < -SMALL)
    if symbol.is_nonnegative:
        return bool(value > -SMALL)
    return not symbol.is_nonpositive or bool(value < SMALL)


def _draw_number(symbol: Symbol, rng: np.random.Generator):
    if symbol.is_integer:
        return mpmath.mpf(int(rng.integers(1, 7)))
    size = mpmath.exp(mpmath.mpf(rng.uniform(-SPREAD, SPREAD)))
    negative = symbol.is_nonpositive or (not symbol.is_nonnegative and rng.random() < 0.5)
    return -size if negative else size


def _between(below: Numbers, above: Numbers, share) -> dict:
    """A point on the way, straight in the logarithms of what has one sign."""
    found = {}
    for x, a in below.items():
        b = above[x]
        found[x] = a * (b / a) ** share if a * b > 0 else a + (b - a) * share
    return found


def _real_sign(value) -> int:
    return 0 if value is None else int(mpmath.sign(value))


def _find_share(value: Callable[[Any], Any]):
    """Where a function that is negative at 0 and positive at 1 vanishes: by halving, and then by secants where these lead
    nearer."""
    low, high = mpmath.mpf(0), mpmath.mpf(1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if (value(middle) or 0) < 0 else (low, middle)
    first, second = (low, value(low)), (high, value(high))
    for _ in range(SECANTS):
        if first[1] is None or second[1] is None or first[1] == second[1]:
            break
        share = second[0] - second[1] * (second[0] - first[0]) / (second[1] - first[1])
        if not low <= share <= high:
            break
        first, second = second, (share, value(share))
    return second[0] if second[1] is not None else (low + high) / 2
