"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Rational, exp, log, pi, sqrt

from derivations.catalogue.ageing import evidence
from derivations.catalogue.defined import defined
from derivations.checks import AtRandomPoints, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import (
    C_12,
    I_B,
    A_dot,
    B_dot,
    B_g,
    g_21,
    m_decay,
    m_e,
    mu,
    mu_e,
    r_B,
    t,
    t_1,
    t_2,
    varrho,
    varrho_e,
    w,
    w_0,
    w_plus,
)
from theory.dmft import head_equations as equations
from theory.models.vocabulary import gamma, kappa, lam

RELATIVE = 1e-3  # a few squares of the logarithm of the times over these


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (_edge(), _mass(), _slow_edge(), _late_head(), *_two_times())


def _transform() -> Line:
    return Line(I_B, varrho_e * sqrt(pi) * exp(2 * mu_e * B_g) / (2 * (2 * B_g) ** Rational(3, 2)))


def _slope() -> Line:
    return Line(r_B, 2 * mu_e - 3 / (2 * B_g))


def _gap() -> Line:
    """What the modes at the edge lack to rest."""
    return Line(w * (mu_e - w) - lam, 3 * w / (4 * B_g), r"\simeq")


def _edge() -> Step:
    return Step(
        "edge",
        "At a square-root edge the sum of all $m_je^{2\\mu_jB_g}$ is a power of $B_g$ below the growth of the fastest mode.",
        "Laplace's integral over the density at the edge, and the derivative of its logarithm.",
        before=(Line(varrho, varrho_e * sqrt(mu_e - mu)),),
        after=(_transform(), _slope()),
        assumptions=("The masses have the density $\\varrho$ up to the edge $\\mu_e$; for large $B_g$ nothing else counts.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.integrals(rng, defined(before), defined(after)), 1e-10, "quadrature"),
            AtRandomPoints(((log(defined(after)[I_B]).diff(B_g), defined(after)[r_B]),), evidence.edge_point),
            Numerics(lambda rng: evidence.slopes(rng, defined(after)[r_B]), RELATIVE, "the band of regular pairs"),
        ),
    )


def _mass() -> Step:
    return Step(
        "mass",
        "The total mass $\\sum_jm_jg_j^2$ has a limit: without decay by the balance of head and modes, with both decays that "
        "of the state at rest.",
        "Without decay $\\gamma\\sum_jm_jg_j^2-w^2$ is conserved, the masses add up to two, and $w\\to\\mu_e$.",
        after=(
            Line(m_e, 2 + (mu_e**2 - w_0**2) / gamma),
            Line(m_decay, equations.resting_mass(w_plus, gamma, lam, kappa)),
        ),
        check=lambda before, after: Numerics(
            lambda rng: evidence.late_masses(rng, defined(after)), RELATIVE, "the solver at late times"
        ),
    )


def _slow_edge() -> Step:
    decays, gain = equations.logarithmic_rates(w, lam)
    return Step(
        "slow_edge",
        "So the head stays below the value at which the modes at the edge rest.",
        "The mass is $e^{-2A_g}$ times the sum: its logarithm does not move, $2\\dot A_g\\simeq r_B\\dot B_g$.",
        before=(_slope(), Line(A_dot, decays), Line(B_dot, gain)),
        after=(_gap(),),
        uses=("edge", "mass"),
        check=lambda before, after: (
            Identity(((_unbalanced(defined(before)), after[0].left - after[0].right),)),
            Remainder(lambda rng: evidence.gaps(rng, after[0]), RELATIVE, "the solver at late times", reads=after),
        ),
    )


def _unbalanced(before: dict):
    """Half of what the logarithm of the mass moves."""
    return before[r_B] * before[B_dot] / 2 - before[A_dot]


def _late_head() -> Step:
    limit, _ = equations.resting_heads(mu_e, lam, sqrt)
    late = Line(w * (mu_e - w) - lam, 3 / (4 * t), r"\simeq")
    coefficient = equations.ageing_coefficient(mu_e, lam, sqrt)
    return Step(
        "late_head",
        "The head ages: its distance from its limit is one over time, whatever the start and the rates. It never arrives.",
        "$B_g\\simeq w_+t$; then $w_+-w$ to first order. $w_+=\\mu_e$ without decay.",
        before=(_gap(),),
        after=(
            Line(B_g, w_plus * t, r"\simeq"),
            late,
            Line(w_plus, limit),
            Line(w, w_plus - coefficient / t, r"\simeq"),
        ),
        uses=("slow_edge",),
        assumptions=("No decay, or both, and $4\\lambda<\\mu_e^2$.",),
        check=lambda before, after: (
            Identity(((before[0].right.subs({B_g: after[0].right, w: w_plus}), after[1].right),)),
            Identity(((after[0].left, B_g), (after[3].left, w), (before[0].left, after[1].left))),
            Identity(((_first_order(after[1].left, defined(after)), t * after[1].right),)),
            Remainder(
                lambda rng: evidence.late_heads(rng, after),
                RELATIVE,
                "the solver at late times, and its own limit",
                reads=(after[0], after[1], after[3]),
            ),
        ),
    )


def _first_order(unbalanced, after: dict):
    """The left side at the late head, to first order in 1/t, times t."""
    behind = (after[w_plus] - after[w].subs(w_plus, after[w_plus])) * t
    return -unbalanced.diff(w).subs(w, after[w_plus]) * behind


def _two_times() -> tuple[Step, ...]:
    ratio = 2 * sqrt(t_1 * t_2) / (t_1 + t_2)
    return (
        Step(
            "fastest_mode",
            "The mode at the edge grows for ever, as a power of time: $g_{21}$ is its growth between $t_1$ and $t_2$.",
            "The mass is $g^2$ of this mode times $B_g^{-3/2}$.",
            before=(_transform(),),
            after=(Line(g_21, (t_2 / t_1) ** Rational(3, 4), r"\simeq"),),
            uses=("edge", "late_head"),
            check=lambda before, after: (
                before.equal((_transform().right,)),
                AtRandomPoints(
                    ((_growth_of_edge(defined(before)[I_B]), defined(after)[g_21]),),
                    evidence.edge_point,
                ),
                Remainder(
                    lambda rng: evidence.growths(rng, defined(after)[g_21]), RELATIVE, "the solver at late times", reads=after
                ),
            ),
        ),
        Step(
            "two_times",
            "Overlaps at two times, over those at one, depend on the ratio of the times alone: what has happened is forgotten "
            "as slowly as it is old.",
            "The overlap is the sum of $m_jg_j(t_1)g_j(t_2)$, the integral at $(B_1+B_2)/2$; its exponentials cancel.",
            before=(_transform(),),
            after=(Line(C_12, ratio ** Rational(3, 2), r"\simeq"),),
            uses=("edge", "late_head"),
            check=lambda before, after: (
                AtRandomPoints(((_overlap(defined(before)[I_B]), defined(after)[C_12]),), evidence.edge_point),
                Remainder(
                    lambda rng: evidence.overlaps(rng, defined(after)[C_12]), RELATIVE, "the solver at late times", reads=after
                ),
            ),
        ),
    )


def _at(transform, time):
    return transform.subs(B_g, w_plus * time)


def _growth_of_edge(transform):
    """The growth that keeps the mass, of the mode whose exponential is taken out of the integral."""
    first, last = (_at(transform, time) * exp(-2 * mu_e * w_plus * time) for time in (t_1, t_2))
    return sqrt(first / last)


def _overlap(transform):
    middle = _at(transform, (t_1 + t_2) / 2)
    return middle / sqrt(_at(transform, t_1) * _at(transform, t_2))
