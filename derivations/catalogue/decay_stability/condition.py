r"""The last steps of the derivation ``decay_stability``: from the cubic of a pair to its Hopf boundary.

With :math:`p=\omega_1\omega_2` and :math:`\nu=(\omega_1-\omega_2)^2` all are polynomial, and inequalities are shown by
expansion in positive symbols: a polynomial without a negative coefficient is positive there.
"""

from __future__ import annotations

from functools import cache
from math import prod

from sympy import QQ, Expr, Integer, Poly, S, Symbol, nan

from derivations.catalogue import dense_head
from derivations.catalogue.decay_stability import evidence
from derivations.catalogue.written import by_powers, ordered_sum
from derivations.checks import Identity, Limit, Numerics
from derivations.closed_forms.pair import LARGE, PAIR, largest_ratio, leading_in_xi, pair_cubic, pair_determinant, slow_ratio
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import (
    Delta,
    c_0,
    c_1,
    c_2,
    count_far,
    count_near,
    count_opposite,
    k,
    k_c,
    least_far,
    least_near,
    least_opposite,
    mu_1,
    mu_2,
    mu_j,
    mu_l,
    nu,
    omega_1,
    omega_2,
    omega_l,
    p,
    s,
    theta,
    xi,
    zeta,
)

HURWITZ = p**2 * Delta


def condition_steps() -> tuple[Step, ...]:
    """The complete rule, and heads of opposite signs."""
    return (_rule_step(), _opposite_signs_step())


def _rule_step() -> Step:
    return Step(
        "rule",
        "The state is stable, but for rotations, where and only where three conditions hold: on every occupied direction, "
        "for every absent mode $j$ beside it, and for every two occupied directions.",
        "Hurwitz conditions of the cubic: $c_0,c_2>0$ and $\\Delta>0$. The first two follow from "
        "$\\omega_l^2>1$: with $|\\omega_1|=1+\\xi$, $|\\omega_2|=1+\\xi+\\zeta$ and either sign of $p$, neither $p^2c_0$ "
        "nor $p^2c_2$ has a negative coefficient in $\\xi$, $\\zeta$, $k$.",
        before=coefficients(),
        given=(Line(Delta, c_2 * c_1 - c_0),),
        after=(
            determinant(),
            Line(omega_l**2, S.One, ">"),
            Line(omega_l * (mu_l - mu_j), S.Zero, ">"),
            Line(Delta, S.Zero, ">"),
        ),
        uses=("cubic",),
        assumptions=("Where one of these inequalities is an equality the linearisation does not decide.",),
        check=lambda before, after: (
            Identity(((after[HURWITZ], p**2 * before[Delta].xreplace(before.of(c_0, c_1, c_2).mapping)),)),
            Identity(lambda: evidence.coefficient_signs(_first_two(before), (xi, zeta, k))),
            Numerics(
                lambda rng: evidence.stability_verdicts(rng, after, HURWITZ),
                0,
                "verdicts of dense eigenvalues",
                reads=after.bounds,
            ),
        ),
    )


def _opposite_signs_step() -> Step:
    opposite = _pair_at(-(1 + xi), 1 + xi + zeta)
    return Step(
        "opposite_signs",
        "Two heads of opposite signs never turn towards each other: then $\\Delta$ is positive for every $k$.",
        "Insert and expand in $\\xi$, $\\zeta$, $k$: no coefficient is negative. Shown are the smallest, and how many "
        "there are.",
        before=(determinant(),),
        given=opposite,
        after=_bound_lines(pair_determinant(), opposite, least_opposite, count_opposite),
        uses=("rule",),
        assumptions=(r"$\xi$ and $\zeta$ are positive; or the signs or names are exchanged.",),
        check=lambda before, after: (
            Identity(lambda: _pair_of(before)),
            after.same(_bound_lines(before[HURWITZ], before, least_opposite, count_opposite)),
            Identity(((int(bool(after[least_opposite] > 0)), 1),)),
        ),
    )


def coefficients() -> Lines:
    """The cubic of a pair."""
    zero, one, two = pair_cubic()
    return Lines((Line(c_2, by_powers(two, k)), Line(c_1, by_powers(one, k)), Line(c_0, zero)))


