"""The steps of the derivation ``frustration_pairs`` with mobilities inverse to the degrees."""

from __future__ import annotations

from sympy import Expr, Integer, Rational, Transpose, sqrt
from sympy import Identity as Unit

from derivations.analysis.modes.sectors import Sectors
from derivations.catalogue.frustration_pairs import evidence
from derivations.catalogue.sector_steps import characteristic
from derivations.catalogue.written import by_powers, linear_flow_lines
from derivations.checks import Identity, Numerics
from derivations.closed_forms.families import PAIRS, frustration, pairs_at_degrees, pairs_counts
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import B, b, c, chi, eta_s, eta_v, eta_x, eta_y, fast, m, mu, n, n_0, phi, psi, q, r, s, slow, u, v
from theory.models.vocabulary import D_x, D_y, J, K


def normalised_steps(found: Sectors) -> tuple[Step, ...]:
    """The rates of all pairs, and of pairs on the links of a graph."""
    polynomial = by_powers(pairs_at_degrees().characteristic(r), r)
    in_counts = Line(psi, (-polynomial.subs(r, 0)).factor())
    return (_normalised_rates_step(found, in_counts), _frustration_step(in_counts), _link_step())


def _normalised_rates_step(found: Sectors, in_counts: Line) -> Step:
    return Step(
        "normalised_rates",
        "With mobilities inverse to the degrees the rates are $1$ and $1\\mp\\mu$ with $\\mu^2=1-\\psi$.",
        "Insert $\\eta_v$ for $\\eta_x$ of pure samples and $\\eta_s$ for that of frustrated ones.",
        before=linear_flow_lines(found.difference.flow),
        given=(Line(eta_v, Integer(1)), Line(eta_s, 1 / (2 * q)), Line(eta_y, 1 / PAIRS.label_degree)),
        after=(
            Line(chi, (r - 1) * by_powers(r**2 - 2 * r + psi, r)),
            in_counts,
            Line(slow, 1 - sqrt(1 - psi)),
            Line(fast, 1 + sqrt(1 - psi)),
        ),
        uses=("difference_sector",),
        check=lambda premises, after: (
            Identity(((after[chi].subs(psi, after[psi]), characteristic(_at_degrees(premises), (v, s, u))),)),
            Identity(tuple((after[chi].subs(r, after[rate]), 0) for rate in (slow, fast))),
            Numerics(lambda rng: evidence.correlations(rng, PAIRS, after), 1e-9, "the canonical correlations of a coupling"),
        ),
    )


def _frustration_step(in_counts: Line) -> Step:
    counts = pairs_counts()
    return Step(
        "frustration",
        "In terms of the frustrated fraction $\\varphi$ of all $nK$ samples, only $\\varphi$ and $K$ are left.",
        "Count: $n_0=(1-\\varphi)n$, and $\\varphi nK$ samples over all pairs.",
        before=(in_counts,),
        given=(Line(n_0, counts[n_0]), Line(m, counts[m]), Line(q, Rational(1, 2))),
        after=(Line(psi, frustration("pairs")),),
        uses=("normalised_rates",),
        check=lambda premises, after: (
            Identity(
                (
                    (premises[m] * K * (K - 1) / 2, phi * n * K),
                    (premises[n_0] * K + premises[m] * K * (K - 1) / 2, n * K),
                    (premises[psi].subs(premises.of(n_0, m, q).mapping), after[psi]),
                )
            ),
            Numerics(lambda rng: evidence.frustration(rng, after[psi]), 1e-9, "the frustration of a coupling"),
        ),
    )


def _at_degrees(premises: Lines) -> list[Expr]:
    """The velocities of the amplitudes with mobilities inverse to the degrees."""
    own = {v: {eta_x: premises[eta_v]}, s: {eta_x: premises[eta_s]}, u: {eta_y: premises[eta_y]}}
    return [premises[dot(amplitude)].subs(mobility) for amplitude, mobility in own.items()]


def _link_step() -> Step:
    """Pairs on the links of a regular graph in place of all pairs."""
    squared = (n_0 + c / 4 + b / 4) / (n_0 + c / 2)
    return Step(
        "regular_graph",
        "Pairs need not be equally frequent. With one frustrated sample on each link of a graph on the classes, $c$ links a "
        "class, the class modes are those of the graph: $b$ is an eigenvalue of its adjacency $B$.",
        "The canonical correlations are the roots of the eigenvalues of $D_y^{-1/2}J^TD_x^{-1}JD_y^{-1/2}$.",
        before=(Line(slow, 1 - sqrt(1 - psi)),),
        given=(
            Line(Transpose(J) * D_x.I * J, (n_0 + c * q / 2) * Unit(K) + q / 2 * B),
            Line(D_y, (n_0 + c * q) * Unit(K)),
            Line(q, Rational(1, 2)),
            Line(psi, 1 - mu**2),
        ),
        after=(Line(mu**2, squared), Line(psi, (1 - squared).factor())),
        uses=("normalised_rates",),
        check=lambda premises, after: (
            Identity(((premises[psi].subs(mu**2, after[mu**2]), after[psi]),)),
            Numerics(
                lambda rng: evidence.regular_graph(rng, premises, after),
                1e-10,
                "couplings over random regular graphs of networkx",
            ),
        ),
    )
