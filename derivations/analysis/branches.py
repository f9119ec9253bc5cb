r"""The real zeros of a polynomial system as an exhausted tree of cases.

A branch holds equations, polynomials known not to vanish, and what is solved already.  It is

* closed, where an equation cannot hold;
* split over the irreducible factors of an equation, :math:`f_1=0`, or :math:`f_1\ne0` and :math:`f_2=0`, …;
* narrowed, where an equation is linear in a state variable with a coefficient :math:`c` that does not vanish (or split over
  :math:`c\ne0` and :math:`c=0`), or where two equations in one variable have a common remainder;
* rewritten as a lexicographic Gröbner basis over :math:`\mathbb Z[p]`, split where a leading coefficient in the parameters
  vanishes (elsewhere the basis is one for the given parameters too);
* a leaf, once each equation left has a variable of its own: a triangular set.

Every rule keeps the zeros, so that the leaves of a tree without unsolved branches hold all of them.  An equation in the
parameters alone is a degenerate case: solved by substitution where it is linear, and else named as exceptional.

Source: triangular decomposition by case splitting (D. Wang, *Elimination Methods*, 2001); specialisation of Gröbner bases
(M. Kalkbrener, 1997).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from flint import fmpz_mpoly_vec
from sympy import Symbol

from derivations.analysis.polynomials import Polynomial, Ring, members
from derivations.analysis.signs import Signs

CASES = 4000  # branches looked at before the rest is given up as unsolved
DEGENERATE = 2  # equations between parameters that are followed; further ones are named
BASIS_LIMITS = (80, 1500, 3000)  # of FLINT's Gröbner basis: elements, terms, bits


@dataclass(frozen=True)
class Substitution:
    """``symbol = top / bottom``."""

    symbol: Symbol
    top: Polynomial
    bottom: Polynomial


@dataclass(frozen=True)
class Branch:
    """One case: equations that hold, polynomials that do not vanish, state variables and parameters already expressed."""

    equations: tuple[Polynomial, ...]
    nonzero: tuple[Polynomial, ...] = ()
    solved: tuple[Substitution, ...] = ()
    special: tuple[Substitution, ...] = ()
    is_basis: bool = False


@dataclass(frozen=True)
class Leaf:
    """A triangular set: ``roots`` pairs of a variable and a polynomial in it, earlier ones and free ones; ``solved`` the rest."""

    roots: tuple[tuple[Symbol, Polynomial], ...]
    solved: tuple[Substitution, ...]
    special: tuple[Substitution, ...]
    nonzero: tuple[Polynomial, ...]


@dataclass(frozen=True)
class Tree:
    """What a search found: leaves, degenerate cases that it named, branches that it could not solve, branches it looked at."""

    leaves: tuple[Leaf, ...]
    exceptional: tuple[tuple[Polynomial, ...], ...]
    unsolved: tuple[Branch, ...]
    cases: int


@dataclass(frozen=True)
class Splitter:
    """The rules, for one ring, its state variables and what is known of signs."""

    ring: Ring
    state: tuple[Symbol, ...]
    signs: Signs

    def search(self, equations: Iterable[Polynomial], report: Callable[[Tree], None] | None = None) -> Tree:
        """Split until every branch is closed, a leaf, exceptional or unsolved."""
        stack, leaves, exceptional, unsolved, cases = [Branch(tuple(equations))], [], [], [], 0
        while stack:
            branch = stack.pop()
            cases += 1
            if cases > CASES:
                unsolved.append(branch)
                continue
            outcome = self._step(branch)
            if isinstance(outcome, Leaf):
                leaves.append(outcome)
                if report:
                    report(Tree(tuple(leaves), tuple(exceptional), (*unsolved, *stack), cases))
            elif outcome is None:
                unsolved.append(branch)
            elif isinstance(outcome, list):
                stack += reversed(outcome)
            else:
                exceptional.append(outcome)
        return Tree(tuple(leaves), tuple(exceptional), tuple(unsolved), cases)

    # What is known ---------------------------------------------------------------------------------------------------

    def _never_zero(self, p: Polynomial, branch: Branch) -> bool:
        return 0 not in self.signs.of(p) or all(f in branch.nonzero or 0 not in self.signs.of(f) for f in self.ring.factors(p))

    def _state_in(self, p: Polynomial) -> frozenset[Symbol]:
        return self.ring.present(p) & frozenset(self.state)

    # Rules, in the order in which they are tried ---------------------------------------------------------------------

    def _step(self, branch: Branch):
        rules = (self._factor, self._degenerate, self._linear, self._euclid, self._leaf, self._basis, self._rational)
        if not branch.equations:
            return self._leaf(branch)
        for rule in rules:
            outcome = rule(branch)
            if outcome is not None:
                return outcome
        return None

    def _factor(self, branch: Branch):
        """Squarefree equations; None where nothing changes."""
        equations: list[Polynomial] = []
        for p in branch.equations:
            if p.is_zero():
                continue
            possible = [f for f in self.ring.factors(p) if not self._never_zero(f, branch)]
            if not possible:
                return []
            if len(possible) > 1:
                others = tuple(q for q in branch.equations if q is not p)
                return [
                    replace(branch, equations=(f, *others), nonzero=members((*branch.nonzero, *possible[:i])))
                    for i, f in enumerate(possible)
                ]
            equations.append(possible[0])
        kept = members(equations)
        return None if kept == branch.equations else [replace(branch, equations=kept)]

    def _degenerate(self, branch: Branch):
        for p in branch.equations:
            if self._state_in(p):
                continue
            for symbol in reversed(self.ring.symbols):
                if self.ring.degree(p, symbol) == 1 and len(branch.special) < DEGENERATE:
                    bottom = self.ring.leading(p, symbol)
                    if self._never_zero(bottom, branch):
                        found = Substitution(symbol, -self.ring.coefficients(p, symbol)[0], bottom)
                        if not self.signs.of(self.ring.gen(symbol)) & self.signs.of(found.top * found.bottom):
                            return []
                        return self._substituted(replace(branch, special=(*branch.special, found)), found)
            given = tuple(s.top - s.bottom * self.ring.gen(s.symbol) for s in branch.special)
            return (*given, *(q for q in branch.equations if not self._state_in(q)))
        return None

    def _linear(self, branch: Branch):
        """Eliminate a variable that an equation holds linearly, with a coefficient free of state."""
        return self._eliminate(branch, [c for c in self._linear_in(branch) if not self._state_in(c[2])])

    def _rational(self, branch: Branch):
        """The same with a coefficient that holds state."""
        return self._eliminate(branch, self._linear_in(branch))

    def _linear_in(self, branch: Branch) -> list[tuple[Polynomial, Symbol, Polynomial]]:
        return [
            (p, x, self.ring.leading(p, x))
            for p in branch.equations
            for x in self.state
            if self.ring.degree(p, x) == 1
        ]

    def _eliminate(self, branch: Branch, candidates: list[tuple[Polynomial, Symbol, Polynomial]]):
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

    def _cases(self, branch: Branch, c: Polynomial) -> list[Branch]:
        """c does not vanish, or it does."""
        return [
            replace(branch, nonzero=members((*branch.nonzero, *self.ring.factors(c)))),
            replace(branch, equations=(c, *branch.equations), is_basis=False),
        ]

    def _substituted(self, branch: Branch, found: Substitution) -> list[Branch]:
        def put(p: Polynomial) -> Polynomial:
            return self.ring.substitute(p, found.symbol, found.top, found.bottom)

        nonzero: list[Polynomial] = []
        for p in branch.nonzero:
            image = put(p)
            if image.is_zero():
                return []
            nonzero += self.ring.factors(image)
        equations = tuple(q for q in map(put, branch.equations) if not q.is_zero())
        return [replace(branch, equations=equations, nonzero=members(nonzero), is_basis=False)]

    def _euclid(self, branch: Branch):
        """Two equations in one and the same state variable: the remainder of one by the other."""
        for i, p in enumerate(branch.equations):
            for j, q in enumerate(branch.equations):
                shared = self._state_in(q)
                if i == j or len(shared) != 1 or self._state_in(p) != shared:
                    continue
                (x,) = shared
                if self.ring.degree(p, x) < self.ring.degree(q, x):
                    continue
                lead = self.ring.leading(q, x)
                if not self._never_zero(lead, branch):
                    return self._cases(branch, lead)
                rest, _ = self.ring.remainder(p, q, x)
                return [replace(branch, equations=(q, *(r for r in branch.equations if r is not p and r is not q), rest))]
        return None

    def _leaf(self, branch: Branch):
        """A triangular set, or None."""
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
        return Leaf(tuple(roots), branch.solved, branch.special, branch.nonzero)

    def _free_but(self, p: Polynomial, x: Symbol, known: set[Symbol], left: list[Polynomial]) -> bool:
        """Whether ``p`` may define ``x``: its other new variables are free, in that no other equation has them."""
        new = self._state_in(p) - known - {x}
        return new.isdisjoint(frozenset().union(*(self._state_in(q) for q in left if q is not p)))

    def _basis(self, branch: Branch):
        if branch.is_basis:
            return None
        basis, success = fmpz_mpoly_vec(list(branch.equations), self.ring.context).buchberger_naive(limits=BASIS_LIMITS)
        if not success:
            return None
        found = tuple(basis.autoreduction())
        leads = members(f for p in found for f in self.ring.factors(self._lead_in_parameters(p)))
        for c in leads:
            if self._state_in(c) == frozenset() and not self._never_zero(c, branch):
                return self._cases(branch, c)
        return [replace(branch, equations=found, is_basis=True)]

    def _lead_in_parameters(self, p: Polynomial) -> Polynomial:
        """The coefficient, in the parameters, of the largest monomial in the state."""
        count, terms = len(self.state), p.to_dict()
        top = max(powers[:count] for powers in terms)
        zeros = (0,) * count
        return self.ring.context.from_dict({(*zeros, *k[count:]): c for k, c in terms.items() if k[:count] == top})
