"""Steps against the flow, against the plainest loops, and against the spectrum at their edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import moved_couplings, seeds
from tests.theory.simulation.common import few
from theory import Coupling, InputError, UnfinishedError, models, simulate
from theory.models.vocabulary import X
from theory.simulation.descent import GradientDescent
from theory.simulation.optimisers import Optimised, largest_eigenvalue, make_observer
from theory.simulation.setting import Setting

HEAD = models.projection_head()
DECAYS = {"lambda": 0.05, "kappa": 0.1}
momenta = st.sampled_from([0.0, 0.6])


def setting_of(coupling, dimension=2, parameters=DECAYS, model=HEAD):
    return Setting.of(model, coupling, dimension, parameters)


def lowered(setting):
    return make_observer(setting, setting.start(0), 0, types=False).lowered


def run(setting, how, times, seed=0, by_samples=False):
    recorder = Optimised(setting, how, setting.start(seed), seed)
    if by_samples:
        recorder.watched = make_observer(setting, setting.start(seed), seed, types=False)
    return list(recorder.rows(np.array(times, dtype=float)))


# -- all samples -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_small_steps_follow_the_flow_with_an_error_of_first_order(momentum):
    """Heavy ball passes the flow's time 1/(1 - m) times as fast."""
    setting = setting_of(Coupling.uniform(3, 30, 0.2))
    exact = simulate(HEAD, setting.coupling, dimension=2, times=[2 / (1 - momentum)], parameters=DECAYS, rtol=1e-11, atol=1e-13)
    errors = []
    for step in (0.004, 0.002, 0.001):
        (row,) = run(setting, GradientDescent(step, momentum), [2.0])
        errors.append(np.abs(row.labels - exact.labels[0]).max())
    assert np.allclose(np.array(errors[:-1]) / errors[1:], 2, rtol=0.05)


@given(moved_couplings(), st.integers(1, 3), momenta, seeds)
def test_steps_of_order_parameters_are_those_of_every_sample(drawn, dimension, momentum, seed):
    setting = setting_of(Coupling(np.repeat(drawn[0], 3, axis=0)), dimension)
    how = GradientDescent(0.1, momentum)
    few_rows, every = (run(setting, how, [0, 0.1, 1.3, 4], seed, by_samples) for by_samples in (False, True))
    for one, other in zip(few_rows, every, strict=True):
        assert np.allclose(one.labels, other.labels, atol=1e-10)
        assert np.allclose(one.head, other.head, atol=1e-10)
        assert np.isclose(one.loss, other.loss, rtol=1e-9, atol=1e-10)
        assert one.accuracy == other.accuracy


def test_the_method_says_what_is_done():
    setting = setting_of(Coupling.uniform(2, 20, 0.5))
    all_samples = Optimised(setting, GradientDescent(0.1, 0.5), setting.start(0), 0).method
    assert all_samples == "gradient descent, step 0.1, momentum 0.5, all samples, order parameters of 3 types"
    batches = Optimised(setting, GradientDescent(0.1, batch=4), setting.start(0), 0).method
    assert batches == "stochastic gradient descent, step 0.1, batches of 4, every sample"


def test_times_are_rounded_to_steps():
    how = GradientDescent(0.3)
    assert how.steps([0, 0.1, 0.2, 1.0]).tolist() == [0, 0, 1, 3]
    setting = setting_of(Coupling.uniform(2, 20, 0.5))
    first, near, other = run(setting, how, [0, 0.1, 0.2])
    assert np.array_equal(first.labels, near.labels)
    assert not np.array_equal(first.labels, other.labels)


# -- mini-batches ------------------------------------------------------------------------------------------------------


def plain_steps(setting, how, steps, seed):
    """The same batches, every sample moved at every step with the masked and scaled data."""
    rng, c = np.random.default_rng([seed, 2]), setting.coupling
    state = setting.start(seed)
    momentum = {b: np.zeros_like(v) for b, v in state.items()}
    rows = c.types.toarray()[c.type_of]
    for _ in range(steps):
        seen = np.zeros(c.samples)
        seen[rng.choice(c.samples, how.batch, replace=False, shuffle=False)] = c.samples / how.batch
        part = rows * seen[:, None]
        data = {"J": part, "D_x": part.sum(axis=1), "D_y": part.sum(axis=0), "H_x": c.data["H_x"], "H_y": c.data["H_y"]}
        flow = setting.flow.lower({k: v for k, v in (setting.values | data).items() if k not in ("u_x", "u_y")})
        velocity = flow.unpack(flow.velocity(0.0, flow.pack(state)))
        for b in state:
            momentum[b] = how.momentum * momentum[b] + how.step * velocity[b]
            state[b] = state[b] + momentum[b]
    return state


@few
@given(moved_couplings(), st.integers(1, 3), momenta, seeds, st.data())
def test_a_batch_moves_what_its_masked_data_move(drawn, dimension, momentum, seed, data):
    coupling = Coupling(np.repeat(drawn[0], 2, axis=0), "degree")
    setting = setting_of(coupling, dimension)
    batch = data.draw(st.integers(1, coupling.samples))
    how = GradientDescent(0.02, momentum, batch)
    (last,) = Optimised(setting, how, setting.start(seed), seed).states(np.array([25]))
    expected = plain_steps(setting, how, 25, seed)
    blocks = make_observer(setting, setting.start(seed), seed, types=False).lowered.unpack(last)
    for b, value in expected.items():
        assert np.allclose(blocks[b], value, rtol=1e-9, atol=1e-10)


