r"""Zeros at generic parameters, and the special parameters at which there may be others.

As many equations as unknowns, over an open set of parameters of dimension :math:`k`: every component of their zeros has
dimension at least :math:`k`, so that a zero which is isolated at its parameters lies on a component that is there for
generic parameters too.  It obeys every relation that holds for generic parameters.  What can be missing at special parameters
are

* zeros that are not isolated there: only where a denominator or a leading coefficient of the generic Gröbner basis vanishes,
  of each one, whatever the order of the variables;
* zeros at which a leading coefficient of the triangular set that describes the generic ones vanishes.

These polynomials in the parameters become cases of their own.

Source: D. Eisenbud, *Commutative Algebra* (1995), theorem 10.2 and corollary 13.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TypeAlias

from sympy import Symbol

from derivations.analysis.algebra.generic import GenericBasis, basis_from, generic_basis
from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.algebra.programs import NO_PROGRAMS, Programs
from derivations.analysis.algebra.singular import block_basis
from derivations.analysis.algebra.triangular import TriangularSet, split_irreducible, triangular_set
from derivations.analysis.points.rules import Rule, Rules
from derivations.analysis.sites.branches import Leaf, RuleOutcome, SearchBranch, Substitution
from derivations.analysis.sites.parameters import may_vanish_together

SETS = 12  # of special parameters, up to which those of several orders are intersected
ALL_ORDERS = 3  # variables up to which every order of elimination is tried, and beyond which only every last variable

Together: TypeAlias = tuple[Polynomial, ...]  # polynomials in the parameters that vanish together


@dataclass(frozen=True)
class Generic(Rules):
    """The rules that solve for generic parameters; programs help where the own arithmetic is over its budget."""

    programs: Programs = NO_PROGRAMS

    @property
    def quick(self) -> tuple[Rule, ...]:
        first = self._factor_equations, self._lower_degree, self._express_parameter, self._solve_numbers_at_once
        return *first, self._eliminate_variable, self._shared_resultant, self._definite_quadratic, self._make_leaf

    def _solve_numbers_at_once(self, branch: SearchBranch) -> RuleOutcome | None:
        """All zeros, where no parameters are special."""
        if branch.is_tried or self._all_numbers(branch) or len(branch.equations) < 2:
            return None
        found = self._isolated_zeros(branch)
        return found if found and not found.branches else RuleOutcome((replace(branch, is_tried=True),))

    def _solve_generic(self, branch: SearchBranch) -> RuleOutcome | None:
        """All isolated zeros, and the special parameters as cases; or a variable eliminated, where that needs none."""
        found = self._isolated_zeros(branch)
        return self._eliminate_definable(branch) or found if found and found.branches else found

    def _isolated_zeros(self, branch: SearchBranch) -> RuleOutcome | None:
        """All isolated zeros, where there are finitely many at generic parameters; or none, and the parameters for any."""
        unknown = self._unknowns(branch)
        if len(branch.equations) < len(unknown) or not unknown:
            return None
        try:
            basis, special = self._least_special(branch, unknown)
            if not basis.is_finite or (not basis.is_one and len(branch.equations) > len(unknown)):
                return None
            single = tuple(f for one in special if len(one) == 1 for f in one)
            sets = [self._best_set(zeros, single, branch) for zeros in split_irreducible(basis, self._basis)]
        except OverBudget:
            return None
        if any(found is None for found in sets):
            return None
        chosen = [found for found in sets if found is not None]
        leads = [self._leading_factors(found) for found in chosen]
        leading = distinct_members(f for rows in leads for f in self._filter_vanishing(rows, branch))
        special = [
            *((f,) for f in distinct_members((*single, *leading))),
            *(one for one in special if not any(f in one for f in (*single, *leading))),
        ]
        leaves = tuple(self._leaf_of(found, rows, branch) for found, rows in zip(chosen, leads, strict=True))
        return RuleOutcome(tuple(self._special_cases(branch, special)), leaves)

    def _least_special(self, branch: SearchBranch, unknown: tuple[Symbol, ...]) -> tuple[GenericBasis, list[Together]]:
        """A basis with the fewest denominators that may vanish, fewest of them no equations for a parameter, over the orders
        of the variables; and where one of each order vanishes."""
        found: list[tuple[GenericBasis, tuple[Polynomial, ...]]] = []
        special: list[Together] = [()]
        for order in dict.fromkeys((unknown, *_elimination_orders(unknown))):
            with suppress(OverBudget) if found else nullcontext():
                basis = self._basis(self.ring, order, branch.equations)
                found.append((basis, self._filter_vanishing(basis.denominators, branch) if basis.is_finite else ()))
                special = self._intersect_special(special, found[-1][1])
            if not special:
                break
        return min(found, key=lambda one: (len(self._stubborn_sets(one[1])), len(one[1])))[0], special

    def _basis(self, ring: Ring, order: Sequence[Symbol], equations: Sequence[Polynomial]) -> GenericBasis:
        try:
            return generic_basis(ring, order, equations)
        except OverBudget:
            found = block_basis(self.programs, ring, order, equations)
            if found is None:
                raise
            self.programs.note_answer("Singular's Gröbner bases in state and parameters together are part of it")
            return basis_from(ring, order, found)

    def _intersect_special(self, special: list[Together], denominators: Sequence[Polynomial]) -> list[Together]:
        """Where polynomials vanish together and one of the others with them, unless those are many sets."""
        kept: list[Together] = []
        for one in special:
            if any(g in one for g in denominators):
                kept.append(one)
            else:
                kept += [(*one, g) for g in denominators if may_vanish_together((*one, g), self.signs)]
        least = [one for one in kept if not any(len(o) < len(one) and all(f in one for f in o) for o in kept)]
        return least if special == [()] or len(least) <= max(len(special), SETS) else special

    def _stubborn_sets(self, special: Iterable[Polynomial]) -> list[Polynomial]:
        """Those that express no parameter."""
        return [f for f in special if not any(self.ring.degree(f, s) == 1 for s in self.ring.present(f))]

    def _leaf_of(self, found: TriangularSet, leads: list[Polynomial], branch: SearchBranch) -> Leaf:
        """A leaf in which what is linear counts as solved."""
        roots = tuple((x, p) for x, p in found if self.ring.degree(p, x) > 1)
        linear = [(x, self.ring.coefficients(p, x)) for x, p in found if self.ring.degree(p, x) == 1]
        solved = (Substitution(x, -rest, c) for x, (rest, c) in linear)
        return Leaf(roots, (*branch.solved, *solved), branch.special, distinct_members((*branch.nonzero, *leads)))

    def _unknowns(self, branch: SearchBranch) -> tuple[Symbol, ...]:
        solved = {s.symbol for s in branch.solved}
        return tuple(x for x in self.state if x not in solved)

    def _special_cases(self, branch: SearchBranch, special: Iterable[Together]) -> Iterator[SearchBranch]:
        nonzero = branch.nonzero
        for together in special:
            yield replace(branch, equations=(*together, *branch.equations), nonzero=nonzero, is_basis=False)
            nonzero = distinct_members((*nonzero, *together)) if len(together) == 1 else nonzero

    def _filter_vanishing(self, polynomials: Iterable[Polynomial], branch: SearchBranch) -> tuple[Polynomial, ...]:
        """Those that may vanish."""
        return distinct_members(f for f in polynomials if not self._never_zero(f, branch))

    def _leading_factors(self, found: TriangularSet) -> list[Polynomial]:
        return [f for x, p in found for f in self.ring.factors(self.ring.leading(p, x))]

    def _best_set(self, zeros: GenericBasis, special: tuple[Polynomial, ...], branch: SearchBranch) -> TriangularSet | None:
        """The triangular set with the fewest leading coefficients that may vanish, then of the lowest degrees."""
        found = [one for order in _elimination_orders(zeros.variables) if (one := triangular_set(zeros, order)) is not None]
        return min(found, key=lambda one: self._cost_of(one, special, branch), default=None)

    def _cost_of(self, found: TriangularSet, special: tuple[Polynomial, ...], branch: SearchBranch) -> tuple:
        vanishing = [f for f in self._filter_vanishing(self._leading_factors(found), branch) if f not in special]
        degrees = sorted((self.ring.degree(p, x) for x, p in found), reverse=True)
        return len(self._stubborn_sets(vanishing)), len(vanishing), degrees, sum(len(p) for _, p in found)

    def _eliminate_definable(self, branch: SearchBranch) -> RuleOutcome | None:
        """Eliminate a variable from ``c x + r = 0``, where ``c`` holds state and cannot vanish."""
        candidates = [
            (p, x, c)
            for p, x, c in self._linear_candidates(branch)
            if self._state_in(c)
            and (self._never_zero(c, branch) or self._closes_case(replace(branch, equations=(c, *branch.equations))))
        ]
        if not candidates:
            return None
        outcomes = [self._eliminate_best(self._without_zeros(branch, c), [(p, x, c)]) for p, x, c in candidates]
        return min((o for o in outcomes if o is not None), key=self._difficulty)

    def _without_zeros(self, branch: SearchBranch, c: Polynomial) -> SearchBranch:
        return replace(branch, nonzero=distinct_members((*branch.nonzero, *self.ring.factors(c))))

    def _difficulty(self, outcome: RuleOutcome) -> tuple[int, int]:
        """Leading coefficients that may vanish, of equations in one variable, and terms."""
        equations = [(p, branch) for branch in outcome.branches for p in branch.equations]
        alone = [(p, x, branch) for p, branch in equations for x in self._state_in(p) if len(self._state_in(p)) == 1]
        leads = [
            f for p, x, branch in alone for f in self._filter_vanishing(self.ring.factors(self.ring.leading(p, x)), branch)
        ]
        return len(leads), sum(len(p) for p, _ in equations)

    def _closes_case(self, branch: SearchBranch, cases: int = 12) -> bool:
        """Whether the quick rules close a case."""
        waiting = [branch]
        while waiting and cases:
            here, cases = waiting.pop(), cases - 1
            outcome = next((found for rule in self.quick if (found := rule(here)) is not None), None)
            if outcome is None or outcome.leaves or outcome.exceptional:
                return False
            waiting += outcome.branches
        return not waiting


def _elimination_orders(variables: Sequence[Symbol]) -> list[tuple[Symbol, ...]]:
    """Orders of elimination."""
    if len(variables) <= ALL_ORDERS:
        return list(permutations(variables))
    return [(*variables[:i], *variables[i + 1 :], variables[i]) for i in range(len(variables))]
