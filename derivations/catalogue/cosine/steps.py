"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Inverse, Rational, S, Sum, cos, exp, pi

from derivations.catalogue.cosine import evidence
from derivations.catalogue.cosine.uniform import uniform_steps
from derivations.catalogue.points import coupled_point
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.cosine import decaying_cosine, lone_embedding, rate_of_mode, stopped_cosine
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    N_Z,
    A,
    C_xy,
    D,
    H,
    L,
    alpha,
    bend,
    clock,
    dZ,
    fall_x,
    i,
    j,
    mass,
    rate_k,
    s_out,
    s_ring,
    square_x,
    square_x0,
    t,
    x,
    y,
)
from theory.models.vocabulary import J, K, N, X, Y, d, lam
from theory.nodes import normalised

LOSS = decaying_cosine()
LOSS_LINE = Line(L, LOSS.expression)
FALL = Line(fall_x, -2 * lam * square_x)
AT_DEGREES = Line(H, Inverse(D))


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = velocity_lines(LOSS.gradient_flow())
    spread = Line(dot(dZ), -dZ * (D - A) * H / mass)
    return (
        _flow_step(moving),
        _lengths_step(moving),
        _clock_step(),
        _stopped_step(moving),
        _small_angles_step(moving, spread),
        _rates_step(spread),
        _curvature_step(),
        _ring_step(),
        *uniform_steps(AT_DEGREES),
    )


def _flow_step(moving: Lines) -> Step:
    return Step(
        "flow",
        "Minus the mean cosine of pairs, beside a decay of all embeddings.",
        "Differentiate the normalised columns.",
        given=(LOSS_LINE,),
        after=moving,
        check=lambda given, after: Descent(
            LOSS.with_parts(expression=given[L]), (after[dot(X)], after[dot(Y)]), coupled_point, stopped=False
        ),
    )


def _lengths_step(moving: Lines) -> Step:
    lone = lone_embedding().gradient_flow()
    return Step(
        "lengths",
        "Without decay the length of each embedding is conserved; with it all lengths fall alike.",
        "The loss has degree zero in each embedding: its gradient is orthogonal to it (Euler).",
        before=moving,
        after=(FALL,),
        uses=("flow",),
        check=lambda before, after: (
            Identity(((lone.time_derivative(x**2 + y**2), after[fall_x].subs(square_x, x**2 + y**2)),)),
            Numerics(lambda rng: evidence.lengths(rng, before, after), 1e-25, "the velocities of all embeddings"),
        ),
    )


def _clock_step() -> Step:
    return Step(
        "clock",
        "Decay changes nothing but the clock of all directions, which runs ever faster: what happens without decay at "
        "$t_\\lambda$ happens with it at $t$.",
        "Unit vectors move with mobilities over squares of lengths, and these share one factor.",
        before=(FALL,),
        after=(
            Line(square_x, square_x0 * exp(-2 * lam * t)),
            Line(clock, (exp(2 * lam * t) - 1) / (2 * lam)),
        ),
        uses=("lengths",),
        check=lambda before, after: (
            Identity(
                (
                    (after[square_x].diff(t), before[fall_x].subs(square_x, after[square_x])),
                    (after[clock].diff(t), square_x0 / after[square_x]),
                    (after[clock].subs(t, 0), S.Zero),
                )
            ),
            Numerics(lambda rng: evidence.clocks(rng, after), 1e-6, "runs of all embeddings with decay and without"),
        ),
    )


def _stopped_step(moving: Lines) -> Step:
    stopped, half = stopped_cosine().stop_gradient_flow(), Rational(1, 2)
    return Step(
        "stopped",
        "Stop-gradient at the other view in each half of the loss, beside half the decay, makes all half as fast, and changes "
        "nothing else.",
        "Each half has the gradient of the whole in the view that is not stopped.",
        before=moving,
        after=(Line(dot(X, "stopped"), half * dot(X)), Line(dot(Y, "stopped"), half * dot(Y))),
        uses=("flow",),
        check=lambda before, after: Identity(
            tuple((stopped.velocity[b], after[dot(b, "stopped")].xreplace({dot(b): before[dot(b)]})) for b in (X, Y)),
            LOSS.context,
        ),
    )


