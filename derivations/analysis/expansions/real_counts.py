r"""How many real roots a polynomial with parameters has, as far as the signs of its coefficients and subdiscriminants tell.

For a polynomial of degree n without multiple roots the number is the signature of the Hankel matrix of its Newton sums; it is
read off the signs of the leading principal minors, the last of which is the discriminant (S. Basu, R. Pollack, M.-F. Roy,
*Algorithms in Real Algebraic Geometry*, theorem 4.33, where minors may vanish).  Descartes' rule bounds it too.  Where signs
are not known, but any that they may have give one number, that is the number; else there are several cases, each with the
fewest inequalities that tell it from the others.

>>> from sympy import symbols
>>> a, b = symbols("a b", positive=True)
>>> p = symbols("p", real=True)
>>> root_counts([p, a, 0, b], Region())
(RootCount(count=1, conditions=()),)
>>> for case in root_counts([p, -a, 0, 1], Region()):
...     print(case.count, *case.conditions)
1 27*p**2 > 4*a**3
3 4*a**3 > 27*p**2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import mpmath
from sympy import Expr, S, sympify
from sympy.core.relational import Relational
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.algebra.algebraic import extension_of, numeric_value
from derivations.analysis.algebra.zero import Region, draw_point, vanishes
from derivations.analysis.expansions.sides import count_changes, mirror_coefficients, positive_condition, signs_of
from derivations.analysis.sites.sign import NONNEGATIVE, NONPOSITIVE
from theory.errors import UnfinishedError
from theory.printing import plain

SAMPLES = 24  # admissible points at which cases are looked for
MANY = 8  # unknown signs beyond which cases are not enumerated
DIGITS = 60

Row = tuple[int, ...]


@dataclass(frozen=True)
class RootCount:
    """A number of real roots, and the inequalities between parameters under which it is that."""

    count: int
    conditions: tuple[Relational, ...] = ()


def root_counts(coefficients: Sequence[Expr], region: Region) -> tuple[RootCount, ...]:
    """The numbers of real roots of an irreducible polynomial, coefficients by rising power.

    Where it takes several inequalities to tell cases apart, only those are listed that admissible points show.

    Raises
    ------
    UnfinishedError
        where too many signs are unknown.
    """
    coefficients = [sympify(a, strict=True) for a in coefficients]
    degree = len(coefficients) - 1
    minors = principal_minors(coefficients)
    known = [_possible_signs(m, region) for m in minors]
    if sum(len(sign) > 1 for sign in known) > MANY:
        raise UnfinishedError(f"how many roots of a polynomial of degree {degree} are real depends on {MANY + 1} signs or more")
    allowed = _descartes_counts(coefficients, region)
    counts = {row: n for row in product(*known) if (n := count_real_roots(row)) in allowed and (degree - n) % 2 == 0}
    if len(set(counts.values())) == 1:
        return (RootCount(next(iter(counts.values()))),)
    found = {_root_count(row, counts, minors, region) for row in counts}
    if any(len(case.conditions) > 1 for case in found):
        found = {
            _root_count(row, counts, minors, region) for row in _sample_signs(minors, known, region) & counts.keys()
        } or found
    return tuple(sorted(found, key=lambda case: (case.count, *map(plain, case.conditions))))


def principal_minors(coefficients: Sequence[Expr]) -> list[Expr]:
    """The leading principal minors of the Hankel matrix of Newton sums."""
    abstracted, field = extension_of(coefficients)
    values = [field.element(a) for a in abstracted]
    n = len(values) - 1
    monic = [a / values[-1] for a in values[::-1]]  # 1, a_{n-1}, ..., a_0
    sums = [field.field(n)]
    for k in range(1, 2 * n - 1):
        total = field.field(k) * monic[k] if k <= n else field.field.zero
        sums.append(-sum((monic[i] * sums[k - i] for i in range(1, min(k - 1, n) + 1)), total))
    reduced = [field.element(s.as_expr()) for s in sums]
    rows = [[reduced[i + j] for j in range(n)] for i in range(n)]
    domain = field.field.to_domain()
    minors = (DomainMatrix([row[:k] for row in rows[:k]], (k, k), domain).det() for k in range(1, n + 1))
    return [field.restore(field.element(m.as_expr())) for m in minors]


def count_real_roots(signs: Row) -> int:
    """The number of real roots from the signs of the principal minors: each gap of zeros counts as a whole."""
    total, last, sign = 0, 0, 1
    for k, s in enumerate(signs, 1):
        if s:
            gap = k - last
            if gap % 2:
                total += (-1) ** (gap * (gap - 1) // 2) * sign * s
            last, sign = k, s
    return total


def _possible_signs(minor: Expr, region: Region) -> tuple[int, ...]:
    if vanishes(minor, region):
        return (0,)
    known = signs_of(minor, region)
    return (1,) if known <= NONNEGATIVE else (-1,) if known <= NONPOSITIVE else (1, -1)


def _descartes_counts(coefficients: Sequence[Expr], region: Region) -> set[int]:
    """Numbers of positive and of negative roots that Descartes' rule allows; an irreducible polynomial has no root zero."""
    one, other = count_changes(coefficients, region), count_changes(mirror_coefficients(coefficients), region)
    return {m - 2 * i + n - 2 * j for m in one for n in other for i in range(m // 2 + 1) for j in range(n // 2 + 1)}


def _sample_signs(minors: Sequence[Expr], known: Sequence[tuple[int, ...]], region: Region) -> set[Row]:
    """The signs of the minors at admissible points."""
    symbols = set().union(*(m.free_symbols for m in minors))
    found = set()
    for seed in range(SAMPLES):
        try:
            point = {s: mpmath.mpf(v.p) / v.q for s, v in draw_point(symbols, region, seed).items()}
        except UnfinishedError:
            break
        with mpmath.workdps(DIGITS):
            values = (mpmath.re(numeric_value(m, point)) if len(s) > 1 else s[0] for m, s in zip(minors, known, strict=True))
            found.add(tuple(int(mpmath.sign(v)) for v in values))
    return found


def _root_count(row: Row, counts: dict[Row, int], minors: Sequence[Expr], region: Region) -> RootCount:
    """The case of one row of signs, with no inequality that the others make superfluous."""
    kept = [k for k in range(len(row)) if len({r[k] for r in counts}) > 1]
    for k in list(kept):
        fewer = [j for j in kept if j != k]
        if all(n == counts[row] for r, n in counts.items() if all(r[j] == row[j] for j in fewer)):
            kept = fewer
    sides = (positive_condition(minors[k] if row[k] > 0 else -minors[k], region) for k in kept)
    return RootCount(counts[row], tuple(dict.fromkeys(s for s in sides if s is not S.true)))
