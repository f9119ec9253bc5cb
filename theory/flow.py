r"""Flow: a velocity over state blocks, and what follows from it by differentiation.

``Flow({x: f, y: g})`` is any autonomous system of yours; :class:`theory.loss.Loss` makes one from a loss.  The metric of
the mobilities, :math:`\langle\dot B,\dot B'\rangle=\operatorname{tr}(\dot B H_B^{-1}\dot B'^T)`, is what curl and
gradient are measured in: a flow is a gradient flow iff :math:`\partial(H^{-1}F)` is symmetric.

At matrix level a Jacobian block is the linear map itself, an expression linear in the direction :func:`direction` of
its block, and a curl block is a bilinear form in two directions; both are exact for every shape.

>>> from sympy import symbols
>>> x, y = symbols("x y", real=True)
>>> Flow({x: -y, y: x}).conserved()
(x**2 + y**2,)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from sympy import (
    Basic,
    Expr,
    ImmutableMatrix,
    Inverse,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Q,
    S,
    Symbol,
    Trace,
    Transpose,
    Tuple,
)
from sympy.logic.boolalg import Boolean

from theory.abridging import Brief, Say, brief, listed, tex_lines, text_lines
from theory.calculus import State, differential, scalar_derivatives
from theory.data_symbols import with_known
from theory.errors import InputError, MarkerError
from theory.latex import dotted
from theory.shapes import require_shapes
from theory.state import Pairs, check_state, expression_pairs, parameters_of, sort_by_state
from theory.stopgrad import as_statements, is_marked
from theory.vanishing import vanishes
from theory.words import Context, collect, expand_traces


@dataclass(frozen=True)
class GradientTest(Brief):
    """The answer of :meth:`Flow.is_gradient`.

    Attributes
    ----------
    holds
        whether every curl entry vanishes; None where that is undecided, which as a truth value is an :class:`InputError`.
    entry
        the blocks of an entry that does not vanish, or that could not be decided.
    witness
        an entry that is proved not to vanish.
    undecided
        an entry for which neither was proved.
    """

    holds: bool | None
    entry: tuple[State, State] | None = None
    witness: Expr | None = None
    undecided: Expr | None = None

    def __bool__(self):
        if self.holds is None:
            remedy = "simplify the velocity, or test it numerically"
            raise InputError("a curl entry that is proved to vanish or not to", brief(self.undecided), remedy)
        return self.holds


class Flow(Brief, Basic):
    """An autonomous flow, in scalars or in matrices: a SymPy object, equal to another by its arguments.

    Parameters
    ----------
    velocity
        state symbol to velocity, without markers; a matrix block moves by a matrix polynomial of its own shape.
    mobility
        the metric that curl is measured in, as in :class:`theory.loss.Loss`.
    assumptions
        as in :class:`theory.loss.Loss`.
    potential
        what the flow is known to descend from its making, velocity = -gradient times mobility; decays of a loss are part of it.

    Raises
    ------
    InputError
        for a velocity of the wrong shape, or with shapes inside that do not agree, or with a stop-gradient marker.
    """

    def __new__(cls, velocity: Pairs, mobility: Pairs = (), assumptions: Iterable = (), potential: Basic | None = None):
        moved = expression_pairs(velocity, "velocity")
        check_state(moved)
        for block, v in moved.items():
            if is_marked(v):
                raise MarkerError(
                    "an erased velocity",
                    f"{brief(v)} for {block}",
                    "put the markers into a Loss and take its stop_gradient_flow()",
                )
            require_shapes(v)
            if getattr(v, "shape", ()) != getattr(block, "shape", ()):
                expected, got = (getattr(x, "shape", "a scalar") for x in (block, v))
                raise InputError(f"a velocity of the shape of {block}, {expected}", str(got), "match the shapes")
        rates = sort_by_state(expression_pairs(mobility, "mobility"), moved)
        known = with_known(as_statements(assumptions), (*moved.values(), *(rate for _, rate in rates)))
        return Basic.__new__(cls, sort_by_state(moved, moved), rates, Tuple(*known), potential or Tuple())

    def _hashable_content(self):
        """Flows are equal that move alike, however they were made."""
        return self.args[:3]

    @property
    def velocity(self) -> Mapping[State, Expr | MatrixExpr]:
        return MappingProxyType(dict(self.args[0]))

    @property
    def mobility(self) -> Mapping[State, Expr | MatrixExpr]:
        return MappingProxyType(dict(self.args[1]))

    @property
    def assumptions(self) -> tuple[Boolean, ...]:
        return tuple(self.args[2])

    @property
    def potential(self) -> Expr | None:
        """What the flow is known to descend from its making; None where it was not made as the gradient flow of a loss."""
        return self.args[3] or None

    def lines(self, say: Say) -> list[str]:
        """Plain text, its expressions as ``say`` writes them."""
        return [f"d{block}/dt = {say(v)}" for block, v in self.velocity.items()]

    def __str__(self):
        return text_lines(self.lines)

    def __repr__(self):
        parameters = sorted(map(str, self.free_symbols - set(self.state)))
        return f"<flow of {listed(self.state)}{f' with {listed(parameters)}' if parameters else ''}>"

    def _sympystr(self, _printer):
        return str(self)

    def _repr_latex_(self):
        return rf"$\displaystyle{self._latex()}$"

    def _latex(self, _printer=None):
        rows = tex_lines((dotted(block), v) for block, v in self.velocity.items())
        return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"

    @property
    def state(self) -> tuple[State, ...]:
        return tuple(self.velocity)

    @property
    def parameters(self) -> tuple[State, ...]:
        """The symbols in the velocity that are not state, by name; dimensions of matrices are not among them."""
        return parameters_of(self.velocity.values(), self.state)

    @cached_property
    def is_matrix(self) -> bool:
        """Whether any block is a matrix."""
        return any(isinstance(block, MatrixSymbol) for block in self.state)

    @property
    def context(self) -> Context:
        return Context(self.assumptions, kinks=True)

    @cached_property
    def metric_context(self) -> Context:
        """The assumptions, and that mobilities are symmetric."""
        metric = (Q.symmetric(h) for h in self.mobility.values() if isinstance(h, MatrixSymbol))
        return Context((*self.assumptions, *metric), kinks=True)

    def jacobian(self):
        """The Jacobian of the velocity.

        Returns
        -------
        For scalar state an n-by-n matrix in the order of ``state``; otherwise a dict from (row block, column block) to the
        linear map, written as an expression linear in ``direction(column block)``.
        """
        if not self.is_matrix:
            return self._scalar_jacobian(self.velocity)
        return {(a, b): differential(v, {b: direction(b)}, self.context) for a, v in self.velocity.items() for b in self.state}

    def curl(self):
        r"""The antisymmetric part :math:`\partial_bG_a-\partial_aG_b` of the Jacobian of :math:`G=H^{-1}F`.

        Returns
        -------
        For scalar state an antisymmetric n-by-n matrix; otherwise a dict from (block a, block b) to the bilinear form
        :math:`\langle\delta a,\partial_bG_a[\delta'b]\rangle-\langle\delta'b,\partial_aG_b[\delta a]\rangle`,
        a trace polynomial in ``direction(a)`` and ``direction(b, second=True)``.  Entries that are proved to vanish are 0, and
        so is all of a flow that has a :attr:`potential`.

        Raises
        ------
        InputError
            for a mobility that is zero.
        """
        force = {b: self._without_mobility(b) for b in self.state}
        if not self.is_matrix:
            size = len(self.state)
            jacobian = self._scalar_jacobian(force) if self.potential is None else ImmutableMatrix.zeros(size, size)
            return (jacobian - jacobian.T).applyfunc(lambda e: self._zero_if_proved(e.expand()))
        pairs = [(a, b) for i, a in enumerate(self.state) for b in self.state[i:]]
        if self.potential is not None:
            return dict.fromkeys(pairs, S.Zero)
        return {(a, b): self._zero_if_proved(self._curl_form(force, a, b)) for a, b in pairs}

    def is_gradient(self) -> GradientTest:
        """Whether the flow is a gradient flow in the metric of its mobilities, proved either way, or undecided.

        The gradient flow of a loss is one by its making.  Otherwise every curl entry is proved to vanish, or one is proved not
        to and is the witness.
        """
        curl, undecided = self.curl(), []
        if not self.is_matrix:
            curl = {(a, b): curl[i, j] for i, a in enumerate(self.state) for j, b in enumerate(self.state) if i < j}
        for entry, value in curl.items():
            decided = vanishes(value, self.metric_context)
            if decided is False:
                return GradientTest(False, entry, value)
            undecided += [(entry, value)] if decided is None else []
        if undecided:
            return GradientTest(None, undecided[0][0], undecided=undecided[0][1])
        return GradientTest(True)

    def time_derivative(self, quantity: Expr | MatrixExpr):
        """The derivative of a function of the state along the flow."""
        return differential(quantity, self.velocity, self.context)

    def conserved(self, degree: int = 2) -> tuple[Expr | MatrixExpr, ...]:
        """A basis of the polynomial first integrals up to ``degree``, for generic values of the parameters.

        See :func:`theory.integrals.integral_basis`.
        """
        from theory.integrals import integral_basis

        return integral_basis(self, degree)

    def lower(self, parameters: Mapping | None = None, also: Sequence[Expr | MatrixExpr] = (), backend: str = "auto"):
        """Numerical callables of the flow; see :func:`theory.lowering.lower_flow`."""
        from theory.lowering import lower_flow

        return lower_flow(self, parameters or {}, also, backend)

    def _scalar_jacobian(self, vector: Mapping[State, Expr]) -> ImmutableMatrix:
        rows = (scalar_derivatives(v, v.free_symbols & {*self.state}, self.context) for v in vector.values())
        return ImmutableMatrix([[row.get(s, S.Zero) for s in self.state] for row in rows])

    def _without_mobility(self, block: State):
        mobility = self.mobility.get(block, S.One)
        velocity = self.velocity[block]
        if vanishes(mobility, self.context) is True:
            raise InputError(
                f"a mobility of {block} that is positive", brief(mobility), "leave what does not move out of the state"
            )
        if isinstance(mobility, MatrixExpr):
            return collect(MatMul(velocity, Inverse(mobility)), self.metric_context)
        return velocity / mobility

    def _curl_form(self, force: Mapping, a: State, b: State) -> Expr:
        u, v = direction(a), direction(b, second=True)
        forwards = _inner_product(u, differential(force[a], {b: v}, self.metric_context))
        backwards = _inner_product(v, differential(force[b], {a: u}, self.metric_context))
        return expand_traces(forwards - backwards, self.metric_context)

    def _zero_if_proved(self, value: Expr) -> Expr:
        return S.Zero if vanishes(value, self.metric_context) is True else value


def direction(block: State, second: bool = False) -> State:
    """The symbol for an arbitrary displacement of a state block, of its shape."""
    name = f"d{block.name}" + ("'" if second else "")
    return MatrixSymbol(name, *block.shape) if isinstance(block, MatrixSymbol) else Symbol(name, real=True)


def _inner_product(left, right) -> Expr:
    return Trace(MatMul(Transpose(left), right)) if isinstance(left, MatrixExpr) else left * right