def _small_angles_step(moving: Lines, spread: Line) -> Step:
    return Step(
        "small_angles",
        "Near one direction unit vectors follow the Laplacian of the couplings across it, as embeddings do that squared "
        "distances pull at.",
        "To leading order one minus the cosine is half the square of the distance.",
        before=moving,
        after=(spread,),
        uses=("flow",),
        assumptions=("$\\delta Z$ are small displacements of unit vectors; $H$ are mobilities over squares of lengths.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.displacements(rng, before, after), 1e-12, "differences of the velocities"),
            Numerics(lambda rng: evidence.dense_displacements(rng, after), 1e-9, "the dense Jacobian of all embeddings"),
        ),
    )


def _rates_step(spread: Line) -> Step:
    return Step(
        "rates",
        "Every frustrated mode of angles dies, at the rate of squared distances over the total weight.",
        "The eigenvalues of the Laplacian at mobilities inverse to the degrees.",
        before=(spread,),
        given=(AT_DEGREES,),
        after=(Line(rate_k, rate_of_mode()),),
        uses=("small_angles",),
        assumptions=("Lengths are one.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.modes_of_angles(rng, before, after), 1e-9, "modes of random couplings"),
            Numerics(lambda rng: evidence.dense_rates(rng, after), 1e-9, "dense Jacobians of all embeddings"),
        ),
    )


def _curvature_step() -> Step:
    entry, cosine, pairs = J[i, j], C_xy[i, j], ((j, 0, K - 1), (i, 0, N - 1))
    return Step(
        "curvature",
        "In three dimensions or more the loss bends down from every state that is not aligned: no other state at rest is "
        "stable, and none but the aligned one is a minimum.",
        "Second derivatives of the loss as all unit vectors turn towards one direction, summed over an orthonormal basis. "
        "Where it rests the sum is a trace of its Hessian on a subspace; in three dimensions and more no term is positive. "
        "That almost every start ends aligned follows for the analytic gradient flow (Markdahl, Thunberg and Goncalves).",
        given=(LOSS_LINE, Line(C_xy, normalised(X).T * normalised(Y)), Line(d, S(3), r"\ge")),
        after=(
            Line(bend, -2 * Sum(entry * (1 - cosine) * (d - 2 - cosine), *pairs) / Sum(entry, *pairs)),
            Line(bend, S.Zero, r"\le"),
        ),
        check=lambda given, after: (
            Numerics(lambda rng: evidence.bent_losses(rng, given, after), 1e-12, "second differences of the loss"),
            Numerics(
                lambda rng: evidence.signs_of_bends(rng, given, after),
                0,
                "random and twisted states, where and only where it is assumed",
                reads=after.bounds,
            ),
        ),
    )


def _ring_step() -> Step:
    turn = cos(2 * pi * i / N_Z)
    return Step(
        "ring",
        "In a plane a ring of samples and labels can stay twisted: every angle from one to the next is the same, and it is "
        "stable as long as this is acute. In three dimensions it unwinds.",
        "The Jacobian commutes with turns of the ring: waves around it, along the circle and out of it.",
        given=(Line(alpha, 2 * pi * j / N_Z), Line(mass, N_Z), AT_DEGREES),
        after=(
            Line(s_ring, -cos(alpha) * (1 - turn) / mass),
            Line(s_out, (turn - cos(alpha)) / mass),
            Line(alpha, pi / 2, "<"),
        ),
        assumptions=("Each embedding has two neighbours; $j$ turns in all, and waves number $i$ from zero to $N_Z-1$.",),
        check=lambda given, after: (
            Numerics(
                lambda rng: evidence.ring_spectra(rng, given, after),
                1e-9,
                "dense Jacobians of all embeddings of rings in two dimensions and in three",
                reads=after.bounds,
            ),
            Numerics(lambda rng: evidence.twisted_ends(rng, given), 1e-6, "the end of runs from near a twisted ring"),
        ),
    )
