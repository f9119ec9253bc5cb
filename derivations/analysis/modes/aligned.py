r"""Aligned states of a flow of traces, found from its shapes (§4 of the notes; Saxe et al., 2013).

Every dimension gets orthonormal vectors.  In them the data are diagonal: a symmetric matrix has them as eigenvectors, a
rectangular one as singular vectors, and so has every product of such matrices.  A state block is then an amplitude times an
outer product, and stays one:

.. math:: A\,e_k=a_k\,e_k,\qquad M\,f_k=m_k\,e_k,\quad M^Te_k=m_k\,f_k,\qquad B=\sum_kb_k\,e_kf_k^T .

Dimensions of the data have a vector for each mode, the others one for each direction, along which several modes may lie.
Amplitudes, eigenvalues and singular values have the lower-case names of their matrices.

>>> from sympy import MatrixSymbol, Trace, symbols
>>> from theory import Loss
>>> n, m, h = symbols("n m h", integer=True, positive=True)
>>> S, U, V = MatrixSymbol("S", m, n), MatrixSymbol("U", m, h), MatrixSymbol("V", h, n)
>>> flow = Loss(Trace((S - U * V) * (S - U * V).T) / 2, state=(U, V)).gradient_flow()
>>> ansatz = aligned_ansatz(flow)
>>> ansatz.amplitudes, ansatz.rules[-2:]
((u, v), (Eq(S*e_n, s*e_m), Eq(S.T*e_m, s*e_n)))

When it fails: for data that do not share their vectors, which are refused unless they are stated to
(:data:`theory.statements.together`); for states that are not aligned, of which nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, combinations_with_replacement

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Eq, Expr, Identity, Inverse, MatAdd, MatrixExpr, MatrixSymbol, Q, Symbol, ZeroMatrix
from sympy.assumptions import AppliedPredicate

from derivations.analysis.modes.ansatz import Ansatz
from derivations.evaluate import Point, mpf_array
from theory import require
from theory.errors import InputError
from theory.flow import Flow
from theory.state import names_of
from theory.statements import together
from theory.words import Context, is_zero


def aligned_ansatz(flow: Flow, modes: int | Sequence[int] = 1) -> Ansatz:
    """The aligned states of a flow.

    Parameters
    ----------
    flow
        of matrix blocks; its other matrices are the data.
    modes
        how many, each in a direction of its own; or how many lie in each direction: ``(2, 0)`` are two modes in one direction,
        beside an empty one.

    Raises
    ------
    InputError
        for a flow of scalars, data that are square and not symmetric, data of one dimension that are not known to share their
        vectors, no mode, or names that two symbols would have.
    """
    sizes = (1,) * require.whole(modes, "modes", least=1) if isinstance(modes, int) else tuple(modes)
    if not sum(sizes):
        raise InputError("a mode", f"modes={modes!r}", "put one into a direction")
    if scalars := [x for x in flow.state if not isinstance(x, MatrixSymbol)]:
        raise InputError("a flow of matrices", f"the scalar {scalars[0]}", "a flow of scalars is one of amplitudes already")
    aligned = AlignedVectors(flow, sizes)
    aligned.check_data()
    return Ansatz(aligned.blocks, aligned.amplitudes, aligned.assumptions, aligned.draw_point)


@dataclass(frozen=True, eq=False)
class AlignedVectors:
    """The vectors of a flow, and its matrices in them; ``sizes`` is the number of modes in each direction."""

    flow: Flow
    sizes: tuple[int, ...]

    @cached_property
    def data(self) -> tuple[MatrixSymbol, ...]:
        return tuple(p for p in self.flow.parameters if isinstance(p, MatrixSymbol))

    @cached_property
    def context(self) -> Context:
        """What is assumed of the data, mobilities among them, which are symmetric."""
        return self.flow.metric_context

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The direction of each mode."""
        return tuple(place for place, size in enumerate(self.sizes) for _ in range(size))

    @cached_property
    def data_dimensions(self) -> frozenset[Expr]:
        """Those of the data; of all blocks where there are no data."""
        return frozenset(n for matrix in self.data or self.flow.state for n in matrix.shape)

    @cached_property
    def vectors(self) -> dict[Expr, tuple[MatrixSymbol, ...]]:
        """Orthonormal vectors of each dimension: one a mode for the data, one a direction else."""
        dimensions = dict.fromkeys(n for matrix in (*self.flow.state, *self.data) for n in matrix.shape)
        return {n: tuple(MatrixSymbol(name, n, 1) for name in _numbered(f"e_{n}", self.count(n))) for n in dimensions}

    def count(self, dimension: Expr) -> int:
        return len(self.places) if dimension in self.data_dimensions else len(self.sizes)

    def pairs(self, matrix: MatrixSymbol) -> list[tuple[MatrixSymbol, MatrixSymbol]]:
        """The vectors on the left and on the right of each amplitude of a matrix."""
        left, right = (self.vectors[n] for n in matrix.shape)
        if matrix.rows in self.data_dimensions and matrix.cols not in self.data_dimensions:
            right = tuple(right[place] for place in self.places)
        elif matrix.cols in self.data_dimensions and matrix.rows not in self.data_dimensions:
            left = tuple(left[place] for place in self.places)
        return list(zip(left, right, strict=True))

    @cached_property
    def values(self) -> dict[MatrixSymbol, tuple[Symbol, ...]]:
        """Amplitudes, eigenvalues and singular values of each matrix.

        Raises
        ------
        InputError
            for a name that something else has.
        """
        found = {B: self._named(B, real=True) for B in self.flow.state}
        found |= {M: self._named(M, **self._sign(M)) for M in self.data}
        names = [str(x) for values in found.values() for x in values]
        taken = [str(p) for p in (*self.flow.parameters, *self.flow.state)] + names
        if clash := sorted({name for name in names if taken.count(name) > 1}):
            owners = names_of([M for M, values in found.items() if clash[0] in map(str, values)])
            raise InputError(
                f"matrices ({owners}) whose lower-case names are free", f"{clash[0]} twice", "rename a matrix or a parameter"
            )
        return found

    def _named(self, matrix: MatrixSymbol, **sign: bool) -> tuple[Symbol, ...]:
        return tuple(Symbol(name, **sign) for name in _numbered(matrix.name.lower().lstrip("\\"), len(self.pairs(matrix))))

    def _sign(self, matrix: MatrixSymbol) -> dict[str, bool]:
        """Eigenvalues are real, those of mobilities and of what is positive definite positive, singular values not negative."""
        if not self.is_symmetric(matrix):
            return {"nonnegative": True}
        is_positive = Q.positive_definite(matrix) in self.flow.assumptions or matrix in self.flow.mobility.values()
        return {"positive" if is_positive else "real": True}

    def is_symmetric(self, matrix: MatrixSymbol) -> bool:
        return matrix in self.context.symmetric

    @property
    def amplitudes(self) -> tuple[Symbol, ...]:
        return tuple(a for B in self.flow.state for a in self.values[B])

    @property
    def blocks(self) -> dict[MatrixSymbol, MatrixExpr]:
        return {B: self.outer_products(B) for B in self.flow.state}

    def outer_products(self, block: MatrixSymbol) -> MatrixExpr:
        """A block as amplitudes times outer products."""
        terms = [a * e * f.T for a, (e, f) in zip(self.values[block], self.pairs(block), strict=True)]
        return MatAdd(*terms, evaluate=False) if len(terms) > 1 else terms[0]

    @property
    def assumptions(self) -> tuple[Basic, ...]:
        """What is assumed of the flow, equations between data aside, which hold in the vectors, and the rules."""
        given = (a for a in self.flow.assumptions if not (isinstance(a, Eq) and isinstance(a.lhs, MatrixExpr)))
        symmetric = (Q.symmetric(M) for M in self.data if self.is_symmetric(M))
        return (*given, *symmetric, *self.orthonormality(), *(rule for M in self.data for rule in self.eigenvectors(M)))

    def orthonormality(self) -> Iterator[Eq]:
        for vectors in self.vectors.values():
            for e, f in combinations_with_replacement(vectors, 2):
                yield Eq(e.T * f, Identity(1) if e == f else ZeroMatrix(1, 1), evaluate=False)

    def eigenvectors(self, matrix: MatrixSymbol) -> Iterator[Eq]:
        """What the matrix does to its vectors."""
        inverted = any(f.has(Inverse(matrix)) for f in self.flow.velocity.values())
        for value, (e, f) in zip(self.values[matrix], self.pairs(matrix), strict=True):
            yield Eq(matrix * f, value * e, evaluate=False)
            if not self.is_symmetric(matrix):
                yield Eq(matrix.T * e, value * f, evaluate=False)
            if inverted:
                yield Eq(Inverse(matrix) * f, e / value, evaluate=False)

    # -- what the data must be ------------------------------------------------------------------------------------------

    def check_data(self) -> None:
        """Data are symmetric or rectangular, and those of one dimension share their vectors.

        Raises
        ------
        InputError
            otherwise.
        """
        for M in self.data:
            if M.rows == M.cols and not self.is_symmetric(M):
                raise InputError("square data that are symmetric", f"{M}, not known to be", f"assume Q.symmetric({M})")
        for left, right in combinations(self.data, 2):
            if {*left.shape} & {*right.shape} and not self.share_vectors(left, right):
                raise InputError(
                    f"data of one dimension ({names_of((left, right))}) that share their vectors",
                    "nothing that says so",
                    f"assume theory.statements.together({left}, {right}) if they do",
                )

    def share_vectors(self, left: MatrixSymbol, right: MatrixSymbol) -> bool:
        """Whether two matrices are stated to share their vectors, or commute by what is assumed."""
        stated = (a.arguments for a in self.flow.assumptions if isinstance(a, AppliedPredicate) and a.function == together)
        if any({left, right} <= {*matrices} for matrices in stated):
            return True
        squares = [M if self.is_symmetric(M) else M.T * M if n == M.cols else M * M.T for M, n in self._common(left, right)]
        return is_zero(squares[0] * squares[1] - squares[1] * squares[0], self.context)

    def _common(self, left: MatrixSymbol, right: MatrixSymbol) -> list[tuple[MatrixSymbol, Expr]]:
        (dimension, *_) = (n for n in left.shape if n in right.shape)
        return [(left, dimension), (right, dimension)]

    # -- random values --------------------------------------------------------------------------------------------------

    def draw_point(self, rng: np.random.Generator) -> Point:
        """Random sizes, orthonormal vectors, and data that have them beside others."""
        extra = int(rng.integers(3))
        sizes = {n: int(n) if n.is_number else self.count(n) + extra for n in self.vectors}
        bases = {n: np.linalg.qr(rng.standard_normal((size, size)))[0] for n, size in sizes.items()}
        numbers = {x: rng.uniform(0.2, 2) for M in self.data for x in self.values[M]}
        own = {e: basis for n, basis in bases.items() for e in self.vectors[n]}
        places = {e: i for vectors in self.vectors.values() for i, e in enumerate(vectors)}
        return Point(
            {n: size for n, size in sizes.items() if not n.is_number}
            | {e: mpf_array(basis[:, [places[e]]]) for e, basis in own.items()}
            | {x: mpmath.mpf(value) for x, value in numbers.items()}
            | {M: mpf_array(self._draw_data(M, rng, bases, numbers)) for M in self.data}
        )

    def _draw_data(self, matrix: MatrixSymbol, rng: np.random.Generator, bases: dict, numbers: dict) -> NDArray:
        """A matrix with its values along its vectors, and random ones along the others."""
        left, right = (bases[n] for n in matrix.shape)
        diagonal = np.zeros((left.shape[1], right.shape[1]))
        np.fill_diagonal(diagonal, rng.uniform(0.2, 2, min(diagonal.shape)))
        for place, x in enumerate(self.values[matrix]):
            diagonal[place, place] = numbers[x]
        return left @ diagonal @ right.T


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}_{i}" for i in range(1, count + 1))
