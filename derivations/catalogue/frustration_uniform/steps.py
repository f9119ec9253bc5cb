"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sympy import Add, Expr, Integer, Symbol, exp, log, roots

from derivations.analysis.modes.sectors import Sectors
from derivations.catalogue.frustration_uniform import evidence
from derivations.catalogue.sector_steps import common_sector, spectrum
from derivations.catalogue.written import by_powers, decay, linear
from derivations.checks import Identity, Limit, Numerics, Remainder
from derivations.closed_forms.families import UNIFORM, uniform_rates, uniform_sectors, uniform_time_scales
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import E_uu, E_uv, c_fast, c_slow, chi, eta_x, eta_y, fast, phi, r, sigma, slow, t, u, v
from theory.models.vocabulary import K, d


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    found = uniform_sectors()
    return (*_sectors(found), *_rates(found), *_separation(found))


def _sectors(found: Sectors) -> tuple[Step, ...]:
    return (
        common_sector(
            found, "$n$ samples a class, $0<\\varphi<1$, equal mobilities $\\eta_x$ of samples and $\\eta_y$ of labels."
        ),
        replace(
            found.difference.reduction.step,
            after=linear(found.difference.flow),
            name="difference_sector",
            statement="Patterns between classes keep this form too: labels at $uf_a$, pure samples of class $a$ at $vf_a$. "
            "Frustrated samples see the mean of the pattern, which is zero: they stay in the middle and pull "
            "the labels back.",
            reason="Insert the form; $F_v$ is the pattern on pure samples and zero on frustrated ones.",
            assumptions=("$f$ is any of $K-1$ independent patterns with $\\sum_af_a=0$.",),
        ),
        spectrum(
            found,
            "The sectors with their multiplicities hold all $N+K$ rates; samples of one kind approach each other at $\\eta_x$.",
            found.common.characteristic(r).factor(),
            by_powers(found.difference.characteristic(r), r),
        ),
    )


def _rates(found: Sectors) -> tuple[Step, ...]:
    exact, series = uniform_rates(), uniform_time_scales()
    both = tuple(decay(series[k]) for k in (1, 0))
    default = {eta_x: 1, eta_y: 1 / UNIFORM.label_degree}
    special = tuple(e.subs(default).expand().simplify() for e in exact)
    before = (Line("r_-", exact[0]), Line("r_+", exact[1]))
    return (
        Step(
            "rates",
            "Between classes there are two rates. Both are positive for $\\varphi>0$: every difference between classes decays.",
            "Roots of the characteristic polynomial: their sum is positive, their product is in proportion to $\\varphi$, "
            "and they are real, the flow being symmetric in the metric of the mobilities.",
            before=(Line(chi, by_powers(found.difference.characteristic(r), r)),),
            after=before,
            uses=("spectrum",),
            check=lambda before, after: (
                Identity(tuple((before[0].right.subs(r, rate), 0) for rate in after.rights)),
                Identity(((before[0].right.subs(r, 0), after[0].right * after[1].right), (before[0].left, chi))),
                Numerics(
                    lambda rng: evidence.two_rates(rng, UNIFORM, *after.rights),
                    1e-10,
                    "dense eigenvalues of the whole graph, each K - 1 times",
                ),
            ),
        ),
        Step(
            "two_time_scales",
            "For few frustrated samples the rates separate: a fast gain, which does not depend on $\\varphi$ to leading order, "
            "and a slow collapse, on a time inversely proportional to it.",
            "Expansion in $\\varphi$; the remainder is of the next order.",
            before=before,
            after=(
                Line(r"\tau_{\text{slow}}", series[1].timescale, r"\simeq"),
                Line(r"\tau_{\text{fast}}", series[0].timescale, r"\simeq"),
                Line("r_-", both[0], r"\simeq"),
                Line("r_+", both[1], r"\simeq"),
            ),
            uses=("rates",),
            assumptions=(r"$\varphi\ll1$.",),
            check=lambda before, after: Remainder(
                lambda rng: evidence.orders(rng, before.rights, after.rights),
                1e-2,
                "the exact rates at two small fractions: relative remainders of order 1, 1, 2, 2",
                reads=after,
            ),
        ),
        Step(
            "normalised_rates",
            "With mobilities inverse to the degrees the rates depend on the frustrated fraction alone: "
            "the frustration of every class mode is $\\psi=1-\\mu^2=\\varphi$.",
            "Insert $\\eta_x=1$, $\\eta_y=1/n$.",
            before=before,
            after=(Line("r_-", special[0]), Line("r_+", special[1])),
            uses=("rates",),
            check=lambda before, after: (
                Identity(tuple((b.right.subs(default), a.right) for b, a in zip(before, after, strict=True))),
                Numerics(
                    lambda rng: evidence.default_rates(rng, UNIFORM, *after.rights),
                    1e-10,
                    "one minus and plus the canonical correlations of a coupling",
                ),
            ),
        ),
        Step(
            "collapse",
            "All labels collapse to one point, for almost every start at the slow rate.",
            "The graph is connected, and the only zero mode moves all embeddings together.",
            after=(Line(r"-\tfrac{d}{dt}\log\lVert y_a-y_b\rVert", special[0], r"\to"),),
            uses=("normalised_rates",),
            check=lambda before, after: Limit(
                lambda rng: evidence.collapse_rate(rng, UNIFORM, after[0].right),
                1e-8,
                "the late decay of every label distance under the dense propagator",
                reads=after,
            ),
        ),
    )


