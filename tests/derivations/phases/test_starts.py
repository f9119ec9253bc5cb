"""Starts in modes are states of the whole model."""

import numpy as np

from derivations.phases.starts import along_modes, mode_vectors
from theory import Coupling


def test_mode_vectors_diagonalise_the_coupling():
    coupling = Coupling.pairs(classes=3, samples=18, fraction=1 / 3)
    samples, labels = mode_vectors(coupling)
    J, whole = coupling.data["J"], samples[coupling.type_of]
    assert np.allclose(J @ labels, whole * coupling.sample_degrees[coupling.type_of][:, None] * coupling.modes(), atol=1e-12)
    norm = (whole**2 * coupling.sample_degrees[coupling.type_of][:, None]).sum(0) + (
        labels**2 * coupling.label_degrees[:, None]
    ).sum(0)
    assert np.allclose(norm, 1)


def test_along_modes_fills_the_blocks_of_a_model():
    coupling = Coupling.uniform(3, 12, 0.5)
    blocks = along_modes(coupling, np.eye(3), np.eye(3))
    assert {name: block.shape for name, block in blocks.items()} == {"X": (3, 12), "Y": (3, 3), "W": (3, 3)}
