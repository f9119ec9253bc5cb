"""Complex values of closed forms, and roots of polynomials with such coefficients, in balls."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from flint import acb, acb_poly, ctx, fmpq
from sympy import Add, CRootOf, Expr, I, Mul, Poly, Pow, Rational, Symbol

from derivations.analysis.linearisation.balls import algebraic_ball
from derivations.studies.enclosures import BITS, Enclosure, as_enclosure
from theory.ball_values import NoValueError

TOLERANCE = 1e-30  # of roots
Parts = tuple[Enclosure, Enclosure]


def enclose_parts(formula: Expr, numbers: Mapping[Symbol, Expr]) -> Parts | None:
    """Balls of the real and the imaginary part of a formula; None where it has no value that is enclosed."""
    before, ctx.prec = ctx.prec, BITS
    try:
        return _parts(_ball(formula.xreplace(dict(numbers))))
    except (NoValueError, ZeroDivisionError):
        return None
    finally:
        ctx.prec = before


def enclose_roots(polynomial: Expr, x: Symbol, numbers: Mapping[Symbol, Expr]) -> list[Parts]:
    """Balls of all roots of a polynomial in x; none where its coefficients have no value, or roots are not told apart."""
    before, ctx.prec = ctx.prec, BITS
    try:
        coefficients = Poly(polynomial.xreplace(dict(numbers)), x).all_coeffs()
        return [_parts(root) for root in acb_poly([_ball(c) for c in reversed(coefficients)]).roots(TOLERANCE, 8 * BITS)]
    except (NoValueError, ZeroDivisionError, ValueError):
        return []
    finally:
        ctx.prec = before


def _parts(ball: acb) -> Parts:
    if not ball.is_finite():
        raise NoValueError
    return as_enclosure(ball.real), as_enclosure(ball.imag)


def _ball(value: Expr) -> acb:
    if isinstance(value, Rational):
        return acb(fmpq(int(value.p), int(value.q)))
    if isinstance(value, CRootOf) and value.is_real:
        return acb(algebraic_ball(value))
    if value == I:
        return acb(0, 1)
    if isinstance(value, Add):
        return sum(map(_ball, value.args), acb(0))
    if isinstance(value, Mul):
        return prod(map(_ball, value.args), start=acb(1))
    if isinstance(value, Pow) and isinstance(value.exp, Rational):
        base = _ball(value.base)
        if value.exp.is_Integer:
            return base ** int(value.exp)
        return base.sqrt() ** int(value.exp.p) if value.exp.q == 2 else base ** _ball(value.exp)
    raise NoValueError
