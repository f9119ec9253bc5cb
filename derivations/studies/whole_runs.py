r"""Runs of a whole model from random starts, laid over its predicted states.

Small random starts are not aligned, nor are those near a stable state, which is disturbed in all entries.  Each mode of the end
is held against the states that the closed forms have at its own eigenvalues and singular values.

When it fails: where velocities hold traces of the state, one mode knows of the others; such a model starts with a single mode.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Rational, Symbol, Trace

from derivations.studies.drawn_models import DrawnModel, draw_model, known_loss
from derivations.studies.findings import Findings
from derivations.studies.following import Ending, Followed, Outcome, follow
from derivations.studies.placed import Placed, lower_at, place_points
from derivations.typeset.plain_values import plain_values
from theory.words import expand

SMALL, DISTURBED = 0.05, 0.02  # sizes of starts, and of what is added to a state, relative to the amplitudes
RANDOM_STARTS = 2
LONG, ENOUGH = 300.0, 40.0  # relaxation times that are followed at most: of amplitudes, and of all entries
ZERO = 1e-6  # of the largest rate
UNKNOWN = 100.0  # the time that is followed where no rate is known
RECORDED = 400  # times that are kept


RANDOM = "small random start"


@dataclass(frozen=True)
class ModeEnd:
    """Where one mode ended.

    Attributes
    ----------
    state
        the number of the predicted state that is nearest; None where the run did not come to rest.
    distance
        to it, in Euclidean norm over amplitudes.
    is_stable
        whether the amplitudes are stable there, by their eigenvalues at the numbers of the mode.
    """

    state: int | None
    distance: float
    is_stable: bool
    placed: Placed | None = field(default=None, repr=False)

    def to_dict(self) -> dict:
        """Plain values."""
        return {"state": self.state, "distance": plain_values(self.distance), "is_stable": self.is_stable}


@dataclass(frozen=True, eq=False)
class WholeRun:
    """One run of the whole model: of its matrices, or of a flow of scalars itself, which is one mode without data.

    Attributes
    ----------
    start
        in words, such as ``"small random start"``.
    modes
        exact eigenvalues and singular values of each mode.
    times
        (T,) at which amplitudes are recorded.
    amplitudes
        amplitude to its values (T, modes) along the vectors in which the end is aligned.
    loss
        (T,), or None for a flow without one.
    ending
        how the run ended.
    ends
        where each mode ended.
    misaligned
        the share of the end, in Frobenius norm, that is not aligned.
    error
        how far the end may be from where the run would rest.
    """

    start: str
    seed: int
    sizes: Mapping[Basic, int]
    modes: tuple[Mapping[Symbol, Rational], ...]
    times: NDArray
    amplitudes: Mapping[Symbol, NDArray]
    loss: NDArray | None
    ending: Ending
    ends: tuple[ModeEnd, ...]
    misaligned: float = 0.0
    error: float = np.inf
    flips: tuple[NDArray, ...] = field(default=(), repr=False)

    @property
    def share_error(self) -> float:
        """The error of a share of the end."""
        last = [values[-1] for values in self.amplitudes.values()]
        return self.error / max(float(np.linalg.norm(last)), 1e-300)

    def turned(self, placed: Placed, amplitudes: NDArray) -> tuple[NDArray, NDArray]:
        """Amplitudes, by a flip of vectors, next to a state, and that state."""
        pairs = [(amplitudes * flip, placed.nearest(amplitudes * flip)) for flip in self.flips]
        found = [(turned, near) for turned, near in pairs if near is not None]
        turned, (_, nearest) = min(found, key=lambda pair: pair[1][0])
        return turned, nearest

    @property
    def is_random(self) -> bool:
        """Whether it started anywhere, not near a state."""
        return self.start == RANDOM

    def to_dict(self) -> dict:
        """Plain values."""
        return {
            "start": self.start,
            "seed": self.seed,
            "sizes": plain_values(self.sizes),
            "modes": plain_values(self.modes),
            "times": plain_values(self.times),
            "amplitudes": plain_values(self.amplitudes),
            "loss": plain_values(self.loss),
            "ending": plain_values(self.ending),
            "ends": plain_values(self.ends),
            "misaligned": plain_values(self.misaligned),
            "error": plain_values(self.error),
        }


def run_whole_model(findings: Findings, seed: int = 0) -> tuple[WholeRun, ...]:
    """Runs from small random starts, and from near each stable state, at random sizes.

    Raises
    ------
    InputError
        for a matrix flow whose states are not aligned ones of a single mode.
    """
    is_single = joins_modes(findings)
    drawn = (draw_model(findings, np.random.default_rng(seed + k)) for k in range(RANDOM_STARTS if findings.reduction else 1))
    scenes = [Scene(findings, model, is_single) for model in drawn]
    starts = [run for k, scene in enumerate(scenes) for run in scene.random_runs(seed + k, RANDOM_STARTS // len(scenes))]
    return (*starts, *scenes[0].disturbed_runs(seed))


def joins_modes(findings: Findings) -> bool:
    """Whether one mode knows of the others: by traces of the state in the velocities."""
    flow = findings.subject.flow
    terms = (c for f in flow.velocity.values() for c in expand(f, flow.metric_context).values()) if flow.is_matrix else ()
    return any(trace.has(*flow.state) for c in terms for trace in c.atoms(Trace))


@dataclass(frozen=True, eq=False)
class Scene:
    """A drawn model and its predicted states, for each mode at its own numbers."""

    findings: Findings
    model: DrawnModel
    is_single: bool = False
    placed: tuple[tuple[Placed, ...], ...] = field(init=False)

    def __post_init__(self):
        found = {id(mode): place_points(self.findings.points, mode) for mode in self.model.modes}
        object.__setattr__(self, "placed", tuple(found[id(mode)] for mode in self.model.modes))

    def is_stable(self, placed: Placed) -> bool:
        """Whether the amplitudes of a mode are stable in a state of theirs."""
        return placed.is_stable(lower_at(self.findings.amplitudes, placed.numbers))

    @property
    def size(self) -> float:
        """The largest amplitude of isolated states; one where there is none."""
        sizes = [float(np.abs(p.values).max()) for found in self.placed for p in found if not p.free]
        return max(sizes, default=0.0) or 1.0

    @cached_property
    def horizon(self) -> float:
        """So many relaxation times of the slowest amplitude, or as many as a run needs to rest in the whole model."""
        rates = [abs(s.real) for p in self.placed[0] for s in p.eigenvalues(lower_at(self.findings.amplitudes, p.numbers))]
        return max(_times(LONG, rates) or UNKNOWN, _times(ENOUGH, self._whole_rates()))

    def _whole_rates(self) -> list[float]:
        """At which small changes of all entries grow or fall, near states that are stable by themselves."""
        stable = [p.number for p in self.distinct_states() if not p.free and self.is_stable(p)]
        states = (self.aligned_state(number, np.random.default_rng(0)) for number in stable)
        spectra = (np.linalg.eigvals(self.model.lowered.jacobian(0.0, y)).real for y in states)
        return [abs(float(r)) for spectrum in spectra for r in spectrum]

    def random_runs(self, seed: int, count: int) -> Iterator[WholeRun]:
        """From small random starts."""
        rng = np.random.default_rng(seed + 1)
        for _ in range(count):
            yield self.run(RANDOM, self._random_start(rng), seed)

    def disturbed_runs(self, seed: int) -> Iterator[WholeRun]:
        """From near each state that is stable by itself."""
        rng = np.random.default_rng(seed + 1)
        for placed in self.distinct_states():
            if not placed.free and placed.is_away() and self.is_stable(placed):
                start = self.aligned_state(placed.number, rng)
                if not self.is_single:
                    start = start + self.model.random_start(DISTURBED * self.size, rng)
                yield self.run(f"near state {placed.number}", start, seed)

    def distinct_states(self) -> list[Placed]:
        """States of the first mode that are not turned into an earlier one by flips of vectors."""
        found: list[Placed] = []
        for p in self.placed[0]:
            others = [other for other in found if not other.free and not p.free]
            if not any(_is_turned(p, other, self.model.flips) for other in others):
                found.append(p)
        return found

    def _random_start(self, rng: np.random.Generator) -> NDArray:
        if not self.is_single:
            return self.model.random_start(SMALL * self.size, rng)
        values = np.zeros((len(self.model.modes), len(self.model.amplitudes)))
        values[0] = SMALL * self.size * rng.standard_normal(values.shape[1])
        return self.model.aligned_state(values, self.model.random_directions(rng))

    def aligned_state(self, number: int, rng: np.random.Generator) -> NDArray:
        """All modes that have a direction in the state of a number, or in another stable one where that is not stable."""
        values = np.zeros((len(self.model.modes), len(self.model.amplitudes)))
        for k in np.nonzero(self.model.has_direction)[0][: 1 if self.is_single else None]:
            stable = [p for p in self.placed[k] if not p.free and self.is_stable(p)]
            chosen = sorted(stable, key=lambda p: (p.number != number, -float(np.abs(p.values).max())))
            values[k] = chosen[0].values if chosen else 0.0
        return self.model.aligned_state(values, self.model.random_directions(rng))

    def run(self, start_words: str, start: NDArray, seed: int) -> WholeRun:
        """One run, seen along the vectors in which it ends."""
        model = self.model
        followed = follow(model.lowered.velocity, start, self.horizon)
        kept = np.unique(np.linspace(0, len(followed.times) - 1, RECORDED).astype(int))
        directions = model.directions_of(followed.end)
        seen = model.seen(followed.states[kept], directions)
        rests = followed.ending.outcome is Outcome.REST
        return WholeRun(
            start_words,
            seed,
            model.sizes,
            model.modes,
            followed.times[kept],
            {x: seen[:, :, i] for i, x in enumerate(model.amplitudes)},
            self._loss(followed.states[kept]),
            followed.ending,
            tuple(self._mode_ends(followed, directions, seen[-1])),
            model.misaligned(followed.end, directions),
            followed.end_error if rests else np.inf,
            model.flips,
        )

    def _loss(self, states: NDArray) -> NDArray | None:
        loss = known_loss(self.findings)
        if loss is None:
            return None
        value = self.model.lowered.evaluate([loss])
        with np.errstate(all="ignore"):
            return np.array([float(np.squeeze(value(y)[0])) for y in states])

    def _mode_ends(self, followed: Followed, directions: Mapping, amplitudes: NDArray) -> Iterator[ModeEnd]:
        for k, placed in enumerate(self.placed):
            idle = (self.is_single and k > 0) or _lacks_direction(directions, k)
            if followed.ending.outcome is not Outcome.REST or idle:
                yield ModeEnd(None, np.inf, False)
            else:
                yield self._mode_end(placed, amplitudes[k])

    def _mode_end(self, placed: Sequence[Placed], amplitudes: NDArray) -> ModeEnd:
        found = [(near[0], bool(p.free), p) for p in placed if (near := p.nearest(amplitudes, self.model.flips)) is not None]
        if not found:
            return ModeEnd(None, np.inf, False)
        distance, _, nearest = min(found, key=lambda entry: entry[:2])
        return ModeEnd(nearest.number, distance, self.is_stable(nearest), nearest)


def _times(count: float, rates: Sequence[float]) -> float:
    """So many relaxation times of the slowest rate that is not zero; none where there is no such rate."""
    moving = [r for r in rates if r > ZERO * max(rates)]
    return count / min(moving) if moving else 0.0


def _lacks_direction(directions: Mapping, mode: int) -> bool:
    """Whether no vector of some dimension is left for a mode."""
    return any(not vectors[:, mode].any() for vectors in directions.values())


def _is_turned(p: Placed, other: Placed, flips: Sequence[NDArray]) -> bool:
    near = other.nearest(p.values, flips)
    return near is not None and near[0] < 1e-9 * (1 + float(np.abs(p.values).max()))
