r"""Couplings that treat all labels alike, with symbols (§2 of the notes).

All :math:`\binom Ks` subsets of ``size`` s of the K labels form an *orbit* of the permutations of the labels: for each subset S
there are ``count`` samples, with weight ``inside`` on the labels in S and ``outside`` on the others.  A
:class:`SymmetricFamily` is a number of labels with some orbits; numbers, weights and counts may be symbols.  Everything that
is counted follows from one number, :meth:`Orbit.count_containing`.

>>> from sympy import symbols
>>> K = symbols("K", integer=True, positive=True)
>>> n_0, m, q = symbols("n_0 m q", positive=True)
>>> family = pairs(K, n_0, m, q)
>>> family.label_degree
m*q*(K - 1) + n_0
>>> family.coupling({K: 3, n_0: 2, m: 1, q: 0.5}).samples
9

When it fails: the same formulas hold for every K that is larger than all sizes; at K = s the one subset tells no labels apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Expr, Integer, Rational, Symbol, binomial, count_ops

from theory import require
from theory.coupling.coupling import Coupling
from theory.coupling.weights import Mobility
from theory.errors import InputError
from theory.stopgrad import as_expression

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Orbit:
    """All subsets of ``size`` labels alike: ``count`` samples for each, of weight ``inside`` on it and ``outside`` elsewhere.

    ``name`` is that of the amplitude of its samples, unique in a family.

    Raises
    ------
    InputError
        for a size that is no whole number of labels.
    """

    size: int
    inside: Expr
    outside: Expr
    count: Expr
    name: str = "v"

    def __post_init__(self):
        size = require.whole(self.size, "a whole number of labels as size of a subset", "count the labels of one subset")
        object.__setattr__(self, "size", size)
        for field in ("inside", "outside", "count"):
            object.__setattr__(self, field, as_expression(getattr(self, field), f"as {field}"))

    def count_containing(self, labels: Expr, given: int = 0) -> Expr:
        """The number of subsets that contain ``given`` given labels: the other labels of a subset are free."""
        if self.size < given:
            return Integer(0)
        return binomial(labels - given, self.size - given).expand(func=True).factor()

    def degree(self, labels: Expr) -> Expr:
        """The row sum of its samples."""
        return self.inside * self.size + self.outside * (labels - self.size)

    def samples(self, labels: Expr) -> Expr:
        """The number of its samples."""
        return self.count * self.count_containing(labels)

    def label_degree(self, labels: Expr) -> Expr:
        """What it adds to the degree of each label."""
        with_it = self.count_containing(labels, 1)
        return self.count * (self.inside * with_it + self.outside * (self.count_containing(labels) - with_it))

    def count_separating(self, labels: Expr) -> Expr:
        """The number of subsets that contain one of two labels and not the other: those with the one less those with both."""
        return (self.count_containing(labels, 1) - self.count_containing(labels, 2)).factor()


@dataclass(frozen=True)
class SymmetricFamily:
    """Orbits over a number of labels.

    Raises
    ------
    InputError
        for fewer than two labels, a subset larger than the labels, or a name used twice.
    """

    labels: Expr
    orbits: tuple[Orbit, ...]

    def __post_init__(self):
        object.__setattr__(self, "labels", as_expression(self.labels, "as number of labels"))
        object.__setattr__(self, "orbits", tuple(self.orbits))
        names = [orbit.name for orbit in self.orbits]
        if not names or len({*names}) < len(names):
            raise InputError("orbits with names of their own", ", ".join(names) or "none", "rename or add orbits")
        if self.labels.is_number:
            self._check_labels()

    def _check_labels(self) -> None:
        largest = max(orbit.size for orbit in self.orbits)
        if not self.labels.is_Integer or self.labels < max(2, largest):
            raise InputError(f"at least {max(2, largest)} labels", str(self.labels), "add labels, or take smaller subsets")

    @property
    def samples(self) -> Expr:
        """N, the number of all samples."""
        return Add(*(orbit.samples(self.labels) for orbit in self.orbits))

    @property
    def label_degree(self) -> Expr:
        """The column sum of every label."""
        degree = Add(*(orbit.label_degree(self.labels) for orbit in self.orbits))
        return min(degree, degree.factor(), key=count_ops)

    @property
    def parameters(self) -> tuple[Symbol, ...]:
        """The symbols, by name."""
        parts = (self.labels, *(e for o in self.orbits for e in (o.inside, o.outside, o.count)))
        return tuple(sorted(set().union(*(e.free_symbols for e in parts)), key=str))

    def at(self, values: Mapping[Any, Any]) -> SymmetricFamily:
        """The family with values, by symbol or by name, for some of its symbols."""
        named = {str(key): as_expression(value, f"for {key}") for key, value in values.items()}
        known = {s: named[s.name] for s in self.parameters if s.name in named}
        orbits = (
            replace(o, inside=o.inside.subs(known), outside=o.outside.subs(known), count=o.count.subs(known))
            for o in self.orbits
        )
        return SymmetricFamily(self.labels.subs(known), tuple(orbits))

    def membership(self, values: Mapping[Any, Any] | None = None) -> tuple[NDArray, csr_array]:
        """The orbit of each sample (N,), by number, and which labels its subset contains, sparse (N, K) of zeros and ones.

        Raises
        ------
        InputError
            for a symbol without a value, and for counts that are not whole or negative.
        """
        from scipy.sparse import vstack

        family = self._numeric_family(values or {})
        subsets = [_subset_incidence(int(family.labels), orbit.size) for orbit in family.orbits]
        counts = [_whole_number(orbit.count, orbit.name) for orbit in family.orbits]
        sizes = [block.shape[0] for block in subsets]
        rows = np.repeat(np.arange(sum(sizes)), np.repeat(counts, sizes))
        return np.repeat(np.arange(len(sizes)), sizes)[rows], vstack(subsets, format="csr")[rows]

    def coupling(self, values: Mapping[Any, Any] | None = None, mobility: Mobility = "degree") -> Coupling:
        """The numeric coupling, samples orbit by orbit, those of one subset together.

        Parameters
        ----------
        values
            a number for each symbol, by symbol or by name.
        mobility
            as for :class:`theory.Coupling`.

        Raises
        ------
        InputError
            as :meth:`membership`, and as :class:`theory.Coupling` for weights that are no couplings.
        """
        from scipy.sparse import csr_array, diags_array

        orbit_of, member = self.membership(values)
        orbits = self._numeric_family(values or {}).orbits
        inside, outside = (np.array([float(getattr(o, side)) for o in orbits])[orbit_of] for side in ("inside", "outside"))
        J = diags_array(inside - outside) @ member
        return Coupling(csr_array(J + outside[:, None] * np.ones(member.shape)) if outside.any() else J, mobility)

    def _numeric_family(self, values: Mapping[Any, Any]) -> SymmetricFamily:
        family = self.at(values)
        require.complete(family.parameters, "a number for each symbol of the family", "add it to the values")
        return family


def uniform(labels: Expr, per_class: Expr, fraction: Expr) -> SymmetricFamily:
    """The family of ``per_class`` samples a class, the ``fraction`` of which couples to every label, weight 1/K each."""
    K, n, phi = (as_expression(e, "of a family") for e in (labels, per_class, fraction))
    return SymmetricFamily(K, (Orbit(1, Integer(1), Integer(0), (1 - phi) * n), Orbit(0, 1 / K, 1 / K, phi * n * K, "s")))


def pairs(labels: Expr, pure: Expr, frustrated: Expr, weight: Expr | None = None) -> SymmetricFamily:
    """``pure`` samples a class, and ``frustrated`` ones for each pair of labels; weight ½ on each of the two unless given."""
    return subsets(labels, pure, frustrated, 2, weight)


def subsets(labels: Expr, pure: Expr, frustrated: Expr, size: int, weight: Expr | None = None) -> SymmetricFamily:
    """``pure`` samples a class, and ``frustrated`` ones for each set of ``size`` labels; weight 1/size unless given."""
    own = Orbit(1, Integer(1), Integer(0), pure)
    shared = Rational(1, size) if weight is None else weight
    return SymmetricFamily(labels, (own, Orbit(size, shared, Integer(0), frustrated, "s")))


def _subset_incidence(labels: int, size: int) -> csr_array:
    """Which labels each subset contains, subsets in lexicographic order."""
    from scipy.sparse import csr_array

    chosen = np.array(list(_flat_labels(labels, size)), dtype=int)
    starts = np.arange(len(chosen) // size + 1) * size if size else np.zeros(2, dtype=int)
    return csr_array((np.ones(len(chosen)), chosen, starts), shape=(len(starts) - 1, labels))


def _flat_labels(labels: int, size: int) -> Iterator[int]:
    return (a for subset in combinations(range(labels), size) for a in subset)


def _whole_number(count: Expr, name: str) -> int:
    number = float(count)
    if number < 0 or abs(number - round(number)) > 1e-9 * max(1.0, number):
        raise InputError(f"a whole number of samples for each subset of the orbit {name}", f"{number:g}", "change the counts")
    return round(number)
