r"""Claims about runs without a head: what stays apart, what comes together, when, and what is gained before (§2 of the notes).

*Slow time.*  The spread of labels falls at a local rate that tends to that of the slowest mode.  A straight line through its
logarithm has a slope that is a mean of local rates over the window, so that the largest distance of these from the slowest
rate, which follows from the amplitudes of the start, bounds the error of the predicted time; noise of the numbers adds to it.

When it fails: of more modes than dense linear algebra bears, and of starts that are not known, no error is known.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derivations.claims.claim import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.claims.starts import LinearMotion, numerical_error
from derivations.claims.subject import subject_of
from derivations.experiment import CONTRACTED, ExperimentRun, measuring_window
from theory.coupling.spectrum import DENSE
from theory.simulation.expected import expected_curves
from theory.simulation.observables import label_spread, min_separation

SCALES = 10.0  # between two times that are called two scales
SIGNIFICANT = 3.0  # standard errors of a gain in accuracy
UNKNOWN = "the amplitudes of its modes are not known"


def claims_without_head(run: ExperimentRun) -> Iterator[Claim]:
    """The claims about one run."""
    linear = LinearMotion.of(run)
    if subject_of(run.coupling).alone:
        yield _claim_separation(run, linear)
    else:
        yield _claim_contraction(run, linear)
        yield _claim_slow_time(run, linear)
        yield _claim_gain(run)


# -- what stays apart, and what comes together -----------------------------------------------------------------------------


def _claim_separation(run: ExperimentRun, linear: LinearMotion | None) -> Claim:
    """Classifiable data: every label comes to rest at a point of its own, which the start gives."""
    gaps = run.trajectory.min_separation
    names = (
        ClaimKind.APART,
        run.name,
        "labels stay apart where every sample has one label of its own",
        "two labels came close to each other here, although every sample has one label of its own",
    )
    evidence = (
        f"the smallest distance of two labels is {gaps[-1]:.3g} at the end, {gaps[-1] / gaps[0]:.3g} of that at the start"
    )
    verdict = ClaimVerdict.of(not run.collapsed)
    if linear is None:
        return Claim(*names, verdict, evidence, Outlook.HOLDS, "every label keeps a point of its own")
    rest, error = (
        float(min_separation(linear.rest)),
        2 * (linear.distance_left(float(run.trajectory.times[-1])) + numerical_error(run)),
    )
    level = CONTRACTED * gaps[0]
    theory = (
        f"no mode joins the {run.coupling.labels} labels, and the start brings two of them to rest at the distance {rest:.3g}"
    )
    if rest <= level:
        theory += ", since points that are drawn at random may fall close to each other"
    source = "which is what decaying modes leave at the end, and numerical errors"
    sides = {Outlook.HOLDS: rest - error > level, Outlook.FAILS: rest + error < level}
    outlook = next((outlook for outlook, sure in sides.items() if sure), Outlook.OPEN)
    return Claim(*names, verdict, evidence, outlook, theory, float(gaps[-1]), rest, error, source)


def _claim_contraction(run: ExperimentRun, linear: LinearMotion | None) -> Claim:
    """Data that are not classifiable: one component contracts to one point; several do not."""
    c, path, about = run.coupling, run.trajectory, subject_of(run.coupling)
    spread = path.label_spread[-1] / path.label_spread[0]
    denial = f"{about.name} did not bring all labels to one point here"
    names = ClaimKind.TOGETHER, run.name, f"{about.name} {about.bring}", denial
    end = f"at t = {path.times[-1]:.4g} the spread of the labels is {spread:.3g} of that at the start"
    evidence = f"{end}, and the smallest distance of two {path.min_separation[-1]:.3g}"
    left = f"{spread:.2g} of the start"
    verdict = ClaimVerdict.of(run.contracted)
    if c.components > 1:
        theory = f"{c.components} canonical correlations are 1, and what they hold of the labels does not move"
        theory += about.separation
        outlook = (
            Outlook.FAILS if linear is None or label_spread(linear.rest) > CONTRACTED * path.label_spread[0] else Outlook.OPEN
        )
        return Claim(*names, verdict, evidence, outlook, theory, found=left, foreseen="above 0")
    slow = f"all modes but one decay, the slowest in the time {run.coupling.slow_time():.4g}"
    foreseen = None if linear is None else label_spread(linear.labels_at(path.times[-1:])[0]) / path.label_spread[0]
    if not run.contracted and (foreseen is None or foreseen >= CONTRACTED):
        why = f"{end}, which is too early for them to have come together"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, slow)
    foreseen_cell = "" if foreseen is None else f"{foreseen:.2g} of the start"
    return Claim(*names, verdict, evidence, Outlook.HOLDS, slow, found=left, foreseen=foreseen_cell)


# -- times ---------------------------------------------------------------------------------------------------------------


def _claim_slow_time(run: ExperimentRun, linear: LinearMotion | None) -> Claim:
    what, slow, measured = subject_of(run.coupling).name, run.coupling.slow_time(), run.measured_slow
    names = (
        ClaimKind.SLOW_TIME,
        run.name,
        f"with {what} labels come together on the slow time scale that the canonical correlations predict",
        f"with {what} labels did not come together on the slow time scale that the canonical correlations predict",
    )
    theory = f"a slow time of {slow:.5g}" if np.isfinite(slow) else "no slow time, since nothing decays slowly"
    if run.coupling.components > 1:
        theory = f"{run.coupling.components} canonical correlations are 1, and what they hold of the labels does not move"
        return Claim(*names, ClaimVerdict.UNTESTED, run.remark, Outlook.FAILS, theory)
    if measured is None or linear is None:
        return Claim(*names, ClaimVerdict.UNTESTED, run.remark if measured is None else UNKNOWN, Outlook.HOLDS, theory)
    error = _error_of_rate(run, linear) * slow
    evidence = f"measured {measured:.5g}, {measured / slow:.4f} of what is predicted ({run.remark})"
    if error >= 1:
        why = f"{evidence}; other modes of this start, and numerical errors, may change it by as much as it is"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.HOLDS, theory)
    error, source = slow * error / (1 - error), "which is what other modes of this start and numerical errors do in the window"
    verdict = ClaimVerdict.of(abs(measured - slow) <= error)
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, measured, slow, error, source)


def _error_of_rate(run: ExperimentRun, linear: LinearMotion) -> float:
    """The error of the slope of a line through the logarithm of the spread in the window."""
    begin, end = measuring_window(run.coupling)
    modes = np.abs(linear.local_rates(np.linspace(begin, end, 200)) - 1 / run.coupling.slow_time()).max()
    path = run.trajectory
    inside = (path.times >= begin) & (path.times <= end)
    off = path.times[inside] - path.times[inside].mean()
    noise = numerical_error(run) * np.sqrt(path.labels[0].size) / path.label_spread[inside].min()
    return float(modes + noise * np.abs(off).sum() / np.sum(off**2))


def _claim_gain(run: ExperimentRun) -> Claim:
    """Accuracy against the expected loss of distance."""
    path, c, what = run.trajectory, run.coupling, subject_of(run.coupling).name
    names = (
        ClaimKind.GAIN,
        run.name,
        f"with {what} accuracy is gained before the labels come together",
        f"with {what} accuracy was not gained before the labels come together",
    )
    first, best = float(path.accuracy[0]), float(path.accuracy.max())
    noise = float(np.hypot(np.sqrt(best * (1 - best) / c.observed), path.accuracy_error.max()))
    many = c.reduction.size > DENSE
    half = np.nan if many else expected_curves(c, path.times, dimension=1).half_time
    lost = f"labels are expected to have lost half of their distance on the plateau by t = {half:.4g}"
    theory = f"a fast time of {c.fast_time():.3g}; {lost}"
    if many or not SCALES * c.fast_time() <= half / np.log(2) < np.inf:
        why = f"no loss of distance is predicted that is {SCALES:g} times slower than the fast time"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.OPEN, theory)
    if best - first <= SIGNIFICANT * noise:
        why = f"accuracy does not rise above its noise, from {first:.3f} to {best:.3f} at best"
        return Claim(*names, ClaimVerdict.UNTESTED, why, Outlook.OPEN, theory)
    gained = float(path.times[np.argmax(path.accuracy >= (first + best) / 2)])
    evidence = f"accuracy rises from {first:.3f} to {best:.3f}, half of it by t = {gained:.3g}"
    verdict = ClaimVerdict.of(gained < half)
    return Claim(*names, verdict, evidence, Outlook.HOLDS, theory, found=f"t = {gained:.2g}", foreseen=f"before t = {half:.3g}")
