"""Numbers that the derivation ``embedding`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
from sympy import Matrix, Rational

from derivations.catalogue.points import coupled_point
from derivations.catalogue.reduced import eta_x, eta_y, m, n, phi, u, v, y
from derivations.checks import Identity, random_values
from derivations.engine import rights
from theory import Coupling, Flow, Loss, models, simulate
from theory.models.vocabulary import u_x, u_y


def any_pattern(rng):

    at = coupled_point(rng)
    patterns = {c: random_values(rng, np.shape(at.values[c]), -1, 1) for c in (u_x, u_y)}
    return at.moved(patterns)


def nullity_and_components(rng):
    links = rng.random((6, 4)) < 0.3
    links[range(4), range(4)] = True
    links[4:, 0] |= ~links[4:].any(axis=1)
    weights = Matrix(6, 4, lambda r, c: Rational(int(rng.integers(1, 9)), 7) if links[r, c] else 0)
    laplacian = Matrix.diag(*(sum(weights[r, :]) for r in range(6)), *(sum(weights[:, c]) for c in range(4)))
    laplacian[:6, 6:], laplacian[6:, :6] = -weights, -weights.T
    graph = nx.bipartite.from_biadjacency_matrix(_sparse(links))
    yield 10 - laplacian.rank(), nx.number_connected_components(graph)


def _sparse(links):
    from scipy.sparse import csr_array

    return csr_array(links.astype(int))


def _rates_at_random(rng):
    return {eta_x: float(rng.uniform(0.2, 2)), eta_y: float(rng.uniform(0.05, 1))}


def _star_coupling(rng):
    size, values = int(rng.integers(2, 6)), _rates_at_random(rng)
    return (
        size,
        values,
        Coupling.from_labels([{c} for c in range(3) for _ in range(size)], mobility=(values[eta_x], values[eta_y])),
    )


def descends(loss: Loss, before, after):
    """The velocities after are the gradient flow of the energy before."""
    velocity = replace(loss, expression=before[0].right).gradient_flow().velocity
    return Identity(tuple(zip(velocity.values(), rights(after), strict=True)))


def star_velocities(rng, velocities):
    size, values, coupling = _star_coupling(rng)
    means, labels = rng.standard_normal(3), rng.standard_normal(3)
    moved = _full_velocity(coupling, np.repeat(means, size), labels)
    lowered = Flow(dict(zip((m, y), velocities, strict=True))).lower(
        {"n": size, "eta_x": values[eta_x], "eta_y": values[eta_y]}
    )
    expected = lowered.velocity(0, np.array([means, labels]))
    yield np.concatenate([np.repeat(expected[0], size), expected[1]]), moved


def star_rates(rng, eigenvalues):
    size, values, coupling = _star_coupling(rng)
    predicted = [float(e.subs({**values, n: size})) for e in eigenvalues]
    found = _dense_rates(coupling)
    yield np.sort(np.concatenate([np.repeat(predicted, 3), np.full(3 * (size - 1), values[eta_x])])), found


def star_limits(rng, limit, start_symbols):
    size, values, coupling = _star_coupling(rng)
    start = {"X": rng.standard_normal((2, 3 * size)), "Y": rng.standard_normal((2, 3))}
    end = simulate(
        models.embedding_only(), coupling, dimension=2, times=[60 / min(values.values())], initial=start, rtol=1e-11, atol=1e-12
    ).labels[0]
    means = start["X"].reshape(2, 3, size).mean(axis=2)
    formula = limit.subs({**values, n: size})
    yield (
        [
            [float(formula.subs(dict(zip(start_symbols, pair, strict=True)))) for pair in zip(*rows, strict=True)]
            for rows in zip(means, start["Y"], strict=True)
        ],
        end,
    )


def _uniform_coupling(rng, classes=3):
    """A random member of the family with its parameters; n counts all samples over the number of classes."""
    pure, frustrated = int(rng.integers(2, 5)), classes * int(rng.integers(1, 3))
    samples, values = classes * pure + frustrated, _rates_at_random(rng)
    coupling = Coupling.uniform(classes, samples, frustrated / samples, mobility=(values[eta_x], values[eta_y]))
    return coupling, {**values, n: Rational(samples, classes), phi: Rational(frustrated, samples)}


def lifted_sector(rng, velocities):
    coupling, values = _uniform_coupling(rng)
    pattern = rng.standard_normal(coupling.labels)
    pattern -= pattern.mean()
    inside, outside = rng.standard_normal(2)
    pure = coupling.type_of < coupling.labels
    lift = np.where(pure, pattern[np.minimum(coupling.type_of, coupling.labels - 1)], 0.0)
    moved = _full_velocity(coupling, inside * lift, outside * pattern)
    lowered = Flow(dict(zip((v, u), velocities, strict=True))).lower({str(s): float(x) for s, x in values.items()})
    v_dot, u_dot = lowered.velocity(0, np.array([inside, outside]))
    yield np.concatenate([v_dot * lift, u_dot * pattern]), moved


def sector_spectrum(rng, slow, fast):
    """The slow rate is the smallest non-zero one and the fast rate the largest but one, each K - 1 times."""
    coupling, values = _uniform_coupling(rng)
    found, K = _dense_rates(coupling), coupling.labels
    for rate, rates in ((slow, found[1:K]), (fast, found[-K:-1])):
        yield np.full(K - 1, float(rate.subs(values))), rates


def order(rng, exact, leading):
    """The observed order of the remainder in the frustrated fraction."""
    values = {
        eta_x: Rational(int(rng.integers(1, 9)), 4),
        eta_y: Rational(int(rng.integers(1, 9)), 20),
        n: int(rng.integers(3, 40)),
    }
    small = [Rational(1, 10**4), Rational(1, 10**5)]
    gaps = [abs((exact - leading).subs({**values, phi: s}).evalf(40)) for s in small]
    return float(np.log10(float(gaps[0] / gaps[1])))


def default_rates(rng, slow, fast):
    classes, pure, frustrated = 4, int(rng.integers(2, 9)), 4 * int(rng.integers(1, 4))
    share = Rational(frustrated, classes * pure + frustrated)
    coupling = Coupling.uniform(classes, classes * pure + frustrated, float(share))
    mu = coupling.modes()[1:]
    yield [float(slow.subs(phi, share))] * (classes - 1), 1 - mu
    yield [float(fast.subs(phi, share))] * (classes - 1), 1 + mu


def collapse_rate(rng, slow):
    coupling = Coupling.uniform(3, 60, 0.2)
    rate = float(slow.subs(phi, Rational(1, 5)))
    times = [8 / rate, 9 / rate]
    run = simulate(
        models.embedding_only(), coupling, dimension=3, times=times, seed=int(rng.integers(10**6)), rtol=1e-11, atol=1e-13
    )
    gaps = run.labels[:, :, [0, 0, 1]] - run.labels[:, :, [1, 2, 2]]
    distances = np.linalg.norm(gaps, axis=1)
    yield np.full(3, rate), np.log(distances[0] / distances[1]) / (times[1] - times[0])


def _full_velocity(coupling, samples, labels):
    """The velocity of all one-dimensional embeddings."""
    data = {**coupling.data, "d": 1}
    lowered = models.embedding_only().gradient_flow().lower(data)
    return lowered.velocity(0, np.concatenate([samples, labels]))


def _dense_rates(coupling):
    """Eigenvalues of the whole Laplacian, symmetrised by the mobilities."""
    data = coupling.data
    mobility = np.sqrt(np.concatenate([data["H_x"], data["H_y"]]))
    size = coupling.samples
    laplacian = np.diag(np.concatenate([data["D_x"], data["D_y"]]))
    laplacian[:size, size:], laplacian[size:, :size] = -data["J"], -data["J"].T
    return np.linalg.eigvalsh(mobility[:, None] * laplacian * mobility)
