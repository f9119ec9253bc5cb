"""Models as text: what is written is made again, and what is read makes nothing else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Function, MatrixSymbol, Symbol, Trace, symbols

from tests import strategies
from theory import InputError, Loss, models, sg
from theory.simulation.model_text import read_json, readable_text, write_json

HEADS = ("none", "samples", "labels", "both", "shared")
STOPS = ("none", "labels", "samples", "both")
x, y = symbols("x y", real=True)


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("head", HEADS)
def test_every_model_is_made_again(head, stop):
    model = models.projection_head(head, stop)
    assert read_json(write_json(model)) == model


@given(strategies.marked_losses(), st.booleans())
def test_losses_with_markers_anywhere_are_made_again(expression, declared):
    parameters = (*strategies.DATA, *strategies.DIMENSIONS) if declared else None
    model = Loss(expression, strategies.STATE, assumptions=strategies.SYMMETRIC, parameters=parameters)
    assert read_json(write_json(model)) == model


def test_a_person_reads_loss_state_mobilities_and_decays():
    lines = readable_text(models.projection_head("shared", "labels")).splitlines()
    assert "sg(Y)" in lines[0]
    assert lines[1:] == [
        "state X, Y, W", "mobility of X: H_x", "mobility of Y: H_y", "mobility of W: gamma",
        "decay of X: lambda", "decay of Y: lambda", "decay of W: kappa",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "expression",
    [
        0.5 * x**2,
        Function("f")(x),
        x * Symbol("x") * sg(y),
        x**2 + Trace(MatrixSymbol("x", 2, 2)),
    ],
    ids=["float", "unknown function", "two numbers of one name", "a number and a matrix of one name"],
)
def test_what_has_no_place_in_the_text_is_left_out_whole(expression):
    assert write_json(Loss(expression, (x, y))) is None


@pytest.mark.parametrize("tree", [["eval", 1], ["Symbol", "x"], ["__import__", "os"], "q", 1.5, None, {}, [], ["Q", "open", 1]])
def test_a_tree_of_unknown_kinds_is_refused(tree):
    parts = json.loads(write_json(models.embedding_only())) | {"expression": tree}
    with pytest.raises(InputError, match="a model as it was written"):
        read_json(json.dumps(parts))
