"""Cases of a polynomial system: what is still to be solved, what is solved, what cannot be."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Symbol

from derivations.analysis.algebra.number_field import NumberField
from derivations.analysis.algebra.polynomials import Polynomial


@dataclass(frozen=True)
class Substitution:
    """``symbol = top / bottom``."""

    symbol: Symbol
    top: Polynomial
    bottom: Polynomial


@dataclass(frozen=True)
class SearchBranch:
    """One case: equations that hold, polynomials that do not vanish, state variables and parameters already expressed.

    ``is_basis`` and ``is_tried`` tell that the Gröbner basis, and the solution for generic parameters or by programs, were
    looked at; ``is_split``, that the equations were those of one irreducible component.
    """

    equations: tuple[Polynomial, ...]
    nonzero: tuple[Polynomial, ...] = ()
    solved: tuple[Substitution, ...] = ()
    special: tuple[Substitution, ...] = ()
    is_basis: bool = False
    is_tried: bool = False
    is_split: bool = False


@dataclass(frozen=True)
class Leaf:
    """A triangular set: ``roots`` pairs of a variable and a polynomial in it, earlier ones and free ones; ``solved`` the rest.

    The roots are all in ``numbers``, where that is given.
    """

    roots: tuple[tuple[Symbol, Polynomial], ...]
    solved: tuple[Substitution, ...]
    special: tuple[Substitution, ...]
    nonzero: tuple[Polynomial, ...]
    numbers: NumberField | None = None


@dataclass(frozen=True)
class Exceptional:
    """A case that is not looked into: ``equations`` between parameters, which hold there, and the whole of it."""

    equations: tuple[Polynomial, ...]
    branch: SearchBranch


@dataclass(frozen=True)
class Tree:
    """What a search found: leaves, degenerate cases that it named, branches that it could not solve, branches it looked at."""

    leaves: tuple[Leaf, ...]
    exceptional: tuple[Exceptional, ...]
    unsolved: tuple[SearchBranch, ...]
    cases: int


@dataclass(frozen=True)
class RuleOutcome:
    """What a rule makes of a branch."""

    branches: tuple[SearchBranch, ...] = ()
    leaves: tuple[Leaf, ...] = ()
    exceptional: tuple[Exceptional, ...] = ()


CLOSED = RuleOutcome()
