"""Steps of a schedule as the statements of a function, which hold no array longer than it is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Basic, MatrixExpr, MatrixSymbol, Symbol

from theory.nodes.operations import Operation

Steps = Sequence[tuple[Basic, Basic]]


@dataclass(frozen=True)
class Program:
    """Steps and the operands that are results.  A step that is used once stands where it is used; one that is not, nowhere."""

    steps: Steps
    results: Sequence[Basic]

    @cached_property
    def outputs(self) -> list[Basic]:
        """A symbol for each result."""
        named = ((f"r{i}", result) for i, result in enumerate(self.results))
        return [MatrixSymbol(name, *r.shape) if isinstance(r, MatrixExpr) else Symbol(name) for name, r in named]

    @cached_property
    def inlined(self) -> dict[Basic, Basic]:
        """The operation of each step that is used once."""
        return {symbol: operation for symbol, operation in self.steps if self._uses[symbol] == 1}

    def statements(self) -> list[tuple[Basic, Basic | None]]:
        """Each result after the steps that it needs; a matrix is let go, as (symbol, None), after its last use."""
        ordered = self._ordered()
        last = {symbol: i for i, (_, operation) in enumerate(ordered) for symbol in self._held(operation)}
        gone: dict[int, list[Basic]] = {}
        for symbol, i in last.items():
            gone.setdefault(i, []).append(symbol)
        return [s for i, step in enumerate(ordered) for s in (step, *((symbol, None) for symbol in gone.get(i, ())))]

    @cached_property
    def _uses(self) -> Counter:
        uses = Counter(s for result in self.results for s in _leaves(result))
        for symbol, operation in reversed(self.steps):
            if uses[symbol]:
                uses.update(_leaves(operation))
        return uses

    def _ordered(self) -> list[tuple[Basic, Basic]]:
        waiting = {symbol: operation for symbol, operation in self.steps if self._uses[symbol] > 1}
        ordered: list[tuple[Basic, Basic]] = []
        for output, result in zip(self.outputs, self.results, strict=True):
            needed = self._reached(result)
            ordered += [(symbol, waiting.pop(symbol)) for symbol in [*waiting] if symbol in needed]
            ordered.append((output, result))
        return ordered

    def _reached(self, result: Basic) -> set[Basic]:
        """Everything that a result is made of."""
        made, found, waiting = dict(self.steps), set(), [result]
        while waiting:
            new = {s for s in _leaves(waiting.pop()) if s not in found}
            found |= new
            waiting += [made[s] for s in new if s in made]
        return found

    def _held(self, operation: Basic) -> Iterator[Basic]:
        """The matrices with a statement of their own that a statement reads."""
        for symbol in _leaves(operation):
            if symbol in self.inlined:
                yield from self._held(self.inlined[symbol])
            elif self._uses[symbol] > 1 and isinstance(symbol, MatrixSymbol) and symbol in self._made:
                yield symbol

    @cached_property
    def _made(self) -> frozenset[Basic]:
        return frozenset(symbol for symbol, _ in self.steps)


def _leaves(expr: Basic) -> Iterator[Basic]:
    """Symbols of an expression, once for each place where they stand."""
    if isinstance(expr, MatrixSymbol | Symbol):
        yield expr
    else:
        for arg in expr.operands() if isinstance(expr, Operation) else expr.args:
            yield from _leaves(arg)
