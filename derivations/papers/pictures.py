"""The figures of a paper, as files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from derivations.documents.view import FigureView
from derivations.figures import study as figures
from derivations.figures.style import save_embedded
from derivations.studies.study import Study
from theory.latex import tex
from theory.progress import Tell

CERTIFIED = 5.0  # seconds for the proofs of one branch


def draw_pictures(study: Study, folder: Path, tell: Tell, formats: Sequence[str] = ()) -> dict[str, FigureView]:
    """Draw what there is to draw of a study, in the order in which it is shown; the figures by their names."""
    drawn: dict[str, FigureView] = {}
    planned = list(_plan(study))
    for done, (name, draw, caption, alt) in enumerate(planned):
        tell("figures", done / len(planned))
        figure = draw()
        if figure is not None:
            save_embedded(figure, folder, name, formats)
            drawn[name] = FigureView(name, caption, alt, len(drawn) + 1)
    tell("figures", 1.0)
    return drawn


def _plan(study: Study) -> Iterator[tuple[str, Callable[[], Figure | None], str, str]]:
    """Name, drawing, caption and words for those who do not see it, of each figure."""
    findings = study.findings
    if findings.points:
        yield (
            "bifurcation-diagram",
            lambda: figures.bifurcation_diagram(
                findings, certificates=figures.certify_branches(findings, time_limit=CERTIFIED)
            ),
            "Branches of states at rest in closed form: stable ones solid (broad where proved), unstable ones dashed.",
            "Amplitudes of the states at rest against a parameter, stable branches as solid lines and unstable ones as dashed.",
        )
        yield (
            "phase-portrait",
            lambda: figures.phase_portrait(findings),
            "The flow of the amplitudes, its states at rest and some of its trajectories.",
            "Arrows of the flow in a plane of two amplitudes, with states at rest as points and trajectories as lines.",
        )
    if (plane := study.plane) is not None:
        yield (
            "phase-plane",
            lambda: figures.phase_plane(plane),
            "Where small starts of the amplitudes end, simulated cell by cell; lines are bifurcations in closed form.",
            "Cells over two parameters, shaded by where simulated starts end, with lines of bifurcations.",
        )
    if any(state.time_scales for state in findings.states):
        yield (
            "rates",
            lambda: figures.series_of_rates(findings),
            f"Rates of states at rest as ${tex(findings.subject.small)}$ vanishes: eigenvalues as dots, series as lines.",
            "Rates against the small parameter on logarithmic axes, points of eigenvalues over lines of series.",
        )
    if study.runs:
        yield (
            "runs",
            lambda: figures.runs_over_theory(findings, study.runs),
            "The whole model, simulated from random starts, beside the values that theory predicts.",
            "Quantities of the simulated model against time, with the predicted values as dashed lines.",
        )
