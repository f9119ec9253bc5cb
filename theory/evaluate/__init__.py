"""The oracle of the checks: expressions at a point, in mpmath at any precision and by nothing but their definition."""

from theory.evaluate import nodes as nodes
from theory.evaluate.core import FUNCTIONS, NoEvaluationError, Point, Values, evaluate, mpf_array, relative_distance

__all__ = ["FUNCTIONS", "NoEvaluationError", "Point", "Values", "evaluate", "mpf_array", "relative_distance"]
