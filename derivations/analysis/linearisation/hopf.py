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

from derivations.analysis.algebra.linear import OverBudget, determinant
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.linearisation.critical_sets import shown
from derivations.analysis.linearisation.kinds import Bifurcation, Kind
from derivations.analysis.linearisation.normal_forms import Expansion, criticality_of
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.characteristic import Factor
from derivations.analysis.sites.conditions import readable, reduced
from derivations.analysis.sites.field import Number, dot, null_vector, solve
from derivations.analysis.sites.signs import NONPOSITIVE, POSITIVE, Signs
from derivations.analysis.sites.site import Site
from theory.flow import Flow

LARGEST = 4  # degree of the factor up to which the first Lyapunov coefficient is worked out


def hopf(flow: Flow, site: Site, at: Site, g: Polynomial, factor: Factor) -> Bifurcation | None:
    c, n = factor.coefficients, len(factor.coefficients) - 1
    top, bottom = _squared_frequency(c, site.ring)
    if at.normal(bottom)[0].is_zero():
        return Bifurcation(Kind.DEGENERATE, shown(site, g))
    squared = at.normal_fraction(top, bottom)
    if at.chart.of(*squared) <= NONPOSITIVE:
        return None
    positive = reduced(at, squared, strict=True)
    conditions = () if positive is S.true else (readable(positive),)
    plain = Bifurcation(Kind.HOPF, shown(site, g), frequency=Number(at, *squared).expr(), conditions=conditions)
    if n > LARGEST:
        return plain
    at = at.with_facts([(squared[0] * squared[1], POSITIVE)])
    omega, unit = Dummy("omega", positive=True), Dummy("i")
    wide = _extended(at, omega, unit, squared)
    try:
        coefficient = _lyapunov(flow, wide, omega, unit)
    except (ZeroDivisionError, OverBudget):  # a zero mode or a pair of twice the frequency beside; too long
        return plain
    if coefficient is None or coefficient.is_zero:
        return replace(plain, kind=Kind.DEGENERATE)
    criticality, where = criticality_of(coefficient)
    value = coefficient.expr().xreplace({omega: sqrt(plain.frequency)})
    return replace(plain, criticality=criticality, coefficient=value, supercritical=where)


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


def _extended(at: Site, omega: Symbol, unit: Symbol, squared: tuple[Polynomial, Polynomial]) -> Site:
    """The site with the frequency and the imaginary unit as further roots."""
    ring = at.ring.extended(omega, unit)  # behind the parameters: no chart expresses one by the frequency

    def move(p: Polynomial) -> Polynomial:
        return _moved_one(at.ring, ring, p)

    def moved(items: Sequence[Substitution]) -> tuple[Substitution, ...]:
        return tuple(Substitution(s.symbol, move(s.top), move(s.bottom)) for s in items)

    top, bottom = (move(p) for p in squared)
    facts = tuple((move(p), v) for p, v in (*at.signs.facts, *at.signs.products))
    signs = Signs(ring, ((ring.gen(omega), POSITIVE),)).learn_all(facts)
    roots = (
        *((x, move(p)) for x, p in at.roots),
        (omega, bottom * ring.gen(omega) ** 2 - top),
        (unit, ring.gen(unit) ** 2 + 1),
    )
    return replace(
        at,
        ring=ring,
        state=(*at.state, omega, unit),
        roots=roots,
        solved=moved(at.solved),
        special=moved(at.special),
        signs=signs,
    )


def _moved(source: Ring, target: Ring, value: tuple[Polynomial, Polynomial]) -> tuple[Polynomial, Polynomial]:
    return _moved_one(source, target, value[0]), _moved_one(source, target, value[1])


def _moved_one(source: Ring, target: Ring, p: Polynomial) -> Polynomial:
    """The same polynomial in a ring with more symbols."""
    places = [target.place[s] for s in source.symbols]
    terms = {}
    for powers, c in p.to_dict().items():
        wide = [0] * len(target.symbols)
        for place, m in zip(places, powers, strict=True):
            wide[place] = m
        terms[tuple(wide)] = c
    return target.context.from_dict(terms)


def _lyapunov(flow: Flow, site: Site, omega: Symbol, unit: Symbol) -> Number | None:
    """The first Lyapunov coefficient at a site that holds the frequency and the imaginary unit; None where degenerate."""
    expansion = Expansion(flow, site)
    matrix = expansion.matrix()
    turn = Number.of(site, unit * omega)
    one = Number.of(site, flow.state[0] ** 0)

    def shifted(by: Number, sign: int) -> list[list[Number]]:
        return [
            [(by - e if i == j else -e) if sign > 0 else (e - by if i == j else e) for j, e in enumerate(line)]
            for i, line in enumerate(matrix)
        ]

    q = null_vector(shifted(turn, -1))
    p = null_vector([list(c) for c in zip(*shifted(turn, -1), strict=True)])
    if q is None or p is None or (overlap := dot(p, q)).is_zero:
        return None
    p = [e / overlap for e in p]
    bar = [e.conjugate(unit) for e in q]
    size = dot(q, bar).real(unit)
    mean = solve(matrix, expansion.along(q, bar))
    double = solve(shifted(turn * 2, 1), expansion.along(q, q))
    whole = dot(p, expansion.along(q, q, bar)) - 2 * dot(p, expansion.along(q, mean)) + dot(p, expansion.along(bar, double))
    return whole.real(unit) / (size * Number.of(site, omega) * 2 * one)
