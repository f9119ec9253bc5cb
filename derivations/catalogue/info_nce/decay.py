"""What a decay of all embeddings changes under InfoNCE: their clock."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sympy import S, exp

from derivations.catalogue.whole import integrate_states, lower_loss
from derivations.checks import Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import clock, q_x, q_y, t
from theory import Coupling, models
from theory.coupling.directions import unit_columns
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.two_views import temperature
from theory.models.vocabulary import K, N, X, Y, lam

DECAYING = models.info_nce().with_parts(decay={X: lam, Y: lam})
SQUARES = (q_x, q_y)


def decay_step(resting: Lines) -> Step:
    """Lengths fall alike, and directions do what they did, ever faster."""
    return Step(
        "decay",
        "Decay of the embeddings shortens all of them alike and changes nothing but the clock of all directions, which runs "
        "ever faster: what happens without decay at $t_\\lambda$ happens with it at $t$. Margins at rest stay.",
        "Velocities of unit vectors are in inverse proportion to squares of lengths, and these share one factor.",
        before=resting,
        after=(
            *(Line(dot(q), -2 * lam * q) for q in SQUARES),
            Line(clock, (exp(2 * lam * t) - 1) / (2 * lam)),
        ),
        uses=("lengths",),
        check=lambda before, after: (
            Identity(
                (
                    *((before[dot(q)] - 2 * lam * q, after[dot(q)]) for q in SQUARES),
                    (after[clock].diff(t), exp(2 * lam * t)),
                    (after[clock].subs(t, 0), S.Zero),
                )
            ),
            Numerics(lambda rng: clocks(rng, after), 1e-6, "runs of all embeddings with decay and without"),
        ),
    )


def clocks(rng: np.random.Generator, after: Lines) -> Iterator[tuple]:
    """Directions and squares of lengths of a run with decay, against those of a run without at the time of the clock."""
    coupling, decay, time = Coupling(rng.uniform(0.1, 1, (3, 2))), float(rng.uniform(0.05, 0.2)), float(rng.uniform(3, 6))
    at = {temperature: float(rng.uniform(0.3, 1))}
    start, end = rng.standard_normal((3, 5)), float(after[clock].subs({lam: decay, t: time}))
    late, still = (
        _end_of_run(loss, coupling, at | {lam: decay}, start, until)
        for loss, until in ((DECAYING, time), (models.info_nce(), end))
    )
    yield unit_columns(late), unit_columns(still)
    squares = (start**2).sum(axis=0)
    for q, columns in zip(SQUARES, (slice(3), slice(3, 5)), strict=True):
        first = squares[columns, None]
        fall = evaluate(after[dot(q)], Point({N: 3, K: 2, lam: decay, q: mpf_array(first)})).astype(float) / first
        yield first * np.exp(fall * time), (late[:, columns] ** 2).sum(axis=0)[:, None]


def _end_of_run(loss, coupling: Coupling, values: dict, start: np.ndarray, time: float) -> np.ndarray:
    """Samples and labels in columns."""
    lowered = lower_loss(loss, coupling, len(start), values)
    end = integrate_states(lowered, lowered.pack({X: start[:, :3], Y: start[:, 3:]}), [0, time])[-1]
    return np.concatenate([*lowered.unpack(end).values()], axis=1)
