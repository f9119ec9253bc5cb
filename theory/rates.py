"""What a loss is given beside its expression: mobilities, decays, targets that follow, and the symbols that are declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sympy import Expr, MatrixExpr, MatrixSymbol, Tuple

from theory.abridging import brief
from theory.calculus import State
from theory.errors import InputError
from theory.shapes import require_shapes
from theory.state import names_of, scalar_or_matrix_symbols
from theory.stopgrad import as_expression, is_marked

Rate: TypeAlias = Expr | MatrixExpr
Following: TypeAlias = tuple[Expr, Rate]  # the rate of a target, and its source


def check_rates(role: str, rates: Mapping[State, Rate], state: tuple[State, ...]) -> None:
    """Mobilities and decays are those of state, of the right shape and not known to be negative.

    Raises
    ------
    InputError
        otherwise.
    """
    for moved, rate in rates.items():
        _check_block(role, moved, state)
        if not isinstance(rate, MatrixExpr) and rate.is_negative:
            raise InputError(f"a non-negative {role} of {moved}", brief(rate), "change its sign")
        if isinstance(rate, MatrixExpr) and (role == "decay" or rate.shape != (_count_columns(moved),) * 2):
            shape = "a scalar" if role == "decay" else f"a scalar or a matrix of shape {(_count_columns(moved),) * 2}"
            raise InputError(
                f"{shape} as {role} of {moved}",
                f"{brief(rate)} of shape {rate.shape}",
                "give a rate that multiplies the block on the right",
            )


def following_pairs(given: Mapping | Iterable[tuple], state: tuple[State, ...]) -> dict[State, Tuple]:
    """The rate and the source of each target, as SymPy expressions.

    Raises
    ------
    InputError
        for a target that is no state, what is no pair, a rate that is no scalar or known to be negative, a source of another
        shape, and a marker in either.
    """
    found = {}
    for target, pair in dict(given).items():
        _check_block("target", target, state)
        if isinstance(pair, str) or not isinstance(pair, Iterable) or len(pair := tuple(pair)) != 2:
            remedy = f"write follow={{{target}: (rate, source)}}"
            raise InputError(f"a rate and a source that {target} follows", repr(pair), remedy)
        rate, source = as_expression(pair[0], f"as rate of {target}"), as_expression(pair[1], f"as source of {target}")
        _check_pull(target, rate, source)
        found[target] = Tuple(rate, source)
    return found


def check_targets(targets: Mapping[State, Tuple], rates: Mapping[str, Mapping[State, Rate]]) -> None:
    """Targets have no mobility and no decay.

    Raises
    ------
    InputError
        for one that has.
    """
    for role, given in rates.items():
        if both := [target for target in targets if target in given]:
            raise InputError(f"no {role} of the target {both[0]}, which follows at its rate", brief(given[both[0]]), "drop it")


def check_declared(state: tuple[State, ...], parameters: tuple[State, ...], places: Iterable[Rate]) -> None:
    """All symbols are state or declared.

    Raises
    ------
    InputError
        for one that is neither.
    """
    for place in places:
        for symbol in sorted(scalar_or_matrix_symbols(place) - {*state, *parameters}, key=str):
            raise InputError(
                f"only state ({names_of(state)}) and parameters ({names_of(parameters) or 'none'})",
                f"the symbol {symbol} in {brief(place)}",
                "declare it as a parameter or as state",
            )


def _check_pull(target: State, rate: Rate, source: Rate) -> None:
    require_shapes(source)
    if marked := [e for e in (rate, source) if is_marked(e)]:
        remedy = "drop sg(...): nothing is differentiated there"
        raise InputError(f"a rate and a source of {target} without markers", brief(marked[0]), remedy)
    if isinstance(rate, MatrixExpr) or rate.is_negative:
        raise InputError(f"a non-negative number as rate of {target}", brief(rate), "write a scalar, or change its sign")
    shapes = [getattr(e, "shape", ()) for e in (target, source)]
    if shapes[0] != shapes[1]:
        expected, got = (f"of shape {shape}" if shape else "a number" for shape in shapes)
        raise InputError(f"a source of {target} that is {expected}", f"{brief(source)}, {got}", "match the shapes")


def _check_block(role: str, block: State, state: tuple[State, ...]) -> None:
    if block not in state:
        raise InputError(f"a {role} of a state block ({names_of(state)})", f"one of {block}", "add it to the state or drop it")


def _count_columns(block: State):
    return block.cols if isinstance(block, MatrixSymbol) else 1
