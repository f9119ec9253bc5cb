"""Equations with planted zeros, and lists against solving afresh."""

from __future__ import annotations

from hypothesis import strategies as st
from sympy import Integer, S, symbols

x, y, z, u, v = symbols("x y z u v", real=True)
a, b = symbols("a b", real=True)
lines = st.tuples(st.sampled_from([1, 2]), st.sampled_from([0, 1, -1]), st.sampled_from([S(0), a, b, 1 - a, Integer(2)]))
factors = st.one_of(
    lines.map(lambda n: n[0] * x + n[1] * y - n[2]),
    lines.map(lambda n: n[0] * y + n[1] * x - n[2]),
    lines.map(lambda n: x**2 + n[0] * y**2 - n[2] - 1),
    lines.map(lambda n: x * y + n[1] * x - n[2]),
    lines.map(lambda n: n[0] * x**2 + n[1] * x * y - y - n[2]),
)
