r"""All fixed points of a flow, isolated or in families, with a statement of what is proved.

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
from dataclasses import dataclass, replace
from enum import Enum
from math import prod
from time import monotonic

from sympy import Eq, Expr, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.algebra.programs import NO_PROGRAMS, Programs, installed_programs
from derivations.analysis.algebra.quotient import quotient_algebra
from derivations.analysis.limits import run_within
from derivations.analysis.points.closed_form import RealSolution
from derivations.analysis.points.containment import without_contained
from derivations.analysis.points.fractions import FractionNames
from derivations.analysis.points.instances import instances, with_numbers
from derivations.analysis.points.numbers import exact_numbers
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.points.soundness import Listed
from derivations.analysis.points.special import unexplained_cases
from derivations.analysis.points.splitter import Splitter
from derivations.analysis.points.system import System, system_of
from derivations.analysis.points.trivial import trivial_leaves
from derivations.analysis.sites.branches import SearchBranch, Tree
from derivations.analysis.sites.parameters import exceptional_sets
from derivations.analysis.sites.signs import Signs
from derivations.typeset.rows import Row, row_of
from derivations.typeset.shown import Shown
from theory import require
from theory.abridging import Say
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow

BACKENDS = ("auto", "builtin", "programs")
BETWEEN = 10  # times that a report of what was found so far took, until the next one
COUNTED = 64  # complex zeros, by Bézout's bound, up to which they are counted once more


class Completeness(Enum):
    """What is known of a list of fixed points."""

    PROVED = "proved complete"
    LOWER_BOUND = "lower bound"
    UNKNOWN = "unknown"


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

    exported = (("points", "shown_points"), "named", "completeness", "reason", "exceptional")

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
        given = exact_numbers(parameters)
        require.complete(set(self.flow.parameters) - set(given), "a value for every parameter")
        found = _fixed_points(with_numbers(self.flow, given), programs=installed_programs())
        if found.completeness is not Completeness.PROVED:
            raise UnfinishedError(f"the fixed points at these parameters were not all found: {found.reason}")
        return instances(found.points)

    @property
    def fraction_names(self) -> FractionNames:
        return FractionNames.of((v for p in self.points for v in p.values.values()), (*self.flow.state, *self.flow.parameters))

    @property
    def shown_points(self) -> list[dict]:
        names = self.fraction_names
        return [p.to_dict_under(names) for p in self.points]

    @property
    def named(self) -> dict[Expr, Expr]:
        """The functions of a root that coordinates of several points are."""
        return self.fraction_names.definitions

    def rows(self) -> list[Row]:
        names = self.fraction_names
        points = [
            row
            for number, p in enumerate(self.points, 1)
            for row in [Row.text(f"{number}. {p.kind.value}"), *p.rows_under(names)]
        ]
        functions = [row_of(f, definition) for f, definition in names.definitions.items()]
        return [*points, *functions, Row.text(f"{self.completeness.value}: {self.reason}")]

    def lines(self, say: Say) -> list[str]:
        names = self.fraction_names
        points = [f"{number}. {p.kind.value}: {' '.join(p.lines_under(names, say))}" for number, p in enumerate(self.points, 1)]
        functions = [f"{f} = {say(definition)}" for f, definition in names.definitions.items()]
        together = [" and ".join(map(say, equations)) for equations in self.exceptional]
        excluded = [f"not looked into: {'; '.join(together)}"] if together else []
        return [*points, *functions, f"{self.completeness.value}: {self.reason}", *excluded]


def fixed_points(flow: Flow, time_limit: float | None = 60, backend: str = "auto") -> FixedPoints:
    """All real fixed points of a flow.

    Parameters
    ----------
    flow
        scalar state; velocities rational in the state and the parameters, with exact numbers, and in roots of rational
        functions and exponentials of multiples of state variables that enter no other way.  Symbols are taken as real; what
        their signs and the inequalities among ``flow.assumptions`` say of parameters is used, and what they say of the state
        conditions a point.
    time_limit
        in seconds; None runs without limit in this process.  At the limit what was found comes back as a lower bound.
    backend
        "programs": Singular and msolve (the extra ``algebra``) solve equations without parameters, and take over where the
        built-in arithmetic is over its budget; "builtin": they are not asked; "auto": they are where they are installed.  The
        reason of the result says what they answered, and where they failed and the built-in route went on.

    Raises
    ------
    InputError
        naming the term outside that class, or assumptions that contradict each other, or a backend that is not installed.
    """
    system_of(flow).check_algebraic()
    programs = _programs_of(backend, time_limit)
    if time_limit is None:
        return _fixed_points(flow, programs=programs)
    try:
        return run_within(time_limit, _fixed_points, flow, programs=programs, partial=True)
    except UnfinishedError as error:
        if isinstance(error.partial, FixedPoints):
            found = error.partial
            return found if found.completeness is Completeness.PROVED else replace(found, reason=f"{error}: {found.reason}")
        return FixedPoints(flow, (), Completeness.UNKNOWN, str(error))


def _programs_of(backend: str, time_limit: float | None) -> Programs:
    require.one_of(backend, BACKENDS, "a backend")
    found = NO_PROGRAMS if backend == "builtin" else installed_programs(time_limit)
    if backend == "programs" and (found.singular is None or found.msolve is None):
        missing = " and ".join(
            name for name, program in (("Singular", found.singular), ("msolve", found.msolve)) if not program
        )
        raise InputError("a backend that is installed", f"no {missing}", 'pip install "collapse-theory[algebra]"')
    return found


def supported_ring(flow: Flow) -> tuple[Ring, Signs]:
    """The ring of state and parameters of a flow in the supported class, and the signs that its assumptions state."""
    system = system_of(flow)
    return system.ring, system.stated


def _fixed_points(
    flow: Flow, report: Callable[[FixedPoints], None] | None = None, programs: Programs = NO_PROGRAMS
) -> FixedPoints:
    system = system_of(flow)
    listed, splitter = Listed(system, programs), Splitter(system.ring, system.unknowns, system.signs, programs)

    def tell(tree: Tree) -> float:
        """Report what was found so far, and when to do so again: not before telling is a small part of the time."""
        began = monotonic()
        if report is not None:
            report(_make_result(tree, listed))
        return monotonic() + BETWEEN * (monotonic() - began)

    due = 0.0

    def tell_if_due(tree: Tree) -> None:
        nonlocal due
        if monotonic() >= due:
            due = tell(tree)

    slow = bool(flow.parameters) or programs.singular is None
    known = trivial_leaves(splitter, system.equations) if slow and report is not None else []
    tell(Tree(tuple(known), (), (SearchBranch(system.equations),), 0))
    tree = splitter.search(system.equations, tell_if_due, known, system.denominators)
    if tree.exceptional and not tree.unsolved:
        tell(tree)
        tree = replace(tree, exceptional=unexplained_cases(tree.exceptional, tree.leaves, system, programs))
    found = _make_result(tree, listed)
    counted = any(programs.notes.values())
    if (
        counted
        or not system.is_plain
        or flow.parameters
        or found.completeness is not Completeness.PROVED
        or any(p.free for p in found)
    ):
        return found
    tell(tree)
    return _check_count(found, system)


def _check_count(found: FixedPoints, system: System) -> FixedPoints:
    """Finitely many numbers, counted once more by another way."""
    if prod(int(p.total_degree()) for p in system.equations) > COUNTED:
        return found
    algebra = quotient_algebra(system.ring, system.equations, system.denominators)
    if algebra is None:
        return found
    count = (
        f"the quotient algebra has dimension {algebra.dimension}, the number of complex zeros with multiplicity, "
        f"and its trace form counts {algebra.real} distinct real ones"
    )
    if algebra.real != len(found):
        return replace(found, completeness=Completeness.UNKNOWN, reason=f"{count}, but {len(found)} are listed")
    return replace(found, reason=f"{found.reason}; {count}")


def _make_result(tree: Tree, listed: Listed) -> FixedPoints:
    system = listed.system
    leaves = without_contained(tree.leaves, system.unknowns, system.signs)
    points = [p for leaf in leaves for s in listed.of(leaf) for p in _points_of(system, s)]
    points = list(dict.fromkeys(sorted(points, key=_order_key)))
    exceptional = exceptional_sets((one.equations for one in tree.exceptional), system.parametric, system.signs, system.stated)
    if not tree.unsolved:
        outside = " outside the exceptional sets named" if exceptional else ""
        status, reason = Completeness.PROVED, f"exhausted case split of {tree.cases} cases{outside}"
    else:
        status = Completeness.LOWER_BOUND if points else Completeness.UNKNOWN
        reason = f"{len(tree.unsolved)} of {tree.cases + len(tree.unsolved)} cases unsolved"
        if listed.programs.singular is None:
            reason += " (the built-in route alone; the extra algebra brings programs that may solve them)"
    return FixedPoints(system.flow, tuple(points), status, "; ".join([reason, *listed.programs.notes]), exceptional)


def _points_of(system: System, s: RealSolution) -> Iterator[FixedPoint]:
    """The point in the state of the flow; none where an assumption on it fails."""
    values = system.restore(s.values, s.site.free)
    conditions = [c.xreplace(values) for c in (*s.conditions, *system.relations)]
    if S.false not in conditions:
        own = {x: v for x, v in values.items() if x not in system.flow.state}
        stated = tuple(c for c in conditions if c != S.true)
        yield FixedPoint({x: values[x] for x in system.flow.state}, stated, dict(s.implicit), s.site, own)


def _order_key(point: FixedPoint):
    special = sum(isinstance(c, Eq) for c in point.conditions)
    return special, len(point.free), len(point.roots), len(point.site.roots)
