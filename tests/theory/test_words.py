"""Words: expansion, canonical traces, collection and rewriting, all held against dense matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import (
    Add,
    Eq,
    HadamardProduct,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Q,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy import S as Singletons
from sympy.matrices.expressions.special import OneMatrix

from tests.strategies import (
    LETTERS,
    SYMMETRIC,
    J,
    S,
    W,
    X,
    Y,
    a,
    as_product,
    c,
    d,
    k,
    matrix_polynomials,
    n,
    points,
    seeds,
    trace_polynomials,
    words,
)
from tests.theory.oracles import assert_close, evaluate
from theory import InputError
from theory.words import (
    Context,
    assemble,
    canonical_trace,
    collect,
    expand,
    expand_traces,
    is_zero,
    monomial,
    multiply_polynomials,
    scale_matrix,
    transpose_factor,
)

SYMMETRY = Context(SYMMETRIC)
A, B = (MatrixSymbol(name, d, d) for name in "AB")


def polynomial_value(polynomial, at, shape):
    """A word polynomial summed and multiplied out densely."""
    rows = at[shape[0]]
    total = np.zeros((rows, at[shape[1]]))
    for word, coefficient in polynomial.items():
        value = np.eye(rows)
        for factor in word:
            value = value @ evaluate(factor, at)
        total = total + evaluate(coefficient, at) * value
    return total


# -- expand ------------------------------------------------------------------------------------------------------------


@given(matrix_polynomials(d, k, depth=3), points())
def test_expansion_keeps_the_value(expr, at):
    assert_close(polynomial_value(expand(expr), at, expr.shape), evaluate(expr, at))


@given(matrix_polynomials(n, n, depth=3), points())
def test_expansion_with_symmetric_symbols_keeps_the_value(expr, at):
    assert_close(polynomial_value(expand(expr, SYMMETRY), at, expr.shape), evaluate(expr, at))


@given(matrix_polynomials(n, d, depth=3))
def test_expanded_words_hold_letters_only(expr):
    for word, coefficient in expand(expr, SYMMETRY).items():
        assert set(word) <= set(LETTERS)
        assert Transpose(S) not in word
        assert coefficient != 0
        assert not coefficient.has(MatrixSymbol) or coefficient.has(Trace)


def test_products_are_distributed_over_sums():
    assert expand((A + B) * (A - B)) == {(A, A): 1, (A, B): -1, (B, A): 1, (B, B): -1}


def test_equal_words_from_different_factors_add_up():
    assert expand((A + Identity(d)) * (A + Identity(d))) == {(A, A): 1, (A,): 2, (): 1}
    assert expand((A + A * B) * (B * A + A)) == {(A, B, A): 2, (A, A): 1, (A, B, B, A): 1}


def test_power_is_distributed():
    assert expand(MatPow(A + B, 0)) == {(): 1}
    assert expand((A + 2 * B) ** 2) == {(A, A): 1, (A, B): 2, (B, A): 2, (B, B): 4}
    assert expand((A + B) ** 0) == {(): 1}


def test_transpose_reverses_products_and_lands_on_symbols():
    assert expand(Transpose(X * J * Y.T)) == {(Y, J.T, X.T): 1}


def test_symmetric_and_diagonal_symbols_are_their_own_transpose():
    H = MatrixSymbol("H", n, n)
    assert expand((X * S).T, SYMMETRY) == {(S, X.T): 1}
    assert expand((X * S).T) == {(Transpose(S), X.T): 1}
    assert expand((X * H).T, Context((Q.diagonal(H),))) == {(H, X.T): 1}
    assert expand(Inverse(S).T, SYMMETRY) == {(Inverse(S),): 1}


def kept(*factors):
    """A product that SymPy leaves alone."""
    return MatMul(*factors, evaluate=False)


@pytest.mark.parametrize(
    "expr",
    [
        kept(A, Inverse(A)),
        kept(Inverse(A), A),
        kept(B, Inverse(A), A, Inverse(B)),
        kept(Inverse(Transpose(A)), Transpose(A)),
        kept(Transpose(A), Transpose(Inverse(A))),
        kept(kept(A, B), kept(Inverse(B), Inverse(A))),
        Transpose(kept(Inverse(A), A)),
    ],
    ids=str,
)
def test_inverses_cancel(expr):
    assert expand(expr) == {(): 1}


def test_inverses_cancel_in_every_term_of_a_sum():
    assert expand(kept(A + B, Inverse(A))) == {(): 1, (B, Inverse(A)): 1}
    assert expand(Transpose(kept(A + B, Inverse(A)))) == {(): 1, (Transpose(Inverse(A)), B.T): 1}
    assert expand(kept(Inverse(S), S + S.T), SYMMETRY) == {(): 2}


def test_inverses_of_other_matrices_stay():
    assert expand(MatMul(Inverse(A), B, evaluate=False)) == {(Inverse(A), B): 1}
    assert expand(MatMul(Inverse(A).T, A, evaluate=False)) == {(Transpose(Inverse(A)), A): 1}


@given(seeds)
def test_expansion_around_inverses_keeps_the_value(seed):
    rng = np.random.default_rng(seed)
    at = {d: 3, A: rng.standard_normal((3, 3)) + 4 * np.eye(3), B: rng.standard_normal((3, 3))}
    for expr in ((B * Inverse(A) + B) * (A - B.T), ((A + B) * Inverse(A)).T * B, Inverse(A.T) * B * A.T):
        assert_close(polynomial_value(expand(expr), at, expr.shape), evaluate(expr, at))


def test_terms_that_cancel_leave_nothing():
    assert expand(A * B - A * B + c * A - A * c) == {}
    assert expand((A + B) * (A + B) - A * A - A * B - B * A - B * B) == {}


def test_zero_and_identity():
    assert expand(ZeroMatrix(d, d)) == {}
    assert expand(Identity(d)) == {(): 1}
    assert expand(MatMul(A, Identity(d), B, evaluate=False)) == {(A, B): 1}
    assert expand(MatMul(A, ZeroMatrix(d, d), evaluate=False)) == {}


def test_parts_that_are_no_polynomial_are_kept_whole():
    hadamard = HadamardProduct(A, B)
    assert expand(A * hadamard) == {(A, hadamard): 1}
    assert expand(A**Singletons.Half) == {(A**Singletons.Half,): 1}


def test_transpose_of_a_matrix_of_ones_is_a_matrix_of_ones():
    assert transpose_factor(OneMatrix(n, k)) == OneMatrix(k, n)


@given(matrix_polynomials(d, n), matrix_polynomials(n, k), points())
def test_product_of_polynomials_is_the_matrix_product(left, right, at):
    value = polynomial_value(multiply_polynomials([expand(left), expand(right)]), at, (d, k))
    assert_close(value, evaluate(left, at) @ evaluate(right, at))


# -- traces ------------------------------------------------------------------------------------------------------------


CLEAN = tuple(x for x in LETTERS if x != Transpose(S))  # as expansion leaves them


@given(words(n, n, letters=CLEAN).filter(bool), st.data())
def test_trace_of_a_word_does_not_depend_on_where_it_starts_or_on_transposition(word, data):
    turn = data.draw(st.integers(0, len(word) - 1))
    turned = word[turn:] + word[:turn]
    assert canonical_trace(turned, SYMMETRY) == canonical_trace(word, SYMMETRY)
    backwards = tuple(transpose_factor(f, SYMMETRY) for f in reversed(turned))
    assert canonical_trace(backwards, SYMMETRY) == canonical_trace(word, SYMMETRY)


@given(words(n, n).filter(bool), points())
def test_canonical_trace_keeps_the_value(word, at):
    value = np.trace(evaluate(as_product(word, n), at))
    assert_close(evaluate(canonical_trace(word, SYMMETRY), at), value)


@given(trace_polynomials(), points())
def test_trace_expansion_keeps_the_value(expr, at):
    assert_close(evaluate(expand_traces(expr, SYMMETRY), at), evaluate(expr, at))


def test_trace_of_the_identity_is_its_dimension():
    assert expand_traces(Trace(Identity(d))) == d
    assert expand_traces(Trace(A * Inverse(A) + 2 * Identity(d))) == 3 * d


def test_traces_inside_functions_and_inside_traces_are_expanded():
    assert expand_traces((Trace(A * B) - Trace(B * A)) ** 2) == 0
    assert expand_traces(Trace(Trace(A * B) * A) - Trace(A) * Trace(B.T * A.T)) == 0


# -- collect and assemble ----------------------------------------------------------------------------------------------


@given(matrix_polynomials(d, k, depth=3), points())
def test_collecting_keeps_value_and_shape(expr, at):
    collected = collect(expr, SYMMETRY)
    assert collected.shape == expr.shape
    assert_close(evaluate(collected, at), evaluate(expr, at))


@given(matrix_polynomials(d, d, depth=3), points())
def test_collecting_square_polynomials_keeps_the_value(expr, at):
    assert_close(evaluate(collect(expr), at), evaluate(expr, at))


@given(
    st.dictionaries(words(d, d, longest=4), st.sampled_from([1, -1, 2, c, -a]).map(lambda q: q * Singletons.One), max_size=6),
    points(),
)
def test_assembled_polynomial_expands_to_itself(polynomial, at):
    assembled = assemble(polynomial, (d, d))
    assert_close(evaluate(assembled, at), polynomial_value(polynomial, at, (d, d)))
    assert expand(assembled) == expand(MatAdd(*(q * as_product(w, d) for w, q in polynomial.items()), ZeroMatrix(d, d)))


def test_common_factors_are_taken_out_on_both_sides():
    one = Singletons.One
    left = assemble({(W.T, W, X): one, (W.T, Y, J.T): -one}, (d, n))
    assert (left.args[0], len(left.args), left.args[1].func) == (W.T, 2, MatAdd)
    right = assemble({(X, J, Y.T): -2 * one, (W, Y, Y.T): one}, (d, d))
    assert (right.args[-1], len(right.args), right.args[0].func) == (Y.T, 2, MatAdd)


def test_common_scalar_is_taken_out():
    assert assemble({(X,): -3 * c, (W, X): 3 * c}, (d, n)).as_coeff_matrices()[0] in (3 * c, -3 * c)


def test_empty_polynomial_is_the_zero_matrix():
    assert assemble({}, (d, n)) == ZeroMatrix(d, n)
    assert collect(A - A) == ZeroMatrix(d, d)


@given(points())
def test_scaled_products_keep_the_value(at):
    for coefficient in (1, -1, 3, -c, a * c):
        for expr in (X, W * X, -2 * W * X, MatAdd(X, W * X)):
            assert_close(
                evaluate(scale_matrix(coefficient, expr), at), evaluate(coefficient * Singletons.One, at) * evaluate(expr, at)
            )


def test_monomial_of_one_factor_is_that_factor():
    assert monomial((X,)) == X
    assert monomial((W, X)) == MatMul(W, X, evaluate=False)


# -- zero or not -------------------------------------------------------------------------------------------------------


@given(matrix_polynomials(d, d, depth=2))
def test_difference_of_equal_expressions_is_zero(expr):
    assert is_zero(expr - collect(expr, SYMMETRY), SYMMETRY)
    assert is_zero(MatAdd(expr, -Transpose(Transpose(expr)), evaluate=False))
    assert is_zero(Trace(expr) - Trace(expr.T))
    assert is_zero(Trace(expr * W) - Trace(W.T * expr.T))


@given(matrix_polynomials(d, d, depth=2), matrix_polynomials(d, d, depth=2), points(largest=8, smallest=6))
def test_difference_is_zero_only_where_random_matrices_say_so(one, other, at):
    values = evaluate(one, at), evaluate(other, at)
    equal = np.allclose(*values, rtol=0, atol=1e-10 * max(1.0, *(np.abs(v).max() for v in values)))
    assert is_zero(one - other, SYMMETRY) == equal


def test_commutator_is_not_zero_but_its_trace_is():
    assert not is_zero(A * B - B * A)
    assert is_zero(Trace(A * B - B * A))
    assert not is_zero(Trace(A * B * A.T * B.T) - Trace(A * B.T * A.T * B * A * B))


def test_equality_that_needs_symmetry_is_seen_only_with_it():
    assert is_zero(S - S.T, SYMMETRY)
    assert not is_zero(S - S.T)
    assert is_zero(Trace(X * S * J * Y.T) - Trace(Y * J.T * S * X.T), SYMMETRY)
    assert not is_zero(Trace(X * S * J * Y.T) - Trace(Y * J.T * S * X.T))


# -- rewriting rules ---------------------------------------------------------------------------------------------------

D_x, D_y = MatrixSymbol("D_x", n, n), MatrixSymbol("D_y", k, k)
u_x, u_y = MatrixSymbol("u_x", n, 1), MatrixSymbol("u_y", k, 1)
NULL = Context(
    (Q.diagonal(D_x), Q.diagonal(D_y), Eq(MatMul(D_x, u_x), MatMul(J, u_y)), Eq(MatMul(D_y, u_y), MatMul(Transpose(J), u_x)))
)


@st.composite
def null_points(draw):
    """Degrees of random couplings with the constant vector that they annihilate."""
    rng = np.random.default_rng(draw(seeds))
    rows, columns, dimension = (draw(st.integers(1, 3)) for _ in range(3))
    weights, factor = rng.uniform(0.1, 1, (rows, columns)), rng.uniform(0.5, 2)
    at = {n: rows, k: columns, d: dimension, J: weights, D_x: np.diag(weights.sum(1)), D_y: np.diag(weights.sum(0))}
    at |= {u_x: np.full((rows, 1), factor), u_y: np.full((columns, 1), factor)}
    return at | {X: rng.standard_normal((dimension, rows)), Y: rng.standard_normal((dimension, columns))}


def test_assumed_equation_rewrites_its_product_and_the_transpose():
    assert expand(X * D_x * u_x, NULL) == {(X, J, u_y): 1}
    assert expand(u_x.T * D_x * X.T, NULL) == {(u_y.T, J.T, X.T): 1}
    assert expand(X * D_x * D_x * u_x, NULL) == {(X, D_x, J, u_y): 1}
    assert expand(D_x * X.T, NULL) == {(D_x, X.T): 1}


def test_velocity_of_the_weighted_centroid_vanishes_by_the_assumptions():
    centroid = (X * D_x - Y * J.T) * u_x + (Y * D_y - X * J) * u_y
    assert is_zero(centroid, NULL)
    assert not is_zero(centroid)
    assert not is_zero((X * D_x - Y * J.T) * u_x + 2 * (Y * D_y - X * J) * u_y, NULL)


def test_rewriting_goes_on_until_no_rule_applies():
    commuting = Context((Eq(MatMul(A, B), MatMul(B, A)),))
    assert expand(A * A * B * A * B, commuting) == {(B, B, A, A, A): 1}
    assert is_zero((A + B) ** 2 - A**2 - 2 * A * B - B**2, commuting)


@given(null_points())
def test_rewriting_keeps_the_value_wherever_the_equations_hold(at):
    for expr in (
        X * D_x * u_x + 2 * Y * D_y * u_y,
        X * D_x * D_x * u_x,
        u_y.T * D_y * D_y * J.T * u_x,
        (X * (D_x - J * J.T)) * u_x,
    ):
        assert_close(evaluate(collect(expr, NULL), at), evaluate(expr, at))


def test_assumed_equation_must_have_one_product_on_its_left():
    with pytest.raises(InputError, match="single product"):
        expand(A, Context((Eq(A + B, A * B),)))
    with pytest.raises(InputError, match="single product"):
        expand(A, Context((Eq(2 * A, B),)))


def test_sums_of_traces_are_seen_through():
    assume_nothing = Add(*(Trace(A * B), -Trace(B.T * A.T), Trace(A) * Trace(B), -Trace(B.T) * Trace(A)))
    assert is_zero(assume_nothing)


def test_matrices_that_commute_are_put_into_one_order():
    context = Context((Q.symmetric(A), Q.symmetric(B), Eq(B * A, A * B)))
    assert expand(A * B - B * A, context) == {}
    assert expand(A * B * A * B - A**2 * B**2, context) == {}


def test_equations_that_never_come_to_an_end_are_refused():
    with pytest.raises(InputError, match="come to an end"):
        expand(A, Context((Eq(A, A * B),)))
