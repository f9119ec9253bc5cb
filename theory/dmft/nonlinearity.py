r"""Functions of each component behind a head, and what they move: the loss of one component, differentiated and lowered.

>>> import numpy as np
>>> bool(np.allclose(TANH.pull(np.array([0.5]), 0.0), np.tanh(0.5) * (1 - np.tanh(0.5) ** 2)))
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray
from sympy import Expr, erf, tanh

from theory.lowering import lower
from theory.models.component import single_component, w, x, y
from theory.models.vocabulary import lam


@dataclass(frozen=True)
class Nonlinearity:
    """An odd function of each component, of SymPy expressions; what moves is differentiated from the loss of a component."""

    of: Callable[[Expr], Expr]

    @cached_property
    def velocities(self) -> Callable[..., tuple[Any, Any]]:
        """The velocities of a component and of the head, of arrays (component, head, target, decay of the component)."""
        moved = single_component(self.of).stop_gradient_flow().velocity
        return lower([moved[x], moved[w]], (x, w, y, lam), {})

    def pull(self, through: NDArray, target: NDArray) -> NDArray:
        """The derivative of the loss by what comes through the head: that by a component which meets a head of one."""
        return -self.velocities(through, 1.0, target, 0.0)[0]

    def value(self, through: NDArray) -> NDArray:
        """f of arrays."""
        return lower([self.of(x)], (x,), {})(through)[0]


LINEAR, TANH, ERF = Nonlinearity(lambda h: h), Nonlinearity(tanh), Nonlinearity(erf)
