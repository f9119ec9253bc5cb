"""The report as a paper, in strings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from string import ascii_uppercase

import numpy as np

from derivations.claims import Claim, ClaimVerdict, summarise_claims
from derivations.claims.advice import Advice
from derivations.diagnosis.pairs import pair_means, sort_pairs
from derivations.dimensional.starts import CouplingModes
from derivations.documents.view import ClaimView, FigureView, PaperView, SectionView, TableView, keep_literal, number_steps
from derivations.report.contents import Report
from derivations.report.references import REFERENCES
from derivations.report.table import format_number, measured_cell, table_of_claims
from theory import Coupling

MODES = 8  # rows of the table of modes
PAIRS = 6  # pairs of classes that are named
TOPICS = {
    "C1": "Motion in closed form",
    "C2": "What stays apart and what comes together",
    "C3": "Two time scales, and accuracy after collapse",
    "C4": "A shared head with stop-gradient",
    "C5": "Averages over drawn couplings",
    "C6": "A linear encoder, and a teacher",
}
IN_SHORT = (
    *("clean-apart", "frustrated-together", "frustrated-slow-time", "frustrated-decoding"),
    *("frustrated-head-apart", "encoder-slow-time", "encoder-head-apart"),
)
ABOUT_MODEL = "The model is a reconstruction from the abstract of [@minimal-model], not that paper's own formulas."
SYMBOLS = (
    (r"$N,\;K,\;d$", "samples, classes and the dimension of the embeddings"),
    (r"$x_i,\;y_a$", "embeddings of samples and of labels; $X$, $Y$ hold them as columns, $Z=[X,Y]$"),
    (r"$J_{ia},\;d_i,\;d_a$", "coupling of a sample and a label, and its row and column sums"),
    (r"$\mu_k,\;v_k$", "canonical correlations between samples and labels, descending, and mode vectors"),
    (r"$\psi_k=1-\mu_k^2$", "frustration of a mode"),
    (r"$W,\;\gamma$", "shared head and its mobility"),
    (r"$\lambda,\;\kappa$", "decay of the embeddings and of the head"),
    (r"$\tau,\;t$", "times, in units of the inverse mobility, mobilities being inverse to the degrees"),
    (r"$Q=W^TW-\gamma ZH^{-1}Z^T$", "matrix that the flow with stop-gradient conserves; $H$ holds the mobilities"),
)
LIMITS = (
    "The theory is that of gradient flow with full batches and without momentum, of free embeddings and of linear "
    "encoders, with mobilities inverse to the degrees. " + ABOUT_MODEL,
    "Second labels are drawn at random by the report; they are not in the data. Every run is one start: what depends on "
    "the start is said of this one.",
    "Stated errors bound what is known to be left out. Where none is known, a claim is decided by a threshold, or not tested.",
)


def view_report(report: Report, drawn: Mapping[str, FigureView]) -> PaperView:
    """The paper with the figures that were drawn, by the claim that they show."""
    appendix = tuple(
        number_steps(derivation.view(found, number=f"{letter}."))
        for letter, (derivation, found) in zip(ascii_uppercase, report.derivations, strict=False)
    )
    paper = PaperView(
        f"Representation collapse: {keep_literal(report.data.name)}",
        _settings(report),
        tuple(_abstract(report)),
        tuple(_sections(report, drawn)),
        _footer(report.claims[-1]),
        appendix,
        REFERENCES,
    )
    return paper


def view_claim(claim: Claim) -> ClaimView:
    """A claim in strings."""
    kind = claim.verdict.name.lower() + (" fault" if claim.fault else "")
    outlook = claim.outlook.value.capitalize()
    said = map(keep_literal, (claim.sentence, claim.numbers, outlook, claim.explanation))
    return ClaimView(claim.verdict.value, kind, *said)


def _settings(report: Report) -> str:
    share = f"{100 * report.fraction:.3g}% of the samples with a second label"
    about = f"{report.data.sizes}. Embeddings in {report.dimension} dimensions, {share}, seed {report.seed}"
    return f"{about}, collapse-theory {version('collapse-theory')}."


def _footer(about_checks: Claim) -> str:
    return f"{about_checks.verdict.value.capitalize()}: {about_checks.sentence} {about_checks.numbers}"


def _abstract(report: Report) -> Iterator[str]:
    claims = {claim.name: claim for claim in report.claims}
    yield f"What does training do to the labels of these data, by theory and in {len(report.runs)} runs?"
    for name in IN_SHORT:
        claim = claims.get(name)
        if claim is not None:
            yield keep_literal(claim.sentence) + _say_numbers(claim)
    yield f"In all: {summarise_claims(report.claims)}."


def _say_numbers(claim: Claim) -> str:
    if claim.verdict is ClaimVerdict.UNTESTED:
        return ""
    if np.isfinite(claim.error):
        return f" (Predicted {format_number(claim.predicted)}, measured {format_number(claim.measured)}.)"
    return f" (Measured: {measured_cell(claim)}.)" if claim.found else ""


def _sections(report: Report, drawn: Mapping[str, FigureView]) -> Iterator[SectionView]:
    yield SectionView("question", "The question", tuple(_question()))
    yield SectionView("data", "The data and what frustrates them", tuple(_say_data(report)), table=_mode_table(report))
    decay = any(run.trajectory.parameters.get("lambda") for run in report.runs)
    yield SectionView("claims", "Claims", (), table=table_of_claims(report.claims, decay))
    for topic, title in TOPICS.items():
        said = tuple(view_claim(claim) for claim in report.claims if claim.topic == topic)
        figures = tuple(drawn[topic] for _ in (0,) if topic in drawn)
        yield SectionView(topic.lower(), f"{topic}: {title}", (), figures=figures, claims=said)
    yield SectionView("advice", "What can be done", tuple(_advise(report)))
    yield SectionView("limits", "Limits", LIMITS)
    yield SectionView("symbols", "Symbols", (), table=TableView(("sign", "meaning"), SYMBOLS))


def _question() -> Iterator[str]:
    yield (
        "Samples attract their labels and labels their samples [#embedding-loss]. Training that only brings together what "
        "belongs together can bring everything together: all labels at one point. Whether that happens, and how fast, is "
        "decided by the canonical correlations $\\mu_k$ between samples and labels: a mode with $\\mu_k<1$ is frustrated, and "
        "decays at the rate $1-\\mu_k$ [#embedding-modes]. A shared head whose targets are stopped, as in [@simsiam] and "
        "[@directpred], takes the force of frustration away [#stop_gradient-deleted_mode]."
    )
    yield (
        "Each sentence below that claims something of these data is decided by runs on them: it held, did not hold here, "
        "or was not tested. Beside it stands what theory says before the run, and the error that theory states."
    )


def _say_data(report: Report) -> Iterator[str]:
    names = report.data.class_names
    counts = np.bincount(report.data.classes, minlength=len(names))
    few, many = f"{counts.min():,}", f"{counts.max():,}"
    said = [f"{report.data.sizes}; {few if few == many else f'between {few} and {many}'} samples a class."]
    notes = (*report.data.notes, *(note for run in report.runs for note in run.coupling.notes))
    said += map(keep_literal, dict.fromkeys(notes))
    for name, what in (("frustrated", "Second labels leave"), ("encoder", "A linear encoder leaves")):
        c = report.run(name).coupling
        if c.components == 1:
            said.append(
                f"{what} {c.labels - 1} class modes frustrated; the slowest has $\\mu_2={c.modes()[1]:.5f}$ and the slow time "
                f"{format_number(c.slow_time())}."
            )
        else:
            said.append(f"{what} {c.components} canonical correlations at 1, which nothing frustrates.")
    pairs = first_pairs(report.run("encoder").coupling, names)[:PAIRS]
    listed = ", ".join(f"{keep_literal(a)} and {keep_literal(b)} (${_short_time(time)}$)" for a, b, time in pairs)
    said.append(f"In the linear encoder pairs of classes should contract in this order, with times of their own: {listed}.")
    yield " ".join(said)


def _short_time(time: float) -> str:
    return f"{time:.3g}" if np.isfinite(time) else r"\infty"


def first_pairs(coupling: Coupling, names: Sequence[str]) -> list[tuple[str, str, float]]:
    """Pairs of classes with the times in which they contract, the first to do so first."""
    modes = CouplingModes.of(coupling)
    kept = slice(0, coupling.labels)
    masses = coupling.label_degrees / coupling.total_weight
    vectors = np.sqrt(2) * (modes.vectors[-coupling.labels :, kept] / np.sqrt(coupling.label_degrees)[:, None]).T
    rates = pair_means(vectors, masses, 1 - modes.correlations[kept])
    with np.errstate(divide="ignore"):
        return sort_pairs(1 / rates, names)


def _mode_table(report: Report) -> TableView:
    columns = [report.run(name).coupling.modes() for name in ("frustrated", "encoder")]
    several = [report.run(name).coupling.components for name in ("frustrated", "encoder")]
    rows = []
    for k in range(min(MODES, *map(len, columns))):
        cells = [f"${k + 1}$"]
        for modes, kept in zip(columns, several, strict=True):
            mu = 1.0 if k < kept else float(modes[k])
            time = np.inf if mu == 1 else 1 / (1 - mu)
            cells += [f"${mu:.5f}$", format_number(1 - mu**2, 3), format_number(time)]
        rows.append(tuple(cells))
    three = (r"$\mu$", r"$\psi=1-\mu^2$", r"time $1/(1-\mu)$")
    header = ("mode", f"second labels: {three[0]}", *three[1:], f"linear encoder: {three[0]}", *three[1:])
    left = max(map(len, columns)) - len(rows)
    return TableView(header, tuple(rows), (f"And {left} more modes, of smaller correlations.",) if left > 0 else ())


def _advise(report: Report) -> Iterator[str]:
    for name, what in (("frustrated", "embeddings with second labels"), ("encoder", "the linear encoder")):
        c = report.run(name).coupling
        advice = Advice.of(c)
        if advice is None:
            yield f"For {what} a mode is too weak for a head to keep, and nothing is advised."
            continue
        yield (
            f"To keep all {c.labels} modes of {what}, theory asks for $d\\ge{advice.dimension}$ dimensions, a decay "
            f"$\\lambda<\\lambda_c={advice.critical:.4g}$ of the embeddings [#weight_decay-saddle_node] and a decay of the "
            f"head $\\kappa\\ge{advice.ratio:.3g}\\,\\lambda$ at $\\lambda={advice.decay:.3g}$, for which "
            f"$\\kappa\\ge\\lambda/4$ is always enough [#decay_stability-quarter]. With "
            f"$\\lambda=\\kappa={advice.decay:.3g}$ distances of labels are then between "
            f"{format_number(float(advice.distances.min()))} and {format_number(float(advice.distances.max()))}. Without "
            "decay a start is protected where $Q$ is positive [#stop_gradient-sign_protection]: small embeddings beside a "
            "head near the identity."
        )
