"""Polynomial flows with planted fixed points and bifurcations, hidden by changes of coordinates; other names and units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
from hypothesis import strategies as st
from sympy import Expr, Matrix, Mul, Poly, Rational, S, Symbol, sqrt, symbols
from sympy.core.relational import Relational

from derivations.analysis.linearisation.kinds import BifurcationKind
from tests.strategies import rationals, seeds, small_integers
from theory import Flow

p, s = symbols("p s", real=True)
P, q = symbols("P q", positive=True)
STATE = symbols("x0:3", real=True)
BASE = symbols("y0:3", real=True)
NEAR = (Rational(-1, 2), Rational(-2, 7), Rational(1, 3), Rational(2, 5))  # both sides of a critical value
NAMES = ("a", "b", "B", "c", "lambda", "m", "omega", "s", "T", "u", "v", "w", "x", "x_1", "x_10", "x_9", "z", "Z", "zeta")


def polynomial(relation: Relational, parameters: Sequence[Symbol]) -> Poly:
    """The polynomial that an equation between parameters sets to zero, up to a constant."""
    return normalised(relation.lhs - relation.rhs, parameters)


def normalised(expr: Expr, parameters: Sequence[Symbol]) -> Poly:
    """The numerator as a polynomial, up to a constant."""
    top, _ = expr.together().as_numer_denom()
    found = Poly(top, *sorted(parameters, key=str)).primitive()[1]
    return -found if found.LC() < 0 else found


Lost = tuple[BifurcationKind, str | None, Expr]  # the kind, its criticality, and what vanishes there


@dataclass(frozen=True)
class Place:
    """A planted fixed point, the bifurcations planted at it, and whether a direction beside is unstable."""

    values: tuple[Expr, ...]
    lost: tuple[Lost, ...] = ()
    unstable: bool = False

    def beside(self, other: Place) -> Place:
        return Place((*self.values, *other.values), (*self.lost, *other.lost), self.unstable or other.unstable)


@dataclass(frozen=True)
class Block:
    """Velocities of the first base variables, and where they vanish."""

    velocities: tuple[Expr, ...]
    places: tuple[Place, ...]
    is_open: bool = False  # pairs of eigenvalues may become imaginary where nothing is planted


@dataclass(frozen=True)
class Planted:
    """A flow; its planted points; and parameters on both sides of what is critical."""

    flow: Flow
    places: tuple[Place, ...]
    near: tuple[Mapping[Symbol, Expr], ...]
    is_open: bool


# Normal forms ------------------------------------------------------------------------------------------------------------


def saddle_node(r: Expr, lead: Expr) -> Block:
    (x, *_), root = BASE, sqrt(-r / lead)
    lost = ((BifurcationKind.SADDLE_NODE, None, r),)
    return Block((r + lead * x**2,), (Place((root,), lost), Place((-root,), lost)))


def transcritical(r: Expr, lead: Expr) -> Block:
    x, *_ = BASE
    lost = ((BifurcationKind.TRANSCRITICAL, None, r),)
    return Block((r * x + lead * x**2,), (Place((S.Zero,), lost), Place((-r / lead,), lost)))


def criticality(lead: Expr) -> str | None:
    """None where it depends on a parameter."""
    return None if lead.is_negative is None else "supercritical" if lead.is_negative else "subcritical"


def pitchfork(r: Expr, lead: Expr) -> Block:
    (x, *_), root = BASE, sqrt(-r / lead)
    lost = ((BifurcationKind.PITCHFORK, criticality(lead), r),)
    return Block((r * x + lead * x**3,), tuple(Place((at,), lost) for at in (S.Zero, root, -root)))


def hopf(r: Expr, lead: Expr, turn: Expr) -> Block:
    x, y, _ = BASE
    radial = r + lead * (x**2 + y**2)
    lost = ((BifurcationKind.HOPF, criticality(lead), r),)
    return Block((radial * x - turn * y, turn * x + radial * y), (Place((S.Zero, S.Zero), lost),))


def crossing(roots: Sequence[Expr], lead: Expr) -> Block:
    """A product of linear forms; two that agree at one value of the parameter cross in a transcritical bifurcation there."""
    x, *_ = BASE
    meetings: dict[Expr, list[Lost]] = {c: [] for c in roots}
    for one, other in combinations(roots, 2):
        rest = Mul(*(one - c for c in roots if c not in (one, other)))
        speed = (one - other).diff(p)
        if speed != 0 and rest.subs(p, p - (one - other) / speed).expand() != 0:
            for c in (one, other):
                meetings[c].append((BifurcationKind.TRANSCRITICAL, None, one - other))
    return Block((lead * Mul(*(x - c for c in roots)),), tuple(Place((c,), tuple(lost)) for c, lost in meetings.items()))


@st.composite
def lines(draw) -> Block:
    """Two products of two linear forms in the plane: points where one of the first meets one of the second.

    Where a third passes, two of them cross: a transcritical bifurcation, unless the trace vanishes too.
    """
    x, y, _ = BASE
    slopes = draw(st.lists(st.integers(-3, 3), min_size=4, max_size=4, unique=True))
    heights = draw(st.lists(st.sampled_from([S.Zero, S.One, S(-2), p, 2 * p]), min_size=4, max_size=4))
    forms = [y - m * x - h for m, h in zip(slopes, heights, strict=True)]
    found: dict[tuple[Expr, ...], list[Lost]] = {}
    for one, other in product((0, 1), (2, 3)):
        there = (heights[other] - heights[one]) / (slopes[one] - slopes[other])
        values = (there, (slopes[one] * there + heights[one]).expand())
        lost = found.setdefault(values, [])
        for third, double in ((1 - one, False), (5 - other, slopes[one] == 0)):
            gap, last = (
                forms[k].subs(dict(zip(BASE, values, strict=False))).expand() for k in (third, 6 - one - other - third)
            )
            if gap.diff(p) != 0 and last.subs(p, p - gap / gap.diff(p)).expand() != 0:
                lost.append((BifurcationKind.DEGENERATE if double else BifurcationKind.TRANSCRITICAL, None, gap))
    lead = draw(small_integers), draw(small_integers)
    places = tuple(Place(values, tuple(lost)) for values, lost in found.items())
    return Block((lead[0] * forms[0] * forms[1], lead[1] * forms[2] * forms[3]), places, is_open=True)


@st.composite
def unfoldings(draw) -> tuple[Expr, list[Mapping[Symbol, Expr]]]:
    """What vanishes where a bifurcation happens, and parameters on both sides."""
    k, c = draw(small_integers), draw(rationals)
    beside = list(zip(NEAR, (c, S.One, 2 * c, Rational(1, 3)), strict=True))
    return draw(
        st.sampled_from(
            [
                (k * p, [{p: v / k} for v in NEAR]),
                (k * (p - c), [{p: c + v / k} for v in NEAR]),
                (k * (P - 1), [{P: 1 + v / k} for v in NEAR]),
                (p**2 - 2, [{p: Rational(n, 5)} for n in (5, 6, 8, -8)]),
                (p - c * q, [{p: c * b + v, q: b} for v, b in beside]),
                (P * q - 1, [{P: (1 + v) / b, q: b} for v, b in beside]),
                (k * (p**2 - q), [{p: b, q: b**2 * (1 - v)} for v, b in beside]),
            ]
        )
    )


@st.composite
def normal_forms(draw, of) -> tuple[Block, list[Mapping[Symbol, Expr]]]:
    """With its leading coefficient a number, or one of known or unknown sign where there is one parameter beside."""
    r, near = draw(unfoldings())
    factors = [S.One, q] if p not in r.free_symbols or q in r.free_symbols else [S.One, q, s]
    factor = draw(st.sampled_from(factors))
    beside = {q: 1, s: -1 if of is saddle_node else 1}
    near = [{**{x: beside[x] * (1 + v) for x in factor.free_symbols}, **at} for v, at in zip(NEAR, near, strict=True)]
    return of(r, draw(small_integers) * factor), near


@st.composite
def numbers_and_lines(draw) -> tuple[Block, list[Mapping[Symbol, Expr]]]:
    """Products of linear forms of one variable or of two."""
    if draw(st.booleans()):
        return draw(lines()), [{p: Rational(n, 11)} for n in (-25, -2, 5, 42)]
    root = st.sampled_from([S.Zero, S.One, S(-1), p, -p, 2 * p - 1, p + 2, Rational(1, 2)])
    roots = draw(st.lists(root, min_size=2, max_size=3, unique=True))
    return crossing(roots, S(draw(small_integers))), [{p: v + Rational(1, 17)} for v in (-3, -1, 0, 2)]


BLOCKS = {
    "saddle-node": normal_forms(saddle_node),
    "transcritical": normal_forms(transcritical),
    "pitchfork": normal_forms(pitchfork),
    "Hopf": small_integers.flatmap(lambda turn: normal_forms(lambda r, lead: hopf(r, lead, turn))),
    "linear forms": numbers_and_lines(),
}


@st.composite
def completed(draw, block: Block) -> Block:
    """With directions beside: linear ones that the variables before drive, or one of two numbers of its own."""
    places = block.places
    velocities = block.velocities
    for y in BASE[len(velocities) : draw(st.integers(len(velocities), 3))]:
        before = BASE[: len(velocities)]
        if draw(st.booleans()) and len(places) < 3:
            ends = draw(
                st.lists(st.sampled_from([S(-2), S(-1), S.Zero, Rational(1, 2), S(3)]), min_size=2, max_size=2, unique=True)
            )
            lead = draw(small_integers)
            velocities = (*velocities, lead * (y - ends[0]) * (y - ends[1]))
            beside = [Place((a,), (), bool(lead * (a - b) > 0)) for a, b in (ends, ends[::-1])]
            places = tuple(one.beside(other) for one in places for other in beside)
        else:
            rate, bend = draw(small_integers), draw(st.integers(-2, 2))
            driven = bend * draw(st.sampled_from([before[0], before[0] ** 2, before[0] * before[-1]]))
            velocities = (*velocities, rate * y + driven)
            places = tuple(
                one.beside(Place((-driven.subs(dict(zip(before, one.values, strict=True))) / rate,), (), rate > 0))
                for one in places
            )
    return Block(velocities, places, block.is_open)


# Changes of coordinates --------------------------------------------------------------------------------------------------


@st.composite
def changes(draw, n: int):
    """Coordinates as polynomials in the base variables, and these in the coordinates: linear of determinant one, or a shear."""
    entry = st.integers(-2, 2) if n < 3 else st.integers(-1, 1)
    shift = Matrix(n, 1, lambda i, j: draw(entry))
    base, new = Matrix(BASE[:n]), Matrix(STATE[:n])
    if n == 1 or draw(st.booleans()):
        lower = Matrix(n, n, lambda i, j: 1 if i == j else draw(entry) if i > j else 0)
        upper = Matrix(n, n, lambda i, j: 1 if i == j else draw(entry) if i < j else 0)
        matrix = lower * upper
        return matrix * base + shift, matrix.inv() * (new - shift)
    row, bend = draw(st.integers(1, n - 1)), draw(small_integers) * base[0] ** 2
    bends = Matrix(n, 1, lambda i, j: bend if i == row else 0)
    back = new - shift
    return base + bends + shift, back - bends.subs(base[0], back[0])


@st.composite
def planted_bifurcations(draw, kind: str) -> Planted:
    """A polynomial flow of one to three variables and one or two parameters, what is planted in it, and parameters."""
    core, near = draw(BLOCKS[kind])
    block = draw(completed(core))
    n = len(block.velocities)
    forward, back = draw(changes(n))
    base, inverse = Matrix(BASE[:n]), dict(zip(BASE, back, strict=False))
    moved = (forward.jacobian(base) * Matrix(block.velocities)).subs(inverse, simultaneous=True)
    flow = Flow(dict(zip(STATE, moved.applyfunc(lambda e: e.expand()), strict=False)))
    places = tuple(
        Place(tuple(forward.subs(dict(zip(BASE, one.values, strict=False)), simultaneous=True)), one.lost, one.unstable)
        for one in block.places
    )
    return Planted(flow, places, tuple({s: v for s, v in at.items() if s in flow.parameters} for at in near), block.is_open)


# Names and units ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relabelling:
    """Another order of the state, other names of state and parameters, and positive units of them and of time."""

    order: tuple[Symbol, ...]
    names: Mapping[Symbol, Symbol]
    units: Mapping[Symbol, Expr]
    time: Expr
    back: Mapping[Symbol, Expr] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "back", {self.names[s]: s / self.units[s] for s in self.names})

    def of(self, flow: Flow) -> Flow:
        forward = {s: self.units[s] * self.names[s] for s in self.names}
        velocity = {x: (self.time / self.units[x] * flow.velocity[x].xreplace(forward)).expand() for x in self.order}
        return Flow({self.names[x]: v for x, v in velocity.items()})

    def given(self, at: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
        """Parameters in the new units."""
        return {self.names[s]: v / self.units[s] for s, v in at.items()}


@st.composite
def relabellings(draw, flow: Flow) -> Relabelling:
    every = (*flow.state, *flow.parameters)
    names = np.random.default_rng(draw(seeds)).permutation(NAMES)
    renamed = {s: Symbol(str(name), **s.assumptions0) for s, name in zip(every, names, strict=False)}
    return Relabelling(tuple(draw(st.permutations(flow.state))), renamed, {s: draw(rationals) for s in every}, draw(rationals))
