r"""Gröbner bases for generic parameters: over :math:`\mathbb Q(p)`, on polynomials over :math:`\mathbb Z[p]`.

Coefficients are polynomials in the parameters.  Reduction multiplies by leading coefficients instead of dividing by them, and
contents are taken out.  Where neither what was taken out (``removed``) nor the leading coefficient vanishes, an element of the
basis is a combination of the given equations, and its leading monomial stays.

>>> from sympy.abc import a, x, y
>>> ring = Ring((x, y, a))
>>> basis = generic_basis(ring, (x, y), [ring.numerator(a * x**2 + y**2 - 1), ring.numerator(x * y - a)])
>>> basis.dimension
4
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import Symbol

from derivations.analysis.algebra.linear import OverBudget
from derivations.analysis.algebra.polynomials import Polynomial, Ring, distinct_members

Monomial = tuple[int, ...]
Terms = dict[Monomial, Polynomial]

BUDGET = 10_000  # terms of one polynomial with all its coefficients
STEPS = 2000  # of reduction, in one basis
DIMENSION = 16  # zeros, with multiplicity


@dataclass(frozen=True)
class Element:
    """A polynomial in the state, and the factors that were divided out on the way to it."""

    terms: Mapping[Monomial, Polynomial]
    lead: Monomial
    removed: tuple[Polynomial, ...]


@dataclass(frozen=True)
class GenericBasis:
    """A minimal Gröbner basis in the graded reverse lexicographic order."""

    ring: Ring
    variables: tuple[Symbol, ...]
    elements: tuple[Element, ...]

    @property
    def is_one(self) -> bool:
        return any(not any(e.lead) for e in self.elements)

    @property
    def is_finite(self) -> bool:
        """Whether there are finitely many complex zeros at generic parameters."""
        return self.is_one or all(any(sum(e.lead) == e.lead[i] for e in self.elements) for i in range(len(self.variables)))

    @cached_property
    def staircase(self) -> tuple[Monomial, ...]:
        """The monomials that no leading one divides."""
        found, seen = [], {(0,) * len(self.variables)}
        stack = [] if self.is_one else list(seen)
        while stack:
            m = stack.pop()
            if any(monomial_divides(e.lead, m) for e in self.elements):
                continue
            found.append(m)
            if len(found) > DIMENSION:
                raise OverBudget(f"more than {DIMENSION} zeros")
            for i in range(len(m)):
                above = (*m[:i], m[i] + 1, *m[i + 1 :])
                if above not in seen:
                    seen.add(above)
                    stack.append(above)
        return tuple(sorted(found, key=grevlex))

    @property
    def dimension(self) -> int:
        """The number of complex zeros with multiplicity, at generic parameters."""
        return len(self.staircase)

    @cached_property
    def denominators(self) -> tuple[Polynomial, ...]:
        """Irreducible polynomials in the parameters outside whose zeros there are finitely many complex zeros."""
        pure = self.elements if self.is_one else [e for e in self.elements if sum(e.lead) == max(e.lead)]
        factors = (f for e in pure for f in (*e.removed, *self.ring.factors(e.terms[e.lead])))
        return distinct_members(factors)

    def normal(self, terms: Terms) -> tuple[Terms, Polynomial]:
        """``r`` and ``m`` such that ``terms = r/m`` modulo the ideal, no term of ``r`` divisible by a leading monomial."""
        return _reduce_terms(self.ring, terms, self.elements, Counter(STEPS))


def generic_basis(ring: Ring, variables: Sequence[Symbol], equations: Iterable[Polynomial]) -> GenericBasis:
    """Buchberger's algorithm with the criteria of Gebauer and Möller.

    Raises
    ------
    OverBudget
        where polynomials or their number grow beyond what is tried.
    """
    counter = Counter(STEPS)
    basis: list[Element] = []
    pairs: list[tuple[int, int]] = []
    waiting = sorted(
        (split_terms(ring, variables, p) for p in equations if not p.is_zero()), key=lambda t: grevlex(leading_monomial(t))
    )
    for terms in waiting:
        _insert_element(ring, basis, pairs, terms, (), counter)
    while pairs:
        i, j = min(pairs, key=lambda pair: grevlex(lcm(basis[pair[0]].lead, basis[pair[1]].lead)))
        pairs.remove((i, j))
        _insert_element(ring, basis, pairs, _s_polynomial(basis[i], basis[j]), (*basis[i].removed, *basis[j].removed), counter)
        if basis and not any(basis[-1].lead):
            break
    return GenericBasis(ring, tuple(variables), _minimal(basis))


def basis_from(ring: Ring, variables: Sequence[Symbol], block_basis: Iterable[Polynomial]) -> GenericBasis:
    """The generic basis within one in variables and parameters, in an order in which the variables come first.

    Its elements are combinations of the given polynomials whatever the parameters are: nothing was divided out.
    """
    split = [split_terms(ring, variables, p) for p in block_basis]
    elements = [Element(terms, leading_monomial(terms), ()) for terms in split]
    return GenericBasis(ring, tuple(variables), _minimal(sorted(elements, key=lambda e: len(e.terms[e.lead]))))


def _minimal(basis: Sequence[Element]) -> tuple[Element, ...]:
    """The elements whose leading monomials no other one divides, of equal ones the first."""
    return tuple(
        e
        for k, e in enumerate(basis)
        if not any(monomial_divides(o.lead, e.lead) and (o.lead != e.lead or h < k) for h, o in enumerate(basis) if h != k)
    )


class Counter:
    """Steps of reduction that are left."""

    def __init__(self, steps: int):
        self.left = steps

    def step(self, terms: Terms) -> None:
        self.left -= 1
        if self.left < 0 or sum(map(len, terms.values())) > BUDGET:
            raise OverBudget("the generic Gröbner basis grew beyond its budget")


def _insert_element(ring: Ring, basis: list[Element], pairs: list, terms: Terms, removed: tuple, counter: Counter) -> None:
    """A polynomial reduced by the basis and made primitive, with the pairs that it brings."""
    used: list[Polynomial] = [*removed]
    rest, _ = _reduce_terms(ring, terms, basis, counter, used)
    if not rest:
        return
    rest, content = make_primitive(rest)
    new = Element(rest, leading_monomial(rest), distinct_members((*used, *ring.factors(content))))
    k = len(basis)
    pairs[:] = [
        (i, j)
        for i, j in pairs
        if not monomial_divides(new.lead, t := lcm(basis[i].lead, basis[j].lead))
        or lcm(basis[i].lead, new.lead) == t
        or lcm(basis[j].lead, new.lead) == t
    ]
    fresh: list[tuple[Monomial, int]] = []
    for i, e in sorted(enumerate(basis), key=lambda item: grevlex(lcm(item[1].lead, new.lead))):
        t = lcm(e.lead, new.lead)
        if not any(monomial_divides(s, t) for s, _ in fresh):
            fresh.append((t, i))
    pairs += [(i, k) for t, i in fresh if t != multiply_monomials(basis[i].lead, new.lead)]
    basis.append(new)


def _s_polynomial(f: Element, g: Element) -> Terms:
    t = lcm(f.lead, g.lead)
    a, b = f.terms[f.lead], g.terms[g.lead]
    common = a.gcd(b)
    return _combine_terms(
        {multiply_monomials(m, divide_monomials(t, f.lead)): c for m, c in f.terms.items()},
        b / common,
        g.terms,
        divide_monomials(t, g.lead),
        a / common,
    )


def _combine_terms(f: Terms, a: Polynomial, g: Mapping[Monomial, Polynomial], shift: Monomial, b: Polynomial) -> Terms:
    """``a f - b x^shift g``."""
    total = {m: c * a for m, c in f.items()}
    for m, c in g.items():
        place = multiply_monomials(m, shift)
        value = total[place] - b * c if place in total else -b * c
        if value.is_zero():
            del total[place]
        else:
            total[place] = value
    return total


def _reduce_terms(
    ring: Ring, terms: Terms, basis: Sequence[Element], counter: Counter, used: list | None = None
) -> tuple[Terms, Polynomial]:
    """The remainder, and what it was multiplied with; ``used`` takes the factors divided out of the elements that reduce."""
    multiple, done = ring.constant(1), set[Monomial]()
    while open_terms := [m for m in terms if m not in done]:
        top = max(open_terms, key=grevlex)
        by = min(
            (e for e in basis if monomial_divides(e.lead, top)), key=lambda e: sum(map(len, e.terms.values())), default=None
        )
        if by is None:
            done.add(top)
            continue
        a, b = by.terms[by.lead], terms[top]
        common = a.gcd(b)
        terms = _combine_terms(terms, a / common, by.terms, divide_monomials(top, by.lead), b / common)
        multiple = multiple * (a / common)
        if used is not None:
            used += by.removed
        counter.step(terms)
    return terms, multiple


def make_primitive(terms: Terms) -> tuple[Terms, Polynomial]:
    """A polynomial without the common factor of its coefficients, and that factor."""
    coefficients = sorted(terms.values(), key=len)
    content = coefficients[0]
    for c in coefficients[1:]:
        if content.is_constant() and abs(content.leading_coefficient()) == 1:
            break
        content = content.gcd(c)
    return {m: c / content for m, c in terms.items()}, content


def split_terms(ring: Ring, variables: Sequence[Symbol], p: Polynomial) -> Terms:
    """A polynomial as monomials in the variables with coefficients in the other symbols."""
    places = [ring.place[x] for x in variables]
    rows: dict[Monomial, dict] = {}
    for powers, c in p.to_dict().items():
        rest = list(powers)
        for i in places:
            rest[i] = 0
        rows.setdefault(tuple(int(powers[i]) for i in places), {})[tuple(rest)] = c
    return {m: ring.context.from_dict(row) for m, row in rows.items()}


def join_terms(ring: Ring, variables: Sequence[Symbol], terms: Mapping[Monomial, Polynomial]) -> Polynomial:
    """The inverse of :func:`split_terms`."""
    total = ring.constant(0)
    for m, c in terms.items():
        for x, power in zip(variables, m, strict=True):
            if power:
                c = c * ring.gen(x) ** power
        total = total + c
    return total


def leading_monomial(terms: Mapping[Monomial, Polynomial]) -> Monomial:
    return max(terms, key=grevlex)


def grevlex(m: Monomial) -> tuple:
    return sum(m), tuple(-k for k in reversed(m))


def monomial_divides(a: Monomial, b: Monomial) -> bool:
    return all(i <= j for i, j in zip(a, b, strict=True))


def lcm(a: Monomial, b: Monomial) -> Monomial:
    return tuple(map(max, a, b))


def multiply_monomials(a: Monomial, b: Monomial) -> Monomial:
    return tuple(i + j for i, j in zip(a, b, strict=True))


def divide_monomials(a: Monomial, b: Monomial) -> Monomial:
    return tuple(i - j for i, j in zip(a, b, strict=True))
