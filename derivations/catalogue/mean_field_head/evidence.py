"""Numbers that the derivation ``mean_field_head`` is held against: flows of modes, simulations, couplings, the solver."""

from __future__ import annotations

from functools import cache

import mpmath
import numpy as np
from scipy.integrate import solve_ivp

from derivations.catalogue.points import diagonal_matrix, measure_slope
from derivations.checks import random_values
from derivations.closed_forms.decaying import decaying_modes
from derivations.vocabulary import (
    N_Z,
    A_g,
    B_g,
    Q_dot,
    Q_g,
    V,
    V_dot,
    W_dot,
    epsilon,
    g_dot,
    g_next,
    g_o,
    g_of,
    j,
    m_decay,
    m_j,
    m_o,
    mu_e,
    mu_matrix,
    mu_of,
    w,
    w_dot,
    w_minus,
    w_next,
    w_o,
    w_o_dot,
    w_plus,
)
from theory import Coupling, models, simulate
from theory.dmft import MeanFieldHead
from theory.evaluate import Point, evaluate, mpf_array
from theory.models.vocabulary import W, d, gamma, kappa, lam
from theory.simulation import Direct, GradientDescent, OrderParameters

GROUPS = 3  # correlations, each with as many modes as dimensions
RATES = (gamma, lam, kappa)


def modes_at_random(rng: np.random.Generator) -> Point:
    """A few correlations with masses and growths, a head, and rates."""
    columns = {b: random_values(rng, (GROUPS, 1), low, 1) for b, low in ((mu_of, -1), (m_j, 0.1), (g_of, 0.2))}
    numbers = {b: random_values(rng, (), 0.2, 2) for b in (*RATES, w, w_o, A_g, B_g, epsilon, m_o, g_o)}
    return Point({N_Z: GROUPS, j: 0} | columns | numbers)


def resting_point(rng: np.random.Generator) -> Point:
    """An edge, a decay below its critical one, and other rates."""
    edge, share = random_values(rng, (), 0.3, 1), random_values(rng, (), 0.1, 0.9)
    return Point({mu_e: edge, lam: share * edge**2 / 4} | {rate: random_values(rng, (), 0.2, 2) for rate in (gamma, kappa)})


# -- the mean field ---------------------------------------------------------------------------------------------------


def _draw_rotation(rng: np.random.Generator):
    """A random rotation of the plane."""
    return np.linalg.qr(rng.standard_normal((2, 2)))[0]


def _rows(values):
    return mpf_array(np.asarray(values).tolist())


def isotropic_velocities(rng, flow, found):
    """Velocities of modes whose outer products are multiples of the identity, and of their growths and the head."""
    at = modes_at_random(rng).values
    starts = [float(mpmath.sqrt(mass)) * _draw_rotation(rng) for mass in at[m_j][:, 0]]
    grown = [start * growth for start, growth in zip(starts, at[g_of][:, 0], strict=True)]
    correlations = diagonal_matrix(np.repeat(at[mu_of][:, 0], 2))
    whole = Point({**at, d: 2, N_Z: 2 * GROUPS, V: np.hstack(grown), W: at[w] * np.eye(2), mu_matrix: correlations})
    rates = [evaluate(found[g_dot[j, 0]], Point({**at, j: number})) for number in range(GROUPS)]
    yield np.hstack([start * rate for start, rate in zip(starts, rates, strict=True)]), evaluate(flow[V_dot], whole)
    yield evaluate(found[w_dot], Point(at)) * np.eye(2), evaluate(flow[W_dot], whole)


def large_numbers(rng):
    """How the sum of outer products of independent modes departs from the identity, as a power of their number."""
    numbers = (100, 1000, 10_000)
    apart = [
        np.mean([np.linalg.norm(x @ x.T / n - np.eye(3)) for x in (rng.standard_normal((3, n)) for _ in range(40))])
        for n in numbers
    ]
    yield np.polyfit(np.log(numbers), np.log(apart), 1)[0], -0.5


def _solver_head(at, correlations, masses) -> MeanFieldHead:
    """The solver, at the rates and the head of a point."""
    listed = [(float(x), 1.0, float(mass)) for x, mass in zip(correlations, masses, strict=True)]
    mobility, decay, head_decay = (float(at[rate]) for rate in RATES)
    return MeanFieldHead(listed, mobility, decay, head_decay, float(at[w]))


