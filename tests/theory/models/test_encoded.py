"""A linear encoder in the place of free embeddings: the chain rule, losses of moments alone, refusals."""

import numpy as np
import pytest

from tests.theory.models.test_two_views import NAMES, PARAMETERS
from tests.theory.oracles import assert_close
from theory import Coupling, GradientDescent, InputError, models, simulate
from theory.models import encode_samples
from theory.models.vocabulary import N, X, Y
from theory.state import parameters_of

OF_MOMENTS = ("squared", "whitening", "spectral_contrastive", "coding_rate")
CLASSES = np.arange(20) % 3
FEATURES = np.random.default_rng(0).standard_normal((20, 4)) + np.eye(3, 4)[CLASSES]
FEATURES -= FEATURES.mean(axis=0)


def lowered(loss, coupling, columns):
    flow = loss.stop_gradient_flow()
    symbols = parameters_of(flow.velocity.values(), flow.state)
    values = {**coupling.data, **PARAMETERS, "lambda": 0.0, "d": 3, "N": columns, "K": 3}
    return flow.lower({name: value for name, value in values.items() if name in {*map(str, symbols), "d", "N", "K"}})


@pytest.mark.parametrize("name", [*NAMES, "byol"])
def test_the_velocity_of_an_encoder_is_that_of_its_embeddings_times_the_inputs(name):
    encoder = Coupling.from_data(FEATURES, CLASSES, mobility="uniform")
    free = Coupling(np.eye(3)[CLASSES] / 20, mobility=(np.ones(20), np.ones(3)))
    inputs = encoder.data["Xi"]
    encoded, plain = lowered(encode_samples(getattr(models, name)()), encoder, 4), lowered(getattr(models, name)(), free, 20)
    rng = np.random.default_rng(1)
    state = {block: rng.standard_normal((3, 4) if block.cols == N else (3, 3)) for block in encoded.shapes}
    given = {block: value @ inputs if block.cols == N else value for block, value in state.items()}
    found = encoded.unpack(encoded.velocity(0.0, encoded.pack(state)))
    expected = plain.unpack(plain.velocity(0.0, plain.pack(given)))
    for block, value in found.items():
        if str(block) == "T_X":
            assert_close(value, PARAMETERS["beta"] * (state[X] - state[block]))
        else:
            assert_close(value, expected[block] @ inputs.T if block.cols == N else expected[block])


@pytest.mark.parametrize("mobility", ["degree", "uniform"])
@pytest.mark.parametrize("name", OF_MOMENTS)
def test_losses_of_moments_are_the_same_with_samples_and_without(name, mobility):
    coupling, loss = Coupling.from_data(FEATURES, CLASSES, mobility=mobility), getattr(models, name)()
    rng = np.random.default_rng(2)
    state = {X: rng.standard_normal((3, 4)), Y: rng.standard_normal((3, 3))}
    ways = [lowered(model, coupling, 4) for model in (loss, encode_samples(loss))]
    assert_close(*(way.velocity(0.0, way.pack(state)) for way in ways))


def test_steps_of_an_encoder_lower_the_loss_and_sort_samples():
    coupling = Coupling.from_data(FEATURES, CLASSES)
    loss, how = encode_samples(models.info_nce()), GradientDescent(step=0.1)
    run = simulate(loss, coupling, dimension=2, times=[0, 40], parameters={"temperature": 0.2}, by=how)
    assert run.loss[1] < 0.5 * run.loss[0]
    assert run.accuracy[1] > run.accuracy[0]


def test_an_encoder_needs_inputs():
    with pytest.raises(InputError, match=r"expected inputs of a linear encoder, got .* without inputs"):
        simulate(encode_samples(models.squared()), Coupling.uniform(2, 4, 0.5), dimension=2, times=[0, 1])


def test_an_encoder_is_put_in_once():
    with pytest.raises(InputError, match="take one of two views, without an encoder"):
        encode_samples(encode_samples(models.squared()))
