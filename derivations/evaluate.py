"""The oracle of the checks; see :mod:`theory.evaluate`."""

from theory.evaluate import FUNCTIONS, NoEvaluationError, Point, Values, evaluate, mpf_array, relative_distance

__all__ = ["FUNCTIONS", "NoEvaluationError", "Point", "Values", "evaluate", "mpf_array", "relative_distance"]
