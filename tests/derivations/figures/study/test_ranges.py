"""Ranges of axes: finite, in order, within signs, and around what must be seen."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sympy import Symbol

from derivations.figures.study.ranges import parameter_range, value_range

numbers = st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6) | st.just(0.0)
SIGNS = {"positive": lambda v: v > 0, "negative": lambda v: v < 0, "nonnegative": lambda v: v >= 0, "real": lambda v: True}


@given(sign=st.sampled_from(list(SIGNS)), critical=st.lists(numbers, max_size=4), number=st.none() | numbers)
def test_the_range_of_a_parameter_holds_critical_numbers_within_its_sign(sign, critical, number):
    holds = SIGNS[sign]
    symbol, critical = Symbol("p", **{sign: True}), [c for c in critical if holds(c)]
    number = number if number is not None and holds(number) else None
    found = parameter_range(symbol, critical, number)
    grid = found.grid(101)
    assert np.isfinite(grid).all()
    assert (np.diff(grid) > 0).all()
    assert all(holds(v) for v in grid)
    assert all(found.contains(c) for c in critical)


@given(
    groups=st.lists(st.lists(numbers | st.sampled_from([np.nan, np.inf, -np.inf, 1e300]), max_size=9), max_size=4), seen=numbers
)
def test_the_range_of_values_is_finite_and_holds_what_must_be_seen(groups, seen):
    found = value_range(groups, always=[seen, np.nan])
    assert np.isfinite(found.grid(11)).all()
    assert found.low < found.high
    assert found.contains(seen)


def test_a_pole_is_cut_off_and_what_is_far_apart_is_not_linear():
    along = np.linspace(-1, 1, 400)
    assert value_range([1 / along]).high < 100
    assert value_range([along / 100, 1000 + along]).width > 0
    assert value_range([along, 2 + along]).width == 0
