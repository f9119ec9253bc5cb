"""Edges at numerical fixed points against multipliers and descent itself; fluctuations of mini-batches against long runs."""

from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sympy import Integer, MatrixSymbol, Rational, symbols

from derivations import fixed_points, step_edge
from derivations.analysis.maps.fluctuations import fluctuations
from derivations.analysis.maps.numerical import (
    batch_noise,
    edge_at,
    fluctuations_at,
    projector,
    settle_point,
    stationary_fluctuations,
)
from derivations.vocabulary import eta
from tests.strategies import seeds
from theory import Coupling, Flow, InputError, Loss, UnfinishedError, models, sg
from theory.models.vocabulary import W, X, Y, d
from theory.simulation.descent import GradientDescent, descend, descend_in_batches
from theory.simulation.minibatch import BatchVelocity
from theory.simulation.optimisers import make_observer
from theory.simulation.setting import Setting

x, y, z = STATE = symbols("x y z", real=True)
v, w = symbols("v w", real=True)
mu, gamma, lam, kappa = symbols("mu gamma lambda kappa", positive=True)
VALUES = {mu: Rational(9, 10), gamma: Rational(7, 5), lam: Rational(1, 10), kappa: Rational(3, 10)}
small = st.integers(-4, 4)


def linear(matrix):
    return Flow(
        {t: sum(int(e) * q for e, q in zip(line, STATE, strict=False)) for t, line in zip(STATE, matrix, strict=False)}
    ).lower()


@cache
def apart(types=False):
    """A head model with decays, and its fixed point with the labels of two classes apart, samples beside their labels."""
    coupling = Coupling.uniform(2, 12, 4 / 12)
    numbers = {"lambda": 0.08, "kappa": 0.16, "gamma": 2 / coupling.total_weight}
    setting = Setting.of(models.projection_head(), coupling, 2, numbers)
    labels = 1.5 * np.random.default_rng(4).standard_normal((2, 2))
    start = {Y: labels, X: labels @ coupling.data["J"].T, W: np.eye(2)}
    run = make_observer(setting, start, 0, types=types)
    (late,) = descend(run.lowered, run.start, np.array([3000]), GradientDescent(0.2))
    return setting, run.lowered, settle_point(run.lowered, late)


# -- edges -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(small, min_size=3, max_size=3), min_size=3, max_size=3), st.sampled_from([0.0, 0.3, 0.9]))
def test_at_the_edge_the_largest_multiplier_has_modulus_one(matrix, momentum):
    A = np.array(matrix) - 4 * np.eye(3)
    assume(np.linalg.eigvals(A).real.max() < -1e-2)
    edge = edge_at(linear(A), np.zeros(3), momentum).step

    def largest(step):
        once = np.block([[np.eye(3) + step * A, momentum * np.eye(3)], [step * A, momentum * np.eye(3)]])
        return np.abs(np.linalg.eigvals(once)).max()

    assert largest(0.999 * edge) < 1 < largest(1.001 * edge)


def test_real_rates_gain_one_plus_m_by_momentum():
    lowered = linear(np.diag([-1, -3, -8]))
    assert edge_at(lowered, np.zeros(3)).step == pytest.approx(2 / 8)
    assert edge_at(lowered, np.zeros(3), 0.9).step == pytest.approx(2 * 1.9 / 8)
    assert edge_at(linear(np.diag([-1, 3, -8])), np.zeros(3)).step == 0


@pytest.mark.parametrize("decays", [True, False])
def test_numerical_edges_are_those_of_the_exact_analysis(decays):
    rates = {v: lam, w: kappa} if decays else {}
    flow = Loss(w**2 * v**2 / 2 - mu * w * v * sg(v), (v, w), {w: gamma}, rates).stop_gradient_flow()
    point = fixed_points(flow, None)[1] if decays else {v: v, w: mu}
    at = VALUES | ({} if decays else {v: Rational(6, 5)})
    exact = step_edge(flow, point, time_limit=None).at(at)
    values = point.values if decays else point
    place = np.array([float(values[s].subs(at)) for s in flow.state])
    found = edge_at(flow.lower({str(p): float(VALUES[p]) for p in flow.parameters}), place)
    assert found.step == pytest.approx(exact, rel=1e-9)
    assert found.zero_modes == (0 if decays else 1)


