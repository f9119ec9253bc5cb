r"""Normal forms of the bifurcations in which a real eigenvalue passes through zero.

On the critical set, with right and left null vectors :math:`r,\ell` (:math:`\ell r=1`) and :math:`x'=F(x,p)`, Sotomayor's
theorem tells

* saddle-node: :math:`\ell F_p\ne0,\ \ell F_{xx}(r,r)\ne0`;
* transcritical: :math:`\ell F_p=0`, the rest of the eigenvalue's speed and :math:`\ell F_{xx}(r,r)` do not vanish;
* pitchfork: :math:`\ell F_{xx}(r,r)=0` too, and the cubic coefficient on the centre manifold does not vanish; negative
  means supercritical.

Source: Guckenheimer and Holmes, *Nonlinear Oscillations*, §3.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.linearisation.critical_sets import shown
from derivations.analysis.linearisation.kinds import Bifurcation, Kind
from derivations.analysis.sites.conditions import readable, reduced
from derivations.analysis.sites.field import Number, dot, null_vector, solve
from derivations.analysis.sites.site import Site
from theory.flow import Flow


@dataclass(frozen=True)
class Expansion:
    """Derivatives of the velocity at a site."""

    flow: Flow
    site: Site

    def along(self, *vectors: Sequence[Number]) -> list[Number]:
        """The derivative of order ``len(vectors)`` in the directions of vectors."""
        return [self._one(v, vectors) for v in self.flow.velocity.values()]

    def matrix(self) -> list[list[Number]]:
        return [[Number.of(self.site, v.diff(x)) for x in self.flow.state] for v in self.flow.velocity.values()]

    def by(self, p: Symbol) -> list[Number]:
        return [Number.of(self.site, v.diff(p)) for v in self.flow.velocity.values()]

    def matrix_by(self, p: Symbol) -> list[list[Number]]:
        return [[Number.of(self.site, v.diff(x, p)) for x in self.flow.state] for v in self.flow.velocity.values()]

    def _one(self, velocity: Expr, vectors: Sequence[Sequence[Number]]) -> Number:
        total = Number.of(self.site, velocity - velocity)
        if not vectors:
            return Number.of(self.site, velocity)
        for x, component in zip(self.flow.state, vectors[0], strict=True):
            slope = velocity.diff(x)
            if slope != 0 and not component.is_zero:
                total = total + component * self._one(slope, vectors[1:])
        return total


def steady(flow: Flow, site: Site, at: Site, g: Polynomial) -> Bifurcation | None:
    expansion, critical = Expansion(flow, at), shown(site, g)
    matrix = expansion.matrix()
    right, left = null_vector(matrix), null_vector([list(c) for c in zip(*matrix, strict=True)])
    if right is None or left is None:
        return Bifurcation(Kind.DEGENERATE, critical)
    scale = dot(left, right)
    if scale.is_zero:
        return Bifurcation(Kind.DEGENERATE, critical)
    left = [e / scale for e in left]
    quadratic = dot(left, expansion.along(right, right)) * 1
    forced = [p for p in _parameters(flow, site, g) if not dot(left, expansion.by(p)).is_zero]
    half = Number.of(at, quadratic.expr() / 2)
    if forced:
        kind = Kind.DEGENERATE if quadratic.is_zero else Kind.SADDLE_NODE
        return Bifurcation(kind, critical, coefficient=None if quadratic.is_zero else half.expr())
    if all(_speed(expansion, matrix, left, right, p).is_zero for p in _parameters(flow, site, g)):
        return Bifurcation(Kind.DEGENERATE, critical)
    if not quadratic.is_zero:
        return Bifurcation(Kind.TRANSCRITICAL, critical, coefficient=half.expr())
    bent = _bordered(matrix, left, right, expansion.along(right, right))
    cubic = dot(left, expansion.along(right, right, right)) - 3 * dot(left, expansion.along(right, bent))
    if cubic.is_zero:
        return Bifurcation(Kind.DEGENERATE, critical)
    sixth = Number.of(at, cubic.expr() / 6)
    criticality, where = criticality_of(cubic)
    return Bifurcation(Kind.PITCHFORK, critical, criticality, sixth.expr(), supercritical=where)


def _parameters(flow: Flow, site: Site, g: Polynomial) -> list[Symbol]:
    """The parameters that the critical set speaks of, through roots as well."""
    held = set(site.ring.present(g))
    for x, p in site.roots:
        if x in held:
            held |= site.ring.present(p)
    return [p for p in flow.parameters if p in held]


def _speed(expansion: Expansion, matrix, left, right, p: Symbol) -> Number:
    """The derivative by ``p`` of the eigenvalue that is zero, along the fixed point."""
    forced = expansion.by(p)
    moved = _bordered(matrix, left, right, [-f for f in forced])
    direct = [dot(line, right) for line in expansion.matrix_by(p)]
    return dot(left, direct) + dot(left, expansion.along(right, moved))


def _bordered(matrix, left, right, target: Sequence[Number]) -> list[Number]:
    """The solution of ``matrix h = target`` (up to its part along the null vector) with ``left h = 0``."""
    zero = left[0] - left[0]
    rows = [[*line, r] for line, r in zip(matrix, right, strict=True)]
    return solve([*rows, [*left, zero]], [*target, zero])[:-1]


def criticality_of(coefficient: Number) -> tuple[str | None, Relational | None]:
    """Super- or subcritical, or the inequality for the first."""
    negative = reduced(coefficient.site, (-coefficient.top, coefficient.bottom), strict=True)
    if negative is S.true:
        return "supercritical", None
    return ("subcritical", None) if negative is S.false else (None, readable(negative))
