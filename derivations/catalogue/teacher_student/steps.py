"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Expr, Q, Rational, Trace, Transpose, asin, pi, sqrt

from derivations.catalogue.teacher_student import evidence
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import E, M_xi, P, Sigma, T_xi, Xi, e_K, mu, mu_k, n_xi, p_xi, phi, t_K, v_k
from theory import Loss
from theory.encoder.maxima import CLOSED, closed_maximum
from theory.models.linear_student import teacher_student
from theory.models.vocabulary import H_x, H_y, K, Y, beta, u_x, u_y

SAMPLED = {Sigma: Xi * Xi.T / n_xi, M_xi: Xi * T_xi / n_xi, P: T_xi.T * T_xi / n_xi}
TIE = r"$t_K=\int\varphi(x)^2\Phi(x)^{K-2}dx$, with the density $\varphi$ and the distribution $\Phi$ of a standard normal."


def student() -> Loss:
    """The loss of a student with moments in any basis of the inputs."""
    energy = Trace(E * Sigma * E.T) / 2 - Trace(E * M_xi * Y.T) + Trace(Y * P * Y.T) / 2
    symmetric = (Q.symmetric(Sigma), Q.symmetric(H_x), Q.diagonal(P), Q.diagonal(H_y))
    return Loss(energy, state=(E, Y), mobility={E: H_x, Y: H_y}, assumptions=symmetric)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_reduction(), *_argmax(), *_samples())


def _reduction() -> tuple[Step, ...]:
    loss = student()
    flow = loss.gradient_flow()
    rest = E * Xi - Y * T_xi.T
    return (
        Step(
            "loss",
            "The mean square distance of outputs $E\\xi$ (of the columns of $\\Xi$) and labels $y_a$ holds the inputs in three "
            "moments alone: $\\Sigma=\\mathbf E[\\xi\\xi^T]$, $M_\\xi=\\mathbf E[\\xi1_a]$ and the class masses $P$.",
            "Expand the square; the rows of $T_\\xi$ are one-hot labels.",
            before=(Line("L", Trace(rest * rest.T) / (2 * n_xi)), *(Line(m, e) for m, e in SAMPLED.items())),
            after=(Line("L", loss.expression),),
            check=lambda before, after: (
                AtRandomPoints(((before[0].right, after[0].right),), evidence.sampled_point),
                AtRandomPoints(tuple((line.left, line.right) for line in before[1:]), evidence.sampled_point),
            ),
        ),
        Step(
            "flow",
            "Student and labels descend it, with a mobility matrix for the inputs.",
            "Matrix calculus: the gradient of a trace is read off its differential.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            uses=("loss",),
            assumptions=("$H_x$ is symmetric and positive, $H_y$ is diagonal and positive.",),
            check=lambda before, after: Descent(
                loss.having(expression=before[0].right), after.rights, evidence.sampled_point, stopped=False
            ),
        ),
        Step(
            "two_views",
            "Along the principal axes of the inputs, $\\Sigma=RD_xR^T$, this is the loss of the embedding model: a column of "
            "$X=ER$ for each axis, with $J=R^TM_\\xi$ and $D_y=P$.",
            "Insert $E=XR^T$; $R^TR=1$. One-hot inputs have $R=1$ and are free embeddings.",
            before=(Line("L", loss.expression),),
            after=(Line("L", teacher_student().erased()),),
            uses=("loss",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.turned_point),
        ),
        Step(
            "modes",
            "With mobilities inverse to the moments the flow is diagonal. The $\\mu_k$ are $\\pm$ the canonical correlations "
            "of inputs and labels: cosines of the angles between the spaces that both span over the samples.",
            "The modes of the embedding model, $D\\to\\operatorname{diag}(\\Sigma,P)$, $J\\to M_\\xi$.",
            before=velocity_lines(flow),
            after=(Line(r"\dot v_k", -(1 - mu_k) * v_k),),
            uses=("flow", "two_views"),
            assumptions=("$H_x=\\Sigma^{-1}$, $H_y=P^{-1}$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.mode_velocities(rng, before.rights, after[0].right),
                1e-10,
                "the velocities at modes made from QR factors of inputs and labels",
            ),
        ),
        Step(
            "bias",
            "A constant input, as a bias, makes a mode with $\\mu=1$: the pattern that moves all outputs and labels alike. "
            "Without it, inputs of mean zero leave the labels' mean uncorrelated.",
            "$u_x$ is one over the constant on its axis and zero elsewhere, $u_y$ is all ones, so that $\\Xi^Tu_x=T_\\xi u_y$.",
            after=(Line(Sigma * u_x, M_xi * u_y), Line(P * u_y, Transpose(M_xi) * u_x)),
            uses=("modes",),
            check=lambda before, after: AtRandomPoints(
                tuple((line.left, line.right) for line in after), evidence.point_with_constant
            ),
        ),
    )


