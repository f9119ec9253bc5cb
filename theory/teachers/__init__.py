"""Teachers of a linear student: their samples, their moments over the population, and what finite samples make of them."""

from theory.teachers.finite import correlations_of_one, expected_square, label_mean_square, population_square, sample_square
from theory.teachers.linear import LabelTeacher, Sample, argmax_teacher, sign_teacher
from theory.teachers.maxima import Bounded, closed_maximum, expected_maximum
from theory.teachers.moments import Population, argmax_correlation, population
from theory.teachers.regression import RegressionTeacher
from theory.teachers.views import from_views, observing

__all__ = [
    "Bounded",
    "LabelTeacher",
    "Population",
    "RegressionTeacher",
    "Sample",
    "argmax_correlation",
    "argmax_teacher",
    "closed_maximum",
    "correlations_of_one",
    "expected_maximum",
    "expected_square",
    "from_views",
    "label_mean_square",
    "observing",
    "population",
    "population_square",
    "sample_square",
    "sign_teacher",
]
