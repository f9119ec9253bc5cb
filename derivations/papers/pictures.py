"""The figures of a paper, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from matplotlib.figure import Figure

from derivations.figures import study as figures
from derivations.figures.style import save_figure
from derivations.studies.study import Study
from theory.latex import tex
from theory.progress import Tell

CERTIFIED = 5.0  # seconds for the proofs of one branch


def draw_pictures(study: Study, folder: Path, tell: Tell) -> dict[str, str]:
    """Draw what there is to draw of a study; names of files to captions."""
    drawn, planned = {}, list(_plan(study))
    for done, (name, draw, caption) in enumerate(planned):
        tell("figures", done / len(planned))
        figure = draw()
        if figure is not None:
            save_figure(figure, folder, name)
            drawn[name] = caption
    tell("figures", 1.0)
    return drawn


def _plan(study: Study) -> Iterator[tuple[str, Callable[[], Figure | None], str]]:
    """Name, drawing and caption of each figure."""
    findings = study.findings
    if findings.points:
        yield (
            "bifurcation-diagram",
            lambda: figures.bifurcation_diagram(
                findings, certificates=figures.certify_branches(findings, time_limit=CERTIFIED)
            ),
            "Branches of states at rest in closed form: stable ones solid (broad where proved), unstable ones dashed.",
        )
        yield (
            "phase-portrait",
            lambda: figures.phase_portrait(findings),
            "The flow of the amplitudes, its states at rest and some of its trajectories.",
        )
    if (plane := study.plane) is not None:
        yield (
            "phase-plane",
            lambda: figures.phase_plane(plane),
            "Where small starts of the amplitudes end, simulated cell by cell; lines are bifurcations in closed form.",
        )
    if study.runs:
        yield (
            "runs",
            lambda: figures.runs_over_theory(findings, study.runs),
            "The whole model, simulated from random starts, beside the values that theory predicts.",
        )
    if any(state.time_scales for state in findings.states):
        yield (
            "rates",
            lambda: figures.series_of_rates(findings),
            f"Rates of states at rest as ${tex(findings.subject.small)}$ vanishes: eigenvalues as dots, series as lines.",
        )
