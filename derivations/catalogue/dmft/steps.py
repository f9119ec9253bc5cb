"""The steps of the derivation, with their checks."""

from __future__ import annotations

from typing import cast

from sympy import Basic, BlockMatrix, Expr, Identity, MatAdd, MatMul, Rational, Sum, Transpose, exp, sqrt

from derivations.catalogue.dmft import evidence
from derivations.checks import AtRandomPoints, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import (
    G_0,
    N_Z,
    B,
    F,
    G,
    a,
    alpha,
    b,
    c,
    c_G,
    c_g,
    g,
    h,
    j,
    k,
    n_0,
    q,
    rho,
    s,
    t,
    u,
    v_a,
    x,
    y_a,
    y_b,
    z,
)
from theory.models.vocabulary import D_x, D_y, J, K, N, beta


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_memory(), *_tree(), *_many_links(), *_band(), _variance())


def _product(*factors):
    """A product as written: SymPy would reorder the sums inside."""
    return MatMul(*factors, evaluate=False)


def _memory() -> tuple[Step, ...]:
    pure, shared = Line(u, y_a / (s + 1)), Line(x, q * (y_a + y_b) / (s + 2 * q))
    kernel = Line(k, q**2 / (s + 2 * q))
    of_samples, of_labels = (s * Identity(n) + D for n, D in ((N, D_x), (K, D_y)))
    schur = MatAdd(of_labels, -_product(Transpose(J), of_samples.I, J), evaluate=False)
    return (
        Step(
            "samples",
            "A pure sample $u$ follows its label, and a frustrated sample $x$ the mean of its two labels, with a lag.",
            "Laplace transform of the flow from samples at rest at zero, $\\dot x\\to s\\,x$, solved for the samples.",
            before=(Line(s * u, y_a - u), Line(s * x, q * (y_a - x) + q * (y_b - x))),
            after=(pure, shared),
            assumptions=(
                "All mobilities are one; a pure sample has the weight 1, a frustrated one the weight $q$ with each label.",
            ),
            check=lambda before, after: (
                AtRandomPoints(tuple(map(_solved, before, after)), evidence.sample_point),
                Numerics(lambda rng: evidence.velocities(rng, before), 1e-12, "the flow that the engine derives"),
            ),
        ),
        Step(
            "memory",
            "So labels act on themselves and on each other through their past: with the memory kernel $k$ for each link.",
            "The sample pulls with $q\\,x$ at each of its labels; invert the Laplace transform.",
            before=(shared,),
            after=(kernel, Line("k(t)", q**2 * exp(-2 * q * t))),
            uses=("samples",),
            check=lambda before, after: (
                AtRandomPoints((evidence.pull(before[0], after[0]),), evidence.sample_point),
                Numerics(lambda rng: evidence.transforms(rng, after), 1e-10, "the Laplace integral by quadrature"),
            ),
        ),
        Step(
            "elimination",
            "For any couplings the response of labels to labels is the inverse of a $K\\times K$ matrix.",
            "Schur complement: the label block of the inverse of $s+D-A$.",
            before=(Line("s+D-A", BlockMatrix([[of_samples, -J], [-Transpose(J), of_labels]])),),
            after=(Line(r"\mathcal{G}^{-1}", schur),),
            uses=("samples",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.label_block(rng, before[0].right, after[0].right),
                1e-10,
                "the dense generator of a sampled coupling, and its inverse",
            ),
        ),
        Step(
            "class_graph",
            "For frustrated pairs it depends on the disorder through the class graph alone: its adjacency $B$, and the numbers "
            "$F$ of links of each class.",
            "Each pure sample adds $1/(s+1)$ to its class, each link $k$ to both of its classes and between them.",
            before=(Line(r"\mathcal{G}^{-1}", schur), kernel),
            after=(
                Line(r"\mathcal{G}^{-1}", alpha * Identity(K) + beta * F - k * B),
                Line(alpha, s + n_0 - n_0 / (s + 1)),
                Line(beta, q - k),
            ),
            uses=("memory", "elimination"),
            check=lambda before, after: Numerics(
                lambda rng: evidence.class_graphs(rng, before, after), 1e-12, "sampled couplings, whose links may be double"
            ),
        ),
    )


