"""Numbers of zeros by Hermite's theorem, with SymPy's own Gröbner bases and reduction: an oracle for fixed points."""

from __future__ import annotations

from itertools import pairwise, product

from sympy import Matrix, Poly, Symbol, groebner, reduced


def zeros(equations, variables) -> tuple[int, int] | None:
    """How many distinct complex and real zeros there are, by rank and signature of the trace form; None if infinitely many.

    D. Cox, J. Little, D. O'Shea, *Using Algebraic Geometry*, 2nd ed., chapter 2, theorem 5.2.
    """
    basis = groebner(equations, *variables, order="grevlex")
    if basis.exprs == [1]:
        return 0, 0
    if not basis.is_zero_dimensional:
        return None
    leads = [Poly(g, *variables).monoms(order="grevlex")[0] for g in basis.exprs]
    bounds = [min(m[i] for m in leads if sum(m) == m[i]) for i in range(len(variables))]
    outside = [
        m for m in product(*map(range, bounds)) if not any(all(a <= b for a, b in zip(lead, m, strict=True)) for lead in leads)
    ]

    def coordinates(monomial):
        power = Poly({monomial: 1}, *variables)
        rest = Poly(reduced(power.as_expr(), basis.exprs, *variables, order="grevlex")[1], *variables)
        return [rest.coeff_monomial(m) for m in outside]

    def total(one, other):
        return tuple(a + b for a, b in zip(one, other, strict=True))

    columns = {m: coordinates(m) for m in {total(a, total(b, c)) for a in outside for b in outside for c in outside}}
    trace = {
        m: sum(columns[total(m, b)][i] for i, b in enumerate(outside)) for m in {total(a, b) for a in outside for b in outside}
    }
    form = Matrix([[trace[total(a, b)] for b in outside] for a in outside])
    x = Symbol("x")
    coefficients = [c for c in form.charpoly(x).all_coeffs() if c]
    mirrored = [c for c in form.charpoly(x).compose(Poly(-x, x)).all_coeffs() if c]
    changes = [sum(bool(a * b < 0) for a, b in pairwise(row)) for row in (coefficients, mirrored)]
    return sum(changes), changes[0] - changes[1]
