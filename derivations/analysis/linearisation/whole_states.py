"""Whether aligned states of a matrix flow are stable in the whole model: the verdicts of all their sectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Eq, Expr, ImmutableMatrix, Pow, S, Symbol, cancel, solve
from sympy.core.relational import Relational

from derivations.analysis.algebra.zero import Region, draw_point
from derivations.analysis.limits import run_within
from derivations.analysis.linearisation.aligned_places import ABSENT, EMPTY, OTHER_ABSENT, OTHER_EMPTY
from derivations.analysis.linearisation.aligned_sectors import AlignedSector, AlignedState, family_tangents
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.point import FixedPoint
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow

BESIDE = {
    "no absent mode, no empty direction": {"absent": False, "empty": False},
    "absent modes, no empty direction": {"absent": True, "empty": False},
    "empty directions, no absent mode": {"absent": False, "empty": True},
    "absent modes and empty directions": {"absent": True, "empty": True},
}
CLOSE = 1e-20  # of two numbers of thirty digits that are one


@dataclass(frozen=True, eq=False)
class WholeStability(Shown):
    """The stability of states in which some modes, each in a direction of its own, rest at one fixed point of their amplitudes.

    Attributes
    ----------
    flow
        of the matrices.
    values, along
        of the amplitudes of a mode, and of its eigenvalues and singular values, both by symbols of the mode where radicals
        are avoided by them.
    sectors, stabilities
        the invariant parts of all small changes, and the stability of each; None where nothing but rotations and families is
        in one.
    """

    exported = ("values", "along", "verdict", "conditions")

    flow: Flow
    values: Mapping[Symbol, Expr]
    along: Mapping[Symbol, Expr]
    sectors: tuple[AlignedSector, ...]
    stabilities: tuple[Stability | None, ...]

    def verdict_beside(self, *, absent: bool, empty: bool) -> Verdict:
        """The verdict where there are absent modes or not, and empty directions or not: stable only where every sector is."""
        places = {ABSENT: absent, OTHER_ABSENT: absent, EMPTY: empty, OTHER_EMPTY: empty}
        judged = zip(self.sectors, self.stabilities, strict=True)
        found = {s.verdict for sector, s in judged if s is not None and all(places.get(p, True) for p in sector.places)}
        if found & {Verdict.UNSTABLE, Verdict.SADDLE}:
            return Verdict.UNSTABLE if found == {Verdict.UNSTABLE} else Verdict.SADDLE
        return next((v for v in (Verdict.MARGINAL, Verdict.DEPENDS) if v in found), Verdict.STABLE)

    @property
    def verdict(self) -> Verdict:
        """The verdict where there are both absent modes and empty directions."""
        return self.verdict_beside(absent=True, empty=True)

    @property
    def conditions(self) -> tuple[Relational, ...]:
        """What has to hold for every pair of modes, absent modes and empty directions."""
        return tuple(dict.fromkeys(c for s in self.stabilities if s is not None for c in s.conditions))

    def rows(self) -> list[Row]:
        shown = [row_of(x, value) for x, value in (*self.values.items(), *self.along.items()) if x != value]
        for sector, judged in zip(self.sectors, self.stabilities, strict=True):
            taken = f", {sector.rotations} rotations and {sector.families} families apart"
            shown.append(Row.text(f"{sector.name}{taken if sector.rotations + sector.families else ''}:"))
            shown += judged.rows() if judged else [Row.text("nothing else moves")]
        for words, beside in BESIDE.items():
            shown.append(Row.text(f"{words}: {self.verdict_beside(**beside).value}"))
        return [*shown, *conditions_row(self.conditions)]


def whole_stability(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr], time_limit: float | None = 60) -> WholeStability:
    """The stability of aligned states in the whole matrix model, with any number of modes and directions.

    Parameters
    ----------
    flow
        of matrix blocks whose velocities are words with constant coefficients.
    point
        a fixed point of its aligned amplitudes, ``reduce_to_modes(flow).flow``: modes that are not absent rest there.

    Raises
    ------
    InputError
        for what is not aligned, no fixed point, or one that asks for an equation between parameters.
    UnfinishedError
        at the time limit.
    """
    return run_within(time_limit, _whole_stability, flow, point)


def _whole_stability(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr]) -> WholeStability:
    if equations := [c for c in getattr(point, "conditions", ()) if isinstance(c, Eq)]:
        raise InputError("parameters that are independent", brief(equations[0]), "substitute it into the flow and the point")
    given = point.values if isinstance(point, FixedPoint) else point
    values, along = _by_roots(AlignedState(flow, {}, {}), point) if isinstance(point, FixedPoint) else (given, {})
    state = AlignedState(flow, values, along, family_tangents(given))
    sectors = state.sectors()
    signs = state.facts(getattr(point, "conditions", ()))
    judged = tuple(_numbered(_judge(sector, signs), place) for place, sector in enumerate(sectors, 1))
    return WholeStability(flow, values, along, sectors, judged)


def _numbered(judged: Stability | None, place: int) -> Stability | None:
    """The stability of a sector with the number of the sector in the names that its conditions hold."""
    if judged is None or not judged.names:
        return judged
    letters = {a: Symbol(a.name.replace("_", f"{place}_"), real=True) for a in judged.names}
    return replace(
        judged,
        names={letters[a]: meaning for a, meaning in judged.names.items()},
        conditions=tuple(c.xreplace(letters) for c in judged.conditions),
    )


def _judge(sector: AlignedSector, facts: tuple[Relational, ...]) -> Stability | None:
    """The stability of the linear flow of a sector, which has no bifurcations to speak of."""
    matrix = _without_radicals(sector.matrix)
    if not matrix.rows:
        return None
    changes = tuple(Symbol(f"epsilon_{i}", real=True) for i in range(matrix.rows))
    rates = {x: sum(c * y for c, y in zip(matrix.row(i), changes, strict=True)) for i, x in enumerate(changes)}
    at_rest = dict.fromkeys(changes, S.Zero)
    return stability(Flow(rates, assumptions=facts), at_rest, time_limit=None, bifurcations=False)


def _without_radicals(matrix: ImmutableMatrix) -> ImmutableMatrix:
    """The matrix, or where its entries have radicals, which a change of scale would remove, the companion matrix of its
    characteristic polynomial."""
    if not any(power.exp.is_Rational and not power.exp.is_Integer for power in matrix.atoms(Pow)):
        return matrix
    field = matrix.to_DM()  # whose blocks SymPy would sort by comparing them, which it cannot always
    coefficients = [field.domain.to_sympy(c).expand().cancel() for c in field.charpoly_berk()]
    return ImmutableMatrix(matrix.rows, matrix.rows, lambda i, j: -coefficients[j + 1] if i == 0 else int(i == j + 1))


def _by_roots(state: AlignedState, point: FixedPoint) -> tuple[dict[Symbol, Expr], dict[Symbol, Expr]]:
    """The values of a point; where the polynomial of a root is linear in an eigenvalue, the eigenvalue by the root."""
    values: dict[Symbol, Expr] = dict(point.values)
    along: dict[Symbol, Expr] = {}
    for x, polynomial in point.site.roots if any(map(_has_root_of_sum, values.values())) else ():
        equation = point.site.ring.expr(polynomial).subs(along)
        linear = [y for y in state.eigenvalues if y in equation.free_symbols and equation.as_poly(y).degree() == 1]
        linear.sort(key=lambda y: y.is_positive is True)  # an eigenvalue of unknown sign first: what is known of others is kept
        if not along and linear:
            (along[linear[0]],) = solve(equation, linear[0])
            values[x] = x
        elif along:
            values[x] = _root_that_is(x, solve(equation, x), point, along)
    if along:
        roots = {x: values[x] for x, _ in point.site.roots}
        values = {x: value if x in roots else _by_solved(x, value, point, along).subs(roots) for x, value in values.items()}
    return values, along


def _by_solved(x: Symbol, value: Expr, point: FixedPoint, along: Mapping[Symbol, Expr]) -> Expr:
    """A value, or where it has roots of sums, what it is solved for by the roots of the point."""
    if not _has_root_of_sum(value):
        return value.subs(along)
    expr: Expr = x
    for s in point.site.solved:
        expr = expr.subs(s.symbol, point.site.ring.expr(s.top) / point.site.ring.expr(s.bottom))
    return cancel(expr.subs(along))


def _has_root_of_sum(value: Expr) -> bool:
    return any(not power.exp.is_Integer and power.base.is_Add for power in value.atoms(Pow))


def _root_that_is(x: Symbol, candidates: list[Expr], point: FixedPoint, along: Mapping[Symbol, Expr]) -> Expr:
    """The one of several roots that has the value of a point, at random parameters.

    Raises
    ------
    UnfinishedError
        where none or several have.
    """
    symbols = set().union(*(v.free_symbols for v in point.values.values())) - set(point.values)
    at = draw_point(symbols, Region(point.conditions))
    here = {y: v.subs(at).evalf(30) for y, v in point.values.items()}
    found = [c for c in candidates if abs(c.subs(at).subs(here).evalf(30) - here[x]) < CLOSE]
    if len(found) != 1:
        raise UnfinishedError(f"{len(found)} expressions of {x} by the other amplitudes have its value")
    return found[0]
