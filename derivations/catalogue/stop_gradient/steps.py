"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Determinant, MatAdd, ZeroMatrix, exp

from derivations.catalogue.points import coupled_point, measure_drift, unit_point
from derivations.catalogue.stop_gradient import evidence
from derivations.catalogue.stop_gradient.rest import rest_steps
from derivations.catalogue.whole import WholeModel
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.closed_forms.reduced import all_modes, shared_head, sum_of_squares
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import G_W, Q_0, L, Q_t, V, det_W, mu_k, q_0, t, v_k
from theory import Loss, models, sg
from theory.models.vocabulary import D_x, D_y, H_x, H_y, W, X, Y, d, gamma, kappa, lam
from theory.words import collect, scale_matrix

FREE, GONE = "no stop", "deleted"  # of velocities: those without stop-gradient, and what it takes from them
INVERSE_TO_DEGREES = (Line(H_x, D_x.I), Line(H_y, D_y.I))


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = shared_head("both")
    free, stopped = loss.gradient_flow(), loss.stop_gradient_flow()
    gone = Lines(Line(dot(b, GONE), collect(free.velocity[b] - stopped.velocity[b], loss.context)) for b in (X, Y))
    (found,) = stopped.conserved()
    matrix = Line(Q_t, collect(-found, loss.context))
    return (*_flow_steps(gone), _conservation_steps(gone, matrix), *_decay_steps(matrix), *_mode_steps(gone), *rest_steps())


def _flow_steps(gone: Lines) -> tuple[Step, ...]:
    loss = shared_head("both")
    whole, stopped = Line(L, loss.expression), velocity_lines(loss.stop_gradient_flow())
    return (_loss_step(whole), _flow_step(loss, whole, stopped), _deleted_step(loss, stopped, gone))


def _loss_step(whole: Line) -> Step:
    return Step(
        "loss",
        "The head $W$ predicts labels from samples and samples from labels; sg marks the targets.",
        "Expand the squares; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
        given=(Line(L, sum_of_squares(sg)),),
        after=(whole,),
        assumptions=("One head for both directions.",),
        check=lambda before, after: AtRandomPoints(((before[L], after[L]),), evidence.point_with_other_targets),
    )


def _flow_step(loss: Loss, whole: Line, stopped: Lines) -> Step:
    return Step(
        "stop_gradient_flow",
        "The loss is differentiated with its targets held, and the markers are erased afterwards.",
        "Matrix calculus with the marked parts as constants.",
        before=(whole,),
        after=stopped,
        uses=("loss",),
        assumptions=("$H_x$, $H_y$ are diagonal and positive; the head has the mobility $\\gamma$; no decay.",),
        check=lambda before, after: Descent(
            loss.with_parts(expression=before[L]), after.of(*map(dot, loss.state)).rights, coupled_point, stopped=True
        ),
    )


def _deleted_step(loss: Loss, stopped: Lines, gone: Lines) -> Step:
    return Step(
        "deleted",
        "Stop-gradient deletes the force on the targets and nothing else; the head feels no difference.",
        "Subtract the flow from the gradient flow, in which the markers are read as the identity.",
        before=stopped,
        given=tuple(Line(dot(b, FREE), velocity) for b, velocity in loss.gradient_flow().velocity.items()),
        after=gone,
        uses=("stop_gradient_flow",),
        check=lambda before, after: (
            Identity(
                tuple((before[dot(b, FREE)] - before[dot(b)], velocity) for b, velocity in _deleted_forces(after).items()),
                loss.context,
            ),
            Descent(loss, [before[dot(b, FREE)] for b in loss.state], coupled_point, stopped=False),
            Descent(loss, tuple(_deleted_forces(after).values()), coupled_point, stopped=True, targets_only=True),
        ),
    )


def _deleted_forces(lines: Lines) -> dict:
    """What is deleted, by block: nothing of the head."""
    return {b: lines[dot(b, GONE)] for b in (X, Y)} | {W: ZeroMatrix(d, d)}


def _conservation_steps(gone: Lines, matrix: Line) -> Step:
    loss = shared_head("both")
    flow, free = loss.stop_gradient_flow(), loss.gradient_flow()
    moving = MatAdd(*(gone[dot(b, GONE)] * H.I * b.T for b, H in ((X, H_x), (Y, H_y))))
    return Step(
        "conserved_matrix",
        "The flow conserves a symmetric matrix; among the same words the gradient flow conserves nothing.",
        "First integrals by linear algebra over matrix words; what stop-gradient deletes, $G_W$ in all, would move it.",
        before=(*velocity_lines(flow), *gone),
        after=(matrix, Line(dot(Q_t, FREE), -gamma * (G_W + G_W.T)), Line(G_W, collect(moving, flow.context))),
        uses=("stop_gradient_flow", "deleted"),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.compare_parts(rng, after[Q_t], {b: before[dot(b)] for b in loss.state}),
                1e-20,
                "the velocities at random points",
            ),
            Numerics(
                lambda rng: measure_drift(
                    rng,
                    after[Q_t],
                    {b: before[dot(b)] + velocity for b, velocity in _deleted_forces(before).items()},
                    after[dot(Q_t, FREE)].xreplace({G_W: after[G_W]}),
                ),
                1e-20,
                "differences along the gradient flow",
            ),
            Numerics(lambda rng: [(len(free.conserved()), 0)], 0, "the gradient flow's own first integrals"),
        ),
    )


