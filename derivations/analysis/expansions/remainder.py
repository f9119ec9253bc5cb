r"""What a truncated Puiseux series leaves out, measured at high precision for shrinking ε.

At admissible rational parameters the polynomial is solved by mpmath, each root is matched to its series, and the slope of
log|error| against log ε is the observed order; the stated one is the next exponent of the expansion.  Nothing here uses the
expansion but its terms, and where roots cannot be told apart, or the slope has not settled, no order is observed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log10
from statistics import linear_regression
from typing import Any

import mpmath
from sympy import Expr, Rational, S, Symbol, oo

from derivations.analysis.algebra.algebraic import abstract, generator_values, numeric_value, polynomial_roots, roots_at
from derivations.analysis.algebra.zero import Region, draw_point
from derivations.analysis.expansions.branch import Branch
from derivations.analysis.expansions.moving import Roots, values_at
from derivations.typeset.any_root import AnyRoot
from derivations.typeset.plain_values import plain_fields
from theory.abridging import Brief, brief
from theory.errors import UnfinishedError
from theory.printing import plain

DIGITS = 50  # beyond those that the smallest error takes
STEPS, EARLIEST = range(2, 41, 2), 12  # ε = 10**-k, down to at least the second: constants may be large
SETTLED, FITTED, APART = 0.004, 4, 4  # spread of local slopes; samples in the fit; the next root is so much farther


@dataclass(frozen=True)
class SeriesRemainder(Brief):
    """The order of a remainder, stated and observed.

    Attributes
    ----------
    stated_order
        the exponent of the first term left out; oo for a series that is exact.
    observed_order
        the fitted slope, or None with a ``reason``.  For an exact series there is no slope: its samples are rounding errors.
    samples
        pairs (ε, largest error of the roots of this branch).
    parameters
        the values at which it was measured.
    """

    stated_order: Expr
    observed_order: float | None
    samples: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    parameters: Mapping[Symbol, Expr] = field(default_factory=dict, hash=False)
    reason: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether the orders agree within 0.15; None where none was observed."""
        if self.observed_order is None:
            return None
        return bool(abs(self.observed_order - float(self.stated_order)) < 0.15)

    def __str__(self):
        if self.stated_order is oo:
            return self.reason
        seen = f"observed {self.observed_order:.3f}" if self.observed_order is not None else f"none observed: {self.reason}"
        return f"remainder of order {brief(self.stated_order)}, {seen}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; expressions as text."""
        return plain_fields(self, ("stated_order", "observed_order", "samples", "parameters", "reason"))


def admissible_parameters(
    symbols: set[Symbol], region: Region, fixed: Mapping | None = None, seed: int = 0
) -> dict[Symbol, Expr]:
    """Values of the parameters at which a region's inequalities hold for small ε."""
    point = draw_point(symbols | {region.small} if region.small else symbols, region, seed, fixed)
    return {s: v for s, v in point.items() if s != region.small}


def remainders(
    branches: Sequence[Branch], small: Symbol, parameters: Mapping[Symbol, Expr], roots: Roots = ()
) -> list[SeriesRemainder]:
    """The remainders of all branches of one square-free factor, at given parameters, the factor being taken at roots."""
    errors: list[list[tuple[Rational, Any]]] = [[] for _ in branches]
    reasons = [""] * len(branches)
    for k in STEPS:
        if k > EARLIEST and all(_slopes_agree(branch, e) for branch, e in zip(branches, errors, strict=True)):
            break
        for i, found in enumerate(_branch_errors(branches, small, parameters, k, roots)):
            if isinstance(found, str):
                errors[i], reasons[i] = [], found
            else:
                errors[i].append((Rational(1, 10**k), found))
    return [_fit_remainder(b, e, parameters, r) for b, e, r in zip(branches, errors, reasons, strict=True)]


