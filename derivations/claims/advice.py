r"""What keeps all labels of some data apart, in numbers, and a run that tries it (§4.2 of the notes).

With a shared head, both targets stopped and decays :math:`\lambda,\kappa` in :math:`d\ge K` dimensions, the state in which all
K modes survive exists up to :math:`\lambda_c=\mu_K^2/4`, is stable where :math:`\kappa/\lambda\ge k_c` for every pair of modes,
for which a quarter is always enough, and holds mode k at the length :math:`\sqrt{\kappa/(\gamma\lambda)}\,w_k` on a direction
of its own, with :math:`w_k=\tfrac12(\mu_k+\sqrt{\mu_k^2-4\lambda})`.  Labels are then at the distances

.. math:: \lVert y_a-y_b\rVert^2=\frac\kappa{\gamma\lambda}\sum_kw_k^2\Big(\frac{\phi_k(a)}{\sqrt{d_a}}
          -\frac{\phi_k(b)}{\sqrt{d_b}}\Big)^2,

a regular simplex where all classes are alike.

When it fails: which state is reached is decided by the start, for the one without labels is stable too; of mobilities that are
not inverse to the degrees, of modes of correlation zero, and of many classes nothing is advised.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.claims.decays import eigenvalue_at_rest
from derivations.closed_forms.decaying import critical_decays
from derivations.closed_forms.thresholds import least_ratio
from derivations.dimensional.starts import CouplingModes
from derivations.experiment import ATOL, CONTRACTED, RTOL
from theory import Coupling, Trajectory, models, simulate

SHARE = 0.25  # of the critical decay that is advised
WEAKEST = 0.1  # correlation from which a mode can be kept by decays that end within the time of a run
MOST = 16  # classes of a run that is made
LASTING = 40.0  # decay times of the embeddings that the run lasts
SMALL = 0.5  # size of the embeddings at the start, beside a head that is the identity


@dataclass(frozen=True, eq=False)
class Advice:
    """What to choose.

    Attributes
    ----------
    dimension
        at least, so that each mode has a direction.
    critical
        the decay of the embeddings beyond which the weakest mode is lost.
    ratio
        the least decay of the head, over that of the embeddings, that keeps any two modes apart at the decay advised.
    decay
        of embeddings and of head, advised.
    distances
        of labels in theory, of all pairs, in units in which the mobility of the head is one over the sum of weights.
    """

    dimension: int
    critical: float
    ratio: float
    decay: float
    distances: NDArray

    @classmethod
    def of(cls, coupling: Coupling) -> Advice | None:
        """The advice for a coupling; None where none is known."""
        modes = coupling.modes()
        if not coupling.normalised or modes.min() < WEAKEST:
            return None
        critical = float(critical_decays(modes.min()))
        decay = SHARE * critical
        return cls(coupling.labels, critical, ratio_for_all(modes, decay), decay, _distances(coupling, decay))


def ratio_for_all(modes: NDArray, decay: float) -> float:
    """The least decay of the head, over that of the embeddings, that keeps any two modes apart."""
    pairs = combinations(np.unique(modes.round(9)), 2)
    return max((least_ratio(float(a), float(b), decay) for a, b in pairs), default=0.0)


def _distances(coupling: Coupling, decay: float) -> NDArray:
    """The distances of all pairs of labels where each mode has a direction of its own, and the decays are equal."""
    modes = CouplingModes.of(coupling)
    kept = slice(0, coupling.labels)
    own = modes.vectors[-coupling.labels :, kept] / coupling.label_degrees[:, None]
    lengths = eigenvalue_at_rest(modes.correlations[kept], decay)
    return np.sqrt(coupling.total_weight) * pdist(own * lengths)


@dataclass(frozen=True, eq=False)
class AdvisedRun:
    """A run with what was advised."""

    advice: Advice
    coupling: Coupling
    trajectory: Trajectory


def try_advice(coupling: Coupling, seed: int, progress: Callable[[float], None]) -> AdvisedRun | None:
    """The run; None where nothing is advised, or classes are many."""
    advice = Advice.of(coupling) if coupling.labels <= MOST else None
    if advice is None:
        return None
    d, rng = advice.dimension, np.random.default_rng(seed)
    initial = {
        "X": SMALL * rng.standard_normal((d, coupling.samples)),
        "Y": SMALL * rng.standard_normal((d, coupling.labels)),
        "W": np.eye(d),
    }
    last = LASTING / advice.decay
    path = simulate(
        models.projection_head(head="shared", stop="both"),
        coupling,
        dimension=d,
        times=[0.0, *np.geomspace(1e-2, last / 2, 60), last],
        seed=seed,
        initial=initial,
        parameters={"lambda": advice.decay, "kappa": advice.decay},
        rtol=RTOL,
        atol=ATOL,
        progress=progress,
    )
    return AdvisedRun(advice, coupling, path)


def _mode_lengths(run: AdvisedRun) -> NDArray:
    """The lengths of the mode vectors at the end, as labels show them."""
    c, modes = run.coupling, CouplingModes.of(run.coupling)
    own = modes.vectors[-c.labels :, : c.labels] / c.label_degrees[:, None]
    return np.linalg.norm(run.trajectory.labels[-1] @ np.linalg.inv(own.T) / np.sqrt(c.total_weight), axis=0)


def claim_of_advice(run: AdvisedRun | None) -> Claim:
    """That labels come to rest at the distances that are predicted."""
    names = (
        ClaimKind.SIMPLEX,
        "",
        "with the decays and the dimension that are advised all labels stay apart, at the distances of the state at rest",
        "with the decays and the dimension that are advised labels did not come to rest at the distances of the state at rest",
    )
    theory = "the state in which every mode survives exists and is stable there"
    if run is None:
        why = "classes are many, or their modes too weak, for such a run"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.OPEN, theory)
    theory += ", and so are states without some of them: the start decides"
    gaps, before, expected = (*(pdist(run.trajectory.labels[k].T) for k in (-1, -2)), run.advice.distances)
    lost = int(np.sum(_mode_lengths(run) < CONTRACTED))
    if lost:
        why = f"{lost} of {run.coupling.labels} modes were lost, and the smallest distance of two labels is {gaps.min():.2g}"
        found, foreseen = f"{lost} modes lost", f"{expected.min():.3g} or lost"
        return Claim(*names, ClaimVerdict.FAILED, why, Outlook.OPEN, theory, found=found, foreseen=foreseen)
    off = float(np.abs(gaps / expected - 1).max())
    error = 2 * float(np.abs(gaps / before - 1).max()) + gaps.size * RTOL
    evidence = (
        f"distances of two labels lie between {gaps.min():.5g} and {gaps.max():.5g}, in theory between "
        f"{expected.min():.5g} and {expected.max():.5g}; the largest ratio of the two is off one by {off:.2g}"
    )
    source = "which is twice what the second half of the run changes, and its tolerance"
    return Claim(*names, ClaimVerdict.of(off <= error), evidence, Outlook.OPEN, theory, off, 0.0, error, source)
