r"""Whether polynomial equations and inequalities hold together for some real values, where the rules of
:mod:`derivations.analysis.sites.signs` do not tell.

First facts are taken as variables, one after the other, until all terms of a polynomial have one sign: that takes no search
and any number of parameters.  Else the question is handed to the solver of Z3 for nonlinear real arithmetic (cylindrical
algebraic decomposition by need), which decides it unless it is too large: then nothing is said.

Source: D. Jovanović, L. de Moura, *Solving non-linear arithmetic* (IJCAR 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from math import prod

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring, factor_polynomial
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.sign import (
    NEGATIVE,
    NONNEGATIVE,
    NONPOSITIVE,
    NONZERO,
    POSITIVE,
    UNKNOWN,
    ZERO,
    Sign,
    multiply_signs,
    power_of_signs,
)
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Fraction, Site

Constraint = tuple[Polynomial, Sign]

STEPS = 100_000  # of the solver, for one question
MILLISECONDS = 1000  # for what it does not count as steps: arithmetic with algebraic numbers
TERMS, DEGREE, VARIABLES, BITS = 60, 12, 5, 100  # of the polynomials of a question
CORNERS = 15  # points at which it is looked first whether a question has an answer
CHANGES = 60  # of variables, tried for one polynomial


def decide_sign(site: Site, value: Fraction) -> Sign:
    """The signs that a fraction may have on the site, without those that are proved impossible.

    >>> from sympy import symbols
    >>> from derivations.analysis.sites.assumptions import signs_from
    >>> a, b = symbols("a b", positive=True)
    >>> ring = Ring((a, b))
    >>> site = Site(ring, (), (), (), (), signs_from(ring, [a**4 + b < a**2]))
    >>> sorted(decide_sign(site, ring.fraction(2 - a - b)))
    [1]
    """
    key = str(value[0]), str(value[1])
    if key not in site.decisions:
        site.decisions[key] = _decide_uncached(site, value)
    return site.decisions[key]


def _decide_uncached(site: Site, value: Fraction) -> Sign:
    known = site.chart.of(*value)
    if len(known) > 1:
        known = known & _in_new_variables(site.chart.signs, value)
    if len(known) < 2:
        return known
    product = value[0] * value[1]
    return frozenset(s for s in known if not _is_refuted_on(site, [(product, frozenset({s}))]))


def _in_new_variables(signs: Signs, value: Fraction) -> Sign:
    """The sign of a fraction whose terms are all of one sign once facts are taken as variables, one after the other."""
    content, factors = factor_polynomial(value[0] * value[1])
    found = POSITIVE if content > 0 else NEGATIVE
    for f, m in factors:
        found = multiply_signs(found, power_of_signs(_factor_signs(signs, f), int(m)))
    return found


def _factor_signs(signs: Signs, f: Polynomial) -> Sign:
    known, waiting, left = signs.of(f), [(signs, f)], CHANGES
    while waiting and left and len(known) > 1:
        here, p = waiting.pop(0)
        for symbol in here.ring.symbols if here.ring.present(p) else ():
            for simpler, image in here.in_place_of(symbol, p, edges=True):
                known, left = known & simpler.termwise(image), left - 1
                waiting.append((simpler, image))
    return known


def is_empty(site: Site, facts: Iterable[Constraint] = ()) -> bool:
    """Whether it is proved that there are no real values on the site for which the facts hold as well."""
    asked = [f for f in facts if f[1] != UNKNOWN]
    if not site.signs.consistent or any(not site.chart.of(*site.normal(p)) & sign for p, sign in asked):
        return True
    return _is_refuted_on(site, asked)


def _is_refuted_on(site: Site, asked: Sequence[Constraint]) -> bool:
    question = _pose_question(site, asked)
    symbols = {x for p, _ in question for x in site.ring.present(p)}
    if len(symbols) > VARIABLES or not _is_small([p for p, _ in question]):
        return False
    return _is_refuted(
        tuple((_polynomial_terms(site.ring, p, sorted(symbols, key=str)), tuple(sorted(sign))) for p, sign in question)
    )


def _is_small(polynomials: Sequence[Polynomial]) -> bool:
    degree = max((p.total_degree() for p in polynomials), default=0)
    bits = max((int(c).bit_length() for p in polynomials for c in p.coeffs()), default=0)
    return degree <= DEGREE and bits <= BITS and sum(map(len, polynomials)) <= TERMS


def _pose_question(site: Site, asked: Sequence[Constraint]) -> list[Constraint]:
    """What is asked, with what the site knows of the symbols in it, directly or not."""
    ring = site.ring
    known = [(p, sign) for p, sign in (*site.signs.facts, *site.signs.products) if sign != UNKNOWN]
    known += [(p, ZERO) for _, p in site.roots]
    known += [(_defining_polynomial(ring, s), ZERO) for s in site.special]
    question, left = [*asked] or known, known if asked else []
    present = {x for p, _ in question for x in ring.present(p)}
    while joined := [f for f in left if not ring.present(f[0]).isdisjoint(present)]:
        question = [*question, *joined]
        left = [f for f in left if f not in joined]
        present |= {x for p, _ in joined for x in ring.present(p)}
    return [*question, *((_defining_polynomial(ring, s), ZERO) for s in site.solved if s.symbol in present)]


def _defining_polynomial(ring: Ring, s: Substitution) -> Polynomial:
    return s.bottom * ring.gen(s.symbol) - s.top


def _polynomial_terms(ring: Ring, p: Polynomial, symbols: Sequence[Symbol]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    places = [ring.place[x] for x in symbols]
    return tuple((str(c), tuple(int(powers[i]) for i in places)) for powers, c in p.to_dict().items())


@lru_cache(maxsize=4096)
def _is_refuted(question: tuple) -> bool:
    """Whether the solver proves that polynomials, given by their terms, do not have these signs together."""
    count = max((len(k) for terms, _ in question for _, k in terms), default=0)
    if any(_is_witness(question, _corner(n, count)) for n in range(CORNERS)):
        return False
    import z3

    context = z3.Context()  # one for each thread
    solver = z3.SolverFor("QF_NRA", ctx=context)
    solver.set("rlimit", STEPS)
    solver.set("timeout", MILLISECONDS)
    x = [z3.Real(f"x{i}", context) for i in range(count)]
    for terms, sign in question:
        p = z3.Sum([_monomial_product(z3.RealVal(c, context), x, powers) for c, powers in terms])
        solver.add(RELATIONS[frozenset(sign)](p))
    return solver.check() == z3.unsat


def _corner(number: int, count: int) -> list[int]:
    """One of the points with coordinates 0, 1, -1, 2, -2: first those on the diagonal, then mixed ones."""
    values = (0, 1, -1, 2, -2)
    return [values[(number + place * (number // len(values))) % len(values)] for place in range(count)]


def _is_witness(question: tuple, at: Sequence[int]) -> bool:
    """Whether the polynomials have these signs at a point."""
    for terms, signs in question:
        value = sum(int(c) * prod(v**m for v, m in zip(at, powers, strict=True)) for c, powers in terms)
        if (value > 0) - (value < 0) not in signs:
            return False
    return True


def _monomial_product(value, x: Sequence, powers: Sequence[int]):
    for variable, m in zip(x, powers, strict=True):
        for _ in range(m):
            value = value * variable
    return value


RELATIONS: dict[Sign, Callable] = {
    POSITIVE: lambda p: p > 0,
    NONNEGATIVE: lambda p: p >= 0,
    NEGATIVE: lambda p: p < 0,
    NONPOSITIVE: lambda p: p <= 0,
    NONZERO: lambda p: p != 0,
    ZERO: lambda p: p == 0,
}
