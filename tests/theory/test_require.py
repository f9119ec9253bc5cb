"""Guards take what they should, as plain numbers, and refuse the rest with one sentence."""

import re
from fractions import Fraction
from math import inf, isfinite, nan

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from theory import InputError, require

NO_NUMBERS = [True, np.True_, None, "1", 1j, [1], np.array([1]), sympy.Symbol("x"), object]
WHOLE = [int, np.int64, np.uint8, sympy.Integer]
REAL = [float, np.float64, Fraction, sympy.Rational]


def refused(guard, *args, **kwargs):
    """The sentence of a guard that refuses: one line with what was expected, what came and what to do."""
    with pytest.raises(InputError, match=r"^expected a thing.*, got .*; .+$") as caught:
        guard(*args, **kwargs)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert not re.search(r"np\.(int|float)", sentence)
    return sentence


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.sampled_from(WHOLE))
def test_whole_numbers_are_taken_in_their_range_and_refused_outside(value, least, most, kind):
    if least <= value <= most:
        found = require.whole(kind(value), "a thing", least=least, most=most)
        assert (type(found), found) == (int, value)
    else:
        assert f"got {value};" in refused(require.whole, kind(value), "a thing", least=least, most=most)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 1.0, np.float64(1), nan, inf, Fraction(1)], ids=repr)
def test_what_only_looks_whole_is_refused(value):
    refused(require.whole, value, "a thing", least=-inf)


@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(-4, 4), st.sampled_from(REAL), st.booleans())
def test_numbers_are_taken_in_their_interval_with_its_ends_or_without(value, low, high, kind, closed):
    ends = {"least": low, "most": high} if closed else {"above": low, "below": high}
    if low <= value <= high if closed else low < value < high:
        found = require.real(kind(value), "a thing", **ends)
        assert (type(found), found) == (float, value)
    else:
        refused(require.real, kind(value), "a thing", **ends)


@pytest.mark.parametrize("end", [{"least": 1}, {"most": 1}])
def test_an_end_that_belongs_to_the_interval_is_taken(end):
    assert require.real(1, "a thing", **end) == 1


@pytest.mark.parametrize("end", [{"above": 1}, {"below": 1}])
def test_an_end_that_does_not_belong_is_refused(end):
    refused(require.real, 1, "a thing", **end)


@pytest.mark.parametrize(
    "value", [*NO_NUMBERS, nan, inf, -inf, 10**400, sympy.I, sympy.oo, sympy.nan], ids=lambda v: repr(v)[:20]
)
def test_what_is_no_finite_real_number_is_refused(value):
    refused(require.real, value, "a thing")


@given(st.floats())
def test_positive_numbers_are_those_above_zero(value):
    if 0 < value < inf:
        assert require.positive(value, "thing") == value
    else:
        with pytest.raises(InputError, match="expected a positive thing, got"):
            require.positive(value, "thing")


@given(st.lists(st.lists(st.floats(), min_size=2, max_size=2), min_size=1, max_size=3), st.floats(-1, 1))
def test_arrays_are_taken_where_every_entry_is_finite_and_in_range(values, least):
    if all(isfinite(v) and v >= least for row in values for v in row):
        assert np.array_equal(require.finite(values, "a thing", shape=(None, 2), least=least), values)
    else:
        assert "among them" in refused(require.finite, values, "a thing", shape=(None, 2), least=least)


@pytest.mark.parametrize("shape", [(), (3,), (None,), (3, 2), (2, None, 1), (None, 3)], ids=str)
def test_arrays_of_another_shape_are_refused_with_theirs(shape):
    assert "an array (2, 1)" in refused(require.finite, np.ones((2, 1)), "a thing", shape=shape)


@pytest.mark.parametrize("shape", [(0, 2), (2, 0)], ids=str)
def test_empty_arrays_have_no_free_length(shape):
    refused(require.finite, np.ones(shape), "a thing", shape=(None, None))


@pytest.mark.parametrize("values", [["a"], ["1"], [[1], [1, 2]], [1j], np.array([1j]), None], ids=repr)
def test_arrays_of_other_things_are_refused(values):
    refused(require.finite, values, "a thing")


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=6))
def test_times_are_taken_where_they_increase(values):
    if sorted(set(values)) == values:
        assert np.array_equal(require.times(values), values)
    else:
        with pytest.raises(InputError, match="increasing times"):
            require.times(values)


@pytest.mark.parametrize(
    "values", [[], [-1, 2], [0, nan], [0, inf], [[0, 1], [2, 3]], ["late"], None, np.array([1j])], ids=repr
)
def test_what_are_no_times_is_refused(values):
    with pytest.raises(InputError, match="times"):
        require.times(values)


def test_one_number_is_one_time():
    assert require.times(2).tolist() == [2]


@given(st.sets(st.text(max_size=3), max_size=4), st.one_of(st.text(max_size=3), st.none(), st.lists(st.none())))
def test_a_choice_is_one_of_the_names(choices, value):
    assume(value not in list(choices))
    refused(require.one_of, value, choices, "a thing")
    refused(require.one_of, np.array(["a", "b"]), choices, "a thing")
    for name in choices:
        require.one_of(name, dict.fromkeys(choices), "a thing")


def test_a_refused_choice_is_told_with_all_others():
    assert refused(require.one_of, "c", ("a", "b"), "a thing") == "expected a thing among a, b, got 'c'; choose one of these"


def test_missing_names_are_told_in_order():
    require.complete([], "a thing")
    assert "got none for x, y, z;" in refused(require.complete, [*sympy.symbols("z x"), "y"], "a thing")


def test_a_file_is_one_that_is_there(tmp_path):
    there = tmp_path / "there"
    there.touch()
    assert require.file(there, "a thing") == there
    for path in (tmp_path, tmp_path / "other"):
        assert "no file" in refused(require.file, path, "a thing")


def test_a_missing_package_is_told_with_the_extra_that_brings_it():
    require.extra("data", "numpy", "sympy")
    with pytest.raises(InputError, match=r"extra \[data\], got no no_such_package; pip install 'collapse-theory\[data\]'"):
        require.extra("data", "numpy", "no_such_package")
