"""Remainders: stated orders against observed ones, and both against eigenvalues of random matrices found without them."""

from dataclasses import replace

import mpmath
import numpy as np
from hypothesis import assume, example, given
from hypothesis import strategies as st
from sympy import Matrix, Rational, S, oo, symbols

from derivations.analysis.algebra.algebraic import numeric_value
from derivations.analysis.expansions.remainder import remainders
from derivations.analysis.expansions.time_scales import time_scales
from theory import Flow

eps = symbols("epsilon", positive=True)
SYSTEM = symbols("x0:3", real=True)


def linear_scales(matrix, order=2):
    """The time scales of dx/dt = matrix * x at its origin."""
    state = SYSTEM[: matrix.rows]
    flow = Flow(dict(zip(state, matrix * Matrix(state), strict=True)))
    return time_scales(flow, dict.fromkeys(state, 0), eps, order, time_limit=None)


entries = st.integers(-2, 2)


@st.composite
def perturbed(draw):
    """Integer matrices A0, A1, A2."""
    size = draw(st.integers(2, 3))
    a0, a1, a2 = (Matrix(size, size, draw(st.lists(entries, min_size=size**2, max_size=size**2))) for _ in range(3))
    return a0, a1, a2


def dense_eigenvalues(matrix, at):
    """By the QR algorithm on the matrix: no characteristic polynomial."""
    values, _ = mpmath.eig(mpmath.matrix([[numeric_value(e, {eps: at}) for e in row] for row in matrix.tolist()]))
    return values


@given(perturbed())
def test_series_converge_at_their_stated_order_to_dense_eigenvalues(matrices):
    a0, a1, a2 = matrices
    matrix = a0 + eps * a1 + eps**2 * a2
    assume(eps in matrix.free_symbols)
    found = linear_scales(matrix)
    assert sum(rate.multiplicity for rate in found) == matrix.rows
    assert all(rate.remainder.agrees for rate in found if not rate.exact and rate.multiplicity == 1)
    assert all(error < 1e-25 for rate in found if rate.exact for _, error in rate.remainder.samples)
    with mpmath.workdps(150):
        points = [mpmath.mpf(10) ** -k for k in (10, 14)]
        dense = [dense_eigenvalues(matrix, at) for at in points]
        for rate in found:
            series = [numeric_value(rate.series, {eps: at}) for at in points]
            far, near = (min(abs(z - value) for z in values) for values, value in zip(dense, series, strict=True))
            stated = [r.next_exponent for r in found if r.branch.terms == rate.branch.terms]
            if oo in stated:
                assert near < mpmath.mpf(10) ** -40
            else:
                assert any(abs(mpmath.log10(far / near) / 4 - float(order)) < 0.15 for order in stated)


def test_series_agree_with_double_precision():
    matrix = Matrix([[-1, 2, 0], [1, -2, 1], [0, 1, 0]]) + eps * Matrix([[1, 0, 1], [0, -1, 0], [2, 0, -1]])
    dense = np.linalg.eigvals(np.array(matrix.subs(eps, Rational(1, 1000)), dtype=float))
    for rate in linear_scales(matrix, order=3):
        value = complex(numeric_value(rate.series, {eps: mpmath.mpf(1) / 1000}))
        assert min(abs(dense - value)) < 1e-7


def cubic_radicals():
    """A perturbation whose eigenvalues are made of several radicals of 2 and 3."""
    return Matrix([[0, 2, 1], [-2, -2, -1], [-2, -2, 2]]), Matrix.zeros(3, 3), Matrix.diag(0, 0, 2)


@given(perturbed())
@example(cubic_radicals())
def test_simple_eigenvalues_move_by_first_order_perturbation_theory(matrices):
    """d(rate)/d(eps) = l·A1·r / l·r with the left and right eigenvectors of A0."""
    a0, a1, a2 = matrices
    assume(eps in (a0 + eps * a1 + eps**2 * a2).free_symbols)
    values, right = np.linalg.eig(np.array(a0, dtype=float))
    assume(min(abs(x - y) for i, x in enumerate(values) for y in values[:i]) > 0.3)
    left = np.linalg.inv(right)
    expected = [(x, (left @ np.array(a1, dtype=float) @ right)[i, i]) for i, x in enumerate(values)]
    for rate in linear_scales(a0 + eps * a1 + eps**2 * a2):
        here, slope = (complex(numeric_value(rate.series.coeff(eps, k), {})) for k in (0, 1))
        x, shift = min(expected, key=lambda pair: abs(pair[0] - here))
        assert abs(here - x) < 1e-9
        assert abs(slope - shift) < 1e-7


def test_roots_that_share_a_series_are_told_apart_by_their_orders():
    # (s - 1 - ε)(s - 1 - ε³) = ε⁵
    found = linear_scales(Matrix([[1 + eps, eps**5], [1, 1 + eps**3]]), order=1)
    assert {rate.series for rate in found} == {S.One}
    assert sorted(rate.next_exponent for rate in found) == [1, 3]
    assert all(rate.remainder.agrees for rate in found)


def test_where_roots_cannot_be_told_apart_no_order_is_observed():
    rate, other = linear_scales(Matrix([[0, 1], [eps, 0]]))
    halfway = replace(rate.branch, terms=(), next_exponent=Rational(1, 2))
    measured = remainders([halfway, other.branch], eps, {})[0]
    assert (measured.observed_order, measured.agrees) == (None, None)
    assert "told apart" in measured.reason


def test_the_small_parameter_shrinks_until_the_slope_has_settled():
    (rate,) = linear_scales(Matrix([[-1 + eps + 10**10 * eps**2]]), order=1)
    assert rate.remainder.agrees
    assert rate.remainder.samples[-1][0] < 1e-13


def test_the_observed_order_does_not_follow_the_stated_one():
    """A remainder is measured against what is left of the series, whatever is claimed."""
    branches = [rate.branch for rate in linear_scales(Matrix([[-1, 0], [0, -2]]) + eps * Matrix([[1, 1], [1, 1]]))]
    shortened = [replace(branch, terms=branch.terms[:1]) for branch in branches]
    for measured in remainders(shortened, eps, {}):
        assert abs(measured.observed_order - 1) < 0.05
        assert measured.agrees is False
