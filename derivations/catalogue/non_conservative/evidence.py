"""Numbers that the derivation ``non_conservative`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.integrate import quad, solve_ivp
from sympy import Poly, Rational, lambdify

from derivations.catalogue.dense_head import critical_ratio, jacobian, velocity
from derivations.catalogue.points import coupled_point, diagonal_matrix, measure_slope
from derivations.checks import invert_matrix, random_values, relation_holds
from derivations.closed_forms.reduced import all_modes
from derivations.lines import dot
from derivations.vocabulary import N_Z, L, U, V, k, mu, mu_k, mu_matrix, nu, omega_1, omega_2, p, psi, s, v, w, w_0, w_r
from theory.evaluate import Point, evaluate, mpf_array
from theory.flow import direction
from theory.models.vocabulary import H_x, H_y, J, K, N, W, X, Y, d, gamma


def compare_curls(rng, curl, force):
    """Each entry of the curl by differences of the velocities, against its formula."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        inverse = {
            X: invert_matrix(at.values[H_x]),
            Y: invert_matrix(at.values[H_y]),
            W: diagonal_matrix([1 / at.values[gamma]] * at.values[d]),
        }
        for (a, b), formula in curl.items():
            da, db = (random_values(rng, np.shape(at.values[block]), -1, 1) for block in (a, b))
            forwards = (measure_slope(force[a], at, {b: db}) @ inverse[a] * da).sum()
            backwards = (measure_slope(force[b], at, {a: da}) @ inverse[b] * db).sum()
            yield forwards - backwards, evaluate(formula, at | {direction(a): da, direction(b, second=True): db})


def compare_asymmetry(rng, curl, state, rates):
    """The curl of all embeddings for random changes of modes and head, against the asymmetry of their dense Jacobian in the
    metric of the mobilities."""
    modes, head, correlations = state
    size, count = modes.shape
    F, f = (np.linalg.qr(rng.standard_normal((rows, count)))[0] / 2**0.5 for rows in (count + 1, count))
    about = {J: 2 * F @ np.diag(correlations) @ f.T, X: modes @ F.T, Y: modes @ f.T, W: head}
    changes = [(rng.standard_normal(modes.shape), rng.standard_normal(head.shape)) for _ in range(2)]

    def between(first, second):
        moved = {direction(b): first[0] @ side.T for b, side in ((X, F), (Y, f))}
        moved |= {direction(Y, second=True): second[0] @ f.T, direction(W, second=True): second[1]}
        at = Point({d: size, N: count + 1, K: count, **{b: mpf_array(value) for b, value in (about | moved).items()}})
        return sum(evaluate(formula, at) for formula in curl)

    weights = np.repeat([1, 1 / rates[0]], [modes.size, head.size])
    asymmetry, (one, other) = (
        jacobian(modes, head, correlations, rates) * weights[:, None],
        (np.concatenate([*map(np.ravel, c)]) for c in changes),
    )
    yield between(*changes) - between(*changes[::-1]), one @ asymmetry @ other - other @ asymmetry @ one


def one_mode_at_random(rng):
    """One mode and a head in one dimension, with their rates, without decay."""
    return (rng.uniform(0.3, 1, (1, 1)), rng.standard_normal((1, 1)), rng.uniform(0.3, 1, 1)), (rng.uniform(0.5, 2), 0.0, 0.0)


def turned_head_at_random(rng):
    """Two modes that are zero and a head that turns the plane, with their rates, without decay."""
    level, turn = rng.uniform(0.2, 1, 2)
    return (np.zeros((2, 2)), np.array([[level, -turn], [turn, level]]), rng.uniform(0.3, 1, 2)), (
        rng.uniform(0.5, 2),
        0.0,
        0.0,
    )


def pair_at_random(rng):
    """Two modes at rest along two directions, with their rates, in units of the decay."""
    heads, ratio = rng.uniform(1.1, 3, 2), rng.uniform(0.1, 2)
    return (np.diag(heads), np.diag(heads), heads + 1 / heads), (ratio, 1.0, ratio)


