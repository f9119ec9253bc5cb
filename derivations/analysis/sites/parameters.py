"""Special values of parameters: whether what is known of signs allows them, and how they are named."""

from __future__ import annotations

from collections.abc import Iterable

from flint import fmpq_poly
from sympy.core.relational import Eq, Relational

from derivations.analysis.algebra.number_field import BITS, real_balls
from derivations.analysis.algebra.polynomials import Polynomial
from derivations.analysis.sites.branches import Substitution
from derivations.analysis.sites.conditions import readable_relation
from derivations.analysis.sites.decision import is_empty
from derivations.analysis.sites.sign import ZERO
from derivations.analysis.sites.signs import Signs
from derivations.analysis.sites.site import Site
from theory.printing import plain


def is_allowed(signs: Signs, value: Substitution) -> bool:
    """Whether no fact excludes the value."""
    ring = signs.ring
    for fact, sign in (*signs.facts, *signs.products):
        degree = ring.degree(fact, value.symbol)
        if degree > 0:
            image = ring.substitute(fact, value.symbol, value.top, value.bottom)
            if not signs.of(image * value.bottom if degree % 2 else image) & sign:
                return False
    return True


def is_realisable(signs: Signs, p: Polynomial) -> bool:
    """Whether an irreducible polynomial may vanish: one in a single symbol only at a real root of a sign that it may have."""
    present = signs.ring.present(p)
    if len(present) != 1:
        return True
    (symbol,) = present
    rows = [signs.ring.number(c) for c in signs.ring.coefficients(p, symbol)]
    known = signs.of(signs.ring.gen(symbol))
    return any((1 if ball > 0 else -1 if ball < 0 else 0) in known for ball in real_balls(fmpq_poly(rows), BITS))


def exceptional_sets(
    named: Iterable[tuple[Polynomial, ...]], denominators: Iterable[Polynomial], signs: Signs, stated: Signs
) -> tuple[tuple[Relational, ...], ...]:
    """Degenerate cases that were not solved, as equations, and the zeros of denominators: those that signs do not exclude,
    the known ones, or for denominators the ones that were stated of symbols and parameters."""
    cases = [together for together in named if may_vanish_together(together, signs)]
    cases += [(p,) for p in denominators if may_vanish_together((p,), stated)]
    found = (
        tuple(sorted((readable_relation(Eq(signs.ring.expr(p), 0, evaluate=False)) for p in together), key=plain))
        for together in cases
    )
    return tuple(dict.fromkeys(found))


def may_vanish_together(together: Iterable[Polynomial], signs: Signs) -> bool:
    """Whether it is not proved that some of the polynomials do not vanish with the others."""
    return not is_empty(Site(signs.ring, (), (), (), (), signs), [(p, ZERO) for p in together])
