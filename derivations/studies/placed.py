"""Fixed points at numbers: real values in floats, as closed forms have them, and whether amplitudes are stable there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Float, S, Symbol
from sympy.core.relational import Relational

from derivations.analysis.points.numbers import has_sign, isolate_roots
from derivations.analysis.points.point import FixedPoint
from derivations.studies.enclosures import Enclosure, enclose
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow
from theory.lowering import LoweredFlow

DIGITS = 30
PLAIN = 1e-18  # of a number of thirty digits that is not zero
RESTING = 1e-9  # real parts, relative to the fastest rate, that are none

Numbers = Mapping[Symbol, Expr]


@dataclass(frozen=True, eq=False)
class Placed:
    """One real value of a fixed point, or one sheet of a family, at exact numbers.

    Attributes
    ----------
    number
        of the state, from one.
    numbers
        of the parameters; ``roots`` those of values that stay roots of polynomials.
    """

    number: int
    point: FixedPoint
    numbers: Numbers
    roots: Numbers = field(default_factory=dict)

    @property
    def state(self) -> tuple[Symbol, ...]:
        return tuple(self.point.values)

    @property
    def free(self) -> tuple[Symbol, ...]:
        return self.point.free

    def at(self, amplitudes: Sequence[float] | NDArray) -> NDArray | None:
        """The state itself; of a family the one with the free coordinates of ``amplitudes``, or None where there is none."""
        free = {x: Float(a, DIGITS) for x, a in zip(self.state, amplitudes, strict=True) if x in self.free}
        put = {**self.numbers, **self.roots, **free}
        found = [complex(resolved(v, self.point, put).evalf(DIGITS)) for v in self.point.values.values()]
        is_real = all(abs(v.imag) <= 1e-12 * (1 + abs(v)) for v in found) and np.isfinite(found).all()
        return np.real(found) if is_real else None

    @cached_property
    def sample(self) -> NDArray | None:
        """The state; of a family the one whose free coordinates are one, or None where there is none."""
        return self.at([1.0] * len(self.state))

    @property
    def values(self) -> NDArray:
        """The same, or an :class:`UnfinishedError`."""
        if self.sample is None:
            raise UnfinishedError(f"state {self.number} has no real value where its free coordinates are one")
        return self.sample

    @property
    def all_numbers(self) -> dict[Symbol, Expr]:
        """Numbers of parameters and roots, and one for the free coordinates of a family."""
        return {**self.numbers, **self.roots, **dict.fromkeys(self.free, S.One)}

    def nearest(self, amplitudes: NDArray, flips: Sequence[NDArray] = ()) -> tuple[float, NDArray] | None:
        """The distance of amplitudes from the state, up to ``flips`` of signs, and the nearest of its values."""
        held = self.at(amplitudes)
        if held is None:
            return None
        turned = [held * flip for flip in flips] if len(flips) and not self.free else [held]
        best = min(turned, key=lambda v: float(np.linalg.norm(v - amplitudes)))
        return float(np.linalg.norm(best - amplitudes)), best

    def enclosure(self, x: Symbol) -> Enclosure | None:
        """A ball around one of its values."""
        return enclose(resolved(self.point.values[x], self.point, {}), {**self.numbers, **self.roots})

    def eigenvalues(self, lowered: LoweredFlow) -> NDArray:
        """Of the Jacobian, those of a family without the zeros along it, the slowest first."""
        values = np.linalg.eigvals(lowered.jacobian(0.0, self.values))
        moving = sorted(values, key=abs)[len(self.free) :]
        return np.array(sorted(moving, key=lambda s: -s.real))

    def is_stable(self, lowered: LoweredFlow) -> bool:
        """Whether all eigenvalues have negative real parts, those along a family apart."""
        found = self.eigenvalues(lowered)
        return not len(found) or bool(found[0].real < -RESTING * np.abs(found).max())

    def is_away(self) -> bool:
        """Whether any amplitude is not zero."""
        return bool(self.free) or bool(np.abs(self.values).max() > 1e-12)


def resolved(value: Expr, point: FixedPoint, put: Numbers) -> Expr:
    """An expression with numbers put in for symbols, those that stand for roots and exponentials last."""
    held = {a: v for a, v in {**point.named, **point.auxiliary}.items() if a != v}
    for _ in range(len(held) + 1):
        value = value.xreplace(dict(put))
        if not value.free_symbols & held.keys():
            return value
        value = value.xreplace(held)
    return value.xreplace(dict(put))


def place_points(points: Iterable[FixedPoint], numbers: Numbers) -> tuple[Placed, ...]:
    """All real values of listed points at exact numbers, those left out whose polynomials are not isolated there."""
    return tuple(placed for number, point in enumerate(points, 1) for placed in _placed(number, point, numbers))


def _placed(number: int, point: FixedPoint, numbers: Numbers) -> Iterator[Placed]:
    for roots in _root_values(point, numbers, tuple(point.roots.items())):
        found = Placed(number, point, numbers, roots)
        if found.free:
            fixed = (c for c in point.conditions if not c.free_symbols & {*found.free, *point.named})
            if all(_holds(resolved(c, point, {**numbers, **roots})) for c in fixed):
                yield found
            continue
        try:
            values = found.at([0.0] * len(found.state))
        except TypeError:  # no number
            continue
        put = {**numbers, **roots, **dict(zip(found.state, values, strict=True))} if values is not None else {}
        if values is not None and all(_holds(resolved(c, point, put)) for c in point.conditions):
            yield found


def _root_values(point: FixedPoint, numbers: Numbers, roots: Sequence[tuple[Symbol, Expr]]) -> Iterator[dict[Symbol, Expr]]:
    if not roots:
        yield {}
        return
    (x, polynomial), *others = roots
    try:
        found = isolate_roots(resolved(polynomial, point, numbers), x)
    except (UnfinishedError, InputError):
        return
    for root in (r for r in found if has_sign(x, r)):
        for more in _root_values(point, {**numbers, x: root}, others):
            yield {x: root, **more}


def _holds(condition: Relational) -> bool:
    """Whether a condition holds at numbers, with what rounding leaves of equalities."""
    if not isinstance(condition, Relational):
        return bool(condition == True)  # noqa: E712  (a SymPy Boolean)
    difference = (condition.lhs - condition.rhs).evalf(DIGITS)
    if not difference.is_number or not difference.is_finite or abs(complex(difference).imag) > PLAIN:
        return False
    size = float(difference.as_real_imag()[0])
    signs = {"<": size < 0, "<=": size <= PLAIN, ">": size > 0, ">=": size >= -PLAIN, "==": abs(size) <= PLAIN}
    return signs.get(condition.rel_op, abs(size) > PLAIN)


def lower_at(flow: Flow, numbers: Numbers) -> LoweredFlow:
    """A flow of scalars at numbers of its parameters."""
    return flow.lower({p: float(numbers[p]) for p in flow.parameters})
