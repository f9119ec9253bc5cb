"""What a loss or a flow is made of: its symbols by their role, and what is assumed of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sympy import Basic, Expr, MatrixSymbol, Q, Symbol
from sympy.assumptions import AppliedPredicate
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.calculus import State, kinks
from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss
from theory.state import scalar_or_matrix_symbols
from theory.statements import together


@dataclass(frozen=True)
class Subject:
    """The symbols of a model.

    Attributes
    ----------
    dimensions
        symbols for numbers of rows and columns.
    data
        matrices that are given.
    scalars
        numbers that are given.
    assumptions
        statements on matrices, equations and inequalities.
    moved
        the loss, or the velocities.
    positive, away
        expressions that must be positive in every entry, or different from zero, for the model to be defined and smooth.
    """

    state: tuple[State, ...]
    dimensions: tuple[Symbol, ...]
    data: tuple[MatrixSymbol, ...]
    scalars: tuple[Symbol, ...]
    assumptions: tuple[Boolean, ...]
    moved: tuple[Basic, ...]
    positive: tuple[Basic, ...] = ()
    away: tuple[Expr, ...] = ()

    @property
    def groups(self) -> dict[MatrixSymbol, int]:
        """Each matrix that shares its vectors, with a number for those that it shares them with."""
        found: dict[MatrixSymbol, int] = {}
        for number, members in enumerate(self._stated(together)):
            joined = {found[m] for m in members if m in found}
            found |= dict.fromkeys(members, number) | {m: number for m, g in found.items() if g in joined}
        return found

    def known(self, *predicates) -> frozenset[MatrixSymbol]:
        """The matrices of which one of the predicates is stated."""
        return frozenset(m for predicate in predicates for arguments in self._stated(predicate) for m in arguments)

    @property
    def relations(self) -> tuple[Relational, ...]:
        """Equations and inequalities between scalars and matrices that all stand in the model."""
        here = {*self.scalars, *self.data, *self.dimensions}
        return tuple(a for a in self.assumptions if isinstance(a, Relational) and a.free_symbols <= here)

    def _stated(self, predicate) -> list[tuple]:
        applied = (a for a in self.assumptions if isinstance(a, AppliedPredicate))
        return [tuple(a.arguments) for a in applied if a.function == predicate]


def subject_of(model: Loss | Flow, also: Iterable[Basic] = ()) -> Subject:
    """The symbols of a loss or flow, and of expressions ``also`` beside it.

    Raises
    ------
    InputError
        for anything else, and for functions that have no values.
    """
    if not isinstance(model, Loss | Flow):
        raise InputError("a Loss or a Flow", type(model).__name__, "make one with theory.Loss(...) or theory.Flow({...})")
    rates = (*model.mobility.values(), *(_of_loss(model) if isinstance(model, Loss) else ()))
    moved = (model.erased(),) if isinstance(model, Loss) else tuple(model.velocity.values())
    if unknown := sorted(set().union(*(e.atoms(AppliedUndef) for e in (*moved, *rates, *also))), key=str):
        raise InputError("a model in functions that have values", str(unknown[0]), "write the function itself")
    found = set(model.state).union(*(scalar_or_matrix_symbols(e) for e in (*moved, *rates, *also)))
    matrices = sorted((m for m in found if isinstance(m, MatrixSymbol)), key=str)
    dimensions = {n for m in matrices for length in m.shape for n in length.free_symbols}
    given = sorted(found - dimensions - {*model.state}, key=str)
    metric = tuple(Q.positive_definite(h) for h in model.mobility.values() if isinstance(h, MatrixSymbol))
    return Subject(
        model.state,
        tuple(sorted(dimensions, key=str)),
        tuple(m for m in given if isinstance(m, MatrixSymbol)),
        tuple(s for s in given if isinstance(s, Symbol)),
        (*model.assumptions, *metric),
        moved,
        model.conditions if isinstance(model, Loss) else (),
        model.kinks if isinstance(model, Loss) else tuple(k for v in moved for k in kinks(v)),
    )


def _of_loss(loss: Loss) -> Iterator[Basic]:
    """Decays, and rates and sources of targets."""
    yield from loss.decay.values()
    for pair in loss.follow.values():
        yield from pair
