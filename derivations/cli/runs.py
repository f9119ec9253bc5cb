"""What a simulation keeps, and its three runs on one set of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from math import isfinite
from pathlib import Path
from typing import Any

from derivations.cli.common import figure_files, publish, run_summary, say, status_of
from derivations.cli.couplings import coupling_of
from theory.errors import InputError, Interrupted, UnfinishedError
from theory.progress import progress_bar
from theory.text_table import table_text


def partial_run(error: Interrupted | UnfinishedError):
    """The run until it ended, which says so; the error again where there is none."""
    from theory import Trajectory

    if not isinstance(error.partial, Trajectory):
        raise error
    return replace(error.partial, complete=False, stopped=str(error))


def save_run(out: Path | None, name: str, run, words: str, later: Iterable[str] = ()) -> list[str]:
    """Write a run, at once or not at all; the files that are made ``later`` of it are not kept from an earlier one."""

    def build(scratch: Path) -> None:
        run.save(scratch / f"{name}.nc", {"coupling": words})

    return publish(out, build, later)


def finite_or_none(value: float) -> float | None:
    """A number as JSON has it: infinities are null."""
    return float(value) if isfinite(value) else None


def run_time_scales(_model: str, options: Mapping[str, Any], given: set[str], out: Path | None) -> dict:
    from derivations.two_time_scales import NAMES, two_time_scales

    words, frustrated = coupling_of(options, given)
    if frustrated.classifiable:
        raise InputError("some frustrated samples", words, "give a larger fraction, or a sample two labels")
    files: list[str] = []

    def keep(run) -> None:
        said = "none frustrated" if run.coupling.classifiable else words
        later = () if files else (*(f"{name}.nc" for name in NAMES), *figure_files("two-time-scales"))
        files.extend(save_run(out, run.name, run.trajectory, said, later))

    try:
        with _Bars() as bars:
            study = two_time_scales(words, frustrated, options["dimension"], options["seed"], bars, keep)
    except (Interrupted, UnfinishedError) as error:
        run = partial_run(error)
        files += save_run(out, NAMES[len(files)], run, words)
        return {"complete": False, "stopped": run.stopped, "files": files, "status": status_of(error)}

    def draw(scratch: Path) -> None:
        from derivations import figures

        figures.save_figure(figures.two_time_scales(study), scratch, "two-time-scales", options["formats"])

    files += publish(out, draw)
    return {
        "coupling": words,
        "fast_time": frustrated.fast_time(),
        "slow_time": frustrated.slow_time(),
        "plateau_distance": study.expected[1].plateau_separation ** 0.5,
        "half_time": finite_or_none(study.expected[1].half_time),
        "runs": [run_summary(run) for run in study.runs],
        "claims": study.claims,
        "files": files,
    }


class _Bars(ExitStack):
    """One bar for each piece of work, one after the other."""

    name = ""
    done: Callable[[float], None]

    def __call__(self, name: str, share: float) -> None:
        if name != self.name:
            self.close()
            self.name, self.done = name, self.enter_context(progress_bar(1.0, f"simulate: {name}"))
        self.done(share)


def print_summary(found: dict) -> None:
    if "runs" in found:
        predicted = {"fast time": found["fast_time"], "slow time": found["slow_time"], "half time": found["half_time"]}
        say(f"{found['coupling']}\n{table_text([(name, _value_text(value)) for name, value in predicted.items()], 'll')}\n")
        head = ("run", "measured", "ratio", "accuracy", "separation")
        say(table_text(map(_row_of_run, found["runs"]), "lrrrr", head))
    elif "model" in found:
        shown = ("model", "coupling", "method", "last_time", "loss", "accuracy", "min_separation", "slow_time")
        rows = [(name.replace("_", " "), _value_text(found[name])) for name in shown]
        say(table_text(rows + [("drift", f"{value:.2g} of {name}") for name, value in found["drift"].items()], "ll"))
    say("\n".join(found["files"]))


def _row_of_run(run: dict) -> tuple[str, ...]:
    times = ("-" if run[key] is None else f"{run[key]:.4g}" for key in ("slow_time_measured", "ratio"))
    return run["name"], *times, f"{run['accuracy']:.4f}", f"{run['min_separation']:.3g}"


def _value_text(value: Any) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
