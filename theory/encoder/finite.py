r"""What N training samples make of the correlations of a population (§7 of the notes).

Of the labels' part that p inputs do not explain, fitting them to N samples explains the share :math:`c=p/N` by chance, so that
frustrations shrink, :math:`1-\hat\mu^2=(1-\mu^2)(1-c)`: on average over class modes and samples, to leading order in 1/N and
exactly where the unexplained part is normal and independent of the inputs.  The label-mean mode, whose labels are constant,
has :math:`E\hat\mu^2=c` exactly for centred normal inputs; a bias makes it 1, and takes one sample from the others.
Exactly :math:`\max(0,p+K-N)` correlations are 1, since the spaces of the inputs (p) and of the labels (K) meet in
:math:`\mathbb R^N` in that many dimensions; the bias counts as an input.

>>> round(expected_square(0.6, inputs=50, samples=200), 4)
0.52
>>> correlations_of_one(inputs=95, classes=10, samples=100)
5

When it fails: single class modes scatter around their average by about :math:`N^{-1/2}`, and are spread apart by the sample
where they are equal in the population; only the average is predicted.
"""

from __future__ import annotations

import numpy as np

from theory.errors import InputError


def expected_square(mu: float, inputs: int, samples: int, bias: bool = False) -> float:
    r"""The mean :math:`\hat\mu^2` of class modes with the population correlation ``mu``; ``inputs`` without the bias."""
    return sample_square(mu**2, _chance_share(inputs, samples - bias))


def sample_square(square, share: float):
    r""":math:`\hat\mu^2` of samples from :math:`\mu^2` of the population, numbers or arrays, and the share c."""
    return 1 - (1 - square) * (1 - share)


def population_square(square, share: float):
    r""":math:`\mu^2` from :math:`\hat\mu^2`: negative where chance has more than its share, NaN at :math:`c\ge1`."""
    return 1 - (1 - square) / (1 - share) if share < 1 else np.nan * square


def label_mean_square(inputs: int, samples: int) -> float:
    r"""The mean :math:`\hat\mu^2` of the label-mean mode of centred inputs without a bias."""
    return _chance_share(inputs, samples)


def correlations_of_one(inputs: int, classes: int, samples: int, bias: bool = False) -> int:
    """How many correlations are 1, for inputs in general position; the trivial one of a bias is among them."""
    _chance_share(inputs, samples)
    return max(int(bias), inputs + bias + classes - samples)


def _chance_share(inputs: int, samples: int) -> float:
    if inputs < 1 or samples < 1:
        raise InputError("at least one input and more samples than the bias", f"{inputs} and {samples}", "correct them")
    return min(1.0, inputs / samples)
