r"""Starts of the shared predictor, and what can be said of their ends before anything is simulated.

A start has standard normal embeddings times :data:`SPREAD` and a head of a multiple of the identity and a normal part.  In
units in which the mobility of the head is one, two symmetric matrices of a start tell:

* :math:`Q=W^TW-ZH^{-1}Z^T`, which is conserved.  If :math:`Q\succ1`, all singular values of the head stay above 1, and every
  mode decays: :math:`\tfrac12\tfrac{d}{dt}|v_k|^2=-|Wv_k|^2+\mu_kv_k^TWv_k<0`.  Nothing survives; this is proved.
  If :math:`0\prec Q\prec\mu_K^2`, the sign of :math:`\det W` is kept, and a symmetric head at rest has
  :math:`0<|\omega|<\mu_K` in a direction without a survivor, which is stable only if all K modes of the sign of
  :math:`\omega` survive.  From a head near a positive multiple of the identity the top min(d, K) modes are therefore foreseen;
  that an even number of eigenvalues turns negative is not excluded.
* :math:`P=ZAZ^T`, the velocity of a head at zero.  A head much smaller than the embeddings is soon turned into it.  To leading
  order :math:`W=Pt` moves it to :math:`e^{Bt^2}Pe^{Bt^2}` with a symmetric :math:`B`, which keeps the signs of its eigenvalues:
  they are foreseen as those of the surviving modes.  Single runs may differ.

>>> from theory import Coupling
>>> coupling = Coupling.pairs(classes=3, samples=60, fraction=0.3)
>>> for kind in (IDENTITY, RANDOM, LARGE):
...     print(f"{kind.name:13}", foresee_split(coupling, draw_starts(coupling, 2, kind, runs=3, seed=0)))
identity-like [(2, 0), (2, 0), (2, 0)]
noise-like    [(1, 1), (1, 1), (1, 1)]
large         [(0, 0), (0, 0), (0, 0)]

When it fails: between these cases nothing is foreseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.dimensional.ends import End
from theory.coupling import Coupling
from theory.errors import InputError

SPREAD = 0.25  # size of the embeddings
SMALL = 0.25  # singular value of a head that is small, over that of the embeddings

Split = tuple[int, int]


@dataclass(frozen=True)
class StartKind:
    """A kind of start: its head is ``size`` times the identity and ``noise`` times a standard normal matrix."""

    name: str
    size: float
    noise: float = 0.02


IDENTITY, RANDOM, LARGE = StartKind("identity-like", 0.65), StartKind("noise-like", 0.0), StartKind("large", 2.0)
BETWEEN = StartKind("in between", 0.9, 0.1)


@dataclass(frozen=True, eq=False)
class CouplingModes:
    r"""The modes of a coupling that type means and labels have a part in; the others have correlation zero.

    Attributes
    ----------
    correlations
        (M,): :math:`\mu_k`, then :math:`-\mu_k`, then zeros.
    vectors
        (T + K, M): type means and labels (d, T + K) times these are the mode vectors.
    """

    correlations: NDArray
    vectors: NDArray

    @classmethod
    def of(cls, coupling: Coupling) -> CouplingModes:
        r"""The modes, from the singular vectors of :math:`D_x^{-1/2}JD_y^{-1/2}` on types.

        Raises
        ------
        InputError
            for mobilities that are not inverse to the degrees.
        """
        from scipy.linalg import block_diag

        if not coupling.normalised:
            raise InputError("mobilities 1/degree", repr(coupling), 'use mobility="degree"')
        samples, labels = np.sqrt(coupling.counts * coupling.sample_degrees), np.sqrt(coupling.label_degrees)
        left, strengths, right = np.linalg.svd(coupling.types.toarray() * (coupling.counts / samples)[:, None] / labels)
        few = len(strengths)
        both = [np.vstack([left[:, :few], sign * right[:few].T]) / np.sqrt(2) for sign in (1, -1)]
        vectors = np.hstack([*both, block_diag(left[:, few:], right[few:].T)])
        correlations = np.concatenate([strengths, -strengths, np.zeros(vectors.shape[1] - 2 * few)])
        return cls(correlations, vectors * np.concatenate([samples, labels])[:, None])

    def end_of(self, coupling: Coupling, means: NDArray, deviations: Sequence[NDArray], labels: NDArray, head: NDArray) -> End:
        """A state in modes, from type means (d, T), labels (d, K) and a head: deviations within types, columns of any number,
        count as modes of correlation zero."""
        own = np.hstack([means, labels]) / np.sqrt(coupling.total_weight) @ self.vectors
        zeros = np.zeros(sum(block.shape[1] for block in deviations))
        return End(head, np.hstack([own, *deviations]), np.concatenate([self.correlations, zeros]))


def draw_starts(coupling: Coupling, dimension: int, kind: StartKind, runs: int, seed: int) -> dict[str, NDArray]:
    """Random starts: X (runs, d, N), Y (runs, d, K), W (runs, d, d)."""
    rng = np.random.default_rng(seed)
    sizes = {"X": coupling.samples, "Y": coupling.labels}
    blocks = {name: SPREAD * rng.standard_normal((runs, dimension, size)) for name, size in sizes.items()}
    noise = kind.noise * rng.standard_normal((runs, dimension, dimension))
    return {**blocks, "W": kind.size * np.eye(dimension) + noise}


def conserved_matrices(coupling: Coupling, blocks: Mapping[str, NDArray]) -> NDArray:
    r""":math:`W^TW-ZH^{-1}Z^T/\sum J` of starts (R, d, d)."""
    X, Y, W = (blocks[name] for name in "XYW")
    samples, labels = 1 / coupling.sample_mobility[coupling.type_of], 1 / coupling.label_mobility
    size = (X * samples) @ _transpose_each(X) + (Y * labels) @ _transpose_each(Y)
    return _transpose_each(W) @ W - size / coupling.total_weight


def head_pull(coupling: Coupling, blocks: Mapping[str, NDArray]) -> NDArray:
    r""":math:`ZAZ^T/\sum J` of starts (R, d, d), the velocity of a head at zero."""
    X, Y = blocks["X"], blocks["Y"]
    members = np.eye(len(coupling.counts))[coupling.type_of]
    half = X @ members @ coupling.types.toarray() @ _transpose_each(Y) / coupling.total_weight
    return half + _transpose_each(half)


def foresee_split(coupling: Coupling, blocks: Mapping[str, NDArray]) -> list[Split | None]:
    """The numbers of survivors with positive and with negative correlations of each start, where something is foreseen."""
    kept, signs = conserved_matrices(coupling, blocks), np.sum(np.linalg.eigvalsh(head_pull(coupling, blocks)) > 0, axis=1)
    runs = zip(kept, blocks["W"], signs, strict=True)
    return [
        foreseen_of(coupling, q, head) or ((int(sign), len(q) - int(sign)) if _is_small(head, q) else None)
        for q, head, sign in runs
    ]


def foreseen_of(coupling: Coupling, kept: NDArray, head: NDArray) -> Split | None:
    r"""The same from :math:`Q` (d, d) and the head alone, without what is foreseen of small heads."""
    levels, weakest = np.linalg.eigvalsh(kept), float(coupling.modes().min()) ** 2
    if levels[0] > 1:
        return 0, 0
    if levels[0] > 0 and levels[-1] < weakest and np.linalg.eigvalsh(head.T + head)[0] > 0:
        return min(len(head), coupling.labels), 0
    return None


def _is_small(head: NDArray, kept: NDArray) -> bool:
    """Whether a head is small against the embeddings."""
    square = head.T @ head
    return bool(np.linalg.norm(square, 2) < SMALL**2 * np.linalg.norm(square - kept, 2))


def label_rank(split: Split, correlations: NDArray) -> int:
    r"""The rank of the geometry of labels in which the top and the bottom modes survive.

    Of the classes of one :math:`\mu`, m in number, survive p directions of :math:`\mu` and n of :math:`-\mu`; labels show their
    differences, of rank min(m, p + n).  The modes :math:`\pm1` of a connected coupling move all labels alike and add nothing.

    Parameters
    ----------
    split
        numbers of positive and of negative survivors.
    correlations
        :math:`\mu` (K,) of a connected coupling, descending, the trivial 1 first.
    """
    values, of = np.unique(np.round(correlations[1:], 9), return_inverse=True)
    of = len(values) - 1 - of
    taken = [np.bincount(of[: max(count - 1, 0)], minlength=len(values)) for count in split]
    return int(np.minimum(np.bincount(of), taken[0] + taken[1]).sum())


def _transpose_each(matrices: NDArray) -> NDArray:
    return np.swapaxes(matrices, -1, -2)
