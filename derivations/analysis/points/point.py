"""A fixed point, or a family of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from sympy import Eq, Expr, S, Symbol
from sympy.core.relational import Ne, Relational

from derivations.analysis.algebra.auxiliaries import Exponential
from derivations.analysis.points.fractions import FractionNames
from derivations.analysis.points.numbers import exact_numbers, has_sign, is_true, isolate_roots
from derivations.analysis.sites.assumptions import symbol_signs
from derivations.analysis.sites.sign import NEGATIVE, NONNEGATIVE, NONPOSITIVE, NONZERO, POSITIVE
from derivations.analysis.sites.site import Site
from derivations.typeset.plain_values import plain_values
from derivations.typeset.rows import Row, conditions_row, row_of
from derivations.typeset.shown import Shown
from theory import require
from theory.abridging import Say
from theory.errors import InputError

SIGN_WORDS = {
    POSITIVE: "positive",
    NEGATIVE: "negative",
    NONZERO: "nonzero real",
    NONNEGATIVE: "nonnegative",
    NONPOSITIVE: "nonpositive",
}
SIGN_RELATIONS = {POSITIVE: ">", NEGATIVE: "<", NONZERO: "!=", NONNEGATIVE: ">=", NONPOSITIVE: "<="}


class PointKind(Enum):
    """A point, or a set of points with coordinates of its own."""

    ISOLATED = "isolated"
    FAMILY = "family"


@dataclass(frozen=True)
class FixedPoint(Shown):
    """One fixed point, or one family of them.

    Attributes
    ----------
    values
        state symbol to exact expression in the parameters, in the coordinates :attr:`free` of a family, and in those state
        symbols that :attr:`roots` defines.
    conditions
        under which the point exists and is real, beyond the assumptions: relations that all hold.
    roots
        state symbol to the polynomial that it is a real root of, where that root has no short closed form.
    site
        the same as a triangular set of polynomials, with what is known of signs.
    auxiliary
        values of the variables that stand for roots and exponentials of the state.
    """

    exported = ("kind", "values", "free", "roots", "named", "conditions")

    values: Mapping[Symbol, Expr]
    conditions: tuple[Relational, ...]
    roots: Mapping[Symbol, Expr]
    site: Site = field(repr=False, compare=False)
    auxiliary: Mapping[Symbol, Expr] = field(default_factory=dict)

    def __hash__(self):
        return hash((tuple(self.values.items()), self.conditions))

    @property
    def free(self) -> tuple[Symbol, ...]:
        """The state variables that parametrise a family."""
        replaced = {a.symbol: a.variable for a in self.site.ring.auxiliaries if isinstance(a, Exponential)}
        return tuple(replaced.get(y, y) for y in self.site.free)

    @property
    def coordinates(self) -> dict[Symbol, Expr]:
        """Values of the state and of the variables that stand for roots and exponentials."""
        return {**self.values, **self.auxiliary}

    @property
    def kind(self) -> PointKind:
        return PointKind.FAMILY if self.free else PointKind.ISOLATED

    @property
    def exceptional(self) -> tuple[Relational, ...]:
        """The parameter sets that are excluded, as equations."""
        return tuple(Eq(c.lhs, c.rhs) for c in self.conditions if isinstance(c, Ne))

    def real_roots(self, parameters: Mapping[Symbol, object] | None = None) -> int:
        """How many real values the root among :attr:`roots` has at exact parameters, of the sign that its symbol has and
        within those :attr:`conditions` that hold it.

        Raises
        ------
        InputError
            where parameters are missing, or the point has no such root, or one beside another.
        """
        if len(self.roots) != 1:
            raise InputError("a point with one root that stays a polynomial", f"{len(self.roots)} of them", "see .roots")
        ((x, polynomial),) = self.roots.items()
        given = exact_numbers(parameters or {})
        held = [c.xreplace(given) for c in self.conditions if x in c.free_symbols]
        require.complete(set().union(*(c.free_symbols for c in held)) - {x}, "a value for every parameter")
        found = isolate_roots(polynomial.xreplace(given), x)
        return len({v for v in found if has_sign(x, v) and all(is_true(c.xreplace({x: v})) for c in held)})

    @property
    def fraction_names(self) -> FractionNames:
        return FractionNames.of(self.values.values(), self.site.ring.symbols)

    @property
    def named(self) -> dict[Expr, Expr]:
        """What names stand for that are shown beside state and parameters."""
        names = self.fraction_names
        return {**self.named_under(names), **names.definitions}

    def values_under(self, names: FractionNames) -> dict[Symbol, Expr]:
        """The values with names for fractions of a root, and for that root."""
        roots = names.root_of(self.values.values())
        return {x: names.root if v in roots.values() else names.show(v) for x, v in self.values.items()}

    def named_under(self, names: FractionNames) -> dict[Expr, Expr]:
        """What the variables stand for that values hold beside state and parameters."""
        every = (*self.values.values(), *self.roots, *self.roots.values(), *self.conditions)
        held = frozenset().union(*(e.free_symbols for e in every))
        auxiliary = {a.symbol: a.definition for a in self.site.ring.auxiliaries if a.symbol in held}
        return {**auxiliary, **names.root_of(self.values.values())}

    def to_dict(self) -> dict:
        names = self.fraction_names
        own = self.to_dict_under(names)
        return {**own, "named": {**own["named"], **plain_values(names.definitions)}}

    def to_dict_under(self, names: FractionNames) -> dict:
        """The plain values but for the definitions of functions."""
        shown = {"values": self.values_under(names), "named": self.named_under(names)}
        return {name: plain_values(shown[name] if name in shown else getattr(self, name)) for name in self.exported}

    def rows(self) -> list[Row]:
        names = self.fraction_names
        return [*self.rows_under(names), *(row_of(f, definition) for f, definition in names.definitions.items())]

    def rows_under(self, names: FractionNames) -> list[Row]:
        """The rows but for the definitions of functions."""
        values = self.values_under(names)
        shown = [row_of(x, value) for x, value in values.items() if x not in self.free and x not in self.roots]
        shown += [row_of(polynomial, S.Zero) for polynomial in self.roots.values()]
        named = [row_of(a, definition) for a, definition in self.named_under(names).items()]
        return [
            *(shown or [row_of(x, x) for x in self.free]),
            *named,
            *conditions_row(self.conditions),
            *self._signs_of_roots(),
        ]

    def _signs_of_roots(self) -> list[Row]:
        """The signs that the roots have by the assumptions on their symbols."""
        return [
            Row(x, S.Zero, SIGN_RELATIONS[symbol_signs(x)], "with") for x in self.roots if symbol_signs(x) in SIGN_RELATIONS
        ]

    def lines(self, say: Say) -> list[str]:
        names = self.fraction_names
        functions = (f"{f} = {say(definition)}" for f, definition in names.definitions.items())
        return [", where ".join([*self.lines_under(names, say), *functions])]

    def lines_under(self, names: FractionNames, say: Say) -> list[str]:
        """The line but for the definitions of functions."""
        parts = [f"{x} = {say(v)}" for x, v in self.values_under(names).items() if v != x]
        parts += [f"{x} a {SIGN_WORDS.get(symbol_signs(x), 'real')} root of {say(p)}" for x, p in self.roots.items()]
        parts += [f"where {a} = {say(definition)}" for a, definition in self.named_under(names).items()]
        text = ", ".join(parts) or "every state"
        if self.free:
            text += f" ({', '.join(map(str, self.free))} arbitrary)"
        return [text + (f"; if {', '.join(map(say, self.conditions))}" if self.conditions else "")]
