r"""A model at random sizes and numbers, and its states seen along modes.

A flow of matrices gets random dimensions and random orthonormal vectors of its data; its first mode has the chosen
eigenvalues and singular values, the others have them times simple fractions, so that every mode has states of its own.
A state is seen along modes by carrying the vectors of the data through the blocks,

.. math:: e_k\propto B\,f_k,\qquad b_k=e_k^TB\,f_k,

and the share of it that is not :math:`\sum_kb_ke_kf_k^T` is misaligned.  A flow of scalars is one mode without data.

When it fails: data of several dimensions have as many modes as the smallest one; what lies along further vectors of the others
is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, MatrixSymbol, Rational, Symbol

from derivations.analysis.algebra.zero import Region, holds_at
from derivations.analysis.modes.aligned import AlignedVectors
from derivations.analysis.points.numbers import has_sign
from derivations.studies.findings import Findings
from derivations.studies.placed import lower_at, place_points
from theory.errors import InputError
from theory.lowering import LoweredFlow
from theory.state import scalar_or_matrix_symbols

SIZES = (3, 6)  # of dimensions, both included
FACTORS = tuple(Rational(p, q) for p, q in ((3, 4), (5, 4), (2, 3), (4, 3), (3, 5), (3, 2), (4, 5), (6, 5), (1, 2), (7, 4)))
TRIES = 30  # for a second mode that has the states of the first
VANISHING = 1e-9  # of the largest eigenvalue
ABSENT = 1e-3  # of the largest carried vector, below which a mode has no direction
Dimensions = Mapping[Expr, NDArray]


@dataclass(frozen=True, eq=False)
class DrawnModel:
    """A model at numbers.

    Attributes
    ----------
    lowered
        its flow.
    amplitudes
        the symbols of one mode.
    modes
        numbers of all parameters of the amplitudes, for each mode.
    """

    lowered: LoweredFlow
    amplitudes: tuple[Symbol, ...]
    modes: tuple[Mapping[Symbol, Rational], ...]
    sizes: Mapping[Basic, int] = field(default_factory=dict)
    vectors: AlignedVectors | None = None
    bases: Dimensions = field(default_factory=dict)

    @cached_property
    def shapes(self) -> dict[Basic, tuple[Expr, Expr]]:
        return {B: B.shape for B in self.lowered.flow.state if isinstance(B, MatrixSymbol)}

    @cached_property
    def flips(self) -> tuple[NDArray, ...]:
        """Signs of the amplitudes that a turn of vectors changes."""
        return (np.ones(len(self.amplitudes)),) if self.vectors is None else _flips_of(self.vectors)

    # -- starts ---------------------------------------------------------------------------------------------------------

    def random_start(self, size: float, rng: np.random.Generator) -> NDArray:
        """Independent normal entries, blocks of norm about ``size`` a direction; scalars of a sign that is assumed keep it."""
        if self.vectors is None:
            start = size * rng.standard_normal(len(self.amplitudes))
            signs = [1 if x.is_nonnegative else -1 if x.is_nonpositive else 0 for x in self.amplitudes]
            return np.array([s * abs(v) if s else v for s, v in zip(signs, start, strict=True)])
        shapes = self.lowered.shapes
        return self.lowered.pack({B: size * rng.standard_normal(s) / np.sqrt(max(s)) for B, s in shapes.items()})

    def aligned_state(self, values: NDArray, directions: Dimensions) -> NDArray:
        """The state with given amplitudes (modes, amplitudes), along given vectors."""
        if self.vectors is None:
            return np.array(values[0], dtype=float)
        sides = {B: (directions[r], directions[c]) for B, (r, c) in self.shapes.items()}
        return self.lowered.pack({B: left * values[:, i] @ right.T for i, (B, (left, right)) in enumerate(sides.items())})

    def random_bases(self, rng: np.random.Generator) -> dict[Expr, NDArray]:
        """Orthonormal bases of all dimensions, those of the data among them."""
        dimensions = self.vectors.vectors if self.vectors else ()
        return {n: self.bases[n] if n in self.bases else random_basis(size_of(n, self.sizes), rng) for n in dimensions}

    def random_directions(self, rng: np.random.Generator) -> dict[Expr, NDArray]:
        """Vectors (size, modes) of each dimension, zero for modes without one."""
        return {n: self.first_vectors(basis) for n, basis in self.random_bases(rng).items()}

    def first_vectors(self, basis: NDArray) -> NDArray:
        """Those of the modes (size, modes), zero where there are too few."""
        size, count = len(basis), len(self.modes)
        return np.hstack([basis, np.zeros((size, max(0, count - size)))])[:, :count]

    @property
    def has_direction(self) -> NDArray:
        """Which modes may have a direction in every dimension, taken in their order."""
        least = min((size_of(n, self.sizes) for n in (self.vectors.vectors if self.vectors else ())), default=len(self.modes))
        return np.arange(len(self.modes)) < least

    # -- states along modes ---------------------------------------------------------------------------------------------

    def directions_of(self, state: NDArray) -> dict[Expr, NDArray]:
        """The vectors (size, modes) along which a state lies."""
        if self.vectors is None:
            return {}
        blocks = self.lowered.unpack(state)
        known = {n: basis[:, : len(self.modes)] for n, basis in self.bases.items()}
        known = known or self._own_vectors(blocks)
        while missing := [n for n in self.vectors.vectors if n not in known]:
            carried = {n: self._carried(n, known, blocks) for n in missing}
            reached = {n: c for n, c in carried.items() if c}
            if not reached:
                raise InputError("blocks that join all dimensions", ", ".join(map(str, missing)), "study the parts apart")
            known |= {n: self._orthonormal(n, candidates, blocks) for n, candidates in reached.items()}
        return known

    def _own_vectors(self, blocks: Mapping) -> dict[Expr, NDArray]:
        """Without data, those of the largest block."""
        B = max(blocks, key=lambda b: float(np.linalg.norm(blocks[b])))
        rows, columns = self.shapes[B]
        if rows == columns:
            _, vectors = np.linalg.eigh(blocks[B] + blocks[B].T)
            return {rows: vectors[:, : len(self.modes)]}
        left, _, right = np.linalg.svd(blocks[B])
        return {rows: left[:, : len(self.modes)], columns: right.T[:, : len(self.modes)]}

    def _carried(self, n: Expr, known: Mapping, blocks: Mapping) -> list[NDArray]:
        found = [blocks[B] @ known[c] for B, (r, c) in self.shapes.items() if r == n and c in known]
        return found + [blocks[B].T @ known[r] for B, (r, c) in self.shapes.items() if c == n and r in known]

    def _orthonormal(self, n: Expr, candidates: Sequence[NDArray], blocks: Mapping) -> NDArray:
        """Each mode's longest candidate, of unit length; modes without one take what is left of the dimension."""
        lengths = np.array([np.linalg.norm(c, axis=0) for c in candidates])
        chosen = np.argmax(lengths, axis=0)
        longest = lengths.max(axis=0)
        size, found = len(candidates[0]), np.zeros_like(candidates[0])
        order = np.argsort(-longest)[:size]
        present = [k for k in order if longest[k] > ABSENT * max(longest.max(), 1e-300)]
        for k in present:
            found[:, k] = candidates[chosen[k]][:, k] / longest[k]
        absent = [k for k in range(found.shape[1]) if k not in present]
        rest = _complement(found[:, present])
        if rest.shape[1] and (square := [blocks[B] for B, shape in self.shapes.items() if shape == (n, n)]):
            block = rest.T @ square[0] @ rest
            rest = rest @ np.linalg.eigh(block + block.T)[1][:, ::-1]
        for k, vector in zip(absent, rest.T, strict=False):
            found[:, k] = vector
        return found

    def seen(self, states: NDArray, directions: Dimensions) -> NDArray:
        """Amplitudes (T, modes, amplitudes) of states (T, n)."""
        if self.vectors is None:
            return states[:, None, :]
        found = np.empty((len(states), len(self.modes), len(self.amplitudes)))
        for t, state in enumerate(states):
            blocks = self.lowered.unpack(state)
            for i, (B, (r, c)) in enumerate(self.shapes.items()):
                found[t, :, i] = np.sum(directions[r] * (blocks[B] @ directions[c]), axis=0)
        return found

    def misaligned(self, state: NDArray, directions: Dimensions) -> float:
        """The share of a state that is not aligned."""
        whole = float(np.linalg.norm(state))
        if self.vectors is None or whole == 0:
            return 0.0
        return float(np.linalg.norm(state - self.aligned_state(self.seen(state[None], directions)[0], directions))) / whole


