r"""What decay of embeddings and head changes in the claims about runs with a head (§4.2 of the notes).

*Lost modes.*  With a decay :math:`\lambda` of the embeddings a mode loses length as

.. math:: \tfrac12\tfrac{d}{dt}|v_k|^2=-|Wv_k-\tfrac12\mu_kv_k|^2+(\tfrac14\mu_k^2-\lambda)|v_k|^2,

whatever the head does: those with :math:`\mu_k^2<4\lambda` are lost from every start, in every dimension.

*The head.*  At rest it acts on a mode that survives as :math:`w=\tfrac12(\mu+\sqrt{\mu^2-4\lambda})` or as the other root,
which is a saddle; for negative correlations with the opposite sign.  What is left of the motion,
:math:`r=W^T(W-\mu)v+\lambda v=(W-w_+)(W-w_-)v-(W-W^T)(W-\mu)v`, bounds :math:`|(W-w_+)v|` by the least singular value of
:math:`W-w_-`.

>>> eigenvalue_at_rest(np.array([1.0, -1.0, 0.5]), 0.09)
array([ 0.9, -0.9,  nan])
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from derivations.claims.claim import Outlook
from derivations.closed_forms.decaying import critical_decays, heads_at
from derivations.dimensional.ends import EQUAL
from derivations.dimensional.starts import CouplingModes
from derivations.experiment import ExperimentRun
from theory import Coupling


def eigenvalue_at_rest(correlations: NDArray, decay: float) -> NDArray:
    """How the head acts on modes that survive a decay; NaN for correlations that do not."""
    if not decay:
        return np.array(correlations, dtype=float)
    held = survives_decay(correlations, decay)
    upper, _ = heads_at(np.where(held, np.abs(correlations), 1.0), decay * held)
    return np.sign(correlations) * np.where(held, upper, np.nan)


def survives_decay(correlations: NDArray, decay: float) -> NDArray:
    """Whether a decay is not above the critical ones of correlations."""
    return critical_decays(np.abs(correlations)) >= decay


def distances_with_decay(head: NDArray, unit: NDArray, correlations: NDArray, decay: float) -> NDArray:
    """Bounds on the distances of Wv from wv for unit vectors v (d, S), from what is left of the motion."""
    others = correlations - eigenvalue_at_rest(correlations, decay)
    off = head @ unit - unit * correlations
    left = np.linalg.norm(head.T @ off + decay * unit, axis=0)
    left += np.linalg.norm(head - head.T, 2) * np.linalg.norm(off, axis=0)
    known = np.isfinite(others)
    least = [np.linalg.svd(head - w * np.eye(len(head)), compute_uv=False)[-1] for w in np.where(known, others, 0.0)]
    with np.errstate(divide="ignore"):
        return np.where(known, left / np.array(least), np.nan)


def outlook_with_decay(run: ExperimentRun) -> tuple[Outlook, str]:
    """What theory says of the labels of a run whose mobilities are inverse to the degrees."""
    c, parameters = run.coupling, run.trajectory.parameters
    decay, of_head = parameters["lambda"], parameters["kappa"]
    kept = int(np.sum(survives_decay(c.modes(), decay)))
    joined = joined_labels(c, kept)
    if joined:
        theory = f"a decay of {decay:.4g} is too large: it leaves {kept} of {c.labels} modes, those with mu^2/4 above it"
        theory += f", and these do not tell {joined} pairs of labels apart"
        if c.components < c.labels:
            critical = float(critical_decays(c.modes()[c.components]))
            theory += f"; of the modes that do, none bears more than {critical:.4g}"
        return Outlook.FAILS, theory
    if not (decay > 0 and of_head > 0):
        return Outlook.OPEN, "nothing is foreseen of a decay of embeddings or head alone"
    both = "the state in which they survive and that in which all is lost are both stable, and the start decides"
    return Outlook.OPEN, f"a decay of {decay:.4g} leaves {kept} of {c.labels} modes, those with mu^2/4 above it; {both}"


def joined_labels(coupling: Coupling, kept: int) -> int:
    """How many pairs of labels have the same coordinates in the top modes, with all of the last correlation among them."""
    from scipy.spatial.distance import pdist

    if kept == 0:
        return coupling.labels * (coupling.labels - 1) // 2
    modes = CouplingModes.of(coupling)
    kept = int(np.sum(modes.correlations >= coupling.modes()[kept - 1] - EQUAL))
    order = np.argsort(-modes.correlations, kind="stable")[:kept]
    own = modes.vectors[-coupling.labels :, order] / coupling.label_degrees[:, None]
    return int(np.sum(pdist(own) <= EQUAL * np.abs(own).max()))
