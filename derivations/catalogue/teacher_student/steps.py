"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Eq, Q, Trace, Transpose, ZeroMatrix
from sympy import Identity as Unit

from derivations.catalogue.teacher_student import evidence
from derivations.catalogue.teacher_student.argmax import argmax_steps, sample_steps
from derivations.checks import AtRandomPoints, Check, Descent, Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import E, L, M_xi, P, R_xi, Sigma, T_xi, e, mu_k, v_k
from theory import Loss
from theory.models.linear_student import teacher_student
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Xi, Y, d, n_xi, u_x, u_y
from theory.words import Context

MOMENTS = (Line(Sigma, Xi * Xi.T / n_xi), Line(M_xi, Xi * T_xi / n_xi), Line(P, T_xi.T * T_xi / n_xi))


def student_loss() -> Loss:
    """The loss of a student with moments in any basis of the inputs."""
    energy = Trace(E * Sigma * E.T) / 2 - Trace(E * M_xi * Y.T) + Trace(Y * P * Y.T) / 2
    symmetric = (Q.symmetric(Sigma), Q.symmetric(H_x), Q.diagonal(P), Q.diagonal(H_y))
    return Loss(energy, state=(E, Y), mobility={E: H_x, Y: H_y}, assumptions=symmetric)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = student_loss()
    flow, moved = velocity_lines(loss.gradient_flow()), Line(dot(v_k), -(1 - mu_k) * v_k)
    return (*_reduction_steps(loss, flow, moved), _bias(flow), *argmax_steps(moved), *sample_steps(moved))


def _reduction_steps(loss: Loss, velocities: Lines, moved: Line) -> tuple[Step, ...]:
    energy = Line(L, loss.expression)
    return (
        _loss_step(energy),
        _flow_step(loss, energy, velocities),
        _two_views_step(energy),
        _modes_step(velocities, moved),
    )


def _loss_step(energy: Line) -> Step:
    rest = E * Xi - Y * T_xi.T
    return Step(
        "loss",
        "The mean square distance of outputs $E\\xi$ (of the columns of $\\Xi$) and labels $y_a$ holds the inputs in three "
        "moments alone: $\\Sigma=\\mathbf E[\\xi\\xi^T]$, $M_\\xi=\\mathbf E[\\xi1_a]$ and the class masses $P$.",
        "Expand the square; the rows of $T_\\xi$ are one-hot labels.",
        given=(Line(L, Trace(rest * rest.T) / (2 * n_xi)), *MOMENTS),
        after=(energy,),
        check=lambda premises, after: AtRandomPoints(
            ((premises[L], after[L].xreplace(premises.of(Sigma, M_xi, P).mapping)),), evidence.sampled_point
        ),
    )


def _flow_step(loss: Loss, energy: Line, velocities: Lines) -> Step:
    return Step(
        "flow",
        "Student and labels descend it, with a mobility matrix for the inputs.",
        "Matrix calculus: the gradient of a trace is read off its differential.",
        before=(energy,),
        after=velocities,
        uses=("loss",),
        assumptions=("$H_x$ is symmetric and positive, $H_y$ is diagonal and positive.",),
        check=lambda before, after: Descent(
            loss.with_parts(expression=before[L]), after.of(dot(E), dot(Y)).rights, evidence.sampled_point, stopped=False
        ),
    )


def _two_views_step(energy: Line) -> Step:
    axes = (
        Line(Transpose(R_xi) * R_xi, Unit(N)),
        Line(Sigma, R_xi * D_x * Transpose(R_xi)),
        Line(X, E * R_xi),
        Line(J, Transpose(R_xi) * M_xi),
        Line(D_y, P),
    )
    return Step(
        "two_views",
        "Along the principal axes of the inputs this is the loss of the embedding model, with a column of $X$ for each axis.",
        "Insert $E=XR_\\xi^T$. One-hot inputs have $R_\\xi=1$ and are free embeddings.",
        before=(energy,),
        given=axes,
        after=(Line(L, teacher_student().erased()),),
        uses=("loss",),
        check=lambda premises, after: AtRandomPoints(
            (
                (Transpose(R_xi) * R_xi, premises[Transpose(R_xi) * R_xi]),
                (premises[L], after[L].xreplace(premises.of(X, J, D_y).mapping)),
            ),
            lambda rng: evidence.turned_point(rng, premises[Sigma]),
        ),
    )


def _modes_step(velocities: Lines, moved: Line) -> Step:
    return Step(
        "modes",
        "With mobilities inverse to the moments the flow is diagonal. The $\\mu_k$ are $\\pm$ the canonical correlations "
        "of inputs and labels: cosines of the angles between the spaces that both span over the samples.",
        "The modes of the embedding model, $D\\to\\operatorname{diag}(\\Sigma,P)$, $J\\to M_\\xi$.",
        before=velocities,
        given=(Line(H_x, Sigma.I), Line(H_y, P.I)),
        after=(moved,),
        uses=("flow",),
        check=lambda premises, after: Numerics(
            lambda rng: evidence.mode_velocities(rng, premises, after[dot(v_k)]),
            1e-10,
            "the velocities at modes made from QR factors of inputs and labels",
        ),
    )


def _bias(velocities: Lines) -> Step:
    return Step(
        "bias",
        "A constant input, as a bias, makes a mode with $\\mu=1$: the pattern that moves all outputs and labels alike. "
        "Without it, inputs of mean zero leave the labels' mean uncorrelated.",
        "$u_x$ is one over the constant on its axis and zero elsewhere, $u_y$ is all ones.",
        before=velocities,
        given=(*MOMENTS, Line(Transpose(Xi) * u_x, T_xi * u_y)),
        after=(Line(Sigma * u_x, M_xi * u_y), Line(P * u_y, Transpose(M_xi) * u_x)),
        uses=("flow",),
        check=_check_bias,
    )


def _check_bias(premises: Lines, after: Lines) -> tuple[Check, ...]:
    """The moments put in, both sides are equal for what the constant does to the samples; which it does.  Along the pattern,
    student and labels pull each other as hard as they are pulled."""
    moments = premises.of(Sigma, M_xi, P).mapping
    context = Context(tuple(Eq(line.left, line.right) for line in premises.of(Transpose(Xi) * u_x)))
    constant = tuple((line.left, line.right) for line in premises.of(Transpose(Xi) * u_x, Sigma, M_xi, P))
    balances = tuple((left, after[left]) for left in (Sigma * u_x, P * u_y))
    pulls = (
        (premises[dot(E)].xreplace({E: e * u_x.T, Y: ZeroMatrix(d, K)}), -e * Transpose(after[Sigma * u_x]) * H_x),
        (premises[dot(Y)].xreplace({E: ZeroMatrix(d, N), Y: e * u_y.T}), -e * Transpose(after[P * u_y]) * H_y),
    )
    return (
        Identity(tuple((left.xreplace(moments), right.xreplace(moments)) for left, right in balances), context),
        AtRandomPoints((*constant, *balances, *pulls), evidence.point_with_constant),
    )
