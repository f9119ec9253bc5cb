"""What symmetry tells of fixed points, before anything else is solved."""

from __future__ import annotations

import pytest
from sympy import Symbol, symbols

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.points import fixed_points as module
from derivations.analysis.points import splitter
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from derivations.analysis.points.trivial import invariant_spaces, symmetries
from tests.derivations.analysis.points import systems
from tests.derivations.analysis.points.planted import u, v
from tests.derivations.analysis.points.systems import brusselators, parametron, real_parametron, repressilator
from theory import Flow

# -- symmetry ------------------------------------------------------------------------------------------------------------


def in_ring(flow):
    ring = Ring((*flow.state, *flow.parameters))
    return ring, flow.state, [ring.numerator(velocity) for velocity in flow.velocity.values()]


def test_symmetries_and_invariant_spaces_are_seen():
    assert {order for order, sign in symmetries(*in_ring(repressilator(3))) if sign == 1} == {(1, 2, 0), (2, 0, 1)}
    assert [order for order, _ in symmetries(*in_ring(brusselators()))] == [(2, 3, 0, 1)]
    assert list(symmetries(*in_ring(systems.LORENZ_84))) == []
    ring, state, equations = in_ring(parametron())
    assert next(invariant_spaces(ring, state, equations)) == (ring.gen(u), ring.gen(v))


def test_a_ring_of_repressors_rests_where_all_are_equal():
    # x = f(f(f(x))) with f decreasing has one solution, whatever the power.
    for power in (1, 2, 3, 5):
        (point,) = fixed_points(repressilator(power), time_limit=20)
        assert len({*point.values.values()}) == 1


def test_mirror_pairs_are_not_lost_to_symmetry():
    # T. Gardner, C. Cantor, J. Collins, Nature 403, 339 (2000): a toggle has two states beside the even one.
    alpha = Symbol("alpha", positive=True)
    first, second = symbols("x y", nonnegative=True)
    found = fixed_points(Flow({first: alpha - first * (1 + second**2), second: alpha - second * (1 + first**2)}), time_limit=20)
    assert len(found.at({alpha: 3})) == 3
    assert len(found.at({alpha: 1})) == 1


# -- lists that are cut short --------------------------------------------------------------------------------------------


ORIGIN = (parametron(), real_parametron)


@pytest.mark.parametrize("flow", ORIGIN)
def test_the_origin_is_known_before_anything_else(flow):
    reports = []
    module._fixed_points(flow, reports.append)
    (first,) = reports[0]
    assert set(first.values.values()) == {0}
    assert first.conditions == ()
    assert reports[0].completeness is Completeness.LOWER_BOUND


def test_homogeneous_states_are_known_before_anything_else():
    reports = []
    module._fixed_points(brusselators(E=systems.E), reports.append)
    (first,) = reports[0]
    assert dict(first.values) == {systems.x1: systems.a, systems.x2: systems.a} | dict.fromkeys(
        (systems.y1, systems.y2), systems.b / systems.a
    )


def test_what_is_trivial_stays_in_a_list_that_is_given_up(monkeypatch):
    monkeypatch.setattr(splitter, "CASES", 0)
    reports = []
    found = module._fixed_points(real_parametron, reports.append)
    assert found.completeness is Completeness.LOWER_BOUND
    assert [set(p.values.values()) for p in found] == [{0}]
