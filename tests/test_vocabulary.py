"""A name stands for one symbol: SymPy substitutes nothing, silently, for a symbol of the same name and other assumptions."""

import ast
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from sympy import Basic, Dummy, MatrixSymbol, Rational, Symbol, srepr, symbols

import derivations
import theory
from derivations import vocabulary
from derivations.analysis.modes.ansatz import mode_ansatz, whole_model_ansatz
from derivations.closed_forms.decaying import decaying_modes
from derivations.closed_forms.families import pairs_sectors, uniform_sectors
from derivations.closed_forms.reduced import flow_along
from derivations.placement.deriving import one_mode
from derivations.vocabulary import V, mu_1, mu_2, mu_3, mu_matrix
from theory import models
from theory.latex import tex
from theory.models.vocabulary import W, gamma, kappa, lam
from theory.simulation.closure import closure

ROOT = Path(__file__).parents[1]
MAKERS = {"symbols", "Symbol", "MatrixSymbol"}
LEFT_OUT = "…"  # stands for a part that is not shown, whatever its shape


def sources():
    for package in ("theory", "derivations"):
        yield from sorted((ROOT / package).rglob("*.py"))


def makers(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """The calls that make symbols, doctests aside."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    yield from ((call.func.id, call) for call in calls if isinstance(call.func, ast.Name) and call.func.id in MAKERS)


def literal(maker: str, call: ast.Call) -> dict[str, tuple]:
    """Names that a call spells out, each with its kind and its assumptions or shape."""
    if not isinstance(call.args[0], ast.Constant):
        return {}
    text = call.args[0].value
    names = map(str, symbols(text, seq=True)) if maker == "symbols" else [text]
    about = sorted((k.arg, ast.unparse(k.value)) for k in call.keywords if k.arg != "seq")
    return dict.fromkeys(names, (maker == "MatrixSymbol", *map(ast.unparse, call.args[1:]), *about))


def test_a_name_is_spelled_out_with_one_meaning():
    meanings = defaultdict(lambda: defaultdict(list))
    for path in sources():
        for maker, call in makers(ast.parse(path.read_text())):
            for name, meaning in literal(maker, call).items():
                meanings[name][meaning].append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert len(meanings) > 100
    assert {name: dict(found) for name, found in meanings.items() if len(found) > 1 and name != LEFT_OUT} == {}


def test_derivations_take_their_letters_from_the_vocabulary():
    trees = {path: ast.parse(path.read_text()) for path in sources() if path.is_relative_to(ROOT / "derivations")}
    own = {str(path): call.lineno for path, tree in trees.items() for maker, call in makers(tree) if literal(maker, call)}
    assert {Path(path).relative_to(ROOT).as_posix() for path in own} == {"derivations/vocabulary.py"}


def module_level() -> Iterator[Basic]:
    """What the modules of both packages hold under a name of their own, alone or in a tuple or dictionary."""
    for package in (theory, derivations):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for value in vars(import_module(found.name)).values():
                parts = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
                yield from (part for part in parts if isinstance(part, Basic))


def displayed() -> Iterator[Basic]:
    """Both sides of all lines of all derivations."""
    for name in derivations.names():
        for step in derivations.derive(name).steps:
            yield from (e for line in (*step.premises, *step.after) for e in (line.left, line.right) if isinstance(e, Basic))


def reduced() -> Iterator[Basic]:
    """Flows and ansätze whose symbols get their names from a number, an orbit or a block."""
    model, several = models.projection_head(), ((mu_1, mu_2), (mu_3,))
    flows = [closure(model, groups=2).flow, one_mode(model), models.moving_average_targets(model).stop_gradient_flow()]
    for flow in flows:
        yield from (*flow.velocity, *flow.velocity.values(), *flow.mobility.values(), *flow.assumptions)
    families = (uniform_sectors(), pairs_sectors())
    ansatze = [sector.reduction.ansatz for family in families for sector in (family.common, family.difference)]
    ansatze += [whole_model_ansatz(), whole_model_ansatz(several), mode_ansatz(V, W, mu_matrix, several)]
    for ansatz in ansatze:
        yield from (*ansatz.blocks, *ansatz.blocks.values(), *ansatz.amplitudes, *ansatz.assumptions)


@pytest.fixture(scope="module")
def shown():
    return list(displayed())


@pytest.fixture(scope="module")
def made(shown):
    """Every symbol that the product makes, by name."""
    found = defaultdict(set)
    for expr in (*module_level(), *shown, *reduced()):
        for symbol in expr.atoms(Symbol, MatrixSymbol):
            if not isinstance(symbol, Dummy):
                found[symbol.name].add(symbol)
    return found


def test_a_name_is_one_object(made):
    assert {name: sorted(map(srepr, several)) for name, several in made.items() if len(several) > 1} == {}


def test_decays_and_mobility_are_substituted_in_every_formula(made, shown):
    assert [made[symbol.name] for symbol in (lam, kappa, gamma)] == [{lam}, {kappa}, {gamma}]
    at = {lam: Rational(1, 3), kappa: Rational(1, 5), gamma: Rational(1, 7)}
    left = [expr for expr in shown if {"lambda", "kappa", "gamma"} & {s.name for s in expr.subs(at).atoms(Symbol)}]
    assert left == []


def test_positive_decays_are_an_assumption_of_the_flow():
    """Of the loss, and of the flow of one mode that comes from it."""
    loss = decaying_modes()
    flows = loss.stop_gradient_flow(), flow_along(loss).flow
    assert all({lam > 0, kappa > 0} <= {*f.assumptions} for f in flows)
    assert {lam.is_positive, kappa.is_positive} == {None}


def test_letters_are_set_as_they_are_written():
    """SymPy takes a name apart at its underscores, unless braces tell it not to."""
    for symbol in vars(vocabulary).values():
        if isinstance(symbol, Symbol | MatrixSymbol) and set(symbol.name) & set("\\("):
            shown = tex(symbol)
            assert "{" in symbol.name or not re.search(r"_\{[^{}]*[(,]", shown), shown
            assert without_braces(shown) == without_braces(symbol.name), shown


def without_braces(text):
    return re.sub(r"[{}\s]|\\boldsymbol", "", text).replace(r"\varphi", r"\phi")
