"""The marker: what it keeps, what it refuses, how it is blocked and erased."""

import pytest
from hypothesis import given
from sympy import (
    Identity,
    ImmutableMatrix,
    Integer,
    MatMul,
    Matrix,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    diff,
    exp,
    pi,
    symbols,
)
from sympy.parsing import sympy_parser

from tests.strategies import J, S, W, X, Y, a, c, marked_losses, matrix_polynomials, points, x, y
from tests.theory.oracles import assert_close, evaluate
from theory import CalculusError, InputError, MarkerError, erase, sg
from theory.stopgrad import block_markers, is_marked
from theory.words import is_zero

# -- making markers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [x, x + y, x * y**2, exp(x * y), Trace(X * X.T)], ids=str)
def test_scalar_marker_stays_on_its_content(content):
    marker = sg(content)
    assert marker != content
    assert marker.args == (content,)
    assert is_marked(marker)


@pytest.mark.parametrize("content", [X, X - W * X, Y * J.T * S, W**2, MatMul(W, X)], ids=str)
def test_matrix_marker_keeps_the_shape(content):
    marker = sg(content)
    assert marker.shape == content.shape
    assert is_marked(marker)


def test_nested_markers_directly_on_each_other_collapse():
    assert sg(sg(x + y)) == sg(x + y)
    assert sg(sg(W * X)) == sg(W * X)


def test_marker_inside_a_larger_marked_expression_is_kept():
    assert sg(x + sg(y)).args[0].has(sg(y))


def test_transpose_moves_outside_the_marker():
    assert sg(X.T) == sg(X).T
    assert sg(Transpose(sg(X))) == sg(X).T
    assert sg(X.T).shape == (X.cols, X.rows)


@given(matrix_polynomials(), points())
def test_marker_of_a_transpose_has_the_value_of_the_transpose(expr, at):
    assert_close(evaluate(sg(expr.T), at), evaluate(expr, at).T)


@pytest.mark.parametrize("constant", [3, Integer(-2), pi, 0.5, Identity(3), ZeroMatrix(2, 4)], ids=str)
def test_numbers_and_constant_matrices_carry_no_marker(constant):
    assert sg(constant) == constant


@pytest.mark.parametrize("matrix", [Matrix([[x, 2], [x * y, 0]]), ImmutableMatrix([[x, y]])], ids=str)
def test_explicit_matrix_is_marked_entry_by_entry(matrix):
    assert sg(matrix) == matrix.applyfunc(sg)
    assert [entry.has(sg(x)) or entry.has(sg(x * y)) or entry.has(sg(y)) for entry in sg(matrix)] == [
        not e.is_number for e in matrix
    ]


def test_entry_of_a_marked_matrix_is_the_marked_entry():
    assert sg(X)[0, 1] == sg(X[0, 1])


# -- what is refused ---------------------------------------------------------------------------------------------------


TEXTS = ["x", "x + y", "1", "__import__('os').getpid()"]


@pytest.mark.parametrize("text", [*TEXTS, ("x + y",), ["x"], {"x"}, {"x": 1}, {1: "x"}, [["x", 1]]], ids=repr)
def test_text_is_refused_and_never_parsed(text, monkeypatch):
    def parsed(*args, **kwargs):
        raise AssertionError("text reached the parser")

    monkeypatch.setattr(sympy_parser, "parse_expr", parsed)
    monkeypatch.setattr(sympy_parser, "eval_expr", parsed)
    with pytest.raises(InputError, match="SymPy expression"):
        sg(text)


def test_object_is_refused_without_reading_its_text():
    class Loud:
        def __str__(self):
            raise AssertionError("the object was turned into text")

        def __repr__(self):
            return "Loud()"

    with pytest.raises(InputError, match="Loud"):
        sg(Loud())


@pytest.mark.parametrize("nothing", [None, [x, y], (x, y), {x: 1}], ids=str)
def test_things_that_are_no_expression_are_refused(nothing):
    with pytest.raises(InputError):
        sg(nothing)


@pytest.mark.parametrize("marked", [sg(x), x * sg(x), sg(x + y) ** 2, exp(sg(x * y)), y * sg(y + sg(x))], ids=str)
def test_sympy_refuses_to_differentiate_through_a_marker(marked):
    with pytest.raises(MarkerError, match="stop-gradient"):
        diff(marked, x)


@pytest.mark.parametrize("marked", [sg(X), sg(W * X), Trace(sg(X) * X.T), Trace(sg(W * X) * S * X.T)], ids=str)
def test_sympy_refuses_to_differentiate_through_a_matrix_marker(marked):
    with pytest.raises(MarkerError):
        marked.diff(X)


def test_sympy_refuses_to_differentiate_a_marked_matrix_by_a_scalar():
    with pytest.raises(MarkerError):
        sg(c * X).diff(c)


def test_marker_errors_are_calculus_and_input_errors():
    assert issubclass(MarkerError, CalculusError)
    assert issubclass(CalculusError, InputError)
    assert issubclass(InputError, ValueError)


