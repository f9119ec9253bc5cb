"""The steps of the derivation, with their checks."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Abs, Expr, Integer, Rational, Sum, exp, log, pi, sqrt

from derivations.catalogue.ageing import evidence
from derivations.checks import AtRandomPoints, Identity, Numerics, Remainder
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    C_12,
    I_B,
    N_Z,
    A_dot,
    B_dot,
    B_g,
    Q_g,
    g_21,
    g_of,
    j,
    m_decay,
    m_e,
    m_j,
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
MASSES, GROWN = (Sum(m_j[j, 0] * g_of[j, 0] ** power, (j, 0, N_Z - 1)) for power in (0, 2))  # at the start, and later
UNREST = w * (mu_e - w) - lam  # what the modes at the edge lack to rest


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (_edge_step(), _slow_edge_step(), _late_head_step(), _mass_step(), _fastest_mode_step(), _two_times_step())


def _transform_line() -> Line:
    return Line(I_B, varrho_e * sqrt(pi) * exp(2 * mu_e * B_g) / (2 * (2 * B_g) ** Rational(3, 2)))


def _slope_line() -> Line:
    return Line(r_B, 2 * mu_e - 3 / (2 * B_g))


def _gap_line() -> Line:
    return Line(UNREST, 3 * w / (4 * B_g), r"\simeq")


def _gain_line() -> Line:
    return Line(B_g, w_plus * t, r"\simeq")


def _limit_line() -> Line:
    return Line(w_plus, equations.resting_heads(mu_e, lam, sqrt)[0])


def _edge_step() -> Step:
    return Step(
        "edge",
        "At a square-root edge the sum of all $m_{w,j}e^{2\\mu_{w,j}B_g}$ is a power of $B_g$ below the growth of the fastest "
        "mode.",
        "Laplace's integral over the density at the edge, and the derivative of its logarithm.",
        given=(Line(varrho, varrho_e * sqrt(mu_e - mu)),),
        after=(_transform_line(), _slope_line()),
        assumptions=("The masses have the density $\\varrho$ up to the edge $\\mu_e$; for large $B_g$ nothing else counts.",),
        check=lambda given, after: (
            Numerics(lambda rng: evidence.integrals(rng, given, after), 1e-10, "quadrature"),
            AtRandomPoints(((log(after[I_B]).diff(B_g), after[r_B]),), evidence.edge_point),
            Numerics(lambda rng: evidence.band_slopes(rng, after[r_B]), RELATIVE, "the band of regular pairs"),
        ),
    )


def _slow_edge_step() -> Step:
    decays, gain = equations.logarithmic_rates(w, lam)
    return Step(
        "slow_edge",
        "So the head stays below the value at which the modes at the edge rest.",
        "The mass is $e^{-2A_g}$ times the sum and has a limit: its logarithm does not move, $2\\dot A_g\\simeq r_B\\dot B_g$.",
        before=(_slope_line(),),
        given=(Line(A_dot, decays), Line(B_dot, gain)),
        after=(_gap_line(),),
        uses=("edge",),
        check=lambda before, after: (
            Identity(((before[r_B] * before[B_dot] / 2 - before[A_dot], UNREST - after[UNREST]),)),
            Remainder(lambda rng: evidence.rest_gaps(rng, *after), RELATIVE, "the solver at late times", reads=after),
        ),
    )


def _late_head_step() -> Step:
    coefficient = equations.ageing_coefficient(mu_e, lam, sqrt)
    return Step(
        "late_head",
        "The head ages: its distance from its limit is one over time, whatever the start and the rates. It never arrives.",
        "$B_g\\simeq w_+t$; then $w_+-w$ to first order. $w_+=\\mu_e$ without decay.",
        before=(_gap_line(),),
        given=(Line(mu_e**2, 4 * lam, ">"),),
        after=(_gain_line(), Line(UNREST, 3 / (4 * t), r"\simeq"), _limit_line(), Line(w, w_plus - coefficient / t, r"\simeq")),
        uses=("slow_edge",),
        assumptions=("No decay, or both.",),
        check=lambda before, after: (
            Identity(((before[UNREST].subs({B_g: after[B_g], w: w_plus}), after[UNREST]),)),
            Identity(((_first_order(after), t * after[UNREST]),)),
            Numerics(lambda rng: evidence.parted_heads(rng, before, after), 1e-12, "roots of the quadratic of the head"),
            Remainder(
                lambda rng: evidence.late_heads(rng, after.of(B_g, UNREST, w), after[w_plus]),
                RELATIVE,
                "the solver at late times, and its own limit",
                reads=after.of(B_g, UNREST, w),
            ),
        ),
    )


def _first_order(late: Lines) -> Expr:
    """What the modes at the edge lack to rest at the late head, to first order in 1/t, times t."""
    behind = (w_plus - late[w]) * t
    return -(UNREST.diff(w).subs(w, w_plus) * behind).subs(w_plus, late[w_plus])


def _mass_step() -> Step:
    return Step(
        "mass",
        "The total mass $\\sum_jm_{w,j}g_{w,j}^2$ has a limit: without decay by the balance of head and modes, with "
        "both decays that of the state at rest.",
        "Without decay $Q_g$ is conserved; growths start at one, and the head ends at $w_+$.",
        before=(_limit_line(),),
        given=(Line(Q_g, gamma * GROWN - w**2), Line(MASSES, Integer(2))),
        after=(Line(m_e, 2 + (mu_e**2 - w_0**2) / gamma), Line(m_decay, equations.resting_mass(w_plus, gamma, lam, kappa))),
        uses=("late_head",),
        check=lambda known, after: (
            Identity((_first_and_last_balance(known, after[m_e]),)),
            Numerics(lambda rng: evidence.late_masses(rng, known[w_plus], after), RELATIVE, "the solver at late times"),
        ),
    )


def _first_and_last_balance(known: Lines, mass: Expr) -> tuple[Expr, Expr]:
    end = known[w_plus].subs(lam, 0)
    first, last = known[Q_g].xreplace({g_of[j, 0]: Integer(1), w: w_0}), known[Q_g].xreplace({w: end, GROWN: mass})
    return first.subs(MASSES, known[MASSES]), last


def _fastest_mode_step() -> Step:
    return Step(
        "fastest_mode",
        "The mode at the edge grows for ever, as a power of time: $g_{21}$ is its growth between $t_1$ and $t_2$.",
        "The mass is $g^2$ of this mode times $B_g^{-3/2}$.",
        before=(_transform_line(), _gain_line()),
        after=(Line(g_21, (t_2 / t_1) ** Rational(3, 4), r"\simeq"),),
        uses=("edge", "late_head"),
        check=lambda before, after: (
            AtRandomPoints(((_growth_of_edge(before), after[g_21]), *_positive(before)), evidence.edge_point),
            Remainder(lambda rng: evidence.edge_growths(rng, after[g_21]), RELATIVE, "the solver at late times", reads=after),
        ),
    )


def _two_times_step() -> Step:
    ratio = 2 * sqrt(t_1 * t_2) / (t_1 + t_2)
    return Step(
        "two_times",
        "Overlaps at two times, over those at one, depend on the ratio of the times alone: what has happened is forgotten "
        "as slowly as it is old.",
        "The overlap is the sum of $m_{w,j}g_{w,j}(t_1)g_{w,j}(t_2)$, the integral at $(B_1+B_2)/2$; its exponentials cancel.",
        before=(_transform_line(), _gain_line()),
        after=(Line(C_12, ratio ** Rational(3, 2), r"\simeq"),),
        uses=("edge", "late_head"),
        check=lambda before, after: (
            AtRandomPoints(((_overlap_ratio(before), after[C_12]), *_positive(before)), evidence.edge_point),
            Remainder(lambda rng: evidence.late_overlaps(rng, after[C_12]), RELATIVE, "the solver at late times", reads=after),
        ),
    )


def _at(known: Lines, time: Expr) -> Expr:
    """The sum at a late time."""
    return known[I_B].subs(B_g, known[B_g].subs(t, time))


def _positive(known: Lines) -> Iterator[tuple[Expr, Expr]]:
    """A sum of positive terms at both times, and its size."""
    return ((total, Abs(total)) for total in (_at(known, time) for time in (t_1, t_2)))


def _growth_of_edge(known: Lines) -> Expr:
    """The growth that keeps the mass, of the mode whose exponential is taken out of the sum."""
    first, last = (_at(known, time) * exp(-2 * mu_e * known[B_g].subs(t, time)) for time in (t_1, t_2))
    return sqrt(first / last)


def _overlap_ratio(known: Lines) -> Expr:
    middle = _at(known, (t_1 + t_2) / 2)
    return middle / sqrt(_at(known, t_1) * _at(known, t_2))
