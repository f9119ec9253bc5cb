"""Puiseux expansions: against textbook branches, and against roots found by mpmath at random polynomials."""

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import CRootOf, I, Poly, Rational, S, exp, oo, sqrt, symbols

from derivations.analysis.algebra.algebraic import numeric_value
from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.puiseux import puiseux
from derivations.analysis.expansions.series import expand_series
from derivations.typeset.any_root import AnyRoot
from theory.errors import InputError, UnfinishedError

s, x = symbols("s"), symbols("x", positive=True)
a, b, c = symbols("a b c", positive=True)
p, q = symbols("p q", real=True)


def expansion(polynomial, order=2, **options):
    return puiseux(Poly(polynomial, s).all_coeffs()[::-1], x, order, **options)


def shown(polynomial, order=2, **options):
    """The truncated series with their next exponents."""
    return {(b.series(x), b.next_exponent) for b in expansion(polynomial, order, **options)}


# -- textbook branches ----------------------------------------------------------------------------------------------------


def test_two_roots_that_meet_split_like_a_square_root():
    assert shown(s**2 - x) == {(sqrt(x), oo), (-sqrt(x), oo)}


def test_a_negative_radicand_gives_imaginary_branches():
    assert shown(s**2 + a * x) == {(I * sqrt(a) * sqrt(x), oo), (-I * sqrt(a) * sqrt(x), oo)}


def test_squares_leave_their_radicals():
    found = expansion(s**2 - a * (p + q) ** 2 * x)
    assert {(b.coefficient / sqrt(a)).expand() for b in found} == {p + q, -p - q}


def test_a_threefold_root_splits_with_ramification_three():
    found = expansion((s - 1) ** 3 - x - x**2)
    assert {(b.ramification, b.exponent, b.next_exponent) for b in found} == {(3, 0, Rational(4, 3))}
    assert {vanishes(b.terms[1][1] ** 3 - 1) for b in found} == {True}
    assert len({b.terms[1][1] for b in found}) == 3


def test_a_vanishing_leading_coefficient_sends_a_root_to_infinity():
    assert shown(x * s**2 + s + 1) == {(-1 - x, 2), (1 - 1 / x, S.One)}


def test_a_leading_coefficient_beyond_the_first_precision_is_found():
    assert shown(x**9 * s + 1, order=1) == {(-(x**-9), oo)}


def test_identical_roots_that_only_a_relation_of_radicals_shows_are_counted():
    one, other = sqrt(a + b) * sqrt(a + 2 * b), sqrt(a**2 + 3 * a * b + 2 * b**2)
    (branch,) = puiseux([one * other * x**2, -2 * one * x, 1], x).branches
    assert (branch.multiplicity, branch.exact) == (2, True)
    assert vanishes(branch.coefficient - one)


def test_products_of_truncated_series_know_where_they_end():
    product = expand_series(sqrt(1 + x) * sqrt(1 + 2 * x), x, 2, Region())
    assert (product.terms, product.order) == (((0, 1), (1, Rational(3, 2))), 2)


def test_several_edges_give_several_exponents():
    found = expansion((s - 2) * (s - 3 * x) * (s**2 - 5 * x**3) + x**9, order=1)
    assert sorted((b.exponent, b.coefficient) for b in found) == [
        (0, 2),
        (1, 3),
        (Rational(3, 2), -sqrt(5)),
        (Rational(3, 2), sqrt(5)),
    ]


def test_identical_zeros_are_exact_and_counted():
    zero, other = sorted(expansion(s**3 * (s - x - x**2), order=5), key=lambda b: len(b.terms))
    assert (zero.exponent, zero.coefficient, zero.multiplicity, zero.exact) == (oo, 0, 3, True)
    assert (other.series(x), other.exact) == (x + x**2, True)


def test_a_series_that_ends_is_exact_only_once_it_is_complete():
    polynomial = s - x - x**2
    assert [b.exact for b in expansion(polynomial, 1)] == [False]
    assert [b.exact for b in expansion(polynomial, 2)] == [True]
    assert [b.next_exponent for b in expansion(polynomial, 1)] == [2]


def test_a_rational_root_that_does_not_end_is_not_exact():
    assert shown((1 + x) * s - 1, order=3) == {(1 - x + x**2, S(3))}


def test_multiple_roots_are_counted():
    (branch,) = expansion(((1 - x) * s - 1) ** 2)
    assert (branch.series(x), branch.next_exponent, branch.multiplicity) == (1 + x, 2, 2)


def test_roots_that_part_beyond_the_order_share_a_series_and_keep_their_own_next_exponents():
    found = expansion((s - 1 - x) * (s - 1 - x**3), order=1)
    assert sorted(b.next_exponent for b in found) == [1, 3]
    assert {b.series(x) for b in found} == {S.One}


def test_algebraic_coefficients_are_expanded_first():
    slow = (a - sqrt(a**2 - 4 * x)) / 2
    assert shown(s - slow, order=2) == {(x / a + x**2 / a**3, S(3))}


def test_radicals_of_the_small_parameter_bring_fractional_powers():
    assert shown(s - sqrt(x + x**2)) == {(sqrt(x) + x ** Rational(3, 2) / 2, Rational(5, 2))}
    assert shown(s - 1 / sqrt(x + x**2)) == {(1 / sqrt(x) - sqrt(x) / 2, Rational(3, 2))}


def test_algebraic_coefficients_may_cancel_exactly():
    root = (a - sqrt(a**2 - 4 * x)) / 2
    assert shown(s - root * (a - root)) == {(x, oo)}


