"""Trajectory: what a simulation leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory.errors import InputError


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Observables of one run at T times.

    Attributes
    ----------
    times
        (T,), increasing.
    labels
        label embeddings (T, d, K).
    head
        (T, d, d), or None for a model without one.
    loss
        (T,), the erased loss.
    accuracy, accuracy_error
        (T,): share of the samples whose nearest label, to the sample side of the loss, is one of their own, and its
        standard error (zero where every sample is integrated).
    min_separation
        (T,): smallest distance between two label embeddings.
    conserved
        for each first integral of the flow its drift, relative to its initial size (T,).
    method
        how it was integrated, in words.
    parameters, seed
        what makes the run again.
    """

    times: NDArray
    labels: NDArray
    head: NDArray | None
    loss: NDArray
    accuracy: NDArray
    accuracy_error: NDArray
    min_separation: NDArray
    conserved: Mapping[str, NDArray]
    method: str
    parameters: Mapping[str, float]
    seed: int

    @property
    def head_eigenvalues(self) -> NDArray:
        """Eigenvalues of the head (T, d), complex, by descending real part."""
        if self.head is None:
            raise AttributeError("this model has no head")
        values = np.linalg.eigvals(self.head).astype(complex)
        return np.take_along_axis(values, np.argsort(-values.real, axis=1), axis=1)

    @property
    def label_spread(self) -> NDArray:
        """Root of the summed squared distances of the labels from their mean (T,)."""
        return np.linalg.norm(self.labels - self.labels.mean(axis=2, keepdims=True), axis=(1, 2))

    def decay_time(self, start: float, stop: float) -> float:
        """The time in which the label spread falls by a factor e, by least squares on its logarithm between two times.

        Infinite where it does not fall.

        Raises
        ------
        InputError
            for fewer than three recorded times in between.
        """
        window = (self.times >= start) & (self.times <= stop)
        if window.sum() < 3:
            raise InputError(
                f"three recorded times between {start:g} and {stop:g}", str(window.sum()), "record more times there"
            )
        slope = np.polyfit(self.times[window], np.log(self.label_spread[window]), 1)[0]
        return -1 / float(slope) if slope < 0 else float("inf")
