"""Letters for roots of polynomials in plain text, each said once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Basic, CRootOf, Expr, Ne, Symbol

from derivations.typeset.any_root import AnyRoot, PolynomialRoot, RealRoot, is_real_root, real_root_count
from theory.abridging import Say
from theory.printing import plain

Letters = Mapping[Expr, Symbol]


def assign_letters(expressions: Iterable[Expr]) -> dict[Expr, Symbol]:
    """A letter for each root of a polynomial that occurs, complex ones of numbers aside; inner ones first."""
    expressions = list(expressions)
    found = set().union(*(e.atoms(PolynomialRoot, CRootOf) for e in expressions))
    roots = sorted((r for r in found if not isinstance(r, CRootOf) or is_real_root(r)), key=_order_key)
    taken = {str(s) for e in expressions for s in e.free_symbols}
    names = [name for k in range(1, len(taken) + len(roots) + 1) if (name := f"c_{k}") not in taken]
    return {root: Symbol(name) for root, name in zip(roots, names, strict=False)}


def introductions(letters: Letters, say: Say = plain) -> dict[str, str]:
    """What each letter stands for, by its name."""
    return {str(letter): _describe_root(root, letter, letters, say) for root, letter in letters.items()}


def relation_text(relation: Basic, say: Say = plain) -> str:
    return f"{say(relation.lhs)} != {say(relation.rhs)}" if isinstance(relation, Ne) else say(relation)


def _describe_root(root: Expr, letter: Symbol, letters: Letters, say: Say) -> str:
    if isinstance(root, CRootOf):
        polynomial, variable = root.expr, root.poly.gen
        number, count = root.index, real_root_count(root)
    else:
        polynomial, variable = root.args[:2]
        number, count = map(int, root.args[2:]) if isinstance(root, RealRoot) else (0, 0)
    equation = f"{say(polynomial.xreplace({**letters, variable: letter}))} = 0"
    if isinstance(root, AnyRoot):
        return f"any root of {equation}"
    if count == 1:
        return f"the real root of {equation}"
    return f"real root {number + 1} of {count}, in rising order, of {equation}"


def _order_key(root: Expr) -> tuple:
    number = root.index if isinstance(root, CRootOf) else int(root.args[2]) if isinstance(root, RealRoot) else -1
    return len(root.atoms(PolynomialRoot, CRootOf)), plain(root.args[0]), number
