"""Values of expressions: against dense NumPy in double precision, and against SymPy's own numbers at high precision."""

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import (
    BlockDiagMatrix,
    BlockMatrix,
    Derivative,
    Function,
    I,
    Identity,
    Inverse,
    KroneckerProduct,
    MatPow,
    Matrix,
    MatrixSymbol,
    N,
    OneMatrix,
    Rational,
    Sum,
    Symbol,
    Trace,
    ZeroMatrix,
    cos,
    exp,
    floor,
    pi,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions.matexpr import MatrixElement

from tests.strategies import (
    DIMENSIONS,
    SCALARS,
    J,
    S,
    W,
    X,
    Y,
    a,
    c,
    d,
    k,
    marked_losses,
    matrix_polynomials,
    n,
    points,
    rationals,
    scalar_losses,
    scalar_polynomials,
    trace_polynomials,
)
from tests.theory import oracles
from theory import sg
from theory.evaluate import Point, evaluate, mpf_array, relative_distance

i, j, m = symbols("i j m", integer=True, nonnegative=True)
x, y, w = SCALARS


def exact(at):
    """The same point with dimensions as they are and everything else in mpmath."""
    kinds = {0: mpmath.mpf, 2: mpf_array}
    return {s: v if s in DIMENSIONS else kinds[np.ndim(v)](v) for s, v in at.items()}


def as_floats(value):
    """A value in double precision."""
    return float(value) if np.ndim(value) == 0 else np.array(value, dtype=float)


def value_of(expression, at, frozen=None):
    return as_floats(evaluate(expression, Point(exact(at), exact(frozen or {}))))


# -- against dense NumPy ----------------------------------------------------------------------------------------------


@given(matrix_polynomials(), points())
def test_matrix_expressions_have_their_dense_value(expression, at):
    oracles.assert_close(value_of(expression, at), oracles.evaluate(expression, at))


@given(trace_polynomials(), points())
def test_sums_of_products_of_traces_have_their_dense_value(expression, at):
    oracles.assert_close(value_of(expression, at), oracles.evaluate(expression, at))


@given(scalar_losses(), points())
def test_functions_of_traces_have_their_dense_value(expression, at):
    oracles.assert_close(value_of(expression, at), oracles.evaluate(expression, at))


@given(points(smallest=2))
def test_an_inverse_is_that_of_numpy(at):
    matrix = W + 3 * Identity(d)
    assume(np.linalg.cond(at[W] + 3 * np.eye(at[d])) < 1e3)
    inverse = np.linalg.inv(at[W] + 3 * np.eye(at[d]))
    oracles.assert_close(value_of(Inverse(matrix), at), inverse)
    oracles.assert_close(value_of(matrix.I.T * X, at), inverse.T @ at[X])


@given(points(), st.integers(0, 4))
def test_a_power_is_the_repeated_product(at, power):
    oracles.assert_close(value_of(MatPow(W, power), at), np.linalg.matrix_power(at[W], power))


@given(points())
def test_blocks_stand_where_they_are_written(at):
    everything = BlockMatrix([[X, Y], [J.T * S, J.T * J]])
    oracles.assert_close(value_of(everything, at), np.block([[at[X], at[Y]], [at[J].T @ at[S], at[J].T @ at[J]]]))
    apart = value_of(BlockDiagMatrix(W, S), at)
    corners = np.zeros((at[d], at[n])), np.zeros((at[n], at[d]))
    oracles.assert_close(apart, np.block([[at[W], corners[0]], [corners[1], at[S]]]))


@given(points())
def test_constant_matrices_have_symbolic_shapes(at):
    oracles.assert_close(value_of(Identity(n), at), np.eye(at[n]))
    oracles.assert_close(value_of(ZeroMatrix(d, n), at), np.zeros((at[d], at[n])))
    oracles.assert_close(value_of(OneMatrix(d, n) * J, at), np.ones((at[d], at[n])) @ at[J])
    oracles.assert_close(value_of(Trace(Identity(n)), at), at[n])


@given(points())
def test_explicit_matrices_are_evaluated_entry_by_entry(at):
    explicit = Matrix([[a, c], [a * c, 1], [0, Rational(1, 3)]])
    oracles.assert_close(value_of(explicit, at), [[at[a], at[c]], [at[a] * at[c], 1], [0, 1 / 3]])


@given(points())
def test_a_sum_over_entries_is_the_double_loop(at):
    squares = Sum(J[i, m] * (X[j, i] - Y[j, m]) ** 2, (j, 0, d - 1), (m, 0, k - 1), (i, 0, n - 1)) / 2
    oracles.assert_close(value_of(squares, at), oracles.pair_energy(at[J], at[X], at[Y]))


@given(points())
def test_entries_of_a_product_can_be_summed(at):
    mapped = Sum(MatrixElement(W * X, j, i) * S[i, i], (j, 0, d - 1), (i, 0, n - 1))
    oracles.assert_close(value_of(mapped, at), np.sum((at[W] @ at[X]) * np.diag(at[S])))


@given(st.integers(1, 8))
def test_the_bound_of_an_inner_sum_may_depend_on_the_outer_index(count):
    triangle = Sum(i + 1, (i, 0, m), (m, 0, n - 1))
    assert evaluate(triangle, Point({n: count})) == count * (count + 1) * (count + 2) / 6


def test_an_empty_sum_is_zero():
    assert evaluate(Sum(i, (i, 0, n - 1)), Point({n: 0})) == 0


# -- against SymPy at high precision ----------------------------------------------------------------------------------


@given(scalar_polynomials(), scalar_polynomials(), st.tuples(*[rationals] * len(SCALARS)))
def test_scalars_agree_with_sympy_at_fifty_digits(p, q, values):
    expression = p * exp(-(q**2) / 100) + sqrt(1 + q**2) * cos(p) - tanh(p / 10) / (1 + q**2) + pi
    at = dict(zip(SCALARS, values, strict=True))
    with mpmath.workdps(70):
        found = evaluate(expression, Point({s: mpmath.mpf(int(v.p)) / int(v.q) for s, v in at.items()}))
        expected = mpmath.mpf(str(N(expression.xreplace(at), 60)))
        assert abs(found - expected) <= mpmath.mpf(10) ** -50 * max(1, abs(expected))


@given(rationals, st.integers(20, 80))
def test_fractions_carry_the_working_precision(number, digits):
    with mpmath.workdps(digits):
        assert abs(evaluate(number, Point({})) * int(number.q) - int(number.p)) <= mpmath.mpf(10) ** (2 - digits)


# -- markers ----------------------------------------------------------------------------------------------------------


@given(marked_losses(), points())
def test_a_marker_sees_the_point_itself_where_nothing_is_frozen(loss, at):
    oracles.assert_close(value_of(loss, at), oracles.evaluate(loss, at))


@given(marked_losses(), points(), st.sampled_from([0.5, -1.0]))
def test_a_marker_sees_the_frozen_values(loss, at, scale):
    frozen = at | {s: scale * at[s] for s in (X, Y, W, c)}
    oracles.assert_close(value_of(loss, at, frozen), oracles.evaluate(loss, at, frozen))


@given(marked_losses(), points(), st.sampled_from([X, Y, W]))
def test_moved_points_hold_the_markers_where_they_were(loss, at, block):
    there = at | {block: at[block] + 0.25}
    moved = Point(exact(at)).with_state({block: mpf_array(there[block])})
    oracles.assert_close(as_floats(evaluate(loss, moved)), oracles.evaluate(loss, there, at))


@given(marked_losses(), points(), st.sampled_from([X, Y, W]))
def test_moved_targets_leave_everything_else_where_it_was(loss, at, block):
    there = at | {block: at[block] + 0.25}
    moved = Point(exact(at)).with_targets({block: mpf_array(there[block])})
    oracles.assert_close(as_floats(evaluate(loss, moved)), oracles.evaluate(loss, at, there))


@given(marked_losses(), points())
def test_moving_the_point_and_its_targets_alike_moves_everything(loss, at):
    there = at | {X: at[X] + 0.25}
    both = Point(exact(at)).with_state({X: mpf_array(there[X])}).with_targets({X: mpf_array(there[X])})
    oracles.assert_close(as_floats(evaluate(loss, both)), oracles.evaluate(loss, there))


def test_targets_stay_frozen_through_a_second_move():
    start = Point({x: mpmath.mpf(1), y: mpmath.mpf(5)})
    assert evaluate(x + 10 * sg(x) + sg(y), start.with_state({x: mpmath.mpf(2)}).with_state({x: mpmath.mpf(3)})) == 18


def test_entries_of_a_marked_matrix_are_frozen_in_sums():
    squares = Sum((X[j, i] - MatrixElement(sg(X), j, i)) ** 2, (j, 0, d - 1), (i, 0, n - 1))
    at = Point({d: 2, n: 3, X: mpf_array(np.ones((2, 3)))})
    assert evaluate(squares, at) == 0
    assert evaluate(squares, at.with_state({X: mpf_array(np.full((2, 3), 3.0))})) == 24


def test_points_are_not_changed_by_moving():
    at = Point({x: mpmath.mpf(1)})
    at.with_state({x: mpmath.mpf(2)})
    at.with_targets({x: mpmath.mpf(2)})
    assert (dict(at.values), dict(at.frozen)) == ({x: 1}, {})


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "expression",
    [
        Derivative(Function("f")(x), x),
        floor(x),
        Function("f")(x),
        Function("workdps")(x),
        KroneckerProduct(X, X),
    ],
    ids=["derivative", "unlisted-function", "undefined-function", "name-of-a-tool", "product of Kronecker"],
)
def test_a_kind_of_expression_without_evaluation_is_a_type_error(expression):
    values = {x: mpmath.mpf(1), X: mpf_array(np.eye(2)), d: 2, n: 2}
    with pytest.raises(TypeError, match="no evaluation of"):
        evaluate(expression, Point(values))


