r"""The last steps of the derivation ``plain_mobilities``: labels, and heads that are no number."""

from __future__ import annotations

from sympy import Expr, MatAdd, MatMul, sqrt
from sympy import Identity as Unit

from derivations.catalogue.plain_mobilities import equal_rates, evidence
from derivations.catalogue.plain_mobilities.sector import at_root
from derivations.checks import Identity, Numerics
from derivations.closed_forms.any_mobilities import all_embeddings
from derivations.closed_forms.families import frustration
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    A,
    D,
    Z,
    chi_w,
    distance_ab,
    eta_y,
    label_square_degrees,
    lam_c_plain,
    mu,
    n,
    phi,
    phi_c_pairs,
    phi_c_uniform,
    psi,
    psi_pairs,
    psi_uniform,
    rho_x,
    rho_y,
    v_x,
    v_y,
    w,
)
from theory.models.vocabulary import K, W, d, gamma, kappa, lam
from theory.words import scale_matrix


def label_steps(known: Lines) -> tuple[Step, ...]:
    """Distances of labels, and the frustration that ends them."""
    apart = 2 * eta_y * kappa * w**2 / (gamma * lam) * (rho_x * w**2 + lam) / ((rho_x + rho_y) * w**2 + 2 * lam)
    return (
        Step(
            "labels",
            "With one class mode on each of $K-1$ directions the labels form a regular simplex again.",
            "In $ZH^{-1/2}$ a mode is $v_x$ on samples and $v_y$ on labels; two rows of an orthonormal basis of the patterns "
            "of zero sum are $\\sqrt2$ apart. Mobilities inverse to the degrees: $\\rho_x=\\rho_y=1$, $\\eta_y=1/n$.",
            before=known.of(chi_w, v_x / v_y, v_x**2 + v_y**2),
            given=(Line(d, K - 1, r"\ge"),),
            after=(Line(distance_ab, apart), Line(label_square_degrees, kappa * w**2 / (gamma * lam * n))),
            uses=("equal_rates", "own_sector"),
            assumptions=(
                "$K$ classes treated alike; $w$ is $w_+$ of the class modes, and no other mode that tells labels "
                "apart survives; $\\gamma$ is the mobility of the head as it stands in the flow.",
            ),
            check=lambda before, after: (
                Identity(((_label_distance(before), after[distance_ab]),)),
                Identity(
                    ((after[distance_ab].subs({rho_x: 1, rho_y: 1, eta_y: 1 / n}).factor(), after[label_square_degrees]),)
                ),
                Numerics(
                    lambda rng: equal_rates.simplex_distances(rng, before, after[distance_ab]),
                    1e-5,
                    "the end of runs of all embeddings, by order",
                ),
            ),
        ),
        _critical_fraction_step(known),
    )


def _label_distance(known: Lines) -> Expr:
    """The squared distance of labels by the share of the samples and the size of both, where w solves the quadratic."""
    squared = at_root(known, known[v_x / v_y] ** 2)
    return 2 * eta_y * known[v_x**2 + v_y**2] / (1 + squared.cancel())


def _critical_fraction_step(known: Lines) -> Step:
    families = (Line(psi_uniform, frustration("uniform")), Line(psi_pairs, frustration("pairs")))
    needed = 1 - lam * (1 + sqrt(n)) ** 2 / n
    critical = (needed * (phi / family.right).cancel() for family in families)
    return Step(
        "critical_fraction",
        "With plain mobilities a state without collapse exists up to a larger fraction of frustrated samples.",
        "$1-\\psi\\ge\\lambda(1+\\sqrt n)^2/n$, with the frustration of the class modes.",
        before=known.of(lam_c_plain),
        given=(Line(psi, 1 - mu**2), *families),
        after=tuple(map(Line, (phi_c_uniform, phi_c_pairs), critical)),
        uses=("fold",),
        assumptions=("Below zero no data are good enough, above one all samples may be frustrated.",),
        check=lambda before, after: (
            Identity(
                (
                    (_frustration_borne(before), before[psi_uniform].subs(phi, after[phi_c_uniform])),
                    (_frustration_borne(before), before[psi_pairs].subs(phi, after[phi_c_pairs])),
                )
            ),
            Numerics(
                lambda rng: equal_rates.critical_fractions(
                    rng, before.of(psi_uniform, psi_pairs).rights, after.of(phi_c_uniform, phi_c_pairs).rights
                ),
                1e-9,
                "frustrations, and heads",
            ),
        ),
    )


def _frustration_borne(known: Lines) -> Expr:
    """The frustration of a mode that is born at the decay: its fold is in proportion to the square of its correlation."""
    return known[psi].subs(mu, sqrt(lam * mu**2 / known[lam_c_plain]))


def complex_heads_step(known: Lines) -> Step:
    """Heads that are no number."""
    context = all_embeddings().context
    turned = MatMul(W, MatAdd(scale_matrix(gamma, Z * D * Z.T), scale_matrix(kappa, Unit(d)), evaluate=False), evaluate=False)
    return Step(
        "beyond",
        "In two or more dimensions the head at rest is the quotient of two symmetric matrices which do not commute: it is "
        "not symmetric, and its eigenvalues do not solve the determinant. As mobilities leave $D^{-1}$ the head loses its "
        "symmetry in proportion, and its eigenvalues are off in proportion to the square: the determinant is a good guess.",
        "$\\dot W=0$. With $H=D^{-1}$ the balance makes both functions of $W$, and the head is symmetric.",
        before=known.of(dot(W)),
        after=(Line(turned, scale_matrix(gamma, Z * A * Z.T)),),
        uses=("flow",),
        check=lambda before, after: (
            Identity(((before[dot(W)], after[turned] - turned),), context),
            Numerics(lambda rng: evidence.rest_balance(rng, after[0]), 1e-9, "states at rest in two dimensions"),
            Numerics(
                evidence.asymmetry_orders, 5e-2, "the orders, one and two, at which head and eigenvalues leave the determinant"
            ),
        ),
    )
