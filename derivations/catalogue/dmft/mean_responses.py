"""Mean responses that the closure of many links is held against: on trees, under Gaussian couplings, and by the solvers."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy.optimize import brentq

from derivations.catalogue.class_graphs import define_lines, draw_coefficients
from derivations.catalogue.dmft.evidence import branch_response
from derivations.checks import random_values
from derivations.vocabulary import G_0, N_Z, F, G, alpha, c, k, p_f
from theory.dmft import Pairs, edges, fast, self_consistency
from theory.dmft.poisson import probabilities
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import K, beta

MANY, FEW = 100, 20  # links of each class and classes, where sums are to be sharp
GENERATIONS = 4


def sharp_sums(rng, lines, closure):
    """The mean response of labels on a tree of many links, beside what the closure makes of it."""
    at = Point(draw_coefficients(rng, MANY))
    population = np.zeros(FEW)
    for _ in range(GENERATIONS):
        below = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
        population = np.array([float(branch_response(lines, each, at, is_root=False)) for each in below])
    around = [rng.choice(population, size=count) for count in rng.poisson(MANY, FEW)]
    mean = np.mean([float(branch_response(lines, each, at, is_root=True)) for each in around])
    at |= {K: FEW, F: np.diag([len(each) for each in around]), G: mean}
    yield mean, evaluate(closure, at)


def gaussian_responses(rng, closure, classes=400):
    """The mean response under Gaussian couplings beside a diagonal of Poisson numbers, and what the closure makes of it."""
    links, degrees = 6, rng.poisson(6, classes)
    own, share, strength = 2.0, rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.4)
    at = {alpha: own * share, beta: own * (1 - share) / links, k: strength * own / np.sqrt(links), c: links}
    draws = rng.standard_normal((classes, classes))
    couplings = at[k] * np.sqrt(links / classes) * (draws + draws.T) / np.sqrt(2)
    mean = np.trace(np.linalg.inv(np.diag(at[alpha] + at[beta] * degrees) - couplings)) / classes
    point = Point({**at, K: classes, F: np.diag(degrees), G: mean})
    yield mean, evaluate(closure, point)


def sorted_classes(rng: np.random.Generator) -> Point:
    """Classes with their links, and the shares of those with 0, 1, ... links."""
    links = rng.integers(0, 5, size=int(rng.integers(2, 6)))
    shares = [[mpmath.mpf(int(count)) / len(links)] for count in np.bincount(links, minlength=5)]
    values = {K: len(links), F: mpf_array(np.diag(links).tolist()), N_Z: 5, p_f: np.array(shares, dtype=object)}
    return Point(draw_coefficients(rng, int(rng.integers(2, 9))) | values | {G: random_values(rng, (), 0.1, 0.3)})


def solved_poisson(rng, averaged):
    """Responses of a Poisson ensemble by both solvers, and what the equation makes of each."""
    pairs = Pairs("poisson", int(rng.integers(2, 9)), float(rng.uniform(3, 9)), float(rng.uniform(0.3, 1)), "large-c")
    place = complex(*rng.uniform(0.2, 2, 2))
    at = _averaged_point(pairs, pairs.labels(place))
    roots = (
        self_consistency.solve(pairs.labels, pairs.links, place, 15),
        fast.solve(pairs.labels, pairs.links, np.array([place])),
    )
    for root in roots:
        value = complex(np.ravel(root.value)[0])
        yield value, evaluate(averaged, at | {G: value})


def poisson_edges(rng, averaged):
    """Where the solver's band of a Poisson ensemble ends, two roots meet: where the slope says so, the equation holds."""
    pairs = Pairs("poisson", int(rng.integers(4, 12)), float(rng.uniform(8, 20)), 0.5, "large-c")
    end = edges.outer_edge(pairs.correlations, pairs.links, 1.0, 1.0 + (1 + 0.5 * pairs.links**0.5) / pairs.pure_per_class)
    (beyond,) = fast.solve(pairs.correlations, pairs.links, np.array([end * (1 + 1e-6)])).value.real
    kernel = pairs.correlations(end)
    at, pole = _averaged_point(pairs, kernel).values, kernel.alpha / (pairs.links * kernel.hop**2)

    def other_side(value):
        return evaluate(averaged, Point({**at, G: value}))

    meeting = brentq(lambda value: float(mpmath.diff(other_side, value)) - 1, beyond, pole * (1 - 1e-9), xtol=1e-15)
    yield other_side(meeting), meeting


def _averaged_point(pairs, kernel) -> Point:
    """A kernel with the probabilities of numbers of links."""
    shares = np.array(probabilities(pairs.links, 18)[0], dtype=object).reshape(-1, 1)
    return Point({alpha: kernel.alpha, beta: kernel.beta, k: kernel.hop, c: pairs.links, N_Z: len(shares), p_f: shares})


def remainders(rng, exact, closed, links=10**6):
    """What the closure misses, times the number of links."""
    with mpmath.workdps(40):
        at = define_lines((*exact[:2], *closed[:2]), Point(draw_coefficients(rng, links)))
        missed = [(evaluate(lines[G], at) - at.values[G_0]) * links for lines in (exact, closed)]
    yield tuple(missed)
