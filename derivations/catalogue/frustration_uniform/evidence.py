"""Numbers that the derivation ``frustration_uniform`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm
from sympy import Integer, Matrix, Rational

from derivations.catalogue import dense
from derivations.lines import dot
from derivations.vocabulary import E_uu, E_uv, c_fast, c_slow, eta_x, eta_y, fast, mean_loss, n, phi, sigma, slow, t
from theory import Coupling
from theory.models.vocabulary import K, d


def two_rates(rng, family, lines):
    """The slow rate is the smallest non-zero one and the fast rate the largest but one, each K - 1 times."""
    coupling, values = dense.draw_member(rng, family)
    found, labels = dense.dense_rates(coupling), coupling.labels
    for rate, rates in ((slow, found[1:labels]), (fast, found[-labels:-1])):
        yield np.full(labels - 1, dense.number_at(lines[rate], values)), rates
    yield 0, len(lines.violations({slow: found[1], fast: found[-2]}))


def remainder_orders(rng, exact, leading):
    """The observed orders of the relative remainders in the frustrated fraction: of both times, then of both rates."""
    values = dense.draw_mobilities(rng) | {n: Integer(int(rng.integers(3, 40)))}
    small = [Rational(1, 10**4), Rational(1, 10**5)]
    for formula, truth, order in zip(leading, (*(1 / e for e in exact), *exact), (1, 1, 2, 2), strict=True):
        gaps = [abs(1 - (formula / truth).subs({**values, phi: s}).evalf(40)) for s in small]
        yield float(np.log10(float(gaps[0] / gaps[1]))), order


def default_rates(rng, family, slow, fast):
    _, values = dense.draw_member(rng, family)
    mu = family.coupling(values).modes()[1:]
    yield np.full(len(mu), dense.number_at(slow, values)), 1 - mu
    yield np.full(len(mu), dense.number_at(fast, values)), 1 + mu


def collapse_rate(rng, family, slow):
    """The decay of every label distance between two late times, with mobilities inverse to the degrees; and that it is a limit,
    further away at earlier times."""
    values = {K: Integer(3), n: Integer(6), phi: Rational(1, 6)}
    coupling, rate = family.coupling(values), dense.number_at(slow, values)
    start = rng.standard_normal((coupling.samples + 3, 2))
    distances = []
    for time in (0, 1, 8, 9):
        labels = (expm(-dense.generator(coupling) * time / rate) @ start)[-3:]
        distances.append(np.linalg.norm(labels[[0, 0, 1]] - labels[[1, 2, 2]], axis=1))
    early, late = (np.log(distances[k] / distances[k + 1]) * rate for k in (0, 2))
    yield np.full(3, rate), late
    approached = bool(np.all(np.abs(early - rate) > 100 * np.abs(late - rate)))
    yield int(approached), 1


def propagators(rng, known, row, amplitudes):
    """The row of the last amplitude, label first, in the exponential of the matrix of the known velocities."""
    values = dense.draw_mobilities(rng) | {n: Rational(int(rng.integers(2, 9))), phi: Rational(1, 3)}
    time = Rational(int(rng.integers(1, 9)), 8)
    jacobian = Matrix([known[dot(a)] for a in amplitudes]).jacobian(amplitudes).subs(values)
    found = expm(np.array(jacobian.tolist(), dtype=float) * float(time))
    rates = known.of(slow, fast).mapping
    yield [dense.number_at(e.subs(rates), {**values, t: time}) for e in row], [found[-1, -1], found[-1, 0]]


def losses(rng, family, known, lines):
    """The expected loss of all embeddings."""
    mean, parts, rates = lines[mean_loss], lines.of(c_slow, c_fast).mapping, known.of(slow, fast).mapping
    coupling, values = dense.draw_member(rng, family)
    for time in (Rational(1, 4), Rational(3)):
        yield (
            dense.number_at(mean.subs(parts).subs(rates), {**values, t: time, d: 1, sigma: 1}),
            dense.expected_loss(coupling, float(time)),
        )
    scaled = mean.subs({d: Integer(3), sigma: Integer(2)}) - 12 * mean.subs({d: Integer(1), sigma: Integer(1)})
    yield 1 + int(scaled != 0), 1


def plateaus(rng, leading):
    """The observed orders of the relative remainders in the frustrated fraction, whose samples are one, of ever more."""
    labels, rate, pure = int(rng.integers(2, 4)), float(rng.uniform(0.5, 2)), np.array([25, 100])
    gaps = []
    for n_0 in pure:
        own = [{a} for a in range(labels) for _ in range(n_0)]
        size = n_0 + 1 / labels
        coupling = Coupling.from_labels([*own, set(range(labels))], mobility=(rate, 1 / size))
        values = {K: labels, n: size, phi: 1 / (labels * size), eta_x: rate, eta_y: 1 / size, d: 1, sigma: 1}
        pairs = zip(leading, dense.plateau_values(coupling), strict=True)
        gaps.append([abs(float(formula.subs(values)) / truth - 1) for formula, truth in pairs])
    many, few = np.log(gaps)
    yield (many - few) / np.log(pure[1] / pure[0]), np.ones(3)


def separations(rng, family, mean, known):
    """The mean square distance of each two labels, from the variance of all starts."""
    row, rates = known.of(E_uu, E_uv).mapping, known.of(slow, fast).mapping
    coupling, values = dense.draw_member(rng, family)
    for time in (Rational(1, 4), Rational(3)):
        predicted = dense.number_at(mean.subs(row).subs(rates), {**values, t: time, d: 1, sigma: 1})
        found = dense.separation(coupling, float(time))
        yield np.full(len(found), predicted), found
    scaled = mean.subs({d: Integer(3), sigma: Integer(2)}) - 12 * mean.subs({d: Integer(1), sigma: Integer(1)})
    yield 1 + int(scaled != 0), 1
