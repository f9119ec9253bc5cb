"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Integer, Mul, Transpose

from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.modes.sectors import Sectors, sectors
from derivations.catalogue.frustration_pairs import evidence
from derivations.catalogue.frustration_pairs.normalised import normalised_steps
from derivations.catalogue.sector_steps import check_sector, common_sector_step, sector_step, spectrum_step
from derivations.catalogue.written import by_powers, decay_rate, linear_flow_lines
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.families import PAIRS, pairs_sectors
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    E_us,
    E_uu,
    E_uv,
    F_s,
    chi,
    chi_0,
    chi_2,
    eta_x,
    eta_y,
    f,
    lifted,
    m,
    q,
    r,
    r_1,
    r_2,
    r_3,
    s,
    sigma,
    square_distance,
    t,
    tau_slow,
    u,
    v,
    with_both,
    with_one,
)
from theory.models.vocabulary import J, K, d

RATES = (r_1, r_2, r_3)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    found = pairs_sectors()
    cubic = Line(chi, by_powers(found.difference.characteristic(r), r, eta_x, eta_y))
    return (*_sector_steps(found, cubic), *_rate_steps(found, cubic), *normalised_steps(found), *_separation_steps(found))


def _sector_steps(found: Sectors, cubic: Line) -> tuple[Step, ...]:
    counted = Line(lifted, PAIRS.orbits[1].count_separating(K))
    common = r * by_powers((found.common.characteristic(r) / r).cancel(), r, eta_x, eta_y)
    return (
        _counting_step(counted),
        common_sector_step(found, common, "Equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels."),
        _difference_sector_step(found, cubic, counted),
        spectrum_step(
            found,
            Line(chi_0, common),
            cubic,
            "The sectors, with their multiplicities, hold all $N+K$ rates. Samples of one kind approach each other at the rate "
            "of that kind, at which the patterns over pairs that no label sees decay too.",
        ),
    )


def _counting_step(counted: Line) -> Step:
    frustrated = PAIRS.orbits[1]
    return Step(
        "counting",
        "A pattern $f$ with $\\sum_af_a=0$ puts $F=f_a+f_b$ on the samples between $a$ and $b$. Summed over the pairs that "
        "contain $a$, it comes back as a multiple of $f_a$: the pairs that contain $a$ but not a given other label.",
        "$\\sum_{b\\ne a}f_b=-f_a$, so that each other label takes away what it has in common with $a$.",
        given=(Line(with_one, frustrated.count_containing(K, 1)), Line(with_both, frustrated.count_containing(K, 2))),
        after=(counted,),
        check=lambda premises, after: (
            Identity(((after[lifted], premises[with_one] - premises[with_both]),)),
            Numerics(lambda rng: evidence.pair_counts(rng, premises, after[lifted]), 1e-12, "subsets written out"),
        ),
    )


def _difference_sector_step(found: Sectors, cubic: Line, counted: Line) -> Step:
    return replace(
        sector_step(found.difference, chi, cubic.right),
        name="difference_sector",
        statement="Patterns between classes keep this form too: labels at $uf_a$, pure samples of class $a$ at $vf_a$, "
        "samples between $a$ and $b$ at $s(f_a+f_b)$.",
        reason="Insert the form and count; $F_v$ and $F_s$ are the pattern on pure and on frustrated samples.",
        before=(counted,),
        uses=("counting",),
        assumptions=("$f$ is any of $K-1$ independent patterns with $\\sum_af_a=0$.",),
        check=lambda premises, after: (
            Identity(((premises[Transpose(J) * F_s], m * q * premises[lifted] * f),)),
            *check_sector(found.difference, chi, premises, after),
        ),
    )


def _rate_steps(found: Sectors, cubic: Line) -> tuple[Step, ...]:
    return (_time_scales_step(found, cubic), _two_classes_step(cubic))


