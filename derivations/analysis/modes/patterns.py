r"""Constant matrices of the sectors of a symmetric coupling, and the rules between them (§2 of the notes).

A pattern f on the labels, :math:`\sum_af_a=0`, is lifted to a subset as :math:`F(S)=\sum_{a\in S}f_a`.  Each subset with a and
not b contributes :math:`f_a` where each with both contributes :math:`f_a+f_b`; as the :math:`f_b` sum to :math:`-f_a`, the lift
summed over the subsets with a is :math:`f_a` times :meth:`~theory.coupling.symmetric.Orbit.count_separating`.  Over the others
it is the opposite, so that the coupling, with weights inside and outside, takes the lift back by their difference.

>>> from theory.coupling.symmetric import pairs
>>> from theory.printing import plain
>>> from sympy import symbols
>>> n_0, m, eta = symbols("n_0 m eta", positive=True)
>>> parts = Patterns(pairs(K, n_0, m), (eta, eta), eta)
>>> for rule in parts.difference().rules[:3]:
...     print(plain(rule.lhs), "=", plain(rule.rhs))
J*f = F_v + (1/2)*F_s
J.T*F_v = n_0*f
J.T*F_s = m*(K - 2)/2*f

When it fails: as :mod:`derivations.analysis.modes.sectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import mpmath
import numpy as np
from numpy.typing import NDArray
from sympy import Dummy, Eq, Expr, Integer, MatAdd, MatrixExpr, MatrixSymbol, Rational, Symbol, Transpose, ZeroMatrix, solve

from derivations.analysis.modes.ansatz import Ansatz
from derivations.vocabulary import a_u, e, f, u
from theory.coupling.symmetric import Orbit, SymmetricFamily
from theory.errors import InputError
from theory.evaluate import Point, mpf_array
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y, d

Drawn = Callable[[np.random.Generator, int], NDArray]


@dataclass(frozen=True)
class Patterns:
    """The ansatz of both sectors; ``rates`` are the mobilities of the samples, by orbit, and ``label_rate`` of the labels."""

    family: SymmetricFamily
    rates: tuple[Expr, ...]
    label_rate: Expr

    @property
    def lifted_orbits(self) -> tuple[Orbit, ...]:
        """The orbits whose subsets tell labels apart."""
        labels = self.family.labels
        return tuple(o for o in self.family.orbits if o.size and not (labels.is_number and o.size >= labels))

    def amplitude(self, orbit: Orbit) -> Symbol:
        return Symbol(orbit.name, real=True)

    def rate(self, orbit: Orbit) -> Expr:
        return self.rates[self.family.orbits.index(orbit)]

    def decay(self, orbit: Orbit) -> Expr:
        """The rate at which its samples approach what they are coupled to."""
        return self.rate(orbit) * orbit.degree(self.family.labels).factor()

    def back(self, orbit: Orbit) -> Expr:
        """How often the lift of a pattern, summed over the samples that know a label, contains the pattern there."""
        return orbit.count * orbit.count_separating(self.family.labels)

    def difference(self) -> Ansatz:
        """A pattern on the labels and its lifts."""
        lifts = {o: MatrixSymbol(f"F_{o.name}", N, 1) for o in self.lifted_orbits}
        steps = {o: o.inside - o.outside for o in self.lifted_orbits}
        back = {o: step * self.back(o) for o, step in steps.items()}
        return self._pattern_ansatz(lifts, f, steps, back, _draw_pattern)

    def common(self) -> Ansatz:
        """The same on all labels, and the same on all samples of an orbit."""
        marks = {o: MatrixSymbol(f"a_{o.name}", N, 1) for o in self.family.orbits}
        degrees = {o: o.degree(self.family.labels) for o in marks}
        back = {o: o.label_degree(self.family.labels) for o in marks}
        return self._pattern_ansatz(marks, a_u, degrees, back, _constant_pattern)

    def _pattern_ansatz(
        self,
        columns: Mapping[Orbit, MatrixSymbol],
        pattern: MatrixSymbol,
        there: Mapping[Orbit, Expr],
        back: Mapping[Orbit, Expr],
        drawn: Drawn,
    ) -> Ansatz:
        """Amplitudes along one direction; J takes the pattern to the columns, and each column back to the pattern."""
        labels = self.family.labels
        amplitudes = (*map(self.amplitude, columns), u)
        rules = [
            Eq(J * pattern, _matrix_sum((there[o] * F for o, F in columns.items()), (N, Integer(1))), evaluate=False),
            *(Eq(Transpose(J) * F, back[o] * pattern, evaluate=False) for o, F in columns.items()),
            *(Eq(D_x * F, o.degree(labels).factor() * F, evaluate=False) for o, F in columns.items()),
            *(Eq(H_x * F, self.rate(o) * F, evaluate=False) for o, F in columns.items()),
            Eq(D_y * pattern, self.family.label_degree * pattern, evaluate=False),
            Eq(H_y * pattern, self.label_rate * pattern, evaluate=False),
        ]
        samples = _matrix_sum((a * e * F.T for a, F in zip(amplitudes, columns.values(), strict=False)), X.shape)
        blocks = {X: samples, Y: u * e * pattern.T}
        return Ansatz(blocks, amplitudes, tuple(rules), lambda rng: self._draw_point(rng, columns, pattern, drawn))

    # -- random couplings of the family, written out ----------------------------------------------------------------------

    def _draw_point(
        self, rng: np.random.Generator, columns: Mapping[Orbit, MatrixSymbol], pattern: MatrixSymbol, drawn: Drawn
    ) -> Point:
        """A random member of the family with a pattern on its labels, and the same on the samples of each orbit."""
        values = draw_family(self.family, rng)
        rates = {s: rng.uniform(0.2, 2) for s in sorted(self._rate_symbols - {*values}, key=str)}
        known = {**values, **rates}
        eta = [float(r.subs(known)) for r in self.rates]
        orbit_of, member = self.family.membership(values)
        coupling = self.family.coupling(values, mobility=(np.array(eta)[orbit_of], float(self.label_rate.subs(known))))
        data = {name: np.asarray(value) for name, value in coupling.data.items()}
        on_labels = drawn(rng, coupling.labels)
        on_samples = member @ on_labels if drawn is _draw_pattern else np.ones(coupling.samples)
        masks = {o: orbit_of == self.family.orbits.index(o) for o in columns}
        return Point(
            {N: coupling.samples, K: coupling.labels, d: 2, e: mpf_array(rng.standard_normal((2, 1))), J: mpf_array(data["J"])}
            | {D: mpf_array(np.diag(data[D.name])) for D in (D_x, D_y, H_x, H_y)}
            | {s: mpmath.mpf(float(value)) for s, value in known.items() if s != K}
            | {F: mpf_array(np.where(masks[o], on_samples, 0.0)[:, None]) for o, F in columns.items()}
            | {pattern: mpf_array(on_labels[:, None])}
        )

    @property
    def _rate_symbols(self) -> set[Symbol]:
        return set().union(*(r.free_symbols for r in (*self.rates, self.label_rate)))


def draw_family(family: SymmetricFamily, rng: np.random.Generator) -> dict[Symbol, Expr]:
    """Random values of the symbols at which every count is a whole number between one and four.

    Raises
    ------
    InputError
        where the counts cannot be chosen one by one.
    """
    counts, solved = _count_symbols(family)
    least = max(2, 1 + max(orbit.size for orbit in family.orbits))
    known = {c: Integer(int(rng.integers(1, 5))) for c in counts}
    if not family.labels.is_number:
        known[family.labels] = Integer(int(rng.integers(least, least + 3)))
    found = {s: value.subs(known) for s, value in solved.items()} | {s: v for s, v in known.items() if s not in counts}
    return found | {s: Rational(int(rng.integers(1, 9)), 8) for s in family.parameters if s not in found}


@lru_cache
def _count_symbols(family: SymmetricFamily) -> tuple[tuple[Symbol, ...], dict[Symbol, Expr]]:
    """A symbol for each count, and the symbols in the counts in terms of them."""
    symbolic = [o.count for o in family.orbits if o.count.free_symbols]
    chosen = tuple(Dummy(positive=True, integer=True) for _ in symbolic)
    unknown = sorted(set().union(*(count.free_symbols for count in symbolic)) - {family.labels}, key=str)
    solutions = solve([count - c for count, c in zip(symbolic, chosen, strict=True)], unknown, dict=True) if unknown else [{}]
    if len(solutions) != 1:
        raise InputError("counts that can be chosen one by one", ", ".join(map(str, symbolic)), "use other symbols for them")
    return chosen, solutions[0]


def _draw_pattern(rng: np.random.Generator, labels: int) -> NDArray:
    """A random pattern with sum zero."""
    drawn = rng.standard_normal(labels)
    return drawn - drawn.mean()


def _constant_pattern(rng: np.random.Generator, labels: int) -> NDArray:
    return np.ones(labels)


def _matrix_sum(terms: Iterable[MatrixExpr], shape: tuple[Expr, Expr]) -> MatrixExpr:
    found = tuple(terms)
    return MatAdd(*found, evaluate=False) if len(found) > 1 else found[0] if found else ZeroMatrix(*shape)
