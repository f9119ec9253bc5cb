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
from functools import cached_property, reduce
from operator import mul

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring, factor_polynomial
from derivations.analysis.sites.products import divide_out_known, merge_products
from derivations.analysis.sites.sign import (
    NEGATIVE,
    NONNEGATIVE,
    NONPOSITIVE,
    NONZERO,
    POSITIVE,
    STRICT,
    UNKNOWN,
    ZERO,
    Sign,
    add_signs,
    multiply_signs,
    power_of_signs,
)

DEPTH = 3  # facts taken as variables, one after the other
LEARNING = 2  # of them, where facts are brought together
LONG = 2000  # terms of a polynomial beyond which it is not factored
TERMS = 400  # beyond which a polynomial is not rewritten
WIDE = 40  # beyond which it is neither divided nor seen as a quadratic one, nor are its images factored


@dataclass(frozen=True)
class Signs:
    """Facts about the signs of irreducible polynomials of a ring, and products of known sign that wait for their factors."""

    ring: Ring
    facts: tuple[tuple[Polynomial, Sign], ...] = ()
    products: tuple[tuple[Polynomial, Sign], ...] = ()
    consistent: bool = True

    @property
    def stated(self) -> tuple[tuple[Polynomial, Sign], ...]:
        """All that is known, of irreducible polynomials and of products."""
        return (*self.facts, *self.products)

    def of(self, p: Polynomial, depth: int = DEPTH) -> Sign:
        """The signs that ``p`` may have."""
        if p.is_zero():
            return ZERO
        if len(p) > LONG:
            return self.termwise(p)
        content, factors = factor_polynomial(p)
        lead = POSITIVE if content > 0 else NEGATIVE
        signs = [self._irreducible_signs(f, depth) for f, _ in factors]
        plain = reduce(multiply_signs, (power_of_signs(s, m) for s, (_, m) in zip(signs, factors, strict=True)), lead)
        if len(plain) <= 1 or not self.products:
            return plain
        squares = reduce(multiply_signs, (power_of_signs(s, m - m % 2) for s, (_, m) in zip(signs, factors, strict=True)), lead)
        odd = reduce(mul, (f for f, m in factors if m % 2), self.ring.constant(1))
        return plain & multiply_signs(squares, self._as_product(odd))

    def _as_product(self, p: Polynomial) -> Sign:
        """What is known of a polynomial that is a number times a product which waits for its factors."""
        for q, sign in self.products:
            one, other = p.leading_coefficient(), q.leading_coefficient()
            if (p * other - q * one).is_zero():
                return sign if (one > 0) == (other > 0) else multiply_signs(sign, NEGATIVE)
        return UNKNOWN

    def learn(self, p: Polynomial, sign: Sign) -> Signs:
        """The signs with one more fact, and what follows from it for single factors."""
        known = self.of(p, LEARNING)
        if not known & sign:
            return replace(self, consistent=False)
        if known <= sign:
            return self
        learnt = replace(self, products=(*self.products, (p, sign)))._propagate_products()
        return learnt.learn_all(learnt._imply_signs(self.facts)) if learnt.consistent else learnt

    def learn_all(self, facts: Iterable[tuple[Polynomial, Sign]]) -> Signs:
        return reduce(lambda signs, fact: signs.learn(*fact), facts, self)

    def _propagate_products(self) -> Signs:
        """Products of known sign worked into facts about their factors, until nothing new follows."""
        signs, waiting, progress = replace(self, products=()), self.products, True
        while progress and signs.consistent:
            progress, left = False, []
            for p, sign in waiting:
                signs, rest, found = signs._work_in(*divide_out_known(p, sign, waiting))
                progress = progress or found
                left += rest
            waiting = merge_products(left)
        return replace(signs, products=waiting, consistent=signs.consistent and all(sign for _, sign in waiting))

    def _work_in(self, p: Polynomial, sign: Sign) -> tuple[Signs, list[tuple[Polynomial, Sign]], bool]:
        """What a product's sign says of its factors, what of the product is left undecided, and whether a sign was found."""
        signs, (content, factors) = self, factor_polynomial(p)
        if 0 not in sign:  # no factor of a product that does not vanish does
            for f, _ in factors:
                signs = signs._with_fact(f, NONZERO)
        known = [(f, int(m), signs._irreducible_signs(f, LEARNING)) for f, m in factors]
        unknown = [(f, m) for f, m, v in known if m % 2 and len(v - ZERO) > 1]
        settled = [power_of_signs(v, m) for f, m, v in known if not (m % 2 and len(v - ZERO) > 1)]
        rest = reduce(multiply_signs, settled, POSITIVE if content > 0 else NEGATIVE)
        if not unknown:
            return (signs if rest & sign else replace(signs, consistent=False)), [], False
        if rest not in (POSITIVE, NEGATIVE):
            return signs, [(p, sign)], False
        if len(unknown) == 1:
            return signs._with_fact(unknown[0][0], multiply_signs(sign, rest)), [], True
        open_product = reduce(lambda a, b: a * b, (f for f, _ in unknown))
        return signs, [(open_product, multiply_signs(sign, rest))], False

    def _with_fact(self, f: Polynomial, sign: Sign) -> Signs:
        both = self._irreducible_signs(f, DEPTH) & sign
        others = tuple((g, s) for g, s in self.facts if g != f and g != -f)
        return replace(self, facts=(*others, (f, both)), consistent=self.consistent and bool(both))

    def _imply_signs(self, before: tuple) -> list[tuple[Polynomial, Sign]]:
        """Where a new fact ``c s + r`` is positive and ``r`` is not, ``c`` has the sign of the symbol ``s``."""
        found = []
        for f, sign in self.facts:
            if sign not in (POSITIVE, NEGATIVE) or any(f is g for g, _ in before):
                continue
            for symbol in self.ring.present(f):
                known = self._known_signs(self.ring.gen(symbol))
                if self.ring.degree(f, symbol) == 1 and known in (POSITIVE, NEGATIVE):
                    r, c = self.ring.coefficients(f if sign == POSITIVE else -f, symbol)
                    if not c.is_constant() and self.termwise(r) <= NONPOSITIVE:
                        found.append((c, known))
        return found

    def _known_signs(self, f: Polynomial) -> Sign:
        for g, sign in self.facts:
            if g == f:
                return sign
            if g == -f:
                return multiply_signs(sign, NEGATIVE)
        return UNKNOWN

    @cached_property
    def _sign_cache(self) -> dict[tuple[str, int], Sign]:
        """Signs of irreducible polynomials that were asked for before, by depth."""
        return {}

    def _irreducible_signs(self, f: Polynomial, depth: int) -> Sign:
        key = (str(f), depth)
        if key not in self._sign_cache:
            self._sign_cache[key] = self._derive_signs(f, depth)
        return self._sign_cache[key]

    def _derive_signs(self, f: Polynomial, depth: int) -> Sign:
        known = self._known_signs(f) & self.termwise(f)
        if len(known) == 1 or not depth or len(f.to_dict()) > TERMS:
            return known
        rules = (self._square_signs, self._divide_by_known) if depth == DEPTH else (self._square_signs,)
        for rule in rules if len(f) <= WIDE else ():
            known = known & rule(f, depth)
            if len(known) == 1:
                return known
        for symbol in sorted(self.ring.present(f), key=self.ring.place.__getitem__):
            for simpler, image in self.in_place_of(symbol, f):
                plain = simpler.termwise(image)
                known = known & (plain if len(plain) == 1 or len(image) > WIDE else simpler.of(image, depth - 1))
                if len(known) <= 1:
                    return known
        return known

    @cached_property
    def _symbols(self) -> tuple[Sign, ...]:
        """What is known of each symbol of the ring."""
        return tuple(self._known_signs(self.ring.gen(s)) for s in self.ring.symbols)

    def termwise(self, f: Polynomial) -> Sign:
        """What the signs of its terms tell of a polynomial."""
        total: Sign | None = None
        for powers, c in f.to_dict().items():
            term = POSITIVE if c > 0 else NEGATIVE
            for i, m in enumerate(powers):
                if m:
                    term = multiply_signs(term, power_of_signs(self._symbols[i], int(m)))
            total = term if total is None else add_signs(total, term)
            if total == UNKNOWN:
                return total
        return ZERO if total is None else total

    def _square_signs(self, f: Polynomial, depth: int) -> Sign:
        r"""The sign of :math:`ax^2+bx+c` where the discriminant shows that it does not change: that of ``a``, or zero."""
        for symbol in self.ring.present(f):
            if self.ring.degree(f, symbol) != 2:
                continue
            c, b, a = self.ring.coefficients(f, symbol)
            lead = self.of(a, 0)
            if lead not in (POSITIVE, NEGATIVE):
                continue
            disc = b * b - 4 * a * c
            sign = self.of(disc, depth - 1)
            if sign == NEGATIVE:
                return lead
            if sign <= NONPOSITIVE:
                return lead if self._zeros_apart(disc, 2 * a * self.ring.gen(symbol) + b) else lead | ZERO
        return UNKNOWN

    def _divide_by_known(self, f: Polynomial, depth: int) -> Sign:
        """The sign by division with remainder by what is known, where quotient and remainder pull the same way."""
        found = UNKNOWN
        for g, sign in (*self.facts, *self.products):
            if g.total_degree() < 2:
                continue
            quotient, rest = divmod(f, g)
            if not quotient.is_zero() and not rest.is_zero():
                found = found & add_signs(multiply_signs(self.of(quotient, 0), sign), self.of(rest, depth - 1))
        return found

    def _zeros_apart(self, *polynomials: Polynomial) -> bool:
        """Whether the facts exclude that all of these vanish, each linear in a symbol with a number as coefficient."""
        facts = (*self.facts, *self.products)
        for p in polynomials:
            possible = [f for f in self.ring.factors(p) if 0 in self.of(f, 0)]  # any of them may be the one that vanishes
            for part in possible if len(possible) == 1 else ():
                for symbol in self.ring.present(part):
                    lead = self.ring.leading(part, symbol)
                    if self.ring.degree(part, symbol) == 1 and lead.is_constant():
                        rest = -self.ring.coefficients(part, symbol)[0]
                        # a square of the (constant) denominator keeps signs
                        facts = tuple(
                            (self.ring.substitute(g, symbol, rest, lead) * (lead if self.ring.degree(g, symbol) % 2 else 1), v)
                            for g, v in facts
                        )
                        break
        blank = Signs(self.ring)
        return any(not blank.of(g, 0) & v for g, v in facts)

    def in_place_of(self, symbol: Symbol, f: Polynomial, edges: bool = False) -> Iterable[tuple[Signs, Polynomial]]:
        """The same question with a fact that is linear in ``symbol`` taken as variable in its place; with ``edges`` also one
        that may be zero."""
        key = (symbol, edges)
        if key not in self._change_cache:
            self._change_cache[key] = list(self._change_variable(symbol, edges))
        for signs, top, bottom in self._change_cache[key]:
            yield signs, self._image_under(f, symbol, top, bottom)

    @cached_property
    def _change_cache(self) -> dict[tuple[Symbol, bool], list[tuple[Signs, Polynomial, Polynomial]]]:
        """Changes of variables that were made before."""
        return {}

    def _change_variable(self, symbol: Symbol, edges: bool) -> Iterable[tuple[Signs, Polynomial, Polynomial]]:
        s = self.ring.gen(symbol)
        for fact, sign in self.facts:
            if sign not in ((*STRICT, NONNEGATIVE, NONPOSITIVE) if edges else STRICT):
                continue
            if fact == s or self.ring.degree(fact, symbol) != 1:
                continue
            r, c = self.ring.coefficients(fact, symbol)
            if self.of(c, 0) not in STRICT:
                continue
            if sign <= NONPOSITIVE:
                fact, r, c, sign = -fact, -r, -c, multiply_signs(sign, NEGATIVE)
            lower, upper = self._known_signs(s) == POSITIVE, self.of(c, 0) == NEGATIVE
            if lower and upper and 0 in sign:
                continue
            if lower and upper:  # 0 < s and r - |c| s > 0
                top, bottom = r * s, self.ring.constant(1) - c * s
            else:
                top, bottom = s - r, c
            yield self._rename_signs(symbol, fact, sign, top, bottom), top, bottom

    def _image_under(self, p: Polynomial, symbol: Symbol, top: Polynomial, bottom: Polynomial) -> Polynomial:
        image = self.ring.substitute(p, symbol, top, bottom)
        return image * bottom if self.ring.degree(p, symbol) % 2 else image  # an even power of the denominator

    def _rename_signs(self, symbol: Symbol, used: Polynomial, sign: Sign, top: Polynomial, bottom: Polynomial) -> Signs:
        s = self.ring.gen(symbol)
        signs = Signs(self.ring, ((s, sign), *((g, v) for g, v in self.facts if symbol not in self.ring.present(g))))
        for g, known in self.facts:
            if symbol in self.ring.present(g) and g not in (used, -used, s):
                image = self._image_under(g, symbol, top, bottom)
                factors = self.ring.factors(image)
                if len(factors) == 1 and len(signs.termwise(factors[0])) > 1:
                    lead = factor_polynomial(image)[0]
                    signs = signs._with_plain(factors[0], known if lead > 0 else multiply_signs(known, NEGATIVE))
        return signs

    def _with_plain(self, f: Polynomial, sign: Sign) -> Signs:
        return replace(self, facts=(*self.facts, (f, sign)))
