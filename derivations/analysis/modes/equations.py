r"""Models with equations between numbers, written without them.

Each equation gives one symbol by the others: that which stands alone on a side of it, otherwise one in which it is linear, or
whose sign leaves one root.  A parameter is put in as it is; the eigenvalue of a matrix is put in as the same polynomial of
matrices, :math:`a=2b+c^2` as :math:`A=2B+C^2`, and what is known of the sign of the symbol is assumed of its value.

>>> from sympy import Eq, symbols
>>> from theory import Flow
>>> x, y = symbols("x y", real=True)
>>> a, n = symbols("a n", positive=True)
>>> found, put = without_equations(Flow({x: n - a * x, y: a - y}, assumptions=(Eq(a**2, n),)))
>>> print(found, put)
dx/dt = a**2 - a*x
dy/dt = a - y {n: a**2}

When it fails: for equations that leave each of their symbols several values, such as :math:`c^2+s^2=1` without signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sympy import (
    Basic,
    Eq,
    Expr,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Poly,
    PolynomialError,
    Symbol,
    false,
    roots,
    sympify,
    together,
    true,
)
from sympy.assumptions import AppliedPredicate
from sympy.logic.boolalg import Boolean

from derivations.analysis.modes.aligned import AlignedVectors
from theory.abridging import brief
from theory.errors import InputError
from theory.flow import Flow
from theory.loss import Loss
from theory.statements import together as share_vectors

Model = TypeVar("Model", Loss, Flow)
SIGNS = ("positive", "negative", "nonnegative", "nonpositive")
HIGHEST = 4  # degree of an equation whose roots are looked at
FORM = "an equation that gives one parameter or eigenvalue by the others"


def without_equations(model: Model) -> tuple[Model, dict[Symbol, Expr]]:
    """A model without the equations between numbers that are assumed of it, and what each symbol that is left out stands for.

    Raises
    ------
    InputError
        for an equation that cannot hold, and for one that gives no symbol by the others.
    """
    put: dict[Symbol, Expr] = {}
    while (equation := next(filter(is_between_numbers, model.assumptions), None)) is not None:
        model, symbol, value = _Binding.of(model).solved(equation)
        put = {s: e.xreplace({symbol: value}) for s, e in put.items()} | {symbol: value}
    return model, put


def is_between_numbers(statement: Basic) -> bool:
    """Whether a statement is an equation between numbers."""
    return isinstance(statement, Eq) and not isinstance(statement.lhs, MatrixExpr)


@dataclass(frozen=True, eq=False)
class _Binding:
    """A model, the matrices whose eigenvalues or singular values are symbols, and the symbols that are not solved for."""

    model: Loss | Flow
    matrices: Mapping[Symbol, MatrixSymbol]
    fixed: frozenset[Basic]

    @classmethod
    def of(cls, model: Loss | Flow) -> _Binding:
        matrices: dict[Symbol, MatrixSymbol] = {}
        sizes = frozenset(n for b in _symbols(model) if isinstance(b, MatrixSymbol) for e in b.shape for n in e.free_symbols)
        if all(isinstance(block, MatrixSymbol) for block in model.state):
            flow = model.stop_gradient_flow() if isinstance(model, Loss) else model
            vectors = AlignedVectors(flow, (1,))
            matrices = {x: M for M in vectors.data for x in vectors.values[M]}
        return cls(model, matrices, sizes | {*model.state})

    def solved(self, equation: Eq) -> tuple[Loss | Flow, Symbol, Expr]:
        """The model in which one symbol of the equation is put in, that symbol, and what it stands for."""
        if strange := sorted(equation.free_symbols & {*self.model.state}, key=str):
            raise InputError(FORM, f"{_text(equation)}, which has the state {strange[0]}", "write it without the state")
        found = [(s, value) for s in self.candidates(equation) if (value := value_of(s, equation)) is not None]
        found.sort(key=lambda pair: pair[0] not in equation.args and _trouble(*pair))
        for symbol, value in found:
            stands_for = self.stands_for(symbol, value)
            if stands_for is not None:
                return self.put(equation, symbol, value, stands_for), symbol, value
        are_sizes = equation.free_symbols <= self.fixed
        remedy = "write sizes in the shapes" if are_sizes else "solve it for one of them, or say of which sign it is"
        raise InputError(f"{FORM}, as a = 2*b does, or y**2 = n where y is positive", _text(equation), remedy)

    def candidates(self, equation: Eq) -> Iterator[Symbol]:
        """Symbols in the order in which they are given up: those alone on a side, eigenvalues, others by name."""
        alone = [s for s in equation.args if s.is_Symbol]
        others = sorted(equation.free_symbols, key=lambda s: (s not in self.matrices, str(s)))
        yield from (s for s in dict.fromkeys((*alone, *others)) if s not in self.fixed)

    def stands_for(self, symbol: Symbol, value: Expr) -> tuple[Basic, Basic] | None:
        """What is replaced in the model by what: a parameter by its value, a matrix by one with these eigenvalues."""
        bound = value.free_symbols & self.matrices.keys()
        if symbol not in self.matrices:
            return None if bound else (symbol, value)
        matrix = self.matrices[symbol]
        other = self.matrix_of(matrix, value)
        return None if other is None else (matrix, other)

    def matrix_of(self, matrix: MatrixSymbol, value: Expr) -> MatrixExpr | None:
        """The polynomial of matrices, of the shape of one, with these values along the vectors; None where there is none."""
        letters = sorted(value.free_symbols & self.matrices.keys(), key=str)
        try:
            polynomial = Poly(value, *letters) if letters else None
        except PolynomialError:
            return None
        terms = [((), value)] if polynomial is None else polynomial.terms()
        words = []
        for powers, coefficient in terms:
            if coefficient.has(*letters):
                return None
            factors = [self.power(matrix, x, k) for x, k in zip(letters, powers, strict=False) if k]
            square = matrix.rows == matrix.cols
            if any(f is None for f in factors) or (not factors and not square):
                return None
            word = MatMul(*factors) if factors else Identity(matrix.rows)
            if word.shape != matrix.shape:
                return None
            words.append(coefficient * word)
        return MatAdd(*words) if len(words) > 1 else words[0]

    def power(self, matrix: MatrixSymbol, symbol: Symbol, exponent: int) -> MatrixExpr | None:
        """The matrix of a power of a symbol, on the left side of another matrix, with which it must share its vectors."""
        other = self.matrices[symbol]
        if not self.shares(matrix, other):
            return None
        if other.rows == other.cols:
            return MatMul(*[other] * exponent)
        if exponent % 2:
            return other if exponent == 1 and other.shape == matrix.shape else None
        pair = other * other.T if other.rows == matrix.rows else other.T * other
        return MatMul(*[pair] * (exponent // 2))

    def shares(self, left: MatrixSymbol, right: MatrixSymbol) -> bool:
        stated = (a for a in self.model.assumptions if isinstance(a, AppliedPredicate) and a.function == share_vectors)
        return left == right or any({left, right} <= {*a.arguments} for a in stated)

    def put(self, equation: Eq, symbol: Symbol, value: Expr, stands_for: tuple[Basic, Basic]) -> Loss | Flow:
        old, new = stands_for
        known = {symbol: value, old: new}
        kept = (_without(a, old) for a in self.model.assumptions if a != equation)
        facts = [*(a.xreplace(known) for a in kept if a is not None), *sign_facts(symbol, value)]
        if false in facts:
            raise InputError("facts that can hold", f"{_text(equation)} beside what else is assumed", "correct one of them")
        assumptions = tuple(dict.fromkeys(a for a in facts if a != true))
        return _rewritten(self.model, known, assumptions)


def value_of(symbol: Symbol, equation: Eq) -> Expr | None:
    """The one value that an equation gives a symbol, of the sign of that; None where there are several, or none."""
    top = together(equation.lhs - equation.rhs).as_numer_denom()[0]
    try:
        polynomial = Poly(top, symbol)
    except PolynomialError:
        return None
    coefficients = polynomial.all_coeffs()
    if any(c.has(symbol) for c in coefficients) or coefficients[0].is_zero is not False or polynomial.degree() > HIGHEST:
        return None
    found = [x for x in roots(polynomial) if x.is_real is not False and false not in sign_facts(symbol, x)]
    if len(found) != 1 or (symbol.is_integer and not found[0].is_integer):
        return None
    certain = all(fact == true for fact in sign_facts(symbol, found[0])) and symbol.is_nonzero
    return found[0] if polynomial.degree() == 1 or certain else None


def sign_facts(symbol: Symbol, value: Expr) -> Iterator[Boolean]:
    """What is known of a symbol, said of its value."""
    value = value.primitive()[1]
    facts = zip(SIGNS, (value > 0, value < 0, value >= 0, value <= 0), strict=True)
    fact = next((fact for sign, fact in facts if getattr(symbol, f"is_{sign}")), true)
    yield fact if fact in (true, false) else fact.canonical


def _trouble(symbol: Symbol, value: Expr) -> int:
    """How little a value is wanted: roots last, and before them what leaves a sign to be assumed."""
    return 1 + any(fact != true for fact in sign_facts(symbol, value)) + 2 * (not value.is_rational_function())


def _text(equation: Eq) -> str:
    return f"{brief(equation.lhs)} = {brief(equation.rhs)}"


def _without(statement: Basic, symbol: Basic) -> Basic | None:
    """A statement on matrices without one of them; None where it says nothing then."""
    if not isinstance(statement, AppliedPredicate) or symbol not in statement.arguments:
        return statement
    left = [m for m in statement.arguments if m != symbol]
    return share_vectors(*left) if statement.function == share_vectors and len(left) > 1 else None


def _rewritten(model: Loss | Flow, known: Mapping[Basic, Basic], assumptions: tuple[Boolean, ...]) -> Loss | Flow:
    """A model with other parts for symbols, and other assumptions."""

    def put(e: Basic) -> Basic:
        found = sympify(e, strict=True)
        return found.xreplace(dict(known)).doit() if found.has(*known) else e

    mobility = {b: put(e) for b, e in model.mobility.items()}
    if isinstance(model, Flow):
        potential = put(model.potential) if model.potential is not None else None
        return Flow({b: put(v) for b, v in model.velocity.items()}, mobility, assumptions, potential)
    parameters = model.parameters
    return model.with_parts(
        expression=put(model.expression),
        mobility=mobility,
        decay={b: put(e) for b, e in model.decay.items()},
        follow={b: tuple(map(put, pair)) for b, pair in model.follow.items()},
        views=None if model.views is None else tuple(map(put, model.views)),
        parameters=None if parameters is None else tuple(p for p in parameters if p not in known),
        assumptions=assumptions,
    )


def _symbols(model: Loss | Flow) -> Iterable[Basic]:
    places = model.velocity.values() if isinstance(model, Flow) else (model.expression,)
    return {*model.state}.union(*(e.atoms(MatrixSymbol) for e in places))
