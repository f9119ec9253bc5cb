r"""All fixed points of a polynomial flow, isolated or in families, with a statement of what is proved.

``fixed_points(flow)`` finds the real zeros of the velocity by an exhausted tree of cases over exact polynomials
(:mod:`derivations.analysis.points.splitter`).  State and parameters are real; what is known of their signs (assumptions of the
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
from dataclasses import dataclass, field, replace
from enum import Enum
from math import prod

from sympy import Eq, Expr, S, Symbol
from sympy.core.relational import Ne, Relational

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.quotient import quotient
from derivations.analysis.limits import within
from derivations.analysis.points.closed_form import Solution
from derivations.analysis.points.containment import without_contained
from derivations.analysis.points.instances import exact, instances, real_roots, with_numbers
from derivations.analysis.points.soundness import Listed
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.points.trivial import trivial_leaves
from derivations.analysis.show import Row, Say, Shown, conditions_row, row
from derivations.analysis.sites.branches import Branch, Tree
from derivations.analysis.sites.parameters import exceptional_sets
from derivations.analysis.sites.signs import Signs, signs_from
from derivations.analysis.sites.site import Site
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow
from theory.printing import exact_text

COUNTED = 64  # complex zeros, by Bézout's bound, up to which they are counted once more


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
        return len(set(real_roots(polynomial.xreplace(exact(parameters or {})), x)))

    def rows(self) -> list[Row]:
        shown = [row(x, value) for x, value in self.values.items() if x not in self.free and x not in self.roots]
        shown += [row(polynomial, S.Zero) for polynomial in self.roots.values()]
        return [*(shown or [row(x, x) for x in self.free]), *conditions_row(self.conditions)]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "kind": self.kind.value,
            "values": {str(x): exact_text(v) for x, v in self.values.items()},
            "free": [str(x) for x in self.free],
            "roots": {str(x): exact_text(p) for x, p in self.roots.items()},
            "conditions": [exact_text(c) for c in self.conditions],
        }

    def lines(self, say: Say) -> list[str]:
        parts = [f"{x} = {say(v)}" for x, v in self.values.items() if v != x]
        parts += [f"{x} a real root of {say(p)}" for x, p in self.roots.items()]
        text = ", ".join(parts) or "every state"
        if self.free:
            text += f" ({', '.join(map(str, self.free))} arbitrary)"
        return [text + (f"; if {', '.join(map(say, self.conditions))}" if self.conditions else "")]


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
        """The isolated real points at exact values of all parameters, each once: dicts from state to algebraic numbers.

        The flow at these numbers is solved afresh, so that no values are exceptional.  Points whose conditions fail there,
        and those on a family, are left out; families are not listed.

        Raises
        ------
        InputError
            where a parameter is missing, or the flow is not defined or its assumptions do not hold at the values.
        UnfinishedError
            where the flow at these numbers is too large to be solved.
        """
        given = exact(parameters)
        if missing := set(self.flow.parameters) - set(given):
            raise InputError("a value for every parameter", f"none for {', '.join(sorted(map(str, missing)))}", "add it")
        found = _fixed_points(with_numbers(self.flow, given))
        if found.completeness is not Completeness.PROVED:
            raise UnfinishedError(f"the fixed points at these parameters were not all found: {found.reason}")
        return instances(found.points)

    def rows(self) -> list[Row]:
        listed = [r for number, p in enumerate(self.points, 1) for r in [Row.text(f"{number}. {p.kind.value}"), *p.rows()]]
        return [*listed, Row.text(f"{self.completeness.value}: {self.reason}")]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {
            "points": [p.to_dict() for p in self.points],
            "completeness": self.completeness.value,
            "reason": self.reason,
            "exceptional": [[exact_text(e) for e in together] for together in self.exceptional],
        }

    def lines(self, say: Say) -> list[str]:
        lines = [f"{number}. {p.kind.value}: {' '.join(p.lines(say))}" for number, p in enumerate(self.points, 1)]
        named = [" and ".join(map(say, together)) for together in self.exceptional]
        excluded = [f"not looked into: {'; '.join(named)}"] if named else []
        return [*lines, f"{self.completeness.value}: {self.reason}", *excluded]


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
    if time_limit is None:
        return _fixed_points(flow)
    try:
        return within(time_limit, _fixed_points, flow, partial=True)
    except UnfinishedError as error:
        if isinstance(error.partial, FixedPoints):
            found = error.partial
            return found if found.completeness is Completeness.PROVED else replace(found, reason=f"{error}: {found.reason}")
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
                f"the denominator {brief(ring.expr(bottom))} in {', '.join(map(str, held))}",
                "multiply the velocities by it (time changes, fixed points do not), or take it as a new variable",
            )
    return ring, signs_from(ring, flow.assumptions)


def _fixed_points(flow: Flow, report: Callable[[FixedPoints], None] | None = None) -> FixedPoints:
    ring, signs = supported(flow)
    velocities = [ring.fraction(v) for v in flow.velocity.values()]
    signs = signs.learn_all((bottom, frozenset({-1, 1})) for _, bottom in velocities)
    equations = [top for top, _ in velocities]
    listed, splitter = Listed(flow, signs), Splitter(ring, flow.state, signs)

    def tell(tree: Tree) -> None:
        if report is not None:
            report(_result(tree, listed))

    known = trivial_leaves(splitter, equations) if report is not None else []
    tell(Tree(tuple(known), (), (Branch(tuple(equations)),), 0))
    tree = splitter.search(equations, tell, known)
    found = _result(tree, listed)
    signed = any(ring.present(p) & set(flow.state) for p, _ in (*signs.facts, *signs.products))
    if flow.parameters or signed or found.completeness is not Completeness.PROVED or any(p.free for p in found):
        return found
    tell(tree)
    return _counted(found, ring, equations)


def _counted(found: FixedPoints, ring: Ring, equations: Sequence[Polynomial]) -> FixedPoints:
    """Finitely many numbers, counted once more by another way."""
    if prod(int(p.total_degree()) for p in equations) > COUNTED:
        return found
    algebra = quotient(ring, equations)
    if algebra is None:
        return found
    count = (
        f"the quotient algebra has dimension {algebra.dimension}, the number of complex zeros with multiplicity, "
        f"and its trace form counts {algebra.real} distinct real ones"
    )
    if algebra.real != len(found):
        return replace(found, completeness=Completeness.UNKNOWN, reason=f"{count}, but {len(found)} are listed")
    return replace(found, reason=f"{found.reason}; {count}")


def _result(tree: Tree, listed: Listed) -> FixedPoints:
    flow, signs = listed.flow, listed.signs
    leaves = without_contained(tree.leaves, flow.state, signs)
    points = list(dict.fromkeys(sorted((_point(s) for leaf in leaves for s in listed.of(leaf)), key=_order)))
    bottoms = [p for v in flow.velocity.values() for p in signs.ring.factors(signs.ring.fraction(v)[1])]
    exceptional = exceptional_sets(tree.exceptional, bottoms, signs, supported(flow)[1])
    if not tree.unsolved:
        outside = " outside the exceptional sets named" if exceptional else ""
        status, reason = Completeness.PROVED, f"exhausted case split of {tree.cases} cases{outside}"
    else:
        status = Completeness.LOWER_BOUND if points else Completeness.UNKNOWN
        reason = f"{len(tree.unsolved)} of {tree.cases + len(tree.unsolved)} cases unsolved"
    return FixedPoints(flow, tuple(points), status, reason, exceptional)


def _point(s: Solution) -> FixedPoint:
    return FixedPoint(dict(s.values), s.conditions, dict(s.implicit), s.site)


def _order(point: FixedPoint):
    special = sum(isinstance(c, Eq) for c in point.conditions)
    return special, len(point.free), len(point.roots), len(point.site.roots)
