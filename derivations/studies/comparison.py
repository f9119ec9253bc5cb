"""Theory beside runs: whole models followed, their rates and thresholds measured, and the table of what agrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Float, Rational, S, Symbol

from derivations.analysis.linearisation.verdicts import Verdict
from derivations.studies.agreement import Agreement, AgreementTable
from derivations.studies.drawn_models import draw_model
from derivations.studies.enclosures import Enclosure, enclose
from derivations.studies.findings import Findings
from derivations.studies.following import Outcome
from derivations.studies.kept_quantities import quantity_agreements
from derivations.studies.placed import Placed
from derivations.studies.rates import RateStudy
from derivations.studies.thresholds import ThresholdStudy
from derivations.studies.whole_runs import Scene, WholeRun, joins_modes, run_whole_model
from derivations.typeset.plain_values import plain_values
from theory.errors import InputError, UnfinishedError
from theory.progress import Tell, tell_nobody

ENDS = "twice the way that is left at the last rate, and the integrator's tolerance over the last relaxation time"
COUNTED = "counted"
UNFINISHED = InputError, UnfinishedError, ArithmeticError, np.linalg.LinAlgError  # what ends a part, and not the rest
SHARE = "distance of the end from rest, relative to its size"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Runs of the whole model, and the agreement table that they, and further runs for rates and thresholds, make."""

    runs: tuple[WholeRun, ...]
    table: AgreementTable

    def to_dict(self) -> dict:
        """Plain values."""
        return {"runs": plain_values(self.runs), "table": self.table.to_dict()}


def compare_with_runs(findings: Findings, seed: int = 0, tell: Tell = tell_nobody) -> Comparison:
    """The agreement of what was found with runs of the whole model.

    Parameters
    ----------
    tell
        is called with what is done and the share of it, for progress.
    """
    notes: list[str] = []
    tell("runs of the whole model", 0.0)
    try:
        runs = run_whole_model(findings, seed)
        scene = Scene(findings, draw_model(findings, np.random.default_rng(seed)), joins_modes(findings))
    except UNFINISHED as problem:
        return Comparison((), AgreementTable((), (f"The whole model was not followed: {_ended(problem)}",)))
    kept = _collect(quantity_agreements(scene, seed), "quantities that are conserved", notes)
    tell("rates near states", 0.4)
    rates = _collect(RateStudy(scene, notes).agreements(), "rates", notes)
    tell("thresholds", 0.6)
    thresholds = _collect(ThresholdStudy(findings, notes, seed).agreements(), "thresholds", notes)
    tell("thresholds", 1.0)
    free = [run for run in runs if _leaves_alignment(run, findings)]
    told = [*_run_notes(runs, scene), *map(_say_left, free), *notes]
    ends = end_agreements([run for run in runs if run not in free])
    return Comparison(runs, AgreementTable((*ends, *kept, *rates, *thresholds), tuple(told)))


def _collect(rows: Iterator[Agreement], what: str, notes: list[str]) -> list[Agreement]:
    """The rows up to the first that cannot be had."""
    found = []
    try:
        for row in rows:
            found.append(row)
    except UNFINISHED as problem:
        notes.append(f"Not all {what} were measured: {_ended(problem)}")
    return found


def _leaves_alignment(run: WholeRun, findings: Findings) -> bool:
    """Whether a run ended off alignment next to states that are marginal in the whole model, or of which that is not known:
    aligned states may be members of a larger family there."""
    if run.ending.outcome is not Outcome.REST or not run.sizes or run.misaligned <= run.share_error:
        return False
    reached = {end.placed.number for end in run.ends if end.placed is not None}
    states = [state for state in findings.states if state.number in reached]
    return any(not s.point.free if s.whole is None else s.whole.verdict is Verdict.MARGINAL for s in states)


def _say_left(run: WholeRun) -> str:
    share = f"a share {run.misaligned:.2g} of it"
    return (
        f"A run from {_article(run)}{run.start} came to rest in a state that is not aligned ({share}): in the whole model the "
        "aligned states next to it are marginal, or not known not to be, and nothing is predicted of its amplitudes."
    )


# -- ends ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _ModeAtRest:
    """A mode that came to rest: the run, its number, the state next to it, and its amplitudes up to flips."""

    run: WholeRun
    mode: int
    placed: Placed
    amplitudes: NDArray
    nearest: NDArray

    @property
    def numbers(self) -> dict[Symbol, Expr]:
        """Of parameters and roots, and the free coordinates of a family as they are in the run."""
        free = {x: Rational(float(a)) for x, a in zip(self.placed.state, self.amplitudes, strict=True) if x in self.placed.free}
        return {**self.placed.numbers, **self.placed.roots, **free}

    @property
    def excess(self) -> float:
        """The largest difference in units of what it may be."""
        return float(np.abs(self.amplitudes - self.nearest).max()) / self.run.error


