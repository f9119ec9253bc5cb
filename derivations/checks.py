"""What a check can be.  Every check can fail, says how closely it holds, and is repeatable.

What a check cannot evaluate or decide it leaves unchecked, with the reason.

* :class:`Identity`: two expressions are equal, by exact algebra.
* :class:`AtRandomPoints`: two expressions agree at random admissible points, to nearly all digits of a high precision.
* :class:`Descent`: a flow descends a loss, by central differences of the loss at high precision.
* :class:`Remainder`, :class:`Limit`: what approximations leave out, how limits are approached.
* :class:`Numerics`: numbers that a derivation predicts agree with numbers found another way (dense eigenvalues,
  trajectories), to a stated tolerance.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Basic, MatrixSymbol, S, sympify

from derivations.typeset.rows import Row
from theory.abridging import Brief, brief
from theory.evaluate import NoEvaluationError, Point, evaluate, mpf_array, relative_distance
from theory.loss import Loss
from theory.stopgrad import erase
from theory.vanishing import vanishes
from theory.words import PLAIN, Context

BOUNDS = {"<": operator.lt, ">": operator.gt, r"\le": operator.le, r"\ge": operator.ge, r"\ne": operator.ne}
DRAWS = 200  # of a point, most of them outside the domain of a loss


class Status(Enum):
    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "unchecked"


class Level(Enum):
    """How much evidence a check gathers: the number of random cases."""

    QUICK = 3
    FULL = 20


@dataclass(frozen=True)
class CheckOutcome:
    """What a check found.  ``residual`` is None for exact algebra."""

    status: Status
    kind: str
    detail: str
    residual: float | None = None
    tolerance: float | None = None


class Check(Protocol):
    @property
    def kind(self) -> str: ...

    def run(self, level: Level) -> CheckOutcome: ...


@dataclass(frozen=True)
class Identity(Brief):
    """Each pair of expressions is equal identically, by exact algebra (:mod:`theory.vanishing`); unchecked where that decides
    neither way.  A function makes pairs one by one, none after one that differs."""

    pairs: Sequence[tuple[Basic, Basic]] | Callable[[], Iterable[tuple[Basic, Basic]]]
    context: Context = PLAIN
    kind: str = "identity"

    def run(self, level: Level) -> CheckOutcome:
        undecided, compared = None, 0
        for left, right in self.pairs() if callable(self.pairs) else self.pairs:
            compared += 1
            equal = vanishes(erase(sympify(left, strict=True) - sympify(right, strict=True)), self.context)
            if equal is False:
                return CheckOutcome(Status.FAILED, self.kind, f"{brief(left)} differs from {brief(right)}")
            undecided = (left, right) if equal is None else undecided
        if undecided is not None:
            left, right = undecided
            return CheckOutcome(
                Status.UNCHECKED, self.kind, f"neither proved nor disproved: {brief(left)} equals {brief(right)}"
            )
        if not compared:
            return CheckOutcome(Status.FAILED, self.kind, "nothing to compare")
        return CheckOutcome(Status.PASSED, self.kind, f"{compared} exact")


@dataclass(frozen=True)
class AtRandomPoints:
    """Each pair of expressions agrees at random points, to all but ten of ``digits`` digits.

    ``points`` makes an admissible point from a random generator.
    """

    pairs: tuple[tuple[Basic, Basic], ...]
    points: Callable[[np.random.Generator], Point]
    digits: int = 40
    kind: str = "random points"

    def run(self, level: Level) -> CheckOutcome:
        with mpmath.workdps(self.digits):
            allowed = 10.0 ** (10 - self.digits)
            points = (self.points(rng) for rng in _random_generators(level))
            residuals = (
                relative_distance(*(evaluate(sympify(side, strict=True), at) for side in pair))
                for at in points
                for pair in self.pairs
            )
            return _outcome_of(self.kind, residuals, allowed, f"{level.value} points, {self.digits} digits")


@dataclass(frozen=True)
class Descent:
    r"""Velocities are :math:`-\partial L\,H-\lambda B`, by central differences of the loss in random directions; those of
    targets that follow are the rate times the distance from the source.

    ``stopped`` holds the markers at the point; otherwise they move along (and the loss is read without them).
    ``targets_only`` moves what the markers see and nothing else: what stop-gradient deletes.
    """

    loss: Loss
    velocities: Sequence[Basic]
    points: Callable[[np.random.Generator], Point]
    stopped: bool
    targets_only: bool = False
    kind: str = "finite differences"

    def run(self, level: Level) -> CheckOutcome:
        with mpmath.workdps(50):
            moving = tuple(zip(self.loss.state, self.velocities, strict=True))
            residuals = (self._slope_residual(b, v, rng) for rng in _random_generators(level) for b, v in moving)
            return _outcome_of(self.kind, residuals, 1e-25, f"{level.value} points, 50 digits, step 1e-15")

    def _slope_residual(self, block: Basic, velocity: Basic, rng: np.random.Generator):
        at, step = self._draw_point(rng), mpmath.mpf(10) ** -15
        if block in self.loss.follow:
            rate, source = (evaluate(part, at) for part in self.loss.follow[block])
            pull = 0 if self.targets_only else rate * (source - at.values[block])
            return relative_distance(evaluate(velocity, at), pull)
        shape = np.shape(at.values[block])
        along = random_values(rng, shape, -1, 1)
        energies = [self._energy_after(at, block, sign * step * along) for sign in (1, -1)]
        slope = (energies[0] - energies[1]) / (2 * step)
        return relative_distance(slope, self._predict_slope(at, block, velocity, along))

    def _draw_point(self, rng: np.random.Generator) -> Point:
        """A random point at which the loss is a real number."""
        for _ in range(DRAWS):
            at = self.points(rng)
            with suppress(ZeroDivisionError, OverflowError):
                value = evaluate(self.loss.expression, at)
                if mpmath.isfinite(value) and mpmath.im(value) == 0:
                    return at
        raise NoEvaluationError(f"the loss is a real number at none of {DRAWS} random points")

    def _energy_after(self, at: Point, block: Basic, change):
        changes = {block: at.values[block] + change}
        if self.targets_only:
            return evaluate(self.loss.expression, at.with_targets(changes))
        if self.stopped:
            return evaluate(self.loss.expression, at.with_state(changes))
        return evaluate(self.loss.erased(), Point({**at.values, **changes}))

    def _predict_slope(self, at: Point, block: Basic, velocity: Basic, along):
        mobility = evaluate(self.loss.mobility.get(block, S.One), at)
        decay = evaluate(self.loss.decay.get(block, S.Zero), at)
        still = 0 if self.targets_only else decay * at.values[block]
        uphill = -(evaluate(velocity, at) + still)
        if not isinstance(block, MatrixSymbol):
            return uphill / mobility * along
        slope = uphill / mobility if np.ndim(mobility) == 0 else uphill @ invert_matrix(mobility)
        return mpmath.fsum((slope * along).reshape(-1))


@dataclass(frozen=True)
class Numerics:
    """Pairs (predicted, found) from ``cases`` agree to ``tolerance``, relative to the larger.

    ``reads`` are the lines that hold no equation and whose relation the cases read
    (:func:`relation_holds`, :func:`count_violations`).
    """

    cases: Callable[[np.random.Generator], Iterable[tuple[object, object]]]
    tolerance: float
    against: str
    kind: str = "numerics"
    reads: Sequence[Row] = ()

    def run(self, level: Level) -> CheckOutcome:
        residuals = (relative_distance(a, b) for rng in _random_generators(level) for a, b in self.cases(rng))
        return _outcome_of(self.kind, residuals, self.tolerance, f"{level.value} cases against {self.against}")


@dataclass(frozen=True)
class Remainder(Numerics):
    """What lines that are approximate leave out, by its observed order or by its limit."""

    kind: str = "remainder"
    relation: str = r"\simeq"

    def run(self, level: Level) -> CheckOutcome:
        if others := [line for line in self.reads if line.relation != self.relation]:
            return CheckOutcome(Status.FAILED, self.kind, f"{others[0]} holds in the sense of {self.relation}")
        return super().run(level)


@dataclass(frozen=True)
class Limit(Remainder):
    """How a limit is approached."""

    kind: str = "limit"
    relation: str = r"\to"


@dataclass(frozen=True)
class SeveralChecks:
    """Several checks, all of which must pass."""

    checks: Sequence[Check]
    kind: str = "several"

    def run(self, level: Level) -> CheckOutcome:
        outcomes: list[CheckOutcome] = []
        for check in self.checks:
            outcomes.append(check.run(level))
            if outcomes[-1].status is Status.FAILED:
                return outcomes[-1]
        if gap := next((o for o in outcomes if o.status is Status.UNCHECKED), None):
            return gap
        worst = max(outcomes, key=lambda o: (o.residual or 0.0) / (o.tolerance or 1.0))
        kinds = " + ".join(dict.fromkeys(o.kind for o in outcomes))
        return CheckOutcome(Status.PASSED, kinds, "; ".join(o.detail for o in outcomes), worst.residual, worst.tolerance)


def relation_holds(left: float, line: Row, right: float) -> bool:
    """Whether the bound that a line states holds between two numbers."""
    return bool(BOUNDS[line.relation](left, right))


def count_violations(found: NDArray, line: Row, bound: NDArray, error: float = 1e-8) -> int:
    """How many numbers lie on the wrong side of the bound that a line states, by more than a relative error of theirs."""
    room = error * np.abs(bound) + 1e-12
    beyond = {r"\le": found > bound + room, r"\ge": found < bound - room}
    return int(beyond[line.relation].sum())


def random_values(rng: np.random.Generator, shape: tuple[int, ...], low: float, high: float):
    """Random numbers between two bounds as ``mpf`` with all digits in use."""
    draws = [
        mpmath.mpf(int(rng.integers(1, 10**15))) / 10**15 + mpmath.mpf(int(rng.integers(10**15))) / 10**30
        for _ in range(int(np.prod(shape)))
    ]
    scaled = [low + (high - low) * u for u in draws]
    return np.array(scaled, dtype=object).reshape(shape) if shape else scaled[0]


def _random_generators(level: Level) -> list[np.random.Generator]:
    return [np.random.default_rng(case) for case in range(level.value)]


def _outcome_of(kind: str, residuals: Iterable, tolerance: float, detail: str) -> CheckOutcome:
    """The largest residual, which is none where nothing was compared; the first that is not allowed ends the search."""
    worst = None
    for residual in residuals:
        if not residual <= tolerance:
            return CheckOutcome(Status.FAILED, kind, detail, float(residual), tolerance)
        worst = residual if worst is None else max(worst, residual)
    if worst is None:
        return CheckOutcome(Status.FAILED, kind, "nothing to compare")
    return CheckOutcome(Status.PASSED, kind, detail, float(worst), tolerance)


def invert_matrix(matrix: np.ndarray) -> np.ndarray:
    """The inverse of a matrix of ``mpf``."""
    return mpf_array(mpmath.inverse(mpmath.matrix(matrix.tolist())).tolist())
