"""Numbers for the parameters of a flow: admissible, those given kept, errors by name."""

import pytest
from hypothesis import given, settings
from sympy import Rational, Symbol, symbols

from derivations.studies.numbers import choose_numbers
from tests.derivations.studies import models
from tests.strategies import seeds
from theory import Flow
from theory.errors import InputError

x = symbols("x", real=True)
a, b = symbols("a b", positive=True)
q = symbols("q", negative=True)
k = symbols("k", integer=True, positive=True)


@settings(max_examples=15)
@given(seeds)
def test_numbers_obey_signs_kinds_and_assumptions_and_differ(seed):
    flow = Flow({x: a * x - b * x**3 + q * k * x}, assumptions=(a > 2 * b,))
    numbers = choose_numbers(flow, {}, seed)
    assert set(numbers) == {a, b, q, k}
    assert numbers[a] > 2 * numbers[b] > 0 > numbers[q]
    assert numbers[k].is_Integer
    assert all(isinstance(v, Rational) and v.q <= 20 and abs(v) != 1 for v in numbers.values())
    assert len({abs(v) for v in numbers.values()}) == 4


@settings(max_examples=15)
@given(seeds)
def test_given_numbers_are_kept_and_the_others_fitted(seed):
    flow = Flow({x: a * x - b * x**3}, assumptions=(a > 2 * b,))
    numbers = choose_numbers(flow, {Symbol("b"): "7/5"}, seed)
    assert numbers[b] == Rational(7, 5)
    assert numbers[a] > Rational(14, 5)


@pytest.mark.parametrize(
    ("given", "named"),
    [({Symbol("z"): 1}, "got z"), ({a: -1}, "got -1"), ({a: 1, b: 2}, "a = 1, b = 2")],
)
def test_numbers_that_cannot_be_are_named(given, named):
    flow = Flow({x: a * x - b * x**3}, assumptions=(a > 2 * b,))
    with pytest.raises(InputError, match=named):
        choose_numbers(flow, given)


def test_assumptions_that_nothing_obeys_are_an_error():
    flow = Flow({x: a * x - b * x**3}, assumptions=(a > 100 * b, a < 200))
    with pytest.raises(InputError, match=r"b = 3"):
        choose_numbers(flow, {b: 3})


@settings(max_examples=15)
@given(seeds)
def test_a_stable_state_away_from_zero_exists_where_there_may_be_one(seed):
    found = models.one_mode()
    numbers = choose_numbers(found.subject.flow, {}, seed, found.points)
    assert 4 * numbers[models.lam] < numbers[models.mu] ** 2
