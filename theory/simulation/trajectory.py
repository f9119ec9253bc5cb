"""Run: what a simulation leaves behind, of one run or of many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.abridging import table_html
from theory.errors import InputError
from theory.loss import Loss
from theory.simulation import observables, storage
from theory.simulation.exact import EXACT

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

    from theory.coupling import Coupling


@dataclass(frozen=True, eq=False)
class Run:
    r"""Observables at T times, of one run, or of R runs as the first axis of everything but the times.

    Attributes
    ----------
    times
        (T,), increasing.
    labels
        label embeddings (T, d, K), or (R, T, d, K).
    head
        (T, d, d), or None for a model without one.
    loss
        (T,), the erased loss.
    accuracy, accuracy_error
        (T,): share of the samples whose nearest label, to the sample side of the loss, is one of their own, and its
        standard error (zero where every sample is integrated).  None where runs are integrated as one.
    min_separation
        (T,): smallest distance between two label embeddings.
    conserved
        for each first integral of the flow (that all runs have) its drift, relative to the size of its terms at the start (T,).
    method
        how it was integrated, in words.
    parameters, seed
        what makes the run again; of many runs (R,).
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
    spectrum
        (T, d): eigenvalues, the largest first, of the second moments :math:`\tfrac1N\sum_ix_ix_i^T` of the samples (of an
        encoder of its outputs): the squared singular values of their embeddings over N, in units of these squared.  Nothing is
        centred.  None where a file does not have it.
    means
        means of the sample types (R, T, d, types), in the order of each coupling's types, where runs are integrated as one.
    """

    times: NDArray
    labels: NDArray
    head: NDArray | None
    loss: NDArray
    accuracy: Any
    accuracy_error: Any
    min_separation: NDArray
    conserved: Mapping[str, NDArray]
    method: str
    parameters: Mapping[str, Any]
    seed: Any
    model: Loss | None = None
    stopped: str = ""
    complete: bool = True
    end: Mapping[str, NDArray] = field(default_factory=dict)
    recover: Callable[[NDArray], NDArray] | None = None
    means: Any = None
    spectrum: Any = None

    def __repr__(self):
        many = f"{len(self.seeds)} runs" if self.labels.ndim == 4 else "run"
        dimension, labels = self.labels.shape[-2:]
        ends = "; ".join(f"{name} {first} to {last}" for name, first, last in self._ends)
        return f"<{many} to t = {self.times[-1]:g}, {labels} labels in {dimension} dimensions, {self.method}: {ends}>"

    @property
    def _ends(self) -> list[tuple[str, str, str]]:
        """Names of observables with their first and last values, of many runs their means."""
        shown = {"loss": self.loss, "accuracy": self.accuracy, "smallest distance of labels": self.min_separation}
        known = {name: np.asarray(values) for name, values in shown.items() if values is not None}
        ends = {name: [f"{values[..., place].mean():.4g}" for place in (0, -1)] for name, values in known.items()}
        return [(name, first, last) for name, (first, last) in ends.items()]

    def _repr_html_(self) -> str:
        title = f"{self.method}, {len(self.times)} times" + (f"; {self.stopped}" if self.stopped else "")
        head = ("mean over the runs" if self.labels.ndim == 4 else "", f"t = {self.times[0]:g}", f"t = {self.times[-1]:g}")
        return table_html(title, head, self._ends)

    def plot(self, coupling: Coupling | None = None, title: str = "") -> Figure:
        """One run against time; see :func:`derivations.figures.trajectory`, of which this is the short form.

        Parameters
        ----------
        coupling
            whose predictions are drawn over the run.
        title
            above the panels; by default how it was integrated.

        Raises
        ------
        InputError
            for many runs, and without the extra ``report``, which draws.
        """
        if self.labels.ndim == 4:
            raise InputError("one run", f"{len(self.seeds)} runs", "follow one, or plot the arrays")
        require.extra("report", "matplotlib")
        from derivations.figures.trajectories import trajectory

        return trajectory(title or self.method, self, coupling)

    @property
    def is_exact(self) -> bool:
        """Whether no time was stepped: only rounding stands between the run and the flow."""
        return self.method.startswith(EXACT)

    @property
    def seeds(self) -> NDArray:
        """The seed of each run (R,)."""
        return np.atleast_1d(self.seed)

    @property
    def head_eigenvalues(self) -> NDArray:
        """Eigenvalues of the head (..., T, d), complex, by descending real part."""
        if self.head is None:
            raise AttributeError("this model has no head")
        values = np.linalg.eigvals(self.head).astype(complex)
        return np.take_along_axis(values, np.argsort(-values.real, axis=-1), axis=-1)

    def samples(self, chosen: ArrayLike) -> NDArray:
        """Embeddings (..., T, d, chosen) of chosen samples (whole numbers from 0 on) at the recorded times.

        A sample is the mean of its type and the propagated rest, so that any of them is known afterwards at no cost in N.

        Raises
        ------
        InputError
            for numbers that are no samples, for samples that were never drawn, and where the run has no propagators: one by
            the direct method, one in finite steps, one that was loaded from a file, one of more than 10^7 recorded entries, and
            many that were integrated as one.
        """
        if self.recover is None:
            expected = "a run of order parameters that keeps its states, or an exact one"
            raise InputError(expected, self.method, 'simulate one run with method="order-parameters", at fewer times')
        return self.recover(np.asarray(chosen))

    @property
    def label_spread(self) -> NDArray:
        """Root of the summed squared distances of the labels from their mean (..., T)."""
        return observables.label_spread(self.labels)

    @property
    def label_spectrum(self) -> NDArray:
        """Eigenvalues (..., T, d) of the second moments of the labels, as :attr:`spectrum` of the samples."""
        return observables.spectrum(self.labels @ self.labels.mT / self.labels.shape[-1])

    def decay_time(self, start: float, stop: float) -> float:
        """The time in which the label spread of one run falls by a factor e, by least squares on its logarithm in between.

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
        return storage.to_xarray(self)

    def save(self, path: str | Path, attributes: Mapping[str, str] | None = None) -> Path:
        """Write a NetCDF file, at once or not at all; see :func:`theory.simulation.storage.save`."""
        return storage.save(self, path, attributes)

    @staticmethod
    def load(path: str | Path) -> Run:
        """The run in a file that :meth:`save` has written; see :func:`theory.simulation.storage.load_fields`."""
        return Run(**storage.load_fields(path))


Trajectory = Run
Ensemble = Run


def stack_runs(runs: Sequence[Run]) -> Run:
    """Runs of the same times with the run as the first axis."""
    first, recovers = runs[0], [run.recover for run in runs if run.recover]
    found = [name for name in storage.SERIES if getattr(first, name) is not None]
    columns: dict[str, Any] = {name: np.stack([getattr(run, name) for run in runs]) for name in found}
    common = [name for name in first.conserved if all(name in run.conserved for run in runs)]
    alike = [n for n, block in first.end.items() if all(n in r.end and r.end[n].shape == block.shape for r in runs)]
    return replace(
        first,
        **columns,
        conserved={name: np.stack([run.conserved[name] for run in runs]) for name in common},
        method=f"{len(runs)} runs: {', and '.join(dict.fromkeys(run.method for run in runs))}",
        parameters={name: np.array([run.parameters[name] for run in runs]) for name in first.parameters},
        seed=np.array([run.seed for run in runs]),
        end={name: np.stack([run.end[name] for run in runs]) for name in alike},
        recover=(lambda chosen: np.stack([recover(chosen) for recover in recovers])) if len(recovers) == len(runs) else None,
    )
