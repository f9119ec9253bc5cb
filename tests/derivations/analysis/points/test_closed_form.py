"""Points in closed form: what is made rational, and where."""

from __future__ import annotations

from sympy import S, symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.points.closed_form import solve_leaf
from derivations.analysis.sites.assumptions import signs_from
from derivations.analysis.sites.branches import Leaf, Substitution
from tests.strategies import SCALARS

x, y, w = SCALARS
a, b = symbols("a b", real=True)


def test_a_denominator_is_made_rational_only_where_its_conjugate_does_not_vanish():
    ring = Ring((x, y, a, b))
    roots = ((x, ring.numerator(x**2 - b)),)
    for bottom, positive in ((x - a, ()), (x**2 + a**2 + x + 1, (b > 0,))):
        solved = (Substitution(y, ring.constant(1), ring.numerator(bottom)),)
        found = solve_leaf(Leaf(roots, solved, (), ()), (x, y), signs_from(ring, positive))
        at = {a: 1, b: 1}
        here = [s for s in found if all(c.subs(at) == S.true for c in s.conditions)]
        expected = {value for value in (1, -1) if bottom.subs({x: value, a: 1}) != 0}
        assert {s.values[x].subs(at) for s in here} == expected
        assert all(s.values[y].subs(at) == 1 / bottom.subs({x: s.values[x].subs(at), a: 1}) for s in here)
