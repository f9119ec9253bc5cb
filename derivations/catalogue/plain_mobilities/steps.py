"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Expr, Integer, Inverse, MatMul, Rational, limit, oo, sqrt
from sympy import Identity as Unit

from derivations.catalogue.plain_mobilities import evidence
from derivations.catalogue.plain_mobilities.sector import own_sector
from derivations.catalogue.plain_mobilities.states import beyond, labels
from derivations.catalogue.written import ordered
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.any_mobilities import QUADRATIC, all_embeddings, of_one_mode, pencil, squares
from derivations.closed_forms.decaying import heads
from derivations.closed_forms.families import pairs_sectors, uniform_sectors
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import H, Z, alpha, eta_x, eta_y, mu, n, q, rho_x, rho_y, w
from theory.models.vocabulary import W, beta, d, gamma, kappa, lam
from theory.words import scaled


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_rest(), *_one_number(), *_equal_rates(), *labels(), beyond())


def _rest() -> tuple[Step, ...]:
    loss = all_embeddings()
    flow = loss.stop_gradient_flow()
    balanced = Line(Z * Inverse(H) * Z.T, scaled(kappa / (gamma * lam), W.T * W))
    return (
        Step(
            "flow",
            "Samples and labels side by side, with any mobilities. The decays are not multiplied by them.",
            "Matrix calculus with the marked parts as constants, and the decays added; $A$ holds the couplings.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            assumptions=("$Z=[X,Y]$; $D$, $H$ are diagonal and positive; $\\lambda,\\kappa,\\gamma>0$.",),
            check=lambda before, after: (
                Descent(loss.having(expression=before[0].right), after.rights, evidence.point, stopped=True),
                Numerics(lambda rng: evidence.whole(rng, *after.rights), 1e-12, "the velocities of the model"),
            ),
        ),
        Step(
            "balance",
            "At rest the amplitudes make up the square of the head, in the metric of the inverse mobilities.",
            "In $W^T\\dot W-\\gamma\\dot ZH^{-1}Z^T$ all but the decays cancels.",
            before=velocity_lines(flow),
            after=(balanced,),
            uses=("flow",),
            check=lambda before, after: (
                before.equal(flow.velocity.values(), flow.context),
                Identity(((_balance(*before.rights), gamma * lam * (after[0].left - after[0].right)),), flow.context),
            ),
        ),
    )


def _balance(embeddings, head):
    return W.T * head - gamma * embeddings * Inverse(H) * Z.T


def _one_number() -> tuple[Step, ...]:
    flow = all_embeddings().stop_gradient_flow()
    turned = scaled(-1, MatMul(Z, QUADRATIC, evaluate=False))
    square = (alpha**2 - 4 * lam * beta).factor()
    both = tuple((alpha + sign * sqrt(square)) / 2 for sign in (1, -1))
    return (
        Step(
            "quadratic",
            "Where the head is a number $w$ on all that survives, the rows of $Z$ are null vectors of one symmetric matrix, "
            "quadratic in $w$: its determinant vanishes. So it is in one dimension; and where classes are treated alike, on "
            "the directions of the class modes and on that of the common mode, each with a $w$ of its own.",
            "Insert $W=w$. What the balance leaves of $\\dot W=0$ is then satisfied.",
            before=velocity_lines(flow)[:1],
            after=(
                Line(r"\dot ZH^{-1}", turned),
                Line(r"\det(w^2D-wA+\lambda H^{-1})", Integer(0)),
                Line(r"ZH^{-1}Z^T", scaled(kappa * w**2 / (gamma * lam), Unit(d))),
            ),
            uses=("flow", "balance"),
            check=lambda before, after: (
                Identity(((_as_number(before[0].right), after[0].right),), flow.context),
                Identity(((_head_at_rest(after[2].right), scaled(0, Unit(d))),), flow.context),
                Numerics(
                    lambda rng: evidence.end_of_a_run(rng, *after.rights[1:]),
                    1e-8,
                    "the end of runs of all embeddings in one dimension",
                ),
            ),
        ),
        Step(
            "real_roots",
            "Such a state exists iff $\\lambda\\le\\max_z\\alpha^2/4\\beta$ over all $z$. Roots come as $\\pm w$.",
            "At a null vector $z$ the quadratic form vanishes. Conversely, the smallest eigenvalue of $Q_w$ is continuous in "
            "$w$ and positive for small and for large $w$; where some form is not positive between, it is not either, and "
            "has vanished on the way, on both sides. (The determinant need not change sign: eigenvalues that are alike cross "
            "zero together.) Turning the samples over turns $A$ over.",
            before=(Line(r"\tfrac{zQ_wz^T}{zDz^T}", w**2 - alpha * w + lam * beta),),
            after=(Line("w_+", both[0]), Line("w_-", both[1]), Line(r"\lambda_z", alpha**2 / (4 * beta))),
            uses=("quadratic",),
            assumptions=(r"$Q_w=w^2D-wA+\lambda H^{-1}$, $\alpha=\tfrac{zAz^T}{zDz^T}>0$, $\beta=\tfrac{zH^{-1}z^T}{zDz^T}$.",),
            check=lambda before, after: (
                Identity(tuple((before[0].right.subs(w, root), 0) for root in after.rights[:2])),
                Identity((((after[0].right - after[1].right).subs(lam, after[2].right), 0),)),
                Numerics(
                    lambda rng: evidence.existence(rng, before[0].right, *after.rights),
                    1e-7,
                    "SciPy's eigenvalues of the linearised problem, below and above the largest decay",
                ),
                Numerics(
                    lambda rng: evidence.alike(rng, after.rights[:2]),
                    1e-7,
                    "smallest eigenvalues between equal components, and for three classes treated alike, whose "
                    "determinant keeps its sign",
                ),
            ),
        ),
    )


