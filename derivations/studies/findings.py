"""What a study found of a model, before it is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from sympy import Expr, MatrixExpr, Rational, Symbol

from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.linearisation.stability import Stability
from derivations.analysis.linearisation.whole_states import WholeStability
from derivations.analysis.modes.reduction import Reduction
from derivations.analysis.points.fixed_points import FixedPoints
from derivations.analysis.points.point import FixedPoint
from theory.flow import Flow
from theory.loss import Loss

Quantity: TypeAlias = Expr | MatrixExpr


@dataclass(frozen=True)
class Subject:
    """What is studied.

    Attributes
    ----------
    flow
        that is followed: the stop-gradient flow of the loss, or a flow without one.
    small
        the parameter in which time scales are expanded.
    plane
        the two parameters of the phase plane.
    numbers
        values of parameters at which figures are drawn and runs are made; those that are missing are drawn.
    """

    name: str
    title: str
    source: str
    flow: Flow
    loss: Loss | None = None
    small: Symbol | None = None
    plane: tuple[Symbol, Symbol] | None = None
    numbers: Mapping[Symbol, Rational] = field(default_factory=dict)


@dataclass(frozen=True)
class Conserved:
    """A quantity with :math:`\\dot Q=cQ` along the flow, where the rate c is zero or made of parameters."""

    quantity: Quantity
    rate: Expr


@dataclass(frozen=True, eq=False)
class State:
    """A fixed point or family, by its number from one, and what is known of it; None where that has no answer or found none."""

    number: int
    point: FixedPoint
    stability: Stability | None = None
    whole: WholeStability | None = None
    time_scales: TimeScales | None = None


@dataclass(frozen=True, eq=False)
class Findings:
    """All results on one subject.

    Attributes
    ----------
    reduction
        to the amplitudes of aligned states; None for a flow of scalars.
    numbers
        exact values of all parameters of the flow of the amplitudes.
    gaps
        what could not be finished, in sentences.
    """

    subject: Subject
    reduction: Reduction | None
    conserved: tuple[Conserved, ...]
    points: FixedPoints
    states: tuple[State, ...]
    numbers: Mapping[Symbol, Rational]
    gaps: tuple[str, ...] = ()

    @property
    def amplitudes(self) -> Flow:
        """The flow of scalars whose fixed points these are."""
        return self.reduction.flow if self.reduction else self.subject.flow
