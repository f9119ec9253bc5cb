"""What the runs of an ensemble begin with: a setting, a seed, order parameters, and the data of the closure for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Integer

from theory.coupling import Coupling
from theory.errors import InputError
from theory.loss import Loss
from theory.models.vocabulary import X
from theory.simulation.closure import deviations
from theory.simulation.order_parameters import Groups, blocks_at_start, data_of_groups, data_of_types, samples_at_start
from theory.simulation.setting import Setting


@dataclass(frozen=True, eq=False)
class Start:
    """Of one run: its seed, the order parameters at the start by the name of their block, and the data of the closure."""

    seed: int
    blocks: Mapping[str, NDArray]
    data: Mapping[str, object]

    @classmethod
    def of(cls, setting: Setting, groups: Groups, types: Mapping, seed: int, initial: Mapping) -> Start:
        blocks = blocks_at_start(setting, seed, initial)
        samples = samples_at_start(setting, blocks, seed)
        own = {b.name: value for b, value in blocks.items() if b != X}
        state = {"M": samples.means} | {phi.name: np.eye(setting.dimension) for phi in deviations(len(groups.rates))}
        data = {**types, **data_of_groups(setting.coupling, groups, samples), **setting.named}
        return cls(seed, state | own, data)


def begun(
    model: Loss, coupling: Coupling | Sequence[Coupling], dimension: int, seeds, parameters: Mapping, initial: Mapping
) -> tuple[list[Setting], list[Start]]:
    """What each run begins with."""
    if not isinstance(coupling, Coupling) and not all(isinstance(c, Coupling) for c in coupling):
        raise InputError("a coupling, or one for each run", repr(coupling), "make each a Coupling")
    numbers = {name: np.asarray(value) for name, value in parameters.items()}
    blocks = {name: np.asarray(value, dtype=float) for name, value in initial.items()}
    count = _count(coupling, seeds, numbers, blocks)
    couplings = [coupling] * count if isinstance(coupling, Coupling) else list(coupling)
    for one in couplings:
        one.require_graph("simulate the runs one by one")
    settings = _settings(model, couplings, dimension, [{n: _of_run(v, 0, r) for n, v in numbers.items()} for r in range(count)])
    known = {id(c): (groups := Groups.of(c), data_of_types(c, groups)) for c in couplings}
    _check_sizes(couplings, [known[id(c)][0] for c in couplings])
    each = zip(settings, _seeds(seeds, count), strict=True)
    return settings, [
        Start.of(setting, *known[id(setting.coupling)], seed, {n: _of_run(v, 2, r) for n, v in blocks.items()})
        for r, (setting, seed) in enumerate(each)
    ]


def _of_run(values: NDArray, axes: int, run: int):
    """Values of one run: those at its place where they have an axis more than the given number."""
    found = values[run] if values.ndim > axes else values
    return found.item() if axes == 0 and found.ndim == 0 else found


def _count(coupling, seeds, numbers: Mapping[str, NDArray], blocks: Mapping[str, NDArray]) -> int:
    """R."""
    lengths = {} if isinstance(coupling, Coupling) else {"couplings": len(coupling)}
    lengths |= {} if seeds is None else {"seeds": len(seeds)}
    lengths |= {str(name): len(v) for name, v in numbers.items() if v.ndim > 0}
    lengths |= {f"initial {name}": len(v) for name, v in blocks.items() if v.ndim > 2}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        got = ", ".join(f"{n} of {name}" for name, n in lengths.items()) or "nothing that differs between runs"
        raise InputError("one number of runs, at least 1", got, "give a value for each run, or seeds=range(R)")
    return next(iter(lengths.values()))


def _seeds(seeds: Sequence[int] | None, count: int) -> list[int]:
    found = np.arange(count) if seeds is None else np.asarray(seeds)
    if found.ndim != 1 or found.dtype.kind not in "iu" or found.min() < 0:
        raise InputError("non-negative integers as seeds", str(seeds), "correct them")
    return found.tolist()


def _settings(model: Loss, couplings: Sequence[Coupling], dimension: int, numbers: Sequence[Mapping]) -> list[Setting]:
    """Of one model, from which those parameters are gone that are zero in every run."""
    known: dict[tuple, Setting] = {}
    found = []
    for coupling, own in zip(couplings, numbers, strict=True):
        key = id(coupling), *map(str, own.values())
        if key not in known:
            known[key] = Setting.of(model, coupling, dimension, own)
        found.append(known[key])
    zero = [s for s in found[0].numbers if all(setting.numbers[s] == 0 for setting in known.values())]
    common = model.xreplace({s: Integer(0) for s in zero})
    return [Setting(common, s.coupling, s.dimension, s.numbers) for s in found]


def _check_sizes(couplings: Sequence[Coupling], groups: Sequence[Groups]) -> None:
    sizes = {(len(c.counts), c.labels, len(g.rates)) for c, g in zip(couplings, groups, strict=True)}
    if len(sizes) > 1:
        names = " and ".join("{} types, {} labels, {} rates".format(*size) for size in sorted(sizes)[:2])
        expected = "couplings of the same numbers of types, of labels, and of rates of types of several samples"
        raise InputError(expected, names, "follow such runs in ensembles of their own")
