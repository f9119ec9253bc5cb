"""The steps of the derivation, with their checks.  Kernels, levels and spectra are those that the solvers call."""

from __future__ import annotations

from sympy import BlockMatrix, Expr, Identity, MatAdd, Sum, Transpose, exp

from derivations.catalogue.dmft import evidence, sampled_spectra
from derivations.catalogue.dmft.closure import closure_steps
from derivations.catalogue.dmft.spectra import spectrum_steps
from derivations.catalogue.dmft.trees import insert_solution, tree_steps
from derivations.catalogue.written import ordered_product
from derivations.checks import AtRandomPoints, Numerics
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import G_K, N_Z, A, B, D, F, G, R_2t, alpha, j, k, k_t, n_0, q, rho, s, t, u, v_a, x, y_a, y_b
from theory.dmft import ensembles
from theory.models.vocabulary import D_x, D_y, J, K, N, beta


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    frustrated, memory = Line(x, q * (y_a + y_b) / (s + 2 * q)), Line(k, ensembles.pair_memory(s, q))
    of_labels, class_graph = Line(G_K.I, _label_block()), _class_graph_line()
    return (
        _samples_step(frustrated),
        _memory_step(frustrated, memory),
        _elimination_step(of_labels),
        _class_graph_step(of_labels, memory, class_graph),
        *tree_steps(class_graph),
        *closure_steps(),
        *spectrum_steps(class_graph),
        _variance_step(of_labels),
    )


def _diagonal_blocks() -> tuple[Expr, Expr]:
    """Degrees beside s, of samples and of labels."""
    return s * Identity(N) + D_x, s * Identity(K) + D_y


def _label_block() -> MatAdd:
    """What stands between labels once samples are gone."""
    of_samples, of_labels = _diagonal_blocks()
    return MatAdd(of_labels, -ordered_product(Transpose(J), of_samples.I, J), evaluate=False)


def _class_graph_line() -> Line:
    """The response of labels to labels through the links of their classes."""
    return Line(G_K.I, alpha * Identity(K) + beta * F - k * B)


def _samples_step(frustrated: Line) -> Step:
    return Step(
        "samples",
        "A pure sample $u$ follows its label, and a frustrated sample $x$ the mean of its two labels, with a lag.",
        "Laplace transform of the flow from samples at rest at zero, $\\dot x\\to s\\,x$, solved for the samples.",
        given=(Line(s * u, y_a - u), Line(s * x, q * (y_a - x) + q * (y_b - x))),
        after=(Line(u, y_a / (s + 1)), frustrated),
        assumptions=(
            "All mobilities are one; a pure sample has the weight 1, a frustrated one the weight $q$ with each label.",
        ),
        check=lambda before, after: (
            AtRandomPoints(insert_solution(before, after), evidence.sample_point),
            Numerics(lambda rng: evidence.velocities(rng, before), 1e-12, "the flow that the engine derives"),
        ),
    )


def _memory_step(frustrated: Line, memory: Line) -> Step:
    return Step(
        "memory",
        "So labels act on themselves and on each other through their past: with the memory kernel $k$ for each link.",
        "The sample pulls with $q\\,x$ at each of its labels; invert the Laplace transform.",
        before=(frustrated,),
        after=(memory, Line(k_t, q**2 * exp(-2 * q * t))),
        uses=("samples",),
        check=lambda before, after: (
            AtRandomPoints((evidence.label_pull(before, after),), evidence.sample_point),
            Numerics(lambda rng: evidence.transforms(rng, after), 1e-10, "the Laplace integral by quadrature"),
        ),
    )


def _elimination_step(of_labels: Line) -> Step:
    own_samples, own_labels = _diagonal_blocks()
    return Step(
        "elimination",
        "For any couplings the response of labels to labels is the inverse of a $K\\times K$ matrix.",
        "Schur complement: the label block of the inverse of $s+D-A$.",
        given=(Line(s * Identity(N_Z) + D - A, BlockMatrix([[own_samples, -J], [-Transpose(J), own_labels]])),),
        after=(of_labels,),
        check=lambda before, after: Numerics(
            lambda rng: evidence.label_block(rng, before[0], after[G_K.I]),
            1e-10,
            "the dense generator of a sampled coupling, and its inverse",
        ),
    )


def _class_graph_step(of_labels: Line, memory: Line, class_graph: Line) -> Step:
    coefficients = ensembles.of_labels(s, n_0, q)
    return Step(
        "class_graph",
        "For frustrated pairs it depends on the disorder through the class graph alone: its adjacency $B$, and the numbers "
        "$F$ of links of each class.",
        "Each pure sample adds $1/(s+1)$ to its class, each link $k$ to both of its classes and between them.",
        before=(of_labels, memory),
        after=(class_graph, Line(alpha, coefficients.alpha), Line(beta, coefficients.beta)),
        uses=("memory", "elimination"),
        check=lambda before, after: Numerics(
            lambda rng: evidence.class_graphs(rng, before, after, G_K.I), 1e-12, "sampled couplings, whose links may be double"
        ),
    )


def _variance_step(of_labels: Line) -> Step:
    spread = Sum(v_a[j, 0] ** 2 * exp(-2 * rho[j, 0] * t), (j, 0, N_Z - 1))
    return Step(
        "variance",
        "The variance of a label at $t$, in units of that of its start, is the response at the time $2t$, the inverse Laplace "
        "transform $R(2t)$ of $G(s)$.",
        "The operator is symmetric; a mode of the rate $\\rho_j$ is $v_{a,j}$ at the label; starts are independent, so that "
        "squares add.",
        before=(of_labels,),
        given=(Line(G, Sum(v_a[j, 0] ** 2 / (s + rho[j, 0]), (j, 0, N_Z - 1))),),
        after=(Line(R_2t, spread),),
        uses=("elimination",),
        assumptions=("Starts are independent, of variance $\\sigma^2$; one component of the embeddings.",),
        check=lambda before, after: (
            Numerics(lambda rng: sampled_spectra.start_variances(rng, before, after[R_2t]), 1e-10, "the dense propagator"),
            Numerics(lambda rng: sampled_spectra.doubled_times(rng, before[G], after[R_2t]), 1e-10, "Talbot's rule"),
            Numerics(sampled_spectra.solved_variances, 1e-6, "the solver, and the dense propagator at the root of a tree"),
        ),
    )
