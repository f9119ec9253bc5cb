"""Steps that every family of couplings has: its common sector, and the spectrum that its sectors make up."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr

from derivations.analysis.modes.sectors import Sectors
from derivations.catalogue import dense
from derivations.catalogue.written import linear
from derivations.checks import Identity, Numerics
from derivations.engine import Step
from derivations.lines import Line
from derivations.vocabulary import chi, chi_0, r
from theory.models.vocabulary import K


def common_sector(found: Sectors, assumption: str) -> Step:
    """All labels alike, and all samples of a kind."""
    return replace(
        found.common.reduction.step,
        after=linear(found.common.flow),
        name="common_sector",
        statement="States in which all labels agree, and all samples of a kind, keep this form: pure samples at $v$, "
        "frustrated ones at $s$, labels at $u$.",
        reason="Insert the form; a constant on the labels is coupled to constants on pure and on frustrated samples.",
        assumptions=(
            assumption,
            "$a_v$ is one on pure samples and zero elsewhere, $a_s$ on frustrated ones, $a_u$ on labels; $e$ is any direction.",
        ),
    )


def spectrum(found: Sectors, statement: str, common: Expr, difference: Expr) -> Step:
    """The characteristic polynomials of both sectors, as they are to be written, and the determinant of the whole."""
    parts = (found.common, found.difference)
    return Step(
        "spectrum",
        statement,
        "Multiply the characteristic polynomials: $\\chi_0$ of the common sector once, $\\chi$ of the other $K-1$ times.",
        before=(Line(chi_0, common), Line(chi, difference)),
        after=(Line(r"\det\left(r-H(D-A)\right)", chi_0 * chi ** (K - 1) * found.unseen(r)),),
        uses=("common_sector", "difference_sector"),
        check=lambda before, after: (
            Identity(tuple((line.right, s.characteristic(r)) for line, s in zip(before, parts, strict=True))),
            Numerics(
                lambda rng: dense.determinants(rng, found.family, after[0].right, {line.left: line.right for line in before}),
                1e-9,
                "dense determinants",
            ),
        ),
    )
