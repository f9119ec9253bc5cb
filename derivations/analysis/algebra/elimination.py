"""Subresultants."""

from __future__ import annotations

from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring


def linear_subresultant(ring: Ring, p: Polynomial, q: Polynomial, x: Symbol) -> Polynomial | None:
    r"""The subresultant of degree one in ``x``, a number apart; None where there is none.

    Where the leading coefficients of ``q`` and of the subresultant do not vanish, ``p`` and ``q`` (of no larger degree) have a
    common zero iff their resultant vanishes, and it is the zero of the subresultant.

    Source: H. Cohen, *A Course in Computational Algebraic Number Theory* (1993), algorithm 3.3.7.

    >>> from sympy.abc import x, y
    >>> ring = Ring((x, y))
    >>> ring.expr(linear_subresultant(ring, ring.numerator(x**3 - y), ring.numerator(x**2 + x - 1), x))
    2*x - y - 1
    """
    g = h = ring.constant(1)
    while ring.degree(q, x) > 1:
        before, gap = ring.degree(q, x), ring.degree(p, x) - ring.degree(q, x)
        p, q = q, pseudo_remainder(ring, p, q, x) / (g * h**gap)
        if ring.degree(q, x) == 1 and before == 2:
            return q.primitive()[1]
        g = ring.leading(p, x)
        h = g**gap / h ** (gap - 1) if gap else h
    return None


def pseudo_remainder(ring: Ring, p: Polynomial, q: Polynomial, x: Symbol) -> Polynomial:
    r""":math:`c^{d+1}p` modulo ``q``, with its leading coefficient ``c`` and the difference ``d`` of the degrees."""
    lead, below, power = ring.leading(q, x), ring.degree(q, x), ring.degree(p, x) - ring.degree(q, x) + 1
    while (gap := ring.degree(p, x) - below) >= 0:
        p, power = p * lead - q * ring.leading(p, x) * ring.gen(x) ** gap, power - 1
        if p.is_zero():
            return p
    return p * lead**power
