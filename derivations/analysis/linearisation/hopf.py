r"""Hopf bifurcations: the frequency, and the first Lyapunov coefficient

.. math:: l_1=\frac1{2\omega}\operatorname{Re}\big[\langle p,C(q,q,\bar q)\rangle-2\langle p,B(q,A^{-1}B(q,\bar q))\rangle
   +\langle p,B(\bar q,(2i\omega-A)^{-1}B(q,q))\rangle\big],\quad\langle q,q\rangle=\langle p,q\rangle=1,

whose sign tells whether the cycle is stable (negative: supercritical).

Source: Kuznetsov, *Elements of Applied Bifurcation Theory*, §5.4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Dummy, S, Symbol, sqrt
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import OverBudget, determinant
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.linearisation.critical_sets import Critical
from derivations.analysis.linearisation.kinds import Bifurcation, BifurcationKind
from derivations.analysis.linearisation.normal_forms import VelocityExpansion, criticality_of
from derivations.analysis.linearisation.towers import Unsplit, split_fields
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.conditions import readable_relation, reduce_inequality
from derivations.analysis.sites.decision import decide_sign
from derivations.analysis.sites.field import Number, dot, null_vector, solve
from derivations.analysis.sites.sign import NONPOSITIVE, POSITIVE
from derivations.analysis.sites.site import Fraction, Site

LARGEST = 4  # degree of the factor up to which the first Lyapunov coefficient is worked out


def hopf(expansion: VelocityExpansion, site: Site, critical: Critical, equation: Relational, zeros: int) -> Bifurcation | None:
    """The bifurcation at a component on which a pair of roots of the factor is imaginary; None where it is real there."""
    at, factor, zero_mode_beside = expansion.site, critical.factor, zeros > 0
    assert factor is not None
    top, bottom = (at.ring.convert_from(p, site.ring) for p in _squared_frequency(factor.coefficients, site.ring))
    if at.normal(bottom)[0].is_zero():
        return Bifurcation(BifurcationKind.DEGENERATE, equation)
    squared = at.normal_fraction(top, bottom)
    if decide_sign(at, squared) <= NONPOSITIVE:
        return None
    positive = reduce_inequality(at, squared, strict=True)
    conditions = () if positive is S.true else (readable_relation(positive),)
    plain = Bifurcation(BifurcationKind.HOPF, equation, frequency=Number(at, *squared).expr(), conditions=conditions)
    if not _crosses_axis(site, at, critical, expansion.flow.parameters):
        return replace(plain, kind=BifurcationKind.DEGENERATE)
    if factor.degree > LARGEST or zero_mode_beside:
        return plain
    if expansion.is_linear:
        return replace(plain, kind=BifurcationKind.DEGENERATE)
    at = at.with_facts([(squared[0] * squared[1], POSITIVE)])
    omega, unit = Dummy("omega", positive=True), Dummy("i")
    try:
        coefficient = _lyapunov_coefficient(
            VelocityExpansion(expansion.flow, _field_with_frequency(at, omega, unit, [(top, bottom), squared])), omega, unit
        )
    except (ZeroDivisionError, OverBudget, Unsplit):  # a pair of twice the frequency beside; too long
        return plain
    if coefficient is None or coefficient.is_zero:
        return replace(plain, kind=BifurcationKind.DEGENERATE)
    criticality, where = criticality_of(coefficient)
    value = coefficient.expr().xreplace({omega: sqrt(plain.frequency)}) / (2 * sqrt(plain.frequency))
    return replace(plain, criticality=criticality, coefficient=value, supercritical=where)


def _crosses_axis(site: Site, at: Site, critical: Critical, parameters: Sequence[Symbol]) -> bool:
    """Whether the real part of the pair changes at a speed that is not zero: the Hurwitz determinant does along the point."""
    ring, roots = site.ring, site.roots
    assert critical.determinant is not None
    rows = [*(site._on_special(p) for _, p in roots), site.normal(critical.determinant)[0]]
    for p in parameters:
        by = [*(x for x, _ in roots), p]
        speed = determinant([[ring.derivative(q, y) for y in by] for q in rows], ring)
        if not at.normal(at.ring.convert_from(speed, ring))[0].is_zero():
            return True
    return False


def _squared_frequency(c: Sequence[Polynomial], ring: Ring) -> tuple[Polynomial, Polynomial]:
    r""":math:`\omega^2` where :math:`\pm i\omega` are common roots of the even and the odd part of :math:`c_0s^n+\dots+c_n`.

    It is a quotient of subresultants, the lower of which is a Hurwitz determinant.
    """
    n = len(c) - 1
    if n < 4:
        return c[2], c[0]

    def minor(last: int) -> Polynomial:
        columns = [*range(1, n - 3), last]
        entries = [[2 * j - i for j in columns] for i in range(1, n - 2)]
        return determinant([[c[k] if 0 <= k <= n else ring.constant(0) for k in line] for line in entries], ring)

    return minor(n - 2), minor(n - 3)


def _field_with_frequency(at: Site, omega: Symbol, unit: Symbol, squared: Sequence[Fraction]) -> Site:
    """The field of the site with the frequency, the square of which may be given in several forms, and the imaginary unit.

    Where the frequency lies in it already, either of its signs will do: the other turns :math:`q` into :math:`\\bar q`.
    """
    ring = at.ring.extend(omega, unit)  # behind the parameters: no chart expresses one by the frequency
    wide = at.over(ring)
    defining = [
        ring.convert_from(bottom, at.ring) * ring.gen(omega) ** 2 - ring.convert_from(top, at.ring) for top, bottom in squared
    ]
    imaginary = (unit, ring.gen(unit) ** 2 + 1)
    first, *_ = of_omega = max((_factors_with(ring, omega, p) for p in defining), key=len)
    if len(of_omega) > 1:
        rest, lead = ring.coefficients(first, omega)
        return replace(wide, roots=(*wide.roots, imaginary), special=(*wide.special, Substitution(omega, -rest, lead)))
    tower = replace(wide, state=(*wide.state, omega), roots=(*wide.roots, (omega, first)))
    parts = list(split_fields(tower)) if wide.roots else []
    field = parts[0] if len(parts) > 1 else tower.with_facts([(ring.gen(omega), POSITIVE)])
    return replace(field, roots=(*field.roots, (unit, field.ring.gen(unit) ** 2 + 1)))


def _factors_with(ring: Ring, x: Symbol, p: Polynomial) -> list[Polynomial]:
    """The irreducible factors that hold a symbol."""
    return [f for f in ring.factors(p) if ring.degree(f, x) > 0]


def _lyapunov_coefficient(expansion: VelocityExpansion, omega: Symbol, unit: Symbol) -> Number | None:
    """Twice the frequency times the first Lyapunov coefficient, over the field with the frequency and the imaginary unit; None
    where the pair is not simple."""
    site = expansion.site
    matrix = expansion.matrix()
    turn = Number.of(site, unit * omega)

    def shift_matrix(by: Number, sign: int) -> list[list[Number]]:
        return [
            [(by - e if i == j else -e) if sign > 0 else (e - by if i == j else e) for j, e in enumerate(line)]
            for i, line in enumerate(matrix)
        ]

    q = null_vector(shift_matrix(turn, -1))
    p = null_vector([list(c) for c in zip(*shift_matrix(turn, -1), strict=True)])
    if q is None or p is None or (overlap := dot(p, q)).is_zero:
        return None
    p = [e / overlap for e in p]
    bar = [e.conjugate(unit) for e in q]
    size = dot(q, bar).real(unit)
    mean = solve(matrix, expansion.along(q, bar))
    double = solve(shift_matrix(turn * 2, 1), expansion.along(q, q))
    whole = dot(p, expansion.along(q, q, bar)) - 2 * dot(p, expansion.along(q, mean)) + dot(p, expansion.along(bar, double))
    return whole.real(unit) / size
