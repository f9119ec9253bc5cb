r"""Heads and labels of states without collapse, under stop-gradient with decay and any mobilities (§4.2 of the notes).

Where the head acts as one number :math:`w` on everything that survives (in one dimension; or, if symmetry makes it a multiple
of the identity, on each direction of a class of equal modes), the states at rest solve a quadratic eigenvalue problem,

.. math:: Z\,(w^2D-wA+\lambda H^{-1})=0,\qquad ZH^{-1}Z^T=\frac{\kappa}{\gamma\lambda}w^2 .

In the coordinates of :mod:`theory.coupling.reduction`, :math:`H=1`, and with the labels divided by :math:`w` the problem is
linear in :math:`w^2`:

.. math:: (w^2a+\lambda)\,p=w^2Bu,\qquad(w^2b+\lambda)\,u=B^Tp,\qquad q=wu .

What is hidden from the labels decays.  Heads come in pairs :math:`\pm w`, where samples and labels are on the same or on
opposite sides; the positive ones are given.

>>> from theory import Coupling
>>> found = head_states(Coupling.uniform(classes=3, samples=24, fraction=0.25), decay=0.1)
>>> [round(float(w), 4) for w in found.heads]  # w_+ and w_- of the common mode, and of two class modes
[0.8873, 0.7288, 0.7288, 0.1372, 0.1372, 0.1127]
>>> plain = head_states(Coupling.uniform(classes=3, samples=24, fraction=0.25, mobility="uniform"), decay=0.1)
>>> [round(float(w), 4) for w in plain.heads]
[0.9413, 0.7972, 0.7972, 0.0443, 0.0443, 0.0376]

When it fails: in two or more dimensions with mobilities that are not inverse to the degrees the head is not symmetric in
general, and its eigenvalues are none of these; see :mod:`theory.simulation.resting`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.coupling.coupling import Coupling
from theory.coupling.spectrum import DENSE
from theory.errors import InputError, UnfinishedError

SAME = 1e-10  # relative distance within which heads are one
RESIDUAL = 1e-9  # largest that is handed out, relative to the terms that cancel


@dataclass(frozen=True, eq=False)
class HeadStates:
    """States without collapse of one direction, by falling head.

    Attributes
    ----------
    heads
        w > 0 (R,).  The opposite heads are states too, with the samples on the other side.
    labels
        (R, K): the labels along the direction.  Those of a repeated head are one basis of many, orthogonal in the metric of
        the inverse mobilities, as directions of one head have to be.
    residuals
        (R,): what is left of the equations, relative to the terms that cancel.
    """

    heads: NDArray
    labels: NDArray
    residuals: NDArray

    def __post_init__(self):
        worst = float(np.max(self.residuals, initial=0.0))
        if not worst <= RESIDUAL:
            raise UnfinishedError(f"the residual {worst:.1e} of a state exceeds {RESIDUAL:g}; take another decay")


def head_states(coupling: Coupling, decay: float, *, head_decay: float = 1.0, mobility: float | None = None) -> HeadStates:
    r"""All states at rest of the head model in one dimension but the collapsed one, up to a sign.

    Parameters
    ----------
    coupling
        of any number of samples, with any mobilities.
    decay, head_decay
        :math:`\lambda,\kappa>0` of embeddings and head; the second, with ``mobility``, sets the scale of the labels alone.
    mobility
        :math:`\gamma` of the head; by default 1/sum(J).

    Raises
    ------
    InputError
        for a number that is not positive, or a coupling with more than :data:`theory.coupling.spectrum.DENSE` modes.
    UnfinishedError
        where a residual is not small.
    """
    rate = 1 / coupling.total_weight if mobility is None else mobility
    for name, value in (("decay", decay), ("head_decay", head_decay), ("mobility", rate)):
        require.positive(value, name, "without decay see Coupling.modes()")
    if coupling.reduction.size > DENSE:
        raise InputError(f"at most {DENSE} modes", str(coupling.reduction.size), "merge types or take fewer labels")
    heads, modes = _head_modes(coupling, decay)
    rest = _residuals(coupling, decay, heads, modes)
    size = np.sqrt(head_decay / (rate * decay)) * heads
    labels = np.sqrt(coupling.label_mobility) * (size * modes)[-coupling.labels :].T
    return HeadStates(heads, labels, rest)


def _head_modes(coupling: Coupling, decay: float) -> tuple[NDArray, NDArray]:
    """Positive heads (R,), falling, and modes (M + K, R) of length one; those of one head orthogonal."""
    from scipy.linalg import eig

    r = coupling.reduction
    links = r.links if isinstance(r.links, np.ndarray) else r.links.toarray()
    count, rates = len(r.sample_rates), np.concatenate([r.sample_rates, r.label_rates])
    left, right, across = -decay * np.eye(r.size), np.diag(rates), np.zeros((r.size, r.size))
    left[count:, :count], right[:count, count:] = links.T, -links
    across[count:, :count], across[:count, count:] = links.T, links
    squares, found = eig(left, right)
    real = (np.abs(squares.imag) <= SAME * np.abs(squares)) & (squares.real > 0)
    order = np.argsort(-squares.real[real])
    heads, modes = np.sqrt(squares.real[real][order]), found[:, real][:, order]
    modes[count:] *= heads
    states = []
    for part in np.split(np.arange(len(heads)), np.flatnonzero(np.diff(heads) < -SAME * heads[1:]) + 1):
        own = modes[:, part].real
        if len(part) > 1:
            own = _null_vectors(heads[part[0]] ** 2 * np.diag(rates) - heads[part[0]] * across + decay * np.eye(r.size))
        states.append((heads[part[: own.shape[1]]], own / np.linalg.norm(own, axis=0)))
    return np.concatenate([h for h, _ in states]), np.hstack([own for _, own in states])


def _null_vectors(matrix: NDArray) -> NDArray:
    """Orthonormal null vectors of a symmetric matrix: one for each of equal modes, one for two heads that are born together."""
    values, vectors = np.linalg.eigh(matrix)
    return vectors[:, np.abs(values) <= SAME * np.abs(values).max()]


def _residuals(coupling: Coupling, decay: float, heads: NDArray, modes: NDArray) -> NDArray:
    r = coupling.reduction
    p, q = np.split(modes, [len(r.sample_rates)])
    own = np.concatenate([r.sample_rates, r.label_rates])[:, None] * modes
    across = np.vstack([r.links @ q, r.links.T @ p])
    rest = heads**2 * own - heads * across + decay * modes
    return np.linalg.norm(rest, axis=0) / (heads * np.linalg.norm(across, axis=0))
