"""Steps of the derivation ``dmft``: the band of correlations, and labels at each eigenvalue of the class graph."""

from __future__ import annotations

from sympy import ImmutableMatrix, cos, eye, pi, sqrt

from derivations.catalogue.dmft import evidence
from derivations.checks import AtRandomPoints, Numerics
from derivations.checks import Identity as Equal
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    G,
    G_b,
    M_b,
    alpha,
    b,
    c,
    g,
    k,
    n_0,
    q,
    s,
    varrho,
    vartheta,
    x_c,
    z,
    z_b,
    z_minus,
    z_plus,
)
from theory.dmft import ensembles, regular
from theory.models.vocabulary import beta


def spectrum_steps() -> tuple[Step, ...]:
    """The steps."""
    return (_band_step(), _at_eigenvalues(), _density_step())


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
            Numerics(lambda rng: evidence.correlations(rng, after[z_b]), 1e-10, "singular values of a coupling"),
            Numerics(lambda rng: evidence.band_widths(rng, after), 0.05, "the spectrum of a large sampled class graph"),
            Numerics(lambda rng: evidence.solved_band(rng, after), 1e-12, "the solver's band, and its sum rules"),
        ),
    )


def _end_pairs(kernel: Lines, after: Lines) -> tuple:
    """Where the determinant of an eigenvalue vanishes: at any, and at the two that end the root in the closed form."""
    own, hop = (kernel[alpha] + c * kernel[beta]), kernel[k]
    places = {z_b: b, z_minus: -2 * sqrt(c - 1), z_plus: 2 * sqrt(c - 1)}
    return tuple((own.subs(z, after[name]), (at * hop).subs(z, after[name])) for name, at in places.items())


def _at_eigenvalues() -> Step:
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
            Numerics(lambda rng: evidence.solved_relaxation(rng, after[M_b]), 1e-10, "the solver's rates and weights"),
        ),
    )


def _label_entry(flow: ImmutableMatrix):
    shifted = s * eye(3) + flow
    return shifted.minor(0, 0) / shifted.det()


def _density_step() -> Step:
    kernel = ensembles.Kernel(alpha, beta, k)
    at = regular.adjacency_reach(c - 1, sqrt) * cos(vartheta)
    return Step(
        "density",
        "The eigenvalues $b=2\\sqrt{c-1}\\cos\\vartheta$ of the class graph have a density in $\\vartheta$: the response is "
        "its average of the responses $G_b$. The closure of many links has a semicircle instead.",
        "The imaginary part of the closed form on the cut (Kesten, McKay).",
        before=(
            Line(x_c, regular.ratio(kernel, c, c - 1, sqrt)),
            Line(g, regular.branch_response(x_c, kernel, c - 1, sqrt)),
            Line(G, 1 / ensembles.label_level(kernel, c, c * g)),
            Line(G_b, 1 / (alpha + beta * c - k * b)),
        ),
        after=(
            Line(b, at),
            Line(varrho, regular.kesten_mckay(cos(vartheta), c, pi)),
            Line(varrho, regular.semicircle_density(cos(vartheta), pi), r"\simeq"),
        ),
        uses=("regular", "three_coordinates"),
        check=lambda before, after: evidence.densities(before, after),
    )
