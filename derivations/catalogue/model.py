r"""The flows of any scalar loss that a user writes: what stop-gradient deletes, curl, first integrals."""

from __future__ import annotations

import re
from itertools import combinations

import mpmath
import numpy as np
from sympy import Expr, Rational, Symbol

from derivations.checks import Check, Descent, Identity, random_values
from derivations.engine import Derivation, Step
from derivations.evaluate import Point
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import L
from theory import Flow, InputError, Loss
from theory.printing import tex

LARGEST_CURL = 6  # state variables up to which every curl entry is shown


def derive_model(loss: Loss, name: str) -> Derivation:
    """The checked derivation of the flows of a scalar loss.

    Raises
    ------
    InputError
        for a loss over matrices.
    """
    free = loss.gradient_flow()
    if free.is_matrix:
        raise InputError("a loss in scalars", f"matrix state {free.state}", "write a derivation of your own for it")
    stopped = loss.stop_gradient_flow()
    name = re.sub(r"[^\w-]", "_", name)
    steps = [
        _flow_step(loss, free, "gradient_flow", "The loss is descended with its markers read as the identity.", stop=False)
    ]
    if loss.is_marked:
        steps += [
            _flow_step(
                loss,
                stopped,
                "stop_gradient_flow",
                "The loss is descended with its marked parts held; the markers are then erased.",
                stop=True,
            ),
            _deleted_step(loss, free, stopped),
        ]
    steps += _structure_steps(stopped, steps[1 if loss.is_marked else 0].name)
    return Derivation(
        name=name,
        title=f"The flows of {name}",
        summary="Everything follows from the loss by differentiation; each formula is compared with numbers found without it.",
        steps=tuple(steps),
    )


def _flow_step(loss: Loss, flow: Flow, name: str, statement: str, stop: bool) -> Step:
    return Step(
        name,
        statement,
        "Differentiate; mobilities multiply the gradient, decays do not.",
        given=(Line(L, loss.expression if stop else loss.erased()),),
        after=velocity_lines(flow),
        check=lambda premises, after: Descent(
            loss.with_parts(expression=premises[L]), after.of(*map(dot, loss.state)).rights, _point_drawer(loss), stopped=stop
        ),
    )


def _deleted_step(loss: Loss, free: Flow, stopped: Flow) -> Step:
    gone = {_deleted_part(b): (free.velocity[b] - stopped.velocity[b]).expand().factor() for b in loss.state}

    def check(before: Lines, after: Lines) -> tuple[Check, ...]:
        shown = after.of(*gone)
        differences = (whole.right - kept.right for whole, kept in (before.of(dot(b)) for b in loss.state))
        return shown.equal(differences), Descent(loss, shown.rights, _point_drawer(loss), stopped=True, targets_only=True)

    return Step(
        "deleted",
        "Stop-gradient deletes the force on what is marked.",
        "Subtract the two flows.",
        before=(*velocity_lines(free), *velocity_lines(stopped)),
        after=tuple(Line(left, value) for left, value in gone.items()),
        uses=("gradient_flow", "stop_gradient_flow"),
        check=check,
    )


def _deleted_part(block: Symbol) -> Symbol:
    """The part of a velocity that stop-gradient deletes."""
    return Symbol(rf"{dot(block)}_{{\text{{deleted}}}}", real=True)


def _structure_steps(flow: Flow, followed: str) -> list[Step]:
    velocities, size = velocity_lines(flow), len(flow.state)
    pairs, curl = tuple(combinations(flow.state, 2)), flow.curl()
    steps = []
    if pairs and size <= LARGEST_CURL:
        steps.append(
            Step(
                "curl",
                "The flow is a gradient flow in the metric of its mobilities."
                if flow.is_gradient()
                else "The flow is no gradient flow in the metric of its mobilities.",
                "Antisymmetric part of the Jacobian of the velocity without its mobilities.",
                before=velocities,
                after=tuple(Line(_entry(a, b), curl[i, j]) for (i, a), (j, b) in combinations(enumerate(flow.state), 2)),
                uses=(followed,),
                check=lambda before, after: after.of(*(_entry(a, b) for a, b in pairs)).equal(
                    _curl_by_sympy(flow, before, a, b) for a, b in pairs
                ),
            )
        )
    integrals = _first_integrals(flow)
    if integrals:
        steps.append(
            Step(
                "first_integrals",
                "These quadratics are conserved, for all values of the parameters.",
                "Linear algebra over the coefficients of all monomials up to degree two.",
                before=velocities,
                after=tuple(Line(left, integral) for left, integral in integrals.items()),
                uses=(followed,),
                check=lambda before, after: [_conservation_check(after[left], flow, before) for left in integrals],
            )
        )
    return steps


def _first_integrals(flow: Flow) -> dict[Symbol, Expr]:
    """First integrals up to degree two, numbered; none are offered where a velocity is not rational."""
    rational = all(v.is_rational_function(*flow.state) for v in flow.velocity.values())
    return {Symbol(f"Q_{k}", real=True): q for k, q in enumerate(flow.conserved(), 1)} if rational else {}


def _entry(a: Symbol, b: Symbol) -> Symbol:
    """What an entry of the curl is called."""
    return Symbol(rf"\operatorname{{curl}}_{{{tex(a)},{tex(b)}}}", real=True)


def _curl_by_sympy(flow: Flow, velocities: Lines, a: Symbol, b: Symbol) -> Expr:
    """The same entry by SymPy's own derivative."""
    force_a, force_b = (velocities[dot(block)] / flow.mobility.get(block, 1) for block in (a, b))
    return force_a.diff(b) - force_b.diff(a)


def _conservation_check(integral: Expr, flow: Flow, velocities: Lines) -> Identity:
    """SymPy's own derivative along the flow vanishes, and the integral is no constant."""
    along = sum(integral.diff(b) * velocities[dot(b)] for b in flow.state)
    return Identity(((along, 0), (int(integral.free_symbols.isdisjoint(flow.state)), 0)))


def _point_drawer(loss: Loss):
    """Random admissible points: within the sign, the integers and the inequalities that are assumed of each symbol."""
    places = (loss.expression, *loss.mobility.values(), *loss.decay.values())
    symbols = sorted({*loss.state, *(s for place in places for s in place.free_symbols)}, key=str)

    def draw(rng: np.random.Generator) -> Point:
        return Point({s: _draw_value(s, loss, rng) for s in symbols})

    return draw


def _draw_value(symbol: Symbol, loss: Loss, rng: np.random.Generator):
    if symbol.is_integer:
        return mpmath.mpf(int(rng.integers(1, 6)))
    bounds = [a for a in loss.assumptions if a.free_symbols == {symbol} and a.is_Relational]
    low = max((a.rhs for a in bounds if a.rel_op in (">", ">=")), default=None)
    high = min((a.rhs for a in bounds if a.rel_op in ("<", "<=")), default=None)
    low = Rational(0 if symbol.is_nonnegative else -2) if low is None else low
    high = max(Rational(2), low + 2) if high is None else high
    margin = (high - low) / 100
    return random_values(rng, (), *(mpmath.mpf(int(end.p)) / int(end.q) for end in (low + margin, high - margin)))
