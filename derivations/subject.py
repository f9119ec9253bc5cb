"""What a study is of: a flow, and what is said of it beside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sympy import Expr, Rational, Symbol

from theory.flow import Flow
from theory.loss import Loss


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
    stands_for
        what is put in for parameters and eigenvalues that equations give by others, of which the model is free.
    """

    name: str
    title: str
    source: str
    flow: Flow
    loss: Loss | None = None
    small: Symbol | None = None
    plane: tuple[Symbol, Symbol] | None = None
    numbers: Mapping[Symbol, Rational] = field(default_factory=dict)
    stands_for: Mapping[Symbol, Expr] = field(default_factory=dict)
