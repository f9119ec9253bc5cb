"""The linear student's loss and flow against sums over samples, and against the embedding model at one-hot inputs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import seeds
from theory import Coupling, InputError, models, simulate
from theory.models.vocabulary import X, Y
from theory.simulation.setting import Setting


@given(st.integers(2, 4), st.integers(1, 5), st.booleans(), seeds)
def test_the_loss_is_the_mean_square_distance_of_outputs_and_labels(classes, inputs, bias, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 20)])
    coupling = Coupling.from_data(rng.standard_normal((len(labels), inputs)), labels, bias=bias)
    run = simulate(models.teacher_student(), coupling, dimension=2, times=[0], seed=0)
    start = Setting.of(models.teacher_student(), coupling, 2, {}).start(seed=0)
    rest = coupling.observe(start[X]) - start[Y][:, labels]
    assert run.loss[0] == pytest.approx(np.mean(np.sum(rest**2, axis=0)) / 2)


@given(st.integers(2, 3), st.integers(4, 8), seeds)
def test_one_hot_inputs_are_free_embeddings(classes, samples, seed):
    """Each input is seen once and has the mass 1/N, so that all rates agree with those of single labels."""
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, samples - classes)])
    encoder, free = Coupling.from_data(np.eye(samples), labels), Coupling.from_labels([{int(a)} for a in labels])
    assert np.allclose(encoder.rates(), free.rates())


@pytest.mark.parametrize("wrong", [{"head": "left"}, {"stop": "all"}])
def test_another_head_or_stop_is_refused(wrong):
    with pytest.raises(InputError, match="head in"):
        models.teacher_student(**wrong)
