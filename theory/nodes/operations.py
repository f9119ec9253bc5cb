"""Single NumPy operations that nodes are lowered to, beside products, sums and inverses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sympy import Basic, DiagMatrix, Symbol

PLACES = tuple(Symbol(f"_place{k}", real=True) for k in range(64))  # of the operands of a pointwise operation


class Operation(Basic):
    """One operation on operands; a template of their texts."""

    numpy = ""

    def printed(self, printer) -> str:
        return self.numpy.format(*map(printer._print, self.args))

    def operands(self) -> Iterator[Basic]:
        """Operands, once for each place where they are read."""
        yield from self.args


class Pointwise(Operation):
    """A scalar expression in :data:`PLACES`, for every entry of the operands that stand there."""

    def printed(self, printer) -> str:
        body, *operands = self.args
        texts = {p: Symbol(f"({printer._print(o)})") for p, o in zip(PLACES, operands, strict=False)}
        return printer._print(body.xreplace(texts))

    def operands(self):
        body, *operands = self.args
        counts = Counter(_symbols(body))
        for place, operand in zip(PLACES, operands, strict=False):
            yield from [operand] * counts.pop(place)
        yield from counts.elements()


class RowSumsOfProduct(Operation):
    """The diagonal of a product, as a column."""

    numpy = "row_sums_of_product({}, {})"


class DiagonalColumn(Operation):
    """The diagonal of a matrix, as a column."""

    def printed(self, printer) -> str:
        (operand,) = self.args
        text = printer._print(operand)
        return printer.as_column(text) if isinstance(operand, DiagMatrix) else f"diagonal_column({text})"


class DiagonalVector(Operation):
    """A column as what stands for a diagonal matrix."""

    def printed(self, printer) -> str:
        return printer.as_diagonal(printer._print(self.args[0]))


class Dense(Operation):
    """A diagonal matrix with its zeros."""

    def printed(self, printer) -> str:
        return printer.dense(printer._print(self.args[0]))


class NumberOf(Operation):
    """A number of a matrix: ``det`` or ``log_det``."""

    def printed(self, printer) -> str:
        name, operand = self.args
        text = printer._print(operand)
        if not isinstance(operand, DiagMatrix):
            return printer.as_number(f"{name}({text})")
        return printer.as_number({"det": f"prod({text}, axis=-1)", "log_det": f"sum(log({text}), axis=-1)"}[str(name)])

    def operands(self):
        yield self.args[1]


def _symbols(expr: Basic) -> Iterator[Symbol]:
    if isinstance(expr, Symbol):
        yield expr
    for a in expr.args:
        yield from _symbols(a)
