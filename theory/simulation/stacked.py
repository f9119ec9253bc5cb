r"""A matrix flow lowered for many runs at once, whose states and data stand in stacks with the run as the first axis.

Every operation is printed once (:class:`theory.numpy_text.StackPrinter`) and is one NumPy call for all runs: matrices are
stacks (R, r, c), scalars (R, 1, 1), diagonals rows (R, 1, n), and what is the same in all runs stays without the first axis.

>>> from sympy import MatrixSymbol, Symbol
>>> from theory import Flow
>>> V, a = MatrixSymbol("V", 2, 3), Symbol("a")
>>> lowered = lower_runs(Flow({V: -a * V}), 2, {}, {"a": np.array([1.0, 10.0])})
>>> lowered.velocity(0.0, np.ones(12)).reshape(2, 6)[:, 0]
array([ -1., -10.])

When it fails: sparse arrays are refused, as NumPy's ``@`` takes stacks of dense ones alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, MatrixExpr, MatrixSymbol

from theory.calculus import State
from theory.errors import InputError
from theory.flow import Flow
from theory.lowering import LoweredFlow, diagonals, lower_flow, lowered_once, numeric_shape
from theory.numpy_text import StackPrinter


@dataclass(frozen=True, eq=False)
class LoweredRuns(LoweredFlow):
    """A flow as NumPy functions of one flat vector that holds the states of R runs, whose parameters may differ.

    The vector holds the blocks in the order of ``flow.state``, each an array (R, r, c) ravelled; a scalar block is (R, 1, 1).
    """

    runs: int
    diagonal: frozenset

    def velocity(self, t: float, y: NDArray) -> NDArray:
        """The velocity at a state vector of all runs."""
        return self._ravel_runs(self._velocity(*self._arguments(y)))

    def jacobian_vector(self, t: float, y: NDArray, v: NDArray) -> NDArray:
        """The Jacobian at ``y`` applied to the vector ``v``, run by run."""
        return self._ravel_runs(self._differential(*self._block_views(y), *self._block_views(v), *self.constants.values()))

    def jacobian(self, t: float, y: NDArray) -> NDArray:
        """The dense Jacobian, in which runs do not meet."""
        return np.column_stack([self.jacobian_vector(t, y, e) for e in np.eye(self.size)])

    def evaluate(self, expressions: Sequence[Expr | MatrixExpr]) -> Callable[[NDArray], list]:
        """A function from a state vector to the values of expressions: (R, r, c) of a matrix, (R,) of a scalar."""
        function = super().evaluate(expressions)
        shapes = [numeric_shape(e, self.sizes) for e in expressions]

        def values(y: NDArray) -> list:
            stacks = zip(function(y), shapes, strict=True)
            return [np.broadcast_to(v, (self.runs, *(s or (1, 1)))).reshape(self.runs, *s) for v, s in stacks]

        return values

    def _ravel_runs(self, values: Sequence) -> NDArray:
        out = np.empty(self.size)
        for value, (i, j, shape) in zip(values, self._block_spans, strict=True):
            out[i:j].reshape(shape)[...] = value
        return out

    def _lower(self, expressions: Sequence, variables: Sequence[State]) -> Callable:
        sizes = tuple(self.sizes.items())
        return lowered_once(tuple(expressions), (*variables, *self.constants), sizes, self.diagonal, StackPrinter)

    @cached_property
    def _is_matrix(self) -> bool:
        return True


def lower_runs(
    flow: Flow, runs: int, parameters: Mapping, stacked: Mapping[str, NDArray], also: Sequence[Expr | MatrixExpr] = ()
) -> LoweredRuns:
    """NumPy callables of R runs of a flow at once.

    Parameters
    ----------
    flow, parameters, also
        as for :func:`lower_flow`: dense values that are the same in all runs.
    runs
        R.
    stacked
        by name, values that differ: numbers (R,), vectors of diagonals (R, n), or matrices (R, r, c).

    Raises
    ------
    InputError
        as :func:`lower_flow`, for stacks of another length, and for numbers that are not finite.
    """
    if lengths := {len(values) for values in stacked.values()} - {runs}:
        raise InputError(f"a value for each of {runs} runs", f"{min(lengths)} of them", "give as many as there are runs")
    one = lower_flow(flow, {**parameters, **{name: values[0] for name, values in stacked.items()}}, also)
    constants = {s: _stack_values(s, value, stacked.get(str(s))) for s, value in one.constants.items()}
    shapes = {block: (runs, *(shape or (1, 1))) for block, shape in one.shapes.items()}
    return LoweredRuns(flow, constants, one.sizes, shapes, runs, diagonals(one.constants))


def _stack_values(symbol: State, value, stack: NDArray | None):
    """As the stack printer wants them."""
    if hasattr(value, "tocsr"):
        raise InputError(f"a dense array for {symbol}", "a sparse one", "use toarray()")
    found = np.asarray(value if stack is None else stack, dtype=float)
    if not np.isfinite(found).all():
        raise InputError(f"finite numbers for {symbol}", "others", "correct them")
    if isinstance(symbol, MatrixSymbol):
        return found[..., None, :] if value.ndim == 1 else found
    return found if stack is None else found[:, None, None]
