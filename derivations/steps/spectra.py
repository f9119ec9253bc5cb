"""Eigenvalues at a state: as lines say them, and by finite differences of the velocities."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import mpmath
import numpy as np
from sympy import Basic, Pow, S, Symbol

from derivations.analysis.linearisation.stability import Stability
from derivations.lines import Line, Lines
from derivations.steps.drawing import Numbers, Side, difference, line_holds, symbols_of, value_at
from derivations.steps.places import ShownState, eigenvalues_of
from derivations.typeset.rows import conditions_row
from theory.errors import UnfinishedError
from theory.flow import Flow

CLOSE = mpmath.mpf(10) ** -9  # of a real part to zero, relative to the Jacobian: double eigenvalues keep half of the digits
TRIES = 300


def variable_of(flow: Flow, lines: Sequence[Line]) -> Symbol:
    """A letter for eigenvalues that nothing else has."""
    taken = {x.name for x in (*flow.state, *flow.parameters)}
    taken |= {x.name for line in lines for x in symbols_of(line) if isinstance(x, Symbol)}
    return Symbol(next(name for name in ("s", r"\Lambda", r"s_{\text{lin}}") if name not in taken), real=True)


def spectrum_lines(found: Stability, letter: Symbol) -> Lines:
    """Eigenvalues in closed form if all have one, otherwise the factors of the characteristic polynomial."""
    if is_closed(found):
        return Lines(Line(numbered(letter, i), value) for i, value in enumerate(found.eigenvalues, 1))
    return Lines(Line(Pow(f.xreplace({found.s: letter}), m), S.Zero) for f, m in found.characteristic)


def is_closed(found: Stability) -> bool:
    """Whether every eigenvalue beside those of zero modes has a closed form."""
    return len(found.eigenvalues) == len(found.flow.state) - len(found.zero_modes)


def numbered(letter: Symbol, number: int) -> Symbol:
    return Symbol(rf"{letter.name}_{{{number}}}")


@dataclass(frozen=True, eq=False)
class ShownSpectrum:
    """Lines on the eigenvalues at a state, and what they are there."""

    state: ShownState
    after: Lines
    letter: Symbol
    found: Stability

    @classmethod
    def of(cls, state: ShownState, after: Lines, letter: Symbol, found: Stability) -> ShownSpectrum:
        """The lines of a step.

        Raises
        ------
        LookupError
            where these are not all.
        """
        count = len(spectrum_lines(found, letter)) + len(found.names) + len(conditions_row(found.conditions))
        if len(after) != count:
            raise LookupError(f"{count} lines")
        return cls(state, after, letter, found)

    @cached_property
    def spectrum(self) -> Lines:
        return self.after[: len(spectrum_lines(self.found, self.letter))]

    @cached_property
    def names(self) -> Mapping[Basic, Basic]:
        return {a: self.after[a] for a in self.found.names}

    @cached_property
    def conditions(self) -> Lines:
        return self.after[len(self.after) - len(conditions_row(self.found.conditions)) :]

    # -- at numbers -----------------------------------------------------------------------------------------------------

    def instances(self, at: Numbers) -> Iterator[dict]:
        """The states that exist at numbers, and what names stand for there.

        Raises
        ------
        LookupError
            where there is a state and its conditions do not hold, or the other way round, poles aside.
        """
        for instance in filter(self.state.is_finite, self.state.instances(at)):
            held, exists = self.state.conditions_hold(instance), self.state.is_state(instance)
            if held != exists and not (exists and self.state.is_another_case(instance)):
                raise LookupError("the lines of the state do not say where it rests")
            if held and exists:
                yield instance | {a: value_at(value, instance) for a, value in self.names.items()}

    def draw(self, rng: np.random.Generator) -> dict:
        """Parameters at which the state exists.

        Raises
        ------
        UnfinishedError
            where many draws find none.
        """
        for _ in range(TRIES):
            at = self.state.places.draw(rng)
            if any(self.instances(at)):
                return at
        raise UnfinishedError(f"the state exists at none of {TRIES} random points")

    def conditions_hold(self, at: Numbers) -> bool:
        return all(line_holds(line, at) for line in self.conditions)

    def determinants(self, instance: Numbers, rng: np.random.Generator) -> Iterator[tuple[object, object]]:
        """The characteristic polynomial that the lines say, and that of differences, at random complex numbers; where the
        lines are polynomials, whose scale is free, their ratio."""
        matrix, zeros = self.state.jacobian(instance), len(self.found.zero_modes)
        size = 1 + mpmath.mnorm(matrix)
        first, second = (size * mpmath.mpc(*map(float, rng.uniform(0.5, 2, 2))) for _ in range(2))
        said, dense = ([f(z) for z in (first, second)] for f in (
            lambda z: self._said(z, instance) * z**zeros,
            lambda z: mpmath.det(z * mpmath.eye(matrix.rows) - matrix),
        ))  # fmt: skip
        if is_closed(self.found):
            yield said[0], dense[0]
        else:
            yield said[0] * dense[1], said[1] * dense[0]

    def _said(self, z, instance: Numbers):
        if is_closed(self.found):
            lefts = [numbered(self.letter, i) for i in range(1, len(self.spectrum) + 1)]
            return mpmath.fprod(z - value_at(self.after[left], instance) for left in lefts)
        at = {**instance, self.letter: z}
        return mpmath.fprod(value_at(line.left, at) - value_at(line.right, at) for line in self.spectrum)

    def real_parts(self, instance: Numbers) -> list:
        """Real parts of all eigenvalues by differences but the zeros, relative to the size of the Jacobian."""
        values = sorted(eigenvalues_of(self.state.jacobian(instance)), key=abs)
        size = self.state.size(instance) or mpmath.mpf(1)
        return [mpmath.re(v) / size for v in values[len(self.found.zero_modes) :]]


def side_of(line: Line, spectrum: ShownSpectrum) -> Side:
    """Right minus left of a condition at the first state that exists."""

    def side(at: Numbers):
        instance = next(spectrum.instances(at), None)
        return None if instance is None else difference(line.left, line.right, instance)

    return side
