r"""The irreducible components of a critical set, each as a field.

A fixed point is a triangular set :math:`T=0` in its roots and the parameters; where further :math:`g=0`, it is critical.  The
components of :math:`T=g=0` of one dimension less than the space of parameters are found by elimination in all symbols, roots
and parameters alike: over the factors of an equation; by an equation that is linear in a symbol; by the resultant of two
equations and their greatest common divisor over its field.  What is left of a component is at most one equation, irreducible in
a symbol over the rational functions of the others, or two whose common root a primitive element spans.  So arithmetic on it is
that of a field, in which nothing but zero is no unit: a triangular set that is not radical, or splits, would take a nilpotent
or a divisor of zero for a number.

Components on which a leading coefficient or a denominator vanishes are left out: there a coordinate goes to infinity.

Source: J. Della Dora, C. Dicrescenzo and D. Duval (1985).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from sympy import Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.algebra.subresultants import subresultants
from derivations.analysis.linearisation.towers import LARGEST, Unsplit, split_fields
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.conditions import readable_relation, reduce_inequality
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, POSITIVE, ZERO, Sign
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Chart, Site

Root = tuple[Symbol, Polynomial]


@dataclass(frozen=True)
class CriticalCase:
    """A part of the set: equations that are left, what does not vanish, what is eliminated; what is known of signs on the
    closure of the branch, and what of parameters alone, whether or not it exists."""

    equations: tuple[Polynomial, ...]
    nonzero: tuple[Polynomial, ...]
    eliminated: tuple[Substitution, ...]
    closure: Chart
    parameters: Chart

    @property
    def consistent(self) -> bool:
        return self.closure.signs.consistent and self.parameters.signs.consistent

    def may_vanish(self, f: Polynomial) -> bool:
        """Whether an irreducible polynomial may vanish on a set of one dimension less: there it changes its sign."""
        if f in self.nonzero or -f in self.nonzero:
            return False
        return 0 in self.closure.signs.of(f) and len(self.parameters.signs.of(f) - ZERO) > 1

    def eliminate(self, found: Substitution, equations: Sequence[Polynomial], nonzero: Sequence[Polynomial]) -> CriticalCase:
        return CriticalCase(
            tuple(equations),
            distinct_members(nonzero),
            (*self.eliminated, found),
            self.closure.with_expressed(found),
            self.parameters.with_expressed(found),
        )


@dataclass(frozen=True)
class Component:
    """A component: the site at its generic point, and the inequalities between parameters that single out the branch there."""

    site: Site
    conditions: tuple[Relational, ...]


def components(site: Site, g: Polynomial, assumed: Signs, nonzero: Sequence[Polynomial] = ()) -> Iterator[Component]:
    """The components of ``g = 0`` on a site, as far as known signs do not exclude them; of parameters, those that are
    ``assumed`` whether or not the point exists.

    Raises
    ------
    Unsplit
        where a part could not be brought to a field.
    """
    ring = site.ring
    defining = tuple((x, site._on_special(p)) for x, p in site.roots)
    leads = [f for x, p in defining for f in ring.factors(ring.leading(p, x))]
    start = CriticalCase(
        (*(p for _, p in defining), g),
        distinct_members((*leads, *(f for p in nonzero for f in ring.factors(p)))),
        (),
        *(Chart(signs, ()) for signs in (site.closure.signs, assumed)),
    )
    roots = frozenset(x for x, _ in defining)
    search = _Search(ring, roots, len(defining) + 1, distinct_members(p for _, p in defining) if site.numbers else ())
    for case, left in search.split(start):
        yield from _make_component(*_straighten_case(site, case, left))


def _straighten_case(site: Site, case: CriticalCase, roots: tuple[Root, ...]) -> tuple[Site, CriticalCase, tuple[Root, ...]]:
    """The case without an equation that is linear in a symbol once a coordinate takes the place of a parameter: then that
    coordinate is not expressed any more."""
    ring = site.ring
    for s in site.solved if len(roots) == 1 and not case.eliminated else ():
        p, relation = roots[0][1], s.bottom * ring.gen(s.symbol) - s.top
        for y in ring.present(relation) & ring.present(p):
            rest, *lead = ring.coefficients(relation, y)
            if len(lead) != 1 or not lead[0].is_constant():
                continue
            first = Substitution(y, -rest, lead[0])
            image = ring.substitute(p, y, first.top, first.bottom)
            linear = [z for z in ring.present(image) if ring.degree(image, z) == 1 and ring.leading(image, z).is_constant()]
            for z in linear[:1]:
                left, c = ring.coefficients(image, z)
                freed = replace(site, solved=tuple(o for o in site.solved if o is not s))
                return freed, case.eliminate(first, (), case.nonzero).eliminate(Substitution(z, -left, c), (), case.nonzero), ()
    return site, case, roots


def _make_component(site: Site, case: CriticalCase, roots: Sequence[Root]) -> Iterator[Component]:
    """The component, with the facts of the branch that do not turn into equations."""
    bare = replace(
        site,
        roots=tuple(roots),
        special=(*site.special, *case.eliminated),
        signs=case.closure.signs,
        numbers={x: v for x, v in site.numbers.items() if x in {y for y, _ in roots}},
    )
    for at in split_fields(bare) if not bare.numbers else [bare]:
        facts = (site if at.ring == site.ring else site.over(at.ring)).signs
        told = [(top * bottom, v) for p, v in (*facts.facts, *facts.products) for top, bottom in [at.normal(p)]]
        told = [(p, v) for p, v in told if not p.is_zero()]
        known = at.with_facts(told)
        if known.signs.consistent and known.chart.signs.consistent and not any(0 not in known.signs.of(p) for _, p in at.roots):
            yield Component(known, tuple(dict.fromkeys(c for p, v in told if (c := _sign_condition(at, p, v)) is not None)))


def _sign_condition(at: Site, p: Polynomial, sign: Sign) -> Relational | None:
    """That a polynomial has a sign, as an inequality between parameters; None where it holds anyway, or speaks of roots."""
    if sign not in (POSITIVE, NEGATIVE, NONNEGATIVE, NONPOSITIVE):
        return None
    stated = reduce_inequality(at, (p if sign <= NONNEGATIVE else -p, at.ring.constant(1)), strict=True)
    return readable_relation(stated) if isinstance(stated, Relational) and stated.free_symbols.isdisjoint(at.state) else None


@dataclass(frozen=True)
class _Search:
    ring: Ring
    state: frozenset[Symbol]  # the roots of the point
    codimension: int
    fields: tuple[Polynomial, ...]

    def split(self, case: CriticalCase) -> Iterator[tuple[CriticalCase, tuple[Root, ...]]]:
        """Parts of the right dimension, and the equations that define what is left of their symbols."""
        if not case.consistent or len(case.eliminated) + bool(case.equations) > self.codimension:
            return
        equations: list[Polynomial] = []
        for number, p in enumerate(case.equations):
            possible = [] if p.is_zero() else [f for f in self.ring.factors(p) if case.may_vanish(f)]
            if not possible and not p.is_zero():
                return
            if len(possible) > 1:
                others = (*equations, *case.equations[number + 1 :])
                for i, f in enumerate(possible):
                    apart = distinct_members((*case.nonzero, *possible[:i]))
                    yield from self.split(replace(case, equations=(f, *others), nonzero=apart))
                return
            equations += possible
        left = distinct_members(equations)
        yield from self._narrow_case(replace(case, equations=left))

    def _narrow_case(self, case: CriticalCase) -> Iterator[tuple[CriticalCase, tuple[Root, ...]]]:
        equations = case.equations
        if len(case.eliminated) + len(equations) < self.codimension:
            raise Unsplit("a part of its critical set has more dimensions than was expected")
        if not equations:
            yield case, ()
        elif len(equations) == 1 and (x := self._own_root(case, equations[0])):
            yield case, ((x, equations[0]),)
        elif linear := self._linear_equation(case):
            yield from self._eliminate_linear(case, *linear)
        elif len(equations) == 1:
            (p,) = equations
            yield case, ((min(self._by_choice(p), key=lambda y: self.ring.degree(p, y)), p),)
        elif set(map(str, equations)) <= set(map(str, self.fields)):
            yield case, tuple(self._triangular_set(equations))
        else:
            yield from self._resolve_pair(case)

    def _own_root(self, case: CriticalCase, p: Polynomial) -> Symbol | None:
        """The root that an equation defines, where it was a parameter alone that all others determined."""
        held = self.ring.present(p) & self.state
        if len(held) != 1 or any(s.symbol in self.state or self._holds_state(s) for s in case.eliminated):
            return None
        (x,) = held
        return x if self.ring.degree(p, x) > 1 else None

    def _holds_state(self, s: Substitution) -> bool:
        return bool((self.ring.present(s.top) | self.ring.present(s.bottom)) & self.state)

    def _triangular_set(self, equations: Sequence[Polynomial]) -> Iterator[Root]:
        """Polynomials that span a field already, each with the variable that those before it do not hold."""
        known: set[Symbol] = set()
        for p in equations:
            (x,) = (self.ring.present(p) & self.state) - known
            known.add(x)
            yield x, p

    def _linear_equation(self, case: CriticalCase) -> tuple[Polynomial, Symbol, Polynomial] | None:
        """An equation, a symbol that it is linear in, the coefficient: equations between parameters first, then roots."""
        found = []
        for p in case.equations:
            for y in self.ring.present(p):
                if self.ring.degree(p, y) == 1:
                    c = self.ring.leading(p, y)
                    varies = not c.is_constant()
                    uncertain = varies and self._zero_possible(c, case)
                    mixed = bool(self.ring.present(p) & self.state)
                    order = (mixed, varies, uncertain, len(c), y not in self.state, len(p), -self.ring.place[y])
                    found.append((order, p, y, c))
        return min(found, key=lambda item: item[0])[1:] if found else None

    def _zero_possible(self, c: Polynomial, case: CriticalCase) -> bool:
        return any(case.may_vanish(f) for f in self.ring.factors(c))

    def _eliminate_linear(
        self, case: CriticalCase, p: Polynomial, y: Symbol, c: Polynomial
    ) -> Iterator[tuple[CriticalCase, tuple[Root, ...]]]:
        others = tuple(q for q in case.equations if q is not p)
        rest = self.ring.coefficients(p, y)[0]
        found = Substitution(y, -rest, c)

        def substitute_root(q: Polynomial) -> Polynomial:
            return self.ring.substitute(q, y, found.top, found.bottom)

        images = [substitute_root(q) for q in case.nonzero]
        if not any(q.is_zero() for q in images):
            apart = distinct_members(f for q in (*images, c) for f in self.ring.factors(q))
            yield from self.split(case.eliminate(found, [substitute_root(q) for q in others], apart))
        if self._zero_possible(c, case):
            yield from self.split(replace(case, equations=(c, rest, *others)))

    def _resolve_pair(self, case: CriticalCase) -> Iterator[tuple[CriticalCase, tuple[Root, ...]]]:
        """Two equations without a linear symbol by the factors of their resultant, and their divisor over the field of each."""
        pairs = [
            (self.ring.degree(p, x) * self.ring.degree(q, x), len(p) + len(q), -self.ring.place[x], x, p, q)
            for p, q in combinations(case.equations, 2)
            for x in self.ring.present(p) & self.ring.present(q)
        ]
        if not pairs:
            raise Unsplit("equations of its critical set share no symbol")
        *_, x, p, q = min(pairs, key=lambda pair: (pair[3] not in self.state, *pair[:3]))
        if len(p) + len(q) > LARGEST:
            raise Unsplit(f"equations of its critical set have more than {LARGEST} terms")
        chain = subresultants(self.ring, p, q, x)
        others = tuple(r for r in case.equations if r is not p and r is not q)
        for f in self.ring.factors(chain[-1]):
            if case.may_vanish(f):
                yield from self._common_roots(f, case, chain, x, others, (p, q))

    def _common_roots(
        self, f, case: CriticalCase, chain, x: Symbol, others, pair
    ) -> Iterator[tuple[CriticalCase, tuple[Root, ...]]]:
        """The common roots of a pair in ``x`` where ``f``, a factor of their resultant, vanishes."""
        if any(self.ring.degree(f, y) == 1 for y in self.ring.present(f)):
            yield from self.split(replace(case, equations=(f, *pair, *others)))
            return
        y = min(self._by_choice(f), key=lambda s: self.ring.degree(f, s))
        field = Site(self.ring, tuple(self.state), ((y, f),), (), (), case.closure.signs)
        common = next((s for s in reversed(chain[:-1]) if not field.normal(self.ring.leading(s, x))[0].is_zero()), None)
        if common is None or (self.ring.degree(common, x) > 1 and others):
            raise Unsplit("more than two equations of its critical set have roots of higher degree")
        if self.ring.degree(common, x) > 1:
            yield case, ((y, f), (x, common))
            return
        rest, c = self.ring.coefficients(common, x)
        found = Substitution(x, -rest, c)
        put = [self.ring.substitute(q, x, found.top, found.bottom) for q in (*others, *case.nonzero)]
        if any(field.normal(q)[0].is_zero() for q in put[len(others) :]):
            return
        left = [field.normal(q)[0] for q in put[: len(others)]]
        after = case.eliminate(found, [f, *(q for q in left if not q.is_zero())], put[len(others) :])
        if len(after.equations) > 1:
            yield from self.split(after)
        elif len(after.eliminated) + 1 == self.codimension and after.consistent:
            yield after, ((y, f),)

    def _by_choice(self, f: Polynomial) -> list[Symbol]:
        """The symbols of ``f``, parameters first, the last ones foremost."""
        return sorted(self.ring.present(f), key=lambda y: (y in self.state, -self.ring.place[y]))
