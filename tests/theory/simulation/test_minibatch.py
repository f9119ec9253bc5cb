"""Batches of encoders: velocities against sums over their samples, runs against those of all samples and the flow."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sympy import Trace

from tests.strategies import moved_couplings, seeds
from theory import Coupling, GradientDescent, InputError, Loss, UnfinishedError, models, simulate
from theory.encoder import argmax_teacher, observed_on
from theory.models.vocabulary import D_x, D_y, J, W, X, Y
from theory.simulation import train_encoder
from theory.simulation.minibatch import BatchVelocity, require_sum_over_samples
from theory.simulation.optimisers import make_observer
from theory.simulation.setting import Setting

SAMPLE = argmax_teacher(3, 4, noise=0.1).sample(90, seed=0)


def encoder(mobility="uniform", bias=True):
    return Coupling.from_data(SAMPLE.features, SAMPLE.classes, bias=bias, mobility=mobility)


def per_sample(coupling, blocks, batch, head):
    """Mean gradients of the losses of single samples, targets held where there is a head."""
    x, y, w = blocks[X], blocks[Y], blocks.get(W)
    grad_x, grad_y, grad_w = np.zeros_like(x), np.zeros_like(y), 0.0
    for i in batch:
        row, a = coupling.features[i], coupling.classes[i]
        out, label = x @ row, y[:, a]
        if head:
            ahead, back = w @ out - label, w @ label - out
            grad_x += np.outer(w.T @ ahead, row)
            grad_y[:, a] += w.T @ back
            grad_w = grad_w + np.outer(ahead, out) + np.outer(back, label)
        else:
            grad_x += np.outer(out - label, row)
            grad_y[:, a] += label - out
    return [grad_x / len(batch), grad_y / len(batch), grad_w / len(batch) if head else None]


@given(st.booleans(), st.sampled_from(["degree", "uniform"]), st.integers(1, 30), seeds)
def test_the_velocity_of_a_batch_is_the_mean_over_its_samples(head, mobility, size, seed):
    coupling, batch = encoder(mobility), np.random.default_rng(seed).choice(90, size, replace=False)
    model = models.teacher_student("shared", "both") if head else models.teacher_student()
    setting = Setting.of(model, coupling, 2, {"gamma": 0.7, "lambda": 0.2, "kappa": 0.3} if head else {"lambda": 0.2})
    blocks = setting.start(seed=seed % 1000)
    gradients = per_sample(coupling, blocks, batch, head)
    rates = (coupling.sample_mobility, coupling.label_mobility, 0.7)
    decays = dict(zip((X, Y, W), (0.2, 0.2, 0.3), strict=True))
    found = BatchVelocity.of(setting)(blocks, batch)
    for block, velocity, gradient, rate in zip(blocks, found, gradients, rates, strict=False):
        assert np.allclose(velocity, -gradient * rate - decays[block] * blocks[block])


@pytest.mark.parametrize("model", [models.teacher_student(), models.teacher_student("shared", "both")])
@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_a_batch_of_all_samples_takes_the_steps_of_all_samples(model, momentum):
    settings = dict(dimension=3, times=[0, 1, 20], seed=3)
    runs = [
        train_encoder(model, encoder(), optimiser=GradientDescent(0.1, momentum, batch), **settings) for batch in (90, None)
    ]
    assert np.allclose(runs[0].labels, runs[1].labels)
    assert np.allclose(runs[0].loss, runs[1].loss)
    assert np.allclose(runs[0].accuracy, runs[1].accuracy)


def test_an_encoder_is_trained_by_simulate_and_may_be_observed_on_other_samples():
    fresh = argmax_teacher(3, 4, noise=0.1).sample(40, seed=1)
    settings = dict(dimension=3, times=[0, 1, 20], seed=3, optimiser=GradientDescent(0.1, 0.5, batch=20))
    held = observed_on(encoder(), SAMPLE.features, fresh.features, fresh.classes)
    runs = [simulate(models.teacher_student(), encoder(), **settings)]
    runs += [train_encoder(models.teacher_student(), encoder(), observed=seen, **settings) for seen in (None, held)]
    assert all(np.array_equal(run.labels, runs[0].labels) for run in runs)
    assert np.array_equal(runs[0].accuracy, runs[1].accuracy)
    assert not np.array_equal(runs[0].accuracy, runs[2].accuracy)


def test_small_steps_of_batches_come_close_to_the_flow():
    """The distance of the labels falls with the step, in proportion to its root or faster."""
    settings = dict(dimension=3, times=[0, 4], seed=1)
    exact = simulate(models.teacher_student(), encoder(), **settings).labels[-1]
    gaps = []
    for step in (0.4, 0.025):
        how = GradientDescent(step, batch=30)
        ends = [
            train_encoder(models.teacher_student(), encoder(), optimiser=how, initial=START, **(settings | {"seed": seed}))
            for seed in range(8)
        ]
        gaps.append(np.sqrt(np.mean([np.sum((e.labels[-1] - exact) ** 2) for e in ends])))
    assert gaps[1] < gaps[0] / 2.5


START = {b.name: v for b, v in Setting.of(models.teacher_student(), encoder(), 3, {}).start(seed=1).items()}


def test_the_head_keeps_labels_apart_under_batches_too():
    settings = dict(dimension=3, times=[0, 400], seed=0, optimiser=GradientDescent(0.1, batch=30))
    free = train_encoder(models.teacher_student(), encoder("degree"), **settings)
    stopped = train_encoder(models.teacher_student("shared", "both"), encoder("degree"), **settings)
    assert free.min_separation[-1] < 1e-3 * free.min_separation[0]
    assert stopped.min_separation[-1] > 0.05 * stopped.min_separation[0]


def test_steps_that_are_too_large_end_with_a_sentence():
    with pytest.raises(UnfinishedError, match="the step is too large"):
        train_encoder(
            models.teacher_student(), encoder("degree"), dimension=2, times=[0, 500], optimiser=GradientDescent(5, batch=30)
        )


@pytest.mark.parametrize(
    ("coupling", "batch", "message"),
    [(Coupling.uniform(2, 8, 0.5), 2, "encoder"), (encoder(), 91, "at most the 90 samples")],
)
def test_what_cannot_be_trained_is_refused(coupling, batch, message):
    how = GradientDescent(0.1, batch=batch)
    with pytest.raises(InputError, match=message):
        train_encoder(models.teacher_student(), coupling, dimension=2, times=[0, 1], optimiser=how)


HEAD = models.projection_head()
DECAYS = {"lambda": 0.05, "kappa": 0.1}


def setting_of(coupling, dimension=2, parameters=DECAYS, model=HEAD):
    return Setting.of(model, coupling, dimension, parameters)


def lowered(setting):
    return make_observer(setting, setting.start(0), 0, types=False).lowered


@given(moved_couplings(), seeds, st.data())
def test_batches_estimate_the_velocity_without_bias_and_with_the_stated_covariance(drawn, seed, data):
    setting = setting_of(Coupling(*drawn))
    n = setting.coupling.samples
    size = data.draw(st.integers(1, min(n, 3)))
    estimate, start, flow = BatchVelocity.of(setting), setting.start(seed), lowered(setting)

    def estimated(batch):
        blocks = start | {X: start[X][:, batch]}
        moved = dict(zip(setting.flow.state, estimate(blocks, batch), strict=True))
        whole = -setting.numbers[setting.model.decay[X]] * start[X]
        whole[:, batch] = moved[X]
        return flow.pack(moved | {X: whole})

    every = np.array([estimated(np.array(batch)) for batch in combinations(range(n), size)])
    alone = np.array([estimated(np.array([i])) for i in range(n)]) / n
    velocity = flow.velocity(0.0, flow.pack(start))
    assert np.allclose(every.mean(axis=0), velocity, atol=1e-10)
    off = alone - alone.mean(axis=0)
    expected = n**2 / size * (1 - size / n) / max(n - 1, 1) * off.T @ off
    assert np.allclose(np.cov(every.T, bias=True), expected, atol=1e-8 * (1 + np.abs(expected).max()))


PULL = Trace(X * D_x * X.T) / 2 - Trace(X * J * Y.T) + Trace(Y * D_y * Y.T) / 2


@pytest.mark.parametrize(
    "more",
    [
        Trace(X * X.T * X * X.T),
        Trace(X * X.T) * Trace(Y * D_y * Y.T),
        Trace(Y * D_y * D_y * Y.T),
        Trace(X * D_x * X.T) ** 2,
        Trace(Y * Y.T) * Trace(X * J * Y.T),
    ],
    ids=str,
)
def test_losses_that_are_no_sum_over_samples_are_refused(more):
    require_sum_over_samples(Loss(PULL, (X, Y), assumptions=HEAD.assumptions))
    if more.has(D_x) or more.has(D_y) or not more.has(J):
        with pytest.raises(InputError, match="sum over samples"):
            require_sum_over_samples(Loss(PULL + more, (X, Y), assumptions=HEAD.assumptions))


@pytest.mark.parametrize("head", ["none", "samples", "labels", "both", "shared"])
@pytest.mark.parametrize("stop", ["none", "labels", "samples", "both"])
def test_every_head_model_is_a_sum_over_samples(head, stop):
    require_sum_over_samples(models.projection_head(head, stop))
