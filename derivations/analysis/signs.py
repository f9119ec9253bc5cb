r"""What is known of the signs of polynomials, and what follows from it.

The sign of a real number is described by the set of values that it may have, a subset of :math:`\{-1,0,1\}`.  Facts are
signs of irreducible polynomials: of symbols, from their assumptions, and of whatever is learnt.  Three rules decide:

* the sign of a product is the product of the signs of its irreducible factors (and where a product's sign is known and
  all factors but one are, that of the last);
* a sum of terms that are all of one sign has that sign;
* a fact :math:`t=cs+r` linear in a symbol may be taken as variable in its place, :math:`s=(t-r)/c`; two facts
  :math:`s>0,\ r-cs>0` are one positive variable, :math:`s=rt/(1+ct)`.  Then the second rule is tried again.

The rules are sound and not complete: "unknown" is an answer, never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce

from sympy import Symbol
from sympy.core.relational import GreaterThan, Relational, StrictGreaterThan, StrictLessThan, LessThan, Unequality

from derivations.analysis.polynomials import Polynomial, Ring
from theory.errors import InputError

Sign = frozenset[int]
POSITIVE, NEGATIVE, ZERO = frozenset({1}), frozenset({-1}), frozenset({0})
NONNEGATIVE, NONPOSITIVE, NONZERO = frozenset({0, 1}), frozenset({-1, 0}), frozenset({-1, 1})
UNKNOWN = frozenset({-1, 0, 1})

DEPTH = 3  # facts taken as variables, one after the other
TERMS = 400  # beyond which a polynomial is not rewritten


@dataclass(frozen=True)
class Signs:
    """Facts about the signs of irreducible polynomials of a ring, and products of known sign that wait for their factors."""

    ring: Ring
    facts: tuple[tuple[Polynomial, Sign], ...] = ()
    products: tuple[tuple[Polynomial, Sign], ...] = ()
    consistent: bool = True

    def of(self, p: Polynomial, depth: int = DEPTH) -> Sign:
        """The signs that ``p`` may have."""
        if p.is_zero():
            return ZERO
        content, factors = p.factor()
        signs = (power(self._irreducible(f, depth), int(m)) for f, m in factors)
        return reduce(times, signs, POSITIVE if content > 0 else NEGATIVE)

    def learn(self, p: Polynomial, sign: Sign) -> Signs:
        """With one more fact, and what follows from it for single factors."""
        known = self.of(p)
        if not known & sign:
            return replace(self, consistent=False)
        if known <= sign:
            return self
        return replace(self, products=(*self.products, (p, sign)))._propagated()

    def learn_all(self, facts: Iterable[tuple[Polynomial, Sign]]) -> Signs:
        return reduce(lambda signs, fact: signs.learn(*fact), facts, self)

    def _propagated(self) -> Signs:
        signs, waiting = self, list(self.products)
        progress = True
        while progress and signs.consistent:
            progress, left = False, []
            for p, sign in waiting:
                content, factors = p.factor()
                odd = [f for f, m in factors if int(m) % 2]
                even = [f for f, m in factors if not int(m) % 2]
                if 0 not in sign:  # no factor of a product that does not vanish does
                    for f in even:
                        signs = signs._with(f, NONZERO)
                open_ = [f for f in odd if len(signs._irreducible(f, DEPTH) - ZERO) > 1]
                rest = reduce(
                    times,
                    (signs._irreducible(f, DEPTH) for f in odd if f not in open_),
                    POSITIVE if content > 0 else NEGATIVE,
                )
                if 0 not in sign:
                    rest = rest - ZERO
                if not open_:
                    signs = signs if times(rest, POSITIVE) & sign or 0 in sign else replace(signs, consistent=False)
                    for f in odd:
                        if 0 not in sign:
                            signs = signs._with(f, NONZERO)
                elif len(open_) == 1 and len(rest) == 1 and rest != ZERO and (0 not in sign or not even):
                    signs, progress = signs._with(open_[0], times(sign, rest)), True
                else:
                    if 0 not in sign:
                        for f in open_:
                            signs = signs._with(f, NONZERO)
                    left.append((p, sign))
            waiting = left
        return replace(signs, products=tuple(waiting))

    def _with(self, f: Polynomial, sign: Sign) -> Signs:
        both = self._irreducible(f, DEPTH) & sign
        others = tuple((g, s) for g, s in self.facts if g != f and g != -f)
        return replace(self, facts=(*others, (f, both)), consistent=self.consistent and bool(both))

    def _known(self, f: Polynomial) -> Sign:
        for g, sign in self.facts:
            if g == f:
                return sign
            if g == -f:
                return times(sign, NEGATIVE)
        return UNKNOWN

    def _irreducible(self, f: Polynomial, depth: int) -> Sign:
        known = self._known(f) & self._termwise(f)
        if len(known) == 1 or not depth or len(f.to_dict()) > TERMS:
            return known
        for symbol in sorted(self.ring.present(f), key=self.ring.place.__getitem__):
            for simpler, image in self._in_place_of(symbol, f):
                known = known & simpler.of(image, depth - 1)
                if len(known) <= 1:
                    return known
        return known

    def _termwise(self, f: Polynomial) -> Sign:
        total: Sign | None = None
        for powers, c in f.to_dict().items():
            term = POSITIVE if c > 0 else NEGATIVE
            for i, m in enumerate(powers):
                if m:
                    term = times(term, power(self._known(self.ring.context.gen(i)), int(m)))
            total = term if total is None else plus(total, term)
            if total == UNKNOWN:
                return total
        return ZERO if total is None else total

    def _in_place_of(self, symbol: Symbol, f: Polynomial) -> Iterable[tuple[Signs, Polynomial]]:
        """The same question with a fact that is linear in ``symbol`` taken as variable in its place."""
        s = self.ring.gen(symbol)
        for fact, sign in self.facts:
            if sign not in (POSITIVE, NEGATIVE) or fact == s or self.ring.degree(fact, symbol) != 1:
                continue
            r, c = self.ring.coefficients(fact, symbol)
            if self.of(c, 0) not in (POSITIVE, NEGATIVE):
                continue
            if sign == NEGATIVE:
                fact, r, c = -fact, -r, -c
            lower, upper = self._known(s) == POSITIVE, self.of(c, 0) == NEGATIVE
            if lower and upper:  # 0 < s and r - |c| s > 0
                top, bottom = r * s, self.ring.constant(1) - c * s
            else:
                top, bottom = s - r, c
            yield self._renamed(symbol, fact, top, bottom), self._image(f, symbol, top, bottom)

    def _image(self, p: Polynomial, symbol: Symbol, top: Polynomial, bottom: Polynomial) -> Polynomial:
        image = self.ring.substitute(p, symbol, top, bottom)
        return image * bottom if self.ring.degree(p, symbol) % 2 else image  # an even power of the denominator

    def _renamed(self, symbol: Symbol, used: Polynomial, top: Polynomial, bottom: Polynomial) -> Signs:
        s = self.ring.gen(symbol)
        signs = Signs(self.ring, ((s, POSITIVE), *((g, v) for g, v in self.facts if symbol not in self.ring.present(g))))
        for g, sign in self.facts:
            if symbol in self.ring.present(g) and g not in (used, -used, s):
                image = self._image(g, symbol, top, bottom)
                factors = self.ring.factors(image)
                if len(factors) == 1 and len(signs._termwise(factors[0])) > 1:
                    lead = image.factor()[0]
                    signs = signs._with_plain(factors[0], sign if lead > 0 else times(sign, NEGATIVE))
        return signs

    def _with_plain(self, f: Polynomial, sign: Sign) -> Signs:
        return replace(self, facts=(*self.facts, (f, sign)))


def times(a: Sign, b: Sign) -> Sign:
    return frozenset(x * y for x in a for y in b)


def power(a: Sign, exponent: int) -> Sign:
    return frozenset(x**exponent for x in a)


def plus(a: Sign, b: Sign) -> Sign:
    """Signs of a sum: of one sign's terms that sign, of opposite ones anything."""
    return frozenset(s for x in a for y in b for s in ((-1, 0, 1) if x * y < 0 else (x + y and (1 if x + y > 0 else -1),)))