def _separation(found: Sectors) -> tuple[Step, ...]:
    known = dict(zip((slow, fast), uniform_rates(), strict=True))
    row = found.difference.propagator((slow, fast), t)
    weights = found.difference.weights
    mean = 2 * d * sigma**2 * (E_uu**2 + E_uv**2 / weights[v])
    return (
        Step(
            "propagator",
            "A label pattern is what is left of its own start and of the start of its pure samples.",
            "The residues of $(\\zeta+M)^{-1}$ at $\\zeta=-r_\\mp$, where $M$ is the matrix of the sector.",
            before=linear(found.difference.flow),
            after=(Line("(e^{-Mt})_{uu}", row[u]), Line("(e^{-Mt})_{uv}", row[v])),
            uses=("rates",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.propagators(rng, before.rights, after.rights, found.difference.amplitudes, known),
                1e-10,
                "the exponential of the matrix of these velocities",
            ),
        ),
        Step(
            "separation",
            "From independent starts of variance $\\sigma^2$ in each of $d$ dimensions, the mean square distance of any two "
            "labels falls on the fast scale to a plateau and on the slow scale to zero.",
            "A pattern of the pure samples is a mean over $(1-\\varphi)n$ of them: its variance is that of a label divided by "
            "their number.",
            after=(Line(r"E\lVert y_a-y_b\rVert^2", mean),),
            uses=("propagator", "difference_sector"),
            assumptions=("$E_{uu}=(e^{-Mt})_{uu}$, $E_{uv}=(e^{-Mt})_{uv}$; independent entries at $t=0$.",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.separations(rng, UNIFORM, after[0].right, {E_uu: row[u], E_uv: row[v]}, known),
                1e-10,
                "the dense propagator of all embeddings",
            ),
        ),
        _loss(found, known),
        _plateaus(mean, {E_uu: row[u], E_uv: row[v]}, found, known),
    )


def _loss(found: Sectors, known: Mapping[Symbol, Expr]) -> Step:
    common_rates = tuple(roots(found.common.characteristic(r), r))
    between = {c: found.difference.energy((slow, fast), k) for k, c in enumerate((c_slow, c_fast))}
    parts = [(K - 1) * rate * c * exp(-2 * rate * t) for rate, c in ((slow, c_slow), (fast, c_fast))]
    others = [(rate, found.common.energy(common_rates, k)) for k, rate in enumerate(common_rates)]
    others += [(part.rate, part.multiplicity / part.mobility) for part in found.decoupled]
    by_rate = {rate: Add(*(c for other, c in others if other == rate)) for rate, _ in others}
    rest = [(rate * c).factor() * exp(-2 * rate * t) for rate, c in by_rate.items()]
    return Step(
        "loss",
        "The expected loss falls in the same way. Between the time scales frustrated samples alone cost anything.",
        "In embeddings divided by the roots of their mobilities the flow is symmetric; a mode $\\phi_k$ starts with the "
        "variance $c_k=\\sum_i\\phi_k(i)^2/\\eta_i$, and holds $\\tfrac12r_k$ times its square.",
        after=(
            *(Line(c, value) for c, value in between.items()),
            Line(r"E\,L", d * sigma**2 / 2 * Add(*parts, *rest)),
        ),
        uses=("spectrum", "rates"),
        check=lambda before, after: Numerics(
            lambda rng: evidence.losses(rng, UNIFORM, after[2].right, {line.left: line.right for line in after[:2]}, known),
            1e-10,
            "the dense propagator of all embeddings",
        ),
    )


def _plateaus(mean: Expr, row: Mapping[Symbol, Expr], found: Sectors, known: Mapping[Symbol, Expr]) -> Step:
    """Fast parts gone, slow ones not begun, to leading order in the frustrated fraction."""
    decays = {exp(-slow * t): Integer(1), exp(-fast * t): Integer(0)}
    still = {s: e.xreplace(decays) for s, e in row.items()}
    _, rate = uniform_time_scales()
    at_zero = {phi: 0, **{s: value.subs(phi, 0).simplify() for s, value in known.items()}}
    plateau = mean.subs(still).subs(at_zero).factor()
    weight = found.difference.energy((slow, fast), 0).subs(at_zero).factor()
    energy = (d * sigma**2 / 2 * (K - 1) * weight / rate.timescale).factor()
    half = log(2) * rate.timescale
    return Step(
        "plateaus",
        "Between the time scales separation and loss rest on plateaus: the labels are apart, and the loss is in proportion to "
        "$\\varphi$. Distances have halved when the slow mode has.",
        "Drop what decays at $r_+$, set $e^{-r_-t}=1$, and expand in $\\varphi$.",
        after=(
            Line(r"E\lVert y_a-y_b\rVert^2", plateau, r"\simeq"),
            Line(r"E\,L", energy, r"\simeq"),
            Line(r"t_{1/2}", half, r"\simeq"),
        ),
        uses=("separation", "loss", "two_time_scales"),
        assumptions=(r"$\tau_{\text{fast}}\ll t\ll\tau_{\text{slow}}$, $\varphi\ll1$.",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.plateaus(rng, after.rights),
            5e-2,
            "modes of the whole graph at two small fractions: relative remainders of order 1",
            reads=after,
        ),
    )
