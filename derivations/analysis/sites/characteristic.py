r"""The characteristic polynomial of the Jacobian at a site, split as far as it splits.

The Jacobian is block triangular in the strongly connected components of its non-zero entries; the polynomial of each block is
factored over the field that the site spans.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Dummy, Expr

from derivations.analysis.algebra.linear import BUDGET, Matrix, characteristic_coefficients, check_budget
from derivations.analysis.algebra.polynomials import Polynomial, Ring, factor_polynomial
from derivations.analysis.sites.sign import NEGATIVE, POSITIVE, ZERO, multiply_signs
from derivations.analysis.sites.site import Fraction, Site, cancel_fraction
from theory.errors import InputError
from theory.flow import Flow


@dataclass(frozen=True)
class Factor:
    """An irreducible factor of the characteristic polynomial in :math:`s`, leading coefficient first and positive."""

    coefficients: tuple[Polynomial, ...]
    multiplicity: int

    @property
    def degree(self) -> int:
        return len(self.coefficients) - 1

    @property
    def mirror_image(self) -> Factor:
        """That of the negative roots."""
        return Factor(tuple(-c if k % 2 else c for k, c in enumerate(self.coefficients)), self.multiplicity)


def jacobian_at(flow: Flow, site: Site) -> tuple[Matrix, Polynomial]:
    """The Jacobian at a site as numerators over one common denominator, in which the defining polynomials are not used.

    Raises
    ------
    InputError
        where the velocity is not differentiable.
    """
    fractions = [[_entry_fraction(site, e) for e in line] for line in flow.jacobian().tolist()]
    common = site.ring.constant(1)
    for line in fractions:
        for _, bottom in line:
            common = common * (bottom / common.gcd(bottom))
    return [[top * (common / bottom) for top, bottom in line] for line in fractions], common


def _entry_fraction(site: Site, expr: Expr) -> Fraction:
    top, bottom = site.ring.fraction(expr)
    if site.normal(bottom)[0].is_zero():
        name = site.ring.expr(bottom)
        raise InputError("a point at which the velocity is differentiable", f"a division by {name} = 0", "choose another")
    (n, m), (k, j) = site.normal(top), site.put_expressed(bottom)
    return cancel_fraction(n * j, m * k)


def characteristic_factors(flow: Flow, site: Site, budget: int = BUDGET) -> list[Factor]:
    """Irreducible factors of the characteristic polynomial of the Jacobian at a site.

    Raises
    ------
    OverBudget
        for more terms than the budget.
    """
    matrix, common = jacobian_at(flow, site)
    found: list[Factor] = []
    if len(sign := site.chart.of(common, site.ring.constant(1)) - ZERO) == 1:  # lost where its powers are reduced
        site = site.with_facts(
            (common**k, multiply_signs(sign, sign) if k % 2 == 0 else sign) for k in range(1, len(matrix) + 1)
        )
    for block in _connected_blocks(matrix):
        coefficients, _ = characteristic_coefficients([[matrix[i][j] for j in block] for i in block], site.ring, budget)
        # det(s - M/D) D^n = sum c_k D^(n-k) s^(n-k)
        n = len(block)
        scaled = [site.normal(c * common ** (n - k)) for k, c in enumerate(coefficients)]
        check_budget([top for top, _ in scaled], budget)
        found += _irreducible_factors(site, scaled)
    return found


def _connected_blocks(matrix: Matrix) -> list[list[int]]:
    """Strongly connected components of the graph of non-zero entries: the Jacobian is block triangular in them."""
    import networkx

    n = len(matrix)
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from((i, j) for i in range(n) for j in range(n) if not matrix[i][j].is_zero())
    return [sorted(c) for c in sorted(networkx.strongly_connected_components(graph), key=min)]


def _irreducible_factors(site: Site, coefficients) -> list[Factor]:
    """Factors of a polynomial in s whose coefficients are fractions, highest power first."""
    ring, degree = site.ring, len(coefficients) - 1
    common = ring.constant(1)
    for _, bottom in coefficients:
        common = common * (bottom / common.gcd(bottom))
    wide = Ring((*ring.symbols, Dummy("s")))
    terms: dict[tuple, int] = {}
    for k, (top, bottom) in enumerate(coefficients):
        for powers, c in (top * (common / bottom)).to_dict().items():
            terms[(*powers, degree - k)] = c
    found = []
    for f, m in factor_polynomial(wide.context.from_dict(terms))[1]:
        powers_of_s = wide.coefficients(f, wide.symbols[-1])
        rows = [ring.context.from_dict({k[:-1]: c for k, c in r.to_dict().items()}) for r in powers_of_s]
        if len(rows) > 1:
            found.append(Factor(tuple(_positive_lead(site, rows[::-1])), int(m)))
    return found


def _positive_lead(site: Site, rows: list[Polynomial]) -> list[Polynomial]:
    sign = site.chart.of(rows[0], site.ring.constant(1))
    if sign == NEGATIVE:
        return [-r for r in rows]
    return rows if sign == POSITIVE else [r * rows[0] for r in rows]
