"""The codimension-one bifurcations of fixed points, as results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from sympy import Basic, Expr, Symbol
from sympy.core.relational import Relational

from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from theory.abridging import Say


def put_values(expr: Basic, values: Mapping[Symbol, Expr]) -> Basic:
    """The expression with values put in; whether a relation holds is not looked into again."""
    if isinstance(expr, Relational):
        return expr.func(*(a.xreplace(values) for a in expr.args), evaluate=False)
    return expr.xreplace(values)


class BifurcationKind(Enum):
    """The codimension-one bifurcations of fixed points; degenerate where it is proved that a condition for each of them fails,
    unclassified where that could not be decided."""

    SADDLE_NODE = "saddle-node"
    TRANSCRITICAL = "transcritical"
    PITCHFORK = "pitchfork"
    HOPF = "Hopf"
    DEGENERATE = "degenerate"
    UNCLASSIFIED = "unclassified"


@dataclass(frozen=True)
class Bifurcation(Shown):
    """A bifurcation of a fixed point.

    Attributes
    ----------
    kind
        of the bifurcation; ``critical`` the equation at which it happens.
    criticality
        of a pitchfork or Hopf bifurcation: ``"supercritical"``, ``"subcritical"``; None where that depends on parameters.
    supercritical
        the inequality that decides it then.
    coefficient
        the normal form's: quadratic, cubic, or first Lyapunov coefficient (in the normalisation above), on the critical set.
    frequency
        the squared frequency of a Hopf bifurcation.  Its criticality is not worked out where more than four modes couple, where
        there are zero modes beside, or where it grows too long.
    conditions
        under which it happens there, the point being given: other inequalities, such as a positive squared frequency.
    reason
        why it is unclassified.
    """

    exported = (
        "kind",
        "critical",
        "criticality",
        "coefficient",
        ("frequency_squared", "frequency"),
        ("supercritical_where", "supercritical"),
        "conditions",
        "reason",
    )

    kind: BifurcationKind
    critical: Relational
    criticality: str | None = None
    coefficient: Expr | None = None
    frequency: Expr | None = None
    conditions: tuple[Relational, ...] = ()
    supercritical: Relational | None = None
    reason: str = ""

    def at(self, values: Mapping[Symbol, Expr]) -> Bifurcation:
        """The bifurcation with expressions put in for symbols."""
        if not values:
            return self
        put = {name: put_values(value, values) for name, value in vars(self).items() if isinstance(value, Basic)}
        return replace(self, **put, conditions=tuple(put_values(c, values) for c in self.conditions))

    def rows(self) -> list[Row]:
        because = f", because {self.reason}," if self.reason else ""
        shown = [
            Row.text(" ".join(filter(None, (self.criticality, self.kind.value, f"bifurcation{because} at")))),
            row_of(self.critical.lhs, self.critical.rhs),
        ]
        if self.frequency is not None:
            shown.append(row_of(r"\omega^2", self.frequency))
        if self.coefficient is not None:
            shown.append(row_of("l_1" if self.kind is BifurcationKind.HOPF else "a", self.coefficient))
        if self.supercritical is not None:
            shown += [
                Row.text("supercritical where"),
                row_of(self.supercritical.lhs, self.supercritical.rhs, self.supercritical.rel_op),
            ]
        return [*shown, *conditions_row(self.conditions)]

    def lines(self, say: Say) -> list[str]:
        words = " ".join(filter(None, (self.criticality, self.kind.value)))
        if self.supercritical is not None:
            words += f" (supercritical where {say(self.supercritical)})"
        held = "".join(f", if {say(c)}" for c in self.conditions)
        because = f", because {self.reason}" if self.reason else ""
        return [f"{words} at {say(self.critical.lhs)} = {say(self.critical.rhs)}{held}{because}"]
