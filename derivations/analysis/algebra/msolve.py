r"""Finitely many complex zeros as rational functions of the roots of one polynomial, by msolve.

msolve lifts its answer from finite fields and does not prove it; what is built on it here is put back into the equations, and
counted by another program (:mod:`derivations.analysis.algebra.finite_zeros`).

Source: J. Berthomieu, C. Eder, M. Safey El Din, ISSAC 2021, 51; F. Rouillier, Appl. Algebra Eng. Commun. Comput. 9, 433 (1999).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lcm

from flint import fmpq_poly, fmpz, fmpz_poly
from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import ProgramError, Programs

_ALLOWED = re.compile(r"[\[\]0-9,\s'A-Za-z_-]*")


@dataclass(frozen=True)
class Parametrization:
    """Coordinates ``numerators[x] / denominator`` at the roots of a squarefree ``modulus``.

    Different roots are different points: the root is a coordinate or a linear form of them.
    """

    modulus: fmpz_poly
    denominator: fmpz_poly
    numerators: Mapping[Symbol, fmpz_poly]

    def vanishes(self, p: fmpz_poly) -> bool:
        """Whether a polynomial in the root vanishes at all of them."""
        return (fmpq_poly(p) % fmpq_poly(self.modulus)).is_zero()


def parametrize(
    programs: Programs, ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial]
) -> Parametrization | None:
    """The zeros of equations in ``variables``, by the last of these where that separates them.

    None where msolve finds no zeros or infinitely many, and, with a note, where it has no answer.
    """
    if programs.msolve is None:
        return None
    names = {f"x{ring.place[x]}": x for x in variables}
    given = ",\n".join(str(p).replace(" ", "") for p in equations)
    return programs.ask(
        programs.msolve, f"{','.join(names)}\n0\n{given}\n", lambda text: _read(text, names), ("-P", "2", "-f", "/dev/stdin")
    )


def _read(printed: str, known: Mapping[str, Symbol]) -> Parametrization | None:
    text = printed.strip().removesuffix(":")
    if not text or not _ALLOWED.fullmatch(text):
        raise ProgramError("printed what is no parametrization")
    try:
        kind, *rest = json.loads(text.replace("'", '"'), parse_int=fmpz)  # Python's own integers are limited in length
        if kind != 0:
            return None
        ((_, _, _, names, form, (_, (modulus, slope, coordinates))),) = rest
        # msolve may have changed the order, and the root is the last of its names: a variable, or a linear form of its own.
        places = [known.get(name) for name in names]
        common = lcm(*(int(scale) for _, scale in coordinates))
        denominator = _polynomial(slope) * common
        numerators = {
            x: _polynomial(top) * -(common // int(scale)) for x, (top, scale) in zip(places, coordinates, strict=False) if x
        }
        root = denominator * fmpz_poly([0, 1])
        if places[-1] is not None:
            numerators[places[-1]] = root
        found = Parametrization(_polynomial(modulus), denominator, {x: numerators[x] for x in known.values()})
        total = sum((numerators[x] * f for x, f in zip(places, form, strict=True) if x), fmpz_poly([0]))
        if places[-1] is None and not found.vanishes(total + root * form[-1]):
            raise ProgramError("has a root that is no linear form of the coordinates")
        return found
    except (ValueError, TypeError, KeyError, IndexError, ZeroDivisionError, RecursionError):
        raise ProgramError("printed what is no parametrization") from None


def _polynomial(row: Sequence) -> fmpz_poly:
    degree, coefficients = row
    if len(coefficients) != degree + 1:
        raise ValueError("a polynomial of another degree")
    return fmpz_poly(list(coefficients))
