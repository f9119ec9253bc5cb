r"""Targets that follow by an exponential moving average, in place of those that are the state itself (§8 of the notes: BYOL).

A loss with stop-gradient compares the state with targets :math:`\operatorname{sg}(\dots B\dots)`.  Here every state block
:math:`B` in a marker is replaced by a block :math:`T_B` of its own,

.. math:: \dot T_B=\beta\,(B-T_B),

so that :math:`\beta\to\infty` gives the stop-gradient flow back and :math:`\beta=0` fixed targets.  Fixed points have
:math:`T_B=B`: they are those of the stop-gradient flow, and only their stability may depend on :math:`\beta`.

>>> from sympy import symbols
>>> from theory import Loss, sg
>>> v, w = symbols("v w", real=True)
>>> mu = symbols("mu", positive=True)
>>> print(moving_average_targets(Loss(w**2 * v**2 / 2 - mu * w * v * sg(v), state=(v, w))).stop_gradient_flow())
dv/dt = T_v*mu*w - v*w**2
dw/dt = T_v*mu*v - v**2*w
dT_v/dt = -beta*(T_v - v)

Fails: the reported loss holds the squared distances of the targets from what they follow; a simulation starts the targets at
random unless they are given in ``initial``, and their first transient then moves the state.
"""

from sympy import Expr, MatrixSymbol, Symbol, Trace

from theory.calculus import State
from theory.errors import InputError
from theory.loss import Loss
from theory.models.vocabulary import beta
from theory.stopgrad import MARKERS, as_expression, erase, is_marked, sg


def target_of(block: State) -> State:
    r"""The symbol :math:`T_B` of the target that follows a state block, of its shape."""
    name = f"T_{block.name}"
    return MatrixSymbol(name, *block.shape) if isinstance(block, MatrixSymbol) else Symbol(name, **block.assumptions0)


def moving_average_targets(loss: Loss, rate: Expr = beta) -> Loss:
    r"""The loss with every stopped state block replaced by a target that follows it at a rate.

    Parameters
    ----------
    loss
        with markers.  Nested ones collapse: a target is no path for the gradient anyway.
    rate
        :math:`\beta`, an inverse time.

    Returns
    -------
    A loss whose state has, after the given blocks, one target of the same shape for each block that stands in a marker;
    targets have mobility one and no decay.

    Raises
    ------
    InputError
        for a loss in which no state is stopped, one that has a target already, or a rate that is not positive.
    """
    stopped = {b for marker in loss.expression.atoms(*MARKERS) for b in loss.state if marker.has(b)}
    targets = {b: target_of(b) for b in loss.state if b in stopped}
    if not targets:
        raise InputError("a loss with state in a stop-gradient marker", str(loss.expression), "mark the targets with sg(...)")
    if taken := {str(t) for t in targets.values()} & {str(s) for s in loss.expression.free_symbols | {*loss.state}}:
        raise InputError("a loss without moving targets", ", ".join(sorted(taken)), "rename these symbols, or use it as it is")
    rate = as_expression(rate, "as rate of the targets")
    if rate.is_nonpositive:
        raise InputError("a positive rate", str(rate), "change its sign")
    lags = sum(rate * _half_square(target - sg(block)) for block, target in targets.items())
    parameters = loss.parameters and (*loss.parameters, *rate.free_symbols)
    moved = replace_in_markers(loss.expression, targets) + lags
    return loss.with_parts(expression=moved, state=(*loss.state, *targets.values()), parameters=parameters)


def replace_in_markers(e: Expr, targets: dict[State, State]) -> Expr:
    """An expression with targets in the place of the state in every marker."""
    if not is_marked(e):
        return e
    if isinstance(e, MARKERS):
        return sg(erase(e.args[0]).xreplace(targets))
    return e.func(*(replace_in_markers(arg, targets) for arg in e.args))


def _half_square(difference) -> Expr:
    return Trace(difference * difference.T) / 2 if difference.is_Matrix else (difference**2 / 2).expand()
