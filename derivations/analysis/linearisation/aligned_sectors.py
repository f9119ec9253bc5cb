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

When it fails: for velocities whose coefficients hold traces of the state, which join all modes; for states at which several
modes lie in one direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

from sympy import (
    Dummy,
    Expr,
    ImmutableMatrix,
    Inverse,
    Matrix,
    MatrixExpr,
    MatrixSymbol,
    Rational,
    S,
    Symbol,
    Trace,
    Transpose,
    cancel,
    eye,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.linearisation.aligned_places import ONE, SECTORS, TWO, Place
from derivations.analysis.linearisation.null_changes import take_out
from derivations.analysis.modes.aligned import AlignedVectors
from theory.errors import InputError
from theory.flow import Flow
from theory.words import Word, expand

PLAIN = 1e-15  # of a number of thirty digits that is not zero
Entry = tuple[MatrixSymbol, Place, Place]


@dataclass(frozen=True)
class AlignedSector:
    """Entries of small changes that move by themselves, their matrix, and the changes among them that cost nothing.

    ``matrix`` is what is left once ``rotations`` of dimensions without data and ``families`` of states at rest are taken out.
    """

    name: str
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
    flow: Flow, values: Mapping[Symbol, Expr], along: Mapping[Symbol, Expr] | None = None
) -> tuple[AlignedSector, ...]:
    """The sectors at states in which modes, each in a direction of its own, have these amplitudes.

    Parameters
    ----------
    flow
        of matrix blocks, whose velocities are words with constant coefficients.
    values
        of the amplitudes of one mode at rest, as :func:`~derivations.analysis.points.fixed_points.fixed_points` of the aligned
        flow finds them; eigenvalues, singular values and the symbols of ``along`` get the number of the mode.
    along
        eigenvalues and singular values of modes at rest by other symbols, where that is shorter.

    Raises
    ------
    InputError
        for data that are not aligned, coefficients with traces of the state, or factors that are neither state nor data.
    """
    return AlignedState(flow, values, along or {}, family_tangents(values)).sectors()


def family_tangents(values: Mapping[Symbol, Expr]) -> tuple[dict[Symbol, Expr], ...]:
    """How all amplitudes of a family change along each one of them that it leaves free."""
    free = [x for x, value in values.items() if value == x]
    return tuple({y: value.diff(x) for y, value in values.items()} for x in free)


