"""Whole states in which two modes rest and others are absent, and the entries of sectors in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, MatrixSymbol, Symbol

from derivations.analysis.linearisation.aligned_places import ABSENT, EMPTY, ONE, OTHER_ABSENT, OTHER_EMPTY, TWO, Place
from derivations.analysis.linearisation.aligned_sectors import AlignedSector
from derivations.analysis.linearisation.rest_parameters import of_all_modes
from derivations.studies.drawn_models import DrawnModel
from derivations.studies.placed import Placed, resolved
from derivations.studies.whole_runs import Scene

OF_DIRECTIONS = {ONE: 0, TWO: 1, EMPTY: 2, OTHER_EMPTY: 3}


@dataclass(frozen=True, eq=False)
class SectorSetting:
    """The first two modes in one state, each at its own numbers.

    Attributes
    ----------
    bases
        orthonormal ones of all dimensions; ``rest`` is the whole state in them.
    numbers
        of the symbols in the matrices of sectors, which have the numbers of places.
    places
        the mode in each place of the data.
    """

    model: DrawnModel
    bases: Mapping[Expr, NDArray]
    rest: NDArray
    numbers: dict[Symbol, Expr]
    places: Mapping[Place, int]

    @classmethod
    def of(cls, scene: Scene, placed: Placed) -> SectorSetting | None:
        """None where the model has not two modes with directions, or the second one no such state."""
        model, whole = scene.model, scene.findings.states[placed.number - 1].whole
        if whole is not None and not whole.is_any:
            return cls._made(model, {ONE: 0}, ((placed, ONE),))
        allowed = np.nonzero(model.has_direction)[0][1:]
        others = ((k, p) for k in allowed for p in scene.placed[k] if p.number == placed.number and p.sample is not None)
        second, other = next(others, (0, placed))
        if not second:
            return None
        return cls._made(model, {ONE: 0, TWO: second}, ((placed, ONE), (other, TWO)))

    @classmethod
    def _made(cls, model: DrawnModel, at_rest: dict[Place, int], rows: Sequence[tuple[Placed, Place]]) -> SectorSetting:
        """States at rest in their places, beside absent modes."""
        others = (k for k in range(len(model.modes)) if k not in at_rest.values())
        places = at_rest | dict(zip((ABSENT, OTHER_ABSENT), others, strict=False))
        bases = model.random_bases(np.random.default_rng(1))
        blocks = dict.fromkeys(model.shapes, 0.0)
        for state, place in rows:
            for B, value in zip(blocks, state.values, strict=True):
                sides = (bases[n][:, _index(model, places, n, place)] for n in B.shape)
                blocks[B] = blocks[B] + value * np.outer(*sides)
        numbers = dict(rows[0][0].numbers)
        for place, mode in places.items():
            numbers |= {numbered(x, place): v for x, v in model.modes[mode].items()}
        for state, place in rows:
            values = {x: resolved(v, state.point, state.all_numbers) for x, v in state.point.values.items()}
            numbers |= {numbered(x, place): v for x, v in values.items()}
            numbers |= {of_all_modes(x): v for x, v in values.items()}
        return cls(model, bases, model.lowered.pack(blocks), numbers, places)

    def has_places(self, sector: AlignedSector) -> bool:
        """Whether the sizes leave room for a sector."""
        sides = [side for B, *places in sector.entries for side in zip(B.shape, places, strict=True)]
        return all((k := _index(self.model, self.places, n, p)) is not None and k < len(self.bases[n]) for n, p in sides)

    def eigenvector(self, sector: AlignedSector, value: complex) -> NDArray:
        """The change of the whole state along the eigenvector of a sector whose eigenvalue is next to a number."""
        matrix = np.array(sector.whole.xreplace(self.numbers).evalf(30).tolist(), dtype=complex).real
        spectrum, vectors = np.linalg.eig(matrix)
        vector = np.real(vectors[:, np.argmin(np.abs(spectrum - value))])
        blocks = {B: np.zeros(shape) for B, shape in self.model.lowered.shapes.items()}
        for (B, left, right), c in zip(sector.entries, vector, strict=True):
            blocks[B] = blocks[B] + c * np.outer(*self._vectors(B, left, right))
        return self.model.lowered.pack(blocks)

    def entries(self, sector: AlignedSector, velocity: NDArray) -> NDArray:
        """The entries of a sector in a velocity."""
        blocks = self.model.lowered.unpack(velocity)
        sides = ((B, *self._vectors(B, left, right)) for B, left, right in sector.entries)
        return np.array([e @ blocks[B] @ f for B, e, f in sides])

    def _vectors(self, block: MatrixSymbol, left: Place, right: Place) -> list[NDArray]:
        return [
            self.bases[n][:, _index(self.model, self.places, n, p)] for n, p in zip(block.shape, (left, right), strict=True)
        ]


def _index(model: DrawnModel, places: Mapping[Place, int], n: Expr, place: Place) -> int | None:
    """Which vector of a dimension stands in a place."""
    assert model.vectors is not None
    return (places if n in model.vectors.data_dimensions else OF_DIRECTIONS).get(place)


def numbered(x: Symbol, place: Place) -> Symbol:
    """A symbol of a mode, with the number of its place, as sectors write it."""
    return Symbol(f"{x.name}_{place.number}", **x.assumptions0)
