"""Plain dense NumPy, independent of the code under test: values of expressions, derivatives, losses as sums over pairs."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import product
from operator import add

import numpy as np
from sympy import Add, Identity, Inverse, MatAdd, MatMul, MatPow, MatrixBase, MatrixExpr, Mul, Pow, Trace, Transpose, ZeroMatrix

from theory.stopgrad import StopGradient, StopGradientMatrix

ROUNDING = 1e-9  # relative: double precision after a few hundred operations of order one, and nothing else
TINY = 1e-40  # complex step: small enough for its square to vanish beside anything


def assert_close(actual, expected, rounding: float = ROUNDING) -> None:
    """Equality up to rounding, relative to the largest entry."""
    expected = np.asarray(expected)
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=rounding * scale)


# -- expressions -------------------------------------------------------------------------------------------------------


def evaluate(expr, at: dict, stopped: dict | None = None):
    """The value of an expression: dense arrays for matrices, each operation as it stands.

    ``at`` holds arrays, numbers and dimensions by symbol.  What stands in a marker is evaluated at ``stopped`` instead, which
    is the meaning of a marker in a loss: the same value, held fixed.
    """

    def go(e):
        if e in at:
            return at[e]
        if isinstance(e, StopGradient | StopGradientMatrix):
            inside = at if stopped is None else stopped
            return evaluate(e.args[0], inside, inside)
        if isinstance(e, MatrixBase):
            return np.array([[go(entry) for entry in row] for row in e.tolist()])
        if isinstance(e, Identity):
            return np.eye(int(go(e.rows)))
        if isinstance(e, ZeroMatrix):
            return np.zeros([int(go(m)) for m in e.shape])
        if not isinstance(e, MatrixExpr | Trace) and e.is_number:
            return float(e)
        return (
            OPERATIONS[type(e)](*map(go, e.args)) if type(e) in OPERATIONS else getattr(np, type(e).__name__)(*map(go, e.args))
        )

    return go(expr)


def _times(left, right):
    return left @ right if np.ndim(left) == np.ndim(right) == 2 else left * right


OPERATIONS = {
    MatAdd: lambda *terms: reduce(add, terms),
    Add: lambda *terms: reduce(add, terms),
    MatMul: lambda *factors: reduce(_times, factors),
    Mul: lambda *factors: reduce(_times, factors),
    MatPow: lambda base, power: np.linalg.matrix_power(base, int(power)),
    Pow: lambda base, power: base**power,
    Trace: np.trace,
    Transpose: np.transpose,
    Inverse: lambda base, power=-1: np.linalg.inv(base),
}


# -- derivatives -------------------------------------------------------------------------------------------------------


def slope(function: Callable[[dict], object], at: dict, along: dict):
    """The directional derivative of an analytic function of ``at``: a finite difference along the imaginary axis.

    Free of cancellation, hence exact to rounding.
    """
    moved = at | {s: at[s] + 1j * TINY * v for s, v in along.items()}
    return np.imag(function(moved)) / TINY


def numeric_gradient(function: Callable[[dict], object], at: dict, symbol):
    """The gradient of a scalar function by one block, entry by entry, in the block's shape."""
    value = at[symbol]
    if np.ndim(value) == 0:
        return slope(function, at, {symbol: 1.0})
    gradient = np.zeros(value.shape)
    for place in np.ndindex(value.shape):
        unit = np.zeros(value.shape)
        unit[place] = 1.0
        gradient[place] = slope(function, at, {symbol: unit})
    return gradient


def central_difference(function: Callable[[np.ndarray], np.ndarray], at: np.ndarray, along: np.ndarray, step: float = 1e-2):
    """The directional derivative by central differences of sixth order: errors of order step**6 and 1e-16/step."""
    weights = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    return sum(q * (function(at + m * step * along) - function(at - m * step * along)) for m, q in weights.items()) / step


# -- losses as sums over pairs -----------------------------------------------------------------------------------------


def pair_energy(J, left, right):
    """Half the sum over samples and labels of weight times squared distance."""
    return sum(J[i, a] * np.sum((left[:, i] - right[:, a]) ** 2) for i, a in product(*map(range, J.shape))) / 2


def head_loss(head: str, stop: str, J, live: dict, frozen: dict):
    """The loss of a projection head; targets on stopped sides come from ``frozen``.  Blocks by name, columns are embeddings."""

    def sides(blocks):
        left = blocks["W"] @ blocks["X"] if head in ("samples", "both") else blocks["X"]
        right = blocks["W"] @ blocks["Y"] if head in ("labels", "both") else blocks["Y"]
        return left, right

    if head == "shared":
        label_target = (frozen if stop in ("labels", "both") else live)["Y"]
        sample_target = (frozen if stop in ("samples", "both") else live)["X"]
        W = live["W"]
        return pair_energy(J, W @ live["X"], label_target) + pair_energy(J, sample_target, W @ live["Y"])
    (left, right), (still_left, still_right) = sides(live), sides(frozen)
    if stop == "both":
        return pair_energy(J, left, still_right) + pair_energy(J, still_left, right)
    return pair_energy(J, still_left if stop == "samples" else left, still_right if stop == "labels" else right)


# -- couplings ---------------------------------------------------------------------------------------------------------


def dense_modes(J):
    return np.linalg.svd(J / np.sqrt(np.outer(J.sum(1), J.sum(0))), compute_uv=False)


def dense_mobility(J, mobility):
    degrees = np.concatenate([J.sum(1), J.sum(0)])
    if mobility == "degree":
        return 1 / degrees
    if mobility == "uniform":
        return np.ones_like(degrees)
    return np.concatenate(
        [np.broadcast_to(m, d.shape).astype(float) for m, d in zip(mobility, (J.sum(1), J.sum(0)), strict=True)]
    )


def dense_operator(J, mobility):
    """H^1/2 (D - A) H^1/2, similar to the operator of the embedding flow."""
    samples, labels = J.shape
    A = np.block([[np.zeros((samples, samples)), J], [J.T, np.zeros((labels, labels))]])
    root = np.sqrt(dense_mobility(J, mobility))
    return root[:, None] * (np.diag(A.sum(1)) - A) * root


def dense_label_rates(J, mobility):
    """Non-zero rates with a mode that moves labels, ascending: eigenvalues whose eigenspace is seen on the labels."""
    values, vectors = np.linalg.eigh(dense_operator(J, mobility))
    seen = []
    for value in values[values > 1e-9 * values[-1]]:
        space = vectors[:, np.abs(values - value) < 1e-7 * values[-1]]
        if np.linalg.norm(space[J.shape[0] :]) > 1e-6:
            seen.append(value)
    return np.array(seen)


def component_count(J):
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(("sample", i) for i in range(J.shape[0]))
    graph.add_nodes_from(("label", a) for a in range(J.shape[1]))
    graph.add_edges_from((("sample", int(i)), ("label", int(a))) for i, a in zip(*np.nonzero(J), strict=True))
    return nx.number_connected_components(graph)
