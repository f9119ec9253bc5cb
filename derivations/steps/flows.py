"""Flows of a loss, or without one, as steps: scalar or matrix, and what stop-gradient deletes of them."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, MatAdd, MatrixExpr

from derivations.analysis.modes.reduction import Reduction
from derivations.checks import AtRandomPoints, Check, Descent
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.steps.account import Account
from derivations.steps.drawn_points import Points
from derivations.vocabulary import L
from theory.errors import InputError
from theory.flow import Flow
from theory.latex import tex
from theory.loss import Loss
from theory.words import Context, collect

MOVING = "The loss is descended with its markers read as the identity."
HELD = "The loss is descended with its marked parts held; the markers are then erased."


def followed(loss: Loss | None) -> str:
    """The name of the step that leads to the flow that is followed."""
    if loss is None:
        return "flow"
    return "stop_gradient_flow" if loss.is_marked else "gradient_flow"


def flow_account(flow: Flow, loss: Loss | None = None) -> Account:
    """The flows of a loss: both and their difference where it has markers; without a loss the flow as it is given.

    Their checks are central differences of the loss in random directions, matrices and their sizes drawn at random under the
    assumptions.
    """
    if loss is None:
        return Account((_given_step(flow),))
    free = loss.gradient_flow()
    steps = [_descent_step(loss, free, "gradient_flow", MOVING, stop=False)]
    if loss.is_marked:
        stopped = loss.stop_gradient_flow()
        steps += [_descent_step(loss, stopped, "stop_gradient_flow", HELD, stop=True), _deleted_step(loss, free, stopped)]
    return Account(tuple(steps))


def reduction_account(reduction: Reduction, source: str) -> Account:
    """The reduction to amplitudes, from the velocities of the matrices that an earlier step leads to."""
    own = reduction.step
    lines = velocity_lines(reduction.whole)
    given = tuple(line for line in own.given if line not in lines)
    step = Step(
        own.name, own.statement, own.reason, own.after, lines, given, (source,), own.assumptions, own.check,
    )  # fmt: skip
    return Account((step,))


def _given_step(flow: Flow) -> Step:
    """The definition of a flow: nothing follows from anything, and its check is that the velocities are real numbers."""

    def check(_: Lines, after: Lines) -> Check:
        shown = after.of(*map(dot, flow.state)).rights
        return AtRandomPoints(tuple(zip(shown, flow.velocity.values(), strict=True)), Points.of_flow(flow).draw)

    return Step(
        "flow",
        "The flow is given; it descends no loss that is known.",
        "A definition.",
        after=velocity_lines(flow),
        check=check,
    )


def _descent_step(loss: Loss, flow: Flow, name: str, statement: str, stop: bool) -> Step:
    points = Points.of_loss(loss)
    return Step(
        name,
        statement,
        "Differentiate; mobilities multiply the gradient, decays do not.",
        given=(Line(L, loss.expression if stop else loss.erased()),),
        after=velocity_lines(flow),
        assumptions=_apart_from_kinks(loss.kinks),
        check=lambda premises, after: Descent(
            loss.with_parts(expression=premises[L]), after.of(*map(dot, loss.state)).rights, points.draw, stopped=stop
        ),
    )


def _apart_from_kinks(kinks: Iterable[Basic]) -> tuple[str, ...]:
    """A sentence on where the loss has no derivative."""
    named = [f"${tex(e)}=0$" for e in kinks]
    return (f"Away from the kinks of the loss at {', '.join(named)}.",) if named else ()


def _deleted_step(loss: Loss, free: Flow, stopped: Flow) -> Step:
    gone = {dot(b, "deleted"): difference(free.velocity[b], stopped.velocity[b], loss.context) for b in loss.state}
    points = Points.of_loss(loss)

    def check(before: Lines, after: Lines) -> tuple[Check, ...]:
        shown = after.of(*gone)
        pairs = (before.of(dot(b)) for b in loss.state)
        differences = tuple(_minus(whole.right, kept.right) for whole, kept in pairs)
        same: Check = shown.equal(differences)
        if free.is_matrix:
            same = AtRandomPoints(tuple(zip(shown.rights, differences, strict=True)), points.draw)
        return same, Descent(loss, shown.rights, points.draw, stopped=True, targets_only=True)

    return Step(
        "deleted",
        "Stop-gradient deletes the force on what is marked.",
        "Subtract the two flows.",
        before=(*velocity_lines(free), *velocity_lines(stopped)),
        after=tuple(Line(left, value) for left, value in gone.items()),
        uses=("gradient_flow", "stop_gradient_flow"),
        assumptions=_apart_from_kinks(loss.kinks),
        check=check,
    )


def difference(left: Basic, right: Basic, context: Context) -> Basic:
    """One velocity minus another, collected."""
    if not isinstance(left, MatrixExpr):
        return (left - right).expand().factor()
    try:
        return collect(_minus(left, right), context)
    except InputError:  # operations beyond polynomials stay as they are
        return _minus(left, right)


def _minus(left: Basic, right: Basic) -> Basic:
    return MatAdd(left, -right) if isinstance(left, MatrixExpr) else left - right
