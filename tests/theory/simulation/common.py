"""What tests of simulations share: tolerances, starts, and the operator of the embedding model."""

from itertools import combinations

import numpy as np
from hypothesis import Phase, settings

TIGHT = {"rtol": 1e-11, "atol": 1e-13}
INTEGRATED = 1e-7  # of the size of the state: what the tolerances above leave after some hundred steps
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
few = settings(max_examples=3, phases=UNSHRUNK)  # runs are dear, and hardly clearer when shrunk


def start(seed, coupling, dimension, head=None):
    """A random start under the names of the vocabulary."""
    rng = np.random.default_rng(seed)
    state = {"X": rng.standard_normal((dimension, coupling.samples)), "Y": rng.standard_normal((dimension, coupling.labels))}
    return state | ({} if head is None else {"W": head})


def laplacian(coupling):
    J = coupling.data["J"]
    return np.block([[np.diag(J.sum(1)), -J], [-J.T, np.diag(J.sum(0))]])


def mobility(coupling):
    return np.concatenate([coupling.data["H_x"], coupling.data["H_y"]])


def distances(labels):
    return np.array(
        [np.linalg.norm(labels[..., a] - labels[..., b], axis=-1) for a, b in combinations(range(labels.shape[-1]), 2)]
    )