@dataclass(frozen=True, eq=False)
class AlignedState:
    """States in which modes have given amplitudes, each in a direction of its own, and what small changes of them do."""

    flow: Flow
    values: Mapping[Symbol, Expr]
    along: Mapping[Symbol, Expr]
    tangents: tuple[Mapping[Symbol, Expr], ...] = ()

    @cached_property
    def vectors(self) -> AlignedVectors:
        found = AlignedVectors(self.flow, (1,))
        found.check_data()
        return found

    @cached_property
    def words(self) -> dict[MatrixSymbol, dict[Word, Expr]]:
        """The velocities as words.

        Raises
        ------
        InputError
            for coefficients with traces of the state.
        """
        found = {block: expand(f, self.vectors.context) for block, f in self.flow.velocity.items()}
        for block, terms in found.items():
            if any(c.has(Trace) for c in terms.values()):
                raise InputError(
                    "velocities of words with constant coefficients",
                    f"traces in that of {block}",
                    "analyse the flow of the amplitudes of all modes",
                )
        return found

    # -- matrices in the vectors ----------------------------------------------------------------------------------------

    def exists(self, entry: Entry) -> bool:
        block, *places = entry
        sides = zip(block.shape, places, strict=True)
        return all(p.has_data if n in self.vectors.data_dimensions else p.has_direction for n, p in sides)

    def value(self, factor: MatrixExpr, place: Place) -> Expr:
        """What a factor of a word is along the vectors of a place.

        Raises
        ------
        InputError
            for a factor that is neither state nor data, transposed or inverse.
        """
        if isinstance(factor, Transpose):
            return self.value(factor.arg, place)
        if isinstance(factor, Inverse):
            return 1 / self.value(factor.arg, place)
        if factor not in self.vectors.values:
            raise InputError("words of state and data", str(factor), "write the flow in these")
        (symbol,) = self.vectors.values[factor]
        if factor not in self.flow.state:
            return self._numbered(self.along.get(symbol, symbol) if place.is_occupied else symbol, place)
        return self._numbered(self.values[symbol].subs(self.along), place) if place.is_occupied else S.Zero

    def _numbered(self, expr, place: Place):
        own = {x for values in self.vectors.values.values() for x in values}
        own |= {x for e in self.along.values() for x in e.free_symbols - {*self.flow.parameters}}
        return expr.xreplace({x: Symbol(f"{x.name}_{place.number}", **x.assumptions0) for x in own})

    @property
    def eigenvalues(self) -> tuple[Symbol, ...]:
        """Eigenvalues and singular values of one mode."""
        return tuple(x for M in self.vectors.data for x in self.vectors.values[M])

    def facts(self, conditions: Iterable[Relational]) -> tuple[Boolean, ...]:
        """The inequalities between parameters, and conditions of one mode for both of two."""
        signs = [e > 0 for y, e in self.along.items() if y.is_positive]
        own = [*signs, *(c.subs(self.along) for c in (*self.flow.assumptions, *conditions) if isinstance(c, Relational))]
        numbered = dict.fromkeys(self._numbered(c, place) for c in own if not c.has(MatrixSymbol) for place in (ONE, TWO))
        return tuple(c for c in numbered if isinstance(c, Relational))

    # -- sectors --------------------------------------------------------------------------------------------------------

    def sectors(self) -> tuple[AlignedSector, ...]:
        """Those in which any block has an entry."""
        found = (self.sector(name, *places) for name, places in SECTORS.items())
        return tuple(sector for sector in found if sector is not None)

    def sector(self, name: str, left: Place, right: Place) -> AlignedSector | None:
        """The sector of two places; None where no block has such entries."""
        entries, whole = self.changes(left, right)
        if not entries:
            return None
        turned = [] if left == right else list(self.rotations(entries, left, right))
        moved = self.own_tangents(entries) if left == right else self.stretches(entries, left, right)
        _, rotations = take_out(whole, turned)
        matrix, both = take_out(whole, [*turned, *moved])
        return AlignedSector(name, entries, whole.as_immutable(), matrix.as_immutable(), rotations, both - rotations)

    def changes(self, left: Place, right: Place) -> tuple[tuple[Entry, ...], Matrix]:
        """The entries between two places, and how small ones move each other."""
        places = dict.fromkeys([(left, right), (right, left)])
        entries = tuple(e for B in self.flow.state for e in ((B, *pair) for pair in places) if self.exists(e))
        return entries, Matrix(len(entries), len(entries), lambda i, j: self.effect(entries[i], entries[j])).applyfunc(cancel)

    def effect(self, moved: Entry, changed: Entry) -> Expr:
        """The velocity of an entry by a change of another one."""
        total = S.Zero
        block, left, right = moved
        for word, coefficient in self.words[block].items():
            for place, factor in enumerate(word):
                core = factor.arg if isinstance(factor, Transpose) else factor
                there = (right, left) if isinstance(factor, Transpose) else (left, right)
                if (core, *there) == changed:
                    before = (self.value(f, left) for f in word[:place])
                    behind = (self.value(f, right) for f in word[place + 1 :])
                    total += prod((coefficient, *before, *behind))
        return total

    def rotations(self, entries: tuple[Entry, ...], left: Place, right: Place) -> Iterator[Matrix]:
        """The changes of all entries by a turn of each dimension without data."""
        yield from self._tangents(entries, left, right, -1)

    def own_tangents(self, entries: tuple[Entry, ...]) -> Iterator[Matrix]:
        """The directions of a family of fixed points of one mode."""
        for tangent in self.tangents if all(left.is_occupied for _, left, _ in entries) else ():
            yield Matrix([self._numbered(tangent[self.vectors.values[B][0]].subs(self.along), ONE) for B, _, _ in entries])

    def stretches(self, entries: tuple[Entry, ...], left: Place, right: Place) -> Iterator[Matrix]:
        """The same by a stretch of a dimension without data, undone on its other side, if the state still rests then."""
        for dimension, tangent in zip(self.directions, self._tangents(entries, left, right, 1), strict=True):
            if self.rests_when_stretched(dimension, left, right):
                yield tangent

    @property
    def directions(self) -> list[Expr]:
        """Those that turn freely: all without data."""
        held = self.vectors.data_dimensions if self.vectors.data else ()
        return [n for n in self.vectors.vectors if n not in held]

    def _tangents(self, entries: tuple[Entry, ...], left: Place, right: Place, sign: int) -> Iterator[Matrix]:
        r"""With :math:`R_{lk}=1`, :math:`R_{kl}=\pm1`: RB for blocks with rows of a dimension, −BR for such columns."""
        for dimension in self.directions:
            if (left.has_direction and right.has_direction) or not self.vectors.data:
                yield Matrix([self._turned(entry, dimension, left, sign) for entry in entries])
            else:
                yield Matrix([S.Zero] * len(entries))

    def _turned(self, entry: Entry, dimension: Expr, left: Place, sign: int) -> Expr:
        block, row, column = entry
        factor = 1 if row == left else sign
        gained = self.value(block, column) if block.rows == dimension else S.Zero
        lost = self.value(block, row) if block.cols == dimension else S.Zero
        return factor * (gained - lost)

    def rests_when_stretched(self, dimension: Expr, left: Place, right: Place) -> bool:
        """Whether all velocities vanish where one dimension is stretched by any amount and its other side shrunk."""
        amount = Dummy("g", positive=True)
        stretch = Matrix([[1, amount], [amount, 1]])
        explicit = {M: Matrix.diag(*(self.value(M, p) for p in (left, right))) for M in (*self.flow.state, *self.vectors.data)}
        for block in self.flow.state:
            if block.rows == dimension:
                explicit[block] = stretch * explicit[block]
            if block.cols == dimension:
                explicit[block] = explicit[block] * stretch.inv()
        velocities = [entry for terms in self.words.values() for entry in self._evaluated(terms, explicit)]
        return not any(map(_is_plainly_nonzero, velocities)) and all(cancel(entry) == 0 for entry in velocities)

    def _evaluated(self, terms: Mapping[Word, Expr], explicit: Mapping[MatrixSymbol, Matrix]) -> Matrix:
        total = Matrix.zeros(2, 2)
        for word, coefficient in terms.items():
            total += coefficient * prod((_explicit(f, explicit) for f in word), start=eye(2))
        return total


def _is_plainly_nonzero(entry: Expr) -> bool:
    """Whether an expression is not zero at some numbers, which spares the proof that it is."""
    at = {x: Rational(place + 3, place + 7) for place, x in enumerate(sorted(entry.free_symbols, key=str))}
    return abs(entry.subs(at).evalf(30)) > PLAIN


def _explicit(factor: MatrixExpr, explicit: Mapping[MatrixSymbol, Matrix]) -> Matrix:
    if isinstance(factor, Transpose):
        return _explicit(factor.arg, explicit).T
    return _explicit(factor.arg, explicit).inv() if isinstance(factor, Inverse) else explicit[factor]