def _as_number(velocity):
    return velocity.xreplace({W: w * Unit(d)}) * Inverse(H)


def _head_at_rest(product):
    """The velocity of the head where it is a number, the quadratic vanishes, and Z H⁻¹ Zᵀ is a product."""
    return scaled(gamma * lam / w, product) - scaled(kappa * w, Unit(d))


def _equal_rates() -> tuple[Step, ...]:
    found = Line(r"\chi_w", ordered((rho_x * w**2 + lam) * (rho_y * w**2 + lam), -rho_x * rho_y * mu**2 * w**2))
    upper, lower = squares()
    born = rho_x * rho_y * mu**2 / (sqrt(rho_x) + sqrt(rho_y)) ** 2
    plain = born.subs({rho_x: 1, rho_y: n})
    return (
        Step(
            "equal_rates",
            "Where all samples have one rate and all labels another, each canonical correlation has a quadratic in $w^2$ "
            "of its own. So it is for uniform frustration and for pairs of labels, half each, at any $K$, $n$ and $\\varphi$.",
            "In $ZH^{-1/2}$ the couplings are $\\sqrt{\\rho_x\\rho_y}$ times the normalised ones, which part into singular "
            "vectors.",
            after=(found,),
            uses=("quadratic",),
            assumptions=(
                r"$\rho_x=\eta_xd_x$, $\rho_y=\eta_yd_y$: plain mobilities $\rho_x=1$, $\rho_y=n$; inverse to the degrees "
                r"$\rho_x=\rho_y=1$.",
            ),
            check=lambda before, after: (
                Identity(((after[0].right, of_one_mode().det()),)),
                Identity(_in_families(after[0].right)),
                Numerics(
                    lambda rng: evidence.dense_roots(rng, after[0].right),
                    1e-8,
                    "SciPy's eigenvalues of the linearised problem of all embeddings",
                ),
            ),
        ),
        Step(
            "heads",
            "Each mode has two heads. With mobilities inverse to the degrees they are $w_\\pm=\\tfrac12(\\mu\\pm\\sqrt{\\mu^2-"
            "4\\lambda})$.",
            "Roots of the quadratic in $w^2$; at $\\rho_x=\\rho_y=1$ it is $(w^2+\\lambda)^2-\\mu^2w^2$.",
            before=(found,),
            after=(Line("w_+^2", upper), Line("w_-^2", lower)),
            uses=("equal_rates",),
            check=lambda before, after: (
                Identity(tuple((before[0].right.expand().subs(w, sqrt(e)), 0) for e in after.rights)),
                Identity(((before[0].right, of_one_mode().det()), *_of_equal_rates(*after.rights))),
                Numerics(lambda rng: evidence.states(rng, *after.rights), 1e-8, "the roots of couplings of both families"),
            ),
        ),
        own_sector(),
        Step(
            "fold",
            "Both heads are born together, a stable one and a saddle. Unequal rates put the fold "
            "at a larger decay: with plain mobilities and many samples a label at four times that of equal rates, as if "
            "labels did not decay at all.",
            "The discriminant vanishes; $\\rho_x=\\rho_y=1$, then $\\rho_x=1$, $\\rho_y=n$, then $n\\to\\infty$.",
            before=(Line("w_+^2", upper), Line("w_-^2", lower)),
            after=(
                Line(r"\lambda_c", born),
                Line(r"\lambda_c^{H=D^{-1}}", born.subs({rho_x: 1, rho_y: 1})),
                Line(r"\lambda_c^{H=1}", plain),
                Line(r"\lambda_c^{n=\infty}", limit(plain, n, oo)),
            ),
            uses=("heads", "real_roots", "own_sector"),
            check=lambda before, after: (
                Identity(((((before[0].right - before[1].right) ** 2).subs(lam, after[0].right), 0),)),
                Identity(
                    tuple(
                        (after[0].right.subs(at), line.right)
                        for at, line in zip(({rho_x: 1, rho_y: 1}, {rho_x: 1, rho_y: n}), after[1:3], strict=True)
                    )
                ),
                Identity(((limit(after[2].right, n, oo), after[3].right),)),
                Numerics(
                    lambda rng: evidence.births(rng, before.rights, after[0].right),
                    1e-9,
                    "dense Jacobians in the sector of a mode, below the fold",
                ),
            ),
        ),
    )


def _of_equal_rates(*found: Expr) -> tuple:
    """Sum and product of the squares at equal rates, against those of the heads of mobilities inverse to the degrees."""
    upper, lower = heads()
    one, two = (e.subs({rho_x: 1, rho_y: 1}) for e in found)
    return ((one + two, upper**2 + lower**2), (one * two, upper**2 * lower**2))


def _in_families(formula: Expr) -> tuple:
    """The determinants of the class-difference sectors of both families, against the formula at their rates and
    correlations; in pairs, frustrated samples whose differences no label sees are a factor of their own."""
    halves = {q: Rational(1, 2)}
    found = []
    for split, factor in ((uniform_sectors(), Integer(1)), (pairs_sectors(), eta_x * w**2 + lam)):
        degree = split.family.label_degree.subs(halves)
        whole = split.difference.matrix.subs(halves)
        psi = whole.subs({eta_x: 1, eta_y: 1 / degree}).det()
        at = {mu: sqrt(1 - psi), rho_x: eta_x, rho_y: eta_y * degree}
        found.append((pencil(whole).det(), factor * formula.subs(at)))
    return tuple(found)
