"""The steps of the derivation, with their checks.  Kernels, levels and spectra are those that the solvers call."""

from __future__ import annotations

from sympy import Basic, BlockMatrix, Expr, Identity, MatAdd, MatMul, Sum, Symbol, Transpose, exp, sqrt, sympify

from derivations.catalogue.dmft import evidence
from derivations.catalogue.dmft.spectra import spectrum_steps
from derivations.checks import AtRandomPoints, Numerics, Remainder
from derivations.checks import Identity as Equal
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    B_K,
    G_0,
    G_K,
    N_Z,
    A,
    B,
    D,
    F,
    G,
    R_2t,
    a,
    alpha,
    c,
    c_G,
    c_g,
    g,
    h,
    j,
    k,
    k_t,
    n_0,
    p_f,
    q,
    rho,
    s,
    t,
    u,
    v_a,
    x,
    x_c,
    x_G,
    y_a,
    y_b,
    z,
)
from theory.dmft import ensembles, regular
from theory.models.vocabulary import D_x, D_y, J, K, N, beta

KERNEL = ensembles.Kernel(alpha, beta, k)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_memory_steps(), *_tree_steps(), *_many_link_steps(), _correlations(), *spectrum_steps(), _variance_step())


def _written_product(*factors):
    """A product as written: SymPy would reorder the sums inside."""
    return MatMul(*factors, evaluate=False)


def _label_block(shift: Expr) -> MatAdd:
    """What stands between labels once samples are gone."""
    of_samples, of_labels = (shift * Identity(n) + D for n, D in ((N, D_x), (K, D_y)))
    return MatAdd(of_labels, -_written_product(Transpose(J), of_samples.I, J), evaluate=False)


def _on_class_graph(name: Basic) -> Line:
    return Line(name, alpha * Identity(K) + beta * F - k * B)


def _memory_steps() -> tuple[Step, ...]:
    pure, shared = Line(u, y_a / (s + 1)), Line(x, q * (y_a + y_b) / (s + 2 * q))
    kernel, coefficients = Line(k, ensembles.pair_memory(s, q)), ensembles.of_labels(s, n_0, q)
    of_samples, of_labels = (s * Identity(n) + D for n, D in ((N, D_x), (K, D_y)))
    schur = Line(G_K.I, _label_block(s))
    return (
        Step(
            "samples",
            "A pure sample $u$ follows its label, and a frustrated sample $x$ the mean of its two labels, with a lag.",
            "Laplace transform of the flow from samples at rest at zero, $\\dot x\\to s\\,x$, solved for the samples.",
            given=(Line(s * u, y_a - u), Line(s * x, q * (y_a - x) + q * (y_b - x))),
            after=(pure, shared),
            assumptions=(
                "All mobilities are one; a pure sample has the weight 1, a frustrated one the weight $q$ with each label.",
            ),
            check=lambda before, after: (
                AtRandomPoints(_insert_solution(before, after), evidence.sample_point),
                Numerics(lambda rng: evidence.velocities(rng, before), 1e-12, "the flow that the engine derives"),
            ),
        ),
        Step(
            "memory",
            "So labels act on themselves and on each other through their past: with the memory kernel $k$ for each link.",
            "The sample pulls with $q\\,x$ at each of its labels; invert the Laplace transform.",
            before=(shared,),
            after=(kernel, Line(k_t, q**2 * exp(-2 * q * t))),
            uses=("samples",),
            check=lambda before, after: (
                AtRandomPoints((evidence.label_pull(before, after),), evidence.sample_point),
                Numerics(lambda rng: evidence.transforms(rng, after), 1e-10, "the Laplace integral by quadrature"),
            ),
        ),
        Step(
            "elimination",
            "For any couplings the response of labels to labels is the inverse of a $K\\times K$ matrix.",
            "Schur complement: the label block of the inverse of $s+D-A$.",
            given=(Line(s * Identity(N_Z) + D - A, BlockMatrix([[of_samples, -J], [-Transpose(J), of_labels]])),),
            after=(schur,),
            check=lambda before, after: Numerics(
                lambda rng: evidence.label_block(rng, before[0], after[G_K.I]),
                1e-10,
                "the dense generator of a sampled coupling, and its inverse",
            ),
        ),
        Step(
            "class_graph",
            "For frustrated pairs it depends on the disorder through the class graph alone: its adjacency $B$, and the numbers "
            "$F$ of links of each class.",
            "Each pure sample adds $1/(s+1)$ to its class, each link $k$ to both of its classes and between them.",
            before=(schur, kernel),
            after=(_on_class_graph(G_K.I), Line(alpha, coefficients.alpha), Line(beta, coefficients.beta)),
            uses=("memory", "elimination"),
            check=lambda before, after: Numerics(
                lambda rng: evidence.class_graphs(rng, before, after, G_K.I),
                1e-12,
                "sampled couplings, whose links may be double",
            ),
        ),
    )


