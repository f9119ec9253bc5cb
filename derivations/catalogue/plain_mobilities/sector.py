r"""A step of the derivation ``plain_mobilities``: head and amplitudes of one mode, and which of its two heads is stable."""

from __future__ import annotations

from functools import cache

from sympy import Expr, Inverse, Matrix, solve, sqrt
from sympy import Identity as Unit

from derivations.catalogue.plain_mobilities import equal_rates
from derivations.checks import Identity, Numerics
from derivations.closed_forms.any_mobilities import of_one_mode
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import H, Z, chi_J, chi_w, mu, rho_x, rho_y, s, tau, v_x, v_y, w, w_minus, w_plus
from theory.models.vocabulary import d, gamma, kappa, lam
from theory.words import scale_matrix

NAMES = (v_x, v_y, w)
SQUARE = Z * Inverse(H) * Z.T


def own_sector_step(known: Lines) -> Step:
    """The cubic of one mode at rest, and its sign."""
    trace = (rho_x + rho_y) * w**2 + 2 * lam
    damping = kappa + kappa * w**2 * (2 * rho_x * rho_y * w**2 + (rho_x + rho_y) * lam) / (lam * tau)
    share, whole = w * sqrt(rho_x * rho_y) * mu / (rho_x * w**2 + lam), kappa * w**2 / (gamma * lam)
    return Step(
        "own_sector",
        "Of the two heads of a mode the larger one, $w_+$, is stable in its own sector, and the smaller one is a saddle.",
        "Linearise at rest. Along the null vector head and amplitude turn into each other, across it the amplitudes decay at "
        "the rate $\\tau$. All coefficients are positive but the last, whose sign is that of $\\rho_x\\rho_yw^4-\\lambda^2$; "
        "and the product of both squares is $\\lambda^2/\\rho_x\\rho_y$.",
        before=(known.of(SQUARE)[1], *known.of(chi_w, w_plus**2, w_minus**2)),
        given=_mode_velocities(),
        after=(
            Line(v_x / v_y, share),
            Line(v_x**2 + v_y**2, whole),
            Line(tau, trace),
            Line(chi_J, (s + tau) * (s**2 + damping * s + 4 * kappa * (rho_x * rho_y * w**4 - lam**2) / tau)),
            Line(w_plus**2 * w_minus**2, lam**2 / (rho_x * rho_y)),
        ),
        uses=("quadratic", "equal_rates", "heads"),
        assumptions=("$v_x$, $v_y$: amplitudes of samples and labels in $ZH^{-1/2}$.",),
        check=lambda before, after: (
            Identity(
                (
                    (before[dot(v_x)].subs(v_x, after[v_x / v_y] * v_y), 0),
                    (before[SQUARE], scale_matrix(after[v_x**2 + v_y**2], Unit(d))),
                    (before[w_plus**2] * before[w_minus**2], after[w_plus**2 * w_minus**2]),
                )
            ),
            Identity(((after[chi_J].subs(tau, after[tau]), _characteristic_polynomial(before, after)),)),
            Numerics(
                lambda rng: equal_rates.sector_eigenvalues(rng, after[chi_J].subs(tau, after[tau]), s),
                1e-8,
                "dense Jacobians in the sector of a mode, at both heads",
            ),
        ),
    )


def _mode_velocities() -> Lines:
    """Amplitudes of one mode and its head."""
    moved = -of_one_mode() * Matrix([v_x, v_y])
    turned = -gamma * (w * (rho_x * v_x**2 + rho_y * v_y**2) - 2 * sqrt(rho_x * rho_y) * mu * v_x * v_y) - kappa * w
    return Lines(Line(dot(x), e.expand()) for x, e in zip((v_x, v_y, w), (*moved, turned), strict=True))


def _characteristic_polynomial(known: Lines, rest: Lines) -> Expr:
    """The characteristic polynomial at rest, where it is even in the amplitudes and in the correlation."""
    return _polynomial_at_rest(known.of(*map(dot, NAMES)).rights, rest[v_x / v_y], rest[v_x**2 + v_y**2], known[chi_w])


@cache
def _polynomial_at_rest(velocities: tuple[Expr, ...], share: Expr, whole: Expr, quadratic: Expr) -> Expr:
    found = Matrix(velocities).jacobian(NAMES).charpoly(s, simplify=Expr.expand).as_expr(s)
    squared = _squared_correlation(quadratic)
    of_labels = sqrt((whole / (1 + (share**2).xreplace({mu: sqrt(squared)}))).factor())
    alone = found.xreplace({v_x: share * v_y}).expand().xreplace({v_y: of_labels})
    return alone.xreplace({mu: sqrt(squared)})


def at_root(known: Lines, formula: Expr) -> Expr:
    """A formula that is even in the correlation, where the quadratic of the mode vanishes."""
    return formula.xreplace({mu: sqrt(_squared_correlation(known[chi_w]))})


@cache
def _squared_correlation(quadratic: Expr) -> Expr:
    """The square of the correlation where the quadratic of the mode vanishes."""
    (squared,) = solve(quadratic.expand().subs(mu, sqrt(tau)), tau)
    return squared.factor()
