r"""Symbolic expressions lowered to NumPy, and velocities of scalars to machine code where symengine is installed.

Expressions are cut into single operations (:mod:`theory.schedule`) and printed by SymPy's ``lambdify``, a BLAS call or a
broadcast each.  A diagonal matrix, that is a parameter given as a vector, stays a vector that scales rows or columns.
Sparse arrays may stand for any constant matrix: they take part through ``@`` alone.  Machine code
(:mod:`theory.compiled`) takes arrays of float64, and NumPy everything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Basic, DiagMatrix, Expr, Integer, MatrixExpr, MatrixSymbol, Mul, Pow, Symbol, Transpose, erf, erfc, lambdify

from theory import compiled, require, translation
from theory.abridging import brief
from theory.calculus import State, differential
from theory.errors import InputError
from theory.flow import Flow, direction
from theory.nodes.numerics import FUNCTIONS
from theory.nodes.opened import as_nodes
from theory.numpy_text import OperationPrinter
from theory.program import Program
from theory.schedule import LARGE, Schedule
from theory.state import parameters_of, scalar_or_matrix_symbols

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Sizes = dict[Symbol, int]
BACKENDS = ("auto", "numpy", "symengine")
WIDE = 1000  # columns of a batch from which on NumPy is the faster


def lower(
    expressions: Sequence[Expr | MatrixExpr],
    arguments: Sequence[State],
    sizes: Mapping[Symbol, int],
    diagonal: frozenset = frozenset(),
    printer: type[OperationPrinter] = OperationPrinter,
) -> Callable:
    """A NumPy function of ``arguments`` that returns the list of the values of ``expressions``.

    Parameters
    ----------
    expressions
        scalars, matrix expressions, or both, without markers.
    arguments
        every scalar and matrix symbol in them, in the order of the call.
    sizes
        the number that each symbolic dimension stands for; the shapes decide the order of products.
    diagonal
        those matrix arguments that come as the vector of their diagonal.
    printer
        what arrays stand for matrices: themselves, or stacks of them (:class:`theory.numpy_text.StackPrinter`).

    Raises
    ------
    CalculusError
        for an operation that has no lowering.
    """
    names = {a: _rename_symbol(a, number) for number, a in enumerate(arguments)}
    inner = {a: DiagMatrix(n) if a in diagonal else n for a, n in names.items()}
    turned = {Transpose(a): inner[a] for a in diagonal}
    schedule = Schedule(sizes, {stand_in: a for a, stand_in in inner.items()})
    results = [schedule.dense_operand(as_nodes(e).xreplace(turned | inner)) for e in expressions]
    program = Program(schedule.steps, results)
    modules, prints = _function_modules(expressions), printer(program.inlined, schedule.large(names.values()))
    cut = program.statements(), program.outputs
    return lambdify(list(names.values()), program.outputs, modules=modules, printer=prints, cse=lambda _: cut)


def lower_flow(flow: Flow, parameters: Mapping, also: Sequence[Expr | MatrixExpr] = (), backend: str = "auto") -> LoweredFlow:
    """Numerical callables of a flow.

    Parameters
    ----------
    flow
        scalar or matrix.
    parameters
        by symbol or by name: a number for each scalar parameter; for each matrix parameter an array, a sparse array, or a
        vector that stands for a diagonal matrix; for matrix flows also each dimension that no array fixes.
    also
        expressions that will be evaluated along the flow: their symbols are parameters, too.
    backend
        "numpy"; "symengine", which compiles the velocity and the Jacobian of scalar flows to machine code (the extra
        ``algebra``); or "auto", which takes symengine where it is installed and knows every function, and NumPy elsewhere.

    Raises
    ------
    InputError
        for a symbol without a value, a value without a symbol, shapes that do not agree, or a flow that symengine cannot
        compile where it is asked to.
    """
    require.one_of(backend, BACKENDS, "a backend")
    values = {str(k): v for k, v in parameters.items()}
    symbols = {str(s): s for s in parameters_of([*flow.velocity.values(), *also], flow.state)}
    dimensions = {str(n): n for block in flow.state if isinstance(block, MatrixSymbol) for n in block.shape if n.is_Symbol}
    if missing := sorted(set(symbols) - set(values)):
        raise InputError(
            "a value for each parameter of the flow",
            f"none for {', '.join(missing)} (neither state nor parameter)",
            "pass it in parameters={...}",
        )
    if unknown := sorted(set(values) - set(symbols) - set(dimensions)):
        raise InputError(
            f"parameters among {sorted({*symbols, *dimensions})}", f"{', '.join(unknown)}", "drop it or correct the name"
        )
    constants = {s: _constant_value(s, values[name]) for name, s in symbols.items()}
    _require_denominators(flow, {s: v for s, v in constants.items() if np.ndim(v) == 0 and v == 0})
    sizes: Sizes = {}
    for symbol, value in constants.items():
        if isinstance(symbol, MatrixSymbol):
            _bind_sizes(sizes, symbol, value.shape if value.ndim == 2 else value.shape * 2)
    for name in dimensions.keys() & values.keys():
        _bind_size(sizes, dimensions[name], _whole_size(name, values[name]), name)
    shapes = {block: numeric_shape(block, sizes) for block in flow.state}
    return LoweredFlow(flow, constants, sizes, shapes, backend=_choose_backend(backend, flow, constants))


@dataclass(frozen=True, eq=False)
class LoweredFlow:
    """A flow as functions of a flat state vector.

    The vector holds the blocks in the order of ``flow.state``, each ravelled row by row.  Scalar flows take vectors of
    shape (n,) or batches (n, m).

    Attributes
    ----------
    backend
        what evaluates velocities and Jacobians at float64: "numpy" or "symengine".  NumPy answers all else: other types,
        batches of more than a thousand columns, :meth:`evaluate`, and states where machine code gives a value that is not
        finite, there with its warnings, unless these are ignored.
    """

    flow: Flow
    constants: Mapping[State, Any]
    sizes: Mapping[Symbol, int]
    shapes: Mapping[State, tuple[int, ...]]
    backend: str = field(default="numpy", kw_only=True)

    @property
    def size(self) -> int:
        return self._edges[-1]

    def pack(self, blocks: Mapping[State, ArrayLike]) -> NDArray:
        """The state vector of the given blocks."""
        return np.concatenate([np.asarray(blocks[b], dtype=float).reshape(-1) for b in self.flow.state])

    def unpack(self, y: NDArray) -> dict[State, NDArray]:
        """The blocks of a state vector, as views."""
        return dict(zip(self.flow.state, self._block_views(y), strict=True))

    def velocity(self, t: float, y: NDArray) -> NDArray:
        """The velocity at a state vector (or, for a scalar flow, at each column of a batch)."""
        if (arguments := self._compiled_arguments(y)) is not None and _is_settled(found := self._compiled_velocity(arguments)):
            return found
        values = self._velocity(*self._arguments(y))
        if not self._is_matrix:
            return np.array(np.broadcast_arrays(*values, y[0])[:-1], dtype=float)
        return np.concatenate([np.asarray(value).ravel() for value in values])

    def jacobian(self, t: float, y: NDArray) -> NDArray:
        """The dense Jacobian at a state vector, shape (n, n)."""
        if not self.flow.is_matrix:
            entries, values = self._scalar_slopes(y)
            return entries.dense(values)
        return np.column_stack([self.jacobian_vector(t, y, e) for e in np.eye(self.size)])

    def sparse_jacobian(self, t: float, y: NDArray) -> csr_array:
        """The Jacobian of a scalar flow at a state vector, of which the entries are held that do not vanish identically."""
        if self.flow.is_matrix:
            raise InputError("a scalar flow", repr(self.flow), "apply its Jacobian with jacobian_vector(...)")
        entries, values = self._scalar_slopes(y)
        return entries.sparse(values)

    def jacobian_vector(self, t: float, y: NDArray, v: NDArray) -> NDArray:
        """The Jacobian at ``y`` applied to the vector ``v``."""
        if not self.flow.is_matrix:
            return (self.jacobian if self.size**2 <= LARGE else self.sparse_jacobian)(t, y) @ v
        moved = self._differential(*self.unpack(y).values(), *self.unpack(v).values(), *self.constants.values())
        return np.concatenate([np.reshape(m, -1) for m in moved])

    def evaluate(self, expressions: Sequence[Expr | MatrixExpr]) -> Callable[[NDArray], list]:
        """A function from a state vector to the values of expressions in the state and the parameters of this flow."""
        known = {*self.flow.state, *self.constants, *self.sizes}
        for e in expressions:
            for symbol in sorted(scalar_or_matrix_symbols(e) - known, key=str):
                raise InputError(
                    f"an expression in {sorted(map(str, known))}",
                    f"the symbol {symbol} in {brief(e)}",
                    "lower the flow with that parameter",
                )
        function = self._lower(expressions, self.flow.state)
        return lambda y: function(*self._arguments(y))

    @cached_property
    def _edges(self) -> list[int]:
        return [0, *np.cumsum([int(np.prod(s)) for s in self.shapes.values()]).tolist()]

    @cached_property
    def _velocity(self) -> Callable:
        return self._lower(list(self.flow.velocity.values()), self.flow.state)

    @cached_property
    def _scalar_jacobian(self) -> tuple[compiled.Entries, Callable]:
        """Those entries that do not vanish, and their function."""
        slopes = dict(sorted(self.flow.jacobian().todok().items()))
        rows, columns = np.array([*slopes], dtype=int).reshape(-1, 2).T
        return compiled.Entries(rows, columns, self.size), self._lower(list(slopes.values()), self.flow.state)

    def _scalar_slopes(self, y: NDArray) -> tuple[compiled.Entries, NDArray]:
        """Those entries of the Jacobian that do not vanish, and their values."""
        if (arguments := self._compiled_arguments(y)) is not None:
            compiled_jacobian = self._compiled_jacobian
            if _is_settled(found := compiled_jacobian(arguments)):
                return compiled_jacobian.entries, found
        entries, function = self._scalar_jacobian
        return entries, np.array(function(*self._arguments(y)), dtype=float).reshape(-1)

    # -- machine code --------------------------------------------------------------------------------------------------

    @cached_property
    def _compiled_velocity(self) -> compiled.Compiled:
        return compiled.compile_velocity(self.flow, self._symbols)

    @cached_property
    def _compiled_jacobian(self) -> compiled.CompiledJacobian:
        return compiled.compile_jacobian(self.flow, self._symbols)

    @cached_property
    def _symbols(self) -> tuple[Symbol, ...]:
        """What machine code takes: the state and the numbers among the parameters."""
        return *self.flow.state, *_numbers_among(self.constants)

    def _compiled_arguments(self, y: ArrayLike) -> NDArray | None:
        """What machine code takes: state and numbers as float64; None of a state that it does not take."""
        if self.backend != "symengine":
            return None
        state, numbers = np.asarray(y), self._symbols[self.size :]
        if state.dtype != np.float64 or state.shape[:1] != (self.size,) or not 0 < state.size <= WIDE * self.size:
            return None
        if not numbers:
            return state
        found = np.empty((self.size + len(numbers), *state.shape[1:]))
        found[: self.size] = state
        for place, symbol in enumerate(numbers, self.size):
            found[place] = self.constants[symbol]
        return found

    @cached_property
    def _differential(self) -> Callable:
        return self._lower(differentials_once(self.flow), [*self.flow.state, *map(direction, self.flow.state)])

    def _lower(self, expressions: Sequence, variables: Sequence[State]) -> Callable:
        arguments, sizes = (*variables, *self.constants), tuple(self.sizes.items())
        return lowered_once(tuple(expressions), arguments, sizes, diagonals(self.constants))

    def _arguments(self, y: NDArray) -> list:
        return [*(self._block_views(y) if self._is_matrix else y), *self.constants.values()]

    def _block_views(self, y: NDArray) -> list:
        return [y[i:j].reshape(shape) if shape else y[i] for i, j, shape in self._block_spans]

    @cached_property
    def _block_spans(self) -> list[tuple[int, int, tuple[int, ...]]]:
        return list(zip(self._edges[:-1], self._edges[1:], self.shapes.values(), strict=True))

    @cached_property
    def _is_matrix(self) -> bool:
        return self.flow.is_matrix


def _choose_backend(backend: str, flow: Flow, constants: Mapping[State, Any]) -> str:
    """What evaluates a flow, or a sentence on why symengine cannot."""
    if backend == "numpy" or (backend == "auto" and (flow.is_matrix or not translation.is_installed())):
        return "numpy"
    if not translation.is_installed():
        require.extra("algebra", "symengine")
        raise InputError("a symengine with LLVM", "one without", "install its wheel: pip install --force-reinstall symengine")
    expected, remedy = "a scalar flow of functions that symengine compiles", 'take backend="numpy"'
    if flow.is_matrix:
        raise InputError(expected, f"the matrix {next(b for b in flow.state if isinstance(b, MatrixSymbol))}", remedy)
    unknown = translation.find_unknown(flow.velocity.values(), (*flow.state, *_numbers_among(constants)))
    if unknown is not None and backend == "symengine":
        raise InputError(expected, brief(unknown), remedy)
    return "numpy" if unknown is not None else "symengine"


def _numbers_among(constants: Mapping[State, Any]) -> tuple[Symbol, ...]:
    return tuple(s for s in constants if isinstance(s, Symbol))


def _is_settled(values: NDArray) -> bool:
    """Whether values are finite, or NumPy would have nothing to say to others."""
    flat = values.ravel()
    if isfinite(flat.dot(flat)) or np.isfinite(flat).all():
        return True
    says = np.geterr()
    return all(says[kind] == "ignore" for kind in ("divide", "over", "invalid"))


@lru_cache(256)
def differentials_once(flow: Flow) -> tuple[MatrixExpr, ...]:
    """How velocities change along directions of the state, for all runs of a flow."""
    directions = {b: direction(b) for b in flow.state}
    return tuple(differential(v, directions, flow.context) for v in flow.velocity.values())


@lru_cache(256)
def lowered_once(
    expressions: tuple, arguments: tuple, sizes: tuple, diagonal: frozenset, printer: type[OperationPrinter] = OperationPrinter
) -> Callable:
    """One function for all runs of a flow at the same sizes."""
    return lower(expressions, arguments, dict(sizes), diagonal, printer)


def _function_modules(expressions: Sequence[Basic]) -> list:
    """Where the functions come from: those of nodes, NumPy, and SciPy for those that it does not have."""
    if not any(e.has(erf, erfc) for e in expressions):
        return [FUNCTIONS, "numpy"]
    from scipy import special

    return [FUNCTIONS, {"erf": special.erf, "erfc": special.erfc}, "numpy"]


# -- values and shapes of parameters ----------------------------------------------------------------------------------


def _constant_value(symbol: State, value):
    if not isinstance(symbol, MatrixSymbol):
        return require.real(value, f"a finite number for {symbol}", "pass one number")
    if not hasattr(value, "tocsr"):
        value = np.asarray(value, dtype=float)
    if value.ndim not in (1, 2) or (value.ndim == 1 and symbol.rows != symbol.cols):
        raise InputError(
            f"a matrix for {symbol}, or a vector for a diagonal one", f"an array of shape {value.shape}", "reshape it"
        )
    return value


def _require_denominators(flow: Flow, zeros: Mapping[State, Any]) -> None:
    """No parameter that is zero stands in a denominator as a factor, as a temperature does."""
    for velocity in flow.velocity.values() if zeros else ():
        for power in velocity.atoms(Pow):
            for factor in Mul.make_args(power.base):
                if factor in zeros and power.exp.is_negative:
                    raise InputError(
                        f"a number for {factor} that is not zero", "0", "it stands in a denominator; take a small one"
                    )


def _whole_size(name: str, value) -> int:
    return require.whole(value, f"a positive integer for the dimension {name}", "correct it", least=1)


def _bind_sizes(sizes: Sizes, symbol: MatrixSymbol, shape: tuple[int, int]) -> None:
    for dimension, number in zip(symbol.shape, shape, strict=True):
        _bind_size(sizes, dimension, number, f"{symbol} of shape {symbol.shape}")


def _bind_size(sizes: Sizes, dimension: Expr, number: int, what: str) -> None:
    known = sizes.setdefault(dimension, number) if dimension.is_Symbol else int(dimension)
    if known != number:
        raise InputError(f"{dimension} = {known} in {what}", str(number), "give arrays whose shapes agree")


def diagonals(constants: Mapping[State, Any]) -> frozenset:
    """Those matrices that are given as vectors."""
    return frozenset(s for s, v in constants.items() if isinstance(s, MatrixSymbol) and v.ndim == 1)


def numeric_shape(block: Expr | MatrixExpr, sizes: Mapping[Symbol, int]) -> tuple[int, ...]:
    """The shape of an expression in numbers, () of a scalar."""
    if not isinstance(block, MatrixExpr):
        return ()
    missing = set().union(*(n.free_symbols for n in block.shape)) - set(sizes)
    require.complete(missing, f"a size for each dimension of {block}", "pass it in parameters={...}")
    return tuple(int(n.xreplace({s: Integer(v) for s, v in sizes.items()})) for n in block.shape)


def _rename_symbol(symbol: State, number: int) -> State:
    name = f"{re.sub(r'[^0-9a-zA-Z_]', '_', symbol.name)}_{number}"
    if isinstance(symbol, MatrixSymbol):
        return MatrixSymbol(f"m_{name}", *symbol.shape)
    return Symbol(f"s_{name}", **symbol.assumptions0)
