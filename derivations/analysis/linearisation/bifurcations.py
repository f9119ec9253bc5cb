r"""Where stability or existence of a fixed point is lost, and in which bifurcation.

A *critical set* is an equation :math:`g=0` between the parameters (and roots) of a fixed point: a constant coefficient of the
characteristic polynomial vanishes (a real eigenvalue passes through zero), the last Hurwitz determinant vanishes (a pair
of imaginary ones), or a discriminant of the point vanishes (two points meet).  On it, with right and left null vectors
:math:`r,\ell` (:math:`\ell r=1`) and :math:`x'=F(x,p)`, Sotomayor's theorem tells

* saddle-node: :math:`\ell F_p\ne0,\ \ell F_{xx}(r,r)\ne0`;
* transcritical: :math:`\ell F_p=0`, the rest of the eigenvalue's speed and :math:`\ell F_{xx}(r,r)` do not vanish;
* pitchfork: :math:`\ell F_{xx}(r,r)=0` too, and the cubic coefficient on the centre manifold does not vanish; negative
  means supercritical.

For a Hopf bifurcation the sign of the first Lyapunov coefficient

.. math:: l_1=\frac1{2\omega}\operatorname{Re}\big[\langle p,C(q,q,\bar q)\rangle-2\langle p,B(q,A^{-1}B(q,\bar q))\rangle
   +\langle p,B(\bar q,(2i\omega-A)^{-1}B(q,q))\rangle\big],\quad\langle q,q\rangle=\langle p,q\rangle=1,

tells whether the cycle is stable (negative: supercritical).

Source: Guckenheimer and Holmes, *Nonlinear Oscillations*, §3.4; Kuznetsov, *Elements of Applied Bifurcation Theory*, §5.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import reduce
from typing import Protocol

from sympy import Basic, Dummy, Eq, Expr, S, Symbol, sqrt
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import OverBudget, determinant, hurwitz_determinants
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.show import Row, Shown, conditions_row, row
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.conditions import readable, reduced
from derivations.analysis.sites.field import Number, dot, null_vector, solve
from derivations.analysis.sites.signs import LONG, NONPOSITIVE, POSITIVE, ZERO, Signs
from derivations.analysis.sites.site import Chart, Site
from theory.flow import Flow

LARGEST = 4  # degree of the factor up to which the first Lyapunov coefficient is worked out


class Kind(Enum):
    """The codimension-one bifurcations of fixed points; degenerate where a condition for each of them fails, unclassified where
    the expressions that tell them apart grow too long."""

    SADDLE_NODE = "saddle-node"
    TRANSCRITICAL = "transcritical"
    PITCHFORK = "pitchfork"
    HOPF = "Hopf"
    DEGENERATE = "degenerate"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True)
class Bifurcation(Shown):
    """A bifurcation of a fixed point.

    Attributes
    ----------
    kind
        of the bifurcation; ``critical`` the equation at which it happens.
    criticality
        of a pitchfork or Hopf bifurcation: ``"supercritical"``, ``"subcritical"``; None where that depends on parameters.
    supercritical
        the inequality that decides it then.
    coefficient
        the normal form's: quadratic, cubic, or first Lyapunov coefficient (in the normalisation above), on the critical set.
    frequency
        the squared frequency of a Hopf bifurcation.  Its criticality is not worked out where more than four modes couple, where
        there are zero modes beside, or where it grows too long.
    conditions
        under which it happens there: other inequalities, such as a positive squared frequency.
    """

    kind: Kind
    critical: Relational
    criticality: str | None = None
    coefficient: Expr | None = None
    frequency: Expr | None = None
    conditions: tuple[Relational, ...] = ()
    supercritical: Relational | None = None

    def at(self, values: Mapping[Symbol, Expr]) -> Bifurcation:
        """With expressions put in for symbols."""
        put = {name: value.xreplace(values) for name, value in vars(self).items() if isinstance(value, Basic)}
        return replace(self, **put, conditions=tuple(c.xreplace(values) for c in self.conditions))

    def rows(self) -> list[Row]:
        shown = [
            Row.text(" ".join(filter(None, (self.criticality, self.kind.value, "bifurcation at")))),
            row(self.critical.lhs, self.critical.rhs),
        ]
        if self.frequency is not None:
            shown.append(row(r"\omega^2", self.frequency))
        if self.coefficient is not None:
            shown.append(row("l_1" if self.kind is Kind.HOPF else "a", self.coefficient))
        if self.supercritical is not None:
            shown += [
                Row.text("supercritical where"),
                row(self.supercritical.lhs, self.supercritical.rhs, self.supercritical.rel_op),
            ]
        return [*shown, *conditions_row(self.conditions)]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "kind": self.kind.value,
            "critical": str(self.critical),
            "criticality": self.criticality,
            "coefficient": None if self.coefficient is None else str(self.coefficient),
            "frequency_squared": None if self.frequency is None else str(self.frequency),
            "supercritical_where": None if self.supercritical is None else str(self.supercritical),
            "conditions": [str(c) for c in self.conditions],
        }

    def __str__(self):
        words = " ".join(filter(None, (self.criticality, self.kind.value)))
        if self.supercritical is not None:
            words += f" (supercritical where {self.supercritical})"
        held = "".join(f", if {c}" for c in self.conditions)
        return f"{words} at {self.critical.lhs} = {self.critical.rhs}{held}"


class CharacteristicFactor(Protocol):
    """An irreducible factor of the characteristic polynomial, highest power first."""

    @property
    def coefficients(self) -> tuple[Polynomial, ...]: ...


def bifurcations_of(flow: Flow, site: Site, factors: Sequence[CharacteristicFactor], lost: bool) -> tuple[Bifurcation, ...]:
    """The bifurcations at the edges of a point's existence and, where it can be ``lost``, of its stability."""
    found: dict[Relational, Bifurcation] = {}
    poles = [f for s in site.solved for f in site.ring.factors(site.normal(site.ring.gen(s.symbol))[1])]
    for g, factor in _critical(site, factors, lost):
        if g in poles or -g in poles:  # the point goes to infinity there
            continue
        for at in _sites(site, g):
            try:
                made = _steady(flow, site, at, g) if factor is None else _hopf(flow, site, at, g, factor)
            except OverBudget:
                made = Bifurcation(Kind.UNCLASSIFIED, _shown(site, g))
            if made is not None:
                found.setdefault(made.critical, made)
    return tuple(found.values())


