r"""Values of everything in a model, within its assumptions: the numbers, the sizes, the data and the states.

All values are small multiples of one half or one quarter, so that a minimal example can be put into a formula by hand; vectors
that matrices share are turned by a reflection :math:`1-2vv^T/\lVert v\rVert^2` with a vector v of small integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import partial

import mpmath
import numpy as np
from hypothesis import reject
from hypothesis import strategies as st
from numpy.typing import NDArray
from sympy import (
    Basic,
    Eq,
    Expr,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    MatrixExpr,
    MatrixSymbol,
    Q,
    Rational,
    S,
    Symbol,
    ceiling,
    floor,
    oo,
    sympify,
)
from sympy.core.relational import Relational

from theory.calculus import State
from theory.evaluate import NoEvaluationError, Point, evaluate, relative_distance
from theory.flow import Flow
from theory.loss import Loss
from theory.lowering import numeric_shape
from theory.testing.oracles import to_point
from theory.testing.subject import Subject, subject_of

Sizes = Mapping[Symbol, int]
Values = dict[Basic, object]
UNITS = (1, Fraction(1, 2), 2, Fraction(3, 2), Fraction(1, 4), 3, Fraction(3, 4), Fraction(1, 8), 5)  # simplest first
LARGEST = 3  # of a dimension
WIDE = 3  # range of an integer without bounds
NEAR = 1e-6  # a kink, or an equation between data in double precision


def numbers_for(model: Loss | Flow, conditions: Iterable[Relational] = ()) -> st.SearchStrategy[dict[Symbol, Rational]]:
    """Exact numbers for the scalar parameters of a model.

    Parameters
    ----------
    model
        a loss or flow; the signs of its symbols and the equations and inequalities among its assumptions hold.
    conditions
        further relations between parameters that hold, as those under which a fixed point exists.
    """
    conditions = tuple(conditions)
    subject = subject_of(model, conditions)
    return scalar_numbers(subject.scalars, (*subject.relations, *conditions))


@st.composite
def scalar_numbers(draw, symbols: tuple[Symbol, ...], relations: tuple[Basic, ...]) -> dict[Symbol, Rational]:
    """Numbers for symbols, of their signs, at which all relations between them hold."""
    scalar = [r for r in relations if isinstance(r, Relational) and r.free_symbols <= {*symbols}]
    solved = {r.lhs: r.rhs for r in scalar if isinstance(r, Eq) and r.lhs.is_Symbol and r.lhs not in r.rhs.free_symbols}
    numbers = {s: draw(one_number(s, scalar)) for s in symbols if s not in solved}
    for _ in solved:
        numbers |= {s: value for s, e in solved.items() if (value := e.xreplace(numbers)).is_number}
    if any(r.xreplace(numbers) != True for r in scalar):  # noqa: E712  a relation that is undecided does not hold
        reject()
    return numbers


def one_number(symbol: Symbol, relations: Sequence[Relational] = ()) -> st.SearchStrategy[Rational]:
    """A number of the sign of its symbol, within the bounds that stand alone among relations."""
    low, high = _bounds(symbol, relations)
    if symbol.is_integer:
        return _whole_numbers(symbol, low, high)
    if low > -oo and high < oo:
        return st.sampled_from([4, 2, 6, 1, 3, 5, 7]).map(lambda k: low + (high - low) * Rational(k, 8))
    above = st.sampled_from([Rational(u) for u in UNITS])
    if low > -oo or high < oo:
        away = above if symbol.is_nonzero else above | st.just(S.Zero)
        return away.map(lambda q: low + q if low > -oo else high - q)
    return st.builds(lambda sign, q: sign * q, st.sampled_from([1, -1]), above)


def _whole_numbers(symbol: Symbol, low: Expr, high: Expr) -> st.SearchStrategy[Integer]:
    if symbol.is_nonzero:
        low, high = (Integer(1) if low == 0 else low), (Integer(-1) if high == 0 else high)
    first = ceiling(low) if low > -oo else min(Integer(-WIDE), floor(high) - WIDE)
    last = floor(high) if high < oo else max(Integer(WIDE), first + WIDE)
    return st.integers(int(first), int(last)).map(Integer) if first <= last else st.nothing()


def _bounds(symbol: Symbol, relations: Sequence[Relational]):
    low = S.Zero if symbol.is_nonnegative else -oo
    high = S.Zero if symbol.is_nonpositive else oo
    for r in relations:
        for less, side, other in ((Lt | Le, r.lhs, r.rhs), (Gt | Ge, r.rhs, r.lhs)):
            if isinstance(r, less) and side == symbol and other.is_number:
                high = min(high, other)
            if isinstance(r, less) and other == symbol and side.is_number:
                low = max(low, side)
    return low, high


def scalars_among(values: Mapping) -> dict[Symbol, Expr]:
    """Those values that are numbers, as SymPy has them."""
    return {s: v if hasattr(v, "is_number") else sympify(v, strict=True) for s, v in values.items() if not np.ndim(v)}


# -- matrices ----------------------------------------------------------------------------------------------------------


def sizes_for(model: Loss | Flow, largest: int = LARGEST) -> st.SearchStrategy[dict[Symbol, int]]:
    """A number from one to ``largest`` for each dimension of the matrices of a model."""
    return _sizes(subject_of(model), largest)


def _sizes(subject: Subject, largest: int) -> st.SearchStrategy[dict[Symbol, int]]:
    return st.fixed_dictionaries({n: st.integers(1, largest) for n in subject.dimensions})


def matrices_for(model: Loss | Flow, sizes: Sizes | None = None, largest: int = LARGEST) -> st.SearchStrategy[dict]:
    """Sizes and data of a model, by symbol: an integer for each dimension, an array for each matrix.

    Data obey what is assumed of them (diagonal, symmetric, positive definite, with shared vectors); matrices of mobilities are
    positive definite.

    Parameters
    ----------
    sizes
        of all dimensions; drawn without.
    """
    subject = subject_of(model)
    drawn = st.just(dict(sizes)) if sizes is not None else _sizes(subject, largest)
    return drawn.flatmap(partial(_with_data, subject))


@st.composite
def _with_data(draw, subject: Subject, sizes: Sizes) -> dict:
    groups, bases, found = subject.groups, {}, dict(sizes)
    positive, diagonal = subject.known(Q.positive_definite), subject.known(Q.diagonal)
    symmetric = subject.known(Q.symmetric)
    for m in subject.data:
        rows, columns = numeric_shape(m, sizes)
        if m in diagonal:
            found[m] = np.diag(draw(positive_entries(rows) if m in positive else entries(rows)))
        elif m in groups:
            for n, size in zip(m.shape, (rows, columns), strict=True):
                if (groups[m], n) not in bases:
                    bases[groups[m], n] = draw(reflections(size))
            count = min(rows, columns)
            values = draw(positive_entries(count) if m in positive else entries(count))
            left, right = (bases[groups[m], n][:, :count] for n in m.shape)
            found[m] = _symmetric(left * values @ right.T) if m.rows == m.cols else left * values @ right.T
        elif m in positive:
            root = np.tril(draw(matrix(rows, rows)), -1) + np.diag(draw(positive_entries(rows)))
            found[m] = root @ root.T
        else:
            found[m] = draw(matrix(rows, columns))
            found[m] = _symmetric(found[m]) if m in symmetric else found[m]
    return found


def _symmetric(m: NDArray) -> NDArray:
    return (m + m.T) / 2


def entries(count: int) -> st.SearchStrategy[NDArray]:
    """A vector of small numbers, zero among them."""
    values = [*(float(u) for u in UNITS), *(-float(u) for u in UNITS), 0.0]
    return st.lists(st.sampled_from(values), min_size=count, max_size=count).map(np.array)


def positive_entries(count: int) -> st.SearchStrategy[NDArray]:
    """A vector of small positive numbers."""
    return st.lists(st.sampled_from([float(u) for u in UNITS]), min_size=count, max_size=count).map(np.array)


def matrix(rows: int, columns: int) -> st.SearchStrategy[NDArray]:
    """An array of small numbers."""
    return entries(rows * columns).map(lambda flat: flat.reshape(rows, columns))


def reflections(size: int) -> st.SearchStrategy[NDArray]:
    """Orthogonal matrices: the identity, or a reflection along a vector of small integers."""
    return st.lists(st.integers(-2, 2), min_size=size, max_size=size).map(_reflect)


def _reflect(along: list[int]) -> NDArray:
    v = np.array(along, dtype=float)
    return np.eye(len(v)) - (2 * np.outer(v, v) / (v @ v) if v.any() else 0)


# -- states and whole points -------------------------------------------------------------------------------------------


@st.composite
def starts(draw, model: Loss | Flow, sizes: Sizes) -> dict[State, object]:
    """A state of a model at given sizes: an array for a matrix block, for a scalar a number of the sign of its symbol."""
    return {
        b: draw(matrix(*numeric_shape(b, sizes))) if isinstance(b, MatrixSymbol) else float(draw(one_number(b)))
        for b in model.state
    }


@st.composite
def points(
    draw, model: Loss | Flow, conditions: Iterable[Relational] = (), largest: int = LARGEST, also: Iterable[Basic] = ()
) -> Values:
    """Values of everything in a model: sizes, data, parameters and state, at which the model is defined and smooth.

    ``conditions`` are as of :func:`numbers_for`; ``also`` are expressions whose symbols have values, too.
    """
    conditions = tuple(conditions)
    subject = subject_of(model, (*conditions, *also))
    sizes = draw(_sizes(subject, largest))
    values = draw(_with_data(subject, sizes))
    values |= draw(scalar_numbers(subject.scalars, (*subject.relations, *conditions)))
    values |= draw(starts(model, sizes))
    if not is_regular(subject, to_point(values)):
        reject()
    return values


def is_regular(subject: Subject, at: Point) -> bool:
    """Whether a model is defined and smooth at a point, and the assumed equations between matrices hold."""
    try:
        finite = all(mpmath.isfinite(x) and mpmath.im(x) == 0 for e in subject.moved for x in np.ravel(evaluate(e, at)))
        positive = all(mpmath.im(x) == 0 and mpmath.re(x) > 0 for e in subject.positive for x in np.ravel(evaluate(e, at)))
        away = all(abs(x) > NEAR for e in subject.away for x in np.ravel(evaluate(e, at)))
        rules = [r for r in subject.relations if isinstance(r.lhs, MatrixExpr)]
        held = all(relative_distance(evaluate(r.lhs, at), evaluate(r.rhs, at)) < NEAR for r in rules)
    except (NoEvaluationError, ZeroDivisionError):
        return False
    return finite and positive and away and held
