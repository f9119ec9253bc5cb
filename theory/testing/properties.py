r"""Properties that a theory must have, each held against an oracle that shares no code with what it tests.

Every property draws examples within the assumptions, the same ones on every run.  It raises an :class:`AssertionError` whose
sentence says what differs where, at the simplest example found, and returns None where all agree.

>>> from sympy import symbols
>>> from theory import Flow, Loss, sg
>>> x, w = symbols("x w", real=True)
>>> loss = Loss((w*x - sg(x))**2 / 2, (x, w))
>>> gradient_is_differences(loss)
>>> gradient_is_differences(loss, Flow({x: w*(w*x - x), w: -x*(w*x - x)}))
Traceback (most recent call last):
    ...
AssertionError: dx/dt is -0.25, but 0.25 by differences of the loss, at x = 1, w = 0.5
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

import mpmath
import numpy as np
from sympy import Basic, Expr, Integer, MatrixExpr

from theory.abridging import brief
from theory.calculus import State
from theory.errors import InputError
from theory.evaluate import Point, evaluate
from theory.flow import Flow
from theory.loss import Loss
from theory.stopgrad import as_expression
from theory.testing.examples import EXAMPLES, hold_at_examples, show_number, show_values
from theory.testing.oracles import DIGITS, UnsteadyError, gradient, integrate, jacobian, to_point
from theory.testing.values import Values, points

SAME = 1e-12  # relative, of forty digits on data in double precision
ROUNDED = 1e-9  # relative, of double precision after a few hundred operations
INTEGRATED = 1e-7  # relative, of an integration at 1e-11 over times in which a state changes by itself


def gradient_is_differences(loss: Loss, flow: Flow | None = None, *, examples: int = EXAMPLES) -> None:
    r"""Velocities are :math:`-(\partial L/\partial B)H_B-\lambda_BB` by central differences of the loss at forty digits.

    Targets that follow move by their rate towards their source.

    Parameters
    ----------
    loss
        markers are held where they are in the stop-gradient flow, and read as the identity in the gradient flow.
    flow
        that is claimed to be the stop-gradient flow of the loss; without one, both flows that the loss derives are held.
    """
    if not isinstance(loss, Loss):
        raise InputError("a Loss", type(loss).__name__, "make one with theory.Loss(...)")
    if flow is not None and set(flow.state) != set(loss.state):
        raise InputError(f"a flow of {', '.join(map(str, loss.state))}", ", ".join(map(str, flow.state)), "match the states")
    flows = [(loss.expression, flow or loss.stop_gradient_flow())]
    if flow is None and loss.is_marked:
        flows.append((loss.erased(), loss.gradient_flow()))
    for expression, moved in flows:
        hold_at_examples(partial(_descends, loss, expression, moved), points(loss), examples, "this loss")


def _descends(loss: Loss, expression: Expr, flow: Flow, values: Values) -> None:
    with mpmath.workdps(DIGITS):
        at = to_point(values)
        for block, velocity in flow.velocity.items():
            found = evaluate(velocity, at)
            if block in loss.follow:
                rate, source = (evaluate(e, at) for e in loss.follow[block])
                same_entries(f"d{block}/dt", found, rate * (source - at.values[block]), "towards its source", values, SAME)
            else:
                down = _downhill(loss, expression, block, at)
                same_entries(f"d{block}/dt", found, down, "by differences of the loss", values, SAME)


def _downhill(loss: Loss, expression: Expr, block: State, at: Point):
    """The velocity of a block by differences of an expression, what markers see being held."""
    mobility, decay = (evaluate(given.get(block, Integer(n)), at) for given, n in ((loss.mobility, 1), (loss.decay, 0)))
    slope = gradient(expression, at, block)
    return -(slope @ mobility if np.ndim(mobility) == 2 else slope * mobility) - decay * at.values[block]


def lowered_is_symbolic(flow: Flow, *, examples: int = EXAMPLES) -> None:
    """The NumPy functions of a flow give its velocity, and its Jacobian by differences, as written in symbols."""
    hold_at_examples(partial(_lowers, flow), points(flow), examples, "this flow")


def _lowers(flow: Flow, values: Values) -> None:
    low = flow.lower(parameters_of(flow, values))
    state = low.pack(values)
    blocks = low.unpack(low.velocity(0.0, state))
    with mpmath.workdps(DIGITS):
        at = to_point(values)
        for block, velocity in flow.velocity.items():
            same_entries(f"lowered d{block}/dt", blocks[block], evaluate(velocity, at), "as written", values, ROUNDED)
        dense = jacobian(flow.velocity, at)
    same_entries("the lowered Jacobian", low.jacobian(0.0, state), dense, "by differences", values, ROUNDED)


def integrals_stay(
    flow: Flow, quantity: Expr | MatrixExpr, rate: Expr | int = 0, *, conditions: Iterable = (), examples: int = EXAMPLES
) -> None:
    r"""A quantity follows :math:`Q(t)=Q(0)e^{ct}` along the flow, which SciPy integrates.

    Parameters
    ----------
    quantity
        a scalar or a matrix, in the state and the parameters.
    rate
        c, in the parameters.
    conditions
        relations between parameters that hold.
    """
    also = as_expression(quantity, "as integral"), as_expression(rate, "as rate")
    claim = f"Q = {brief(quantity)}" + (f" with rate {brief(rate)}" if rate != 0 else "")
    hold_at_examples(partial(_stays, flow, *also, claim), points(flow, conditions, also=also), examples, claim)


def _stays(flow: Flow, quantity: Basic, rate: Expr, claim: str, values: Values) -> None:
    low = flow.lower(parameters_of(flow, values))
    start = low.pack(values)
    time, end = integrate_example(low.velocity, start, characteristic_time(low.velocity, start))
    with mpmath.workdps(DIGITS):
        at = to_point(values)
        before, after = evaluate(quantity, at), evaluate(quantity, at | to_point(low.unpack(end)).values)
        expected = before * mpmath.exp(evaluate(rate, at) * time)
        size = 1 + max(abs(x) for x in np.ravel([*np.ravel(before), *start, *end])) ** 2
    where = f"after t = {time:.4g} of SciPy's integration"
    same_entries(claim, expected, after, where, values, INTEGRATED, float(size))


# -- what they have in common ------------------------------------------------------------------------------------------


def parameters_of(flow: Flow, values: Mapping) -> dict[Basic, object]:
    """Those values that a flow is lowered with."""
    lengths = {n for b in flow.state for n in getattr(b, "shape", ()) if n.is_Symbol}
    return {s: values[s] for s in (*flow.parameters, *lengths)}


def characteristic_time(velocity, start) -> float:
    """In which a state changes by about itself, at most one."""
    fastest = float(np.max(np.abs(velocity(0.0, start)), initial=0.0))
    return 1.0 / (1.0 + fastest / (1 + float(np.max(np.abs(start), initial=0.0))))


def integrate_example(velocity, start, time: float):
    """As :func:`theory.testing.oracles.integrate`; an example beyond its budget is dropped."""
    from hypothesis import reject

    try:
        return integrate(velocity, start, time)
    except UnsteadyError:
        reject()


def same_entries(what: str, found, expected, oracle: str, values: Mapping, tolerance: float, size: float = 1.0) -> None:
    """Equality of all entries, to a tolerance relative to the largest of them and to ``size``."""
    left, right = (np.asarray(v, dtype=object) for v in (found, expected))
    if left.shape != right.shape:
        raise AssertionError(f"{what} has shape {left.shape}, but {right.shape} {oracle}, at {show_values(values)}")
    scale = max([size, *(abs(x) for x in right.reshape(-1))])
    for place, number in _entries(left):
        if not abs(number - right[place]) <= tolerance * scale:
            entry = f" has the entry {tuple(i + 1 for i in place)} =" if place else " is"
            both = f"{show_number(number)}, but {show_number(right[place])} {oracle}"
            raise AssertionError(f"{what}{entry} {both}, at {show_values(values)}")


def _entries(array) -> Iterator[tuple]:
    return ((place, array[place]) for place in np.ndindex(array.shape))
