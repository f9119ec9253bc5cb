r"""Expressions in ball arithmetic: exact inclusions of their values over boxes, on FLINT's Arb."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from flint import arb, fmpq
from sympy import CRootOf, Expr, Symbol, lambdify
from sympy.printing.pycode import PythonCodePrinter

from derivations.analysis.algebra.number_field import enclose
from theory.printing import plain

BITS = 160  # to which an algebraic number is enclosed


class BallPrinter(PythonCodePrinter):
    """Numbers as balls: a quotient of Python's integers would be rounded before it is one."""

    def _print_Rational(self, expr):
        return f"ball({hex(expr.p)}, {hex(expr.q)})"

    def _print_Integer(self, expr):
        return hex(expr.p)

    def _print_Pow(self, expr, **options):
        if expr.exp.is_Rational and expr.exp.q == 2:
            return f"(root({self._print(expr.base)}) ** {expr.exp.p})"
        return f"(({self._print(expr.base)}) ** ({self._print(expr.exp)}))"


def compile_balls(expressions: Sequence[Expr], symbols: Sequence[Symbol]) -> Callable[..., list[arb]]:
    """A function from balls for ``symbols`` to balls that contain the values; no number where a radicand may be negative.

    Expressions are made of rational numbers, algebraic numbers, integer powers and square roots.
    """
    numbers = {
        root: Symbol(f"algebraic_{k}")
        for k, root in enumerate(sorted(set().union(*(e.atoms(CRootOf) for e in expressions)), key=plain))
    }
    function = lambdify(
        [*numbers.values(), *symbols],
        [e.xreplace(numbers) + 0 for e in expressions],
        modules=[{"ball": lambda p, q: arb(fmpq(p, q)), "root": lambda value: arb(value).sqrt()}],
        printer=BallPrinter(
            {"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True, "user_functions": {}}
        ),
        cse=True,
    )
    constants = [algebraic_ball(root) for root in numbers]
    return lambda *balls: [value if isinstance(value, arb) else arb(value) for value in function(*constants, *balls)]


def algebraic_ball(root: CRootOf) -> arb:
    """A ball around a real algebraic number."""
    return enclose(root, BITS)


def interval_ball(low: Fraction, high: Fraction) -> arb:
    """The ball that covers an interval with exact rational ends."""
    a, b = (arb(fmpq(end.numerator, end.denominator)) for end in (low, high))
    return a.union(b)


def ball_signs(ball: arb) -> frozenset[int]:
    """The signs that a value in the ball may have."""
    if not ball.is_finite():
        return frozenset({-1, 0, 1})
    if ball > 0:
        return frozenset({1})
    if ball < 0:
        return frozenset({-1})
    return (
        frozenset({0})
        if ball.is_zero()
        else frozenset({s for s, ok in ((-1, not ball >= 0), (0, True), (1, not ball <= 0)) if ok})
    )


Box = Mapping[Symbol, tuple[Fraction, Fraction]]
