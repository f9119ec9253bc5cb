"""Whether aligned states of a matrix flow are stable in the whole model: the verdicts of all their sectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from sympy import Expr, ImmutableMatrix, Pow, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.limits import run_within
from derivations.analysis.linearisation.aligned_sectors import AlignedSector, AlignedState, family_tangents
from derivations.analysis.linearisation.rest_parameters import AtRest, parametrise
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.whole_conditions import (
    LONG,
    Held,
    Numbered,
    OrderOfModes,
    eigenvalue_pairs,
    held_conditions,
)
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.analysis.points.point import FixedPoint
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from theory.flow import Flow

BESIDE = {
    "no absent mode, no empty direction": {"absent": False, "empty": False},
    "absent modes, no empty direction": {"absent": True, "empty": False},
    "empty directions, no absent mode": {"absent": False, "empty": True},
    "absent modes and empty directions": {"absent": True, "empty": True},
}


@dataclass(frozen=True, eq=False)
class WholeStability(Shown):
    """The stability of states in which modes rest at a fixed point of their amplitudes.

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
    shared: Mapping[Symbol, Expr] = field(default_factory=dict)
    modes: tuple[int, ...] = (1,)
    is_any: bool = True
    held: tuple[Held, ...] = ()

    def verdict_beside(self, *, absent: bool, empty: bool) -> Verdict:
        """The verdict where there are absent modes or not, and empty directions or not: stable only where every sector is."""
        judged = zip(self.sectors, self.stabilities, strict=True)
        there = [(s, sector.places) for sector, s in judged if s is not None]
        found = {
            s.verdict
            for s, ps in there
            if (absent or not any(p.is_absent for p in ps)) and (empty or not any(p.is_empty for p in ps))
        }
        if found & {Verdict.UNSTABLE, Verdict.SADDLE}:
            return Verdict.UNSTABLE if found == {Verdict.UNSTABLE} else Verdict.SADDLE
        return next((v for v in (Verdict.MARGINAL, Verdict.DEPENDS) if v in found), Verdict.STABLE)

    @property
    def verdict(self) -> Verdict:
        """The verdict where there are both absent modes and empty directions."""
        return self.verdict_beside(absent=True, empty=True)

    @property
    def conditions(self) -> tuple[Relational, ...]:
        """What has to hold for all modes, absent modes and empty directions that :attr:`held` speaks of."""
        return tuple(held.condition for held in self.held)

    @property
    def names(self) -> dict[Symbol, Expr]:
        """What symbols in conditions stand for."""
        return {a: meaning for judged in self.stabilities if judged for a, meaning in judged.names.items()}

    def condition_rows(self) -> list[Row]:
        """Each condition and for which modes it is asked."""
        shown = []
        for place, (held, row) in enumerate(zip(self.held, conditions_row(self.conditions), strict=True)):
            named = [k for a in held.condition.free_symbols & self.names.keys() for k in self.numbered.numbers(self.names[a])]
            spoken = self.numbered.words(held, named)
            first = "and" if place else "if"
            shown.append(replace(row, words=f"{first} {spoken}:" if spoken else first))
        return shown

    @cached_property
    def numbered(self) -> Numbered:
        """Which symbols are those of modes."""
        own = {x for values in AlignedVectors(self.flow, (1,)).values.values() for x in values}
        own |= {x for e in self.along.values() for x in e.free_symbols} - {*self.flow.parameters}
        first = 3 if self.modes == (1,) else sum(self.modes) + 1
        return Numbered(frozenset(x.name for x in own), first, self.is_any)

    def rows(self) -> list[Row]:
        shown = [row_of(x, value) for x, value in (*self.values.items(), *self.along.items()) if x != value]
        for sector, judged in zip(self.sectors, self.stabilities, strict=True):
            taken = f", {sector.rotations} rotations and {sector.families} families apart"
            shown.append(Row.text(f"{sector.name}{taken if sector.rotations + sector.families else ''}:"))
            shown += judged.rows() if judged else [Row.text("nothing else moves")]
        for words, beside in BESIDE.items():
            shown.append(Row.text(f"{words}: {self.verdict_beside(**beside).value}"))
        return [*shown, *self.condition_rows()]


