"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Add, Expr, S, exp, log, roots

from derivations.analysis.modes.sectors import Sectors
from derivations.catalogue.frustration_uniform import evidence
from derivations.catalogue.sector_steps import common_sector_step, sector_step, spectrum_step
from derivations.catalogue.written import by_powers, decay_rate, linear_flow_lines
from derivations.checks import Identity, Limit, Numerics, Remainder
from derivations.closed_forms.families import UNIFORM, uniform_rates, uniform_sectors, uniform_time_scales
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    E_uu,
    E_uv,
    c_fast,
    c_slow,
    chi,
    chi_0,
    eta_x,
    eta_y,
    fast,
    late_rate,
    mean_loss,
    phi,
    r,
    sigma,
    slow,
    square_distance,
    t,
    t_half,
    tau_fast,
    tau_slow,
    u,
    v,
)
from theory.models.vocabulary import K, d

DENSE = "the dense propagator of all embeddings"


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    found = uniform_sectors()
    return (*_sector_steps(found), *_rate_steps(found), *_separation_steps(found))


def _sector_steps(found: Sectors) -> tuple[Step, ...]:
    common = found.common.characteristic(r).factor()
    return (
        common_sector_step(
            found,
            common,
            "$n$ samples a class, a fraction $\\varphi$ of them frustrated, equal mobilities $\\eta_x$ of samples and "
            "$\\eta_y$ of labels.",
        ),
        replace(
            sector_step(found.difference, chi, _polynomial(found)),
            name="difference_sector",
            statement="Patterns between classes keep this form too: labels at $uf_a$, pure samples of class $a$ at $vf_a$. "
            "Frustrated samples see the mean of the pattern, which is zero: they stay in the middle and pull "
            "the labels back.",
            reason="Insert the form; $F_v$ is the pattern on pure samples and zero on frustrated ones.",
            assumptions=("$f$ is any of $K-1$ independent patterns with $\\sum_af_a=0$.",),
        ),
        spectrum_step(
            found,
            Line(chi_0, common),
            Line(chi, _polynomial(found)),
            "The sectors with their multiplicities hold all $N+K$ rates; samples of one kind approach each other at $\\eta_x$.",
        ),
    )


def _polynomial(found: Sectors) -> Expr:
    return by_powers(found.difference.characteristic(r), r)


def _rate_lines() -> Lines:
    return Lines(map(Line, (slow, fast), uniform_rates()))


def _rate_steps(found: Sectors) -> tuple[Step, ...]:
    both = _rate_lines()
    normalised = tuple(Line(line.left, _insert_degrees(line.right).expand().simplify()) for line in both)
    return (
        _exact_rates_step(found, both),
        _time_scales_step(both),
        _normalised_rates_step(both, normalised),
        _collapse_step(normalised[0]),
    )


def _exact_rates_step(found: Sectors, both: Lines) -> Step:
    return Step(
        "rates",
        "Between classes there are two rates. Both are positive: every difference between classes decays.",
        "Roots of the characteristic polynomial: their sum is positive, their product is in proportion to $\\varphi$, "
        "and they are real, the flow being symmetric in the metric of the mobilities.",
        before=(Line(chi, _polynomial(found)),),
        after=(*both, Line(slow, S.Zero, ">")),
        uses=("difference_sector",),
        check=lambda before, after: (
            Identity(tuple((before[chi].subs(r, after[rate]), 0) for rate in (slow, fast))),
            Identity(((before[chi].subs(r, 0), after[slow] * after[fast]),)),
            Numerics(
                lambda rng: evidence.two_rates(rng, UNIFORM, after),
                1e-10,
                "dense eigenvalues of the whole graph, each K - 1 times",
                reads=after.bounds,
            ),
        ),
    )