@given(moved_couplings(), seeds)
def test_a_batch_of_everything_is_gradient_descent(drawn, seed):
    setting = setting_of(Coupling(*drawn))
    rows = [run(setting, GradientDescent(0.05, 0.3, b), [1.0], seed)[0] for b in (None, setting.coupling.samples)]
    assert np.allclose(rows[0].labels, rows[1].labels, atol=1e-10)


# -- too large a step --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.0, 0.7])
@pytest.mark.parametrize("by_samples", [False, True])
def test_embeddings_alone_diverge_beyond_the_edge_of_their_fastest_rate(momentum, by_samples):
    setting = setting_of(Coupling.uniform(3, 30, 0.2), parameters={}, model=models.embedding_only())
    edge = 2 * (1 + momentum) / setting.coupling.rates().max()
    run(setting, GradientDescent(0.99 * edge, momentum), [3000], by_samples=by_samples)
    with pytest.raises(UnfinishedError, match=f"too large, try one below {edge:.3g}"):
        run(setting, GradientDescent(1.05 * edge, momentum), [3000], by_samples=by_samples)


def test_a_step_that_overflows_between_two_looks_is_noticed():
    setting = setting_of(Coupling.uniform(3, 30, 0.2))
    with pytest.raises(UnfinishedError, match="not finite after step"):
        run(setting, GradientDescent(1.0), [5000])


def test_what_was_recorded_before_the_divergence_is_kept():
    setting = setting_of(Coupling.uniform(3, 30, 0.2), parameters={}, model=models.embedding_only())
    rows = Optimised(setting, GradientDescent(1.3), setting.start(0), 0).rows(np.array([0, 2.6, 2600]))
    assert np.isfinite([next(rows).loss, next(rows).loss]).all()
    with pytest.raises(UnfinishedError, match="diverged"):
        next(rows)


def test_batches_diverge_sooner_and_say_why():
    """The edge of all samples at the start, times B/N: what the noise blows up is no measure."""
    setting = setting_of(Coupling.uniform(3, 300, 0.2))
    flow = lowered(setting)
    edge = 2 / largest_eigenvalue(flow, flow.pack(setting.start(0))) * 3 / 300
    with pytest.raises(UnfinishedError, match=rf"below {edge:.3g}, since a sample moves by N/B steps"):
        run(setting, GradientDescent(0.3, batch=3), [500])


@pytest.mark.parametrize("samples", [12, 120], ids=["all eigenvalues", "the largest alone"])
def test_the_fastest_rate_is_that_of_the_dense_jacobian(samples):
    setting = setting_of(Coupling.uniform(3, samples, 0.25))
    flow = lowered(setting)
    y = flow.pack(setting.start(1))
    assert largest_eigenvalue(flow, y) == pytest.approx(np.abs(np.linalg.eigvals(flow.jacobian(0.0, y))).max(), rel=1e-2)


def test_batches_that_cannot_be_drawn_are_refused():
    coupling = Coupling.uniform(2, 20, 0.5)
    targets = models.moving_average_targets(HEAD, rate=1)
    encoder = Coupling.from_data(np.random.default_rng(0).standard_normal((20, 3)), [0, 1] * 10)
    cases = [
        (coupling, HEAD, 21, "at most"),
        (coupling, targets, 2, "column for each sample"),
        (encoder, HEAD, 21, "at most the 20"),
    ]
    for given_coupling, model, batch, match in cases:
        setting = setting_of(given_coupling, model=model)
        with pytest.raises(InputError, match=match):
            Optimised(setting, GradientDescent(0.1, batch=batch), setting.start(0), 0)


def test_many_samples_are_never_written_out():
    setting = setting_of(Coupling.uniform(3, 3 * 10**6, 0.1))
    blocks = setting.start(0, leave_out=frozenset({X}))
    recorder = Optimised(setting, GradientDescent(0.1), blocks, 0)
    first, last = recorder.rows(np.array([0, 20.0]))
    assert last.loss < first.loss
    assert recorder.chosen is not None


# -- simulate ----------------------------------------------------------------------------------------------------------


def test_simulate_takes_steps_and_keeps_what_it_has_where_they_diverge():
    options = dict(dimension=2, times=[0, 0.14, 3], seed=0)
    coupling = Coupling.uniform(3, 30, 0.2)
    run = simulate(HEAD, coupling, optimiser=GradientDescent(0.1), **options)
    assert np.allclose(run.times, [0, 0.1, 3])
    assert run.method.startswith("gradient descent, step 0.1")
    with pytest.raises(UnfinishedError, match="too large") as caught:
        simulate(models.embedding_only(), coupling, optimiser=GradientDescent(1.5), **(options | {"times": [0, 3, 3000]}))
    assert len(caught.value.partial.times) == 2
