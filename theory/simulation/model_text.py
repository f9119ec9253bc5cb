r"""A model as text: to be read by people, and as JSON from which the same :class:`theory.Loss` is made again.

An expression becomes a tree ``[kind, argument, ...]`` whose leaves are integers, fractions ``["Rational", p, q]`` and names of
symbols; what each name stands for is written once.  Nothing of a file is ever evaluated: only the kinds of :data:`KINDS` are
made, by name.

>>> from theory import models
>>> model = models.projection_head()
>>> read_json(write_json(model)) == model
True
>>> print(readable_text(models.embedding_only()).splitlines()[1])
state X, Y

When it fails: floating-point numbers, functions other than those of :data:`KINDS`, and two symbols of one name are not written;
such a model is kept as readable text alone.
"""

from __future__ import annotations

import json
from typing import Any

from sympy import (
    Add,
    Basic,
    Eq,
    Identity,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    Mul,
    Pow,
    Q,
    Rational,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
    cos,
    exp,
    log,
    sin,
    tanh,
)
from sympy.assumptions import AppliedPredicate

from theory.errors import InputError
from theory.loss import Loss
from theory.printing import plain
from theory.statements import together
from theory.stopgrad import StopGradient, StopGradientMatrix

KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Add, Mul, Pow, MatAdd, MatMul, MatPow, Inverse, Transpose, Trace, Identity, ZeroMatrix, Eq, cos, exp, log, sin, tanh,
        StopGradient, StopGradientMatrix,
    )
}  # fmt: skip
STATEMENTS = {kind.name: kind for kind in (Q.diagonal, Q.symmetric, Q.positive_definite, together, Q.positive, Q.nonnegative)}


def readable_text(model: Loss) -> str:
    """The loss, its state, mobilities, decays and what follows, one a line."""
    rates = [f"{role} of {b}: {plain(rate)}" for role in ("mobility", "decay") for b, rate in getattr(model, role).items()]
    rates += [f"{b} follows {plain(source)} at rate {plain(rate)}" for b, (rate, source) in model.follow.items()]
    return "\n".join([f"loss {plain(model.expression)}", f"state {', '.join(map(str, model.state))}", *rates])


def write_json(model: Loss) -> str | None:
    """The model as JSON, or None where it has parts that are not written."""
    names: dict[str, Any] = {}
    try:
        parts = {
            "expression": _tree_of(model.expression, names),
            "state": _trees_of(model.state, names),
            "mobility": [_trees_of(pair, names) for pair in model.mobility.items()],
            "decay": [_trees_of(pair, names) for pair in model.decay.items()],
            "assumptions": _trees_of(model.assumptions, names),
            "parameters": None if model.parameters is None else _trees_of(model.parameters, names),
            "views": None if model.views is None else _trees_of(model.views, names),
            "follow": [_trees_of((target, *pair), names) for target, pair in model.follow.items()],
        }
    except _Unwritten:
        return None
    return json.dumps({"symbols": {name: meaning for name, (_, meaning) in names.items()}, **parts})


def read_json(text: str) -> Loss:
    """The model that was written.

    Raises
    ------
    InputError
        for anything else.
    """
    try:
        parts = json.loads(text)
        symbols: dict[str, Basic] = {}
        for name, meaning in parts["symbols"].items():
            symbols[name] = _read_symbol(name, meaning, symbols)

        def read(key: str) -> tuple | None:
            return None if parts[key] is None else tuple(_read_expression(tree, symbols) for tree in parts[key])

        def pairs(key: str) -> dict:
            return {_read_expression(b, symbols): _read_expression(rate, symbols) for b, rate in parts[key]}

        views: Any = read("views")
        targets = ([_read_expression(e, symbols) for e in target] for target in parts.get("follow", ()))
        return Loss(
            _read_expression(parts["expression"], symbols),
            read("state") or (),
            pairs("mobility"),
            pairs("decay"),
            read("assumptions") or (),
            read("parameters"),
            views,
            {target: pair for target, *pair in targets},
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise InputError("a model as it was written", f"{type(error).__name__}: {error}", "save the trajectory again") from None


class _Unwritten(Exception):
    """A part that has no place in the tree."""


def _trees_of(expressions, names: dict[str, Any]) -> list:
    return [_tree_of(e, names) for e in expressions]


def _tree_of(e: Basic, names: dict[str, Any]) -> Any:
    if isinstance(e, Symbol | MatrixSymbol):
        return _name_symbol(e, names)
    if isinstance(e, Rational):
        return int(e) if e.is_Integer else ["Rational", int(e.p), int(e.q)]
    if isinstance(e, AppliedPredicate) and e.function.name in STATEMENTS:
        return ["Q", e.function.name, *_trees_of(e.arguments, names)]
    kind = type(e).__name__
    if KINDS.get(kind) is not type(e):
        raise _Unwritten(kind)
    return [kind, *_trees_of(e.args, names)]


def _name_symbol(symbol, names: dict[str, Any]) -> str:
    """The name of a symbol, entered with its meaning: the shape of a matrix, the assumptions on a number."""
    if type(symbol) not in (Symbol, MatrixSymbol) or names.get(symbol.name, (symbol,))[0] != symbol:
        raise _Unwritten(str(symbol))
    if symbol.name not in names:
        matrix = isinstance(symbol, MatrixSymbol)
        meaning: Any = _trees_of(symbol.shape, names) if matrix else dict(symbol._assumptions_orig)
        names[symbol.name] = symbol, meaning
    return symbol.name


def _read_symbol(name: str, meaning: Any, symbols: dict[str, Basic]) -> Basic:
    if isinstance(meaning, dict):
        return Symbol(name, **meaning)
    return MatrixSymbol(name, *(_read_expression(size, symbols) for size in meaning))


def _read_expression(tree: Any, symbols: dict[str, Basic]) -> Any:
    if isinstance(tree, str):
        return symbols[tree]
    if isinstance(tree, int):
        return Rational(tree)
    kind, *rest = tree
    if kind == "Rational":
        return Rational(*rest)
    if kind == "Q":
        return STATEMENTS[rest[0]](*(_read_expression(part, symbols) for part in rest[1:]))
    return KINDS[kind](*(_read_expression(part, symbols) for part in rest))
