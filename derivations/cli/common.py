"""What the commands share: options, errors as one sentence and an exit status, and extras that may be missing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from importlib import import_module
from math import isfinite
from pathlib import Path

import click

from theory.errors import InputError, UnfinishedError
from theory.progress import QUIET as QUIET_RUN

FAILED, BAD_INPUT, UNFINISHED, INTERRUPTED = 1, 2, 3, 130
ARGUMENT = re.compile(r"""\b(\w+)=("[^"]*"|'[^']*'|[\d./+-]*\d|\w+|)(?:\.\.\.)?""")  # as Python writes it
QUOTES = "\"'"
FOLDER = Path("collapse-out")
FORMATS = ["svg", "pdf", "png"]
KEPT = "derivations.kept"  # what a command has written, in the context of click
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for all files.  [default: collapse-out; none are written with --json alone]",
)
FIGURES = click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=("svg", "pdf"),
    show_default=True,
    help="Kind of file of the figure; may be repeated.",
)
QUIET = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    expose_value=False,
    callback=lambda context, option, value: QUIET_RUN.set(value),
    help="Print errors alone: files, --json and the exit status tell the rest.",
)
SEED = click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of every random draw.")
MOBILITY = click.option(
    "--mobility",
    type=click.Choice(["degree", "uniform"]),
    default="degree",
    show_default=True,
    help="Mobility of every embedding: the inverse of its degree, or one.",
)
DIMENSION = click.option(
    "--dimension", type=click.IntRange(min=1), default=16, show_default=True, help="Dimension of the embeddings."
)
LEVEL = click.option(
    "--level", type=click.Choice(["quick", "full"]), default="quick", show_default=True, help="How many cases each check takes."
)
JSON = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output; files are written with --out only."
)


class Number(click.ParamType):
    """A number, or a ratio of two whole ones."""

    name = "number"

    def convert(self, value, param, ctx):
        if isinstance(value, float):
            return value
        try:
            return float(Fraction(value)) if "/" in value else float(value)
        except (ValueError, ZeroDivisionError):
            self.fail(f"{value!r} is no number; write for example 0.05 or 1/20.", param, ctx)


NUMBER = Number()


def _usage_sentence(error: click.UsageError) -> str:
    """What the parser of options says, numbers outside a range as everywhere else."""
    outside = re.fullmatch(r"(\S+) is not in the range (.+)\.", error.message)
    if outside and isinstance(error, click.BadParameter) and error.param:
        return f"expected {error.param.opts[0]} in the range {outside[2]}, got {outside[1]}"
    return " ".join(error.format_message().split()).rstrip(".")


class Commands(click.Group):
    """Turns the package's errors into one sentence and an exit status; each command stands in a module of its name."""

    def __init__(self, *arguments, modules: tuple[str, ...], **options):
        super().__init__(*arguments, **options)
        self.modules = modules

    def list_commands(self, ctx):
        return sorted(self.modules)

    def get_command(self, ctx, name):
        return import_module(f"derivations.cli.{name}").command if name in self.modules else None

    def _spell_options(self, ctx: click.Context, error: Exception) -> str:
        command = self.get_command(ctx, ctx.invoked_subcommand)
        options = {name: o.opts[0] for o in command.params if o.param_type_name == "option" for name in (o.name, *o.opts)}
        return spell_options(str(error), options)

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else ctx.command_path
            click.echo(f"collapse: {_usage_sentence(error)}; see {path} --help", err=True)
            ctx.exit(BAD_INPUT)
        except InputError as error:
            click.echo(f"collapse: {self._spell_options(ctx, error)}", err=True)
            ctx.exit(BAD_INPUT)
        except UnfinishedError as error:
            click.echo(f"collapse: could not finish: {self._spell_options(ctx, error)}", err=True)
            ctx.exit(UNFINISHED)
        except BrokenPipeError:  # the reader of the output, such as head, has seen enough: click ends quietly
            raise
        except (OSError, MemoryError) as error:
            click.echo(f"collapse: could not finish: {str(error) or 'out of memory'}", err=True)
            ctx.exit(UNFINISHED)
        except KeyboardInterrupt as error:
            click.echo(f"collapse: could not finish: {str(error) or 'interrupted'}; {_kept_text(ctx)}", err=True)
            ctx.exit(INTERRUPTED)


def spell_options(sentence: str, options: Mapping[str, str]) -> str:
    """What a function says of its arguments, said of the options that stand for them; what came is quoted as it came."""

    def spell(argument: re.Match) -> str:
        option = options.get(argument[1]) or options.get("--" + argument[1].replace("_", "-"))
        return f"{option} {argument[2].strip(QUOTES)}".rstrip() if option else argument[0]

    expected, got, rest = sentence.partition(", got ")
    came, end, remedy = rest.rpartition("; ")
    return ARGUMENT.sub(spell, expected) + got + came + end + ARGUMENT.sub(spell, remedy)


def _kept_text(ctx: click.Context) -> str:
    """What there is on disk of a command that was interrupted."""
    return f"kept: {', '.join(ctx.meta[KEPT])}" if KEPT in ctx.meta else "nothing was kept"


def examples(*lines: str) -> str:
    """The end of a help text: how the command is called, a line each."""
    return "\n".join(["\b", "Examples:", *(f"  $ {line}" for line in lines)])


def say(text: str = "", err: bool = False) -> None:
    """Print words, unless none are wanted."""
    if not QUIET_RUN.get():
        click.echo(text, err=err)


def folder_of(out: Path | None, as_json: bool) -> Path | None:
    """The folder for files, which can be written to; None where JSON alone is asked for.

    Raises
    ------
    OSError
        for a folder that cannot be written to.
    """
    from derivations.documents.publish import require_writable

    return None if out is None and as_json else require_writable(out or FOLDER)


def publish(folder: Path | None, build: Callable[[Path], None], stale: Iterable[str] = ()) -> list[str]:
    """Files that are built, in their folder at once or not at all, in the place of ``stale`` ones; none without a folder."""
    from derivations.documents.publish import publish_files

    if folder is None:
        return []
    files = [str(path) for path in publish_files(folder, build, stale)]
    note_kept(*files)
    return files


def figure_files(name: str) -> tuple[str, ...]:
    """The files that a figure may have been written to."""
    return tuple(f"{name}.{kind}" for kind in FORMATS)


def note_kept(*what: str) -> None:
    """Remember what is on disk, to be named should the command be interrupted."""
    click.get_current_context().meta.setdefault(KEPT, []).extend(what)


def status_of(error: BaseException) -> int:
    """The exit status of work that ended early."""
    return INTERRUPTED if isinstance(error, KeyboardInterrupt) else UNFINISHED


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
        say(f"{claim.verdict.value}: {claim.sentence}\n    {claim.numbers}")
        say(f"    {claim.outlook.value}. {claim.explanation}")
    say(f"claims: {summarise_claims(claims)}")


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
