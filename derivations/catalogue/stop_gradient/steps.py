"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import MatAdd, ZeroMatrix, exp

from derivations.catalogue.points import coupled_point, mode_point
from derivations.catalogue.stop_gradient import evidence
from derivations.catalogue.stop_gradient.rest import where_it_rests
from derivations.catalogue.whole import Whole
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.closed_forms.reduced import all_modes, shared_head, sum_of_squares
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import G_W, Q_0, Q_t, V, mu_k, q_0, t, v_k
from theory import models, sg
from theory.models.vocabulary import H_x, H_y, W, X, Y, d, gamma, kappa, lam
from theory.printing import tex
from theory.words import collect, scaled


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_flows(), *_conserved(), *_modes(), *where_it_rests())


def _flows() -> tuple[Step, ...]:
    loss = shared_head("both")
    free, stopped = loss.gradient_flow(), loss.stop_gradient_flow()
    deleted = {b: collect(free.velocity[b] - stopped.velocity[b], loss.context) for b in (X, Y)}
    return (
        Step(
            "loss",
            "The head $W$ predicts labels from samples and samples from labels; sg marks the targets.",
            "Expand the squares; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
            before=(Line("L", sum_of_squares(sg)),),
            after=(Line("L", loss.expression),),
            assumptions=(r"$J_{ia}\ge0$; one head for both directions.",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.point_with_other_targets),
        ),
        Step(
            "stop_gradient_flow",
            "The loss is differentiated with its targets held, and the markers are erased afterwards.",
            "Matrix calculus with the marked parts as constants.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(stopped),
            uses=("loss",),
            assumptions=("$H_x$, $H_y$ are diagonal and positive; the head has mobility $\\gamma>0$; no decay.",),
            check=lambda before, after: Descent(
                loss.having(expression=before[0].right), after.rights, coupled_point, stopped=True
            ),
        ),
        Step(
            "deleted",
            "Stop-gradient deletes the force on the targets and nothing else; the head feels no difference.",
            "Subtract the flow from the gradient flow, in which the markers are read as the identity.",
            before=velocity_lines(free),
            after=tuple(Line(rf"\dot{{{tex(b)}}}_{{\text{{deleted}}}}", value) for b, value in deleted.items()),
            uses=("stop_gradient_flow",),
            check=lambda before, after: (
                Descent(loss, before.rights, coupled_point, stopped=False),
                Descent(loss, (*after.rights, ZeroMatrix(d, d)), coupled_point, stopped=True, targets_only=True),
            ),
        ),
    )


