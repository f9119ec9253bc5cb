"""Inverses and determinants of turned products, shifts of softplus."""

import pytest
from sympy import Determinant, Identity, Inverse, MatrixSymbol, Q, symbols

from theory.nodes import elementwise, log_det, softplus
from theory.vanishing import vanishes
from theory.words import Context

d, n = symbols("d n", integer=True, positive=True)
c = symbols("c", positive=True)
X, Y, D = MatrixSymbol("X", d, n), MatrixSymbol("Y", n, d), MatrixSymbol("D", n, n)
KNOWN = Context((Q.diagonal(D),))
LONG, SHORT = Identity(n), Identity(d)

EQUAL = {
    "Sylvester": log_det(SHORT + X * X.T) - log_det(LONG + X.T * X),
    "Sylvester, of two matrices": Determinant(SHORT + c * X * Y) - Determinant(LONG + c * Y * X),
    "Sylvester, weighted": log_det(SHORT + c * X * D * X.T) - log_det(LONG + c * D * X.T * X),
    "push-through": Inverse(SHORT + X * X.T) * X - X * Inverse(LONG + X.T * X),
    "push-through, weighted": Inverse(SHORT + c * X * D * X.T) * X * D - X * D * Inverse(LONG + c * X.T * X * D),
    "push-through, of a sum": Inverse(LONG + X.T * X + X.T * X * X.T * X) * X.T
    - X.T * Inverse(SHORT + X * X.T + X * X.T * X * X.T),
    "Woodbury": Inverse(SHORT + X * Y) - SHORT + X * Inverse(LONG + Y * X) * Y,
    "an inverse beside its product": Inverse(SHORT + X * X.T) * X * X.T - SHORT + Inverse(SHORT + X * X.T),
    "shift of softplus": elementwise(softplus, 3 * X) - elementwise(softplus, -3 * X) - 3 * X,
}
APART = {
    "Sylvester, another number": log_det(SHORT + X * X.T) - log_det(LONG + 2 * X.T * X),
    "push-through, another number": Inverse(SHORT + X * X.T) * X - X * Inverse(LONG + 2 * X.T * X),
    "Woodbury, another sign": Inverse(SHORT + X * Y) - SHORT - X * Inverse(LONG + Y * X) * Y,
    "another shift of softplus": elementwise(softplus, X) - elementwise(softplus, -X) - 2 * X,
}


@pytest.mark.parametrize("name", EQUAL)
def test_what_is_equal_is_proved(name):
    assert vanishes(EQUAL[name], KNOWN) is True


@pytest.mark.parametrize("name", APART)
def test_what_differs_is_not(name):
    assert vanishes(APART[name], KNOWN) is False
