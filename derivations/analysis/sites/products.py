"""Products of polynomials whose sign is known, and that wait for the signs of their factors."""

from __future__ import annotations

from collections.abc import Iterable

from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.sites.sign import NEGATIVE, POSITIVE, Sign, multiply_signs


def divide_out_known(p: Polynomial, sign: Sign, products: Iterable[tuple[Polynomial, Sign]]) -> tuple[Polynomial, Sign]:
    """A product without other products of known sign that divide it."""
    for q, known in products:
        if q is not p and known in (POSITIVE, NEGATIVE) and q.total_degree() < p.total_degree():
            quotient, rest = divmod(p, q)
            if rest.is_zero():
                p, sign = quotient, multiply_signs(sign, known)
    return p, sign


def merge_products(products: Iterable[tuple[Polynomial, Sign]]) -> tuple[tuple[Polynomial, Sign], ...]:
    """Each product once, with what all facts about it leave."""
    found: list[tuple[Polynomial, Sign]] = []
    for p, sign in products:
        same = next((i for i, (g, _) in enumerate(found) if p in (g, -g)), None)
        if same is None:
            found.append((p, sign))
        else:
            g, known = found[same]
            found[same] = (g, known & (sign if g == p else multiply_signs(sign, NEGATIVE)))
    return tuple(found)
