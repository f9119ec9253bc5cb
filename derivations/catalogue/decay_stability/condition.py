r"""The last steps of the derivation ``decay_stability``: from the cubic of a pair to its Hopf boundary.

With :math:`p=\omega_1\omega_2` and :math:`\nu=(\omega_1-\omega_2)^2` all are polynomial, and inequalities are shown by
expansion in positive symbols: a polynomial without a negative coefficient is positive there.
"""

from __future__ import annotations

from math import prod

from sympy import QQ, Expr, Integer, Poly, Rational, sympify

from derivations.catalogue import dense_head
from derivations.catalogue.decay_stability import evidence
from derivations.catalogue.written import by_powers, ordered
from derivations.checks import Identity, Limit, Numerics
from derivations.closed_forms.pair import PAIR, SLOW_RATIO, pair_cubic, pair_determinant
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import c_0, c_1, c_2, k, mu_1, mu_2, nu, omega_1, omega_2, p, s, theta, xi, zeta

ALIKE = {p: (1 + xi) * (1 + xi + zeta), nu: zeta**2}
OPPOSITE = {p: -((1 + xi) * (1 + xi + zeta)), nu: (2 + 2 * xi + zeta) ** 2}
QUARTER = Rational(1, 4)


def condition() -> tuple[Step, ...]:
    """The complete rule, and heads of opposite signs."""
    zero, one, two = pair_cubic()
    shown = _shown()
    return (
        Step(
            "rule",
            "The state is stable, but for rotations, iff $\\omega_l^2>1$ on every occupied direction, "
            "$\\omega_l(\\mu_l-\\mu_j)>0$ for every absent mode $j$, and $\\Delta>0$ for every two occupied directions.",
            "Hurwitz conditions of the cubic: $c_0,c_2>0$ and $\\Delta=c_2c_1-c_0>0$. The first two follow from "
            "$\\omega_l^2>1$: with $|\\omega_1|=1+\\xi$, $|\\omega_2|=1+\\xi+\\zeta$ and either sign of $p$, neither $p^2c_0$ "
            "nor $p^2c_2$ has a negative coefficient in $\\xi$, $\\zeta$, $k$.",
            before=(Line(c_2, by_powers(two, k)), Line(c_1, by_powers(one, k)), Line(c_0, zero)),
            after=(shown,),
            uses=("spectrum",),
            assumptions=("Where one of these inequalities is an equality the linearisation does not decide.",),
            check=lambda before, after: (
                Identity(((after[0].right, p**2 * (before[0].right * before[1].right - before[2].right)),)),
                Identity(tuple((line.left, e) for line, e in zip(before, (c_2, c_1, c_0), strict=True))),
                Numerics(
                    lambda rng: evidence.signs(
                        [(p**2 * before[n].right).cancel() for n in (0, 2)], (ALIKE, OPPOSITE), (xi, zeta, k)
                    ),
                    0,
                    "all coefficients",
                ),
                Numerics(lambda rng: evidence.verdicts(rng, after[0].right, PAIR), 0, "verdicts of dense eigenvalues"),
            ),
        ),
        Step(
            "opposite_signs",
            "Two heads of opposite signs never turn towards each other: then $\\Delta>0$ for every $k>0$.",
            "Insert and expand in $\\xi$, $\\zeta$, $k$: no coefficient is negative. Shown are the smallest, and how many "
            "there are.",
            before=(shown, *(Line(q, e) for q, e in OPPOSITE.items())),
            after=_bounds(shown.right, OPPOSITE, r"p^2\Delta"),
            uses=("rule",),
            assumptions=(
                "$\\omega_1=-(1+\\xi)$, $\\omega_2=1+\\xi+\\zeta$ with $\\xi,\\zeta>0$, or the signs or names exchanged.",
            ),
            check=lambda before, after: (
                Identity(((before[0].right, shown.right),)),
                Identity(_pair_of(-(1 + xi), 1 + xi + zeta, before[1:])),
                Identity(_same_right(after, _bounds(before[0].right, _put(before[1:]), ""))),
                Identity(((int(bool(after[0].right > 0)), 1),)),
            ),
        ),
    )