def _time_scales_step(both: Lines) -> Step:
    series = uniform_time_scales()
    leading = tuple(decay_rate(series[k]) for k in (1, 0))
    return Step(
        "two_time_scales",
        "As $\\varphi\\to0$ the rates separate: a fast gain, which does not depend on $\\varphi$ to leading order, and a "
        "slow collapse, on a time inversely proportional to it.",
        "Expansion in $\\varphi$; the remainder is of the next order.",
        before=both,
        after=(
            Line(tau_slow, series[1].timescale, r"\simeq"),
            Line(tau_fast, series[0].timescale, r"\simeq"),
            Line(slow, leading[0], r"\simeq"),
            Line(fast, leading[1], r"\simeq"),
        ),
        uses=("rates",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.remainder_orders(
                rng, before.of(slow, fast).rights, after.of(tau_slow, tau_fast, slow, fast).rights
            ),
            1e-2,
            "the exact rates at two small fractions: relative remainders of order 1, 1, 2, 2",
            reads=after,
        ),
    )


def _normalised_rates_step(both: Lines, normalised: tuple[Line, ...]) -> Step:
    return Step(
        "normalised_rates",
        "With mobilities inverse to the degrees the rates depend on the frustrated fraction alone: "
        "the frustration of every class mode is $\\psi=1-\\mu^2=\\varphi$.",
        "Insert $\\eta_x=1$, $\\eta_y=1/n$.",
        before=both,
        after=normalised,
        uses=("rates",),
        check=lambda before, after: (
            Identity(tuple((_insert_degrees(before[rate]), after[rate]) for rate in (slow, fast))),
            Numerics(
                lambda rng: evidence.default_rates(rng, UNIFORM, after[slow], after[fast]),
                1e-10,
                "one minus and plus the canonical correlations of a coupling",
            ),
        ),
    )


def _insert_degrees(rate: Expr) -> Expr:
    """A rate with mobilities inverse to the degrees."""
    return rate.subs({eta_x: 1, eta_y: 1 / UNIFORM.label_degree})


def _collapse_step(slowest: Line) -> Step:
    return Step(
        "collapse",
        "All labels collapse to one point, for almost every start at the slow rate.",
        "The graph is connected, and the only zero mode moves all embeddings together.",
        before=(slowest,),
        after=(Line(late_rate, slow, r"\to"),),
        uses=("normalised_rates",),
        check=lambda before, after: Limit(
            lambda rng: evidence.collapse_rate(rng, UNIFORM, after[late_rate].subs(slow, before[slow])),
            1e-8,
            "the late decay of every label distance under the dense propagator",
            reads=after,
        ),
    )


def _separation_steps(found: Sectors) -> tuple[Step, ...]:
    row, weights = found.difference.propagator((slow, fast), t), found.difference.weights
    rates, loss = _rate_lines(), _loss_lines(found)
    propagator = (Line(E_uu, row[u]), Line(E_uv, row[v]))
    separation = Line(square_distance, 2 * d * sigma**2 * (E_uu**2 + E_uv**2 / weights[v]))
    at_slow = (loss[0], loss[2], Line(tau_slow, uniform_time_scales()[1].timescale, r"\simeq"))
    return (
        _propagator_step(found, rates, propagator),
        _separation_step((*rates, *propagator), separation),
        _loss_step(loss),
        _plateaus_step((*rates, *propagator, separation, *at_slow)),
    )


def _loss_lines(found: Sectors) -> tuple[Line, ...]:
    """The variances of both modes between classes, and the expected loss."""
    common_rates = tuple(roots(found.common.characteristic(r), r))
    between = {c: found.difference.energy((slow, fast), k) for k, c in enumerate((c_slow, c_fast))}
    parts = [(K - 1) * rate * c * exp(-2 * rate * t) for rate, c in ((slow, c_slow), (fast, c_fast))]
    others = [(rate, found.common.energy(common_rates, k)) for k, rate in enumerate(common_rates)]
    others += [(part.rate, part.multiplicity / part.mobility) for part in found.decoupled]
    by_rate = {rate: Add(*(c for other, c in others if other == rate)) for rate, _ in others}
    rest = [(rate * c).factor() * exp(-2 * rate * t) for rate, c in by_rate.items()]
    return (*(Line(c, value) for c, value in between.items()), Line(mean_loss, d * sigma**2 / 2 * Add(*parts, *rest)))


