"""The quick rules by which a case of a polynomial system is closed, split, narrowed or solved.

A rule returns None where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.sites.branches import CLOSED, Exceptional, Leaf, RuleOutcome, SearchBranch, Substitution
from derivations.analysis.sites.parameters import is_allowed, is_realisable
from derivations.analysis.sites.sign import NEGATIVE, NONPOSITIVE
from derivations.analysis.sites.signs import Signs

DEGENERATE = 2  # equations between parameters that are followed; further ones are named
TERMS = 60  # beyond which a discriminant is not looked at

Rule: TypeAlias = Callable[[SearchBranch], RuleOutcome | None]


@dataclass(frozen=True)
class Rules:
    """The quick rules, for one ring, its state variables and what is known of signs."""

    ring: Ring
    state: tuple[Symbol, ...]
    signs: Signs

    # What is known ---------------------------------------------------------------------------------------------------

    def _never_zero(self, p: Polynomial, branch: SearchBranch) -> bool:
        return 0 not in self.signs.of(p) or all(f in branch.nonzero or 0 not in self.signs.of(f) for f in self.ring.factors(p))

    def _state_in(self, p: Polynomial) -> frozenset[Symbol]:
        return self.ring.present(p) & frozenset(self.state)

    # Quick rules, in the order in which they are tried -----------------------------------------------------------------

    def _factor_equations(self, branch: SearchBranch) -> RuleOutcome | None:
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
                return RuleOutcome(
                    tuple(
                        replace(
                            branch,
                            equations=(f, *others),
                            nonzero=distinct_members((*branch.nonzero, *possible[:i])),
                            is_tried=False,
                        )
                        for i, f in enumerate(possible)
                    )
                )
            equations.append(possible[0])
        kept = distinct_members(equations)
        return None if kept == branch.equations else RuleOutcome((replace(branch, equations=kept),))

    def _lower_degree(self, branch: SearchBranch) -> RuleOutcome | None:
        """An equation without its leading term in a variable, where another one divides the coefficient."""
        held = [self.ring.present(e) for e in branch.equations]
        for p, here in zip(branch.equations, held, strict=True):
            for x in (s for s in self.ring.symbols if s in here):
                others = [e for e, there in zip(branch.equations, held, strict=True) if e is not p and there <= here - {x}]
                lead = self.ring.leading(p, x) if others else p
                if any(self._divides_polynomial(e, lead) for e in others):
                    shorter = p - lead * self.ring.gen(x) ** self.ring.degree(p, x)
                    return RuleOutcome((replace(branch, equations=tuple(shorter if e is p else e for e in branch.equations)),))
        return None

    def _divides_polynomial(self, p: Polynomial, q: Polynomial) -> bool:
        return self.ring.present(p) <= self.ring.present(q) and divmod(q, p)[1].is_zero()

    def _express_parameter(self, branch: SearchBranch) -> RuleOutcome | None:
        """An equation between parameters alone: one of them expressed, or all such equations named."""
        degenerate = [p for p in branch.equations if not self._state_in(p)]
        if not degenerate:
            return None
        if not all(is_realisable(self.signs, p) for p in degenerate):
            return CLOSED
        linear = [(p, s, self.ring.leading(p, s)) for p in degenerate for s in self.ring.symbols if self.ring.degree(p, s) == 1]
        if not linear or len(branch.special) >= DEGENERATE:
            named = (*map(self._substitution_relation, branch.special), *degenerate)
            return self._definite_square(branch, degenerate) or RuleOutcome(exceptional=(Exceptional(named, branch),))

        def cost(candidate):
            _, s, c = candidate
            return not self._never_zero(c, branch), len(c.to_dict()), -self.ring.place[s]

        p, symbol, c = min(linear, key=cost)
        if not self._never_zero(c, branch):
            return self._split_cases(branch, c)
        found = Substitution(symbol, -self.ring.coefficients(p, symbol)[0], c)
        if not is_allowed(self.signs, found):
            return CLOSED
        return self._substitute_root(replace(branch, special=(*branch.special, found), is_tried=False), found)

    def _substitution_relation(self, s: Substitution) -> Polynomial:
        return s.top - s.bottom * self.ring.gen(s.symbol)

    def _eliminate_variable(self, branch: SearchBranch) -> RuleOutcome | None:
        """Eliminate a variable that an equation holds linearly, with a coefficient free of state."""
        return self._eliminate_best(branch, [c for c in self._linear_candidates(branch) if not self._state_in(c[2])])

    def _linear_candidates(self, branch: SearchBranch) -> list[tuple[Polynomial, Symbol, Polynomial]]:
        return [(p, x, self.ring.leading(p, x)) for p in branch.equations for x in self.state if self.ring.degree(p, x) == 1]

    def _eliminate_best(
        self, branch: SearchBranch, candidates: list[tuple[Polynomial, Symbol, Polynomial]]
    ) -> RuleOutcome | None:
        if not candidates:
            return None

        def cost(candidate):
            p, x, c = candidate
            degree = max(self.ring.degree(q, x) for q in branch.equations)
            return not c.is_constant(), not self._never_zero(c, branch), degree, len(c.to_dict()), len(p.to_dict())

        p, x, c = min(candidates, key=cost)
        if not self._never_zero(c, branch):
            return self._split_cases(branch, c)
        found = Substitution(x, -self.ring.coefficients(p, x)[0], c)
        others = tuple(q for q in branch.equations if q is not p)
        return self._substitute_root(replace(branch, equations=others, solved=(*branch.solved, found)), found)

    def _split_cases(self, branch: SearchBranch, c: Polynomial) -> RuleOutcome:
        """c does not vanish, or it does."""
        return RuleOutcome(
            (
                replace(branch, nonzero=distinct_members((*branch.nonzero, *self.ring.factors(c)))),
                replace(branch, equations=(c, *branch.equations), is_basis=False),
            )
        )

    def _substitute_root(self, branch: SearchBranch, found: Substitution) -> RuleOutcome:
        def substitute_in(p: Polynomial) -> Polynomial:
            return self.ring.substitute(p, found.symbol, found.top, found.bottom)

        nonzero: list[Polynomial] = []
        for p in branch.nonzero:
            image = substitute_in(p)
            if image.is_zero():
                return CLOSED
            nonzero += self.ring.factors(image)
        equations = tuple(q for q in map(substitute_in, branch.equations) if not q.is_zero())
        return RuleOutcome((replace(branch, equations=equations, nonzero=distinct_members(nonzero), is_basis=False),))

    def _shared_resultant(self, branch: SearchBranch) -> RuleOutcome | None:
        """Two equations in one and the same state variable: their resultant, which does not vanish identically."""
        alone = [(p, x) for p in branch.equations for x in self._state_in(p) if len(self._state_in(p)) == 1]
        for x in self.state:
            shared = sorted((p for p, y in alone if y == x), key=lambda p: self.ring.degree(p, x))
            if len(shared) > 1:
                resultant = self.ring.resultant(shared[0], shared[1], x)
                return RuleOutcome((replace(branch, equations=(resultant, *branch.equations)),))
        return None

    def _pseudo_reduce(self, branch: SearchBranch, p: Polynomial, q: Polynomial, x: Symbol) -> RuleOutcome:
        """The pseudo-remainder of one equation by another in its place, where the leading coefficient does not vanish."""
        lead = self.ring.leading(q, x)
        if not self._never_zero(lead, branch):
            return self._split_cases(branch, lead)
        rest, _ = self.ring.remainder(p, q, x)
        return RuleOutcome((replace(branch, equations=(q, *(r for r in branch.equations if r is not p and r is not q), rest)),))

    def _definite_quadratic(self, branch: SearchBranch) -> RuleOutcome | None:
        """A quadratic equation whose discriminant is never positive."""
        return self._definite_square(branch, [p for p in branch.equations if len(p.to_dict()) <= TERMS])

    def _definite_square(self, branch: SearchBranch, equations: Iterable[Polynomial]) -> RuleOutcome | None:
        for p in equations:
            for x in self.ring.symbols:
                if self.ring.degree(p, x) != 2:
                    continue
                disc = self.ring.discriminant(p, x)
                if self.signs.of(disc) <= NONPOSITIVE and self._never_zero(self.ring.leading(p, x), branch):
                    others = tuple(q for q in branch.equations if q is not p)
                    narrower = (disc, self.ring.derivative(p, x), *others)
                    return CLOSED if self.signs.of(disc) == NEGATIVE else RuleOutcome((replace(branch, equations=narrower),))
        return None

    def _make_leaf(self, branch: SearchBranch) -> RuleOutcome | None:
        """A triangular set, where no equation is left to the slow rules for numbers."""
        return None if self._all_numbers(branch) else self._triangular_leaf(branch)

    def _all_numbers(self, branch: SearchBranch) -> bool:
        return bool(branch.equations) and all(self.ring.present(p) <= frozenset(self.state) for p in branch.equations)

    def _triangular_leaf(self, branch: SearchBranch) -> RuleOutcome | None:
        left, roots, known = list(branch.equations), [], set[Symbol]()
        while left:
            ready = [(p, x) for p in left for x in self._state_in(p) - known if self._free_but(p, x, known, left)]
            if not ready:
                return None
            p, x = min(ready, key=lambda c: (len(self._state_in(c[0]) - known), self.ring.degree(*c), str(c[1])))
            lead = self.ring.leading(p, x)
            if not self._never_zero(lead, branch):
                return self._split_cases(branch, lead)
            roots.append((x, p))
            known |= self._state_in(p)
            left.remove(p)
        return RuleOutcome(leaves=(Leaf(tuple(roots), branch.solved, branch.special, branch.nonzero),))

    def _free_but(self, p: Polynomial, x: Symbol, known: set[Symbol], left: list[Polynomial]) -> bool:
        """Whether ``p`` may define ``x``: its other new variables are free, in that no other equation has them."""
        new = self._state_in(p) - known - {x}
        return new.isdisjoint(frozenset().union(*(self._state_in(q) for q in left if q is not p)))
