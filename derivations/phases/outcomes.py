r"""Phases by simulation: where the whole model goes from starts near its states, by stated criteria.

The shared head with both targets stopped is integrated by its order parameters, all sets of parameters at once, from two starts
each.  *Near*: the state with all class modes (where it does not exist, what is left of it at the critical decay), every entry
disturbed.  *Small*: half of the lower state :math:`w_-` in every mode, likewise disturbed.  Let S be the spread of the labels,
relative to that of the state without collapse, and A the antisymmetric part of the head, relative to the start:

* *kept*: in the last quarter of the run A stays below a tenth, and S within one percent of one;
* *turning*: A has grown to three while S was above nine tenths, and is not below one throughout the last quarter: head and
  modes turn, and the state is left for it;
* *gone*: S stays below one percent in the last quarter.

Near kept and small gone is bistable, both kept non-collapsed, near turning rotating, and else both gone collapsed; all else is
undecided, and is shown so.  A run lasts some e-folds of the slowest growth or decay among the sets of parameters, which near a
boundary is slow, up to a longest one.

Where it rotates theory knows the cycle that is born at the boundary, and the near run is followed for longer: in the second
half of this time the smallest distance of two labels, relative to that at rest, stays above a tenth (*labels apart*, as on a
stable cycle), or below a hundredth (*together*), or neither (*close at times*).

When it fails: starts far from both states may go elsewhere; within a cell of a boundary the longest run may be too short.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms import phases
from derivations.phases import regions
from derivations.phases.regions import Phase, Turning
from derivations.phases.starts import along_modes, disturb_blocks
from theory import Coupling, models
from theory.errors import InputError
from theory.simulation.observables import label_spread, min_separation

E_FOLDS = 12.0  # in the length of a run
RECORDED = 160  # times, closer to each other at the start
FOLLOWED = 800  # times of runs that turn
TOLERANCES: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-9}


@dataclass(frozen=True)
class Outcomes:
    r"""The simulated phases of arrays of parameters ``phi``, ``lambda``, ``k``.

    Attributes
    ----------
    classes, per_class
        K, and samples in each class; fractions have to be whole numbers of samples of each class.
    noise
        relative size of the disturbance.
    longest
        of a run, in inverse mobilities of the embeddings.
    turned
        how long runs that turn are followed, in inverse mobilities of the embeddings.
    seed
        of the disturbances.
    """

    classes: int = 4
    per_class: int = 250
    noise: float = 1e-3
    longest: float = 6000.0
    turned: float = 2000.0
    seed: int = 0

    @property
    def identity(self) -> str:
        """What defines the results."""
        return f"phases {asdict(self)} {E_FOLDS} {RECORDED} {FOLLOWED} {TOLERANCES}"

    @property
    def samples(self) -> int:
        """The number N of samples."""
        return self.classes * self.per_class

    def nearest_fractions(self, fractions: NDArray) -> NDArray:
        """The nearest fractions that are whole numbers of samples of each class, neither none nor all.

        Raises
        ------
        InputError
            where two of them become the same.
        """
        whole = np.clip(np.round(np.asarray(fractions) * self.per_class), 1, self.per_class - 1)
        if len(np.unique(whole)) < len(whole):
            most = max(2, int((self.per_class - 1) * (np.max(fractions) - np.min(fractions))))
            got, remedy = f"{len(whole)} of them for {self.per_class}", f"use a grid of at most {most}, or a wider range across"
            raise InputError("fractions that differ by a sample a class", got, remedy)
        return whole / self.per_class

    def __call__(self, **values: NDArray) -> dict[str, NDArray]:
        """The number of the phase in :class:`~derivations.phases.regions.Phase`, and of what labels do where it rotates in
        :class:`~derivations.phases.regions.Turning`, with the smallest distance of two labels relative to rest; the largest S
        at the end of both runs, and the largest A at the end of the near one."""
        phi, lam, k = (values[name].astype(float) for name in ("phi", "lambda", "k"))
        times = self.duration(phi, lam, k) * np.linspace(0, 1, RECORDED) ** 2
        near, small = (_observe_runs(self._follow_starts(phi, lam, k, times, start)) for start in ("near", "small"))
        small_kept = (np.abs(small.spread - 1) < 1e-2).all(axis=1)
        rules = {
            Phase.BISTABLE: near.is_kept & small.is_gone,
            Phase.NON_COLLAPSED: near.is_kept & small_kept,
            Phase.ROTATING: near.is_turning,
            Phase.COLLAPSED: near.is_gone & small.is_gone,
        }
        outcome = regions.code_of_rules(rules)
        turning, least = self._follow_turns(phi, lam, k, outcome == regions.CODES[Phase.ROTATING])
        return {
            "outcome": outcome,
            "turning": turning,
            "least_distance": least,
            "spread_near": near.spread[:, 1],
            "spread_small": small.spread[:, 1],
            "turn": near.turn[:, 1],
        }

    def duration(self, phi: NDArray, lam: NDArray, k: NDArray) -> float:
        """Long enough for the slowest of them, up to the longest."""
        slowest = np.abs(regions.growth_rate(phi, lam, k, self.classes))
        beyond = -phases.numeric_form(phases.existence_margin)(phi, lam, k, float(self.classes))
        slowest = np.minimum(np.where(np.isnan(slowest), beyond, slowest), lam)
        return float(min(self.longest, E_FOLDS / max(slowest.min(), E_FOLDS / self.longest)))

    def _follow_starts(self, phi: NDArray, lam: NDArray, k: NDArray, times: NDArray, start: str) -> _Followed:
        from theory.simulation.ensembles import ensemble

        couplings = [Coupling.uniform(self.classes, self.samples, f) for f in phi]
        states = [self._both_states(c, *at) for c, *at in zip(couplings, phi, lam, k, strict=True)]
        begun = [self._disturbed_start(*state, start) for state in states]
        found = ensemble(
            models.projection_head(),
            couplings,
            dimension=self.classes,
            times=times,
            seeds=np.full(len(phi), self.seed).tolist(),
            parameters={"lambda": lam, "kappa": lam * k},
            initial={name: np.stack([blocks[name] for blocks in begun]) for name in begun[0]},
            **TOLERANCES,
        )
        assert found.head is not None  # the model has one
        return _Followed(times, found.labels, found.head, [blocks["Y"] for blocks, _ in states])

    def _follow_turns(self, phi: NDArray, lam: NDArray, k: NDArray, turns: NDArray) -> tuple[NDArray, NDArray]:
        """Numbers in :class:`~derivations.phases.regions.Turning` and smallest distances; zero and NaN where nothing turns."""
        codes, least = np.zeros(len(phi), dtype=np.int8), np.full(len(phi), np.nan)
        if turns.any():
            times = np.linspace(0, self.turned, FOLLOWED)
            found = self._follow_starts(phi[turns], lam[turns], k[turns], times, "near")
            distance = min_separation(found.labels[:, FOLLOWED // 2 :])
            distance /= np.array([min_separation(labels) for labels in found.resting])[:, None]
            rules = {Turning.APART: distance.min(axis=1) > 0.1, Turning.TOGETHER: distance.max(axis=1) < 1e-2}
            numbers = [list(Turning).index(kind) for kind in (*rules, Turning.RETURNING)]
            codes[turns] = np.select(list(rules.values()), numbers[:-1], numbers[-1])
            least[turns] = distance.min(axis=1)
        return codes, least

    def _both_states(self, coupling: Coupling, phi: float, lam: float, k: float) -> tuple[dict, dict]:
        """The upper state, and the lower one: every mode along a direction of its own, at the head that it rests at; beyond its
        critical decay at the head that it had there."""
        resting = phases.states_at_rest(coupling.modes(self.classes), lam, lam * k, 1 / self.samples)
        upper, lower = (along_modes(coupling, np.diag(amplitudes), np.diag(heads)) for heads, amplitudes in resting)
        return upper, lower

    def _disturbed_start(self, upper: dict, lower: dict, which: str) -> dict:
        rng = np.random.default_rng(self.seed)
        return disturb_blocks(upper if which == "near" else {name: block / 2 for name, block in lower.items()}, self.noise, rng)


@dataclass(frozen=True, eq=False)
class _Followed:
    """R runs at T times: labels (R, T, d, K), heads (R, T, d, d), and labels at rest, (d, K) each."""

    times: NDArray
    labels: NDArray
    head: NDArray
    resting: list[NDArray]


@dataclass(frozen=True, eq=False)
class _LateSpread:
    """Extremes of R runs: least and largest S in the last quarter (R, 2), and largest A while S was above nine tenths and in
    the last quarter (R, 2)."""

    spread: NDArray
    turn: NDArray

    @property
    def is_kept(self) -> NDArray:
        return (self.turn[:, 1] < 0.1) & (np.abs(self.spread - 1) < 1e-2).all(axis=1)

    @property
    def is_turning(self) -> NDArray:
        return (self.turn[:, 0] >= 3) & (self.turn[:, 1] >= 1)

    @property
    def is_gone(self) -> NDArray:
        return self.spread[:, 1] < 1e-2


def _observe_runs(found: _Followed) -> _LateSpread:
    times, head = found.times, found.head
    spread = label_spread(found.labels) / np.array([label_spread(labels) for labels in found.resting])[:, None]
    turn = np.linalg.norm(head - np.swapaxes(head, -1, -2), axis=(-2, -1))
    turn /= turn[:, :1]
    apart = np.minimum.accumulate(spread, axis=1) > 0.9
    last = times >= 0.75 * times[-1]
    return _LateSpread(
        np.stack([spread[:, last].min(axis=1), spread[:, last].max(axis=1)], axis=1),
        np.stack([(turn * apart).max(axis=1), turn[:, last].max(axis=1)], axis=1),
    )
