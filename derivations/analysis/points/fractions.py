r"""Coordinates in a field of high degree, as they are shown: :math:`f_1(\theta)`, with each function written out once.

Points that are conjugate to each other differ in the root :math:`\theta` alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr, Function, Symbol

from derivations.analysis.algebra.light_root import LightRoot, RationalFunction, RootFraction
from theory.parts import free_letter

ROOTS, FUNCTIONS = ("theta", "xi", "zeta", "t"), ("f", "g", "F", "G")


@dataclass(frozen=True)
class FractionNames:
    """Names for the root of a point and for the functions of it that coordinates are."""

    root: Symbol
    functions: Mapping[RationalFunction, Function]

    @classmethod
    def of(cls, values: Iterable[Expr], beside: Iterable[Symbol]) -> FractionNames:
        """Names that none of the symbols ``beside`` has."""
        held, taken = dict.fromkeys(v.function for v in values if isinstance(v, RootFraction)), list(beside)
        letter = free_letter(FUNCTIONS, taken)
        return cls(Symbol(free_letter(ROOTS, taken)), {f: Function(f"{letter}_{n}") for n, f in enumerate(held, 1)})

    def show(self, value: Expr) -> Expr:
        """The name of a fraction, applied to the root, and other values themselves."""
        return self.functions[value.function](self.root) if isinstance(value, RootFraction) else value

    def root_of(self, values: Iterable[Expr]) -> dict[Symbol, LightRoot]:
        """What the name of the root stands for at one point."""
        root = next((v.args[0] for v in values if isinstance(v, RootFraction)), None)
        return {} if root is None else {self.root: root}

    @property
    def definitions(self) -> dict[Expr, Expr]:
        """What the names of functions stand for."""
        return {name(self.root): f.written_at(self.root) for f, name in self.functions.items()}