# -- values ------------------------------------------------------------------------------------------------------------


def test_markers_are_values():
    assert sg(x + y) == sg(y + x)
    assert hash(sg(x + y)) == hash(sg(y + x))
    assert sg(W * Y) == sg(W * Y)
    assert sg(x) != sg(y)
    assert len({sg(x), sg(x), sg(X), sg(X)}) == 2


def test_sum_of_equal_markers_is_collected():
    assert sg(x) + sg(x) == 2 * sg(x)
    assert sg(x) - sg(x) == 0


def test_marker_of_a_real_quantity_is_real_and_of_an_unknown_one_is_not():
    z = Symbol("z")
    assert sg(x).is_extended_real
    assert sg(z).is_extended_real is None


def test_substitution_reaches_inside_a_marker():
    assert sg(x + y).subs(y, x) == sg(2 * x)
    assert sg(x).subs(x, 3) == 3
    assert sg(W * X).subs(W, W.T) == sg(W.T * X)


def test_markers_show_in_text_and_latex():
    from sympy import latex

    assert str(2 * sg(x + y)) == "2*sg(x + y)"
    assert str(sg(X)) == "sg(X)"
    assert latex(sg(x) ** 2) == r"\operatorname{sg}\left(x\right)^{2}"
    assert latex(sg(X)) == r"\operatorname{sg}\left(X\right)"


# -- erase -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        (sg(x), x),
        (x * sg(y * sg(x + sg(y))), x * y * (x + y)),
        (sg(x) - x, 0),
        (sg(Matrix([[x, y]])), Matrix([[x, y]])),
        (sg(W), W),
        (sg(X).T, X.T),
    ],
    ids=str,
)
def test_erase_reads_markers_as_the_identity(marked, plain):
    assert erase(marked) == plain
    assert not is_marked(erase(marked))


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        (sg(W) * sg(X + X), 2 * W * X),
        (sg(W * sg(W * sg(X))), W * W * X),
        (Trace(sg(X).T * sg(W * X)), Trace(X.T * W * X)),
        (Trace(sg(W)) - Trace(W), 0 * c),
    ],
    ids=str,
)
def test_erased_matrix_expressions_equal_the_plain_ones(marked, plain):
    assert not is_marked(erase(marked))
    assert is_zero(erase(marked) - plain)


def test_erase_leaves_unmarked_expressions_alone():
    assert erase(x * y + exp(x)) == x * y + exp(x)


@given(marked_losses(), points())
def test_erased_loss_has_the_value_of_the_marked_one(loss, at):
    assert not is_marked(erase(loss))
    assert_close(evaluate(erase(loss), at), evaluate(loss, at))


# -- block -------------------------------------------------------------------------------------------------------------


def test_block_replaces_each_outermost_marker_by_one_fresh_symbol():
    blocked, stopped = block_markers(x * sg(y) + sg(y) ** 2 + sg(x + sg(y)))
    assert not is_marked(blocked)
    assert sorted(stopped.values(), key=str) == [x + y, y]
    assert blocked.free_symbols == {x, *stopped}


def test_block_erases_what_goes_back():
    blocked, stopped = block_markers(x * sg(x * sg(y + sg(c))))
    assert list(stopped.values()) == [x * (y + c)]
    assert blocked.xreplace(stopped) == x * x * (y + c)


def test_block_of_matrices_keeps_shapes():
    blocked, stopped = block_markers(Trace(W * sg(Y * J.T * S) * X.T) + Trace(sg(W)))
    assert not is_marked(blocked)
    assert {s.shape for s in stopped} == {X.shape, W.shape}
    assert set(stopped.values()) == {Y * J.T * S, W}


def test_symbols_of_two_blocks_are_distinct():
    (_, first), (_, second) = block_markers(x * sg(y)), block_markers(x * sg(y))
    assert not set(first) & set(second)
    (_, first), (_, second) = block_markers(Trace(sg(X) * X.T)), block_markers(Trace(sg(X) * X.T))
    assert not set(first) & set(second)


def test_fresh_symbols_cannot_be_taken_for_the_users_own():
    named = symbols("stopped", real=True)
    _, stopped = block_markers(named * sg(x))
    assert named not in stopped


@given(marked_losses())
def test_block_then_put_back_is_erase(loss):
    blocked, stopped = block_markers(loss)
    assert not is_marked(blocked)
    assert blocked.xreplace(stopped).equals(erase(loss)) or blocked.xreplace(stopped) == erase(loss)


@given(marked_losses(), points(), points())
def test_blocked_loss_holds_the_marked_parts_fixed(loss, live, other):
    frozen = {s: (v if not hasattr(v, "shape") else v.copy()) for s, v in live.items()}
    moved = live | {s: 1.5 * live[s] for s in (X, W, c, a)}
    blocked, stopped = block_markers(loss)
    held = {symbol: evaluate(content, frozen) for symbol, content in stopped.items()}
    assert_close(evaluate(blocked, moved | held), evaluate(loss, moved, frozen))
