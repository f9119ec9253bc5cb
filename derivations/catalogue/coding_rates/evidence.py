"""Numbers that the derivation ``coding_rates`` is held against: all embeddings, their runs and their dense Jacobians."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray
from sympy import nsimplify

from derivations.catalogue.class_modes import FAMILIES, half_frustrated
from derivations.catalogue.views import TwoViews, close_views, order_of, random_views, unit_modes
from derivations.closed_forms.families import correlation_of
from derivations.lines import Lines, dot, number
from derivations.vocabulary import (
    alpha_c,
    alpha_c_decay,
    delta_kl,
    m,
    moment_decay,
    moment_k,
    mu_j,
    mu_k,
    mu_l,
    n_alpha,
    null_J,
    phi,
    psi,
    rank_V,
    s_j0,
    s_jk,
    s_kk,
    s_kl,
    s_opposite,
    s_turned,
    slow,
    t,
    tau_kl,
    tau_pairs,
    tau_uniform,
    v,
    v_0,
)
from theory import models, simulate
from theory.models.two_views import alpha, epsilon
from theory.models.vocabulary import K, d, lam
from theory.simulation import Direct


def random_parameters(rng: np.random.Generator) -> dict:
    return {alpha: float(rng.uniform(0.3, 2)), epsilon: float(rng.uniform(0.5, 1.5))}


def coded_views(rng: np.random.Generator, dimension: int, push: float, draw=random_views) -> TwoViews:
    """A random coupling of four samples; the threshold of a mode is where 1 - mu is the push, half of alpha d over the square
    of epsilon."""
    precision = float(rng.uniform(0.5, 1.5))
    return TwoViews(
        models.coding_rate(), draw(rng), dimension, {alpha: 2 * push * precision**2 / dimension, epsilon: precision}
    )


def real_amplitudes(rng, lines: Lines):
    """Whether the velocity of one mode has roots beside zero, which is above its threshold and only there; their squares."""
    at = random_parameters(rng) | {mu_k: float(rng.uniform(-1, 0.9)), d: int(rng.integers(1, 4)), m: float(rng.uniform(1, 9))}
    critical = number(lines[alpha_c], at)
    for share in (*rng.uniform(0.2, 2, 3), 0.999, 1.001):
        here = at | {alpha: float(share) * critical, alpha_c: critical}
        above = lines[dot(v)].as_numer_denom()[0].subs(here).as_poly(v)
        roots = np.roots([float(c) for c in above.all_coeffs()])
        alive = roots[(np.abs(roots.imag) < 1e-12) & (np.abs(roots.real) > 1e-9)].real
        yield int(not lines.violations(here)), int(len(alive) > 0)
        yield from ((number(lines[moment_k], here) * here[m], root**2) for root in alive)


def _states_at_rest(views: TwoViews, moment) -> Iterator[tuple[list[int], NDArray, tuple[NDArray, NDArray]]]:
    """Each choice of survivors with a direction each, and of signs: where one is negative, their views are opposed."""
    rng, at = np.random.default_rng(0), _known(views)
    frustrated = [k for k, correlation in enumerate(views.correlations) if correlation < 1 - 1e-9]
    for count in range(min(views.dimension, len(frustrated)) + 1):
        for chosen, turned in product(map(list, combinations(frustrated, count)), product((1, -1), repeat=count)):
            signs = np.array(turned, dtype=float)
            squares = np.array([number(moment, at | {mu_k: c}) for c in signs * views.correlations[chosen]])
            if (squares > 0).all():
                of_samples, of_labels = unit_modes(views, chosen, np.sqrt(views.mass * squares), rng)
                of_labels[:, chosen] *= signs
                yield chosen, signs, (of_samples, of_labels)


def _known(views: TwoViews) -> dict:
    return {**views.parameters, d: views.dimension, m: views.mass}


def whole_spectrum(rng, moment, lines: Lines):
    """All eigenvalues at states at rest, by the formulas and from the dense Jacobian of all embeddings."""
    views = coded_views(rng, int(rng.integers(2, 4)), float(rng.uniform(0.7, 2.5)))
    for chosen, turned, modes in _states_at_rest(views, moment):
        zeros = number(lines[null_J], {rank_V: len(chosen), d: views.dimension})
        predicted = [*_predict(views, chosen, turned, lines), *[0.0] * int(zeros)]
        matrix = views.jacobian(*modes)
        yield len(predicted), len(matrix)
        yield np.sort(predicted), np.sort(np.linalg.eigvals(matrix).real)


def _predict(views: TwoViews, chosen, turned, lines: Lines) -> Iterator[float]:
    """All eigenvalues but those of turns."""
    at = _known(views)
    survivors = [s * views.correlations[k] for k, s in zip(chosen, turned, strict=True)]
    for k in survivors:
        yield from (number(lines[s], at | {mu_k: k}) for s in (s_kk, s_opposite))
        yield from (number(lines[s_jk], at | {mu_j: j, mu_k: k}) for j in _absent(views, chosen))
        yield from [number(lines[s_turned], at | {mu_k: k})] * (views.dimension - len(survivors))
    for k, other in combinations(survivors, 2):
        here = at | {mu_k: k, mu_l: other}
        yield number(lines[s_kl], here)
        yield from np.roots([1, -number(lines[tau_kl], here), number(lines[delta_kl], here)]).real
    for j in _absent(views, chosen):
        yield from [number(lines[s_j0], at | {mu_j: j})] * (views.dimension - len(survivors))


def _absent(views: TwoViews, chosen) -> list[float]:
    """The correlations of absent modes with both signs, and zero for samples without a partner."""
    left = np.delete(views.correlations, chosen)
    return [*left, *-left, *[0.0] * (len(views.left) - len(views.right))]


def stable_choices(rng, known: Lines, after: Lines):
    """Whether nothing grows at a state at rest, modes without frustration aside: by its bounds, by the eigenvalues of absent
    modes, and by the dense ones."""
    for dimension, push in ((1, 2.0), (2, rng.uniform(0.5, 2)), (3, rng.uniform(0.2, 1))):
        views = coded_views(rng, dimension, float(push), close_views)
        kept = np.concatenate([np.tile(np.arange(size) > 0, dimension) for size in (len(views.left), len(views.right))])
        for chosen, turned, modes in _states_at_rest(views, known[moment_k]):
            stable = int(np.linalg.eigvals(views.jacobian(*modes)[np.ix_(kept, kept)]).real.max() < 1e-9)
            pairs, empty = _absent_modes(views, chosen, turned)
            beyond = (after.of(left).bounds.violations(at) for left, each in ((mu_j, pairs), (alpha, empty)) for at in each)
            yield int(not any(beyond)), stable
            grown = (number(known[s], at) > 0 for s, each in ((s_jk, pairs), (s_j0, empty)) for at in each)
            yield int(not any(grown)), stable


def _absent_modes(views: TwoViews, chosen, turned) -> tuple[list[dict], list[dict]]:
    """Numbers of each frustrated absent mode along each survivor, and along an empty direction if there is one."""
    at, absent = _known(views), [j for j in _absent(views, chosen) if abs(j) < 1 - 1e-9]
    survivors = [s * views.correlations[k] for k, s in zip(chosen, turned, strict=True)]
    empty = len(survivors) < views.dimension
    return [at | {mu_j: j, mu_k: k} for j in absent for k in survivors], [at | {mu_j: j} for j in absent if empty]


@cache
def _run_to_end(seed: int) -> tuple[TwoViews, tuple[NDArray, NDArray]]:
    """All embeddings at the end of a run from a random start; weights and dimensions at which some modes die."""
    rng = np.random.default_rng(seed)
    views = coded_views(rng, (3, 4, 2)[seed], (0.6, 0.9, 2.0)[seed])
    return views, views.end_of_run(seed, 2000.0)


def survivors_of_runs(rng, known: Lines, count):
    """How many directions are left at the end of a run, and the second moments of labels: those of the largest modes."""
    views, (_, of_labels) = _run_to_end(int(rng.integers(3)))
    at = _known(views)
    squares = np.array([number(known[moment_k], at | {mu_k: c}) for c in views.correlations[1:]])
    critical = np.concatenate([1 - views.correlations, [1.0] * (len(views.left) - len(views.right))])
    push = views.parameters[alpha] * views.dimension / 2 / views.parameters[epsilon] ** 2
    left = int(count.subs({d: views.dimension, n_alpha: int((critical < push).sum())}))
    found = (of_labels**2).sum(axis=0) / views.mass
    partners = min(left, len(views.right))
    yield partners, int((found > 1e-6).sum())
    yield squares[: partners - 1], found[1:partners]
    yield int(found[0] > 3 * max(squares)), 1


def late_growth(rng, lines: Lines):
    """Squares of large amplitudes, and what they are to leading order at the exact time."""
    at = random_parameters(rng) | {d: int(rng.integers(1, 4)), m: float(rng.uniform(1, 9)), v_0: float(rng.uniform(0.5, 1))}
    for end in (1e3, 1e5):
        yield end**2, number(lines[v**2].subs(t, lines[t]), at | {v: end})


def growing_means(rng, lines: Lines):
    """The time that the exact formula gives for what embeddings that start together have reached, and the time of the run."""
    views, start, time = coded_views(rng, 2, 1.0), float(rng.uniform(0.5, 1)), float(rng.uniform(5, 50))
    (samples, labels), mass = (len(views.left), len(views.right)), np.sqrt(views.mass)
    together = {name: np.outer([start / mass, 0], np.ones(size)) for name, size in (("X", samples), ("Y", labels))}
    end = simulate(
        views.loss,
        views.coupling,
        dimension=2,
        times=[0, time],
        parameters=views.parameters,
        initial=together,
        by=Direct(solver="LSODA"),
    ).end["Y"]
    yield number(lines[t], _known(views) | {v_0: start, v: mass * end[0, 0]}), time


def random_pushes(rng: np.random.Generator) -> dict:
    """Weights up to almost twice the largest threshold, and the other parameters."""
    at = {epsilon: float(rng.uniform(0.5, 1.5)), d: int(rng.integers(1, 5)), K: int(rng.integers(2, 6))}
    return at | {alpha: 2 * float(rng.uniform(0.1, 1.9)) * at[epsilon] ** 2 / at[d]}


def family_thresholds(rng, known: Lines, after: Lines):
    """The critical weight of the class modes of couplings, and how many survive runs with a little more and a little less."""
    classes = int(rng.integers(2, 4))
    at = {K: classes, phi: 0.5, d: 4, epsilon: 0.4 * classes}
    for family, critical, make in FAMILIES:
        weight = number(after[alpha_c], at | {psi: number(known[family], at)})
        yield weight, 2 * at[epsilon] ** 2 * (1 - half_frustrated(make, classes).modes()[1]) / at[d]
        yield number(after[critical], at | {alpha: weight}), 0.5
        for share, left in ((0.8, 0), (1.25, classes - 1)):
            yield _class_modes_left(make, classes, share * weight, at[epsilon]), left


@cache
def _class_modes_left(make: Callable, classes: int, weight: float, precision: float) -> int:
    """How many modes beside the mean are left at the end of a run in four dimensions."""
    views = TwoViews(models.coding_rate(), half_frustrated(make, classes), 4, {alpha: weight, epsilon: precision})
    _, of_labels = views.end_of_run(0, 600.0 * classes)
    return int(((of_labels[:, 1:] ** 2).sum(axis=0) / views.mass > 1e-3 * precision**2).sum())


def leading_orders(rng, known: Lines, after: Lines):
    """The order in the fraction of what the leading orders leave out, relative to them."""
    values = random_parameters(rng) | {d: int(rng.integers(1, 4)), m: float(rng.uniform(1, 9)), K: int(rng.integers(2, 6))}
    at = {symbol: nsimplify(value) for symbol, value in values.items()}
    yield order_of(known[moment_k].subs(mu_k, known[mu_k]), after[moment_k], at, psi), 2
    for tau, family in ((tau_uniform, "uniform"), (tau_pairs, "pairs")):
        yield order_of((1 / after[slow]).subs(mu_k, correlation_of(family)), after[tau], at, phi), 1


def decaying_states(rng, lines: Lines):
    """That a mode beside a decay rests at its moment, and is neutral without embeddings at its threshold."""
    views = coded_views(rng, 3, float(rng.uniform(1, 2)))
    rate = float(rng.uniform(0.05, 0.2))
    at = _known(views) | {lam: rate, mu_k: views.correlations[1]}
    alike = unit_modes(views, [1], np.sqrt(views.mass * number(lines[moment_decay], at)), rng)
    for moved, here in zip(views.speeds(*alike), alike, strict=True):
        yield moved, rate * here
    critical = TwoViews(views.loss, views.coupling, 3, {**views.parameters, alpha: number(lines[alpha_c_decay], at)})
    alike = unit_modes(critical, [1], 1e-8, rng)
    for moved, here in zip(critical.speeds(*alike), alike, strict=True):
        yield moved, rate * here
