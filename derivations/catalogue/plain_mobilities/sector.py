r"""A step of the derivation ``plain_mobilities``: head and amplitudes of one mode, and which of its two heads is stable."""

from __future__ import annotations

from sympy import Expr, Matrix, sqrt

from derivations.catalogue.plain_mobilities import evidence
from derivations.checks import Identity, Numerics
from derivations.closed_forms.any_mobilities import of_one_mode, squares
from derivations.engine import Step
from derivations.lines import Line, Lines
from derivations.vocabulary import mu, rho_x, rho_y, s, tau, v_x, v_y, w
from theory.models.vocabulary import gamma, kappa, lam


def own_sector() -> Step:
    """The cubic of one mode at rest, and its sign."""
    trace = (rho_x + rho_y) * w**2 + 2 * lam
    damping = kappa + kappa * w**2 * (2 * rho_x * rho_y * w**2 + (rho_x + rho_y) * lam) / (lam * tau)
    upper, lower = squares()
    return Step(
        "own_sector",
        "Of two heads $w_+^2>w_-^2$ of a mode the upper one is stable in its own sector, and the lower one is a saddle.",
        "Linearise at rest. Along the null vector head and amplitude turn into each other, across it the amplitudes decay at "
        "the rate $\\tau$. All coefficients are positive but the last, whose sign is that of $\\rho_x\\rho_yw^4-\\lambda^2$; "
        "and the product of both squares is $\\lambda^2/\\rho_x\\rho_y$.",
        before=_velocities(),
        after=(
            Line(tau, trace),
            Line(r"\det(s-\mathcal J)", (s + tau) * (s**2 + damping * s + 4 * kappa * (rho_x * rho_y * w**4 - lam**2) / tau)),
            Line("w_+^2w_-^2", lam**2 / (rho_x * rho_y)),
        ),
        uses=("heads", "quadratic"),
        assumptions=(
            "$v_x$, $v_y$: amplitudes of samples and labels in $ZH^{-1/2}$; at rest $v_x/v_y=\\sqrt{\\rho_x\\rho_y}\\,\\mu w/"
            "(\\rho_xw^2+\\lambda)$ and $v_x^2+v_y^2=\\kappa w^2/\\gamma\\lambda$.",
        ),
        check=lambda before, after: (
            before.equal(_velocities().rights),
            Identity(
                (
                    (after[1].right.subs(tau, after[0].right), _characteristic(before.rights)),
                    (after[0].left, tau),
                    (upper * lower, after[2].right),
                )
            ),
            Numerics(
                lambda rng: evidence.sector(rng, after[1].right.subs(tau, after[0].right), s),
                1e-8,
                "dense Jacobians in the sector of a mode, at both heads",
            ),
        ),
    )


def _velocities() -> Lines:
    """Amplitudes of one mode and its head."""
    moved = -of_one_mode() * Matrix([v_x, v_y])
    turned = -gamma * (w * (rho_x * v_x**2 + rho_y * v_y**2) - 2 * sqrt(rho_x * rho_y) * mu * v_x * v_y) - kappa * w
    return Lines(Line(rf"\dot {name}", e.expand()) for name, e in zip(("v_x", "v_y", "w"), (*moved, turned), strict=True))


def _characteristic(velocities: tuple[Expr, ...]) -> Expr:
    """The characteristic polynomial at rest, where it is even in the amplitudes and in the correlation."""
    found = Matrix(velocities).jacobian([v_x, v_y, w]).charpoly(s).as_expr(s)
    share, whole = sqrt(rho_x * rho_y) * mu * w / (rho_x * w**2 + lam), kappa * w**2 / (gamma * lam)
    alone = (
        found.subs(v_x, share * v_y).expand().subs(v_y, sqrt(whole * (rho_x * w**2 + lam) / ((rho_x + rho_y) * w**2 + 2 * lam)))
    )
    return alone.subs(mu, sqrt((rho_x * w**2 + lam) * (rho_y * w**2 + lam) / (rho_x * rho_y * w**2)))