def signs_from(ring: Ring, assumptions: Iterable = ()) -> Signs:
    """The facts that the assumptions on the symbols and the inequalities among ``assumptions`` state.

    Raises
    ------
    InputError
        for assumptions that contradict each other, or a symbol that is not real.
    """
    facts = []
    for s in ring.symbols:
        if s.is_real is False:
            raise InputError("real state and parameters", f"{s}, which is assumed not to be real", "declare it real")
        facts.append((ring.gen(s), _of_symbol(s)))
    signs = Signs(ring, tuple(fact for fact in facts if fact[1] != UNKNOWN))
    for relation in assumptions:
        if isinstance(relation, Relational) and type(relation) in RELATIONS and relation.free_symbols <= set(ring.symbols):
            top, bottom = ring.fraction(relation.lhs - relation.rhs)
            signs = signs.learn(top * bottom, RELATIONS[type(relation)])
            if not signs.consistent:
                raise InputError("assumptions that can hold together", f"{relation} beside the others", "drop one of them")
    return signs


RELATIONS: dict[type, Sign] = {
    StrictGreaterThan: POSITIVE,
    GreaterThan: NONNEGATIVE,
    StrictLessThan: NEGATIVE,
    LessThan: NONPOSITIVE,
    Unequality: NONZERO,
}


def _of_symbol(s: Symbol) -> Sign:
    known = (
        (s.is_positive, POSITIVE),
        (s.is_negative, NEGATIVE),
        (s.is_nonnegative, NONNEGATIVE),
        (s.is_nonpositive, NONPOSITIVE),
        (s.is_nonzero, NONZERO),
    )
    return next((sign for holds, sign in known if holds), UNKNOWN)
