r"""Quadratic Lyapunov functions, each with the certificate that it is one.

*Near the point*: where the Jacobian :math:`A` is Hurwitz, the solution of :math:`A^TP+PA=-\mathbb 1` is positive definite, and
:math:`V=y^TPy` (:math:`y` the distance from the point) decays as :math:`\dot V=-\lVert y\rVert^2+O(\lVert y\rVert^3)`.

*Everywhere*: a :math:`P` for which all terms of :math:`\dot V` beyond the second order are even monomials with non-positive
coefficients or vanish, and whose quadratic part is negative definite, shows that every solution tends to the point.  Such
:math:`P` form a linear space; in it a few natural scalings are tried, so that none found does not mean none exists.

The certificate is Sylvester's: leading principal minors, positive by what is known of signs or under the conditions stated.

>>> from sympy import symbols
>>> from theory import Flow
>>> x, y = symbols("x y", real=True)
>>> found = quadratic_lyapunov(Flow({x: -x + y, y: -x - y - y**3}), {x: 0, y: 0}, time_limit=None)
>>> print(found.scope.value, found.function)
everywhere x**2 + y**2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import combinations_with_replacement, product

from sympy import Dummy, Expr, ImmutableMatrix, Integer, Matrix, Poly, S, Symbol
from sympy.core.relational import Relational
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.limits import run_within
from derivations.analysis.points.fixed_points import supported_ring
from derivations.analysis.points.places import place_of
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.sites.conditions import independent_conditions, readable_relation, reduce_inequality
from derivations.analysis.sites.field import Number, solve
from derivations.analysis.sites.sign import NEGATIVE, NONPOSITIVE
from derivations.analysis.sites.site import Site
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from theory.abridging import Say
from theory.errors import InputError
from theory.flow import Flow


class Scope(Enum):
    """Where a Lyapunov function decreases."""

    EVERYWHERE = "everywhere"
    NEAR = "near the point"


@dataclass(frozen=True)
class QuadraticLyapunov(Shown):
    """A quadratic function that decreases along the flow, with what shows it.

    Attributes
    ----------
    function, derivative
        :math:`V=y^TPy` in the state, and its time derivative along the whole flow.
    matrix, distances
        :math:`P`, and state symbol to :math:`y`, its distance from the point; a coordinate of the point that stays a root of
        a polynomial is a symbol of its own, as in ``x_*``.
    scope
        where the derivative is proved negative (but at the point).
    minors
        leading principal minors of :math:`P` and of minus the quadratic part of the derivative: all positive.
    conditions
        under which they are, beyond the assumptions.
    """

    exported = ("function", "derivative", "scope", "minors", "conditions")

    function: Expr
    derivative: Expr
    matrix: ImmutableMatrix
    distances: Mapping[Symbol, Expr]
    scope: Scope
    minors: tuple[Expr, ...]
    conditions: tuple[Relational, ...]

    def __hash__(self):
        return hash((self.function, self.scope, self.conditions))

    def rows(self) -> list[Row]:
        shown = (
            [row_of("V", self.function), row_of(r"\dot V", self.derivative)]
            if self.scope is Scope.EVERYWHERE
            else self._near_point()
        )
        return [*shown, Row.text(f"decreases {self.scope.value}"), *conditions_row(self.conditions)]

    def _near_point(self) -> list[Row]:
        """The function in the distances from the point, and its derivative by the leading terms."""
        names = {x: x if y == x else Symbol(f"delta_{x}") for x, y in self.distances.items()}
        y = Matrix(list(names.values()))
        told = [row_of(name, self.distances[x]) for x, name in names.items() if name != x]
        function = Row("V", (y.T * self.matrix * y)[0], by=tuple(y))
        return [*told, function, Row(r"\dot V", -(y.T * y)[0], r"\simeq"), Row.text("to third order in the distances")]

    def lines(self, say: Say) -> list[str]:
        held = "".join(f", if {say(c)}" for c in self.conditions)
        return [f"V = {say(self.function)} decreases {self.scope.value}{held}"]


def quadratic_lyapunov(
    flow: Flow, point: FixedPoint | Mapping[Symbol, Expr], time_limit: float | None = 60
) -> QuadraticLyapunov:
    """A quadratic Lyapunov function of an isolated fixed point, everywhere if one is found, otherwise near it.

    Parameters
    ----------
    flow, point
        as in :func:`~derivations.analysis.linearisation.stability.stability`.
    time_limit
        in seconds; None runs without limit in this process.

    Raises
    ------
    InputError
        for a family of fixed points, or a point that is not linearly stable for any parameters.
    """
    supported_ring(flow)
    return run_within(time_limit, _quadratic_lyapunov, flow, point)


def _quadratic_lyapunov(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr]) -> QuadraticLyapunov:
    _, site, values = place_of(flow, point)
    if site.free:
        raise InputError(
            "an isolated fixed point", f"a family along {', '.join(map(str, site.free))}", "choose one of its points"
        )
    tried = [_certify_function(flow, site, values, p, Scope.EVERYWHERE) for p in _candidate_matrices(flow, values)]
    if not any(tried):
        tried = [_certify_function(flow, site, values, _local_solution(flow, site), Scope.NEAR)]
    found = [f for f in tried if f is not None]
    if not found:
        raise InputError("a linearly stable fixed point", "one that is not, for any parameters", "see stability(flow, point)")
    return min(found, key=lambda f: (len(f.conditions), sum(c.count_ops() for c in f.conditions), f.function.count_ops()))


def _local_solution(flow: Flow, site: Site) -> Matrix:
    """The solution of Lyapunov's equation, or the zero matrix where it has none."""
    a = [[Number.of(site, e) for e in line] for line in flow.jacobian().tolist()]
    n = len(a)
    places = list(combinations_with_replacement(range(n), 2))
    zero, one = Number.of(site, S.Zero), Number.of(site, S.One)
    rows, right = [], []
    for i, j in places:
        line = dict.fromkeys(places, zero)
        for k in range(n):  # sum_k a_ki p_kj + p_ik a_kj
            for entry, place in ((a[k][i], (k, j)), (a[k][j], (i, k))):
                key = (min(place), max(place))
                line[key] = line[key] + entry
        rows.append([line[p] for p in places])
        right.append(-one if i == j else zero)
    try:
        entries = dict(zip(places, solve(rows, right), strict=True))
    except ZeroDivisionError:
        return Matrix.zeros(n, n)
    return Matrix(n, n, lambda i, j: entries[min(i, j), max(i, j)].expr())