def determinant() -> Line:
    """The Hurwitz determinant."""
    return Line(HURWITZ, by_powers(pair_determinant(), k))


def _first_two(known: Lines) -> list[Expr]:
    """Both other conditions, for heads of one sign and of opposite signs."""
    heads = (_pair_at(sign * (1 + xi), 1 + xi + zeta).of(p, nu).mapping for sign in (1, -1))
    return [(p**2 * known[c]).cancel().subs(at) for at in heads for c in (c_2, c_0)]


@cache
def _pair_at(first: Expr, second: Expr) -> Lines:
    """Two heads, their product and their squared difference."""
    at = {omega_1: first, omega_2: second}
    return Lines((*map(Line, at, at.values()), *(Line(q, e.subs(at).factor()) for q, e in PAIR.items())))


def _pair_of(known: Lines) -> tuple:
    """Product and squared difference shown are those of the heads shown."""
    heads = known.of(omega_1, omega_2).mapping
    return tuple((known[q], e.subs(heads)) for q, e in PAIR.items())


def boundary_steps() -> tuple[Step, ...]:
    """The Hopf boundary, its limit, and its bound."""
    return (_hopf_step(), _slow_decay_step(), _quarter_step())


def _hopf_step() -> Step:
    turning = ordered_sum(s**3, c_2 * s**2, c_1 * s, c_0)
    return Step(
        "hopf",
        "For two different heads of one sign $\\Delta$ has exactly one positive root $k_c$: the state is stable above it, "
        "unstable below, and at $k_c$ two eigenvalues cross the imaginary axis. It is lost by a Hopf bifurcation: a slow "
        "rotation of both modes.",
        "As polynomials in $\\xi$, $\\zeta$ the coefficients of $k^3$ and $k^2$ are positive and that of $k^0$ is "
        "negative: one change of sign, whatever that of $k^1$ (Descartes). Where $\\Delta=0$, $c_0=c_1c_2$.",
        before=(determinant(), *coefficients().of(c_1)),
        given=(*_pair_at(1 + xi, 1 + xi + zeta), Line(c_0, c_1 * c_2)),
        after=(Line(turning, (s**2 + c_1) * (s + c_2)),),
        uses=("rule", "cubic"),
        assumptions=(r"$\xi$ and $\zeta$ are positive; or both heads are negative, or the names exchanged.",),
        check=lambda before, after: (
            Identity(((turning.xreplace({c_0: before[c_0]}), after[turning]), *_pair_of(before))),
            Identity(lambda: evidence.coefficient_signs(_kept_signs(before), (xi, zeta))),
            Numerics(
                lambda rng: dense_head.boundary_pairs(rng, before[HURWITZ].subs(PAIR), -before[c_1].subs(PAIR)),
                1e-6,
                "dense eigenvalues at the root",
            ),
        ),
    )


def _slow_decay_step() -> Step:
    return Step(
        "slow_decay",
        "As the decay of the embeddings tends to zero the boundary becomes a function of the two correlations: the head "
        "has to decay at this share of $\\lambda$ at least.",
        "Leading order in large heads, of size $\\xi$, at fixed $\\omega_1/\\omega_2$, which tends to $\\mu_1/\\mu_2$ as "
        "$\\lambda\\to0$.",
        before=(determinant(),),
        given=(*(Line(o, size) for o, size in LARGE.items()), Line(mu_2, mu_1, ">")),
        after=(Line(k_c, slow_ratio(), r"\to"),),
        uses=("rule",),
        assumptions=("Both correlations are positive.",),
        check=lambda before, after: (
            Identity(((leading_in_xi(before[HURWITZ], before.of(omega_1, omega_2).mapping).subs(k, after[k_c]), 0),)),
            Limit(
                lambda rng: evidence.limit_orders(rng, before, before[HURWITZ].subs(PAIR), after[k_c]),
                1e-2,
                "the root at large heads: remainder of order 2",
                reads=after,
            ),
            Numerics(
                lambda rng: evidence.crossings(rng, before[HURWITZ].subs(PAIR)), 1e-6, "dense eigenvalues beside the root"
            ),
        ),
    )


