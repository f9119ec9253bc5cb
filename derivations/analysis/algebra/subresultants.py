"""The subresultant chain of two polynomials."""

from __future__ import annotations

from sympy import Symbol

from derivations.analysis.algebra.elimination import pseudo_remainder
from derivations.analysis.algebra.polynomials import Polynomial, Ring


def subresultants(ring: Ring, p: Polynomial, q: Polynomial, x: Symbol) -> list[Polynomial]:
    """The subresultant chain of two polynomials in ``x``, a number apart each: from the lower one of the two down to their
    resultant.

    Source: H. Cohen, *A Course in Computational Algebraic Number Theory* (1993), algorithm 3.3.7.

    >>> from sympy.abc import x, y
    >>> ring = Ring((x, y))
    >>> [ring.expr(s) for s in subresultants(ring, ring.numerator(x**3 - y), ring.numerator(x**2 + x - 1), x)]
    [x**2 + x - 1, 2*x - y - 1, y**2 + 4*y - 1]
    """
    if ring.degree(p, x) < ring.degree(q, x):
        p, q = q, p
    chain, g, h = [q], ring.constant(1), ring.constant(1)
    while ring.degree(q, x) > 0:
        gap = ring.degree(p, x) - ring.degree(q, x)
        p, q = q, pseudo_remainder(ring, p, q, x) / (g * h**gap)
        if q.is_zero():
            break
        chain.append(q.primitive()[1])
        g = ring.leading(p, x)
        h = g**gap / h ** (gap - 1) if gap else h
    return chain
