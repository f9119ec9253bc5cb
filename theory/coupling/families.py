"""Families of couplings (§1 of the notes): rows sum to one, and a fraction of the samples is frustrated.

Each returns weights of the sample types, sparse (T, K), and the number of samples of each (T,); no array is as long as the
number of samples, except the labels that a random family draws for its frustrated ones.  With symbols the families that treat
all labels alike are those of :mod:`theory.coupling.symmetric`.

>>> from theory import Coupling
>>> K, phi = 3, 0.25
>>> np.allclose(Coupling.uniform(K, 24, phi).frustration()[1:K], phi)
True
>>> np.allclose(Coupling.pairs(K, 24, phi).frustration()[1:K], phi * K / (2 * (K - 1)))
True
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Types = tuple[csr_array, NDArray]


def uniform(classes: int, samples: int, fraction: float) -> Types:
    r"""Frustrated samples couple to every label, weight 1/K each: all class modes have :math:`\psi=\varphi`."""
    frustrated, pure = _split_samples(classes, samples, fraction, groups=1)
    return _with_pure(classes, pure, np.arange(classes)[None, :], np.array([frustrated]))


def pairs(classes: int, samples: int, fraction: float) -> Types:
    r"""Frustrated samples couple to two labels, ½ each, all pairs equally often: :math:`\psi=\varphi K/(2(K-1))`."""
    links = np.array(list(combinations(range(_at_least_two(classes)), 2)))
    frustrated, pure = _split_samples(classes, samples, fraction, groups=len(links))
    return _with_pure(classes, pure, links, np.full(len(links), frustrated // len(links)))


def random_pairs(classes: int, samples: int, fraction: float, seed: int) -> Types:
    """Each frustrated sample couples to two labels drawn at random, ½ each.

    The number of frustrated samples at a label is Poisson for many classes, of mean ``2 * fraction * samples / classes``.
    """
    frustrated, pure = _split_samples(classes, samples, fraction, groups=1)
    rng = np.random.default_rng(seed)
    one, other = rng.integers(classes, size=frustrated), rng.integers(classes - 1, size=frustrated)
    other += other >= one
    drawn, counts = np.unique(np.minimum(one, other) * classes + np.maximum(one, other), return_counts=True)
    return _with_pure(classes, pure, np.column_stack(np.divmod(drawn, classes)), counts)


def regular_pairs(classes: int, pure_per_class: int, links: int, seed: int) -> Types:
    r"""One frustrated sample, ½ and ½, on each link of a random graph on the classes in which each class has ``links``.

    :math:`\mu^2=(n_0+c/4+b/4)/(n_0+c/2)` for each eigenvalue :math:`b` of the class graph.
    """
    import networkx

    _at_least_two(classes)
    for name, number in (("pure_per_class", pure_per_class), ("links", links)):
        require.whole(number, f"{name} as a non-negative integer")
    if links >= classes or links * classes % 2:
        even = [c for c in (links - 1, links + 1) if 0 < c < classes and c * classes % 2 == 0]
        remedy = f"use links={even[0]}" if even and links < classes else f"use at most {classes - 1} links or more classes"
        raise InputError("links below the number of classes, with links * classes even", f"{links} * {classes}", remedy)
    graph = networkx.random_regular_graph(links, classes, seed=seed)
    joined = np.sort(np.array(sorted(graph.edges), dtype=int).reshape(-1, 2), axis=1)
    return _with_pure(classes, pure_per_class, joined, np.ones(len(joined), dtype=int))


def wrong_labels(classes: int, samples: int, fraction: float, seed: int) -> Types:
    """The control: a fraction of the samples has one label like all others, but a wrong one, drawn at random.

    Every sample still has a single label, so that the data stay classifiable and nothing is frustrated.
    """
    wrong, _ = _split_samples(classes, samples, fraction, groups=1, alike=True)
    rng = np.random.default_rng(seed)
    right = rng.choice(samples, size=wrong, replace=False) // (samples // classes)
    given = (right + 1 + rng.integers(classes - 1, size=wrong)) % classes
    moved = np.bincount(given, minlength=classes) - np.bincount(right, minlength=classes)
    return _with_pure(classes, samples // classes + moved, np.zeros((0, 1), dtype=int), np.zeros(0, dtype=int))


def _with_pure(classes: int, pure: int | NDArray, joined: NDArray, counts: NDArray) -> Types:
    """Pure samples of each class, and ``counts`` samples coupled equally to the labels in each row of ``joined``."""
    from scipy.sparse import csr_array, eye_array, vstack

    size = joined.shape[1]
    starts = np.arange(0, joined.size + 1, size)
    shared = csr_array((np.full(joined.size, 1 / size), joined.ravel(), starts), shape=(len(joined), classes))
    types = vstack([eye_array(classes), shared], format="csr")
    numbers = np.concatenate([np.broadcast_to(pure, classes), counts])
    return types[numbers > 0], numbers[numbers > 0]


def _split_samples(classes: int, samples: int, fraction: float, groups: int, alike: bool = False) -> tuple[int, int]:
    """The number of frustrated samples, in equal ``groups``, and of the others in each class (all samples, with ``alike``)."""
    _at_least_two(classes)
    require.whole(samples, "samples as a positive integer", f"give at least {classes}, one of each class", least=1)
    require.real(
        fraction, "a fraction of frustrated samples between 0 and 1", "give the share, not a percentage", least=0, most=1
    )
    frustrated = round(samples * fraction)
    shared = samples if alike else samples - frustrated
    left, over = shared % classes, frustrated % groups
    if abs(frustrated - samples * fraction) > 1e-9 * samples:
        remedy = _nearest_counts(classes, shared, max(frustrated, 1), groups, alike)
        raise InputError("a whole number of frustrated samples", f"{samples} x {fraction}", remedy)
    if left or over:
        kind = "samples" if alike else "pure ones"
        wanted = f"{shared} {kind} divisible by {classes} classes and {frustrated} frustrated ones by {groups}"
        remedy = _nearest_counts(classes, shared, frustrated, groups, alike)
        raise InputError(wanted, f"remainders {left} and {over}", remedy)
    return frustrated, shared // classes


def _nearest_counts(classes: int, shared: int, frustrated: int, groups: int, alike: bool) -> str:
    """A remedy: counts close to the wanted ones that divide."""
    each, every = max(round(shared / classes), 1), max(round(frustrated / groups), 1 if frustrated else 0)
    samples = classes * each + (0 if alike else groups * every)
    return f"use samples={samples}, fraction={groups * every}/{samples} or other counts that divide"


def _at_least_two(classes: int) -> int:
    require.whole(classes, "classes as a non-negative integer")
    return require.whole(classes, "at least two classes", "add classes", least=2)
