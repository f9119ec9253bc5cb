"""Class modes of both families of couplings beside a threshold of modes: their frustration, and the fraction that ends them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sympy import Expr, S, Symbol, solve, sqrt

from derivations.checks import Identity, Numerics
from derivations.closed_forms.families import frustration
from derivations.engine import Step
from derivations.lines import Line, Lines, number
from derivations.vocabulary import mu_k, phi, phi_c_pairs, phi_c_uniform, psi, psi_pairs, psi_uniform
from theory import Coupling

CORRELATION = Line(mu_k, sqrt(1 - psi))
FAMILIES = ((psi_uniform, phi_c_uniform, Coupling.uniform), (psi_pairs, phi_c_pairs, Coupling.pairs))


def frustrations() -> tuple[Line, Line]:
    """Of the class modes of both families."""
    return Line(psi_uniform, frustration("uniform")), Line(psi_pairs, frustration("pairs"))


def critical_fractions(correlation: Expr) -> tuple[Line, ...]:
    """The fractions at which class modes have the correlation of a threshold."""
    lost = (1 - correlation).together() * (1 + correlation).together()
    return tuple(
        Line(critical, lost * (phi / line.right).factor())
        for (_, critical, _), line in zip(FAMILIES, frustrations(), strict=True)
    )


def critical_fraction_step(
    critical: Line, weight: Symbol, pushed_by: str, room: str, draw: Callable, thresholds: Callable
) -> Step:
    """The fraction that ends class modes under a loss with a critical weight; ``draw`` makes its parameters, ``thresholds`` are
    numbers of runs."""
    (lost,) = solve(critical.right - weight, mu_k)
    return Step(
        "critical_fraction",
        "Frustration ends class modes at a critical fraction of frustrated samples, which grows with the weight of "
        f"{pushed_by}.",
        "Insert the frustration of the class modes into the threshold and solve.",
        before=(critical,),
        given=(CORRELATION, *frustrations(), Line(weight, critical.right.subs(mu_k, S.Zero), "<")),
        after=(Line(critical.left, critical.right.subs(mu_k, CORRELATION.right)), *critical_fractions(lost)),
        uses=("threshold",),
        assumptions=(f"Directions enough for all class modes. {room}",),
        check=lambda before, after: (
            Identity(((before[critical.left].subs(mu_k, before[mu_k]), after[critical.left]),)),
            Numerics(
                lambda rng: meet_thresholds(rng, before, after, after[critical.left] / weight, draw),
                1e-9,
                "where and only where it is assumed",
            ),
            Numerics(
                lambda rng: thresholds(rng, before, after),
                1e-9,
                "runs of all embeddings of both families, from both sides of the threshold",
            ),
        ),
    )


def meet_thresholds(rng: np.random.Generator, known: Lines, after: Lines, share: Expr, draw: Callable):
    """Whether a class mode can be at its threshold at the critical fraction, which it can where it is assumed and only there:
    its frustration is not negative, and ``share``, a function of it, is one."""
    for _ in range(6):
        at = draw(rng)
        for family, critical, _ in FAMILIES:
            lost = number(known[family].subs(phi, after[critical].subs(at)), at)
            met = lost >= 0 and abs(number(share, at | {psi: lost}) - 1) < 1e-9
            yield int(not known.violations(at)), int(met)


def half_frustrated(make: Callable, classes: int) -> Coupling:
    """A coupling of a family with few classes and samples."""
    return make(classes=classes, samples=4 * classes, fraction=0.5)
