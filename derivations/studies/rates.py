"""Predicted rates near states, held against runs: of a mode by itself, and of each sector of all matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from derivations.analysis.linearisation.stability import Stability
from derivations.studies.agreement import Agreement
from derivations.studies.complex_balls import enclose_parts, enclose_roots
from derivations.studies.enclosures import Enclosure
from derivations.studies.findings import State
from derivations.studies.placed import Numbers, Placed, lower_at
from derivations.studies.relaxation import MeasuredRate, measure_rate
from derivations.studies.sector_settings import SectorSetting
from derivations.studies.whole_runs import Scene
from theory.errors import UnfinishedError

ORIGIN = (
    "twice the change of the slope between both halves of the run, and the integrator's tolerance in all of its steps over "
    "what is left"
)


@dataclass(frozen=True)
class PredictedRate:
    """The eigenvalue with the largest real part: its formula, if it has a short one, and balls of both its parts."""

    formula: Expr | None
    real: Enclosure
    imaginary: Enclosure

    @property
    def value(self) -> complex:
        return complex(self.real.middle, self.imaginary.middle)


def predict_rate(stability: Stability, numbers: Numbers) -> PredictedRate | None:
    """The eigenvalue of largest real part among those that do not vanish for all parameters; None where there is none."""
    found = []
    formulas = stability.eigenvalues if _are_all(stability) else ()
    for formula in formulas:
        if (parts := enclose_parts(formula, numbers)) is not None:
            found.append(PredictedRate(formula, *parts))
    if len(found) < len(formulas) or not formulas:
        roots = (r for f, _ in stability.characteristic for r in enclose_roots(f, stability.s, numbers))
        found = [PredictedRate(None, *parts) for parts in roots]
    return max(found, key=lambda r: (r.real.middle, r.imaginary.middle), default=None)


def _are_all(stability: Stability) -> bool:
    return len(stability.eigenvalues) == sum(stability._degree(f) * m for f, m in stability.characteristic)


@dataclass(frozen=True, eq=False)
class RateStudy:
    """The rates of the states of a drawn model; ``notes`` takes a sentence for each that was not measured."""

    scene: Scene
    notes: list[str]

    def agreements(self) -> Iterator[Agreement]:
        """A row for each state, and for each sector of those that are stable by themselves."""
        for placed in self.scene.distinct_states():
            state = self.scene.findings.states[placed.number - 1]
            if state.stability is not None and placed.sample is not None:
                yield from self._own_rate(state, placed)
                others = state.whole is not None and not (self.scene.is_single and state.whole.is_any)
                if others and self.scene.is_stable(placed):
                    yield from self._sector_rates(state, placed)

    def _own_rate(self, state: State, placed: Placed) -> Iterator[Agreement]:
        assert state.stability is not None
        predicted, model = predict_rate(state.stability, placed.all_numbers), self.scene.model
        if predicted is None:
            return
        lowered = lower_at(self.scene.findings.amplitudes, placed.numbers)
        spectrum, vectors = np.linalg.eig(lowered.jacobian(0.0, placed.values))
        vector = np.real(vectors[:, np.argmin(np.abs(spectrum - predicted.value))])
        directions = model.random_directions(np.random.default_rng(0))
        others = np.zeros((len(model.modes) - 1, len(vector)))
        rest, direction = (model.aligned_state(np.vstack([v, others]), directions) for v in (placed.values, vector))

        def observe(velocity: NDArray) -> NDArray:
            return model.seen(velocity[None], directions)[0, 0]

        yield from self._compare(f"state {state.number}", predicted, placed.all_numbers, (rest, direction), observe)

    def _sector_rates(self, state: State, placed: Placed) -> Iterator[Agreement]:
        assert state.whole is not None
        setting = SectorSetting.of(self.scene, placed)
        if setting is None:
            return
        for sector, stability in zip(state.whole.sectors, state.whole.stabilities, strict=True):
            if stability is None or sector.name == "own" or not setting.has_places(sector):
                continue
            predicted = predict_rate(stability, setting.numbers)
            if predicted is not None:
                start = setting.rest, setting.eigenvector(sector, predicted.value)
                name = f"state {state.number}, {sector.name}"
                yield from self._compare(name, predicted, setting.numbers, start, partial(setting.entries, sector))

    def _compare(
        self, name: str, predicted: PredictedRate, numbers: Numbers, start: tuple[NDArray, NDArray], observe: Callable
    ) -> Iterator[Agreement]:
        rest, direction = start
        if predicted.value == 0:
            self.notes.append(f"The rate of {name} is zero, and was not measured.")
            return
        lowered = self.scene.model.lowered
        fastest = float(np.linalg.eigvals(lowered.jacobian(0.0, rest)).real.max())
        try:
            found = measure_rate(lowered.velocity, rest, direction, predicted.value, observe, fastest)
        except UnfinishedError as problem:
            self.notes.append(f"The rate of {name} was not measured: {problem}.")
            return
        held = predicted.formula.free_symbols if predicted.formula is not None else numbers.keys()
        yield from _rows(name, predicted, {x: v for x, v in numbers.items() if x in held}, found)


def _rows(name: str, predicted: PredictedRate, at: Mapping, found: MeasuredRate) -> Iterator[Agreement]:
    turns = abs(predicted.imaginary.middle) > predicted.imaginary.radius
    middle = predicted.real.middle
    words = f"{'slowest rate' if middle < 0 else 'fastest growth' if middle > 0 else 'turning'}, {name}"
    sides = [("real part", predicted.real, found.rate.real), ("imaginary part", predicted.imaginary, found.rate.imag)]
    for part, ball, value in sides if turns else sides[:1]:
        quantity = f"{words} ({part})" if turns else words
        yield Agreement(quantity, predicted.formula, at, ball, value, found.tolerance, ORIGIN)
