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
from itertools import combinations
from math import prod

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Add, Basic, Eq, Expr, Inverse, MatAdd, MatrixExpr, MatrixSymbol, Q, Symbol, Transpose
from sympy.assumptions import AppliedPredicate

from derivations.analysis.modes.ansatz import Ansatz, numbered_names, orthogonality_rules
from theory import require
from theory.errors import InputError
from theory.evaluate import Point, mpf_array
from theory.flow import Flow
from theory.printing import plain
from theory.state import names_of
from theory.statements import together
from theory.words import Context, expand, is_zero


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
        return {n: tuple(MatrixSymbol(name, n, 1) for name in numbered_names(f"e_{n}", self.count(n))) for n in dimensions}

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
        letters = set().union(*(n.free_symbols for n in self.vectors))
        taken = [str(p) for p in ({*self.flow.parameters, *self.flow.state} | letters)] + names
        if clash := sorted({name for name in names if taken.count(name) > 1}):
            owners = names_of([M for M, values in found.items() if clash[0] in map(str, values)])
            raise InputError(
                f"matrices ({owners}) whose lower-case names are free",
                f"{clash[0]} twice",
                "rename a matrix, a parameter or a size",
            )
        return found

    def _named(self, matrix: MatrixSymbol, **sign: bool) -> tuple[Symbol, ...]:
        return tuple(Symbol(name, **sign) for name in numbered_names(matrix.name.lower().lstrip("\\"), len(self.pairs(matrix))))

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
        orthonormal = (rule for vectors in self.vectors.values() for rule in orthogonality_rules(vectors))
        return (*given, *symmetric, *orthonormal, *(rule for M in self.data for rule in self.eigenvectors(M)))

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
        if short := [n for n in self.vectors if n.is_number and n < self.count(n)]:
            raise InputError(
                f"at most {short[0]} modes and directions in {short[0]} dimensions", str(self.count(short[0])), "take fewer"
            )
        for left, right in combinations(self.data, 2):
            if {*left.shape} & {*right.shape} and not self.share_vectors(left, right):
                raise InputError(
                    f"data of one dimension ({names_of((left, right))}) that share their vectors",
                    "nothing that says so",
                    f"assume theory.statements.together({left}, {right}) if they do",
                )
        for equation in self.flow.assumptions:
            if isinstance(equation, Eq) and isinstance(equation.lhs, MatrixExpr) and not self.holds_along(equation):
                raise InputError(
                    "equations between data that hold whatever their eigenvalues are",
                    f"{plain(equation.lhs)} = {plain(equation.rhs)}, which binds them",
                    "write the flow without one of the matrices",
                )

    def holds_along(self, equation: Eq) -> bool:
        """Whether an equation between data holds for any values along the vectors; others say nothing of the data."""
        if not equation.atoms(MatrixSymbol) <= {*self.data}:
            return True
        sides = expand(equation.lhs - equation.rhs, Context(tuple(map(Q.symmetric, filter(self.is_symmetric, self.data)))))
        return Add(*(c * prod(map(self._value, word)) for word, c in sides.items())).expand() == 0

    def _value(self, factor: MatrixExpr) -> Expr:
        """What data, transposed or inverse, are along a vector."""
        if isinstance(factor, Inverse):
            return 1 / self._value(factor.arg)
        return self._value(factor.arg) if isinstance(factor, Transpose) else self.values[factor][0]

    def share_vectors(self, left: MatrixSymbol, right: MatrixSymbol) -> bool:
        """Whether two matrices are stated to share their vectors, or commute by what is assumed."""
        stated = (a.arguments for a in self.flow.assumptions if isinstance(a, AppliedPredicate) and a.function == together)
        if any({left, right} <= {*matrices} for matrices in stated):
            return True
        common = {*left.shape} & {*right.shape}
        if len(common) > 1:  # which vector on the left belongs to which on the right is no matter of commuting
            return False
        (n,) = common
        first, second = (M if self.is_symmetric(M) else M.T * M if n == M.cols else M * M.T for M in (left, right))
        return is_zero(first * second - second * first, self.context)

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
