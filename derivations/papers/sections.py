"""The parts of a paper on a study, in strings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from math import ceil, log10
from string import ascii_lowercase

from sympy import Basic

from derivations.analysis.linearisation.kinds import Bifurcation
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import Completeness
from derivations.documents.view import DerivationView, FigureView, PaperView, SectionView, TableView, number_steps
from derivations.steps.account import number_word
from derivations.studies.agreement import Agreement
from derivations.studies.enclosures import Enclosure
from derivations.studies.findings import Findings, State
from derivations.studies.study import Study
from derivations.typeset.breaking import visible_width
from derivations.typeset.grouping import group_terms
from theory.latex import tex

SECTIONS = (
    ("model", "The model and its flows", ("gradient_flow", "stop_gradient_flow", "deleted", "flow", "curl")),
    ("conserved", "What is conserved", ("first_integrals",)),
    ("modes", "From matrices to amplitudes", ("reduction", "first_integrals_of_amplitudes")),
    ("states", "States at rest", ("state", "states")),
    ("stability", "Stability and bifurcations", ("stability", "bifurcation", "certificate")),
    ("whole", "Stability in the whole model", ("whole",)),
    ("rates", "Time scales", ("time_scales",)),
)
WIDEST = 16.0  # of a formula in a cell


def view_paper(study: Study, drawn: Mapping[str, FigureView]) -> PaperView:
    """A study as a paper with the figures that were drawn, by their names."""
    findings = study.findings
    return PaperView(
        findings.subject.title,
        findings.subject.source and f"Model: {findings.subject.source}",
        tuple(say_in_short(findings)),
        tuple(_sections(study, drawn)),
        f"Made by collapse-theory {version('collapse-theory')}. Statuses are those of the checks of this very paper.",
    )


def say_in_short(findings: Findings) -> Iterator[str]:
    """What was found, in sentences."""
    points = findings.points
    if put := [f"${tex(x)}={tex(value)}$" for x, value in findings.subject.stands_for.items()]:
        yield f"{_list(put)} {'is' if len(put) == 1 else 'are'} put in throughout."
    if findings.reduction is not None:
        amplitudes = findings.reduction.flow
        count = _count(len(amplitudes.state), "amplitude")
        yield f"States that are aligned with their data move in {count} a mode: {_names(amplitudes.state)}."
    for conserved in findings.conserved:
        changes = "is conserved" if conserved.rate == 0 else f"changes at the rate ${_written(conserved.rate)}$"
        yield f"${_written(conserved.quantity)}$ {changes}."
    if not points:
        yield "States at rest were not found: see what could not be finished."
        return
    listed = "which is proved to be all" if points.completeness is Completeness.PROVED else "and maybe more"
    yield f"There {'is' if len(points) == 1 else 'are'} {_count(len(points), 'state')} at rest, {listed}."
    yield from _say_verdicts(findings.states)
    yield from _distinct(lost for state in findings.states if state.stability for lost in state.stability.bifurcations)


def _say_verdicts(states: Iterable[State]) -> Iterator[str]:
    for verdict in Verdict:
        found = [s.number for s in states if s.stability is not None and s.stability.verdict is verdict]
        if found:
            words = "stable under conditions" if verdict is Verdict.DEPENDS else verdict.value
            yield f"{'State' if len(found) == 1 else 'States'} {_list(map(str, found))}: {words}."


def _distinct(bifurcations: Iterable[Bifurcation]) -> Iterator[str]:
    seen = set()
    for lost in bifurcations:
        if (lost.kind, lost.critical) not in seen:
            seen.add((lost.kind, lost.critical))
            words = " ".join(filter(None, (lost.criticality, lost.kind.value)))
            left, right = map(_written, (lost.critical.lhs, lost.critical.rhs))
            yield f"{words[0].upper() + words[1:]} bifurcation at ${left}={right}$."


def _sections(study: Study, drawn: Mapping[str, FigureView]) -> Iterator[SectionView]:
    left = {step.name: step for step in number_steps(_in_order(study.derivation.view(study.verification))).steps}
    placed = {"stability": ("bifurcation-diagram", "phase-portrait", "phase-plane"), "rates": ("rates",)}
    for name, title, kinds in SECTIONS:
        steps = tuple(left.pop(n) for n in [*left] if _kind_of(n) in kinds)
        pictures = tuple(drawn[f] for f in placed.get(name, ()) if f in drawn)
        if steps or pictures:
            yield SectionView(name, title, steps=steps, figures=pictures)
    if left:
        yield SectionView("further", "Further steps", steps=tuple(left.values()))
    yield from _simulated(study, drawn)
    if study.gaps:
        yield SectionView("gaps", "What could not be finished", tuple(study.gaps))


def _in_order(derivation: DerivationView) -> DerivationView:
    """A derivation with its steps in the order of the sections that they stand in."""
    places = {kind: place for place, (_, _, kinds) in enumerate(SECTIONS) for kind in kinds}
    ordered = sorted(derivation.steps, key=lambda step: places.get(_kind_of(step.name), len(SECTIONS)))
    return replace(derivation, steps=tuple(ordered))


def _kind_of(step: str) -> str:
    """The kind of a step by its name, which may end in numbers."""
    return step.rstrip("0123456789_")


def _simulated(study: Study, drawn: Mapping[str, FigureView]) -> Iterator[SectionView]:
    table = study.agreement
    if table is None:
        return
    marks = {origin: f"({k})" for k, origin in enumerate(dict.fromkeys(a.origin for a in table), 1)}
    header = ("quantity", "closed form", "value", "simulated", "difference", "allowed", "holds")
    long = dict.fromkeys(a.formula for a in table if a.formula is not None and visible_width(_written(a.formula)) > WIDEST)
    letters = {formula: f"({ascii_lowercase[k]})" for k, formula in enumerate(list(long)[: len(ascii_lowercase)])}
    rows = tuple(_row(a, marks[a.origin], letters) for a in table)
    below = (*((letter, f"${_written(formula)}$") for formula, letter in letters.items()), *_sentences(marks))
    notes = (*table.notes, *(f"{mark} {said}." for mark, said in below))
    shown = TableView(header, rows, notes) if rows else None
    pictures = tuple(drawn[f] for f in ("runs",) if f in drawn)
    yield SectionView("agreement", "Theory over simulation", _numbers(study.findings), (), pictures, shown)


def _sentences(marks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Marks with what they stand for."""
    yield from ((mark, f"{origin[0].upper()}{origin[1:]}") for origin, mark in marks.items())


