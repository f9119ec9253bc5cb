r"""What is conserved, or changes at a rate of its own, held against runs of the whole model.

A step of the integrator that goes astray by e shifts a quantity with :math:`\dot Q=cQ` by :math:`\nabla Q\cdot e`, and from
then on the shift grows as the quantity itself does.  With errors of every coordinate below its tolerance :math:`w_i`, in the
mean over coordinates that the integrator takes, m steps leave at most

.. math:: \sum_{k\le m}e^{c(t-t_k)}\sqrt{n}\,\Big(\sum_i(w_i\,\partial_iQ)^2\Big)^{1/2}.

When it fails: near where a run blows up, errors of steps are no longer what the integrator believes; what is beyond ``GROWN``
times the start is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, Rational, Symbol, exp, lambdify

from derivations.analysis.conserved import Conserved
from derivations.studies.agreement import Agreement
from derivations.studies.enclosures import enclose
from derivations.studies.following import ATOL, GROWN, RTOL, Followed, follow
from derivations.studies.whole_runs import Scene

ORIGIN = "the integrator's tolerance in each of its steps times the slope of the quantity"
SLOPES, STEP = 40, 1e-4  # steps at which slopes are taken, between which the larger of two holds; of differences

Observed = Callable[[NDArray], NDArray]


@dataclass(frozen=True, eq=False)
class FollowedQuantity:
    """A quantity along a run of the whole model, ``value`` of its states, at exact numbers; ``taken`` has other letters."""

    name: str
    kept: Conserved
    run: Followed
    value: Observed
    numbers: Mapping[Symbol, Rational]
    taken: tuple[Basic, ...] = ()

    @property
    def rate(self) -> float:
        return float(self.kept.rate.xreplace(dict(self.numbers)))

    @property
    def last(self) -> int:
        """The step that is looked at: the last, or that at the time 1/|c| for a quantity with a rate c."""
        times = self.run.times
        return len(times) - 1 if self.rate == 0 else min(int(np.searchsorted(times, 1 / abs(self.rate))), len(times) - 1)

    def slopes(self, step: int) -> NDArray:
        """How a quantity (in its first axis, its entries in a row) changes with each coordinate, in units of their tolerances;
        by central differences, which are exact for what is quadratic."""
        y = self.run.states[step]
        tolerances = RTOL * np.abs(y) + ATOL
        size = STEP * (1 + float(np.abs(y).max()))
        columns = [(self.value(y + size * e) - self.value(y - size * e)) / (2 * size) for e in np.eye(len(y))]
        return np.stack([np.ravel(c) for c in columns], axis=1) * tolerances

    @property
    def allowed(self) -> NDArray:
        """How far off each entry may be at the last step."""
        last, times = self.last, self.run.times
        looked = np.unique(np.linspace(0, last, SLOPES).astype(int))
        shifts = np.array([np.sqrt(self.run.states.shape[1]) * np.linalg.norm(self.slopes(k), axis=1) for k in looked])
        grown = shifts * np.exp(self.rate * (times[last] - times[looked]))[:, None]
        larger = np.maximum(grown[:-1], grown[1:])
        rounded = np.finfo(float).eps * (shifts[-1] / RTOL + np.abs(np.ravel(self.value(self.run.states[last]))))
        return np.asarray(np.diff(looked) @ larger + grown[-1] + rounded)

    def agreement(self) -> Agreement:
        """The entry that is off by most of what it may be."""
        last, allowed = self.last, self.allowed
        time = Rational(float(self.run.times[last]))
        before, after = (np.ravel(self.value(self.run.states[k])) for k in (0, last))
        entry = int(np.argmax(np.abs(after - before * np.exp(self.rate * float(time))) / allowed))
        formula, at = self._formula(Rational(float(before[entry])), time)
        ball = enclose(formula, at)
        assert ball is not None  # a number times an exponential of numbers
        words = f"{self._entry(entry)}{self.name} after t = {float(time):.4g}"
        return Agreement(words, formula, at, ball, float(after[entry]), float(allowed[entry]), ORIGIN)

    def _entry(self, entry: int) -> str:
        shape = np.shape(self.value(self.run.states[0]))
        if not shape:
            return ""
        return f"entry {', '.join(str(int(i) + 1) for i in np.unravel_index(entry, shape))} of "

    def _formula(self, start: Rational, time: Rational) -> tuple[Expr, dict[Symbol, Rational]]:
        """What the quantity is by its start and the time, in letters that the model does not have."""
        q, t = _free_letters((*self.numbers, *self.taken), "Q_0", "t")
        rate = self.kept.rate
        if rate == 0:
            return q, {q: start}
        return q * exp(rate * t), {q: start, t: time, **{x: self.numbers[x] for x in rate.free_symbols}}


def quantity_agreements(scene: Scene, seed: int = 0) -> Iterator[Agreement]:
    """A row for each quantity of the flow along a run from a random start, and of the amplitudes along one from an aligned
    start."""
    findings, model = scene.findings, scene.model
    rng = np.random.default_rng(seed)
    if findings.conserved:
        run = _run(scene, model.random_start(scene.size, rng), findings.conserved)
        numbers = {**findings.numbers, **{n: Rational(s) for n, s in model.sizes.items()}}
        for number, kept in enumerate(findings.conserved, 1):
            value = model.lowered.evaluate([kept.quantity])

            def entries(y: NDArray, value: Callable = value) -> NDArray:
                return np.asarray(value(y)[0], dtype=float)

            yield FollowedQuantity(
                f"Q_{number} from a random start", kept, run, entries, numbers, model.lowered.flow.state
            ).agreement()
    if findings.conserved_amplitudes:
        yield from _of_amplitudes(scene, rng)


def _of_amplitudes(scene: Scene, rng: np.random.Generator) -> Iterator[Agreement]:
    """Those of the first mode."""
    findings, model = scene.findings, scene.model
    directions = model.random_directions(rng)
    values = np.zeros((len(model.modes), len(model.amplitudes)))
    values[0] = scene.size * rng.uniform(0.5, 1.0, len(model.amplitudes))
    run = _run(scene, model.aligned_state(values, directions), findings.conserved_amplitudes)
    for number, kept in enumerate(findings.conserved_amplitudes, 1):
        value = lambdify(model.amplitudes, kept.quantity.xreplace(dict(model.modes[0])), "numpy")

        def entries(y: NDArray, value: Callable = value) -> NDArray:
            return np.asarray(value(*model.seen(y[None], directions)[0, 0]), dtype=float)

        name = f"Q_{number} of amplitudes from an aligned start"
        yield FollowedQuantity(name, kept, run, entries, model.modes[0], model.amplitudes).agreement()


def _run(scene: Scene, start: NDArray, kept: Sequence[Conserved]) -> Followed:
    """A run for as long as the quantities are looked at, or up to where it leaves the neighbourhood of its start."""
    rates = [abs(float(c.rate.xreplace(dict(scene.findings.numbers)))) for c in kept]
    horizon = scene.horizon if 0 in rates else min(scene.horizon, 1 / min(rates))
    run = follow(scene.model.lowered.velocity, start, horizon)
    sizes = np.linalg.norm(run.states, axis=1)
    beyond = np.nonzero(sizes > GROWN * (1 + sizes[0]))[0]
    last = int(beyond[0]) if len(beyond) else len(sizes)
    return Followed(run.times[:last], run.states[:last], run.speeds[:last], run.ending)


def _free_letters(taken: Iterable[Basic], *wanted: str) -> Iterator[Symbol]:
    """Symbols of these names, with marks as many as make them differ from what is taken."""
    names = {str(x) for x in taken}
    for name in wanted:
        while name in names:
            name += "_"
        yield Symbol(name, real=True)
