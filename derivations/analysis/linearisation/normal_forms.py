r"""Normal forms of the bifurcations in which a real eigenvalue passes through zero.

On the critical set, with right and left null vectors :math:`r,\ell` (:math:`\ell r=1`) and a parameter :math:`p` of
:math:`x'=F(x,p)`, the flow on the centre manifold is, with :math:`h=-A^+F_p`,

.. math:: \dot\xi=\ell F_p\,p+\tfrac12\big(a\xi^2+2b\,\xi p+c\,p^2\big)+\tfrac16k\xi^3+\dots,\quad
   a=\ell F_{xx}(r,r),\ b=\ell F_{xp}r+\ell F_{xx}(r,h),\ c=\ell F_{pp}+2\ell F_{xp}h+\ell F_{xx}(h,h):

* saddle-node: :math:`\ell F_p\ne0,\ a\ne0`;
* transcritical: :math:`\ell F_p=0,\ a\ne0,\ b^2-ac>0`, so that two curves of fixed points cross;
* pitchfork: :math:`\ell F_p=0,\ a=0,\ b\ne0,\ k=\ell F_{xxx}(r,r,r)-3\ell F_{xx}(r,A^+F_{xx}(r,r))\ne0`; negative means
  supercritical.

Source: Guckenheimer and Holmes, *Nonlinear Oscillations*, §3.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations_with_replacement

from sympy import Expr, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.linearisation.kinds import Bifurcation, BifurcationKind
from derivations.analysis.sites.conditions import readable_relation, reduce_inequality
from derivations.analysis.sites.field import Number, dot, null_vector, solve
from derivations.analysis.sites.sign import NEGATIVE
from derivations.analysis.sites.site import Site
from theory.flow import Flow

KEPT = 10_000  # derivatives of velocities that are remembered: those of one system serve all its points


@dataclass(frozen=True)
class VelocityExpansion:
    """Derivatives of the velocity at a site."""

    flow: Flow
    site: Site

    @classmethod
    def at(cls, flow: Flow, site: Site) -> VelocityExpansion:
        """The expansion at a site; parameters that a degenerate case of the point expresses are put in, others vary in it."""
        velocity = flow.velocity
        for s in site.special:
            value = site.ring.expr(s.top) / site.ring.expr(s.bottom)
            velocity = {x: v.xreplace({s.symbol: value}) for x, v in velocity.items()}
        return cls(Flow(velocity, assumptions=flow.assumptions), site)

    def along(self, *vectors: Sequence[Number]) -> list[Number]:
        """The derivative of order ``len(vectors)`` in the directions of vectors."""
        return [self._directional(y, vectors) for y in self.flow.state]

    def matrix(self, *by: Symbol) -> list[list[Number]]:
        """The Jacobian, or a derivative of it by parameters."""
        return [[self._derivative(y, x, *by) for x in self.flow.state] for y in self.flow.state]

    def by(self, *parameters: Symbol) -> list[Number]:
        """A derivative by parameters."""
        return [self._derivative(y, *parameters) for y in self.flow.state]

    @property
    def is_linear(self) -> bool:
        """Whether the velocity is linear in the state, so that nothing decides where it goes beyond the critical set."""
        return all(
            self._slope(y, *pair) == 0 for y in self.flow.state for pair in combinations_with_replacement(self.flow.state, 2)
        )

    def _directional(self, y: Symbol, vectors: Sequence[Sequence[Number]], *by: Symbol) -> Number:
        if not vectors:
            return self._derivative(y, *by)
        total = Number.integer(self.site, 0)
        for x, component in zip(self.flow.state, vectors[0], strict=True):
            if not component.is_zero and self._slope(y, *by, x) != 0:
                total = total + component * self._directional(y, vectors[1:], *by, x)
        return total

    def _slope(self, y: Symbol, *by: Symbol) -> Expr:
        return _differentiate(self._velocity[y], *sorted(by, key=str))

    def _derivative(self, y: Symbol, *by: Symbol) -> Number:
        return self._value(self._slope(y, *by))

    def _value(self, expr: Expr) -> Number:
        """A value at the site, of products factor by factor: a factor may vanish there."""
        if expr not in self._numbers:
            factors = [self._value(e) for e in expr.args] if expr.is_Mul else [Number.of(self.site, expr)]
            self._numbers[expr] = next((n for n in factors if n.is_zero), None) or Number.product(factors)
        return self._numbers[expr]

    @cached_property
    def _velocity(self) -> Mapping[Symbol, Expr]:
        return self.flow.velocity

    @cached_property
    def _numbers(self) -> dict[Expr, Number]:
        """Values at the site that were asked for before."""
        return {}


@lru_cache(maxsize=KEPT)
def _differentiate(expr: Expr, *by: Symbol) -> Expr:
    return _differentiate(expr, *by[:-1]).diff(by[-1]) if by else expr


def steady_bifurcation(expansion: VelocityExpansion, critical: Relational) -> Bifurcation | None:
    """The bifurcation at a component on which one real eigenvalue is zero; None where no other real points are near."""
    if expansion.is_linear:
        return Bifurcation(BifurcationKind.DEGENERATE, critical)
    matrix = expansion.matrix()
    right, left = null_vector(matrix), null_vector([list(c) for c in zip(*matrix, strict=True)])
    if right is None or left is None or (scale := dot(left, right)).is_zero:  # a double zero
        return Bifurcation(BifurcationKind.DEGENERATE, critical)
    left = [e / scale for e in left]
    quadratic = dot(left, expansion.along(right, right))
    parameters = sorted(set(expansion.flow.parameters), key=str)
    forced = any(not dot(left, expansion.by(p)).is_zero for p in parameters)
    if forced:
        kind = BifurcationKind.DEGENERATE if quadratic.is_zero else BifurcationKind.SADDLE_NODE
        return Bifurcation(kind, critical, coefficient=None if quadratic.is_zero else _divide_share(quadratic, 2))
    speeds = (_speed_coefficients(expansion, matrix, left, right, p) for p in parameters)
    if not quadratic.is_zero:
        crossing = next((d for b, c in speeds if not (d := b * b - quadratic * c).is_zero), None)
        if crossing is None:
            return Bifurcation(BifurcationKind.DEGENERATE, critical)
        return (
            None
            if crossing.sign == NEGATIVE
            else Bifurcation(BifurcationKind.TRANSCRITICAL, critical, coefficient=_divide_share(quadratic, 2))
        )
    if all(b.is_zero for b, _ in speeds):
        return Bifurcation(BifurcationKind.DEGENERATE, critical)
    bent = _solve_bordered(matrix, left, right, expansion.along(right, right))
    cubic = dot(left, expansion.along(right, right, right)) - 3 * dot(left, expansion.along(right, bent))
    if cubic.is_zero:
        return Bifurcation(BifurcationKind.DEGENERATE, critical)
    criticality, where = criticality_of(cubic)
    return Bifurcation(BifurcationKind.PITCHFORK, critical, criticality, _divide_share(cubic, 6), supercritical=where)


def _divide_share(coefficient: Number, share: int) -> Expr:
    return Number.of(coefficient.site, coefficient.expr() / share).expr()


def _speed_coefficients(expansion: VelocityExpansion, matrix, left, right, p: Symbol) -> tuple[Number, Number]:
    """The coefficients ``b`` and ``c`` of a parameter that does not force the centre manifold."""
    moved = _solve_bordered(matrix, left, right, [-f for f in expansion.by(p)])
    mixed = expansion.matrix(p)
    b = dot(left, [dot(line, right) for line in mixed]) + dot(left, expansion.along(right, moved))
    c = dot(left, expansion.by(p, p)) + 2 * dot(left, [dot(line, moved) for line in mixed])
    return b, c + dot(left, expansion.along(moved, moved))


def _solve_bordered(matrix, left, right, target: Sequence[Number]) -> list[Number]:
    """The solution of ``matrix h = target`` (up to its part along the null vector) with ``left h = 0``."""
    if all(b.is_zero for b in target):
        return list(target)
    zero = Number.integer(left[0].site, 0)
    rows = [[*line, r] for line, r in zip(matrix, right, strict=True)]
    return solve([*rows, [*left, zero]], [*target, zero])[:-1]


def criticality_of(coefficient: Number) -> tuple[str | None, Relational | None]:
    """Super- or subcritical, or the inequality for the first."""
    negative = reduce_inequality(coefficient.site, (-coefficient.top, coefficient.bottom), strict=True)
    if negative is S.true:
        return "supercritical", None
    return ("subcritical", None) if negative is S.false else (None, readable_relation(negative))
