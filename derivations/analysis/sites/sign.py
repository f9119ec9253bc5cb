r"""The sign of a real number: the set of values that it may have, a subset of :math:`\{-1,0,1\}`."""

from __future__ import annotations

Sign = frozenset[int]
POSITIVE, NEGATIVE, ZERO = frozenset({1}), frozenset({-1}), frozenset({0})
NONNEGATIVE, NONPOSITIVE, NONZERO = frozenset({0, 1}), frozenset({-1, 0}), frozenset({-1, 1})
UNKNOWN = frozenset({-1, 0, 1})
STRICT = (POSITIVE, NEGATIVE)


def multiply_signs(a: Sign, b: Sign) -> Sign:
    return frozenset(x * y for x in a for y in b)


def power_of_signs(a: Sign, exponent: int) -> Sign:
    return frozenset(x**exponent for x in a)


def add_signs(a: Sign, b: Sign) -> Sign:
    """Signs of a sum: of one sign's terms that sign, of opposite ones anything."""
    return frozenset(s for x in a for y in b for s in ((-1, 0, 1) if x * y < 0 else (x + y and (1 if x + y > 0 else -1),)))
