r"""The closure of a matrix flow on order parameters: type means, deviations within types, labels, head (§5 of the notes).

Samples enter a flow over the shared vocabulary only through sums over them.  With types as a matrix of ones :math:`E_t`
(T × N, one row a type), means :math:`M` and deviations of samples from the mean of their type,

.. math:: X=ME_t+\sum_g\Phi_g\Xi_g,\qquad\Xi_gE_t^T=0,

where group g holds the types of one rate :math:`\eta_\tau d_\tau=\rho_g`, and :math:`\Xi_g` are their deviations at the start.
Degrees and mobilities are the same within a type, so that sums over samples become :math:`E_tD_xE_t^T=D_tC` with the counts
:math:`C`, and scatters :math:`\Xi_gD_x\Xi_g^T=S_g` that are constants.  Put into the velocities as rewriting rules, this leaves
:math:`\dot M`, :math:`\dot\Phi_g` and the other blocks without any sum over samples: exact for every N.

>>> from theory import models
>>> from theory.printing import plain
>>> closed = closure(models.projection_head(), groups=1)
>>> for block in (M, closed.flow.state[1], Y):
...     print(f"d{block}/dt =", plain(closed.flow.velocity[block]))
dM/dt = W.T*(Y*J_t.T - W*M*D_t)*H_t - lambda*M
dPhi_1/dt = (-rho_1*W.T*W - lambda*I)*Phi_1
dY/dt = W.T*(M*C*J_t - W*Y*D_y)*H_y - lambda*Y

When it fails: a flow in which samples meet each other other than through such sums is refused; :func:`closure_or_open` says by
which expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from numpy.typing import NDArray
from sympy import Add, Eq, Expr, Integer, Inverse, MatAdd, MatrixExpr, MatrixSymbol, Q, Symbol, Trace, ZeroMatrix, symbols

from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss
from theory.models.vocabulary import DIAGONAL, D_x, H_x, J, K, N, X, Y, d, u_x
from theory.nodes.opened import is_beyond_polynomials
from theory.words import Context, Polynomial, assemble, expand, expand_traces, monomial, scale_matrix

T = Symbol("T", integer=True, positive=True)
M, E_t, J_t, u_t = MatrixSymbol("M", d, T), MatrixSymbol("E_t", T, N), MatrixSymbol("J_t", T, K), MatrixSymbol("u_t", T, 1)
D_t, H_t, C = (MatrixSymbol(name, T, T) for name in ("D_t", "H_t", "C"))


@dataclass(frozen=True, eq=False)
class Closure:
    """The flow of the order parameters, and what is observed of them.

    Attributes
    ----------
    flow
        of M (d × T), ``deviations`` and the other blocks; data: counts C, degrees D_t, mobilities H_t and weights J_t of the
        types, scatters and rates of the groups.
    loss
        the erased loss.
    views
        what the sample view multiplies a sample by (d × d), and the label view.
    integrals
        first integrals of the flow, by those of the whole flow.
    conditions
        what must stay positive.
    """

    flow: Flow
    loss: Expr
    views: tuple[MatrixExpr, MatrixExpr]
    integrals: Mapping[MatrixExpr, MatrixExpr]
    conditions: tuple[Expr, ...] = ()


@lru_cache(64)
def deviation_symbols(groups: int) -> tuple[MatrixSymbol, ...]:
    r"""The propagators :math:`\Phi_g` of the deviations within types."""
    return tuple(MatrixSymbol(f"Phi_{g}", d, d) for g in range(1, groups + 1))


def deviation_blocks(blocks: Mapping[str, NDArray]) -> list[NDArray]:
    """The propagators of all groups among the blocks of a state, by the names of :func:`deviation_symbols`."""
    return [blocks[phi.name] for phi in deviation_symbols(len(blocks)) if phi.name in blocks]


def scatter_symbols(groups: int) -> tuple[tuple[MatrixSymbol, ...], ...]:
    """The scatters of each group at the start: weighted by degrees S, by inverse mobilities R, and equally V."""
    return tuple(tuple(MatrixSymbol(f"{name}_{g}", d, d) for name in "SRV") for g in range(1, groups + 1))


@dataclass(frozen=True)
class OpenFlow:
    """Why a flow does not close: an expression in which samples stand outside sums over them."""

    expression: Expr | MatrixExpr


def closure(model: Loss, groups: int, integrals: tuple[MatrixExpr, ...] = ()) -> Closure:
    """The closure of the stop-gradient flow of a model, which must have one.

    Parameters
    ----------
    model, groups, integrals
        as for :func:`closure_or_open`.

    Raises
    ------
    InputError
        for a flow that does not close on these order parameters.
    """
    found = closure_or_open(model, groups, integrals)
    if isinstance(found, OpenFlow):
        expected = "a flow in which samples meet through sums over them alone"
        raise InputError(expected, str(found.expression), 'use method="direct"')
    return found


@lru_cache(64)
def closure_or_open(model: Loss, groups: int, integrals: tuple[MatrixExpr, ...] = ()) -> Closure | OpenFlow:
    """The closure of the stop-gradient flow of a model, or what keeps it open.

    Parameters
    ----------
    model
        over the shared vocabulary.
    groups
        the number of different rates among the types that hold more than one sample.
    integrals
        first integrals of the whole flow that are wanted.
    """
    flow = model.stop_gradient_flow()
    if any(is_beyond_polynomials(e, {X}) for e in (*flow.velocity.values(), model.erased())):
        return OpenFlow(flow.velocity[X])  # functions of samples, of which sums say nothing
    put = _Put.of(flow, groups)
    moved = put.poly(flow.velocity[X])
    velocity = {M: put.close_expression(flow.velocity[X] * E_t.T * C.I, M.shape)}
    for phi, xi in zip(put.phi, put.xi, strict=True):
        velocity[phi] = assemble({w[:-1]: c for w, c in moved.items() if w and w[-1] == xi}, phi.shape)
    velocity |= {block: put.residual(v, block.shape) for block, v in flow.velocity.items() if block != X}
    loss, kept = put.trace(model.erased()), {q: put.close_expression(q, q.shape) for q in integrals}
    if any(not w or w[-1] not in (E_t, *put.xi) for w in moved):
        return OpenFlow(flow.velocity[X])
    for expression in (*velocity.values(), loss, *kept.values(), *model.conditions):
        if expression.has(X, E_t, J, D_x, H_x, *put.xi):
            return OpenFlow(expression)
    symmetric = (Q.symmetric(S) for pair in put.scatters for S in pair)
    context = (*(Q.diagonal(D) for D in (D_t, H_t, C)), *DIAGONAL[1::2], *symmetric)
    samples, labels = model.views or (X, Y)
    factor = assemble({w[:-1]: c for w, c in expand(samples).items()}, (d, d))
    return Closure(Flow(velocity, assumptions=context), loss, (factor, labels), kept, model.conditions)


@dataclass(frozen=True)
class _Put:
    """Samples as means and deviations, and the rules between them."""

    phi: tuple[MatrixSymbol, ...]
    xi: tuple[MatrixSymbol, ...]
    scatters: tuple[tuple[MatrixSymbol, ...], ...]
    context: Context

    @classmethod
    def of(cls, flow: Flow, groups: int) -> _Put:
        phi, pairs = deviation_symbols(groups), scatter_symbols(groups)
        xi = tuple(MatrixSymbol(f"Xi_{g}", d, N) for g in range(1, groups + 1))
        rates = symbols(f"rho_1:{groups + 1}", positive=True) if groups else ()
        rules = [
            _rewriting_rule(E_t * D_x, D_t * E_t),
            _rewriting_rule(E_t * H_x, H_t * E_t),
            _rewriting_rule(E_t * Inverse(H_x), Inverse(H_t) * E_t),
            _rewriting_rule(E_t * E_t.T, C),
        ]
        for g, (x, own, rate) in enumerate(zip(xi, pairs, rates, strict=True)):
            rules += [_rewriting_rule(x * E_t.T, ZeroMatrix(d, T)), _rewriting_rule(x * D_x * H_x, rate * x)]
            for h, other in enumerate(xi):
                sums = (x * D_x * other.T, x * Inverse(H_x) * other.T, x * other.T)
                rules += [_rewriting_rule(e, S if g == h else ZeroMatrix(d, d)) for e, S in zip(sums, own, strict=True)]
        diagonal = [Q.diagonal(D) for D in (D_t, H_t, C)]
        symmetric = [Q.symmetric(S) for pair in pairs for S in pair]
        kept = [a for a in flow.assumptions if not isinstance(a, Eq)]
        return cls(phi, xi, pairs, Context((*kept, *diagonal, *symmetric, *rules)))

    def poly(self, expr: MatrixExpr) -> Polynomial:
        form = MatAdd(M * E_t, *(p * x for p, x in zip(self.phi, self.xi, strict=True)))
        return expand(expr.xreplace({X: form, J: E_t.T * J_t, u_x: E_t.T * u_t}), self.context)

    def close_expression(self, expr: MatrixExpr, shape) -> MatrixExpr:
        return assemble(self.poly(expr), shape)

    def residual(self, expr: MatrixExpr, shape) -> MatrixExpr:
        """Closed, and collected by the last factors where these make no more groups than the first: what stands before them
        is a residual that other velocities have, too, and that is computed once."""
        words = self.poly(expr)
        long = {w: c for w, c in words.items() if len(w) > 1}
        last, first = (list(dict.fromkeys(w[end] for w in long)) for end in (-1, 0))
        if not 1 < len(last) <= len(first):
            return assemble(words, shape)
        content = next(iter(long.values()))
        content = content if all(c / content in (1, -1) for c in long.values()) else Integer(1)
        content = -content if content.could_extract_minus_sign() else content
        groups = ({w: c / content for w, c in long.items() if w[-1] == factor} for factor in last)
        collected = scale_matrix(content, MatAdd(*(assemble(group, shape) for group in groups), evaluate=False))
        rest = [assemble({w: c}, shape) for w, c in words.items() if len(w) < 2]
        return MatAdd(collected, *rest, evaluate=False) if rest else collected

    def trace(self, expr: Expr) -> Expr:
        """A trace polynomial, its words turned so that no sum over samples is cut."""
        turned = {t: _turn_trace(t) for t in expr.atoms(Trace)}
        form = MatAdd(M * E_t, *(p * x for p, x in zip(self.phi, self.xi, strict=True)))
        return expand_traces(expr.xreplace(turned).xreplace({X: form, J: E_t.T * J_t}), self.context)


def _rewriting_rule(left: MatrixExpr, right: MatrixExpr) -> Eq:
    return Eq(left, right, evaluate=False)


def _turn_trace(trace: Trace) -> Expr:
    """The same trace with each word beginning at a factor of d rows."""
    parts: list[Expr] = []
    for word, c in expand(trace.arg).items():
        start = next((i for i, f in enumerate(word) if f.rows == d), 0)
        parts.append(c * (Trace(monomial(word[start:] + word[:start])) if word else trace.arg.rows))
    return Add(*parts)
