"""One row: what a loss leaves of a frustrated mode, in closed form and in runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from sympy import S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.closed_forms.families import correlation_of, in_fraction
from derivations.typeset.plain_values import plain_fields
from derivations.typeset.rows import Row, conditions_row
from derivations.typeset.shown import Shown
from derivations.vocabulary import mu_k, phi, tau_slow
from theory.coupling import Coupling
from theory.models.vocabulary import K
from theory.printing import exact_text

CLASSES, SAMPLES = 3, 24
FRACTIONS = (0.125, 0.25, 0.5, 0.75, 0.875)


def uniform_coupling(fraction: float) -> Coupling:
    """What the witnesses are simulated on, unless a row says otherwise."""
    return Coupling.uniform(CLASSES, SAMPLES, fraction)


@dataclass(frozen=True, eq=False)
class SurvivalWitness:
    """Runs of the whole model: frustrated fractions (F,), sizes by the formula and at the end of the runs (F,)."""

    fractions: NDArray
    predicted: NDArray
    simulated: NDArray
    seed: int

    @property
    def deviation(self) -> float:
        """The largest difference of both."""
        return float(np.abs(self.predicted - self.simulated).max())

    def row(self) -> Row:
        """What the runs say, in words."""
        return Row.text(f"simulated at {len(self.fractions)} fractions: within {self.deviation:.1e}")

    def to_dict(self) -> dict:
        """Plain values."""
        return plain_fields(self, ("seed", "fractions", "predicted", "simulated", "deviation"))


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
        the rate of class modes: of their decay where they collapse, else of the return that its words name; None where it is
        no function of the correlation.
    unproved
        what is argued or measured, and not derived; empty where nothing is.
    parameters
        values for the witness.
    measure
        the size at the end of a run of the whole model on a coupling, from the start that a seed draws.
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
    slow: Row | None
    measure: Callable[[Coupling, int], float] = field(repr=False)
    unproved: str = ""
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

    def slow_time(self, family: str) -> Row | None:
        """The slow time of the class modes of a family to leading orders in the frustrated fraction; None without a rate."""
        if self.slow is None:
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
        simulated = np.array([self.measure(self.coupling(f), seed) for f in fractions])
        return SurvivalWitness(np.array(fractions), self.predict_sizes(fractions), simulated, seed)

    def _at(self, formula, fraction: float):
        values = {**self.parameters, phi: fraction, K: CLASSES}
        return formula.subs(mu_k, correlation_of("uniform")).subs(values)