@pytest.mark.parametrize("types", [False, True], ids=["every sample", "order parameters"])
@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_descent_of_a_matrix_flow_returns_below_the_edge_and_leaves_above_it(types, momentum):
    _, lowered, point = apart(types)
    edge = edge_at(lowered, point, momentum)
    assert edge.zero_modes == 1
    start = point + 1e-6 * np.random.default_rng(0).standard_normal(len(point))
    speeds = []
    for share in (0.97, 1.03):
        try:
            (end,) = descend(lowered, start, np.array([2000]), GradientDescent(share * edge.step, momentum))
            speeds.append(np.linalg.norm(lowered.velocity(0.0, end)))
        except ArithmeticError:
            speeds.append(np.inf)
    assert speeds[0] < 1e-12
    assert speeds[1] > 1e-3


def test_order_parameters_have_the_edge_of_every_sample():
    (_, every, full), (_, closed, reduced) = apart(), apart(types=True)
    assert closed.size < every.size
    assert edge_at(closed, reduced).step == pytest.approx(edge_at(every, full).step, rel=1e-8)


def test_states_that_still_move_are_refused_and_settled():
    lowered = Flow({x: x - x**3, y: -y}).lower()
    with pytest.raises(InputError, match="settle the state"):
        edge_at(lowered, np.array([0.9, 0.1]))
    assert np.allclose(settle_point(lowered, [0.9, 0.1]), [1, 0])
    with pytest.raises(UnfinishedError, match="did not settle"):
        settle_point(Flow({x: 1 + x**2}).lower(), [0.3])


# -- fluctuations ------------------------------------------------------------------------------------------------------


@given(seeds, st.integers(0, 2))
def test_the_projector_keeps_the_kernel_and_nothing_else(seed, zero_modes):
    rng = np.random.default_rng(seed)
    basis = rng.standard_normal((4, 4)) + 3 * np.eye(4)
    rates = np.diag([0.0] * zero_modes + list(-rng.uniform(1, 2, 4 - zero_modes)))
    Q = projector(basis @ rates @ np.linalg.inv(basis), zero_modes)
    kept = np.diag([1.0] * zero_modes + [0.0] * (4 - zero_modes))
    assert np.allclose(Q, basis @ kept @ np.linalg.inv(basis), atol=1e-7)


def test_a_jordan_block_is_refused():
    with pytest.raises(InputError, match="Jordan block"):
        projector(np.array([[0.0, 1.0], [0.0, 0.0]]), 1)


@pytest.mark.parametrize("momentum", [0, Rational(1, 2)])
def test_scalar_flows_fluctuate_as_in_the_exact_analysis(momentum):
    flow, noise, how = Flow({x: y - 2 * x - 3 * x**2, y: -y + x * y}), [[2, 1], [1, 3]], GradientDescent(1e-4, float(momentum))
    found = fluctuations_at(flow.lower(), np.zeros(2), np.array(noise), how)
    exact = fluctuations(flow, {x: Integer(0), y: Integer(0)}, noise, momentum=momentum, time_limit=None)
    shift, covariance = (np.array(e.subs(eta, how.step), dtype=float) for e in (exact.shift, exact.covariance))
    assert np.allclose(found.covariance, covariance, rtol=1e-6)
    assert np.allclose(found.shift, shift.ravel(), rtol=1e-3)


U = MatrixSymbol("U", d, 1)
G = MatrixSymbol("G", d, d)
TURNED = Flow({U: U + G * U - (U + G * U) * U.T * U})


def ring(twist):
    """The same in coordinates."""
    return Flow({x: (x + twist * y) * (1 - x**2 - y**2), y: (y - twist * x) * (1 - x**2 - y**2)})


@given(st.integers(1, 4), st.integers(1, 4), st.integers(-1, 1), st.sampled_from([0, Rational(3, 5)]), st.integers(-2, 2))
def test_rotations_are_turned_back_as_in_the_exact_analysis(radial, tangential, crossed, momentum, twist):
    """And the square of the radius has the mean of its own process, whose tangential noise leads outwards."""
    noise, how = [[radial, crossed], [crossed, tangential]], GradientDescent(1e-4, float(momentum))
    lowered = TURNED.lower({"d": 2, "G": twist * np.array([[0.0, 1.0], [-1.0, 0.0]])})
    found = fluctuations_at(lowered, np.array([1.0, 0.0]), np.array(noise), how)
    exact = fluctuations(ring(twist), {x: Integer(1), y: Integer(0)}, noise, momentum=momentum, time_limit=None)
    shift, covariance = (np.array(e.subs(eta, how.step), dtype=float) for e in (exact.shift, exact.covariance))
    assert np.allclose(found.shift, shift.ravel(), rtol=1e-3, atol=1e-3 * how.step)
    assert np.allclose(found.covariance, covariance, rtol=1e-6, atol=1e-12)
    mean, spread = found.of(lambda blocks: np.sum(blocks[U] ** 2))
    effective = how.step / (1 - how.momentum)
    assert mean[0] - 1 == pytest.approx(effective * (tangential - radial) / 2, rel=1e-3, abs=1e-3 * effective)
    assert spread[0, 0] == pytest.approx(effective * radial, rel=1e-3)


