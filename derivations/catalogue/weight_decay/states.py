r"""The last steps of the derivation ``weight_decay``: two stable states and their boundary, labels, and where states exist."""

from __future__ import annotations

from sympy import Expr, MatAdd, MatMul, Matrix, Trace, Transpose, sqrt
from sympy import Identity as Unit

from derivations.catalogue.weight_decay import evidence
from derivations.catalogue.written import ordered
from derivations.checks import Identity, Numerics
from derivations.closed_forms.decaying import decaying
from derivations.closed_forms.families import frustration
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import (
    V,
    delta,
    mu,
    mu_k,
    mu_matrix,
    n,
    phi,
    psi_pairs,
    psi_uniform,
    tau,
    v,
    v_k,
    w,
    w_plus,
)
from theory.flow import Flow
from theory.models.vocabulary import W, gamma, kappa, lam
from theory.words import scaled


def two_states(flow: Flow) -> tuple[Step, ...]:
    """The collapsed state, and what separates it from the other."""
    matrix = Matrix(list(flow.velocity.values())).jacobian([v, w])
    zero = matrix.subs({v: 0, w: 0})
    down = (tau - sqrt(tau**2 - 4 * delta)) / 2
    return (
        Step(
            "bistability",
            "The collapsed state is always stable, for every decay and however classifiable the data: where $w_+$ exists there "
            "are two stable states, and the start decides.",
            "The Jacobian at $v=w=0$, and of all entries at $V=0$, $W=0$, holds the decays alone.",
            before=velocity_lines(flow),
            after=(Line("s_1", zero[0, 0]), Line("s_2", zero[1, 1])),
            uses=("one_direction", "saddle_node"),
            check=lambda before, after: (
                Identity(tuple(zip(_diagonal_at_zero(before), after.rights, strict=True))),
                Numerics(lambda rng: evidence.collapsed(rng, *after.rights), 1e-12, "a dense Jacobian of all entries"),
            ),
        ),
        _collapse(),
        _no_cycles(flow),
        Step(
            "basin_boundary",
            "Within one direction the boundary of both basins is the stable manifold of $w_-$. Starts on its far side reach "
            "$w_+$, others collapse. It passes the saddle along the eigenvector of $s_-<0$: there more amplitude makes up "
            "for less head.",
            "Every start ends at rest; those that do not end at the saddle fill the basins of the two stable states. "
            "Eigenvalue and eigenvector of the Jacobian at $w_-$; its trace is $\\tau$ and its determinant $\\delta<0$.",
            before=velocity_lines(flow),
            after=(Line("s_-", down), Line(r"\tfrac{dw}{dv}", down / matrix[0, 1].factor())),
            uses=("own_sector", "saddle_node", "no_cycles"),
            assumptions=("$v>0$, $\\lambda<\\mu^2/4$; $w=w_-$ and its amplitude in $dw/dv$.",),
            check=lambda before, after: (
                Identity(((after[0].right ** 2 - tau * after[0].right + delta, 0),)),
                before.equal(velocity_lines(flow).rights),
                Identity(((after[1].right * Matrix(before.rights).jacobian([v, w])[0, 1], after[0].right),)),
                Numerics(
                    lambda rng: evidence.basins(rng, flow, after.rights, tau, delta),
                    1e-9,
                    "dense eigenvectors, and runs from both sides of the manifold traced back from the saddle",
                ),
            ),
        ),
    )


def _no_cycles(flow: Flow) -> Step:
    """Every start of one mode in one direction ends at rest."""
    return Step(
        "no_cycles",
        "One mode in one direction never goes round: every start with $v>0$ ends at rest, at $w_+$, at $w_-$ or collapsed.",
        "Multiplied by $1/v$ the flow has a negative divergence: there is no cycle, nor a loop of trajectories from a state "
        "at rest to itself (Bendixson and Dulac). It stays bounded: beyond $[0,\\mu]$ the head moves towards it, and then "
        "$Q=w^2-\\gamma v^2$ keeps within bounds, and $v$ with it. The theorem of Poincaré and Bendixson leaves states at "
        "rest, and chains between them: but no trajectory leaves a stable one.",
        before=velocity_lines(flow),
        after=(
            Line(r"\partial_v\tfrac{\dot v}v+\partial_w\tfrac{\dot w}v", -gamma * v - kappa / v),
            Line(r"\dot Q", ordered(-2 * lam * (w**2 - gamma * v**2), 2 * (lam - kappa) * w**2)),
            Line(r"\dot w|_{w=0}", gamma * mu * v**2),
            Line(r"\dot w|_{w=\mu}", -kappa * mu),
        ),
        uses=("heads", "saddle_node", "bistability"),
        assumptions=("$v>0$, which the flow keeps; $\\lambda\\ne\\mu^2/4$.",),
        check=lambda before, after: (
            before.equal(velocity_lines(flow).rights),
            Identity(_around(before.rights[0], before.rights[1], after)),
            Numerics(
                lambda rng: evidence.every_end(rng, flow),
                1e-6,
                "runs from all over the half plane, each to a state at rest",
            ),
        ),
    )