def end_agreements(runs: Sequence[WholeRun]) -> Iterator[Agreement]:
    """For each state in which modes ended, its amplitudes in the worst of them; how many random starts ended off all stable
    states; and the largest share of an end that is not aligned."""
    ended = [mode for run in runs for mode in _modes_at_rest(run)]
    for number in sorted({mode.placed.number for mode in ended}):
        yield from _state_rows(number, [mode for mode in ended if mode.placed.number == number])
    random = [run for run in runs if run.is_random and run.ending.outcome is Outcome.REST]
    if random:
        ends = [end for run in random for end in run.ends if end.state is not None]
        off = sum(not end.is_stable for end in ends)
        words = f"modes of random starts, of {len(ends)}, that end in a state that is not stable"
        yield Agreement(words, S.Zero, {}, Enclosure(0.0, 0.0, "0"), float(off), 0.0, COUNTED)
    aligned = [run for run in runs if run.ending.outcome is Outcome.REST and run.sizes and _should_be_aligned(run)]
    if aligned:
        worst = max(aligned, key=lambda run: run.misaligned / run.share_error)
        words = "share of the end that is not aligned"
        yield Agreement(words, S.Zero, {}, Enclosure(0.0, 0.0, "0"), worst.misaligned, worst.share_error, SHARE)


def _should_be_aligned(run: WholeRun) -> bool:
    """Whether some mode ended away from zero, and none on a family, on which a start that is not aligned leaves its trace."""
    placed = [end.placed for end in run.ends if end.placed is not None]
    return any(p.is_away() for p in placed) and not any(p.free for p in placed)


def _modes_at_rest(run: WholeRun) -> Iterator[_ModeAtRest]:
    for k, end in enumerate(run.ends):
        if end.placed is not None and np.isfinite(run.error):
            amplitudes = np.array([values[-1, k] for values in run.amplitudes.values()])
            yield _ModeAtRest(run, k, end.placed, *run.turned(end.placed, amplitudes))


def _state_rows(number: int, modes: Sequence[_ModeAtRest]) -> Iterator[Agreement]:
    worst = max(modes, key=lambda mode: mode.excess)
    where = f", mode {worst.mode + 1} of {len(worst.run.ends)}" if len(worst.run.ends) > 1 else ""
    count = f", worst of {len(modes)}" if len(modes) > 1 else ""
    for x, value in zip(worst.placed.state, worst.amplitudes, strict=True):
        if x in worst.placed.free:
            continue
        formula = worst.placed.point.values[x]
        at = {**worst.placed.numbers, **worst.placed.roots}
        at |= {
            y: Rational(float(a)) for y, a in zip(worst.placed.state, worst.amplitudes, strict=True) if y in worst.placed.free
        }
        held = {y: v for y, v in at.items() if formula.has(y)}
        ball = enclose(formula, held) or _wide(float(worst.nearest[worst.placed.state.index(x)]))
        shown = None if x in worst.placed.point.roots else formula
        words = f"{x} at rest in state {number} ({worst.run.start}{where}{count})"
        yield Agreement(words, shown, held, ball, float(value), worst.run.error, ENDS)


def _wide(value: float) -> Enclosure:
    """A number in place of a ball where none was found, as wide as its rounding."""
    radius = 1e-12 * max(1.0, abs(value))
    return Enclosure(value, radius, f"{Float(value, 12)}, not enclosed")


# -- what is said beside ------------------------------------------------------------------------------------------------


def _run_notes(runs: Sequence[WholeRun], scene: Scene) -> Iterator[str]:
    if scene.is_single:
        yield "One mode knows of the others in this model: its runs have a single mode."
    for run in runs:
        if run.ending.outcome is not Outcome.REST:
            yield f"A run from {_article(run)}{run.start} {run.ending}."
        absent = sum(end.state is None for end in run.ends)
        if run.ending.outcome is Outcome.REST and absent and not scene.is_single:
            yield f"{absent} of {len(run.ends)} modes had no direction left in a run from {_article(run)}{run.start}."
        for k, end in enumerate(run.ends):
            if end.state is not None and run.is_random and not end.is_stable:
                yield f"Mode {k + 1} of a random start ended in state {end.state}, which is not stable."


def _ended(problem: Exception) -> str:
    return f"{str(problem).rstrip('.')}."


def _article(run: WholeRun) -> str:
    return "a " if run.is_random else ""
