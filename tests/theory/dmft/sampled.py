"""Sampled graphs of frustrated pairs and their dense spectra: the oracle of the disorder-averaged theory."""

import networkx as nx
import numpy as np

from theory import Coupling


def regular(classes, pure, links, weight, seed):
    edges = np.array(nx.random_regular_graph(links, classes, seed=seed).edges)
    return weights(classes, pure, edges, weight)


def poisson(classes, pure, links, weight, seed):
    rng = np.random.default_rng(seed)
    one = rng.integers(classes, size=round(classes * links / 2))
    return weights(classes, pure, np.column_stack([one, (one + rng.integers(1, classes, size=len(one))) % classes]), weight)


def weights(classes, pure, edges, weight):
    """J: pure samples, and one frustrated sample on each edge."""
    shared = np.zeros((len(edges), classes))
    for end in edges.T:
        shared[np.arange(len(edges)), end] += weight
    return np.vstack([np.repeat(np.eye(classes), pure, axis=0), shared])


class Labels:
    """The labels of one coupling under the embedding-only flow with all mobilities one, by a dense eigenproblem."""

    def __init__(self, J):
        J = J.data["J"] if isinstance(J, Coupling) else J
        operator = np.block([[np.diag(J.sum(1)), -J], [-J.T, np.diag(J.sum(0))]])
        self.rates, modes = np.linalg.eigh(operator)
        self.weights = np.mean(modes[-J.shape[1] :] ** 2, axis=0)

    def response(self, s):
        return np.sum(self.weights / (np.asarray(s)[..., None] + self.rates), axis=-1)

    def relaxation(self, t, zero_modes=True):
        kept = self.rates > (-1 if zero_modes else 1e-9)
        return np.exp(-np.multiply.outer(t, self.rates[kept])) @ self.weights[kept]
