"""The figures of the documentation, as PNG in docs/gallery: the report's, on scikit-learn's digits, and that of frustration."""

from __future__ import annotations

from pathlib import Path

import click

from derivations import figures
from derivations.data import load
from derivations.experiment import perform, plans
from derivations.frustration import study

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"


def main() -> None:
    GALLERY.mkdir(parents=True, exist_ok=True)
    todo = plans(load("digits"), fraction=0.05, seed=0)
    runs = []
    for run in perform(todo, dimension=16, seed=0, progress=lambda plan, share: None):
        click.echo(f"{run.title}: done", err=True)
        runs.append(run)
    slowly = figures.frustration(study(progress=lambda done: click.echo(f"{done}: done", err=True)))
    made = {"curves": figures.curves(runs), "head-eigenvalues": figures.head_eigenvalues(runs), "frustration": slowly}
    for name, figure in made.items():
        path = GALLERY / f"{name}.png"
        figure.savefig(path, dpi=130)
        click.echo(path)


if __name__ == "__main__":
    main()
