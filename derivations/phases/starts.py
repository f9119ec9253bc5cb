r"""Starts of the whole model that are chosen in its modes: amplitudes and heads along directions, turned into embeddings.

With :math:`ZD^{1/2}=\sum_kv_k\phi_k^T` (the notes, §1) a mode vector is half on the sample types and half on the labels, from
the singular vectors of :math:`D_x^{-1/2}JD_y^{-1/2}`.

>>> from theory import Coupling
>>> coupling = Coupling.uniform(classes=2, samples=8, fraction=0.5)
>>> blocks = along_modes(coupling, np.diag([0.0, 1.0]), np.eye(2))
>>> Y = blocks["Y"]
>>> bool(np.isclose(2 * Y[1] @ np.diag(coupling.label_degrees) @ Y[1], 1))
True

When it fails: modes of zero correlation live on one side alone and are left at zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from theory.coupling import Coupling


def along_modes(coupling: Coupling, amplitudes: NDArray, head: NDArray) -> dict[str, NDArray]:
    """The blocks X, Y and W of a state.

    Parameters
    ----------
    coupling
        of few types: its modes come from a dense decomposition.
    amplitudes
        (d, modes): column k is the amplitude of mode k, by falling correlation.
    head
        (d, d).
    """
    of_types, of_labels = mode_vectors(coupling)
    count = amplitudes.shape[1]
    means = amplitudes @ of_types[:, :count].T
    return {"X": means[:, coupling.type_of], "Y": amplitudes @ of_labels[:, :count].T, "W": head}


def mode_vectors(coupling: Coupling) -> tuple[NDArray, NDArray]:
    r""":math:`D^{-1/2}\phi_k` of the modes by falling correlation: at one sample of each type, and at the labels."""
    n, dx, dy = coupling.counts, coupling.sample_degrees, coupling.label_degrees
    whitened = np.sqrt(n / dx)[:, None] * coupling.types.toarray() / np.sqrt(dy)
    left, _, right = np.linalg.svd(whitened, full_matrices=False)
    return left / np.sqrt(2 * n * dx)[:, None], right.T / np.sqrt(2 * dy)[:, None]


def disturb_blocks(blocks: dict[str, NDArray], noise: float, rng: np.random.Generator) -> dict[str, NDArray]:
    """Each block with normal noise of the given size, relative to the root of its mean square."""
    return {
        name: block + noise * np.sqrt(np.mean(block**2)) * rng.standard_normal(block.shape) for name, block in blocks.items()
    }
