"""Real roots of polynomials of high degree, as light as SymPy's ``CRootOf`` is heavy.

``CRootOf`` writes its polynomial out as an expression each time somebody looks at its arguments, factors it when it is
unpickled, and isolates all roots before it has a value.
"""

from __future__ import annotations

from functools import lru_cache

from flint import arb, ctx, fmpz_poly
from sympy import CRootOf, Expr, Float, Integer, Poly, PurePoly
from sympy.core.numbers import prec_to_dps

from derivations.vocabulary import x as unknown


class LargeRoot(CRootOf):
    """A real root of an irreducible polynomial, by its place among the real ones."""

    @classmethod
    def of(cls, coefficients: tuple[int, ...], place: int) -> LargeRoot:
        """The root number ``place`` of the primitive polynomial with these coefficients, the constant one first."""
        return cls._new(_polynomial(coefficients), place)

    @property
    def coefficients(self) -> tuple[int, ...]:
        return tuple(int(c) for c in reversed(self.poly.all_coeffs()))

    @property
    def expr(self) -> Expr:
        return _expression(self.poly)

    @property
    def args(self):
        return self.expr, Integer(self.index)

    @property
    def is_real(self) -> bool:
        return True

    def __reduce_ex__(self, protocol):
        return LargeRoot.of, (self.coefficients, self.index)

    def _eval_evalf(self, prec, **kwargs):
        ball = real_balls(self.coefficients, prec + 8)[self.index]
        digits = prec_to_dps(prec)
        return Float(ball.mid().str(digits + 2, radius=False), precision=prec)


@lru_cache(maxsize=512)
def _polynomial(coefficients: tuple[int, ...]) -> PurePoly:
    return PurePoly(Poly(coefficients[::-1], unknown))


@lru_cache(maxsize=512)
def _expression(polynomial: PurePoly) -> Expr:
    return polynomial.as_expr()


@lru_cache(maxsize=512)
def real_balls(coefficients: tuple[int, ...], bits: int) -> list[arb]:
    """Disjoint balls around the real roots of an irreducible polynomial, ascending; its constant coefficient is the first."""
    with ctx.workprec(bits):
        roots = fmpz_poly(list(coefficients)).complex_roots()
        balls = [ball.real for ball, _ in roots if ball.imag.is_zero()]  # type: ignore[has-type, misc]
        return sorted(balls, key=lambda ball: ball.mid())
