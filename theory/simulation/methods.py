"""How a model is followed: one object for each method, with the options that it has.

>>> Direct(solver="LSODA").rtol
1e-08

====================  ==================================================  =============================================
method                what moves                                          options
====================  ==================================================  =============================================
``Exact``             modes of the embeddings, without time steps         none
``OrderParameters``   type means, spread within types, labels, head       solver and tolerances
``Direct``            every embedding                                     solver and tolerances
``Auto``              the first of these that applies                     solver and tolerances, where it integrates
``GradientDescent``   order parameters, or every embedding, in steps      step, momentum, batch
====================  ==================================================  =============================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from theory import require
from theory.errors import InputError
from theory.simulation.descent import GradientDescent
from theory.simulation.direct import SOLVERS, Scheme
from theory.simulation.events import Event
from theory.simulation.order_parameters import closes_on_few
from theory.simulation.setting import Setting


@dataclass(frozen=True)
class Exact:
    """The flow of embeddings alone, whatever model it comes from, without time steps (:mod:`theory.simulation.exact`)."""


@dataclass(frozen=True)
class Integration:
    """What methods share that integrate in time.

    Parameters
    ----------
    solver, rtol, atol
        ``"auto"`` (:mod:`theory.simulation.direct` says how it chooses), or one of SciPy's by name.  Every block of the state
        keeps the tolerances by itself.
    drift
        of first integrals that is allowed, relative to the size of their terms at the start: where they drift further, what
        was integrated since the last recorded time is integrated again with smaller tolerances.

    Raises
    ------
    InputError
        for a solver that is unknown, and for numbers that are not positive.
    """

    solver: str = "auto"
    rtol: float = 1e-8
    atol: float = 1e-10
    drift: float = 1e-5

    def __post_init__(self):
        for name in ("rtol", "atol", "drift"):
            require.positive(getattr(self, name), name)
        require.one_of(self.solver, SOLVERS, "a solver")

    def scheme(
        self, events: tuple[Event, ...], reached: Callable[[float], None], cycles: float = 0.0, stiffens: bool = False
    ) -> Scheme:
        """The scheme of a run."""
        return Scheme(self.solver, self.rtol, self.atol, self.drift, events, reached, cycles, stiffens)


@dataclass(frozen=True)
class Direct(Integration):
    """Every embedding is integrated."""


@dataclass(frozen=True)
class OrderParameters(Integration):
    """Type means, the spread within types, labels and head are integrated, exactly and at a cost that does not grow with N
    (:mod:`theory.simulation.order_parameters`)."""


@dataclass(frozen=True)
class Auto(Integration):
    """The method of the fewest variables that applies."""

    def choose_method(self, setting: Setting) -> Exact | OrderParameters | Direct:
        """Exact for embeddings alone that attract, order parameters where the flow closes on few of them, and else direct."""
        if setting.is_embedding_only and setting.coupling.attracts:
            return Exact()
        return (OrderParameters if closes_on_few(setting) else Direct)(*astuple(self))


Method = Auto | Direct | Exact | GradientDescent | OrderParameters
NAMED: dict[str, Any] = {"auto": Auto, "direct": Direct, "exact": Exact, "order-parameters": OrderParameters}


def method_of(
    by: Method | None, name: str, integration: Integration, optimiser: GradientDescent | None, events: Sequence[Event]
) -> Method:
    """The method that is asked for, as an object or by its older names.

    Raises
    ------
    InputError
        for a name that is unknown, for what is no method, for several methods, and for events of finite steps.
    """
    require.one_of(name, NAMED, "a method")
    if (optimiser or isinstance(by, GradientDescent)) and (events or name != "auto"):
        raise InputError("an optimiser without events and methods", f"method {name!r}, until {events}", "drop these")
    if by is None:
        return optimiser or (Exact() if name == "exact" else NAMED[name](*astuple(integration)))
    if not isinstance(by, Method):
        raise InputError("a method such as Direct(), Exact() or GradientDescent(0.1)", f"by={by!r}", "give one of these")
    if optimiser or name != "auto" or integration != Integration():
        raise InputError("one method", f"by={by} beside method, solver, tolerances or optimiser", "give by= alone")
    return by
