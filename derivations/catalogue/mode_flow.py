"""The step with which derivations in modes begin: velocities of all amplitudes and of the head, from their loss."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
from sympy import Expr, Inverse

from derivations.catalogue.points import diagonal_matrix, unit_point
from derivations.catalogue.whole import amplitudes, eigenmodes
from derivations.checks import Descent, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import N_Z, D, H, L, V, mu_matrix
from theory import Coupling, Flow, Loss, models
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import W, X, Y, d, gamma, kappa, lam


def mode_flow(loss: Loss, statement: str, reason: str) -> Step:
    """The flow with stop-gradient of all modes and the head, with mobilities inverse to the degrees."""
    flow = loss.stop_gradient_flow()
    return Step(
        "mode_flow",
        statement,
        reason,
        given=(Line(L, loss.expression), Line(H, Inverse(D))),
        after=velocity_lines(flow),
        assumptions=("$\\mu$ is diagonal.",),
        check=lambda given, after: (
            Descent(loss.with_parts(expression=given[L]), after.of(dot(V), dot(W)).rights, unit_point, stopped=True),
            Numerics(lambda rng: whole_flow(rng, flow, given[H], after), 1e-10, "the lowered flow of all embeddings"),
        ),
    )


def whole_flow(rng: np.random.Generator, flow: Flow, mobility: Expr, moving: Lines) -> Iterator[tuple]:
    """The velocities of all embeddings whose mobilities are a function of the degrees, in modes, and that of the head.

    Decays that are not among the parameters of the flow in modes are zero.
    """
    weights = rng.uniform(0.1, 1, (4, 2))
    degrees = np.concatenate([weights.sum(axis=1), weights.sum(axis=0)])
    own = np.diag(evaluate(mobility, Point({N_Z: 6, D: diagonal_matrix(degrees)}))).astype(float)
    coupling = Coupling(weights, mobility=(own[:4], own[4:]))
    rates = {r: rng.uniform(0.2, 2) if r in flow.parameters else 0.0 for r in (gamma, lam, kappa)}
    lowered = (
        models.projection_head().stop_gradient_flow().lower({**coupling.data, "d": 2} | {str(r): x for r, x in rates.items()})
    )
    state = rng.standard_normal(lowered.size)
    here, moved = lowered.unpack(state), lowered.unpack(lowered.velocity(0, state))
    correlations, vectors, _ = eigenmodes(coupling)
    at = mode_point(amplitudes(here[X], here[Y], degrees, vectors), here[W], correlations, rates)
    yield evaluate(moving[dot(V)], at), amplitudes(moved[X], moved[Y], degrees, vectors)
    yield evaluate(moving[dot(W)], at), moved[W]


def mode_point(modes, head, correlations, rates) -> Point:
    """A state in the symbols of the derivation."""
    sizes = dict(zip((d, N_Z), modes.shape, strict=True))
    blocks = {V: modes, W: head, mu_matrix: np.diag(correlations)}
    numbers = {rate: mpmath.mpf(float(value)) for rate, value in rates.items()}
    return Point({**sizes, **numbers, **{block: mpf_array(value) for block, value in blocks.items()}})
