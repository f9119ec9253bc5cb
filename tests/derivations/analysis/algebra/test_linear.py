"""Exact matrices of polynomials against SymPy, Hurwitz determinants against the roots themselves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Matrix, Poly, eye, symbols

from derivations.analysis.algebra.linear import (
    OverBudget,
    adjugate,
    characteristic_coefficients,
    determinant,
    hurwitz_determinants,
    multiply_matrices,
)
from derivations.analysis.algebra.polynomials import Ring

s, x, y = symbols("s x y")
RING = Ring((x, y))
ENTRIES = [x, y, x * y - 1, x + 2, 0, 1, -3, y**2 - x]


def matrices(largest=4):
    return st.integers(1, largest).flatmap(
        lambda n: st.lists(st.sampled_from(ENTRIES), min_size=n * n, max_size=n * n).map(lambda e: Matrix(n, n, e))
    )


def polynomials(matrix):
    return [[RING.numerator(e) for e in line] for line in matrix.tolist()]


def expressions(matrix):
    return Matrix([[RING.expr(e) for e in line] for line in matrix])


def same(left, right):
    return (left - right).expand() == left * 0


@given(matrices())
def test_the_characteristic_polynomial_is_that_of_sympy(matrix):
    coefficients, adjugates = characteristic_coefficients(polynomials(matrix), RING)
    n = matrix.rows
    expected = Poly((s * eye(n) - matrix).det(method="berkowitz").expand(), s)
    assert Poly(sum(RING.expr(c) * s ** (n - k) for k, c in enumerate(coefficients)), s) == expected
    whole = sum((expressions(b) * s ** (n - 1 - k) for k, b in enumerate(adjugates)), start=matrix * 0)
    assert same(whole, (s * eye(n) - matrix).adjugate())


@given(matrices())
def test_a_matrix_times_its_adjugate_is_its_determinant(matrix):
    rows = polynomials(matrix)
    found, det = adjugate(rows, RING)
    assert same(expressions(found), matrix.adjugate())
    assert same(RING.expr(det), matrix.det(method="berkowitz"))
    assert same(RING.expr(determinant(rows, RING)), matrix.det(method="berkowitz"))
    assert same(expressions(multiply_matrices(rows, found)), eye(matrix.rows) * RING.expr(det))


halves = st.integers(-6, 6).filter(bool).map(lambda k: k / 2)


@given(st.lists(halves, max_size=3), st.lists(st.tuples(halves, st.integers(1, 5)), max_size=2))
@settings(max_examples=50)
def test_hurwitz_determinants_are_positive_iff_all_roots_are_left(real, pairs):
    roots = [*real, *(complex(re, im * sign) for re, im in pairs for sign in (1, -1))]
    if not roots:
        return
    c = np.poly(roots).real
    whole = [RING.constant(int(e)) for e in np.round(c * 4 ** len(roots))]
    n = len(roots)
    minors = [
        int(d.leading_coefficient()) if not d.is_zero() else 0 for d in hurwitz_determinants(whole, range(1, n + 1), RING)
    ]
    assert (min(minors) > 0) == (max(np.real(roots)) < 0)


def test_the_last_determinant_but_one_vanishes_with_a_pair_of_opposite_roots():
    """Orlando's formula; Gantmacher, Theory of Matrices II, ch. XV."""
    for roots in ([1j, -1j, -2], [2j, -2j, -1, -3], [1, -1, -2], [1j, -1j, -2, -3, -4]):
        c = [RING.constant(round(e)) for e in np.poly(roots).real]
        (last,) = hurwitz_determinants(c, [len(roots) - 1], RING)
        assert last.is_zero()


def test_the_third_order_condition_of_routh():
    """Δ₂ = c₁c₂ − c₀c₃."""
    ring = Ring(symbols("c0:4"))
    c = [ring.gen(g) for g in ring.symbols]
    (second,) = hurwitz_determinants(c, [2], ring)
    assert second == c[1] * c[2] - c[0] * c[3]


def test_beyond_the_budget_the_arithmetic_stops():
    matrix = polynomials(Matrix(3, 3, [x + y, x, y, 1, x * y, x, y, 2, x + 1]))
    with pytest.raises(OverBudget, match="3 terms"):
        characteristic_coefficients(matrix, RING, budget=3)
    with pytest.raises(OverBudget, match="3 terms"):
        determinant(matrix, RING, budget=3)
