"""Real algebraic numbers: the same as SymPy's, without its work."""

import pickle

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import CRootOf, Poly, Rational, Symbol, rootof

from derivations.analysis.algebra.light_root import LightRoot, RationalFunction, RootFraction

x, t = Symbol("x"), Symbol("t")
QUINTIC = (-1, -1, 0, 0, 0, 1)  # x^5 - x - 1, one real root
THREE = (1, -3, 0, 1)  # x^3 - 3 x + 1, three of them


@pytest.mark.parametrize(("coefficients", "place"), [(QUINTIC, 0), (THREE, 0), (THREE, 1), (THREE, 2)])
def test_a_root_is_that_of_sympy(coefficients, place):
    light, heavy = LightRoot.of(coefficients, place), CRootOf(Poly(coefficients[::-1], x), place)
    assert light == heavy
    assert heavy == light
    assert {light: 1}[heavy] == 1
    assert abs(light.evalf(60) - heavy.evalf(60)) < Rational(10) ** -58
    assert light.is_real
    assert (light + x).xreplace({light: t}) == t + x


def test_other_roots_are_others():
    assert LightRoot.of(THREE, 0) != LightRoot.of(THREE, 1)
    assert LightRoot.of(THREE, 0) != CRootOf(Poly(THREE[::-1], x), 1)
    assert LightRoot.of(THREE, 0) != Rational(1)


@pytest.mark.parametrize(
    "value", [LightRoot.of(THREE, 2), RootFraction.of(RationalFunction((1, 2), (3, 0, 1)), LightRoot.of(THREE, 2))]
)
def test_numbers_are_the_same_on_the_other_side_of_a_pickle(value):
    again = pickle.loads(pickle.dumps(value))
    assert again == value
    assert hash(again) == hash(value)
    assert again.evalf(40) == value.evalf(40)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=4), st.sampled_from([0, 1, 2]))
def test_a_fraction_is_the_quotient_that_it_writes(above, place):
    root = LightRoot.of(THREE, place)
    function = RationalFunction((*above, 1), (5, 0, 1))
    value = function(root)
    assert isinstance(value, RootFraction)
    assert value.func(*value.args) == value
    assert value.xreplace({root: t}) == Poly([1, *above[::-1]], t).as_expr() / (t**2 + 5)
    with mpmath.workdps(40):
        at = mpmath.mpf(str(rootof(x**3 - 3 * x + 1, place).evalf(50)))
        expected = mpmath.polyval([1, *above[::-1]], at) / (at**2 + 5)
        if abs(expected) > 1e-20:
            assert mpmath.almosteq(mpmath.mpf(str(value.evalf(45))), expected, 1e-35)


def test_fractions_of_different_roots_and_functions_differ():
    first, second = LightRoot.of(THREE, 0), LightRoot.of(THREE, 1)
    f, g = RationalFunction((0, 1), (1, 1)), RationalFunction((0, 1), (2, 1))
    assert len({f(first), f(second), g(first), RationalFunction((0, 1), (1, 1))(first)}) == 3
