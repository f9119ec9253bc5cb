"""Embedding-only model (§2 of the notes): samples and labels pull on each other and nothing else happens."""

from theory.loss import Loss
from theory.models.vocabulary import ASSUMPTIONS, H_x, H_y, X, Y, coupling_energy


def embedding_only() -> Loss:
    r""":math:`L=\tfrac12\sum_{ia}J_{ia}\lVert x_i-y_a\rVert^2`, whose flow is that of the graph Laplacian."""
    return Loss(coupling_energy(X, Y), state=(X, Y), mobility={X: H_x, Y: H_y}, assumptions=ASSUMPTIONS, views=(X, Y))
