r"""The real zeros of a polynomial system as an exhausted tree of cases.

A branch holds equations, polynomials known not to vanish, and what is solved already.  It is

* closed, where an equation cannot hold;
* split over the irreducible factors of an equation, :math:`f_1=0`, or :math:`f_1\ne0` and :math:`f_2=0`, …;
* narrowed, where an equation is linear in a state variable with a coefficient :math:`c` that does not vanish (or split over
  :math:`c\ne0` and :math:`c=0`), where two equations in one variable have a resultant, where another equation divides a
  leading coefficient, or where the discriminant of a quadratic equation is never positive;
* a leaf, once each equation left has a variable of its own: a triangular set;
* solved by :mod:`derivations.analysis.algebra.finite_zeros` where programs are installed, else by
  :mod:`derivations.analysis.algebra.quotient`, where its equations hold no parameter and have finitely many zeros (split over
  the factors of a resultant, if infinitely many);
* rewritten as a lexicographic Gröbner basis over :math:`\mathbb Z[p]`, split where a leading coefficient in the parameters
  vanishes (elsewhere the basis is one for the given parameters too); where that is too large, two equations by their resultant
  and linear subresultant, or one by its pseudo-remainder by the other; before these two, where Singular is installed, split
  into irreducible components, in state and parameters together.

Rules that may take long wait until no branch is left for the others.

Every rule keeps the zeros, so that the leaves of a tree without unsolved branches hold all of them.  An equation in the
parameters alone is a degenerate case: solved by substitution where it is linear, and else named as exceptional.

Source: triangular decomposition by case splitting (D. Wang, *Elimination Methods*, 2001); specialisation of Gröbner bases
(M. Kalkbrener, 1997).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import prod

from flint import fmpz_mpoly_vec
from sympy import Symbol

from derivations.analysis.algebra.elimination import linear_subresultant
from derivations.analysis.algebra.finite_zeros import finite_zeros
from derivations.analysis.algebra.number_field import NumberField
from derivations.analysis.algebra.polynomials import Polynomial, distinct_members
from derivations.analysis.algebra.quotient import quotient_algebra
from derivations.analysis.algebra.singular import minimal_primes
from derivations.analysis.points.generic import Generic
from derivations.analysis.points.rules import Rule
from derivations.analysis.points.trivial import starting_branch
from derivations.analysis.sites.branches import Exceptional, Leaf, RuleOutcome, SearchBranch, Tree

CASES = 4000  # branches looked at before the rest is given up as unsolved
FEW = 8  # complex zeros, by Bézout's bound, up to which no program is started
BASIS_LIMITS = (30, 400, 1500)  # of FLINT's Gröbner basis: elements, terms, bits


@dataclass(frozen=True)
class Splitter(Generic):
    """The search, and the rules that may take long."""

    def search(
        self,
        equations: Sequence[Polynomial],
        report: Callable[[Tree], None] | None = None,
        known: Sequence[Leaf] = (),
        nonzero: Sequence[Polynomial] = (),
    ) -> Tree:
        """:meth:`exhaust` all zeros of equations."""
        return self.exhaust(starting_branch(self, equations, nonzero), report, known)

    def exhaust(
        self,
        start: SearchBranch,
        report: Callable[[Tree], None] | None = None,
        known: Sequence[Leaf] = (),
        limit: int | None = None,
        accept: Callable[[RuleOutcome], bool] | None = None,
    ) -> Tree:
        """Split until every branch is closed, a leaf, exceptional or unsolved; polynomials in ``nonzero`` do not vanish.

        Leaves that are ``known`` stand beside those found as long as cases are open.  The search ends at the first outcome that
        is not one to ``accept``.
        """
        first, later = [start], deque[SearchBranch]()
        leaves, exceptional, unsolved, cases, told = list[Leaf](), list[Exceptional](), list[SearchBranch](), 0, 0
        while (first or later) and cases < (limit or CASES):
            if not first and report and len(leaves) > told:
                told = len(leaves)
                report(Tree((*leaves, *known), tuple(exceptional), (*unsolved, *later), cases))
            branch, rules = (first.pop(), self.quick) if first else (later.popleft(), self.slow)
            outcome = next((found for rule in rules if (found := rule(branch)) is not None), None)
            if outcome is None and rules == self.quick:
                later.append(branch)
                continue
            cases += 1
            if outcome is None:
                unsolved.append(branch)
                continue
            if accept is not None and not accept(outcome):
                unsolved.append(branch)
                break
            first += reversed(outcome.branches)
            leaves += outcome.leaves
            exceptional += outcome.exceptional
        unsolved += [*first, *later]
        return Tree((*leaves, *(known if unsolved else ())), tuple(exceptional), tuple(unsolved), cases)

    @property
    def quick(self) -> tuple[Rule, ...]:
        return self._ask_for_zeros, *super().quick

    def _ask_for_zeros(self, branch: SearchBranch) -> RuleOutcome | None:
        """All zeros of equations without parameters, by programs, where these are installed and have work to do."""
        few = prod(int(p.total_degree()) for p in branch.equations) <= FEW  # by Bézout's bound
        if branch.is_tried or few or not self._all_numbers(branch):
            return None
        fields = finite_zeros(self.programs, self.ring, branch.equations)
        return RuleOutcome((replace(branch, is_tried=True),)) if fields is None else self._leaves_in(fields, branch)

    @property
    def slow(self) -> tuple[Rule, ...]:
        return (
            self._solve_numbers,
            self._split_resolvent,
            self._triangular_leaf,
            self._solve_generic,
            self._eliminate_definable,
            self._reduce_basis,
            self._eliminate_rational,
            self._split_components,
            self._eliminate_pair,
            self._pseudo_divide,
        )

    def _solve_numbers(self, branch: SearchBranch) -> RuleOutcome | None:
        """Equations without parameters that have finitely many zeros."""
        if not self._all_numbers(branch):
            return None
        algebra = quotient_algebra(self.ring, branch.equations)
        present = frozenset().union(*map(self.ring.present, branch.equations))
        nonzero = [p for p in branch.nonzero if self.ring.present(p) <= present]
        if algebra is None and nonzero:
            algebra = quotient_algebra(self.ring, branch.equations, nonzero)
        return None if algebra is None else self._leaves_in(algebra.fields(), branch)

    def _leaves_in(self, fields: Iterable[NumberField], branch: SearchBranch) -> RuleOutcome:
        leaves = (Leaf(field.tower(self.ring), branch.solved, branch.special, branch.nonzero, field) for field in fields)
        return RuleOutcome(leaves=tuple(leaves))

    def _split_components(self, branch: SearchBranch) -> RuleOutcome | None:
        """The irreducible components of the zeros in state and parameters together, by Singular."""
        if branch.is_split or len(branch.equations) < 2:
            return None
        components = minimal_primes(self.programs, self.ring, self.state, branch.equations)
        if components is None:
            return None
        self.programs.note_answer("Singular split zeros, in state and parameters together, into irreducible components")
        return RuleOutcome(
            tuple(replace(branch, equations=tuple(p), is_basis=False, is_tried=False, is_split=True) for p in components)
        )

    def _reduce_basis(self, branch: SearchBranch) -> RuleOutcome | None:
        if branch.is_basis:
            return None
        basis, success = fmpz_mpoly_vec(list(branch.equations), self.ring.context).buchberger_naive(limits=BASIS_LIMITS)
        if not success:
            return None
        found = tuple(basis.autoreduction())  # type: ignore[attr-defined]
        leads = distinct_members(f for p in found for f in self.ring.factors(self._lead_in_parameters(p)))
        for c in leads:
            if self._state_in(c) == frozenset() and not self._never_zero(c, branch):
                return self._split_cases(branch, c)
        return RuleOutcome((replace(branch, equations=found, is_basis=True),))

    def _lead_in_parameters(self, p: Polynomial) -> Polynomial:
        """The coefficient, in the parameters, of the largest monomial in the state."""
        count, terms = len(self.state), p.to_dict()
        top = max(powers[:count] for powers in terms)
        zeros = (0,) * count
        return self.ring.context.from_dict({(*zeros, *k[count:]): c for k, c in terms.items() if k[:count] == top})

    def _eliminate_rational(self, branch: SearchBranch) -> RuleOutcome | None:
        """Eliminate a variable that an equation holds linearly, with a coefficient that holds state."""
        return self._eliminate_best(branch, self._linear_candidates(branch))

    def _closest_pair(self, branch: SearchBranch) -> tuple[Symbol, Polynomial, Polynomial] | None:
        """A variable, and two equations of low degree in it, the lower one first."""
        pairs = [
            (self.ring.degree(p, x) * self.ring.degree(q, x), len(p.to_dict()) + len(q.to_dict()), x, p, q)
            for x in self.state
            for p, q in combinations(branch.equations, 2)
            if self.ring.degree(p, x) > 0 and self.ring.degree(q, x) > 0
        ]
        if not pairs:
            return None
        *_, x, p, q = min(pairs, key=lambda pair: pair[:2])
        return (x, p, q) if self.ring.degree(p, x) <= self.ring.degree(q, x) else (x, q, p)

    def _split_resolvent(self, branch: SearchBranch) -> RuleOutcome | None:
        """Numbers with infinitely many zeros: split over the factors of a resultant."""
        closest = self._closest_pair(branch) if self._all_numbers(branch) and len(branch.equations) > 2 else None
        if closest is None:
            return None
        x, p, q = closest
        factors = self.ring.factors(self.ring.resultant(p, q, x))
        if len(factors) < 2 or any(f in branch.equations for f in factors):
            return None
        return RuleOutcome(
            tuple(
                replace(branch, equations=(f, *branch.equations), nonzero=distinct_members((*branch.nonzero, *factors[:i])))
                for i, f in enumerate(factors)
            )
        )

    def _eliminate_pair(self, branch: SearchBranch) -> RuleOutcome | None:
        """Two equations by their resultant and the subresultant linear in the eliminated variable, where the leading
        coefficients of the one and of the other do not vanish."""
        closest = self._closest_pair(branch)
        linear = linear_subresultant(self.ring, closest[2], closest[1], closest[0]) if closest else None
        if closest is None or linear is None:
            return None
        x, p, q = closest
        lead, (constant, slope) = self.ring.leading(p, x), self.ring.coefficients(linear, x)
        if not self._never_zero(lead, branch):
            return self._split_cases(branch, lead)
        if not self._never_zero(slope, branch):
            apart, together = self._split_cases(branch, slope).branches
            if any(self._divides_polynomial(e, slope) for e in branch.equations):
                return None
            return RuleOutcome((apart, replace(together, equations=(constant, *together.equations))))
        others = tuple(r for r in branch.equations if r is not p and r is not q)
        return RuleOutcome((replace(branch, equations=(self.ring.resultant(p, q, x), linear, *others), is_basis=True),))

    def _pseudo_divide(self, branch: SearchBranch) -> RuleOutcome | None:
        """Lower the degree of an equation in a variable by that of another (Ritt and Wu)."""
        for x in self.state:
            shared = [p for p in branch.equations if self.ring.degree(p, x) > 0]
            if len(shared) > 1:
                q, p, *_ = sorted(shared, key=lambda e: (self.ring.degree(e, x), len(e.to_dict())))
                return self._pseudo_reduce(replace(branch, is_basis=True), p, q, x)
        return None