def _complement(vectors: NDArray) -> NDArray:
    """An orthonormal basis of what is orthogonal to all of some vectors."""
    left, sizes, _ = np.linalg.svd(vectors, full_matrices=True)
    return left[:, int((sizes > 1e-8).sum()) :]


def random_basis(size: int, rng: np.random.Generator) -> NDArray:
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def size_of(dimension: Expr, sizes: Mapping[Basic, int]) -> int:
    return int(dimension.xreplace({n: Rational(s) for n, s in sizes.items()}))


def sign_flips(findings: Findings) -> tuple[NDArray, ...]:
    """Signs of the amplitudes that a turn of vectors changes; none but their own for scalars and other reductions."""
    if findings.reduction is not None:
        vectors = AlignedVectors(findings.subject.flow, (1,))
        if vectors.amplitudes == findings.amplitudes.state:
            return _flips_of(vectors)
    return (np.ones(len(findings.amplitudes.state)),)


def _flips_of(vectors: AlignedVectors) -> tuple[NDArray, ...]:
    """By a turn of each dimension whose vectors are not those of data."""
    dimensions = [n for n in vectors.vectors if not vectors.data or n not in vectors.data_dimensions]
    found = []
    for signs in product((1.0, -1.0), repeat=len(dimensions)):
        sign = dict(zip(dimensions, signs, strict=True))
        found.append(np.array([sign.get(B.rows, 1.0) * sign.get(B.cols, 1.0) for B in vectors.flow.state]))
    return tuple(found)


