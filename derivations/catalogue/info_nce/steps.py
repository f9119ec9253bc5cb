"""The steps of the derivation, with their checks."""

from __future__ import annotations

from functools import cache

from sympy import Inverse, S, ZeroMatrix, log, pi, sqrt

from derivations.catalogue.info_nce import evidence
from derivations.catalogue.info_nce.decay import decay_step
from derivations.catalogue.view_steps import whole_stop_step
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.info_nce import (
    SINES,
    cone_margin,
    cone_velocities,
    critical_temperature,
    margin_rate,
    opening_rate,
    partly_pure_loss,
    resting_sines,
    right_angle_rates,
)
from derivations.closed_forms.redrawn_labels import OTHER_FREQUENCY, OWN_FREQUENCY, cross_entropy, margin_at_rest
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    L,
    angle_x,
    angle_y,
    m,
    margin,
    margin_end,
    mu_k,
    p_other,
    p_own,
    phi,
    q_x,
    q_y,
    rho_x,
    rho_y,
    s_end,
    s_x,
    s_y,
    s_zero,
    temperature_c,
)
from theory import models
from theory.models.two_views import temperature
from theory.models.vocabulary import D_x, D_y, H_x, H_y, K, N, X, Y
from theory.nodes import diagonal_of

LOSS = models.info_nce()
WHOLE, CONES = Line(L, LOSS.expression), Line(L, cross_entropy())
FREQUENCIES = (Line(p_own, OWN_FREQUENCY), Line(p_other, OTHER_FREQUENCY))
MARGIN, END = Line(margin, cone_margin()), Line(margin_end, margin_at_rest())
MOVING = Lines(Line(dot(angle), velocity) for angle, velocity in cone_velocities(CONES.right).items())
DEGREES = (Line(H_x, Inverse(D_x)), Line(H_y, Inverse(D_y)))
ANGLES = (angle_x, angle_y)
RIGHT = dict.fromkeys(ANGLES, pi / 2)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (
        _lengths_step(),
        _cones_step(),
        _flow_step(),
        _collapsed_step(),
        _margin_step(),
        _rates_step(),
        _few_redrawn_step(),
        _alike_step(),
        whole_stop_step(LOSS),
        decay_step(_resting_lengths()),
    )


def _resting_lengths() -> Lines:
    """Squares of lengths do not change."""
    return Lines(Line(dot(q), ZeroMatrix(size, 1)) for q, size in ((q_x, N), (q_y, K)))


def _lengths_step() -> Step:
    return Step(
        "lengths",
        "The loss knows directions only, and so the length of every embedding is conserved: no mode of scale can collapse.",
        "The slope of a function of the direction is orthogonal to the embedding.",
        given=(WHOLE,),
        after=(*(Line(q, diagonal_of(view.T * view)) for q, view in ((q_x, X), (q_y, Y))), *_resting_lengths()),
        assumptions=("No embedding is zero. Any mobilities.",),
        check=lambda given, after: (
            Numerics(lambda rng: evidence.whole_losses(rng, given[L]), 1e-10, "the lowered loss of all embeddings"),
            Numerics(
                lambda rng: evidence.kept_lengths(rng, LOSS.with_parts(expression=given[L]), after),
                1e-12,
                "the velocities at random points",
            ),
        ),
    )


def _cones_step() -> Step:
    return Step(
        "cones",
        "A fraction $\\varphi$ of the labels is redrawn. Samples have the angle $\\vartheta_x$ with a direction, labels the "
        "angle $\\vartheta_y$, and around it classes lie along a simplex: the loss is a function of a margin.",
        "The cosine of a sample with its own label is larger by $\\tfrac{K}{K-1}\\sin\\vartheta_x\\sin\\vartheta_y$.",
        given=(WHOLE, *FREQUENCIES),
        after=(MARGIN, CONES),
        check=lambda given, after: Numerics(
            lambda rng: evidence.losses_on_cones(rng, given, after), 1e-10, "the loss of all embeddings on cones"
        ),
    )


def _flow_step() -> Step:
    return Step(
        "flow",
        "Embeddings stay on the cones; a margin that is too small opens both angles, each as far as the other is open.",
        "The pull on the margin times its slope. Samples of the length $\\rho_x$ turn by their velocity over $\\rho_x$.",
        before=(MARGIN, CONES),
        given=DEGREES,
        after=MOVING,
        uses=("cones",),
        check=lambda before, after: (
            Identity(
                tuple(
                    (m * rho**2 * after[dot(a)], -before[L].diff(margin) * before[margin].diff(a))
                    for a, rho in zip(ANGLES, (rho_x, rho_y), strict=True)
                )
            ),
            Numerics(lambda rng: evidence.velocities_on_cones(rng, before, after), 1e-9, "the flow of all embeddings"),
        ),
    )


def _collapsed_step() -> Step:
    return Step(
        "collapsed",
        "Where all embeddings point in one direction each mode with a positive correlation grows, along every other direction: "
        "no frustration makes this state stable.",
        "To second order in what is transverse the loss is $\\sum_{ia}(d_i/K-J_{ia})x_i\\cdot y_a$ over $m$ times the "
        "temperature; $d_i/K$ takes the mean from the normalised coupling, and nothing else. On cones $\\mu_k=1-\\varphi$.",
        before=MOVING,
        given=(Line(margin, S.Zero), Line(mu_k, 1 - phi), *DEGREES),
        after=(Line(s_zero, opening_rate()),),
        uses=("flow",),
        assumptions=("All labels have one degree.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.opening_cones(rng, before, before, after[s_zero].subs(mu_k, before[mu_k])),
                1e-12,
                "the eigenvalues of both angles where they are zero",
            ),
            Numerics(lambda rng: evidence.collapsed_spectrum(rng, before, after), 1e-8, "dense Jacobians of random couplings"),
        ),
    )


