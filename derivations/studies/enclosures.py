"""Values of closed forms at exact numbers, in balls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import arb, ctx
from sympy import CRootOf, Dummy, Expr, Symbol

from derivations.analysis.linearisation.balls import algebraic_ball
from theory.ball_values import ExactPoint, NoValueError, evaluate_ball

BITS = 160  # of balls: every double is told apart


@dataclass(frozen=True)
class Enclosure:
    """A ball that holds a real number: ``middle`` and ``radius`` as floats, rounded outwards, and its ``text``."""

    middle: float
    radius: float
    text: str

    def __str__(self):
        return self.text

    def to_dict(self) -> dict:
        """Plain values."""
        return {"middle": self.middle, "radius": self.radius, "text": self.text}


def enclose(formula: Expr, numbers: Mapping[Symbol, Expr]) -> Enclosure | None:
    """The ball of a formula at exact numbers of its symbols; None where it has no real value that is enclosed."""
    before, ctx.prec = ctx.prec, BITS
    try:
        return as_enclosure(_ball(formula, numbers))
    except (NoValueError, ZeroDivisionError, KeyError):
        return None
    finally:
        ctx.prec = before


def _ball(formula: Expr, numbers: Mapping[Symbol, Expr]) -> arb:
    value = formula.xreplace(dict(numbers))
    roots = {root: Dummy() for root in value.atoms(CRootOf)}
    ball = evaluate_ball(value.xreplace(roots), ExactPoint({x: algebraic_ball(root) for root, x in roots.items()}, {}))
    if not ball.is_finite():
        raise NoValueError
    return ball


def as_enclosure(ball: arb) -> Enclosure:
    """The same ball with a float in its middle, and a radius that makes up for it."""
    middle = float(ball.mid())
    radius = float(abs(ball - arb(middle)).upper())
    return Enclosure(middle, radius * (1 + 1e-15), ball.str(15, radius=True) if radius else ball.str(15))
