r"""The last steps of the derivation ``weight_decay``: two stable states and their boundary, labels, and where states exist."""

from __future__ import annotations

from sympy import Expr, MatAdd, MatMul, Matrix, MatrixExpr, S, Trace, Transpose, sqrt
from sympy import Identity as Unit

from derivations.catalogue.weight_decay import basins, evidence
from derivations.catalogue.written import ordered_sum
from derivations.checks import Identity, Numerics
from derivations.closed_forms.decaying import one_direction
from derivations.closed_forms.families import frustration
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import (
    V,
    along_saddle,
    delta,
    distance_ab,
    divergence,
    excess,
    lam_c,
    mu,
    mu_k,
    mu_matrix,
    n,
    phi,
    phi_c_pairs,
    phi_c_uniform,
    psi,
    psi_pairs,
    psi_uniform,
    s_1,
    s_2,
    s_minus,
    slope_k,
    tau,
    v,
    v_k,
    w,
    w_minus,
    w_plus,
    w_turned_0,
    w_turned_mu,
)
from theory.models.vocabulary import K, W, d, gamma, kappa, lam
from theory.words import scale_matrix


def two_state_steps(known: Lines) -> tuple[Step, ...]:
    """The collapsed state, and what separates it from the other."""
    moving = known.of(dot(v), dot(w))
    return (
        Step(
            "bistability",
            "The collapsed state is always stable, for every decay and however classifiable the data: where $w_+$ exists there "
            "are two stable states, and the start decides.",
            "The Jacobian at $v=w=0$, and of all entries at $V=0$, $W=0$, holds the decays alone.",
            before=moving,
            after=_rates_at_zero(moving),
            uses=("one_direction",),
            check=lambda before, after: (
                after.same(_rates_at_zero(before)),
                Numerics(lambda rng: evidence.collapsed_eigenvalues(rng, after), 1e-12, "a dense Jacobian of all entries"),
            ),
        ),
        _collapse_step(known),
        _no_cycle_step(moving),
        _basin_boundary(known),
    )


def _rates_at_zero(known: Lines) -> Lines:
    """The eigenvalues of the Jacobian without embeddings and head, where it has no other entries."""
    found = Matrix(known.of(dot(v), dot(w)).rights).jacobian([v, w]).subs({v: 0, w: 0})
    return Lines(map(Line, (s_1, s_2), found.diagonal())) if found.is_diagonal() else Lines()


def _basin_boundary(known: Lines) -> Step:
    flow = one_direction().flow
    down = (tau - sqrt(tau**2 - 4 * delta)) / 2
    return Step(
        "basin_boundary",
        "Within one direction the boundary of both basins is the stable manifold of $w_-$. Starts on its far side reach "
        "$w_+$, others collapse. It passes the saddle along the eigenvector of its stable eigenvalue $s_-$: there more "
        "amplitude makes up for less head.",
        "Every start ends at rest; those that do not end at the saddle fill the basins of the two stable states. "
        "Eigenvalue and eigenvector of the Jacobian at $w_-$, whose determinant is negative.",
        before=(*known.of(dot(v), w_minus), known.of(v**2)[1], *known.of(tau, delta), known.of(lam_c)[0]),
        given=(Line(lam, lam_c, "<"),),
        after=(Line(s_minus, down), Line(along_saddle, down / known[dot(v)].diff(w).factor())),
        uses=("one_direction", "heads", "own_sector", "saddle_node"),
        assumptions=("$w=w_-$ with its amplitude $v$.",),
        check=lambda before, after: (
            Identity(
                (
                    (after[s_minus] ** 2 - tau * after[s_minus] + delta, 0),
                    (after[along_saddle] * before[dot(v)].diff(w), after[s_minus]),
                )
            ),
            Numerics(lambda rng: basins.saddle_heads(rng, before, after), 1e-9, "dense eigenvectors, where the state exists"),
            Numerics(
                lambda rng: basins.basin_ends(rng, flow, before, after),
                1e-9,
                "runs from both sides of the manifold traced back from the saddle",
            ),
        ),
    )


def _no_cycle_step(moving: Lines) -> Step:
    """Every start of one mode in one direction ends at rest."""
    return Step(
        "no_cycles",
        "One mode in one direction never goes round: every start with an amplitude ends at rest, at $w_+$, at $w_-$ or "
        "collapsed.",
        "The flow keeps $v>0$. Divided by $v$ its divergence is negative: there is no cycle, nor a loop of trajectories from "
        "a state at rest to itself (Bendixson and Dulac). It stays bounded: beyond $[0,\\mu]$ the head moves towards it, and "
        "then $w^2-\\gamma v^2$ keeps within bounds, and $v$ with it. The theorem of Poincaré and Bendixson leaves states at "
        "rest, and chains between them: but no trajectory leaves a stable one.",
        before=moving,
        given=(Line(v, S.Zero, ">"),),
        after=(*_cycle_pairs(moving), Line(divergence, S.Zero, "<")),
        uses=("one_direction",),
        check=lambda before, after: (
            after[:4].same(_cycle_pairs(before)),
            Numerics(
                lambda rng: basins.contraction_bounds(rng, before, after),
                0,
                "states of either sign, where and only where it is assumed",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: basins.end_speeds(rng, one_direction().flow),
                1e-6,
                "runs from all over the half plane, each to a state at rest",
            ),
        ),
    )


