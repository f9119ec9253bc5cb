"""What a study found as plain values: formulas as text that SymPy reads, with the symbols that stand in them."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import Any

from sympy import Basic, MatrixSymbol, Symbol

from derivations.analysis.linearisation.kinds import Bifurcation
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.linearisation.whole_states import BESIDE, WholeStability
from derivations.lines import velocity_lines
from derivations.steps.spectra import variable_of
from derivations.studies.findings import Findings, State
from derivations.studies.renaming import put_symbols
from theory.flow import Flow
from theory.printing import exact_text
from theory.state import scalar_or_matrix_symbols

KNOWN = ("integer", "positive", "negative", "nonnegative", "real")  # what is said of a symbol


def export_findings(findings: Findings) -> dict[str, Any]:
    """All results of a study by name."""
    subject, points, reduction = findings.subject, findings.points, findings.reduction
    return {
        "name": subject.name,
        "title": subject.title,
        "source": subject.source,
        "loss": text_of(subject.loss.expression) if subject.loss else None,
        "flow": _export_flow(subject.flow),
        "assumptions": texts_of(subject.flow.assumptions),
        "stands_for": {readable_name(x): text_of(value) for x, value in subject.stands_for.items()},
        "reduction": None if reduction is None else _export_flow(reduction.flow),
        "conserved": [
            {"quantity": text_of(q.quantity), "rate": text_of(q.rate), "of": of}
            for of, found in (("flow", findings.conserved), ("reduction", findings.conserved_amplitudes))
            for q in found
        ],
        "completeness": {"status": points.completeness.value, "reason": points.reason},
        "fixed_points": [_export_state(state) for state in findings.states],
        "time_scales": [
            {"fixed_point": state.number, **with_readable_names(scales).to_dict()}
            for state in findings.states
            for scales in state.time_scales
        ],
        "numbers": {readable_name(p): text_of(number) for p, number in findings.numbers.items()},
        "choices": {
            "small": None if subject.small is None else str(subject.small),
            "plane": None if subject.plane is None else [str(p) for p in subject.plane],
            "numbers": {str(p): text_of(number) for p, number in findings.numbers.items()},
        },
        "symbols": _export_symbols(findings),
    }


def text_of(formula: Basic) -> str:
    """A formula as text that SymPy reads; names that are words of Python end in an underscore."""
    return exact_text(with_readable_names(formula))


def with_readable_names(result: Any) -> Any:
    """A formula, or a result, whose symbols have names that a program can have."""
    return put_symbols(result, lambda s: s.func(readable_name(s), **s.assumptions0) if iskeyword(s.name) else s)


def texts_of(formulas: Iterable[Basic]) -> list[str]:
    """Formulas as text."""
    return [text_of(formula) for formula in formulas]


def readable_name(symbol: Symbol | MatrixSymbol) -> str:
    """The name of a symbol in a program."""
    return f"{symbol.name}_" if iskeyword(symbol.name) else symbol.name


def _export_flow(flow: Flow) -> dict[str, str]:
    return {readable_name(block): text_of(v) for block, v in flow.velocity.items()}


def _export_state(state: State) -> dict[str, Any]:
    point, judged, whole = state.point, state.stability, state.whole
    return {
        "number": state.number,
        "image_of": state.image_of,
        "kind": point.kind.value,
        "values": {readable_name(x): text_of(value) for x, value in point.values.items()},
        "free": [readable_name(x) for x in point.free],
        "roots": {readable_name(x): text_of(polynomial) for x, polynomial in point.roots.items()},
        "where": {readable_name(x): text_of(meaning) for x, meaning in point.named.items()},
        "conditions": texts_of(point.conditions),
        **(_export_stability(judged) if judged else {"verdict": None}),
        "certificate": state.certificate and with_readable_names(state.certificate).to_dict(),
        "whole_model": None if whole is None else _export_whole(whole),
    }


def _export_stability(judged: Stability) -> dict[str, Any]:
    letter = variable_of(judged.flow, velocity_lines(judged.flow))
    factors = [(f.xreplace({judged.s: letter}), times) for f, times in judged.characteristic]
    return {
        "verdict": judged.verdict.value,
        "method": judged.method,
        "stability_conditions": texts_of(judged.conditions),
        "names": {readable_name(x): text_of(meaning) for x, meaning in judged.names.items()},
        "eigenvalues": texts_of(judged.eigenvalues),
        "characteristic": [{"factor": text_of(f), "times": times, "of": str(letter)} for f, times in factors],
        "zero_modes": [mode.origin.value for mode in judged.zero_modes],
        "bifurcations": [_export_bifurcation(b) for b in judged.bifurcations],
    }


def _export_bifurcation(lost: Bifurcation) -> dict[str, Any]:
    """A bifurcation, with the value of a parameter where its equation is solved for one."""
    left, right = lost.critical.lhs, lost.critical.rhs
    solved = left.is_Symbol
    return {
        "kind": lost.kind.value,
        "criticality": lost.criticality,
        "parameter": readable_name(left) if solved else None,
        "critical": text_of(right) if solved else None,
        "equation": text_of(lost.critical),
        "conditions": texts_of(lost.conditions),
    }


def _export_whole(whole: WholeStability) -> dict[str, Any]:
    named = {a: meaning for judged in whole.stabilities if judged for a, meaning in judged.names.items()}
    return {
        "verdict": whole.verdict.value,
        "beside": {words: whole.verdict_beside(**beside).value for words, beside in BESIDE.items()},
        "conditions": texts_of(whole.conditions),
        "names": {readable_name(a): text_of(meaning) for a, meaning in named.items()},
    }


def _export_symbols(findings: Findings) -> dict[str, dict[str, Any]]:
    """What is known of every symbol of both flows and of the loss."""
    subject, wholes = findings.subject, [state.whole for state in findings.states if state.whole]
    flows = [subject.flow, *([findings.reduction.flow] if findings.reduction else [])]
    places = [e for flow in flows for pair in flow.velocity.items() for e in pair]
    places += [a for flow in flows for a in flow.assumptions] + [c for whole in wholes for c in whole.conditions]
    places += [subject.loss.expression] if subject.loss else []
    places += [e for pair in subject.stands_for.items() for e in pair]
    symbols = sorted(set().union(*map(scalar_or_matrix_symbols, places)), key=str)
    return {readable_name(s): _export_symbol(s) for s in symbols}


def _export_symbol(symbol: Symbol | MatrixSymbol) -> dict[str, Any]:
    if isinstance(symbol, MatrixSymbol):
        return {"shape": texts_of(symbol.shape)}
    known = next((k for k in KNOWN if getattr(symbol, f"is_{k}")), None)
    return {"is": known} if known else {}
