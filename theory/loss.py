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

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from sympy import (
    Add,
    Basic,
    Expr,
    Inverse,
    MatAdd,
    MatrixBase,
    MatrixExpr,
    MatrixSymbol,
    S,
    Trace,
    Tuple,
    ZeroMatrix,
    nan,
    oo,
    zoo,
)
from sympy.logic.boolalg import Boolean

from theory.abridging import Brief, brief, listed
from theory.calculus import State, gradients, kinks, scaled_slope
from theory.data_symbols import with_known
from theory.errors import InputError
from theory.flow import Flow
from theory.nodes.domains import positive_parts
from theory.rates import Following, Rate, check_declared, check_rates, check_targets, following_pairs
from theory.shapes import require_shapes
from theory.state import Pairs, check_state, expression_pairs, sort_by_state
from theory.stopgrad import as_expression, as_statements, block_markers, erase, is_marked
from theory.vanishing import vanishes
from theory.words import Context, scale_matrix


class Loss(Brief, Basic):
    r"""A loss with everything that turns it into a flow: a SymPy object, equal to another by its arguments.

    Parameters
    ----------
    expression
        a scalar: elementary functions of scalar symbols and of traces of matrix polynomials, with kinks (``Abs``, ``Max``,
        ``Min``) or without, and of what :mod:`theory.nodes` makes of matrices; :func:`theory.sg` anywhere.
    state
        the blocks that move: scalar symbols, or matrix symbols of shape (r, c).
    mobility
        learning rate of each block, a scalar or (for a matrix block) a c-by-c matrix multiplying on the right; 1 where
        absent, but where the model is simulated: there embeddings without one have that of the coupling.  A mobility is assumed
        symmetric and positive definite.
    decay
        rate of decay of each block, a scalar, *not* multiplied by the mobility; 0 where absent.
    assumptions
        SymPy statements: ``Q.symmetric(D)``, ``Q.diagonal(H)``, equations between products of data matrices, and
        inequalities between scalar parameters.  What is known of the symbols of a coupling is among them anyway
        (:mod:`theory.data_symbols`).
    parameters
        the symbols that may stand in the loss beside the state.  None allows any.
    views
        the pair of expressions that the loss pulls together (sample side, label side), for observers; optional.
    follow
        for each block that is a target which follows, the pair of a rate and of its source, of the shape of the block:
        :math:`\dot T=\text{rate}\,(\text{source}-T)` in both flows.  The loss gives such a block no gradient, nor its source
        any through it.

    Raises
    ------
    InputError
        for a state that is not made of symbols, a mobility, decay or rate of something that is not state, of the wrong shape or
        known to be negative, a target that has a mobility or decay or follows a marker, a logarithm of entries that can be
        negative, an expression that is not scalar, shapes inside it that do not agree, or a symbol that is neither state nor
        declared parameter.
    """

    _parts = ("expression", "state", "mobility", "decay", "assumptions", "parameters", "views", "follow")

    def __new__(
        cls,
        expression: Expr,
        state: Iterable[State],
        mobility: Pairs = (),
        decay: Pairs = (),
        assumptions: Iterable = (),
        parameters: Iterable[State] | None = None,
        views: Iterable[Expr | MatrixExpr] | None = None,
        follow: Mapping[State, Following] | Iterable[tuple[State, Following]] = (),
    ):
        loss, blocks = _check_scalar(expression), check_state(state)
        rates = {role: expression_pairs(given, role) for role, given in (("mobility", mobility), ("decay", decay))}
        for role, given in rates.items():
            check_rates(role, given, blocks)
        targets = following_pairs(follow, blocks)
        check_targets(targets, rates)
        declared = S.UniversalSet if parameters in (None, S.UniversalSet) else Tuple(*parameters)
        if isinstance(declared, Tuple):
            places = (*rates["mobility"].values(), *rates["decay"].values(), *(e for pair in targets.values() for e in pair))
            check_declared(blocks, tuple(declared), (loss, *places))
        known = with_known(as_statements(assumptions), (loss, *(e for given in rates.values() for e in given.values())))
        positive_parts(erase(loss), Context(known))
        of_blocks = [sort_by_state(given, blocks) for given in rates.values()]
        rest = Tuple(*known), declared, Tuple(*views or ()), sort_by_state(targets, blocks)
        return Basic.__new__(cls, loss, Tuple(*blocks), *of_blocks, *rest)

    def __repr__(self):
        decays = ", ".join(f"{brief(rate)} of {block}" for block, rate in self.decay.items())
        followed = ", ".join(map(str, self.follow))
        parts = [f"decays {decays}" if decays else "", f"{followed} following" if followed else ""]
        return f"<loss {'; '.join([f'{brief(self.expression)} of {listed(self.state)}', *filter(None, parts)])}>"

    @property
    def expression(self) -> Expr:
        return self.args[0]

    @property
    def state(self) -> tuple[State, ...]:
        return tuple(self.args[1])

    @property
    def mobility(self) -> Mapping[State, Rate]:
        return MappingProxyType(dict(self.args[2]))

    @property
    def decay(self) -> Mapping[State, Expr]:
        return MappingProxyType(dict(self.args[3]))

    @property
    def assumptions(self) -> tuple[Boolean, ...]:
        return tuple(self.args[4])

    @property
    def parameters(self) -> tuple[State, ...] | None:
        return None if self.args[5] is S.UniversalSet else tuple(self.args[5])

    @property
    def views(self) -> tuple[Expr | MatrixExpr, Expr | MatrixExpr] | None:
        return tuple(self.args[6]) or None

    @property
    def follow(self) -> Mapping[State, Following]:
        return MappingProxyType({target: tuple(pair) for target, pair in self.args[7]})

    @property
    def learners(self) -> tuple[State, ...]:
        """The blocks that descend: all but the targets that follow."""
        return tuple(b for b in self.state if b not in self.follow)

    def with_parts(self, **parts) -> Loss:
        """The same loss with other parts, by the names of the constructor."""
        return type(self)(**{name: getattr(self, name) for name in self._parts} | parts)

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
    def conditions(self) -> tuple[Expr, ...]:
        """What must stay positive, every entry of it, for the loss to be defined; see also :attr:`kinks`.

        Lengths by which samples are divided are among them: a sample of length zero has no direction.
        """
        return tuple(e for e in positive_parts(self.erased(), self.context) if e.free_symbols & {*self.state})

    @property
    def learns(self) -> bool:
        """Whether the markers leave any state block a gradient, of which it is not proved that it vanishes everywhere."""
        blocked, _ = block_markers(self.expression)
        slopes = gradients(blocked, self.learners, self.context).values()
        return any(vanishes(slope, self.context) is not True for slope in slopes)

    def erased(self) -> Expr:
        """The loss with its markers read as the identity: the number that is reported."""
        return erase(self.expression)

    def gradient_flow(self) -> Flow:
        """The flow with the markers read as the identity."""
        return self._descent_flow(self.erased(), {})

    def stop_gradient_flow(self) -> Flow:
        """The flow with the gradient blocked at the markers, which are then erased.

        Of an unmarked loss this is the gradient flow.
        """
        return self._descent_flow(*block_markers(self.expression))

    def _descent_flow(self, expression: Expr, stopped: Mapping) -> Flow:
        slopes = gradients(expression, self.learners, self.context)
        pulled = {target: _pull(target, *pair) for target, pair in self.follow.items()}
        velocity = {b: pulled[b] if b in pulled else self._velocity(b, slopes[b], stopped) for b in self.state}
        potential = expression.xreplace(stopped) + self._decay_energy() if self._is_descent(stopped) else None
        return Flow(velocity, self.mobility, self.assumptions, potential)

    def _is_descent(self, stopped: Mapping) -> bool:
        """Whether the flow is the gradient flow of a function: nothing follows, nothing is stopped that moves, decays and their
        metric rest."""
        if self.follow:
            return False
        rates = (rate for b in self.decay for rate in (self.decay[b], self.mobility.get(b, S.One)))
        fixed = (*stopped.values(), *rates)
        return not any(e.free_symbols & {*self.state} for e in fixed) and all(self.mobility.get(b, 1) != 0 for b in self.decay)

    def _decay_energy(self) -> Expr:
        r""":math:`\tfrac12\lambda_B\operatorname{tr}(BH_B^{-1}B^T)`, of which decays are the gradient flow in the metric."""
        return Add(*(rate * _squared_norm(b, self.mobility.get(b, S.One)) / 2 for b, rate in self.decay.items()))

    def _velocity(self, block: State, slope, stopped: Mapping):
        decay, mobility = self.decay.get(block, 0), self.mobility.get(block, 1)
        if not isinstance(block, MatrixSymbol):
            return (-mobility * slope).xreplace(stopped) - decay * block
        downhill = scaled_slope(slope.xreplace(stopped), mobility, self.context)
        parts = ((1, downhill), (decay, block))
        terms = [scale_matrix(-factor, part) for factor, part in parts if factor != 0 and not isinstance(part, ZeroMatrix)]
        return MatAdd(*terms, evaluate=False) if len(terms) > 1 else terms[0] if terms else ZeroMatrix(*block.shape)


def _check_scalar(value) -> Expr:
    loss = as_expression(value, "as loss")
    if isinstance(loss, MatrixExpr | MatrixBase):
        raise InputError("a scalar loss", f"a matrix of shape {loss.shape}", "take its trace")
    require_shapes(loss)
    if loss.has(nan, zoo, oo, -oo):
        raise InputError("a loss that is a number", brief(loss), "divide by nothing that is zero")
    return loss


def _squared_norm(block: State, mobility: Rate) -> Expr:
    """The squared norm of a block in the metric of its mobility."""
    if not isinstance(block, MatrixSymbol):
        return block**2 / mobility
    return Trace(block * Inverse(mobility) * block.T if isinstance(mobility, MatrixExpr) else block * block.T / mobility)


def _pull(target: State, rate: Expr, source: Rate):
    """The velocity of a target that follows."""
    return scale_matrix(rate, MatAdd(source, -target)) if isinstance(target, MatrixSymbol) else rate * (source - target)
