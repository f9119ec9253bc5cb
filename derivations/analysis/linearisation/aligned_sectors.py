r"""Stability of aligned states in the whole matrix model, by sectors (§8 of the notes).

Stable among amplitudes is not stable.  Where every matrix is diagonal in orthonormal vectors, a small change of the entry
:math:`(l,k)` of a block enters a word :math:`PBQ` as :math:`p_l\,\delta B_{lk}\,q_k`, and a transposed one as
:math:`\delta B_{kl}`: the entries :math:`(l,k)` and :math:`(k,l)` of all blocks move by themselves.  Such a *sector* is the
same for all pairs alike, whatever the sizes:

======================  =====================================================================
own                     a mode along its direction
two modes               both along directions of their own
mode, absent            a direction that is taken, and a mode of the data that has none
mode, empty             a direction that is taken, and one that is not
two absent, two empty   where nothing is
empty, absent           an empty direction and an absent mode
======================  =====================================================================

Where coefficients hold traces of the state, modes know of each other.  A trace changes with entries of the own sectors alone:
these are joined, by as many terms of rank one as there are traces, and the other sectors are as before.  Several modes along
one direction are one group: a sector is between two groups then, or within one.

Rotations of a dimension without data turn all blocks together and cost nothing: they are taken out of the sectors in which
they move something.

>>> from sympy import MatrixSymbol, Q, Trace, symbols
>>> from theory import Loss
>>> from derivations.analysis.points.fixed_points import fixed_points
>>> from derivations.analysis.modes.reduction import reduce_to_modes
>>> n, d = symbols("n d", integer=True, positive=True)
>>> F, A = MatrixSymbol("F", d, n), MatrixSymbol("A", n, n)
>>> known = Q.symmetric(A), Q.positive_definite(A)
>>> flow = Loss(Trace(F.T * F * F.T * F) / 4 - Trace(F * A * F.T) / 2, (F,), assumptions=known).gradient_flow()
>>> state = list(fixed_points(reduce_to_modes(flow).flow))[1]
>>> for sector in aligned_sectors(flow, state.values):
...     print(sector.name, sector.matrix.tolist())
own [[-2*a_1]]
two modes [[-a_1 - a_2]]
mode, absent mode [[-a_1 + a_3]]
mode, empty direction []
empty direction, absent mode [[a_3]]

When it fails: for traces that change with absent modes and move them, too, which join all modes of the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import product

from sympy import Expr, ImmutableMatrix, Matrix, MatrixSymbol, Symbol, Trace, cancel
from sympy.core.relational import Ge, Gt, Le, Lt, Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.linearisation.aligned_changes import AlignedMatrices, Entry
from derivations.analysis.linearisation.aligned_places import ONE, TWO, Group, Pairs, Place
from derivations.analysis.linearisation.aligned_turns import AlignedTurns
from derivations.analysis.linearisation.null_changes import take_out
from theory.errors import InputError
from theory.flow import Flow

STRICT = {Ge: Gt, Le: Lt}


@dataclass(frozen=True)
class AlignedSector:
    """Entries of small changes that move by themselves, their matrix, and the changes among them that cost nothing.

    ``matrix`` is what is left once ``rotations`` of dimensions without data and ``families`` of states at rest are taken out;
    ``pairs`` are the groups that the entries are between.
    """

    name: str
    pairs: Pairs
    entries: tuple[Entry, ...]
    whole: ImmutableMatrix
    matrix: ImmutableMatrix
    rotations: int
    families: int

    @property
    def places(self) -> frozenset[Place]:
        """Where its entries stand."""
        return frozenset(place for _, *places in self.entries for place in places)


def aligned_sectors(
    flow: Flow,
    values: Mapping[Symbol, Expr],
    along: Mapping[Symbol, Expr] | None = None,
    modes: Sequence[int] = (1,),
) -> tuple[AlignedSector, ...]:
    """The sectors at states in which modes have these amplitudes.

    Parameters
    ----------
    flow
        of matrix blocks, whose velocities are words.
    values
        of the amplitudes at rest, as :func:`~derivations.analysis.points.fixed_points.fixed_points` of the aligned flow finds
        them.  If coefficients hold no traces of the state, those of one mode are those of any number of modes, each in a
        direction of its own; eigenvalues, singular values and the symbols of ``along`` get the number of the mode.
    along
        eigenvalues and singular values of modes at rest by other symbols, where that is shorter.
    modes
        the number of modes in each direction; where it is not one mode, these rest and no others.

    Raises
    ------
    InputError
        for data that are not aligned, traces that join all modes of the data, or factors that are neither state nor data.
    """
    return AlignedState(flow, values, along or {}, tuple(modes), family_tangents(values)).sectors()


def family_tangents(values: Mapping[Symbol, Expr]) -> tuple[dict[Symbol, Expr], ...]:
    """How all amplitudes of a family change along each one of them that it leaves free."""
    free = [x for x, value in values.items() if value == x]
    return tuple({y: value.diff(x) for y, value in values.items()} for x in free)


@dataclass(frozen=True, eq=False)
class AlignedState:
    """States in which modes have given amplitudes, and what small changes of them do."""

    flow: Flow
    values: Mapping[Symbol, Expr]
    along: Mapping[Symbol, Expr]
    sizes: tuple[int, ...] = (1,)
    tangents: tuple[Mapping[Symbol, Expr], ...] = ()
    common: frozenset[Symbol] = frozenset()
    parameters: Mapping[Symbol, Expr] = field(default_factory=dict)

    @cached_property
    def matrices(self) -> AlignedMatrices:
        return AlignedMatrices(self.flow, self.values, self.along, self.sizes, self.common, self.parameters)

    @property
    def is_any(self) -> bool:
        """Whether any number of modes may rest so."""
        return self.matrices.layout.is_any

    def facts(self, conditions: Iterable[Relational]) -> tuple[Boolean, ...]:
        """The inequalities between parameters, and conditions of one mode for both of two, where none is at its edge."""
        signs = [e > 0 for y, e in self.along.items() if y.is_positive]
        strict = [STRICT.get(type(c), type(c))(c.lhs, c.rhs) for c in conditions]
        own = [*signs, *(c.subs(self.along) for c in (*self.flow.assumptions, *strict) if isinstance(c, Relational))]
        own = [c for c in own if not c.has(MatrixSymbol)]
        if self.matrices.sizes != (1,):
            return tuple(self._facts_of_all(own))
        numbered = dict.fromkeys(self.matrices.number(c, place) for c in own for place in (ONE, TWO))
        return tuple(c for c in numbered if isinstance(c, Relational))

    def _facts_of_all(self, facts: Iterable[Relational]) -> Iterator[Relational]:
        """What is said of all modes at rest, and what is said of one for each of them."""
        of_one = {x for values in self.matrices.single.values.values() for x in values}
        for fact in facts:
            if not fact.free_symbols & of_one:
                yield fact
            else:
                modes = [place for group in self.matrices.layout.occupied for place in group if place.has_data]
                yield from (c for p in modes if isinstance(c := self.matrices.number(fact, p), Relational))

    # -- sectors --------------------------------------------------------------------------------------------------------

    def sectors(self) -> tuple[AlignedSector, ...]:
        """Those in which any block has an entry.

        Raises
        ------
        InputError
            for traces that join all modes of the data.
        """
        self._check_traces()
        found = (self.sector(name, pairs) for name, pairs in self.matrices.layout.sectors.items())
        return tuple(sector for sector in found if sector is not None)

    def sector(self, name: str, pairs: Pairs) -> AlignedSector | None:
        """The sector of some pairs of groups; None where no block has such entries."""
        entries, whole = self.changes(pairs)
        if not entries:
            return None
        ((left, right), *_) = pairs
        turns = AlignedTurns(self.matrices, left, right)
        turned = [] if left == right else list(turns.rotations(entries))
        moved = self.own_tangents(entries) if left == right else turns.stretches(entries)
        _, rotations = take_out(whole, turned)
        matrix, both = take_out(whole, [*turned, *moved])
        return AlignedSector(name, pairs, entries, whole.as_immutable(), matrix.as_immutable(), rotations, both - rotations)

    def changes(self, pairs: Pairs) -> tuple[tuple[Entry, ...], Matrix]:
        """The entries between groups, and how small ones move each other."""
        found: dict[Entry, tuple[Group, Group]] = {}
        for B in self.flow.state:
            for sides in dict.fromkeys(turn for left, right in pairs for turn in ((left, right), (right, left))):
                found |= {(B, *places): sides for places in product(*sides) if self.matrices.exists((B, *places))}
        entries = tuple(found)

        def effect(i: int, j: int) -> Expr:
            return self.effect(entries[i], found[entries[i]], entries[j], found[entries[j]])

        return entries, Matrix(len(entries), len(entries), effect).applyfunc(cancel)

    def effect(self, moved: Entry, sides: tuple[Group, Group], changed: Entry, others: tuple[Group, Group]) -> Expr:
        """The velocity of an entry by a change of another one: in its words, and in the traces of their coefficients."""
        block, left, right = moved
        total = self.matrices.change(self.matrices.words[block], sides, (left, right), changed)
        for trace in self.matrices.letters if sides[0] == sides[1] else ():
            if (slope := self.pull(block, trace, sides[0], (left, right))) != 0:
                total += slope * self.matrices.trace_change(trace, others[0], changed)
        return total

    def pull(self, block: MatrixSymbol, trace: Trace, group: Group, places: Sequence[Place]) -> Expr:
        """How an entry within a group moves with a trace."""
        letter = self.matrices.letters[trace]
        slopes = {word: c.diff(letter) for word, c in self.matrices.words[block].items() if c.has(letter)}
        return self.matrices.polynomial(slopes, group, *places)

    def _check_traces(self) -> None:
        sectors = self.matrices.layout.sectors
        absent, empty = (sectors[name][0][0] for name in ("absent mode", "empty direction"))
        for trace in self.matrices.letters:
            own = [(g, e) for g in (absent, empty) for e in self._own_entries(g)]
            moves = any(self.matrices.trace_change(trace, g, e) != 0 for g, e in own)
            if moves and any(self.pull(B, trace, g, places) != 0 for g, (B, *places) in own):
                raise InputError(
                    "traces that do not join absent modes or empty directions",
                    f"{trace}, which changes with them and moves them",
                    "analyse the flow of the amplitudes of all modes",
                )

    def _own_entries(self, group: Group) -> list[Entry]:
        return [(B, p, q) for B in self.flow.state for p, q in product(group, group) if self.matrices.exists((B, p, q))]

    def own_tangents(self, entries: tuple[Entry, ...]) -> Iterator[Matrix]:
        """The directions of a family of fixed points."""
        matrices, kept = self.matrices, all(left.is_occupied for _, left, _ in entries)
        for tangent in self.tangents if kept else ():
            moved = replace(matrices, values=tangent)
            yield Matrix([moved.value(*entry) for entry in entries])
