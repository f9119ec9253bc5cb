"""The main job: derivations with every step checked, a data set diagnosed, theory laid over simulation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from markupsafe import Markup

from derivations import figures
from derivations.analysis.limits import run_each
from derivations.catalogue import derive, names_of_the_model
from derivations.claims import Claim, ClaimKind, claim_of_checks, claims_of, summarise_claims
from derivations.data import DataSet
from derivations.documents import html, latex
from derivations.documents.publish import publish_files
from derivations.engine import Derivation
from derivations.experiment import ExperimentRun, perform_runs, plan_runs
from derivations.figures.style import read_svg
from derivations.verification import Verification
from theory.progress import Tell

CHECKING = 3600.0  # seconds that the checks of a derivation may take


@dataclass(frozen=True, eq=False)
class Report:
    """Everything that the page and the paper show."""

    data: DataSet
    dimension: int
    fraction: float
    seed: int
    derivations: tuple[tuple[Derivation, Verification], ...]
    runs: tuple[ExperimentRun, ...]

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What the runs and the checks let one say."""
        return (*claims_of(self.runs), claim_of_checks(verification for _, verification in self.derivations))

    @property
    def passed(self) -> bool:
        """Whether every step of every derivation passed its check, and no claim contradicts the theory."""
        checked = all(verification.passed for _, verification in self.derivations)
        return checked and not any(claim.fault for claim in self.claims)


def make_report(
    data: DataSet, *, dimension: int, fraction: float, seed: int, level: str, progress: Tell, decay: float = 0.0
) -> Report:
    """Run the experiments and check the derivations, these in processes of their own."""
    todo, checks = plan_runs(data, fraction, seed, decay), _start_checks(level)
    runs = tuple(perform_runs(todo, dimension, seed, lambda plan, share: progress(f"simulate: {plan.title}", share)))
    checked = []
    for name, verification in checks:
        progress(f"derive and check: {name}", 0.0)
        derivation = derive(name)
        _ = derivation.steps  # made while others are checked
        checked.append((derivation, verification()))
        progress(f"derive and check: {name}", 1.0)
    return Report(data, dimension, fraction, seed, tuple(checked), runs)


def _start_checks(level: str) -> list[tuple[str, Callable[[], Verification]]]:
    """Each derivation with what waits for its checks, which are under way; a single one is checked when it is waited for."""
    known = names_of_the_model()
    if len(known) < 2:
        return [(name, partial(_verify, level, name)) for name in known]
    return [(n, check.result) for n, check in zip(known, run_each(CHECKING, partial(_verify, level), known), strict=True)]


def _verify(level: str, name: str) -> Verification:
    return derive(name).verify(level)


def write_report(report: Report, out: Path, progress: Tell) -> list[Path]:
    """Write report.html, report.tex, the figures and, with a TeX engine, report.pdf into ``out``, each at once or not."""

    def build(scratch: Path) -> None:
        drawn = {"curves": figures.curves(report.runs), "head-eigenvalues": figures.head_eigenvalues(report.runs)}
        for name, figure in drawn.items():
            figure.savefig(scratch / f"{name}.svg", metadata={"Date": None})
            figure.savefig(scratch / f"{name}.pdf", metadata={"CreationDate": None})
        context = _template_context(report)
        inline = {name: Markup(read_svg(scratch / f"{name}.svg")) for name in drawn}
        (scratch / "report.html").write_text(
            html.page_environment().get_template("report.html.j2").render(**context, figures=inline), encoding="utf-8"
        )
        (scratch / "report.tex").write_text(
            latex.latex_environment().get_template("report.tex.j2").render(**context), encoding="utf-8"
        )
        progress("compile report.pdf", 0.0)
        latex.compile_pdf(scratch / "report.tex")
        progress("compile report.pdf", 1.0)

    return publish_files(out, build)


def _template_context(report: Report) -> dict:
    runs, *about_runs, about_checks = report.runs, *report.claims
    return {
        "title": f"Representation collapse: {report.data.name}",
        "data": report.data,
        "report": report,
        "version": version("collapse-theory"),
        "rows": [_run_row(run) for run in runs],
        "spectra": [_mode_rows(run) for run in runs if not run.coupling.classifiable and run.trajectory.head is None],
        "claims": about_runs,
        "summary": summarise_claims(report.claims),
        "about_checks": about_checks,
        "about_heads": [claim for claim in about_runs if claim.kind is ClaimKind.EIGENVALUES],
        "has_slow_time": any(run.predicted_slow is not None and np.isfinite(run.predicted_slow) for run in runs),
        "share": f"{100 * report.fraction:.3g}%",
        "notes": list(dict.fromkeys(note for run in runs for note in run.coupling.notes)),
        "derivations": [d.view(v, number=f"{number}.") for number, (d, v) in enumerate(report.derivations, 1)],
        "checks": [(d.title, v.passed_steps, len(v.rows)) for d, v in report.derivations],
        "remarks": "; ".join(f"{run.title}: {run.remark}" for run in runs) + ".",
    }


def _run_row(run: ExperimentRun) -> dict[str, str]:
    """One line of the table of runs."""
    end = run.trajectory
    return {
        "title": run.title,
        "predicted": _format_number(run.predicted_slow),
        "measured": _format_number(run.measured_slow),
        "ratio": "–" if run.ratio is None else f"{run.ratio:.3f}",
        "best": f"{end.accuracy.max():.3f}",
        "accuracy": f"{end.accuracy[-1]:.3f}",
        "separation": _format_number(end.min_separation[-1], 3),
        "remark": run.remark,
    }


def _mode_rows(run: ExperimentRun) -> dict[str, object]:
    """Canonical correlation, frustration and decay time of every mode; those of the components are exact."""
    kept = run.coupling.components
    rows = [(1.0, 0.0, np.inf) if k < kept else (m, 1 - m**2, 1 / (1 - m)) for k, m in enumerate(run.coupling.modes())]
    return {
        "title": run.title,
        "modes": [(k, f"{m:.5f}", _format_number(psi, 3), _format_number(time)) for k, (m, psi, time) in enumerate(rows, 1)],
    }


def _format_number(value: float | None, digits: int = 4) -> str:
    """A number for text with mathematics between dollars; a dash for none."""
    if value is None:
        return "–"
    if not np.isfinite(value):
        return r"$\infty$"
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    return rf"${mantissa}\cdot10^{{{int(exponent)}}}$" if exponent else text
