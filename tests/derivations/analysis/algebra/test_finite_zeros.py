"""Zeros by Singular and msolve against the built-in route, on systems drawn at random and on well-known ones."""

from __future__ import annotations

import json
import random
from itertools import product

import pytest
from sympy import I, Mul, Symbol, exp, pi, root, rootof, sqrt, symbols

from derivations.analysis.algebra.finite_zeros import _are_all, finite_zeros
from derivations.analysis.algebra.light_root import RootFraction
from derivations.analysis.algebra.number_field import LARGE, enclose
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.programs import installed_programs
from derivations.analysis.algebra.quotient import quotient_algebra
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from tests.derivations.analysis.algebra.test_programs import needs_programs
from theory import Flow

pytestmark = needs_programs

SYMBOLS = symbols("x y z", real=True)


def drawn_system(seed: int) -> tuple[tuple[Symbol, ...], list]:
    """Two or three equations of degree up to three, some with planted multiple, rational or coinciding zeros."""
    rng = random.Random(seed)
    unknowns = SYMBOLS[: rng.choice((2, 2, 2, 3))]
    degree = 2 if len(unknowns) == 3 else rng.choice((2, 3))
    monomials = [
        Mul(*(s**k for s, k in zip(unknowns, m, strict=True)))
        for m in product(range(degree + 1), repeat=len(unknowns))
        if sum(m) <= degree
    ]

    def polynomial():
        return sum(rng.choice((0, 0, 1, -1, 2, -3, 5)) * m for m in monomials)

    equations = [polynomial() for _ in unknowns]
    kind = rng.randrange(5)
    if kind == 0:  # through one rational point
        at = {s: rng.randint(-2, 2) for s in unknowns}
        equations = [e - e.xreplace(at) for e in equations]
    elif kind == 1:  # a factor squared
        equations[0] = ((unknowns[0] - rng.randint(-1, 1)) ** 2 * (unknowns[-1] + 1)).expand()
    elif kind == 2:  # a factor that two share: infinitely many, unless the third cuts them
        shared = unknowns[0] + rng.randint(-1, 1) * unknowns[-1]
        equations = [(shared * (e if i else unknowns[-1])).expand() if i < 2 else e for i, e in enumerate(equations)]
    return unknowns, equations


@pytest.mark.parametrize("block", range(10))
def test_both_routes_agree_on_random_systems(block):
    programs, finite = installed_programs(), 0
    for seed in range(30 * block, 30 * (block + 1)):
        unknowns, equations = drawn_system(seed)
        ring = Ring(unknowns)
        given = [p for e in equations if not (p := ring.numerator(e)).is_zero()]
        if not given:
            continue
        ours, theirs = quotient_algebra(ring, given), finite_zeros(programs, ring, given)
        assert (ours is None) == (theirs is None), seed
        if ours is None:
            continue
        finite += 1
        assert sum(f.degree for f in theirs) == ours.distinct, seed
        assert points_of(theirs) == points_of(ours.fields()), seed
    assert finite > 15
    assert all(programs.notes.values())


def points_of(fields) -> set:
    return {frozenset(p.items()) for f in fields for p in f.real_points}


def katsura(n: int) -> Flow:
    u = [Symbol(f"u_{i}", real=True) for i in range(n + 1)]

    def at(i: int):
        return u[abs(i)] if abs(i) <= n else 0

    rows = [sum(at(i) * at(m - i) for i in range(-n, n + 1)) - u[m] for m in range(n)]
    return Flow(dict(zip(u, [*rows, sum(at(i) for i in range(-n, n + 1)) - 1], strict=True)))


def cyclic(n: int) -> Flow:
    z = [Symbol(f"z_{i}", real=True) for i in range(n)]
    rows = [sum(Mul(*(z[(i + k) % n] for k in range(d))) for i in range(n)) for d in range(1, n)]
    return Flow(dict(zip(z, [*rows, Mul(*z) - 1], strict=True)))


BEZOUT, SINGULAR = "{} distinct complex zeros by msolve were put back", "Singular counts {} distinct complex zeros"


@pytest.mark.parametrize(
    ("flow", "counted", "zeros", "real"),
    [
        (katsura(4), BEZOUT, 16, 12),
        (katsura(5), BEZOUT, 32, 16),
        (cyclic(5), SINGULAR, 70, 10),
        (cyclic(6), SINGULAR, 156, 24),
    ],
)
def test_systems_of_the_literature_have_their_zeros(flow, counted, zeros, real):
    """Counts of the PoSSo collection: 2^n for katsura, 70 and 156 for cyclic; real ones by msolve's own isolation."""
    found = fixed_points(flow, time_limit=None, backend="programs")
    assert found.completeness is Completeness.PROVED
    assert counted.format(zeros) in found.reason
    assert len(found) == real
    for point in found:
        residuals = [enclose(v.xreplace(point.values), 1000) for v in flow.velocity.values()]
        assert all(abs(r) < 1e-40 for r in residuals)


