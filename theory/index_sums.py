"""Sums over indices of products of factors, brought into one form.

Deltas are resolved, whole powers of sums are opened, sums that are bases of powers are taken as these, and summed indices are
numbered in an order that does not depend on their names: terms that are the same then look the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count, permutations, product
from math import factorial, prod
from typing import Any, NamedTuple

from sympy import Expr, S

from theory.words import Context

UNIT = -100  # the index of an axis of length one
MOST = 4_000  # products of terms up to which an answer is sought
DEEPEST = 50  # rewritings of a term inside each other
ORDERS = 720  # numberings of indices that look alike, up to which the least is sought
FREE = 4  # indices of a function up to which its orders are looked at
ENTRY_OF, BASE, EXPONENTIAL, OTHER, DELTA = "entry", "base", "exp", "function", "delta"


class Factor(NamedTuple):
    """An entry of a matrix, or a function of a sum, at its indices."""

    kind: str
    name: Any  # of a matrix, or a sum in its one form with its function
    at: tuple[int, ...]


class Term(NamedTuple):
    """A number times powers of factors, summed over some indices."""

    number: Expr
    powers: tuple[tuple[Factor, Expr], ...]
    summed: frozenset[int]


Terms = list[Term]


class TooLong(ArithmeticError):
    """More terms than are looked at."""


class Sums:
    """Operations on sums, with the assumptions on their symbols."""

    def __init__(self, context: Context):
        self.context, self._fresh, self._done, self._depth = context, count(), 0, 0

    def times(self, *sums: Terms) -> Terms:
        """The product of sums."""
        found = [number_term(S.One)]
        for other in sums:
            found = [t for a, b in product(found, other) for t in self._times_term(a, b)]
        return found

    def _times_term(self, a: Term, b: Term) -> Terms:
        powers = dict(a.powers)
        for factor, power in b.powers:
            powers[factor] = powers.get(factor, S.Zero) + power
        return self.reduced(Term(a.number * b.number, tuple(powers.items()), a.summed | b.summed))

    def reduced(self, term: Term) -> Terms:
        """A term with its deltas resolved, whole powers of sums opened, and sums that are bases taken as these."""
        self._done += 1
        self._depth += 1
        if self._done > MOST or self._depth > DEEPEST:
            raise TooLong
        found = self._reduced_once(term)
        self._depth -= 1
        return found

    def _reduced_once(self, term: Term) -> Terms:
        term = _merged(term.number, ((f, p) for f, p in term.powers if p != 0), term.summed)
        for factor, _ in term.powers:
            if factor.kind == DELTA and (resolved := _resolve(term, factor)) is not None:
                return self.reduced(resolved)
        for factor, power in term.powers:
            if factor.kind == BASE and power.is_number and power >= 1:
                rest = tuple((f, p if f != factor else p - 1) for f, p in term.powers)
                return self.times([Term(term.number, rest, term.summed)], self.opened(factor))
        for factor, power in term.powers:
            if factor.kind == BASE and power.is_number and power < 0 and (found := self._as_base(term, factor)) is not None:
                return found
        return [term] if term.number != 0 else []

    def _as_base(self, term: Term, base: Factor) -> Terms | None:
        """A term in which the first term of a base stands beside a negative power of it, written with the base."""
        first, *others = sorted(self.opened(base), key=lambda t: -sum(p for _, p in t.powers if p.is_number))
        for left in _without(term.powers, list(first.powers), term.summed, dict.fromkeys(first.summed)):
            kept = Term(term.number / first.number, left, term.summed & {k for f, _ in left for k in f.at})
            whole = self._times_term(kept, Term(S.One, ((base, S.One),), frozenset()))
            return whole + [t for o in others for t in self._times_term(kept, o._replace(number=-o.number))]
        return None

    def collected(self, terms: Terms) -> Terms:
        """Equal terms added up."""
        found: dict[tuple, Term] = {}
        for term in terms:
            key = self.numbered(term)
            found[key] = term._replace(number=term.number + found[key].number) if key in found else term
        return [t for t in found.values() if t.number.expand() != 0]

    def sum_over(self, terms: Terms, indices: Iterable[tuple[int, Expr]]) -> Terms:
        for k, size in indices:
            if k == UNIT:
                continue
            held = [(t, any(k in f.at for f, _ in t.powers)) for t in terms]
            terms = [s for t, has in held for s in (
                self.reduced(t._replace(summed=t.summed | {k})) if has else [t._replace(number=t.number * size)]
            )]  # fmt: skip
        return terms

    def index(self, size: Expr) -> int:
        return UNIT if size == 1 else next(self._fresh)

    def delta(self, i: int, j: int) -> Terms:
        return [number_term(S.One)] if i == j else [self.one_factor(Factor(DELTA, None, (min(i, j), max(i, j))))]

    def one_factor(self, factor: Factor) -> Term:
        return Term(S.One, ((factor, S.One),), frozenset())

    def renamed(self, term: Term, power: Expr = S.One) -> Term:
        """The term with indices of its own, times a number."""
        names = {k: next(self._fresh) for k in sorted(term.summed)}
        return Term(term.number * power, _moved(term.powers, names), frozenset(names.values()))

    def function_of(self, kind: str, function: str, argument: Terms) -> Term:
        argument = self.collected(argument)
        free = tuple(sorted({k for t in argument for f, _ in t.powers for k in f.at} - {k for t in argument for k in t.summed}))
        name, order, orders = self.close(argument, free)
        return self.one_factor(Factor(kind, (function, name, orders), tuple(free[k] for k in order)))

    def close(self, terms: Terms, free: tuple[int, ...]) -> tuple[tuple, tuple[int, ...], tuple]:
        """A sum in one form, the order of its free indices in it, and the orders that leave it as it is."""
        forms = {}
        inner = [k for k in free if k != UNIT]
        for order in permutations(range(len(free))) if len(inner) <= FREE else ():
            names = {free[k]: -1 - place for place, k in enumerate(order)}
            keyed = {self.numbered(t._replace(powers=_moved(t.powers, names))): t.number for t in self.collected(terms)}
            forms[order] = tuple(sorted(((k, n) for k, n in keyed.items()), key=repr))
        if not forms:
            raise TooLong
        least = min(forms.values(), key=repr)
        orders = [order for order, form in forms.items() if form == least]
        first = orders[0]
        return least, first, tuple(tuple(first.index(k) for k in order) for order in orders)

    def opened(self, factor: Factor) -> Terms:
        """The sum that a factor is a function of."""
        names = {-1 - place: k for place, k in enumerate(factor.at)}
        terms = []
        for (powers, summed), number in factor.name[1]:
            own = names | {k: next(self._fresh) for k in range(summed)}
            terms.append(Term(number, _moved(powers, own), frozenset(own[k] for k in range(summed))))
        return terms

    def mean_exponents(self, terms: Terms) -> dict[Factor, Expr]:
        """What exponentials are raised to on average over terms, none of which is a sum: what shifts them all is seen by it."""
        found: dict[Factor, Expr] = {}
        if not any(term.summed for term in terms):
            for factor, power in (pair for term in terms for pair in term.powers if pair[0].kind == EXPONENTIAL):
                found[factor] = found.get(factor, S.Zero) + power / len(terms)
        return found

    def numbered(self, term: Term) -> tuple:
        """The factors of a term with its summed indices numbered from 0 on in one way, and how many these are."""
        classes = self._alike(term)
        if prod(factorial(len(c)) for c in classes) > ORDERS:
            raise TooLong
        forms = []
        for orders in product(*(permutations(c) for c in classes)):
            names = {k: place for place, k in enumerate(k for order in orders for k in order)}
            moved = ((self._least(f), p) for f, p in _moved(term.powers, names))
            forms.append(tuple(sorted(moved, key=repr)))
        return min(forms, key=repr), len(term.summed)

    def _least(self, factor: Factor) -> Factor:
        """A factor with the least of the orders of its indices that leave it the same."""
        return factor._replace(at=min(self._turns(factor, factor.at)))

    def _turns(self, factor: Factor, at: tuple) -> list[tuple]:
        """Indices in all orders that leave a factor the same."""
        if factor.kind == DELTA or (factor.kind == ENTRY_OF and factor.name in self.context.symmetric):
            return [at, at[::-1]]
        if isinstance(factor.name, tuple) and len(factor.name) == 3:
            return [tuple(at[k] for k in order) for order in factor.name[2]]
        return [at]

    def _alike(self, term: Term) -> list[list[int]]:
        """The summed indices in classes of those that stand at the same places of the same factors, in one order."""
        colour = dict.fromkeys(term.summed, "")
        for _ in range(min(len(colour), 4)):
            seen = {k: self._surroundings(term, k, colour) for k in colour}
            ranks = {text: rank for rank, text in enumerate(sorted(set(seen.values())))}
            colour = {k: str(ranks[text]) for k, text in seen.items()}
        groups: dict[str, list[int]] = {}
        for k in sorted(colour):
            groups.setdefault(colour[k], []).append(k)
        return [groups[c] for c in sorted(groups, key=int)] if colour else []

    def _surroundings(self, term: Term, index: int, colour: Mapping[int, str]) -> str:
        """The factors that hold an index, with the colours of their indices."""
        found = []
        for f, p in term.powers:
            if index in f.at:
                marked = tuple("*" if m == index else f"c{colour[m]}" if m in colour else f"i{m}" for m in f.at)
                found.append(repr((f.kind, f.name, p, min(self._turns(f, marked)))))
        return repr(sorted(found))


def number_term(value: Expr) -> Term:
    return Term(S(value), (), frozenset())


def _moved(powers: Iterable, names: Mapping[int, int]) -> tuple:
    return tuple((f._replace(at=tuple(names.get(k, k) for k in f.at)), p) for f, p in powers)


def _merged(number: Expr, powers: Iterable, summed: frozenset) -> Term:
    found: dict[Factor, Expr] = {}
    for factor, power in powers:
        found[factor] = found.get(factor, S.Zero) + power
    return Term(number, tuple((f, p) for f, p in found.items() if p != 0), summed)


def _resolve(term: Term, delta: Factor) -> Term | None:
    """A term without a delta, where one of its indices is summed over or both are one."""
    i, j = delta.at
    rest = tuple((f, p) for f, p in term.powers if f != delta)
    if i == j:
        return term._replace(powers=rest)
    gone = next((k for k in (i, j) if k in term.summed), None)
    if gone is None:
        return None
    return Term(term.number, _moved(rest, {gone: j if gone == i else i}), term.summed - {gone})


def _without(powers: tuple, wanted: list, summed: frozenset, names: dict) -> Iterable[tuple]:
    """What is left of the factors of a term where those of another are taken out whose summed indices stand nowhere else."""
    if not wanted:
        used = {k for k in names.values() if k is not None}
        if len(used) == len(names) and not any(used & {*f.at} for f, _ in powers):
            yield powers
        return
    (factor, power), *others = wanted
    for place, (candidate, held) in enumerate(powers):
        if candidate.kind != factor.kind or candidate.name != factor.name or not (held - power).is_nonnegative:
            continue
        if (own := _matched(factor.at, candidate.at, summed, names)) is not None:
            left = ((candidate, held - power),) if held != power else ()
            yield from _without(powers[:place] + left + powers[place + 1 :], others, summed, own)


def _matched(wanted: tuple, at: tuple, summed: frozenset, names: dict) -> dict | None:
    own = dict(names)
    for k, here in zip(wanted, at, strict=True):
        if k not in own:
            if k != here:
                return None
        elif own[k] is None:
            if here not in summed or here in own.values():
                return None
            own[k] = here
        elif own[k] != here:
            return None
    return own
