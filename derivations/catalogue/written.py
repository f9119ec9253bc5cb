"""Formulas in the order in which one writes them: equal to what the engine found, and easier to read."""

from __future__ import annotations

from functools import cache

from sympy import Add, Expr, MatMul, Matrix, Mul, Poly, Symbol

from derivations.analysis.expansions.rates import Rate
from derivations.lines import Line, Lines, dot
from theory.flow import Flow
from theory.printing import AsWritten


def by_powers(polynomial: Expr, variable: Symbol, *inner: Symbol) -> Expr:
    """A polynomial by falling powers of a variable, its coefficients by the ``inner`` symbols."""
    terms = Poly(polynomial, variable).terms()
    return ordered_sum(*(_signed_term(coefficient, inner, variable**power) for (power,), coefficient in terms))


def linear_flow_lines(flow: Flow) -> Lines:
    """A linear flow, one line for each amplitude, its terms by amplitude."""
    return Lines(Line(dot(a), _sum_by_amplitude(velocity, flow.state)) for a, velocity in flow.velocity.items())


def matrix_lines(names: tuple, matrix: Matrix) -> Lines:
    """The linear velocities of entries, one line for each, by entry."""
    moved = ([_signed_term(c, (), n) for c, n in zip(row, names, strict=True) if c != 0] for row in matrix.tolist())
    return Lines(Line(dot(name), ordered_sum(*terms)) for name, terms in zip(names, moved, strict=True))


def decay_rate(rate: Rate) -> Expr:
    """A rate as decay rate, the negative of the eigenvalue, leading term first."""
    return ordered_sum(*(-coefficient * rate.small**exponent for exponent, coefficient in rate.branch.terms))


def _sum_by_amplitude(velocity: Expr, amplitudes: tuple) -> Expr:
    coefficients = ((velocity.coeff(a), a) for a in amplitudes)
    return ordered_sum(*(_signed_term(c, (), a) for c, a in coefficients if c != 0))


@cache
def _signed_term(coefficient: Expr, inner: tuple, factor: Expr) -> Expr:
    """A coefficient times a factor, with the sign in front, but 1 - x for -(x - 1)."""
    sign = -1 if coefficient.could_extract_minus_sign() else 1
    size = (sign * coefficient).expand().collect(inner, Expr.factor) if inner else (sign * coefficient).factor()
    turned = [part for part in Mul.make_args(size) if part.is_Add and part.as_coeff_Add()[0].is_negative]
    if sign == -1 and turned:
        sign, size = 1, size / turned[0] * -turned[0]
    return Mul(sign, size, factor)


def ordered_sum(*terms: Expr) -> Expr:
    """A sum that is shown in the order given."""
    return AsWritten(*terms, evaluate=False) if len(terms) > 1 else Add(*terms)


def rising_series(first: Expr, series: Expr, small: Symbol) -> Expr:
    """What a series to the second order starts with, and its terms with the lowest power first."""
    powers = (series.expand().coeff(small, power).factor() * small**power for power in (1, 2))
    return ordered_sum(*((first,) if first != 0 else ()), *powers)


def ordered_product(*factors):
    """A product of matrices in the order given: SymPy would reorder the sums inside."""
    return MatMul(*factors, evaluate=False)
