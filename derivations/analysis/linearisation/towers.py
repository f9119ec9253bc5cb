r"""Towers of roots as fields: by one root, a primitive element, over the rational functions of the other symbols.

Source: R. Loos, *Computing in algebraic extensions* (1982).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Dummy, Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring, factor_polynomial
from derivations.analysis.algebra.subresultants import subresultants
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site

LARGEST = 400  # terms of a polynomial beyond which it is not eliminated from
SHIFTS = range(1, 8)  # tried for a primitive element


@dataclass(frozen=True)
class Unsplit(Exception):
    """A part of a critical set that was not brought to a field."""

    reason: str


def split_fields(site: Site) -> Iterator[Site]:
    """A site as sites with one root at most, irreducible over the rational functions of the other symbols."""
    if len(site.roots) < 2:
        yield site
        return
    (x, p), (y, q), *others = site.roots
    if others:
        raise Unsplit("its critical set has more than two roots")
    if spans_field(site):
        yield site
        return
    if len(p) * len(q) > LARGEST:
        raise Unsplit("the roots on its critical set grow too long for a primitive element")
    theta = Dummy("theta", real=True)
    wide = site.over(Ring((theta, *site.ring.symbols), site.ring.auxiliaries))
    ring, (p, q) = wide.ring, (wide.roots[0][1], wide.roots[1][1])
    for shift in SHIFTS:
        moved = ring.substitute(q, y, ring.gen(theta) - shift * ring.gen(x), ring.constant(1))
        chain = subresultants(ring, p, moved, x)
        norms = [f for f in ring.factors(chain[-1]) if theta in ring.present(f)]
        made = [_primitive_site(wide, theta, f, chain[-2], (x, y), shift) for f in norms]
        if ring.degree(chain[-2], x) == 1 and all(made):
            yield from (m for m in made if m is not None)
            return
    raise Unsplit("no primitive element was found for the roots on its critical set")


def spans_field(site: Site) -> bool:
    """Whether a tower of two roots is proved to be a field: it is where, at integers for the other symbols, the polynomial of
    a primitive element keeps its degree and is irreducible (a factorisation would specialise)."""
    ring, ((x, p), (y, q)) = site.ring, site.roots
    draw = random.Random(0)
    others = sorted((ring.present(p) | ring.present(q)) - {x, y}, key=str)
    for shift in SHIFTS:
        at = {s: draw.randint(2, 1000) for s in others}
        low, high = (_evaluate_at(ring, r, at) for r in (p, q))
        moved = ring.substitute(high, y, ring.gen(y) - shift * ring.gen(x), ring.constant(1))
        norm = ring.resultant(low, moved, x)
        if ring.degree(norm, y) == ring.degree(p, x) * ring.degree(q, y) and _is_irreducible(norm):
            return True
    return False


def _evaluate_at(ring: Ring, p: Polynomial, values: Mapping[Symbol, int]) -> Polynomial:
    for symbol, value in values.items():
        p = ring.substitute(p, symbol, ring.constant(value), ring.constant(1))
    return p


def _is_irreducible(p: Polynomial) -> bool:
    factors = factor_polynomial(p)[1]
    return len(factors) == 1 and factors[0][1] == 1


def _primitive_site(wide: Site, theta: Symbol, norm: Polynomial, linear: Polynomial, pair, shift: int) -> Site | None:
    ring, (x, y) = wide.ring, pair
    field = replace(wide, roots=((theta, norm),))
    rest, c = ring.coefficients(linear, x) if ring.degree(linear, x) == 1 else (linear, ring.constant(0))
    if field.normal(c)[0].is_zero():
        return None
    solved = (Substitution(y, ring.gen(theta) - shift * ring.gen(x), ring.constant(1)), Substitution(x, -rest, c))
    signs = wide.signs
    keeps = [(p, v) for p, v in (*signs.facts, *signs.products) if not ring.present(p) & {x, y}]
    moved = [(p, v) for p, v in (*signs.facts, *signs.products) if ring.present(p) & {x, y}]
    bare = replace(field, special=(*wide.special, *solved), signs=Signs(ring).learn_all(keeps))
    return bare.with_facts((p, v) for p, v in moved if not bare.normal(p)[0].is_zero())
