"""Reductions of a matrix flow to the flow of amplitudes, held against the matrix flow that SciPy integrates."""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from hypothesis import strategies as st
from sympy import MatrixSymbol, Symbol

from theory.errors import InputError
from theory.evaluate import evaluate
from theory.flow import Flow
from theory.state import scalar_or_matrix_symbols
from theory.testing.examples import EXAMPLES, hold_at_examples
from theory.testing.oracles import DIGITS, to_point
from theory.testing.properties import INTEGRATED, characteristic_time, integrate_example, same_entries
from theory.testing.values import Values, one_number, scalar_numbers


def reduction_is_matrix_flow(reduction, *, examples: int = EXAMPLES) -> None:
    r"""States :math:`B=\sum_i\alpha_iB_i` of a matrix flow keep their form, and the amplitudes move as their own flow says.

    Both flows are integrated, from the same start.

    Parameters
    ----------
    reduction
        an object with the scalar ``flow`` of the amplitudes, the ``whole`` matrix flow, and an ``ansatz`` that has ``blocks``
        (each state block to its form) and ``points`` (from a generator of random numbers to values of the constants in the
        forms and of the data, at which all rules hold), as :func:`derivations.reduce_to_modes` gives one.

    Raises
    ------
    InputError
        for an object without these parts.
    """
    if missing := [part for part in ("flow", "whole", "ansatz") if not hasattr(reduction, part)]:
        raise InputError("a reduction, as of derivations.reduce_to_modes(flow)", f"no {missing[0]}", "give it as an attribute")
    if reduction.ansatz.points is None:
        raise InputError("an ansatz with points at which its rules hold", "none", "give it points=")
    hold_at_examples(partial(_moves_alike, reduction), _reduced_points(reduction), examples, "this reduction")


@st.composite
def _reduced_points(draw, reduction) -> Values:
    """Values of constants, data, parameters and amplitudes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    with mpmath.workdps(DIGITS):
        values = dict(reduction.ansatz.points(rng).values)
    flows = (reduction.whole, reduction.flow)
    amplitudes = {*reduction.flow.state}
    used = set().union(*(scalar_or_matrix_symbols(v) for f in flows for v in f.velocity.values()))
    missing = tuple(sorted((s for s in used - {*values} - amplitudes if isinstance(s, Symbol)), key=str))
    values |= draw(scalar_numbers(missing, tuple(a for f in flows for a in f.assumptions)))
    return values | {a: draw(one_number(a)) for a in reduction.flow.state}


def _moves_alike(reduction, values: Values) -> None:
    forms = reduction.ansatz.blocks
    with mpmath.workdps(DIGITS):
        at = to_point(values)
        start = {b: np.array(evaluate(forms[b], at), dtype=float) for b in reduction.whole.state}
    lengths = {n: size for b in start for n, size in zip(b.shape, start[b].shape, strict=True) if n.is_Symbol}
    whole, few = (_lower(flow, values | lengths) for flow in (reduction.whole, reduction.flow))
    state, amplitudes = whole.pack(start), few.pack({a: _plain(values[a]) for a in reduction.flow.state})
    time, end = integrate_example(whole.velocity, state, characteristic_time(whole.velocity, state))
    _, last = integrate_example(few.velocity, amplitudes, time)
    shown = {s: v for s, v in values.items() if isinstance(s, Symbol)}
    size = 1 + float(np.max(np.abs(end)))
    with mpmath.workdps(DIGITS):
        then = at | to_point(few.unpack(last)).values
        for block, matrix in whole.unpack(end).items():
            here = f"{block} by its amplitudes after t = {time:.4g}"
            same_entries(here, evaluate(forms[block], then), matrix, "by the matrix flow", shown, INTEGRATED, size)


def _lower(flow: Flow, values: Values):
    lengths = {n for b in flow.state if isinstance(b, MatrixSymbol) for n in b.shape if n.is_Symbol}
    numbers = {s: values[s] for s in (*flow.parameters, *lengths)}
    return flow.lower({s: _plain(v) for s, v in numbers.items()})


def _plain(value: Any) -> Any:
    if np.ndim(value):
        return np.array(value, dtype=float)
    return int(value) if value == int(value) else float(value)