def measure_work(rng, flow, formula, sides):
    """The work of the force along the sides of a rectangle, by quadrature of the lowered velocity, against its formula."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered, centre, lengths = flow.lower({"mu": value, "gamma": rate}), rng.standard_normal(2), rng.uniform(0.1, 1, 2)

    def along(axis, across):
        """The integral along one axis, at an offset along the other."""

        def force(x):
            place = np.where(np.arange(2) == axis, x, centre + across * lengths / 2)
            return lowered.velocity(0, place)[axis] / (1, rate)[axis]

        return quad(force, centre[axis] - lengths[axis] / 2, centre[axis] + lengths[axis] / 2, epsabs=1e-13)[0]

    values = dict(zip((v, w, *sides), (*centre, *lengths), strict=True)) | {mu: value, gamma: rate}
    yield along(0, -1) + along(1, 1) - along(0, 1) - along(1, -1), float(formula.subs(values))


def count_conditions(rng, curl, entries):
    """How many independent conditions on a metric its curl makes at random points: one for each entry."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    points = [dict(zip((v, w), rng.standard_normal(2), strict=True)) | values for _ in range(6)]
    yield np.linalg.matrix_rank([[float(curl.expand().coeff(g).subs(at)) for g in entries] for at in points]), len(entries)


def compare_loss(rng, formula, frustration):
    """The loss of all modes with one mode in one dimension, against its formula."""
    value, place = rng.uniform(0.3, 1), rng.standard_normal(2)
    at = {v: place[0], w: place[1], mu: value}
    yield _mode_loss(value, *place), float(formula.subs(psi, frustration).subs(at))


def _mode_loss(correlation, amplitude, head):
    """The loss of all modes with one mode in one dimension."""
    blocks = {block: mpf_array([[number]]) for block, number in ((V, amplitude), (W, head), (mu_matrix, correlation))}
    return evaluate(all_modes().erased(), Point({d: 1, N_Z: 1, **blocks}))


def compare_rises(rng, flow, premises, line):
    """Whether the loss is larger a moment later, by integration; whether its slope is positive, and whether the bound holds, at
    starts on all sides and at one without amplitude."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    known = {psi: premises[psi], mu: value, gamma: rate}
    formulas = (premises[dot(L)], line.left, line.right)
    slope, size, border = (lambdify((v, w), e.subs(known).subs(known)) for e in formulas)
    starts = [(0.0, value / 2)]
    for head in value * np.array([-1.5, -0.2, 0.2, 0.5, 0.9, 1.1, 2.0]):
        square = head * (head**2 - 2 * value * head + 1) / (rate * (value - head))
        starts += [(rng.choice([-1, 1]) * np.sqrt(abs(f * square)), head) for f in (0.1, 0.8, 1.25, 5.0)]
    for start in starts:
        end = solve_ivp(lowered.velocity, (0, 1e-4), start, rtol=1e-12, atol=1e-15).y[:, -1]
        rising = int(_mode_loss(value, *end) > _mode_loss(value, *start))
        admissible = not premises.of(v).violations({v: start[0]})
        yield rising, int(slope(*start) > 0)
        yield rising, int(admissible and relation_holds(size(*start), line, border(*start)))


def compare_falls(rng, flow, premises, metric):
    """Whether the metric is positive definite, at starts on all sides and at one without amplitude; the slope of the loss along
    an integrated piece of trajectory, against minus its gradient squared in that metric."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered, step = flow.lower({"mu": value, "gamma": rate}), 1e-4
    energy, *entries = (lambdify((v, w), e.subs({mu: value, gamma: rate})) for e in (premises[U], *metric))
    for start in (*(rng.uniform(0.2, 1.2, (4, 2)) * rng.choice([-1, 1], (4, 2))), np.array([0, value / 2])):
        vv, vw, ww = (entry(*start) for entry in entries)
        matrix = np.array([[vv, vw], [vw, ww]])
        yield int(not premises.of(v).violations({v: start[0]})), int(np.all(np.linalg.eigvalsh(matrix) > 0))
        there, back = (solve_ivp(lowered.velocity, (0, x), start, rtol=1e-12, atol=1e-15).y[:, -1] for x in (step, -step))
        gradient = np.array([0.0, start[1] - value])
        yield (energy(*there) - energy(*back)) / (2 * step), -gradient @ matrix @ gradient


def compare_departures(rng, bounds, growth):
    """Whether the amplitude grows beside a head, and whether the head is as assumed: between, below and above the bounds."""
    value = rng.uniform(0.3, 1)
    for head in value * np.array([-0.5, 0.2, 0.8, 1.5]):
        at = {w_0: head, mu: value}
        yield int(not bounds.violations(at)), int(float(growth.subs(at)) > 0)


