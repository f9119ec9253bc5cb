"""States of the models as arrays."""

import numpy as np
from hypothesis import strategies as st

from tests.strategies import seeds
from theory.models import vocabulary as v

BLOCKS = {"X": v.X, "Y": v.Y, "W": v.W}


@st.composite
def states(draw):
    """Values of the whole vocabulary: random weights, mobilities, decays and embeddings."""
    rng = np.random.default_rng(draw(seeds))
    samples, labels, dimension = (draw(st.integers(1, 3)) for _ in range(3))
    J = rng.uniform(0.1, 1, (samples, labels))
    at = {
        v.N: samples,
        v.K: labels,
        v.d: dimension,
        v.J: J,
        v.gamma: rng.uniform(0.2, 2),
        v.lam: rng.uniform(0, 1),
        v.kappa: rng.uniform(0, 1),
    }
    at |= {v.D_x: np.diag(J.sum(1)), v.D_y: np.diag(J.sum(0))}
    at |= {v.H_x: np.diag(rng.uniform(0.5, 2, samples)), v.H_y: np.diag(rng.uniform(0.5, 2, labels))}
    return at | {s: rng.standard_normal([at[m] for m in s.shape]) for s in BLOCKS.values()}
