r"""Polynomial first integrals of a flow as a result that prints, each with its derivative along the flow as certificate.

>>> from sympy import symbols
>>> from theory import Flow
>>> v, w = symbols("v w", real=True)
>>> mu = symbols("mu", positive=True)
>>> print(first_integrals(Flow({v: -w * (w - mu) * v, w: -(w - mu) * v**2}), time_limit=None))
Q_1 = v**2 - w**2
all polynomial first integrals up to degree 2, for generic parameters
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, MatrixExpr

from derivations.analysis.limits import run_within
from derivations.typeset.rows import Row, row_of
from derivations.typeset.shown import Shown
from theory import require
from theory.errors import InputError
from theory.flow import Flow


@dataclass(frozen=True)
class FirstIntegrals(Shown, Sequence):
    """A basis of the polynomial first integrals of a flow up to ``degree``, constants left out.

    Each is conserved for all parameters; for special ones there may be more.
    """

    exported = ("degree", "integrals")

    flow: Flow
    degree: int
    integrals: tuple[Expr | MatrixExpr, ...]

    def __len__(self):
        return len(self.integrals)

    def __getitem__(self, index):
        return self.integrals[index]

    def __iter__(self) -> Iterator[Expr | MatrixExpr]:
        return iter(self.integrals)

    def rows(self) -> list[Row]:
        what = "all" if self.integrals else "no"
        words = f"{what} polynomial first integrals up to degree {self.degree}, for generic parameters"
        return [*(row_of(f"Q_{k}", q) for k, q in enumerate(self.integrals, 1)), Row.text(words)]


def check_question(flow: Flow, degree: int) -> None:
    """Refuse what is no flow, and what is no degree."""
    if not isinstance(flow, Flow):
        raise InputError("a Flow", type(flow).__name__, "use Loss.gradient_flow(), Loss.stop_gradient_flow() or Flow({x: ...})")
    require.whole(degree, "a whole number as degree")


def first_integrals(flow: Flow, degree: int = 2, time_limit: float | None = 60) -> FirstIntegrals:
    """The polynomial first integrals up to a degree, by linear algebra on exact coefficients.

    Parameters
    ----------
    flow
        scalar with velocities rational in the state, or a matrix flow (degree 1 or 2).
    time_limit
        in seconds; None runs without limit in this process.

    Raises
    ------
    InputError
        for a flow outside that class, or a degree not offered.
    UnfinishedError
        at the time limit.
    """
    check_question(flow, degree)
    return FirstIntegrals(flow, degree, run_within(time_limit, flow.conserved, degree))
