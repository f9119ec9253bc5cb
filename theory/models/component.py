r"""One component of an embedding through a nonlinear head, against a target that is stopped (§§4, 6 of the notes).

A head :math:`x\mapsto f(Wx)` of which f acts on each component, with :math:`W=w\mathbb 1`: components do not meet, and one of
them has the loss :math:`\tfrac12(f(wx)-\operatorname{sg}y)^2`.  The head, which all components share, decays once and not with
each of them.

>>> from sympy import tanh
>>> flow = single_component(tanh).stop_gradient_flow()
>>> print(flow)
dx/dt = -lambda*x - w*(1 - tanh(w*x)**2)*(tanh(w*x) - y)
dw/dt = -x*(1 - tanh(w*x)**2)*(tanh(w*x) - y)

When it fails: a head with entries off the diagonal, in which components meet.
"""

from collections.abc import Callable

from sympy import Expr, symbols

from theory.loss import Loss
from theory.models.vocabulary import lam
from theory.stopgrad import sg

x, w, y = symbols("x w y", real=True)  # a component, the head, the target of that component


def single_component(function: Callable[[Expr], Expr]) -> Loss:
    """The loss of one component, of a function of SymPy expressions."""
    return Loss((function(w * x) - sg(y)) ** 2 / 2, state=(x, w), decay={x: lam})
