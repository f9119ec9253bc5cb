"""The branches of fixed points along one parameter, with what their eigenvalues say at each number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from derivations.analysis.linearisation.zero_modes import Origin
from derivations.figures.study.values import Columns, holds_along, numeric_function, point_along
from derivations.studies.findings import Findings, State
from theory.flow import Flow

VANISHING = 1e-9  # of a real part, relative to the largest eigenvalue


class Kind(IntEnum):
    """What the eigenvalues of a fixed point say at numbers; apart from zero modes of families and symmetries."""

    ABSENT = 0
    STABLE = 1
    UNSTABLE = 2
    SADDLE = 3
    MARGINAL = 4


@dataclass(frozen=True, eq=False)
class Branch:
    """A state along a parameter.

    Attributes
    ----------
    along
        numbers of the parameter (T,).
    values
        of the amplitudes (n, T), NaN where the state is absent.
    kinds
        one :class:`Kind` for each number (T,).
    """

    state: State
    along: NDArray
    values: NDArray
    kinds: NDArray

    def pieces(self) -> Iterator[tuple[Kind, slice]]:
        return kind_stretches(self.kinds)


def kind_stretches(kinds: NDArray) -> Iterator[tuple[Kind, slice]]:
    """The stretches of one kind that are not absent, each drawn on to where the next begins."""
    edges = [0, *(np.flatnonzero(np.diff(kinds)) + 1), len(kinds)]
    for start, stop in pairwise(edges):
        kind = Kind(kinds[start])
        if kind is not Kind.ABSENT:
            following = stop < len(kinds) and kinds[stop] != Kind.ABSENT
            yield kind, slice(int(start), int(stop + following))


def branches(findings: Findings, parameter: Symbol, along: NDArray) -> tuple[Branch, ...]:
    """The isolated states at numbers of one parameter, all others as the study has them."""
    columns = columns_along(findings, parameter, along)
    return tuple(
        Branch(state, along, values, kinds_of(findings.amplitudes, state, values, columns))
        for state in findings.states
        if not state.point.free
        for values in point_along(state.point, columns)
        if np.isfinite(values).any()
    )


def columns_along(findings: Findings, parameter: Symbol | None = None, along: NDArray | None = None) -> dict[Symbol, NDArray]:
    """The numbers of all parameters, each as a column."""
    length = 1 if along is None else len(along)
    columns = {s: np.full(length, float(v)) for s, v in findings.numbers.items()}
    if parameter is not None and along is not None:
        columns[parameter] = along
    return columns


def kinds_of(flow: Flow, state: State, values: NDArray, columns: Columns) -> NDArray:
    """The kinds of a state (T,) by the eigenvalues of the exact Jacobian at numbers."""
    eigenvalues = eigenvalues_along(flow, values, columns)
    there = np.isfinite(eigenvalues).all(axis=1) & holds_along(flow.assumptions, {**columns, **_by_symbol(flow, values)})
    kinds = np.full(len(eigenvalues), Kind.ABSENT)
    for t in np.flatnonzero(there):
        kinds[t] = _kind_of(eigenvalues[t], _idle_modes(state))
    return _without_crossings(kinds)


def _without_crossings(kinds: NDArray) -> NDArray:
    """Single numbers at which an eigenvalue crosses the imaginary axis belong to what comes before, or after."""
    if len(kinds) < 2:
        return kinds
    before, after = np.array([kinds[1], *kinds[:-1]]), np.array([*kinds[1:], kinds[-2]])
    single = (kinds == Kind.MARGINAL) & (before != Kind.MARGINAL) & (after != Kind.MARGINAL)
    return np.where(single, np.where(before != Kind.ABSENT, before, after), kinds)


def eigenvalues_along(flow: Flow, values: NDArray, columns: Columns) -> NDArray:
    """The eigenvalues (T, n) of the Jacobian at amplitudes (n, T); NaN where it is not finite."""
    jacobian = flow.jacobian()
    entries = numeric_function(list(jacobian), (*flow.state, *columns))({**columns, **_by_symbol(flow, values)})
    matrices = np.array(entries).real.T.reshape(values.shape[1], *jacobian.shape)
    found = np.full(matrices.shape[:2], np.nan, dtype=complex)
    finite = np.isfinite(matrices).all(axis=(1, 2))
    found[finite] = np.linalg.eigvals(matrices[finite])
    return found


def _by_symbol(flow: Flow, values: NDArray) -> Mapping[Symbol, NDArray]:
    return dict(zip(flow.state, values, strict=True))


def _idle_modes(state: State) -> int:
    """How many zero modes belong to the family or to symmetries."""
    if state.stability is None:
        return len(state.point.free)
    return sum(mode.origin is not Origin.DEGENERATE for mode in state.stability.zero_modes)


def _kind_of(eigenvalues: NDArray, idle: int) -> Kind:
    moving = np.array(sorted(eigenvalues, key=abs)[idle:])
    if not len(moving):
        return Kind.STABLE
    rounding = VANISHING * np.abs(moving).max()
    if (moving.real > rounding).any():
        return Kind.SADDLE if (moving.real < -rounding).any() else Kind.UNSTABLE
    return Kind.MARGINAL if (np.abs(moving.real) <= rounding).any() else Kind.STABLE
