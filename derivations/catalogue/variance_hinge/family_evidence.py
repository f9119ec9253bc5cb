"""Numbers that the last steps of the derivation ``variance_hinge`` are held against: families, decay, stop-gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType

import mpmath
import numpy as np
from sympy import Rational

from derivations.catalogue.centred import CentredModel, number, weights_of
from derivations.catalogue.points import diagonal_matrix
from derivations.checks import random_values
from derivations.lines import Lines
from derivations.vocabulary import (
    N_Z,
    U_x,
    U_y,
    alpha_c,
    alpha_h,
    fall_rate,
    mu_k,
    mu_matrix,
    phi,
    phi_c_pairs,
    phi_c_uniform,
    psi,
    psi_pairs,
    psi_uniform,
    v,
)
from theory import Coupling
from theory.evaluate import Point
from theory.models.two_views import alpha, epsilon, zeta
from theory.models.vocabulary import K, d, lam

FAMILIES = ((psi_uniform, phi_c_uniform, Coupling.uniform), (psi_pairs, phi_c_pairs, Coupling.pairs))


def critical_fractions(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether a class mode is at its threshold at the critical fraction, which is where it is assumed and only there."""
    for share in rng.uniform(0.1, 1.9, 6):
        at = {d: int(rng.integers(1, 4)), epsilon: float(rng.uniform(0.01, 0.1)), K: int(rng.integers(2, 6))}
        at[alpha] = float(2 * at[d] * np.sqrt(at[epsilon]) * share)
        for family, critical, _ in FAMILIES:
            mass = known[family].subs(phi, after[critical].subs(at)).subs(at)
            met = abs(number(after[alpha_c].subs(psi, mass), at) - at[alpha]) < 1e-9
            yield int(not known.of(alpha).violations(at)), int(met)


@cache
def _number_left(family: int, weight: float, smallest: float) -> int:
    """How many of two dimensions survive a run of one of the families, half of whose samples are frustrated."""
    coupling = FAMILIES[family][2](classes=3, samples=6, fraction=0.5)
    whole = CentredModel(np.asarray(coupling.data["J"]), 2, {alpha: weight, zeta: 0.0, epsilon: smallest})
    end = whole.rest_from(whole.random_state(np.random.default_rng(0)), 300)
    return int((np.diag(whole.moments(end)[0]) > 1e-3).sum())


def family_thresholds(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """Whether class modes survive runs with a little more and a little less than the critical weight, and at which fraction."""
    which = int(rng.integers(2))
    family, critical, _ = FAMILIES[which]
    at = {epsilon: 0.04, d: 2, K: 3}
    weight = number(after[alpha_c], at | {psi: number(known[family], {phi: 0.5, K: 3})})
    yield int(abs(number(after[critical], at | {alpha: weight}) - 0.5) < 1e-9), 1
    for share, left in ((0.7, 0), (1.3, 2)):
        yield _number_left(which, share * weight, at[epsilon]), left


def _two_classes(rng, more: Mapping = MappingProxyType({})) -> tuple[CentredModel, dict]:
    at = {mu_k: float(rng.uniform(0.1, 0.9)), alpha: 1.5, zeta: 0.3, epsilon: 0.05, **more}
    return CentredModel(weights_of(at[mu_k]), 1, {p: x for p, x in at.items() if p != mu_k}), at | {d: 1}


def falling_variances(rng, after: Lines) -> Iterator[tuple]:
    """How fast an amplitude above the hinge falls."""
    whole, at = _two_classes(rng)
    amplitude = np.array([[float(rng.uniform(1.1, 2))]])
    moved = whole.amplitudes(whole.speeds(whole.state(amplitude, amplitude)))[0]
    yield number(after[fall_rate], at), float(-(moved / amplitude)[0, 0])


def leading_orders(rng, known: Lines, after: Lines) -> Iterator[tuple]:
    """The orders in the frustration of what the leading orders leave out."""
    values = {d: 2, epsilon: Rational(1, 100)}
    for left, order in ((alpha_c, 2), (alpha_h, 2), (fall_rate, 3)):
        gap = (known[left].subs(mu_k, known[mu_k]) - after[left]).subs(values)
        few, more = (abs(float(gap.subs(psi, small).evalf(30))) for small in (Rational(1, 1000), Rational(1, 100)))
        yield np.log10(more / few), order


def decaying_velocities(rng, velocity) -> Iterator[tuple]:
    """The velocity of an amplitude below the hinge, with decay of all embeddings."""
    whole, at = _two_classes(rng, {lam: float(rng.uniform(0.1, 1))})
    amplitude = np.array([[float(rng.uniform(0.3, 0.9))]])
    moved = whole.amplitudes(whole.speeds(whole.state(amplitude, amplitude)))[0]
    yield number(velocity, at | {v: amplitude[0, 0]}), float(moved[0, 0])


def two_views_point(rng: np.random.Generator) -> Point:
    """Random amplitudes of both views, and correlations."""
    size, count = int(rng.integers(2, 4)), int(rng.integers(2, 4))
    views = {view: random_values(rng, (size, count), -2, 2) for view in (U_x, U_y)}
    correlations = [mpmath.mpf(c) for c in random_values(rng, (count,), -1, 1)]
    return Point({d: size, N_Z: count, mu_matrix: diagonal_matrix(correlations), **views})
