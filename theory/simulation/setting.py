"""What every run begins with: a model, a coupling, and a number for each parameter; and the beginnings of many runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sympy import Expr, Integer, MatrixExpr, MatrixSymbol

from theory import require
from theory.calculus import State
from theory.coupling import Coupling
from theory.coupling.reduction import EPS
from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss
from theory.models import embedding_only
from theory.models.two_views import MASS
from theory.models.vocabulary import K, N, W, X, Xi, Y, d
from theory.nodes.domains import is_inverted
from theory.simulation.kinks import has_jumps
from theory.simulation.placed import on_coupling
from theory.state import parameters_of

DATA = ("J", "D_x", "D_y", "H_x", "H_y")


@dataclass(frozen=True, eq=False)
class Setting:
    """A model over the shared vocabulary, the coupling that supplies its data, the dimension d, and numbers by symbol.

    Parameters that are zero are gone from the model, so that first integrals that need them gone are found.
    """

    model: Loss
    coupling: Coupling
    dimension: int
    numbers: Mapping[State, float]

    @classmethod
    def of(cls, model: Loss, coupling: Coupling, dimension: int, parameters: Mapping | None = None) -> Setting:
        """Checked, with defaults filled in.

        Raises
        ------
        InputError
            for a dimension below one, a model without samples and labels or without a gradient, and values that do not fit.
        """
        dimension = require.whole(dimension, "a dimension of at least 1", "give a positive integer", least=1)
        if not {X, Y} <= set(model.state):
            raise InputError(
                "a model with samples X and labels Y as state",
                f"state {model.state}",
                "use the symbols of theory.models.vocabulary",
            )
        if not _learns(model):
            raise InputError("a loss that leaves some block a gradient", "none: the model cannot learn", "stop less of it")
        if model.expression.has(MASS):
            _require_mass(coupling)
        if model.expression.has(Xi) and Xi.name not in coupling.data:
            got = f"{coupling!r} without inputs"
            raise InputError("inputs of a linear encoder", got, "take Coupling.from_data of features and labels")
        model = on_coupling(model)
        numbers = _parameter_numbers(model, coupling, parameters or {})
        _check_rates(model, numbers)
        model = model.xreplace({s: Integer(0) for s, v in numbers.items() if v == 0})
        return cls(model, coupling, dimension, numbers)

    @property
    def flow(self) -> Flow:
        """The stop-gradient flow."""
        return _flow_of(self.model)

    @property
    def numbers_by_name(self) -> dict[str, float]:
        """The numbers by name."""
        return {str(s): v for s, v in self.numbers.items()}

    @property
    def is_embedding_only(self) -> bool:
        """Whether the flow, and the loss and the views that are observed along it, are those of embeddings alone."""
        plainest, plain_flow = _embedding_only()
        same = self.model.erased() == plainest.erased() and (self.model.views or (X, Y)) == plainest.views
        return same and dict(self.flow.velocity) == dict(plain_flow.velocity)

    @property
    def fastest_rate(self) -> float:
        """An estimate, for embeddings of unit variance: of embeddings the largest product of mobility and degree, of other
        blocks their mobility times the sum of all couplings, and decays."""
        others = (rate.subs(self.numbers) * self.coupling.total_weight for rate in self.model.mobility.values())
        decays = (rate.subs(self.numbers) for rate in self.model.decay.values())
        return max(fastest_rate(self.coupling), *(float(r) for r in (*others, *decays) if r.is_number), 0.0)

    @cached_property
    def conditions(self) -> tuple[Expr, ...]:
        """What must stay positive along a run."""
        return self.model.conditions

    @property
    def stiffens(self) -> bool:
        """Whether rates may grow without bound: where a condition is close to being violated, or at a kink."""
        return bool(self.conditions) or has_jumps(self.flow)

    @cached_property
    def shapes(self) -> dict[State, tuple[int, ...]]:
        """The shapes of the state blocks."""
        sizes = {d: self.dimension, N: self.coupling.samples, K: self.coupling.labels}
        return {b: tuple(int(n.subs(sizes)) for n in b.shape) for b in self.flow.state}

    @cached_property
    def integrals(self) -> list[Expr | MatrixExpr]:
        """Those first integrals whose symbols have values and whose size does not grow with N."""
        known = {*DATA, *self.coupling.null_vector, *self.numbers_by_name}
        integrals = (q for q in _first_integrals(self.flow) if N not in q.shape)
        return [q for q in integrals if all(str(s) in known for s in parameters_of([q], self.flow.state))]

    @property
    def values(self) -> dict[str, object]:
        """Everything that may stand in a model over the vocabulary, by name."""
        sizes = {str(d): self.dimension, str(N): self.coupling.samples, str(K): self.coupling.labels}
        return {**self.coupling.data, **self.coupling.null_vector, **self.numbers_by_name, **sizes}

    def start(
        self, seed: int, initial: Mapping[str, ArrayLike] | None = None, leave_out: frozenset = frozenset()
    ) -> dict[State, NDArray]:
        """State blocks at time zero: those given by name, the others standard normal, a head the identity + 0.1 normal.

        Raises
        ------
        InputError
            for a block of another shape, of another name, or that is not finite.
        """
        initial, rng, blocks = initial or {}, np.random.default_rng(seed), {}
        wanted = [(block, shape) for block, shape in self.shapes.items() if block not in leave_out]
        for block, shape in wanted:
            if any(b.name not in initial for b, _ in wanted):  # a block that is given leaves the others as they would be
                noise = rng.standard_normal(shape)
            value = initial[block.name] if block.name in initial else np.eye(shape[0]) + 0.1 * noise if block == W else noise
            value = np.asarray(value, dtype=float)
            if value.shape != shape or not np.isfinite(value).all():
                raise InputError(f"finite initial {block.name} of shape {shape}", f"shape {value.shape}", "correct the start")
            blocks[block] = value
        if unknown := sorted(set(initial) - {b.name for b in self.shapes}):
            raise InputError(
                f"initial values of {[b.name for b in self.shapes]}", ", ".join(unknown), "drop it or correct the name"
            )
        return blocks


@dataclass(frozen=True, eq=False)
class Start:
    """What one run starts from: a setting, a seed, and blocks by name in place of random ones."""

    setting: Setting
    seed: int
    initial: Mapping[str, ArrayLike]


def starts_of(
    model: Loss, coupling: Coupling | Sequence[Coupling], dimension: int, seeds, parameters: Mapping, initial: Mapping
) -> list[Start]:
    """One for each run, the r-th of everything that has an axis of runs.

    Raises
    ------
    InputError
        for numbers of runs that do not agree, and input that cannot be used.
    """
    count = count_runs(coupling, seeds, parameters, initial)
    numbers = {name: np.asarray(value) for name, value in parameters.items()}
    blocks = {name: np.asarray(value, dtype=float) for name, value in initial.items()}
    couplings = [coupling] * count if isinstance(coupling, Coupling) else list(coupling)
    settings = _settings_of(
        model, couplings, dimension, [{n: _values_of_run(v, 0, r) for n, v in numbers.items()} for r in range(count)]
    )
    each = zip(settings, _check_seeds(seeds, count), range(count), strict=True)
    return [Start(setting, seed, {n: _values_of_run(v, 2, r) for n, v in blocks.items()}) for setting, seed, r in each]


def count_runs(coupling: Coupling | Sequence[Coupling], seeds, parameters: Mapping, initial: Mapping) -> int:
    """R, the one number of values of everything that differs between runs.

    Raises
    ------
    InputError
        where there is no such number.
    """
    each = coupling if isinstance(coupling, Sequence) else [coupling]
    if not all(isinstance(c, Coupling) for c in each):
        raise InputError("a coupling, or one for each run", repr(coupling), "make each a Coupling")
    lengths = {"couplings": len(each)} if isinstance(coupling, Sequence) else {}
    lengths |= {} if seeds is None else {"seeds": len(seeds)}
    lengths |= {str(name): len(v) for name, v in parameters.items() if np.ndim(v) > 0}
    lengths |= {f"initial {name}": len(v) for name, v in initial.items() if np.ndim(v) > 2}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        got = ", ".join(f"{n} of {name}" for name, n in lengths.items()) or "nothing that differs between runs"
        raise InputError("one number of runs, at least 1", got, "give a value for each run, or seeds=range(R)")
    return next(iter(lengths.values()))


def _values_of_run(values: NDArray, axes: int, run: int):
    """Values of one run: those at its place where they have an axis more than the given number."""
    found = values[run] if values.ndim > axes else values
    return found.item() if axes == 0 and found.ndim == 0 else found


def _check_seeds(seeds: Sequence[int] | None, count: int) -> list[int]:
    found = np.arange(count) if seeds is None else np.asarray(seeds)
    if found.ndim == 1 and found.dtype.kind in "iu" and found.min() >= 0:
        return found.tolist()
    raise InputError("non-negative integers as seeds", str(seeds), "correct them")


def _settings_of(model: Loss, couplings: Sequence[Coupling], dimension: int, numbers: Sequence[Mapping]) -> list[Setting]:
    """The settings of one model, from which those parameters are gone that are zero in every run."""
    known: dict[tuple, Setting] = {}
    found = []
    for coupling, own in zip(couplings, numbers, strict=True):
        key = id(coupling), *map(str, own.values())
        if key not in known:
            known[key] = Setting.of(model, coupling, dimension, own)
        found.append(known[key])
    zero = [s for s in found[0].numbers if all(setting.numbers[s] == 0 for setting in known.values())]
    common = model.xreplace({s: Integer(0) for s in zero})
    shared = {id(s): Setting(common, s.coupling, s.dimension, s.numbers) for s in known.values()}
    return [shared[id(s)] for s in found]


@cache
def _embedding_only() -> tuple[Loss, Flow]:
    model = embedding_only()
    return model, model.stop_gradient_flow()


def fastest_rate(coupling: Coupling) -> float:
    """The largest product of mobility and degree of an embedding."""
    c = coupling
    return float(max(np.max(c.sample_mobility * c.sample_degrees), np.max(c.label_mobility * c.label_degrees)))


@lru_cache(64)
def _learns(model: Loss) -> bool:
    return model.learns


@lru_cache(64)
def _flow_of(model: Loss) -> Flow:
    """Differentiated once for all runs of a model."""
    return model.stop_gradient_flow()


@lru_cache(64)
def _first_integrals(flow: Flow) -> tuple:
    try:
        return tuple(flow.conserved())
    except InputError:  # sought only where velocities are rational
        return ()


def _parameter_numbers(model: Loss, coupling: Coupling, given: Mapping) -> dict[State, float]:
    """A number for each scalar parameter of the model."""
    places = (*_flow_of(model).velocity.values(), model.erased())
    scalars = [s for s in parameters_of(places, model.state) if not isinstance(s, MatrixSymbol)]
    values = {str(k): v for k, v in given.items()}
    defaults = dict.fromkeys(model.decay.values(), 0.0) | dict.fromkeys(model.mobility.values(), 1 / coupling.total_weight)
    if unknown := sorted(set(values) - {str(s) for s in scalars}):
        raise InputError(f"parameters among {sorted(map(str, scalars))}", ", ".join(unknown), "drop it or correct the name")
    numbers = {}
    for s in scalars:
        value = values.get(str(s), defaults.get(s))
        if value is None:
            raise InputError("a value for each parameter", f"none for {s}", "pass it in parameters={...}")
        if not isinstance(value, Real) or not np.isfinite(float(value)) or (s in defaults and value < 0):
            raise InputError(f"a finite {'non-negative ' if s in defaults else ''}number for {s}", repr(value), "correct it")
        if (value < 0 and s.is_nonnegative) or (value == 0 and s.is_positive and is_inverted(places, s)):
            sign = "positive" if s.is_positive else "non-negative"
            raise InputError(f"a {sign} number for {s}", f"{float(value):g}", "give another, or another loss")
        numbers[s] = float(value)
    return numbers


def _require_mass(coupling: Coupling) -> None:
    """Raise :class:`~theory.errors.InputError` for weights of both signs that sum to zero within rounding, or to less."""
    mass = float(coupling.label_degrees.sum())
    if mass <= EPS * coupling.types.size * coupling.total_weight:
        remedy = "let attraction outweigh repulsion, or take a loss that is a sum over pairs"
        raise InputError("a positive total weight for means over pairs", f"{mass:.3g}", remedy)


def _check_rates(model: Loss, numbers: Mapping[State, float]) -> None:
    for role, rates in (("mobility", model.mobility), ("decay", model.decay)):
        for moved, rate in rates.items():
            value = rate.subs(numbers)
            if value.is_number and value < 0:
                raise InputError(f"a non-negative {role} of {moved}", f"{rate} = {float(value):g}", "change the parameters")
