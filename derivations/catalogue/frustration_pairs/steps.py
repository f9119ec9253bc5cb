"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Identity as Unit
from sympy import Rational, sqrt

from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.modes.sectors import Sectors, sectors
from derivations.catalogue.frustration_pairs import evidence
from derivations.catalogue.sector_steps import common_sector, spectrum
from derivations.catalogue.written import by_powers, decay, linear
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.families import PAIRS, frustration, pairs_at_degrees, pairs_counts, pairs_sectors
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import (
    B,
    E_us,
    E_uu,
    E_uv,
    b,
    c,
    chi,
    eta_x,
    eta_y,
    m,
    n,
    n_0,
    phi,
    psi,
    q,
    r,
    r_1,
    r_2,
    r_3,
    s,
    sigma,
    t,
    u,
    v,
)
from theory.models.vocabulary import K, d

RATES = (r_1, r_2, r_3)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    found = pairs_sectors()
    return (*_sectors(found), *_rates(found), *_normalised(), _links(), *_separation(found))


def _sectors(found: Sectors) -> tuple[Step, ...]:
    frustrated = PAIRS.orbits[1]
    with_a, with_both = frustrated.containing(K, 1), frustrated.containing(K, 2)
    return (
        Step(
            "counting",
            "A pattern $f$ with $\\sum_af_a=0$ puts $F=f_a+f_b$ on the samples between $a$ and $b$. Summed over the pairs that "
            "contain $a$, it comes back as a multiple of $f_a$: the pairs that contain $a$ but not a given other label.",
            "$\\sum_{b\\ne a}f_b=-f_a$, so that each other label takes away what it has in common with $a$.",
            before=(
                Line(r"\#\{S\ni a\}", with_a),
                Line(r"\#\{S\ni a,b\}", with_both),
            ),
            after=(Line(r"\tfrac1{f_a}\sum_{S\ni a}F(S)", frustrated.separating(K)),),
            check=lambda before, after: (
                Identity(((after[0].right, before[0].right - before[1].right),)),
                Numerics(lambda rng: evidence.counted(rng, after[0].right, *before.rights), 1e-12, "subsets written out"),
            ),
        ),
        common_sector(found, "Equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels."),
        replace(
            found.difference.reduction.step,
            after=linear(found.difference.flow),
            name="difference_sector",
            statement="Patterns between classes keep this form too: labels at $uf_a$, pure samples of class $a$ at $vf_a$, "
            "samples between $a$ and $b$ at $s(f_a+f_b)$.",
            reason="Insert the form and count; $F_v$ and $F_s$ are the pattern on pure and on frustrated samples.",
            uses=("counting",),
            assumptions=("$K\\ge3$; $f$ is any of $K-1$ independent patterns with $\\sum_af_a=0$.",),
        ),
        spectrum(
            found,
            "The sectors, with their multiplicities, hold all $N+K$ rates. Samples of one kind approach each other at the rate "
            "of that kind, at which the patterns over pairs that no label sees decay too.",
            r * by_powers((found.common.characteristic(r) / r).cancel(), r, eta_x, eta_y),
            by_powers(found.difference.characteristic(r), r, eta_x, eta_y),
        ),
    )


def _rates(found: Sectors) -> tuple[Step, ...]:
    cubic = by_powers(found.difference.characteristic(r), r, eta_x, eta_y)
    series = time_scales(found.difference.flow, {v: 0, s: 0, u: 0}, small=m, order=2, time_limit=None)
    (slow,) = series.slow
    fast = sorted((-rate.branch.terms[0][1] for rate in series.fast), key=str)
    two = by_powers(sectors(PAIRS.at({K: 2}), eta_x, eta_y).difference.characteristic(r), r, eta_x, eta_y)
    return (
        Step(
            "two_time_scales",
            "For few frustrated samples one rate is slow, and all labels collapse at it: frustrated samples are springs in "
            "series, of strength $q/2$ between their two labels, and each class has the mass $1/\\eta_y+n_0/\\eta_x$ of its "
            "label and its pure samples. The other two rates are those without frustration.",
            "Roots of the characteristic polynomial as series in $m$; the remainder is of the next order.",
            before=(Line(chi, cubic),),
            after=(
                Line(r"\tau_{\text{slow}}", slow.timescale, r"\simeq"),
                Line(r"r_{\text{slow}}", decay(slow), r"\simeq"),
                *(Line(f"r_{k}", rate, r"\simeq") for k, rate in enumerate(fast, 2)),
            ),
            uses=("spectrum",),
            assumptions=("$m\\ll n_0$; for $r_2$ and $r_3$ that they differ.",),
            check=lambda before, after: (
                Identity(((before[0].left, chi), (before[0].right, cubic))),
                Remainder(
                    lambda rng: evidence.orders(rng, before[0].right, after.rights),
                    2e-2,
                    "the roots of the cubic at two small m: relative remainders of order 1, 2, 1, 1",
                    reads=after,
                ),
                Numerics(
                    lambda rng: evidence.roots(rng, PAIRS, before[0].right),
                    1e-9,
                    "dense eigenvalues, each K - 1 times",
                ),
            ),
        ),
        Step(
            "two_classes",
            "With two classes the pattern is opposite on both labels of the only pair: frustrated samples stay in the middle, "
            "as under uniform frustration. Their amplitude decouples, and its root is no rate between classes.",
            "Insert $K=2$. There $F_s=0$, so that the amplitude $s$ stands for nothing, and its factor is dropped.",
            before=(Line(r"\chi|_{K=2}", cubic.subs(K, 2).factor()),),
            after=(Line(r"\chi_2", two),),
            uses=("two_time_scales",),
            check=lambda before, after: (
                Identity(((before[0].right, after[0].right * (r - 2 * q * eta_x)), (before[0].right, cubic.subs(K, 2)))),
                Numerics(
                    lambda rng: evidence.roots(rng, PAIRS.at({K: 2}), after[0].right),
                    1e-9,
                    "dense eigenvalues with two classes",
                ),
            ),
        ),
    )


