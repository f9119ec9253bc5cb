"""A loss written out in entries is the loss of matrices at the same numbers."""

import numpy as np
import pytest
from sympy import ImmutableMatrix, MatrixSymbol

from derivations.analysis.modes.entries import write_out
from theory import models
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import D_x, D_y, J, K, N, X, Y, d
from theory.nodes import softmax, total


@pytest.mark.parametrize("make", [models.vicreg, models.barlow_twins, models.squared])
def test_entries_have_the_value_of_the_matrices(make):
    loss = make()
    rng = np.random.default_rng(0)
    weights = rng.integers(1, 5, (3, 2))
    data = {X: rng.integers(-3, 4, (2, 3)), Y: rng.integers(-3, 4, (2, 2)), J: weights}
    data |= {D_x: np.diag(weights.sum(axis=1)), D_y: np.diag(weights.sum(axis=0))}
    numbers = {d: 2, N: 3, K: 2, alpha: 0.5, zeta: 0.25, epsilon: 4.0}
    written = write_out(loss.expression, {s: ImmutableMatrix(v.tolist()) for s, v in data.items()}).subs(numbers)
    expected = evaluate(loss.expression, Point({**numbers, **{s: mpf_array(v.astype(float)) for s, v in data.items()}}))
    assert float(written) == pytest.approx(float(expected), rel=1e-12)


def test_an_operation_without_entries_is_named():
    matrix = MatrixSymbol("Z", 2, 2)
    with pytest.raises(TypeError, match="Softmax"):
        write_out(total(softmax(matrix) * matrix), {matrix: ImmutableMatrix([[1, 2], [3, 4]])})
