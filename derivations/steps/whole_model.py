"""Aligned states in the whole matrix model, at random sizes and in random orthonormal bases: the numbers of their check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Any

import mpmath
import numpy as np
from sympy import Basic, Expr, MatrixSymbol, Symbol
from sympy.core.relational import Relational

from derivations.analysis.linearisation.aligned_places import ONE, Group
from derivations.analysis.linearisation.aligned_sectors import AlignedSector
from derivations.analysis.linearisation.whole_states import WholeStability
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.checks import random_values
from derivations.steps.drawing import line_holds, sign_fits, value_at
from derivations.steps.drawn_points import orthonormal_matrix
from derivations.typeset.rows import conditions_row
from theory.errors import UnfinishedError
from theory.evaluate import Point, evaluate

TRIES, ATTEMPTS = 60, 40
NO_IMAGINARY_PART = mpmath.mpf(10) ** -20


@dataclass(frozen=True)
class Composition:
    """How many modes rest, how many are absent, and how many directions are empty."""

    occupied: int
    absent: int
    empty: int
    is_any: bool = True

    def indices(self, group: Group) -> range:
        """The numbers of modes, or directions, of a kind; 0 for the modes that rest and no others."""
        (place, *_) = group
        if place.is_occupied:
            return range(self.occupied if self.is_any else 1)
        return range(self.occupied, self.occupied + (self.absent if place.has_data else self.empty))

    def pairs(self, sector: AlignedSector) -> Iterator[tuple[int, int]]:
        """The pairs of modes that a sector is about."""
        (left, right), *_ = sector.pairs
        if left == right or (left[0].is_occupied and right[0].is_occupied and not self.is_any):
            return ((i, i) for i in self.indices(left))
        if is_of_one_kind(sector):
            return combinations(self.indices(left), 2)
        return product(self.indices(left), self.indices(right))


def is_of_one_kind(sector: AlignedSector) -> bool:
    """Whether a sector is about two modes, or directions, of one kind."""
    (left, right), *_ = sector.pairs
    return len({(p.has_data, p.is_occupied) for group in (left, right) for p in group}) == 1


@dataclass(frozen=True, eq=False)
class DrawnModel:
    """The whole model with numbers: modes with their values, matrices in random bases.

    Attributes
    ----------
    shared
        parameters, and the symbols of all modes at rest where these have names of their own.
    modes
        eigenvalues, singular values and amplitudes by the names of a single mode, absent modes after the others.
    entries
        of the state: a block, its row, its column and the value.
    """

    whole: WholeStability
    composition: Composition
    shared: Mapping[Basic, Any]
    modes: tuple[Mapping[Basic, Any], ...]
    bases: Mapping[Basic, np.ndarray]
    entries: tuple[tuple[MatrixSymbol, int, int, Any], ...]

    @cached_property
    def vectors(self) -> AlignedVectors:
        return AlignedVectors(self.whole.flow, (1,))

    def numbers(self, sector: AlignedSector, pair: tuple[int, int]) -> dict[Basic, Any]:
        """Values of the numbered symbols of a sector."""
        (left, right), *_ = sector.pairs
        found = dict(self.shared)
        own = [(ONE.number, 0)] if self.whole.modes == (1,) and not self.whole.is_any else []
        for group, index in zip((left, right), pair, strict=True):
            named = not self.composition.is_any and self.whole.modes != (1,) and group[0].is_occupied
            own += [] if named or not group[0].has_data else [(group[0].number, index)]
        for number, index in own:
            found |= {Symbol(f"{x}_{number}", **x.assumptions0): v for x, v in self.modes[index].items()}
        return found

    @cached_property
    def point(self) -> Point:
        """Data and the state at rest."""
        values = {M: [mode[self.vectors.values[M][0]] for mode in self.modes] for M in self.vectors.data}
        data = {M: self._assembled(M, {(k, k): v for k, v in enumerate(found)}) for M, found in values.items()}
        at = Point({**self.shared, **data, **{n: len(b) for n, b in self.bases.items() if not n.is_number}})
        return at | {B: self._assembled(B, {(i, j): v for C, i, j, v in self.entries if C == B}) for B in self.whole.flow.state}

    def _assembled(self, matrix: MatrixSymbol, entries: Mapping[tuple[int, int], Any]) -> np.ndarray:
        left, right = (self.bases[n] for n in matrix.shape)
        inside = np.full((len(left), len(right)), mpmath.mpf(0), dtype=object)
        for place, value in entries.items():
            inside[place] = mpmath.re(value)
        return left @ inside @ right.T

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
    said: Mapping[Basic, Basic],
    rng: np.random.Generator,
) -> DrawnModel:
    """A model whose modes at rest have these amplitudes, and what is ``said`` of eigenvalues and parameters.

    Raises
    ------
    UnfinishedError
        for dimensions that are numbers, or where no admissible modes are found.
    """
    single = AlignedVectors(whole.flow, (1,))
    sizes = (1,) * composition.occupied if whole.modes == (1,) else whole.modes
    vectors = AlignedVectors(whole.flow, sizes)
    if fixed := [n for n in vectors.vectors if n.is_number]:
        raise UnfinishedError(f"a dimension is {fixed[0]}, and the check draws sizes of its own")
    counts = {n: vectors.count(n) for n in vectors.vectors}
    more = {n: composition.absent if n in vectors.data_dimensions else composition.empty for n in counts}
    bases = {n: orthonormal_matrix(rng, counts[n] + more[n]) for n in counts}
    shared, modes, values = _draw_values(_Draw(whole, amplitudes, said, rng), vectors, single, composition)
    entries = tuple((B, *place, values[x]) for B in whole.flow.state for x, place in _places_of(vectors, B))
    return DrawnModel(whole, composition, shared, modes, bases, entries)


def _draw_values(draw: _Draw, vectors: AlignedVectors, single: AlignedVectors, composition: Composition) -> tuple:
    """Parameters, modes, and the amplitudes of all modes at rest; parameters become small where modes do not fit them."""
    for attempt in range(ATTEMPTS):
        try:
            shared = draw.parameters(10.0 ** -(attempt / ATTEMPTS))
            if draw.whole.modes == (1,):
                resting = [draw.mode(single, shared, draw.said, draw.amplitudes) for _ in range(composition.occupied)]
                state = draw.whole.flow.state
                values = {x: m.at(e) for B in state for x, e, m in _each(vectors, single, B, draw.amplitudes, resting)}
                modes = [mode.numbers for mode in resting]
            else:
                mode = draw.mode(vectors, shared, draw.said, draw.amplitudes)
                values = {x: mode.at(draw.amplitudes[x]) for B in draw.whole.flow.state for x in vectors.values[B]}
                count = len(vectors.places)
                modes = [{single.values[M][0]: mode.numbers[vectors.values[M][k]] for M in single.data} for k in range(count)]
                shared = {**shared, **mode.numbers}
            return shared, (*modes, *(draw.mode(single, shared, {}, {}).numbers for _ in range(composition.absent))), values
        except UnfinishedError as error:
            problem = error
    raise problem


def _each(vectors: AlignedVectors, single: AlignedVectors, block: MatrixSymbol, amplitudes: Mapping, drawn: list) -> Iterator:
    """Each amplitude of a block among several modes, what it is of one mode, and the mode."""
    (x,) = single.values[block]
    yield from ((name, amplitudes[x], mode) for name, mode in zip(vectors.values[block], drawn, strict=True))


def _places_of(vectors: AlignedVectors, block: MatrixSymbol) -> Iterator[tuple[Symbol, tuple[int, ...]]]:
    """The row and the column of each amplitude of a block: a mode along the data, else its direction."""
    of_data = [n in vectors.data_dimensions for n in block.shape]
    for k, x in enumerate(vectors.values[block]):
        yield x, tuple(k if here or not any(of_data) else vectors.places[k] for here in of_data)


@dataclass(frozen=True)
class _Mode:
    """Numbers of a mode, or of all at rest, beside those of parameters."""

    numbers: Mapping[Basic, Any]
    shared: Mapping[Basic, Any]

    def at(self, expr: Expr):
        return value_at(expr, {**self.shared, **self.numbers})


@dataclass(frozen=True, eq=False)
class _Draw:
    """Numbers for parameters and modes."""

    whole: WholeStability
    amplitudes: Mapping[Basic, Basic]
    said: Mapping[Basic, Basic]
    rng: np.random.Generator

    @cached_property
    def facts(self) -> list[Relational]:
        """What is assumed of parameters and of one mode."""
        return [a for a in self.whole.flow.assumptions if isinstance(a, Relational) and not a.has(MatrixSymbol)]

    def _admits(self, at: Mapping[Basic, Any]) -> bool:
        """Whether numbers obey those facts that speak of nothing else."""
        spoken = conditions_row(fact for fact in self.facts if fact.free_symbols <= at.keys())
        return all(line_holds(row, at) for row in spoken)

    def parameters(self, size: float) -> dict[Basic, Any]:
        """Parameters of all modes; those that are said by others among them, unless these are values of modes."""
        held = {x for x in self.whole.flow.parameters if not isinstance(x, MatrixSymbol)}
        if self.whole.modes != (1,):
            return {x: size * random_values(self.rng, (), 0.1, 1.5) for x in sorted(held, key=str)}
        held |= set().union(*(self.said[p].free_symbols for p in self.whole.shared))
        for _ in range(TRIES):
            found = {x: size * random_values(self.rng, (), 0.1, 1.5) for x in sorted(held, key=str)}
            found |= {p: value_at(self.said[p], found) for p in self.whole.shared}
            if _fits(found.items()) and self._admits(found):
                return found
        raise UnfinishedError(f"parameters are admissible at none of {TRIES} random points")

    def mode(self, vectors: AlignedVectors, shared: Mapping, said: Mapping, amplitudes: Mapping) -> _Mode:
        """Eigenvalues, and amplitudes, of the modes of some vectors: real, of the signs that they have."""
        symbols = [x for values in vectors.values.values() for x in values]
        for _ in range(TRIES):
            found = {x: self._number(x) for x in symbols}
            found |= {y: value_at(e, {**shared, **found}) for y, e in said.items() if y in found}
            if vectors.sizes != (1,):
                found |= {p: value_at(said[p], {**shared, **found}) for p in self.whole.shared}
            mode = _Mode(found, shared)
            if (
                _fits(found.items())
                and self._admits({**shared, **found})
                and _fits((x, mode.at(e)) for x, e in amplitudes.items())
            ):
                return mode
        raise UnfinishedError(f"modes at rest are real at none of {TRIES} random points")

    def _number(self, symbol: Symbol):
        size = random_values(self.rng, (), 0.3, 2)
        return size if symbol.is_nonnegative or self.rng.random() < 0.7 else -size


def _fits(values) -> bool:
    """Whether numbers are real and of the signs of their symbols."""
    return all(mpmath.isfinite(v) and abs(mpmath.im(v)) < NO_IMAGINARY_PART and sign_fits(x, mpmath.re(v)) for x, v in values)
