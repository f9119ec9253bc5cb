"""Bases over the field of the parameters, and where they stay bases."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import QQ, Mul, Poly, groebner

from derivations.analysis.algebra.generic import generic_basis
from derivations.analysis.algebra.polynomials import Ring
from tests.derivations.analysis.points.planted import a, b, factors, x, y

planted = st.lists(factors, min_size=1, max_size=2).map(lambda chosen: Mul(*chosen))


# -- generic parameters ------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(planted, planted)
def test_a_generic_basis_is_one_over_the_field_of_the_parameters(first, second):
    ring = Ring((x, y, a, b))
    basis = generic_basis(ring, (x, y), [ring.numerator(first), ring.numerator(second)])
    expected = groebner([first, second], x, y, order="grevlex", domain=QQ.frac_field(a, b))
    assert {e.lead for e in basis.elements} == {Poly(p, x, y).monoms(order="grevlex")[0] for p in expected.exprs}


@settings(max_examples=25)
@given(planted, planted)
def test_where_no_denominator_vanishes_there_are_finitely_many_zeros(first, second):
    ring = Ring((x, y, a, b))
    basis = generic_basis(ring, (x, y), [ring.numerator(first), ring.numerator(second)])
    if not basis.is_finite:
        return
    for one in (0, 1, 2, -1):
        for other in (0, 1, -1):
            at = {a: one, b: other}
            if all(ring.expr(p).subs(at) != 0 for p in basis.denominators):
                here = groebner([first.subs(at), second.subs(at)], x, y, order="grevlex")
                assert here.exprs == [1] or here.is_zero_dimensional
