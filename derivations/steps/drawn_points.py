"""Random points of a flow or a loss, in scalars and matrices: sizes, and what is assumed of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, Eq, Identity, MatrixExpr, MatrixSymbol, Q, Rational, Symbol
from sympy.assumptions import AppliedPredicate

from derivations.checks import DRAWS, invert_matrix, random_values
from theory.evaluate import NoEvaluationError, Point, evaluate, mpf_array
from theory.flow import Flow
from theory.loss import Loss
from theory.state import names_of
from theory.statements import together

LARGEST = 4  # of a dimension that is drawn
CLOSE = mpmath.mpf(10) ** -12


@dataclass(frozen=True, eq=False)
class Points:
    """Random points: state, data and parameters that obey signs, bounds and statements."""

    symbols: tuple[Basic, ...]
    assumptions: tuple[Basic, ...]
    mobilities: tuple[MatrixSymbol, ...]

    @classmethod
    def of_loss(cls, loss: Loss) -> Points:
        """Of the symbols in a loss."""
        followed = (part for pair in getattr(loss, "follow", {}).values() for part in pair)
        places = (loss.expression, *loss.mobility.values(), *loss.decay.values(), *followed)
        return cls._of(places, loss.state, loss.assumptions, loss.mobility)

    @classmethod
    def of_flow(cls, flow: Flow, also: Iterable[Basic] = ()) -> Points:
        """Of the symbols in a flow, and in other expressions."""
        places = (*flow.velocity.values(), *flow.mobility.values(), *also)
        return cls._of(places, flow.state, flow.assumptions, flow.mobility)

    @classmethod
    def _of(cls, places: Iterable[Basic], state: Iterable[Basic], assumptions, mobility: Mapping) -> Points:
        symbols = {*state}.union(*(place.free_symbols for place in places))
        sized = {n for x in symbols if isinstance(x, MatrixSymbol) for length in x.shape for n in length.free_symbols}
        mobilities = tuple(h for h in mobility.values() if isinstance(h, MatrixSymbol))
        return cls(tuple(sorted(symbols | sized, key=str)), tuple(assumptions), mobilities)

    @cached_property
    def dimensions(self) -> frozenset[Basic]:
        return frozenset(n for x in self.matrices for length in x.shape for n in length.free_symbols)

    @cached_property
    def matrices(self) -> tuple[MatrixSymbol, ...]:
        return tuple(x for x in self.symbols if isinstance(x, MatrixSymbol))

    def draw(self, rng: np.random.Generator) -> Point:
        """A point.

        Raises
        ------
        NoEvaluationError
            for statements on matrices that random ones do not obey.
        """
        sizes = self._draw_sizes(rng)
        scalars = [x for x in self.symbols if not isinstance(x, MatrixSymbol) and x not in sizes]
        for _ in range(DRAWS):
            at: dict[Basic, Any] = {x: self._draw_number(x, rng) for x in scalars}
            if all(evaluate_relation(a, at) for a in self.assumptions if a.is_Relational and a.free_symbols <= set(at)):
                break
        else:
            raise NoEvaluationError(f"the assumptions hold at none of {DRAWS} random points")
        at |= sizes
        at |= self._draw_matrices(Point(at), rng)
        self._check(Point(at))
        return Point(at)

    def _draw_sizes(self, rng: np.random.Generator) -> dict[Basic, int]:
        """Sizes at which matrices of orthonormal columns, or rows, have room for them."""
        for _ in range(DRAWS):
            sizes = {n: int(rng.integers(2, LARGEST + 1)) for n in sorted(self.dimensions, key=str)}
            if all(self._has_room(M, *(int(evaluate(n, Point(sizes))) for n in M.shape)) for M in self.matrices):
                return sizes
        raise NoEvaluationError(f"there is room for orthonormal vectors at none of {DRAWS} random sizes")

    def _has_room(self, matrix: MatrixSymbol, rows: int, columns: int) -> bool:
        tall, wide = (
            self._states(matrix.T * matrix, Identity(matrix.cols)),
            self._states(matrix * matrix.T, Identity(matrix.rows)),
        )
        return (rows >= columns or not tall) and (rows <= columns or not wide)

    def _states(self, left: MatrixExpr, right: MatrixExpr) -> bool:
        """Whether an equation is assumed."""
        return any(isinstance(a, Eq) and {a.lhs, a.rhs} == {left, right} for a in self.assumptions)

    def _draw_number(self, symbol: Symbol, rng: np.random.Generator):
        if symbol.is_integer:
            return mpmath.mpf(int(rng.integers(1, 6)))
        bounds = [a for a in self.assumptions if a.free_symbols == {symbol} and a.is_Relational and a.rhs.is_number]
        low = max((a.rhs for a in bounds if a.rel_op in (">", ">=")), default=None)
        high = min((a.rhs for a in bounds if a.rel_op in ("<", "<=")), default=None)
        low = Rational(0 if symbol.is_nonnegative else -2) if low is None else low
        high = max(Rational(2), low + 2) if high is None else high
        margin = (high - low) / 100
        return random_values(rng, (), *(mpmath.mpf(int(end.p)) / int(end.q) for end in (low + margin, high - margin)))

    # -- matrices -------------------------------------------------------------------------------------------------------

    def _draw_matrices(self, sizes: Point, rng: np.random.Generator) -> dict[Basic, np.ndarray]:
        shapes = {M: (int(evaluate(M.rows, sizes)), int(evaluate(M.cols, sizes))) for M in self.matrices}
        drawn = {M: self._draw_matrix(M, shape, rng) for M, shape in shapes.items()}
        for group in self._groups:
            drawn |= self._draw_together(group, shapes, rng)
        return drawn

    @cached_property
    def _groups(self) -> list[set[MatrixSymbol]]:
        """Sets of matrices that share vectors, joined where they overlap."""
        groups: list[set] = []
        for statement in self.assumptions:
            if new := self._sharing(statement):
                touched = [g for g in groups if g & new]
                groups = [g for g in groups if not g & new] + [new.union(*touched)]
        return groups

    def _sharing(self, statement: Basic) -> set[MatrixSymbol]:
        """The matrices that a statement says to share vectors: those that are together, and symmetric ones that commute."""
        if isinstance(statement, AppliedPredicate) and statement.function == together:
            return {*statement.arguments} & {*self.matrices}
        for A, B in combinations([M for M in self.matrices if self._is_symmetric(M)], 2):
            if A.shape == B.shape and isinstance(statement, Eq) and {statement.lhs, statement.rhs} == {A * B, B * A}:
                return {A, B}
        return set()

    def _is_symmetric(self, matrix: MatrixSymbol) -> bool:
        return self._is_positive(matrix) or self._is(Q.symmetric, matrix) or self._is(Q.diagonal, matrix)

    def _is(self, predicate, matrix: MatrixSymbol) -> bool:
        return predicate(matrix) in self.assumptions

    def _is_positive(self, matrix: MatrixSymbol) -> bool:
        return matrix in self.mobilities or self._is(Q.positive_definite, matrix)

    def _draw_matrix(self, matrix: MatrixSymbol, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
        drawn = random_values(rng, shape, -1, 1)
        if self._is(Q.diagonal, matrix):
            low = 0.2 if self._is_positive(matrix) else -1
            return diagonal_matrix(random_values(rng, (shape[0],), low, 2), shape)
        if self._is(Q.orthogonal, matrix):
            return orthonormal_matrix(rng, shape[0])
        if self._states(matrix.T * matrix, Identity(matrix.cols)) or self._states(matrix * matrix.T, Identity(matrix.rows)):
            return orthonormal_matrix(rng, max(shape))[: shape[0], : shape[1]]
        if self._is_positive(matrix):
            return drawn @ drawn.T + mpf_array(np.eye(shape[0]).tolist()) / 2
        return (drawn + drawn.T) / 2 if self._is(Q.symmetric, matrix) else drawn

    def _draw_together(self, group: set[MatrixSymbol], shapes: Mapping, rng: np.random.Generator) -> dict:
        """Matrices that are diagonal in vectors that they share."""
        ordered = sorted(group, key=str)
        bases = {n: orthonormal_matrix(rng, size) for M in ordered for n, size in zip(M.shape, shapes[M], strict=True)}
        found = {}
        for M in ordered:
            left, right = (bases[n] for n in M.shape)
            low = 0.2 if self._is_positive(M) or M.rows != M.cols else -1
            found[M] = left @ diagonal_matrix(random_values(rng, (min(shapes[M]),), low, 2), shapes[M]) @ right.T
        return found

    def _check(self, at: Point) -> None:
        for equation in self.assumptions:
            if isinstance(equation, Eq) and isinstance(equation.lhs, MatrixExpr) and equation.free_symbols <= set(at.values):
                gap = evaluate(equation.lhs, at) - evaluate(equation.rhs, at)
                if max(map(abs, gap.reshape(-1))) > CLOSE:
                    named = names_of(sorted(equation.atoms(MatrixSymbol), key=str))
                    raise NoEvaluationError(f"no random {named} were drawn that satisfy the equation assumed of them")


def evaluate_relation(relation: Basic, at: Mapping[Basic, Any]) -> bool:
    """Whether an inequality holds at numbers."""
    gap = evaluate(relation.lhs - relation.rhs, Point(at))
    signs = {">": gap > 0, ">=": gap >= 0, "<": gap < 0, "<=": gap <= 0, "!=": gap != 0, "==": gap == 0}
    return bool(signs[relation.rel_op])


def diagonal_matrix(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A matrix with values on its diagonal."""
    matrix = np.full(shape, mpmath.mpf(0), dtype=object)
    for place, value in enumerate(values):
        matrix[place, place] = value
    return matrix


def orthonormal_matrix(rng: np.random.Generator, size: int) -> np.ndarray:
    """An orthogonal matrix to all digits: the Cayley transform of an antisymmetric one."""
    drawn = random_values(rng, (size, size), -1, 1)
    turn, unit = (drawn - drawn.T) / 2, mpf_array(np.eye(size).tolist())
    return (unit - turn) @ invert_matrix(unit + turn)
