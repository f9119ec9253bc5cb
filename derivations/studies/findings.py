"""What a study found of a model, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Rational, Symbol

from derivations.analysis.conserved import Conserved
from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.linearisation.certify import Certificate
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.linearisation.whole_states import WholeStability
from derivations.analysis.modes.reduction import Reduction
from derivations.analysis.points.fixed_points import FixedPoints
from derivations.analysis.points.point import FixedPoint
from derivations.subject import Subject
from theory.errors import UnfinishedError
from theory.flow import Flow

__all__ = ["Conserved", "Findings", "State", "Subject"]


@dataclass(frozen=True, eq=False)
class State:
    """A fixed point or family, by its number from one, and what is known of it; None where that has no answer or found none.

    ``image_of`` is the number of the state whose image it is under a change of signs that the flow does not see: it shares
    the stability and the rates of that one.  A point that stays a root of a polynomial has time scales on each of its branches.
    """

    number: int
    point: FixedPoint
    image_of: int | None = None
    stability: Stability | None = None
    whole: WholeStability | None = None
    time_scales: tuple[TimeScales, ...] = ()
    certificate: Certificate | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """All results on one subject.

    Attributes
    ----------
    reduction
        to the amplitudes of aligned states; None for a flow of scalars, and where states are not aligned.
    conserved, conserved_amplitudes
        of the flow that is studied, and of its amplitudes where it is reduced.
    points, states
        of the amplitudes; none where there are no amplitudes, or where their velocities are beyond the search.
    numbers
        exact values of all parameters of the flow of the amplitudes.
    gaps, faults
        what could not be finished, and what ended in an unexpected error, in sentences.
    """

    subject: Subject
    reduction: Reduction | None
    conserved: tuple[Conserved, ...]
    conserved_amplitudes: tuple[Conserved, ...]
    points: FixedPoints
    states: tuple[State, ...]
    numbers: Mapping[Symbol, Rational]
    gaps: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def amplitudes(self) -> Flow:
        """The flow of scalars whose fixed points these are.

        Raises
        ------
        UnfinishedError
            for matrices that are not reduced.
        """
        if self.reduction is None and self.subject.flow.is_matrix:
            raise UnfinishedError("the matrices were not reduced to amplitudes")
        return self.reduction.flow if self.reduction else self.subject.flow
