"""Losses and flows to try a theory on: polynomials, traces of matrix polynomials, functions of them, with markers anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from hypothesis import strategies as st
from sympy import (
    Add,
    Basic,
    Expr,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    Rational,
    S,
    Symbol,
    Trace,
    Transpose,
    exp,
    log,
    sin,
    sqrt,
    symbols,
)

from theory.calculus import State
from theory.flow import Flow
from theory.loss import Loss
from theory.state import check_state
from theory.stopgrad import is_marked, sg

INTEGERS = st.sampled_from([1, -1, 2, -2, 3, -3])
_rows, _columns = symbols("rows columns", integer=True, positive=True)
MATRICES = MatrixSymbol("U_1", _rows, _columns), MatrixSymbol("U_2", _rows, _rows)
DATA = (MatrixSymbol("U_3", _columns, _columns),)


@dataclass(frozen=True)
class Alphabet:
    """What expressions are made of: a state and parameters, scalars and matrices among both."""

    state: tuple[State, ...]
    parameters: tuple[State, ...] = ()

    @property
    def letters(self) -> tuple[MatrixExpr, ...]:
        """The matrices and their transposes."""
        return tuple(e for m in (*self.state, *self.parameters) if isinstance(m, MatrixSymbol) for e in (m, Transpose(m)))

    @property
    def dimensions(self) -> tuple[Expr, ...]:
        """The lengths of the matrices, in the order in which they come."""
        return tuple(dict.fromkeys(letter.rows for letter in self.letters))

    @property
    def moving(self) -> tuple[Symbol, ...]:
        return tuple(s for s in self.state if isinstance(s, Symbol))

    @property
    def scalars(self) -> tuple[Symbol, ...]:
        return (*self.moving, *(s for s in self.parameters if isinstance(s, Symbol)))

    def factors(self) -> st.SearchStrategy[Expr]:
        """Scalars in front of terms: numbers, scalar symbols, and products of them."""
        named = [e for s in self.scalars for e in (s, -3 * s, s**2)]
        both = [s * t for s, t in zip(self.scalars, self.scalars[1:], strict=False)]
        return st.sampled_from([S.One, -S.One, S(2), Rational(-1, 2), *named, *both])


# -- words and matrix polynomials --------------------------------------------------------------------------------------


@st.composite
def words(draw, alphabet: Alphabet, rows: Expr, columns: Expr, longest: int = 4, letters: Sequence | None = None) -> tuple:
    """A product of letters of shape (rows, columns), as a tuple; empty only where that is square.

    ``letters`` are those of the alphabet unless given.
    """
    letters = alphabet.letters if letters is None else letters
    word, here = [], rows
    for _ in range(draw(st.integers(0 if rows == columns else 1, longest))):
        word.append(draw(st.sampled_from([x for x in letters if x.rows == here])))
        here = word[-1].cols
    for start, end in _way(letters, here, columns):
        word.append(draw(st.sampled_from([x for x in letters if x.shape == (start, end)])))
    return tuple(word)


def _way(letters: Sequence, start: Expr, end: Expr) -> list[tuple[Expr, Expr]]:
    """The shapes of the fewest letters that lead from one dimension to another."""
    import networkx

    path = networkx.shortest_path(networkx.Graph([letter.shape for letter in letters]), start, end)
    return list(pairwise(path))


def as_product(word: tuple, rows: Expr) -> MatrixExpr:
    """A word as SymPy writes it."""
    return MatMul(*word) if word else Identity(rows)


@st.composite
def matrix_polynomials(
    draw, alphabet: Alphabet, rows: Expr, columns: Expr, depth: int = 2, letters: Sequence | None = None
) -> MatrixExpr:
    """An expression tree of sums, products, transposes, powers and scalar multiples, not expanded."""
    square = ["power"] if rows == columns else []
    kinds = ["word"] if depth == 0 else ["word", "sum", "multiple", "transpose", "product", *square]
    kind = draw(st.sampled_from(kinds))

    def inner(r, s):
        return draw(matrix_polynomials(alphabet, r, s, depth - 1, letters))

    if kind == "sum":
        return MatAdd(inner(rows, columns), inner(rows, columns), evaluate=False)
    if kind == "multiple":
        return draw(alphabet.factors()) * inner(rows, columns)
    if kind == "transpose":
        return Transpose(inner(columns, rows))
    if kind == "product":
        middle = draw(st.sampled_from(alphabet.dimensions))
        return MatMul(inner(rows, middle), inner(middle, columns), evaluate=False)
    if kind == "power":
        return inner(rows, columns) ** draw(st.integers(0, 2))
    return as_product(draw(words(alphabet, rows, columns, 2, letters)), rows)


def square_traces(alphabet: Alphabet, depth: int = 1, letters: Sequence | None = None) -> st.SearchStrategy[Trace]:
    """The trace of a square matrix polynomial."""
    of_size = st.sampled_from(alphabet.dimensions)
    return of_size.flatmap(lambda n: matrix_polynomials(alphabet, n, n, depth, letters)).map(Trace)


@st.composite
def trace_polynomials(draw, alphabet: Alphabet, letters: Sequence | None = None) -> Expr:
    """A sum of products of traces with scalar factors."""
    products = st.lists(square_traces(alphabet, letters=letters), min_size=1, max_size=2)
    terms = draw(st.lists(products, min_size=1, max_size=3))
    return Add(*(Mul(draw(alphabet.factors()), *term) for term in terms))


@st.composite
def scalar_polynomials(draw, variables: Sequence[Symbol], degree: int = 3, most_terms: int = 4) -> Expr:
    """A polynomial without constant term and with small integer coefficients."""
    exponents = [e for e in product(range(degree + 1), repeat=len(variables)) if 0 < sum(e) <= degree]
    terms = draw(st.lists(st.tuples(INTEGERS, st.sampled_from(exponents)), min_size=1, max_size=most_terms))
    return Add(*(q * Mul(*(v**e for v, e in zip(variables, es, strict=True))) for q, es in terms))


def smooth_functions(inside: Symbol | None = None) -> list:
    """Smooth functions of a number, the identity first; one with a symbol ``inside`` as a frequency."""
    return [
        lambda p: p,
        lambda p: log(1 + p**2),
        lambda p: exp(-(p**2) / 8),
        lambda p: sqrt(1 + p**2),
        lambda p: sin(p if inside is None else inside * p),
    ]


def _functions(alphabet: Alphabet) -> st.SearchStrategy:
    return st.sampled_from(smooth_functions(next(iter(alphabet.moving), None)))


@st.composite
def functions_of_traces(draw, alphabet: Alphabet) -> Expr:
    """A smooth scalar function of traces, plus or times another."""

    def part():
        shift = draw(st.sampled_from([0, 1, *alphabet.scalars]))
        inside = draw(alphabet.factors()) * draw(square_traces(alphabet)) + shift * draw(square_traces(alphabet, depth=0))
        return draw(_functions(alphabet))(inside)

    return draw(st.sampled_from([lambda p, q: p, lambda p, q: p + q, lambda p, q: p * q]))(part(), part())


# -- markers -----------------------------------------------------------------------------------------------------------


@st.composite
def marked_words(draw, alphabet: Alphabet, rows: Expr, columns: Expr, longest: int = 4) -> MatrixExpr:
    """A product in which a run of factors is marked, perhaps with a marked factor inside the marked run."""
    word = draw(words(alphabet, rows, columns, longest).filter(bool))
    start = draw(st.integers(0, len(word) - 1))
    stop = draw(st.integers(start + 1, len(word)))
    run = list(word[start:stop])
    if draw(st.booleans()):
        place = draw(st.integers(0, len(run) - 1))
        run[place] = sg(run[place])
    return MatMul(*word[:start], sg(MatMul(*run)), *word[stop:])


@st.composite
def marked_traces(draw, alphabet: Alphabet) -> Expr:
    """Markers on factors, products, sums and scalars of traces, one of them inside a scalar function."""

    def part():
        n = draw(st.sampled_from(alphabet.dimensions))
        marked = draw(marked_words(alphabet, n, n, longest=3))
        kind = draw(st.sampled_from(["factor", "sum", "scalar", "function"]))
        if kind == "factor":
            return Trace(marked)
        if kind == "sum":
            word = as_product(draw(words(alphabet, n, n, longest=2)), n)
            return Trace(sg(word + draw(matrix_polynomials(alphabet, n, n, 1))) * marked)
        if kind == "scalar":
            return draw(square_traces(alphabet)) * sg(Trace(marked) + sum(alphabet.moving[:1]))
        return draw(_functions(alphabet))(Trace(marked))

    return Add(*(draw(alphabet.factors()) * part() for _ in range(draw(st.integers(1, 3)))))


@st.composite
def marked_polynomials(draw, variables: Sequence[Symbol]) -> Expr:
    """A scalar polynomial with a marked polynomial in it: added, as a factor, or inside a smooth function."""
    live, held = (draw(scalar_polynomials(variables)) for _ in range(2))
    kind = draw(st.sampled_from([lambda p, q: p + q, lambda p, q: p * q, lambda p, q: (p - q) ** 2 / 2]))
    return draw(st.sampled_from(smooth_functions()))(kind(live, sg(held)))


# -- losses and flows --------------------------------------------------------------------------------------------------


@st.composite
def losses(draw, state: Iterable[State] = MATRICES, parameters: Iterable[State] = DATA, marked: bool | None = None) -> Loss:
    """Losses over a state: scalar polynomials, or traces of matrix polynomials, functions of them, with mobilities and decays.

    Parameters
    ----------
    state
        scalar and matrix symbols; with a matrix among them the loss is made of traces.
    parameters
        scalars and matrices beside the state.  A rate of a block is one of the positive scalars among them, or absent.
    marked
        whether stop-gradient markers stand in the loss; either where None.
    """
    alphabet = Alphabet(check_state(state), tuple(parameters))
    marked = draw(st.booleans()) if marked is None else marked
    if alphabet.letters:
        plain = trace_polynomials(alphabet) | functions_of_traces(alphabet)
        drawn = marked_traces(alphabet) if marked else plain
    else:
        drawn = marked_polynomials(alphabet.scalars) if marked else scalar_polynomials(alphabet.scalars)
    expression = draw(drawn.filter(is_marked) if marked else drawn)  # terms may cancel
    rates = [s for s in alphabet.parameters if isinstance(s, Symbol) and s.is_positive]
    mobility, decay = ({b: r for b in alphabet.state if (r := draw(st.sampled_from([None, *rates])))} for _ in range(2))
    return Loss(expression, alphabet.state, mobility, decay)


_x, _y = symbols("x y", real=True)


@st.composite
def flows(draw, state: Iterable[State] = (_x, _y), parameters: Iterable[State] = (), degree: int = 3) -> Flow:
    """Polynomial flows over a state of scalars and matrices, gradient flows only by chance.

    Parameters
    ----------
    state, parameters
        as of :func:`losses`.
    degree
        of the polynomials in scalars and parameters.
    """
    alphabet = Alphabet(check_state(state), tuple(parameters))

    def velocity(block: State) -> Basic:
        if isinstance(block, MatrixSymbol):
            return draw(matrix_polynomials(alphabet, *block.shape))
        parts = [scalar_polynomials(alphabet.scalars, degree), *([square_traces(alphabet)] if alphabet.letters else [])]
        return Add(*map(draw, parts))

    return Flow({block: velocity(block) for block in alphabet.state})
