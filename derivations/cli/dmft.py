"""``collapse dmft``: the disorder-averaged theory of frustrated pairs and of their head, with a simulation laid over it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from derivations.cli.common import FAILED, FIGURES, JSON, OUT, QUIET, SEED, examples, folder_of, publish, say
from theory import require
from theory.text_table import table_text

if TYPE_CHECKING:
    from derivations.agreement.finite_size import Points
    from derivations.cli.dmft_columns import Computed
    from theory.dmft import Pairs

SAMPLES = 6  # couplings that --check draws
SHOWN_ROWS = 12  # of the table, on the terminal


@click.command(
    "dmft", epilog=examples("collapse dmft variance --check", "collapse dmft head --lambda 0.05 --kappa 0.02 --json")
)
@click.argument("what", metavar="WHAT", type=click.Choice(["response", "variance", "band", "head"]))
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
    help="Mobility of the head, times the sum of couplings.",
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
    "--dimension", type=click.IntRange(min=2), default=8, show_default=True, help="Dimension of the embeddings beside a head."
)
@FIGURES
@JSON
@QUIET
@SEED
@OUT
def command(
    what: str, formats: tuple[str, ...], as_json: bool, out: Path | None, check: bool, seed: int, **options: Any
) -> None:
    """What frustrated pairs drawn at random do on average, for infinitely many classes and all mobilities one.

    WHAT is response (of labels, at positive s), variance (of labels in time), band (of squared canonical correlations), or head
    (shared, with both targets stopped and mobilities of embeddings one over the degrees): w(t), and its largest eigenvalue,
    along the mode 1.

    Writes the table dmft-WHAT.csv, and the figure. With --check both have means over sampled couplings, with standard errors,
    and the last line is a verdict: whether they agree within noise, or within what finitely many classes take off, which is
    measured by half as many; exit status 1 where they do not.
    """
    folder = folder_of(out, as_json)
    if folder:
        require.extra("report", "matplotlib")
    from derivations.cli import dmft_columns
    from theory.progress import progress_bar

    pairs = _pairs_of(options)
    with progress_bar(1.0, f"{what} of {pairs.ensemble} pairs"):
        made: Computed = getattr(dmft_columns, f"compute_{what}")(pairs, options)
        points = made.draw(options["classes"], range(seed, seed + SAMPLES)) if check else None
        judged = None if points is None else _judge(made, pairs, (options["classes"], seed), points)
    arrays = made.columns | ({} if points is None else dmft_columns.sample_columns(points))
    columns = {name: [dmft_columns.plain_number(v, options["digits"]) for v in values] for name, values in arrays.items()}

    def build(scratch: Path) -> None:
        from derivations.figures import save_figure

        table = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        (scratch / f"dmft-{what}.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
        save_figure(made.figure(points), scratch, f"dmft-{what}", formats)

    said = _summarise(what, pairs, options["digits"], made, points) | {"columns": columns, "files": publish(folder, build)}
    if judged is not None:
        said["verdict"] = judged[1]
    if as_json:
        click.echo(json.dumps(said))
    else:
        say(_summary_text(said))
    if judged is not None and judged[0] is False:
        sys.exit(FAILED)


def _pairs_of(options: Mapping[str, Any]) -> Pairs:
    from theory.dmft import Pairs

    for name in ("pure", "links", "weight", "gamma", "lam", "kappa", "start"):
        require.real(options[name], f"--{'lambda' if name == 'lam' else name} as a finite number", "give one")
    require.real(options["until"], "--until as a positive number", "give for example --until 20", above=0)
    links = options["links"]
    whole = int(links) if options["ensemble"] == "regular" and float(links).is_integer() else links
    return Pairs(options["ensemble"], options["pure"], whole, options["weight"], options["closure"])


def _summarise(what: str, pairs: Pairs, digits: int, made: Computed, points: Points | None) -> dict:
    said = {"what": what, "ensemble": pairs.ensemble, "pure": pairs.pure_per_class, "links": pairs.links}
    said |= {"weight": pairs.weight, "closure": pairs.closure, "digits": digits, **made.found}
    if points is not None and what == "band":
        said |= {f"sampled_{name}": float(points[name][0][0]) for name in ("mean", "second_moment")}
    return said


def _judge(made: Computed, pairs: Pairs, of: tuple[int, int], points: Points) -> tuple[bool | None, str]:
    """Whether samples are those of the theory; a closure for many links is held against nothing, since it is off by 1/c."""
    from derivations.agreement.finite_size import judge_samples

    (classes, seed), half = of, of[0] // 2
    if pairs.closure == "large-c":
        return None, f"not tested: the closure of many links is off by a multiple of 1/c, here 1/{pairs.links:g}"
    if pairs.ensemble == "regular":
        half += half * int(pairs.links) % 2
    found = judge_samples(
        made.theory, made.at, lambda K: made.draw(K, range(seed, seed + SAMPLES)), (classes, half), SAMPLES, points
    )
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
