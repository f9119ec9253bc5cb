r"""Roots of polynomials under names: formulas show :math:`\rho_1`, and once for each polynomial there is said what that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from itertools import chain
from math import ceil, log10
from textwrap import wrap

from sympy import Basic, CRootOf, Poly, Symbol

from derivations.typeset.any_root import AnyRoot, PolynomialRoot, RealRoot, is_real_root, real_root_count
from derivations.typeset.grouping import group_terms
from theory.latex import tex
from theory.printing import plain
from theory.rewriting import replace_parts

LETTERS = ("rho", "xi", "zeta", "theta", "r")


class RootKind(IntEnum):
    """How a root is told from the others of its polynomial."""

    REAL = 0
    COMPLEX = 1
    ANY = 2


@dataclass(frozen=True)
class RootFamily:
    """Named roots of one polynomial, which is written in the letter of the names."""

    polynomial: Basic
    kind: RootKind
    names: dict[Basic, Symbol]

    def introduction(self) -> tuple[list[str], list[str]]:
        """What stands before and behind the equation of the polynomial, in LaTeX, as pieces between which a line may end."""
        names, s = list(map(tex, self.names.values())), "s" if len(self.names) > 1 else ""
        what, behind = f"be any root{s} of", []
        if self.kind is RootKind.COMPLEX:
            what, behind = f"be the root{s} of", [r"\text{ near }", *_list_items([_approximate_root(r) for r in self.names])]
        elif self.kind is RootKind.REAL and real_root_count(next(iter(self.names))) == 1:
            what = "be the real root of"
        elif self.kind is RootKind.REAL:
            what = f"be the real root{s} no. {_number_runs([_root_number(r) + 1 for r in self.names])} of"
            behind = [r"\text{ in rising order}"]
        return [r"\text{let }", *_list_items(names), *(rf"\text{{ {part} }}" for part in wrap(what, 40))], behind


@dataclass
class Roots:
    """The roots of one display, and which families of them have been introduced."""

    names: dict[Basic, Symbol]
    families: list[RootFamily]
    introduced: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, shown: Iterable[Basic | str], letter: str) -> Roots:
        """The roots in the expressions of a display, those inside of others first, else as their polynomials appear."""
        appearing = [sorted(side.atoms(CRootOf, PolynomialRoot), key=_order_key) for side in shown if isinstance(side, Basic)]
        place = {root.args[0]: n for n, root in reversed(list(enumerate(chain(*appearing))))}
        found = sorted(set(chain(*appearing)), key=lambda r: (_nesting_depth(r), place[r.args[0]], _order_key(r)))
        names: dict[Basic, Symbol] = {}
        families: dict[tuple[Basic, RootKind], dict[Basic, Symbol]] = {}
        for root in found:
            polynomial = _polynomial_in(root, Symbol(letter), names)
            names[root] = Symbol(f"{letter}_{len(names) + 1}")
            families.setdefault((polynomial, _kind_of(root)), {})[root] = names[root]
        return cls(names, [RootFamily(polynomial, kind, roots) for (polynomial, kind), roots in families.items()])

    def name_roots(self, expr: Basic) -> tuple[Basic, list[RootFamily]]:
        """The expression with names for its roots, and the families that are new in it, each after those that it mentions."""
        present = expr.atoms(CRootOf, PolynomialRoot)
        if not present:
            return expr, []
        new = [n for n, f in enumerate(self.families) if n not in self.introduced and present & set(f.names)]
        self.introduced |= set(new)
        return replace_parts(expr, self.names), [self.families[n] for n in new]


def _list_items(items: list[str]) -> list[str]:
    return [*(f"{item}," for item in items[:-1]), items[-1]]


def _number_runs(numbers: list[int]) -> str:
    """Numbers in rising order, more than two that follow each other as a range."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)


def _kind_of(root: Basic) -> RootKind:
    if isinstance(root, AnyRoot):
        return RootKind.ANY
    return RootKind.REAL if is_real_root(root) else RootKind.COMPLEX


def _root_number(root: Basic) -> int:
    """Which of the roots of its polynomial it is."""
    return int(root.args[2]) if isinstance(root, RealRoot) else root.index


def _order_key(root: Basic) -> tuple:
    return _nesting_depth(root), _polynomial_text(root.args[0]), -1 if isinstance(root, AnyRoot) else _root_number(root)


@lru_cache(256)
def _polynomial_text(polynomial: Basic) -> str:
    return plain(polynomial)


def _nesting_depth(root: Basic) -> int:
    """How many roots a root is made of, with itself."""
    return len(root.atoms(CRootOf, PolynomialRoot))


def _polynomial_in(root: Basic, variable: Symbol, names: Mapping[Basic, Symbol]) -> Basic:
    if isinstance(root, PolynomialRoot):
        polynomial, bound = root.args[:2]
        return group_terms(replace_parts(polynomial, names).xreplace({bound: variable}), (variable,))
    return group_terms(root.expr.xreplace({root.poly.gen: variable}), (variable,))


def _approximate_root(root: CRootOf) -> str:
    """A complex root to as many digits as tell it from the others."""
    here = root.n(20)
    others = [z for z in Poly(root.expr).nroots(n=20, maxsteps=200) if abs(z - here) > 1e-12]
    apart = min(float(abs(z - here) / abs(z)) for z in others)
    real, imaginary = here.n(max(3, ceil(-log10(apart)) + 2)).as_real_imag()
    return f"{{{tex(real)} {'-' if imaginary < 0 else '+'} {tex(abs(imaginary))} i}}"
