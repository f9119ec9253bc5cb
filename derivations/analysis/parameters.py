"""Whether parameters may take a value, by what is known of signs."""

from __future__ import annotations

from flint import fmpq_poly

from derivations.analysis.branches import Substitution
from derivations.analysis.number_field import BITS, real_balls
from derivations.analysis.polynomials import Polynomial
from derivations.analysis.signs import Signs


def allowed(signs: Signs, value: Substitution) -> bool:
    """Whether no fact excludes the value."""
    ring = signs.ring
    for fact, sign in (*signs.facts, *signs.products):
        degree = ring.degree(fact, value.symbol)
        if degree > 0:
            image = ring.substitute(fact, value.symbol, value.top, value.bottom)
            if not signs.of(image * value.bottom if degree % 2 else image) & sign:
                return False
    return True


def realisable(signs: Signs, p: Polynomial) -> bool:
    """Whether an irreducible polynomial may vanish: one in a single symbol only at a real root of a sign that it may have."""
    present = signs.ring.present(p)
    if len(present) != 1:
        return True
    (symbol,) = present
    rows = [signs.ring.number(c) for c in signs.ring.coefficients(p, symbol)]
    known = signs.of(signs.ring.gen(symbol))
    return any((1 if ball > 0 else -1 if ball < 0 else 0) in known for ball in real_balls(fmpq_poly(rows), BITS))
