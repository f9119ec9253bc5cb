r"""Gradient descent with a finite learning rate: the map :math:`x\mapsto x+\eta F(x)` at a fixed point of the flow.

The map has the fixed points of the flow, and multipliers :math:`1+\eta s` for the eigenvalues :math:`s` of the flow's Jacobian.
A step is stable iff :math:`|1+\eta s|<1` for all of them, transverse to families and symmetries (whose multiplier is 1):

.. math:: \eta<\eta_c=\min_s\frac{-2\operatorname{Re}s}{|s|^2}.

Of a factor :math:`c_0s^n+\dots+c_n` of the characteristic polynomial, with :math:`c_k>0`, the edge is :math:`2c_0/c_1` for
:math:`n=1` and :math:`(c_1-\sqrt{\max(0,c_1^2-4c_0c_2)})/c_2` for :math:`n=2`, which covers real and complex pairs.  For all
degrees the bilinear map :math:`1+\eta s=(1+\zeta)/(1-\zeta)` takes the disc to the left half plane:

.. math:: \sum_kc_k2^{n-k}\eta^k\zeta^{n-k}(1-\zeta)^k

is Hurwitz in :math:`\zeta` with positive leading coefficient iff the step is stable.  Its tests are those of Jury.

>>> from sympy import symbols
>>> x, y = symbols("x y", real=True)
>>> a, b = symbols("a b", positive=True)
>>> print(step_edge(Flow({x: -a * x - b * y, y: b * x - a * y}), {x: 0, y: 0}))
eta_c = 2*a/(a**2 + b**2)
stable for steps with
if 2*a > a**2*eta + b**2*eta

Fails: at a point with zero modes that neither a family nor a symmetry explains, where the linear part does not decide.  Steps
that differ between state variables are mobilities of the flow.

Source: E. I. Jury, *Theory and Application of the z-Transform Method* (1964).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import cycle
from math import comb
from string import ascii_lowercase

import numpy as np
from sympy import Expr, Max, Min, S, Symbol, sqrt
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import BUDGET
from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.limits import run_within
from derivations.analysis.linearisation.hurwitz import half_planes
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.zero_modes import Origin
from derivations.analysis.points.places import place_of
from derivations.analysis.points.point import FixedPoint
from derivations.analysis.sites.characteristic import Factor, characteristic_factors
from derivations.analysis.sites.conditions import independent_conditions, readable_relation, reduce_inequality
from derivations.analysis.sites.sign import NONPOSITIVE, POSITIVE
from derivations.analysis.sites.site import Site
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from derivations.vocabulary import eta
from theory.errors import InputError
from theory.flow import Flow


@dataclass(frozen=True)
class StepEdge(Shown):
    r"""The largest stable step at a fixed point.

    Attributes
    ----------
    step
        the symbol :math:`\eta`.
    edge
        :math:`\eta_c` in closed form where the point is stable under the flow; 0 where it is unstable, since no step mends
        that; None where a factor of degree three or more leaves no closed form.
    conditions
        relations between the step and the parameters: the step is stable iff all hold.  None hold for an unstable point.
    names
        what symbols in long conditions stand for.
    judged
        the stability under the flow, which :math:`\eta\to0` gives back.
    """

    exported = ("step", "edge", "conditions", "names", ("flow", "judged"))

    step: Symbol
    edge: Expr | None
    conditions: tuple[Relational, ...]
    judged: Stability
    names: Mapping[Symbol, Expr] = field(default_factory=dict)

    def __hash__(self):
        return hash((self.step, self.edge, self.conditions))

    def at(self, parameters: Mapping[Symbol, float]) -> float:
        r"""The edge at numbers for the parameters (and coordinates of a family): 0 where no step is stable.

        Raises
        ------
        InputError
            for a missing number.
        """
        moving = self.judged.eigenvalues_at(parameters)[len(self.judged.zero_modes) :]
        return max(0.0, min((-2 * s.real / abs(s) ** 2 if s else 0.0 for s in moving), default=np.inf))

    def rows(self) -> list[Row]:
        shown = [] if self.edge is None else [row_of(Symbol(f"{self.step.name}_c"), self.edge)]
        if self.edge == 0:
            return [*shown, Row.text("no step is stable: the flow is not")]
        named = [row_of(a, c) for a, c in self.names.items()]
        return [*shown, Row.text("stable for steps with"), *conditions_row(self.conditions), *named]


def step_edge(
    flow: Flow,
    point: FixedPoint | Mapping[Symbol, Expr],
    step: Symbol = eta,
    time_limit: float | None = 60,
    budget: int = BUDGET,
) -> StepEdge:
    r"""For which steps a fixed point of a flow is stable under :math:`x\mapsto x+\eta F(x)`.

    Parameters
    ----------
    flow, point, time_limit
        as in :func:`~derivations.analysis.linearisation.stability.stability`.
    step
        the symbol :math:`\eta`, positive.
    budget
        terms that the analysis may hold.

    Raises
    ------
    InputError
        for a step that stands in the flow already or is not positive, and as in
        :func:`~derivations.analysis.linearisation.stability.stability`; for zero modes that nothing explains.
    UnfinishedError
        at the time limit, or beyond the budget.
    """
    require_new_step(flow, step)
    return run_within(time_limit, _step_edge, flow, point, step, budget)


def require_new_step(flow: Flow, step: Symbol) -> None:
    """Raise :class:`~theory.errors.InputError` for a step that is no positive symbol of its own."""
    if not isinstance(step, Symbol) or not step.is_positive or step.name in {s.name for s in (*flow.state, *flow.parameters)}:
        raise InputError("a positive symbol that the flow does not hold as step", repr(step), "pass another in step=")


def _step_edge(flow: Flow, point: FixedPoint | Mapping[Symbol, Expr], step: Symbol, budget: int) -> StepEdge:
    judged = stability(flow, point, None, budget)
    if any(mode.origin is Origin.DEGENERATE for mode in judged.zero_modes):
        raise InputError(
            "a point whose zero modes come from a family or a symmetry", "a degenerate one", "choose other parameters"
        )
    if judged.verdict not in (Verdict.STABLE, Verdict.DEPENDS):
        return StepEdge(step, S.Zero, (S.false,), judged)
    _, site, values = place_of(flow, point)
    factors = [f for f in characteristic_factors(flow, site, budget) if not f.coefficients[-1].is_zero()]
    wide, disc = widen_site(site, step), []
    names: dict[Symbol, Expr] = {}
    for factor, letter in zip(factors, cycle(ascii_lowercase), strict=False):
        turned = _bilinear_transform(wide.ring, site.ring, factor)
        positive = wide.with_facts([(turned.coefficients[0], POSITIVE)])
        tests = half_planes(positive, turned, budget, letter)
        disc += [reduce_inequality(wide, wide.normal(turned.coefficients[0]), strict=True), *tests.conditions]
        names |= tests.names
    relations = independent_conditions(wide, [c for c in disc if c is not S.true])
    radicals = {x: v for x, v in values.items() if x not in flow.state}
    conditions = (c.xreplace(radicals) for c in map(readable_relation, relations))
    edges = [_closed_edge(site, factor, values) for factor in factors]
    closed = None if None in edges else Min(*edges)
    return StepEdge(step, closed, tuple(c for c in conditions if c is not S.true), judged, names)


def _bilinear_transform(ring: Ring, source: Ring, factor: Factor) -> Factor:
    r"""The polynomial in :math:`\zeta`, over the ring that has the step as its last symbol."""
    n, step = factor.degree, ring.gen(ring.symbols[-1])
    found = [ring.constant(0) for _ in range(n + 1)]  # by powers of zeta, from the highest
    for k, c in enumerate(factor.coefficients):
        part = ring.convert_from(c, source) * 2 ** (n - k) * step**k
        for j in range(k + 1):
            found[k - j] = found[k - j] + part * (comb(k, j) * (-1) ** j)
    return Factor(tuple(found), factor.multiplicity)


def _closed_edge(site: Site, factor: Factor, values: Mapping[Symbol, Expr]) -> Expr | None:
    """The edge of a Hurwitz factor; None beyond degree two."""
    explicit = {x: v for x, v in values.items() if v != x}

    def factored_quotient(top: Polynomial, bottom: Polynomial) -> Expr:
        n, d = site.rational(site.normal_fraction(top, bottom))
        return (site.ring.factored_expression(n) / site.ring.factored_expression(d)).xreplace(explicit)

    if factor.degree == 1:
        a, b = factor.coefficients
        return factored_quotient(2 * a, b)
    if factor.degree == 2:
        a, b, c = factor.coefficients
        discriminant = b * b - 4 * a * c
        sign = site.sign(discriminant)
        if sign <= NONPOSITIVE:
            return factored_quotient(b, c)
        radicand = factored_quotient(discriminant, c * c)
        return factored_quotient(b, c) - sqrt(radicand if sign == POSITIVE else Max(0, radicand))
    return None


def widen_site(site: Site, *symbols: Symbol) -> Site:
    """The site over a ring with more parameters."""
    wide = site.over(site.ring.extend(*symbols))
    return wide.with_facts((wide.ring.gen(s), POSITIVE) for s in symbols if s.is_positive)
