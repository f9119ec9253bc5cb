"""Runs from a kind of start to their ends, held against what the theory allows and what was foreseen.

Every run is followed until it is at rest by :data:`derivations.dimensional.ends.REST`; those that are not are followed longer,
and are kept with the verdict that they are not at rest if they still are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from derivations.dimensional.ends import AMPLITUDE, REST, End, EndVerdict, Occupation, judge_end, occupation
from derivations.dimensional.starts import CouplingModes, Split, StartKind, draw_starts, foresee_split, label_rank
from theory import Coupling, models
from theory.simulation.closure import deviation_blocks

HORIZONS = (300.0, 3000.0, 10000.0)  # how long runs are followed, in the inverse rate of a sample


@dataclass(frozen=True, eq=False)
class FollowedRun:
    r"""One run: how it began, what was foreseen, and where it ended.

    Attributes
    ----------
    coupling, kind
        what it began with.
    foreseen
        numbers of positive and of negative survivors, or None.
    time
        how long it was followed.
    end, labels
        its last state, and the labels (d, K).
    """

    coupling: Coupling
    kind: StartKind
    foreseen: Split | None
    time: float
    end: End
    labels: NDArray

    @property
    def dimension(self) -> int:
        """The dimension d of the embeddings."""
        return len(self.end.head)

    @property
    def is_at_rest(self) -> bool:
        """Whether it has come to rest, without which nothing else is meant of its end."""
        return self.end.residual <= REST

    @cached_property
    def verdict(self) -> EndVerdict:
        """What the stability theory says of the end."""
        return judge_end(self.end)

    @cached_property
    def occupation(self) -> Occupation:
        """How the survivors share the directions."""
        return occupation(self.end)

    @cached_property
    def spread(self) -> NDArray:
        r"""(min(d, K),): singular values of the labels around their mean, each weighted by the root of its degree, in units of
        :math:`\gamma^{-1/2}`."""
        weights = self.coupling.label_degrees / self.coupling.total_weight
        return np.linalg.svd((self.labels - (self.labels @ weights)[:, None]) * np.sqrt(weights), compute_uv=False)

    @property
    def rank(self) -> int:
        """The rank of the geometry of labels."""
        return int(np.sum(self.spread > AMPLITUDE))

    @property
    def rank_of_survivors(self) -> int:
        """The rank that the numbers of survivors give, where these are the top and the bottom of the spectrum."""
        return label_rank((self.occupation.positive, self.occupation.negative), self.coupling.modes())


def follow(coupling: Coupling, dimension: int, kinds: Sequence[StartKind], runs: int, seed: int = 0) -> list[FollowedRun]:
    """Runs of kinds of start to their ends, all in one ensemble.

    Parameters
    ----------
    coupling
        connected, with mobilities inverse to the degrees.
    dimension
        d.
    kinds, runs, seed
        of the random starts, so many of each kind.

    Raises
    ------
    InputError
        for other mobilities, and a dimension below one.
    """
    parts = [draw_starts(coupling, dimension, kind, runs, seed) for kind in kinds]
    blocks = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ends, times = _follow_to_rest(coupling, blocks)
    begun = zip(np.repeat(np.array(kinds, dtype=object), runs), foresee_split(coupling, blocks), strict=True)
    return [FollowedRun(coupling, *first, time, *last) for first, time, last in zip(begun, times.tolist(), ends, strict=True)]


def _follow_to_rest(coupling: Coupling, blocks: Mapping[str, NDArray]) -> tuple[list[tuple[End, NDArray]], NDArray]:
    """Ends and labels of starts, at rest or after the longest time, and how long each was followed (R,)."""
    from theory.simulation.ensembles import ensemble

    modes, moving, times = CouplingModes.of(coupling), np.arange(len(blocks["W"])), np.zeros(len(blocks["W"]))
    ends: dict[int, tuple[End, NDArray]] = {}
    for horizon in HORIZONS:
        if not len(moving):
            break
        found = ensemble(
            models.projection_head(),
            coupling,
            dimension=blocks["W"].shape[-1],
            times=[horizon],
            seeds=range(len(moving)),
            initial={name: block[moving] for name, block in blocks.items()},
            progress=_ignore_progress,
        )
        ends |= {int(r): (_end_of_run(coupling, modes, found.end, i), found.end["Y"][i]) for i, r in enumerate(moving)}
        times[moving] = horizon
        moving = np.array([r for r in moving.tolist() if ends[r][0].residual > REST], dtype=np.intp)
    return [ends[r] for r in range(len(times))], times


def _ignore_progress(share: float) -> None:
    """Progress is told by who makes many ensembles."""


def _end_of_run(coupling: Coupling, modes: CouplingModes, blocks: Mapping[str, NDArray], run: int) -> End:
    """The end of a run, from order parameters (R, ...): deviations within types count as modes of correlation zero."""
    deviations = [block[run] for block in deviation_blocks(blocks)]
    return modes.end_of(coupling, blocks["M"][run], deviations, blocks["Y"][run], blocks["W"][run])
