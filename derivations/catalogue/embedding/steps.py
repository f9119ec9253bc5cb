"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import BlockDiagMatrix, BlockMatrix, Eq, MatAdd, MatrixExpr, Rational, S, Sum, Trace, ZeroMatrix, block_collapse
from sympy import Identity as Unit

from derivations.catalogue.embedding import evidence
from derivations.catalogue.points import coupled_point
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    N_Z,
    C_u,
    D,
    L,
    Z,
    a,
    d_y,
    energy,
    f,
    i,
    j,
    mu_k,
    phi_k,
    sigma,
    v_k,
    variance,
    variance_of_pairs,
)
from theory import Flow, Loss, models
from theory.models.vocabulary import NULL_VECTOR, D_x, D_y, H_x, H_y, J, K, N, X, Y, d, u_x, u_y
from theory.words import Context


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = models.embedding_only()
    flow = loss.gradient_flow()
    descent = Line(L, loss.expression)
    together = Line(dot(Z), -BlockMatrix([[X, Y]]) * BlockMatrix([[D_x, -J], [-J.T, D_y]]) * BlockDiagMatrix(H_x, H_y))
    return (*_flow_steps(loss, flow, descent, together), *_rest_steps(flow, together), *_mode_steps(together))


def _flow_steps(loss: Loss, flow: Flow, descent: Line, together: Line) -> tuple[Step, ...]:
    velocities = velocity_lines(flow)
    return (
        _loss_step(descent),
        _flow_step(loss, descent, velocities),
        _laplacian_step(flow, velocities, together),
        _dissipation_step(flow, descent, velocities),
    )