def _quarter_step() -> Step:
    """No boundary lies above one quarter."""
    first = 1 + xi
    far, near = ((Line(omega_2, e),) for e in (2 * (1 + xi) + zeta, (1 + xi) * (2 + theta) / (1 + theta)))
    forms = Lines((Line(omega_1, first), *far, *near))
    bound = Line(k_c, largest_ratio(), "<")
    return Step(
        "quarter",
        "A head that decays at least a quarter as fast as the embeddings suffices, for all pairs of heads. No smaller constant "
        "does, since $k_c\\to\\tfrac14$ for $\\mu_1=\\mu_2/2$ as $\\lambda\\to0$.",
        "At $k=\\tfrac14$ insert $\\omega_1=1+\\xi$ and, where $\\omega_2\\ge2\\omega_1$, $\\omega_2=2\\omega_1+\\zeta$; where "
        "$\\omega_1<\\omega_2\\le2\\omega_1$, $\\omega_2=\\omega_1(2+\\theta)/(1+\\theta)$, and multiply by a power of "
        "$1+\\theta$. No coefficient in $\\xi$, $\\zeta$ or $\\xi$, $\\theta$ is negative; shown are the smallest ones, and "
        "how many there are.",
        before=(determinant(), Line(k_c, slow_ratio(), r"\to")),
        given=forms,
        after=(*_at_bound(determinant().right, forms, bound), bound),
        uses=("rule", "slow_decay"),
        assumptions=(r"$\xi$, $\zeta$ and $\theta$ are positive, or $\zeta$ and $\theta$ zero.",),
        check=lambda before, after: (
            Identity(lambda: _whole_range(before)),
            Identity(tuple((before[k_c].subs(mu_1, mu_2 / 2), line.right) for line in after.bounds)),
            after[:-1].same(_at_bound(before[HURWITZ], before, after[-1])),
            Identity(((int(bool(min(after[least_far], after[least_near]) > 0)), 1),)),
            Numerics(
                lambda rng: evidence.crossings_below(rng, before[HURWITZ].subs(PAIR), after.bounds),
                0,
                "roots for random pairs of heads",
                reads=after.bounds,
            ),
        ),
    )


def _whole_range(known: Lines) -> tuple:
    """Second heads at least twice the first, and at most: all above it."""
    first, (far, near) = known[omega_1], known.of(omega_2).rights
    return ((first, 1 + xi), (far, 2 * first + zeta), (near, first * (1 + 1 / (1 + theta))))


def _at_bound(polynomial: Expr, known: Lines, bound: Line) -> Lines:
    """Coefficients of the determinant at a ratio, for both forms of the second head."""
    at_bound, first = 64 * polynomial.subs(k, bound.right), known[omega_1]
    far, near = (_pair_at(first, second) for second in known.of(omega_2).rights)
    return Lines((*_bound_lines(at_bound, far, least_far, count_far), *_bound_lines(at_bound, near, least_near, count_near)))


@cache
def _bound_lines(polynomial: Expr, heads: Lines, least: Symbol, count: Symbol) -> Lines:
    """The smallest of the coefficients of a polynomial, with both heads inserted, and their number."""
    found = _insert_heads(polynomial, heads.of(p, nu).mapping)
    return Lines((Line(least, min(found)), Line(count, Integer(len(found)))))


def _insert_heads(polynomial: Expr, heads: dict) -> list[Expr]:
    """The coefficients, in k and the symbols of the heads, of a polynomial in p, nu and k, its denominator multiplied out.

    Not a number where the polynomial holds what is none.
    """
    if polynomial.has(nan):
        return [nan]
    field = QQ.frac_field(k, *sorted(set().union(*(e.free_symbols for e in heads.values())), key=str))
    values = [*(field.from_sympy(heads[q]) for q in (p, nu)), field.from_sympy(k)]
    terms = (field.from_sympy(e) * prod(map(pow, values, powers)) for powers, e in Poly(polynomial.expand(), p, nu, k).terms())
    return [QQ.to_sympy(e) for e in sum(terms, field.zero).numer.values()]


def _kept_signs(known: Lines) -> list[Expr]:
    """The coefficients of the cubic in k that keep their sign, made positive, at the heads shown."""
    three, two, _, zero = Poly(known[HURWITZ].expand(), k).all_coeffs()
    return [e.subs(known.of(p, nu).mapping) for e in (three, two, -zero)]
