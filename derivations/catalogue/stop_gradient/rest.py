"""Where the flow with stop-gradient can rest: steps of the derivation ``stop_gradient`` (§4.1 of the notes)."""

from __future__ import annotations

from sympy import Eq, MatAdd, Trace, Transpose, ZeroMatrix
from sympy import Identity as One

from derivations.catalogue.stop_gradient import evidence
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import all_modes
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import B_V, C_V, N_Z, P_W, S_W, R, V, mu_k, mu_matrix, psi_matrix, s, v_k
from theory.models.vocabulary import W, d, gamma
from theory.words import Context

RESTING = Eq(W * V, V * mu_matrix)


def where_it_rests() -> tuple[Step, ...]:
    """Fixed points with an invertible head, what is left of the loss there, and heads that are zero."""
    return (*_invertible_heads(), *_zero_heads())


def _invertible_heads() -> tuple[Step, ...]:
    loss = all_modes()
    flow = loss.stop_gradient_flow()
    resting = Context((*loss.assumptions, RESTING))
    residual = Trace(V * psi_matrix * V.T) / 2
    return (
        Step(
            "fixed_points",
            "Where the head is invertible, the flow rests exactly where the head acts on every "
            "surviving mode as its canonical correlation.",
            "$-W^T(WV-V\\mu)=0$ with $W$ invertible; the velocity of the head then vanishes too.",
            before=velocity_lines(flow),
            after=(Line(RESTING.lhs, RESTING.rhs),),
            uses=("mode_flow",),
            assumptions=("$W$ is invertible.",),
            check=lambda before, after: (
                Identity(((Transpose(W).I * before[0].right, after[0].right - after[0].left),), loss.context),
                Identity(tuple((line.right, 0 * line.right) for line in before), resting),
                Identity(((after[0].right, RESTING.rhs),)),
                before.equal(flow.velocity.values(), loss.context),
            ),
        ),
        Step(
            "head_eigenvalues",
            "At rest the canonical correlation of each surviving mode is an eigenvalue of the head (of either sign, a "
            "negative one for a mode in which labels oppose their samples), and at most $d$ distinct ones survive. "
            "Eigenvalues of the head beside them are free.",
            "A vector $v_k\\ne0$ at rest is an eigenvector of $W$; those of distinct eigenvalues are independent.",
            before=(Line(W * V, V * mu_matrix),),
            after=(Line(W * v_k, mu_k * v_k),),
            uses=("fixed_points",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.surviving_modes(rng, before[0], after[0]),
                    1e-6,
                    "the end of a simulation of all embeddings",
                ),
                Numerics(
                    evidence.count_survivors,
                    0,
                    "the number of surviving correlations in the same simulation, at least one and at most d",
                ),
            ),
        ),
        Step(
            "residual_loss",
            "What is left of the loss is the frustration of what survives.",
            "Insert $WV=V\\mu$.",
            before=(Line("L", loss.erased()),),
            after=(Line("L", residual), Line(psi_matrix, MatAdd(One(N_Z), -(mu_matrix**2)))),
            uses=("fixed_points",),
            check=lambda before, after: (
                Identity(((before[0].right, after[0].right.xreplace({after[1].left: after[1].right})),), resting),
                Numerics(
                    lambda rng: evidence.loss_at_the_end(rng, before[0].right, *after),
                    1e-6,
                    "the loss at the end of the same simulation",
                ),
            ),
        ),
    )


def _zero_heads() -> tuple[Step, ...]:
    flow = all_modes().stop_gradient_flow()
    zero = ZeroMatrix(d, d)
    return (
        Step(
            "zero_head",
            "A head that is zero rests too, where its modes cancel.",
            "Insert $W=0$.",
            before=velocity_lines(flow),
            after=(Line(W, zero), Line(V * mu_matrix * V.T, zero)),
            uses=("mode_flow",),
            check=lambda before, after: (
                before.equal(flow.velocity.values(), flow.context),
                Identity(
                    (
                        (before[0].right.xreplace({after[0].left: after[0].right}), ZeroMatrix(d, N_Z)),
                        (before[1].right.xreplace({after[0].left: after[0].right}), gamma * after[1].left),
                        (after[1].right, zero),
                    ),
                    flow.context,
                ),
            ),
        ),
        Step(
            "zero_head_is_unstable",
            "It is unstable as soon as any mode with $\\mu_k\\ne0$ is present: one real eigenvalue $s$ is positive.",
            "$P_W$ is the head's part of a left eigenvector of the Jacobian at $W=0$, and $S_W=P_W+P_W^T$. For $s>0$ the last "
            "line says that a self-adjoint map of symmetric matrices has the eigenvalue one. Its largest eigenvalue goes to "
            "zero as $s\\to\\infty$ and, seen by the unit matrix, to infinity as $s\\to0$: in between it is one.",
            before=velocity_lines(flow),
            after=(
                Line(B_V, V * mu_matrix**2 * V.T),
                Line(C_V, V * V.T),
                Line(R, (s**2 * One(d) + s * gamma * C_V).I),
                Line(P_W, gamma * B_V * (P_W + P_W.T) * R),
                Line(S_W, gamma * B_V * S_W * R + gamma * R * S_W * B_V),
            ),
            uses=("zero_head",),
            assumptions=("$B_V\\ne0$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.unstable_heads(rng, before.rights, after, (B_V, C_V, P_W, R, S_W), s),
                1e-8,
                "left eigenvectors of numerical Jacobians at heads that are zero; the root is positive",
            ),
        ),
    )
