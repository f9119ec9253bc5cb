r"""The fixed points of a flow as the real zeros of a polynomial system.

Numerators of the velocities vanish, their denominators do not.  A root :math:`P^{1/q}` and an exponential :math:`e^{cx}` of the
state are unknowns of their own (:mod:`derivations.analysis.algebra.auxiliaries`); a state variable that enters through
exponentials alone is replaced by its exponential.  What is known of the signs of unknowns *conditions* a zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sympy import And, Expr, Symbol, exp, log
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from derivations.analysis.algebra.auxiliaries import NUMERICALLY, Exponential, Radical, auxiliaries
from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members
from derivations.analysis.sites.assumptions import RELATIONS, signs_from, symbol_signs
from derivations.analysis.sites.sign import NONZERO, POSITIVE, UNKNOWN, ZERO, Sign
from derivations.analysis.sites.signs import Signs
from theory.errors import InputError
from theory.flow import Flow


@dataclass(frozen=True)
class System:
    """The equations and inequalities of the fixed points of a flow.

    Attributes
    ----------
    ring
        of the unknowns, the auxiliary ones first, and the parameters.
    unknowns
        the symbols to be solved for.
    stated
        the signs that assumptions state, of unknowns and of parameters.
    relations
        assumptions on the state that hold functions other than rational ones of the unknowns.
    """

    flow: Flow
    ring: Ring
    unknowns: tuple[Symbol, ...]
    stated: Signs
    relations: tuple[Relational, ...]

    @cached_property
    def velocities(self) -> list[tuple[Polynomial, Polynomial]]:
        return [self.ring.fraction(v) for v in self.flow.velocity.values()]

    @cached_property
    def equations(self) -> tuple[Polynomial, ...]:
        """Polynomials that vanish at the fixed points, first the one of each unknown."""
        own = {x: top for x, (top, _) in zip(self.flow.state, self.velocities, strict=True)}
        own |= {r.symbol: self.definition(r) for r in self.radicals} | {
            e.symbol: own[x] for x, e in self.replaced_state.items()
        }
        held = [p for p, sign in (*self.stated.facts, *self.stated.products) if sign == ZERO and self.holds_unknowns(p)]
        return (*(own[x] for x in self.unknowns if x in own), *held)

    @cached_property
    def denominators(self) -> tuple[Polynomial, ...]:
        """The irreducible factors of what is divided by: of velocities, of radicands, and rates of exponentials."""
        every = [bottom for _, bottom in self.velocities]
        every += [self.ring.fraction(r.base)[1] for r in self.radicals]
        every += [p for e in self.exponentials for p in self.ring.fraction(e.rate)]
        return distinct_members(f for p in every for f in self.ring.factors(p))

    @cached_property
    def signs(self) -> Signs:
        """What is known of signs where the velocities are defined."""
        return self.stated.learn_all((p, NONZERO) for p in self.denominators)

    @property
    def radicals(self) -> tuple[Radical, ...]:
        return tuple(a for a in self.ring.auxiliaries if isinstance(a, Radical))

    @property
    def exponentials(self) -> tuple[Exponential, ...]:
        return tuple(a for a in self.ring.auxiliaries if isinstance(a, Exponential))

    @property
    def replaced_state(self) -> dict[Symbol, Exponential]:
        """The state variables that are no unknowns, by their exponentials."""
        return {e.variable: e for e in self.exponentials if e.variable not in self.unknowns}

    @property
    def parametric(self) -> tuple[Polynomial, ...]:
        """The denominators that hold parameters alone."""
        return tuple(p for p in self.denominators if not self.holds_unknowns(p))

    @property
    def is_plain(self) -> bool:
        """Whether every real zero at which no denominator vanishes is a fixed point."""
        facts = (*self.stated.facts, *self.stated.products)
        return not self.ring.auxiliaries and not self.relations and not any(self.holds_unknowns(p) for p, _ in facts)

    def check_algebraic(self) -> None:
        """Raise :class:`InputError` where a state variable enters both by itself and through an exponential."""
        for e in self.exponentials:
            if e.variable in self.unknowns:
                raise InputError(
                    "velocities that are algebraic in the state, or in exponentials of it",
                    f"{e.variable} both by itself and in {e.definition}",
                    f"its fixed points solve a transcendental equation: {NUMERICALLY}; one at {e.variable} = 0 may be "
                    "given to stability(flow, {...})",
                )

    def definition(self, r: Radical) -> Polynomial:
        """What vanishes by the definition of a root."""
        top, bottom = self.ring.fraction(r.base)
        return bottom * self.ring.gen(r.symbol) ** r.order - top

    def restore(self, values: Mapping[Symbol, Expr], coordinates: Collection[Symbol]) -> dict[Symbol, Expr]:
        """Values of the unknowns, and of the state variables that they replace; both by the coordinates of a family."""
        free = {e.symbol: e.definition for e in self.replaced_state.values() if e.symbol in coordinates}
        found = {x: v.xreplace(free) for x, v in values.items()}
        for x, e in self.replaced_state.items():
            found[x] = x if e.symbol in free else log(found[e.symbol]) / e.rate
        return found

    def complete_values(self, values: Mapping[Symbol, Expr]) -> dict[Symbol, Expr]:
        """Values of the state, and at them those of the variables that stand for roots and exponentials.

        Raises
        ------
        InputError
            where an exponential takes a value that is not algebraic.
        """
        found = dict(values)
        for e in self.exponentials:
            x = values[e.variable]
            found[e.symbol] = e.symbol if x == e.variable else exp((e.rate * x.rewrite(log)).expand())
            if found[e.symbol].has(exp):
                raise InputError(f"a point at which {e.definition} is algebraic", str(found[e.symbol]), NUMERICALLY)
        for r in self.radicals:
            found[r.symbol] = r.definition.xreplace(values)
        return found

    def holds_unknowns(self, p: Polynomial) -> bool:
        """Whether a polynomial speaks of more than parameters."""
        return not self.ring.present(p).isdisjoint(self.unknowns)


def system_of(flow: Flow) -> System:
    """The system of a flow.

    Raises
    ------
    InputError
        for a flow outside the supported class, or assumptions that contradict each other.
    """
    if not isinstance(flow, Flow):
        raise InputError("a Flow", type(flow).__name__, "use Loss.gradient_flow(), Loss.stop_gradient_flow() or Flow({x: ...})")
    if flow.is_matrix:
        raise InputError("a flow in scalars", f"matrix state {flow.state}", "reduce it to amplitudes with reduce_to_modes")
    return _system_of(flow)


@lru_cache(maxsize=64)
def _system_of(flow: Flow) -> System:
    assumed = {s for a in flow.assumptions for s in a.free_symbols} - {*flow.state, *flow.parameters}
    parameters = (*flow.parameters, *sorted((s for s in assumed if isinstance(s, Symbol)), key=str))
    found = auxiliaries(flow.velocity.values(), flow.state, {str(s) for s in (*flow.state, *parameters)})
    first = tuple(a.symbol for a in reversed(found))
    whole = Ring((*first, *flow.state, *parameters), found)
    replaced = _find_replaced(whole, flow)
    unknowns = (*first, *(x for x in flow.state if x not in replaced))
    ring = Ring((*unknowns, *parameters), found)
    parts = tuple(part for a in flow.assumptions for part in And.make_args(a))
    others = tuple(part for part in parts if _is_other(part, flow, ring))
    signs = signs_from(ring, (part for part in parts if part not in others))
    for a in found:
        signs = signs.learn_all(_exponential_sign(ring, a, replaced) if isinstance(a, Exponential) else _strict_signs(signs, a))
    return System(flow, ring, unknowns, signs, others)


def _find_replaced(ring: Ring, flow: Flow) -> frozenset[Symbol]:
    """The state variables that occur in exponentials alone."""
    exponentials = [a for a in ring.auxiliaries if isinstance(a, Exponential)]
    radicands = [a.base for a in ring.auxiliaries if isinstance(a, Radical)]
    held = frozenset[Symbol]().union(
        *(ring.present(p) for e in (*flow.velocity.values(), *radicands) for p in ring.fraction(e))
    )
    return frozenset(e.variable for e in exponentials) - held


def _exponential_sign(ring: Ring, e: Exponential, replaced: frozenset[Symbol]) -> Iterator[tuple[Polynomial, Sign]]:
    r"""The sign of :math:`x` as one of :math:`c(e^{cx}-1)`."""
    sign = symbol_signs(e.variable)
    if e.variable in replaced and sign != UNKNOWN:
        top, bottom = ring.fraction(e.rate)
        yield top * bottom * (ring.gen(e.symbol) - 1), sign


def _strict_signs(signs: Signs, r: Radical) -> Iterator[tuple[Polynomial, Sign]]:
    """A root of what is positive is so."""
    top, bottom = signs.ring.fraction(r.base)
    if signs.of(top * bottom) == POSITIVE:
        yield signs.ring.gen(r.symbol), POSITIVE


def _is_other(part: Boolean, flow: Flow, ring: Ring) -> bool:
    """Whether an assumption speaks of the state and no polynomial of the ring states it."""
    return type(part) in RELATIONS and not part.free_symbols.isdisjoint(flow.state) and not is_readable(ring, part)


def is_readable(ring: Ring, relation: Relational) -> bool:
    """Whether both sides are rational in the symbols of the ring."""
    try:
        ring.fraction(relation.lhs - relation.rhs)
    except InputError:
        return False
    return True
