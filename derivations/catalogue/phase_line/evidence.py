"""Numbers that the derivation ``phase_line`` is held against: solvers, sampled couplings, dense eigenvalues."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.optimize import brentq

from derivations.catalogue import dense_head
from derivations.catalogue.class_graphs import SampledGraph, draw_coefficients
from derivations.checks import random_values, relation_holds
from derivations.closed_forms.thresholds import least_ratio
from derivations.vocabulary import (
    N_Z,
    G,
    Phi,
    alpha,
    c,
    chi,
    k,
    lam_c,
    mu_e,
    n_0,
    n_c,
    nu,
    omega_1,
    omega_2,
    p,
    p_f,
    phi_c,
    q,
    z,
)
from theory.dmft import Band, critical_fraction, fast, share_above
from theory.dmft.poisson import probabilities
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import beta, lam

# -- existence --------------------------------------------------------------------------------------------------------


def regular_point(rng: np.random.Generator) -> Point:
    """Links of all classes, their weight, a decay, and a squared correlation."""
    ends = {q: (0.2, 1), lam: (0.05, 0.24), z: (0.1, 1)}
    return Point({c: int(rng.integers(3, 9)), **{symbol: random_values(rng, (), *end) for symbol, end in ends.items()}})


def solved_lines(rng, known, found):
    """The critical fraction, and the solver's."""
    links, decay = int(rng.integers(5, 9)), known.draw(rng, {lam: (0.24, 0.27)})[lam]
    yield _critical_ratio(found, links, 0.5, decay), critical_fraction("regular", links, decay)


def _critical_ratio(found, links: int, weight, decay):
    at = Point({c: links, q: weight, lam: decay})
    return evaluate(found[phi_c], at | {n_c: evaluate(found[n_c], at)})


@cache
def _largest_correlation(seed: int) -> tuple[SampledGraph, float]:
    """A large regular coupling and its largest squared correlation but the outlier."""
    sampled = SampledGraph.draw_regular(np.random.default_rng(seed), classes=300, links=4)
    return sampled, float(sampled.squared_correlations[-2])


def sampled_lines(rng, edge, found):
    """The edge and the fraction of frustrated samples of a large coupling."""
    sampled, square = _largest_correlation(int(rng.integers(3)))
    yield evaluate(edge, Point({n_0: sampled.pure, c: 4, q: sampled.weight})), square
    yield evaluate(found[phi_c], Point({n_c: sampled.pure, c: 4})), len(sampled.links) / len(sampled.couplings)


# -- shares -----------------------------------------------------------------------------------------------------------


def poisson_point(rng: np.random.Generator) -> Point:
    """A few shares of classes by links, a response and a place above the band."""
    shares = random_values(rng, (4, 1), 0.1, 1)
    values = {n_0: int(rng.integers(2, 6)), q: random_values(rng, (), 0.2, 1), z: random_values(rng, (), 1.1, 2)}
    of = draw_coefficients(rng, int(rng.integers(2, 9)))
    return Point({**of, **values, N_Z: 4, p_f: shares / shares.sum(), G: random_values(rng, (), 0.05, 0.2)})


def _draw_band(rng) -> Band:
    return Band("poisson", int(rng.integers(6, 12)), float(rng.uniform(8, 15)), 0.5, "large-c")


def _draw_inside(rng, band: Band) -> tuple[float, Point]:
    """A place in a band, and the response there with all that it is made of."""
    low, high = band.edges
    place = float(low + (high - low) * rng.uniform(0.5, 0.9))
    kernel, shares = band.pairs.correlations(place), np.array(probabilities(band.links, 18)[0], dtype=object)
    (value,) = fast.solve(band.pairs.correlations, band.links, np.array([place])).value
    at = {alpha: kernel.alpha, beta: kernel.beta, k: kernel.hop, c: band.links, n_0: band.pure_per_class, q: band.weight}
    return place, Point({**at, N_Z: len(shares), p_f: shares.reshape(-1, 1), G: mpmath.mpc(value)})


def solved_shares(rng, known):
    """The imaginary part of the potential, and the share of modes that survive a decay by the solver."""
    band = _draw_band(rng)
    place, at = _draw_inside(rng, band)
    decay = evaluate(known[lam_c], Point({z: place}))
    yield mpmath.im(evaluate(known[Phi], at)) / mpmath.pi, share_above(band, 4 * decay)


