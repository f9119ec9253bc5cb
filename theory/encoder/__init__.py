"""Linear encoders: the moments of their inputs, of data or of a teacher's population, and what finite samples make of them."""

from theory.encoder.augmented import AugmentedEncoder, from_augmented_data
from theory.encoder.encoder import Encoder, Sample
from theory.encoder.finite import correlations_of_one, expected_square, label_mean_square, population_square, sample_square
from theory.encoder.maxima import Bounded, closed_maximum, expected_maximum
from theory.encoder.moments import from_data
from theory.encoder.population import Population, argmax_correlation, population
from theory.encoder.teachers import LabelTeacher, RegressionTeacher, argmax_teacher, sign_teacher
from theory.encoder.views import from_views, observed_on

__all__ = [
    "AugmentedEncoder",
    "Bounded",
    "Encoder",
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
    "from_augmented_data",
    "from_data",
    "from_views",
    "label_mean_square",
    "observed_on",
    "population",
    "population_square",
    "sample_square",
    "sign_teacher",
]
