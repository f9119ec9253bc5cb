r"""Small changes of matrices that are block diagonal in orthonormal vectors, and what they do to words and to traces.

A state whose modes lie along directions takes the vectors of each direction, and of the modes along it, to each other.  So does
every word; a small change of an entry between two groups of vectors enters a word :math:`PBQ` between the same two, and a trace
only where the groups are one.

When it fails: for factors that are neither state nor data, nor inverse of words of these; for traces of data alone, which hold
all modes of the data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from sympy import Add, Dummy, Expr, Inverse, Matrix, MatrixExpr, MatrixSymbol, S, Symbol, Trace, Transpose, cancel

from derivations.analysis.linearisation.aligned_places import Group, Layout, Place, layout_of
from derivations.analysis.modes.aligned import AlignedVectors
from theory.errors import InputError
from theory.flow import Flow
from theory.words import Polynomial, Word, expand

Entry = tuple[MatrixSymbol, Place, Place]


@dataclass(frozen=True, eq=False)
class AlignedMatrices:
    """The matrices of a flow along the vectors of a state.

    Attributes
    ----------
    values
        of the amplitudes, of one mode or of all that rest.
    along
        eigenvalues and singular values of a mode at rest by other symbols.
    sizes
        the number of modes in each direction.
    common
        symbols that are those of all modes.
    parameters
        those in coefficients by other symbols.
    """

    flow: Flow
    values: Mapping[Symbol, Expr]
    along: Mapping[Symbol, Expr]
    sizes: tuple[int, ...] = (1,)
    common: frozenset[Symbol] = frozenset()
    parameters: Mapping[Symbol, Expr] = field(default_factory=dict)
    _products: dict = field(default_factory=dict, repr=False, init=False)

    @cached_property
    def vectors(self) -> AlignedVectors:
        found = AlignedVectors(self.flow, self.sizes)
        found.check_data()
        return found

    @cached_property
    def single(self) -> AlignedVectors:
        """The vectors of a single mode, whose names others have with a number."""
        return AlignedVectors(self.flow, (1,))

    @cached_property
    def words(self) -> dict[MatrixSymbol, Polynomial]:
        """The velocities as words, with letters for traces in their coefficients."""
        return {B: {w: c.xreplace(self.letters) for w, c in terms.items()} for B, terms in self._velocities.items()}

    @cached_property
    def _velocities(self) -> dict[MatrixSymbol, Polynomial]:
        return {block: expand(f, self.vectors.context) for block, f in self.flow.velocity.items()}

    def meetings(self) -> Iterator[tuple[tuple[MatrixSymbol, int], tuple[MatrixSymbol, int]]]:
        """Sides of blocks, rows (0) or columns (1), that meet in a velocity: side by side in a word, or as its ends."""
        for block, terms in self._velocities.items():
            for word in terms:
                yield from _meetings([((block, 0), (block, 0)), *self._sides(word), ((block, 1), (block, 1))])
        for trace in self.letters:
            sides = self._sides(self.word(trace))
            yield from _meetings([*sides, sides[0]])

    def _sides(self, word: Word) -> list[tuple]:
        """The left and the right side of each factor; None for those that are no state."""
        found: list[tuple] = []
        for factor in word:
            core = factor.arg if isinstance(factor, Transpose) else factor
            if isinstance(core, Inverse):
                for inner in expand(core.arg, self.vectors.context):  # a series of its words, each after each, and of none
                    once = self._sides(inner)
                    found += [*once, *once, *(ends[::-1] for ends in reversed(once))]
                continue
            ends = ((core, 0), (core, 1)) if core in self.flow.state else (None, None)
            found.append(ends[::-1] if isinstance(factor, Transpose) else ends)
        return found

    @cached_property
    def letters(self) -> dict[Trace, Dummy]:
        """Those of the traces of the state in the coefficients of the velocities.

        Raises
        ------
        InputError
            for traces of data alone.
        """
        found = dict.fromkeys(t for terms in self._velocities.values() for c in terms.values() for t in c.atoms(Trace))
        for trace in found:
            if not trace.atoms(MatrixSymbol) & {*self.flow.state}:
                raise InputError("traces in which a block of the state stands", str(trace), "name it by a parameter")
        return {trace: Dummy("t", real=True) for trace in found}

    @cached_property
    def layout(self) -> Layout:
        directed = bool({*self.vectors.vectors} - self.vectors.data_dimensions)
        return layout_of(self.sizes, joined=bool(self.letters), directed=directed)

    # -- entries --------------------------------------------------------------------------------------------------------

    def holds(self, dimension: Expr, place: Place) -> bool:
        """Whether a dimension has a vector there."""
        return place.has_data if dimension in self.vectors.data_dimensions else place.has_direction

    def exists(self, entry: Entry) -> bool:
        """Whether a block has an entry there."""
        block, *places = entry
        return all(self.holds(n, place) for n, place in zip(block.shape, places, strict=True))

    def value(self, matrix: MatrixSymbol, left: Place, right: Place | None = None) -> Expr:
        """An entry of state or data along the vectors of two places, or of one."""
        right = left if right is None else right
        if matrix in self.flow.state:
            return self._amplitudes.get((matrix, left, right), S.Zero)
        return self._eigenvalue(matrix, left) if left == right else S.Zero

    def _eigenvalue(self, matrix: MatrixSymbol, place: Place) -> Expr:
        (symbol,) = self.single.values[matrix]
        if not place.is_occupied:
            return self.number(symbol, place)
        if self.sizes == (1,):
            return self.number(self.along.get(symbol, symbol), place)
        own = self.vectors.values[matrix][self._modes.index(place)]
        return self.along.get(own, own)

    @cached_property
    def _modes(self) -> list[Place]:
        return [place for group in self.layout.occupied for place in group if place.has_data]

    @cached_property
    def _amplitudes(self) -> dict[Entry, Expr]:
        """The entries of the state that do not vanish."""
        if self.sizes == (1,):
            places = [place for (place,) in self.layout.occupied]
            symbols = {B: self.vectors.values[B][0] for B in self.flow.state}
            return {(B, p, p): self.number(self.values[x].subs(self.along), p) for B, x in symbols.items() for p in places}
        found = {}
        for B in self.flow.state:
            of_data = any(n in self.vectors.data_dimensions for n in B.shape)
            kept = (lambda place: place.has_data) if of_data else (lambda place: place.has_direction)
            owners = [(place, group) for group in self.layout.occupied for place in group if kept(place)]
            for x, (owner, group) in zip(self.vectors.values[B], owners, strict=True):
                sides = (self._side(n, owner, group) for n in B.shape)
                found[B, *sides] = self.values[x].subs(self.along)
        return found

    def _side(self, dimension: Expr, owner: Place, group: Group) -> Place:
        return owner if self.holds(dimension, owner) else next(p for p in group if self.holds(dimension, p))

    def number(self, expr, place: Place):
        """What is said of one mode, of the mode in a place."""
        own = {x for values in self.single.values.values() for x in values}
        own |= {x for e in self.along.values() for x in e.free_symbols - {*self.flow.parameters}}
        return expr.xreplace({x: Symbol(f"{x.name}_{place.number}", **x.assumptions0) for x in own - self.common})

    # -- words ----------------------------------------------------------------------------------------------------------

    def within(self, dimension: Expr, group: Group) -> list[Place]:
        """The vectors of a dimension in a group."""
        return [place for place in group if self.holds(dimension, place)]

    def product(self, word: Word, group: Group, left: Place, right: Place) -> Expr:
        """An entry of a word."""
        if not word:
            return S.One if left == right else S.Zero
        key = word, group, left, right
        if key not in self._products:
            first, *rest = word
            terms = ((self.factor(first, group, left, p), p) for p in self.within(first.cols, group))
            self._products[key] = Add(*(c * self.product(tuple(rest), group, p, right) for c, p in terms if c != 0))
        return self._products[key]

    def factor(self, factor: MatrixExpr, group: Group, left: Place, right: Place) -> Expr:
        """An entry of a factor of a word.

        Raises
        ------
        InputError
            for a factor that is neither state nor data, nor the inverse of words of these.
        """
        if isinstance(factor, Transpose):
            return self.factor(factor.arg, group, right, left)
        if isinstance(factor, Inverse):
            places = self.within(factor.rows, group)
            return self._inverse(factor, group)[places.index(left), places.index(right)]
        if factor not in self.vectors.values:
            raise InputError("words of state and data", str(factor), "write the flow in these")
        return self.value(factor, left, right)

    def _inverse(self, factor: Inverse, group: Group) -> Matrix:
        places, terms = self.within(factor.rows, group), expand(factor.arg, self.vectors.context)
        matrix = Matrix(len(places), len(places), lambda i, j: self.polynomial(terms, group, places[i], places[j]))
        return matrix.inv() if len(places) > 1 else matrix.applyfunc(lambda e: 1 / e)

    def polynomial(self, terms: Polynomial, group: Group, left: Place, right: Place) -> Expr:
        """An entry of a polynomial of words."""
        return Add(*(self.at_rest(c) * self.product(word, group, left, right) for word, c in terms.items()))

    def at_rest(self, coefficient: Expr) -> Expr:
        """A coefficient with what its traces and parameters are."""
        known = coefficient.xreplace(self.trace_values) if self.letters else coefficient
        return known.xreplace(self.parameters) if self.parameters else known

    @cached_property
    def trace_values(self) -> dict[Symbol, Expr]:
        return {a: cancel(Add(*(self.trace_in(t, g) for g in self.layout.occupied))) for t, a in self.letters.items()}

    def word(self, trace: Trace) -> Word:
        """The word under a trace."""
        ((word, _),) = expand(trace.arg, self.vectors.context).items()
        return word

    def trace_in(self, trace: Trace, group: Group) -> Expr:
        """What a group adds to a trace."""
        word = self.word(trace)
        return Add(*(self.product(word, group, p, p) for p in self.within(word[0].rows, group)))

    # -- changes --------------------------------------------------------------------------------------------------------

    def change(self, terms: Polynomial, sides: tuple[Group, Group], place: tuple[Place, Place], changed: Entry) -> Expr:
        """The change of an entry of a polynomial, its coefficients aside, by one of a block."""
        left, right = sides
        total = S.Zero
        for word, coefficient in terms.items():
            for k, factor in enumerate(word):
                for i, j, moved in self._factor_changes(factor, sides, changed):
                    before = self.product(word[:k], left, place[0], i)
                    if before != 0:
                        total += self.at_rest(coefficient) * before * moved * self.product(word[k + 1 :], right, j, place[1])
        return total

    def _factor_changes(
        self, factor: MatrixExpr, sides: tuple[Group, Group], changed: Entry
    ) -> Iterator[tuple[Place, Place, Expr]]:
        """The entries of a factor that change, and how."""
        block, row, column = changed
        if factor == block or (isinstance(factor, Transpose) and factor.arg == block):
            i, j = (row, column) if factor == block else (column, row)
            if i in sides[0] and j in sides[1]:
                yield i, j, S.One
        elif isinstance(factor, Inverse) and factor.has(block):  # the change of 1/X is that of X between -1/X and 1/X
            terms = expand(factor.arg, self.vectors.context)
            left, right = (self.within(factor.rows, group) for group in sides)
            inside = Matrix(len(left), len(right), lambda i, j: self.change(terms, sides, (left[i], right[j]), changed))
            moved = -self._inverse(factor, sides[0]) * inside * self._inverse(factor, sides[1])
            yield from ((left[i], right[j], moved[i, j]) for i in range(len(left)) for j in range(len(right)))

    def trace_change(self, trace: Trace, group: Group, changed: Entry) -> Expr:
        """The change of a trace by one of an entry within a group."""
        word = self.word(trace)
        places = self.within(word[0].rows, group)
        return Add(*(self.change({word: S.One}, (group, group), (p, p), changed) for p in places))


def _meetings(sides: list[tuple]) -> Iterator[tuple]:
    """The right side of each factor with the left side of the next, of those that are state."""
    yield from ((right, left) for (_, right), (left, _) in pairwise(sides) if right is not None and left is not None)