def known_loss(findings: Findings) -> Expr | None:
    """The loss, if it has one and holds no more symbols than its flow."""
    subject = findings.subject
    known = {*subject.flow.state, *subject.flow.parameters, *(n for B in subject.flow.state for n in getattr(B, "shape", ()))}
    loss = None if subject.loss is None else subject.loss.erased()
    return loss if loss is not None and scalar_or_matrix_symbols(loss) <= known else None


def draw_model(findings: Findings, rng: np.random.Generator, *, equal: bool = False) -> DrawnModel:
    """The model of findings at random sizes, and at their numbers.

    Parameters
    ----------
    equal
        whether all modes have the eigenvalues and singular values of the first.

    Raises
    ------
    InputError
        for states that are not those of :func:`derivations.analysis.modes.aligned.aligned_ansatz` with one mode.
    """
    flow = findings.subject.flow
    also = [loss] if (loss := known_loss(findings)) is not None else []
    if findings.reduction is None:
        lowered = flow.lower({p: float(value) for p, value in findings.numbers.items()}, also)
        return DrawnModel(lowered, flow.state, (findings.numbers,))
    vectors = AlignedVectors(flow, (1,))
    if vectors.amplitudes != findings.amplitudes.state:
        raise InputError("one aligned mode", f"amplitudes {findings.amplitudes.state}", "reduce the flow without an ansatz")
    symbols = sorted(set().union(*(n.free_symbols for n in vectors.vectors)), key=str)
    sizes: dict[Basic, int] = {n: int(findings.numbers.get(n, rng.integers(SIZES[0], SIZES[1] + 1))) for n in symbols}
    held = {n: size_of(n, sizes) for n in vectors.vectors if not vectors.data or n in vectors.data_dimensions}
    modes = _draw_modes(findings, vectors, min(held.values()), rng, equal)
    bases = {n: random_basis(s, rng) for n, s in held.items()} if vectors.data else {}
    given: dict[Basic, Any] = {p: float(findings.numbers[p]) for p in flow.parameters if p in findings.numbers}
    given |= {n: s for n, s in sizes.items() if n in given or any(n in B.shape for B in flow.state)}
    given |= {M: _draw_matrix(M, vectors, modes, bases, rng) for M in vectors.data}
    return DrawnModel(flow.lower(given, also), vectors.amplitudes, modes, sizes, vectors, bases)


