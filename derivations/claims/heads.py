r"""Claims about runs of the shared head with stop-gradient (§4.1 of the notes; :mod:`derivations.claims.decays` for §4.2).

*Labels.*  Which modes survive depends on the start.  What is foreseen of it (:mod:`derivations.dimensional.starts`) rests on
:math:`Q=W^TW-\gamma ZH^{-1}Z^T`, which is conserved: nothing survives where :math:`Q\succ1`, the top modes do where
:math:`0\prec Q\prec\mu_K^2` and the head is positive, and nothing is foreseen where Q is not positive.  One dimension holds
the mode of a component at most, which moves the labels of it alike.

*Eigenvalues.*  For a mode vector :math:`v_k` the head W has an eigenvalue within
:math:`\operatorname{cond}(S)\,\lVert Wv_k-\mu_kv_k\rVert/\lVert v_k\rVert` of :math:`\mu_k`, with S its eigenvectors (Bauer and
Fike 1960).  A mode is *resolved* where that is less than half the distance to the next correlation.

When it fails: modes are those of mobilities inverse to the degrees; eigenvectors that nearly coincide resolve nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.claims.decays import distances_with_decay, eigenvalue_at_rest, joined_labels, outlook_with_decay
from derivations.claims.starts import EPS, conserved_matrix, start_of
from derivations.claims.subject import subject_of
from derivations.dimensional.ends import EQUAL, REST, End, judge_end
from derivations.dimensional.starts import CouplingModes, Split, foreseen_of
from derivations.experiment import CONTRACTED, ExperimentRun
from theory import Coupling
from theory.simulation.closure import deviation_blocks
from theory.simulation.observables import min_separation

ROUNDING = 10 * EPS  # of eigenvalues, for each dimension and relative to the norm of the head
LARGEST = 1000  # entries of survivors whose joint stability is computed


def claims_with_head(run: ExperimentRun) -> Iterator[Claim]:
    """The claims about one run."""
    end = RunEnd.of(run)
    yield _claim_separation(run, end)
    yield _claim_eigenvalues(run, end)
    yield _claim_stability(run, end)


@dataclass(frozen=True, eq=False)
class RunEnd:
    """The last state of a run, in modes."""

    end: End
    time: float
    decay: float

    @classmethod
    def of(cls, run: ExperimentRun) -> RunEnd | None:
        """The end of a run; None where the mobilities are not inverse to the degrees."""
        c, blocks = run.coupling, run.trajectory.end
        if not c.normalised:
            return None
        if "M" in blocks:
            means, deviations = blocks["M"], deviation_blocks(blocks)
        else:
            X = blocks["X"]
            means = np.array([np.bincount(c.type_of, weights=row, minlength=len(c.counts)) for row in X]) / c.counts
            deviations = [X - means[:, c.type_of]]
        end = CouplingModes.of(c).end_of(c, means, deviations, blocks["Y"], blocks["W"])
        return cls(end, float(run.trajectory.times[-1]), run.trajectory.parameters.get("lambda", 0.0))

    @property
    def residual_motion(self) -> float:
        """The largest entry of what vanishes at rest."""
        if not self.decay:
            return self.end.residual
        off = self.end.head @ self.end.modes - self.end.modes * self.end.correlations
        return float(np.abs(self.end.head.T @ off + self.decay * self.end.modes).max())

    @cached_property
    def bounds(self) -> NDArray:
        """Bounds (S,) for the axes of modes that are not lost: how far the next eigenvalue of the head is from that at rest, at
        most."""
        axes, correlations = self.end.survivors
        head, unit = self.end.head, axes / np.linalg.norm(axes, axis=0)
        off = np.linalg.norm(head @ unit - unit * correlations, axis=0)
        if self.decay:
            off = distances_with_decay(head, unit, correlations, self.decay)
        condition = np.linalg.cond(np.linalg.eig(head)[1])
        return condition * (off + ROUNDING * len(head) * np.linalg.norm(head, 2))

    @cached_property
    def resolved_axes(self) -> NDArray:
        """Which of these axes (S,) the head tells from modes of all other correlations."""
        every, own = (eigenvalue_at_rest(mu, self.decay) for mu in (self.end.correlations, self.end.survivors[1]))
        gaps = np.abs(every[:, None] - own)
        gaps[~(gaps > EQUAL)] = np.inf  # also those of modes that do not survive
        return self.bounds < gaps.min(axis=0, initial=np.inf) / 2

    @property
    def survivors(self) -> NDArray:
        """The correlations of the axes that are resolved, descending."""
        return np.sort(self.end.survivors[1][self.resolved_axes])[::-1]

    def labels_of_survivors(self, coupling: Coupling) -> NDArray:
        """What the modes that are not lost hold of the labels (d, K)."""
        kept = np.any(np.abs(self.end.correlations[:, None] - self.end.survivors[1]) <= EQUAL, axis=1)
        modes = CouplingModes.of(coupling).vectors[-coupling.labels :] / coupling.label_degrees[:, None]
        own = self.end.modes[:, : modes.shape[1]] * kept[: modes.shape[1]]
        return np.sqrt(coupling.total_weight) * own @ modes.T

    @property
    def moving_amplitudes(self) -> NDArray:
        """The amplitudes of the others."""
        return np.linalg.norm(self.end.survivors[0][:, ~self.resolved_axes], axis=0)

    @cached_property
    def matched_eigenvalues(self) -> tuple[list[int], float, float]:
        """Which eigenvalues of the head belong to survivors; the gap of one from its correlation that comes closest to its
        bound, or exceeds it most, and this bound."""
        heads, owners, taken, worst = np.linalg.eigvals(self.end.head), self.end.survivors[1], [], (0.0, np.inf)
        for value in np.unique(self.survivors):
            mine = self.resolved_axes & (owners == value)
            gaps = np.abs(heads - eigenvalue_at_rest(value, self.decay))
            nearest = np.argsort(gaps, kind="stable")[: mine.sum()]
            taken += nearest.tolist()
            worst = max(worst, (float(gaps[nearest[-1]]), float(self.bounds[mine].max())), key=lambda pair: pair[0] / pair[1])
        return taken, *worst


# -- labels ----------------------------------------------------------------------------------------------------------------


def _claim_separation(run: ExperimentRun, end: RunEnd | None) -> Claim:
    path = run.trajectory
    labels = subject_of(run.coupling).labels
    names = (
        ClaimKind.APART,
        run.name,
        f"a shared head with stop-gradient keeps the {labels} apart",
        f"a shared head with stop-gradient did not keep all {labels} apart here",
    )
    gaps = path.min_separation
    evidence = (
        f"at t = {path.times[-1]:.4g} the smallest distance of two labels is {gaps[-1]:.3g}, "
        f"{gaps[-1] / gaps[0]:.3g} of that at the start"
    )
    if end is not None:
        evidence += f"; {_list_values('surviving correlations', end.survivors)}"
    outlook, theory = outlook_of(run)
    if outlook is Outlook.FAILS and not run.collapsed and (end is None or end.residual_motion > REST):
        return Claim(*names, ClaimVerdict.UNTESTED, f"{evidence}; it still moves there", outlook, theory)
    if outlook is Outlook.OPEN and run.collapsed and end is not None:
        outlook, reason = _outlook_by_survivors(run, end)
        theory += f"; {reason}"
    verdict = ClaimVerdict.of(not run.collapsed)
    return Claim(*names, verdict, evidence, outlook, theory, found=f"{gaps[-1] / gaps[0]:.2g} of the start")


def _outlook_by_survivors(run: ExperimentRun, end: RunEnd) -> tuple[Outlook, str]:
    """Labels that came together against those that the modes which survive would have, alone."""
    held = float(min_separation(end.labels_of_survivors(run.coupling)))
    start = run.trajectory.min_separation[0]
    if held < CONTRACTED * start:
        return Outlook.OPEN, f"the modes that survive bring two labels to the distance {held:.3g}"
    return Outlook.HOLDS, f"the modes that survive hold all labels apart, by {held:.3g} at least"


def outlook_of(run: ExperimentRun) -> tuple[Outlook, str]:
    """What theory says of the labels, from couplings, dimension and start."""
    c, dimension = run.coupling, len(run.trajectory.labels[0])
    few = "modes of correlation 1 or -1 move the labels of a component alike"
    if dimension == 1 and c.components < c.labels:
        return Outlook.FAILS, f"one dimension has a place for one of the top and bottom modes alone, and {few}"
    start = start_of(run)
    if c.normalised and any(run.trajectory.parameters.get(name, 0.0) for name in ("lambda", "kappa")):
        return outlook_with_decay(run)
    if start is None or start.head is None or not c.normalised:
        return Outlook.OPEN, "nothing is foreseen of this start, which is not known, or of these mobilities"
    kept = conserved_matrix(run, start)
    least = float(np.linalg.eigvalsh(kept)[0])
    split = foreseen_of(c, kept, start.head)
    if split is not None:
        return _outlook_of_split(c, split, least)
    level = f"the least eigenvalue of the conserved matrix Q is {least:.3g}"
    theory = f"{level}: it protects the sign of the determinant of the head, and no more is foreseen"
    if least <= 0:
        which = f"any split of the {dimension} dimensions into top and bottom modes may be reached"
        theory = f"the start is not protected, since {level}, and {which}"
    if dimension <= c.components < c.labels:
        return Outlook.OPEN, f"{theory}; {c.components} modes have the correlation 1, and {few}"
    return Outlook.OPEN, f"{theory}; {few}, so that labels come together where no other survives"


def _outlook_of_split(coupling: Coupling, split: Split, least: float) -> tuple[Outlook, str]:
    """What the survivors that are foreseen make of the labels."""
    theory = f"the least eigenvalue of the conserved matrix Q is {least:.3g}"
    if split == (0, 0):
        return Outlook.FAILS, f"{theory}, above 1, so that no mode survives"
    joined = joined_labels(coupling, max(split))
    theory += f", which protects the top {split[0]} modes"
    if joined:
        return Outlook.FAILS, f"{theory}; these do not tell {joined} pairs of labels apart"
    return Outlook.HOLDS, f"{theory}; these tell all labels apart"


# -- the head --------------------------------------------------------------------------------------------------------------


def _claim_eigenvalues(run: ExperimentRun, end: RunEnd | None) -> Claim:
    decays = end is not None and end.decay > 0
    what = "what decay leaves of canonical correlations" if decays else "canonical correlations of the data"
    names = (
        ClaimKind.EIGENVALUES,
        run.name,
        f"eigenvalues of the head become {what} ({run.title})",
        f"eigenvalues of the head did not become {what} here ({run.title})",
    )
    theory = "at rest the head acts on every mode that survives as its correlation; directions without a mode keep other values"
    if end is not None and decays:
        value = f"(mu + sqrt(mu^2 - 4 x {end.decay:.4g}))/2"
        theory = f"at rest the head acts on every mode that survives as {value} of its correlation mu; other directions decay"
    if end is None:
        return Claim(*names, ClaimVerdict.UNTESTED, "the mobilities are not inverse to the degrees", Outlook.HOLDS, theory)
    largest = f"{len(end.moving_amplitudes)} modes of amplitude up to {end.moving_amplitudes.max(initial=0.0):.2g} still move"
    if not end.resolved_axes.any():
        why = largest if len(end.moving_amplitudes) else "no mode survives"
        return Claim(*names, ClaimVerdict.UNTESTED, f"{why} at t = {end.time:.4g}", Outlook.HOLDS, theory)
    taken, gap, error = end.matched_eigenvalues
    heads = np.linalg.eigvals(end.end.head)
    evidence = f"{len(taken)} of {len(heads)} eigenvalues are those of surviving modes, off by {gap:.2g}"
    if len(taken) < len(heads):
        evidence += f"; {_list_values('the others', np.sort(np.delete(heads, taken).real)[::-1])}"
    if len(end.moving_amplitudes):
        evidence += f"; {largest}"
    source = "by the theorem of Bauer and Fike from what is left of the motion"
    stuck = not decays and len(end.moving_amplitudes) and _largest_velocity(end.end) <= REST
    verdict = ClaimVerdict.of(gap <= error and not stuck)
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, gap, 0.0, error, source)


def _largest_velocity(end: End) -> float:
    """The largest entry of the velocities of modes and head."""
    off = end.head @ end.modes - end.modes * end.correlations
    return float(max(np.abs(end.head.T @ off).max(), np.abs(off @ end.modes.T).max()))


def _claim_stability(run: ExperimentRun, end: RunEnd | None) -> Claim:
    names = (
        ClaimKind.END,
        run.name,
        f"the run comes to rest in a state that is stable in theory ({run.title})",
        f"the run came to rest in a state that is not stable in theory ({run.title})",
    )
    theory = "no mode grows out of the state at the end"
    if end is None:
        return Claim(*names, ClaimVerdict.UNTESTED, "the mobilities are not inverse to the degrees", Outlook.HOLDS, theory)
    if end.decay:
        return Claim(*names, ClaimVerdict.UNTESTED, "the stability of states with decay is not computed", Outlook.HOLDS, theory)
    left = f"largest entry of WV - V mu: {end.end.residual:.2g}"
    if end.end.residual > REST:
        why = f"at t = {end.time:.4g} it still moves ({left}, at rest {REST:g})"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    if end.end.survivors[0].size > LARGEST:
        why = f"more than {LARGEST} entries of surviving modes are too many to compute their stability"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    judged = judge_end(end.end)
    evidence = f"{judged.condition.value} is {judged.value:.2g}; {left}"
    if not judged.allowed and judged.value * end.time < -np.log(EPS):
        why = f"{evidence}, which is too slow to be seen by t = {end.time:.4g}"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    verdict = ClaimVerdict.of(judged.allowed)
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, found=f"{judged.value:.2g}", foreseen="no growth")


def _list_values(what: str, values: NDArray, most: int = 6) -> str:
    """The first values, in words."""
    if not len(values):
        return f"{what}: none"
    rest = f" and {len(values) - most} more" if len(values) > most else ""
    return f"{what}: " + ", ".join(f"{value:.4g}" for value in values[:most]) + rest
