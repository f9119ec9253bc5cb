"""Numbers that the derivation ``spectral_contrastive`` is held against: all embeddings, their runs and dense Jacobians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from derivations.catalogue.class_modes import FAMILIES, half_frustrated
from derivations.catalogue.views import TwoViews, close_views, order_of, random_views, unit_modes
from derivations.closed_forms.families import correlation_of
from derivations.closed_forms.views import with_decay
from derivations.lines import Lines, number
from derivations.vocabulary import (
    lam_c,
    m,
    mu_j,
    mu_k,
    mu_l,
    n_plus,
    null_J,
    phi,
    product_decay,
    product_k,
    psi,
    rank_V,
    s_j0,
    s_jk,
    s_kk,
    s_kl,
    slow,
    tau_pairs,
    tau_uniform,
)
from theory import models
from theory.evaluate import evaluate
from theory.models.vocabulary import K, X, Y, d, lam

Modes = tuple[NDArray, NDArray]


def contrasted_views(rng: np.random.Generator, dimension: int, draw=random_views) -> TwoViews:
    return TwoViews(models.spectral_contrastive(), draw(rng), dimension, {})


@cache
def _run_to_end(seed: int) -> tuple[TwoViews, Modes, Modes]:
    """All embeddings at the end of a run from a random start, and at its start."""
    views = contrasted_views(np.random.default_rng(seed), (2, 3, 4)[seed], close_views)
    return views, views.end_of_run(seed, 3000.0), views.end_of_run(seed, 0.01)


def least_losses(rng):
    """The loss at the end of a run, and minus the squares of the largest correlations."""
    views, end, _ = _run_to_end(int(rng.integers(3)))
    found = views.lowered.evaluate([views.loss.expression])(views.state(*end))[0]
    yield found, -float(np.sum(views.correlations[: views.dimension] ** 2))


def conserved_moments(rng, formula):
    """What is conserved at the end of a run and soon after its start, by the formula and as moments of all embeddings."""
    views, *both = _run_to_end(int(rng.integers(3)))
    for modes in both:
        blocks = views.lowered.unpack(views.state(*both[1]))
        weighted = ((blocks[view], degrees) for view, degrees in zip((X, Y), views.degrees, strict=True))
        of_samples, of_labels = ((embeddings * degrees) @ embeddings.T for embeddings, degrees in weighted)
        yield evaluate(formula, views.point(modes)), of_samples - of_labels


def at_rest(rng, after: Lines):
    """Both sides of lines at the end of a run, and the product of each survivor."""
    views, modes, _ = _run_to_end(int(rng.integers(3)))
    at = views.point(modes)
    for line in after[:2]:
        yield evaluate(line.left, at), evaluate(line.right, at)
    products = np.diag(modes[0].T @ modes[1]) / views.mass
    for k in np.flatnonzero(products > 1e-6):
        yield products[k], number(after[product_k], {mu_k: views.correlations[k]})


def _states_at_rest(views: TwoViews, product) -> Iterator[tuple[list[int], Modes]]:
    """Each choice of survivors, alike in both views along a direction each."""
    rng = np.random.default_rng(0)
    for count in range(min(views.dimension, len(views.correlations)) + 1):
        for chosen in map(list, combinations(range(len(views.correlations)), count)):
            products = np.array([number(product, {mu_k: c}) for c in views.correlations[chosen]])
            yield chosen, unit_modes(views, chosen, np.sqrt(views.mass * products), rng)


def _changed(views: TwoViews, modes: Modes, rng: np.random.Generator) -> Modes:
    """The same products of other moments."""
    change = np.eye(views.dimension) + 0.3 * rng.standard_normal((views.dimension, views.dimension))
    return change @ modes[0], np.linalg.inv(change).T @ modes[1]


def whole_spectrum(rng, known: Lines, lines: Lines):
    """All eigenvalues at states at rest, by the formulas and from the dense Jacobian of all embeddings."""
    views = contrasted_views(rng, int(rng.integers(2, 4)))
    for chosen, modes in _states_at_rest(views, known[product_k]):
        zeros = number(lines[null_J], {rank_V: len(chosen), d: views.dimension})
        predicted = [*_predict(views, chosen, lines), *[0.0] * int(zeros)]
        matrix = views.jacobian(*modes)
        yield len(predicted), len(matrix)
        yield np.sort(predicted), np.sort(np.linalg.eigvals(matrix).real)


def _predict(views: TwoViews, chosen: list[int], lines: Lines) -> Iterator[float]:
    """All eigenvalues but those that keep all products."""
    at, survivors = {m: views.mass}, views.correlations[chosen]
    for k in survivors:
        yield number(lines[s_kk], at | {mu_k: k})
        yield from (number(lines[s_jk], at | {mu_j: j, mu_k: k}) for j in _absent(views, chosen))
    for k, other in combinations(survivors, 2):
        yield from [number(lines[s_kl], at | {mu_k: k, mu_l: other})] * 2
    for j in _absent(views, chosen):
        yield from [number(lines[s_j0], at | {mu_j: j})] * (views.dimension - len(survivors))


def _absent(views: TwoViews, chosen: list[int]) -> list[float]:
    """The correlations of absent modes with both signs, and zero for samples without a partner."""
    left = np.delete(views.correlations, chosen)
    return [*left, *-left, *[0.0] * (len(views.left) - len(views.right))]


def stable_choices(rng, known: Lines, after: Lines):
    """Whether nothing grows at a state at rest: by its bounds, by the eigenvalues of absent modes, and by the dense ones, there
    and at a state with the same products."""
    at = {m: 1.0}
    for dimension in (1, 2, 3, 4):
        views = contrasted_views(rng, dimension, close_views)
        for chosen, modes in _states_at_rest(views, known[product_k]):
            absent, empty = [j for j in _absent(views, chosen) if j >= 0], len(chosen) < dimension
            pairs = [at | {mu_j: j, mu_k: k} for j in absent for k in views.correlations[chosen]]
            alone = [at | {mu_j: j} for j in absent if empty]
            beaten, rest = after[0:1], after[1:2]
            held = not any(beaten.violations(p) for p in pairs) and not any(rest.violations(p) for p in alone)
            grown = (number(known[s], p) > 0 for s, each in ((s_jk, pairs), (s_j0, alone)) for p in each)
            stable = int(np.linalg.eigvals(views.jacobian(*modes)).real.max() < 1e-9)
            yield int(held), stable
            yield int(not any(grown)), stable
            yield int(np.linalg.eigvals(views.jacobian(*_changed(views, modes, rng))).real.max() < 1e-7), stable


def survivors_of_runs(rng, known: Lines, count):
    """How many modes are left at the end of a run, and the products of the largest."""
    views, modes, _ = _run_to_end(int(rng.integers(3)))
    products = np.diag(modes[0].T @ modes[1]) / views.mass
    left = int(count.subs({d: views.dimension, n_plus: int((views.correlations > 1e-9).sum())}))
    yield left, int((np.abs(products) > 1e-6).sum())
    yield products[:left], np.array([number(known[product_k], {mu_k: c}) for c in views.correlations[:left]])


def leading_orders(rng, known: Lines, after: Lines):
    """The order in the frustration of what the leading orders leave out."""
    at = {m: Rational(int(rng.integers(1, 9)))}
    for left, exact in ((product_k, known[product_k]), (slow, -known[s_kk])):
        yield order_of(exact.subs(mu_k, known[mu_k]), after[left], at, psi), 2


def slow_times(rng, after: Lines):
    """The order in the fraction of what the slow times leave out, relative to them."""
    at = {m: Rational(int(rng.integers(1, 9))), K: int(rng.integers(2, 6))}
    for tau, family in ((tau_uniform, "uniform"), (tau_pairs, "pairs")):
        yield order_of((1 / after[slow]).subs(mu_j, correlation_of(family)), after[tau], at, phi), 1


def random_decays(rng: np.random.Generator) -> dict:
    """Up to almost twice the largest threshold, and the other parameters."""
    at = {m: float(rng.uniform(1, 9)), K: int(rng.integers(2, 6))}
    return at | {lam: 2 * float(rng.uniform(0.1, 1.9)) / at[m]}


def decaying_runs(rng, known: Lines, after: Lines):
    """Whether class modes survive runs beside a decay, which is where it is said and only there, and their products."""
    for family, _, make in FAMILIES:
        correlation = np.sqrt(1 - number(known[family], {K: 3, phi: 0.5}))
        at = {m: float(np.sum(np.asarray(half_frustrated(make, 3).data["D_x"]))), mu_k: correlation}
        critical = number(after[lam_c], at)
        for share in (0.8, 1.2):
            here = at | {lam: share * critical, lam_c: critical}
            products = _products_of_run(make, share * critical, int(rng.integers(2)))
            lives = not after.violations(here)
            yield 1 + products, 1 + np.full(2, number(after[product_decay], here) if lives else 0.0)


@cache
def _products_of_run(make: Callable, decay: float, seed: int) -> NDArray:
    """The products of both views of class modes, over the total weight, at the end of a run beside a decay."""
    views = TwoViews(with_decay(models.spectral_contrastive()), half_frustrated(make, 3), 4, {lam: decay})
    of_samples, of_labels = views.end_of_run(seed, 2000.0)
    return (of_samples[:, 1:3] * of_labels[:, 1:3]).sum(axis=0) / views.mass
