r"""The encoder of data: moments of inputs along the principal axes of their second moment (§7 of the notes).

Axes without variance are dropped.  Inputs are scaled to a mean square norm of one, as one-hot inputs have, so that standard
normal starts give embeddings of unit variance; the canonical correlations do not depend on the scale.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.coupling.weights import Mobility
from theory.encoder.encoder import Encoder, Sample, encoder_of_moments
from theory.errors import InputError


def from_data(features: ArrayLike, labels: Iterable[Hashable], *, bias: bool = False, mobility: Mobility = "degree") -> Encoder:
    """The encoder of inputs (samples, p) and one label a sample.

    With ``bias`` a constant input is added, of the same mean square norm as the others; it carries the canonical
    correlation 1.

    Raises
    ------
    InputError
        for ragged or non-finite inputs, a label count that does not match, or fewer than two classes.
    """
    inputs, classes, names = read_samples(features, labels)
    notes = []
    if bias:
        constant = np.sqrt(np.mean(np.sum(inputs**2, axis=1)))
        inputs = np.column_stack([inputs, np.full(len(inputs), constant)])
        notes.append("A constant input was added as a bias.")
    norm = np.sqrt(np.mean(np.sum(inputs**2, axis=1)))
    if norm == 0:
        raise InputError("inputs that are not all zero", "zeros only", "check the feature columns")
    axes, singular, _ = np.linalg.svd(inputs / norm, full_matrices=False)
    kept = singular > singular[0] * max(inputs.shape) * np.finfo(float).eps
    axes, singular = axes[:, kept], singular[kept]
    if dropped := inputs.shape[1] - len(singular):
        notes.append(
            f"{dropped} of {inputs.shape[1]} inputs are linear combinations of the others; {len(singular)} "
            f"principal axes were kept."
        )
    own, turned = np.eye(len(names))[classes], axes * singular
    unexplained = np.linalg.qr(own - axes @ (axes.T @ own), mode="r") / np.sqrt(len(own))
    first, variances = turned.T @ own / len(own), singular**2 / len(own)
    return encoder_of_moments(first, variances, own.mean(axis=0), unexplained, mobility, notes, Sample(turned, classes))


def read_samples(features: ArrayLike, labels: Iterable[Hashable]) -> tuple[NDArray, NDArray, NDArray]:
    """Inputs as an array, the class number of each sample, and the classes in order; or an :class:`InputError`."""
    inputs = read_inputs(features)
    given = np.asarray(labels if hasattr(labels, "__array__") else list(labels))
    if given.ndim != 1 or (given.dtype.kind == "f" and not np.isfinite(given).all()):
        raise InputError(
            "one label for each sample, none missing",
            f"labels of shape {given.shape} or with gaps",
            "drop samples without a label",
        )
    try:
        classes, index = np.unique(given, return_inverse=True)
    except TypeError as error:
        raise InputError("labels of one kind, none missing", str(error), "give a label for every sample") from None
    if len(index) != len(inputs):
        raise InputError(f"one label for each of {len(inputs)} samples", str(len(index)), "match features and labels")
    if len(classes) < 2:
        raise InputError("at least two classes", f"only {classes[0]}", "add samples of another class")
    return inputs, index, classes


def read_inputs(features: ArrayLike) -> NDArray:
    """Inputs as an array, a row each; or an :class:`InputError`."""
    try:
        raw = np.asarray(features)
        inputs = raw.astype(float, casting="safe" if raw.dtype.kind == "c" else "unsafe")
    except (TypeError, ValueError) as error:
        got = re.sub(r"np\.\w+\((.*?)\)", r"\1", str(error))
        raise InputError(
            "a rectangular array of real numbers, one row a sample", got, "make every row as long and numeric"
        ) from None
    if inputs.ndim != 2 or 0 in inputs.shape:
        raise InputError("features of shape (samples, inputs)", f"shape {inputs.shape}", "give one row a sample")
    if not np.isfinite(inputs).all():
        row, column = np.argwhere(~np.isfinite(inputs))[0]
        raise InputError(
            "finite features", f"{inputs[row, column]} in row {row}, column {column}", "drop or fill missing values"
        )
    return inputs
