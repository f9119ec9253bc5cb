"""Targets that follow their source, in both flows, and nothing that is differentiated through them."""

import pickle

import pytest
from hypothesis import given
from sympy import MatrixSymbol, Q, Rational, Symbol, Trace

from tests.strategies import (
    STATE,
    SYMMETRIC,
    J,
    W,
    X,
    Y,
    marked_losses,
    points,
    rationals,
    scalar_polynomials,
    w,
    x,
    y,
)
from tests.theory.oracles import assert_close, evaluate
from theory import InputError, Loss, models, sg
from theory.simulation.model_text import read_json, readable_text, write_json

beta = Symbol("beta", positive=True)


@given(marked_losses(), points())
def test_a_target_follows_in_both_flows_and_the_others_descend_as_if_it_were_given(expression, at):
    at = at | {beta: 0.7}
    loss = Loss(expression, STATE, assumptions=SYMMETRIC, follow={X: (beta, 2 * X + Y * J.T)})
    plain = Loss(expression, STATE, assumptions=SYMMETRIC)
    pairs = ((loss.gradient_flow(), plain.gradient_flow()), (loss.stop_gradient_flow(), plain.stop_gradient_flow()))
    for flow, others in pairs:
        assert_close(evaluate(flow.velocity[X], at), 0.7 * (at[X] + at[Y] @ at[J].T))
        for block in set(STATE) - {X}:
            assert_close(evaluate(flow.velocity[block], at), evaluate(others.velocity[block], at))
        assert flow.potential is None


@given(scalar_polynomials(), scalar_polynomials(), rationals)
def test_a_scalar_target_goes_to_its_source_at_its_rate(expression, source, rate):
    flow = Loss(expression, (x, y, w), decay={x: 1}, follow={w: (abs(rate), source)}).stop_gradient_flow()
    assert (flow.velocity[w] - abs(rate) * (source - w)).expand() == 0
    assert (flow.velocity[x] + expression.diff(x) + x).expand() == 0


def test_a_target_that_follows_is_another_loss_and_stays_itself_through_changes():
    loss = Loss((x - w) ** 2 / 2, (x, w), follow={w: (beta, x)})
    assert loss != Loss((x - w) ** 2 / 2, (x, w))
    assert loss.func(*loss.args) == loss
    assert pickle.loads(pickle.dumps(loss)) == loss
    assert loss.with_parts(decay={x: 1}).follow == {w: (beta, x)}
    assert loss.xreplace({x: y, beta: 2 * beta}).follow == {w: (2 * beta, y)}
    assert loss.with_parts(follow=()) == Loss((x - w) ** 2 / 2, (x, w))
    assert loss.learners == (x,)
    assert loss.learns
    assert not Loss((x - w) ** 2 / 2, (x, w), follow={w: (beta, x), x: (beta, w)}).learns
    with pytest.raises(TypeError):
        loss.follow[w] = beta, y


def test_a_loss_with_a_target_is_written_and_read():
    A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3)
    loss = Loss(Trace(A * B), (A, B), assumptions=(Q.positive_definite(MatrixSymbol("C", 3, 3)),), follow={B: (beta, A * A)})
    assert read_json(write_json(loss)) == loss
    assert readable_text(loss).splitlines()[-1] == "B follows A**2 at rate beta"
    old = write_json(models.embedding_only()).replace(', "follow": []', "")
    assert read_json(old) == models.embedding_only()


def test_declared_symbols_are_asked_of_rates_and_sources():
    with pytest.raises(InputError, match="symbol beta"):
        Loss(x**2, (x, w), parameters=(), follow={w: (beta, x)})
    with pytest.raises(InputError, match="symbol y"):
        Loss(x**2, (x, w), parameters=(beta,), follow={w: (beta, x + y)})


@pytest.mark.parametrize(
    ("follow", "options", "message"),
    [
        ({y: (beta, x)}, {}, r"a target of a state block \(x, w\), got one of y"),
        ({w: (-beta, x)}, {}, r"a non-negative number as rate of w, got -beta"),
        ({w: (W, x)}, {}, r"a non-negative number as rate of w, got W"),
        ({w: (beta, X)}, {}, r"a source of w that is a number, got X, of shape"),
        ({w: (beta, sg(x))}, {}, r"a rate and a source of w without markers, got sg\(x\)"),
        ({w: (sg(x), x)}, {}, r"a rate and a source of w without markers, got sg\(x\)"),
        ({w: beta}, {}, r"a rate and a source that w follows, got beta; write follow=\{w: \(rate, source\)\}"),
        ({w: (beta, x, y)}, {}, r"a rate and a source that w follows"),
        ({w: "ab"}, {}, r"a rate and a source that w follows, got 'ab'"),
        ({w: (beta, "x")}, {}, r"as source of w, got 'x'"),
        ({w: (beta, x)}, {"decay": {w: 1}}, r"no decay of the target w, which follows at its rate, got 1"),
        ({w: (beta, x)}, {"mobility": {w: beta}}, r"no mobility of the target w, which follows at its rate, got beta"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)
def test_what_cannot_follow_is_one_sentence(follow, options, message):
    with pytest.raises(InputError, match=message) as error:
        Loss(x**2 + w, (x, w), follow=follow, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("source", [J, X, W, W * Y], ids=str)
def test_a_source_has_the_shape_of_its_target(source):
    if source == W * Y:
        assert Loss(Trace(Y * Y.T), (X, Y, W), follow={Y: (Rational(1, 2), source)}).follow[Y][1] == source
        return
    with pytest.raises(InputError, match=r"a source of Y that is of shape"):
        Loss(Trace(Y * Y.T), (X, Y, W), follow={Y: (1, source)})
