r"""The plane of starts of one mode along one direction: head :math:`w_0` and amplitude :math:`\sqrt\gamma\,v_0`.

>>> plane = StartPlane(outcomes=StartOutcomes(fraction=0.2))
>>> closed = plane.closed_form(*plane.centres(3, 2))
>>> [tuple(Phase)[code].value for code in closed[:, 0]]
['collapsed', 'non-collapsed', 'collapsed']

Reference: the notes, §4.1 (hyperbola) and §4.2 (stable manifold of the saddle).
When it fails: with decays there is no closed form of the boundary, and no cell is proved but where every start collapses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms import phases
from derivations.phases.cells import proved_phase, proved_start
from derivations.phases.plane import FINE, Boundaries, Plane
from derivations.phases.regions import CODES, Phase, start_codes
from derivations.phases.single_mode import StartOutcomes, basin_boundary
from theory.errors import InputError


@dataclass(frozen=True)
class StartPlane(Plane):
    """Starts of one mode.

    Attributes
    ----------
    left, right
        of the heads.
    high
        of the amplitudes, from 0 on; the other sign is alike.
    outcomes
        the model, and how each cell is simulated.

    Raises
    ------
    InputError
        for empty ranges.
    """

    left: float = -1.0
    right: float = 2.0
    high: float = 2.0
    low: float = field(default=0.0, init=False, repr=False)
    outcomes: StartOutcomes = field(default_factory=StartOutcomes)

    def __post_init__(self):
        if not (-np.inf < self.left < self.right < np.inf and 0 < self.high < np.inf):
            raise InputError("ranges of starts", f"{self.left:g} to {self.right:g}, 0 to {self.high:g}", "correct them")

    @property
    def axes(self) -> tuple[str, str]:
        return "w_0", "v_0"

    @property
    def correlation(self) -> float:
        """The correlation of the mode."""
        found = self.outcomes
        return float(phases.numeric_form(phases.correlation)(found.fraction, found.decay, 0.0, 2.0))

    @property
    def has_state(self) -> bool:
        """Whether there is a state without collapse that the decays leave."""
        found = self.outcomes
        return found.decay > 0 and found.head_decay > 0 and self._existence > 0

    def closed_form(self, across: NDArray, up: NDArray) -> NDArray:
        if not self.outcomes.decay:
            return start_codes(across[:, None], up[None, :], self.correlation)
        code = CODES[Phase.UNDECIDED if self.has_state else Phase.COLLAPSED]
        return np.full((len(across), len(up)), code)

    def prove(self, box: Mapping[str, tuple]) -> Phase:
        found = self.outcomes
        if not found.decay:
            return proved_start(box, found.fraction, 2)
        if not found.head_decay:
            return Phase.UNDECIDED
        point = {"phi": found.fraction, "lambda": found.decay, "k": found.head_decay / found.decay}
        anywhere = proved_phase({name: (value, value) for name, value in point.items()}, 2)
        return anywhere if anywhere is Phase.COLLAPSED else Phase.UNDECIDED

    def boundaries(self) -> Boundaries:
        if self.outcomes.decay:
            return {}
        across, up = self.edges(FINE - 1, FINE - 1)
        return {"hyperbola": (across, up, phases.survival_margin(across[:, None], up[None, :], self.correlation))}

    def numerical_boundaries(self) -> dict[str, tuple[NDArray, NDArray]]:
        if not self.has_state:
            return {}
        found = self.outcomes
        reach = 1.5 * max(abs(self.left), abs(self.right), self.high)
        amplitudes, heads = basin_boundary(
            correlation=self.correlation, decay=found.decay, head_decay=found.head_decay, reach=reach
        )
        return {"stable manifold of the saddle (numerical)": (heads, amplitudes)}

    @property
    def _existence(self) -> float:
        found = self.outcomes
        return float(phases.numeric_form(phases.existence_margin)(found.fraction, found.decay, 1.0, 2.0))
