r"""The claim on a linear student of a teacher of the size of some data (§7 of the notes).

Inputs are standard normal and have the class of the largest of K orthonormal fields, so that all class modes of the population
have :math:`\mu=e_K\sqrt K/(K-1)`; a sample of N has the mean :math:`\hat\mu^2=1-(1-\mu^2)(1-p/N)`, to leading order in 1/N.

>>> found = sample_teacher(classes=3, inputs=5, sizes=(50, 100, 200), draws=4, seed=0)
>>> found.squares.shape, bool(np.all(np.diff(found.predicted) < 0))
((3, 4), True)

When it fails: fewer inputs than classes have no orthonormal fields, and a teacher of as many inputs as classes is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from theory import Coupling
from theory.encoder import argmax_correlation, argmax_teacher, expected_square

NOISE = 3.0  # standard errors


@dataclass(frozen=True, eq=False)
class TeacherSamples:
    """Mean squared correlations of the class modes (sizes, draws) in samples of a teacher, and their prediction (sizes,)."""

    classes: int
    inputs: int
    sizes: NDArray
    squares: NDArray
    predicted: NDArray

    @property
    def mean(self) -> NDArray:
        return self.squares.mean(axis=1)

    @property
    def error(self) -> NDArray:
        """Standard errors of the means."""
        return self.squares.std(axis=1, ddof=1) / np.sqrt(self.squares.shape[1])


def sample_teacher(classes: int, inputs: int, sizes: Sequence[int], draws: int, seed: int) -> TeacherSamples:
    """Draw samples of each size from the teacher, and find the correlations of each."""
    inputs = max(inputs, classes)
    teacher, mu = argmax_teacher(classes, inputs), argmax_correlation(classes)
    squares = []
    for size in sizes:
        drawn = (teacher.sample(size, seed + k) for k in range(draws))
        squares.append([_mean_square(*sample) for sample in drawn])
    predicted = [expected_square(mu, inputs, size, bias=True) for size in sizes]
    return TeacherSamples(classes, inputs, np.array(sizes), np.array(squares), np.array(predicted))


def _mean_square(features: NDArray, classes: NDArray) -> float:
    return float(np.mean(Coupling.from_data(features, classes, bias=True).modes()[1:] ** 2))


def claim_of_teacher(found: TeacherSamples | None) -> Claim:
    """That the largest samples have the correlations that are predicted for their size."""
    names = (
        ClaimKind.TEACHER,
        "",
        "a linear student of a teacher is frustrated as much as the number of classes, inputs and samples predicts",
        "a linear student of a teacher was not frustrated as much as the number of classes, inputs and samples predicts",
    )
    theory = "the class modes of orthonormal fields have one correlation, and a sample adds what it fits by chance"
    if found is None:
        why = "a teacher of so many inputs or classes was not drawn"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    measured, predicted = float(found.mean[-1]), float(found.predicted[-1])
    size = int(found.sizes[-1])
    error = NOISE * float(found.error[-1]) + found.classes / size
    evidence = (
        f"in {found.squares.shape[1]} samples of {size} from a teacher of {found.classes} classes and {found.inputs} "
        f"inputs the mean squared correlation of class modes is {measured:.4f}, and {predicted:.4f} in theory"
    )
    verdict = ClaimVerdict.of(abs(measured - predicted) <= error)
    source = "which is three standard errors and the next order, of classes over samples"
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, measured, predicted, error, source)
