"""The figures of the documentation, as PNG in docs/gallery: all of them, or those named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click
from matplotlib.figure import Figure

from derivations import agreement, diagnose, dimensional, encoders, figures, phases
from derivations.data import load_data
from derivations.experiment import perform_runs, plan_runs
from derivations.figures.style import finish_figure
from derivations.frustration import study_frustration
from derivations.report.making import compare_beside
from derivations.survival import survival_table
from derivations.two_time_scales import two_time_scales
from theory import Coupling
from theory.progress import tell_nobody

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"
CELLS = 24


def report_figures() -> Iterator[tuple[str, Figure]]:
    """The report's, on scikit-learn's digits."""
    data = load_data("digits")
    todo = plan_runs(data, fraction=0.05, seed=0)
    runs = tuple(perform_runs(todo, dimension=16, seed=0, progress=lambda plan, share: None))
    clean, frustrated, head, encoder, encoder_head = runs
    beside = compare_beside(data, runs, tell_nobody)
    yield "time-scales", figures.time_scales(clean, frustrated, beside.stepped, head)
    yield "prevention", figures.prevention(head, beside.advised, encoder.coupling, data.class_names)
    yield "teacher", figures.teacher(encoder, encoder_head, beside.teacher)


def frustration_figures() -> Iterator[tuple[str, Figure]]:
    yield "frustration", figures.frustration(study_frustration(progress=print_progress))


def time_scale_figures() -> Iterator[tuple[str, Figure]]:
    frustrated = Coupling.uniform(classes=10, samples=100_000, fraction=0.01)
    yield "two-time-scales", figures.two_time_scales(two_time_scales("100,000 samples, 10 classes, 1 %", frustrated, 16))


def phase_figures() -> Iterator[tuple[str, Figure]]:
    decaying = phases.StartOutcomes(decay=0.05, head_decay=0.02, duration=1000.0)
    planes = {
        "phi-lambda": (phases.ParameterPlane("lambda", 0.1, 0.005, 0.26), r"$K=4$, $\kappa/\lambda=0.1$"),
        "phi-kappa": (phases.ParameterPlane("k", 0.05, 0.005, 0.305), r"$K=4$, $\lambda=0.05$"),
        "start": (phases.StartPlane(), r"one mode, $\varphi=0.2$, no decay"),
        "start-decay": (phases.StartPlane(outcomes=decaying), r"one mode, $\varphi=0.2$, $\lambda=0.05$, $\kappa=0.02$"),
    }
    for name, (plane, title) in planes.items():
        yield f"phase-{name}", figures.phase_diagram(plane, phases.compute_diagram(plane, CELLS, CELLS), title)


def dimension_figures() -> Iterator[tuple[str, Figure]]:
    yield "dimensional", figures.dimensional_collapse(dimensional.study(progress=print_progress))


def average_figures() -> Iterator[tuple[str, Figure]]:
    yield "dmft", figures.agreement(agreement.study_agreement(progress=print_progress))
    yield "dmft-nonlinear", figures.nonlinear(agreement.nonlinear_study())
    yield "dmft-wide", figures.wide_planes(agreement.wide_planes(progress=print_progress))


def encoder_figures() -> Iterator[tuple[str, Figure]]:
    for name in encoders.NAMES:
        split = encoders.load_split(name)
        found = replace(diagnose(split.trained, split.classes), name=name)
        yield f"diagnosis-{name.replace(' ', '-')}", figures.diagnosis(found)
    yield "encoders", figures.encoder_training(encoders.study(progress=print_progress))


def loss_figures() -> Iterator[tuple[str, Figure]]:
    yield "survival", figures.survival(survival_table(progress=print_progress))


MAKERS: dict[str, Callable[[], Iterator[tuple[str, Figure]]]] = {
    "report": report_figures,
    "frustration": frustration_figures,
    "two-time-scales": time_scale_figures,
    "phases": phase_figures,
    "dimensional": dimension_figures,
    "averages": average_figures,
    "encoders": encoder_figures,
    "losses": loss_figures,
}


def print_progress(done: object) -> None:
    click.echo(f"{done}: done", err=True)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(MAKERS)))
def main(names: tuple[str, ...]) -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    for maker in names or MAKERS:
        for name, figure in MAKERS[maker]():
            path = GALLERY / f"{name}.png"
            finish_figure(figure)
            figure.savefig(path, dpi=130)
            click.echo(path)


if __name__ == "__main__":
    main()