def _propagator_step(found: Sectors, rates: Lines, propagator: tuple[Line, ...]) -> Step:
    return Step(
        "propagator",
        "A label pattern is what is left of its own start, $E_{uu}$, and of the start of its pure samples, $E_{uv}$: "
        "entries of $e^{-Mt}$, with the matrix $M$ of the sector.",
        "The residues of $(\\zeta+M)^{-1}$ at $\\zeta=-r_\\mp$.",
        before=(*linear_flow_lines(found.difference.flow), *rates),
        after=propagator,
        uses=("difference_sector", "rates"),
        check=lambda before, after: Numerics(
            lambda rng: evidence.propagators(rng, before, after.of(E_uu, E_uv).rights, found.difference.amplitudes),
            1e-10,
            "the exponential of the matrix of these velocities",
        ),
    )


def _separation_step(known: tuple[Line, ...], separation: Line) -> Step:
    return Step(
        "separation",
        "From independent starts of variance $\\sigma^2$ in each of $d$ dimensions, the mean square distance of any two "
        "labels falls on the fast scale to a plateau and on the slow scale to zero.",
        "A pattern of the pure samples is a mean over $(1-\\varphi)n$ of them: its variance is that of a label divided by "
        "their number.",
        before=known,
        after=(separation,),
        uses=("rates", "propagator"),
        check=lambda before, after: Numerics(
            lambda rng: evidence.separations(rng, UNIFORM, after[square_distance], before), 1e-10, DENSE
        ),
    )


def _loss_step(loss: tuple[Line, ...]) -> Step:
    return Step(
        "loss",
        "The expected loss falls in the same way. Between the time scales frustrated samples alone cost anything.",
        "In embeddings divided by the roots of their mobilities the flow is symmetric; a mode $\\phi_k$ starts with the "
        "variance $c_k=\\sum_i\\phi_k(i)^2/\\eta_i$, and holds $\\tfrac12r_k$ times its square.",
        before=_rate_lines(),
        after=loss,
        uses=("rates",),
        check=lambda before, after: Numerics(lambda rng: evidence.losses(rng, UNIFORM, before, after), 1e-10, DENSE),
    )


def _plateaus_step(known: tuple[Line, ...]) -> Step:
    return Step(
        "plateaus",
        "Between the time scales separation and loss rest on plateaus: the labels are apart, and the loss is in proportion "
        "to $\\varphi$. Distances have halved when the slow mode has.",
        "Drop what decays at $r_+$, set $e^{-r_-t}=1$, and expand in $\\varphi$.",
        before=known,
        after=_plateau_lines(Lines(known)),
        uses=("rates", "two_time_scales", "propagator", "separation", "loss"),
        check=lambda before, after: (
            after.same(_plateau_lines(before)),
            Remainder(
                lambda rng: evidence.plateaus(rng, after.of(square_distance, mean_loss, t_half).rights),
                5e-2,
                "modes of the whole graph at two small fractions: relative remainders of order 1",
                reads=after,
            ),
        ),
    )


def _plateau_lines(known: Lines) -> Lines:
    """Fast parts gone, slow ones not begun, to leading order in the frustrated fraction."""
    at_zero = {phi: 0, **{rate: known[rate].subs(phi, 0).simplify() for rate in (slow, fast)}}
    still = {exp(-slow * t): 1, exp(-2 * slow * t): 1} | {e: 0 for e in known[mean_loss].atoms(exp) if not e.has(slow)}
    still |= {exp(-fast * t): 0}
    amplitudes = {name: known[name].xreplace(still) for name in (E_uu, E_uv)}
    slow_part = known[mean_loss].xreplace(still).subs(slow * c_slow, c_slow / known[tau_slow])
    return Lines(
        (
            Line(square_distance, known[square_distance].subs(amplitudes).subs(at_zero).factor(), r"\simeq"),
            Line(mean_loss, slow_part.subs(c_slow, known[c_slow].subs(at_zero).factor()).factor(), r"\simeq"),
            Line(t_half, log(2) * known[tau_slow], r"\simeq"),
        )
    )