def test_numeric_irreducible_edges_keep_their_roots_exactly():
    found = expansion(s**3 - s - 3 + x, order=2).branches
    assert all(isinstance(b.coefficient, CRootOf) for b in found)
    for branch in found:
        slope = -1 / (3 * branch.coefficient**2 - 1)
        assert vanishes(branch.terms[1][1] - slope)


def test_parametric_irreducible_edges_stand_for_all_their_roots():
    (branch,) = expansion(s**3 + a * s**2 + b * s + c + x, order=2)
    assert isinstance(branch.coefficient, AnyRoot)
    assert branch.multiplicity == 3
    root = branch.coefficient
    assert vanishes(branch.terms[1][1] + 1 / (3 * root**2 + 2 * a * root + b))


# -- exact valuations -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hidden",
    [
        (p + q) ** 2 - p**2 - 2 * p * q - q**2,
        1 / (a + b) - a / (a**2 + a * b),
        sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2),
        sqrt(a + b) * sqrt(a + 2 * b) - sqrt(a**2 + 3 * a * b + 2 * b**2),
        1 / (sqrt(a + 1) + sqrt(a)) - sqrt(a + 1) + sqrt(a),
        sqrt(p**2) * sqrt(p**2) - p**2,
    ],
)
def test_a_coefficient_that_vanishes_after_algebra_is_zero(hidden):
    assert vanishes(hidden)
    assert shown(s**2 - hidden * s - x**2) == {(x, oo), (-x, oo)}


@pytest.mark.parametrize(
    "other", [sqrt(3 + 2 * sqrt(2)) - 1 + sqrt(2), sqrt(a + b) - sqrt(a), sqrt(2) + sqrt(3) - Rational(22, 7)]
)
def test_a_conjugate_of_zero_is_not_zero(other):
    assert not vanishes(other)


def test_what_vanishes_for_some_signs_only_is_not_decided():
    with pytest.raises(UnfinishedError, match="depends on the parameters"):
        vanishes(sqrt(p**2) - p)
    assert vanishes(sqrt(p**2) - p, Region((p > 0,)))


def test_assumptions_pick_the_branch_of_a_radical():
    coefficient = p - sqrt(p**2 + x)
    for assumption, exponent, expected in ((p > 0, 1, -1 / (2 * p)), (p < 0, 0, 2 * p)):
        (branch,) = expansion(s - coefficient, order=1, assumptions=(assumption,))
        assert branch.exponent == exponent
        assert vanishes(branch.coefficient - expected, Region((assumption,)))


def test_non_zero_assumptions_are_recorded_unless_guaranteed():
    assert expansion(s**2 + (a + b) * s + a * x).assumed_nonzero == ()
    assert set(expansion(s**2 + (p - q) * s + p * x).assumed_nonzero) == {p, p - q}
    assert expansion(s**2 + (p - q) * s + a * x, assumptions=(p > q,)).assumed_nonzero == ()


def test_distinct_roots_are_an_assumption():
    (recorded,) = expansion(s**2 - 2 * a * s + b + x).assumed_nonzero
    assert recorded in {a**2 - b, b - a**2}


# -- input ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [0, -1, 1.5, True, "2"])
def test_an_order_that_is_no_positive_integer_is_refused(order):
    with pytest.raises(InputError, match="positive integer"):
        puiseux([x, 1], x, order)


def test_polynomials_without_roots_and_floats_and_transcendental_coefficients_are_refused():
    with pytest.raises(InputError, match="degree at least 1"):
        puiseux([x, (a + 1) ** 2 - a**2 - 2 * a - 1], x)
    with pytest.raises(InputError, match="Rational"):
        puiseux([0.5 * x, 1], x)
    with pytest.raises(InputError, match="algebraic"):
        puiseux([exp(x) - 1, 1], x)


# -- random polynomials against mpmath ------------------------------------------------------------------------------------

polynomials = st.lists(st.lists(st.integers(-2, 2), min_size=1, max_size=3), min_size=2, max_size=4).map(
    lambda rows: [sum(k * x**e for e, k in enumerate(row)) for row in rows]
)


def distance(coefficients, branch, k):
    """How far the next root at x = 10**-k is from a truncated series."""
    at = mpmath.mpf(10) ** -k
    values = [numeric_value(S(c), {x: at}) for c in reversed(coefficients)]
    series = mpmath.fsum(numeric_value(c, {}) * mpmath.root(at, int(e.q)) ** int(e.p) for e, c in branch.terms)
    return min(abs(root - series) for root in mpmath.polyroots(values, maxsteps=500, extraprec=400))


@given(polynomials, st.integers(1, 3))
def test_truncated_series_miss_the_roots_by_their_next_exponent(coefficients, order):
    assume(coefficients[-1] != 0)
    found = puiseux(coefficients, x, order)
    assert found.degree == len(coefficients) - 1
    with mpmath.workdps(80):
        for branch in (b for b in found if b.power == b.count == 1):
            near, nearer = (distance(coefficients, branch, k) for k in (8, 12))
            if branch.exact:
                assert nearer < mpmath.mpf(10) ** -40
                continue
            # The nearest root may be that of a branch with the same terms.
            stated = [b.next_exponent for b in found if b.terms == branch.terms]
            observed = float(mpmath.log10(near / nearer)) / 4 if nearer else oo
            assert any(abs(observed - e) < 0.15 for e in stated) or oo in stated
