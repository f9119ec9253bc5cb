"""The tree of cases, on systems whose zeros are known."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.points import splitter as module
from derivations.analysis.points.containment import without_contained
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.sites.assumptions import signs_from
from derivations.analysis.sites.site import Site
from tests.strategies import SCALARS, flows_with_families, scalar_polynomials

x, y, w = SCALARS
a, b = symbols("a b", real=True)


def tree(equations, state=(x, y), parameters=(a, b), assumptions=()):
    ring = Ring((*state, *parameters))
    splitter = Splitter(ring, state, signs_from(ring, assumptions))
    return splitter.search([ring.numerator(e) for e in equations]), splitter


def sites(found, splitter):
    return [Site(splitter.ring, splitter.state, f.roots, f.solved, f.special, splitter.signs) for f in found.leaves]


@settings(max_examples=20)
@given(st.lists(scalar_polynomials(variables=(x, y, a), degree=2), min_size=2, max_size=2))
def test_the_equations_hold_on_every_leaf(equations):
    found, splitter = tree(equations, parameters=(a,))
    assert not found.unsolved
    assert all(site.is_zero(e) for site in sites(found, splitter) for e in equations)


@settings(max_examples=6)
@given(flows_with_families(variables=(x, y)))
def test_the_equations_hold_on_every_family(planted):
    equations = list(planted[0].velocity.values())
    found, splitter = tree(equations, parameters=())
    assert all(site.is_zero(e) for site in sites(found, splitter) for e in equations)


def test_a_degenerate_case_is_substituted_or_named():
    found, _ = tree([a * x - b, y - 1])
    assert sorted(len(leaf.special) for leaf in found.leaves) == [0, 2]
    assert not found.exceptional
    named, splitter = tree([(a**3 - b**2 - 1) * x, y])
    assert [[splitter.ring.expr(p) for p in case.equations] for case in named.exceptional] == [[a**3 - b**2 - 1]]


def test_degenerate_cases_without_real_parameters_are_closed():
    assert not tree([(a**4 + 1) * x - 1, y])[0].exceptional
    assert not tree([(a**4 - a + 1) * x - 1, y])[0].exceptional
    assert not tree([(a**3 - 3 * a + 3) * x, y], assumptions=(a > 0,))[0].exceptional
    assert tree([(a**3 - 3 * a + 3) * x, y])[0].exceptional


def test_degenerate_values_that_assumptions_exclude_are_closed():
    found, _ = tree([(a - b) * x, y])
    assert len(found.leaves) == 2
    found, _ = tree([(a - b) * x, y], assumptions=(a > b,))
    assert len(found.leaves) == 1
    found, _ = tree([(a + b - 3) * x, y], assumptions=(a**2 + b**2 < 1,))
    assert len(found.leaves) == 1


def test_branches_beyond_the_limit_are_returned_unsolved(monkeypatch):
    monkeypatch.setattr(module, "CASES", 3)
    found, _ = tree([x * (x - 1) * (x - 2) * (x - 3), y])
    assert found.unsolved


def test_hard_branches_wait_for_the_easy_ones():
    reports = []
    ring = Ring((x, y, a))
    hard = (x - 1) * (x**3 * y**2 + a * x * y + y**3 - a), (x - 1) * (y**3 - x**2 * y + a * x - 2) * (y - 2)
    Splitter(ring, (x, y), signs_from(ring)).search([ring.numerator(e) for e in hard], reports.append)
    assert reports
    assert reports[0].leaves
    assert reports[0].unsolved


def test_a_leaf_within_another_is_dropped():
    found, splitter = tree([w * (w - 1) * y, (w - 1) * y**2, x - w], state=(x, y, w), parameters=())
    kept = without_contained(found.leaves, splitter.state, splitter.signs)
    assert len(kept) < len(found.leaves)
    assert {len(leaf.roots) + len(leaf.solved) for leaf in kept} == {2}
