"""Hypothesis strategies shared by the tests.

Matrix expressions are drawn over one small alphabet: state ``X`` (d × n), ``Y`` (d × k), ``W`` (d × d) and the scalar
``c``; data ``J`` (n × k), the symmetric ``S`` (n × n) and the scalar ``a``.  Dimensions are symbols; :func:`points` gives
everything numbers.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import strategies as st
from sympy import (
    Add,
    Identity,
    MatAdd,
    MatMul,
    MatrixSymbol,
    Mul,
    Poly,
    Pow,
    Q,
    Rational,
    Trace,
    Transpose,
    exp,
    log,
    sin,
    sqrt,
    symbols,
)

from theory import Flow, sg

d, n, k = DIMENSIONS = symbols("d n k", integer=True, positive=True)
c, a = symbols("c a", real=True)
X, Y, W = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, k), MatrixSymbol("W", d, d)
J, S = MatrixSymbol("J", n, k), MatrixSymbol("S", n, n)

MATRIX_STATE = (X, Y, W)
STATE = (*MATRIX_STATE, c)
DATA = (J, S, a)
SYMMETRIC = (Q.symmetric(S),)
LETTERS = tuple(letter for m in (X, Y, W, J, S) for letter in (m, Transpose(m)))

seeds = st.integers(0, 2**32 - 1)
small_integers = st.sampled_from([1, -1, 2, -2, 3, -3])
rationals = st.fractions(min_value=Fraction(1, 4), max_value=4, max_denominator=4).map(
    lambda q: Rational(q.numerator, q.denominator)
)


def sizes(largest: int = 3, smallest: int = 1) -> st.SearchStrategy[dict]:
    """A number for each dimension."""
    return st.fixed_dictionaries({dim: st.integers(smallest, largest) for dim in DIMENSIONS})


def random_matrix(rng: np.random.Generator, symbol: MatrixSymbol, at: dict) -> np.ndarray:
    """Normal entries, scaled so that products stay of order one; symmetric for ``S``."""
    rows, columns = (at[dim] if dim in at else int(dim) for dim in symbol.shape)
    value = rng.standard_normal((rows, columns)) / np.sqrt(max(rows, columns))
    return (value + value.T) / 2 if symbol == S else value


@st.composite
def points(draw, largest: int = 3, smallest: int = 1) -> dict:
    """Numbers for all symbols of the alphabet and for the dimensions."""
    at = dict(draw(sizes(largest, smallest)))
    rng = np.random.default_rng(draw(seeds))
    matrices = {m: random_matrix(rng, m, at) for m in (X, Y, W, J, S)}
    return at | matrices | {c: rng.uniform(0.5, 1.5), a: rng.uniform(0.5, 1.5)}


# -- matrix and trace polynomials --------------------------------------------------------------------------------------


@st.composite
def words(draw, rows, columns, letters=LETTERS, longest: int = 4) -> tuple:
    """A product of letters of shape (rows, columns), as a tuple; empty only where that is square."""
    word, here = [], rows
    for _ in range(draw(st.integers(0 if rows == columns else 1, longest))):
        word.append(draw(st.sampled_from([x for x in letters if x.rows == here])))
        here = word[-1].cols
    while here != columns:  # by way of d, to which every dimension has a letter
        direct = [x for x in letters if x.rows == here and x.cols == columns]
        word.append(draw(st.sampled_from(direct or [x for x in letters if x.rows == here and x.cols == d])))
        here = word[-1].cols
    return tuple(word)


def as_product(word: tuple, rows):
    """A word as SymPy writes it."""
    return MatMul(*word) if word else Identity(rows)


@st.composite
def matrix_polynomials(draw, rows=d, columns=d, depth: int = 2, letters=LETTERS):
    """An expression tree of sums, products, transposes, powers and scalar multiples, not expanded."""
    kinds = (
        ["word"] if depth == 0 else ["word", "sum", "multiple", "transpose", "product", *(["power"] if rows == columns else [])]
    )
    kind = draw(st.sampled_from(kinds))

    def inner(r, s):
        return draw(matrix_polynomials(r, s, depth - 1, letters))

    if kind == "sum":
        return MatAdd(inner(rows, columns), inner(rows, columns), evaluate=False)
    if kind == "multiple":
        return draw(coefficients()) * inner(rows, columns)
    if kind == "transpose":
        return Transpose(inner(columns, rows))
    if kind == "product":
        middle = draw(st.sampled_from(DIMENSIONS))
        return MatMul(inner(rows, middle), inner(middle, columns), evaluate=False)
    if kind == "power":
        return inner(rows, columns) ** draw(st.integers(0, 2))
    return as_product(draw(words(rows, columns, letters, longest=2)), rows)


def coefficients() -> st.SearchStrategy:
    """Scalars in front of matrices, the scalar state among them."""
    return st.sampled_from([1, -1, 2, Rational(-1, 2), a, c, -3 * c, a * c, c**2])


def square_traces(depth: int = 1, letters=LETTERS) -> st.SearchStrategy:
    """The trace of a square matrix polynomial."""
    return st.sampled_from(DIMENSIONS).flatmap(lambda dim: matrix_polynomials(dim, dim, depth, letters)).map(Trace)


@st.composite
def trace_polynomials(draw, letters=LETTERS):
    """A sum of products of traces with scalar coefficients."""
    terms = draw(st.lists(st.lists(square_traces(letters=letters), min_size=1, max_size=2), min_size=1, max_size=3))
    return Add(*(Mul(draw(coefficients()), *term) for term in terms))


SCALAR_FUNCTIONS = (
    lambda p: p,
    lambda p: log(1 + p**2),
    lambda p: exp(-(p**2) / 8),
    lambda p: sqrt(1 + p**2),
    lambda p: sin(c * p),
)


@st.composite
def scalar_losses(draw):
    """A smooth scalar function of traces, plus or times another."""

    def part():
        inside = draw(coefficients()) * draw(square_traces()) + draw(st.sampled_from([0, 1, a])) * draw(square_traces(depth=0))
        return draw(st.sampled_from(SCALAR_FUNCTIONS))(inside)

    return draw(st.sampled_from([lambda p, q: p, lambda p, q: p + q, lambda p, q: p * q]))(part(), part())


# -- markers -----------------------------------------------------------------------------------------------------------


@st.composite
def marked_words(draw, rows, columns, longest: int = 4):
    """A product in which a run of factors is marked, perhaps with a marked factor inside the marked run."""
    word = draw(words(rows, columns, longest=longest).filter(bool))
    start = draw(st.integers(0, len(word) - 1))
    stop = draw(st.integers(start + 1, len(word)))
    run = list(word[start:stop])
    if draw(st.booleans()):
        place = draw(st.integers(0, len(run) - 1))
        run[place] = sg(run[place])
    return MatMul(*word[:start], sg(MatMul(*run)), *word[stop:])


@st.composite
def marked_losses(draw):
    """A loss with markers on factors, products, sums and scalars of its traces, one of them inside a scalar function."""

    def stopped(longest=3):
        dim = draw(st.sampled_from(DIMENSIONS))
        return dim, draw(marked_words(dim, dim, longest=longest))

    def part():
        dim, marked = stopped()
        kind = draw(st.sampled_from(["factor", "sum", "scalar", "function"]))
        if kind == "factor":
            return Trace(marked)
        if kind == "sum":
            return Trace(sg(as_product(draw(words(dim, dim, longest=2)), dim) + draw(matrix_polynomials(dim, dim, 1))) * marked)
        if kind == "scalar":
            return draw(square_traces()) * sg(Trace(marked) + c)
        return draw(st.sampled_from(SCALAR_FUNCTIONS))(Trace(marked))

    return Add(*(draw(coefficients()) * part() for _ in range(draw(st.integers(1, 3)))))


# -- scalar flows and losses -------------------------------------------------------------------------------------------

x, y, w = SCALARS = symbols("x y w", real=True)


@st.composite
def scalar_polynomials(draw, variables=SCALARS, degree: int = 3, most_terms: int = 4):
    """A polynomial with small integer coefficients."""
    exponents = [e for e in product(range(degree + 1), repeat=len(variables)) if 0 < sum(e) <= degree]
    terms = draw(st.lists(st.tuples(small_integers, st.sampled_from(exponents)), min_size=1, max_size=most_terms))
    return Add(*(q * Mul(*(v**e for v, e in zip(variables, es, strict=True))) for q, es in terms))


# -- couplings ---------------------------------------------------------------------------------------------------------


@st.composite
def couplings(draw, most_labels: int = 4, most_rows: int = 5, most_repeats: int = 3) -> np.ndarray:
    """Non-negative weights in which every row and column has one, rows repeated and shuffled."""
    labels = draw(st.integers(1, most_labels))
    weight = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0, 3.0])
    rows = draw(st.lists(st.lists(weight, min_size=labels, max_size=labels), min_size=1, max_size=most_rows))
    for row in rows:
        if not any(row):
            row[draw(st.integers(0, labels - 1))] = 1.0
    for label in range(labels):
        if not any(row[label] for row in rows):
            rows[draw(st.integers(0, len(rows) - 1))][label] = draw(st.sampled_from([0.5, 1.0]))
    repeated = [row for row in rows for _ in range(draw(st.integers(1, most_repeats)))]
    return np.array(draw(st.permutations(repeated)))


@st.composite
def mobilities(draw, J: np.ndarray):
    """``"degree"``, ``"uniform"``, or a pair of arrays in which equal values are likely."""
    value = st.sampled_from([0.25, 1.0, 2.0])
    pair = st.tuples(*(st.lists(value, min_size=m, max_size=m) for m in J.shape))
    return draw(st.one_of(st.sampled_from(["degree", "uniform"]), pair))


@st.composite
def moved_couplings(draw):
    J = draw(couplings())
    return J, draw(mobilities(J))


@st.composite
def label_sets(draw):
    labels = draw(st.integers(1, 4))
    sets = draw(st.lists(st.sets(st.integers(0, labels - 1), min_size=1), min_size=1, max_size=8))
    return [*sets, *({a} for a in range(labels))]


# -- flows with planted fixed points -----------------------------------------------------------------------------------

p = symbols("p", real=True)

grid_numbers = st.sampled_from([Rational(n, q) for q in (1, 2, 3) for n in range(-3, 4)])


def vanishing(rng: np.random.Generator, generators, variables, dense: bool, degree: int = 3):
    """A combination of generators, none of higher degree, with small integer coefficients: of few of them, or of all."""
    chosen = generators if dense else [generators[i] for i in rng.permutation(len(generators))[: rng.integers(1, 4)]]
    total = 0
    for g in chosen:
        left = degree - Poly(g, *variables).total_degree()
        exponents = [e for e in product(range(left + 1), repeat=len(variables)) if sum(e) <= left]
        terms = exponents if dense else [exponents[i] for i in rng.permutation(len(exponents))[:2]]
        total += g * Add(*(int(rng.integers(1, 4) * rng.choice([-1, 1])) * Mul(*map(Pow, variables, e)) for e in terms))
    return total.expand()


@st.composite
def planted_flows(draw, variables=SCALARS, coordinates=grid_numbers, most_points: int = 2, degree: int = 3):
    """A polynomial flow of bounded degree with fixed points at one or two chosen places, and these places."""
    places = draw(st.lists(st.tuples(*(coordinates for _ in variables)), min_size=1, max_size=most_points, unique=True))
    generators = [Mul(*p) for p in product(*([v - c for v, c in zip(variables, at, strict=True)] for at in places))]
    rng, dense = np.random.default_rng(draw(seeds)), draw(st.booleans())
    flow = Flow({v: vanishing(rng, generators, variables, dense, degree) for v in variables})
    return flow, [dict(zip(variables, at, strict=True)) for at in places]


@st.composite
def flows_with_families(draw, variables=SCALARS):
    """A polynomial flow that rests on a curve, and the curve: one variable runs, the others are linear or quadratic in it."""
    running, *others = draw(st.permutations(variables))
    curve = {v: draw(grid_numbers) + draw(grid_numbers) * running ** draw(st.integers(1, 2)) for v in others}
    rng, dense = np.random.default_rng(draw(seeds)), draw(st.booleans())
    return Flow({v: vanishing(rng, [u - f for u, f in curve.items()], variables, dense) for v in variables}), running, curve


@st.composite
def points_off_the_cut(draw, closest: float = 1e-2) -> complex:
    """Points of the upper half-plane, on the scale of the rates of labels, some of them right above the cut."""
    return complex(draw(st.floats(-30, 10)), draw(st.floats(closest, 10)))
