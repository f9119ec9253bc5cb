r"""Loss: a symbolic loss and the two flows that descend it.

A loss :math:`L` over state blocks :math:`B` with mobilities :math:`H_B` and decays :math:`\lambda_B` gives

.. math:: \dot B = -\frac{\partial L}{\partial B}H_B-\lambda_B B,

once with the markers read as the identity (:meth:`Loss.gradient_flow`) and once blocked at the markers
(:meth:`Loss.stop_gradient_flow`).  Blocking happens here and only here; both flows come out erased, so that their
Jacobians are those of the velocity that is actually followed.

>>> from sympy import symbols
>>> from theory import Loss, sg
>>> x, y, w = symbols("x y w", real=True)
>>> loss = Loss((w*x - sg(y))**2/2, state=(x, y, w))
>>> loss.stop_gradient_flow().velocity[y], loss.gradient_flow().velocity[y]
(0, w*x - y)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

from sympy import Add, Expr, Identity, Inverse, MatAdd, MatrixBase, MatrixExpr, MatrixSymbol, S, Trace, ZeroMatrix, nan, oo, zoo
from sympy.logic.boolalg import Boolean

from theory.abridging import Brief, brief
from theory.calculus import State, gradient, kinks
from theory.errors import InputError
from theory.flow import Flow, check_state, name_of, scalar_or_matrix_symbols
from theory.stopgrad import block, erase, expression, is_marked, statements
from theory.vanishing import vanishes
from theory.words import Context, assemble, expand, expand_traces, product, scaled

Rate: TypeAlias = Expr | MatrixExpr


@dataclass(frozen=True, eq=False)
class Loss(Brief):
    """A loss with everything that turns it into a flow.

    Parameters
    ----------
    expression
        a scalar: elementary functions of scalar symbols and of traces of matrix polynomials, with kinks (``Abs``, ``Max``,
        ``Min``) or without; :func:`theory.sg` anywhere.
    state
        the blocks that move: scalar symbols, or matrix symbols of shape (r, c).
    mobility
        learning rate of each block, a scalar or (for a matrix block) a c-by-c matrix multiplying on the right; 1 where
        absent.  A mobility is assumed symmetric and positive definite.
    decay
        rate of decay of each block, a scalar, *not* multiplied by the mobility; 0 where absent.
    assumptions
        SymPy statements: ``Q.symmetric(D)``, ``Q.diagonal(H)``, equations between products of data matrices, and
        inequalities between scalar parameters.
    parameters
        the symbols that may stand in the loss beside the state.  None allows any.
    views
        the pair of expressions that the loss pulls together (sample side, label side), for observers; optional.

    Raises
    ------
    InputError
        for a state that is not made of symbols, a mobility or decay of something that is not state, of the wrong shape or
        known to be negative, an expression that is not scalar, or a symbol that is neither state nor declared parameter.
    """

    expression: Expr
    state: tuple[State, ...]
    mobility: Mapping[State, Rate] = field(default_factory=dict)
    decay: Mapping[State, Expr] = field(default_factory=dict)
    assumptions: tuple[Boolean, ...] = ()
    parameters: tuple[State, ...] | None = None
    views: tuple[Expr | MatrixExpr, Expr | MatrixExpr] | None = None

    def __post_init__(self):
        freeze = object.__setattr__
        freeze(self, "expression", _scalar(self.expression))
        freeze(self, "state", check_state(self.state))
        freeze(self, "assumptions", statements(self.assumptions))
        for role in ("mobility", "decay"):
            rates = {b: expression(rate, f"as {role} of {b}") for b, rate in dict(getattr(self, role)).items()}
            freeze(self, role, MappingProxyType(rates))
            self._check_rates(role, rates)
        if self.parameters is not None:
            freeze(self, "parameters", tuple(self.parameters))
            self._check_declared()

    def __eq__(self, other):
        return isinstance(other, Loss) and self._key == other._key

    def __hash__(self):
        return hash(self._key)

    def __reduce__(self):
        rates = (dict(self.mobility), dict(self.decay))
        return type(self), (self.expression, self.state, *rates, self.assumptions, self.parameters, self.views)

    @property
    def _key(self):
        rates = (frozenset(self.mobility.items()), frozenset(self.decay.items()))
        return self.expression, self.state, *rates, self.assumptions, self.parameters, self.views

    @property
    def context(self) -> Context:
        return Context(self.assumptions, kinks=True)

    @property
    def is_marked(self) -> bool:
        """Whether a stop-gradient marker stands in the loss."""
        return is_marked(self.expression)

    @property
    def kinks(self) -> tuple[Expr, ...]:
        """What vanishes where the loss has a kink as a function of the state; its flows hold elsewhere."""
        return tuple(e for e in kinks(self.erased()) if e.free_symbols & {*self.state})

    @property
    def learns(self) -> bool:
        """Whether the markers leave any state block a gradient, of which it is not proved that it vanishes everywhere."""
        blocked, _ = block(self.expression)
        flat = expand_traces(blocked, self.context)
        slopes = (gradient(flat, b, self.context) for b in self.state)
        return any(vanishes(slope, self.context) is not True for slope in slopes)

    def erased(self) -> Expr:
        """The loss with its markers read as the identity: the number that is reported."""
        return erase(self.expression)

    def gradient_flow(self) -> Flow:
        """The flow with the markers read as the identity."""
        return self._descend(self.erased(), {})

    def stop_gradient_flow(self) -> Flow:
        """The flow with the gradient blocked at the markers, which are then erased.

        Of an unmarked loss this is the gradient flow.
        """
        return self._descend(*block(self.expression))

    def with_values(self, values: Mapping) -> Loss:
        """The loss with scalar parameters replaced by exact values."""

        def put(e):
            return e.xreplace(values)

        return replace(
            self,
            expression=put(self.expression),
            mobility={b: put(h) for b, h in self.mobility.items()},
            decay={b: put(r) for b, r in self.decay.items()},
        )

    def _descend(self, expression: Expr, stopped: Mapping) -> Flow:
        flat = expand_traces(expression, self.context)
        velocity = {b: self._velocity(b, gradient(flat, b, self.context), stopped) for b in self.state}
        flow = Flow(velocity, mobility=self.mobility, assumptions=self.assumptions)
        return flow.descending(expression.xreplace(stopped) + self._decay_energy()) if self._descends(stopped) else flow

    def _descends(self, stopped: Mapping) -> bool:
        """Whether the flow is the gradient flow of a function: nothing is stopped that moves, decays and their metric rest."""
        rates = (rate for b in self.decay for rate in (self.decay[b], self.mobility.get(b, S.One)))
        fixed = (*stopped.values(), *rates)
        return not any(e.free_symbols & {*self.state} for e in fixed) and all(self.mobility.get(b, 1) != 0 for b in self.decay)

    def _decay_energy(self) -> Expr:
        r""":math:`\tfrac12\lambda_B\operatorname{tr}(BH_B^{-1}B^T)`, of which decays are the gradient flow in the metric."""
        return Add(*(rate * _squared(b, self.mobility.get(b, S.One)) / 2 for b, rate in self.decay.items()))

    def _velocity(self, block: State, slope, stopped: Mapping):
        decay, mobility = self.decay.get(block, 0), self.mobility.get(block, 1)
        if not isinstance(block, MatrixSymbol):
            return (-mobility * slope).xreplace(stopped) - decay * block
        rate = mobility if isinstance(mobility, MatrixExpr) else mobility * Identity(block.cols)
        descent = product([expand(slope.xreplace(stopped), self.context), expand(rate, self.context)])
        downhill = assemble({w: c.expand() for w, c in descent.items()}, block.shape)
        parts = ((1, downhill), (decay, block))
        terms = [scaled(-factor, part) for factor, part in parts if factor != 0 and not isinstance(part, ZeroMatrix)]
        return MatAdd(*terms, evaluate=False) if len(terms) > 1 else terms[0] if terms else ZeroMatrix(*block.shape)

    def _check_rates(self, role: str, rates: Mapping[State, Rate]) -> None:
        for moved, rate in rates.items():
            if moved not in self.state:
                raise InputError(
                    f"a {role} of a state block ({name_of(self.state)})", f"one of {moved}", "add it to the state or drop it"
                )
            if not isinstance(rate, MatrixExpr) and rate.is_negative:
                raise InputError(f"a non-negative {role} of {moved}", brief(rate), "change its sign")
            if isinstance(rate, MatrixExpr) and (role == "decay" or rate.shape != (_columns(moved),) * 2):
                shape = "a scalar" if role == "decay" else f"a scalar or a matrix of shape {(_columns(moved),) * 2}"
                raise InputError(
                    f"{shape} as {role} of {moved}",
                    f"{brief(rate)} of shape {rate.shape}",
                    "give a rate that multiplies the block on the right",
                )

    def _check_declared(self) -> None:
        known = {*self.state, *(self.parameters or ())}
        places = [self.expression, *self.mobility.values(), *self.decay.values()]
        for place in places:
            for symbol in sorted(scalar_or_matrix_symbols(place) - known, key=str):
                raise InputError(
                    f"only state ({name_of(self.state)}) and parameters ({name_of(self.parameters or ()) or 'none'})",
                    f"the symbol {symbol} in {brief(place)}",
                    "declare it as a parameter or as state",
                )


def _scalar(value) -> Expr:
    loss = expression(value, "as loss")
    if isinstance(loss, MatrixExpr | MatrixBase):
        raise InputError("a scalar loss", f"a matrix of shape {loss.shape}", "take its trace")
    if loss.has(nan, zoo, oo, -oo):
        raise InputError("a loss that is a number", brief(loss), "divide by nothing that is zero")
    return loss


def _squared(block: State, mobility: Rate) -> Expr:
    """The squared norm of a block in the metric of its mobility."""
    if not isinstance(block, MatrixSymbol):
        return block**2 / mobility
    return Trace(block * Inverse(mobility) * block.T if isinstance(mobility, MatrixExpr) else block * block.T / mobility)


def _columns(block: State):
    return block.cols if isinstance(block, MatrixSymbol) else 1
