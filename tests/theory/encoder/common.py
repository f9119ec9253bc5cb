"""Correlations of repeated samples of a teacher, and how far their mean may be off."""

import numpy as np

from theory import Coupling

REPEATS = 24
ERRORS = 5  # standard errors that a mean over samples may be off


def averages(teacher, samples, seed, bias=False):
    """The mean squared correlation of class modes in repeated samples, and the last of the top K modes without a bias."""
    rows = []
    for repeat in range(REPEATS):
        drawn = teacher.sample(samples, seed=[seed, repeat])
        modes = Coupling.from_data(drawn.features, drawn.classes, bias=bias).modes() ** 2
        rows.append((modes[bias : teacher.classes - 1 + bias].mean(), modes[-1]))
    return np.array(rows)


def assert_within_sampling_error(found, expected, systematic):
    """Up to a term of order 1/N that is not part of the prediction."""
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert abs(found.mean() - expected) < ERRORS * error + systematic
