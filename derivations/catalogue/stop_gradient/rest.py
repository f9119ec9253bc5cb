"""Where the flow with stop-gradient can rest: steps of the derivation ``stop_gradient`` (§4.1 of the notes)."""

from __future__ import annotations

from sympy import Eq, Integer, MatAdd, Trace, Transpose, ZeroMatrix
from sympy import Identity as One

from derivations.catalogue.stop_gradient import evidence
from derivations.checks import Identity, Numerics
from derivations.closed_forms.reduced import all_modes
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import B_V, C_V, N_Z, P_W, S_W, L, R, V, det_W, mu_k, mu_matrix, n_mu, psi_matrix, s, v_k
from theory.flow import Flow
from theory.models.vocabulary import W, d, gamma
from theory.words import Context

RESTING = Line(W * V, V * mu_matrix)
NO_HEAD = Line(W, ZeroMatrix(d, d))
CANCELLING = Line(V * mu_matrix * V.T, ZeroMatrix(d, d))


def rest_steps() -> tuple[Step, ...]:
    """Fixed points with an invertible head, what is left of the loss there, and heads that are zero."""
    return (_fixed_points(), *_survivor_steps(), *_zero_head_steps())


def _at_rest(lines: Lines) -> Context:
    """What products may be put for each other where the flow rests."""
    return Context((*all_modes().assumptions, Eq(RESTING.left, lines[RESTING.left])))


def _fixed_points() -> Step:
    flow = all_modes().stop_gradient_flow()
    return Step(
        "fixed_points",
        "Where the head is invertible, the flow rests exactly where the head acts on every "
        "surviving mode as its canonical correlation.",
        "$-W^T(WV-V\\boldsymbol\\mu)=0$ with $W$ invertible; the velocity of the head then vanishes too.",
        before=velocity_lines(flow),
        given=(Line(det_W, Integer(0), r"\ne"),),
        after=(RESTING,),
        uses=("mode_flow",),
        check=lambda before, after: (
            Identity(((Transpose(W).I * before[dot(V)], after[W * V] - W * V),), flow.context),
            Identity(((before[dot(V)], ZeroMatrix(d, N_Z)), (before[dot(W)], NO_HEAD.right)), _at_rest(after)),
            Identity(((before[dot(W)], gamma * (after[W * V] - W * V) * V.T),), flow.context),
            Numerics(
                lambda rng: evidence.count_resting(rng, before.of(det_W)[0], before[dot(V)], after[W * V] - W * V),
                0,
                "how many amplitudes rest with heads that are invertible or not",
            ),
        ),
    )


def _survivor_steps() -> tuple[Step, ...]:
    return (_head_eigenvalues_step(), _residual_loss_step())


def _head_eigenvalues_step() -> Step:
    return Step(
        "head_eigenvalues",
        "At rest the canonical correlation of each surviving mode is an eigenvalue of the head (of either sign, a "
        "negative one for a mode in which labels oppose their samples), and $n_\\mu$ distinct ones survive. "
        "Eigenvalues of the head beside them are free.",
        "A vector $v_k\\ne0$ at rest is an eigenvector of $W$; those of distinct eigenvalues are independent.",
        before=(RESTING,),
        after=(Line(W * v_k, mu_k * v_k), Line(n_mu, d, r"\le")),
        uses=("fixed_points",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.compare_surviving_modes(rng, before.of(W * V)[0], after.of(W * v_k)[0]),
                1e-6,
                "the end of a simulation of all embeddings",
            ),
            Numerics(
                lambda rng: evidence.count_survivors(rng, after.of(n_mu)[0]),
                0,
                "the number of surviving correlations in the same simulation, at least one, and of heads of full rank",
                reads=after.of(n_mu),
            ),
        ),
    )


def _residual_loss_step() -> Step:
    residual = Trace(V * psi_matrix * V.T) / 2
    return Step(
        "residual_loss",
        "What is left of the loss is the frustration of what survives.",
        "Insert $WV=V\\boldsymbol\\mu$.",
        before=(Line(L, all_modes().expression), RESTING),
        after=(Line(L, residual), Line(psi_matrix, MatAdd(One(N_Z), -(mu_matrix**2)))),
        uses=("mode_flow", "fixed_points"),
        check=lambda before, after: (
            Identity(((before[L], after[L].xreplace({psi_matrix: after[psi_matrix]})),), _at_rest(before)),
            Numerics(
                lambda rng: evidence.compare_residual_loss(rng, before[L], before.of(W * V)[0], after[L], after[psi_matrix]),
                1e-6,
                "the loss at the end of the same simulation",
            ),
        ),
    )


def _zero_head_steps() -> tuple[Step, ...]:
    flow = all_modes().stop_gradient_flow()
    return (_zero_head_step(flow), _unstable_zero_head_step(flow))


def _zero_head_step(flow: Flow) -> Step:
    return Step(
        "zero_head",
        "A head that is zero rests too, where its modes cancel.",
        "Insert $W=0$.",
        before=velocity_lines(flow),
        given=(NO_HEAD,),
        after=(CANCELLING,),
        uses=("mode_flow",),
        check=lambda before, after: Identity(
            (
                (before[dot(V)].xreplace({W: before[W]}), ZeroMatrix(d, N_Z)),
                (before[dot(W)].xreplace({W: before[W]}), gamma * (CANCELLING.left - after[CANCELLING.left])),
            ),
            flow.context,
        ),
    )


def _unstable_zero_head_step(flow: Flow) -> Step:
    return Step(
        "zero_head_is_unstable",
        "It is unstable as soon as any mode with a correlation is present: one real eigenvalue $s$ is positive.",
        "$P_W$ is the head's part of a left eigenvector of the Jacobian at $W=0$, and $S_W=P_W+P_W^T$. For $s>0$ the line "
        "of $S_W$ says that a self-adjoint map of symmetric matrices has the eigenvalue one. Its largest eigenvalue goes "
        "to zero as $s\\to\\infty$ and, seen by the unit matrix, to infinity as $s\\to0$: in between it is one.",
        before=(*velocity_lines(flow), CANCELLING),
        given=(NO_HEAD, Line(Trace(B_V), Integer(0), r"\ne")),
        after=(
            Line(B_V, V * mu_matrix**2 * V.T),
            Line(C_V, V * V.T),
            Line(R, (s**2 * One(d) + s * gamma * C_V).I),
            Line(P_W, gamma * B_V * (P_W + P_W.T) * R),
            Line(S_W, gamma * B_V * S_W * R + gamma * R * S_W * B_V),
            Line(s, Integer(0), ">"),
        ),
        uses=("mode_flow", "zero_head"),
        check=lambda before, after: Numerics(
            lambda rng: evidence.compare_unstable_heads(rng, before, after),
            1e-8,
            "left eigenvectors of numerical Jacobians at heads that are zero; the root is positive",
            reads=after.of(s),
        ),
    )
