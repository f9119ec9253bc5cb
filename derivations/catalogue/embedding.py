r"""Embedding-only model: loss, Laplacian flow, conserved centroids, and why frustration collapses what
classifiable data keep apart.

Section 2 of the notes.  Everything is exact for any couplings until the last steps, which take one family (``uniform``:
a fraction of the samples couples to every label alike).
"""

from __future__ import annotations

from dataclasses import replace

from sympy import (
    BlockDiagMatrix,
    BlockMatrix,
    MatrixSymbol,
    Sum,
    Trace,
    Transpose,
    ZeroMatrix,
    block_collapse,
    series,
    solve,
    sqrt,
    symbols,
)

from derivations.catalogue import embedding_evidence as evidence
from derivations.catalogue.points import coupled_point
from derivations.catalogue.reduced import eta_x, eta_y, m, n, phi, star, uniform_sector, y
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics, Together
from derivations.engine import Derivation, Line, Step, rights, velocity_lines
from theory import models
from theory.models.vocabulary import NULL_VECTOR, D_x, D_y, H_x, H_y, J, K, N, X, Y, d, u_x, u_y

m_0, y_0 = symbols("m_0 y_0", real=True)
i, a, k = symbols("i a k", integer=True, nonnegative=True)


def sector_rates():
    """The two decay rates of the sector, slow one first."""
    matrix = -uniform_sector().gradient_flow().jacobian()
    trace, determinant = matrix.trace().cancel(), matrix.det().cancel()
    return tuple((trace + sign * sqrt(trace**2 - 4 * determinant)) / 2 for sign in (-1, 1))


def derive() -> Derivation:
    """The checked derivation."""
    return Derivation(
        name="embedding",
        title="The embedding-only model: gradient flow, fixed points, and the slow collapse under frustration",
        summary=(
            "Samples and labels attract each other along their couplings. The flow is that of a graph "
            "Laplacian: each connected "
            "component contracts to its own conserved centroid. Classifiable data have a component for each class and keep "
            "them apart; frustrated samples join the components, and everything collapses on a second, slow time scale."
        ),
        steps=(*_general(), *_classifiable(), *_frustrated()),
        references=("The model is a reconstruction from the abstract of arXiv:2604.09979.",),
    )


def _general() -> tuple[Step, ...]:
    loss = models.embedding_only()
    flow = loss.gradient_flow()
    pairwise = Sum(J[i, a] * (X[k, i] - Y[k, a]) ** 2, (k, 0, d - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
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
                replace(loss, expression=before[0].right), rights(after), coupled_point, stopped=False
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
                tuple(zip(block_collapse(after[0].right).blocks, rights(before), strict=True)), flow.context
            ),
        ),
        Step(
            "dissipation",
            "The loss falls until nothing moves: every trajectory ends at a fixed point of least loss.",
            "Insert the velocities; the flow is a gradient flow in the metric $H^{-1}$.",
            after=(Line(r"\dot L", dissipated),),
            uses=("flow",),
            check=lambda before, after: Together(
                (
                    Identity(
                        ((after[0].right.xreplace({X_dot: flow.velocity[X], Y_dot: flow.velocity[Y]}), power),), flow.context
                    ),
                    Identity(tuple((value, 0) for value in flow.curl().values()), flow.context),
                )
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
            check=lambda before, after: Together(
                (
                    AtRandomPoints(tuple((line.left, line.right) for line in after), coupled_point),
                    Numerics(
                        evidence.nullity_and_components, 0, "connected components counted by networkx, rank in exact rationals"
                    ),
                )
            ),
        ),
        Step(
            "centroids",
            "Each component keeps its centroid, weighted with the inverse mobilities, and contracts to it.",
            "First integrals by linear algebra over matrix words; $u$ is constant on a component.",
            before=velocity_lines(flow),
            after=(Line("C_u", centroid), Line(r"\dot C_u", flow.time_derivative(centroid))),
            uses=("flow", "zero_modes"),
            check=lambda before, after: Together(
                (
                    AtRandomPoints((_moved_parts(after[0].right, rights(before)),), coupled_point),
                    Identity(((after[1].right, ZeroMatrix(d, 1)), (after[0].right, centroid))),
                )
            ),
        ),
    )


