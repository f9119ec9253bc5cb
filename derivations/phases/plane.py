"""What a phase diagram is drawn of: a plane of parameters or of starts, cell by cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.phases.regions import Phase

FINE = 401  # points along each side on which closed forms are drawn
Boundaries = dict[str, tuple[NDArray, NDArray, NDArray]]


class Plane(ABC):
    """A plane from ``left`` to ``right`` and from ``low`` to ``high``, and the ``outcomes`` that simulate points of it."""

    left: float
    right: float
    low: float
    high: float
    outcomes: Any

    @property
    @abstractmethod
    def axes(self) -> tuple[str, str]:
        """Names across and up."""

    @property
    def parameters(self) -> dict[str, float]:
        """What is fixed and given to the outcomes beside the axes."""
        return {}

    def edges(self, columns: int, rows: int) -> tuple[NDArray, NDArray]:
        """The edges of the cells, across and up."""
        return np.linspace(self.left, self.right, columns + 1), np.linspace(self.low, self.high, rows + 1)

    def centres(self, columns: int, rows: int) -> tuple[NDArray, NDArray]:
        """The centres of the cells, across and up."""
        across, up = ((edges[1:] + edges[:-1]) / 2 for edges in self.edges(columns, rows))
        return across, up

    @abstractmethod
    def closed_form(self, across: NDArray, up: NDArray) -> NDArray:
        """The numbers of the phases on a grid (across, up); undecided where there is no closed form."""

    @abstractmethod
    def prove(self, box: Mapping[str, tuple]) -> Phase:
        """What is proved of a cell."""

    @abstractmethod
    def boundaries(self) -> Boundaries:
        """By name: points across and up, and values (across, up) whose zeros are the boundary in closed form."""

    def numerical_boundaries(self) -> dict[str, tuple[NDArray, NDArray]]:
        """By name: boundaries that are integrated, points across and up."""
        return {}
