"""The last steps of the derivation ``coding_rates``: modes without frustration, few frustrated samples, decay beside."""

from __future__ import annotations

from functools import cache

from sympy import S

from derivations.catalogue.class_modes import CORRELATION, critical_fraction_step
from derivations.catalogue.coding_rates import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.coding_rates import critical_alpha, return_rate, survivor_moment, time_to_grow
from derivations.closed_forms.families import in_fraction
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    alpha_c,
    alpha_c_decay,
    m,
    moment_decay,
    moment_k,
    mu_k,
    psi,
    s_kk,
    slow,
    t,
    tau_pairs,
    tau_uniform,
    v,
    v_0,
)
from theory.models.two_views import alpha
from theory.models.vocabulary import lam

ROOM = "A critical fraction above one says that all may be frustrated."


def last_steps(amplitude: Line, returning: Lines, held: Lines) -> tuple[Step, ...]:
    """What grows for ever, what frustration does, and what changes beside a decay."""
    return (
        _mean_step(amplitude),
        critical_fraction_step(held[0], alpha, "the rates", ROOM, evidence.random_pushes, evidence.family_thresholds),
        _few_frustrated_step(Lines((*returning, held[1]))),
        _decay_step(held),
    )


def _mean_step(amplitude: Line) -> Step:
    grown = amplitude.right.subs(mu_k, 1).factor()
    return Step(
        "mean",
        "Without frustration nothing pulls: the mean of a component grows for ever, in the end as the root of time. The loss "
        "has no least value, and what is at rest is what is frustrated.",
        "At $\\mu=1$ the velocity is $\\alpha d v/(m\\epsilon^2+dv^2)$; separate the variables.",
        before=(amplitude,),
        given=(Line(mu_k, S.One),),
        after=(Line(dot(v), grown), Line(t, time_to_grow()), Line(v**2, 2 * alpha * t, r"\simeq")),
        uses=("threshold",),
        assumptions=("The amplitude is $v_0$ at the start.",),
        check=lambda before, after: (
            Identity(
                (
                    (before[dot(v)].subs(mu_k, before[mu_k]), after[dot(v)]),
                    (after[t].diff(v) * after[dot(v)], S.One),
                    (after[t].subs(v, v_0), S.Zero),
                )
            ),
            Remainder(
                lambda rng: evidence.late_growth(rng, after),
                1e-2,
                "the exact time of large amplitudes: what is left out grows as a logarithm",
                reads=after[2:],
            ),
            Numerics(lambda rng: evidence.growing_means(rng, after), 1e-6, "runs of all embeddings that lie together"),
        ),
    )


def _few_frustrated_step(known: Lines) -> Step:
    return Step(
        "few_frustrated",
        "With few frustrated samples what survives is large and slow: its second moment and the time in which it returns to "
        "its length grow as one over their fraction.",
        "A survivor returns to its length as fast as equal ones turn towards each other. Expand.",
        before=known,
        given=(CORRELATION,),
        after=_leading_order(Lines((*known, CORRELATION))),
        uses=("threshold", "spectrum"),
        assumptions=("Slow times of class modes of the uniform family and of pairs.",),
        check=lambda before, after: (
            after.same(_leading_order(before)),
            Identity(((after[slow], return_rate()),)),
            Remainder(
                lambda rng: evidence.leading_orders(rng, before, after),
                2e-2,
                "moments and times at two small fractions: relative remainders of order 2 and 1",
                reads=after[1:],
            ),
        ),
    )


@cache
def _leading_order(known: Lines) -> Lines:
    """How fast a survivor returns to its length; its moment and the slow time of both families, to leading orders."""
    moment = known[moment_k].subs(mu_k, known[mu_k]).series(psi, 0, 1).removeO()
    times = (in_fraction(-1 / known[s_kk], mu_k, family, 0) for family in ("uniform", "pairs"))
    return Lines(
        (
            Line(slow, -known[s_kk]),
            Line(moment_k, moment, r"\simeq"),
            *(Line(tau, time, r"\simeq") for tau, time in zip((tau_uniform, tau_pairs), times, strict=True)),
        )
    )


def _decay_step(held: Lines) -> Step:
    return Step(
        "decay",
        "A decay of all embeddings beside the loss adds $\\tfrac12\\lambda m$ to $1-\\mu_k$ and changes nothing else: what is "
        "not frustrated comes to rest, too.",
        "A decay pulls as couplings pull, but to no partner.",
        before=held,
        after=(Line(alpha_c_decay, critical_alpha(lam)), Line(moment_decay, survivor_moment(lam))),
        uses=("threshold",),
        check=lambda before, after: (
            Identity(
                tuple(
                    (before[left].subs(mu_k, mu_k - lam * m / 2), after[shifted])
                    for left, shifted in ((alpha_c, alpha_c_decay), (moment_k, moment_decay))
                )
            ),
            Numerics(lambda rng: evidence.decaying_states(rng, after), 1e-10, "velocities of all embeddings beside a decay"),
        ),
    )
