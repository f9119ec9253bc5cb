r"""Where cycles are born stable: the sign of the cubic coefficient, proved over boxes of pairs of heads.

All pairs of different heads of one sign are a square: :math:`\rho`, the smaller over the larger one, and
:math:`x=1/\omega^2` of the smaller one, which is 0 as :math:`\lambda\to0` and 1 where its mode is about to die.  Over a box of
both the Hopf boundary is enclosed by Newton's method and the coefficient by centred forms
(:mod:`derivations.analysis.linearisation.centred`); a box whose sign is open is quartered.

>>> found = prove_criticality((0.55, 0.56), (0.5, 0.51), cells=8, depth=1)
>>> found.supercritical, found.subcritical
(1.0, 0.0)

When it fails: the sides of the square, at which the frequency vanishes or a mode dies, need ever smaller boxes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.analysis.linearisation.centred import over_boxes, root_near
from derivations.closed_forms.pair import largest_ratio
from derivations.closed_forms.turning import determinant_coefficients, plane_coefficient, turning_square
from theory import require
from theory.errors import InputError

TOGETHER = 5000  # boxes in one call


@dataclass(frozen=True, eq=False)
class Criticality:
    """What is proved of a rectangle of pairs of heads.

    Attributes
    ----------
    supercritical, subcritical
        the shares of its area where cycles are proved to be born stable, and unstable.
    open
        (N, 2, 2) boxes without a proof: of each the ends in rho, and in x.
    """

    supercritical: float
    subcritical: float
    open: NDArray

    @property
    def undecided(self) -> float:
        """The share of its area without a proof."""
        return 1 - self.supercritical - self.subcritical


def prove_criticality(rho: tuple[float, float], x: tuple[float, float], cells: int = 64, depth: int = 4) -> Criticality:
    """The signs over a rectangle inside the unit square, cut into ``cells`` by ``cells`` boxes, each quartered ``depth`` times.

    Raises
    ------
    InputError
        for a rectangle that is not inside the square.
    """
    require.whole(cells, "at least one cell along a side", least=1)
    require.whole(depth, "a depth that is not negative", least=0)
    if not (0 < rho[0] < rho[1] < 1 and 0 < x[0] < x[1] < 1):
        raise InputError("ascending ranges of rho and x between 0 and 1", f"{rho} and {x}", "narrow them")
    boxes, areas = _cut(np.linspace(*rho, cells + 1), np.linspace(*x, cells + 1)), {-1: 0.0, 1: 0.0}
    for level in range(depth + 1):
        boxes = boxes if level == 0 else _quarter(boxes)
        signs = np.concatenate([_signs(part) for part in np.array_split(boxes, max(1, len(boxes) // TOGETHER))])
        for sign in areas:
            areas[sign] += float(np.prod(np.ptp(boxes[signs == sign], axis=2), axis=1).sum())
        boxes = boxes[signs == 0]
        if not len(boxes):
            break
    whole = (rho[1] - rho[0]) * (x[1] - x[0])
    shares = {sign: round(area / whole, 12) for sign, area in areas.items()}
    return Criticality(shares[-1], shares[1], boxes)


def _signs(boxes: NDArray) -> NDArray:
    """The proved sign of the coefficient over each box, zero where it is open."""
    with np.errstate(all="ignore"):  # balls of infinite radius prove nothing
        rho, x = over_boxes(boxes[:, 0], boxes[:, 1])
        decay = x * rho * rho  # in units of the larger head
        ratio, proved = root_near(determinant_coefficients(rho, 1, decay), np.full(len(boxes), float(largest_ratio())))
        rate = turning_square(rho, 1, ratio, decay).root() * 1j
        found = plane_coefficient(rho, 1, ratio, rate, decay).ball
        proved &= ratio.ball.middle.real > ratio.ball.radius  # the positive root, of which there is one
        return np.where(proved & (np.abs(found.middle.real) > found.radius), np.sign(found.middle.real), 0)


def _cut(across: NDArray, up: NDArray) -> NDArray:
    """The (N, 2, 2) boxes between edges."""
    sides = np.stack([across[:-1], across[1:]], axis=1), np.stack([up[:-1], up[1:]], axis=1)
    return np.array([(a, b) for a in sides[0] for b in sides[1]])


def _quarter(boxes: NDArray) -> NDArray:
    middle = boxes.mean(axis=2)
    halves = [np.stack([boxes[:, :, 0], middle], axis=2), np.stack([middle, boxes[:, :, 1]], axis=2)]
    return np.concatenate([np.stack([a[:, 0], b[:, 1]], axis=1) for a in halves for b in halves])
