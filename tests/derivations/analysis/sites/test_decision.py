"""Whether equations and inequalities hold together: textbook ones, and sets that hold a planted point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import expand, symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.sites import decision
from derivations.analysis.sites.assumptions import signs_from
from derivations.analysis.sites.decision import decide_sign, is_empty
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, POSITIVE, ZERO
from derivations.analysis.sites.site import Site

a, b, d, g, k, m, p, s = symbols("a b d g k m p s", positive=True)
x, y, z, L = symbols("x y z L", real=True)


# -- the decision itself ------------------------------------------------------------------------------------------------------


def on_plane(*assumptions):
    ring = Ring((a, b, x, y))
    return Site(ring, (), (), (), (), signs_from(ring, assumptions))


def test_textbook_inequalities_are_decided():
    plane = on_plane()
    motzkin = x**4 * y**2 + x**2 * y**4 + 1 - 3 * x**2 * y**2
    assert decide_sign(plane, plane.ring.fraction(motzkin)) == NONNEGATIVE
    assert decide_sign(plane, plane.ring.fraction(a**2 + b**2 - a * b)) == POSITIVE
    assert decide_sign(on_plane(x**2 + y**2 < 1), plane.ring.fraction(x + y - 2)) == NEGATIVE
    assert not is_empty(plane, [(plane.ring.numerator(a * b - x), POSITIVE)])
    assert is_empty(plane, [(plane.ring.numerator(x**2 + y**2 + a), ZERO)])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4),
    st.sampled_from([-1, 0, 1]),
)
def test_points_that_are_looked_at_first_change_no_answer(drawn, sign):
    question = (
        (tuple((str(c), (i, j)) for c, i, j in drawn), (sign,)),
        ((("1", (1, 0)), ("-1", (0, 1))), (0, 1)),
    )
    asked = decision._is_refuted.__wrapped__
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(decision, "CORNERS", 0)
        by_solver = asked(question)
    assert asked(question) is by_solver


terms = st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4)


@settings(max_examples=40)
@given(terms, terms, st.integers(-2, 2), st.integers(-2, 2))
def test_a_set_that_holds_a_point_is_never_called_empty(one, two, first, second):
    ring = Ring((x, y))
    site = Site(ring, (), (), (), (), signs_from(ring))
    facts = []
    for drawn in (one, two):
        f = expand(sum(c * x**i * y**j for c, i, j in drawn) + x)
        value = f.subs({x: first, y: second})
        facts.append((ring.numerator(f), frozenset({int(np.sign(int(value)))})))
    assert not is_empty(site, facts)
    for f, sign in facts:
        if not f.is_zero():
            assert sign <= decide_sign(site, (f, ring.constant(1)))