def _argmax() -> tuple[Step, ...]:
    tied = Line(r"e_K=\int Kx\,\varphi(x)\,\Phi(x)^{K-1}dx", K * (K - 1) * t_K)
    means = (Line(r"\mathbf E[\xi_a1_a]", e_K / K), Line(r"\mathbf E[\xi_b1_a]", -e_K / (K * (K - 1))))
    return (
        Step(
            "expected_maximum",
            "The expected maximum of $K$ standard normals is the density of a tie at the top.",
            "Integrate by parts: $x$ times the normal density is minus its derivative (Stein's lemma for the indicator of the "
            "largest).",
            after=(tied,),
            assumptions=(TIE,),
            check=lambda before, after: Numerics(
                lambda rng: evidence.maxima(rng, after[0].right, t_K), 1e-10, "the integrals of the tails"
            ),
        ),
        Step(
            "closed_forms",
            "For up to five normals it is elementary.",
            "Given a tie of two, the differences to the others correlate by $\\tfrac13$ and are all positive with an "
            "elementary probability.",
            after=tuple(Line(rf"\sqrt\pi\,e_{k}", _in_angles(k)) for k in range(2, CLOSED + 1)),
            uses=("expected_maximum",),
            assumptions=(r"$\beta=\tfrac1\pi\arcsin\tfrac13$.",),
            check=lambda before, after: Numerics(
                lambda _: evidence.closed_forms(after.rights, beta), 1e-10, "the integrals of the tails"
            ),
        ),
        Step(
            "class_means",
            "A teacher names the largest of the first $K$ of independent standard normal inputs. Each class has the mean of a "
            "maximum on its own axis, and on the others what makes the means sum to zero.",
            "The largest has the mean $e_K$, and is each of them with probability $1/K$; which it is says nothing of the sum.",
            after=means,
            uses=("expected_maximum",),
            assumptions=("$\\xi\\sim N(0,1)$, orthonormal rows of the teacher, no noise, $b\\ne a$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.class_means(rng, after.rights, e_K), 1e-8, "integrals over two inputs"
            ),
        ),
        Step(
            "correlations",
            "All $K-1$ class modes have one canonical correlation, which is below one: a linear student is frustrated even "
            "without label noise. Labels redrawn uniformly with probability $\\varphi$ lower it in proportion.",
            "The class means are a multiple of the projection on patterns of sum zero; redrawn labels have mean zero.",
            before=means,
            after=(Line(mu, (1 - phi) * e_K * sqrt(K) / (K - 1)),),
            uses=("class_means", "modes"),
            assumptions=("Class masses $1/K$, $\\Sigma=1$, no bias.",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.correlations(rng, before.rights, after[0].right, e_K),
                    1e-10,
                    "singular values of the class means",
                ),
                Identity(((before[0].right + (K - 1) * before[1].right, 0), (after[0].left, mu))),
            ),
        ),
    )


def _in_angles(classes: int) -> Expr:
    """The closed form times the root of π, in the angle β."""
    return (closed_maximum(classes) * sqrt(pi)).subs(asin(Rational(1, 3)), pi * beta).expand()


def _samples() -> tuple[Step, ...]:
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
            after=(Line(r"\mathbf E\,\hat\psi", psi), Line(r"\mathbf E\,\hat\psi_{\text{class}}", psi, r"\simeq")),
            uses=("modes",),
            assumptions=("Normal inputs of mean zero without a bias, at fixed $p_\\xi/n_\\xi$.",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.unexplained(rng, after[0].right),
                    2e-2,
                    "least squares of one normal target, many samples",
                ),
                Numerics(
                    lambda rng: evidence.label_mean(rng, after[0].right),
                    1e-2,
                    "least squares of constant labels, many samples",
                ),
                Remainder(
                    lambda rng: evidence.class_modes(rng, after[1].right),
                    2e-2,
                    "average class modes of argmax labels at 40 and 80 samples: their excess, and the limit it falls to "
                    "like $1/n_\\xi$",
                    reads=after[1:],
                ),
            ),
        ),
        Step(
            "interpolation",
            "With as many inputs as samples are left over by the classes, correlations become one: nothing is frustrated on "
            "the training set any more.",
            "Inputs and labels span $p_\\xi$ and $K$ of $n_\\xi$ dimensions, and these meet in as many as are too few.",
            after=(Line(r"\#\{\hat\mu_k=1\}", p_xi + K - n_xi),),
            uses=("modes",),
            assumptions=(
                "Inputs in general position, every class present, $n_\\xi-K\\le p_\\xi\\le n_\\xi$; none for fewer inputs.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.meeting_dimensions(rng, after[0].right), 0, "ranks in exact rationals"
            ),
        ),
    )