def _insert_solution(equations: Lines, solutions: Lines) -> tuple:
    """Both sides of equations with solutions put in."""
    found = solutions.mapping
    return tuple((sympify(e.left).xreplace(found), e.right.xreplace(found)) for e in equations)


def _with_ratio(lines: Lines) -> Lines:
    """The response towards the root without the ratio that it is written in, and that of a label."""
    return Lines((Line(g, lines[g].xreplace({x_c: lines[x_c]})), *lines.of(G)))


def _all_alike(cavity: Lines) -> Lines:
    """Responses where every class has c links, and all branches are the same."""
    counts = ((g, c_g, c - 1), (G, c_G, c))
    return Lines(Line(name, cavity[name].xreplace({h[j, 0]: g, count: links}).doit()) for name, count, links in counts)


def _cavity_lines() -> tuple[Line, Line]:
    """The response of a label without one of its links, and of a whole one."""
    below, around = (Sum(h[j, 0], (j, 0, count - 1)) for count in (c_g, c_G))
    return Line(g, 1 / ensembles.label_level(KERNEL, c_g + 1, below)), Line(G, 1 / ensembles.label_level(KERNEL, c_G, around))


def _regular_lines(branching: Expr, ratio: Symbol, towards_root: Symbol) -> tuple[Line, Line]:
    """The response towards the root in closed form where every class has c links."""
    return (
        Line(ratio, regular.ratio(KERNEL, c, branching, sqrt)),
        Line(towards_root, regular.branch_response(ratio, KERNEL, branching, sqrt)),
    )


def _of_regular_trees() -> tuple[Line, ...]:
    """The response towards the root and of a label."""
    return (*_regular_lines(c - 1, x_c, g), Line(G, 1 / ensembles.label_level(KERNEL, c, c * g)))


def _tree_steps() -> tuple[Step, ...]:
    return (
        Step(
            "cavity",
            "On a tree the branches at a label do not know of each other: the response $g$ of a label towards the root is that "
            "of a label with branches $h_j$ below it.",
            "Schur complement again: remove a label, and the graph falls into branches. A branch adds $k^2h_j$.",
            before=(_on_class_graph(G_K.I),),
            after=_cavity_lines(),
            uses=("class_graph",),
            assumptions=(
                "First $K\\to\\infty$ with the links of a class fixed: loops then are longer than any path that matters. The "
                "$c_g$ links beside the one to the root are Poisson of mean $c$, or $c-1$ in a regular graph; $c_G$ are all.",
            ),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.tree_responses(rng, before[G_K.I], after),
                    1e-10,
                    "dense inverses of random trees, from leaves to root",
                ),
                Numerics(evidence.populations_of_trees, 0.03, "the solver's populations, three errors of a large coupling"),
            ),
        ),
        Step(
            "regular",
            "With $c$ links at every class all branches are alike, and the average over the disorder is in closed form.",
            "A quadratic equation; of its roots the one that vanishes for large $s$, as a response does.",
            before=_cavity_lines(),
            after=_of_regular_trees(),
            uses=("cavity",),
            check=lambda before, after: (
                after.of(G).same(_all_alike(before).of(G)),
                AtRandomPoints(_insert_solution(_all_alike(before).of(g), _with_ratio(after)), evidence.regular_point),
                Numerics(lambda rng: evidence.bethe_responses(rng, after), 1e-8, "the root of a finite regular tree, dense"),
                Numerics(lambda rng: evidence.solved_regular(rng, after), 1e-12, "the solver's response"),
            ),
        ),
    )


