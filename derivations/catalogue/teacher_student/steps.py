"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import (
    Eq,
    Expr,
    Integral,
    Q,
    Rational,
    S,
    Trace,
    Transpose,
    ZeroMatrix,
    asin,
    erf,
    exp,
    oo,
    pi,
    sin,
    sqrt,
)
from sympy import Identity as Unit

from derivations.catalogue.teacher_student import evidence
from derivations.checks import AtRandomPoints, Check, Descent, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    E,
    L,
    M_xi,
    P,
    R_xi,
    Sigma,
    T_xi,
    Xi,
    e,
    e_2,
    e_3,
    e_4,
    e_5,
    e_K,
    met,
    mu,
    mu_k,
    n_xi,
    other_mean,
    own_mean,
    p_xi,
    phi,
    psi_class,
    psi_hat,
    t_K,
    v_k,
    x,
)
from theory import Loss
from theory.encoder.maxima import closed_maximum
from theory.models.linear_student import teacher_student
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y, beta, d, u_x, u_y
from theory.words import Context

MOMENTS = (Line(Sigma, Xi * Xi.T / n_xi), Line(M_xi, Xi * T_xi / n_xi), Line(P, T_xi.T * T_xi / n_xi))
ELEMENTARY = {sqrt(pi) * maximum: classes for classes, maximum in enumerate((e_2, e_3, e_4, e_5), 2)}


def student_loss() -> Loss:
    """The loss of a student with moments in any basis of the inputs."""
    energy = Trace(E * Sigma * E.T) / 2 - Trace(E * M_xi * Y.T) + Trace(Y * P * Y.T) / 2
    symmetric = (Q.symmetric(Sigma), Q.symmetric(H_x), Q.diagonal(P), Q.diagonal(H_y))
    return Loss(energy, state=(E, Y), mobility={E: H_x, Y: H_y}, assumptions=symmetric)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    loss = student_loss()
    flow, moved = velocity_lines(loss.gradient_flow()), Line(dot(v_k), -(1 - mu_k) * v_k)
    return (*_reduction_steps(loss, flow, moved), _bias(flow), *_argmax_steps(moved), *_sample_steps(moved))


