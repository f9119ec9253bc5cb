"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Basic, Expr, S, Trace, Transpose, solve

from derivations.catalogue.classifiable import evidence
from derivations.catalogue.points import coupled_point
from derivations.catalogue.sector_steps import characteristic
from derivations.checks import AtRandomPoints, Identity, Numerics
from derivations.closed_forms.reduced import star_loss
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    C_u,
    L,
    c_u,
    n,
    n_b,
    r,
    r_0,
    r_1,
    r_b,
    w_x,
    w_y,
    x,
    x_0,
    y,
    y_0,
    y_a_end,
    y_b_end,
    y_end,
    y_j_end,
)
from theory import Flow, models
from theory.models.vocabulary import H_x, H_y, X, Y, u_x, u_y


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    (conserved,) = models.embedding_only().gradient_flow().conserved()
    size = Trace(Transpose(u_x) * H_x.I * u_x) + Trace(Transpose(u_y) * H_y.I * u_y)
    centroid = Line(c_u, conserved / size)
    flow = star_loss().gradient_flow()
    (integral,) = flow.conserved(degree=1)
    velocities, rates = velocity_lines(flow), _star_rates(flow)
    return (
        _centroids_step(Line(C_u, conserved), size, centroid),
        _collapse_criterion_step(centroid),
        _class_flow_step(velocities),
        _class_rates_step(velocities, rates),
        _no_collapse_step(centroid, velocities, integral),
        _wrong_labels_step(rates[1], _star_limit(integral)),
    )


def _centroids_step(conserved: Line, size: Expr, centroid: Line) -> Step:
    return Step(
        "centroids",
        "A component ends at one point: its centroid, weighted with the inverse mobilities, which never moves.",
        "At rest all embeddings of a component are equal, $X=cu_x^T$ and $Y=cu_y^T$ on it, and the conserved $C_u$ is "
        "the same as at the start.",
        given=(conserved,),
        after=(centroid,),
        assumptions=("$u=(u_x,u_y)$ is one on the component and zero elsewhere.",),
        check=lambda premises, after: (
            AtRandomPoints(
                ((premises[C_u], size * after[c_u]), (_vector_at_rest(premises[C_u], after[c_u]), premises[C_u])), coupled_point
            ),
            Numerics(lambda rng: evidence.centroid_pairs(rng, after[c_u]), 1e-10, "the kernel of the dense flow"),
        ),
    )


def _collapse_criterion_step(centroid: Line) -> Step:
    other = {u_x: w_x, u_y: w_y}
    return Step(
        "collapse_criterion",
        "Labels of one component ($u=w$) collapse to one point. Labels of different ones differ for almost every start. "
        "For almost every start, then, all labels collapse to one point if and only if the sample-label graph is "
        "connected: as soon as enough samples with several labels join the classes.",
        "Centroids of different components are independent functions of the start.",
        before=(centroid,),
        after=(Line(y_a_end, centroid.right), Line(y_j_end, centroid.right.xreplace(other))),
        uses=("centroids",),
        assumptions=("$u$ marks the component of label $a$, and $w$ that of label $j$.",),
        check=lambda before, after: (
            after.of(y_a_end, y_j_end).equal((before[c_u], before[c_u].xreplace(other))),
            Numerics(
                lambda rng: evidence.label_limits(rng, (w_x, w_y), after[y_a_end], after[y_j_end]),
                1e-9,
                "the kernel of the dense flow; components counted by networkx",
            ),
        ),
    )


def _vector_at_rest(conserved: Basic, limit: Basic) -> Basic:
    """The conserved vector at rest."""
    return conserved.xreplace({X: limit * Transpose(u_x), Y: limit * Transpose(u_y)})


def _star_rates(flow: Flow) -> tuple[Line, ...]:
    """The rates of a class, that of its centroid first."""
    return tuple(map(Line, (r_0, r_1), sorted((-flow.jacobian()).eigenvals(), key=lambda e: e != 0)))


