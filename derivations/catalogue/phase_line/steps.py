"""The steps of the derivation, with their checks.  Edges, heads and the potential are those that the solvers call."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Expr, Integer, Rational, S, Sum, log, solve, sqrt

from derivations.catalogue.phase_line import evidence
from derivations.checks import AtRandomPoints, Identity, Limit, Numerics
from derivations.closed_forms.pair import PAIR, largest_ratio, pair_cubic, pair_determinant, slow_ratio
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    N_Z,
    G,
    G_z,
    Phi,
    alpha,
    c,
    chi,
    j,
    k,
    k_c,
    lam_c,
    mu_1,
    mu_2,
    mu_e,
    n_0,
    n_c,
    nu,
    omega_1,
    omega_2,
    p,
    p_f,
    phi_c,
    q,
    z,
    z_plus,
)
from theory.dmft import ensembles, head_equations, phase_line, regular
from theory.models.vocabulary import beta, lam

KERNEL = ensembles.Kernel(alpha, beta, k)
EDGES = {omega_1: Integer(1), omega_2: mu_e}


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    potential = Line(Phi, phase_line.cavity_potential(_mean_over_links(log(_level())), KERNEL, c, G))
    resolvent = Line(G_z, _mean_over_links(ensembles.label_degree(n_0, j, q) / _level()))
    heads, stability = _upper_heads(), (Line(p, PAIR[p]), Line(nu, PAIR[nu]), Line(chi, pair_determinant()))
    slow = Line(k_c, mu_e * (1 - mu_e), r"\to")
    return (
        _existence_step(),
        _potential_step(potential, resolvent),
        _shares_step(potential, resolvent),
        _heads_step(heads),
        _beside_the_outlier_step(heads, stability),
        _slow_embeddings_step(stability, slow),
        _quarter_step(slow),
    )


def _existence_step() -> Step:
    edge = ensembles.squared_correlation(regular.adjacency_reach(c - 1, sqrt), n_0, c, q)
    (pure,) = solve(edge - 4 * lam, n_0)
    return Step(
        "existence",
        "Where all classes have $c$ links, class modes at the edge survive up to a fraction $\\phi_c$ of frustrated samples.",
        "$\\lambda_c=\\mu_e^2/4$ with $\\mu_e^2=z_+$, solved for the pure samples $n_c$ of a class; each class has $c/2$ "
        "frustrated samples.",
        given=(Line(z_plus, edge), Line(lam, Rational(1, 4), "<")),
        after=(*_critical_line(), Line(n_c, pure.factor()), Line(phi_c, ensembles.frustrated_fraction(n_c, c))),
        assumptions=("Few dimensions for so many classes.",),
        check=lambda before, after: (
            AtRandomPoints(
                (
                    (before[z_plus].subs(n_0, after[n_c]), 4 * lam),
                    (after[lam_c].subs(z, before[z_plus].subs(n_0, after[n_c])), lam),
                    *_births(after[lam_c]),
                ),
                evidence.regular_point,
            ),
            Numerics(lambda rng: evidence.solved_lines(rng, before, after), 1e-10, "the solver's root"),
            Numerics(lambda rng: evidence.sampled_lines(rng, before[z_plus], after), 0.05, "large sampled couplings"),
        ),
    )


def _critical_line() -> tuple[Line, ...]:
    """The decay at which a mode of squared correlation z dies."""
    return (Line(lam_c, head_equations.critical_decay(sqrt(z))),)


def _births(critical: Expr) -> Iterator[tuple[Expr, Expr]]:
    """Both heads of a mode at a decay, where they are to meet, and what their sum and product are."""
    upper, lower = head_equations.resting_heads(sqrt(z), critical, sqrt)
    yield from ((upper + lower, sqrt(z)), (upper, sqrt(critical)), (lower, sqrt(critical)))


def _level() -> Expr:
    """That of a class with j links."""
    return ensembles.label_level(KERNEL, j, c * G)


def _mean_over_links(value: Expr) -> Sum:
    """The mean over classes of what one with j links has."""
    return Sum(p_f[j, 0] * value, (j, 0, N_Z - 1))


def _potential_step(potential: Line, resolvent: Line) -> Step:
    of = ensembles.of_correlations(z, n_0, q)
    kernel = Line(alpha, of.alpha), Line(beta, of.beta), Line(k, of.hop)
    response = Line(G, _mean_over_links(1 / _level()))
    return Step(
        "potential",
        "The self-consistency of many links makes one function $\\Phi$ stationary, and its derivative by $z=\\mu^2$ is the "
        "resolvent $G_z$ of squared canonical correlations.",
        "Differentiate by $G$: $\\partial_G\\Phi$ is $ck^2$ times the defect. Then $\\alpha$ and $\\beta$ move.",
        given=(response, *kernel),
        after=(potential, resolvent),
        check=lambda before, after: AtRandomPoints(_potential_derivatives(before, after), evidence.poisson_point),
    )


def _shares_step(potential: Line, resolvent: Line) -> Step:
    return Step(
        "shares",
        "So the share of modes above a point is $\\operatorname{Im}\\Phi/\\pi$ there, without an integral. A Poisson graph "
        "has no edge: of $K$ modes in $d$ directions those survive of which the share above $4\\lambda$ is $d/K$.",
        "The density is $-\\operatorname{Im}G_z/\\pi$, and above the band $\\Phi$ is real.",
        before=(*_critical_line(), potential),
        after=(resolvent,),
        uses=("existence", "potential"),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.solved_shares(rng, before), 1e-8, "the share of modes by the solver"),
            Numerics(lambda rng: evidence.solved_densities(rng, after[G_z]), 1e-8, "the density of the solver"),
            Numerics(evidence.integrated_shares, 1e-5, "integrals of the density"),
        ),
    )


def _potential_derivatives(before: Lines, after: Lines) -> tuple:
    """The derivatives of the potential by the response, and by z."""
    kernel = {name: before[name] for name in (alpha, beta, k)}
    by_response = after[Phi].diff(G)
    return ((1 + by_response, 1 + c * k**2 * (G - before[G])), (after[Phi].subs(kernel).diff(z), after[G_z].subs(kernel)))


def _hurwitz_determinant():
    """The Hurwitz determinant of the cubic of a pair, times its squared product of heads."""
    zero, one, two = pair_cubic()
    return p**2 * (two * one - zero)


def _upper_heads() -> tuple[Line, ...]:
    """Those of the mode at one and of the modes at the edge."""
    return tuple(Line(name, head_equations.resting_heads(edge, lam, sqrt)[0] / sqrt(lam)) for name, edge in EDGES.items())


def _heads_step(heads: tuple[Line, ...]) -> Step:
    return Step(
        "heads",
        "The mode $\\mu=1$ and the modes at the edge rest along directions of their own, in units of $\\sqrt\\lambda$ at "
        "the heads $\\omega_1$ and $\\omega_2$.",
        "The upper heads at rest.",
        before=_critical_line(),
        after=heads,
        uses=("existence",),
        check=lambda before, after: (
            AtRandomPoints(
                tuple((after[name] + 1 / after[name], edge / sqrt(lam)) for name, edge in EDGES.items()),
                lambda rng: evidence.decaying_point(rng, before[lam_c]),
            ),
            Numerics(lambda rng: evidence.upper_heads(rng, before[lam_c], after), 1e-12, "the larger roots of quadratics"),
        ),
    )


def _beside_the_outlier_step(heads: tuple[Line, ...], stability: tuple[Line, ...]) -> Step:
    return Step(
        "beside_the_outlier",
        "Both directions stay apart where $\\chi$ is positive, for a head that decays faster than $k_c\\lambda$: the one "
        "positive root of $\\chi$ in $k=\\kappa/\\lambda$.",
        "The Hurwitz determinant of a pair of directions. Directions at the edge have equal heads and turn freely among "
        "each other: the mode $\\mu=1$ alone decides.",
        before=heads,
        after=(*stability, Line(chi, S.Zero, ">")),
        uses=("heads",),
        check=lambda before, after: (
            Identity(((after[chi], _hurwitz_determinant()),)),
            Numerics(
                lambda rng: evidence.hopf_roots(rng, before, after), 1e-6, "dense eigenvalues, the solver", reads=after.bounds
            ),
        ),
    )


def _slow_embeddings_step(stability: tuple[Line, ...], slow: Line) -> Step:
    return Step(
        "slow_embeddings",
        "For slow decay of the embeddings the line starts at the product of the edge and its distance to one.",
        "$\\omega_2/\\omega_1\\to\\mu_e$ while both grow without bound.",
        before=stability,
        after=(slow,),
        uses=("beside_the_outlier",),
        assumptions=("$\\lambda\\to0$.",),
        check=lambda before, after: (
            Identity(((before[chi], _hurwitz_determinant()),)),
            Identity(((after[k_c], slow_ratio().subs({mu_1: mu_e, mu_2: 1})),)),
            Limit(
                lambda rng: evidence.slow_decay_roots(rng, before, after[k_c]),
                1e-5,
                "the root of the determinant, and the solver, at a slow decay",
                reads=after,
            ),
        ),
    )


def _quarter_step(slow: Line) -> Step:
    return Step(
        "quarter",
        "A quarter of the decay of the embeddings is enough, whatever the band, and no less is.",
        "The line falls from its start; $\\mu_e(1-\\mu_e)$ is largest at one half.",
        before=(slow,),
        after=(Line(k_c, largest_ratio(), "<"),),
        uses=("slow_embeddings",),
        check=lambda before, after: (
            Identity(((after[0].left, k_c),)),
            Numerics(
                lambda rng: evidence.quarter_bounds(rng, before[k_c], after[0]),
                1e-4,
                "the solver over edges and decays",
                reads=after,
            ),
        ),
    )