def _time_scales_step(found: Sectors, cubic: Line) -> Step:
    series = time_scales(found.difference.flow, {v: 0, s: 0, u: 0}, small=m, order=2, time_limit=None)
    (lowest,) = series.slow
    others = sorted((-rate.branch.terms[0][1] for rate in series.fast), key=str)
    return Step(
        "two_time_scales",
        "For few frustrated samples one rate is slow, and all labels collapse at it: frustrated samples are springs in "
        "series, of strength $q/2$ between their two labels, and each class has the mass $1/\\eta_y+n_0/\\eta_x$ of its "
        "label and its pure samples. The other two rates are those without frustration.",
        "Roots of the characteristic polynomial as series in $m$; the remainder is of the next order.",
        before=(cubic,),
        given=(Line(K, Integer(3), r"\ge"), Line(r_2, r_3, r"\ne")),
        after=(
            Line(tau_slow, lowest.timescale, r"\simeq"),
            Line(r_1, decay_rate(lowest), r"\simeq"),
            *(Line(rate, value, r"\simeq") for rate, value in zip(RATES[1:], others, strict=True)),
        ),
        uses=("difference_sector",),
        check=lambda premises, after: (
            Remainder(
                lambda rng: evidence.remainder_orders(rng, premises, after),
                2e-2,
                "the roots of the cubic at two small m: relative remainders of order 1, 2, 1, 1",
                reads=after,
            ),
            Numerics(
                lambda rng: evidence.roots_where_they_hold(rng, PAIRS, premises), 1e-9, "dense eigenvalues, each K - 1 times"
            ),
        ),
    )


def _two_classes_step(cubic: Line) -> Step:
    two = by_powers(sectors(PAIRS.at({K: 2}), eta_x, eta_y).difference.characteristic(r), r, eta_x, eta_y)
    return Step(
        "two_classes",
        "With two classes the pattern is opposite on both labels of the only pair: frustrated samples stay in the middle, "
        "as under uniform frustration. Their amplitude decouples, and its root is no rate between classes.",
        "Insert $K=2$. There $F_s=0$, so that the amplitude $s$ stands for nothing, and its factor is dropped.",
        before=(cubic,),
        given=(Line(K, Integer(2)),),
        after=(Line(chi, (r - 2 * q * eta_x) * chi_2), Line(chi_2, two)),
        uses=("difference_sector",),
        check=lambda premises, after: (
            Identity(((premises[chi].subs(K, premises[K]), after[chi].subs(chi_2, after[chi_2])),)),
            Numerics(
                lambda rng: evidence.roots(rng, PAIRS.at({K: premises[K]}), after[chi_2]),
                1e-9,
                "dense eigenvalues with two classes",
            ),
        ),
    )


def _separation_steps(found: Sectors) -> tuple[Step, ...]:
    row, weights = found.difference.propagator(RATES, t), found.difference.weights
    velocities = linear_flow_lines(found.difference.flow)
    propagator = (Line(E_uu, row[u]), Line(E_uv, row[v]), Line(E_us, row[s]))
    mean = 2 * d * sigma**2 * (E_uu**2 + E_uv**2 / weights[v] + E_us**2 / weights[s])
    return (
        _propagator_step(found, velocities, propagator),
        _separation_step(found, (*velocities, *propagator), Line(square_distance, mean)),
    )


def _propagator_step(found: Sectors, velocities: Lines, propagator: tuple[Line, ...]) -> Step:
    return Step(
        "propagator",
        "A label pattern is what is left of its own start, $E_{uu}$, and of the starts of its pure and its frustrated "
        "samples, $E_{uv}$ and $E_{us}$: entries of $e^{-Mt}$, with the matrix $M$ of the sector and its three rates, all "
        "different.",
        "The residues of $(\\zeta+M)^{-1}$ at $\\zeta=-r_k$.",
        before=velocities,
        given=(Line(chi, Mul(*(r - rate for rate in RATES))),),
        after=propagator,
        uses=("difference_sector",),
        check=lambda premises, after: Numerics(
            lambda rng: evidence.propagators(rng, premises, after, found.difference.amplitudes, RATES),
            1e-9,
            "the exponential of the matrix of these velocities",
        ),
    )


def _separation_step(found: Sectors, known: tuple[Line, ...], separation: Line) -> Step:
    return Step(
        "separation",
        "From independent starts of variance $\\sigma^2$ in each of $d$ dimensions this is the mean square distance of any "
        "two labels.",
        "The squared length of a lifted pattern is that of the pattern times $n_0$ or $m(K-2)$: the variance of an "
        "amplitude is that of a label divided by it.",
        before=known,
        after=(separation,),
        uses=("difference_sector", "propagator"),
        check=lambda premises, after: Numerics(
            lambda rng: evidence.separations(rng, PAIRS, premises, after[square_distance], found.difference.amplitudes, RATES),
            1e-9,
            "the dense propagator of all embeddings",
        ),
    )
