r"""Stationary fluctuations of stochastic gradient descent around a stable fixed point: covariance and mean.

Steps :math:`x\mapsto x+p,\ p\mapsto mp+\eta(F(x)+\xi)`, with noise :math:`\xi` of mean zero and covariance :math:`C`,
independent from step to step, turn the linear part :math:`A` of the flow into an autoregressive process, for small steps that
of Ornstein and Uhlenbeck.  The covariance :math:`\Sigma` of its positions solves a discrete Lyapunov equation, from which the
momenta are eliminated:

.. math:: (1-m)S+\eta A\Sigma A^T+m(AG+G^TA^T)+\eta C=0,\qquad S=A\Sigma+\Sigma A^T,\qquad
    G=\frac{\eta(\Sigma A^T-A\Sigma)}{2(1-m)}-\frac{\eta S}{2(1+m)} .

To leading order :math:`\Sigma=\frac\eta{1-m}\Sigma_1` with :math:`A\Sigma_1+\Sigma_1A^T+C=0`, and the curvature of the flow
moves the mean by :math:`\frac\eta{1-m}b`,

.. math:: Ab+\tfrac12F''[\Sigma_1]+c=0 .

Zero modes have no stationary fluctuations: the state diffuses along them.  With the projector :math:`Q` onto them along the
moving modes, :math:`A-Q` and :math:`(1-Q)C(1-Q)^T` take the place of :math:`A` and :math:`C`: covariance and mean are
*transverse*.  Where symmetries :math:`x\mapsto e^{\theta_jG_j}x` generate them, mean and covariance are those of the state
turned back to :math:`Q(x-x_*)=0`, and turning back adds, with :math:`Q\xi=\sum_ja_jG_jx_*`, the drift

.. math:: c=-\sum_j(1-Q)G_j\,E[a_j(1-Q)\xi]-\tfrac12\sum_{jk}E[a_ja_k](1-Q)G_jG_kx_* .

>>> from sympy import Matrix, symbols
>>> x = symbols("x", real=True)
>>> a, b, sigma = symbols("a b sigma", positive=True)
>>> print(fluctuations(Flow({x: -a * x - b * x**2}), {x: 0}, Matrix([[sigma**2]]), time_limit=None))
cov(x, x) = eta*sigma**2/(a*(2 - a*eta))
for small steps
cov(x, x) ~ eta*sigma**2/(2*a)
mean(x) ~ -b*eta*sigma**2/(2*a**2)
stable for steps with
if a*eta < 2

Fails: at a point that is not stable, or with zero modes that are degenerate.  The covariance is exact for linear flows and
noise that does not depend on the state; else both are of first order in the step.  Along a family that no symmetry generates
the state drifts, and the mean is not given.

Source: Uhlenbeck and Ornstein (1930); Mandt, Hoffman and Blei, *Stochastic Gradient Descent as Approximate Bayesian Inference*
(2017), for constant steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from numpy.typing import NDArray
from sympy import Expr, Function, ImmutableMatrix, MatrixBase, Pow, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.algebra.linear import BUDGET, OverBudget
from derivations.analysis.limits import run_within
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.maps.linear_part import LinearPart
from derivations.analysis.maps.steps import require_new_step, step_edge, widen_site
from derivations.analysis.points.places import place_of
from derivations.analysis.points.point import FixedPoint
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from derivations.vocabulary import eta
from theory.abridging import brief
from theory.errors import InputError
from theory.flow import Flow
from theory.stopgrad import as_expression

LONG = 200  # operations of all covariances up to which they are shown
cov, mean = Function("cov"), Function("mean")


@dataclass(frozen=True)
class Fluctuations(Shown):
    r"""Stationary covariance and mean around a fixed point, in the order of the flow's state.

    Attributes
    ----------
    covariance
        n × n, of the linear process at any stable step, transverse to zero modes; None where it grows beyond its budget.
    leading
        :math:`\frac\eta{1-m}\Sigma_1`, its first order in the step.
    shift
        of the mean from the fixed point (n × 1), to first order in the step; None where the state drifts along a family.
    conditions
        for the steps that are stable; without momentum.
    judged
        the stability of the point under the flow, with its zero modes.
    """

    exported = ("covariance", "leading", "shift", "conditions", ("flow", "judged"))

    flow: Flow
    covariance: ImmutableMatrix | None
    leading: ImmutableMatrix
    shift: ImmutableMatrix | None
    conditions: tuple[Relational, ...]
    judged: Stability

    def __hash__(self):
        return hash((self.covariance, self.leading, self.shift))

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return {"state": [str(x) for x in self.flow.state]} | super().to_dict()

    def rows(self) -> list[Row]:
        state, at = self.flow.state, self.judged.point
        named = {v: Symbol(f"{x}_0", real=True) for x, v in at.items() if v.has(Pow)}
        points = [row_of(x, v) for v, x in named.items()]
        pairs = [(i, j) for i, j in combinations_with_replacement(range(len(state)), 2) if self.leading[i, j] != 0]

        def covariances(matrix: ImmutableMatrix, relation: str) -> list[Row]:
            return [Row(cov(state[i], state[j]), matrix[i, j].xreplace(named), relation) for i, j in pairs]

        modes = [Row.text(f"transverse to a zero mode {mode.origin.value}") for mode in self.judged.zero_modes]
        exact = [Row.text("at finite steps: beyond the budget")]
        if self.covariance is not None:
            short = sum(e.count_ops() for e in self.covariance) <= LONG
            long = [Row.text("at finite steps: long, see the covariance itself")]
            exact = covariances(self.covariance, "=") if short else long
        shifts = () if self.shift is None else zip(state, self.shift, strict=True)
        moved = [Row(mean(x - at[x].xreplace(named)), s.xreplace(named), r"\simeq") for x, s in shifts]
        stable = [Row.text("stable for steps with"), *conditions_row(self.conditions)] if self.conditions else []
        return [*modes, *points, *exact, Row.text("for small steps"), *covariances(self.leading, r"\simeq"), *moved, *stable]


def fluctuations(
    flow: Flow,
    point: FixedPoint | Mapping[Symbol, Expr],
    noise: MatrixBase | Sequence[Sequence[Expr]],
    step: Symbol = eta,
    momentum: Expr = S.Zero,
    time_limit: float | None = 60,
    budget: int = BUDGET,
) -> Fluctuations:
    r"""The covariance and the mean of :math:`x\mapsto x+p,\ p\mapsto mp+\eta(F(x)+\xi)` around a fixed point of a flow.

    Parameters
    ----------
    flow, point, time_limit
        as in :func:`~derivations.analysis.linearisation.stability.stability`.
    noise
        :math:`C` (n × n), the covariance of the noise of one step's velocity, mobilities included, in the order of the state:
        symmetric, rational in the parameters and in the state at the point.  Under a symmetry of the flow it must turn with it.
    step
        the symbol :math:`\eta`, positive.
    momentum
        m, a number or a new symbol, from 0 on and below 1.
    budget
        terms that the stability analysis may hold.

    Raises
    ------
    InputError
        for a point that is not stable or has degenerate zero modes, a step as in
        :func:`~derivations.analysis.maps.steps.step_edge`, noise that is not a symmetric n × n matrix, and momenta outside.
    UnfinishedError
        at the time limit, or beyond the budget.
    """
    require_new_step(flow, step)
    rows = noise.tolist() if isinstance(noise, MatrixBase) else noise
    covariance = ImmutableMatrix([[as_expression(entry, "as an entry of the noise") for entry in row] for row in rows])
    momentum, n = as_expression(momentum, "as momentum"), len(flow.state)
    if covariance.shape != (n, n) or not (covariance - covariance.T).is_zero_matrix:
        raise InputError(f"noise as a symmetric {n} by {n} matrix", brief(noise), "give the covariance of a step's velocity")
    known = {*flow.state, *flow.parameters, step}
    if not (momentum.is_Rational and 0 <= momentum < 1) and not (momentum.is_Symbol and momentum not in known):
        raise InputError("a rational momentum from 0 on and below 1, or a new symbol", brief(momentum), "correct it")
    return run_within(time_limit, _fluctuations, flow, point, covariance, step, momentum, budget)


def _fluctuations(flow: Flow, point, noise: ImmutableMatrix, step: Symbol, momentum: Expr, budget: int) -> Fluctuations:
    edge = step_edge(flow, point, step, None, budget)
    if edge.edge == 0:
        raise InputError("a stable fixed point", edge.judged.verdict.value, "choose a point that the flow returns to")
    _, base, values = place_of(flow, point)
    new = sorted((noise.free_symbols | momentum.free_symbols | {step}) - set(base.ring.symbols), key=str)
    linear = LinearPart.of(flow, widen_site(base, *new), noise)
    explicit = {x: v for x, v in values.items() if v != x}

    def show_matrix(matrix: NDArray, factor: Expr = S.One) -> ImmutableMatrix:
        return ImmutableMatrix([[factor * _absorb_minus(e.expr().xreplace(explicit)) for e in line] for line in matrix])

    try:
        finite = linear.covariance(linear.number(step), linear.number(momentum))
    except OverBudget:
        finite = None
    unit, rate = linear.unit_covariance(), step / (1 - momentum)
    shift = linear.shift(unit)
    conditions = () if momentum else edge.conditions
    return Fluctuations(
        flow,
        None if finite is None else show_matrix(finite),
        show_matrix(unit, rate),
        None if shift is None else show_matrix(shift, rate),
        conditions,
        edge.judged,
    )


def _absorb_minus(e: Expr) -> Expr:
    """A product without its minus sign where a difference below can turn round instead."""
    turned = next((f for f in e.args if f.is_Pow and f.base.is_Add and f.exp == -1), None)
    return -e / turned / -turned.base if e.could_extract_minus_sign() and turned is not None else e
