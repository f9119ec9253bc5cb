r"""All fixed points of a polynomial flow, isolated or in families, with a statement of what is proved.

``fixed_points(flow)`` finds the real zeros of the velocity by an exhausted tree of cases over exact polynomials
(:mod:`derivations.analysis.branches`).  State and parameters are real; what is known of their signs (assumptions of the
symbols, inequalities among the assumptions of the flow) closes cases and drops conditions.

>>> from sympy import symbols
>>> from theory import Flow
>>> v, w = symbols("v w", real=True)
>>> gamma, kappa, lam, mu = symbols("gamma kappa lambda mu", positive=True)
>>> one_mode = Flow({v: -w * (w - mu) * v - lam * v, w: -gamma * (w - mu) * v**2 - kappa * w})
>>> print(fixed_points(one_mode, time_limit=None)[0])
v = 0, w = 0
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from sympy import Basic, Eq, Expr, Poly, Rational, S, Symbol, sympify
from sympy.core.relational import Ne, Relational

from derivations.analysis.branches import Leaf, Splitter, Tree
from derivations.analysis.closed_form import Solution, solutions
from derivations.analysis.limits import within
from derivations.analysis.polynomials import Ring
from derivations.analysis.show import Row, Shown, conditions_row, row
from derivations.analysis.signs import Signs, signs_from
from derivations.analysis.site import Site
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow


class Completeness(Enum):
    """What is known of a list of fixed points."""

    PROVED = "proved complete"
    LOWER_BOUND = "lower bound"
    UNKNOWN = "unknown"


class Kind(Enum):
    """A point, or a set of points with coordinates of its own."""

    ISOLATED = "isolated"
    FAMILY = "family"


@dataclass(frozen=True)
class FixedPoint(Shown):
    """One fixed point, or one family of them.

    Attributes
    ----------
    values
        state symbol to exact expression in the parameters, in the coordinates :attr:`free` of a family, and in those state
        symbols that :attr:`roots` defines.
    conditions
        under which the point exists and is real, beyond the assumptions: relations that all hold.
    roots
        state symbol to the polynomial that it is a real root of, where that root has no short closed form.
    site
        the same as a triangular set of polynomials, with what is known of signs.
    """

    values: Mapping[Symbol, Expr]
    conditions: tuple[Relational, ...]
    roots: Mapping[Symbol, Expr]
    site: Site = field(repr=False, compare=False)

    def __hash__(self):
        return hash((tuple(self.values.items()), self.conditions))

    @property
    def free(self) -> tuple[Symbol, ...]:
        """The state variables that parametrise a family."""
        return self.site.free

    @property
    def kind(self) -> Kind:
        return Kind.FAMILY if self.free else Kind.ISOLATED

    @property
    def exceptional(self) -> tuple[Relational, ...]:
        """The parameter sets that are excluded, as equations."""
        return tuple(Eq(c.lhs, c.rhs) for c in self.conditions if isinstance(c, Ne))

    def real_roots(self, parameters: Mapping[Symbol, object] | None = None) -> int:
        """How many real values the root among :attr:`roots` has at exact parameters, by Sturm's theorem.

        Raises
        ------
        InputError
            where parameters are missing, or the point has no such root, or one beside another.
        """
        if len(self.roots) != 1:
            raise InputError("a point with one root that stays a polynomial", f"{len(self.roots)} of them", "see .roots")
        ((x, polynomial),) = self.roots.items()
        return len(set(_real_roots(polynomial.xreplace(_exact(parameters or {})), x)))

    def rows(self) -> list[Row]:
        shown = [row(x, value) for x, value in self.values.items() if x not in self.free and x not in self.roots]
        shown += [row(polynomial, S.Zero) for polynomial in self.roots.values()]
        return [*(shown or [row(x, x) for x in self.free]), *conditions_row(self.conditions)]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "kind": self.kind.value,
            "values": {str(x): str(v) for x, v in self.values.items()},
            "free": [str(x) for x in self.free],
            "roots": {str(x): str(p) for x, p in self.roots.items()},
            "conditions": [str(c) for c in self.conditions],
        }

    def __str__(self):
        values = ", ".join(f"{x} = {v}" for x, v in self.values.items() if v != x)
        text = values or "every state"
        if self.free:
            text += f" ({', '.join(map(str, self.free))} arbitrary)"
        if self.roots:
            text += "; real roots of " + ", ".join(f"{p} = 0 for {x}" for x, p in self.roots.items())
        return text + (f"; if {', '.join(map(str, self.conditions))}" if self.conditions else "")


@dataclass(frozen=True)
class FixedPoints(Shown, Sequence):
    """The fixed points of a flow, and what is known of the list.

    Attributes
    ----------
    points
        isolated points and families.
    completeness, reason
        whether the list is proved complete, and how or why not.
    exceptional
        sets of parameters, each a tuple of equations that hold together, at which there may be more than is listed.
    """

    flow: Flow
    points: tuple[FixedPoint, ...]
    completeness: Completeness
    reason: str
    exceptional: tuple[tuple[Relational, ...], ...] = ()

    def __len__(self):
        return len(self.points)

    def __getitem__(self, index):
        return self.points[index]

    def __iter__(self) -> Iterator[FixedPoint]:
        return iter(self.points)

    def at(self, parameters: Mapping[Symbol, object]) -> list[dict[Symbol, Expr]]:
        """The isolated real points at exact values of all parameters: dicts from state to algebraic numbers.

        Points whose conditions fail there are left out; families are not listed.

        Raises
        ------
        InputError
            where a parameter is missing, or the values lie in a set that is excluded.
        """
        given = _exact(parameters)
        if missing := set(self.flow.parameters) - set(given):
            raise InputError("a value for every parameter", f"none for {', '.join(sorted(map(str, missing)))}", "add it")
        for together in self.exceptional:
            if all(sympify(e.xreplace(given)) == S.true for e in together):
                raise InputError("parameters outside the exceptional sets", str(together), "solve that case by itself")
        return [values for point in self.points if not point.free for values in _instances(point, given)]

    def rows(self) -> list[Row]:
        listed = [r for number, p in enumerate(self.points, 1) for r in [Row.text(f"{number}. {p.kind.value}"), *p.rows()]]
        return [*listed, Row.text(f"{self.completeness.value}: {self.reason}")]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "points": [p.to_dict() for p in self.points],
            "completeness": self.completeness.value,
            "reason": self.reason,
            "exceptional": [[str(e) for e in together] for together in self.exceptional],
        }

    def __str__(self):
        lines = [f"{number}. {p.kind.value}: {p}" for number, p in enumerate(self.points, 1)]
        named = [" and ".join(map(str, together)) for together in self.exceptional]
        excluded = [f"not looked into: {'; '.join(named)}"] if named else []
        return "\n".join([*lines, f"{self.completeness.value}: {self.reason}", *excluded])


def fixed_points(flow: Flow, time_limit: float | None = 60) -> FixedPoints:
    """All real fixed points of a flow with polynomial velocities.

    Parameters
    ----------
    flow
        scalar state; velocities polynomial in the state, rational in the parameters, with exact numbers.  Symbols are taken
        as real; their signs and the inequalities among ``flow.assumptions`` are used.
    time_limit
        in seconds; None runs without limit in this process.  At the limit what was found comes back as a lower bound.

    Raises
    ------
    InputError
        naming the term outside that class, or assumptions that contradict each other.
    """
    supported(flow)
    try:
        return within(time_limit, _fixed_points, flow, partial=True)
    except UnfinishedError as error:
        if isinstance(error.partial, FixedPoints):
            return error.partial
        return FixedPoints(flow, (), Completeness.UNKNOWN, str(error))


def supported(flow: Flow) -> tuple[Ring, Signs]:
    """The ring of state and parameters of a flow in the supported class, and the signs that its assumptions state."""
    if not isinstance(flow, Flow):
        raise InputError("a Flow", type(flow).__name__, "use Loss.gradient_flow(), Loss.stop_gradient_flow() or Flow({x: ...})")
    if flow.is_matrix:
        raise InputError("a flow in scalars", f"matrix state {flow.state}", "reduce it to amplitudes with reduce_to_modes")
    assumed = {s for a in flow.assumptions for s in a.free_symbols}
    extra = sorted(assumed - set(flow.state) - set(flow.parameters), key=str)
    ring = Ring((*flow.state, *flow.parameters, *(s for s in extra if isinstance(s, Symbol))))
    for velocity in flow.velocity.values():
        bottom = ring.fraction(velocity)[1]
        if held := ring.present(bottom) & set(flow.state):
            raise InputError(
                "velocities polynomial in the state",
                f"the denominator {ring.expr(bottom)} in {', '.join(map(str, held))}",
                "multiply the velocities by it (time changes, fixed points do not), or take it as a new variable",
            )
    return ring, signs_from(ring, flow.assumptions)


def _fixed_points(flow: Flow, report: Callable[[FixedPoints], None] = lambda found: None) -> FixedPoints:
    ring, signs = supported(flow)
    velocities = [ring.fraction(v) for v in flow.velocity.values()]
    signs = signs.learn_all((bottom, frozenset({-1, 1})) for _, bottom in velocities)
    splitter = Splitter(ring, flow.state, signs)

    def made(tree: Tree) -> FixedPoints:
        return _result(flow, tree, signs)

    return made(splitter.search([top for top, _ in velocities], lambda tree: report(made(tree))))


def _result(flow: Flow, tree: Tree, signs: Signs) -> FixedPoints:
    leaves = _without_contained(tree.leaves, flow.state, signs)
    points = [_point(s) for leaf in leaves for s in solutions(leaf, flow.state, signs)]
    points = list(dict.fromkeys(sorted(points, key=_order)))
    exceptional = _exceptional(flow, tree, signs)
    if not tree.unsolved:
        outside = " outside the exceptional sets named" if exceptional else ""
        status, reason = Completeness.PROVED, f"exhausted case split of {tree.cases} cases{outside}"
    else:
        status = Completeness.LOWER_BOUND if points else Completeness.UNKNOWN
        reason = f"{len(tree.unsolved)} of {tree.cases} cases unsolved"
    return FixedPoints(flow, tuple(points), status, reason, exceptional)


def _point(s: Solution) -> FixedPoint:
    return FixedPoint(dict(s.values), s.conditions, dict(s.implicit), s.site)


def _order(point: FixedPoint):
    special = sum(isinstance(c, Eq) for c in point.conditions)
    return special, len(point.free), len(point.roots), len(point.site.roots)


def _without_contained(leaves: Sequence[Leaf], state: tuple[Symbol, ...], signs: Signs) -> list[Leaf]:
    """Leaves that no other one holds: a point of a family, or a degenerate case in which nothing is new."""
    kept: list[tuple[Leaf, Site]] = []
    for leaf in sorted(leaves, key=lambda a: (len(a.special), len(a.roots) + len(a.solved))):
        site = Site(signs.ring, state, leaf.roots, leaf.solved, leaf.special, signs)
        if not any(_holds(other, site) for _, other in kept):
            kept.append((leaf, site))
    return [leaf for leaf, _ in kept]


def _holds(larger: Site, site: Site) -> bool:
    """Whether the relations of ``larger`` hold on ``site`` and none of their denominators vanishes there."""
    ring = site.ring
    normal = [(ring.gen(s.symbol), larger.normal(ring.gen(s.symbol))) for s in (*larger.solved, *larger.special)]
    expressed = [(top - bottom * x, bottom) for x, (top, bottom) in normal]
    rooted = [(p, ring.leading(p, x)) for x, p in larger.roots]
    return all(site.normal(p)[0].is_zero() and not site.normal(lead)[0].is_zero() for p, lead in (*expressed, *rooted))


def _exceptional(flow: Flow, tree: Tree, signs: Signs) -> tuple[tuple[Relational, ...], ...]:
    """Degenerate cases that were named and not solved, without those that the known signs exclude."""
    ring, found = signs.ring, {}
    for together in tree.exceptional:
        if all(0 in signs.of(p) for p in together):
            equations = tuple(sorted((Eq(ring.expr(p), 0) for p in together), key=str))
            found[equations] = None
    for v in flow.velocity.values():
        for f in ring.factors(ring.fraction(v)[1]):
            if 0 in signs.of(f):
                found[(Eq(ring.expr(f), 0),)] = None
    return tuple(found)


def _exact(parameters: Mapping) -> dict[Basic, Expr]:
    given = {}
    for symbol, value in parameters.items():
        exact = sympify(value) if not isinstance(value, float) else Rational(str(value))
        if not exact.is_Rational:
            raise InputError(f"an exact rational value for {symbol}", repr(value), "write it as a fraction")
        given[symbol] = exact
    return given


def _instances(point: FixedPoint, given: Mapping[Basic, Expr]) -> Iterator[dict[Symbol, Expr]]:
    """The real values of an isolated point at exact parameters."""
    if not all(_true(c.xreplace(given)) for c in point.conditions):
        return
    values = {x: v.xreplace(given) for x, v in point.values.items()}
    partial: list[dict[Symbol, Expr]] = [{}]
    for x, polynomial in point.roots.items():
        partial = [
            {**chosen, x: root}
            for chosen in partial
            for root in _real_roots(polynomial.xreplace(given).xreplace(values | chosen | {x: x}), x)
        ]
    for chosen in partial:
        yield {x: v.xreplace(chosen) for x, v in values.items()}


def _true(condition) -> bool:
    return condition == S.true or (condition != S.false and bool(condition))


def _real_roots(polynomial: Expr, x: Symbol) -> list[Expr]:
    p = Poly(polynomial, x)
    if p.domain.is_ZZ or p.domain.is_QQ:
        return sorted(set(p.real_roots()))
    raise UnfinishedError(f"real roots of {polynomial}, whose coefficients are no rational numbers, are not isolated")


