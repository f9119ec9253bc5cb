"""Dense numbers of the embedding-only flow, for checks: all embeddings, no types, sectors or modes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Rational, Symbol

from derivations.analysis.modes.patterns import draw_family
from derivations.vocabulary import eta_x, eta_y, r
from theory import Coupling, models
from theory.coupling.symmetric import SymmetricFamily


def draw_mobilities(rng: np.random.Generator) -> dict[Symbol, Expr]:
    """Mobilities of samples and of labels between 1/4 and 2."""
    return {s: Rational(int(rng.integers(2, 17)), 8) for s in (eta_x, eta_y)}


def draw_member(rng: np.random.Generator, family: SymmetricFamily) -> tuple[Coupling, dict[Symbol, Expr]]:
    """A random coupling of a family with random mobilities, and the values of all symbols."""
    values = draw_family(family, rng) | draw_mobilities(rng)
    return family.coupling(values, mobility=(float(values[eta_x]), float(values[eta_y]))), values


def generator(coupling: Coupling) -> NDArray:
    """H(D − A), which the embeddings (samples, then labels) follow backwards."""
    J, size = np.asarray(coupling.data["J"], dtype=float), coupling.samples
    laplacian = np.diag(np.concatenate([J.sum(axis=1), J.sum(axis=0)]))
    laplacian[:size, size:], laplacian[size:, :size] = -J, -J.T
    return _all_mobilities(coupling)[:, None] * laplacian


def dense_rates(coupling: Coupling) -> NDArray:
    """Its eigenvalues, ascending."""
    return np.linalg.eigvalsh(_symmetric_generator(coupling))


def rest_projector(coupling: Coupling) -> NDArray:
    """What becomes of the embeddings in the end: the projector on its kernel along its range."""
    values, vectors = np.linalg.eigh(_symmetric_generator(coupling))
    still, root = vectors[:, np.abs(values) < 1e-10 * values[-1]], np.sqrt(_all_mobilities(coupling))
    return root[:, None] * (still @ still.T) / root


def separation(coupling: Coupling, time: float) -> NDArray:
    """The mean square distance of each two labels after a time, for independent starts of unit variance, one dimension."""
    from scipy.linalg import expm

    later = expm(-generator(coupling) * time)[coupling.samples :]
    first, second = np.triu_indices(coupling.labels, 1)
    return ((later[first] - later[second]) ** 2).sum(axis=1)


def expected_loss(coupling: Coupling, time: float) -> float:
    """The expected loss after a time, for independent starts of unit variance, one dimension."""
    from scipy.linalg import expm

    matrix = generator(coupling)
    later = expm(-matrix * time)
    return float(np.sum(later * (matrix / _all_mobilities(coupling)[:, None] @ later))) / 2


def plateau_values(coupling: Coupling) -> tuple[float, float, float]:
    """What the K slowest modes give alone: mean square distance of labels and loss at the start, for starts of unit
    variance, one dimension; and when the root of the first has halved."""
    from scipy.optimize import brentq

    values, vectors = np.linalg.eigh(_symmetric_generator(coupling))
    rates, modes, mobility = values[: coupling.labels], vectors[:, : coupling.labels], _all_mobilities(coupling)
    first, second = np.triu_indices(coupling.labels, 1)
    labels = np.sqrt(mobility[-coupling.labels :, None]) * modes[-coupling.labels :]

    def square(time: float) -> float:
        apart = ((labels[first] - labels[second]) * np.exp(-rates * time)) @ modes.T / np.sqrt(mobility)
        return float(np.mean(np.sum(apart**2, axis=1)))

    half = brentq(lambda time: square(time) - square(0) / 4, 0, 10 / rates[1])
    return square(0), float(rates @ np.sum(modes**2 / mobility[:, None], axis=0)) / 2, half


def determinant_pairs(
    rng: np.random.Generator, family: SymmetricFamily, formula: Expr, parts: Mapping[Expr, Expr]
) -> Iterator[tuple[float, float]]:
    """det(r − H(D − A)) at a random r by a formula, into which parts are put, and by elimination."""
    coupling, values = draw_member(rng, family)
    at = Rational(int(rng.integers(1, 40)), 16) + Rational(1, 97)
    matrix = float(at) * np.eye(coupling.samples + coupling.labels) - generator(coupling)
    yield number_at(formula.subs(parts), {**values, r: at}), float(np.linalg.det(matrix))


def velocity(coupling: Coupling, samples: NDArray, labels: NDArray) -> NDArray:
    """The velocity of all one-dimensional embeddings, as the engine lowers the flow."""
    lowered = models.embedding_only().gradient_flow().lower({**coupling.data, "d": 1})
    return lowered.velocity(0, np.concatenate([samples, labels]))


def number_at(expr: Expr, values: Mapping[Symbol, Expr]) -> float:
    """An expression at exact values."""
    return float(expr.subs(values))


def _all_mobilities(coupling: Coupling) -> NDArray:
    return np.concatenate([coupling.data["H_x"], coupling.data["H_y"]])


def _symmetric_generator(coupling: Coupling) -> NDArray:
    root = np.sqrt(_all_mobilities(coupling))
    return generator(coupling) / root[:, None] * root
