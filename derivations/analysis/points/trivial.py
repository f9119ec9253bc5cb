r"""The fixed points within the spaces that are fixed by signs and permutations of the state: they are cheap to find.

Within such a space as many equations are left as there are unknowns, or fewer: coordinate planes :math:`x_i=0`, and
:math:`x_i=x_{\sigma(i)}` for a permutation :math:`\sigma` that is a symmetry of the flow, or :math:`x_i=-x_{\sigma(i)}`.

Two zeros that a symmetry maps to each other differ by a null vector of :math:`M(x)`, where
:math:`f(x)-f(\sigma x)=M(x)(x-\sigma x)`; where signs show that :math:`\det M\ne0`, every zero is fixed by the symmetry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, permutations, product

from sympy import Symbol

from derivations.analysis.algebra.linear import determinant
from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.points.generic import Generic
from derivations.analysis.sites.branches import Leaf, SearchBranch, Substitution

PERMUTED = 5  # variables up to which all permutations are tried
CASES = 30  # of one space


def trivial_leaves(rules: Generic, equations: Sequence[Polynomial]) -> list[Leaf]:
    """Leaves within invariant spaces, for all parameters."""
    found: list[Leaf] = []
    for forms in invariant_spaces(rules.ring, rules.state, equations):
        found += _close_branch(rules, within_space(rules, forms, equations))
    return found


def within_space(
    rules: Generic, forms: Sequence[Polynomial], equations: Sequence[Polynomial], nonzero: Sequence[Polynomial] = ()
) -> SearchBranch:
    """The case in which linear forms with numbers as coefficients vanish, each equation once."""
    ring, solved, left = rules.ring, list[Substitution](), list(equations)
    for form in forms:
        for step in solved:
            form = ring.substitute(form, step.symbol, step.top, step.bottom)
        x = next((x for x in rules.state if ring.degree(form, x) == 1), None)
        if x is not None:
            rest, c = ring.coefficients(form, x)
            solved.append(Substitution(x, -rest, c))
            left = [ring.substitute(p, x, -rest, c) for p in left]
    distinct: list[Polynomial] = []
    for p in left:
        if not p.is_zero() and p not in distinct and -p not in distinct:
            distinct.append(p)
    for step in solved:
        nonzero = [f for p in nonzero for f in ring.factors(ring.substitute(p, step.symbol, step.top, step.bottom))]
    return SearchBranch(tuple(distinct), distinct_members(nonzero), tuple(solved))


def invariant_spaces(ring: Ring, state: Sequence[Symbol], equations: Sequence[Polynomial]) -> Iterator[tuple[Polynomial, ...]]:
    """Linear forms that vanish on a space which the flow does not leave, smallest space first."""
    x = [ring.gen(s) for s in state]
    for size in range(len(state), 0, -1):
        for chosen in combinations(range(len(state)), size):
            if all(_restrict_to_plane(ring, equations[i], [state[k] for k in chosen]).is_zero() for i in chosen):
                yield tuple(x[i] for i in chosen)
    for order, sign in symmetries(ring, state, equations):
        yield tuple(f for i, j in enumerate(order) if not (f := x[i] - sign * x[j]).is_zero())


def symmetries(ring: Ring, state: Sequence[Symbol], equations: Sequence[Polynomial]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Permutations other than the identity, with a sign for all variables together, that map the flow to itself."""
    if not 1 < len(state) <= PERMUTED or len(equations) != len(state):
        return
    _, *every = permutations(range(len(state)))
    sizes = [len(p) for p in equations]
    orders = [order for order in every if all(sizes[i] == sizes[j] for i, j in enumerate(order))]
    for order, sign in product(orders, (1, -1)):
        moved = (_permute_variables(ring, state, p, order, sign) for p in equations)
        if all((p - sign * equations[j]).is_zero() for p, j in zip(moved, order, strict=True)):
            yield order, sign


def _permute_variables(ring: Ring, state: Sequence[Symbol], p: Polynomial, order: Sequence[int], sign: int) -> Polynomial:
    """The polynomial with ``sign * x_order[i]`` in the place of ``x_i``."""
    places = [ring.place[s] for s in state]
    terms = {}
    for powers, c in p.to_dict().items():
        moved = list(powers)
        for i, j in enumerate(order):
            moved[places[j]] = powers[places[i]]
        terms[tuple(moved)] = c * sign ** sum(int(powers[i]) for i in places)
    return ring.context.from_dict(terms)


def _restrict_to_plane(ring: Ring, p: Polynomial, zero: Sequence[Symbol]) -> Polynomial:
    places = [ring.place[s] for s in zero]
    return ring.context.from_dict({k: c for k, c in p.to_dict().items() if not any(k[i] for i in places)})


def starting_branch(rules: Generic, equations: Sequence[Polynomial], nonzero: Sequence[Polynomial]) -> SearchBranch:
    """The case to begin with: a space that symmetry and signs force every zero into, if there is one."""
    for order, sign in symmetries(rules.ring, rules.state, equations):
        if sign == 1 and 0 not in rules.signs.of(_difference_determinant(rules, equations, order)):
            x = [rules.ring.gen(s) for s in rules.state]
            return within_space(rules, [x[i] - x[j] for i, j in enumerate(order) if i != j], equations, nonzero)
    return SearchBranch(tuple(equations), tuple(nonzero))


def _difference_determinant(rules: Generic, equations: Sequence[Polynomial], order: Sequence[int]) -> Polynomial:
    r"""The determinant of a matrix :math:`M(x)` with :math:`f(x)-f(\sigma x)=M(x)(x-\sigma x)`, in the variables that move."""
    ring, places = rules.ring, [rules.ring.place[s] for s in rules.state]
    moving = [i for i, j in enumerate(order) if i != j]
    rows = []
    for i in moving:
        here, row = equations[i], []
        for j in moving:
            there = _put_variables(ring, equations[i], {places[k]: places[order[k]] for k in moving if k <= j})
            row.append((here - there) / (ring.gen(rules.state[j]) - ring.gen(rules.state[order[j]])))
            here = there
        rows.append(row)
    return determinant(rows, ring)


def _put_variables(ring: Ring, p: Polynomial, places: Mapping[int, int]) -> Polynomial:
    """The polynomial with other variables in the place of some, all at once."""
    total = ring.constant(0)
    for powers, c in p.to_dict().items():
        moved = [0] * len(powers)
        for place, power in enumerate(powers):
            moved[places.get(place, place)] += int(power)
        total = total + ring.context.from_dict({tuple(moved): c})
    return total


def _close_branch(rules: Generic, branch: SearchBranch) -> list[Leaf]:
    """Leaves that the quick rules and generic parameters give, those of special parameters left out."""
    waiting, leaves, cases = [branch], list[Leaf](), CASES
    while waiting and cases:
        here, cases = waiting.pop(), cases - 1
        if here.special:
            continue
        outcome = next((found for rule in (*rules.quick, rules._solve_generic) if (found := rule(here)) is not None), None)
        if outcome is not None:
            leaves += outcome.leaves
            waiting += outcome.branches
    return leaves
