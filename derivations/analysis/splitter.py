r"""The real zeros of a polynomial system as an exhausted tree of cases.

A branch holds equations, polynomials known not to vanish, and what is solved already.  It is

* closed, where an equation cannot hold;
* split over the irreducible factors of an equation, :math:`f_1=0`, or :math:`f_1\ne0` and :math:`f_2=0`, …;
* narrowed, where an equation is linear in a state variable with a coefficient :math:`c` that does not vanish (or split over
  :math:`c\ne0` and :math:`c=0`), or where two equations in one variable have a common remainder;
* narrowed, where an equation is quadratic in a symbol and its discriminant is never positive: it and the derivative vanish;
* solved, where its equations hold no parameter and have finitely many zeros, by :mod:`derivations.analysis.quotient`;
* a leaf, once each equation left has a variable of its own: a triangular set;
* rewritten as a lexicographic Gröbner basis over :math:`\mathbb Z[p]`, split where a leading coefficient in the parameters
  vanishes (elsewhere the basis is one for the given parameters too); or, where that is too large, one equation by its
  pseudo-remainder by another.

Rules that may take long wait until no branch is left for the others.

Every rule keeps the zeros, so that the leaves of a tree without unsolved branches hold all of them.  An equation in the
parameters alone is a degenerate case: solved by substitution where it is linear, and else named as exceptional.

Source: triangular decomposition by case splitting (D. Wang, *Elimination Methods*, 2001); specialisation of Gröbner bases
(M. Kalkbrener, 1997).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeAlias

from flint import fmpz_mpoly_vec
from sympy import Symbol

from derivations.analysis.branches import CLOSED, Branch, Leaf, Outcome, Substitution, Tree
from derivations.analysis.elimination import linear_subresultant
from derivations.analysis.parameters import allowed, realisable
from derivations.analysis.polynomials import Polynomial, Ring, members
from derivations.analysis.quotient import quotient
from derivations.analysis.signs import NEGATIVE, NONPOSITIVE, Signs

CASES = 4000  # branches looked at before the rest is given up as unsolved
DEGENERATE = 2  # equations between parameters that are followed; further ones are named
TERMS = 60  # beyond which a discriminant is not looked at
BASIS_LIMITS = (30, 400, 1500)  # of FLINT's Gröbner basis: elements, terms, bits

Rule: TypeAlias = Callable[[Branch], Outcome | None]


@dataclass(frozen=True)
class Splitter:
    """The rules, for one ring, its state variables and what is known of signs."""

    ring: Ring
    state: tuple[Symbol, ...]
    signs: Signs

    def search(self, equations: Iterable[Polynomial], report: Callable[[Tree], None] | None = None) -> Tree:
        """Split until every branch is closed, a leaf, exceptional or unsolved."""
        first, later = [Branch(tuple(equations))], deque[Branch]()
        leaves, exceptional, unsolved, cases, told = list[Leaf](), list[tuple[Polynomial, ...]](), list[Branch](), 0, 0
        while (first or later) and cases < CASES:
            if not first and report and len(leaves) > told:
                told = len(leaves)
                report(Tree(tuple(leaves), tuple(exceptional), (*unsolved, *later), cases))
            branch, rules = (first.pop(), self.quick) if first else (later.popleft(), self.slow)
            outcome = next((found for rule in rules if (found := rule(branch)) is not None), None)
            if outcome is None and rules == self.quick:
                later.append(branch)
                continue
            cases += 1
            if outcome is None:
                unsolved.append(branch)
                continue
            first += reversed(outcome.branches)
            leaves += outcome.leaves
            exceptional += outcome.exceptional
        return Tree(tuple(leaves), tuple(exceptional), (*unsolved, *first, *later), cases)

    @property
    def quick(self) -> tuple[Rule, ...]:
        return self._factor, self._degenerate, self._linear, self._shared, self._definite, self._leaf

    @property
    def slow(self) -> tuple[Rule, ...]:
        return self._numbers, self._triangular, self._basis, self._rational, self._eliminant, self._pseudo

    # What is known ---------------------------------------------------------------------------------------------------

    def _never_zero(self, p: Polynomial, branch: Branch) -> bool:
        return 0 not in self.signs.of(p) or all(f in branch.nonzero or 0 not in self.signs.of(f) for f in self.ring.factors(p))

    def _state_in(self, p: Polynomial) -> frozenset[Symbol]:
        return self.ring.present(p) & frozenset(self.state)

    # Quick rules, in the order in which they are tried -----------------------------------------------------------------

    def _factor(self, branch: Branch) -> Outcome | None:
        """Squarefree equations; None where nothing changes."""
        equations: list[Polynomial] = []
        for p in branch.equations:
            if p.is_zero():
                continue
            possible = [f for f in self.ring.factors(p) if not self._never_zero(f, branch)]
            if not possible:
                return CLOSED
            if len(possible) > 1:
                others = tuple(q for q in branch.equations if q is not p)
                return Outcome(
                    tuple(
                        replace(branch, equations=(f, *others), nonzero=members((*branch.nonzero, *possible[:i])))
                        for i, f in enumerate(possible)
                    )
                )
            equations.append(possible[0])
        kept = members(equations)
        return None if kept == branch.equations else Outcome((replace(branch, equations=kept),))

    def _degenerate(self, branch: Branch) -> Outcome | None:
        """An equation between parameters alone: one of them expressed, or all such equations named."""
        degenerate = [p for p in branch.equations if not self._state_in(p)]
        if not degenerate:
            return None
        if not all(realisable(self.signs, p) for p in degenerate):
            return CLOSED
        linear = [(p, s, self.ring.leading(p, s)) for p in degenerate for s in self.ring.symbols if self.ring.degree(p, s) == 1]
        if not linear or len(branch.special) >= DEGENERATE:
            named = (*map(self._relation, branch.special), *degenerate)
            return self._square(branch, degenerate) or Outcome(exceptional=(named,))

        def cost(candidate):
            _, s, c = candidate
            return not self._never_zero(c, branch), len(c.to_dict()), -self.ring.place[s]

        p, symbol, c = min(linear, key=cost)
        if not self._never_zero(c, branch):
            return self._cases(branch, c)
        found = Substitution(symbol, -self.ring.coefficients(p, symbol)[0], c)
        if not allowed(self.signs, found):
            return CLOSED
        return self._substituted(replace(branch, special=(*branch.special, found)), found)

    def _relation(self, s: Substitution) -> Polynomial:
        return s.top - s.bottom * self.ring.gen(s.symbol)

    def _linear(self, branch: Branch) -> Outcome | None:
        """Eliminate a variable that an equation holds linearly, with a coefficient free of state."""
        return self._eliminate(branch, [c for c in self._linear_in(branch) if not self._state_in(c[2])])

    def _linear_in(self, branch: Branch) -> list[tuple[Polynomial, Symbol, Polynomial]]:
        return [(p, x, self.ring.leading(p, x)) for p in branch.equations for x in self.state if self.ring.degree(p, x) == 1]

    def _eliminate(self, branch: Branch, candidates: list[tuple[Polynomial, Symbol, Polynomial]]) -> Outcome | None:
        if not candidates:
            return None

        def cost(candidate):
            p, x, c = candidate
            degree = max(self.ring.degree(q, x) for q in branch.equations)
            return not c.is_constant(), not self._never_zero(c, branch), degree, len(c.to_dict()), len(p.to_dict())

        p, x, c = min(candidates, key=cost)
        if not self._never_zero(c, branch):
            return self._cases(branch, c)
        found = Substitution(x, -self.ring.coefficients(p, x)[0], c)
        others = tuple(q for q in branch.equations if q is not p)
        return self._substituted(replace(branch, equations=others, solved=(*branch.solved, found)), found)

    def _cases(self, branch: Branch, c: Polynomial) -> Outcome:
        """c does not vanish, or it does."""
        return Outcome(
            (
                replace(branch, nonzero=members((*branch.nonzero, *self.ring.factors(c)))),
                replace(branch, equations=(c, *branch.equations), is_basis=False),
            )
        )

    def _substituted(self, branch: Branch, found: Substitution) -> Outcome:
        def put(p: Polynomial) -> Polynomial:
            return self.ring.substitute(p, found.symbol, found.top, found.bottom)

        nonzero: list[Polynomial] = []
        for p in branch.nonzero:
            image = put(p)
            if image.is_zero():
                return CLOSED
            nonzero += self.ring.factors(image)
        equations = tuple(q for q in map(put, branch.equations) if not q.is_zero())
        return Outcome((replace(branch, equations=equations, nonzero=members(nonzero), is_basis=False),))

    def _shared(self, branch: Branch) -> Outcome | None:
        """Two equations in one and the same state variable: their resultant, which does not vanish identically."""
        alone = [(p, x) for p in branch.equations for x in self._state_in(p) if len(self._state_in(p)) == 1]
        for x in self.state:
            shared = sorted((p for p, y in alone if y == x), key=lambda p: self.ring.degree(p, x))
            if len(shared) > 1:
                return Outcome((replace(branch, equations=(self.ring.resultant(*shared[:2], x), *branch.equations)),))
        return None

    def _reduced(self, branch: Branch, p: Polynomial, q: Polynomial, x: Symbol) -> Outcome:
        """The pseudo-remainder of one equation by another in its place, where the leading coefficient does not vanish."""
        lead = self.ring.leading(q, x)
        if not self._never_zero(lead, branch):
            return self._cases(branch, lead)
        rest, _ = self.ring.remainder(p, q, x)
        return Outcome((replace(branch, equations=(q, *(r for r in branch.equations if r is not p and r is not q), rest)),))

    def _definite(self, branch: Branch) -> Outcome | None:
        """A quadratic equation whose discriminant is never positive."""
        return self._square(branch, [p for p in branch.equations if len(p.to_dict()) <= TERMS])

    def _square(self, branch: Branch, equations: Iterable[Polynomial]) -> Outcome | None:
        for p in equations:
            for x in self.ring.symbols:
                if self.ring.degree(p, x) != 2:
                    continue
                disc = self.ring.discriminant(p, x)
                if self.signs.of(disc) <= NONPOSITIVE and self._never_zero(self.ring.leading(p, x), branch):
                    others = tuple(q for q in branch.equations if q is not p)
                    narrower = (disc, self.ring.derivative(p, x), *others)
                    return CLOSED if self.signs.of(disc) == NEGATIVE else Outcome((replace(branch, equations=narrower),))
        return None

    def _leaf(self, branch: Branch) -> Outcome | None:
        """A triangular set, where no equation is left to the slow rules for numbers."""
        return None if self._all_numbers(branch) else self._triangular(branch)

    # Slow rules ------------------------------------------------------------------------------------------------------

    def _all_numbers(self, branch: Branch) -> bool:
        return bool(branch.equations) and all(self.ring.present(p) <= frozenset(self.state) for p in branch.equations)

    def _numbers(self, branch: Branch) -> Outcome | None:
        """Equations without parameters that have finitely many zeros."""
        algebra = quotient(self.ring, branch.equations) if self._all_numbers(branch) else None
        if algebra is None:
            return None
        return Outcome(
            leaves=tuple(
                Leaf(field.tower(self.ring), branch.solved, branch.special, branch.nonzero, field) for field in algebra.fields()
            )
        )

    def _triangular(self, branch: Branch) -> Outcome | None:
        left, roots, known = list(branch.equations), [], set[Symbol]()
        while left:
            ready = [(p, x) for p in left for x in self._state_in(p) - known if self._free_but(p, x, known, left)]
            if not ready:
                return None
            p, x = min(ready, key=lambda c: (len(self._state_in(c[0]) - known), self.ring.degree(*c), str(c[1])))
            lead = self.ring.leading(p, x)
            if not self._never_zero(lead, branch):
                return self._cases(branch, lead)
            roots.append((x, p))
            known |= self._state_in(p)
            left.remove(p)
        return Outcome(leaves=(Leaf(tuple(roots), branch.solved, branch.special, branch.nonzero),))

    def _free_but(self, p: Polynomial, x: Symbol, known: set[Symbol], left: list[Polynomial]) -> bool:
        """Whether ``p`` may define ``x``: its other new variables are free, in that no other equation has them."""
        new = self._state_in(p) - known - {x}
        return new.isdisjoint(frozenset().union(*(self._state_in(q) for q in left if q is not p)))

    def _basis(self, branch: Branch) -> Outcome | None:
        if branch.is_basis:
            return None
        basis, success = fmpz_mpoly_vec(list(branch.equations), self.ring.context).buchberger_naive(limits=BASIS_LIMITS)
        if not success:
            return None
        found = tuple(basis.autoreduction())  # type: ignore[attr-defined]
        leads = members(f for p in found for f in self.ring.factors(self._lead_in_parameters(p)))
        for c in leads:
            if self._state_in(c) == frozenset() and not self._never_zero(c, branch):
                return self._cases(branch, c)
        return Outcome((replace(branch, equations=found, is_basis=True),))

    def _lead_in_parameters(self, p: Polynomial) -> Polynomial:
        """The coefficient, in the parameters, of the largest monomial in the state."""
        count, terms = len(self.state), p.to_dict()
        top = max(powers[:count] for powers in terms)
        zeros = (0,) * count
        return self.ring.context.from_dict({(*zeros, *k[count:]): c for k, c in terms.items() if k[:count] == top})

    def _rational(self, branch: Branch) -> Outcome | None:
        """Eliminate a variable that an equation holds linearly, with a coefficient that holds state."""
        return self._eliminate(branch, self._linear_in(branch))

    def _eliminant(self, branch: Branch) -> Outcome | None:
        """Two equations by their resultant and the subresultant linear in the eliminated variable, where the leading
        coefficients of the one and of the other do not vanish."""
        pairs = [
            (self.ring.degree(p, x) * self.ring.degree(q, x), len(p.to_dict()) + len(q.to_dict()), x, p, q)
            for x in self.state
            for p, q in combinations(branch.equations, 2)
            if self.ring.degree(p, x) > 0 and self.ring.degree(q, x) > 0
        ]
        if not pairs:
            return None
        *_, x, p, q = min(pairs, key=lambda pair: pair[:2])
        p, q = sorted((p, q), key=lambda e: self.ring.degree(e, x))
        linear = linear_subresultant(self.ring, q, p, x)
        if linear is None:
            return None
        for c in (self.ring.leading(p, x), self.ring.leading(linear, x)):
            if not self._never_zero(c, branch):
                return self._cases(branch, c)
        others = tuple(r for r in branch.equations if r is not p and r is not q)
        return Outcome((replace(branch, equations=(self.ring.resultant(p, q, x), linear, *others), is_basis=True),))

    def _pseudo(self, branch: Branch) -> Outcome | None:
        """Lower the degree of an equation in a variable by that of another (Ritt and Wu)."""
        for x in self.state:
            shared = [p for p in branch.equations if self.ring.degree(p, x) > 0]
            if len(shared) > 1:
                q, p, *_ = sorted(shared, key=lambda e: (self.ring.degree(e, x), len(e.to_dict())))
                return self._reduced(replace(branch, is_basis=True), p, q, x)
        return None