def solved_growths(rng, rates):
    """Growths and head after some time, from their rates and from the solver."""
    at, time, grown, turned = modes_at_random(rng).values, 1.0, rates[g_dot[j, 0]], rates[w_dot]

    def velocity(_, state):
        here = {**at, g_of: state[:-1, None], w: state[-1]}
        moved = [evaluate(grown, Point({**here, j: number})) for number in range(GROUPS)]
        return [float(value) for value in (*moved, evaluate(turned, Point(here)))]

    end = solve_ivp(velocity, (0, time), [1.0] * GROUPS + [float(at[w])], rtol=1e-6, atol=1e-8).y[:, -1]
    correlations = _correlations(at)
    found = _solver_head(at, correlations, at[m_j][:, 0]).trajectory([time])
    yield end, [*(found.growth(float(x))[0] for x in correlations), found.head[0]]


@cache
def _by_series(seed: int) -> tuple:
    """The head in double precision, and by series at fifteen digits."""
    at = modes_at_random(np.random.default_rng(seed)).values
    head = _solver_head(at, _correlations(at), at[m_j][:, 0])
    return head.trajectory([0.5]).head, head.precise_head([0.5], 15)


def series_terms(rng):
    """The series of the solver, one way and the other."""
    yield _by_series(int(rng.integers(3)))


def _correlations(at):
    return at[mu_of][:, 0]


def balance_changes(rng, rates, found):
    """The change of the balance, by differences along the rates."""
    at = modes_at_random(rng)
    grown = [[evaluate(rates[g_dot[j, 0]], at | {j: number})] for number in range(GROUPS)]
    speeds = {g_of: np.array(grown, dtype=object), w: evaluate(rates[w_dot], at)}
    with mpmath.workdps(40):
        yield evaluate(found[Q_dot], at), measure_slope(found[Q_g], at, speeds)


def balanced_solution(rng, found):
    """The balance at the start and later, along the solution without decay."""
    at = {**modes_at_random(rng).values, lam: 0, kappa: 0}
    curve = _solver_head(at, at[mu_of][:, 0], at[m_j][:, 0]).trajectory([0.0, 2.0])
    growths = np.array([curve.growth(float(x)) for x in at[mu_of][:, 0]])
    first, last = (evaluate(found[Q_g], Point({**at, g_of: growths[:, [time]], w: curve.head[time]})) for time in (0, 1))
    yield first, last


# -- a single mode ----------------------------------------------------------------------------------------------------


def one_more(rng, across, found):
    """The velocity of the head across and along the direction of a single mode, beside isotropic ones."""
    at, other = modes_at_random(rng).values, random_values(rng, (GROUPS, 1), 0.2, 1)
    axis = _draw_rotation(rng)[:, :1]
    along = axis @ axis.T
    rest = np.eye(2) - along
    starts = [float(mpmath.sqrt(mass)) * _draw_rotation(rng) for mass in at[m_j][:, 0]]
    grown = [(rest * a + along * b) @ x for x, a, b in zip(starts, at[g_of][:, 0], other[:, 0], strict=True)]
    single = axis * (mpmath.sqrt(at[m_o]) * at[g_o])
    correlations = diagonal_matrix([*np.repeat(at[mu_of][:, 0], 2), mpmath.mpf(1)])
    head = at[w] * rest + at[w_o] * along
    whole = Point({**at, d: 2, N_Z: 2 * GROUPS + 1, V: np.hstack([*grown, single]), W: head, mu_matrix: correlations})
    turned = evaluate(decaying_modes().stop_gradient_flow().velocity[W], whole)
    predicted = evaluate(across[w_dot], Point(at)) * rest + evaluate(found[w_o_dot], Point({**at, g_of: other})) * along
    yield predicted, turned


# -- at rest ----------------------------------------------------------------------------------------------------------


def ordered_heads(rng, found):
    """Both heads, and the roots of their quadratic."""
    at = resting_point(rng)
    yield (
        [evaluate(found[head], at) for head in (w_plus, w_minus)],
        np.sort(np.roots([1, -float(at.values[mu_e]), float(at.values[lam])]))[::-1],
    )


def where_at_rest(rng, known, found):
    """Whether both heads are real, their modes have masses and all others die: where it is assumed and only there."""
    for _ in range(8):
        at = {mu_e: rng.uniform(0.2, 1), lam: rng.uniform(-0.1, 0.25), kappa: rng.uniform(-1, 2), gamma: 1.0}
        heads = np.roots([1, -at[mu_e], at[lam]])
        rests = bool(np.isreal(heads).all())
        for head in heads.real if rests else ():
            below = {g_of[j, 0]: 1, mu_of[j, 0]: at[mu_e] / 2, w: head}
            dies = known[g_dot[j, 0]].subs({**at, **below}) < 0
            rests &= bool(dies and found[m_decay].subs({**at, w: head}) > 0)
        yield int(not known.violations(at)), int(rests)


