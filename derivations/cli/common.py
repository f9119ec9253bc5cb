"""What the commands share: options, errors as one sentence and an exit status, and extras that may be missing."""

from __future__ import annotations

from importlib import import_module
from math import isfinite
from pathlib import Path

import click

from theory.errors import InputError, UnfinishedError

FAILED, BAD_INPUT, UNFINISHED = 1, 2, 3
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("collapse-out"),
    show_default=True,
    help="Folder for all files.",
)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of every random draw.")
DELIMITER = click.option(
    "--delimiter",
    default=",",
    show_default=True,
    callback=lambda context, option, value: value.replace("\\t", "\t"),
    help="Between the columns of a CSV file.",
)
MOBILITY = click.option(
    "--mobility",
    type=click.Choice(["degree", "uniform"]),
    default="degree",
    show_default=True,
    help="Of every embedding: the inverse of its degree, or one.",
)
DIMENSION = click.option(
    "--dimension", type=click.IntRange(min=1), default=16, show_default=True, help="Dimension of the embeddings."
)
LEVEL = click.option(
    "--level", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How many cases each check takes."
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output and nothing else there.")


class Commands(click.Group):
    """Turns the package's errors into one sentence and an exit status; each command stands in a module of its name."""

    def __init__(self, *arguments, modules: tuple[str, ...], **options):
        super().__init__(*arguments, **options)
        self.modules = modules

    def list_commands(self, ctx):
        return sorted(self.modules)

    def get_command(self, ctx, name):
        return import_module(f"derivations.cli.{name}").command if name in self.modules else None

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"collapse: {error}", err=True)
            ctx.exit(BAD_INPUT)
        except UnfinishedError as error:
            click.echo(f"collapse: could not finish: {error}", err=True)
            ctx.exit(UNFINISHED)
        except BrokenPipeError:  # the reader of the output, such as head, has seen enough: click ends quietly
            raise
        except (OSError, MemoryError) as error:
            click.echo(f"collapse: could not finish: {str(error) or 'out of memory'}", err=True)
            ctx.exit(UNFINISHED)
        except KeyboardInterrupt:
            click.echo("collapse: could not finish: interrupted; nothing was kept of the work under way", err=True)
            ctx.exit(UNFINISHED)


def read_parameters(parameters: tuple[str, ...]) -> dict[str, float]:
    """NAME=VALUE pairs; values are read as numbers, never evaluated."""
    found: dict[str, float] = {}
    for text in parameters:
        name, _, value = text.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise InputError("NAME=VALUE with a number", repr(text), "write for example gamma=0.5") from None
        if name in found:
            raise InputError("each parameter once", f"{name} again", "drop one of them")
        found[name] = number
    return found


def print_claims(claims) -> None:
    """What runs let one claim, its evidence and what theory says of it; the last line counts."""
    from derivations.claims import summarise_claims

    for claim in claims:
        click.echo(f"{claim.verdict.value}: {claim.sentence}\n    {claim.numbers}")
        click.echo(f"    {claim.outlook.value}. {claim.explanation}")
    click.echo(f"claims: {summarise_claims(claims)}")


def run_summary(run) -> dict:
    """What is said of one run of :mod:`derivations.experiment` in JSON."""
    times = {"predicted": run.predicted_slow, "measured": run.measured_slow, "ratio": run.ratio}
    finite = {name: value if value is not None and isfinite(value) else None for name, value in times.items()}
    return {
        "name": run.name,
        "collapses": run.collapsed,
        "slow_time_predicted": finite["predicted"],
        "slow_time_measured": finite["measured"],
        "ratio": finite["ratio"],
        "spread": float(run.trajectory.label_spread[-1] / run.trajectory.label_spread[0]),
        "accuracy": float(run.trajectory.accuracy[-1]),
        "min_separation": float(run.trajectory.min_separation[-1]),
        "remark": run.remark,
    }
