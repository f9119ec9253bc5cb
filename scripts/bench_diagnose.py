"""Speed of ``diagnose`` on a million rows, against canonical correlations and discriminant analysis of scikit-learn.

Functions return rows like those of ``bench.py``; run as a script, it prints them.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations import diagnose

ROWS, FEATURES, CLASSES = 10**6, 100, 10
PIECE = 10**4
SECONDS, MEBIBYTES, SAME = 10, 1024, 1e-8


def diagnosis_rows() -> Iterator[dict]:
    features, classes = draw_data()
    before = peak_memory()
    first, found = measure_seconds(lambda: diagnose(features, classes))
    used = peak_memory() - before
    ours = min(first, measure_seconds(lambda: diagnose(features, classes))[0])
    what = f"diagnose, {ROWS:.0e} x {FEATURES}, K={CLASSES}"
    yield {
        "what": f"{what}, {first:.1f} s the first time",
        "measured": f"{ours:.2f} s",
        "goal": f"{SECONDS} s",
        "seconds": ours,
    }
    yield {"what": f"{what}: peak memory beyond the data", "measured": f"{used:.0f} MiB", "goal": f"{MEBIBYTES} MiB"}
    error = np.abs(found.mu - correlations_by_svd(features, classes)).max()
    yield {"what": f"{what}: correlations against an SVD of the data", "measured": f"{error:.0e}", "goal": f"{SAME:g}"}
    yield from (rival_row(name, make, ours, what, features, classes) for name, make in rival_methods())


def draw_data() -> tuple[NDArray, NDArray]:
    """Correlated columns of very different scales around class means."""
    rng = np.random.default_rng(0)
    classes, features = rng.integers(0, CLASSES, ROWS), np.empty((ROWS, FEATURES))
    mixing = np.eye(FEATURES) + rng.standard_normal((FEATURES, FEATURES)) / FEATURES**0.5
    centres, scales = rng.standard_normal((CLASSES, FEATURES)) / 4, 10.0 ** rng.uniform(-3, 3, FEATURES)
    for start in range(0, ROWS, PIECE):  # piece by piece, so that the peak of memory is that of the data
        part = slice(start, start + PIECE)
        features[part] = (rng.standard_normal((PIECE, FEATURES)) @ mixing + centres[classes[part]]) * scales
    return features, classes


def correlations_by_svd(features: NDArray, classes: NDArray) -> NDArray:
    """Cosines between left singular vectors of the centred features and centred classes."""
    import scipy.linalg

    centred = (features - features.mean(axis=0)) / features.std(axis=0)
    left, _, _ = scipy.linalg.svd(centred, full_matrices=False, overwrite_a=True, check_finite=False)
    own = np.eye(CLASSES)[classes]
    basis = np.linalg.svd(own - own.mean(axis=0), full_matrices=False)[0][:, : CLASSES - 1]
    return np.linalg.svd(left.T @ basis, compute_uv=False)


def rival_methods() -> Iterator[tuple[str, Callable]]:
    from sklearn.cross_decomposition import CCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    yield "LDA(solver='eigen')", lambda X, y: LinearDiscriminantAnalysis(solver="eigen").fit(X, y)
    yield "CCA, the first of all components", lambda X, y: CCA(n_components=1).fit(X, np.eye(CLASSES)[y])


def rival_row(name: str, fit: Callable, ours: float, what: str, features: NDArray, classes: NDArray) -> dict:
    theirs, _ = measure_seconds(lambda: fit(features, classes))
    goal = "5 x" if name.startswith("CCA") else "1 x"
    return {"what": f"scikit-learn's {name} / {what}", "measured": f"{theirs / ours:.1f} x", "goal": goal, "seconds": theirs}


def measure_seconds(function: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    result = function()
    return time.perf_counter() - started, result


def peak_memory() -> float:
    """The largest size of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for row in diagnosis_rows():
        print(f"{row['measured']:>12}{row['goal']:>10}  {row['what']}", flush=True)