@pytest.mark.parametrize("missing", [x, MatrixSymbol("A", 2, 2), Symbol("d", integer=True, positive=True)])
def test_a_symbol_without_a_value_is_a_key_error(missing):
    expression = Trace(missing) if isinstance(missing, MatrixSymbol) else 2 * missing + 1
    with pytest.raises(KeyError, match=str(missing)):
        evaluate(expression, Point({}))


def test_a_matrix_of_unknown_shape_is_a_key_error():
    with pytest.raises(KeyError, match="d"):
        evaluate(Identity(d), Point({}))


# -- distance ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5), st.lists(st.floats(-10, 10), min_size=5, max_size=5))
def test_distance_is_symmetric_bounded_and_zero_for_equals(left, pool):
    right = pool[: len(left)]
    assert relative_distance(left, left) == 0
    assert relative_distance(left, right) == relative_distance(right, left)
    assert 0 <= relative_distance(left, right) <= 2
    assert (relative_distance(left, right) == 0) == (left == right)


@given(st.floats(0.25, 4), st.floats(1e-6, 1e-2), st.sampled_from([1e-30, 1.0, 1e30]))
def test_distance_is_relative_to_the_larger(size, error, scale):
    found = relative_distance([scale * size, 0.0], [scale * size * (1 - error), 0.0])
    assert found == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("shapes", [((2,), (3,)), ((), (2,)), ((2, 3), (3, 2))], ids=str)
def test_values_of_different_shapes_have_no_distance(shapes):
    with pytest.raises(ValueError, match="one shape"):
        relative_distance(*map(np.ones, shapes))


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), mpmath.nan, mpmath.inf])
def test_nothing_is_close_to_what_is_not_finite(place, wrong):
    values = [1.0, 2.0, 3.0]
    wrecked = [*values[:place], wrong, *values[place + 1 :]]
    assert not relative_distance(values, wrecked) <= 1
    assert not relative_distance(wrecked, values) <= 1


def test_complex_numbers_have_values():
    with mpmath.workdps(30):
        found = evaluate((2 + 3 * I) ** 2, Point({}))
    assert (found.real, found.imag) == (-5, 12)
