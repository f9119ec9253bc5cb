"""Real algebraic numbers that are light where SymPy's ``CRootOf`` is heavy, and rational functions of one of them.

``CRootOf`` writes its polynomial out as an expression each time somebody looks at its arguments, factors it when it is made
and when it is unpickled, and isolates all roots before it has a value.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from flint import acb, arb, arb_poly, ctx, fmpz_poly
from sympy import Basic, CRootOf, Expr, Float, Integer, Poly, PurePoly
from sympy.core.numbers import prec_to_dps

from derivations.vocabulary import x as unknown
from theory.rewriting import Rebuildable

GUARD = 8  # bits of a ball beyond those that are asked for


class LightRoot(CRootOf):
    """A real root of an irreducible polynomial, by its place among the real ones; the same as the ``CRootOf`` of these."""

    @classmethod
    def of(cls, coefficients: tuple[int, ...], place: int) -> LightRoot:
        """The root number ``place`` of the primitive polynomial with these coefficients, the constant one first."""
        made = cls._new(_polynomial(coefficients), place)
        made.coefficients = coefficients
        return made

    @cached_property
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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CRootOf):
            return False
        return self is other or (self.index == other.index and self.poly == other.poly)

    def __hash__(self):
        return hash((CRootOf.__name__, *self._hashable_content()))

    def __reduce_ex__(self, protocol):
        return LightRoot.of, (self.coefficients, self.index)

    def ball(self) -> arb:
        """A ball around it of the precision that is set."""
        return real_balls(self.coefficients, ctx.prec)[self.index]

    def _eval_evalf(self, prec, **kwargs):
        return _float_in(self, prec)


@dataclass(frozen=True)
class RationalFunction:
    """A quotient of polynomials with integer coefficients, the constant ones first."""

    above: tuple[int, ...]
    below: tuple[int, ...]

    def __call__(self, x: Expr) -> Expr:
        """Of a root it is kept unwritten."""
        return RootFraction.of(self, x) if isinstance(x, LightRoot) else self.written_at(x)

    def written_at(self, x: Expr) -> Expr:
        return Poly(self.above[::-1], x).as_expr() / Poly(self.below[::-1], x).as_expr()


class RootFraction(Rebuildable, Expr):
    """A rational function of a root: a number by one field element, where its own polynomial would be far longer to find."""

    is_commutative = is_number = is_real = is_finite = is_algebraic = True

    function: RationalFunction

    @classmethod
    def of(cls, function: RationalFunction, root: LightRoot) -> RootFraction:
        made = Basic.__new__(cls, root)
        made.function = function
        return made

    @property
    def func(self):
        return self.function

    @property
    def written(self) -> Expr:
        """The quotient as an expression in the root."""
        return self.function.written_at(self.args[0])

    def _hashable_content(self):
        return self.args[0], self.function.above, self.function.below

    def __reduce_ex__(self, protocol):
        return RootFraction.of, (self.function, self.args[0])

    def ball(self) -> arb:
        """A ball around it of the precision that is set."""
        root = self.args[0].ball()
        return arb_poly(list(self.function.above))(root) / arb_poly(list(self.function.below))(root)

    def _eval_evalf(self, prec, **kwargs):
        return _float_in(self, prec)

    def _sympystr(self, printer):
        return printer.parenthesize(self.written, 0)

    def _latex(self, printer):
        return printer._print(self.written)


def _float_in(value: LightRoot | RootFraction, prec: int) -> Float:
    """The middle of a ball that is as small as the precision asks for."""
    bits = prec + GUARD
    while True:
        with ctx.workprec(bits):
            ball = value.ball()
        if ball.rel_accuracy_bits() >= prec:
            return Float(ball.mid().str(prec_to_dps(prec) + 2, radius=False), precision=prec)
        bits *= 2


@lru_cache(maxsize=512)
def _polynomial(coefficients: tuple[int, ...]) -> PurePoly:
    return PurePoly(Poly(coefficients[::-1], unknown))


@lru_cache(maxsize=512)
def _expression(polynomial: PurePoly) -> Expr:
    return polynomial.as_expr()


@lru_cache(maxsize=512)
def real_balls(coefficients: tuple[int, ...], bits: int) -> list[arb]:
    """Disjoint balls around the real roots of an irreducible polynomial, ascending; its constant coefficient is the first."""
    balls = [ball.real for ball in root_balls(coefficients, bits) if ball.imag.is_zero()]
    return sorted(balls, key=lambda ball: ball.mid())


@lru_cache(maxsize=64)
def root_balls(coefficients: tuple[int, ...], bits: int) -> list[acb]:
    """Disjoint balls around all roots of an irreducible polynomial, those around real ones on the real line."""
    with ctx.workprec(bits):
        return [ball for ball, _ in fmpz_poly(list(coefficients)).complex_roots()]  # type: ignore[has-type, misc]