def _candidate_matrices(flow: Flow, values: Mapping[Symbol, Expr]) -> Iterator[Matrix]:
    """Symmetric matrices without odd terms beyond the second order in the derivative, in natural scalings."""
    n, y = len(flow.state), [Dummy(str(x), real=True) for x in flow.state]
    p = Matrix(n, n, lambda i, j: Symbol(f"p_{min(i, j)}_{max(i, j)}"))
    unknown = sorted(p.free_symbols, key=str)
    moved = [v.xreplace({x: d + values[x] for x, d in zip(flow.state, y, strict=True)}) for v in flow.velocity.values()]
    if not all(values[x].is_number or values[x].is_rational_function() for x in flow.state) or not _is_polynomial(flow):
        return
    derivative = Poly((2 * Matrix([y]) * p * Matrix(moved))[0].expand(), *y)
    odd = [c for powers, c in derivative.terms() if sum(powers) > 2 and any(m % 2 for m in powers)]
    rows = [[Poly(c, *unknown).coeff_monomial(u) for u in unknown] for c in odd]
    if rows:
        space = DomainMatrix.from_Matrix(Matrix(rows)).to_field().nullspace(divide_last=True).to_Matrix()
    else:
        space = Matrix.eye(len(unknown))
    basis = [p.xreplace(dict(zip(unknown, space.row(k), strict=True))) for k in range(space.rows)]
    diagonal = [b for b in basis if b.is_diagonal()]
    for weights in product(*[_natural_scalings(flow, values, b) for b in diagonal[1:]]):
        if diagonal:
            yield sum((w * b for w, b in zip(weights, diagonal[1:], strict=True)), diagonal[0])


def _is_polynomial(flow: Flow) -> bool:
    return all(v.is_polynomial(*flow.state) for v in flow.velocity.values())


def _natural_scalings(flow: Flow, values: Mapping[Symbol, Expr], basis: Matrix) -> list[Expr]:
    """One, and the ratios that make a pair of opposite couplings alike."""
    jacobian, found = flow.jacobian().xreplace(dict(values)), [Integer(1)]
    for i, j in product(range(basis.rows), repeat=2):
        a, b = jacobian[i, j], jacobian[j, i]
        if i != j and basis[i, i] != 0 and a != 0 and b != 0:
            found += [(b / a).cancel(), (-b / a).cancel()]
    return list(dict.fromkeys(found))


def _certify_function(
    flow: Flow, site: Site, values: Mapping[Symbol, Expr], p: Matrix, scope: Scope
) -> QuadraticLyapunov | None:
    """The function with its certificate; None where a minor is proved not to be positive, or a higher term to be positive."""
    jacobian = flow.jacobian()
    decay = -(jacobian.T * p + p * jacobian) if scope is Scope.EVERYWHERE else Matrix.eye(p.rows)
    minors = [m[:k, :k].det(method="berkowitz") for m in (p, decay) for k in range(1, p.rows + 1)]
    relations = [reduce_inequality(site, site.fraction(m), strict=True) for m in minors]
    at = _point_coordinates(flow, values)
    p, y = p.xreplace(at), Matrix([x - at[x] for x in flow.state])
    function = (y.T * p * y)[0]
    derivative = flow.time_derivative(function)
    if S.false in relations or (scope is Scope.EVERYWHERE and not _higher_terms_decrease(flow, site, values, derivative)):
        return None
    conditions = independent_conditions(site, [r for r in relations if r is not S.true])
    if all(v.is_rational_function() for v in values.values()):
        function, derivative = function.expand(), derivative.expand()
    distances = dict(zip(flow.state, y, strict=True))
    told = tuple(map(readable_relation, conditions))
    return QuadraticLyapunov(function, derivative, p.as_immutable(), distances, scope, tuple(minors), told)


def _point_coordinates(flow: Flow, values: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
    """The point's coordinates in symbols other than the state: one that stays a root of a polynomial has a star."""
    stars = {x: Symbol(f"{x}_*", real=True) for x in flow.state if values[x] == x}
    return {x: v.xreplace(stars) for x, v in values.items()}


def _higher_terms_decrease(flow: Flow, site: Site, values: Mapping[Symbol, Expr], derivative: Expr) -> bool:
    """Whether all terms of the derivative beyond the second order are even and not positive."""
    y = [Dummy(str(x), real=True) for x in flow.state]
    back = {star: x for x, star in _point_coordinates(flow, values).items() if values[x] == x}
    moved = derivative.xreplace({x: d + values[x] for x, d in zip(flow.state, y, strict=True)} | back).expand()
    signs = [site.chart.of(*site.fraction(c)) for powers, c in Poly(moved, *y).terms() if sum(powers) > 2]
    return all(s <= NONPOSITIVE or s <= NEGATIVE for s in signs)
