r"""A reader of the LaTeX of scalar formulas: sums, products by juxtaposition, fractions, roots, powers, functions and indices.

Written from the notation alone, so that what is printed can be compared with what was meant.

>>> read(r"\frac{1}{2} \eta_{x} \left(v - u\right)^{2}")
eta_x*(-u + v)**2/2
"""

from __future__ import annotations

import re

from sympy import Add, E, Expr, Integer, Max, Min, Mul, Symbol, asin, cos, log, pi, root, sign, sin, tan, tanh

TOKEN = re.compile(r"\s*(\\left\(|\\right\)|\\[A-Za-z]+|\d+|[A-Za-z]|[][{}()^_+,-])")
OPENED, CLOSED = (r"\left(", "("), (r"\right)", ")")
SPELLED = {r"\varphi": "phi"}
FUNCTIONS = {
    r"\log": log,
    r"\sin": sin,
    r"\cos": cos,
    r"\tan": tan,
    r"\tanh": tanh,
    r"\min": Min,
    r"\max": Max,
    "asin": asin,
    "sign": sign,
}


def read(text: str) -> Expr:
    """The formula that a LaTeX string shows, in symbols without assumptions."""
    tokens, place = [], 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None:
            raise ValueError(f"cannot read {text[place:]!r}")
        tokens.append(match[1])
        place = match.end()
    reader = _Reader(tokens)
    formula = reader.sum()
    if reader.next is not None:
        raise ValueError(f"{reader.next!r} left over in {text!r}")
    return formula


class _Reader:
    def __init__(self, tokens: list[str]):
        self.tokens = tokens

    @property
    def next(self) -> str | None:
        return self.tokens[0] if self.tokens else None

    def take(self, *wanted: str) -> str:
        token = self.tokens.pop(0)
        if wanted and token not in wanted:
            raise ValueError(f"expected one of {wanted}, got {token!r}")
        return token

    def sum(self) -> Expr:
        terms = []
        while True:
            sign = -1 if self.next in ("+", "-") and self.take() == "-" else 1
            terms.append(sign * self.product())
            if self.next not in ("+", "-"):
                return Add(*terms)

    def product(self) -> Expr:
        factors = [self.power()]
        while self.next is not None and self.next not in ("+", "-", "}", ",", *CLOSED):
            factors.append(self.power())
        return Mul(*factors)

    def power(self) -> Expr:
        base = self.atom()
        if self.next == "^":
            self.take()
            base **= self.group()
        return base

    def group(self) -> Expr:
        self.take("{")
        inner = self.sum()
        self.take("}")
        return inner

    def atom(self) -> Expr:
        token = self.take()
        if token in OPENED:
            inner = self.sum()
            self.take(*CLOSED)
            return inner
        if token in (r"\frac", r"\tfrac"):
            return self.group() / self.group()
        if token == r"\sqrt":
            return self.root()
        if token.isdigit():
            return Integer(token)
        if token == r"\operatorname":
            token = self.name()
        if token in FUNCTIONS:
            return self.function(FUNCTIONS[token])
        if token == r"\pi":
            return pi
        if token == "e" and self.next == "^":
            return E
        name = SPELLED.get(token, token.removeprefix("\\"))
        return Symbol(f"{name}_{self.index()}" if self.next == "_" else name)

    def function(self, of) -> Expr:
        """A function, whose power stands before its argument."""
        power = Integer(1)
        if self.next == "^":
            self.take()
            power = self.group()
        return of(*self.arguments()) ** power

    def arguments(self) -> list[Expr]:
        """One argument in braces or without, or several in brackets."""
        if self.next not in OPENED:
            return [self.group() if self.next == "{" else self.atom()]
        self.take()
        found = [self.sum()]
        while self.next == ",":
            self.take()
            found.append(self.sum())
        self.take(*CLOSED)
        return found

    def name(self) -> str:
        self.take("{")
        letters = []
        while self.next != "}":
            letters.append(self.take())
        self.take("}")
        return "".join(letters)

    def root(self) -> Expr:
        degree = 2
        if self.next == "[":
            self.take("[")
            degree = int(self.take())
            self.take("]")
        return root(self.group(), degree)

    def index(self) -> str:
        self.take("_")
        self.take("{")
        inside = []
        while self.next != "}":
            inside.append(self.take().removeprefix("\\"))
        self.take("}")
        return "".join(inside)