def _reduction_steps(loss: Loss, velocities: Lines, moved: Line) -> tuple[Step, ...]:
    energy = Line(L, loss.expression)
    rest = E * Xi - Y * T_xi.T
    axes = (
        Line(Transpose(R_xi) * R_xi, Unit(N)),
        Line(Sigma, R_xi * D_x * Transpose(R_xi)),
        Line(X, E * R_xi),
        Line(J, Transpose(R_xi) * M_xi),
        Line(D_y, P),
    )
    return (
        Step(
            "loss",
            "The mean square distance of outputs $E\\xi$ (of the columns of $\\Xi$) and labels $y_a$ holds the inputs in three "
            "moments alone: $\\Sigma=\\mathbf E[\\xi\\xi^T]$, $M_\\xi=\\mathbf E[\\xi1_a]$ and the class masses $P$.",
            "Expand the square; the rows of $T_\\xi$ are one-hot labels.",
            given=(Line(L, Trace(rest * rest.T) / (2 * n_xi)), *MOMENTS),
            after=(energy,),
            check=lambda premises, after: AtRandomPoints(
                ((premises[L], after[L].xreplace(premises.of(Sigma, M_xi, P).mapping)),), evidence.sampled_point
            ),
        ),
        Step(
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
        ),
        Step(
            "two_views",
            "Along the principal axes of the inputs this is the loss of the embedding model, with a column of $X$ for each "
            "axis.",
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
        ),
        Step(
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


def _argmax_steps(moved: Line) -> tuple[Step, ...]:
    tied = Line(e_K, K * (K - 1) * t_K)
    means = (Line(own_mean, e_K / K), Line(other_mean, -e_K / (K * (K - 1))))
    return (
        Step(
            "expected_maximum",
            "The expected maximum of $K$ standard normals is the density of a tie at the top.",
            "Integrate by parts: $x$ times the normal density is minus its derivative (Stein's lemma for the indicator of the "
            "largest).",
            given=_integrals(),
            after=(tied,),
            check=lambda premises, after: Numerics(
                lambda rng: evidence.maximum_density(rng, premises, after[e_K]), 1e-10, "the integrals of the tails"
            ),
        ),
        Step(
            "closed_forms",
            "For up to five normals it is elementary.",
            "Given a tie of two, the differences to the others correlate by $\\tfrac13$ and are all positive with an "
            "elementary probability.",
            before=(tied,),
            given=(Line(sin(pi * beta), Rational(1, 3)),),
            after=tuple(Line(left, _form_in_angles(classes)) for left, classes in ELEMENTARY.items()),
            uses=("expected_maximum",),
            check=lambda premises, after: Numerics(
                lambda _: evidence.closed_forms(premises, {k: after[left] for left, k in ELEMENTARY.items()}),
                1e-10,
                "the integrals of the tails",
            ),
        ),
        Step(
            "class_means",
            "A teacher names the largest of the first $K$ of independent standard normal inputs. Each class has the mean of a "
            "maximum on its own axis, and on the others what makes the means sum to zero.",
            "The largest has the mean $e_K$, and is each of them with probability $1/K$; which it is says nothing of the sum.",
            before=(tied,),
            after=means,
            uses=("expected_maximum",),
            assumptions=("$\\xi\\sim N(0,1)$, orthonormal rows of the teacher, no noise; $b$ is another class than $a$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.class_means(rng, before[e_K], after.of(own_mean, other_mean).rights),
                1e-8,
                "integrals over two inputs",
            ),
        ),
        Step(
            "correlations",
            "All $K-1$ class modes have one canonical correlation, which is below one: a linear student is frustrated even "
            "without label noise. Labels redrawn uniformly with probability $\\varphi$ lower it in proportion.",
            "The class means are a multiple of the projection on patterns of sum zero; redrawn labels have mean zero.",
            before=(moved, *means),
            given=(Line(P, Unit(K) / K), Line(Sigma, Unit(N))),
            after=(_correlation(), Line(1 - mu**2, S.Zero, ">")),
            uses=("modes", "class_means"),
            assumptions=("There is no bias.",),
            check=lambda premises, after: (
                Identity(((premises[own_mean] + (K - 1) * premises[other_mean], S.Zero),)),
                Numerics(
                    lambda rng: evidence.correlations(rng, premises, after),
                    1e-10,
                    "singular values of the class means, and rates",
                    reads=after.bounds,
                ),
            ),
        ),
    )


def _correlation() -> Line:
    return Line(mu, (1 - phi) * e_K * sqrt(K) / (K - 1))


def _integrals() -> tuple[Line, Line]:
    """The expected maximum by the density of the largest, and the density of a tie, both standard normals."""
    density, below = exp(-(x**2) / 2) / sqrt(2 * pi), (1 + erf(x / sqrt(2))) / 2
    return (
        Line(e_K, Integral(K * x * density * below ** (K - 1), (x, -oo, oo))),
        Line(t_K, Integral(density**2 * below ** (K - 2), (x, -oo, oo))),
    )


def _form_in_angles(classes: int) -> Expr:
    """The closed form times the root of π, in the angle β."""
    return (closed_maximum(classes) * sqrt(pi)).subs(asin(Rational(1, 3)), pi * beta).expand()


def _sample_steps(moved: Line) -> tuple[Step, ...]:
    psi: Expr = (1 - mu**2) * (1 - p_xi / n_xi)
    return (
        Step(
            "few_samples",
            "What inputs do not explain of a target, $p_\\xi$ of them explain by chance in part: its frustration shrinks, "
            "equivalently $\\hat\\mu^2=\\mu^2(1-c)+c$ with $c=p_\\xi/n_\\xi$, exactly on average for a target whose "
            "unexplained part is independent of the inputs, such as the labels' mean, $\\mu=0$. For the class modes of an "
            "argmax teacher, which are orthogonal to the labels' mean, it is the leading order in $1/n_\\xi$ of their average: "
            "for two and three classes the frustration is larger than this by about $2/n_\\xi$ of itself, 5 % at $n_\\xi=40$.",
            "The projection on $p_\\xi$ directions that are independent of a vector holds the share $p_\\xi/n_\\xi$ of its "
            "square on average. What an argmax leaves unexplained depends on the inputs, and class modes are normalised by the "
            "sample's own masses.",
            before=(_correlation(),),
            after=(Line(psi_hat, psi), Line(psi_class, psi, r"\simeq")),
            uses=("correlations",),
            assumptions=("Normal inputs of mean zero without a bias, at fixed $p_\\xi/n_\\xi$.",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.unexplained_share(rng, after[psi_hat]),
                    2e-2,
                    "least squares of one normal target, many samples",
                ),
                Numerics(
                    lambda rng: evidence.label_mean(rng, after[psi_hat]),
                    1e-2,
                    "least squares of constant labels, many samples",
                ),
                Remainder(
                    lambda rng: evidence.class_modes(rng, before[mu], after[psi_class]),
                    2e-2,
                    "average class modes of argmax labels at 40 and 80 samples: their excess, and the limit it falls to "
                    "like $1/n_\\xi$",
                    reads=after.of(psi_class),
                ),
            ),
        ),
        Step(
            "interpolation",
            "With as many inputs as samples are left over by the classes, correlations become one: nothing is frustrated on "
            "the training set any more. With fewer inputs there are none.",
            "Inputs and labels span $p_\\xi$ and $K$ of $n_\\xi$ dimensions, and these meet in as many as are too few.",
            before=(moved,),
            given=(Line(p_xi, n_xi - K, r"\ge"), Line(p_xi, n_xi, r"\le")),
            after=(Line(met, p_xi + K - n_xi),),
            uses=("modes",),
            assumptions=("Inputs in general position, every class present.",),
            check=lambda premises, after: (
                Numerics(lambda rng: evidence.meeting_dimensions(rng, premises, after[met]), 0, "ranks in exact rationals"),
                Numerics(lambda rng: evidence.sampled_rates(rng, premises[dot(v_k)]), 1e-10, "rates between the moments"),
            ),
        ),
    )