def _solved(equation: Line, solution: Line):
    """Both sides of an equation with a solution put in."""
    known = {solution.left: solution.right}
    return cast(Basic, equation.left).xreplace(known), equation.right.xreplace(known)


def _cavity() -> tuple[Line, Line]:
    """The response of a label without one of its links, and of a whole one."""
    below, around = (Sum(h[j, 0], (j, 0, count - 1)) for count in (c_g, c_G))
    return Line("g", 1 / (alpha + beta * (c_g + 1) - k**2 * below)), Line("G", 1 / (alpha + beta * c_G - k**2 * around))


def _closed_form(branching: Expr) -> Expr:
    r"""The root of :math:`g=1/(\alpha+\beta c-bk^2g)` that vanishes with the links, for the branching b."""
    own = alpha + beta * c
    return (own - sqrt(own**2 - 4 * branching * k**2)) / (2 * branching * k**2)


def _regular() -> tuple[Line, Line]:
    """Both in closed form where every class has c links."""
    return Line(g, _closed_form(c - 1)), Line("G", 1 / (alpha + beta * c - c * k**2 * g))


def _tree() -> tuple[Step, ...]:
    one, whole = _cavity()
    same = Line(g, 1 / (alpha + beta * c - (c - 1) * k**2 * g))
    return (
        Step(
            "cavity",
            "On a tree the branches at a label do not know of each other: the response $g$ of a label towards the root is that "
            "of a label with branches $h_j$ below it.",
            "Schur complement again: remove a label, and the graph falls into branches. A branch adds $k^2h_j$.",
            before=(Line(r"\mathcal{G}^{-1}", alpha * Identity(K) + beta * F - k * B),),
            after=(one, whole),
            uses=("class_graph",),
            assumptions=(
                "First $K\\to\\infty$ with the links of a class fixed: loops then are longer than any path that matters. The "
                "$c_g$ links beside the one to the root are Poisson of mean $c$, or $c-1$ in a regular graph; $c_G$ are all.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.trees(rng, before[0].right, after),
                1e-10,
                "dense inverses of random trees, from leaves to root",
            ),
        ),
        Step(
            "regular",
            "With $c$ links at every class all branches are alike, and the average over the disorder is in closed form.",
            "A quadratic equation; of its roots the one that vanishes for large $s$, as a response does.",
            before=(same,),
            after=_regular(),
            uses=("cavity",),
            assumptions=("$c\\ge2$ links at every class.",),
            check=lambda before, after: (
                AtRandomPoints((_solved(before[0], after[0]),), evidence.regular_point),
                Numerics(lambda rng: evidence.bethe(rng, after), 1e-8, "the root of a finite regular tree, dense"),
            ),
        ),
    )


def _many_links() -> tuple[Step, ...]:
    one, whole = _cavity()
    mean = Line(G_0, _closed_form(c))
    levels = Sum(1 / (alpha + beta * F[a, a] - c * k**2 * G), (a, 0, K - 1))
    return (
        Step(
            "many_links",
            "Then many links: a sum over neighbours is $c$ times its mean, with fluctuations of relative size $1/\\sqrt c$. "
            "One equation is left for the mean response. The numbers of links are kept on the diagonal.",
            "Law of large numbers in $\\sum_jh_j$, and $g\\simeq G$. Only the variance $ck^2$ of couplings to others is left: "
            "Gaussian couplings of this variance, beside the same diagonal, have the same average.",
            before=(one, whole),
            after=(Line(G, levels / K),),
            uses=("cavity",),
            assumptions=("$c\\to\\infty$ after $K\\to\\infty$, with $ck^2$ of the order of $(\\alpha+\\beta c)^2$.",),
            check=lambda before, after: (
                Numerics(lambda rng: evidence.sharp_sums(rng, before, after), 0.05, "trees of many links at each class"),
                Numerics(lambda rng: evidence.gaussian(rng, after[0]), 1e-2, "dense Gaussian couplings beside a diagonal"),
            ),
        ),
        Step(
            "remainder",
            "What this closure $G_0$ misses is of relative order $1/c$, whatever the number of classes: in closed form where "
            "every class has equally many links.",
            "Expand the closed form of the tree in $1/c$ at fixed $ck^2$: one branch is missing below, and one sees itself.",
            before=_regular(),
            after=(mean, Line("G", G_0 - c * k**4 * G_0**5 / (1 - c * k**2 * G_0**2), r"\simeq")),
            uses=("regular", "many_links"),
            check=lambda before, after: Remainder(
                lambda rng: evidence.remainders(rng, before, after),
                1e-4,
                "the closed form at a million links: the next order",
                reads=after[1:],
            ),
        ),
    )


