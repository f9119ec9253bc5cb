r"""Balances: identities that leave no fixed point but collapsed ones.

A *balance* of a flow is :math:`\sum_Bc_B\operatorname{tr}(B^T\dot B)=-2E` at unit mobilities, with a sum of squares
:math:`E=\tfrac12\sum_{ia}J_{ia}\lVert l_i-r_a\rVert^2` on the right.  Where the velocity vanishes, for whatever positive
mobilities, :math:`E=0`, so that :math:`l_i=r_a` wherever :math:`J_{ia}>0`: on a connected graph all are one point.  (Without
stops and head it is Euler's theorem for the quadratic loss.)  The weights solve a linear system, one equation for each trace.

>>> from theory import models
>>> model = models.embedding_only()
>>> print(balance_of(model, [model.views]))
Trace(X.T*Xdot) + Trace(Y.T*Ydot) = -sum J |X - Y|^2

Fails: with decay, which is left out; for losses that are not trace polynomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Add, Dummy, Expr, MatMul, MatrixExpr, MatrixSymbol, S, Trace, linsolve

from theory.abridging import Brief
from theory.flow import Flow
from theory.loss import Loss
from theory.models.vocabulary import Y, coupling_energy
from theory.printing import plain
from theory.words import expand_traces

Link = tuple[MatrixExpr, MatrixExpr]


@dataclass(frozen=True, eq=False)
class Balance(Brief):
    """Weights of the blocks, and the links (sample side, label side) whose squares stand on the right."""

    weights: Mapping[MatrixSymbol, Expr]
    links: tuple[Link, ...]

    @property
    def observable(self) -> MatrixExpr:
        """What is one point at a fixed point: the labels, where a link holds them bare, else their projection."""
        sides = [right for _, right in self.links]
        return Y if Y in sides else sides[0]

    @property
    def left(self) -> Expr:
        """The weighted traces, velocities as symbols with a dot."""
        return Add(*(c * Trace(MatMul(B.T, MatrixSymbol(f"{B.name}dot", *B.shape))) for B, c in self.weights.items()))

    @property
    def right(self) -> Expr:
        """Minus the sum of the squares."""
        return -2 * Add(*(coupling_energy(*link) for link in self.links))

    def __str__(self):
        squares = " - ".join(f"sum J |{plain(left)} - {plain(right)}|^2" for left, right in self.links)
        return f"{plain(self.left)} = -{squares}"


def undamped_flow(loss: Loss) -> Flow:
    """The stop-gradient flow at unit mobilities, without decay."""
    return Loss(loss.expression, loss.state, assumptions=loss.assumptions).stop_gradient_flow()


def balance_of(loss: Loss, links: Sequence[Link]) -> Balance | None:
    """A balance with the squares of as many of the links as possible, or None where there is none."""
    flow = undamped_flow(loss)
    virials = {B: _trace_coefficients(Trace(MatMul(B.T, F)), flow) for B, F in flow.velocity.items()}
    for chosen in _link_choices(links):
        squares = _trace_coefficients(2 * sum(coupling_energy(*link) for link in chosen), flow)
        weights = {B: Dummy(B.name) for B in virials}
        traces = set(squares).union(*virials.values())
        equations = [sum(weights[B] * f.get(t, 0) for B, f in virials.items()) + squares.get(t, 0) for t in traces]
        for solution in linsolve(equations, *weights.values()):
            free = dict.fromkeys(solution.free_symbols, S.Zero)
            found = {B: c.xreplace(free) for B, c in zip(weights, solution, strict=True)}
            return Balance({B: c for B, c in found.items() if c != 0}, chosen)
    return None


def _link_choices(links: Sequence[Link]) -> Iterable[tuple[Link, ...]]:
    return (chosen for count in range(len(links), 0, -1) for chosen in combinations(links, count))


def _trace_coefficients(expr: Expr, flow: Flow) -> dict[Expr, Expr]:
    """The coefficients of a linear combination of traces, by trace."""
    return {t: c for t, c in expand_traces(expr, flow.context).expand().as_coefficients_dict().items() if t.has(Trace)}
