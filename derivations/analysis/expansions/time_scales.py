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
from sympy import Expr, Ne, S, Symbol, nan, oo, zoo
from sympy.core.relational import Relational
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.algebra.algebraic import extension_of, numeric_value
from derivations.analysis.algebra.zero import Region
from derivations.analysis.expansions.branch import Branch, PuiseuxExpansion
from derivations.analysis.expansions.identities import MovingSymbols
from derivations.analysis.expansions.moving import (
    Roots,
    existence_conditions,
    list_roots,
    may_hold,
    moving_symbols,
    real_branches,
)
from derivations.analysis.expansions.puiseux import check_order, puiseux
from derivations.analysis.expansions.question import (
    check_fixed,
    check_small,
    given_numbers,
    parameters_of,
    point_values,
    region_at,
)
from derivations.analysis.expansions.rates import Rate, TimeScales, leading_real_part
from derivations.analysis.expansions.remainder import SeriesRemainder, admissible_parameters, remainders
from derivations.analysis.expansions.series import Known, expand_series
from derivations.analysis.expansions.sides import signs_of
from derivations.analysis.limits import run_within
from derivations.analysis.points.places import place_of
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.sites.characteristic import characteristic_factors
from theory.abridging import brief
from theory.errors import InputError
from theory.flow import Flow
from theory.printing import plain

ORDER = 2  # of a series: its terms that are not zero


def time_scales(
    flow: Flow,
    point: Any,
    small: Symbol,
    order: int = ORDER,
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


def time_scales_by_branch(
    flow: Flow,
    point: FixedPoint,
    small: Symbol,
    parameters: Mapping[Symbol, Any] | None = None,
    time_limit: float | None = 60,
) -> tuple[TimeScales, ...]:
    """The same on each real branch, as the small parameter tends to 0, of a point that stays a root of a polynomial.

    Branches that do not exist at the exact values of other parameters are left out.

    Raises
    ------
    InputError
        as :func:`time_scales`, and for a point that has no branch.
    UnfinishedError
        at the time limit, or where exact arithmetic leaves something undecided.
    """
    return run_within(time_limit, _by_branch, flow, point, small, parameters or {})


def _by_branch(flow: Flow, point: FixedPoint, small: Symbol, parameters: Mapping) -> tuple[TimeScales, ...]:
    check_small(flow, small)
    given = given_numbers(parameters_of(flow, point.values) - {small, *point.roots}, parameters)
    count = len(_branches(point, region_at(flow, point, small), given))
    return tuple(_time_scales(flow, point, small, ORDER, parameters, k) for k in range(count))


def _time_scales(flow: Flow, point: Any, small: Symbol, order: int, parameters: Mapping, branch: int | None) -> TimeScales:
    check_order(order)
    values = point_values(flow, point)
    check_small(flow, small)
    region = region_at(flow, point, small)
    symbols = parameters_of(flow, values) - {small, *getattr(point, "roots", ())}
    given = given_numbers(symbols, parameters)
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
    check_fixed(flow, values, region)
    return puiseux(characteristic_polynomial(flow, values), region.small, order, region.assumptions)


def _insert_roots(values: Mapping[Symbol, Expr], roots: Roots, small: Symbol) -> dict[Symbol, Expr]:
    known: dict[Symbol, Expr] = {r.symbol: r.series(small) for r in roots}
    return {x: v.xreplace(known) for x, v in values.items()}


def _chosen_roots(point: Any, region: Region, branch: int | None, given: Mapping[Symbol, Expr]) -> Roots:
    if not isinstance(point, FixedPoint):
        raise InputError("a point in radicals, or one that fixed_points gives", repr(point), "see fixed_points(flow)")
    found = _branches(point, region, given)
    if branch is None and len(found) == 1:
        return found[0]
    if type(branch) is not int or not 0 <= branch < len(found):
        listed = "; ".join(f"{k}: {list_roots(roots)}" for k, roots in enumerate(found))
        got = "no branch" if branch is None else f"branch={branch!r}"
        raise InputError(f"a branch of the point as {region.small} -> 0+ ({listed})", got, "choose one with branch=0")
    return found[branch]


def _branches(point: FixedPoint, region: Region, given: Mapping[Symbol, Expr]) -> list[Roots]:
    """The real branches that do not fail to exist at given numbers.

    Raises
    ------
    InputError
        where there are none.
    """
    found = [roots for roots in real_branches(point, region) if may_hold(roots, given)]
    if not found:
        got = f"no real root of {', '.join(map(str, point.roots.values()))} where it exists as {region.small} -> 0+"
        raise InputError("a point that exists for a small parameter", got, "choose another point or other parameters")
    return found


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


def _rate_of(branch: Branch, remainder: SeriesRemainder, fastest: Expr, region: Region, given: Mapping[Symbol, Expr]) -> Rate:
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
    elements = [field.read(e) for e in entries]
    size = len(flow.state)
    rows = [elements[i * size : (i + 1) * size] for i in range(size)]
    found = DomainMatrix(rows, (size, size), field.field.to_domain()).charpoly()
    return [field.restore(field.element(c.as_expr())) for c in reversed(found)]


def _measure_remainders(
    branches: Iterable[Branch], small: Symbol, chosen: Mapping, roots: Roots
) -> Iterator[tuple[Branch, SeriesRemainder]]:
    for _, group in groupby(branches, key=lambda b: b.factor):
        together = list(group)
        yield from zip(together, remainders(together, small, chosen, roots), strict=True)
