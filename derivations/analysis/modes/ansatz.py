r"""Ansatz: matrix states made of scalar amplitudes, and the modes of the head models along directions (§4 of the notes).

An ansatz writes each block as :math:`B=\sum_i\alpha_iB_i`, amplitudes times constant matrices, with *rules* between the
constants.  Modes lie along orthonormal directions :math:`e_l` of the embedding space, each with a scalar of the head:

.. math:: V=\sum_kv_ke_{l(k)}\varphi_k^T,\qquad W=\sum_lw_le_le_l^T .

>>> from theory.printing import plain
>>> ansatz = whole_model_ansatz()
>>> for block, form in ansatz.blocks.items():
...     print(block, "=", plain(form))
X = v*e*F_1.T
Y = v*e*f_1.T
W = w*e*e.T
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from types import MappingProxyType

import mpmath
import numpy as np
from sympy import (
    Basic,
    Eq,
    Expr,
    Identity,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Rational,
    S,
    Symbol,
    Transpose,
    ZeroMatrix,
)
from sympy.logic.boolalg import Boolean

from derivations.vocabulary import mu
from theory.abridging import Brief, brief
from theory.coupling import Coupling
from theory.errors import InputError
from theory.evaluate import Point, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, W, X, Y, d
from theory.state import check_state, names_of
from theory.stopgrad import as_statements
from theory.words import expand, scale_matrix

Points = Callable[[np.random.Generator], Point]
Directions = Sequence[Sequence[Symbol]]


@dataclass(frozen=True, eq=False)
class Ansatz(Brief):
    """Blocks as amplitudes times constant matrices.

    Parameters
    ----------
    blocks
        each state block of a flow to a matrix expression of its shape, linear and homogeneous in the amplitudes.
    amplitudes
        scalar symbols; one may stand in several blocks.
    assumptions
        what holds of the constants, as for :class:`theory.words.Context`; the equations between matrices are the rules.
    points
        makes random values, at which the rules hold, of the dimensions, the constants and the scalars in the rules; a check
        then compares numbers too, and draws other scalars itself.  None leaves the check to algebra.

    Raises
    ------
    InputError
        for a block of another shape, one that is not linear in the amplitudes, or a rule with an amplitude in it.
    """

    blocks: Mapping[MatrixSymbol, MatrixExpr]
    amplitudes: tuple[Symbol, ...]
    assumptions: tuple[Boolean, ...] = ()
    points: Points | None = None

    def __post_init__(self):
        freeze = object.__setattr__
        freeze(self, "blocks", MappingProxyType(dict(self.blocks)))
        freeze(self, "amplitudes", check_state(self.amplitudes))
        freeze(self, "assumptions", as_statements(self.assumptions))
        for block, form in self.blocks.items():
            if not isinstance(form, MatrixExpr) or form.shape != getattr(block, "shape", ()):
                raise InputError(f"a matrix of the shape of {block}", brief(form), "match the shapes")
            parts = (scale_matrix(-a, self.part(block, a)) for a in self.amplitudes)
            if expand(MatAdd(form, *parts, evaluate=False)):
                raise InputError(
                    f"{block} as a sum of amplitudes ({names_of(self.amplitudes)}) times constant matrices",
                    brief(form),
                    "write it linear in the amplitudes, without other terms",
                )
        for rule in self.rules:
            if moving := rule.free_symbols & {*self.amplitudes}:
                raise InputError(
                    "rules between constants", f"{names_of(moving)} in {rule}", "put amplitudes into the blocks only"
                )

    @property
    def rules(self) -> tuple[Eq, ...]:
        """The equations between matrices among the assumptions."""
        return tuple(filter(is_rule, self.assumptions))

    def part(self, block: MatrixSymbol, amplitude: Symbol) -> MatrixExpr:
        """The constant matrix that an amplitude multiplies in a block."""
        return self.blocks[block].xreplace({a: Integer(a == amplitude) for a in self.amplitudes})


def is_rule(assumption: Boolean) -> bool:
    """Whether an assumption is an equation between matrices."""
    return isinstance(assumption, Eq) and isinstance(assumption.lhs, MatrixExpr)


def mode_ansatz(V: MatrixSymbol, W: MatrixSymbol, correlations: MatrixSymbol, directions: Directions = ((mu,),)) -> Ansatz:
    r"""Modes along orthonormal directions: amplitudes V (d × M), head W (d × d), diagonal correlations (M × M).

    Parameters
    ----------
    directions
        for each direction the canonical correlations of its modes: ``[[mu_1, mu_2]]`` are two modes in one direction,
        ``[[mu_1], [mu_2]]`` two modes in two orthogonal ones, ``[[mu_1], []]`` leaves the second direction empty.

    Raises
    ------
    InputError
        where there is no mode, or a symbol stands for two.
    """
    modes = _Modes(directions, W.rows)
    vectors = modes.vectors("phi", V.cols)
    eigenvectors = (Eq(correlations * f, m * f) for f, m in zip(vectors, modes.correlations, strict=True))
    return Ansatz(
        {V: modes.along(vectors), W: modes.head},
        (*modes.amplitudes, *modes.heads),
        (*modes.rules, *eigenvectors, *orthogonality_rules(vectors)),
        lambda rng: _mode_point(rng, modes, V.cols, vectors, correlations),
    )


def whole_model_ansatz(directions: Directions = ((mu,),)) -> Ansatz:
    r"""Modes of the whole model with mobilities inverse to the degrees, in the symbols of :mod:`theory.models.vocabulary`.

    A mode is a pair of singular vectors of :math:`D_x^{-1/2}JD_y^{-1/2}`, as :math:`F=D_x^{-1/2}\cdot`,
    :math:`f=D_y^{-1/2}\cdot` with half the weight on each side; its correlation is the singular value.  (With
    :math:`\mu\ne0` the halves follow from :math:`F^TD_xF+f^TD_yf=1`.)

    Parameters
    ----------
    directions
        as for :func:`mode_ansatz`.

    Raises
    ------
    InputError
        where there is no mode, or a symbol stands for two.
    """
    modes = _Modes(directions, d)
    samples, labels = modes.vectors("F", N), modes.vectors("f", K)
    singular = (
        rule
        for F, f, m in zip(samples, labels, modes.correlations, strict=True)
        for rule in (Eq(J * f, m * D_x * F), Eq(Transpose(J) * F, m * D_y * f))
    )
    half = Rational(1, 2)
    return Ansatz(
        {X: modes.along(samples), Y: modes.along(labels), W: modes.head},
        (*modes.amplitudes, *modes.heads),
        (
            *modes.rules,
            *(Eq(H, Inverse(D)) for H, D in ((H_x, D_x), (H_y, D_y))),
            *singular,
            *orthogonality_rules(samples, D_x, half),
            *orthogonality_rules(labels, D_y, half),
        ),
        lambda rng: _whole_point(rng, modes, samples, labels),
    )


@dataclass(frozen=True)
class _Modes:
    """Symbols of the modes along directions in a space of ``dimension``; amplitudes are numbered where there are several."""

    directions: Directions
    dimension: Expr

    def __post_init__(self):
        if not self.places or len({*self.correlations}) < len(self.places):
            got = names_of(self.correlations) or "none"
            raise InputError("a mode, and a correlation of its own for each", got, "name the correlations of distinct modes")

    @property
    def places(self) -> tuple[int, ...]:
        """The direction of each mode."""
        return tuple(place for place, modes in enumerate(self.directions) for _ in modes)

    @property
    def correlations(self) -> tuple[Symbol, ...]:
        return tuple(m for modes in self.directions for m in modes)

    @property
    def amplitudes(self) -> tuple[Symbol, ...]:
        return tuple(Symbol(name, real=True) for name in numbered_names("v", len(self.places)))

    @property
    def heads(self) -> tuple[Symbol, ...]:
        return tuple(Symbol(name, real=True) for name in numbered_names("w", len(self.directions)))

    @property
    def basis(self) -> tuple[MatrixSymbol, ...]:
        return tuple(MatrixSymbol(name, self.dimension, 1) for name in numbered_names("e", len(self.directions)))

    @property
    def rules(self) -> tuple[Eq, ...]:
        return tuple(orthogonality_rules(self.basis))

    @property
    def head(self) -> MatrixExpr:
        return _matrix_sum([w * e * e.T for w, e in zip(self.heads, self.basis, strict=True)])

    def vectors(self, name: str, length: Expr) -> tuple[MatrixSymbol, ...]:
        return tuple(MatrixSymbol(f"{name}_{i}", length, 1) for i in range(1, len(self.places) + 1))

    def along(self, vectors: Sequence[MatrixSymbol]) -> MatrixExpr:
        """Each mode along its direction."""
        modes = zip(self.amplitudes, self.places, vectors, strict=True)
        return _matrix_sum([v * self.basis[place] * f.T for v, place, f in modes])


def _matrix_sum(terms: Sequence[MatrixExpr]) -> MatrixExpr:
    return MatAdd(*terms, evaluate=False) if len(terms) > 1 else terms[0]


def numbered_names(name: str, count: int) -> tuple[str, ...]:
    return (name,) if count == 1 else tuple(f"{name}_{i}" for i in range(1, count + 1))


def orthogonality_rules(
    vectors: Sequence[MatrixSymbol], metric: MatrixExpr | None = None, square: Expr = S.One
) -> Iterator[Eq]:
    """The products of vectors: their square, and zero between two."""
    for f, g in combinations_with_replacement(vectors, 2):
        product = MatMul(f.T, g) if metric is None else MatMul(f.T, metric, g)
        yield Eq(product, square * Identity(1) if f == g else ZeroMatrix(1, 1))


# -- random constants that obey the rules -----------------------------------------------------------------------------


def _basis_point(rng: np.random.Generator, modes: _Modes) -> dict[Basic, object]:
    """Orthonormal directions in a space of one dimension too many, or none."""
    size = len(modes.basis) + int(rng.integers(2))
    turned, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return {modes.dimension: size, **{e: mpf_array(turned[:, [i]]) for i, e in enumerate(modes.basis)}}


def _mode_point(
    rng: np.random.Generator, modes: _Modes, count: Symbol, vectors: Sequence[MatrixSymbol], correlations: MatrixSymbol
) -> Point:
    """Each mode in an eigenspace of its own, of random dimension, beside other modes."""
    owners = np.concatenate([np.arange(len(vectors)), rng.integers(len(vectors) + 1, size=rng.integers(4))])
    values = {m: rng.uniform(0.1, 1) for m in modes.correlations}
    own = np.array([*(values[m] for m in modes.correlations), rng.uniform(0.1, 1)])
    drawn = rng.standard_normal(len(owners)) * (owners == np.arange(len(vectors))[:, None])
    unit = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return Point(
        _basis_point(rng, modes)
        | {count: len(owners), correlations: mpf_array(np.diag(own[owners]))}
        | {m: mpmath.mpf(value) for m, value in values.items()}
        | {f: mpf_array(row[:, None]) for f, row in zip(vectors, unit, strict=True)}
    )


def _whole_point(
    rng: np.random.Generator, modes: _Modes, samples: Sequence[MatrixSymbol], labels: Sequence[MatrixSymbol]
) -> Point:
    """Singular vectors of a random coupling, its couplings and its degrees."""
    columns = len(samples) + 1 + int(rng.integers(2))
    coupling = Coupling(rng.uniform(0.1, 1, (columns + int(rng.integers(3)), columns)))
    data = {name: np.asarray(value) for name, value in coupling.data.items()}
    left, values, right = np.linalg.svd(data["J"] / np.sqrt(np.outer(data["D_x"], data["D_y"])))
    taken = rng.permutation(columns)[: len(samples)]
    sides = ((samples, left.T, data["D_x"]), (labels, right, data["D_y"]))
    return Point(
        _basis_point(rng, modes)
        | {N: coupling.samples, K: coupling.labels, J: mpf_array(data["J"])}
        | {D: mpf_array(np.diag(data[D.name])) for D in (D_x, D_y, H_x, H_y)}
        | {m: mpmath.mpf(values[i]) for m, i in zip(modes.correlations, taken, strict=True)}
        | {f: mpf_array((rows[i] / np.sqrt(2 * D))[:, None]) for fs, rows, D in sides for f, i in zip(fs, taken, strict=True)}
    )
