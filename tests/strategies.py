"""Hypothesis strategies shared by the tests.

Matrix expressions are drawn over one small alphabet: state ``X`` (d × n), ``Y`` (d × k), ``W`` (d × d) and the scalar
``c``; data ``J`` (n × k), the symmetric ``S`` (n × n) and the scalar ``a``.  Dimensions are symbols; :func:`points` gives
everything numbers.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np
from hypothesis import strategies as st
from sympy import (
    Abs,
    Add,
    E,
    Float,
    Heaviside,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    Poly,
    Pow,
    Q,
    Rational,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    cot,
    coth,
    csc,
    csch,
    erf,
    erfc,
    exp,
    log,
    pi,
    sec,
    sech,
    sign,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
)

from theory import Flow, testing
from theory.scalars import logistic, softplus
from theory.testing import expressions as drawn

d, n, k = DIMENSIONS = symbols("d n k", integer=True, positive=True)
c, a = symbols("c a", real=True)
X, Y, W = MatrixSymbol("X", d, n), MatrixSymbol("Y", d, k), MatrixSymbol("W", d, d)
J, S = MatrixSymbol("J", n, k), MatrixSymbol("S", n, n)

MATRIX_STATE = (X, Y, W)
STATE = (*MATRIX_STATE, c)
DATA = (J, S, a)
SYMMETRIC = (Q.symmetric(S),)
ALPHABET = drawn.Alphabet(STATE, DATA)
LETTERS = ALPHABET.letters
x, y, w = SCALARS = symbols("x y w", real=True)

seeds = st.integers(0, 2**32 - 1)
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


# -- those of :mod:`theory.testing`, over this alphabet ------------------------------------------------------------------

as_product, small_integers = drawn.as_product, drawn.INTEGERS
words, square_traces = partial(drawn.words, ALPHABET), partial(drawn.square_traces, ALPHABET)
trace_polynomials, scalar_losses = partial(drawn.trace_polynomials, ALPHABET), partial(drawn.functions_of_traces, ALPHABET)
marked_losses = partial(drawn.marked_traces, ALPHABET)
couplings, mobilities = testing.weights, testing.mobilities


def matrix_polynomials(rows=d, columns=d, depth: int = 2):
    return drawn.matrix_polynomials(ALPHABET, rows, columns, depth)


def scalar_polynomials(variables=SCALARS, degree: int = 3, most_terms: int = 4):
    return drawn.scalar_polynomials(variables, degree, most_terms)


# -- elementary functions of scalars -----------------------------------------------------------------------------------

MIDDLE = (sin, cos, tan, sinh, cosh, tanh, exp, atan, asinh, erf, erfc, sech, logistic, softplus)  # of any number near zero
INNER = (asin, acos, atanh, lambda u: acosh(2 + u))  # between -1 and 1; SymPy does not know that they are real, nor their sign
POSITIVE = (log, sqrt, cot, sec, csc, coth, csch, lambda u: u ** Rational(-3, 2), lambda u: 1 / u)
KINKED = (Abs, sign, Heaviside)
TWO_KINKED = (Max, Min)


def scalar_functions(variables=SCALARS, kinks: bool = True) -> st.SearchStrategy:
    """Sums, products, powers and functions of scalars, each function of what it is defined for; with or without kinks."""
    leaves = st.sampled_from(variables) | rationals | st.sampled_from((pi, E, Float(0.3)))

    def grow(part):
        twice = st.tuples(part, part)
        grown = [
            twice.map(lambda uv: uv[0] + uv[1]),
            twice.map(lambda uv: uv[0] * uv[1]),
            twice.map(lambda uv: (1 + tanh(uv[0]) ** 2) ** sin(uv[1])),
            st.tuples(part, st.integers(2, 4)).map(lambda up: sin(up[0]) ** up[1]),
            st.tuples(st.sampled_from(MIDDLE), part).map(lambda fu: fu[0](sin(fu[1]))),
            st.tuples(st.sampled_from(POSITIVE), part).map(lambda fu: fu[0]((1 + cos(fu[1]) ** 2) / 2)),
        ]
        kinked = [
            st.tuples(st.sampled_from(KINKED), part).map(lambda fu: fu[0](fu[1])),
            st.tuples(st.sampled_from(TWO_KINKED), twice).map(lambda fu: fu[0](*fu[1])),
        ]
        smooth = [st.tuples(st.sampled_from(INNER), part).map(lambda fu: fu[0](tanh(fu[1]) / 2))]
        return st.one_of(grown + (kinked if kinks else smooth))

    return st.recursive(leaves, grow, max_leaves=6)


# -- couplings ---------------------------------------------------------------------------------------------------------


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