def follow_hyperbola(rng, flow, ends):
    """Both ends of the trajectory on the hyperbola through a head between zero and the correlation, by integration."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered, first = flow.lower({"mu": value, "gamma": rate}), value * rng.uniform(0.2, 0.8)
    head = (first + value) / 2
    start, found = [rng.choice([-1, 1]) * np.sqrt((head**2 - first**2) / rate), head], []
    for sign in (-1, 1):
        run = solve_ivp(
            lambda t, y, sign=sign: sign * lowered.velocity(t, y), (0, 2000), start, method="LSODA", rtol=1e-10, atol=1e-13
        )
        found += [run.y[0, -1] ** 2, run.y[1, -1]]
    yield found, [float(e.subs({mu: value, gamma: rate, w_0: first})) for e in ends]


def compare_spirals(rng, assumption, characteristic):
    """At V = 0 and a turned head: the real and the imaginary parts of the eigenvalues of all modes, and zeros of the head; real
    ones with a head that does not turn."""
    values, heads = rng.uniform(0.3, 1, 2) * rng.choice([-1, 1], 2), rng.uniform(0.2, 1, 2)
    expected: list[np.ndarray] = [np.zeros(4)]
    for value in values:
        at = characteristic.subs({mu_k: value, w: heads[0], w_r: heads[1]})
        expected.append(np.roots([float(e) for e in Poly(at.expand(), s).all_coeffs()]))
    yield _sort_parts(np.concatenate(expected)), _sort_parts(_beside_head(values, *heads))
    for turn in (heads[1], 0.0):
        imaginary = np.abs(_beside_head(values, heads[0], turn).imag) > 1e-3
        yield int(not assumption.violations({mu_k * w_r: values[0] * turn})), int(imaginary.sum() == 4)


def _beside_head(values, level, turn):
    """The eigenvalues of two modes of amplitude zero and of the head that turns them."""
    return np.linalg.eigvals(jacobian(np.zeros((2, 2)), np.array([[level, -turn], [turn, level]]), values, (1.0, 0.0, 0.0)))


def _sort_parts(eigenvalues):
    """Real and imaginary parts, in one order."""
    ordered = eigenvalues[np.lexsort((eigenvalues.imag.round(6), eigenvalues.real.round(6)))]
    return np.stack([ordered.real, ordered.imag])


def compare_rotations(rng, condition, assumption, square):
    """Whether there is a boundary at which the square is negative, for pairs as assumed and for others."""
    low, middle, high = rng.uniform(0.3, 0.9), rng.uniform(1.1, 1.4), rng.uniform(1.5, 2)
    for pair in ((middle, high), (middle, middle), (low, 1.0)):
        heads = dict(zip((omega_1, omega_2), pair, strict=True))
        found = [float(z) for z in Poly(condition.subs(heads), k).nroots() if z.is_real and z > 0]
        negative = [z for z in found if square.subs({**heads, k: z}) < 0]
        about = {p: pair[0] * pair[1], nu: (pair[0] - pair[1]) ** 2}
        yield int(not assumption.violations(about)), int(len(negative) > 0)


def measure_cycle(rng, condition, square):
    """Just below the boundary, late: the swings of the product of two modes, one after another, and their period, against that
    of the imaginary eigenvalues."""
    heads = ((1.2, 2.0), (1.5, 3.0), (1.4, 2.2))[int(rng.integers(3))]
    exact = [Rational(round(10 * h), 10) for h in heads]
    ratio = float(critical_ratio(condition, *exact))
    swings, period = _measure_turns(heads, 0.97 * ratio)
    yield swings[1:] / swings[:-1], np.ones(len(swings) - 1)
    yield int(swings.min() > 0.1), 1
    turning = float((-square).subs(dict(zip((omega_1, omega_2, k), (*exact, ratio), strict=True)))) ** 0.5
    yield period, 2 * np.pi / turning


@cache
def _measure_turns(heads, ratio):
    """Successive maxima of the product of two modes, and the mean time between them, in own units."""
    rest, correlations = np.diag(heads), np.array(heads) + 1 / np.array(heads)

    def flow(_, y):
        return velocity(y[:4].reshape(2, 2), y[4:].reshape(2, 2), correlations, (ratio, 1.0, ratio))

    start = np.concatenate([(rest + 0.5 * np.array([[0, 1], [-1, 0]])).ravel(), rest.ravel()])
    times = np.linspace(600, 800, 20001)
    states = solve_ivp(flow, (0, times[-1]), start, method="LSODA", rtol=1e-9, atol=1e-11, t_eval=times).y
    product = states[0] * states[1] + states[2] * states[3]
    peaks = np.flatnonzero((product[1:-1] > product[:-2]) & (product[1:-1] >= product[2:])) + 1
    return product[peaks], float(np.mean(np.diff(times[peaks])))
