r"""Moments of a teacher over the population, and the coupling that they make (§7 of the notes).

Stein's lemma for :math:`\xi\sim N(0,\Sigma)` turns the class means into densities on the boundaries between classes,

.. math:: E[\xi1_a]=\Sigma A^T\,E[\nabla1_a]=\Sigma\,(A^T L)_a,\qquad L_{ab}=-\ell_{ab},\quad L_{aa}=\sum_b\ell_{ab},

where :math:`\ell_{ab}` is the density of :math:`h_a-h_b` at zero times the probability that the two, being equal, are the
largest: :math:`L` is the Laplacian of a graph of classes that share a boundary.  Of any covariance :math:`C=A\Sigma A^T` of the
fields it needs orthants of K - 2 normals, and the class masses need K - 1: elementary up to K = 4, by quadrature up to K = 6,
and by sampling beyond, with a standard error.  With noise :math:`M=(1-\varphi)E[\xi1_a]`, and masses move to 1/K.
Independent fields of one variance have
:math:`L=\frac{e_K}{K-1}(1-\frac1K)` at any K, hence :math:`\mu=(1-\varphi)\,e_K\sqrt K/(K-1)`.

>>> from theory.encoder.teachers import argmax_teacher
>>> found = population(argmax_teacher(classes=4, inputs=6, noise=0.1))
>>> found.coupling().modes().round(6), found.method
(array([0.617625, 0.617625, 0.617625, 0.      ]), 'independent fields')
>>> found.coupling(bias=True).modes().round(6)
array([1.      , 0.617625, 0.617625, 0.617625])

When it fails: inputs that are not normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from theory.coupling.weights import Mobility
from theory.encoder.encoder import Encoder, Sample
from theory.encoder.maxima import check_classes, expected_maximum
from theory.encoder.orthants import MOST, orthant_probability
from theory.encoder.teachers import LabelTeacher
from theory.encoder.views import from_views

EQUAL = 1e-12  # relative deviation of the fields' covariance from a multiple of the identity that is rounding
DRAWN = 10**6  # sampled fields where no quadrature is offered


def argmax_correlation(classes: int, noise: float = 0.0) -> float:
    r"""The canonical correlation :math:`\mu=(1-\varphi)\,e_K\sqrt K/(K-1)` of every class mode with orthonormal rows.

    Raises
    ------
    InputError
        for fewer than two classes.
    """
    check_classes(classes)
    return float((1 - noise) * expected_maximum(classes).value * np.sqrt(classes) / (classes - 1))


@dataclass(frozen=True, eq=False)
class Population:
    """Moments of a teacher.

    Attributes
    ----------
    second, cross, masses
        Σ (p, p), M (p, K) and the class masses (K,).
    error
        the largest standard error of a sampled number in units of the fields, or the largest estimate of a quadrature error;
        zero for closed forms.
    method
        how the moments were found, in words.
    """

    second: NDArray
    cross: NDArray
    masses: NDArray
    error: float
    method: str

    def coupling(self, *, bias: bool = False, mobility: Mobility = "degree", observed: Sample | None = None) -> Encoder:
        """The two-view coupling of a student.

        Parameters
        ----------
        bias
            adds a constant input of the mean square norm of the others, which carries the canonical correlation 1.
        mobility
            as for :class:`theory.Coupling`.
        observed
            a sample of the teacher on which the accuracy is taken.
        """
        second, cross = self.second, self.cross
        if bias:
            size = np.sqrt(np.trace(second))
            second = np.block([[second, np.zeros((len(second), 1))], [np.zeros((1, len(second))), size**2]])
            cross = np.vstack([cross, size * self.masses])
            if observed is not None:
                constant = np.full(len(observed.features), size)
                observed = Sample(np.column_stack([observed.features, constant]), observed.classes)
        return from_views(second, cross, self.masses, observed, mobility)


def population(teacher: LabelTeacher, seed: int = 0) -> Population:
    """The moments of a teacher; ``seed`` is of the sampled fields, where they are sampled.

    Raises
    ------
    UnfinishedError
        where a quadrature does not converge.
    """
    fields = teacher.rows @ teacher.second @ teacher.rows.T
    laplacian, masses, error, method = _boundary_laplacian(fields, seed)
    cross = (1 - teacher.noise) * teacher.second @ teacher.rows.T @ laplacian
    return Population(teacher.second, cross, (1 - teacher.noise) * masses + teacher.noise / teacher.classes, error, method)


def _boundary_laplacian(fields: NDArray, seed: int) -> tuple[NDArray, NDArray, float, str]:
    """The Laplacian of boundary densities (K, K), the masses without noise (K,), their error, and the method."""
    k = len(fields)
    if np.abs(fields - fields[0, 0] * np.eye(k)).max() <= EQUAL * fields[0, 0]:
        top = expected_maximum(k)
        unit = top.value / (k - 1) / np.sqrt(fields[0, 0])
        return unit * (np.eye(k) - 1 / k), np.full(k, 1 / k), top.error, "independent fields"
    if k - 1 > MOST:
        return _sample_boundaries(fields, seed)
    masses = [orthant_probability(_difference_covariance(fields, a)) for a in range(k)]
    ties = {pair: _tie_density(fields, *pair) for pair in combinations(range(k), 2)}
    laplacian = np.zeros((k, k))
    for (a, b), (density, _) in ties.items():
        laplacian[[a, b], [b, a]] = -density
    np.fill_diagonal(laplacian, -laplacian.sum(axis=1))
    error = max(*(m.error for m in masses), *(e for _, e in ties.values()), 0.0)
    method = "closed form" if error == 0 else "quadrature"
    return laplacian, np.array([m.value for m in masses]), error, method


def _difference_covariance(fields: NDArray, a: int) -> NDArray:
    """Covariance of what field a is above the others."""
    above = np.delete(np.eye(len(fields))[a] - np.eye(len(fields)), a, axis=0)
    return above @ fields @ above.T


def _tie_density(fields: NDArray, a: int, b: int) -> tuple[float, float]:
    """The density of a tie of a and b at the top, and its error."""
    unit = np.eye(len(fields))
    across, above = unit[a] - unit[b], np.delete(unit[a] - unit, [a, b], axis=0)
    spread, pull = across @ fields @ across, above @ fields @ across
    top = orthant_probability(above @ fields @ above.T - np.outer(pull, pull) / spread)
    density = 1 / np.sqrt(2 * np.pi * spread)
    return density * top.value, density * top.error


def _sample_boundaries(fields: NDArray, seed: int) -> tuple[NDArray, NDArray, float, str]:
    r"""The boundaries by :math:`E[h1_a]=C\,L_a`, solved for L on differences of fields."""
    values, vectors = np.linalg.eigh(fields)
    root = vectors * np.sqrt(np.maximum(values, 0))
    drawn = np.random.default_rng(seed).standard_normal((DRAWN, len(fields)))
    own = np.eye(len(fields))[np.argmax(drawn @ root.T, axis=1)]
    means, masses = drawn.T @ own / DRAWN, own.mean(axis=0)
    error = np.sqrt(np.max(drawn.T**2 @ own / DRAWN - means**2) / DRAWN)
    laplacian = np.linalg.pinv(root.T) @ means
    return laplacian, masses, float(error), f"{DRAWN:,} sampled fields"