def _around(forwards: Expr, turned: Expr, after: Lines) -> tuple:
    """Divergence over v, the change of what the head has in excess of the amplitude, and the head's velocity at two borders."""
    excess = w**2 - gamma * v**2
    return (
        ((forwards / v).diff(v) + (turned / v).diff(w), after[0].right),
        (excess.diff(v) * forwards + excess.diff(w) * turned, after[1].right),
        (turned.subs(w, 0), after[2].right),
        (turned.subs(w, mu), after[3].right),
    )


def _collapse() -> Step:
    loss = decaying()
    velocity = loss.stop_gradient_flow().velocity[V].xreplace({V: v_k, mu_matrix: mu_k * Unit(1)})
    rest = MatAdd(W * v_k, scaled(-mu_k / 2, v_k), evaluate=False)
    square, size = Trace(MatMul(Transpose(rest), rest, evaluate=False)), Trace(v_k.T * v_k)
    return Step(
        "collapse",
        "Beyond the critical decay, $\\lambda>\\mu_k^2/4$, a mode decays from every start, whatever the head does.",
        "Complete the square: the first term is one, the second is negative.",
        before=(Line(r"\dot v_k", velocity),),
        after=(Line(r"\tfrac{d}{dt}\tfrac12\lVert v_k\rVert^2", ordered(-square, -(lam - mu_k**2 / 4) * size)),),
        uses=("mode_flow", "saddle_node"),
        check=lambda before, after: (
            Identity(((Trace(v_k.T * before[0].right), after[0].right),)),
            Numerics(lambda rng: evidence.shrinking(rng, after[0].right), 1e-10, "the velocities of all entries"),
        ),
    )


def _diagonal_at_zero(before) -> list[Expr]:
    found = Matrix(before.rights).jacobian([v, w]).subs({v: 0, w: 0})
    return [found[0, 0], found[1, 1]] if found.is_diagonal() else []


def labels() -> tuple[Step, ...]:
    """Distances of labels, and the frustration that ends them."""
    uniform, pairs = map(frustration, ("uniform", "pairs"))
    return (
        Step(
            "simplex",
            "With equal class modes, one on each of $K-1$ directions, the labels form a regular simplex: all distances are "
            "equal, and the start is forgotten.",
            "$y_a-y_b$ is $V$ times the difference of two rows of the class modes, divided by $\\sqrt n$ and, since half of a "
            "mode lives on labels, by $\\sqrt2$. Two rows of an orthonormal basis of the patterns of zero sum are $\\sqrt2$ "
            "apart.",
            before=(Line(v**2, kappa * w_plus**2 / (gamma * lam)),),
            after=(Line(r"\lVert y_a-y_b\rVert^2", kappa * w_plus**2 / (gamma * lam * n)),),
            uses=("orthogonal_modes", "heads"),
            assumptions=(
                "$K$ classes treated alike, label degree $n$ (the number of samples a class), $d\\ge K-1$; $\\gamma$ is the "
                "mobility of the head as it stands in the flow.",
                "No other mode that tells labels apart survives.",
            ),
            check=lambda before, after: (
                Identity(((before[0].right / n, after[0].right), (before[0].left, v**2))),
                Numerics(lambda rng: evidence.simplex(rng, after[0].right, w_plus), 1e-5, "the end of runs of all embeddings"),
            ),
        ),
        Step(
            "critical_fraction",
            "A state without collapse exists up to a critical fraction of frustrated samples: above it every start collapses.",
            "Insert the frustration of the class modes into $\\lambda\\le(1-\\psi)/4$.",
            before=(Line(psi_uniform, uniform), Line(psi_pairs, pairs)),
            after=(
                Line(r"\varphi_c^{\text{uniform}}", _critical(uniform)),
                Line(r"\varphi_c^{\text{pairs}}", _critical(pairs)),
            ),
            uses=("saddle_node", "collapse"),
            assumptions=("$4\\lambda\\le1$; a value above 1 means that all samples may be frustrated.",),
            check=lambda before, after: (
                Identity(
                    (
                        *((b.right.subs(phi, a.right), 1 - 4 * lam) for b, a in zip(before, after, strict=True)),
                        (before[0].left, psi_uniform),
                        (before[1].left, psi_pairs),
                    )
                ),
                Numerics(lambda rng: evidence.fractions(rng, *before.rights), 1e-9, "the frustration of couplings"),
            ),
        ),
    )


def _critical(linear: Expr) -> Expr:
    """The fraction at which four times the decay is one minus a frustration that is linear in it."""
    return (1 - 4 * lam) * (phi / linear).cancel()