def _conserved() -> tuple[Step, ...]:
    free, flow = shared_head("both").gradient_flow(), shared_head("both").stop_gradient_flow()
    decaying = models.projection_head(stop="both").xreplace({kappa: lam}).stop_gradient_flow()
    (found,) = flow.conserved()
    gone = MatAdd(*((free.velocity[b] - flow.velocity[b]) * H.I * b.T for b, H in ((X, H_x), (Y, H_y))))
    gone = collect(gone, flow.context)
    Q = collect(-found, flow.context)
    return (
        Step(
            "conserved_matrix",
            "The flow conserves a symmetric matrix; among the same words the gradient flow conserves nothing.",
            "First integrals by linear algebra over matrix words; what stop-gradient deletes, $G_W$ in all, would move it.",
            before=velocity_lines(flow),
            after=(Line("Q", Q), Line(r"\dot Q_{\text{no stop}}", -gamma * (G_W + G_W.T)), Line(G_W, gone)),
            uses=("stop_gradient_flow", "deleted"),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.balance(rng, after[0].right, before.rights),
                    1e-20,
                    "the velocities at random points",
                ),
                Numerics(
                    lambda rng: evidence.drift(rng, after[0].right, tuple(free.velocity.values()), _inserted(after[1:])),
                    1e-20,
                    "differences along the gradient flow",
                ),
                Numerics(lambda rng: [(len(free.conserved()), 0)], 0, "the gradient flow's own first integrals"),
            ),
        ),
        Step(
            "equal_decays",
            "With decays of embeddings and head at one rate, $Q$ keeps its form and decays at twice that rate.",
            "Both parts of $Q$ are quadratic, so that decays add $-2\\lambda Q$ to its velocity.",
            before=(Line(Q_t, Q), *velocity_lines(decaying)),
            after=(Line(r"\dot Q", -2 * lam * Q_t), Line("Q(t)", exp(-2 * lam * t) * Q_0)),
            uses=("conserved_matrix",),
            assumptions=(r"$\kappa=\lambda$; $Q_0=Q(0)$.",),
            check=lambda before, after: (
                Identity(((before[0].right, Q), (decaying.time_derivative(Q), _inserted((after[0], before[0])))), flow.context),
                Numerics(
                    lambda rng: evidence.drift(rng, before[0].right, before[1:].rights, _inserted((after[0], before[0]))),
                    1e-20,
                    "differences along the velocities",
                ),
                Numerics(
                    lambda rng: evidence.decayed(rng, before[0].right, after[1].right, Q_0), 1e-7, "runs of all embeddings"
                ),
            ),
        ),
        Step(
            "sign_protection",
            "As long as $Q_0$ is positive definite the head stays invertible, and its determinant keeps its sign.",
            "$W^TW$ is $Q(t)$ and a part that is not negative; the determinant is monotone, and moves continuously.",
            after=(Line(r"\det(W)^2", q_0 * exp(-2 * d * lam * t), r"\ge"),),
            uses=("equal_decays",),
            assumptions=(r"$Q_0\succ0$, $q_0=\det Q_0$; $\kappa=\lambda\ge0$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.determinants(rng, after[0], q_0),
                1e-7,
                "runs of all embeddings, none of them below the bound or with another sign, and the bound reached by one",
                reads=after,
            ),
        ),
    )


def _inserted(lines: Sequence[Line]):
    """The right side of the first line, with what the second defines."""
    return lines[0].right.xreplace({lines[1].left: lines[1].right})


def _modes() -> tuple[Step, ...]:
    loss = all_modes()
    free, flow = loss.gradient_flow(), loss.stop_gradient_flow()
    gone = collect(free.velocity[V] - flow.velocity[V], loss.context)
    return (
        Step(
            "mode_flow",
            "In the eigenvectors of the normalised adjacency the couplings become numbers: mode $k$ "
            "has the canonical correlation $\\mu_k$.",
            "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            uses=("stop_gradient_flow",),
            assumptions=(
                "Mobilities inverse to the degrees, $H=D^{-1}$.",
                r"$\mu=\operatorname{diag}(\mu_1,\ldots,\mu_{N_Z})$.",
            ),
            check=lambda before, after: (
                Descent(loss.having(expression=before[0].right), after.rights, mode_point, stopped=True),
                Numerics(
                    lambda rng: Whole(rng, "both").against(before[0].right, *after.rights),
                    1e-10,
                    "the lowered flow of all embeddings",
                ),
            ),
        ),
        Step(
            "deleted_mode",
            "Each mode loses exactly the force of its targets, and with it the frustration mass.",
            "The flow deleted from all embeddings, in modes; with $W v_k=\\mu_kv_k$ it is $-\\psi_kv_k$.",
            before=(Line(r"\dot V_{\text{deleted}}", gone),),
            after=(Line(r"\dot v_{k,\text{deleted}}", MatAdd(scaled(-1, v_k), mu_k * W * v_k, evaluate=False)),),
            uses=("deleted", "mode_flow"),
            check=lambda before, after: (
                AtRandomPoints(((before[0].right, after[0].right),), evidence.single_mode_point),
                Numerics(
                    lambda rng: evidence.deleted_forces(rng, after[0].right),
                    1e-10,
                    "the two lowered flows of all embeddings",
                ),
            ),
        ),
    )