def _many_link_steps() -> tuple[Step, ...]:
    levels = Sum(1 / ensembles.label_level(KERNEL, F[a, a], c * G), (a, 0, K - 1))
    averaged = Sum(p_f[j, 0] / ensembles.label_level(KERNEL, j, c * G), (j, 0, N_Z - 1))
    closure = Line(G, levels / K)
    missed = G_0 - c * k**4 * G_0**5 / (1 - c * k**2 * G_0**2)
    return (
        Step(
            "many_links",
            "Then many links: a sum over neighbours is $c$ times its mean, with fluctuations of relative size $1/\\sqrt c$. "
            "One equation is left for the mean response. The numbers of links are kept on the diagonal.",
            "Law of large numbers in $\\sum_jh_j$, and $g\\simeq G$. Only the variance $ck^2$ of couplings to others is left: "
            "Gaussian couplings of this variance, beside the same diagonal, have the same average.",
            before=_cavity_lines(),
            after=(closure,),
            uses=("cavity",),
            assumptions=("$c\\to\\infty$ after $K\\to\\infty$, with $ck^2$ of the order of $(\\alpha+\\beta c)^2$.",),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.sharp_sums(rng, before, after[G]),
                    0.05,
                    "trees of many links at each class",
                ),
                Numerics(
                    lambda rng: evidence.gaussian_responses(rng, after[G]), 1e-2, "dense Gaussian couplings on a diagonal"
                ),
            ),
        ),
        Step(
            "poisson",
            "Of many classes a share $p_{f,j}$ has $j$ links: for Poisson graphs of mean $c$ one equation without disorder.",
            "Sort the classes by their links. Of its roots the one that is $\\simeq1/s$ far from the band, continued.",
            before=(closure,),
            after=(Line(G, averaged),),
            uses=("many_links",),
            check=lambda before, after: (
                AtRandomPoints(((before[G], after[G]),), evidence.sorted_classes),
                Numerics(
                    lambda rng: evidence.solved_poisson(rng, after[G]),
                    1e-12,
                    "the roots of both solvers",
                ),
                Numerics(lambda rng: evidence.poisson_edges(rng, after[G]), 1e-8, "the end of the band by the solver"),
            ),
        ),
        Step(
            "remainder",
            "What this closure $G_0$ misses is of relative order $1/c$, whatever the number of classes: in closed form where "
            "every class has equally many links.",
            "Expand the closed form of the tree in $1/c$ at fixed $ck^2$: one branch is missing below, and one sees itself.",
            before=_of_regular_trees(),
            after=(*_regular_lines(c, x_G, G_0), Line(G, missed, r"\simeq")),
            uses=("regular",),
            check=lambda before, after: Remainder(
                lambda rng: evidence.remainders(rng, before, after),
                1e-4,
                "the closed form at a million links: the next order",
                reads=after[2:],
            ),
        ),
    )


def _correlations() -> Step:
    of = ensembles.of_correlations(z, n_0, q)
    pencil = MatAdd(z * D_y, -_written_product(Transpose(J), D_x.I, J), evaluate=False)
    return Step(
        "correlations",
        "Squared canonical correlations $z=\\mu^2$ obey the equations of the response, with other coefficients: their "
        "resolvent has the response of the same class graph under its trace.",
        "$\\mu^2$ are the eigenvalues of $D_y^{-1}J^TD_x^{-1}J$; a frustrated sample has the degree $2q$.",
        before=(_on_class_graph(G_K.I),),
        given=(Line(B_K, pencil),),
        after=(_on_class_graph(B_K), Line(alpha, of.alpha), Line(beta, of.beta), Line(k, of.hop)),
        uses=("class_graph",),
        check=lambda before, after: (
            Equal(((after[B_K], before[G_K.I]),)),
            Numerics(lambda rng: evidence.class_graphs(rng, before, after, B_K), 1e-12, "sampled couplings"),
            Numerics(lambda rng: evidence.traces(rng, after), 1e-10, "canonical correlations of the coupling, one by one"),
        ),
    )


def _variance_step() -> Step:
    spread = Sum(v_a[j, 0] ** 2 * exp(-2 * rho[j, 0] * t), (j, 0, N_Z - 1))
    return Step(
        "variance",
        "The variance of a label at $t$, in units of that of its start, is the response at the time $2t$, the inverse Laplace "
        "transform $R(2t)$ of $G(s)$.",
        "The operator is symmetric; a mode of the rate $\\rho_j$ is $v_{a,j}$ at the label; starts are independent, so that "
        "squares add.",
        before=(Line(G_K.I, _label_block(s)),),
        given=(Line(G, Sum(v_a[j, 0] ** 2 / (s + rho[j, 0]), (j, 0, N_Z - 1))),),
        after=(Line(R_2t, spread),),
        uses=("elimination",),
        assumptions=("Starts are independent, of variance $\\sigma^2$; one component of the embeddings.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.start_variances(rng, before, after[R_2t]), 1e-10, "the dense propagator"),
            Numerics(lambda rng: evidence.doubled_times(rng, before[G], after[R_2t]), 1e-10, "Talbot's rule"),
            Numerics(evidence.solved_variances, 1e-6, "the solver, and the dense propagator at the root of a tree"),
        ),
    )
