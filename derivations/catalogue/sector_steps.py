"""Steps that every family of couplings has: its sectors, and the spectrum that they make up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from sympy import Basic, Expr, Matrix, Symbol, eye

from derivations.analysis.modes.sectors import Sector, Sectors
from derivations.catalogue import dense
from derivations.catalogue.written import linear_flow_lines
from derivations.checks import Check, Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import chi, chi_0, chi_Z, r
from theory.models.vocabulary import K


def common_sector_step(found: Sectors, polynomial: Expr, assumption: str) -> Step:
    """All labels alike, and all samples of a kind; with the characteristic polynomial as it is to be written."""
    return replace(
        sector_step(found.common, chi_0, polynomial),
        name="common_sector",
        statement="States in which all labels agree, and all samples of a kind, keep this form: pure samples at $v$, "
        "frustrated ones at $s$, labels at $u$.",
        reason="Insert the form; a constant on the labels is coupled to constants on pure and on frustrated samples.",
        assumptions=(
            assumption,
            "$a_v$ is one on pure samples and zero elsewhere, $a_s$ on frustrated ones, $a_u$ on labels; $e$ is any direction.",
        ),
    )


def sector_step(sector: Sector, name: Symbol, polynomial: Expr) -> Step:
    """The reduction to a sector, its velocities by amplitude, and its characteristic polynomial as it is to be written."""
    after = (*linear_flow_lines(sector.flow), Line(name, polynomial))
    return replace(sector.reduction.step, after=after, check=partial(check_sector, sector, name))


def check_sector(sector: Sector, name: Symbol, premises: Lines, after: Lines) -> tuple[Check, ...]:
    """The lines of the reduction put into each other, and the determinant of the velocities shown."""
    velocities = after.of(*map(dot, sector.amplitudes)).rights
    return Identity(((after[name], characteristic(velocities, sector.amplitudes)),)), *sector.reduction.check(premises, after)


def characteristic(velocities: Iterable[Basic], amplitudes: Sequence[Symbol]) -> Expr:
    """det(r - M) of the linear velocities of amplitudes."""
    return (r * eye(len(amplitudes)) + Matrix(list(velocities)).jacobian(amplitudes)).det()


def spectrum_step(found: Sectors, common: Line, difference: Line, statement: str) -> Step:
    """The determinant of the whole, from the characteristic polynomials of both sectors."""
    return Step(
        "spectrum",
        statement,
        "Multiply the characteristic polynomials: $\\chi_0$ of the common sector once, $\\chi$ of the other $K-1$ times.",
        before=(common, difference),
        after=(Line(chi_Z, chi_0 * chi ** (K - 1) * found.unseen(r)),),
        uses=("common_sector", "difference_sector"),
        check=lambda before, after: Numerics(
            lambda rng: dense.determinant_pairs(rng, found.family, after[chi_Z], before.of(chi_0, chi).mapping),
            1e-9,
            "dense determinants of $r-H(D-A)$",
        ),
    )