def test_only_simple_zeros_as_many_as_the_product_of_degrees_are_all_by_bezout():
    """Two conics: four points; two and a common tangent; three and one at infinity; one with a line of zeros beside it."""
    x, y = symbols("x y", real=True)
    ring = Ring((x, y))
    for conics, all_simple in (
        ((x**2 + y**2 - 5, x * y - 2), True),
        ((x**2 + y**2 - 1, x**2 + 2 * y**2 - 1), False),
        ((x * (y - x**2 + 1), x * y - 1), False),
        ((x * y, x * (x + y - 1)), False),
    ):
        equations = [ring.numerator(e) for e in conics]
        fields = finite_zeros(installed_programs(), ring, equations)
        assert fields is None or _are_all(ring, (x, y), equations, fields) is all_simple
    four = [ring.numerator(e) for e in (x**2 + y**2 - 5, x * y - 2)]
    assert not _are_all(ring, (x, y), four, finite_zeros(installed_programs(), ring, four)[:-1])
    assert not _are_all(ring, (x, y), [*four, four[0]], finite_zeros(installed_programs(), ring, four))


def test_coordinates_in_a_field_of_high_degree_are_fractions_in_a_root_of_it():
    """Katsura 5 has a field of degree 30."""
    found = fixed_points(katsura(5), time_limit=None, backend="programs")
    fractions = [v for p in found for v in p.values.values() if isinstance(v, RootFraction)]
    assert len({v.function for v in fractions}) == 5
    for value in fractions:
        assert len(value.args[0].coefficients) - 1 > LARGE
        near = enclose(value, 300)
        assert near.overlaps(enclose(value, 600))
        assert near.overlaps(enclose(value.written, 600))
        assert abs(float(value.evalf(30)) - float(near.mid())) < 1e-12


def test_functions_of_a_root_are_shown_once():
    found = fixed_points(katsura(5), time_limit=None, backend="programs")
    text, values = str(found), json.loads(found.to_json())
    assert text.count("f_1(theta) =") == 1
    assert len(values["named"]) == 5
    assert all("f_" not in p["named"] for p in values["points"])
    (one, *_) = (p for p in found if any(isinstance(v, RootFraction) for v in p.values.values()))
    assert str(one).count("f_1(theta) =") == 1
    assert len(json.loads(one.to_json())["named"]) == 6
    shown = one.values_under(one.fraction_names)
    for x, value in one.values.items():
        written = shown[x].xreplace(one.named).xreplace(one.named)
        assert enclose(written, 400).overlaps(enclose(value, 400))


def test_what_is_no_real_algebraic_number_of_ours_has_no_ball():
    t = Symbol("t")
    assert (
        abs(float(enclose(sqrt(2) - root(5, 3) + rootof(t**3 - t + 1, 0), 100).mid()) - (2**0.5 - 5 ** (1 / 3) - 1.324717957))
        < 1e-8
    )
    for value in (I, exp(1), rootof(t**3 - t + 1, 1), 1 + sqrt(-3), pi):
        assert not enclose(value, 100).is_finite()


def test_two_fields_of_one_high_degree_are_told_apart():
    x, y, _ = SYMBOLS
    flow = Flow({x: ((x**26 - x - 1) * (x**26 - x - 3)).expand(), y: y - x**3 - x})
    found = fixed_points(flow, time_limit=None, backend="programs")
    assert found.completeness is Completeness.PROVED
    assert len(found) == 4
    for point in found:
        assert all(abs(enclose(v.xreplace(point.values), 300)) < 1e-40 for v in flow.velocity.values())
        others = [p for p in found if p is not point]
        assert all(abs(enclose(point.values[y] - p.values[y], 300)) > 1e-3 for p in others)


def test_sets_of_zeros_without_end_go_another_way():
    x, y, z = SYMBOLS
    flow = Flow({x: x * (x**2 + y**2 - 2), y: x * (y - 1) ** 2, z: z * (z**2 - 3) * (x**2 - y)})
    ours, theirs = (fixed_points(flow, time_limit=None, backend=b) for b in ("builtin", "programs"))
    assert set(ours.points) == set(theirs.points)
    assert any(p.free for p in theirs)
    assert theirs.completeness is Completeness.PROVED
