r"""What is asked of a point with a small parameter: exact values, the region in which they hold, and numbers for the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Equality, Expr, Integer, Rational, S, Symbol, oo
from sympy.core.relational import Relational

from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.identities import STILL
from derivations.analysis.expansions.moving import condition_for_small
from theory import require
from theory.abridging import brief
from theory.errors import InputError
from theory.flow import Flow
from theory.stopgrad import as_expression


def point_values(flow: Flow, point: Any) -> dict[Symbol, Expr]:
    """The values of the state at a point."""
    if not isinstance(flow, Flow) or flow.is_matrix:
        got = f"matrix state {flow.state}" if isinstance(flow, Flow) else type(flow).__name__
        raise InputError("a flow in scalars", got, "reduce it to amplitudes first")
    mapping = point if isinstance(point, Mapping) else getattr(point, "values", None)
    if not isinstance(mapping, Mapping):
        raise InputError("a point as mapping from state to expression", type(point).__name__, "write {v: ..., w: ...}")
    require.complete([s for s in flow.state if s not in mapping], "a value for every state", "add it to the point")
    if unknown := [s for s in mapping if s not in flow.state]:
        raise InputError(f"values of {', '.join(map(str, flow.state))}", f"{unknown[0]}", "leave it out of the point")
    return {s: _exact_expression(mapping[s], str(s)) for s in flow.state}


def region_at(flow: Flow, point: Any, small: Symbol) -> Region:
    """Where the flow's assumptions and the point's conditions hold, as they do for a small parameter → 0+."""
    stated = (*flow.assumptions, *getattr(point, "conditions", ()))
    if equations := [a for a in stated if isinstance(a, Equality)]:
        raise InputError("parameters that are independent", brief(equations[0]), "substitute it into the flow and the point")
    moving_symbols = set(getattr(point, "roots", ()))
    for c in (c for c in stated if isinstance(c, Relational) and small in c.free_symbols):
        others = Region(tuple(a for a in stated if a is not c), small)
        is_fixed = moving_symbols.isdisjoint(c.free_symbols) and (c.lhs - c.rhs).is_algebraic_expr(small)
        if is_fixed and condition_for_small(c, others, STILL) is S.false:
            raise InputError(f"conditions that hold as {small} -> 0+", f"{brief(c)}, which fails there", "choose another point")
    return Region(stated, small)


def _exact_expression(value: Any, name: str) -> Expr:
    expr = as_expression(value, f"for {name}")
    if not isinstance(expr, Expr) or any(a.is_Float for a in expr.atoms()) or expr.has(oo, -oo):
        raise InputError(f"an exact expression for {name}", brief(value), "write decimal numbers as Rational")
    return expr


def check_small(flow: Flow, small: Any) -> None:
    """A parameter of the flow that may be positive."""
    known = set(flow.parameters) - set(flow.state)
    if small not in known:
        names = ", ".join(map(str, flow.parameters)) or "no parameters"
        raise InputError("a small parameter of the flow", f"{small}", f"choose among: {names}")
    if small.is_positive is False:
        raise InputError("a small parameter that may be positive", f"{small}", "declare it with positive=True")


def check_fixed(flow: Flow, values: Mapping, region: Region) -> None:
    """A point at which nothing moves."""
    for state, velocity in flow.velocity.items():
        _exact_expression(velocity, f"the velocity of {state}")
        there = velocity.subs(values, simultaneous=True)
        if not there.is_finite and there.is_number:
            raise InputError(f"a finite velocity of {state} at the point", brief(there), "choose another point")
        if not vanishes(there, region):
            raise InputError("a fixed point", f"d{state}/dt = {brief(there)} there", "see fixed_points(flow)")


def parameters_of(flow: Flow, values: Mapping[Symbol, Expr]) -> set[Symbol]:
    """The parameters, and the coordinates of a family."""
    return set(flow.parameters).union(*(e.free_symbols for e in values.values()))


def given_numbers(symbols: set[Symbol], given: Mapping) -> dict[Symbol, Expr]:
    """Exact numbers of some of the parameters."""
    if unknown := [s for s in given if s not in symbols]:
        names = ", ".join(sorted(map(str, symbols))) or "none"
        raise InputError("values of parameters other than the small one", str(unknown[0]), f"the parameters are {names}")
    return {s: _given_number(s, v) for s, v in given.items()}


def _given_number(symbol: Symbol, value: Any) -> Rational:
    number = as_expression(value, f"for {symbol}")
    if not isinstance(number, Rational):
        raise InputError(f"a rational number for {symbol}", brief(value), "write it as Rational")
    refused = (symbol.is_positive and number <= 0) or (symbol.is_negative and number >= 0)
    if refused or (symbol.is_integer and not isinstance(number, Integer)) or (symbol.is_nonnegative and number < 0):
        raise InputError(f"a value that the assumptions on {symbol} allow", brief(number), "choose another one")
    return number
