"""Numbers that the steps on two dimensions are held against: four classes with two correlations, or any other coupling."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import sqrt

from derivations.catalogue.centred import CentredModel, number, weights_of_two
from derivations.checks import random_values
from derivations.lines import Lines
from derivations.vocabulary import C_11, C_22, C_kk, C_kl, a_1, a_2, mu_1, mu_2
from theory.evaluate import Point
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import d

DEVIATION = sqrt(C_kk + epsilon)
STEPS = (0.95, 1.05)


def two_dimensions(rng: np.random.Generator) -> Point:
    """Random amplitudes below the hinge, correlations and weights."""
    box = {a_1: (-0.3, 0.3), a_2: (-0.3, 0.3), mu_1: (-1, 1), mu_2: (-1, 1), alpha: (1, 4), zeta: (1, 2), epsilon: (0.2, 0.4)}
    return Point({d: mpmath.mpf(2), **{symbol: random_values(rng, (), *ends) for symbol, ends in box.items()}})


def _draw(rng: np.random.Generator) -> dict:
    first = float(rng.uniform(0.5, 0.8))
    return {mu_1: first, mu_2: first - float(rng.uniform(0.1, 0.2)), epsilon: float(rng.uniform(0.005, 0.02)), d: 2}


def _whole(at: dict) -> CentredModel:
    return CentredModel(weights_of_two(at[mu_1], at[mu_2]), 2, {p: at[p] for p in (alpha, zeta, epsilon)})


def tilted_dimensions(rng, covariance, after: Lines) -> Iterator[tuple]:
    """Whether two dimensions turn out of the slowest mode, and whether the covariance would be less than the variance."""
    for share in STEPS:
        at = _draw(rng)
        variance = float(rng.uniform(0.1, 0.3))
        at |= {C_kk: variance, zeta: share * at[d] * (at[mu_1] - at[mu_2]) / (4 * variance)}
        push = 2 * (1 - at[mu_1]) + 4 * at[zeta] * variance / at[d]
        at[alpha] = at[d] * push * np.sqrt(variance + at[epsilon])
        turned = 1 - _whole(at).is_stable(np.sqrt(variance) * np.array([[1.0, 0], [1, 0]]))
        yield int(not after.violations(at)), turned
        yield int(number(covariance, at) < variance), turned


def equal_dimensions(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether two dimensions on both sides of a mode keep equal lengths."""
    for share in STEPS:
        at = _draw(rng)
        at[alpha] = at[d] * (2 - at[mu_1] - at[mu_2]) * float(rng.uniform(0.5, 0.8))
        at[zeta] = share * number(after.bounds[0].right, at)
        variance, covariance = number(known[DEVIATION], at) ** 2 - at[epsilon], number(known[C_kl], at)
        first, second = np.sqrt((variance + covariance) / 2), np.sqrt((variance - covariance) / 2)
        yield int(not after.violations(at)), _whole(at).is_stable(np.array([[first, second], [first, -second]]))


def separate_dimensions(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether two dimensions along modes of their own stay there."""
    for share in STEPS:
        at = _draw(rng)
        at[alpha] = 2 * at[d] * (1 - at[mu_1]) * float(rng.uniform(0.8, 0.95))
        at[zeta] = share * number(after.bounds[0].right, at)
        squares = [number(known[C], at) for C in (C_11, C_22)]
        yield int(not after.violations(at)), _whole(at).is_stable(np.diag(np.sqrt(squares)))


@cache
def _run_to_end(share: float) -> tuple[dict, list[NDArray]]:
    """The moments of both views at the end of a run of two dimensions; at a share of one they would reach the kink."""
    at = {mu_1: 0.6, mu_2: 0.4, epsilon: 0.01, d: 2, alpha: share * 2, zeta: 0.4}
    whole = _whole(at)
    start = whole.random_state(np.random.default_rng(0))
    return at, list(whole.moments(whole.end_of_run(start, 70)))


def covariances_of_runs(after: Lines) -> Iterator[tuple]:
    """Covariances at the end of runs; standard deviations, which are no larger than one."""
    for share in (0.6, 1.6):
        at, views = _run_to_end(share)
        for moments in views:
            yield number(after[C_kl], at), abs(moments[0, 1])
            yield np.full(2, min(1.0, number(after[DEVIATION], at))), np.sqrt(np.diag(moments) + at[epsilon])