def of_data():
    """A linear encoder anywhere, since its noise is that of its moments."""
    rng = np.random.default_rng(3)
    coupling = Coupling.from_data(rng.standard_normal((12, 3)), np.arange(12) % 2, mobility="uniform")
    setting = Setting.of(models.projection_head(), coupling, 2, {"lambda": 0.08})
    run = make_observer(setting, setting.start(0), 0, types=False)
    return setting, run.lowered, run.start


@pytest.mark.parametrize("model", [apart, of_data])
def test_noise_is_that_of_drawn_batches(model):
    setting, lowered, point = model()
    estimate, blocks = BatchVelocity.of(setting), lowered.unpack(point)
    rng, drawn = np.random.default_rng(0), []
    for _ in range(6000):
        batch = rng.choice(12, 5, replace=False)
        columns = setting.coupling.columns_of(batch)
        moved = dict(zip(setting.flow.state, estimate({**blocks, X: blocks[X][:, columns]}, batch), strict=True))
        whole = -estimate.decay * blocks[X]
        whole[:, columns] = moved[X]
        drawn.append(lowered.pack(moved | {X: whole}))
    noise = batch_noise(setting, lowered, point, 5)
    error = np.sqrt(np.outer(np.diag(noise), np.diag(noise)) * 2 / 6000)
    assert np.all(np.abs(np.cov(np.array(drawn).T) - noise) < 6 * error + 1e-12)


def invariants(blocks):
    """What rotations leave as it is: a distance of labels, and traces of the head."""
    return [
        np.sum((blocks[Y][:, 0] - blocks[Y][:, 1]) ** 2),
        np.trace(blocks[W]),
        np.sum(blocks[W] ** 2),
        np.sum(blocks[X] ** 2),
    ]


@pytest.mark.parametrize(("momentum", "step"), [(0.0, 0.1), (0.5, 0.05)])
def test_long_runs_fluctuate_as_predicted(momentum, step):
    """Errors by blocking; beside them the prediction is good to first order in the step."""
    setting, lowered, point = apart()
    how, blocks = GradientDescent(step, momentum, batch=6), lowered.unpack(point)
    mean, covariance = stationary_fluctuations(setting, blocks, how).of(invariants)
    runs = descend_in_batches(BatchVelocity.of(setting), blocks, np.arange(1000, 31000, 10), how, seed=1)
    parts = np.array([invariants(b) for b in runs]).reshape(20, -1, 4)
    means = parts.mean(axis=1)
    error = means.std(axis=0, ddof=1) / np.sqrt(20)
    assert np.all(np.abs(means.mean(axis=0) - mean) < 4 * error)
    assert np.any(np.abs(means.mean(axis=0) - invariants(blocks)) > 4 * error)  # the mean has moved
    off = parts - means.mean(axis=0)
    seen = np.einsum("rti,rtj->rij", off, off) / parts.shape[1]
    spread = seen.std(axis=0, ddof=1) / np.sqrt(20)
    size = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.all(np.abs(seen.mean(axis=0) - covariance) < 4 * spread + step * size)


def test_fluctuations_grow_with_the_step_and_fall_with_the_batch():
    setting, lowered, point = apart()
    blocks = lowered.unpack(point)

    def spread(step, batch):
        return np.trace(stationary_fluctuations(setting, blocks, GradientDescent(step, batch=batch)).covariance)

    assert spread(0.002, 4) / spread(0.001, 4) == pytest.approx(2, rel=0.01)
    assert spread(0.001, 4) / spread(0.001, 6) == pytest.approx((1 / 4 - 1 / 12) / (1 / 6 - 1 / 12), rel=1e-6)


def test_fluctuations_that_do_not_exist_are_refused():
    setting, lowered, point = apart()
    blocks = lowered.unpack(point)
    with pytest.raises(InputError, match="largest stable one"):
        stationary_fluctuations(setting, blocks, GradientDescent(5.0, batch=4))
    with pytest.raises(InputError, match="nothing fluctuates"):
        stationary_fluctuations(setting, blocks, GradientDescent(0.1))