def _band() -> tuple[Step, ...]:
    pencil = MatAdd(z * D_y, -_product(Transpose(J), D_x.I, J), evaluate=False)
    same = (Line(alpha, n_0 * (z - 1)), Line(beta, q * (z - Rational(1, 2))), Line(k, q / 2))
    middle, width = n_0 + q * c / 2, q * sqrt(c - 1)
    return (
        Step(
            "correlations",
            "Squared canonical correlations $z=\\mu^2$ obey the equations of the response, with other coefficients: their "
            "resolvent has the response of the same class graph under its trace.",
            "$\\mu^2$ are the eigenvalues of $D_y^{-1}J^TD_x^{-1}J$; a frustrated sample has the degree $2q$.",
            before=(Line(r"\mathcal{B}", pencil),),
            after=(Line(r"\mathcal{B}", alpha * Identity(K) + beta * F - k * B), *same),
            uses=("class_graph",),
            check=lambda before, after: (
                Numerics(lambda rng: evidence.pencils(rng, before, after), 1e-12, "sampled couplings"),
                Numerics(lambda rng: evidence.traces(rng, after), 1e-10, "canonical correlations of the coupling, one by one"),
            ),
        ),
        Step(
            "band",
            "With $c$ links at every class they fill a band with two hard ends.",
            "An eigenvalue $b$ of the class graph gives one correlation; at an end the root in the closed form vanishes.",
            before=(*same, Line(r"\mu^2", (middle + q * b / 2) / (n_0 + q * c))),
            after=(Line(r"\mu_-^2", (middle - width) / (n_0 + q * c)), Line(r"\mu_+^2", (middle + width) / (n_0 + q * c))),
            uses=("regular", "correlations"),
            assumptions=("The mode of $b=c$, $\\mu=1$, which is common to all classes, is outside.",),
            check=lambda before, after: (
                AtRandomPoints(evidence.ends(before[:3], after), evidence.regular_point),
                Numerics(
                    lambda rng: evidence.correlations(rng, before[3].right), 1e-10, "singular values of a sampled coupling"
                ),
                Numerics(lambda rng: evidence.widths(rng, after), 0.05, "the spectrum of a large sampled class graph"),
            ),
        ),
    )


def _variance() -> Step:
    spread = Sum(v_a[j, 0] ** 2 * exp(-2 * rho[j, 0] * t), (j, 0, N_Z - 1))
    return Step(
        "variance",
        "The variance of a label at $t$, in units of that of its start, is the response at the time $2t$, the inverse Laplace "
        "transform $R(2t)$ of $G(s)$.",
        "The operator is symmetric; a mode of the rate $\\rho_j$ is $v_{a,j}$ at the label; starts are independent, so that "
        "squares add.",
        before=(Line("G(s)", Sum(v_a[j, 0] ** 2 / (s + rho[j, 0]), (j, 0, N_Z - 1))),),
        after=(Line(r"\mathrm{E}\,y_a(t)^2/\sigma^2", spread),),
        uses=("elimination",),
        assumptions=("Starts are independent, of variance $\\sigma^2$; one component of the embeddings.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.starts(rng, before[0].right, after[0].right), 1e-10, "the dense propagator"),
            Numerics(lambda rng: evidence.doubled(rng, before[0].right, after[0].right), 1e-10, "Talbot's rule"),
        ),
    )
