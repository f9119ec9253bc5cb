"""The steps of the derivation, with their checks: all couplings, near one direction."""

from __future__ import annotations

from sympy import Inverse
from sympy.matrices.expressions.special import OneMatrix

from derivations.catalogue.cosine_head import evidence
from derivations.catalogue.cosine_head.family import family_steps
from derivations.catalogue.points import coupled_point, measure_drift
from derivations.catalogue.written import ordered_sum
from derivations.checks import Descent, Numerics
from derivations.closed_forms.cosine_head import rate_of_mode
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    N_Z,
    P_W,
    A,
    D,
    H,
    L,
    Q_t,
    chi_k,
    dw_m,
    dZ,
    fall_W,
    fall_x,
    mass,
    mu_k,
    rate_k,
    rho_W,
    s,
    s_turn,
    square_W,
    square_x,
    w_m,
)
from theory import models
from theory.models.vocabulary import H_x, H_y, W, X, Y, beta, gamma, kappa, lam

LOSS = models.simsiam()
AT_DEGREES = Line(H, Inverse(D))
FALLING = Lines((Line(fall_x, -2 * lam * square_x), Line(fall_W, -2 * kappa * square_W)))
INTEGRAL = Line(Q_t, W.T * W / gamma - X * Inverse(H_x) * X.T - Y * Inverse(H_y) * Y.T)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = velocity_lines(LOSS.stop_gradient_flow())
    tilted = _tilted_lines()
    rate = Line(rate_k, ordered_sum(rho_W, -mu_k) * rho_W / (2 * mass))
    return (
        _flow_step(moving),
        _lengths_step(moving),
        _balance_step(moving),
        _conserved_step(moving),
        _small_angles_step(moving, tilted),
        _rates_step(tilted, rate),
        _turn_step(tilted),
        _following_step(rate),
        *family_steps(AT_DEGREES, FALLING, rate),
    )


def _tilted_lines() -> Lines:
    """How small displacements of unit vectors and of the head's image of the common direction move."""
    ones = OneMatrix(N_Z, 1)
    missed = dZ * A - P_W * dZ * D - dw_m * ones.T * D
    return Lines(
        (
            Line(dot(dZ), P_W.T * missed * H / (2 * mass)),
            Line(dot(dw_m), gamma / (2 * mass * w_m**2) * missed * ones),
        )
    )


def _flow_step(moving: Lines) -> Step:
    return Step(
        "flow",
        "Minus the mean cosine of predictions and stopped targets, both ways round: the loss of SimSiam with a linear head.",
        "Differentiate the normalised columns; what is stopped is held.",
        given=(Line(L, LOSS.expression),),
        after=moving,
        check=lambda given, after: Descent(
            LOSS.with_parts(expression=given[L]), tuple(after[dot(b)] for b in (X, Y, W)), coupled_point, stopped=True
        ),
    )


def _lengths_step(moving: Lines) -> Step:
    return Step(
        "lengths",
        "Without decay the length of each embedding is conserved, and so is that of the head.",
        "The loss has degree zero in each embedding, with its own target stopped, and in the head (Euler).",
        before=moving,
        after=FALLING,
        uses=("flow",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.lengths(rng, before, after), 1e-25, "the velocities of all embeddings and the head"
        ),
    )


def _balance_step(moving: Lines) -> Step:
    pulled = (dot(X) + lam * X) * Inverse(H_x) * X.T + (dot(Y) + lam * Y) * Inverse(H_y) * Y.T
    return Step(
        "balance",
        "What moves the head moves the embeddings: where the directions of all embeddings rest, an invertible head rests, too. "
        "States at rest come in families, one for each head nearby.",
        "Head and embedding enter as their product alone.",
        before=moving,
        after=(Line(W.T * dot(W), gamma * pulled - kappa * W.T * W),),
        uses=("flow",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.balances(rng, before, after), 1e-25, "the velocities of all embeddings and the head"
        ),
    )