# Critical sets -------------------------------------------------------------------------------------------------------


def _critical(
    site: Site, factors: Sequence[CharacteristicFactor], lost: bool
) -> Iterator[tuple[Polynomial, CharacteristicFactor | None]]:
    """Irreducible polynomials that may vanish, beside the factor that they make lose a pair of roots to the axis."""
    ring = site.ring
    known = _of_parameters(site)
    for x, p in site.roots:
        if ring.degree(p, x) == 2:
            factors_of = ring.factors(site.normal(ring.discriminant(p, x))[0])
            yield from ((g, None) for g in factors_of if len(known.of(g) - ZERO) > 1)
    if not lost:
        return
    for factor in factors:
        n = len(factor.coefficients) - 1
        yield from ((g, None) for g in _open(site, factor.coefficients[-1]))
        if n > 1:
            (last,) = hurwitz_determinants(factor.coefficients, [n - 1], ring)
            yield from ((g, factor) for g in (_open(site, last) if len(last) <= LONG else ()))


def _of_parameters(site: Site) -> Signs:
    """What is known of signs beside which of several roots is meant."""
    roots = {x for x, _ in site.roots}
    return Signs(site.ring, tuple((g, v) for g, v in site.signs.facts if not site.ring.present(g) & roots))


def _open(site: Site, p: Polynomial) -> list[Polynomial]:
    """Irreducible factors on the site whose sign is not known, each odd number of times."""
    top, _ = site.normal(p)
    one = site.ring.constant(1)
    if top.is_zero():
        return []
    return [f for f, m in top.factor()[1] if int(m) % 2 and len(site.chart.of(f, one) - ZERO) > 1]


def _sites(site: Site, g: Polynomial) -> Iterator[Site]:
    """The critical set as sites: ``g = 0`` solved for a parameter, or for what is left where a chart expresses parameters."""
    ring, chart = site.ring, site.chart
    roots = {x for x, _ in site.roots}
    if not ring.present(g) & roots and (direct := _linear_in(site, g)) and all(ring.degree(p, x) == 2 for x, p in site.roots):
        put = tuple((x, ring.substitute(p, direct.symbol, direct.top, direct.bottom)) for x, p in site.roots)
        if all(len(ring.factors(p)) == 1 and p.factor()[1][0][1] == 1 and ring.degree(p, x) for x, p in put):
            yield from _consistent(replace(site, roots=put, special=(*site.special, direct), signs=_closed(site, [direct])))
            return
    images = ((x, chart.image(p)) for x, p in site.roots)
    kept = tuple((x, p) for x, p in images if not p.is_zero())
    special = (*site.special, *chart.expressed)
    for f in ring.factors(chart.image(g)):
        found = _linear_in(site, f)
        if found:
            put = tuple((x, ring.substitute(p, found.symbol, found.top, found.bottom)) for x, p in kept)
            left = tuple((x, p) for x, p in put if not p.is_zero())
            signs = _closed(site, (*chart.expressed, found))
            yield from _consistent(replace(site, roots=left, special=(*special, found), signs=signs))
        else:
            root = min(_by_choice(site, f), key=lambda y: ring.degree(f, y))
            signs = _closed(site, chart.expressed)
            yield from _consistent(replace(site, roots=(*kept, (root, f)), special=special, signs=signs))