def _shown() -> Line:
    """The Hurwitz determinant."""
    return Line(r"p^2\Delta", by_powers(pair_determinant(), k))


def boundary() -> tuple[Step, ...]:
    """The Hopf boundary, its limit, and its bound."""
    _, one, _ = pair_cubic()
    shown = _shown()
    turning = ordered(s**3, c_2 * s**2, c_1 * s, c_0)
    return (
        Step(
            "hopf",
            "For two different heads of one sign $\\Delta$ has exactly one positive root $k_c$: the state is stable above it, "
            "unstable below, and at $k_c$ two eigenvalues cross the imaginary axis. It is lost by a Hopf bifurcation: a slow "
            "rotation of both modes.",
            "As polynomials in $\\xi$, $\\zeta$ the coefficients of $k^3$ and $k^2$ are positive and that of $k^0$ is "
            "negative: one change of sign, whatever that of $k^1$ (Descartes). Where $\\Delta=0$, $c_0=c_1c_2$.",
            before=(shown, Line(c_1, by_powers(one, k))),
            after=(Line(turning, (s**2 + c_1) * (s + c_2)),),
            uses=("rule",),
            assumptions=(
                r"$\omega_1=1+\xi$, $\omega_2=1+\xi+\zeta$ with $\xi,\zeta>0$, or both negative, or the names exchanged.",
            ),
            check=lambda before, after: (
                Identity(((sympify(after[0].left).xreplace({c_0: c_1 * c_2}), after[0].right), (after[0].left, turning))),
                Identity(((before[0].right, shown.right), (before[1].left, c_1))),
                Numerics(lambda rng: evidence.signs(_one_change(before[0].right), (ALIKE,), (xi, zeta)), 0, "all coefficients"),
                Numerics(
                    lambda rng: dense_head.boundary(rng, before[0].right.subs(PAIR), -before[1].right.subs(PAIR)),
                    1e-6,
                    "dense eigenvalues at the root",
                ),
            ),
        ),
        Step(
            "slow_decay",
            "For slow decay of the embeddings the boundary is a function of the two correlations: the head has to decay at "
            "this share of $\\lambda$ at least.",
            "Leading order in large heads at fixed $\\omega_1/\\omega_2$, which tends to $\\mu_1/\\mu_2$ as $\\lambda\\to0$.",
            before=(shown,),
            after=(Line("k_c", SLOW_RATIO, r"\to"),),
            uses=("hopf",),
            assumptions=(r"$0<\mu_1<\mu_2$, $\lambda\to0$.",),
            check=lambda before, after: (
                Identity(((_leading(before[0].right).subs(k, after[0].right), 0),)),
                Identity(((before[0].right, shown.right),)),
                Limit(
                    lambda rng: evidence.limits(rng, before[0].right.subs(PAIR), after[0].right),
                    1e-2,
                    "the root at large heads: remainder of order 2",
                    reads=after,
                ),
            ),
        ),
        _quarter(shown),
    )