def _at_start(integral: Expr) -> Expr:
    return integral.xreplace({x: x_0, y: y_0})


def _star_limit(integral: Expr) -> Line:
    """Where sample and label meet, with what is conserved as at the start."""
    return Line(y_end, *solve(integral.xreplace({x: y}) - _at_start(integral), y))


def _class_flow_step(velocities: Lines) -> Step:
    return Step(
        "class_flow",
        "If every sample has one label, each label is the centre of a star of its own: "
        "$n$ samples with mean $x$ around a label $y$.",
        "Insert equal samples into the loss; the mean of $n$ samples has mobility $\\eta_x/n$.",
        given=(Line(L, star_loss().expression),),
        after=velocities,
        assumptions=("One label for each sample, weight 1, equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels.",),
        check=lambda premises, after: (
            evidence.descent_check(star_loss(), premises[L], after),
            Numerics(lambda rng: evidence.star_velocities(rng, after), 1e-12, "the lowered flow of all samples"),
        ),
    )


def _class_rates_step(velocities: Lines, rates: tuple[Line, ...]) -> Step:
    return Step(
        "class_rates",
        "A class relaxes at one rate, whatever the other classes do. There is no slow time scale.",
        "Eigenvalues of the Jacobian.",
        before=velocities,
        after=rates,
        uses=("class_flow",),
        check=lambda before, after: (
            Identity(
                (
                    (after[r_0], S.Zero),
                    (characteristic(before.of(dot(x), dot(y)).rights, (x, y)), (r - after[r_0]) * (r - after[r_1])),
                )
            ),
            Numerics(
                lambda rng: evidence.star_rates(rng, after.of(r_0, r_1).rights), 1e-10, "dense eigenvalues of the whole graph"
            ),
        ),
    )


def _no_collapse_step(centroid: Line, velocities: Lines, integral: Expr) -> Step:
    start = _at_start(integral)
    return Step(
        "no_collapse",
        "Classifiable data do not collapse: label and samples of a class meet at their own centroid, "
        "which differs from class to class for almost every start.",
        "Sample and label are equal at the end, and the centroid is the same as at the start.",
        before=(centroid, *velocities),
        given=(Line(start, integral.xreplace({x: y})),),
        after=(_star_limit(integral),),
        uses=("centroids", "class_flow"),
        check=lambda premises, after: (
            Identity(
                (
                    (integral.diff(x) * premises[dot(x)], -integral.diff(y) * premises[dot(y)]),
                    (start, premises[start].xreplace({y: after[y_end]})),
                    (premises[start], integral.xreplace({x: y})),
                )
            ),
            Numerics(lambda rng: evidence.star_limits(rng, premises[c_u], after[y_end]), 1e-10, "the kernel of the dense flow"),
        ),
    )


def _wrong_labels_step(rate: Line, limit: Line) -> Step:
    return Step(
        "wrong_labels",
        "Wrong labels alone do not collapse anything: a sample with a single wrong label joins the star of that label. "
        "With $n_b$ samples around label $b$, right or wrong, its star relaxes at one rate and ends at its centroid. "
        "Embeddings are free: the model does not know which labels were right. Frustration needs conflicting labels.",
        "The star does not ask where its samples come from: replace $n$.",
        before=(rate, limit),
        after=(Line(r_b, rate.right.subs(n, n_b)), Line(y_b_end, limit.right.subs(n, n_b))),
        uses=("class_rates", "no_collapse"),
        check=lambda before, after: (
            after.of(r_b, y_b_end).equal(right.subs(n, n_b) for right in before.of(r_1, y_end).rights),
            Numerics(
                lambda rng: evidence.wrong_labels(rng, (n_b, x_0, y_0), after[r_b], after[y_b_end]),
                1e-10,
                "dense eigenvalues and kernel with labels put wrong at random; as many components as labels",
            ),
        ),
    )
