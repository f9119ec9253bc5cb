r"""The planes (φ, λ) and (φ, k): what is known of each cell in closed form and by proof, and how it is simulated.

>>> plane = ParameterPlane(vertical="lambda", fixed=0.5, low=0.01, high=0.25)
>>> closed = plane.closed_form(*plane.centres(4, 3))
>>> closed.shape, tuple(Phase)[closed[0, 0]].value
((4, 3), 'bistable')

Reference: the notes, §4.2.
When it fails: cells narrower than a sample in each class are refused; give the outcomes more samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms import phases
from derivations.phases.cells import proved_phase
from derivations.phases.outcomes import Outcomes
from derivations.phases.plane import FINE, Boundaries, Plane
from derivations.phases.regions import Phase, phase_codes
from theory.errors import InputError

VERTICAL = ("lambda", "k")


@dataclass(frozen=True)
class ParameterPlane(Plane):
    r"""The plane of :math:`\varphi` and one of :math:`\lambda`, :math:`k=\kappa/\lambda` (``vertical``), the other ``fixed``.

    Attributes
    ----------
    vertical
        ``"lambda"`` or ``"k"``.
    fixed
        the value of the other one.
    low, high
        of the vertical axis.
    left, right
        of the fractions.
    outcomes
        the number of classes, and how each cell is simulated.

    Raises
    ------
    InputError
        for ranges that are empty or hold decays that are not positive, and for fractions beyond 0 and 1.
    """

    vertical: str
    fixed: float
    low: float
    high: float
    left: float = 0.0
    right: float = 1.0
    outcomes: Outcomes = field(default_factory=Outcomes)

    def __post_init__(self):
        if self.vertical not in VERTICAL:
            raise InputError("lambda or k as vertical axis", repr(self.vertical), "choose one")
        if not 0 <= self.left < self.right <= 1:
            raise InputError(
                "a range of fractions in [0, 1]", f"{self.left:g} to {self.right:g}", "let --across be two of them, ascending"
            )
        if not (0 < self.low < self.high < np.inf and 0 < self.fixed < np.inf):
            given = f"{self.low:g} to {self.high:g} at {self.fixed:g}"
            raise InputError(
                "a range of positive decays, and a positive one beside it",
                given,
                "let --up be two positive numbers, ascending, and --at one",
            )

    @property
    def axes(self) -> tuple[str, str]:
        return "phi", self.vertical

    @property
    def parameters(self) -> dict[str, float]:
        (other,) = set(VERTICAL) - {self.vertical}
        return {other: self.fixed}

    def centres(self, columns: int, rows: int) -> tuple[NDArray, NDArray]:
        """The centres of the cells, across and up; fractions at the nearest whole numbers of samples."""
        across, up = super().centres(columns, rows)
        return self.outcomes.nearest_fractions(across), up

    def closed_form(self, across: NDArray, up: NDArray) -> NDArray:
        return phase_codes(across[:, None], *self._decays_at(up[None, :]), self.outcomes.classes)

    def prove(self, box: Mapping[str, tuple]) -> Phase:
        return proved_phase({**box, **{name: (value, value) for name, value in self.parameters.items()}}, self.outcomes.classes)

    def boundaries(self) -> Boundaries:
        across, up = self.edges(FINE - 1, FINE - 1)
        at = (across[:, None], *self._decays_at(up[None, :]), float(self.outcomes.classes))
        with np.errstate(all="ignore"):
            exists = phases.numeric_form(phases.existence_margin)(*at) + np.zeros((FINE, FINE))
            turns = np.where(exists > 0, phases.numeric_form(phases.turning_margin)(*at), np.nan)
        return {
            "saddle-node: the state is born": (across, up, exists),
            "Hopf: it begins to turn": (across, up, np.arcsinh(turns)),
        }

    def _decays_at(self, up: NDArray) -> tuple[NDArray, NDArray]:
        fixed = np.full_like(up, self.fixed)
        return (up, fixed) if self.vertical == "lambda" else (fixed, up)
