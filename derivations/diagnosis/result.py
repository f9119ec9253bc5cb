r"""What the canonical correlations of data predict of a linear encoder before it is trained (§7 of the notes).

Times are in units of the inverse mobility, with mobilities inverse to the degrees: a class mode decays at the rates
:math:`1\mp\mu_k`, so that its slow time is :math:`1/(1-\mu_k)` and its fast time :math:`1/(1+\mu_k)`.  A stop-gradient head
keeps it up to the decay :math:`\lambda_c=\mu_k^2/4` of the embeddings, if the head decays by more than :math:`k_c` times that.

When it fails: the predictions are for a linear encoder of centred features trained on these very samples; plain mobilities mix
in the small principal axes of the features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms.thresholds import least_ratio
from derivations.diagnosis.forecasts import UNKNOWN, LossForecast
from derivations.diagnosis.loss_table import detail_forecast, format_number, tabulate_forecasts
from derivations.diagnosis.losses import DECAYS, LOSSES, named_loss, predict_loss
from derivations.diagnosis.pairs import sort_pairs
from derivations.diagnosis.separability import Separation
from derivations.drawing import Drawn
from derivations.typeset.plain_values import plain_fields, plain_values
from theory import require
from theory.text_table import table_text

SHOWN_MODES = 30
SHOWN_PAIRS = 5
HEADS = ("mode", "mu", "error", "corrected", "frustration", "slow time", "fast time", "lambda_c", "k_c")
EXPORTED = (
    "name", "samples", "features", "rank", "classes", ("class_names", "classes"), ("class_samples", "counts"), "mu",
    "standard_errors", ("mu_population", "population_mu"), "noise_edge", "interpolated", "ridge", "mu_shrunk", "shrunk_ridge",
    "frustration", "slow_times", "fast_times", "slow_time", "collapses", "lambda_critical", "decay",
    ("head_decay_critical", "head_decay"), "pair_frustration", "pair_times", "first_pairs", "losses", "loss",
    "groups", "notes",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Diagnosis(Drawn):
    r"""The class modes of data, by falling correlation, and what they predict.

    Attributes
    ----------
    name
        of the data.
    samples, features, rank
        N, p, and the rank of the centred features.
    classes, counts
        names (K,) and samples (K,) of the classes.
    mu, standard_errors
        (K - 1,): canonical correlations between features and classes; the jackknife over ``groups`` groups of rows.
    population_mu
        (K - 1,): corrected for the number of samples, right for the average mode; NaN where samples are too few.
    noise_edge
        the largest correlation that features without any relation to the classes would have.
    interpolated
        how many correlations are 1 whatever the labels.
    ridge
        added to the variance of each feature, in units of it.
    mu_shrunk, shrunk_ridge
        (K - 1,): correlations with the ridge of an estimated shrinkage, where features are many; else None.
    lambda_critical
        (K - 1,): decay of the embeddings that a mode survives, in units of the mobility.
    pair_frustration, pair_times
        (K, K): see :mod:`derivations.diagnosis.pairs`.
    decay, dimension
        of the embeddings and of the head that were asked about, or None.
    loss, parameters
        the named loss that was asked about, or None, and values of its parameters.
    separate
        whether linear scores separate the classes, or why that is not known.
    groups
        of rows.
    notes
        sentences on what was done to the data, and on what not to trust.
    """

    drawn_by = "diagnosis"

    name: str
    samples: int
    features: int
    rank: int
    classes: tuple[str, ...]
    counts: NDArray
    mu: NDArray
    standard_errors: NDArray
    population_mu: NDArray
    noise_edge: float
    interpolated: int
    ridge: float
    mu_shrunk: NDArray | None
    shrunk_ridge: float | None
    lambda_critical: NDArray
    pair_frustration: NDArray
    pair_times: NDArray
    decay: float | None
    dimension: int | None
    loss: str | None
    parameters: Mapping[str, float]
    separate: Callable[[], Separation | str]
    groups: int
    notes: tuple[str, ...]

    @property
    def frustration(self) -> NDArray:
        """The frustration 1 - mu² of the class modes (K - 1,)."""
        return 1 - self.mu**2

    @property
    def slow_times(self) -> NDArray:
        """The slow times 1 / (1 - mu) of the class modes (K - 1,); infinite for mu = 1."""
        with np.errstate(divide="ignore"):
            return 1 / (1 - self.mu)

    @property
    def fast_times(self) -> NDArray:
        """The fast times 1 / (1 + mu) of the class modes (K - 1,)."""
        return 1 / (1 + self.mu)

    @property
    def slow_time(self) -> float:
        """The time in which the last class mode contracts; infinite where one is without frustration."""
        return float(self.slow_times[0])

    @property
    def collapses(self) -> bool:
        """Whether all labels contract to one point."""
        return bool(np.isfinite(self.slow_time))

    @cached_property
    def head_decay(self) -> NDArray:
        """(K - 1,): the least ratio of the decay of a head to that of the embeddings, for each mode beside the first; at
        ``decay``, or as it tends to zero; NaN for modes that do not survive."""
        first = float(self.mu[0])
        return np.array([least_ratio(float(mu), first, self.decay) for mu in self.mu])

    @property
    def first_pairs(self) -> list[tuple[str, str, float]]:
        """All pairs of classes with their times, the first to contract first."""
        return sort_pairs(self.pair_times, self.classes)

    def kept(self, dimension: int) -> tuple[int, float]:
        """How many modes, from the first, a stop-gradient head of a dimension keeps, and the least ratio of its decay to that
        of the embeddings (see ``head_decay``) that keeps every two of them apart.

        Raises
        ------
        InputError
            for a dimension below one.
        """
        require.whole(dimension, "a dimension of one or more", "give the dimension of the head", least=1)
        survives = self.mu > 0 if self.decay is None else self.lambda_critical > self.decay
        modes = min(dimension, int(survives.sum()))
        ratios = (least_ratio(float(a), float(b), self.decay) for a, b in combinations(sorted(set(self.mu[:modes])), 2))
        return modes, max(ratios, default=0.0)

    @cached_property
    def losses(self) -> tuple[LossForecast, ...]:
        """What each named loss would do (:mod:`derivations.diagnosis.losses`); the one asked about has its parameters."""
        return tuple(self.forecast(loss, self.parameters if loss == self.loss else {}) for loss in LOSSES)

    def forecast(self, loss: str, parameters: Mapping[str, float] | None = None) -> LossForecast:
        """What a named loss would do, in as many dimensions as were asked about or else as there are classes.

        The ``decay`` that was asked about is that of embeddings and head under stop-gradient.

        Raises
        ------
        InputError
            for an unknown loss or parameter.
        """
        known = named_loss(loss)
        separation = self._separation if known.of_scores else UNKNOWN
        asked = {name: self.decay for name, _ in known.usual if name in DECAYS and self.decay}
        return predict_loss(loss, self.mu, self.dimension or len(self.classes), asked | dict(parameters or {}), separation)

    def _describe_loss(self, loss: str) -> str:
        return detail_forecast(self.forecast(loss, self.parameters), self.mu)

    @cached_property
    def _separation(self) -> Separation | str:
        return self.separate()

    def to_dict(self) -> dict[str, Any]:
        """Everything as numbers, lists and text; what is infinite or not defined is None."""
        found = plain_fields(self, EXPORTED) | {
            "classes": len(self.classes),
            "slow_time": self.slow_time if self.collapses else None,
            "first_pairs": plain_values(self.first_pairs[:10]),
        }
        if self.dimension is not None:
            modes, ratio = self.kept(self.dimension)
            found |= {"dimension": self.dimension, "modes_kept": modes, "head_decay_to_keep_them": ratio}
        return found

    def __str__(self) -> str:
        sizes = f"{self.samples:,} samples, {self.features:,} features, {len(self.classes):,} classes"
        of_losses = tabulate_forecasts(self.losses) if self.loss is None else self._describe_loss(self.loss)
        parts = [_mode_table(self), _explain_numbers(self), of_losses, _pair_table(self), "\n".join(self.notes)]
        return "\n\n".join([f"{self.name}: {sizes}", *parts])


def _mode_table(found: Diagnosis) -> str:
    columns: tuple[NDArray, ...] = (
        found.mu, found.standard_errors, found.population_mu, found.frustration, found.slow_times, found.fast_times,
        found.lambda_critical, found.head_decay,
    )  # fmt: skip
    heads = HEADS if found.mu_shrunk is None else (*HEADS, "shrunk mu")
    columns = columns if found.mu_shrunk is None else (*columns, found.mu_shrunk)
    rows = [(k + 1, *(format_number(c[k]) for c in columns)) for k in range(min(len(found.mu), SHOWN_MODES))]
    more = f"\n... and {len(found.mu) - SHOWN_MODES} more, which --json prints" if len(found.mu) > SHOWN_MODES else ""
    return table_text(rows, "r" * len(heads), heads) + more


def _explain_numbers(found: Diagnosis) -> str:
    slow = f"{found.slow_time:.6g} / mobility, in which the last labels contract"
    at = "as lambda tends to 0" if found.decay is None else f"at lambda = {found.decay:g}"
    lines = {
        "mu": f"canonical correlation of features and classes; without any relation up to {found.noise_edge:.4g}",
        "slow time": slow if found.collapses else "infinite: linear maps of the features keep some classes apart",
        "lambda_c": "decay of embeddings up to which a stop-gradient head keeps the mode",
        "k_c": f"least decay of the head beside mode 1, in units of lambda, {at}",
    }
    if found.dimension is not None:
        modes, ratio = found.kept(found.dimension)
        lines["head"] = (
            f"of dimension {found.dimension} keeps {modes} of {len(found.mu)} class modes, "
            f"if it decays by {ratio:.4g} lambda at least"
        )
    return table_text(lines.items(), "ll")


def _pair_table(found: Diagnosis) -> str:
    pairs = found.first_pairs
    shown = pairs if len(pairs) <= 2 * SHOWN_PAIRS else [*pairs[:SHOWN_PAIRS], None, *pairs[-SHOWN_PAIRS:]]
    places = {name: place for place, name in enumerate(found.classes)}
    rows = []
    for pair in shown:
        if pair is None:
            rows.append(("...", "", ""))
            continue
        a, b, time = pair
        rows.append((format_number(time), format_number(found.pair_frustration[places[a], places[b]]), f"{a} and {b}"))
    return "pairs of classes, the first to contract first\n" + table_text(rows, "rrl", ("time", "frustration", "pair"))