def whole_stability(
    flow: Flow,
    point: FixedPoint | Mapping[Symbol, Expr],
    time_limit: float | None = 60,
    *,
    modes: int | Sequence[int] = 1,
) -> WholeStability:
    """The stability of aligned states in the whole matrix model, beside any number of absent modes and empty directions.

    Parameters
    ----------
    flow
        of matrix blocks whose velocities are words.
    point
        a fixed point of its aligned amplitudes, ``reduce_to_modes(flow, modes=modes).flow``.  With one mode, all that are not
        absent rest there, any number of them; where coefficients hold traces of the state, so that modes know of each other,
        one mode and no others.  With several, these rest and no others.
    modes
        how many, each in a direction of its own, or how many in each direction.

    Raises
    ------
    InputError
        for what is not aligned, no fixed point, or one that asks for an equation in which no parameter is linear.
    UnfinishedError
        at the time limit.
    """
    sizes = (1,) * modes if isinstance(modes, int) else tuple(modes)
    return run_within(time_limit, _whole_stability, flow, point, sizes)


def _whole_stability(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr], modes: tuple[int, ...]) -> WholeStability:
    at = _parameters_at(flow, point, modes)
    known = {**at.squares, **at.shared}
    common = frozenset().union(*(e.free_symbols for e in known.values()))
    state = AlignedState(flow, at.values, at.along, modes, at.tangents, common, known)
    sectors = state.sectors()
    signs = (*(e > 0 for p, e in at.shared.items() if p.is_positive), *state.facts(getattr(point, "conditions", ())))
    signs = tuple(c for s in signs if isinstance(c := s.subs(known), Relational) and (c.lhs - c.rhs).is_rational_function())
    pairs = eigenvalue_pairs(at.along, state.matrices.number) if modes == (1,) else ()
    order = OrderOfModes(pairs, signs)
    judged = tuple(_numbered(_judge(sector, signs, order), place) for place, sector in enumerate(sectors, 1))
    found = WholeStability(flow, at.values, at.along, sectors, judged, at.shared, modes, state.is_any)
    asked = [(sector, c) for sector, s in zip(sectors, judged, strict=True) if s for c in s.conditions]
    found = replace(found, held=held_conditions(asked, found.numbered, signs))
    return _put(found, at.letters) if at.letters else found


def _parameters_at(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr], modes: tuple[int, ...]) -> AtRest:
    if not isinstance(point, FixedPoint):
        return AtRest(dict(point), tangents=family_tangents(point))
    vectors = AlignedVectors(flow, modes)
    return parametrise(point, [x for M in vectors.data for x in vectors.values[M]], is_one=modes == (1,))


def _put(found: WholeStability, letters: Mapping[Symbol, Expr]) -> WholeStability:
    """A result with the roots of parameters that letters stand for."""

    def back(expr):
        return expr.xreplace(letters)

    def judged(one: Stability) -> Stability:
        return replace(
            one,
            flow=back(one.flow),
            conditions=tuple(map(back, one.conditions)),
            eigenvalues=tuple(map(back, one.eigenvalues)),
            characteristic=tuple((back(f), m) for f, m in one.characteristic),
            names={a: back(meaning) for a, meaning in one.names.items()},
        )

    return replace(
        found,
        values={x: back(e) for x, e in found.values.items()},
        along={x: back(e) for x, e in found.along.items()},
        shared={x: back(e) for x, e in found.shared.items()},
        sectors=tuple(replace(s, whole=back(s.whole), matrix=back(s.matrix)) for s in found.sectors),
        stabilities=tuple(one and judged(one) for one in found.stabilities),
        held=tuple(replace(held, condition=back(held.condition)) for held in found.held),
    )


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


def _judge(sector: AlignedSector, facts: tuple[Relational, ...], order: OrderOfModes) -> Stability | None:
    """The stability of the linear flow of a sector, which has no bifurcations to speak of."""
    matrix = _without_radicals(sector.matrix)
    if not matrix.rows:
        return None
    changes = tuple(Symbol(f"epsilon_{i}", real=True) for i in range(matrix.rows))
    rates = {x: sum(c * y for c, y in zip(matrix.row(i), changes, strict=True)) for i, x in enumerate(changes)}
    at_rest = dict.fromkeys(changes, S.Zero)
    found = stability(Flow(rates, assumptions=facts), at_rest, time_limit=None, bifurcations=False, long=LONG)
    return replace(found, conditions=tuple(dict.fromkeys(map(order.of, found.conditions))))


def _without_radicals(matrix: ImmutableMatrix) -> ImmutableMatrix:
    """The matrix, or where its entries have radicals, which a change of scale would remove, the companion matrix of its
    characteristic polynomial."""
    if not any(power.exp.is_Rational and not power.exp.is_Integer for power in matrix.atoms(Pow)):
        return matrix
    field = matrix.to_DM()  # whose blocks SymPy would sort by comparing them, which it cannot always
    coefficients = [field.domain.to_sympy(c).expand().cancel() for c in field.charpoly_berk()]
    return ImmutableMatrix(matrix.rows, matrix.rows, lambda i, j: -coefficients[j + 1] if i == 0 else int(i == j + 1))
