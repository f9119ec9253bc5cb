r"""Whether means over sampled couplings are those of a theory of infinitely many classes, within noise or what K takes off.

Means over n couplings of K classes have standard errors; over all points together a deviation of more than the quantile of
Student's distribution with n - 1 degrees of freedom is no noise (Bonferroni).  What finitely many classes take off is
:math:`c/K+O(1/K^2)`, and :math:`2m_K-m_{K/2}` is free of the first of these: where that agrees, finite K explains a deviation.

>>> import numpy as np
>>> rng = np.random.default_rng(0)
>>> def draw(K):
...     return {"variance": (np.ones(5) + 10 / K + 1e-3 * rng.standard_normal(5), np.full(5, 1e-3))}
>>> found = judge_samples({"variance": (np.ones(5), np.zeros(5))}, np.arange(5.0), draw, (200, 100), couplings=6)
>>> found.held, found.sentence.split(":")[0]
(True, 'held with what finitely many classes take off')

When it fails: where the second order in 1/K is not small beside the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEVEL = 1e-3  # probability that noise alone is taken for a deviation
Points = Mapping[str, tuple[NDArray, NDArray]]  # values and errors by the name of what they are of


@dataclass(frozen=True)
class SizeVerdict:
    """Whether samples agree with a theory, and the sentence that says so with its numbers."""

    held: bool
    sentence: str


def judge_samples(
    theory: Points,
    at: NDArray,
    draw: Callable[[int], Points],
    classes: tuple[int, int],
    couplings: int,
    drawn: Points | None = None,
    of: str = "classes",
) -> SizeVerdict:
    """Hold samples against a theory.

    Parameters
    ----------
    theory
        values (n,) and their own errors.
    at
        where they are (n,).
    draw
        means over couplings of K classes, and their standard errors.
    classes
        K, and half of it, which is drawn where K alone deviates.
    couplings
        in each mean.
    drawn
        those of K classes, where they are drawn already.
    of
        what there are K of.
    """
    from scipy.stats import t

    drawn = draw(classes[0]) if drawn is None else drawn
    quantile = float(t.ppf(1 - LEVEL / (2 * sum(len(values) for values, _ in theory.values())), couplings - 1))
    name, place, size, noise = _largest(theory, drawn)
    where = f"{name} at {at[place]:.4g}" if len(at) > 1 else name
    said = f"the largest deviation, of {where}, is {noise:.3g} standard errors with {classes[0]} {of}"
    if noise <= quantile:
        return SizeVerdict(True, f"held: {said}; noise reaches {quantile:.2g}")
    half = draw(classes[1])
    pairs = ((key, *drawn[key], *half[key]) for key in theory)
    first = {key: (2 * m - of_half, np.hypot(2 * e, its)) for key, m, e, of_half, its in pairs}
    rest, other, _, left = _largest(theory, first)
    by = f"{size:.3g} with {classes[0]} {of} and {_deviation(theory, half, name, place):.3g} with {classes[1]}"
    if left <= quantile:
        sentence = f"held with what finitely many {of} take off: {said}, {by}; extrapolated to infinitely many, no deviation"
        return SizeVerdict(True, f"{sentence} is larger than {left:.3g} standard errors, and noise reaches {quantile:.2g}")
    sentence = (
        f"did not hold here: {said}, {by}; extrapolated to infinitely many, that of {rest} at {at[other]:.4g} is {left:.3g}"
    )
    return SizeVerdict(False, f"{sentence} standard errors, where noise reaches {quantile:.2g}")


def _deviation(theory: Points, drawn: Points, name: str, place: int) -> float:
    return float(drawn[name][0][place] - theory[name][0][place])


def _largest(theory: Points, drawn: Points) -> tuple[str, int, float, float]:
    """The name and the place of the largest deviation in standard errors, its size, and how many these are."""
    best: tuple[str, int, float, float] = ("", 0, 0.0, -1.0)
    for name, (values, own) in theory.items():
        mean, error = drawn[name]
        rounding = 100 * np.finfo(float).eps * np.abs(values)
        noise = np.abs(mean - values) / np.sqrt(error**2 + own**2 + rounding**2)
        place = int(np.argmax(noise))
        if noise[place] > best[3]:
            best = (name, place, float(mean[place] - values[place]), float(noise[place]))
    return best
