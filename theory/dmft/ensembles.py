r"""Ensembles of frustrated pairs (§6 of the notes), and the self-consistency that each closure of them obeys.

:math:`K\to\infty` classes with :math:`n_0` pure samples each; frustrated samples join two classes with weight q each, so that
a class has f *links*: Poisson of mean c (``poisson``), or exactly c of them (``regular``).  With :math:`H=1` the samples are
integrated out exactly.  With the adjacency B of the class graph, labels obey

.. math:: G(s)=\tfrac1K\operatorname{tr}\big[\alpha+\beta f-hB\big]^{-1},\quad
          \alpha=s+n_0-\frac{n_0}{s+1},\quad h=\frac{q^2}{s+2q},\quad\beta=q-h ,

and so does the resolvent at :math:`z=\mu^2` of the squared canonical correlations, with :math:`\alpha=n_0(z-1)`,
:math:`\beta=q(z-\frac12)`, :math:`h=\frac q2`, up to the degrees :math:`n_0+qf` under the trace.  One :class:`Kernel` is a
value of the three.  On a tree the response of a label without one of its links is :math:`g`, and

.. math:: g=\Big[\alpha+\beta(e+1)-h^2\sum_{j\le e}g_j\Big]^{-1},\qquad G=E\Big[\alpha+\beta f-h^2\sum_{j\le f}g_j\Big]^{-1},

with e links beside the one: Poisson of mean c, or c - 1.  This is the ``cavity``, exact as :math:`K\to\infty`.  The ``large-c``
closure replaces the sums by :math:`c\,G`, and is wrong by a relative :math:`O(1/c)` whatever K.

The formulas are functions of any arithmetic: the derivation ``dmft`` shows them with symbols.

>>> pairs = Pairs("regular", pure_per_class=2, links=3)
>>> pairs.labels(1.0)
Kernel(alpha=2.0, beta=0.375, hop=0.125)

When it fails: few classes close loops of links before a label has forgotten its start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from theory import require
from theory.errors import InputError

EnsembleName = Literal["poisson", "regular"]
Closure = Literal["large-c", "cavity"]

MOST_LINKS = 500  # beyond which the probability of no link, which ends the bands, is lost in doubles


@dataclass(frozen=True)
class Kernel:
    """The coefficients at one point, or at many: numbers of any arithmetic, or arrays."""

    alpha: Any
    beta: Any
    hop: Any

    @property
    def in_columns(self) -> Kernel:
        """The kernel of points (n,) as columns (n, 1), for levels at many numbers of links."""
        return Kernel(self.alpha[:, None], self.beta[:, None], np.asarray(self.hop)[..., None])


def pair_memory(s: Any, weight: Any) -> Any:
    """What a frustrated sample passes on between its labels."""
    return weight * (weight / (s + 2 * weight))


def of_labels(s: Any, pure: Any, weight: Any) -> Kernel:
    """The kernel of the response of labels at s."""
    return Kernel(s + pure * s / (s + 1), weight * (s + weight) / (s + 2 * weight), pair_memory(s, weight))


def of_correlations(z: Any, pure: Any, weight: Any) -> Kernel:
    """The kernel of the resolvent of squared canonical correlations at z."""
    return Kernel(pure * (z - 1), weight * (2 * z - 1) / 2, weight / 2)


def label_level(kernel: Kernel, links: Any, below: Any) -> Any:
    """The inverse of the response of a label of so many links, from the sum of the responses of its neighbours without it."""
    return kernel.alpha + kernel.beta * links - kernel.hop**2 * below


def label_degree(pure: Any, links: Any, weight: Any) -> Any:
    """The degree of a label."""
    return pure + weight * links


def squared_correlation(eigenvalue: Any, pure: Any, links: Any, weight: Any) -> Any:
    """Where every class has as many links: that of an eigenvalue of the class graph."""
    return (pure + weight * (links + eigenvalue) / 2) / label_degree(pure, links, weight)


def frustrated_fraction(pure: Any, links: Any) -> Any:
    """The fraction of the frustrated samples among all."""
    return links / (links + 2 * pure)


SIZES = (
    ("pure_per_class", 1, "give the pure samples of one class"),
    ("links", 0, "give the mean number of frustrated samples at a class"),
    ("weight", 0, "give that of one of the two couplings of a frustrated sample"),
)


@dataclass(frozen=True)
class Pairs:
    """An ensemble and its closure.

    Attributes
    ----------
    ensemble
        distribution of the links of a class.
    pure_per_class
        at least one.
    links
        c, the mean number of links of a class: non-negative, for the large-c closure of ``poisson`` at most 500; for
        ``regular`` an integer, at least 2.
    weight
        q, of each of the two couplings of a frustrated sample; pure samples have weight one.
    closure
        ``cavity``, exact and the default, or ``large-c``; for ``regular`` the latter needs at least 4 links, below which it
        gives samples negative weights.

    Raises
    ------
    InputError
        for anything else.
    """

    ensemble: EnsembleName
    pure_per_class: float
    links: float
    weight: float = 0.5
    closure: Closure = "cavity"

    def __post_init__(self):
        require.one_of(self.ensemble, get_args(EnsembleName), "ensemble")
        require.one_of(self.closure, get_args(Closure), "closure")
        for name, least, remedy in SIZES:
            require.real(getattr(self, name), f"{name} as a finite number of at least {least}", remedy, least=least)
        require.positive(self.weight, "weight", "leave the links out instead, with links=0")
        if self.ensemble == "regular":
            self._check_regular()
        elif self.closure == "large-c" and self.links > MOST_LINKS:
            remedy = "take the ensemble regular, which a Poisson one then resembles, or the closure cavity"
            raise InputError(f"at most {MOST_LINKS} links for the large-c closure", repr(self.links), remedy)

    def _check_regular(self) -> None:
        require.whole(
            self.links, "an integer number of links of at least 2", "give 2 or more, or take the ensemble poisson", least=2
        )
        if self.closure == "large-c" and self.links < 4:
            raise InputError(
                "at least 4 links for the large-c closure", repr(self.links), "give 4 or more, or take the closure cavity"
            )

    @property
    def branching(self) -> float:
        """What multiplies :math:`h^2g` on the way to a neighbour."""
        return self.links - 1 if self.ensemble == "regular" and self.closure == "cavity" else self.links

    def labels(self, s: Any) -> Kernel:
        """The kernel of the response of labels at s."""
        return of_labels(s, self.pure_per_class, self.weight)

    def correlations(self, z: Any) -> Kernel:
        """The kernel of the resolvent of squared canonical correlations at z."""
        return of_correlations(z, self.pure_per_class, self.weight)