def solved_densities(rng, resolvent):
    """The imaginary part of the resolvent, and the density of the solver."""
    band = _draw_band(rng)
    place, at = _draw_inside(rng, band)
    yield -mpmath.im(evaluate(resolvent, at)) / mpmath.pi, band.density(place)


def integrated_shares(rng):
    """Shares by the solver between two places, and integrals of its density, of bands of either kind."""
    nodes, weights = np.polynomial.legendre.leggauss(40)
    for band in (_draw_band(rng), Band("regular", int(rng.integers(2, 6)), int(rng.integers(3, 7)))):
        low, high = (float(edge) for edge in band.edges)
        first, last = (low + (high - low) * share for share in (0.5, 0.8))
        between = (first + last) / 2 + (last - first) / 2 * nodes
        yield share_above(band, first) - share_above(band, last), (last - first) / 2 * weights @ band.density(between)


# -- beside the outlier -----------------------------------------------------------------------------------------------


def decaying_point(rng: np.random.Generator, critical) -> Point:
    """An edge below one and a decay below its critical one."""
    edge, share = random_values(rng, (), 0.3, 0.95), random_values(rng, (), 0.1, 0.9)
    return Point({mu_e: edge, lam: share * evaluate(critical, Point({z: edge**2}))})


def upper_heads(rng, critical, found):
    """Both heads, and the larger roots of their quadratics, which are real."""
    at = decaying_point(rng, critical)
    decay = float(at.values[lam])
    yield int(decay > 0), 1
    roots = [max(np.roots([1, -edge, decay]).real) / decay**0.5 for edge in (1.0, float(at.values[mu_e]))]
    yield [evaluate(found[name], at) for name in (omega_1, omega_2)], roots


def _determinant_root(at: dict, pair: dict) -> float:
    """The root of the determinant in the ratio of the decays, at given heads."""
    here = {**at, **{name: evaluate(pair[name], Point(at)) for name in (p, nu)}}
    return brentq(lambda ratio: float(evaluate(pair[chi], Point({**here, k: ratio}))), 0.0, 1.0, xtol=1e-15)


def hopf_roots(rng, heads, pair):
    """The root of the determinant and the solver's; and the growth of a dense perturbation, none there, and on either side."""
    at = decaying_point(rng, z / 4)
    found = {name: evaluate(heads[name], at) for name in (omega_1, omega_2)}
    ratio = _determinant_root(found, pair)
    yield ratio, least_ratio(float(at.values[mu_e]), 1.0, float(at.values[lam]))
    both = [float(value) for value in found.values()]
    yield 1 + dense_head.growth_rate(both, ratio), 1
    yield [len(pair.violations({chi: value})) for value in (0.0, 1e-12)], [1, 0]
    for factor in (0.9, 1.1):
        here = {**found, **{name: evaluate(pair[name], Point(found)) for name in (p, nu)}, k: ratio * factor}
        stable = not pair.violations({chi: evaluate(pair[chi], Point(here))})
        yield int(stable), int(dense_head.growth_rate(both, ratio * factor) < 0)


def slow_decay_roots(rng, pair, limit, decay=1e-8):
    """The root and the solver's at a slow decay, and the limit."""
    edge = float(rng.uniform(0.3, 0.95))
    heads = [max(np.roots([1, -correlation, decay]).real) / decay**0.5 for correlation in (1.0, edge)]
    predicted = evaluate(limit, Point({mu_e: edge}))
    yield predicted, _determinant_root(dict(zip((omega_1, omega_2), heads, strict=True)), pair)
    yield predicted, least_ratio(edge, 1.0, decay)


@cache
def _over_the_plane() -> np.ndarray:
    """The solver over edges, and decays as shares of their critical ones."""
    edges, shares = np.linspace(0.05, 0.95, 19), np.array([1e-6, 0.1, 0.5, 0.9])
    return np.array([[least_ratio(edge, 1.0, share * edge**2 / 4) for share in shares] for edge in edges])


def quarter_bounds(rng, start, line):
    """How many lie beyond the bound, none; the largest, which comes near; and where the line starts highest."""
    found, bound = _over_the_plane(), float(evaluate(line.right, Point({})))
    yield int(all(relation_holds(value, line, bound) for value in found.ravel())), 1
    yield found.max(), bound
    highest = max(float(evaluate(start, Point({mu_e: mpmath.mpf(edge) / 20}))) for edge in range(1, 20))
    yield highest, bound