def _loss_step(descent: Line) -> Step:
    pairwise = Sum(J[i, a] * (X[j, i] - Y[j, a]) ** 2, (j, 0, d - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    return Step(
        "loss",
        "Samples $x_i$ (columns of $X$) and labels $y_a$ (columns of $Y$) attract each other with weight $J_{ia}$.",
        "Expand the square; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
        given=(Line(L, pairwise),),
        after=(descent,),
        assumptions=("Every sample and every label is coupled to something.",),
        check=lambda premises, after: AtRandomPoints(((premises[L], after[L]),), coupled_point),
    )


def _flow_step(loss: Loss, descent: Line, velocities: Lines) -> Step:
    return Step(
        "flow",
        "Each embedding descends the loss with its own mobility.",
        "Matrix calculus: the gradient of a trace is read off its differential.",
        before=(descent,),
        after=velocities,
        uses=("loss",),
        assumptions=("$H_x$, $H_y$ are diagonal and positive.",),
        check=lambda before, after: Descent(
            loss.with_parts(expression=before[L]), after.of(dot(X), dot(Y)).rights, coupled_point, stopped=False
        ),
    )


def _laplacian_step(flow: Flow, velocities: Lines, together: Line) -> Step:
    return Step(
        "laplacian",
        "Together the embeddings $Z=[X,Y]$ follow the flow of the graph Laplacian of the sample-label graph.",
        "Write both velocities as one block product.",
        before=velocities,
        after=(together,),
        uses=("flow",),
        check=lambda before, after: before.of(dot(X), dot(Y)).equal(block_collapse(after[dot(Z)]).blocks, flow.context),
    )


def _dissipation_step(flow: Flow, descent: Line, velocities: Lines) -> Step:
    dissipated = -sum(Trace(dot(block) * H.I * dot(block).T) for block, H in ((X, H_x), (Y, H_y)))
    return Step(
        "dissipation",
        "The loss falls until nothing moves: every trajectory ends at a fixed point of least loss.",
        "Insert the velocities; the flow is a gradient flow in the metric $H^{-1}$. The loss is a sum of squares, hence "
        "convex: what does not decay exponentially under this linear flow rests, where the loss is least.",
        before=(descent, *velocities),
        after=(Line(dot(L), dissipated),),
        uses=("loss", "flow"),
        check=lambda before, after: _dissipation(flow, before, after),
    )


def _dissipation(flow: Flow, before: Lines, after: Lines) -> tuple[Identity, ...]:
    """The power that the velocities shown draw from the loss, and that they have no curl."""
    shown = Flow({block: before[dot(block)] for block in flow.state}, flow.mobility, flow.assumptions)
    power = after[dot(L)].xreplace({dot(block): velocity for block, velocity in shown.velocity.items()})
    return (
        Identity(((power, shown.time_derivative(before[L])),), flow.context),
        Identity(tuple((value, 0) for value in shown.curl().values()), flow.context),
    )


def _rest_steps(flow: Flow, together: Line) -> tuple[Step, ...]:
    squares = Line(energy, Sum(J[i, a] * (u_x[i, 0] - u_y[a, 0]) ** 2, (a, 0, K - 1), (i, 0, N - 1)))
    at_rest = tuple(Line(equation.lhs, equation.rhs) for equation in NULL_VECTOR)
    return (_quadratic_form_step(together, squares), _zero_modes_step(squares, at_rest), _centroids_step(flow, at_rest))


def _quadratic_form_step(together: Line, squares: Line) -> Step:
    form = Trace(u_x.T * D_x * u_x) - 2 * Trace(u_x.T * J * u_y) + Trace(u_y.T * D_y * u_y)
    return Step(
        "quadratic_form",
        "A displacement pattern $u$ over samples and labels costs energy wherever coupled embeddings differ.",
        "Complete the squares.",
        before=(together,),
        given=(Line(energy, form),),
        after=(squares,),
        uses=("laplacian",),
        check=lambda premises, after: (
            AtRandomPoints(((premises[energy], after[energy]),), evidence.random_pattern),
            Numerics(lambda rng: evidence.energies(rng, premises), 1e-12, "the velocity of the pattern"),
        ),
    )


def _zero_modes_step(squares: Line, at_rest: tuple[Line, ...]) -> Step:
    return Step(
        "zero_modes",
        "The patterns at rest are those constant on each connected component: one zero mode for each component.",
        "A sum of non-negative terms vanishes only if each does.",
        before=(squares,),
        given=(Line(J[i, a], S.Zero, r"\ge"),),
        after=at_rest,
        uses=("quadratic_form",),
        check=lambda premises, after: (
            AtRandomPoints(tuple((line.left, line.right) for line in after), coupled_point),
            Numerics(lambda rng: evidence.slopes(rng, premises[energy], after), 1e-10, "slopes of the energy"),
            Numerics(
                lambda rng: evidence.nullity_and_components(rng, premises),
                0,
                "connected components counted by networkx, rank in exact rationals",
            ),
        ),
    )


def _centroids_step(flow: Flow, at_rest: tuple[Line, ...]) -> Step:
    (centroid,) = flow.conserved()
    return Step(
        "centroids",
        "Each component keeps its centroid, weighted with the inverse mobilities, and contracts to it.",
        "First integrals by linear algebra over matrix words; $u$ is constant on a component. Whatever is no zero mode decays.",
        before=(*velocity_lines(flow), *at_rest),
        after=(Line(C_u, centroid), Line(dot(C_u), flow.time_derivative(centroid))),
        uses=("flow", "zero_modes"),
        check=lambda before, after: _conservation(flow, centroid, before, after),
    )


def _conservation(flow: Flow, centroid: MatrixExpr, before: Lines, after: Lines) -> tuple[Identity | AtRandomPoints, ...]:
    """What samples and labels do to the centroid, the state replaced by its velocity, cancels at the null vectors shown."""
    speeds, null = {block: before[dot(block)] for block in (X, Y)}, before.of(*(equation.lhs for equation in NULL_VECTOR))
    of_samples, of_labels = (part.xreplace(speeds) for part in after[C_u].args)
    others = (statement for statement in flow.assumptions if not isinstance(statement, Eq))
    context = Context((*others, *(Eq(line.left, line.right) for line in null)))
    return (
        Identity(((after[dot(C_u)], ZeroMatrix(d, 1)), (after[C_u], centroid))),
        Identity(((MatAdd(of_samples, of_labels), after[dot(C_u)]),), context),
        AtRandomPoints(((of_samples, -of_labels), *((line.left, line.right) for line in null)), coupled_point),
    )


def _mode_steps(together: Line) -> tuple[Step, ...]:
    amplitude = Line(v_k, Z * D ** Rational(1, 2) * phi_k)
    mean_degree = Trace(f.T * D_y * f) / Trace(f.T * f)
    return (
        Step(
            "modes",
            "With mobilities inverse to the degrees the flow is diagonal in the modes of the normalised adjacency, in which "
            "$ZD^{1/2}=\\sum_kv_k\\phi_k^T$. The positive $\\mu_k$ are the canonical correlations of samples and labels.",
            "Insert $H=D^{-1}$ and multiply by $D^{1/2}\\phi_k$.",
            before=(together,),
            given=(Line(H_x, D_x.I), Line(H_y, D_y.I), Line(evidence.NORMALISED * phi_k, mu_k * phi_k)),
            after=(amplitude, Line(dot(v_k), -(1 - mu_k) * v_k)),
            uses=("laplacian",),
            check=lambda premises, after: Numerics(
                lambda rng: evidence.mode_velocities(rng, premises, after),
                1e-10,
                "the velocities at eigenvectors of random couplings",
            ),
        ),
        Step(
            "mode_variance",
            "From independent entries of variance $\\sigma^2$ a mode starts with the variance of its degrees. Modes that come "
            "in pairs $\\pm\\mu$ have half their weight on each side, so that with unit rows class modes start with "
            "$\\sigma^2(1+\\langle d_a\\rangle)/2$, the mean taken with the weights of the labels.",
            "Variances of independent numbers add. From $\\mu x=D_x^{-1/2}JD_y^{-1/2}y$ and its transpose, $x^Tx=y^Ty$.",
            before=(amplitude,),
            given=(Line(D_x, Unit(N)), Line(mu_k, S.Zero, r"\ne"), Line(d_y, mean_degree)),
            after=(
                Line(variance, sigma**2 * Sum(D[j, j] * phi_k[j, 0] ** 2, (j, 0, N_Z - 1))),
                Line(variance_of_pairs, sigma**2 * (1 + d_y) / 2),
            ),
            uses=("modes",),
            assumptions=("$f$ is the mode on the labels.",),
            check=lambda premises, after: Numerics(
                lambda rng: evidence.mode_variances(rng, premises, after), 1e-10, "coefficients of the starts in each mode"
            ),
        ),
    )
