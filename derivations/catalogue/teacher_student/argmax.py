r"""The last steps of the derivation ``teacher_student``: class means of the argmax of a teacher, and finite samples."""

from __future__ import annotations

from sympy import Expr, Integral, Rational, S, asin, erf, exp, oo, pi, sin, sqrt
from sympy import Identity as Unit

from derivations.catalogue.teacher_student import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, dot
from derivations.vocabulary import (
    P,
    Sigma,
    e_2,
    e_3,
    e_4,
    e_5,
    e_K,
    met,
    mu,
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
from theory.encoder.maxima import closed_maximum
from theory.models.vocabulary import K, N, beta, n_xi

ELEMENTARY = {sqrt(pi) * maximum: classes for classes, maximum in enumerate((e_2, e_3, e_4, e_5), 2)}


def argmax_steps(moved: Line) -> tuple[Step, ...]:
    """The class means of a teacher that names the largest field, and the correlation that they make."""
    tied = Line(e_K, K * (K - 1) * t_K)
    means = (Line(own_mean, e_K / K), Line(other_mean, -e_K / (K * (K - 1))))
    return (
        _expected_maximum_step(tied),
        _closed_forms_step(tied),
        _class_means_step(tied, means),
        _correlations_step(moved, means),
    )


def _expected_maximum_step(tied: Line) -> Step:
    return Step(
        "expected_maximum",
        "The expected maximum of $K$ standard normals is the density of a tie at the top.",
        "Integrate by parts: $x$ times the normal density is minus its derivative (Stein's lemma for the indicator of the "
        "largest).",
        given=_integrals(),
        after=(tied,),
        check=lambda premises, after: Numerics(
            lambda rng: evidence.maximum_density(rng, premises, after[e_K]), 1e-10, "the integrals of the tails"
        ),
    )


def _closed_forms_step(tied: Line) -> Step:
    return Step(
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
    )


def _class_means_step(tied: Line, means: tuple[Line, Line]) -> Step:
    return Step(
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
    )


def _correlations_step(moved: Line, means: tuple[Line, Line]) -> Step:
    return Step(
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


def sample_steps(moved: Line) -> tuple[Step, ...]:
    """What a finite sample does to the correlations."""
    return (_few_samples_step(), _interpolation_step(moved))


def _few_samples_step() -> Step:
    psi: Expr = (1 - mu**2) * (1 - p_xi / n_xi)
    return Step(
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
    )


def _interpolation_step(moved: Line) -> Step:
    return Step(
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
    )
