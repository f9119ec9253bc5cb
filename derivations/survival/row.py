"""One row: what a loss leaves of a frustrated mode, in closed form and in runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sympy import S, Symbol, re
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.closed_forms.families import correlation_of, in_fraction
from derivations.survival.measured import Experiment
from derivations.typeset.plain_values import plain_fields
from derivations.typeset.rows import Row, conditions_row
from derivations.typeset.shown import Shown
from derivations.vocabulary import mu_k, phi, tau_slow
from theory.coupling import Coupling
from theory.models.vocabulary import K
from theory.printing import exact_text
from theory.simulation import Run

CLASSES, SAMPLES = 3, 24
FEW = 1e-4  # a frustrated fraction
FRACTIONS = (0.125, 0.25, 0.5, 0.75, 0.875)


def uniform_coupling(fraction: float) -> Coupling:
    """What the witnesses are simulated on, unless a row says otherwise."""
    return Coupling.uniform(CLASSES, SAMPLES, fraction)


@dataclass(frozen=True, eq=False)
class SurvivalWitness:
    """Runs of the whole model: frustrated fractions (F,), sizes by the formula and at the end of the runs (F,), and slow rates
    (F,), NaN where there is none: by the formula, and the closest one among all of the whole model."""

    fractions: NDArray
    predicted: NDArray
    simulated: NDArray
    rates: NDArray
    rates_found: NDArray
    seed: int

    @property
    def deviation(self) -> float:
        """The largest difference of sizes."""
        return float(np.abs(self.predicted - self.simulated).max())

    @property
    def rate_deviation(self) -> float:
        """The largest difference of slow rates, over the rate."""
        return float(np.nanmax(np.abs(self.rates_found / self.rates - 1)))

    def row(self) -> Row:
        """What the runs say, in words."""
        within = f"sizes within {self.deviation:.1e}, slow rates within {self.rate_deviation:.1e} of theirs"
        return Row.text(f"simulated at {len(self.fractions)} fractions: {within}")

    def to_dict(self) -> dict:
        """Plain values."""
        names = ("seed", "fractions", "predicted", "simulated", "deviation", "rates", "rates_found", "rate_deviation")
        return plain_fields(self, names)


@dataclass(frozen=True, eq=False)
class Survival(Shown):
    """One row of the table.

    Attributes
    ----------
    loss
        the name of the loss in :mod:`theory.models`.
    setting
        what stands beside it: a head, a stop, a decay; empty where nothing does.
    title
        what the loss is made of.
    derivation
        the one of the catalogue that shows the formulas and checks them.
    survives
        whether a mode survives, in its correlation and the parameters of the loss.
    critical
        the value of a parameter at which that changes; None where frustration always collapses, or never.
    size
        what measures the survivor, and its value.
    slow
        the rate of class modes: of their decay where they collapse, else of the return that its words name; the real part of
        what is complex.
    slow_while
        where that is so: by default where a mode survives, or everywhere if none does.
    unproved
        what is argued or measured, and not derived; empty where nothing is.
    parameters
        values for the witness.
    experiment
        runs of the whole model.
    size_of
        the size at the end of such a run.
    coupling
        of the witness, at a frustrated fraction.
    tolerance
        of the witness: how far from rest the run may end.
    """

    loss: str
    setting: str
    title: str
    derivation: str
    survives: Boolean
    critical: Row | None
    size: Row
    slow: Row
    experiment: Experiment = field(repr=False)
    size_of: Callable[[Run, Coupling], float] = field(repr=False)
    unproved: str = ""
    slow_while: Boolean | None = None
    parameters: Mapping[Symbol, float] = field(default_factory=dict)
    coupling: Callable[[float], Coupling] = field(default=uniform_coupling, repr=False)
    tolerance: float = 1e-3

    @property
    def name(self) -> str:
        """The loss, and what stands beside it."""
        return f"{self.loss}, {self.setting}" if self.setting else self.loss

    def predict(self, fraction: float) -> float:
        """The size of class modes of ``Coupling.uniform`` with three classes, zero for modes that die."""
        lives = self._at(self.survives, fraction)
        return float(self._at(self.size.right, fraction)) if lives == S.true else 0.0

    def predict_sizes(self, fractions: Sequence[float] = FRACTIONS) -> NDArray:
        """The same at several fractions (F,)."""
        return np.array([self.predict(fraction) for fraction in fractions])

    def critical_fraction(self) -> float | None:
        """The frustrated fraction of ``Coupling.uniform`` above which class modes die; None where there is none below one."""
        if not isinstance(self.survives, Relational):
            return None

        def surplus(fraction: float) -> float:
            return float(self._at(self.survives.gts - self.survives.lts, fraction))

        return brentq(surplus, 0, 1) if surplus(0) > 0 > surplus(1) else None

    def measure(self, coupling: Coupling, seed: int) -> float:
        """The size at the end of a run on a coupling, from the start that a seed draws."""
        return self.size_of(self.experiment.run(coupling, seed), coupling)

    def predict_rate(self, fraction: float) -> float:
        """The slow rate of class modes of ``Coupling.uniform`` with three classes, NaN where there is none."""
        holds = self.survives if self.slow_while is None else self.slow_while
        if self.survives != S.false and self._at(holds, fraction) != S.true:
            return float("nan")
        return float(re(self._at(self.slow.right, fraction)))

    def slow_time(self, family: str) -> Row | None:
        """The slow time of the class modes of a family to leading orders in the frustrated fraction; None where the rate is no
        algebraic function of the correlation alone, or is not that of few frustrated samples."""
        by_correlation = self.slow.right.is_rational_function(mu_k) and not self.slow.right.has(phi)
        if not by_correlation or np.isnan(self.predict_rate(FEW)):
            return None
        return Row(tau_slow, in_fraction(1 / self.slow.right, mu_k, family), r"\simeq", words="few frustrated:")

    def rows(self) -> list[Row]:
        """What survives, the threshold, the size, the slow rate, and what of it is not proved."""
        fate = {S.true: [Row.text("every mode survives")], S.false: [Row.text("no mode with a correlation below one survives")]}
        said = fate.get(self.survives) or [
            replace(row, words=f"survives {row.words}") for row in conditions_row([self.survives])
        ]
        formulas = [row for row in (self.critical, self.size, self.slow, self.slow_time("uniform")) if row is not None]
        return [Row.text(f"{self.name}: {self.title}"), *said, *formulas, *([Row.text(self.unproved)] if self.unproved else [])]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            **plain_fields(self, ("loss", "setting", "title", "derivation", "unproved")),
            "survives": exact_text(self.survives),
            **{
                name: row and row.to_dict()
                for name, row in (("critical", self.critical), ("size", self.size), ("slow", self.slow))
            },
        }

    def witness(self, fractions: Sequence[float] = FRACTIONS, seed: int = 0) -> SurvivalWitness:
        """Runs at frustrated fractions, beside what the formulas say."""
        rates, sizes, found = np.array([self.predict_rate(f) for f in fractions]), [], []
        for fraction, rate in zip(fractions, rates, strict=True):
            coupling = self.coupling(fraction)
            run = self.experiment.run(coupling, seed)
            sizes.append(self.size_of(run, coupling))
            found.append(_closest(self.experiment.rates(coupling, run), rate) if np.isfinite(rate) else rate)
        return SurvivalWitness(
            np.array(fractions), self.predict_sizes(fractions), np.array(sizes), rates, np.array(found), seed
        )

    def _at(self, formula, fraction: float):
        values = {**self.parameters, phi: fraction, K: CLASSES}
        return formula.subs(mu_k, correlation_of("uniform")).subs(values)


def _closest(rates: NDArray, rate: float) -> float:
    return float(rates[np.argmin(np.abs(rates - rate))])
