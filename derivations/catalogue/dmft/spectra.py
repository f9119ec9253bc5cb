"""Steps of the derivation ``dmft``: correlations, their band, and labels at each eigenvalue of the class graph."""

from __future__ import annotations

from sympy import ImmutableMatrix, MatAdd, Transpose, cos, eye, pi, sqrt

from derivations.catalogue.dmft import evidence, sampled_spectra
from derivations.catalogue.dmft.trees import regular_tree_lines
from derivations.catalogue.written import ordered_product
from derivations.checks import AtRandomPoints, Numerics
from derivations.checks import Identity as Equal
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import B_K, G_K, G_b, M_b, alpha, b, c, k, n_0, q, s, varrho, vartheta, z, z_b, z_minus, z_plus
from theory.dmft import ensembles, regular
from theory.models.vocabulary import D_x, D_y, J, beta


def spectrum_steps(class_graph: Line) -> tuple[Step, ...]:
    """The steps, from the response of labels to labels on the graph of their classes."""
    return (_correlations_step(class_graph), _band_step(), _three_coordinates_step(), _density_step())


def _correlations_step(class_graph: Line) -> Step:
    of = ensembles.of_correlations(z, n_0, q)
    pencil = MatAdd(z * D_y, -ordered_product(Transpose(J), D_x.I, J), evaluate=False)
    return Step(
        "correlations",
        "Squared canonical correlations $z=\\mu^2$ obey the equations of the response, with other coefficients: their "
        "resolvent has the response of the same class graph under its trace.",
        "$\\mu^2$ are the eigenvalues of $D_y^{-1}J^TD_x^{-1}J$; a frustrated sample has the degree $2q$.",
        before=(class_graph,),
        given=(Line(B_K, pencil),),
        after=(Line(B_K, class_graph.right), Line(alpha, of.alpha), Line(beta, of.beta), Line(k, of.hop)),
        uses=("class_graph",),
        check=lambda before, after: (
            Equal(((after[B_K], before[G_K.I]),)),
            Numerics(lambda rng: evidence.class_graphs(rng, before, after, B_K), 1e-12, "sampled couplings"),
            Numerics(
                lambda rng: sampled_spectra.traces(rng, after), 1e-10, "canonical correlations of the coupling, one by one"
            ),
        ),
    )


def _band_step() -> Step:
    of = ensembles.of_correlations(z, n_0, q)
    end = regular.adjacency_reach(c - 1, sqrt)
    return Step(
        "band",
        "With $c$ links at every class they fill a band with two hard ends.",
        "An eigenvalue $b$ of the class graph gives one correlation, $\\alpha+\\beta c=kb$; at an end the root in the closed "
        "form vanishes, $\\alpha+\\beta c=\\pm2\\sqrt{c-1}\\,k$.",
        before=(Line(alpha, of.alpha), Line(beta, of.beta), Line(k, of.hop)),
        after=(
            Line(z_b, ensembles.squared_correlation(b, n_0, c, q)),
            Line(z_minus, ensembles.squared_correlation(-end, n_0, c, q)),
            Line(z_plus, ensembles.squared_correlation(end, n_0, c, q)),
        ),
        uses=("correlations",),
        assumptions=("The mode of $b=c$, $\\mu=1$, which is common to all classes, is outside.",),
        check=lambda before, after: (
            AtRandomPoints(_end_pairs(before, after), evidence.regular_point),
            Numerics(lambda rng: sampled_spectra.correlations(rng, after[z_b]), 1e-10, "singular values of a coupling"),
            Numerics(lambda rng: sampled_spectra.band_widths(rng, after), 0.05, "the spectrum of a large sampled class graph"),
            Numerics(lambda rng: sampled_spectra.solved_band(rng, after), 1e-12, "the solver's band, and its sum rules"),
        ),
    )


def _end_pairs(kernel: Lines, after: Lines) -> tuple:
    """Where the determinant of an eigenvalue vanishes: at any, and at the two that end the root in the closed form."""
    own, hop = (kernel[alpha] + c * kernel[beta]), kernel[k]
    places = {z_b: b, z_minus: -2 * sqrt(c - 1), z_plus: 2 * sqrt(c - 1)}
    return tuple((own.subs(z, after[name]), (at * hop).subs(z, after[name])) for name, at in places.items())


def _three_coordinates_step() -> Step:
    of = ensembles.of_labels(s, n_0, q)
    flow = ImmutableMatrix(regular.flow_block(b, n_0, c, q, sqrt))
    return Step(
        "three_coordinates",
        "At each eigenvalue $b$ of the class graph a label moves with the mean of its pure samples and with its frustrated "
        "samples: three rates, and no Laplace transform is left to invert.",
        "The label entry of the inverse of $s+M_b$, by minors.",
        before=(Line(k, of.hop), Line(alpha, of.alpha), Line(beta, of.beta)),
        after=(Line(M_b, flow), Line(G_b, 1 / (alpha + beta * c - k * b))),
        uses=("memory", "class_graph"),
        assumptions=("$c$ links at every class.",),
        check=lambda before, after: (
            Equal(((_label_entry(after[M_b]), after[G_b].subs(before.mapping)),)),
            Numerics(lambda rng: sampled_spectra.solved_relaxation(rng, after[M_b]), 1e-10, "the solver's rates and weights"),
        ),
    )


def _label_entry(flow: ImmutableMatrix):
    shifted = s * eye(3) + flow
    return shifted.minor(0, 0) / shifted.det()


def _density_step() -> Step:
    at = regular.adjacency_reach(c - 1, sqrt) * cos(vartheta)
    return Step(
        "density",
        "The eigenvalues $b=2\\sqrt{c-1}\\cos\\vartheta$ of the class graph have a density in $\\vartheta$: the response is "
        "its average of the responses $G_b$. The closure of many links has a semicircle instead.",
        "The imaginary part of the closed form on the cut (Kesten, McKay).",
        before=(*regular_tree_lines(), Line(G_b, 1 / (alpha + beta * c - k * b))),
        after=(
            Line(b, at),
            Line(varrho, regular.kesten_mckay(cos(vartheta), c, pi)),
            Line(varrho, regular.semicircle_density(cos(vartheta), pi), r"\simeq"),
        ),
        uses=("regular", "three_coordinates"),
        check=lambda before, after: sampled_spectra.densities(before, after),
    )
