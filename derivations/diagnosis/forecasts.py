r"""What a loss would do to the class modes of data: what is asked, the answer, and how answers follow from closed forms.

When it fails: see :mod:`derivations.diagnosis.losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, S, Symbol, lambdify
from sympy.logic.boolalg import Boolean

from derivations.diagnosis.separability import Separation
from derivations.typeset.plain_values import plain_fields
from derivations.vocabulary import mu_k
from theory.models.vocabulary import K, d

UNKNOWN = "whether linear scores separate the classes is not known"


@dataclass(frozen=True, eq=False)
class LossForecast:
    """What a loss would do to the class modes (K - 1,) by falling correlation.

    Attributes
    ----------
    loss, parameters, dimension
        its name, values of its parameters, and the dimension of the embeddings.
    predicted
        whether formulas reach: else everything below is None, or NaN, but for what holds near aligned embeddings.
    survives, sizes
        whether each mode does, and the size of what is left, which ``measured`` names.
    critical
        the value of the parameter ``threshold`` at which the fate of each mode changes.
    slow_time
        of the last decay or of the return to rest, in units of the inverse mobility.
    verdict
        one sentence.
    closing
        the rates at which small angles of each mode close where a constant input aligns all embeddings of length one; below
        zero where they open.
    caveat
        what is argued, measured or computed by iteration, and not derived; empty where nothing is.
    """

    loss: str
    parameters: Mapping[str, float]
    dimension: int
    predicted: bool
    verdict: str
    survives: NDArray | None = None
    sizes: NDArray | None = None
    measured: str = ""
    critical: NDArray | None = None
    threshold: str = ""
    slow_time: float = float("nan")
    closing: NDArray | None = None
    caveat: str = ""

    @property
    def name(self) -> str:
        """The loss with the values of its parameters."""
        given = ", ".join(f"{name}={value:g}" for name, value in self.parameters.items())
        return f"{self.loss} ({given})" if given else self.loss

    @property
    def kept(self) -> int:
        """How many modes survive; none where nothing is predicted."""
        return 0 if self.survives is None else int(self.survives.sum())

    def to_dict(self) -> dict:
        """Plain values."""
        names = (
            "loss", "parameters", "dimension", "predicted", "verdict", "survives", "sizes", "measured", "critical", "threshold",
            "slow_time", "closing", "caveat",
        )  # fmt: skip
        return plain_fields(self, names)


@dataclass(frozen=True, eq=False)
class LossQuestion:
    """A loss by name, the correlations (K - 1,) of the class modes, by falling size, the dimension of the embeddings, values
    of the parameters, and whether linear scores separate the classes, or why that is not known."""

    loss: str
    mu: NDArray
    dimension: int
    values: Mapping[str, float]
    separation: Separation | str = UNKNOWN

    def of_modes(self, formula, mu: NDArray | None = None) -> NDArray:
        """A formula of a mode at each of the correlations, or at others."""
        mu = self.mu if mu is None else mu
        return np.broadcast_to(self.at(formula, {mu_k: mu, d: self.dimension, K: len(self.mu) + 1}), mu.shape)

    def at(self, formula, known: Mapping[Symbol, NDArray | int]) -> NDArray:
        """A formula at numbers by its symbols, and at parameters by name."""
        if formula in (S.true, S.false):
            return np.array(formula == S.true)
        fixed = formula.subs({s: self.values[s.name] for s in formula.free_symbols - set(known)})
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(lambdify(list(known), fixed, "numpy")(*known.values()))

    def answer(self, verdict: str, **found) -> LossForecast:
        """A forecast."""
        return LossForecast(self.loss, self.values, self.dimension, True, verdict, **found)

    def leave_open(self, why: str) -> LossForecast:
        """What is not predicted, and why."""
        return LossForecast(self.loss, self.values, self.dimension, False, f"not predicted: {why}")


class Prediction(Protocol):
    """How a loss is judged."""

    def predict(self, asked: LossQuestion) -> LossForecast:
        """The answer to a question."""


@dataclass(frozen=True)
class ModeFate:
    """What a loss does to a mode, in closed form: whether it survives, its size, the ``critical`` value of the parameter that
    ``threshold`` names, the slow rate, and what of it is not proved."""

    survives: Boolean
    size: Expr
    critical: Expr | None = None
    threshold: str = ""
    slow: Expr | None = None
    unproved: str = "that almost every start ends there is argued and measured"


@dataclass(frozen=True)
class OfModes:
    """A loss whose class modes have closed forms.

    Attributes
    ----------
    fate
        what happens to a mode.
    measured
        what the size of a survivor is.
    sharing
        of a loss whose dimensions do not keep out of each other's way: why it is not known how they share modes at these
        parameters; empty where all of them are along the largest correlation.
    slowest
        the slow rate, from which modes survive, where the fate has none.
    """

    fate: Callable[[], ModeFate]
    measured: str
    sharing: Callable[[LossQuestion], str] | None = None
    slowest: Callable[[LossQuestion, NDArray], float] | None = None

    def predict(self, asked: LossQuestion) -> LossForecast:
        """Which modes survive, in closed form."""
        fate = self.fate()
        if fate.survives == S.false and (asked.mu == 1).any():
            return self._predict_rest(asked)
        lives = asked.of_modes(fate.survives).astype(bool)
        if self.sharing is not None and lives.any() and (why := self.sharing(asked)):
            return asked.leave_open(why)
        alive = lives & (np.cumsum(lives) <= (asked.dimension if self.sharing is None else 1))
        return asked.answer(
            _verdict(fate, lives, alive, "which all dimensions share" if self.sharing else f"in {asked.dimension} dimensions"),
            survives=alive,
            sizes=np.where(alive, asked.of_modes(fate.size, np.where(alive, asked.mu, 1.0)), 0.0),
            measured=self.measured,
            critical=None if fate.critical is None else asked.of_modes(fate.critical),
            threshold=fate.threshold,
            slow_time=_time_of(self._slow_rate(fate, asked, alive)),
            caveat=fate.unproved,
        )

    def _slow_rate(self, fate: ModeFate, asked: LossQuestion, alive: NDArray) -> float:
        if self.slowest is not None:
            return self.slowest(asked, alive)
        return float("nan") if fate.slow is None else float(asked.of_modes(fate.slow).min())

    def _predict_rest(self, asked: LossQuestion) -> LossForecast:
        """Modes without frustration stay as they start where every other one collapses."""
        stays = asked.mu == 1
        many = f"{int(stays.sum())} of {len(asked.mu)} class modes"
        return asked.answer(
            f"{many} have no frustration and stay as they start; all others collapse",
            survives=stays,
            sizes=np.where(stays, np.nan, 0.0),
            measured=self.measured,
            slow_time=float("inf"),
        )


def _time_of(rate: float) -> float:
    """The inverse of a rate, of which one below zero has none."""
    return 1 / rate if rate > 0 else float("inf") if rate == 0 else float("nan")


def _verdict(fate: ModeFate, lives: NDArray, alive: NDArray, why: str) -> str:
    count, kept = len(alive), int(alive.sum())
    if fate.survives == S.false:
        return f"all {count} class modes collapse, whatever the parameters"
    if kept == count:
        return f"all {count} class modes survive"
    if kept == int(lives.sum()):
        return f"{kept} of {count} class modes survive" if kept else f"all {count} class modes collapse"
    return f"{kept} of {count} class modes survive, of the largest mu, {why}"


@dataclass(frozen=True)
class OfScores:
    """A softmax, which keeps margins, bounded or not."""

    def predict(self, asked: LossQuestion) -> LossForecast:
        """Which margins are bounded."""
        found, modes = asked.separation, len(asked.mu)
        if isinstance(found, str):
            return asked.leave_open(found)
        if asked.dimension < modes:
            return asked.leave_open(f"in fewer than {modes} dimensions the scores are no convex problem")
        caveat = "that almost every start reaches the least loss is argued: its scores are a product of two matrices"
        if found.separable == found.pairs:
            return asked.answer("linear scores separate the classes: every margin grows without bound", caveat=caveat)
        if found.separable:
            share = f"{found.separable:,} of {found.pairs:,} pairs of a sample and another class"
            return asked.answer(f"linear scores separate {share}: their margins grow without bound", caveat=caveat)
        finite = f"margins stay finite, {found.margin:.4g} on average"
        return asked.answer(
            f"linear scores separate no sample from a class: {finite}",
            caveat=f"the mean margin is computed by iteration; {caveat}",
        )


@dataclass(frozen=True)
class SmallAngles:
    """A loss whose closed forms reach the data near embeddings that a constant input aligns, and no further, ``why``: there
    small angles of a mode close at a ``rate``, and the value of the parameter ``threshold`` at which they do not is
    ``critical``."""

    why: str
    rate: Callable[[], Expr]
    critical: Callable[[], Expr] | None = None
    threshold: str = ""
    caveat: str = ""

    def predict(self, asked: LossQuestion) -> LossForecast:
        """That nothing is predicted but what small angles do."""
        rates = asked.of_modes(self.rate())
        found = asked.leave_open(f"{self.why}; beside embeddings that a constant input aligns, {_fate_of_angles(rates)}")
        found = replace(found, closing=rates, caveat=self.caveat)
        if self.critical is None:
            return found
        return replace(found, critical=asked.of_modes(self.critical()), threshold=self.threshold)


def _fate_of_angles(rates: NDArray) -> str:
    opening, many = int((rates < 0).sum()), len(rates)
    if opening in (0, many):
        return f"small angles of all {many} class modes {'open' if opening else 'close'}"
    return f"small angles of {opening} of {many} class modes open, and those of the others close"
