r"""Gröbner bases over :math:`\mathbb Q` and minimal primes by Singular, all symbols as variables.

Parameters are variables too, in a block of their own behind the others: every element of a basis is a combination of the given
polynomials over :math:`\mathbb Q` whatever the parameters are, so that nothing is assumed of them.  Singular's ``std`` computes
with exact rational numbers.

Source: W. Decker, G.-M. Greuel, G. Pfister, H. Schönemann, Singular, https://www.singular.uni-kl.de; P. Gianni, B. Trager,
G. Zacharias, J. Symb. Comput. 6, 149 (1988).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from flint import fmpz
from sympy import Symbol

from derivations.analysis.algebra.polynomials import Polynomial, Ring
from derivations.analysis.algebra.programs import BRIEF, ProgramError, Programs

END = "complete"

_POWER = re.compile(r"x(\d+)(?:\^(\d+))?")
_POWERS = rf"{_POWER.pattern}(?:\*{_POWER.pattern})*".replace("(\\", "(?:\\")
_TERM = re.compile(rf"([+-]?)(?:(\d+)(?:\*({_POWERS}))?|({_POWERS}))")


def block_basis(
    programs: Programs, ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial]
) -> list[Polynomial] | None:
    """A minimal Gröbner basis, graded reverse lexicographic in ``variables`` and then in the symbols that are left.

    None, and a note, where Singular has no answer.
    """
    body = "ideal g = std(i); for (int k = 1; k <= size(g); k++) { g[k] = cleardenom(g[k]); } string(g);"
    rows = _ask_ideals(programs, ring, variables, equations, body)
    return None if rows is None else rows[0]


def radical_basis(
    programs: Programs, ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial]
) -> list[Polynomial] | None:
    """A basis of the polynomials that vanish wherever the equations do."""
    body = "ideal g = std(radical(i)); for (int k = 1; k <= size(g); k++) { g[k] = cleardenom(g[k]); } string(g);"
    rows = _ask_ideals(programs, ring, variables, equations, 'LIB "primdec.lib"; ' + body)
    return None if rows is None else rows[0]


def minimal_primes(
    programs: Programs, ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial]
) -> list[list[Polynomial]] | None:
    """The irreducible components of the zeros in state and parameters together, each by generators of its prime ideal."""
    body = (
        'LIB "primdec.lib"; list l = minAssGTZ(i); ideal p; int k; for (int j = 1; j <= size(l); j++) { '
        "p = l[j]; for (k = 1; k <= size(p); k++) { p[k] = cleardenom(p[k]); } string(p); }"
    )
    return _ask_ideals(programs, ring, variables, equations, body)


def _ask_ideals(
    programs: Programs, ring: Ring, variables: Sequence[Symbol], equations: Sequence[Polynomial], body: str
) -> list[list[Polynomial]] | None:
    """Ideals that a script prints, one a line."""
    if programs.singular is None:
        return None
    present = frozenset().union(*map(ring.present, equations))
    blocks = [[x for x in variables if x in present], [s for s in ring.symbols if s in present and s not in variables]]
    names = ", ".join(f"x{ring.place[s]}" for block in blocks for s in block)
    orders = ", ".join(f"dp({len(block)})" for block in blocks if block)
    given = ", ".join(str(p) for p in equations)
    script = f'ring r = 0, ({names}), ({orders}); short = 0; ideal i = {given}; {body} "{END}"; quit;\n'
    share = BRIEF if blocks[1] or "minAss" in body else 1
    return programs.ask(programs.singular, script, lambda printed: _read_ideals(printed, ring), share=share)


def _read_ideals(printed: str, ring: Ring) -> list[list[Polynomial]]:
    lines = printed.split("\n")
    if END not in lines:
        raise ProgramError("did not finish its answer")
    kept = [line for line in lines[: lines.index(END)] if line and not line.startswith("//")]
    return [[read_polynomial(part, ring) for part in line.split(",")] for line in kept]


def read_polynomial(text: str, ring: Ring) -> Polynomial:
    """A polynomial with integer coefficients in the names ``x0``, ``x1``, … of a ring.

    Raises
    ------
    ProgramError
        for any other text.
    """
    terms: dict[tuple[int, ...], fmpz] = {}
    place = 0
    while place < len(text) or not terms:
        found = _TERM.match(text, place)
        if found is None or (place and not found[1]):
            raise ProgramError("printed what is no polynomial")
        powers = [0] * len(ring.symbols)
        for name, power in _POWER.findall(found[3] or found[4] or ""):
            if int(name) >= len(powers):
                raise ProgramError("printed what is no polynomial of these symbols")
            powers[int(name)] += int(power or 1)
        # FLINT reads integers of any length; Python's own are limited.
        terms[tuple(powers)] = fmpz(f"{'-' if found[1] == '-' else ''}{found[2] or 1}")
        place = found.end()
    return ring.context.from_dict(terms)
