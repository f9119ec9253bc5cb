r"""The last steps of the derivation ``plain_mobilities``: labels, and heads that are no number."""

from __future__ import annotations

from sympy import Expr, MatAdd, MatMul, sqrt
from sympy import Identity as Unit

from derivations.catalogue.plain_mobilities import evidence
from derivations.checks import Identity, Numerics
from derivations.closed_forms.any_mobilities import all_embeddings, of_one_mode
from derivations.closed_forms.families import frustration
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import A, D, Z, eta_y, mu, n, phi, rho_x, rho_y, w
from theory.models.vocabulary import W, d, gamma, kappa, lam
from theory.words import scaled


def labels() -> tuple[Step, ...]:
    """Distances of labels, and the frustration that ends them."""
    share = w * sqrt(rho_x * rho_y) * mu / (rho_x * w**2 + lam)
    apart = 2 * eta_y * kappa * w**2 / (gamma * lam) * (rho_x * w**2 + lam) / ((rho_x + rho_y) * w**2 + 2 * lam)
    return (
        Step(
            "labels",
            "With one class mode on each of $K-1$ directions the labels form a regular simplex again.",
            "In $ZH^{-1/2}$ a mode is $v_x$ on samples and $v_y$ on labels, with $v_x^2+v_y^2=\\kappa w^2/\\gamma\\lambda$; "
            "two rows of an orthonormal basis of the patterns of zero sum are $\\sqrt2$ apart.",
            before=(Line("v_x/v_y", share),),
            after=(
                Line(r"\lVert y_a-y_b\rVert^2", apart),
                Line(r"\lVert y_a-y_b\rVert^2_{H=D^{-1}}", kappa * w**2 / (gamma * lam * n)),
            ),
            uses=("heads", "quadratic"),
            assumptions=(
                "$K$ classes treated alike, $d\\ge K-1$; $w$ is $w_+$ of the class modes, and no other mode that tells labels "
                "apart survives; $\\gamma$ is the mobility of the head as it stands in the flow.",
            ),
            check=lambda before, after: (
                Identity(((_apart(before[0].right), after[0].right), (_of_null_vector(before[0].right), 0))),
                Identity(((after[0].right.subs({rho_x: 1, rho_y: 1, eta_y: 1 / n}).factor(), after[1].right),)),
                Numerics(
                    lambda rng: evidence.simplex(rng, after[0].right), 1e-5, "the end of runs of all embeddings, by order"
                ),
            ),
        ),
        _critical_fraction(),
    )


def _of_null_vector(share: Expr) -> Expr:
    """What a share of the samples leaves of their equation."""
    own, across = of_one_mode()[0, :]
    return own * share + across


def _apart(share: Expr) -> Expr:
    """The squared distance of labels by the share of the samples, where w solves the quadratic of its mode."""
    squared = (share**2).subs(mu, sqrt((rho_x * w**2 + lam) * (rho_y * w**2 + lam) / (rho_x * rho_y * w**2)))
    return 2 * eta_y * kappa * w**2 / (gamma * lam) / (1 + squared.cancel())


def _critical_fraction() -> Step:
    uniform, pairs = map(frustration, ("uniform", "pairs"))
    needed = 1 - lam * (1 + sqrt(n)) ** 2 / n
    return Step(
        "critical_fraction",
        "With plain mobilities a state without collapse exists up to a larger fraction of frustrated samples.",
        "$1-\\psi\\ge\\lambda(1+\\sqrt n)^2/n$, with the frustration of the class modes.",
        before=(Line(r"\psi^{\text{uniform}}", uniform), Line(r"\psi^{\text{pairs}}", pairs)),
        after=(
            Line(r"\varphi_c^{\text{uniform}}", needed * (phi / uniform).cancel()),
            Line(r"\varphi_c^{\text{pairs}}", needed * (phi / pairs).cancel()),
        ),
        uses=("fold",),
        assumptions=("$H=1$; below zero no data are good enough, above one all samples may be frustrated.",),
        check=lambda before, after: (
            Identity(
                tuple((b.right.subs(phi, e.right), needed) for b, e in zip(before, after, strict=True)),
            ),
            Numerics(lambda rng: evidence.fractions(rng, before.rights, after.rights), 1e-9, "frustrations, and heads"),
        ),
    )


def beyond() -> Step:
    """Heads that are no number."""
    flow = all_embeddings().stop_gradient_flow()
    inner = MatAdd(scaled(gamma, Z * D * Z.T), scaled(kappa, Unit(d)), evaluate=False)
    return Step(
        "beyond",
        "In two or more dimensions the head at rest is the quotient of two symmetric matrices which do not commute: it is "
        "not symmetric, and its eigenvalues do not solve the determinant. As mobilities leave $D^{-1}$ the head loses its "
        "symmetry in proportion, and its eigenvalues are off in proportion to the square: the determinant is a good guess.",
        "$\\dot W=0$. With $H=D^{-1}$ the balance makes both functions of $W$, and the head is symmetric.",
        before=velocity_lines(flow)[1:],
        after=(Line(MatMul(W, inner, evaluate=False), scaled(gamma, Z * A * Z.T)),),
        uses=("balance", "real_roots"),
        check=lambda before, after: (
            Identity(((before[0].right, after[0].right - after[0].left),), flow.context),
            Numerics(lambda rng: evidence.at_rest(rng, after[0]), 1e-9, "states at rest in two dimensions"),
            Numerics(evidence.orders, 5e-2, "the orders, one and two, at which head and eigenvalues leave the determinant"),
        ),
    )
