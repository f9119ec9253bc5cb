"""Formulas to display, and what holds for every display: values, widths, rows."""

from __future__ import annotations

import re
from random import Random

import mpmath
from hypothesis import assume
from hypothesis import strategies as st
from sympy import Add, Expr, Mul, Rational, lambdify, nan, oo, sqrt, symbols, zoo

from derivations.typeset.breaking import LINE_WIDTH, visible_width

x, y = symbols("x y", real=True)
a, b, c = symbols("a b c", positive=True)
SYMBOLS = (a, b, c, x, y)


def expressions(terms=3, leaves=10):
    """Rational expressions with square roots, some of negative or unknown sign."""
    numbers = st.sampled_from([Rational(p, q) for p in (-3, -1, 1, 2, 10) for q in (1, 2, 3)])

    def larger(inner):
        parts = st.lists(inner, min_size=2, max_size=terms)
        return st.one_of(
            parts.map(lambda p: Add(*p)),
            parts.map(lambda p: Add(*p)),
            parts.map(lambda p: Mul(*p)),
            st.tuples(inner, st.sampled_from([-1, 2, 3, -2, Rational(1, 2), Rational(-1, 2), Rational(3, 2)])).map(
                lambda p: p[0] ** p[1] if p[0] != 0 else p[0]
            ),
        )

    grown = st.recursive(st.one_of(st.sampled_from(SYMBOLS), numbers), larger, max_leaves=leaves)
    return grown.filter(lambda e: not e.has(zoo, nan, oo))


@st.composite
def wide_expressions(draw):
    """Such expressions that hardly fit on a line."""
    parts = draw(st.lists(expressions(terms=4), min_size=4, max_size=8))
    shape = draw(
        st.sampled_from(
            [
                lambda p: Add(*p),
                lambda p: Mul(*(q + k for k, q in enumerate(p))),
                lambda p: Add(*p) / (1 + Add(*(q**2 for q in p))),
                lambda p: sqrt(1 + Add(*p) ** 2) * (a + p[0]) / 3 - p[1],
            ]
        )
    )
    found = shape(parts)
    assume(not found.has(zoo, nan, oo))
    return found


def value(expression: Expr, seed: int):
    """The number of an expression at a random point, which may be complex."""
    rng = Random(seed)
    point = {s: mpmath.mpf(rng.randint(100, 900)) / 271 * (1 if s.is_positive else rng.choice([1, -1])) for s in SYMBOLS}
    with mpmath.workdps(60):
        return mpmath.mpmathify(lambdify(SYMBOLS, expression, "mpmath")(*point.values()))


def assert_same_value(found, meant, seed=0):
    try:
        first, second = value(found, seed), value(meant, seed)
    except ZeroDivisionError:
        assume(False)
    with mpmath.workdps(60):
        assert abs(first - second) <= mpmath.mpf(10) ** -30 * (1 + abs(second))


def rows_of(shown: str) -> list[str]:
    first, *rows, last = shown.split("\n")
    assert (first, last) == (r"\begin{aligned}", r"\end{aligned}")
    return [re.sub(r" \\\\(\[0\.6em\])?$", "", row) for row in rows]


def assert_within_the_line(rows):
    """The columns left and right of the relations, each as wide as its widest entry, stand on a line together."""
    cells = [row.split("&", 1) for row in rows]
    lefts, rights = ([visible_width(cell[k]) for cell in cells] for k in (0, 1))
    assert max(lefts) + max(rights) <= LINE_WIDTH


def long_formulas(count: int) -> list[Expr]:
    """Long sums, products, fractions and roots, nested at random."""
    rng, letters = Random(1), symbols("alpha beta gamma delta theta omega a b c m W_1 X v_12 tau", positive=True)

    def grown(depth):
        if depth == 0:
            return rng.choice(letters) ** rng.choice([1, 1, 2, 3]) * Rational(rng.randint(-9, 9) or 1, rng.choice([1, 1, 2, 7]))
        parts = [grown(depth - 1) for _ in range(rng.randint(2, 7))]
        kind = rng.choice(["sum", "sum", "product", "fraction", "root"])
        if kind == "product":
            return Mul(*parts)
        if kind == "fraction":
            return Add(*parts) / Add(1, *(p**2 for p in parts[:3]))
        return sqrt(Add(*parts)) if kind == "root" else Add(*parts)

    return [grown(rng.choice([1, 2, 2, 3])) for _ in range(count)]
