"""Triangular sets hold every generic zero once."""

from __future__ import annotations

from sympy import Mul

from derivations.analysis.algebra.generic import generic_basis
from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.triangular import split_irreducible, triangular_set
from tests.derivations.analysis.points.planted import a, x, y


def test_triangular_sets_add_up_to_the_generic_number_of_zeros():
    ring = Ring((x, y, a))
    basis = generic_basis(ring, (x, y), [ring.numerator(x * (x**2 + y**2 - a)), ring.numerator(y * (x - a * y - 1))])
    sets = [triangular_set(zeros, (x, y)) for zeros in split_irreducible(basis)]
    degrees = [Mul(*(ring.degree(p, s) for s, p in found)) for found in sets]
    assert sum(degrees) == basis.dimension == 6
