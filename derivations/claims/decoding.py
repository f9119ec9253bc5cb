r"""The claim on accuracy after collapse: the nearest label has no scale (§2 of the notes).

Once the fast modes have decayed, samples of type τ are where the slow ones have them,

.. math:: m_\tau(t)-\bar m=\sum_ke^{-r_kt}\,\frac{\sum_aJ_{\tau a}\,y^{(k)}_a}{d_\tau-r_k/\eta_\tau},

in proportion to the labels :math:`e^{-r_kt}y^{(k)}_a`.  Multiplying all embeddings by one number, and moving all of them by one
vector, changes no nearest label, so that the accuracy stays when all distances shrink to zero.  It ends where the distances are
below the rounding of the common point: with b bits at the distance :math:`2^{-b}` of its length.

When it fails: of several components, and where the slow modes are too many to be summed, nothing is predicted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.claims.starts import LinearMotion
from derivations.claims.subject import subject_of
from derivations.experiment import ExperimentRun
from theory.simulation.observables import accuracy, draw_followed

TIED = 1e-6  # difference of two distances, over their size, that rounding decides
FORMATS = (("half", np.float16), ("single", np.float32))
ENTRIES = 10**7  # of the paths of samples that are held at once
NOISE = 3.0  # standard errors of an accuracy that is known from a part of the samples


def claim_of_decoding(run: ExperimentRun) -> Claim:
    """That the accuracy at the end of a run without a head is that of the slow modes, whatever their size."""
    what, path = subject_of(run.coupling).name, run.trajectory
    names = (
        ClaimKind.DECODING,
        run.name,
        f"with {what} the nearest label still tells classes when labels have come together, since it has no scale",
        f"with {what} the nearest label did not tell as many classes as the slow modes do when labels had come together",
    )
    theory = "samples shrink with the labels, and a common factor changes no nearest label"
    linear = LinearMotion.of(run) if run.coupling.components == 1 else None
    if linear is None or not run.contracted:
        why = "labels have not come together" if linear is not None else "no closed form of the slow modes is at hand"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.OPEN, theory)
    predicted, tied = _accuracy_of_slow_modes(run, linear)
    measured = float(path.accuracy[-1])
    error = NOISE * float(path.accuracy_error[-1]) + tied
    evidence = (
        f"accuracy is {measured:.4g} at t = {path.times[-1]:.4g}, where labels are at {path.label_spread[-1]:.2g}, and "
        f"{predicted:.4g} for the slow modes in any size; {_say_rounded(run)}"
    )
    source = "of samples between two labels, and of those that are not looked at"
    held = ClaimVerdict.of(abs(measured - predicted) <= error)
    return Claim(*names, held, evidence, Outlook.HOLDS, theory, measured, predicted, error, source)


def _accuracy_of_slow_modes(run: ExperimentRun, linear: LinearMotion) -> tuple[float, float]:
    """The accuracy of the K slowest modes without the common point, scaled to the size one, and the share of near ties."""
    c, time = run.coupling, run.trajectory.times[-1]
    slow = slice(1, c.labels)
    rates = linear.rates[slow]
    parts = linear.parts[slow] * np.exp(-rates * time)[:, None, None]
    means = sum((c.types @ part.T).T / (c.sample_degrees - r / c.sample_mobility) for r, part in zip(rates, parts, strict=True))
    labels = parts.sum(axis=0)
    size = np.linalg.norm(labels)
    labels, means = labels / size, means / size
    weight = c.counts / c.samples
    return accuracy(c, means[:, c.type_of], labels), float(weight[_are_tied(means, labels)].sum())


def _are_tied(samples: NDArray, labels: NDArray) -> NDArray:
    """Which samples have two nearest labels that are as near."""
    distances = np.sort(cdist(samples.T, labels.T, "sqeuclidean"), axis=1)
    scale = distances[:, :2].sum(axis=1)
    return distances[:, 1] - distances[:, 0] <= TIED * scale


def _say_rounded(run: ExperimentRun) -> str:
    """What is left of the accuracy when embeddings are rounded to fewer bits."""
    path, c = run.trajectory, run.coupling
    chosen = draw_followed(c, len(path.times), path.seed)
    everything = np.arange(c.observed) if chosen is None else chosen
    labels = path.labels[-1]
    pieces = np.array_split(everything, len(everything) * path.labels[:, :, 0].size // ENTRIES + 1)
    samples = np.concatenate([path.samples(piece)[-1].copy() for piece in pieces], axis=-1)  # copied, or whole paths stay
    said = []
    for name, kind in FORMATS:
        rounded = accuracy(c, samples.astype(kind).astype(float), labels.astype(kind).astype(float), chosen)
        level = float(np.finfo(kind).eps / 2 * np.linalg.norm(labels.mean(axis=1)))
        reached = path.times[-1] + c.slow_time() * np.log(path.min_separation[-1] / level)
        said.append(f"in {name} precision {rounded:.4g}, whose rounding by {level:.1g} distances reach by t = {reached:.4g}")
    return "; ".join(said)
