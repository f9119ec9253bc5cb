"""The runs of a model as a function of arrays of parameters, a chunk of them integrated as one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sympy import srepr

from derivations.sweeps.store import function_text
from theory import require
from theory.coupling import Coupling
from theory.errors import InputError
from theory.loss import Loss


@dataclass(frozen=True, eq=False)
class Runs:
    """The runs of a model at many parameters, as a function of arrays (n,) of values."""

    model: Loss
    coupling: Coupling | Callable[..., Coupling]
    dimension: int
    times: NDArray
    seed: int
    key: str | None

    @classmethod
    def of(cls, model: Loss, coupling, dimension, times, seed: int, key: str | None) -> Runs:
        """The runs of arguments that are checked.

        Raises
        ------
        InputError
            for a model without coupling, dimension or times.
        """
        for name, value in (("coupling", coupling), ("dimension", dimension), ("times", times)):
            if value is None:
                raise InputError(f"{name} for the runs of a model", "none", f"give {name}=...")
        return cls(model, coupling, dimension, require.times(times), seed, key)

    @property
    def identity(self) -> str:
        """The model, the coupling, and all numbers."""
        if callable(self.coupling):
            who = function_text(self.coupling, self.key)
        else:
            c = self.coupling
            data = (c.types.toarray(), c.counts, c.sample_mobility, c.label_mobility)
            who = sha256(b"".join(np.ascontiguousarray(a, dtype=float).tobytes() for a in data)).hexdigest()
        m = self.model
        given = (*m.mobility.items(), *m.decay.items(), *m.follow.items())
        parts = (m.expression, *m.state, *(e for pair in given for e in pair))
        numbers = f"{self.dimension} {self.times.tolist()} {self.seed}"
        return "\n".join((*map(srepr, parts), *map(str, m.views or ()), who, numbers))

    def __call__(self, **values: NDArray) -> dict:
        from theory.simulation.ensembles import ensemble

        seeds = values.pop("seed", np.full(len(next(iter(values.values()))), self.seed))
        couplings, numbers = self._split_values(values)
        found = ensemble(
            self.model, couplings, dimension=self.dimension, times=self.times, seeds=seeds.tolist(), parameters=numbers
        )
        return {name: (("time",), getattr(found, name)) for name in ("loss", "min_separation", "label_spread")}

    def _split_values(self, values: Mapping[str, NDArray]) -> tuple[Coupling | list[Coupling], dict[str, NDArray]]:
        """Couplings made of the values that they ask for, and the other values."""
        if not callable(self.coupling):
            return self.coupling, dict(values)
        asked = [name for name in inspect.signature(self.coupling).parameters if name in values]
        rows = zip(*(values[name].tolist() for name in asked), strict=True)
        made = [self.coupling(**dict(zip(asked, row, strict=True))) for row in rows]
        return made, {name: v for name, v in values.items() if name not in asked}
