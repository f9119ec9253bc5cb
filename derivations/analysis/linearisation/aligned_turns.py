r"""Turns and stretches of a dimension without data, which move all blocks along it together.

Blocks that never meet along a dimension turn by themselves, as three layers do on both sides of the one in the middle, be both
hidden layers of one size or not.

A turn costs nothing.  Nor does a stretch that is undone on the other side, where the state still rests then, as for two layers
of which only the product counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from math import prod
from operator import add

import networkx
from sympy import Dummy, Expr, Inverse, Matrix, MatrixExpr, MatrixSymbol, Rational, S, Symbol, Transpose, cancel, eye

from derivations.analysis.linearisation.aligned_changes import AlignedMatrices, Entry
from derivations.analysis.linearisation.aligned_places import Group, Place
from theory.words import Polynomial, expand

PLAIN, DIGITS = 1e-15, 30  # of a number that is not zero, and of those that are compared with it


Side = tuple[MatrixSymbol, int]  # a block, and its rows (0) or columns (1)


@dataclass(frozen=True)
class Axis:
    """A dimension, and the sides of blocks along it that meet each other in words."""

    dimension: Expr
    sides: frozenset[Side]


@dataclass(frozen=True, eq=False)
class AlignedTurns:
    """Those that mix two groups."""

    matrices: AlignedMatrices
    left: Group
    right: Group

    def rotations(self, entries: tuple[Entry, ...]) -> Iterator[Matrix]:
        """The changes of all entries by a turn of each axis."""
        yield from self._tangents(entries, -1)

    def stretches(self, entries: tuple[Entry, ...]) -> Iterator[Matrix]:
        """The changes by a stretch of an axis, undone on its other side, if the state still rests then."""
        for axis, tangent in zip(self.axes, self._tangents(entries, 1), strict=True):
            if not tangent.is_zero_matrix and self.rests_when_stretched(axis):
                yield tangent

    @cached_property
    def axes(self) -> list[Axis]:
        """Those that turn freely: all of dimensions without data."""
        vectors = self.matrices.vectors
        held = vectors.data_dimensions if vectors.data else ()
        met = networkx.Graph()
        met.add_nodes_from((B, side) for B in self.matrices.flow.state for side in (0, 1))
        met.add_edges_from(self.matrices.meetings())
        sets = [frozenset(sides) for sides in networkx.connected_components(met)]
        return [Axis(n, sides) for n in vectors.vectors if n not in held for sides in sets if _dimension(sides) == n]

    def _turned(self, group: Group) -> Place | None:
        """The vector of a group that turns."""
        return next((p for p in group if p.has_direction or not self.matrices.vectors.data), None)

    def _tangents(self, entries: tuple[Entry, ...], sign: int) -> Iterator[Matrix]:
        r"""With :math:`R_{lk}=1`, :math:`R_{kl}=\pm1`: RB for blocks with rows of a dimension, −BR for such columns."""
        first, second = self._turned(self.left), self._turned(self.right)
        for axis in self.axes:
            if first is None or second is None:
                yield Matrix([S.Zero] * len(entries))
            else:
                turn = {(first, second): 1, (second, first): sign}
                yield Matrix([self._change_by_turn(entry, axis, turn) for entry in entries])

    def _change_by_turn(self, entry: Entry, axis: Axis, turn: Mapping[tuple[Place, Place], int]) -> Expr:
        block, row, column = entry
        total = S.Zero
        for (to, of), c in turn.items():
            if (block, 0) in axis.sides and row == to:
                total += c * self.matrices.value(block, of, column)
            if (block, 1) in axis.sides and column == of:
                total -= c * self.matrices.value(block, row, to)
        return total

    def rests_when_stretched(self, axis: Axis) -> bool:
        """Whether all velocities vanish where one axis is stretched by any amount and its other side shrunk."""
        places, amount = (*self.left, *self.right), Dummy("g", positive=True)
        turned = {self._turned(self.left), self._turned(self.right)}
        inside = self.matrices.within(axis.dimension, places)

        def entry(p: Place, q: Place) -> Expr:
            return S.One if p == q else amount if {p, q} == turned else S.Zero

        stretch = Matrix(len(inside), len(inside), lambda i, j: entry(inside[i], inside[j]))
        explicit = {M: self._between(M, places) for M in (*self.matrices.flow.state, *self.matrices.vectors.data)}
        for block in self.matrices.flow.state:
            if (block, 0) in axis.sides:
                explicit[block] = stretch * explicit[block]
            if (block, 1) in axis.sides:
                explicit[block] = explicit[block] * stretch.inv()
        stretched = Stretched(self.matrices, explicit, places, (self.left, self.right))
        plainly = any(abs(entry.evalf(DIGITS)) > PLAIN for entry in stretched.at_some_numbers().velocities())
        return not plainly and all(cancel(entry) == 0 for entry in stretched.velocities())

    def _between(self, matrix: MatrixSymbol, places: Group) -> Matrix:
        rows, columns = (self.matrices.within(n, places) for n in matrix.shape)
        return Matrix(len(rows), len(columns), lambda i, j: self.matrices.value(matrix, rows[i], columns[j]))


def _dimension(sides: frozenset[Side]) -> Expr:
    (block, side), *_ = sides
    return block.shape[side]


@dataclass(frozen=True, eq=False)
class Stretched:
    """Two groups in which one dimension is stretched: their matrices are explicit, and traces change by what they hold."""

    matrices: AlignedMatrices
    explicit: Mapping[MatrixSymbol, Matrix]
    places: Group
    groups: tuple[Group, Group]
    numbers: Mapping[Symbol, Rational] = field(default_factory=dict)

    def at_some_numbers(self) -> Stretched:
        """The same where symbols are numbers, at which what is not zero shows it, which spares the proof that it is not."""
        matrices, terms = self.matrices, self.matrices.words.values()
        places = [c.xreplace(matrices.parameters) for words in terms for c in words.values()]
        places += [*self.explicit.values(), *matrices.trace_values.values()]
        symbols = sorted(set().union(*(e.free_symbols for e in places)), key=str)
        numbers = {x: Rational(place + 3, place + 7) for place, x in enumerate(symbols)}
        explicit = {M: matrix.subs(numbers).evalf(DIGITS) for M, matrix in self.explicit.items()}
        return replace(self, explicit=explicit, numbers=numbers)

    def velocities(self) -> Iterator[Expr]:
        """All entries of them."""
        for block, terms in self.matrices.words.items():
            if terms:
                yield from self.polynomial(terms, block.rows)

    def polynomial(self, terms: Polynomial, rows: Expr) -> Matrix:
        """A polynomial of words; its traces are those at rest but for the groups."""
        known = {word: c.xreplace(self.letters).xreplace(self.matrices.parameters) for word, c in terms.items()}
        return self._sum({word: c.subs(self.numbers) for word, c in known.items()}, rows)

    @cached_property
    def letters(self) -> dict[Symbol, Expr]:
        found = {}
        for trace, letter in self.matrices.letters.items():
            word = self.matrices.word(trace)
            before = sum(self.matrices.trace_in(trace, group) for group in self.groups)
            after = self._sum({word: S.One}, word[0].rows).trace()
            found[letter] = self.matrices.trace_values[letter] - before + after
        return found

    def _sum(self, terms: Polynomial, rows: Expr) -> Matrix:
        start = eye(len(self.matrices.within(rows, self.places)))
        products = (c * prod(map(self._factor, word), start=start) for word, c in terms.items())
        return reduce(add, products)

    def _factor(self, factor: MatrixExpr) -> Matrix:
        if isinstance(factor, Transpose):
            return self._factor(factor.arg).T
        if isinstance(factor, Inverse):
            return self.polynomial(expand(factor.arg, self.matrices.vectors.context), factor.rows).inv()
        return self.explicit[factor]
