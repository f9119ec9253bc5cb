"""Operations in the place of large arrays, against those that make new ones; and that nothing which is given is written to."""

import numpy as np
import pytest
from sympy import MatrixSymbol, symbols

pytest.importorskip("jax")

from tests.theory.nodes.losses import CASES
from tests.theory.nodes.test_automatic_differentiation import drawn, lowered
from theory import schedule
from theory.lowering import lower
from theory.nodes import log_sum_exp, softmax


def evaluated(case, at):
    """The velocity, the loss and a product with the Jacobian, twice."""
    loss = CASES[case].loss
    low, y = lowered(loss.stop_gradient_flow(), at, [loss.erased()])
    y.flags.writeable = False
    observe, along = low.evaluate([loss.erased()]), np.cos(np.arange(y.size))
    found = [[low.velocity(0.0, y), observe(y)[0], low.jacobian_vector(0.0, y, along)] for _ in range(2)]
    return np.array([np.concatenate([*map(np.ravel, values)]) for values in found])


@pytest.mark.parametrize("case", CASES)
def test_what_is_done_in_place_is_what_is_done_with_new_arrays(case, monkeypatch):
    at = drawn(3)
    monkeypatch.setattr(schedule, "LARGE", 10**9)
    expected = evaluated(case, at)
    monkeypatch.setattr(schedule, "LARGE", 0)
    for array in at.values():
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    np.testing.assert_allclose(evaluated(case, at), expected, rtol=0, atol=1e-12 * max(1.0, np.abs(expected).max()))


@pytest.mark.parametrize("function", [softmax, log_sum_exp])
def test_whole_numbers_are_taken_for_floats(function, monkeypatch):
    monkeypatch.setattr(schedule, "LARGE", 0)
    d, n = symbols("d n", integer=True, positive=True)
    A = MatrixSymbol("A", d, n)
    call, whole = lower([function(A.T * A)], [A], {d: 2, n: 3}), np.arange(6).reshape(2, 3)
    np.testing.assert_allclose(call(whole)[0], call(whole.astype(float))[0])
