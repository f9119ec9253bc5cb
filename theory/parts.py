r"""What is too long for a page, in named parts; long integers under names.

A page is about a thousand symbols.  A sum that is longer is a sum of named parts of a page each, at most :data:`PAGES` of them;
the terms left over are counted and not written out.  Other parts that are too long or too deep have names of their own, the
outer ones written out first.  The names are exact: with the definitions put in again it is the same expression.

>>> from sympy import symbols
>>> x, y = symbols("x y")
>>> names = Names("q", "N")
>>> print(names.abridge(x + 10**50 * y)[0])
N_1*y + x
>>> short, (first, *_, last) = Names("q", "N", page=40).abridge(sum(x**k for k in range(200)))
>>> print(first.name, "is", first.words)
q_13 is a sum of 44 terms
>>> len(last.value.args)
13
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sympy import Add, Basic, Expr, Float, Integer, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Max, Min, Mul, Rational, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Boolean, Or

from theory.latex import tex
from theory.printing import MANY, AsWritten, PaperPrinter, decimal_digits
from theory.rewriting import OPEN, rebuild_with, replace_numbers, symbols_in

LETTERS = ("q", "p", "h", "k", "s")
NUMBER_LETTERS = ("N", "M", "L", "Z")
LONG = 40  # digits of an integer that is written in its place
PAGE, DEPTH = 1000, 40  # symbols on a page, and expressions within each other
PAGES, DEFINITIONS = 12, 24  # of one sum, and of one expression
FLOAT = 20  # digits of an approximate number

_LISTS = (Add, Mul, MatAdd, MatMul, And, Or, Max, Min)


@dataclass(frozen=True)
class Definition:
    """What a name stands for: an expression, or words about one that is not written out."""

    name: Basic
    value: Basic | None
    words: str = ""


@dataclass(frozen=True)
class _Extent:
    """How long and how deep an expression is, and whether a number in it is longer than :data:`LONG`."""

    size: int
    depth: int
    numbers: bool


@dataclass
class Parts:
    """The parts that were given names in one display: expression to symbol, the symbols with one letter."""

    letter: str
    names: dict[Basic, Basic] = field(default_factory=dict)

    def name(self, part: Basic) -> Basic:
        """The new name of a part."""
        number = len(self.names) + 1
        if isinstance(part, MatrixExpr):
            name: Basic = MatrixSymbol(f"{self.letter.upper()}_{number}", *part.shape)
        else:
            name = Symbol(f"{self.letter}_{number}", commutative=getattr(part, "is_commutative", True))
        self.names[part] = name
        return name


class Names:
    """The names of one display, and what they stand for.

    Parameters
    ----------
    letter, number
        with which the names of parts and of integers begin; see :func:`free_letter`.
    page
        symbols in a part.
    """

    def __init__(self, letter: str, number: str, page: int = PAGE):
        self.parts = Parts(letter)
        self.integers: dict[int, Symbol] = {}
        self._number, self._page = number, page
        self._extents: dict[Basic, _Extent] = {}
        self._new: deque[Basic | int] = deque()
        self._beyond: set[Basic] = set()

    @classmethod
    def free(cls, shown: Iterable[Basic | str]) -> Names:
        """Names that none of these expressions has."""
        held = list(shown)
        return cls(free_letter(LETTERS, held), free_letter(NUMBER_LETTERS, held))

    def abridge(self, expr: Basic) -> tuple[Basic, list[Definition]]:
        """The expression within a page, and the new definitions, each before those that use it."""
        short, found, numbers = self._fit_page(expr), deque[Definition](), []
        while self._new:
            new = self._new.popleft()
            if isinstance(new, int):
                numbers.append(Definition(self.integers[new], Integer(new)))
            elif len(found) < DEFINITIONS and not self._is_left_over(new):
                found.appendleft(Definition(self.parts.names[new], self._fit_page(new)))
            else:
                found.appendleft(Definition(self.parts.names[new], None, _describe_size(new, self._extent(new).size)))
        return short, [*numbers, *_sort_by_use(found)]

    def _is_left_over(self, part: Basic) -> bool:
        """Whether a part stays unwritten: what is beyond the pages of a list, or longer than a page and cannot be cut."""
        return part in self._beyond or (not isinstance(part, OPEN) and self._extent(part).size > self._page)

    # -- cutting ----------------------------------------------------------------------------------------------------------

    def _fit_page(self, expr: Basic, depth: int = DEPTH) -> Basic:
        """An expression with names in it, so that it is within a page and not too deep."""
        extent = self._extent(expr)
        if extent.size <= self._page and extent.depth <= depth:
            return replace_numbers(_round_numbers(expr), LONG, self._name_integer) if extent.numbers else expr
        if isinstance(expr, Rational):
            return replace_numbers(expr, LONG, self._name_integer)
        if not isinstance(expr, OPEN) and not _holds_lists(expr):
            return self._name_part(expr) if _has_name(expr) and depth < DEPTH else expr
        args = list(expr.args)
        if extent.size > self._page:
            args = self._shorten_arguments(expr, args)
        return _rebuild_arguments(expr, [self._limit_depth(a, depth - 1) for a in args])

    def _limit_depth(self, expr: Basic, depth: int) -> Basic:
        extent = self._extent(expr)
        if depth == 0 and extent.depth > 0 and _has_name(expr) and not isinstance(expr, Rational):
            return self._name_part(expr)
        return self._fit_page(expr, depth)

    def _shorten_arguments(self, expr: Basic, args: list[Basic]) -> list[Basic]:
        """The arguments with names for the longest, or for runs of them where they are many."""
        sizes = [self._extent(a).size for a in args[: self._page * PAGES]]
        excess, order = sum(sizes) - self._page, sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True)
        for k in order:
            if excess <= 0 or sizes[k] * 8 < self._page:
                break
            if _has_name(args[k]) and args[k].args:
                args[k], excess = self._name_part(args[k]), excess - sizes[k] + 1
        return args if excess <= 0 or not isinstance(expr, _LISTS) else self._split_runs(expr, args)

    def _split_runs(self, expr: Basic, args: list[Basic]) -> list[Basic]:
        """The parts of a long list, each within a page; the last one holds what is left over."""
        if isinstance(expr, Add) and len(args) <= MANY:
            args = list(PaperPrinter()._as_ordered_terms(expr.func(*args, evaluate=False)))
        runs: list[list[Basic]] = [[]]
        room = self._page
        for k, a in enumerate(args):
            size = self._extent(a).size
            if size > room and runs[-1]:
                if len(runs) == PAGES:
                    runs.append(args[k:])
                    break
                runs.append([])
                room = self._page
            runs[-1].append(a)
            room -= size
        lists = [expr.func(*run, evaluate=False) if len(run) > 1 else run[0] for run in runs]
        self._beyond |= set(lists[PAGES:])
        return [self._name_part(found) if len(run) > 1 else found for found, run in zip(lists, runs, strict=True)]

    def _name_part(self, expr: Basic) -> Basic:
        if expr in self.parts.names:
            return self.parts.names[expr]
        self._new.append(expr)
        return self.parts.name(expr)

    def _name_integer(self, number: int) -> Symbol:
        if number not in self.integers:
            self.integers[number] = Symbol(f"{self._number}_{len(self.integers) + 1}", positive=True)
            self._new.append(number)
        return self.integers[number]

    # -- measuring --------------------------------------------------------------------------------------------------------

    def _extent(self, expr: Basic) -> _Extent:
        """The extent of an expression that may be deep, without recursion; no more arguments are read than have room."""
        waiting = [expr]
        while waiting:
            part = waiting[-1]
            missing = [] if part in self._extents else [a for a in self._arguments_in_reach(part) if a not in self._extents]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if part not in self._extents:
                self._extents[part] = self._measure_extent(part)
        return self._extents[expr]

    def _arguments_in_reach(self, part: Basic) -> tuple[Basic, ...]:
        return part.args[: self._page * PAGES]

    def _measure_extent(self, part: Basic) -> _Extent:
        if isinstance(part, Rational):
            length = max(abs(part.p), part.q).bit_length() * 3 // 10
            return _Extent(1 + min(length, LONG) // 4, 0, length >= LONG)
        if isinstance(part, Float):
            return _Extent(2, 0, part._prec > 4 * FLOAT)
        if not part.args:
            return _Extent(1 + len(str(part)) // 8, 0, False)
        inner = [self._extents[a] for a in self._arguments_in_reach(part)]
        size = 1 + sum(e.size for e in inner) + len(part.args) - len(inner)
        return _Extent(size, 1 + max(e.depth for e in inner), any(e.numbers for e in inner))


def _sort_by_use(definitions: Iterable[Definition]) -> list[Definition]:
    """Each definition before those that use its name, else in the order given."""
    left, ordered = {d.name: d for d in definitions}, list[Definition]()

    def take(name: Basic) -> None:
        found = left.pop(name, None)
        if found is not None:
            held = symbols_in(found.value) if found.value is not None else ()
            for used in [other for other in left if other in held]:
                take(used)
            ordered.append(found)

    for name in list(left):
        take(name)
    return ordered


def _rebuild_arguments(expr: Basic, args: Sequence[Basic]) -> Basic:
    """The expression with other arguments, of another number too."""
    if len(args) == len(expr.args):
        return rebuild_with(expr, args)
    kind = AsWritten if isinstance(expr, Add) else expr.func
    return kind(*args, evaluate=False) if len(args) > 1 else args[0]


def _round_numbers(expr: Basic) -> Basic:
    """Approximate numbers to fewer digits."""
    return expr.xreplace({f: Float(f, FLOAT) for f in expr.atoms(Float) if f._prec > 4 * FLOAT})


def _has_name(expr: Basic) -> bool:
    """Whether a symbol can stand for an expression."""
    return isinstance(expr, Expr | MatrixExpr | Boolean)


def _holds_lists(expr: Basic) -> bool:
    """Whether an expression without a name, such as a pair of a piecewise function, is gone into."""
    return bool(expr.args) and not _has_name(expr)


def _describe_size(expr: Basic, size: int) -> str:
    kind = "sum" if isinstance(expr, Add | MatAdd) else "product" if isinstance(expr, Mul | MatMul) else ""
    if kind:
        return f"a {kind} of {len(expr.args)} {'terms' if kind == 'sum' else 'factors'}"
    return f"{'a relation' if isinstance(expr, Relational) else 'an expression'} of {size} symbols"


def free_letter(letters: tuple[str, ...], shown: Iterable[Basic | str]) -> str:
    """The first letter that no symbol of these expressions, nor any LaTeX among them, begins with."""
    taken = {letter.lower() for side in shown for letter in _first_letters(side)}
    return next((letter for letter in letters if letter.lower() not in taken), f"{letters[0]}_*")


def _first_letters(side: Basic | str) -> Iterator[str]:
    for text in [side] if isinstance(side, str) else map(tex, symbols_in(side)):
        yield from re.findall(r"[a-zA-Z]+", text)


class _Dots(Names):
    """Dots in the place of names."""

    def _name_part(self, expr: Basic) -> Basic:
        return MatrixSymbol("…", *expr.shape) if isinstance(expr, MatrixExpr) else Symbol("…", commutative=expr.is_commutative)

    def _name_integer(self, number: int) -> Symbol:
        text = decimal_digits(number)
        return Symbol(f"{text[:8]}…({len(text)} digits)", positive=True)


def put_dots(expr: Basic, page: int) -> tuple[Basic, str]:
    """An expression with dots for what is long in it, and words about it where it is longer than a page."""
    names = _Dots("q", "N", page)
    size = names._extent(expr).size
    return names._fit_page(expr), _describe_size(expr, size) if size > page else ""
