"""Long expressions in parts: what is named, put back, is the expression."""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from sympy import Add, Basic, Integer, Mul, Poly, Pow, symbols

from theory.parts import Names
from theory.rewriting import replace_parts

# -- expressions of any length --------------------------------------------------------------------------------------------


def many_terms(count: int) -> Basic:
    """A polynomial in eight variables."""
    xs = symbols("x0:8")

    def term(k: int) -> Basic:
        powers = [k >> (3 * i) & 7 for i in range(8)]
        return Mul(Integer(2 * k + 3), *(Pow(s, e) for s, e in zip(xs, powers, strict=True) if e), evaluate=False)

    return Add(*(term(k) for k in range(1, count + 1)), evaluate=False)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 400), st.integers(20, 200))
@example(11, 41)
def test_named_parts_put_together_are_the_expression(count, page):
    expression = many_terms(count)
    short, definitions = Names("q", "N", page).abridge(expression)
    if any(d.value is None for d in definitions):
        return
    for d in reversed(definitions):
        short = replace_parts(short, {d.name: d.value})
    assert Poly(short.doit()) == Poly(expression.doit())