def _written(expr: Basic) -> str:
    """The LaTeX of an expression as a person writes it."""
    return tex(group_terms(expr))


def _row(agreement: Agreement, mark: str, letters: Mapping[Basic, str]) -> tuple[str, ...]:
    """One quantity; formulas too long for a cell stand below the table under a letter."""
    formula = agreement.formula
    shown = "root of a polynomial" if formula is None else letters.get(formula) or f"${_written(formula)}$"
    return (
        agreement.quantity,
        shown,
        ball_text(agreement.predicted),
        number_text(agreement.simulated, 10),
        number_text(agreement.difference, 2),
        f"{number_text(agreement.tolerance, 2)} {mark}",
        "yes" if agreement.holds else "NO",
    )


def ball_text(ball: Enclosure) -> str:
    """A number to ten digits, with the power of ten that its error is below."""
    middle = number_text(ball.middle, 10)
    return middle if ball.radius == 0 else rf"{middle} $\pm10^{{{ceil(log10(ball.radius))}}}$"


def number_text(value: float, digits: int) -> str:
    """A number for text with mathematics between dollars."""
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return rf"${mantissa}\cdot10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


def _numbers(findings: Findings) -> tuple[str, ...]:
    values = ", ".join(f"${tex(p)}={tex(number)}$" for p, number in findings.numbers.items())
    return (f"At {values}.",) if values else ()


def _names(symbols: Iterable[Basic]) -> str:
    return _list(f"${tex(s)}$" for s in symbols)


def _list(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _count(number: int, noun: str) -> str:
    return f"{number_word(number)} {noun}{'' if number == 1 else 's'}"
