"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Trace, Transpose, solve

from derivations.catalogue.classifiable import evidence
from derivations.catalogue.points import coupled_point
from derivations.checks import AtRandomPoints, Identity, Numerics
from derivations.closed_forms.reduced import star
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import n, n_b, w_x, w_y, x, x_0, y, y_0
from theory import models
from theory.models.vocabulary import H_x, H_y, X, Y, u_x, u_y


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_criterion(), *_stars())


def _criterion() -> tuple[Step, ...]:
    (conserved,) = models.embedding_only().gradient_flow().conserved()
    size = Trace(Transpose(u_x) * H_x.I * u_x) + Trace(Transpose(u_y) * H_y.I * u_y)
    other = {u_x: w_x, u_y: w_y}
    limit = conserved / size
    return (
        Step(
            "centroids",
            "A component ends at one point: its centroid, weighted with the inverse mobilities, which never moves.",
            "At rest all embeddings of a component are equal, $X=cu_x^T$ and $Y=cu_y^T$ on it, and the conserved $C_u$ is "
            "the same as at the start.",
            before=(Line("C_u", conserved),),
            after=(Line("c_u", limit),),
            assumptions=("$u=(u_x,u_y)$ is one on the component and zero elsewhere.",),
            check=lambda before, after: (
                AtRandomPoints(
                    ((before[0].right, size * after[0].right), _at_rest(before[0].right, after[0].right)), coupled_point
                ),
                Numerics(
                    lambda rng: evidence.centroid(rng, after[0].right),
                    1e-10,
                    "the kernel of the dense flow",
                ),
            ),
        ),
        Step(
            "collapse_criterion",
            "Labels of one component ($u=w$) collapse to one point. Labels of different ones differ for almost every start. "
            "For almost every start, then, all labels collapse to one point if and only if the sample-label graph is "
            "connected: as soon as enough samples with several labels join the classes.",
            "Centroids of different components are independent functions of the start.",
            after=(Line(r"y_a(\infty)", limit), Line(r"y_b(\infty)", limit.xreplace(other))),
            uses=("centroids",),
            assumptions=("$u$ marks the component of label $a$, and $w$ that of label $b$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.label_limits(rng, (w_x, w_y), *after.rights),
                1e-9,
                "the kernel of the dense flow; components counted by networkx",
            ),
        ),
    )


def _at_rest(conserved, limit):
    """The conserved vector at rest, and what it is if the limit is that of the same conserved vector."""
    resting = {X: limit * Transpose(u_x), Y: limit * Transpose(u_y)}
    return conserved.xreplace(resting), conserved


def _stars() -> tuple[Step, ...]:
    flow = star().gradient_flow()
    eigenvalues = sorted((-flow.jacobian()).eigenvals(), key=lambda e: e != 0)
    (integral,) = flow.conserved(degree=1)
    start, end = integral.xreplace({x: x_0, y: y_0}), integral.xreplace({x: y})
    (limit,) = solve(end - start, y)
    return (
        Step(
            "class_flow",
            "If every sample has one label, each label is the centre of a star of its own: "
            "$n$ samples with mean $x$ around a label $y$.",
            "Insert equal samples into the loss; the mean of $n$ samples has mobility $\\eta_x/n$.",
            before=(Line("L", star().expression),),
            after=velocity_lines(flow),
            assumptions=(
                "One label for each sample, weight 1, equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels.",
            ),
            check=lambda before, after: (
                evidence.descends(star(), before, after),
                Numerics(lambda rng: evidence.star_velocities(rng, after.rights), 1e-12, "the lowered flow of all samples"),
            ),
        ),
        Step(
            "class_rates",
            "A class relaxes at one rate, whatever the other classes do. There is no slow time scale.",
            "Eigenvalues of the Jacobian.",
            after=tuple(Line(f"r_{number}", value) for number, value in enumerate(eigenvalues)),
            uses=("class_flow",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.star_rates(rng, after.rights), 1e-10, "dense eigenvalues of the whole graph"
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
            check=lambda before, after: (
                Identity(((before[0].left, before[0].right.xreplace({y: after[0].right})),)),
                Numerics(
                    lambda rng: evidence.star_limits(rng, after[0].right, (x_0, y_0)), 1e-10, "the kernel of the dense flow"
                ),
            ),
        ),
        Step(
            "wrong_labels",
            "Wrong labels alone do not collapse anything: a sample with a single wrong label joins the star of that label. "
            "With $n_b$ samples around label $b$, right or wrong, its star relaxes at one rate and ends at its centroid. "
            "Embeddings are free: the model does not know which labels were right. Frustration needs conflicting labels.",
            "The star does not ask where its samples come from: replace $n$.",
            before=(Line("r_1", eigenvalues[1]), Line(r"y(\infty)", limit)),
            after=(Line("r_b", eigenvalues[1].subs(n, n_b)), Line(r"y_b(\infty)", limit.subs(n, n_b))),
            uses=("class_rates", "no_collapse", "collapse_criterion"),
            check=lambda before, after: (
                Identity(tuple((b.right.subs(n, n_b), a.right) for b, a in zip(before, after, strict=True))),
                Numerics(
                    lambda rng: evidence.wrong_labels(rng, (n_b, x_0, y_0), *after.rights),
                    1e-10,
                    "dense eigenvalues and kernel with labels put wrong at random; as many components as labels",
                ),
            ),
        ),
    )
