"""Trajectory: what a simulation leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory.errors import InputError
from theory.loss import Loss

if TYPE_CHECKING:
    import xarray


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
        for each first integral of the flow its drift, relative to the size of its terms at the start (T,).
    method
        how it was integrated, in words.
    parameters, seed
        what makes the run again.
    model
        whose flow was followed, or None where that is not known.
    stopped
        why it ends before the last time that was asked for, in a sentence; empty where it does not.
    complete
        whether everything that was asked for is here; what is here is valid either way.
    end
        the last state, by the name of its blocks.
    recover
        gives chosen samples at the recorded times where propagators are known; see :meth:`samples`.
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
    model: Loss | None = None
    stopped: str = ""
    complete: bool = True
    end: Mapping[str, NDArray] = field(default_factory=dict)
    recover: Callable[[NDArray], NDArray] | None = None

    @property
    def head_eigenvalues(self) -> NDArray:
        """Eigenvalues of the head (T, d), complex, by descending real part."""
        if self.head is None:
            raise AttributeError("this model has no head")
        values = np.linalg.eigvals(self.head).astype(complex)
        return np.take_along_axis(values, np.argsort(-values.real, axis=1), axis=1)

    def samples(self, chosen: ArrayLike) -> NDArray:
        """Embeddings (T, d, chosen) of chosen samples (whole numbers from 0 on) at the recorded times.

        A sample is the mean of its type and the propagated rest, so that any of them is known afterwards at no cost in N.

        Raises
        ------
        InputError
            for numbers that are no samples, for samples that were never drawn, and where the run has no propagators: one by
            the direct method, one in finite steps, one that was loaded from a file, or one of more than 10^7 recorded entries.
        """
        if self.recover is None:
            expected = "a run of order parameters that keeps its states, or an exact one"
            raise InputError(expected, self.method, 'simulate with method="order-parameters", at fewer times')
        return self.recover(np.asarray(chosen))

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

    def to_xarray(self) -> xarray.Dataset:
        """As a labelled dataset; see :func:`theory.simulation.storage.to_xarray`."""
        from theory.simulation.storage import to_xarray

        return to_xarray(self)

    def save(self, path: str | Path, attributes: Mapping[str, str] | None = None) -> Path:
        """Write a NetCDF file, at once or not at all; see :func:`theory.simulation.storage.save`."""
        from theory.simulation.storage import save

        return save(self, path, attributes)

    @staticmethod
    def load(path: str | Path) -> Trajectory:
        """The trajectory in a file that :meth:`save` has written; see :func:`theory.simulation.storage.load`."""
        from theory.simulation.storage import load

        return load(path)