def _cycle_pairs(known: Lines) -> Lines:
    """Divergence over v, the change of what the head has in excess of the amplitude, and the head's velocity at two borders."""
    forwards, turned = known.of(dot(v), dot(w)).rights
    return Lines(
        (
            Line(divergence, ((forwards / v).diff(v) + (turned / v).diff(w)).expand()),
            Line(excess, _in_excess(2 * w * turned - 2 * gamma * v * forwards)),
            Line(w_turned_0, turned.subs(w, 0)),
            Line(w_turned_mu, turned.subs(w, mu).expand()),
        )
    )


def _in_excess(change: Expr) -> Expr:
    """A change of the excess by itself, and what the head adds."""
    own = change.expand().coeff(gamma * v**2)
    square = w**2 - gamma * v**2
    return ordered_sum(-own * square, (change + own * square).expand().factor())


def _collapse_step(known: Lines) -> Step:
    rest = MatAdd(W * v_k, scale_matrix(-mu_k / 2, v_k), evaluate=False)
    square, size = Trace(MatMul(Transpose(rest), rest, evaluate=False)), Trace(v_k.T * v_k)
    return Step(
        "collapse",
        "Beyond its critical decay a mode $k$ decays from every start, whatever the head does.",
        "Complete the square at $\\mu=\\mu_k$: the first term is one, the second is negative.",
        before=(*known.of(dot(V)), known.of(lam_c)[0]),
        given=(Line(lam, lam_c, ">"),),
        after=(Line(slope_k, ordered_sum(-square, -(lam - mu_k**2 / 4) * size)),),
        uses=("mode_flow", "saddle_node"),
        check=lambda before, after: (
            Identity(((Trace(v_k.T * put_column(before[dot(V)])), after[slope_k]),)),
            Numerics(
                lambda rng: evidence.mode_shrinkage(rng, before, after[slope_k]),
                1e-10,
                "the velocities of all entries, for a head that delays most",
            ),
        ),
    )


def put_column(velocity: MatrixExpr) -> MatrixExpr:
    """The velocity of one mode."""
    return velocity.xreplace({V: v_k, mu_matrix: mu_k * Unit(1)})


def label_steps(known: Lines) -> tuple[Step, ...]:
    """Distances of labels, and the frustration that ends them."""
    return (_simplex_step(known), _critical_fraction_step(known))


def _simplex_step(known: Lines) -> Step:
    return Step(
        "simplex",
        "With equal class modes, one on each of $K-1$ directions, the labels form a regular simplex: all distances are "
        "equal, and the start is forgotten.",
        "$y_a-y_b$ is $V$ times the difference of two rows of the class modes, divided by $\\sqrt n$ and, since half of a "
        "mode lives on labels, by $\\sqrt2$. Two rows of an orthonormal basis of the patterns of zero sum are $\\sqrt2$ "
        "apart.",
        before=(*known.of(w_plus), known.of(v**2)[1]),
        given=(Line(d, K - 1, r"\ge"),),
        after=(Line(distance_ab, kappa * w_plus**2 / (gamma * lam * n)),),
        uses=("heads",),
        assumptions=(
            "$K$ classes treated alike, label degree $n$ (the number of samples a class); $\\gamma$ is the mobility of the "
            "head as it stands in the flow.",
            "No other mode that tells labels apart survives.",
        ),
        check=lambda before, after: (
            Identity(((before[v**2].subs(w, w_plus) / n, after[distance_ab]),)),
            Numerics(lambda rng: evidence.simplex_distances(rng, before, after), 1e-5, "the end of runs of all embeddings"),
        ),
    )


def _critical_fraction_step(known: Lines) -> Step:
    families = (Line(psi_uniform, frustration("uniform")), Line(psi_pairs, frustration("pairs")))
    return Step(
        "critical_fraction",
        "A state without collapse exists up to a critical fraction of frustrated samples: above it every start collapses.",
        "Insert the frustration of the class modes into $\\lambda\\le(1-\\psi)/4$.",
        before=known.of(lam_c)[1:],
        given=families,
        after=tuple(
            Line(x, _critical_fraction(psi_x.right)) for x, psi_x in zip((phi_c_uniform, phi_c_pairs), families, strict=True)
        ),
        uses=("saddle_node",),
        assumptions=("Below zero no data are good enough, above one all samples may be frustrated.",),
        check=lambda before, after: (
            Identity(
                tuple(
                    (before[lam_c].subs(psi, before[family]).subs(phi, after[critical]), lam)
                    for family, critical in ((psi_uniform, phi_c_uniform), (psi_pairs, phi_c_pairs))
                )
            ),
            Numerics(
                lambda rng: evidence.family_frustrations(rng, *before.of(psi_uniform, psi_pairs).rights),
                1e-9,
                "the frustration of couplings",
            ),
        ),
    )


def _critical_fraction(linear: Expr) -> Expr:
    """The fraction at which four times the decay is one minus a frustration that is linear in it."""
    return (1 - 4 * lam) * (phi / linear).cancel()
