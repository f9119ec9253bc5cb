"""Steps that every family of couplings has: its sectors, and the spectrum that they make up."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Matrix, Symbol, eye

from derivations.analysis.modes.sectors import Sector, Sectors
from derivations.catalogue import dense
from derivations.catalogue.written import linear
from derivations.checks import Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import chi, chi_0, chi_Z, r
from theory.models.vocabulary import K


def common_sector(found: Sectors, polynomial: Expr, assumption: str) -> Step:
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
    step = sector.reduction.step

    def check(premises: Lines, after: Lines):
        velocities = after.of(*map(dot, sector.amplitudes)).rights
        matrix = r * eye(len(velocities)) + Matrix(velocities).jacobian(sector.amplitudes)
        return (*step.check(premises, after), Identity(((after[name], matrix.det()),)))

    return replace(step, after=(*linear(sector.flow), Line(name, polynomial)), check=check)


def spectrum(found: Sectors, common: Line, difference: Line, statement: str) -> Step:
    """The determinant of the whole, from the characteristic polynomials of both sectors."""
    return Step(
        "spectrum",
        statement,
        "Multiply the characteristic polynomials: $\\chi_0$ of the common sector once, $\\chi$ of the other $K-1$ times.",
        before=(common, difference),
        after=(Line(chi_Z, chi_0 * chi ** (K - 1) * found.unseen(r)),),
        uses=("common_sector", "difference_sector"),
        check=lambda before, after: Numerics(
            lambda rng: dense.determinants(rng, found.family, after[chi_Z], before.of(chi_0, chi).mapping),
            1e-9,
            "dense determinants of $r-H(D-A)$",
        ),
    )
