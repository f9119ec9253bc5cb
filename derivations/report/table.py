"""The table of claims: a row each, with its formula, what was predicted and measured, and how these agree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite

from derivations.claims import Claim, ClaimKind, ClaimVerdict, Outlook
from derivations.documents.view import TableView

HEADER = ("", "claim", "formula", "prediction", "measured", "agreement", "verdict")
RUNS = {
    "clean": "one each",
    "frustrated": "second",
    "frustrated-head": "head",
    "encoder": "encoder",
    "encoder-head": "encoder, head",
}
SHORT = {
    ClaimKind.SOLUTION: "motion of labels",
    ClaimKind.APART: "labels apart",
    ClaimKind.TOGETHER: "labels together",
    ClaimKind.SLOW_TIME: "slow time",
    ClaimKind.GAIN: "early gain",
    ClaimKind.DECODING: "accuracy at the end",
    ClaimKind.EIGENVALUES: "eigenvalues",
    ClaimKind.END: "stability",
    ClaimKind.SIMPLEX: "advised distances",
    ClaimKind.COUPLINGS: "drawn couplings",
    ClaimKind.TEACHER: "teacher",
}
FORMULAS = {
    ClaimKind.SOLUTION: r"$y(t)=\sum_ke^{-r_kt}a_k\ell_k$ [#embedding-laplacian]",
    ClaimKind.TOGETHER: r"$y_a\to\bar z$ [#embedding-centroids]",
    ClaimKind.SLOW_TIME: r"$\tau=1/(1-\mu_2)$ [#embedding-modes]",
    ClaimKind.GAIN: r"$t_{1/2}^{\rm gain}<t_{1/2}^{\rm loss}$ [#frustration_pairs-separation]",
    ClaimKind.DECODING: r"$\arg\min_a\Vert sx-sy_a\Vert$ [#embedding-modes]",
    ClaimKind.END: r"$\max\operatorname{Re}\,s\le0$ [#stop_gradient_stability-residual_flow]",
    ClaimKind.SIMPLEX: r"$v_k^2=\kappa w_k^2/\gamma\lambda$ [#weight_decay-balance]",
    ClaimKind.COUPLINGS: r"${\rm Var}\,y=\mathcal L^{-1}G\,(2t)$ [#dmft-variance]",
    ClaimKind.TEACHER: r"$\hat\mu^2=1-(1-\mu^2)(1-p/N)$ [#teacher_student-few_samples]",
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
AT_REST = r"$Wv_k=\mu_kv_k$ [#stop_gradient-head_eigenvalues]"
WITH_DECAY = r"$w=\frac12(\mu+\sqrt{\mu^2-4\lambda})$ [#weight_decay-heads]"
COMPONENTS = r"$y_a\to\bar z_a$ [#classifiable-no_collapse]"
FORESEEN = {Outlook.HOLDS: "holds", Outlook.FAILS: "does not hold", Outlook.OPEN: "open"}


def table_of_claims(claims: Iterable[Claim], decay: bool) -> TableView:
    """A row for each claim about runs."""
    rows = tuple(_row(claim, decay) for claim in claims if claim.kind is not ClaimKind.CHECKS)
    note = (
        "Runs: labels as they are (one each), some samples with a second label (second), the same with a head and "
        "stop-gradient (head), and a linear encoder without and with it. Agreement: the difference against the error that "
        "is stated for it and explained with the claim, below."
    )
    return TableView(HEADER, rows, (note,))


def _row(claim: Claim, decay: bool) -> tuple[str, ...]:
    words = SHORT[claim.kind] + (f", {RUNS[claim.run]}" if claim.run else "")
    verdict = claim.verdict.value + (" (contradicts the theory)" if claim.fault else "")
    return (
        claim.topic,
        words,
        formula_of(claim, decay),
        predicted_cell(claim),
        measured_cell(claim),
        _agreement(claim),
        verdict,
    )


def formula_of(claim: Claim, decay: bool) -> str:
    """The formula of a claim, with the number of the equation that it is taken from."""
    if claim.kind is ClaimKind.EIGENVALUES:
        return WITH_DECAY if decay else AT_REST
    if claim.kind is ClaimKind.APART:
        return COMPONENTS if not claim.run.endswith("-head") else WITH_DECAY if decay else AT_REST
    return FORMULAS[claim.kind]


def predicted_cell(claim: Claim) -> str:
    """What theory says, in a few signs."""
    return format_number(claim.predicted) if isfinite(claim.error) else _set_numbers(claim.foreseen or FORESEEN[claim.outlook])


def measured_cell(claim: Claim) -> str:
    """What the runs say, in a few signs."""
    if claim.verdict is ClaimVerdict.UNTESTED:
        return "–"
    return format_number(claim.measured) if isfinite(claim.error) else _set_numbers(claim.found or "–")


def _agreement(claim: Claim) -> str:
    if not isfinite(claim.error):
        return "–"
    sign = ">" if claim.exceeds_error else r"\le"
    off = _bare(abs(claim.measured - claim.predicted), 2)
    return f"${off}{sign}{_bare(claim.error, 2)}$"


def _set_numbers(text: str) -> str:
    """The numbers of a few words as mathematics."""
    return NUMBER.sub(lambda match: format_number(float(match[0]), 3), text)


def format_number(value: float | None, digits: int = 4) -> str:
    """A number for text with mathematics between dollars; a dash for none."""
    return "–" if value is None else f"${_bare(value, digits)}$"


def _bare(value: float, digits: int) -> str:
    if not isfinite(value):
        return r"\infty" if value > 0 else r"\text{none}"
    mantissa, _, exponent = f"{value:.{digits}g}".partition("e")
    return rf"{mantissa}\cdot10^{{{int(exponent)}}}" if exponent else mantissa