def _linear_in(site: Site, f: Polynomial) -> Substitution | None:
    """``f = 0`` solved for a symbol that it holds linearly, where the coefficient does not vanish identically."""
    ring = site.ring
    linear = [y for y in _by_choice(site, f) if ring.degree(f, y) == 1]
    best = min(linear, key=lambda y: (0 in site.chart.of(ring.leading(f, y), ring.constant(1)), linear.index(y)), default=None)
    return None if best is None else Substitution(best, -ring.coefficients(f, best)[0], ring.leading(f, best))


def _consistent(site: Site) -> Iterator[Site]:
    if site.signs.consistent:
        yield site


def _closed(site: Site, expressed: Sequence[Substitution]) -> Signs:
    """What is known on a critical set: all that is of parameters, and of the branch what does not turn into an equation."""
    parameters = _of_parameters(site)
    chart = reduce(lambda c, s: c.with_expressed(s), expressed, Chart(parameters, ()))
    known = {str(g) for g, _ in parameters.facts}
    branch = ((chart.image(g), v) for g, v in (*site.signs.facts, *site.signs.products) if str(g) not in known)
    return chart.signs.learn_all((g, v) for g, v in branch if not g.is_zero())


def _by_choice(site: Site, f: Polynomial) -> list[Symbol]:
    """The symbols of ``f``, parameters first, the last ones foremost."""
    state = {x for x, _ in site.roots}
    return sorted(site.ring.present(f), key=lambda y: (y in state, -site.ring.place[y]))


def _shown(site: Site, g: Polynomial) -> Relational:
    """``g = 0``, solved for a parameter where it is linear in one with a constant or positive coefficient."""
    ring = site.ring
    for y in reversed(ring.symbols):
        if ring.degree(g, y) == 1 and y not in {x for x, _ in site.roots}:
            lead = ring.leading(g, y)
            if 0 not in site.signs.of(lead) and not ring.present(lead) & {x for x, _ in site.roots}:
                return Eq(y, ring.factored(-ring.coefficients(g, y)[0]) / ring.factored(lead), evaluate=False)
    return Eq(ring.expr(g), 0, evaluate=False)


# A real eigenvalue at zero -------------------------------------------------------------------------------------------


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


def _steady(flow: Flow, site: Site, at: Site, g: Polynomial) -> Bifurcation | None:
    expansion, critical = Expansion(flow, at), _shown(site, g)
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
    criticality, where = _criticality(cubic)
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


def _criticality(coefficient: Number) -> tuple[str | None, Relational | None]:
    """Super- or subcritical, or the inequality for the first."""
    negative = reduced(coefficient.site, (-coefficient.top, coefficient.bottom), strict=True)
    if negative is S.true:
        return "supercritical", None
    return ("subcritical", None) if negative is S.false else (None, readable(negative))


# A pair of imaginary eigenvalues -------------------------------------------------------------------------------------


def _hopf(flow: Flow, site: Site, at: Site, g: Polynomial, factor: CharacteristicFactor) -> Bifurcation | None:
    c, n = factor.coefficients, len(factor.coefficients) - 1
    top, bottom = _squared_frequency(c, site.ring)
    if at.normal(bottom)[0].is_zero():
        return Bifurcation(Kind.DEGENERATE, _shown(site, g))
    squared = at.normal_fraction(top, bottom)
    if at.chart.of(*squared) <= NONPOSITIVE:
        return None
    positive = reduced(at, squared, strict=True)
    conditions = () if positive is S.true else (readable(positive),)
    plain = Bifurcation(Kind.HOPF, _shown(site, g), frequency=Number(at, *squared).expr(), conditions=conditions)
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
    criticality, where = _criticality(coefficient)
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
    ring = Ring((*at.ring.symbols, omega, unit))  # behind the parameters: no chart expresses one by the frequency

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
