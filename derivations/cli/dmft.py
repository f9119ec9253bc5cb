"""``collapse dmft``: the disorder-averaged theory of frustrated pairs and of their head, with a simulation laid over it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from derivations.cli.common import JSON, OUT, SEED
from theory import require

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from theory.dmft import MeanFieldHead, Pairs

SAMPLES = 6  # couplings that --check draws
EARLIEST = 1e-3  # first time, and first s, as a share of the last
LINE = 40  # points of the line of critical decays


@click.command("dmft")
@click.argument("what", metavar="WHAT", type=click.Choice(["response", "variance", "band", "head"]))
@click.option("--ensemble", type=click.Choice(["poisson", "regular"]), default="regular", show_default=True, help="Of links.")
@click.option("--pure", type=float, default=10, show_default=True, help="Pure samples of each class.")
@click.option("--links", type=float, default=6, show_default=True, help="Frustrated samples at each class, on average.")
@click.option("--weight", type=float, default=0.5, show_default=True, help="Of each of the two couplings of one.")
@click.option(
    "--closure",
    type=click.Choice(["cavity", "large-c"]),
    default="cavity",
    show_default=True,
    help="Exact, or of many links, which is off by O(1/c); poisson has a band and a head in the latter alone.",
)
@click.option("--digits", type=int, default=15, show_default=True, help="15 to 50, of what mpmath computes.")
@click.option("--until", type=float, default=20.0, show_default=True, help="Last time, or last s beyond the spectrum.")
@click.option(
    "--points", type=click.IntRange(min=2, max=2000), default=50, show_default=True, help="Times, or values of s or mu^2."
)
@click.option("--check", is_flag=True, help="Lay sampled couplings over the theory.")
@click.option("--classes", type=click.IntRange(min=2), default=300, show_default=True, help="Of one coupling: --check, head.")
@click.option("--gamma", type=float, default=1.0, show_default=True, help="head: its mobility, times the sum of couplings.")
@click.option("--lambda", "lam", type=float, default=0.0, show_default=True, help="head: decay of embeddings.")
@click.option("--kappa", type=float, default=0.0, show_default=True, help="head: its decay.")
@click.option("--start", type=float, default=1.0, show_default=True, help="head: w(0), times the identity.")
@click.option("--dimension", type=click.IntRange(min=2), default=8, show_default=True, help="head: of embeddings.")
@JSON
@SEED
@OUT
def command(what: str, as_json: bool, out: Path, check: bool, seed: int, **options: Any) -> None:
    """What frustrated pairs drawn at random do on average, for infinitely many classes and all mobilities one.

    WHAT is response (of labels, at positive s), variance (of labels in time), band (of squared canonical correlations), or head
    (shared, with both targets stopped and mobilities of embeddings one over the degrees): w(t), and its largest eigenvalue,
    along the mode 1.

    Writes the table dmft-WHAT.csv, and the figure as SVG and PDF. With --check both have means over sampled couplings, with
    standard errors; deviations that are no noise are those of finitely many classes, and of the closure.
    """
    require.extra("report", "matplotlib")
    from derivations.documents.publish import publish_files, require_writable
    from derivations.figures import save_figure
    from theory.dmft import Pairs

    require_writable(out)
    require.real(options["until"], "--until as a positive number", "give a later time, or a larger s", above=0)
    links = options["links"]
    whole = int(links) if options["ensemble"] == "regular" and float(links).is_integer() else links
    pairs = Pairs(options["ensemble"], options["pure"], whole, options["weight"], options["closure"])
    made = {"response": _compute_response, "variance": _compute_variance, "band": _compute_band, "head": _compute_head}[what]
    found, arrays, figure = made(pairs, options, (options["classes"], range(seed, seed + SAMPLES)) if check else None)
    columns = {name: [_plain_number(value, options["digits"]) for value in values] for name, values in arrays.items()}

    def build(scratch: Path) -> None:
        table = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
        (scratch / f"dmft-{what}.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
        save_figure(figure, scratch, f"dmft-{what}")

    said = {"what": what, "ensemble": pairs.ensemble, "pure": pairs.pure_per_class, "links": pairs.links}
    said |= {"weight": pairs.weight, "closure": pairs.closure, "digits": options["digits"], **found}
    said["columns"] = columns
    said["files"] = list(map(str, publish_files(out, build)))
    click.echo(json.dumps(said) if as_json else _summary_text(said))


Sampled = tuple[int, range] | None
Columns = dict[str, "NDArray"]


def _compute_response(pairs: Pairs, options: dict, sampled: Sampled) -> tuple[dict, Columns, Figure]:
    from derivations.agreement import response_of, sampled_response
    from derivations.figures import dmft

    response = response_of(pairs, options["digits"])
    s = max(response.abscissa, 0.0) + _point_grid(options)
    solved = response.solve(s)
    values, errors = (np.asarray(v, dtype=complex).real for v in (solved.value, solved.error))
    columns = {"s": s, "response": _real_parts(solved.value), "error": errors}
    points = None if sampled is None else sampled_response(pairs, *sampled, s)
    found = {"abscissa": response.abscissa, "largest_residual": float(np.max(np.asarray(solved.residual, dtype=float)))}
    figure = dmft.response_figure(_figure_title(pairs), s, values, errors, points)
    return found, columns | _sample_columns(points), figure


def _compute_variance(pairs: Pairs, options: dict, sampled: Sampled) -> tuple[dict, Columns, Figure]:
    from derivations.agreement import response_of, simulated_variance
    from derivations.figures import dmft

    response = response_of(pairs, options["digits"])
    times = _point_grid(options)
    curve = response.relaxation(2 * times)
    values = np.asarray(curve.values, dtype=float)
    columns = {"time": times, "variance": curve.values, "error": curve.errors}
    points = None if sampled is None else simulated_variance(pairs, sampled[0], times, sampled[1])
    found = {"method": curve.method, "frozen": response.frozen}
    figure = dmft.variance_figure(_figure_title(pairs), times, {pairs: values}, points)
    return found, columns | _sample_columns(None if points is None else (points.mean, points.error)), figure


def _compute_band(pairs: Pairs, options: dict, sampled: Sampled) -> tuple[dict, Columns, Figure]:
    from derivations.agreement import sampled_coupling
    from derivations.figures import dmft
    from theory.dmft import Band

    of = Band(pairs.ensemble, pairs.pure_per_class, pairs.links, pairs.weight, pairs.closure, options["digits"])
    low, high = (float(edge) for edge in of.edges)
    mu2 = np.linspace(low, high, options["points"] + 2)[1:-1]
    spectra = None
    if sampled is not None:
        drawn = [sampled_coupling(pairs, sampled[0], seed) for seed in sampled[1]]
        spectra = np.concatenate([coupling.modes()[coupling.components :] ** 2 for coupling in drawn])
    _, mean, second = of.sum_rules()
    found = {
        "edges": [_plain_number(edge, of.digits) for edge in of.edges],
        "outlier": of.outlier,
        "mean": mean,
        "second_moment": second,
    }
    if spectra is not None:
        found |= {"sampled_mean": float(spectra.mean()), "sampled_second_moment": float(np.mean(spectra**2))}
    return found, {"mu2": mu2, "density": of.density(mu2)}, dmft.band_figure(_figure_title(pairs), of, spectra)


def _compute_head(pairs: Pairs, options: dict, sampled: Sampled) -> tuple[dict, Columns, Figure]:
    from derivations.agreement import critical_head_decay, simulated_head
    from derivations.figures import dmft
    from theory.dmft import Band, MeanFieldHead, outlier_mass

    of = Band(pairs.ensemble, pairs.pure_per_class, pairs.links, pairs.weight, pairs.closure)
    mass = outlier_mass(of, options["dimension"], options["classes"])
    rates = {"gamma": options["gamma"], "lam": options["lam"], "kappa": options["kappa"], "w0": options["start"]}
    head, turned = (MeanFieldHead(of, **rates, outlier=m) for m in (0.0, mass))
    times = _point_grid(options)
    curve, largest = head.trajectory(times), turned.trajectory(times)
    columns = {"time": times, "head": curve.head, "error": curve.errors}
    columns |= {"largest": largest.head, "largest_error": largest.errors}
    found, line = {"outlier_mass": mass} | _late_limits(head, pairs), None
    if pairs.ensemble == "regular" and pairs.links > 2:
        decays = head.critical_decay * np.linspace(0, 1, LINE + 2)[1:-1]
        line = decays, critical_head_decay(head.edge, decays)
        if 0 < head.lam < head.critical_decay:
            found |= {"critical_head_decay": head.lam * float(critical_head_decay(head.edge, head.lam)[0])}
    points = None
    if sampled is not None:
        points = simulated_head(pairs, sampled[0], times, head, options["dimension"], sampled[1])
        columns |= _sample_columns((points.rest.mean, points.rest.error))
        columns |= {f"largest_{name}": v for name, v in _sample_columns((points.outlier.mean, points.outlier.error)).items()}
    return found, columns, dmft.head_figure(_figure_title(pairs), head, curve, largest, points, line)


def _late_limits(head: MeanFieldHead, pairs: Pairs) -> dict:
    """What is known of late times: nothing where the band has no edge."""
    if pairs.ensemble == "poisson":
        return {}
    found: dict[str, Any] = {"edge": head.edge, "critical_decay": head.critical_decay}
    if head.lam > 0 and head.kappa > 0:
        found["steady_states"] = [asdict(state) for state in head.steady_states()]
    if head.lam < head.critical_decay and (head.lam > 0) == (head.kappa > 0):
        found |= dict(zip(("limit", "ageing"), head.ageing(), strict=True))
    return found


def _point_grid(options: dict) -> NDArray:
    return np.geomspace(EARLIEST * options["until"], options["until"], options["points"])


def _sample_columns(points: tuple[NDArray, NDArray] | None) -> Columns:
    return {} if points is None else {"sampled": points[0], "standard_error": points[1]}


def _real_parts(values: Any) -> NDArray:
    """Responses at real points, as they are, without imaginary parts of zero."""
    return np.array([value.real for value in np.asarray(values)])


def _plain_number(value: Any, digits: int) -> Any:
    """A double, or the decimal digits of an mpmath number as text."""
    import mpmath

    return float(value) if isinstance(value, float | np.floating) else mpmath.nstr(value, digits)


def _figure_title(pairs: Pairs) -> str:
    numbers = f"$n_0={pairs.pure_per_class:g}$, $c={pairs.links:g}$, $q={pairs.weight:g}$"
    return f"{pairs.ensemble} pairs, {pairs.closure}: {numbers}"


def _summary_text(said: dict) -> str:
    kept = {name: value for name, value in said.items() if name not in ("columns", "files")}
    rows = [f"{name.replace('_', ' '):<24}{_value_text(value)}" for name, value in kept.items()]
    columns = said["columns"]
    head = "".join(f"{name:>24}" for name in columns)
    table = ["".join(f"{_number_text(v):>24}" for v in row) for row in zip(*columns.values(), strict=True)]
    step = max(1, len(table) // 12)
    return "\n".join([*rows, "", head, *table[::step], "", *said["files"]])


def _value_text(value: Any) -> str:
    """A value, or what each of several is made of."""
    if isinstance(value, list):
        return "; ".join(map(_value_text, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_value_text(part)}" for name, part in value.items())
    return f"{value:.8g}" if isinstance(value, float) else str(value)


def _number_text(value: Any) -> str:
    return f"{value:.8g}" if isinstance(value, float) else value
