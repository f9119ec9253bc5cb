"""Aligned states in the whole matrix model, at random sizes and in random orthonormal bases: the numbers of their check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, product
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, MatrixSymbol, Symbol

from derivations.analysis.linearisation.aligned_places import SECTORS, Place
from derivations.analysis.linearisation.whole_states import WholeStability
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.checks import random_values
from derivations.steps.drawing import sign_fits, value_at
from derivations.steps.drawn_points import diagonal_matrix, orthonormal_matrix
from theory.errors import UnfinishedError
from theory.evaluate import Point, evaluate

TRIES = 200


@dataclass(frozen=True)
class Composition:
    """How many modes rest, how many are absent, and how many directions are empty."""

    occupied: int
    absent: int
    empty: int

    def indices(self, place: Place) -> range:
        """The numbers of modes, or directions, of a kind."""
        if place.is_occupied:
            return range(self.occupied)
        return range(self.occupied, self.occupied + (self.absent if place.has_data else self.empty))

    def pairs(self, sector: str) -> Iterator[tuple[int, int]]:
        """The pairs of modes that a sector is about."""
        left, right = SECTORS[sector]
        if left == right:
            return ((i, i) for i in self.indices(left))
        alike = replace(left, number=0) == replace(right, number=0)
        return combinations(self.indices(left), 2) if alike else product(self.indices(left), self.indices(right))


@dataclass(frozen=True, eq=False)
class DrawnModel:
    """The whole model with numbers: modes with their values, matrices in random bases."""

    whole: WholeStability
    composition: Composition
    shared: Mapping[Basic, Any]
    modes: tuple[Mapping[Basic, Any], ...]
    bases: Mapping[Basic, np.ndarray]
    amplitudes: Mapping[Basic, Basic]
    eigenvalues: Mapping[Basic, Basic]

    @cached_property
    def vectors(self) -> AlignedVectors:
        return AlignedVectors(self.whole.flow, (1,))

    def numbers(self, sector: str, pair: tuple[int, int]) -> dict[Basic, Any]:
        """Values of the numbered symbols of a sector."""
        found = dict(self.shared)
        for place, index in zip(SECTORS[sector], pair, strict=True):
            if place.has_data:
                found |= {Symbol(f"{x}_{place.number}", **x.assumptions0): v for x, v in self.modes[index].items()}
        return found

    @cached_property
    def point(self) -> Point:
        """Data and the state at rest."""
        data = {M: self._assembled(M, [mode[self.vectors.values[M][0]] for mode in self.modes]) for M in self.vectors.data}
        at = Point({**self.shared, **data, **{n: len(b) for n, b in self.bases.items() if not n.is_number}})
        occupied = self.modes[: self.composition.occupied]
        blocks = {}
        for B in self.whole.flow.state:
            (amplitude,) = self.vectors.values[B]
            value = self.amplitudes.get(amplitude, amplitude)
            blocks[B] = self._assembled(B, [value_at(value, {**self.shared, **mode}) for mode in occupied])
        return at | blocks

    def _assembled(self, matrix: MatrixSymbol, values: list) -> np.ndarray:
        left, right = (self.bases[n] for n in matrix.shape)
        return left @ diagonal_matrix(np.array([mpmath.re(v) for v in values]), (len(left), len(right))) @ right.T

    def speed(self, velocities: Mapping[Basic, Basic]):
        """The largest velocity at the state."""
        return max(abs(v) for f in velocities.values() for v in evaluate(f, self.point).reshape(-1))

    def jacobian(self, velocities: Mapping[Basic, Basic]) -> np.ndarray:
        """The derivatives of all entries by all entries, by central differences."""
        step, columns = mpmath.mpf(10) ** -(mpmath.mp.dps // 3), []
        for block in velocities:
            shape = self.point.values[block].shape
            for place in np.ndindex(shape):
                change = np.full(shape, mpmath.mpf(0), dtype=object)
                change[place] = step
                ends = [self._rates(velocities, block, sign * change) for sign in (1, -1)]
                columns.append((ends[0] - ends[1]) / (2 * step))
        return np.column_stack(columns)

    def _rates(self, velocities: Mapping[Basic, Basic], block: Basic, change: np.ndarray) -> np.ndarray:
        at = self.point | {block: self.point.values[block] + change}
        return np.concatenate([evaluate(f, at).reshape(-1) for f in velocities.values()])


def draw_model(
    whole: WholeStability,
    composition: Composition,
    amplitudes: Mapping[Basic, Basic],
    eigenvalues: Mapping[Basic, Basic],
    rng: np.random.Generator,
) -> DrawnModel:
    """A model with these amplitudes and eigenvalues of the modes at rest.

    Raises
    ------
    UnfinishedError
        for dimensions that are numbers, or where no admissible modes are found.
    """
    vectors = AlignedVectors(whole.flow, (1,))
    if fixed := [n for n in vectors.vectors if n.is_number]:
        raise UnfinishedError(f"a dimension is {fixed[0]}, and the check draws sizes of its own")
    data, directions = composition.occupied + composition.absent, composition.occupied + composition.empty
    bases = {n: orthonormal_matrix(rng, data if n in vectors.data_dimensions else directions) for n in vectors.vectors}
    shared = {x: random_values(rng, (), 0.1, 1.5) for x in whole.flow.parameters if not isinstance(x, MatrixSymbol)}
    own = [x for values in vectors.values.values() for x in values]
    modes = tuple(
        _draw_mode(own, shared, amplitudes, eigenvalues if k < composition.occupied else {}, rng) for k in range(data)
    )
    return DrawnModel(whole, composition, shared, modes, bases, amplitudes, eigenvalues)


def _draw_mode(
    symbols: list[Symbol], shared: Mapping, amplitudes: Mapping, eigenvalues: Mapping, rng: np.random.Generator
) -> dict[Basic, Any]:
    """Eigenvalues, and amplitudes, of one mode: real, of the signs that they have."""
    for _ in range(TRIES):
        mode = {x: _draw_number(x, rng) for x in symbols}
        mode |= {y: value_at(e, {**shared, **mode}) for y, e in eigenvalues.items()}
        values = [value_at(e, {**shared, **mode}) for e in amplitudes.values()]
        real = all(mpmath.isfinite(v) and abs(mpmath.im(v)) < mpmath.mpf(10) ** -20 for v in values)
        if real and all(sign_fits(x, mpmath.re(v)) for x, v in mode.items()):
            return mode
    raise UnfinishedError(f"modes at rest are real at none of {TRIES} random points")


def _draw_number(symbol: Symbol, rng: np.random.Generator):
    size = random_values(rng, (), 0.3, 2)
    return size if symbol.is_nonnegative or rng.random() < 0.7 else -size