def rest_states(rng, found):
    """Both heads and masses, from roots of the quadratic and from the solver."""
    yield from ordered_heads(rng, found)
    at = resting_point(rng).values
    states = _solver_head({**at, w: 1}, [at[mu_e]], [1]).steady_states()
    for name, state in zip((w_plus, w_minus), states, strict=True):
        head = evaluate(found[name], Point(at))
        yield [head, evaluate(found[m_decay], Point({**at, w: head}))], [state.head, state.mass]


def state_births(rng, critical):
    """The critical decay of the solver, and how many states it has on either side."""
    at = resting_point(rng).values
    value = evaluate(critical, Point(at))
    solver = _solver_head({**at, w: 1}, [at[mu_e]], [1])
    yield value, solver.critical_decay
    counts = [len(_solver_head({**at, w: 1, lam: value * factor}, [at[mu_e]], [1]).steady_states()) for factor in (0.99, 1.01)]
    yield [2, 0], counts


# -- all embeddings ---------------------------------------------------------------------------------------------------


@cache
def _draw_isotropic(seed: int):
    """A coupling whose modes at the start are isotropic: the coupling, embeddings, correlations, squares and rates."""
    rng, labels = np.random.default_rng(seed), 3
    J = np.vstack([np.repeat(np.eye(labels), 2, axis=0), np.full((4, labels), 1 / labels)])
    degrees = np.concatenate([J.sum(axis=1), J.sum(axis=0)])
    adjacency = np.block([[np.zeros((len(J), len(J))), J], [J.T, np.zeros((labels, labels))]])
    values, vectors = np.linalg.eigh(adjacency / np.sqrt(np.outer(degrees, degrees)))
    correlations = sorted({round(value, 9) for value in values if abs(value) < 1 - 1e-6})
    embeddings, squares = np.zeros((2, len(degrees))), []
    for correlation in correlations:
        modes = vectors[:, np.abs(values - correlation) < 1e-8]
        directions, size = np.linalg.qr(rng.standard_normal((modes.shape[1], 2)))[0], float(rng.uniform(0.3, 1.5))
        embeddings += size * directions.T @ modes.T / np.sqrt(degrees)
        squares.append(size**2)
    start = {"X": embeddings[:, : len(J)], "Y": embeddings[:, len(J) :], "W": 0.8 * np.eye(2)}
    return Coupling(J), start, correlations, squares, {"gamma": 0.5, "lambda": 0.1, "kappa": 0.2}


def _run_head(seed: int, times, by):
    coupling, start, _, _, rates = _draw_isotropic(seed)
    return simulate(models.projection_head(), coupling, dimension=2, times=times, by=by, parameters=rates, initial=start).head


def descent_steps(rng, found):
    """The head of all embeddings after some steps of gradient descent, and by steps of growths and head."""
    seed, size, steps = int(rng.integers(3)), 0.05, 4
    _, _, correlations, squares, rates = _draw_isotropic(seed)
    columns = {mu_of: _rows([[x] for x in correlations]), m_j: _rows([[x] for x in squares])}
    at = {N_Z: len(squares), epsilon: size, w: 0.8, g_of: np.ones((len(squares), 1)), **columns}
    at |= {rate: rates[name] for rate, name in zip(RATES, ("gamma", "lambda", "kappa"), strict=True)}
    for _ in range(steps):
        grown = [[evaluate(found[g_next[j, 0]], Point({**at, j: number}))] for number in range(len(squares))]
        at |= {w: evaluate(found[w_next], Point(at)), g_of: np.array(grown, dtype=object)}
    yield at[w] * np.eye(2), _run_head(seed, [0, steps * size], GradientDescent(step=size))[-1]


def simulated_heads(rng):
    """The head of the solver, and of all embeddings followed one by one and by order parameters."""
    seed, times = int(rng.integers(3)), [0.0, 0.2, 0.4]
    _, _, correlations, squares, rates = _draw_isotropic(seed)
    at = {w: 0.8, **{rate: rates[name] for rate, name in zip(RATES, ("gamma", "lambda", "kappa"), strict=True)}}
    solver = _solver_head(at, correlations, squares).trajectory(times).head
    for by in (Direct(), OrderParameters()):
        yield solver[:, None, None] * np.eye(2), _run_head(seed, times, by)
