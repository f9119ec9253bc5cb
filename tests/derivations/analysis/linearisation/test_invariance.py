"""Names, order and units of variables and parameters change no verdict, no bifurcation and no statement of completeness."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from types import MappingProxyType

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Dummy, Eq, Expr, Poly, Pow, S, Symbol, groebner, symbols

from derivations.analysis.linearisation.kinds import Bifurcation, BifurcationKind
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import Completeness, FixedPoints, fixed_points
from derivations.analysis.points.point import FixedPoint
from tests.derivations.analysis.linearisation.dynamics import eigenvalues, holds, number
from tests.derivations.analysis.linearisation.planted import (
    BLOCKS,
    Place,
    Planted,
    Relabelling,
    normalised,
    planted_bifurcations,
    polynomial,
    relabellings,
)
from tests.derivations.analysis.points.evaluated import agree, places
from theory import Flow

CASES = settings.default.max_examples * 2 // 5  # of each of five kinds: three hundred in the thorough profile
ROUNDING = 1e-6  # of a double eigenvalue
ALLOWED = {
    Verdict.STABLE: [{-1}],
    Verdict.UNSTABLE: [{1}, {0, 1}, {-1, 1}, {-1, 0, 1}],
    Verdict.SADDLE: [{-1, 1}, {-1, 0, 1}],
    Verdict.MARGINAL: [{0}, {-1, 0}],
}
Choices = Sequence[Mapping[Symbol, Expr]]
Seen = tuple[list[tuple], ...]  # where a point is, at each choice of parameters


@dataclass(frozen=True)
class Answer:
    """What is said of one listed point."""

    point: FixedPoint
    judgement: Stability
    seen: Seen


def solved(flow: Flow, choices: Choices, state=None) -> tuple[FixedPoints, list[Answer]]:
    """The points, seen in the state given in terms of that of the flow."""
    found = fixed_points(flow, None)
    state = tuple(flow.state) if state is None else state
    return found, [Answer(p, stability(flow, p, None), tuple(_seen(p, at, state) for at in choices)) for p in found]


def _seen(point: FixedPoint, at: Mapping[Symbol, Expr], state: Sequence[Expr]) -> list[tuple]:
    with mpmath.workdps(40):
        return [as_numbers([x.xreplace(values) for x in state]) for values in places(point, at)]


def as_numbers(values: Sequence[Expr]) -> tuple:
    return tuple(mpmath.mpf(str(v.evalf(40))) for v in values)


def planted_at(place: Place, choices: Choices) -> Seen:
    """Where a planted point is real."""
    every = [[v.xreplace(dict(at)).evalf(40) for v in place.values] for at in choices]
    with mpmath.workdps(40):
        return tuple([as_numbers(values)] if all(v.is_real for v in values) else [] for values in every)


def the_same(seen: Seen, answers: Sequence[Answer]) -> Answer:
    """The one answer that is seen in the same places."""
    with mpmath.workdps(40):
        (found,) = (a for a in answers if all(agree(one, other) for one, other in zip(seen, a.seen, strict=True)))
    return found


# -- bifurcations, compared ----------------------------------------------------------------------------------------------


def lost(bifurcations: Iterable[Bifurcation], planted: Planted) -> list[tuple]:
    """Kind, criticality and critical set of each, and what its conditions and its frequency are on that set."""
    every = []
    for found in bifurcations:
        assert found.critical.free_symbols <= set(planted.flow.parameters)
        equation = polynomial(found.critical, planted.flow.parameters)
        told = [_told(found, at) for at in on_the_set(equation, planted.near)]
        every.append((found.kind.value, found.criticality, equation, told))
    return sorted(every, key=str)


def _told(found: Bifurcation, at: Mapping[Symbol, Expr]) -> tuple:
    frequency = None if found.frequency is None else round(number(found.frequency, at).real, 8)
    where = None if found.supercritical is None else holds(found.supercritical, at)
    return all(holds(c, at) for c in found.conditions), where, frequency


def on_the_set(equation: Poly, choices: Choices) -> Iterator[dict[Symbol, Expr]]:
    """Parameters at which it vanishes: one of them solved for, the others as chosen."""
    for given_at in choices:
        for p in equation.gens:
            others = {q: v for q, v in given_at.items() if q != p}
            left = Poly(equation.as_expr().xreplace(others), p)
            for value in () if left.is_ground else left.real_roots():
                if not (p.is_positive and value <= 0):
                    yield {**others, p: value}


# -- the properties ------------------------------------------------------------------------------------------------------


def check_points(found: FixedPoints) -> None:
    """Complete, and fixed points only."""
    assert found.completeness is Completeness.PROVED
    for point in found:
        assert not point.roots
        for velocity in found.flow.velocity.values():
            assert vanishes(velocity.xreplace(dict(point.values)).xreplace(special_parameters(point)))


def special_parameters(point: FixedPoint) -> dict[Symbol, Expr]:
    """Of a point that exists on a set of parameters alone."""
    return {c.lhs: c.rhs for c in point.conditions if isinstance(c, Eq)}


def vanishes(expr: Expr) -> bool:
    """Exactly: square roots as unknowns, their squares reduced."""
    roots = {r.base: Dummy() for r in expr.atoms(Pow) if r.exp.is_Rational and r.exp.q == 2}
    by_name = expr.replace(lambda e: e.is_Pow and e.exp.is_Rational and e.exp.q == 2, lambda e: roots[e.base] ** (2 * e.exp))
    top, _ = by_name.together().as_numer_denom()
    for base, name in roots.items():
        top = S.Zero + sum(c * base ** (k // 2) * name ** (k % 2) for (k,), c in Poly(top, name).terms())
    return top.together().as_numer_denom()[0].expand() == 0


def check_verdict(answer: Answer, flow: Flow, choices: Choices) -> None:
    """Against eigenvalues in NumPy."""
    for at, seen in zip(choices, answer.seen, strict=True):
        for values in seen:
            real = eigenvalues(flow, {**at, **dict(zip(flow.state, map(float, values), strict=True))}).real
            signs = {0 if abs(r) < ROUNDING else int(r > 0) - int(r < 0) for r in real}
            verdict = answer.judgement.verdict
            met = all(holds(c, at) for c in answer.judgement.conditions)
            if verdict is Verdict.DEPENDS:
                assert met == (signs == {-1})
            else:
                assert signs in ALLOWED[verdict] or not met
            if not flow.parameters:
                assert (verdict is Verdict.SADDLE) == ({-1, 1} <= signs)


def check_planted(planted: Planted, answers: Sequence[Answer]) -> None:
    """Each planted point is listed, once, with what is planted at it and nothing else that is not degenerate."""
    parameters = planted.flow.parameters
    for place in planted.places:
        answer = the_same(planted_at(place, planted.near), [a for a in answers if any(a.seen)])
        found = [(b.kind, b.criticality, polynomial(b.critical, parameters)) for b in answer.judgement.bifurcations]
        expected = [
            (kind, criticality, normalised(equation, parameters))
            for kind, criticality, equation in place.lost
            if not (kind is BifurcationKind.HOPF and place.unstable)
        ]
        assert [one for one in expected if one not in found] == []
        others = [kind for kind, *rest in found if (kind, *rest) not in expected]
        assert set(others) <= (
            {BifurcationKind.DEGENERATE, BifurcationKind.HOPF} if planted.is_open else {BifurcationKind.DEGENERATE}
        )


def check_relabelled(planted: Planted, relabelling: Relabelling, found: FixedPoints, answers: Sequence[Answer]) -> None:
    """The same list, and the same said of each point, of the flow with other names, order and units."""
    state = [relabelling.units[x] * relabelling.names[x] for x in planted.flow.state]
    choices = [relabelling.given(at) for at in planted.near]
    other_found, others = solved(relabelling.of(planted.flow), choices, state)
    assert other_found.completeness is found.completeness
    assert ideals(other_found.exceptional, relabelling.back) == ideals(found.exceptional)
    assert on_special_sets(others, relabelling.back) == on_special_sets(answers)
    assert len(others) == len(answers)
    for answer in answers:
        if special_parameters(answer.point):
            continue
        other = the_same(answer.seen, others)
        assert other.judgement.verdict is answer.judgement.verdict
        assert _conditions(other, choices) == _conditions(answer, planted.near)
        restored = tuple(_restored(b, relabelling) for b in other.judgement.bifurcations)
        assert lost(restored, planted) == lost(answer.judgement.bifurcations, planted)


def _conditions(answer: Answer, choices: Choices) -> list[bool]:
    """Whether they hold, where the point exists."""
    of = answer.judgement.conditions
    return [all(holds(c, at) for c in of) for at, seen in zip(choices, answer.seen, strict=True) if seen]


def ideals(sets: Iterable[Iterable[Eq]], back: Mapping[Symbol, Expr] = MappingProxyType({})) -> list[str]:
    """Sets of equations between parameters by their reduced Gröbner bases."""
    every = [[(e.lhs - e.rhs).xreplace(back).together().as_numer_denom()[0] for e in together] for together in sets]
    return sorted(str(groebner(p, *sorted(set().union(*(e.free_symbols for e in p)), key=str)).exprs) for p in every)


def on_special_sets(answers: Sequence[Answer], back: Mapping[Symbol, Expr] = MappingProxyType({})) -> list[tuple]:
    """Points and families that exist on sets of parameters alone: these sets, kinds and verdicts."""
    special = [(a, [c for c in a.point.conditions if isinstance(c, Eq)]) for a in answers]
    return sorted(
        (*ideals([equations], back), a.point.kind.value, a.judgement.verdict.value) for a, equations in special if equations
    )


def _restored(found: Bifurcation, relabelling: Relabelling) -> Bifurcation:
    frequency = None if found.frequency is None else found.frequency / relabelling.time**2
    return replace(found, frequency=frequency).at(relabelling.back)


@pytest.mark.parametrize("kind", BLOCKS)
@given(data=st.data())
@settings(max_examples=CASES)
def test_names_order_and_units_change_no_answer(kind, data):
    planted = data.draw(planted_bifurcations(kind))
    check_one(planted, data.draw(relabellings(planted.flow)))


def check_one(planted: Planted, relabelling: Relabelling) -> None:
    found, answers = solved(planted.flow, planted.near)
    check_points(found)
    for answer in answers:
        check_verdict(answer, planted.flow, planted.near)
    check_planted(planted, answers)
    check_relabelled(planted, relabelling, found, answers)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_order_of_the_state_makes_no_parameters_exceptional(order):
    """An oscillator (Kuznetsov, §3.4) that drives a third variable, in other coordinates; at rest in the origin alone."""
    a, x, y, z = symbols("a x y z", real=True)
    q = symbols("q", positive=True)
    u, v = x + z, y + z
    radial, driven = a - q * (u**2 + v**2), u**2 - z
    velocity = list({x: radial * u - v - driven, y: u + radial * v - driven, z: driven}.items())
    found = fixed_points(Flow(dict(velocity[i] for i in order)), None)
    assert (found.completeness, found.exceptional) == (Completeness.PROVED, ())
    assert [dict(point.values) for point in found] == [dict.fromkeys((x, y, z), 0)]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_denominators_that_another_order_does_not_have_make_no_parameters_exceptional(order):
    """Two logistic equations (Strogatz, §2.3) that drive a third variable, in other coordinates: four points for all p."""
    p, x, y, z = symbols("p x y z", real=True)
    u, v = y + z - x, 2 * x - y - z
    first, second, driven = u * (p**2 - 2 - u), v * (1 - v), v * (1 - u) - z
    velocity = list({x: first + second, y: 2 * first + second - driven, z: driven}.items())
    found = fixed_points(Flow(dict(velocity[i] for i in order)), None)
    assert (found.completeness, found.exceptional) == (Completeness.PROVED, ())
    for point in found:
        assert all(vanishes(e.xreplace(dict(point.values))) for e in (first, second, driven))
    assert len({tuple(point.values[c].factor() for c in (x, y, z)) for point in found}) == len(found) == 4


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize(("power", "signed", "family"), [(2, True, False), (3, False, True)])
def test_only_parameters_with_a_zero_that_is_not_listed_are_exceptional(power, signed, family, order):
    """What some orders divide by vanishes at algebraic numbers p, s, where the four points are all; a family is at s = 0."""
    p, s = Symbol("p", real=True), Symbol("s", real=True, positive=True if signed else None)
    x, y, z = symbols("x y z", real=True)
    u, v = y + z - x, 2 * x - y - z
    first, second, driven = u * (p**power - 2 - s * u), v * (1 - v), v * (1 - u) - z
    velocity = list({x: first + second, y: 2 * first + second - driven, z: driven}.items())
    found = fixed_points(Flow(dict(velocity[i] for i in order)), None)
    assert (found.completeness, len(found)) == (Completeness.PROVED, 4)
    assert {frozenset(e) for e in found.exceptional} == ({frozenset({Eq(s, 0), Eq(p**power, 2)})} if family else set())


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("positive", [True, None])
def test_denominators_vanish_together_only_where_a_family_appears(positive, order):
    """Where both parameters vanish the first equation is empty; signs may exclude that."""
    p, s = Symbol("p", real=True), Symbol("s", real=True, positive=positive)
    x, y, z = symbols("x y z", real=True)
    u, v, w = x - 3 * y + 2 * z, 2 * y - z, z - y
    first, second, driven = u * (p**2 - 2 + s * u), v * (1 - v), 2 * w + u**2
    velocity = list({x: first + second, y: second + driven, z: second + 2 * driven}.items())
    found = fixed_points(Flow(dict(velocity[i] for i in order)), None)
    assert found.completeness is Completeness.PROVED
    assert {frozenset(e) for e in found.exceptional} == (set() if positive else {frozenset({Eq(s, 0), Eq(p**2, 2)})})
    assert len(found) == 4