def _normalised() -> tuple[Step, ...]:
    polynomial = by_powers(pairs_at_degrees().characteristic(r), r)
    in_counts, counts = (-polynomial.subs(r, 0)).factor(), pairs_counts()
    pair = (1 - sqrt(1 - psi), 1 + sqrt(1 - psi))
    return (
        Step(
            "normalised_rates",
            "With mobilities inverse to the degrees the rates are $1$ and $1\\mp\\mu$ with $\\mu^2=1-\\psi$.",
            "Insert $\\eta=1$ for pure samples, $1/2q$ for frustrated ones, $1/(n_0+(K-1)mq)$ for labels.",
            before=(Line(chi, polynomial),),
            after=(
                Line(chi, (r - 1) * by_powers(r**2 - 2 * r + psi, r)),
                Line(psi, in_counts),
                Line("r_-", pair[0]),
                Line("r_+", pair[1]),
            ),
            uses=("difference_sector",),
            check=lambda before, after: (
                Identity(
                    (
                        (before[0].right, after[0].right.subs(after[1].left, after[1].right)),
                        *((after[0].right.subs(r, line.right), 0) for line in after[2:]),
                        (before[0].left, after[0].left),
                    )
                ),
                Numerics(
                    lambda rng: evidence.correlations(rng, PAIRS, after[1].left, *after.rights[1:]),
                    1e-9,
                    "the canonical correlations of a coupling",
                ),
            ),
        ),
        Step(
            "frustration",
            "In terms of the frustrated fraction $\\varphi$ of all $nK$ samples, only $\\varphi$ and $K$ are left.",
            "Count: $n_0=(1-\\varphi)n$, and $\\varphi nK$ samples over all pairs.",
            before=(Line("n_0", counts[n_0]), Line("m", counts[m])),
            after=(Line(r"\psi", frustration("pairs")),),
            uses=("normalised_rates",),
            assumptions=("$q=\\tfrac12$.",),
            check=lambda before, after: (
                Identity(
                    (
                        (before[1].right * K * (K - 1) / 2, phi * n * K),
                        (before[0].right * K + before[1].right * K * (K - 1) / 2, n * K),
                        (in_counts.subs({n_0: before[0].right, m: before[1].right, q: Rational(1, 2)}), after[0].right),
                    )
                ),
                Numerics(
                    lambda rng: evidence.frustration(rng, after[0].right),
                    1e-9,
                    "the frustration of a coupling",
                ),
            ),
        ),
    )


def _links() -> Step:
    """Pairs on the links of a regular graph in place of all pairs."""
    explained, degrees = (n_0 + c / 4) * Unit(K) + B / 4, (n_0 + c / 2) * Unit(K)
    squared = (n_0 + c / 4 + b / 4) / (n_0 + c / 2)
    return Step(
        "regular_graph",
        "Pairs need not be equally frequent. With one frustrated sample on each link of a graph on the classes, $c$ links a "
        "class, the class modes are those of the graph: $b$ is an eigenvalue of its adjacency $B$.",
        "The canonical correlations are the roots of the eigenvalues of $D_y^{-1/2}J^TD_x^{-1}JD_y^{-1/2}$.",
        before=(Line(r"J^TD_x^{-1}J", explained), Line("D_y", degrees)),
        after=(Line(r"\mu^2", squared), Line(r"\psi", (1 - squared).factor())),
        uses=("normalised_rates",),
        assumptions=("$q=\\tfrac12$, $D_x=\\mathbb 1$.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.regular_graph(rng, before.rights, after.rights),
            1e-10,
            "couplings over random regular graphs of networkx",
        ),
    )


def _separation(found: Sectors) -> tuple[Step, ...]:
    row = found.difference.propagator(RATES, t)
    weights = found.difference.weights
    mean = 2 * d * sigma**2 * (E_uu**2 + E_uv**2 / weights[v] + E_us**2 / weights[s])
    return (
        Step(
            "propagator",
            "A label pattern is what is left of its own start and of the starts of its pure and its frustrated samples.",
            "The residues of $(\\zeta+M)^{-1}$ at $\\zeta=-r_k$, where $M$ is the matrix of the sector.",
            before=linear(found.difference.flow),
            after=tuple(Line(f"(e^{{-Mt}})_{{u{a}}}", row[a]) for a in (u, v, s)),
            uses=("difference_sector",),
            assumptions=("$r_1$, $r_2$, $r_3$ are the roots of $\\chi$, all different.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.propagators(rng, before.rights, after.rights, found.difference.amplitudes, RATES),
                1e-9,
                "the exponential of the matrix of these velocities",
            ),
        ),
        Step(
            "separation",
            "From independent starts of variance $\\sigma^2$ in each of $d$ dimensions this is the mean square distance of any "
            "two labels.",
            "The squared length of a lifted pattern is that of the pattern times $n_0$ or $m(K-2)$: the variance of an "
            "amplitude is that of a label divided by it.",
            after=(Line(r"E\lVert y_a-y_b\rVert^2", mean),),
            uses=("propagator", "counting"),
            assumptions=(
                "$E_{uu}=(e^{-Mt})_{uu}$, $E_{uv}=(e^{-Mt})_{uv}$, $E_{us}=(e^{-Mt})_{us}$; independent entries at $t=0$.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.separations(
                    rng, PAIRS, after[0].right, {E_uu: row[u], E_uv: row[v], E_us: row[s]}, found.difference, RATES
                ),
                1e-9,
                "the dense propagator of all embeddings",
            ),
        ),
    )