def _quarter(shown: Line) -> Step:
    """No boundary lies above one quarter."""
    far, near = 2 * (1 + xi) + zeta, (1 + xi) * (2 + theta) / (1 + theta)
    at_quarter = 64 * shown.right.subs(k, QUARTER)
    return Step(
        "quarter",
        "$\\kappa\\ge\\lambda/4$ suffices: $k_c<\\tfrac14$ for all pairs of heads. No smaller constant does, since "
        "$k_c\\to\\tfrac14$ for $\\mu_1=\\mu_2/2$ as $\\lambda\\to0$.",
        "At $k=\\tfrac14$ insert $\\omega_1=1+\\xi$ and, where $\\omega_2\\ge2\\omega_1$, $\\omega_2=2\\omega_1+\\zeta$; where "
        "$\\omega_1<\\omega_2\\le2\\omega_1$, $\\omega_2=\\omega_1(2+\\theta)/(1+\\theta)$, and multiply by a power of "
        "$1+\\theta$. No coefficient in $\\xi$, $\\zeta$ or $\\xi$, $\\theta$ is negative; shown are the smallest ones, and "
        "how many there are.",
        before=(shown,),
        after=(
            Line(omega_2, far),
            *_bounds(at_quarter, _heads(far), r"64p^2\Delta(\tfrac14)"),
            Line(omega_2, near),
            *_bounds(at_quarter, _heads(near), r"(1+\theta)^N64p^2\Delta(\tfrac14)"),
        ),
        uses=("hopf", "slow_decay"),
        assumptions=(r"$\omega_1=1+\xi$ with $\xi>0$, and $\zeta,\theta\ge0$.",),
        check=lambda before, after: (
            Identity(((before[0].right, shown.right),)),
            Identity(_same_right(after[1:3], _bounds(at_quarter, _heads(after[0].right), ""))),
            Identity(_same_right(after[4:], _bounds(at_quarter, _heads(after[3].right), ""))),
            Identity(
                (
                    (after[0].left, omega_2),
                    (after[3].left, omega_2),
                    (int(bool(min(after[1].right, after[4].right) > 0)), 1),
                )
            ),
            Identity(((after[0].right, 2 * (1 + xi) + zeta), (after[3].right.subs(theta, zeta), _between(zeta)))),
        ),
    )


def _between(share: Expr) -> Expr:
    r"""A head above :math:`1+\xi` and at most twice that."""
    return (1 + xi) * (1 + 1 / (1 + share))


def _heads(second: Expr) -> dict:
    r"""Product and squared difference of the heads :math:`1+\xi` and another."""
    return {q: e.subs({omega_1: 1 + xi, omega_2: second}) for q, e in PAIR.items()}


def _bounds(polynomial: Expr, heads: dict, name: str) -> Lines:
    """The smallest of the coefficients of a polynomial, with both heads inserted, and their number."""
    coefficients = _inserted(polynomial, heads)
    return Lines((Line(rf"\min\,[{name}]", min(coefficients)), Line(rf"\#\,[{name}]", Integer(len(coefficients)))))


def _inserted(polynomial: Expr, heads: dict) -> list[Expr]:
    """The coefficients, in k and the symbols of the heads, of a polynomial in p, nu and k, its denominator multiplied out."""
    field = QQ.frac_field(k, *sorted(set().union(*(e.free_symbols for e in heads.values())), key=str))
    values = [*(field.from_sympy(heads[q]) for q in (p, nu)), field.from_sympy(k)]
    terms = (field.from_sympy(e) * prod(map(pow, values, powers)) for powers, e in Poly(polynomial.expand(), p, nu, k).terms())
    return [QQ.to_sympy(e) for e in sum(terms, field.zero).numer.values()]


def _one_change(cubic: Expr) -> list[Expr]:
    """The coefficients of the cubic in k that keep their sign, made positive."""
    three, two, _, zero = Poly(cubic.expand(), k).all_coeffs()
    return [three, two, -zero]


def _leading(cubic: Expr) -> Expr:
    """The coefficient of the largest power of a size that both correlations share as heads."""
    heads = {q: e.subs({omega_1: mu_1 * xi, omega_2: mu_2 * xi}) for q, e in PAIR.items()}
    return Poly(cubic.subs(heads).expand(), xi).LC()


def _pair_of(first: Expr, second: Expr, lines: Lines) -> tuple:
    """Product and squared difference shown are those of two heads."""
    shown = _put(lines)
    return tuple((shown[q], e.subs({omega_1: first, omega_2: second})) for q, e in PAIR.items())


def _put(lines: Lines) -> dict:
    return {line.left: line.right for line in lines}


def _same_right(lines: Lines, others: Lines) -> tuple:
    return tuple(zip(lines.rights, others.rights, strict=True))
