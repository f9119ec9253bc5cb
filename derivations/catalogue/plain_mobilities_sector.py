r"""A step of the derivation ``plain_mobilities``: head and amplitudes of one mode, and which of its two heads is stable."""

from __future__ import annotations

from sympy import Expr, Matrix, Symbol, sqrt, symbols

from derivations.catalogue import plain_mobilities_evidence as evidence
from derivations.catalogue.plain_mobilities_flow import a, b, of_one_mode, squares
from derivations.catalogue.reduced import mu, w
from derivations.catalogue.weight_decay_flow import gamma, kappa, lam
from derivations.checks import Identity, Numerics, Together
from derivations.engine import Line, Lines, Step, rights

p, q, s = symbols("p q s", real=True)
tau = Symbol("tau", positive=True)


def own_sector() -> Step:
    """The cubic of one mode at rest, and its sign."""
    trace = (a + b) * w**2 + 2 * lam
    damping = kappa + kappa * w**2 * (2 * a * b * w**2 + (a + b) * lam) / (lam * tau)
    upper, lower = squares()
    return Step(
        "own_sector",
        "Of two heads $w_+^2>w_-^2$ of a mode the upper one is stable in its own sector, and the lower one is a saddle.",
        "Linearise at rest. Along the null vector head and amplitude turn into each other, across it the amplitudes decay at "
        "the rate $\\tau$. All coefficients are positive but the last, whose sign is that of $abw^4-\\lambda^2$; and the "
        "product of both squares is $\\lambda^2/ab$.",
        before=_velocities(),
        after=(
            Line(tau, trace),
            Line(r"\det(s-\mathcal J)", (s + tau) * (s**2 + damping * s + 4 * kappa * (a * b * w**4 - lam**2) / tau)),
            Line("w_+^2w_-^2", lam**2 / (a * b)),
        ),
        uses=("heads", "quadratic"),
        assumptions=(
            "$p$, $q$: amplitudes of samples and labels in $ZH^{-1/2}$; $p/q=\\sqrt{ab}\\,\\mu w/(aw^2+\\lambda)$ and "
            "$p^2+q^2=\\kappa w^2/\\gamma\\lambda$ at rest.",
        ),
        check=lambda before, after: Together(
            (
                Identity(tuple(zip(rights(before), rights(_velocities()), strict=True))),
                Identity(
                    (
                        (after[1].right.subs(tau, after[0].right), _characteristic(rights(before))),
                        (after[0].left, tau),
                        (upper * lower, after[2].right),
                    )
                ),
                Numerics(
                    lambda rng: evidence.sector(rng, after[1].right.subs(tau, after[0].right), s),
                    1e-8,
                    "dense Jacobians in the sector of a mode, at both heads",
                ),
            )
        ),
    )


def _velocities() -> Lines:
    """Amplitudes of one mode and its head."""
    moved = -of_one_mode() * Matrix([p, q])
    turned = -gamma * (w * (a * p**2 + b * q**2) - 2 * sqrt(a * b) * mu * p * q) - kappa * w
    return tuple(Line(rf"\dot {name}", e.expand()) for name, e in zip("pqw", (*moved, turned), strict=True))


def _characteristic(velocities: tuple[Expr, ...]) -> Expr:
    """The characteristic polynomial at rest, where it is even in the amplitudes and in the correlation."""
    found = Matrix(velocities).jacobian([p, q, w]).charpoly(s).as_expr(s)
    share, whole = sqrt(a * b) * mu * w / (a * w**2 + lam), kappa * w**2 / (gamma * lam)
    alone = found.subs(p, share * q).expand().subs(q, sqrt(whole * (a * w**2 + lam) / ((a + b) * w**2 + 2 * lam)))
    return alone.subs(mu, sqrt((a * w**2 + lam) * (b * w**2 + lam) / (a * b * w**2)))