def _draw_modes(
    findings: Findings, vectors: AlignedVectors, count: int, rng: np.random.Generator, equal: bool
) -> tuple[dict[Symbol, Rational], ...]:
    """The numbers themselves, then eigenvalues and singular values times fractions, as far as assumptions allow; the second
    mode has the states of the first, if that is found soon."""
    own = [x for M in vectors.data for x in vectors.values[M] if x in findings.numbers]
    region, found = Region(findings.amplitudes.assumptions), [dict(findings.numbers)]
    real = _state_numbers(findings, findings.numbers)
    for tried in range(100 * count):
        if len(found) == count or equal or not own:
            break
        factors = [FACTORS[int(i)] for i in rng.integers(len(FACTORS), size=len(own))]
        mode = {**findings.numbers, **{x: findings.numbers[x] * f for x, f in zip(own, factors, strict=True)}}
        allowed = mode not in found and holds_at(region, mode) and all(has_sign(x, mode[x]) for x in own)
        allowed = allowed and not _is_critical(findings, mode)
        if allowed and (len(found) > 1 or tried > TRIES or real <= _state_numbers(findings, mode)):
            found.append(mode)
    return tuple(found[i] if i < len(found) else found[0] for i in range(count))


def _is_critical(findings: Findings, mode: Mapping[Symbol, Rational]) -> bool:
    """Whether a state of a mode has more vanishing eigenvalues than at the numbers: it is left and reached like a power."""
    usual, here = _vanishing(findings, findings.numbers), _vanishing(findings, mode)
    return any(count > usual.get(number, 0) for number, count in here.items())


def _vanishing(findings: Findings, numbers: Mapping[Symbol, Rational]) -> dict[int, int]:
    """How many eigenvalues of each state vanish, those along families apart."""
    lowered, found = lower_at(findings.amplitudes, numbers), dict[int, int]()
    for placed in place_points(findings.points, numbers):
        sizes = np.abs(placed.eigenvalues(lowered))
        found[placed.number] = int((sizes <= VANISHING * sizes.max(initial=0.0)).sum())
    return found


def _state_numbers(findings: Findings, numbers: Mapping[Symbol, Rational]) -> set[int]:
    return {p.number for p in place_points(findings.points, numbers)}


def _draw_matrix(
    matrix: MatrixSymbol, vectors: AlignedVectors, modes: Sequence[Mapping], bases: Dimensions, rng: np.random.Generator
) -> NDArray:
    """Data with the values of the modes along their vectors; those of further vectors are like the first one's."""
    (x,) = vectors.values[matrix]
    left, right = (bases[n] for n in matrix.shape)
    values = np.zeros((left.shape[1], right.shape[1]))
    first = float(modes[0].get(x, 1))
    np.fill_diagonal(values, first * rng.uniform(0.5, 1.5, min(values.shape)))
    for k, mode in enumerate(modes):
        values[k, k] = float(mode.get(x, first))
    return left @ values @ right.T
