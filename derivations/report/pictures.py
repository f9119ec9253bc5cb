"""The figures of the report, one for each claim, as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from derivations import figures
from derivations.documents.view import FigureView
from derivations.report.contents import Picture, Report
from derivations.report.sections import PAIRS, first_pairs
from theory.progress import Tell


def draw_pictures(report: Report, tell: Tell, formats: Sequence[str] = ()) -> dict[str, Picture]:
    """Draw what there is to draw, also in formats that the documents do not hold; the figures by the claim that they show."""
    planned = list(_plan(report))
    drawn: dict[str, Picture] = {}
    for done, (topic, name, draw, caption, alt) in enumerate(planned):
        tell("figures", done / len(planned))
        figure = draw()
        if figure is not None:
            drawn[topic] = _save_in_memory(figure, FigureView(name, caption, alt, len(drawn) + 1), formats)
    tell("figures", 1.0)
    return drawn


def _save_in_memory(figure: Figure, view: FigureView, formats: Sequence[str]) -> Picture:
    with tempfile.TemporaryDirectory() as folder:
        figures.save_embedded(figure, Path(folder), view.name, formats)
        return Picture(view, {path.suffix: path.read_bytes() for path in Path(folder).iterdir()})


Planned = tuple[str, str, Callable[[], Figure | None], str, str]


def _plan(report: Report) -> Iterator[Planned]:
    """Claim, name, drawing, caption and words for those who do not see it, of each figure."""
    run, beside = report.run, report.beside
    yield (
        "C1",
        "solution",
        lambda: figures.solution(beside.stepped),
        "Labels with second labels among their samples: time steps (points) over the sum over modes (dashed), and the largest "
        "difference of the two.",
        "First coordinates of all labels against time, integrated and in closed form; beside it their largest difference.",
    )
    yield (
        "C2",
        "contraction",
        lambda: figures.contraction(
            run("clean"), run("frustrated"), first_pairs(run("encoder").coupling, report.data.class_names)[:PAIRS]
        ),
        "The smallest distance of two labels, and the predicted times of the pairs of classes that contract first in the "
        "linear encoder.",
        "Smallest distance of two labels against time without and with second labels; bars of the times of pairs of classes.",
    )
    yield (
        "C3",
        "time-scales",
        lambda: figures.time_scales(run("clean"), run("frustrated"), beside.stepped, run("frustrated-head")),
        "Loss, accuracy and root mean square distance of two labels. Dashed: the closed form from this very start, without a "
        "parameter to fit [#embedding-laplacian]; grey lines: predicted fast and slow time.",
        "Three curves against time on a logarithmic axis: loss, accuracy and distance of labels, of three runs and in "
        "closed form.",
    )
    yield (
        "C4",
        "prevention",
        lambda: figures.prevention(run("frustrated-head"), beside.advised, run("encoder").coupling, report.data.class_names),
        "Eigenvalues of the head (real parts) over the canonical correlations of either sign (dashed); labels of a run "
        "with the decays that are advised below, in their principal plane; and the plane of the decays with the place of these "
        "data: all modes are kept in the shaded parts, up to the dotted lines [#weight_decay-saddle_node], "
        "[#decay_stability-hopf].",
        "Eigenvalues of the head against time, labels in a plane, and the region of decays in which all modes are kept.",
    )
    if beside.couplings is not None:
        found = beside.couplings
        yield (
            "C5",
            "couplings",
            lambda: figures.couplings(found),
            f"Couplings of {found.classes} classes drawn with the shares of these data ({found.pairs.pure_per_class:g} "
            f"pure samples and {found.pairs.links:g} links each): variance of labels with two standard errors over the "
            "average in theory [#dmft-regular], and squared correlations over their band [#dmft-band], as for regular "
            "graphs [@mckay].",
            "Variance of labels against time, drawn and in theory; histogram of squared correlations over the predicted band.",
        )
    yield (
        "C6",
        "teacher",
        lambda: figures.teacher(run("encoder"), run("encoder-head"), beside.teacher),
        "The linear encoder of these data without and with a head under stop-gradient; the eigenvalues of that head; and mean "
        "squared correlations in samples of a teacher of their size, with two standard errors, over their prediction "
        "[#teacher_student-few_samples].",
        "Distance of labels against time, eigenvalues of the head against time, and squared correlations against samples.",
    )