def _margin_step() -> Step:
    return Step(
        "margin",
        "The margin comes to rest where the softmax fits the frequencies, if cosines reach so far: above a critical "
        "temperature both angles are right, and classes lie on simplices as if no label were redrawn.",
        "Angles rest where nothing pulls at the margin, or where both are right, or both zero, which is unstable.",
        before=(*MOVING, MARGIN),
        given=(END,),
        after=(Line(temperature_c, critical_temperature()), Line(SINES, resting_sines())),
        uses=("cones", "flow"),
        check=lambda before, after: (
            Identity(
                (
                    (
                        before[margin].subs({**RIGHT, temperature: after[temperature_c]}),
                        before[margin_end],
                    ),
                    (_pull_at(before), S.Zero),
                )
            ),
            Numerics(
                lambda rng: evidence.resting_cones(rng, before, after),
                1e-9,
                "velocities and dense Jacobians of all embeddings, from both sides of the critical temperature",
            ),
            Numerics(
                lambda rng: evidence.margins_of_runs(rng, before, after),
                1e-5,
                "the end of runs from random starts, from both sides",
            ),
        ),
    )


def _pull_at(known: Lines):
    """The velocities of both angles at the margin at rest."""
    return sum(known[dot(a)].subs(margin, known[margin_end]).simplify() for a in ANGLES)


def _rates_step() -> Step:
    return Step(
        "rates",
        "How angles return: by one eigenvalue to the margin at rest, below the critical temperature; each by its own to right "
        "angles, above it. All vanish at the critical temperature.",
        "The Jacobian of both angles.",
        before=(*MOVING, MARGIN),
        given=(END,),
        after=_eigenvalues(Lines((*MOVING, MARGIN, END))),
        uses=("cones", "flow"),
        check=lambda before, after: (
            after.same(_eigenvalues(before)),
            Numerics(lambda rng: evidence.dense_rates(rng, before, after), 1e-8, "dense Jacobians of all embeddings"),
        ),
    )


@cache
def _eigenvalues(known: Lines) -> Lines:
    """Those that are not zero: at the margin at rest, and of both angles where they are right."""
    moving, by_angles = _velocities(known), known[margin]
    right = right_angle_rates(moving, by_angles)
    return Lines(
        (
            Line(s_end, margin_rate(moving, by_angles, known[margin_end])),
            *(Line(s, rate) for s, rate in zip((s_x, s_y), right, strict=True)),
        )
    )


def _velocities(known: Lines):
    return {a: known[dot(a)] for a in ANGLES}


def _few_redrawn_step() -> Step:
    critical = Line(temperature_c, critical_temperature())
    return Step(
        "few_redrawn",
        "With few redrawn labels the critical temperature is small, but as the inverse of a logarithm only.",
        "Expand.",
        before=(critical,),
        after=(Line(temperature_c, K / ((K - 1) * log(K / phi)), r"\simeq"),),
        uses=("margin",),
        check=lambda before, after: Remainder(
            lambda rng: evidence.remainder_orders(rng, before, after),
            5e-2,
            "the critical temperature at two small fractions: a remainder of order 1, but for logarithms",
            reads=after,
        ),
    )


def _alike_step() -> Step:
    loss, moving = partly_pure_loss(), cone_velocities(partly_pure_loss(), 1 - phi)
    return Step(
        "alike",
        "Where a fraction $\\varphi$ of the samples sees all labels alike, these samples come to rest along the direction of "
        "the cones, and the others and the labels at right angles with it, at every temperature: this frustration slows labels "
        "down, and collapses and shrinks nothing.",
        "Scores that are all equal have least loss, and pull at nothing. Nothing bounds the margin of the others but cosines.",
        given=(MARGIN, Line(L, loss)),
        after=(
            *(Line(dot(a), velocity) for a, velocity in moving.items()),
            Line(SINES, S.One),
            Line(s_zero, sqrt(1 - phi) / (temperature * m * rho_x * rho_y)),
            *(Line(s, rate) for s, rate in zip((s_x, s_y), right_angle_rates(moving, MARGIN.right), strict=True)),
        ),
        assumptions=("At least as many dimensions as classes.",),
        check=lambda given, after: (
            Identity(
                (
                    *(
                        (m * share * rho**2 * after[dot(a)], -given[L].diff(margin) * given[margin].diff(a))
                        for a, rho, share in zip(ANGLES, (rho_x, rho_y), (1 - phi, S.One), strict=True)
                    ),
                    *zip(
                        (after[s_x], after[s_y]),
                        right_angle_rates(_velocities(after), given[margin]),
                        strict=True,
                    ),
                )
            ),
            Numerics(
                lambda rng: evidence.opening_cones(rng, given, after, after[s_zero]),
                1e-12,
                "the eigenvalues of both angles where they are zero",
            ),
            Numerics(
                lambda rng: evidence.uniform_cones(rng, given, after), 1e-8, "losses and dense Jacobians of all embeddings"
            ),
            Numerics(lambda rng: evidence.uniform_runs(rng, after), 1e-4, "the end of runs from random starts"),
        ),
    )
