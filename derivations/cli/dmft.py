"""``collapse dmft``: the disorder-averaged theory of frustrated pairs and of their head, with a simulation laid over it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import FAILED, FIGURES, JSON, OUT, QUIET, SEED, examples, folder_of, publish, say
from derivations.cli.couplings import given_options, refuse_options
from theory import require
from theory.text_table import table_text

if TYPE_CHECKING:
    from derivations.agreement.finite_size import Points
    from derivations.cli.dmft_columns import Computed

SAMPLES = 6  # couplings that --check draws
SHOWN_ROWS = 12  # of the table, on the terminal
FEW, WIDE = 8, 256  # dimensions of embeddings, and of wide ones, unless given
OF_PAIRS = {"ensemble", "pure", "links", "weight", "closure", "digits", "classes"}
OF_WIDE = {"spread", "table", "fraction"}


@click.command(
    "dmft",
    epilog=examples(
        "collapse dmft variance --check",
        "collapse dmft head --lambda 0.05 --kappa 0.02 --json",
        "collapse dmft wide --start 0.5 --spread 0.5 --check",
    ),
)
@click.argument("what", metavar="WHAT", type=click.Choice(["response", "variance", "band", "head", "wide"]))
@click.option(
    "--ensemble",
    type=click.Choice(["poisson", "regular"]),
    default="regular",
    show_default=True,
    help="How links are drawn: their number is random, or alike for all classes.",
)
@click.option("--pure", type=click.FloatRange(min=1), default=10, show_default=True, help="Pure samples of each class.")
@click.option(
    "--links", type=click.FloatRange(min=0), default=6, show_default=True, help="Frustrated samples at each class, on average."
)
@click.option(
    "--weight",
    type=click.FloatRange(min=0, min_open=True),
    default=0.5,
    show_default=True,
    help="Weight of each of the two couplings of a frustrated sample.",
)
@click.option(
    "--closure",
    type=click.Choice(["cavity", "large-c"]),
    default="cavity",
    show_default=True,
    help="Exact, or of many links, which is off by O(1/c); poisson has a band and a head in the latter alone.",
)
@click.option(
    "--digits", type=click.IntRange(15, 50), default=15, show_default=True, help="Digits to compute; mpmath is used above 15."
)
@click.option("--until", type=float, default=20.0, show_default=True, help="The last time, or the last s beyond the spectrum.")
@click.option(
    "--points",
    type=click.IntRange(min=2, max=2000),
    default=50,
    show_default=True,
    help="How many times, or values of s or mu^2.",
)
@click.option("--check", is_flag=True, help="Lay sampled couplings over the theory.")
@click.option(
    "--classes",
    type=click.IntRange(min=2),
    default=300,
    show_default=True,
    help="Classes of one sampled coupling, and of the head.",
)
@click.option(
    "--gamma",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="Mobility of the head, times the sum of couplings; of a wide one, times the dimension.",
)
@click.option(
    "--lambda",
    "lam",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="Decay of the embeddings beside a head.",
)
@click.option("--kappa", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Decay of the head.")
@click.option("--start", type=float, default=1.0, show_default=True, help="The head at the start, w(0) times the identity.")
@click.option(
    "--spread",
    type=click.FloatRange(min=0),
    default=0.5,
    show_default=True,
    help="Of a wide head: standard deviation of its random entries at the start, times the root of the dimension.",
)
@click.option(
    "--dimension",
    type=click.IntRange(min=2),
    help=f"Dimension of embeddings beside a head.  [default: {FEW}; wide: {WIDE}]",
)
@click.option(
    "--coupling", "table", type=click.Path(path_type=Path), help="Of a wide head: a table of couplings, as for spectrum."
)
@click.option(
    "--fraction",
    type=click.FloatRange(0, 1),
    default=0.2,
    show_default=True,
    help="Of a wide head without a table: the share of thirty samples of three classes that couples to all classes alike.",
)
@FIGURES
@JSON
@QUIET
@SEED
@OUT
@click.pass_context
def command(
    ctx: click.Context,
    /,
    what: str,
    formats: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    check: bool,
    seed: int,
    **options: Any,
) -> None:
    """What frustrated pairs drawn at random do on average, for infinitely many classes and all mobilities one.

    WHAT is response (of labels, at positive s), variance (of labels in time), band (of squared canonical correlations), or head
    (shared, with both targets stopped and mobilities of embeddings one over the degrees): w(t), and its largest eigenvalue,
    along the mode 1. And wide: the few modes of one coupling in embeddings of many dimensions, beside such a head that starts
    at random.

    Writes the table dmft-WHAT.csv, and the figure. With --check both have means over sampled couplings, with standard errors,
    and the last line is a verdict: whether they agree within noise, or within what finitely many classes take off, which is
    measured by half as many; exit status 1 where they do not.
    """
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    from derivations.cli import dmft_columns
    from theory.progress import progress_bar

    refuse_options(given_options(ctx, options) & (OF_PAIRS if what == "wide" else OF_WIDE), f"dmft {what}")
    asked = _ask_wide(options) if what == "wide" else _ask_pairs(what, options)
    with progress_bar(1.0, f"{what} of {asked.words}"):
        made = asked.compute()
        points = made.draw(asked.sizes[0], range(seed, seed + SAMPLES)) if check else None
        judged = None if points is None else _judge(made, asked, seed, points)
    arrays = made.columns | ({} if points is None else dmft_columns.sample_columns(points))
    columns = {name: [dmft_columns.plain_number(v, options["digits"]) for v in values] for name, values in arrays.items()}

    def build(scratch: Path) -> None:
        from derivations.figures import save_figure

        table = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        (scratch / f"dmft-{what}.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
        save_figure(made.figure(points), scratch, f"dmft-{what}", formats)

    said = {"what": what, **asked.said, **made.found}
    if points is not None and what == "band":
        said |= {f"sampled_{name}": float(points[name][0][0]) for name in ("mean", "second_moment")}
    said |= {"columns": columns, "files": publish(folder, build)}
    if judged is not None:
        said["verdict"] = judged[1]
    if as_json:
        click.echo(json.dumps(said))
    else:
        say(_summary_text(said))
    if judged is not None and judged[0] is False:
        sys.exit(FAILED)


@dataclass(frozen=True)
class _Asked:
    """What is computed, of what, and the sizes of what is sampled beside it: whole, and half; why it is not tested, if not."""

    words: str
    said: Mapping[str, Any]
    compute: Callable[[], Computed]
    sizes: tuple[int, int]
    counted: str
    untested: str = ""


def _ask_pairs(what: str, options: dict[str, Any]) -> _Asked:
    from derivations.cli import dmft_columns
    from theory.dmft import Pairs

    _check_numbers(options, ("pure", "links", "weight", "gamma", "lam", "kappa", "start"))
    options["dimension"] = options["dimension"] or FEW
    links, regular = options["links"], options["ensemble"] == "regular"
    whole = int(links) if regular and float(links).is_integer() else links
    pairs = Pairs(options["ensemble"], options["pure"], whole, options["weight"], options["closure"])
    said = {"ensemble": pairs.ensemble, "pure": pairs.pure_per_class, "links": pairs.links, "weight": pairs.weight}
    half = options["classes"] // 2
    if regular:
        half += half * int(pairs.links) % 2
    return _Asked(
        f"{pairs.ensemble} pairs",
        said | {"closure": pairs.closure, "digits": options["digits"]},
        lambda: getattr(dmft_columns, f"compute_{what}")(pairs, options),
        (options["classes"], half),
        "classes",
        f"the closure of many links is off by a multiple of 1/c, here 1/{pairs.links:g}" if pairs.closure == "large-c" else "",
    )


def _ask_wide(options: dict[str, Any]) -> _Asked:
    from derivations.cli import dmft_wide

    _check_numbers(options, ("spread", "gamma", "lam", "kappa", "start"))
    dimension = options["dimension"] or WIDE
    words, coupling = dmft_wide.read_coupling(options["table"], options["fraction"])
    said = {"coupling": words, "dimension": dimension} | {name: options[name] for name in ("start", "spread", "gamma")}
    return _Asked(
        words,
        said | {"lambda": options["lam"], "kappa": options["kappa"]},
        lambda: dmft_wide.compute_wide(coupling, dimension, options),
        (dimension, dimension // 2),
        "dimensions",
    )


def _check_numbers(options: Mapping[str, Any], names: Sequence[str]) -> None:
    for name in names:
        require.real(options[name], f"--{'lambda' if name == 'lam' else name} as a finite number", "give one")
    require.real(options["until"], "--until as a positive number", "give for example --until 20", above=0)


def _judge(made: Computed, asked: _Asked, seed: int, points: Points) -> tuple[bool | None, str]:
    """Whether samples are those of the theory; what is not tested is held against nothing."""
    from derivations.agreement.finite_size import judge_samples

    if asked.untested:
        return None, f"not tested: {asked.untested}"

    def draw(size: int) -> Points:
        return made.draw(size, range(seed, seed + SAMPLES))

    found = judge_samples(made.theory, made.at, draw, asked.sizes, SAMPLES, points, asked.counted)
    return found.held, found.sentence


def _summary_text(said: dict) -> str:
    kept = {name: value for name, value in said.items() if name not in ("columns", "files", "verdict")}
    known = table_text([(name.replace("_", " "), _value_text(value)) for name, value in kept.items()], "ll")
    columns = said["columns"]
    rows = [tuple(map(_number_text, row)) for row in zip(*columns.values(), strict=True)]
    table = table_text(rows[:: max(1, len(rows) // SHOWN_ROWS)], "r" * len(columns), columns)
    verdict = ["", f"verdict: {said['verdict']}"] if "verdict" in said else []
    return "\n".join([known, "", table, "", *said["files"], *verdict])


def _value_text(value: Any) -> str:
    """A value, or what each of several is made of."""
    if isinstance(value, list):
        return "; ".join(map(_value_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value_text(part)}" for name, part in value.items())
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def _number_text(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, float) else value
