"""Formulas in text: a grammar whose parts are put together by name, never evaluated as code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from operator import add

import sympy
from lark import Lark, Token, Transformer, Tree, v_args
from sympy import Add, Expr, MatrixExpr, MatrixSymbol, Symbol
from sympy.logic.boolalg import Boolean
from sympy.matrices.expressions.special import OneMatrix

from theory import InputError, nodes, sg
from theory.abridging import brief
from theory.nodes import elementwise
from theory.nodes.node import matrix, require_square
from theory.printing import read_number

FUNCTIONS: dict[str, Callable[..., Expr]] = {
    "sg": sg,
    "sqrt": sympy.sqrt,
    "exp": sympy.exp,
    "log": sympy.log,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": sympy.tanh,
    "erf": sympy.erf,
    "abs": sympy.Abs,
    "max": sympy.Max,
    "min": sympy.Min,
    "sigmoid": lambda u: 1 / (1 + sympy.exp(-u)),
    "softplus": lambda u: sympy.log(1 + sympy.exp(u)),
}
SEVERAL = ("max", "min")  # functions of two arguments or more; the others have one
CONSTANTS = {"pi": sympy.pi}
MATRIX_FUNCTIONS: dict[str, Callable] = {
    "trace": lambda m: sympy.Trace(_square(m)),
    "tr": lambda m: sympy.Trace(_square(m)),
    "inverse": lambda m: sympy.Inverse(_square(m)),
    "identity": lambda size: sympy.Identity(_dimension(size)),
    "ones": lambda rows, columns: OneMatrix(_dimension(rows), _dimension(columns)),
    **{name: getattr(nodes, name) for name in (
        "centred", "column_norms", "column_sums", "diagonal_matrix", "diagonal_of", "dot", "hadamard", "hinge", "log_det",
        "log_sum_exp", "normalised", "row_norms", "row_sums", "softmax", "squared_norm", "total",
    )},
}  # fmt: skip
DIRECTED = ("centred", "log_sum_exp", "normalised", "softmax")  # may say over what: "rows" or "columns"
SIZES = {"identity": 1, "ones": 2}  # functions of dimensions
MOST_ARGUMENTS = {"dot": 2, "hadamard": 16}
LARGEST_POWER = 64
LONGEST, DEEPEST, DIGITS = 100_000, 100, 1000  # characters of a formula, parts within each other, digits of a number
SHOWN = 40  # characters of a wrong token that is longer than twice as many
OVER = {"rows", "columns"}
GRAMMAR = r"""
statement: sum RELATION sum
?sum: product | product ((PLUS | MINUS) product)+ -> total
?product: sign | sign ((TIMES | OVER) sign)+ -> multiply
?sign: power | "-" sign -> negate | "+" sign
?power: turned | turned POWER sign -> power
?turned: atom | turned ".T" -> transpose
?atom: NUMBER -> number | NAME -> name | NAME "(" sum ("," sum)* ")" -> call | "(" sum ")"
RELATION: "<=" | ">=" | "<" | ">" | "==" | "="
PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
POWER: "**" | "^"
NUMBER: /(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?/
NAME: /[^\W\d]\w*/
%ignore /\s+/
"""
RELATIONS: dict[str, Callable[..., Boolean]] = {
    "<": sympy.StrictLessThan,
    "<=": sympy.LessThan,
    ">": sympy.StrictGreaterThan,
    ">=": sympy.GreaterThan,
}
_PARSER = Lark(GRAMMAR, start=["sum", "statement"], parser="lalr")


def read_formula(text: str, known: Mapping[str, Symbol | MatrixSymbol]) -> Expr:
    """One expression over the known symbols; errors are those of the parser, around :class:`WrongPartError`."""
    return _Build(known).transform(_parse(text, "sum"))


def read_statement(text: str, known: Mapping[str, Symbol | MatrixSymbol]) -> Boolean:
    """An inequality between numbers, or an equation; errors as those of :func:`read_formula`."""
    return _Build(known).transform(_parse(text, "statement"))


def _parse(text: str, start: str) -> Tree:
    """The parts of a formula within the bounds."""
    if len(text) > LONGEST:
        raise TooLargeError(f"at most {LONGEST:,} characters", f"{len(text):,}")
    tree = _PARSER.parse(text, start=start)
    if (depth := _depth_of(tree)) > DEEPEST:
        raise TooLargeError(f"at most {DEEPEST} parts within each other", f"{depth:,}")
    return tree


def _depth_of(tree: Tree | Token) -> int:
    """How many parts stand within each other, without recursion."""
    depth, level = 0, [tree]
    while level := [part for one in level if isinstance(one, Tree) for part in one.children]:
        depth += 1
    return depth


class TooLargeError(Exception):
    """A formula beyond a bound: what was expected of it, and what it has."""


def _pairs(rest: Sequence) -> Iterator[tuple]:
    """Signs with what stands behind them."""
    return zip(rest[::2], rest[1::2], strict=True)


class WrongPartError(Exception):
    """A name that means nothing here: what was expected, the token, and what to do."""

    def __init__(self, expected: str, token: Token, remedy: str):
        super().__init__(str(token))
        self.parts = expected, token, remedy

    @property
    def shown(self) -> str:
        """The token, of a long one the beginning."""
        token = self.parts[1]
        return f"{token[:SHOWN]}… ({len(token):,} characters)" if len(token) > 2 * SHOWN else str(token)


@v_args(inline=True)
class _Build(Transformer):
    def __init__(self, known: Mapping[str, Symbol]):
        super().__init__()
        self.known = known

    def statement(self, a, sign, b):
        _require_shapes(a, sign, b, a.is_Matrix == b.is_Matrix and (not a.is_Matrix or a.shape == b.shape))
        if a.is_Matrix and sign in RELATIONS:
            raise WrongPartError("an inequality between numbers, or an equation", sign, "write = between matrices")
        return RELATIONS[sign](a, b) if sign in RELATIONS else sympy.Eq(a, b)

    def number(self, token):
        if len(token) > DIGITS:
            raise WrongPartError(f"numbers of at most {DIGITS} digits", token, "round it, or give it a name")
        return read_number(str(token))

    def name(self, token):
        if token in self.known:
            return self.known[token]
        if token in CONSTANTS:
            return CONSTANTS[token]
        if token == "I" and any(s.is_Matrix for s in self.known.values()):
            raise WrongPartError("a declared name", token, "write identity(n) for the identity, or declare it")
        if token in OVER and any(s.is_Matrix for s in self.known.values()):
            return Symbol(str(token))
        remedy = "declare it under [parameters] or correct the name"
        if token in FUNCTIONS:
            remedy = f"write {token}(...) with its argument, or declare the name under [parameters]"
        if not self.known:
            raise WrongPartError("a number", token, "write digits, or a quotient of numbers")
        raise WrongPartError(f"declared names ({', '.join(self.known)})", token, remedy)

    def transpose(self, of):
        return matrix(of, "before .T").T

    def call(self, token, *arguments):
        if token in MATRIX_FUNCTIONS:
            return _call_of_matrices(token, arguments)
        if token not in FUNCTIONS:
            remedy = "write a product with *" if token in (*self.known, *CONSTANTS) else "write it with these"
            matrices = any(s.is_Matrix for s in self.known.values())
            names = ", ".join([*FUNCTIONS, *(MATRIX_FUNCTIONS if matrices else ())])
            raise WrongPartError(f"the functions {names}", token, remedy)
        if (len(arguments) > 1) != (token in SEVERAL):
            number = "two arguments or more" if token in SEVERAL else "one argument"
            raise WrongPartError(f"{number} of {token}", token, "correct their number")
        function = FUNCTIONS[token]
        if token == "sg" or not any(a.is_Matrix for a in arguments):
            return function(*arguments)
        if len(arguments) > 1:
            raise WrongPartError(f"numbers in {token}", token, "write hinge(M) for what is positive of every entry")
        return elementwise(function, arguments[0])

    def total(self, first, *rest):
        terms = [first]
        for sign, term in _pairs(rest):
            fits = first.is_Matrix == term.is_Matrix and (not first.is_Matrix or first.shape == term.shape)
            _require_shapes(first, sign, term, fits)
            terms.append(-term if sign == "-" else term)
        return reduce(add, terms) if first.is_Matrix else Add(*terms)

    def multiply(self, first, *rest):
        value = first
        for sign, factor in _pairs(rest):
            if sign == "/":
                _require_shapes(value, sign, factor, not factor.is_Matrix)
                value = value / factor
            else:
                _require_shapes(value, sign, factor, not (value.is_Matrix and factor.is_Matrix) or value.cols == factor.rows)
                value = value * factor
        return value

    def negate(self, a):
        return -a

    def power(self, a, sign, b):
        whole = not a.is_Matrix or (a.rows == a.cols and b.is_Integer and b > 0)
        _require_shapes(a, sign, b, not b.is_Matrix and whole)
        if b.is_number and abs(b) > LARGEST_POWER:
            raise InputError(f"powers up to {LARGEST_POWER}", brief(b), "write a lower power")
        return a**b


def _call_of_matrices(token: Token, arguments: tuple) -> Expr:
    """A function of matrices, with the place in the text where it refuses its arguments."""
    least, most = 1, MOST_ARGUMENTS.get(token, 2 if token in DIRECTED else SIZES.get(token, 1))
    least = most if token in SIZES or token == "dot" else 2 if token == "hadamard" else least
    if not least <= len(arguments) <= most:
        number = str(most) if least == most else f"{least} to {most}"
        raise WrongPartError(f"{number} argument{'s' * (most > 1)} of {token}", token, "correct their number")
    if token in DIRECTED and len(arguments) == 2:
        arguments = (arguments[0], str(arguments[1]))
    try:
        return MATRIX_FUNCTIONS[token](*arguments)
    except InputError as error:
        raise WrongPartError(f"arguments that {token} takes ({error})", token, "correct them") from None


def _require_shapes(a: Expr, sign: Token, b: Expr, agree: bool) -> None:
    if not agree:
        shapes = " and ".join(f"{brief(x)} ({_shape_text(x)})" for x in (a, b))
        raise WrongPartError(f"what {sign} can join, not {shapes}", sign, "match the shapes, or transpose a matrix with .T")


def _shape_text(of: Expr) -> str:
    return f"of shape {of.shape}" if of.is_Matrix else "a number"


def _square(of: Expr) -> MatrixExpr:
    given = matrix(of, "here")
    require_square(given, "here")
    return given


def _dimension(of: Expr) -> Expr:
    if not (of.is_integer and of.is_positive):
        raise InputError("a dimension", brief(of), "write a positive integer or a letter of a shape")
    return of
