r"""A fixed point without radicals: its eigenvalues and parameters by its amplitudes.

A root :math:`x` of a polynomial in which an eigenvalue of its mode, or a parameter of all modes, is linear gives that one as a
rational function of :math:`x`, and every other amplitude with it.  Square roots of positive parameters go first: with
:math:`\lambda=\ell^2` the polynomial splits, and a factor of it may be linear where the whole is not.  An equation between
parameters under which a state exists is solved in the same way.

When it fails: for equations in which no eigenvalue and no parameter is linear with a coefficient that cannot vanish.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sympy import CRootOf, Dummy, Eq, Expr, Mul, Poly, Pow, S, Symbol, cancel, factor_list, fraction, solve, together

from derivations.analysis.algebra.zero import Region, draw_point
from derivations.analysis.linearisation.zero_modes import tangent_vector
from derivations.analysis.points.point import FixedPoint
from theory.abridging import brief
from theory.errors import InputError, UnfinishedError

CLOSE = 1e-20  # of two numbers of thirty digits that are one


@dataclass
class AtRest:
    """What is said of a point: ``values`` of its amplitudes, and what stands for eigenvalues (``along``) and for parameters of
    all modes (``shared``); ``squares`` are parameters by their roots, and ``tangents``
    of a family how all values change along each one that it leaves free."""

    values: dict[Symbol, Expr]
    along: dict[Symbol, Expr] = field(default_factory=dict)
    shared: dict[Symbol, Expr] = field(default_factory=dict)
    squares: dict[Symbol, Expr] = field(default_factory=dict)
    tangents: tuple[dict[Symbol, Expr], ...] = ()

    @property
    def letters(self) -> dict[Symbol, Expr]:
        """What the letters for roots are."""
        return {square.base: Pow(p, S.Half) for p, square in self.squares.items()}

    def learn(self, symbol: Symbol, value: Expr, eigenvalues: Sequence[Symbol]) -> None:
        """Let a value stand for an eigenvalue or a parameter."""
        for known in (self.along, self.shared):
            known |= {y: _termwise(e.subs(symbol, value)) for y, e in known.items() if symbol in e.free_symbols}
        (self.along if symbol in eigenvalues else self.shared)[symbol] = _termwise(value)

    def put(self, expr: Expr) -> Expr:
        """An expression by what stands for eigenvalues and parameters."""
        return expr.subs(self.squares).subs(self.shared).subs(self.along)


def parametrise(point: FixedPoint, eigenvalues: Sequence[Symbol], *, is_one: bool = True) -> AtRest:
    """The values of a point; where they have radicals of sums, or are roots without a closed form, by the amplitudes.

    With ``is_one`` the amplitudes are those of one mode: what gives a parameter of all modes gets a name of its own.

    Raises
    ------
    InputError
        for an equation between parameters that is not linear in one of them.
    UnfinishedError
        for values that do not become rational.
    """
    found = AtRest(dict(point.values))
    for equation in (c for c in point.conditions if isinstance(c, Eq)):
        _solve_equation(found, equation, eigenvalues)
    found.values = {x: value.subs(found.shared).subs(found.along) for x, value in found.values.items()}
    if any(map(is_involved, found.values.values())) or point.roots:
        found = _by_roots(found, point, eigenvalues, is_one)
    found.tangents = tuple(_tangent(found, point, y) for y in point.site.free)
    return found


def _tangent(found: AtRest, point: FixedPoint, y: Symbol) -> dict[Symbol, Expr]:
    moved = tangent_vector(point.site, y, tuple(point.values))
    return {x: cancel(found.put(e).subs(found.values)) for x, e in zip(point.values, moved, strict=True)}


def of_all_modes(x: Symbol) -> Symbol:
    """The name of an amplitude that is the same in all modes."""
    return Symbol(f"{x.name}_0", **x.assumptions0)


def _termwise(value: Expr) -> Expr:
    """A quotient term by term where its denominator is a product."""
    value = cancel(value)
    return value if any(f.is_Add for f in Mul.make_args(fraction(value)[1])) else value.expand()


def is_involved(value: Expr) -> bool:
    """Whether a value is a root of a sum, or of a polynomial."""
    return value.has(CRootOf) or any(not power.exp.is_Integer and power.base.is_Add for power in value.atoms(Pow))


def _solve_equation(found: AtRest, equation: Eq, eigenvalues: Sequence[Symbol]) -> None:
    solved = equation.lhs if equation.lhs not in equation.rhs.free_symbols else None
    if solved is not None and solved.is_Symbol and solved not in eigenvalues:
        found.learn(solved, found.put(equation.rhs), eigenvalues)
        return
    top, _ = fraction(together(found.put(equation.lhs - equation.rhs)))
    for factor, _ in factor_list(top)[1]:
        ordered = sorted(factor.free_symbols, key=lambda y: (y not in eigenvalues, str(y)))
        for y in ordered:
            polynomial = Poly(factor, y)
            if polynomial.degree() == 1 and _never_vanishes(polynomial.LC()):
                found.learn(y, -polynomial.nth(0) / polynomial.LC(), eigenvalues)
                return
    raise InputError("an equation that is linear in a parameter", brief(equation), "substitute it into the flow")


def _never_vanishes(coefficient: Expr) -> bool:
    return all(f.is_nonzero for f in Mul.make_args(coefficient))


# -- roots ----------------------------------------------------------------------------------------------------------------


def _by_roots(found: AtRest, point: FixedPoint, eigenvalues: Sequence[Symbol], is_one: bool) -> AtRest:
    """The same by the roots of a point: with parameters as they are, or else by their square roots."""
    squares = {p: Dummy(f"sqrt_{p}", positive=True) ** 2 for p in _under_roots(found.values.values()) - {*eigenvalues}}
    copied = replace(found, values=dict(found.values), along=dict(found.along), shared=dict(found.shared), squares=squares)
    try:
        _put_roots(found, point, eigenvalues, is_one)
    except UnfinishedError:
        if not squares:
            raise
        _put_roots(copied, point, eigenvalues, is_one)
        return copied
    return found


def _put_roots(found: AtRest, point: FixedPoint, eigenvalues: Sequence[Symbol], is_one: bool) -> None:
    """Eigenvalues and parameters by the roots of a point, and its other values by the same."""
    numbers = _Numbers.of(point, dict(found.values))
    for x, polynomial in point.site.roots:
        if x not in found.values:
            raise UnfinishedError(f"a root that {x} stands for does not become rational in parameters and amplitudes")
        factor = numbers.vanishing_factor(found.put(point.site.ring.expr(polynomial)), x, found)
        own = {y for y in {*eigenvalues} & factor.free_symbols if Poly(factor, y).degree() == 1}
        shared = factor.free_symbols - {*found.values, *found.letters, *eigenvalues}
        is_shared = not is_one or not factor.free_symbols & ({*eigenvalues, *found.values} - {x})
        chosen = None if own else numbers.root_that_is(x, solve(factor, x), found)
        if chosen is not None and not is_involved(chosen):
            found.values[x] = chosen
        else:
            name = of_all_modes(x) if is_one and not own else x
            _by_linear(found, factor, x, _linear_among(factor, own or shared if is_shared else own), name, eigenvalues)
    roots = {x: found.values[x] for x, _ in point.site.roots}
    for x, value in found.values.items():
        if x not in roots:
            found.values[x] = cancel(_by_solved(x, value, point, found).subs(roots))
    if any(map(is_involved, found.values.values())):
        raise UnfinishedError("the values of the amplitudes do not become rational in parameters and amplitudes")


def _under_roots(values: Iterable[Expr]) -> set[Symbol]:
    """Positive parameters of which square roots are taken."""
    powers = {power for value in values for power in value.atoms(Pow) if power.exp.is_Rational and power.exp.q == 2}
    return {power.base for power in powers if power.base.is_Symbol and power.base.is_positive}


def _linear_among(factor: Expr, symbols: Iterable[Symbol]) -> Symbol:
    """One of some symbols that a polynomial holds linearly.

    Raises
    ------
    UnfinishedError
        where it holds none.
    """
    linear = [y for y in sorted(symbols, key=str) if Poly(factor, y).degree() == 1]
    linear.sort(key=lambda y: y.is_positive is True)  # one of unknown sign first: what is known of others is kept
    if not linear:
        raise UnfinishedError(f"no eigenvalue and no parameter is linear in {brief(factor)} = 0, where a state rests")
    return linear[0]


def _by_linear(found: AtRest, factor: Expr, x: Symbol, linear: Symbol, name: Symbol, eigenvalues: Sequence[Symbol]) -> None:
    """Let a root stand for what its polynomial holds linearly."""
    polynomial = Poly(factor, linear)
    found.learn(linear, (-polynomial.nth(0) / polynomial.LC()).subs(x, name), eigenvalues)
    found.values[x] = name


def _by_solved(x: Symbol, value: Expr, point: FixedPoint, found: AtRest) -> Expr:
    """A value, or where it has roots of sums, what it is solved for by the roots of the point."""
    if not is_involved(value):
        return found.put(value)
    expr: Expr = x
    for s in point.site.solved:
        expr = expr.subs(s.symbol, point.site.ring.expr(s.top) / point.site.ring.expr(s.bottom))
    return cancel(found.put(expr))


@dataclass(frozen=True)
class _Numbers:
    """The values of a point at random parameters; a value that is a root without a closed form has none."""

    parameters: Mapping[Symbol, Expr]
    values: Mapping[Symbol, Expr]

    @classmethod
    def of(cls, point: FixedPoint, values: Mapping[Symbol, Expr]) -> _Numbers:
        conditions = tuple(c for c in point.conditions if not isinstance(c, Eq) and not c.free_symbols & {*point.roots})
        held = set().union(*(e.free_symbols for e in (*values.values(), *conditions)))
        held -= {x for x in values if x not in point.free}
        at = draw_point(held, Region(conditions))
        return cls(at, {x: v.subs(at).evalf(30) for x, v in values.items() if v != x})

    def at(self, expr: Expr, found: AtRest) -> Expr:
        """An expression in parameters, roots of these and amplitudes at the numbers."""
        named = {found.values[x]: v for x, v in self.values.items() if found.values[x].is_Symbol}
        return expr.subs(found.letters).subs({**self.values, **named}).subs(self.parameters).evalf(30)

    def vanishing_factor(self, polynomial: Expr, x: Symbol, found: AtRest) -> Expr:
        """The factor of a polynomial of which an amplitude is a root."""
        factors = [f for f, _ in factor_list(fraction(together(polynomial))[0])[1] if x in f.free_symbols]
        if len(factors) == 1:
            return factors[0]
        own = [f for f in factors if x in self.values and abs(self.at(f, found)) < CLOSE]
        if len(own) != 1:
            raise UnfinishedError(f"{len(own)} factors of a polynomial have the value of {x} as root")
        return own[0]

    def root_that_is(self, x: Symbol, candidates: list[Expr], found: AtRest) -> Expr | None:
        """The one of several roots that has the value of the point; None where that has no closed form."""
        if x not in self.values:
            return None
        same = [c for c in candidates if abs(self.at(c, found) - self.values[x]) < CLOSE]
        if len(same) != 1:
            raise UnfinishedError(f"{len(same)} expressions of {x} by the other amplitudes have its value")
        return same[0]
