"""Flows that stay the same where symbols change places: what is taken over from an image is what the point has itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol, symbols

from derivations.analysis.linearisation import stability as stabilities
from derivations.analysis.points.fixed_points import fixed_points
from derivations.analysis.points.relabelling import exchanges_of, relabellings_of, renamed_point, to_representative
from tests.derivations.analysis.linearisation.dynamics import eigenvalues, holds, same_spectrum
from tests.strategies import seeds
from theory import Flow

X, R = symbols("x1:4", real=True), symbols("r1:4", real=True)
A = [[symbols(f"a{i}{j}", real=True) for j in (1, 2, 3)] for i in (1, 2, 3)]
SPECIES = Flow({X[i]: X[i] * (R[i] + sum(A[i][j] * X[j] for j in range(3))) for i in range(3)})
few = settings(max_examples=8)


def swapped(i, j):
    """The permutation of indices in the names of species, rates and coefficients."""
    order = {i: j, j: i}
    return {
        s: t
        for k in range(3)
        for s, t in [(X[k], X[order.get(k, k)]), (R[k], R[order.get(k, k)])]
        + [(A[k][m], A[order.get(k, k)][order.get(m, m)]) for m in range(3)]
        if s != t
    }


def test_species_may_change_places():
    found = exchanges_of(SPECIES)
    assert found == {frozenset((X[i], X[j])): swapped(i, j) for i, j in ((0, 1), (0, 2), (1, 2))}
    assert len(relabellings_of(SPECIES)) == 5


@pytest.mark.parametrize(
    "changed",
    [
        {A[0][2]: A[1][2]},  # one coefficient for two: the third species may change places with neither of them
        {A[0][0]: 2 * A[0][0], A[0][1]: A[0][1] + A[0][2]},
        {R[0]: R[0] ** 2},
    ],
)
def test_what_is_not_the_same_is_not_exchanged(changed):
    flow = Flow({x: v.xreplace(changed) for x, v in SPECIES.velocity.items()})
    for moved in exchanges_of(flow).values():
        for x in flow.state:
            assert (flow.velocity[x].xreplace(moved) - flow.velocity[moved.get(x, x)]).expand() == 0
    assert set(exchanges_of(flow)) <= {frozenset(pair) for pair in ((X[0], X[1]), (X[0], X[2]), (X[1], X[2]))}
    assert len(exchanges_of(flow)) < 3


def test_signs_of_parameters_and_assumptions_count():
    p, q, s = Symbol("p", positive=True), Symbol("q", positive=True), Symbol("s", real=True)
    x, y = X[:2]
    assert exchanges_of(Flow({x: x * (p - x), y: y * (q - y)}))
    assert not exchanges_of(Flow({x: x * (p - x), y: y * (s - y)}))
    assert not exchanges_of(Flow({x: x * (p - x), y: y * (q - y)}, assumptions=[p < 1]))
    assert exchanges_of(Flow({x: x * (p - x), y: y * (q - y)}, assumptions=[p < 1, q < 1]))


@pytest.fixture(scope="module")
def points():
    return fixed_points(SPECIES, time_limit=None)


def test_images_are_fixed_points_and_few_are_left(points):
    representatives = set()
    for p in points:
        image = renamed_point(SPECIES, p, to_representative(SPECIES, p))
        assert all(image.site.is_zero(v) for v in SPECIES.velocity.values())
        assert set(image.values) == set(SPECIES.state)
        representatives.add(image)
    assert len(representatives) <= len(points) / 2


@pytest.mark.parametrize("seed", range(6))
def test_taken_over_conditions_are_those_of_eigenvalues(points, seed):
    rng = np.random.default_rng(seed)
    at = {p: Rational(2 * int(rng.integers(-30, 31)) + 1, 7) for p in sorted(SPECIES.parameters, key=str)}
    for point in points:
        if point.free or not all(holds(c, at) for c in point.conditions):
            continue
        found = stabilities.stability(SPECIES, point, time_limit=None, bifurcations=False)
        assert found.point == point.values
        expected = eigenvalues(SPECIES, {**point.values, **at})
        assert same_spectrum(found.eigenvalues_at(at), expected, 1e-8)
        names = {a: c.xreplace(at) for a, c in found.names.items()}
        if np.min(np.abs(expected.real)) > 1e-9 and found.conditions:
            assert all(holds(c, {**at, **names}) for c in found.conditions) == bool(np.all(expected.real < 0))


def test_bifurcations_are_taken_over(points):
    """At every point, where an eigenvalue vanishes by a critical equation of the image, one vanishes."""
    for point in points:
        if point.free:
            continue
        found = stabilities.stability(SPECIES, point, time_limit=None)
        own = stabilities._stability_at(SPECIES, point, stabilities.BUDGET, True, stabilities.LONG)
        assert {b.kind for b in found.bifurcations} == {b.kind for b in own.bifurcations}
        assert len(found.bifurcations) == len(own.bifurcations)
        assert found.verdict is own.verdict


@few
@given(st.lists(st.integers(-3, 3), min_size=3, max_size=3), seeds)
def test_two_units_of_one_kind(coefficients, seed):
    """x' = f(x, y; p), y' = f(y, x; q): the stability of each point, whether taken over or not, is that of its eigenvalues."""
    x, y = X[:2]
    p, q = symbols("p q", real=True)
    a, b, c = coefficients

    def f(u, v, r):
        return u * (r + 1 + a * u + b * v) + c * v**2

    flow = Flow({x: f(x, y, p), y: f(y, x, q)})
    assert frozenset((x, y)) in exchanges_of(flow)
    rng = np.random.default_rng(seed)
    at = {r: Rational(2 * int(rng.integers(-9, 10)) + 1, 5) for r in (p, q)}
    for point in fixed_points(flow, time_limit=20):
        if point.free or point.roots or any(not holds(k, at) for k in point.conditions):
            continue
        found = stabilities.stability(flow, point, time_limit=None, bifurcations=False)
        expected = eigenvalues(flow, {**point.values, **at})
        there = {**at, **{s: v.xreplace(at) for s, v in point.values.items()}}
        if found.method == "exact" and np.min(np.abs(expected.real)) > 1e-7 and not found.names:
            stable = found.verdict is stabilities.Verdict.STABLE or (
                found.verdict is stabilities.Verdict.DEPENDS and all(holds(k, there) for k in found.conditions)
            )
            assert stable == bool(np.all(expected.real < 0))