def _conserved_step(moving: Lines) -> Step:
    lost = X * Inverse(H_x) * X.T + Y * Inverse(H_y) * Y.T
    return Step(
        "conserved",
        "Without decay the balance of head and embeddings is conserved.",
        "The balance and its transpose.",
        before=moving,
        given=(INTEGRAL,),
        after=(Line(dot(Q_t), 2 * lam * lost - 2 * kappa / gamma * W.T * W),),
        uses=("flow",),
        check=lambda before, after: Numerics(
            lambda rng: measure_drift(rng, before[Q_t], {b: before[dot(b)] for b in (X, Y, W)}, after[dot(Q_t)]),
            1e-18,
            "differences along the velocities",
        ),
    )


def _small_angles_step(moving: Lines, tilted: Lines) -> Step:
    return Step(
        "small_angles",
        "Near a direction that the head keeps, predictions are displaced by the head across that direction over its entry "
        "along it, and by its tilt.",
        "To first order displacements along the common direction change lengths alone.",
        before=moving,
        after=tilted,
        uses=("flow",),
        assumptions=(
            "$\\delta Z$ are small displacements of unit vectors, $P_W$ is the head across the common direction over $w_m$, "
            "$\\delta w$ its tilt, and $H$ are mobilities over squares of lengths.",
        ),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.displacements(rng, before, after), 1e-12, "differences of the velocities"),
            Numerics(lambda rng: evidence.dense_displacements(rng, after), 1e-9, "the dense Jacobian of all embeddings"),
        ),
    )


def _rates_step(tilted: Lines, rate: Line) -> Step:
    return Step(
        "rates",
        "A mode of angles dies exactly where the ratio of the head exceeds its correlation: the threshold of squared distances "
        "with a head, with the ratio in the place of the head.",
        "Eigenvectors of the normalised adjacency, along a principal axis of the head.",
        before=tilted[:1],
        given=(AT_DEGREES,),
        after=(rate, Line(rho_W, mu_k, ">")),
        uses=("small_angles",),
        assumptions=(
            "Lengths are one; $P_W$ is symmetric, with an eigenvalue $\\rho_W$. The mode is not that of all together.",
        ),
        check=lambda before, after: (
            Lines((Line(rate_k, after[rate_k]),)).same((Line(rate_k, rate_of_mode()),)),
            Numerics(lambda rng: evidence.modes_of_angles(rng, before, after), 1e-9, "modes of random couplings"),
            Numerics(lambda rng: evidence.dying_modes(rng, after), 0, "the signs of their velocities", reads=after.bounds),
        ),
    )


def _turn_step(tilted: Lines) -> Step:
    return Step(
        "turn",
        "A turn of all embeddings together is met by the tilt of the head: it dies where the head is fast enough. Beside a "
        "slow head the aligned state turns towards the direction in which the head is smallest.",
        "The mode with $\\mu=1$ and the tilt move along one direction; the other eigenvalue is zero, a rotation of all.",
        before=tilted,
        given=(AT_DEGREES,),
        after=(Line(s_turn, ordered_sum(rho_W * (1 - rho_W) / (2 * mass), -gamma / w_m**2)),),
        uses=("small_angles",),
        assumptions=("Lengths are one; $P_W$ is symmetric, with an eigenvalue $\\rho_W$.",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.turns(rng, before, after), 1e-9, "turns of random couplings"),
            Numerics(lambda rng: evidence.whole_spectrum(rng, after), 1e-7, "dense Jacobians, with all other eigenvalues"),
        ),
    )


def _following_step(rate: Line) -> Step:
    return Step(
        "following",
        "Targets that follow, those of BYOL, rest at the same states whatever their rate, and modes die beyond the same "
        "ratio of the head.",
        "A target at rest is its state. The characteristic polynomial of a mode and its target; the loss has four times the "
        "gradient.",
        before=(rate,),
        after=(Line(chi_k, s**2 + (beta + 2 * rho_W**2 / mass) * s + 4 * beta * rate_k),),
        uses=("rates",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.followed_modes(rng, before, after), 1e-8, "dense Jacobians of all embeddings and targets"
        ),
    )
