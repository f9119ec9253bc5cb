r"""A coupling out of the moments of two views, and a coupling that is observed on other samples (§7 of the notes).

Two views :math:`\xi` and :math:`\eta` with second moments :math:`\Sigma=E[\xi\xi^T]`, :math:`P=E[\eta\eta^T]` and
:math:`M=E[\xi\eta^T]`, none of them centred, give the coupling :math:`D_x=\Sigma`, :math:`D_y=P`, :math:`J=M` of a student
:math:`E\xi` and the labels :math:`Y\eta`; one-hot :math:`\eta` make :math:`P` the class masses.  :math:`\Sigma` is turned to
its principal axes and scaled to a trace of one, as :meth:`theory.Coupling.from_data` does; a :math:`P` that is not diagonal is
turned to its axes too, so that "labels" are then axes of targets.

>>> import numpy as np
>>> two = from_views(np.diag([2.0, 1.0]), np.array([[0.5, -0.5], [0.0, 0.0]]), np.array([0.5, 0.5]))
>>> two.modes().round(6)
array([0.707107, 0.      ])

When it fails: a singular Σ is reduced to its range, and said in the coupling's ``notes``.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling import Coupling
from theory.coupling.weights import Mobility
from theory.encoder.encoder import Encoder, Sample, encoder_of_moments
from theory.encoder.moments import read_samples
from theory.errors import InputError

POSITIVE = 1e-12  # smallest eigenvalue of moments that counts, relative to the largest


def from_views(
    second: NDArray,
    cross: NDArray,
    targets: NDArray,
    observed: tuple[NDArray, NDArray] | None = None,
    mobility: Mobility = "degree",
) -> Encoder:
    """The coupling of two views.

    Parameters
    ----------
    second, cross, targets
        Σ (p, p), M (p, K), and P as a matrix (K, K) or as masses (K,).
    observed
        inputs (n, p) and classes (n,) on which the student is observed; without them nothing is, and an accuracy says nothing.
    mobility
        as for :class:`theory.Coupling`; along the principal axes.

    Raises
    ------
    InputError
        for moments whose shapes do not match, or that are not positive.
    """
    second, cross, targets = (np.asarray(m, dtype=float) for m in (second, cross, targets))
    p, k = cross.shape
    if second.shape != (p, p) or targets.shape not in ((k,), (k, k)):
        raise InputError(f"moments ({p}, {p}), ({p}, {k}) and ({k},)", f"{second.shape}, {targets.shape}", "match them")
    axes, notes = principal_axes(second)
    masses, turn = (targets, np.eye(k)) if targets.ndim == 1 else np.linalg.eigh(targets)
    if masses.min() <= POSITIVE * masses.max():
        raise InputError("labels that all occur", f"a mass of {masses.min():.2g}", "drop the label")
    first, variances = axes.T @ cross @ turn, np.diag(axes.T @ second @ axes)
    unexplained = unexplained_part(first, variances, masses)
    trained = Sample(np.zeros((0, len(variances))), np.zeros(0, dtype=int))
    seen = Sample(np.zeros((1, len(variances))), np.array([-1]))
    if observed is not None:
        trained = seen = Sample(observed[0] @ axes, observed[1])
    return encoder_of_moments(first, variances, masses, unexplained, mobility, notes, trained, seen)


def principal_axes(second: NDArray) -> tuple[NDArray, list[str]]:
    """Principal axes (p, axes) scaled to a trace of one, and what was dropped."""
    values, vectors = np.linalg.eigh(second)
    kept = np.flatnonzero(values > POSITIVE * values[-1])[::-1]
    notes = [] if len(kept) == len(values) else [f"{len(kept)} of {len(values)} principal axes have variance and were kept."]
    return vectors[:, kept] / np.sqrt(np.trace(second)), notes


def unexplained_part(first: NDArray, variances: NDArray, masses: NDArray) -> NDArray:
    r"""F (K, K) with :math:`F^TF=P-M^T\Sigma^{-1}M`, of moments along principal axes."""
    shares, parts = np.linalg.eigh(np.diag(masses) - first.T @ (first / variances[:, None]))
    return np.sqrt(np.maximum(shares, 0))[:, None] * parts.T


def observed_on(
    coupling: Coupling,
    trained: ArrayLike,
    features: ArrayLike,
    labels: Iterable[Hashable],
    names: Iterable[Hashable] | None = None,
) -> Encoder:
    """The same coupling, whose accuracy is that on other samples, such as a test set: the flow does not change.

    Parameters
    ----------
    coupling
        made by :meth:`theory.Coupling.from_data`, with or without a bias.
    trained
        the inputs that it was made from (n, p).
    features, labels
        the other samples (m, p), (m,).
    names
        the classes in their order; by default those that occur.

    Raises
    ------
    InputError
        for a coupling without features, inputs of another width, and labels that were not trained.
    """
    inputs, _, _ = read_samples(features, labels)
    base = np.asarray(trained, dtype=float)
    if not isinstance(coupling, Encoder) or base.shape != (coupling.drawable, inputs.shape[1]):
        raise InputError("the inputs that the coupling was made from", f"an array {base.shape}", "give both data sets whole")
    given = np.asarray(labels if hasattr(labels, "__array__") else list(labels))
    known = np.unique(given) if names is None else np.asarray(list(names))
    if len(known) != coupling.labels or not np.isin(given, known).all():
        raise InputError(f"labels among the {coupling.labels} that were trained", f"{len(known)}", "give them as names")
    own = np.searchsorted(known, given)
    turn = np.linalg.lstsq(_with_constant(base), coupling.trained.features, rcond=None)[0]
    return replace(coupling, seen=Sample(_with_constant(inputs) @ turn, own))


def _with_constant(inputs: NDArray) -> NDArray:
    return np.column_stack([inputs, np.ones(len(inputs))])
