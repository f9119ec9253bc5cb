"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import (
    BlockDiagMatrix,
    BlockMatrix,
    MatrixSymbol,
    Sum,
    Trace,
    Transpose,
    ZeroMatrix,
    block_collapse,
)

from derivations.catalogue.embedding import evidence
from derivations.catalogue.points import coupled_point
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import N_Z, D, a, d_y, i, j, mu_k, phi_k, sigma, v_k
from theory import models
from theory.models.vocabulary import NULL_VECTOR, D_x, D_y, H_x, H_y, J, K, N, X, Y, d, u_x, u_y


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_steps(), *_modes(models.embedding_only().gradient_flow()))


def _steps() -> tuple[Step, ...]:
    loss = models.embedding_only()
    flow = loss.gradient_flow()
    pairwise = Sum(J[i, a] * (X[j, i] - Y[j, a]) ** 2, (j, 0, d - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    laplacian = BlockMatrix([[D_x, -J], [-Transpose(J), D_y]])
    everything, mobilities = BlockMatrix([[X, Y]]), BlockDiagMatrix(H_x, H_y)
    X_dot, Y_dot = (MatrixSymbol(rf"\dot{{{b.name}}}", *b.shape) for b in (X, Y))
    dissipated = -Trace(X_dot * H_x.I * X_dot.T) - Trace(Y_dot * H_y.I * Y_dot.T)
    power = flow.time_derivative(loss.expression)
    form = Trace(Transpose(u_x) * D_x * u_x) - 2 * Trace(Transpose(u_x) * J * u_y) + Trace(Transpose(u_y) * D_y * u_y)
    differences = Sum(J[i, a] * (u_x[i, 0] - u_y[a, 0]) ** 2, (a, 0, K - 1), (i, 0, N - 1))
    (centroid,) = flow.conserved()
    return (
        Step(
            "loss",
            "Samples $x_i$ (columns of $X$) and labels $y_a$ (columns of $Y$) attract each other with weight $J_{ia}$.",
            "Expand the square; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
            before=(Line("L", pairwise),),
            after=(Line("L", loss.expression),),
            assumptions=(r"$J_{ia}\ge0$, every sample and every label is coupled to something.",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), coupled_point),
        ),
        Step(
            "flow",
            "Each embedding descends the loss with its own mobility.",
            "Matrix calculus: the gradient of a trace is read off its differential.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            uses=("loss",),
            assumptions=("$H_x$, $H_y$ are diagonal and positive.",),
            check=lambda before, after: Descent(
                loss.having(expression=before[0].right), after.rights, coupled_point, stopped=False
            ),
        ),
        Step(
            "laplacian",
            "Together the embeddings $Z=[X,Y]$ follow the flow of the graph Laplacian of the sample-label graph.",
            "Write both velocities as one block product.",
            before=velocity_lines(flow),
            after=(Line(r"\dot Z", -everything * laplacian * mobilities),),
            uses=("flow",),
            check=lambda before, after: Identity(
                tuple(zip(block_collapse(after[0].right).blocks, before.rights, strict=True)), flow.context
            ),
        ),
        Step(
            "dissipation",
            "The loss falls until nothing moves: every trajectory ends at a fixed point of least loss.",
            "Insert the velocities; the flow is a gradient flow in the metric $H^{-1}$. The loss is a sum of squares, hence "
            "convex: what does not decay exponentially under this linear flow rests, where the loss is least.",
            after=(Line(r"\dot L", dissipated),),
            uses=("flow",),
            check=lambda before, after: (
                Identity(((after[0].right.xreplace({X_dot: flow.velocity[X], Y_dot: flow.velocity[Y]}), power),), flow.context),
                Identity(tuple((value, 0) for value in flow.curl().values()), flow.context),
            ),
        ),
        Step(
            "quadratic_form",
            "A displacement pattern $u$ over samples and labels costs energy wherever coupled embeddings differ.",
            "Complete the squares.",
            before=(Line(r"u^T(D-A)u", form),),
            after=(Line(r"u^T(D-A)u", differences),),
            uses=("laplacian",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.any_pattern),
        ),
        Step(
            "zero_modes",
            "The patterns at rest are those constant on each connected component: one zero mode for each component.",
            "A sum of non-negative terms vanishes only if each does.",
            after=tuple(Line(equation.lhs, equation.rhs) for equation in NULL_VECTOR),
            uses=("quadratic_form",),
            check=lambda before, after: (
                AtRandomPoints(tuple((line.left, line.right) for line in after), coupled_point),
                Numerics(
                    evidence.nullity_and_components, 0, "connected components counted by networkx, rank in exact rationals"
                ),
            ),
        ),
        Step(
            "centroids",
            "Each component keeps its centroid, weighted with the inverse mobilities, and contracts to it.",
            "First integrals by linear algebra over matrix words; $u$ is constant on a component. Whatever is no zero mode "
            "decays.",
            before=velocity_lines(flow),
            after=(Line("C_u", centroid), Line(r"\dot C_u", flow.time_derivative(centroid))),
            uses=("flow", "zero_modes"),
            check=lambda before, after: (
                AtRandomPoints((_moved_parts(after[0].right, before.rights),), coupled_point),
                Identity(((after[1].right, ZeroMatrix(d, 1)), (after[0].right, centroid))),
            ),
        ),
    )


def _modes(flow) -> tuple[Step, ...]:
    return (
        Step(
            "modes",
            "With mobilities inverse to the degrees the flow is diagonal in the modes of the normalised adjacency: "
            "$D^{-1/2}AD^{-1/2}\\phi_k=\\mu_k\\phi_k$, $ZD^{1/2}=\\sum_kv_k\\phi_k^T$. The positive $\\mu_k$ are the canonical "
            "correlations of samples and labels.",
            "Insert $H=D^{-1}$ and multiply by $D^{1/2}\\phi_k$.",
            before=velocity_lines(flow),
            after=(Line(r"\dot v_k", -(1 - mu_k) * v_k),),
            uses=("laplacian",),
            assumptions=("$H=D^{-1}$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.mode_velocities(rng, before.rights, after[0].right),
                1e-10,
                "the velocities at eigenvectors of random couplings",
            ),
        ),
        Step(
            "mode_variance",
            "From independent entries of variance $\\sigma^2$ a mode starts with the variance of its degrees. Modes with "
            "$\\mu_k\\ne0$ have half their weight on each side, so that with unit rows class modes start with "
            "$\\sigma^2(1+\\langle d_a\\rangle)/2$, the mean taken with the weights of the labels.",
            "Variances of independent numbers add. From $\\mu x=D_x^{-1/2}JD_y^{-1/2}y$ and its transpose, $x^Tx=y^Ty$.",
            after=(
                Line(r"\operatorname{Var}v_k", sigma**2 * Sum(D[j, j] * phi_k[j, 0] ** 2, (j, 0, N_Z - 1))),
                Line(r"\operatorname{Var}v_k", sigma**2 * (1 + d_y) / 2),
            ),
            uses=("modes",),
            assumptions=(
                "The second line: rows of $J$ sum to one, $\\mu_k\\ne0$, $d_y=\\sum_a\\phi_k(a)^2d_a/\\sum_a\\phi_k(a)^2$.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.mode_variances(rng, *after.rights), 1e-10, "coefficients of the starts in each mode"
            ),
        ),
    )


def _moved_parts(centroid, velocities):
    """What the samples and the labels each do to the centroid: the state replaced by its velocity; the two cancel."""
    samples, labels = (part.xreplace(dict(zip((X, Y), velocities, strict=True))) for part in centroid.args)
    return samples, -labels
