r"""Time scales of a flow near a fixed point, as expansions of its eigenvalues in a small parameter.

``time_scales(flow, point, small)`` expands the roots of the characteristic polynomial of the Jacobian (Newton polygon, exact
coefficients) and measures what each truncated series leaves out.  Rates are eigenvalues, so that decaying modes are
*negative*: :math:`e^{st}`, with time scale :math:`1/|\operatorname{Re}s|`.  A mode is slow if its real part vanishes faster
than the largest eigenvalue does.

Class-difference sector of the embedding model with a fraction φ of frustrated samples (notes, §2):

>>> from sympy import symbols
>>> from theory import Flow
>>> u, v = symbols("u v", real=True)
>>> eta, phi, n = symbols("eta phi n", positive=True)
>>> sector = Flow({v: -eta * (v - u), u: -eta * n * (u - (1 - phi) * v)})
>>> scales = time_scales(sector, {u: 0, v: 0}, small=phi, order=1, time_limit=None)
>>> print(scales)
as phi -> 0+, fast to slow:
s_1 ≃ -eta*(n + 1) + O(phi); fast; remainder of order 1, observed 1.000
s_2 ≃ -eta*n*phi/(n + 1) + O(phi**2); slow; remainder of order 2, observed 2.000
spectral gap: slow/fast ≃ n*phi/(n + 1)**2

A point that stays a root of a polynomial is expanded too, and each of its real branches has rates of its own.

When it fails: at a fixed small parameter a series says nothing by itself, see its measured remainder; where parameters decide
whether a real part vanishes there is no time scale.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import groupby
from typing import Any

import mpmath
from sympy import Equality, Expr, Integer, Ne, Rational, S, Symbol, nan, oo, zoo
from sympy.core.relational import Relational
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.algebra.algebraic import extension_of, numeric_value
from derivations.analysis.algebra.zero import Region, vanishes
from derivations.analysis.expansions.branch import Branch, PuiseuxExpansion
from derivations.analysis.expansions.identities import STILL, MovingSymbols
from derivations.analysis.expansions.moving import (
    Roots,
    condition_for_small,
    existence_conditions,
    list_roots,
    may_hold,
    moving_symbols,
    real_branches,
)
from derivations.analysis.expansions.puiseux import check_order, puiseux
from derivations.analysis.expansions.rates import Rate, TimeScales, leading_real_part
from derivations.analysis.expansions.remainder import Remainder, admissible_parameters, remainders
from derivations.analysis.expansions.series import Known, expand_series
from derivations.analysis.expansions.sides import signs_of
from derivations.analysis.limits import run_within
from derivations.analysis.points.places import place_of
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.sites.characteristic import characteristic_factors
from theory import require
from theory.abridging import brief
from theory.errors import InputError
from theory.flow import Flow
from theory.printing import plain
from theory.stopgrad import as_expression


def time_scales(
    flow: Flow,
    point: Any,
    small: Symbol,
    order: int = 2,
    parameters: Mapping[Symbol, Any] | None = None,
    branch: int | None = None,
    time_limit: float | None = 60,
) -> TimeScales:
    """The eigenvalues of the Jacobian at a fixed point, each as a Puiseux series in a small parameter.

    Parameters
    ----------
    flow
        scalar state, velocities whose Jacobian is algebraic in ``small``; ``flow.assumptions`` that are inequalities count.
    point
        state symbol to exact expression, or anything with such a mapping as ``values`` (and maybe relations as
        ``conditions``), as from :func:`derivations.analysis.points.fixed_points.fixed_points`.
    small
        the parameter that tends to 0 from above, all others being fixed.
    order
        the number of non-zero terms of each series.
    parameters
        exact values at which the remainders are measured, those not given being drawn at random (the same ones each time);
        they also choose a side where signs of radicands are not known.
    branch
        which real branch of a point that stays a root of a polynomial, where there are several; the error lists them.
    time_limit
        in seconds; None runs without limit in this process.

    Raises
    ------
    InputError
        for matrix flows, a point that is incomplete or not fixed, a small symbol that is no parameter of the flow, an order
        that is no positive integer, unknown or inadmissible parameters.
    UnfinishedError
        at the time limit, or where exact arithmetic leaves a valuation undecided.
    """
    return run_within(time_limit, _time_scales, flow, point, small, order, parameters or {}, branch)


def _time_scales(flow: Flow, point: Any, small: Symbol, order: int, parameters: Mapping, branch: int | None) -> TimeScales:
    check_order(order)
    values = _point_values(flow, point)
    _check_small(flow, small)
    region = _region_at(flow, point, small)
    symbols = _parameters_of(flow, values) - {small, *getattr(point, "roots", ())}
    given = _given_numbers(symbols, parameters)
    roots = _chosen_roots(point, region, branch, given) if getattr(point, "roots", None) else ()
    region = roots[-1].region if roots else region
    if all(r.branch.exact for r in roots):
        expansions = [_expand_at(flow, _insert_roots(values, roots, small), order, region)]
        held: Roots = ()
    else:
        expansions, held = list(_at_roots(flow, point, roots, order, region)), roots
    chosen = admissible_parameters(symbols, region, given)
    branches = [b for e in expansions for b in e]
    fastest = min(b.exponent for b in branches)
    rates = [_rate_of(b, r, fastest, region, given) for b, r in _measure_remainders(branches, small, chosen, held)]
    rates.sort(key=lambda rate: _speed_key(rate, chosen))
    nonzero = {e for expansion in expansions for e in expansion.assumed_nonzero}
    shown = tuple(r.grow_to(S(order)) for r in roots)
    return TimeScales(small, order, tuple(rates), _collect_assumptions(nonzero, rates, roots, region), shown)


def _expand_at(flow: Flow, values: Mapping[Symbol, Expr], order: int, region: Region) -> PuiseuxExpansion:
    """The eigenvalues at a point whose values are given."""
    _check_fixed(flow, values, region)
    return puiseux(characteristic_polynomial(flow, values), region.small, order, region.assumptions)


def _insert_roots(values: Mapping[Symbol, Expr], roots: Roots, small: Symbol) -> dict[Symbol, Expr]:
    known: dict[Symbol, Expr] = {r.symbol: r.series(small) for r in roots}
    return {x: v.xreplace(known) for x, v in values.items()}


def _chosen_roots(point: Any, region: Region, branch: int | None, given: Mapping[Symbol, Expr]) -> Roots:
    if not isinstance(point, FixedPoint):
        raise InputError("a point in radicals, or one that fixed_points gives", repr(point), "see fixed_points(flow)")
    found = [roots for roots in real_branches(point, region) if may_hold(roots, given)]
    if not found:
        got = f"no real root of {', '.join(map(str, point.roots.values()))} where it exists as {region.small} -> 0+"
        raise InputError("a point that exists for a small parameter", got, "choose another point or other parameters")
    if branch is None and len(found) == 1:
        return found[0]
    if type(branch) is not int or not 0 <= branch < len(found):
        listed = "; ".join(f"{k}: {list_roots(roots)}" for k, roots in enumerate(found))
        got = "no branch" if branch is None else f"branch={branch!r}"
        raise InputError(f"a branch of the point as {region.small} -> 0+ ({listed})", got, "choose one with branch=0")
    return found[branch]


def _at_roots(flow: Flow, point: FixedPoint, roots: Roots, order: int, region: Region) -> Iterator[PuiseuxExpansion]:
    """The eigenvalues at a moving point, for each irreducible factor of the characteristic polynomial there."""
    site, _, values = place_of(flow, point)
    others = {x: v for x, v in values.items() if x in {y for y, _ in site.roots} - {r.symbol for r in roots}}
    along = moving_symbols(roots)

    @cache
    def known_series(to: Expr) -> Known:
        series = along.series(to)
        return {**series, **{x: expand_series(v, region.small, to, region, series) for x, v in others.items()}}

    definitions = {**along.definitions, **{x: v.xreplace(along.definitions) for x, v in others.items()}}
    for factor in characteristic_factors(flow, site):
        rising = [site.ring.expr(c) for c in reversed(factor.coefficients)]
        found = puiseux(rising, region.small, order, region.assumptions, MovingSymbols(known_series, definitions))
        powers = (replace(b, power=b.power * factor.multiplicity) for b in found)
        yield replace(found, branches=tuple(powers))


def _collect_assumptions(
    nonzero: Iterable[Expr], rates: Iterable[Rate], roots: Roots, region: Region
) -> tuple[Relational, ...]:
    signs = {c for rate in rates for c in rate.real.assumed}.union(existence_conditions(roots))
    sides = {e for c in signs for e in (c.lhs, -c.lhs)}
    open_ones = (e for e in set(nonzero) - sides if 0 in signs_of(e, region))
    return (*(Ne(e, 0) for e in sorted(open_ones, key=plain)), *sorted(signs, key=plain))


def _rate_of(branch: Branch, remainder: Remainder, fastest: Expr, region: Region, given: Mapping[Symbol, Expr]) -> Rate:
    real = leading_real_part(branch, region, given)
    # The real part is O(ε**exponent) even where its coefficient is not known.
    is_slow = True if real.exponent > fastest else None if real.coefficient is None else False
    return Rate(branch, region.small, real, remainder, is_slow)


def _speed_key(rate: Rate, chosen: Mapping[Symbol, Expr]) -> tuple:
    """A key that puts fast before slow: by exponents, equal ones by size at given parameters."""
    coefficient = dict(rate.branch.terms).get(rate.real.exponent, rate.coefficient)
    with mpmath.workdps(30):
        size = abs(mpmath.re(numeric_value(coefficient, {s: mpmath.mpf(v.p) / v.q for s, v in chosen.items()})))
    return rate.real.exponent, rate.exponent, -size


def characteristic_polynomial(flow: Flow, values: Mapping[Symbol, Expr]) -> list[Expr]:
    """The coefficients of det(s - Jacobian), by rising power of s."""
    jacobian = flow.jacobian().subs(values, simultaneous=True)
    if jacobian.has(nan, zoo, oo, -oo):
        raise InputError("a flow that is differentiable at the point", brief(jacobian.tolist()), "choose another point")
    entries, field = extension_of(jacobian)
    elements = [field.field.from_expr(e) for e in entries]
    size = len(flow.state)
    rows = [elements[i * size : (i + 1) * size] for i in range(size)]
    found = DomainMatrix(rows, (size, size), field.field.to_domain()).charpoly()
    return [field.restore(field.element(c.as_expr())) for c in reversed(found)]


def _measure_remainders(
    branches: Iterable[Branch], small: Symbol, chosen: Mapping, roots: Roots
) -> Iterator[tuple[Branch, Remainder]]:
    for _, group in groupby(branches, key=lambda b: b.factor):
        together = list(group)
        yield from zip(together, remainders(together, small, chosen, roots), strict=True)


# -- input --------------------------------------------------------------------------------------------------------------


def _point_values(flow: Flow, point: Any) -> dict[Symbol, Expr]:
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


def _region_at(flow: Flow, point: Any, small: Symbol) -> Region:
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


def _check_small(flow: Flow, small: Any) -> None:
    known = set(flow.parameters) - set(flow.state)
    if small not in known:
        names = ", ".join(map(str, flow.parameters)) or "no parameters"
        raise InputError("a small parameter of the flow", f"{small}", f"choose among: {names}")
    if small.is_positive is False:
        raise InputError("a small parameter that may be positive", f"{small}", "declare it with positive=True")


def _check_fixed(flow: Flow, values: Mapping, region: Region) -> None:
    for state, velocity in flow.velocity.items():
        _exact_expression(velocity, f"the velocity of {state}")
        there = velocity.subs(values, simultaneous=True)
        if not there.is_finite and there.is_number:
            raise InputError(f"a finite velocity of {state} at the point", brief(there), "choose another point")
        if not vanishes(there, region):
            raise InputError("a fixed point", f"d{state}/dt = {brief(there)} there", "see fixed_points(flow)")


def _parameters_of(flow: Flow, values: Mapping[Symbol, Expr]) -> set[Symbol]:
    """The parameters, and the coordinates of a family."""
    return set(flow.parameters).union(*(e.free_symbols for e in values.values()))


def _given_numbers(symbols: set[Symbol], given: Mapping) -> dict[Symbol, Expr]:
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