def _classifiable() -> tuple[Step, ...]:
    flow = star().gradient_flow()
    eigenvalues = sorted((-flow.jacobian()).eigenvals(), key=lambda e: e != 0)
    (integral,) = flow.conserved(degree=1)
    start, end = integral.xreplace({m: m_0, y: y_0}), integral.xreplace({m: y})
    (limit,) = solve(end - start, y)
    return (
        Step(
            "class_flow",
            "If the data are classifiable, each class is a component of its own: a star of $n$ "
            "samples with mean $m$ around a label $y$.",
            "Insert equal samples into the loss; the mean of $n$ samples has mobility $\\eta_x/n$.",
            before=(Line("L", star().expression),),
            after=velocity_lines(flow),
            uses=("flow",),
            assumptions=(
                "One label for each sample, weight 1, equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels.",
            ),
            check=lambda before, after: Together(
                (
                    evidence.descends(star(), before, after),
                    Numerics(
                        lambda rng: evidence.star_velocities(rng, rights(after)), 1e-12, "the lowered flow of all samples"
                    ),
                )
            ),
        ),
        Step(
            "class_rates",
            "A class relaxes at one rate, whatever the other classes do.",
            "Eigenvalues of the Jacobian.",
            after=tuple(Line(f"r_{number}", value) for number, value in enumerate(eigenvalues)),
            uses=("class_flow",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.star_rates(rng, rights(after)), 1e-10, "dense eigenvalues of the whole graph"
            ),
        ),
        Step(
            "no_collapse",
            "Classifiable data do not collapse: label and samples of a class meet at their own centroid, "
            "which differs from class to class for almost every start.",
            "Sample and label are equal at the end, and the centroid is the same as at the start.",
            before=(Line(start, end),),
            after=(Line(r"y(\infty)", limit),),
            uses=("centroids", "class_rates"),
            check=lambda before, after: Together(
                (
                    Identity(((before[0].left, before[0].right.xreplace({y: after[0].right})),)),
                    Numerics(
                        lambda rng: evidence.star_limits(rng, after[0].right, (m_0, y_0)), 1e-8, "simulation of all samples"
                    ),
                )
            ),
        ),
    )


def _frustrated() -> tuple[Step, ...]:
    flow = uniform_sector().gradient_flow()
    slow, fast = sector_rates()
    slow_leading = series(slow, phi, 0, 2).removeO().factor()
    fast_leading = fast.subs(phi, 0).simplify()
    default = {eta_x: 1, eta_y: 1 / n}
    slow_default, fast_default = (r.subs(default).expand().simplify() for r in (slow, fast))
    return (
        Step(
            "frustrated_sector",
            "Now let a fraction $\\varphi$ of the samples couple to every label alike. Between classes, labels "
            "at $u$ and pure samples at $v$ "
            "follow a closed flow; the frustrated samples stay in the middle and pull the labels back.",
            "Insert the class-symmetric pattern, whose sum over classes is zero, into the loss.",
            before=(Line("L", uniform_sector().expression),),
            after=velocity_lines(flow),
            uses=("flow",),
            assumptions=(
                "$n$ samples a class, $0<\\varphi\\le1$, equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels.",
            ),
            check=lambda before, after: Together(
                (
                    evidence.descends(uniform_sector(), before, after),
                    Numerics(lambda rng: evidence.lifted_sector(rng, rights(after)), 1e-12, "the lowered flow of all samples"),
                )
            ),
        ),
        Step(
            "sector_rates",
            "The sector has two rates. Both are positive: every difference between classes decays.",
            "Eigenvalues of the Jacobian.",
            after=(Line("r_-", slow), Line("r_+", fast)),
            uses=("frustrated_sector",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.sector_spectrum(rng, *rights(after)),
                1e-10,
                "dense eigenvalues of the whole graph, each K - 1 times",
            ),
        ),
        Step(
            "two_time_scales",
            "For few frustrated samples the rates separate: a fast gain, independent of $\\varphi$, "
            "and a slow collapse, proportional to it.",
            "Expansion in $\\varphi$; the remainder is of the next order.",
            before=(Line("r_-", slow), Line("r_+", fast)),
            after=(Line("r_-", slow_leading, r"\simeq"), Line("r_+", fast_leading, r"\simeq")),
            uses=("sector_rates",),
            assumptions=(r"$\varphi\ll1$.",),
            check=lambda before, after: Numerics(
                lambda rng: [
                    (evidence.order(rng, exact.right, leading.right), order)
                    for exact, leading, order in zip(before, after, (2, 1), strict=True)
                ],
                1e-2,
                "the exact rates at two small fractions: orders 2 and 1 of the remainders",
            ),
        ),
        Step(
            "normalised_rates",
            "With mobilities inverse to the degrees the rates depend on the frustrated fraction alone.",
            "Insert $\\eta_x=1$, $\\eta_y=1/n$.",
            before=(Line("r_-", slow), Line("r_+", fast)),
            after=(Line("r_-", slow_default), Line("r_+", fast_default)),
            uses=("sector_rates",),
            check=lambda before, after: Together(
                (
                    Identity(
                        tuple((line.right.subs(default), special.right) for line, special in zip(before, after, strict=True))
                    ),
                    Numerics(
                        lambda rng: evidence.default_rates(rng, *rights(after)),
                        1e-10,
                        "one minus and plus the canonical correlations of a coupling",
                    ),
                )
            ),
        ),
        Step(
            "collapse",
            "All labels collapse to one point at the slow rate.",
            "The only zero mode left moves all embeddings together.",
            after=(Line(r"-\tfrac{d}{dt}\log\lVert y_a-y_b\rVert", slow_default, r"\to"),),
            uses=("normalised_rates", "centroids"),
            check=lambda before, after: Numerics(
                lambda rng: evidence.collapse_rate(rng, after[0].right),
                1e-4,
                "the late decay of every label distance in a simulation",
            ),
        ),
    )


def _moved_parts(centroid, velocities):
    """What the samples and the labels each do to the centroid: the state replaced by its velocity; the two cancel."""
    samples, labels = (part.xreplace(dict(zip((X, Y), velocities, strict=True))) for part in centroid.args)
    return samples, -labels
