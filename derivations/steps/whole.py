"""Stability in the whole matrix model as a step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import mpmath
import numpy as np
from sympy import Add, Basic, Poly, Symbol, cancel

from derivations import checks
from derivations.analysis.linearisation.aligned_sectors import AlignedSector
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.linearisation.whole_states import BESIDE, WholeStability
from derivations.analysis.linearisation.zero_modes import Origin
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawing import line_holds, symbols_of, value_at
from derivations.steps.spectra import spectrum_lines
from derivations.steps.whole_model import Composition, DrawnModel, draw_model, is_of_one_kind

BESIDE_IN_WORDS = (
    "without absent modes or empty directions",
    "beside absent modes alone",
    "beside empty directions alone",
    "beside both absent modes and empty directions",
)
EVERY_SECTOR = ((2, 1, 1), (1, 2, 0), (1, 0, 2))  # modes that rest if there may be any number, absent ones, empty directions
EVERY_KIND = ((1, 0, 0), (1, 1, 0), (1, 0, 1), (2, 1, 1))
FLAT = 1e-20  # of a derivative by differences that is none: they leave out the square of their step
DIGITS, CLOSE = 40, 1e-9  # of a real part to zero, relative to the Jacobian, in double precision


def whole_account(whole: WholeStability, number: int, source: str) -> Account:
    """The eigenvalues of all sectors at modes that rest at a state, and the verdict on the whole matrix model.

    Its check takes dense Jacobians of the matrix flow by differences, at random sizes and in random orthonormal bases.
    """
    judged = [s for s in whole.stabilities if s is not None]
    if any(s.method != "exact" for s in judged):
        return Account(gaps=(f"The stability of state {number} in the whole model was found at random parameters alone.",))
    form = [Line(x, value) for x, value in (*whole.values.items(), *whole.along.items(), *whole.shared.items()) if x != value]
    before = velocity_lines(whole.flow)

    def check(premises: Lines, after: Lines) -> list[checks.Check]:
        shown = ShownSectors(whole, premises, after, {line.left: line for line in form})
        shown.check_lines()
        return [
            checks.Numerics(lambda rng: spectrum_cases(shown, rng), 1e-10, "dense Jacobians of random sizes"),
            checks.Numerics(lambda rng: verdict_cases(shown, rng), 0.5, "their eigenvalues", reads=shown.conditions.bounds),
        ]

    step = Step(
        f"whole_{number}",
        _in_words(whole, number),
        "In the vectors of the data small changes fall into sectors, the entries (l,k) and (k,l) of all blocks.",
        before=before,
        given=form,
        after=(*sector_lines(whole), *whole.condition_rows()),
        uses=(source,),
        assumptions=(f"{_who_rests(whole)}; rotations and families of states are taken out.",),
        check=check,
    )
    return Account((step,))


def _in_words(whole: WholeStability, number: int) -> str:
    verdicts = {words: whole.verdict_beside(**beside) for words, beside in zip(BESIDE_IN_WORDS, BESIDE.values(), strict=True)}
    who, are = (
        (f"modes that rest at state {number}", "are") if _are_many(whole) else (f"one mode at rest at state {number}", "is")
    )
    said = f"In the whole matrix model, {who} {are}"
    found = list(dict.fromkeys(verdicts.values()))
    if len(found) == 1:
        return f"{said} {_verdict_in_words(found[0])}, whatever modes are absent and directions empty."
    parts = (f"{_verdict_in_words(v)} {' and '.join(w for w, other in verdicts.items() if other is v)}" for v in found)
    return f"{said} {', '.join(parts)}."


def _are_many(whole: WholeStability) -> bool:
    return whole.is_any or sum(whole.modes) > 1


def _who_rests(whole: WholeStability) -> str:
    if whole.is_any:
        return "Every mode at rest lies in a direction of its own"
    if _are_many(whole):
        return "These modes rest and no others"
    return "Coefficients hold traces of the state, so that modes know of each other: one rests, and no other"


def _verdict_in_words(verdict: Verdict) -> str:
    return (
        "stable exactly where the conditions hold"
        if verdict is Verdict.DEPENDS
        else verdict.value.replace("saddle", "a saddle")
    )


def sector_lines(whole: WholeStability) -> list[Line]:
    """Eigenvalues of each sector in closed form if all have one, otherwise the factors of its characteristic polynomial; names
    of what conditions hold."""
    lines = []
    for place, (sector, judged) in enumerate(_judged(whole), 1):
        words = f"{sector.name}:"
        for k, line in enumerate(spectrum_lines(_in_names(judged), _variable(place))):
            lines.append(line if k else replace(line, words=words))
        lines += [Line(a, c) for a, c in judged.names.items()]
    return lines


def _in_names(judged: Stability) -> Stability:
    """A sector whose characteristic polynomial is written in the names of its coefficients, where these have all."""
    found = []
    for factor, times in judged.characteristic:
        coefficients, degree = Poly(factor, judged.s).all_coeffs(), Poly(factor, judged.s).degree()
        for letter in {a.name.rpartition("_")[0] for a in judged.names}:
            own = [a for a in judged.names if a.name.rpartition("_")[0] == letter]
            first = judged.names[own[0]]
            same = zip(own, coefficients, strict=False)
            if len(own) == degree + 1 and all(cancel(judged.names[a] / first - c) == 0 for a, c in same):
                factor = Add(*(a * judged.s ** (degree - k) for k, a in enumerate(own)))
        found.append((factor, times))
    return replace(judged, characteristic=tuple(found)) if judged.names else judged


def _judged(whole: WholeStability) -> list[tuple[AlignedSector, Stability]]:
    pairs = zip(whole.sectors, whole.stabilities, strict=True)
    return [(sector, judged) for sector, judged in pairs if judged is not None]


def _variable(place: int) -> Symbol:
    return Symbol(rf"s^{{({place})}}")


@dataclass(frozen=True, eq=False)
class ShownSectors:
    """The lines of the step by their role."""

    whole: WholeStability
    premises: Lines
    after: Lines
    form: dict[Basic, Line]

    def check_lines(self) -> None:
        """Whether all lines are there.

        Raises
        ------
        LookupError
            where one is missing.
        """
        expected = sector_lines(self.whole)
        for shown, right in zip(self.after, expected, strict=False):
            if isinstance(right.left, Symbol) and shown.left != right.left:
                raise LookupError(f"no line says what {right.left} is")
        missing = len(self.premises) != len(self.whole.flow.state) + len(self.form)
        if missing or len(self.after) != len(expected) + len(self.whole.conditions):
            raise LookupError("a line for all eigenvalues and conditions")

    @cached_property
    def velocities(self) -> dict[Basic, Basic]:
        return {B: self.premises[dot(B)] for B in self.whole.flow.state}

    @cached_property
    def conditions(self) -> Lines:
        return self.after[len(sector_lines(self.whole)) :]

    def draw(self, composition: Composition, rng: np.random.Generator) -> DrawnModel:
        said = {x: self.premises[x] for x in self.form}
        amplitudes = {x: said.get(x, value) for x, value in self.whole.values.items()}
        return draw_model(
            self.whole, composition, amplitudes, {y: said[y] for y in (*self.whole.along, *self.whole.shared)}, rng
        )

    def composition(self, numbers: tuple[int, int, int]) -> Composition:
        """How many of each kind there are; where no others may rest, as many rest as do."""
        occupied, absent, empty = numbers
        return Composition(occupied if self.whole.is_any else sum(self.whole.modes), absent, empty, self.whole.is_any)

    def said(self, z, model: DrawnModel):
        """The characteristic polynomial of the whole Jacobian that the lines say, up to a factor."""
        total, start = mpmath.mpf(1), 0
        for sector, judged in zip(self.whole.sectors, self.whole.stabilities, strict=True):
            lines: Lines = Lines()
            names = judged.names if judged is not None else {}
            if judged is not None:
                count = len(spectrum_lines(judged, _variable(1)))
                lines = self.after[start : start + count]
                start += count + len(judged.names)
            zeros = len(sector.entries) - sector.matrix.rows + (len(judged.zero_modes) if judged else 0)
            for pair in model.composition.pairs(sector):
                at = model.numbers(sector, pair)
                at |= {a: value_at(self.after[a], at) for a in names}
                total *= z**zeros * mpmath.fprod(_factor(line, z, at) for line in lines)
        return total

    def condition_holds(self, line: Line, place: int, model: DrawnModel) -> bool:
        """Whether a condition holds for all modes of the sectors that ask for it."""
        asked = self.whole.conditions[place]
        either = {asked, self.whole.numbered.mirrored(asked)}
        for sector, judged in _judged(self.whole):
            if either & {*judged.conditions}:
                for pair in model.composition.pairs(sector):
                    for turned in {pair, pair[::-1]} if is_of_one_kind(sector) else {pair}:
                        at = model.numbers(sector, turned)
                        at |= {a: value_at(self.after[a], at) for a in judged.names}
                        if not line_holds(line, at):
                            return False
        return True

    def verdict(self, composition: Composition) -> Verdict:
        return self.whole.verdict_beside(absent=composition.absent > 0, empty=composition.empty > 0)

    def zeros(self, composition: Composition) -> int:
        """How many eigenvalues belong to rotations, families and symmetries, to which verdicts are transverse."""
        found = 0
        for sector, judged in zip(self.whole.sectors, self.whole.stabilities, strict=True):
            explained = [mode for mode in judged.zero_modes if mode.origin is not Origin.DEGENERATE] if judged else []
            zeros = len(sector.entries) - sector.matrix.rows + len(explained)
            found += zeros * sum(1 for _ in composition.pairs(sector))
        return found


def _factor(line: Line, z, at: dict):
    """A line as a factor of the characteristic polynomial: an eigenvalue, or a polynomial that vanishes."""
    if isinstance(line.left, Symbol):
        return z - value_at(line.right, at)
    (letter,) = (x for x in symbols_of(line) if isinstance(x, Symbol) and x.name.startswith("s^{("))
    return value_at(line.left - line.right, {**at, letter: z})


def spectrum_cases(shown: ShownSectors, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """Whether the state rests, and ratios of characteristic polynomials at two complex numbers."""
    with mpmath.workdps(DIGITS):
        for numbers in EVERY_SECTOR:
            model = shown.draw(shown.composition(numbers), rng)
            yield 1.0, 1 + model.speed(shown.velocities)
            jacobian = model.jacobian(shown.velocities)
            size = 1 + max(abs(x) for x in jacobian.reshape(-1))
            points = [size * mpmath.mpc(*map(float, rng.uniform(0.5, 2, 2))) for _ in range(2)]
            dense = [mpmath.det(mpmath.matrix((z * np.eye(len(jacobian)) - jacobian).tolist())) for z in points]
            said = [shown.said(z, model) for z in points]
            yield said[0] * dense[1], said[1] * dense[0]


def verdict_cases(shown: ShownSectors, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
    """What is said of stability, and what the largest real part is."""
    with mpmath.workdps(DIGITS):
        for numbers in EVERY_KIND:
            composition = shown.composition(numbers)
            model = shown.draw(composition, rng)
            dense = model.jacobian(shown.velocities).astype(float)
            dense[np.abs(dense) < FLAT] = 0.0
            values = sorted(np.linalg.eigvals(dense), key=abs)[shown.zeros(composition) :]
            size, verdict = np.abs(dense).max() or 1.0, shown.verdict(composition)
            highest = max((v.real for v in values), default=-np.inf) / size
            held = all(shown.condition_holds(line, k, model) for k, line in enumerate(shown.conditions))
            if verdict in (Verdict.UNSTABLE, Verdict.SADDLE):
                yield 1.0, float(highest > CLOSE)
            elif verdict is Verdict.MARGINAL:
                yield float(held), float(abs(highest) <= CLOSE**0.5)
            elif abs(highest) > CLOSE:
                yield float(held), float(highest < 0)
