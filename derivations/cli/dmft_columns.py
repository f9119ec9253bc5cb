"""What ``collapse dmft`` computes: columns of the theory, what sampled couplings have in their place, and figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from derivations.agreement.finite_size import Points

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from theory.dmft import MeanFieldHead, Pairs

EARLIEST = 1e-3  # first time, and first s, as a share of the last
LINE = 40  # points of the line of critical decays
Columns = dict[str, "NDArray"]


@dataclass(frozen=True, eq=False)
class Computed:
    """What is said beside the columns, these, and a figure of them and of samples.

    Attributes
    ----------
    found, columns
        numbers by name, and columns by name.
    at
        the points (n,) of the theory.
    theory
        what samples are held against, with its own errors.
    draw
        the same of couplings with so many classes, for seeds.
    figure
        a function of what was sampled, or None.
    """

    found: Mapping[str, Any]
    columns: Columns
    at: NDArray
    theory: Points
    draw: Callable[[int, range], Points]
    figure: Callable[[Points | None], Figure]


def compute_response(pairs: Pairs, options: dict) -> Computed:
    """The response of labels at positive s."""
    from derivations.agreement import response_of, sampled_response

    response = response_of(pairs, options["digits"])
    s = max(response.abscissa, 0.0) + _point_grid(options)
    solved = response.solve(s)
    values, errors = (np.asarray(v, dtype=complex).real for v in (solved.value, solved.error))

    def draw(classes: int, seeds: range) -> Points:
        return {"response": sampled_response(pairs, classes, seeds, s)}

    def figure(points: Points | None) -> Figure:
        from derivations.figures import bands, dmft

        sampled = None if points is None else points["response"]
        return dmft.response_figure(bands.title_of_pairs(pairs), s, values, errors, sampled)

    found = {"abscissa": response.abscissa, "largest_residual": float(np.max(np.asarray(solved.residual, dtype=float)))}
    columns = {"s": s, "response": _real_parts(solved.value), "error": errors}
    return Computed(found, columns, s, {"response": (values, errors)}, draw, figure)


def compute_variance(pairs: Pairs, options: dict) -> Computed:
    """The variance of labels in time."""
    from derivations.agreement import response_of, simulated_variance

    response = response_of(pairs, options["digits"])
    times = _point_grid(options)
    curve = response.relaxation(2 * times)
    values, errors = np.asarray(curve.values, dtype=float), np.asarray(curve.errors, dtype=float)

    def draw(classes: int, seeds: range) -> Points:
        points = simulated_variance(pairs, classes, times, seeds)
        return {"variance": (points.mean, points.error)}

    def figure(points: Points | None) -> Figure:
        from derivations.figures import bands, dmft
        from theory.simulation.observables import StartPoints

        laid = None if points is None else StartPoints(times, *points["variance"])
        return dmft.variance_figure(bands.title_of_pairs(pairs), times, {pairs: values}, laid)

    columns = {"time": times, "variance": curve.values, "error": curve.errors}
    found = {"method": curve.method, "frozen": response.frozen}
    return Computed(found, columns, times, {"variance": (values, errors)}, draw, figure)


def compute_band(pairs: Pairs, options: dict) -> Computed:
    """The band of squared canonical correlations, and its first two moments."""
    from theory.dmft import Band

    of = Band(pairs.ensemble, pairs.pure_per_class, pairs.links, pairs.weight, pairs.closure, options["digits"])
    low, high = (float(edge) for edge in of.edges)
    mu2 = np.linspace(low, high, options["points"] + 2)[1:-1]
    _, mean, second = (float(moment) for moment in of.sum_rules())
    edges = [plain_number(edge, of.digits) for edge in of.edges]
    found = {"edges": edges, "outlier": of.outlier, "mean": mean, "second_moment": second}

    def figure(points: Points | None) -> Figure:
        return of.plot(None if points is None else points["spectra"][0])

    theory = {name: (np.array([value]), np.zeros(1)) for name, value in (("mean", mean), ("second_moment", second))}
    columns = {"mu2": mu2, "density": of.density(mu2)}
    return Computed(found, columns, np.zeros(1), theory, partial(_draw_spectra, pairs), figure)


def _draw_spectra(pairs: Pairs, classes: int, seeds: range) -> Points:
    """Spectra of sampled couplings without the mode 1, and the first two moments of all modes, which are those of traces."""
    from derivations.agreement import sampled_coupling

    drawn = [sampled_coupling(pairs, classes, seed) for seed in seeds]
    spectra = np.array([coupling.modes() ** 2 for coupling in drawn])
    moments = {"mean": spectra.mean(axis=1), "second_moment": (spectra**2).mean(axis=1)}
    error = np.sqrt(len(drawn))
    said = {name: (np.array([m.mean()]), np.array([m.std(ddof=1) / error])) for name, m in moments.items()}
    rest = spectra[:, 1:].ravel()
    return {"spectra": (rest, np.zeros(rest.size)), **said}


def compute_head(pairs: Pairs, options: dict) -> Computed:
    """The head in time, and its largest eigenvalue along the mode 1."""
    from theory.dmft import Band, MeanFieldHead, outlier_mass

    of = Band(pairs.ensemble, pairs.pure_per_class, pairs.links, pairs.weight, pairs.closure)
    mass = outlier_mass(of, options["dimension"], options["classes"])
    rates = {"gamma": options["gamma"], "lam": options["lam"], "kappa": options["kappa"], "w0": options["start"]}
    rates |= {"classes": options["classes"], "dimension": options["dimension"]}
    head, turned = (MeanFieldHead(of, **rates, outlier=m) for m in (0.0, mass))
    times = _point_grid(options)
    curve, largest = head.trajectory(times), turned.trajectory(times)
    columns = {"time": times, "head": curve.head, "error": curve.errors}
    columns |= {"largest": largest.head, "largest_error": largest.errors}
    said = {"outlier_mass": mass, "holds_for": curve.limit, "left_out": curve.left_out}
    found, line = said | _late_limits(head, pairs), None
    if pairs.ensemble == "regular" and pairs.links > 2:
        line, critical = _critical_line(head)
        found |= critical

    def draw(classes: int, seeds: range) -> Points:
        from derivations.agreement import simulated_head

        points = simulated_head(pairs, classes, times, head, options["dimension"], seeds)
        return {"head": (points.rest.mean, points.rest.error), "largest": (points.outlier.mean, points.outlier.error)}

    def figure(points: Points | None) -> Figure:
        from derivations.agreement.heads import HeadPoints
        from derivations.figures import bands, dmft
        from theory.simulation.observables import StartPoints

        laid = None
        if points is not None:
            laid = HeadPoints(*(StartPoints(times, *points[name]) for name in ("head", "largest")))
        return dmft.head_figure(bands.title_of_pairs(pairs), head, curve, largest, laid, line)

    theory = {"head": (curve.head, curve.errors), "largest": (largest.head, largest.errors)}
    return Computed(found, columns, times, theory, draw, figure)


def _critical_line(head: MeanFieldHead) -> tuple[tuple[NDArray, NDArray], dict]:
    """The line of critical decays of the head, and the one at its decay of embeddings."""
    from derivations.agreement import critical_head_decay

    decays = head.critical_decay * np.linspace(0, 1, LINE + 2)[1:-1]
    line = decays, critical_head_decay(head.edge, decays)
    if 0 < head.lam < head.critical_decay:
        return line, {"critical_head_decay": head.lam * float(critical_head_decay(head.edge, head.lam)[0])}
    return line, {}


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


def sample_columns(points: Points) -> Columns:
    """Columns of samples, after those of the theory."""
    named = {"": "response", " ": "variance", "  ": "head", "largest_": "largest", "loss_": "loss"}
    return {
        f"{prefix.strip()}{what}": values
        for prefix, name in named.items()
        if name in points
        for what, values in zip(("sampled", "standard_error"), points[name], strict=True)
    }


def _real_parts(values: Any) -> NDArray:
    """Responses at real points, as they are, without imaginary parts of zero."""
    return np.array([value.real for value in np.asarray(values)])


def plain_number(value: Any, digits: int) -> Any:
    """A double, or the decimal digits of an mpmath number as text."""
    import mpmath

    return float(value) if isinstance(value, float | np.floating) else mpmath.nstr(value, digits)
