"""The calculus of nodes: operations on matrices with their differentials, adjoints, shapes, texts and NumPy operations.

Losses are written with the functions below, or with SymPy's own operations where it has them.
"""

from theory.nodes.composites import (
    centred,
    column_norms,
    column_sums,
    dot,
    hinge,
    log_det,
    log_sum_exp,
    normalised,
    row_norms,
    row_sums,
    softmax,
    squared_norm,
    total,
)
from theory.nodes.elementwise import elementwise
from theory.nodes.entries import diagonal_matrix, diagonal_of, hadamard
from theory.nodes.selections import column
from theory.scalars import logistic, softplus

__all__ = [
    "centred", "column", "column_norms", "column_sums", "diagonal_matrix", "diagonal_of", "dot", "elementwise", "hadamard",
    "hinge", "log_det", "log_sum_exp", "logistic", "normalised", "row_norms", "row_sums", "softmax", "softplus",
    "squared_norm", "total",
]  # fmt: skip
