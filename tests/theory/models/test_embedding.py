"""The model of embeddings alone against sums over pairs of samples and labels."""

import numpy as np
from hypothesis import given

from tests.theory.models.common import states
from tests.theory.oracles import assert_close, evaluate, pair_energy
from theory import models
from theory.models import vocabulary as v


@given(states())
def test_embedding_loss_is_the_sum_over_pairs(at):
    assert_close(evaluate(models.embedding_only().expression, at), pair_energy(at[v.J], at[v.X], at[v.Y]))
    assert not models.embedding_only().is_marked


@given(states())
def test_embedding_flow_is_that_of_the_graph_laplacian(at):
    J = at[v.J]
    laplacian = np.block([[at[v.D_x], -J], [-J.T, at[v.D_y]]])
    mobility = np.concatenate([np.diag(at[v.H_x]), np.diag(at[v.H_y])])
    expected = -np.hstack([at[v.X], at[v.Y]]) @ laplacian * mobility
    flow = models.embedding_only().gradient_flow()
    assert_close(np.hstack([evaluate(flow.velocity[s], at) for s in (v.X, v.Y)]), expected)
