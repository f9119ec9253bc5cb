r"""Sectors of the embedding-only flow where all labels are alike: its rates at any size, with symbols (§2 of the notes).

Permutations of the K labels commute with the flow of a :class:`theory.coupling.symmetric.SymmetricFamily`.  Functions of a
label split into constants and *patterns* f with :math:`\sum_af_a=0`; functions of a subset of s labels contain each of these
once, the pattern as its lift :math:`F(S)=\sum_{a\in S}f_a`, and others that no label sees.  So the flow splits exactly into

* the *common* sector, in which all labels and all samples of an orbit move alike: one amplitude each, once;
* the *class-difference* sector, the same for each of the K − 1 independent patterns: an amplitude for the labels and one
  for each orbit with 1 ≤ s ≤ K − 1;
* patterns on subsets that no label sees, :math:`\binom Ks-K` of them, and deviations among the samples of one subset: both
  decay at :math:`\eta_xd`.

The coupling takes a pattern to its lift times ``inside`` − ``outside``, and the lift back to the pattern times the number of
samples of each pair of labels that know the one and not the other: :math:`\binom{K-1}{s-1}-\binom{K-2}{s-2}=\binom{K-2}{s-1}`.
These are the rules of an :class:`~derivations.analysis.modes.ansatz.Ansatz`, which are held against couplings that are
written out; the flows come from :func:`~derivations.analysis.modes.reduction.reduce_to_modes`.

>>> from sympy import symbols
>>> from theory.coupling.symmetric import uniform
>>> from theory.models.vocabulary import K
>>> n, phi, eta_x, eta_y = symbols("n phi eta_x eta_y", positive=True)
>>> found = sectors(uniform(K, n, phi), eta_x, eta_y)
>>> found.difference.matrix.tolist()
[[eta_x, -eta_x], [eta_y*n*(phi - 1), eta_y*n]]
>>> print(found)
common sector, multiplicity 1:
dv/dt = eta_x*u - eta_x*v
ds/dt = eta_x*u - eta_x*s
du/dt = eta_y*n*phi*s - eta_y*n*phi*v - eta_y*n*u + eta_y*n*v
class-difference sector, multiplicity K - 1:
dv/dt = eta_x*u - eta_x*v
du/dt = eta_y*n*v - eta_y*n*phi*v - eta_y*n*u
samples that no label sees:
rate eta_x, multiplicity -K*(n*phi - n + 1)
rate eta_x, multiplicity K*n*phi - 1

When it fails: with symbolic K every formula holds for K larger than all sizes.  At K = s the orbit has a single subset and
no lift, so that its amplitude drops out of the class-difference sector: give the number of labels as a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Add, Expr, Integer, Matrix, Mul, Symbol, exp

from derivations.analysis.modes.patterns import Patterns
from derivations.analysis.modes.reduction import Reduction, reduce_to_modes
from derivations.lines import velocity_lines
from derivations.typeset.plain_values import plain_fields, plain_values
from derivations.typeset.rows import Row
from derivations.typeset.shown import Shown
from derivations.vocabulary import u
from theory import models, require
from theory.abridging import Brief, Say, brief
from theory.coupling.symmetric import Orbit, SymmetricFamily
from theory.errors import InputError
from theory.flow import Flow
from theory.stopgrad import as_expression


@dataclass(frozen=True, eq=False)
class Sector(Brief):
    """One invariant sector: the reduction to its amplitudes, how often it occurs, and the squared size of each amplitude.

    ``weights`` are the squared norms of the constant matrices relative to that of the labels' one: an amplitude of independent
    embeddings of variance σ² has variance σ²/weight along each independent pattern.  ``mobilities`` are those of the embeddings
    that an amplitude moves.
    """

    reduction: Reduction
    multiplicity: Expr
    weights: Mapping[Symbol, Expr]
    mobilities: Mapping[Symbol, Expr]

    @property
    def flow(self) -> Flow:
        return self.reduction.flow

    @property
    def amplitudes(self) -> tuple[Symbol, ...]:
        return self.reduction.ansatz.amplitudes

    @cached_property
    def matrix(self) -> Matrix:
        r"""M in :math:`\dot\alpha=-M\alpha` for the amplitudes :math:`\alpha`."""
        return (-self.flow.jacobian()).applyfunc(lambda entry: entry.factor())

    def characteristic(self, rate: Symbol) -> Expr:
        """det(rate − M), whose roots are the rates, by powers of ``rate``."""
        coefficients = reversed(self.matrix.charpoly().all_coeffs())
        return Add(*(c.factor() * rate**power for power, c in enumerate(coefficients)))

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return plain_fields(self, ("amplitudes", "matrix", "multiplicity"))

    def propagator(self, rates: Sequence[Symbol], time: Symbol) -> dict[Symbol, Expr]:
        r"""The row of the labels in :math:`e^{-Mt}`, by amplitude, in terms of the rates, which are all different.

        The part of each rate is the residue of :math:`(s+M)^{-1}=\operatorname{adj}(s+M)/\det(s+M)` at s = −rate.
        """
        last = len(self.amplitudes) - 1
        row = {a: [self._minor(rate, last, k) for rate in rates] for k, a in enumerate(self.amplitudes)}
        slopes = [Mul(*(rate - other for other in rates if other != rate)) for rate in rates]
        decays = [exp(-rate * time) for rate in rates]
        return {a: Add(*(c * f / g for c, f, g in zip(parts, decays, slopes, strict=True))) for a, parts in row.items()}

    def energy(self, rates: Sequence[Expr], k: int) -> Expr:
        r"""The weight :math:`c_k` in the expected loss :math:`\frac{d\sigma^2}2\sum_kr_kc_ke^{-2r_kt}` of one pattern.

        In embeddings divided by the roots of their mobilities the flow is symmetric, with orthonormal modes :math:`\phi_k`,
        and :math:`c_k=\sum_a\phi_{ka}^2/\eta_a`: the squares are the diagonal of the residue of :math:`(s+M)^{-1}`.
        """
        rate, gaps = rates[k], [rates[k] - other for j, other in enumerate(rates) if j != k]
        top = Add(*(self._minor(rate, i, i) / self.mobilities[a] for i, a in enumerate(self.amplitudes))).factor()
        if gaps and top.could_extract_minus_sign():
            top, gaps[0] = -top, -gaps[0]
        return top / Mul(*gaps)

    def _minor(self, rate: Expr, i: int, j: int) -> Expr:
        """An entry of adj(rate − M)."""
        return (rate * Matrix.eye(len(self.amplitudes)) - self.matrix).cofactor(j, i).factor()


@dataclass(frozen=True)
class Decoupled(Brief):
    """Modes of samples that no label sees: their rate, and how many there are; in the expected loss each has the weight
    1/mobility."""

    orbit: Orbit
    mobility: Expr
    rate: Expr
    multiplicity: Expr


@dataclass(frozen=True, eq=False)
class Sectors(Shown):
    """Everything that the flow of a family splits into."""

    family: SymmetricFamily
    mobilities: tuple[tuple[Expr, ...], Expr]
    common: Sector
    difference: Sector
    decoupled: tuple[Decoupled, ...]

    @property
    def multiplicities(self) -> tuple[tuple[int, Expr], ...]:
        """The number of rates of each part, and how often each occurs; together N + K."""
        whole = ((len(sector.amplitudes), sector.multiplicity) for sector in (self.common, self.difference))
        return (*whole, *((1, part.multiplicity) for part in self.decoupled))

    def unseen(self, rate: Symbol) -> Expr:
        """The factor of det(rate − H(D − A)) that belongs to modes of samples that no label sees.

        The whole determinant is this times the :meth:`Sector.characteristic` of both sectors, each to its multiplicity.
        """
        powers = {part.rate: Add(*(p.multiplicity for p in self.decoupled if p.rate == part.rate)) for part in self.decoupled}
        return Mul(*((rate - own) ** power.expand().factor() for own, power in powers.items()))

    def rates(self, values: Mapping[Any, Any]) -> NDArray:
        """All N + K rates at numbers for the symbols, ascending; the cost does not grow with the number of samples but for
        the repetition of equal rates.

        Raises
        ------
        InputError
            for a symbol without a value, or fewer labels than the largest subset has.
        """
        exact = {str(key): as_expression(value, f"for {key}") for key, value in values.items()}
        family = self.family.at(exact)
        if any(orbit.size >= family.labels for orbit in family.orbits) and not self.family.labels.is_number:
            return sectors(self.family.at({self.family.labels: family.labels}), *self.mobilities).rates(values)

        found = []
        for sector in (self.common, self.difference):
            matrix = np.array([[_numeric_value(entry, exact) for entry in row] for row in sector.matrix.tolist()])
            found.append(np.repeat(np.linalg.eigvals(matrix).real, round(_numeric_value(sector.multiplicity, exact))))
        found += [
            np.full(round(_numeric_value(part.multiplicity, exact)), _numeric_value(part.rate, exact))
            for part in self.decoupled
        ]
        return np.sort(np.concatenate(found))

    @property
    def _named_sectors(self) -> dict[str, Sector]:
        return {"common": self.common, "class-difference": self.difference}

    def rows(self) -> list[Row]:
        shown = []
        for name, sector in self._named_sectors.items():
            shown.append(Row.text(_sector_heading(name, sector)))
            shown += [Row(line.left, line.right) for line in velocity_lines(sector.flow)]
        return [*shown, *(Row.text(line) for line in self._unseen_lines())]

    def lines(self, say: Say) -> list[str]:
        shown = []
        for name, sector in self._named_sectors.items():
            shown += [_sector_heading(name, sector, say), *sector.flow.lines(say)]
        return [*shown, *self._unseen_lines(say)]

    def _unseen_lines(self, say: Say = brief) -> list[str]:
        found = (f"rate {say(part.rate)}, multiplicity {say(part.multiplicity)}" for part in self.decoupled)
        return ["samples that no label sees:", *found]

    def to_dict(self) -> dict:
        """Plain values; expressions as text."""
        return plain_values(self._named_sectors | {"decoupled": self.decoupled})


def sectors(family: SymmetricFamily, samples: Expr | Sequence[Expr], labels: Expr) -> Sectors:
    """The sectors of the embedding-only flow of a family.

    Parameters
    ----------
    family
        its number of labels a number, or any symbol for "more than the largest size".
    samples, labels
        mobilities: of all samples or of those of each orbit, and of the labels.

    Raises
    ------
    InputError
        for a number of mobilities that is not that of the orbits.
    """
    given = tuple(samples) if isinstance(samples, Sequence) else (samples,) * len(family.orbits)
    if len(given) != len(family.orbits):
        raise InputError(f"a mobility for each of {len(family.orbits)} orbits", str(len(given)), "match the orbits")
    patterns = Patterns(family, tuple(as_expression(g, "as mobility") for g in given), as_expression(labels, "as mobility"))
    flow = models.embedding_only().gradient_flow()
    common, difference = (reduce_to_modes(flow, ansatz) for ansatz in (patterns.common(), patterns.difference()))
    count = family.labels
    moved = {patterns.amplitude(o): patterns.rate(o) for o in family.orbits} | {u: patterns.label_rate}
    return Sectors(
        family,
        (patterns.rates, patterns.label_rate),
        Sector(common, Integer(1), {patterns.amplitude(o): o.samples(count) / count for o in family.orbits}, moved),
        Sector(difference, count - 1, {patterns.amplitude(o): patterns.back(o) for o in patterns.lifted_orbits}, moved),
        tuple(_decoupled_modes(patterns)),
    )


def _sector_heading(name: str, sector: Sector, say: Say = brief) -> str:
    return f"{name} sector, multiplicity {say(sector.multiplicity)}:"


def _decoupled_modes(patterns: Patterns) -> Iterator[Decoupled]:
    """Patterns on subsets that no label sees, and deviations among the samples of one subset: all but the amplitudes."""
    labels = patterns.family.labels
    for orbit in patterns.family.orbits:
        seen = labels if orbit in patterns.lifted_orbits else Integer(1)
        yield Decoupled(orbit, patterns.rate(orbit), patterns.decay(orbit), (orbit.samples(labels) - seen).factor())


def _numeric_value(expr: Expr, values: Mapping[str, Expr]) -> float:
    known = expr.subs({s: values[str(s)] for s in expr.free_symbols if str(s) in values})
    require.complete(known.free_symbols, "a number for each symbol", "add it to the values")
    return float(known)