def _fit_remainder(branch: Branch, errors: list, parameters: Mapping, reason: str) -> SeriesRemainder:
    samples = tuple((float(x), float(e)) for x, e in errors)
    if branch.exact:
        wrong = [e for _, e in errors if e > mpmath.mpf(10) ** (-DIGITS // 2)]
        text = "a term is missing: the series is not exact" if wrong else reason or "exact: nothing is left out"
        return SeriesRemainder(branch.next_exponent, None, samples, parameters, text)
    if not _slopes_agree(branch, errors):
        return SeriesRemainder(branch.next_exponent, None, samples, parameters, reason or "the slope has not settled")
    return SeriesRemainder(branch.next_exponent, _fit_slope(errors[-FITTED:]), samples, parameters)


def _slopes_agree(branch: Branch, errors: list) -> bool:
    """Whether the last local slopes agree."""
    if len(errors) < FITTED or branch.exact:
        return branch.exact
    if any(e == 0 for _, e in errors[-FITTED:]):
        return False
    slopes = [_fit_slope(pair) for pair in pairwise(errors[-FITTED:])]
    return max(slopes) - min(slopes) < SETTLED


def _fit_slope(errors: Sequence) -> float:
    return linear_regression([-log10(x.q) for x, _ in errors], [float(mpmath.log10(e)) for _, e in errors]).slope


# -- one ε --------------------------------------------------------------------------------------------------------------


def _branch_errors(branches: Sequence[Branch], small: Symbol, parameters: Mapping, k: int, moving: Roots) -> list:
    """The largest error of each branch at ε = 10**-k, or why there is none."""
    exponents = [e for b in branches for e in (*(e for e, _ in b.terms), b.next_exponent) if e.is_finite]
    digits = DIGITS + 2 * k * int(max([abs(e) for e in exponents], default=S.One) + 1)
    with mpmath.workdps(digits):
        point = {s: mpmath.mpf(v.p) / v.q for s, v in parameters.items()} | {small: mpmath.mpf(10) ** -k}
        try:
            point = values_at(moving, point)
            roots = _factor_roots(branches[0].factor, point)
            values = [_series_values(b, small, point) for b in branches]
        except UnfinishedError as problem:
            return [str(problem)] * len(branches)
        return [_branch_error(i, branches, values, roots) for i in range(len(branches))]


def _factor_roots(factor: Sequence[Expr], point: Mapping) -> list:
    return polynomial_roots([numeric_value(a, point) for a in reversed(factor)])


def _series_values(branch: Branch, small: Symbol, point: Mapping) -> list:
    """The values of the truncated series, one for each conjugate."""
    series = branch.series(small)
    chosen = sorted(series.atoms(AnyRoot), key=plain)
    if len(chosen) > 1:
        raise UnfinishedError("roots over roots of polynomials are not told apart numerically")
    if not chosen:
        return [numeric_value(series, point)]
    *_, generator = abstract(chosen)[1]
    choices = roots_at(generator, {**point, **generator_values(abstract(chosen)[1], point)})
    return [numeric_value(series, {**point, chosen[0]: root}) for root in choices]


def _branch_error(i: int, branches: Sequence[Branch], values: list[list], roots: list):
    """The error of branch i: of the roots next to its value, shared among the branches of equal terms by rising order."""
    same = [b for b in range(len(branches)) if branches[b].terms == branches[i].terms]
    same.sort(key=lambda b: branches[b].next_exponent)
    counts = [branches[b].count for b in same]
    start = sum(counts[: same.index(i)])
    found = [_nearest_distances(value, roots, sum(counts)) for value in values[i]]
    if any(distances is None for distances in found):
        return "the roots next to the series could not be told apart from others"
    return max(distances[start] for distances in found if distances)


def _nearest_distances(value, roots: list, count: int) -> list | None:
    """The distances of the ``count`` nearest roots, the largest first; None where the next one is not well apart."""
    distances = sorted(abs(root - value) for root in roots)
    if len(distances) > count and not distances[count - 1] * APART < distances[count]:
        return None
    return distances[:count][::-1]