def _decay_steps(matrix: Line) -> tuple[Step, ...]:
    falling = Line(Q_t, exp(-2 * lam * t) * Q_0)
    return (_equal_decays_step(matrix, falling), _sign_protection_step(falling))


def _equal_decays_step(matrix: Line, falling: Line) -> Step:
    decaying = models.projection_head(stop="both").stop_gradient_flow()
    equal = decaying.xreplace({kappa: lam})
    return Step(
        "equal_decays",
        "With decays of embeddings and head at one rate, $Q$ keeps its form and decays at twice that rate.",
        "Both parts of $Q$ are quadratic, so that decays add $-2\\lambda Q$ to its velocity.",
        before=(matrix,),
        given=(*velocity_lines(decaying), Line(kappa, lam)),
        after=(Line(dot(Q_t), -2 * lam * Q_t), falling),
        uses=("conserved_matrix",),
        assumptions=("$Q_0$ is $Q$ at the start.",),
        check=lambda before, after: (
            Identity(((equal.time_derivative(before[Q_t]), _insert_definition(after, before)),), equal.context),
            Numerics(
                lambda rng: measure_drift(
                    rng,
                    before[Q_t],
                    {b: before[dot(b)].xreplace({kappa: before[kappa]}) for b in decaying.state},
                    _insert_definition(after, before),
                ),
                1e-20,
                "differences along the velocities",
            ),
            Numerics(lambda rng: evidence.follow_decay(rng, before[Q_t], after[Q_t]), 1e-7, "runs of all embeddings"),
        ),
    )


def _sign_protection_step(falling: Line) -> Step:
    return Step(
        "sign_protection",
        "As long as $Q_0$ is positive definite the head stays invertible, and its determinant keeps its sign.",
        "$W^TW$ is $Q$ and a part that is not negative; the determinant is monotone, and moves continuously.",
        before=(falling,),
        given=(Line(q_0, Determinant(Q_0)),),
        after=(Line(det_W**2, q_0 * exp(-2 * d * lam * t), r"\ge"),),
        uses=("equal_decays",),
        assumptions=("$Q_0$ is positive definite.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.follow_determinants(rng, before, after.of(det_W**2)[0]),
            1e-7,
            "runs of all embeddings, none of them below the bound or with another sign, and the bound reached by one",
            reads=after,
        ),
    )


def _insert_definition(after: Lines, before: Lines):
    """How fast the conserved matrix falls, in its own form."""
    return after[dot(Q_t)].xreplace({Q_t: before[Q_t]})


def _mode_steps(gone: Lines) -> tuple[Step, ...]:
    whole, loss = shared_head("both"), all_modes()
    free, flow = loss.gradient_flow(), loss.stop_gradient_flow()
    turned = Line(dot(v_k, GONE), MatAdd(scale_matrix(-1, v_k), mu_k * W * v_k, evaluate=False))
    return (
        Step(
            "mode_flow",
            "In the eigenvectors of the normalised adjacency the couplings become numbers: mode $k$ "
            "has the canonical correlation $\\mu_k$.",
            "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$.",
            before=(Line(L, whole.expression), *velocity_lines(whole.stop_gradient_flow())),
            given=INVERSE_TO_DEGREES,
            after=(Line(L, loss.expression), *velocity_lines(flow)),
            uses=("loss", "stop_gradient_flow"),
            assumptions=("$\\mu$ is the diagonal matrix of all $\\mu_k$.",),
            check=lambda before, after: (
                Descent(loss.with_parts(expression=after[L]), after.of(*map(dot, loss.state)).rights, unit_point, stopped=True),
                Numerics(
                    lambda rng: WholeModel(rng, "both").compare(before, after), 1e-10, "the lowered flow of all embeddings"
                ),
            ),
        ),
        Step(
            "deleted_mode",
            "Each mode loses exactly the force of its targets, and with it the frustration mass.",
            "The flow deleted from all embeddings, in modes; with $W v_k=\\mu_kv_k$ it is $-\\psi_kv_k$.",
            before=gone,
            given=INVERSE_TO_DEGREES,
            after=(Line(dot(V, GONE), collect(free.velocity[V] - flow.velocity[V], loss.context)), turned),
            uses=("deleted",),
            check=lambda before, after: (
                AtRandomPoints(((after[dot(V, GONE)], after[dot(v_k, GONE)]),), evidence.single_mode_point),
                Numerics(
                    lambda rng: evidence.compare_deleted_forces(rng, before, after, GONE),
                    1e-10,
                    "the two lowered flows of all embeddings",
                ),
            ),
        ),
    )
