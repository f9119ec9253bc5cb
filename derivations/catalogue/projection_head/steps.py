"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Add, Expr, MatAdd, MatMul, Trace, Transpose, ZeroMatrix, exp, sympify
from sympy import Identity as Unit

from derivations.catalogue.points import coupled_point
from derivations.catalogue.projection_head import evidence
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.closed_forms.reduced import all_modes, shared_head, single_mode, sum_of_squares
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import L, S, S_k, d_a, d_b, mu_k, psi, psi_k, t, v_k
from theory.models.vocabulary import H_x, H_y, W, X, Y, d
from theory.words import scaled

MASS = {psi_k: 1 - mu_k**2}


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    return (*_flow(), *_modes(), *_collapse())


def _flow() -> tuple[Step, ...]:
    loss = shared_head("none")
    flow = loss.gradient_flow()
    return (
        Step(
            "loss",
            "The head $W$ predicts labels from samples and samples from labels.",
            "Expand the squares; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
            before=(Line("L", sum_of_squares()),),
            after=(Line("L", loss.expression),),
            assumptions=(r"$J_{ia}\ge0$; one head for both directions.",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), coupled_point),
        ),
        Step(
            "gradient_flow",
            "Embeddings and head descend the loss, each with its own mobility.",
            "Matrix calculus: the gradient of a trace is read off its differential.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            uses=("loss",),
            assumptions=("$H_x$, $H_y$ are diagonal and positive; the head has mobility $\\gamma>0$; no decay.",),
            check=lambda before, after: Descent(
                loss.having(expression=before[0].right), after.rights, coupled_point, stopped=False
            ),
        ),
        Step(
            "contraction",
            "The embeddings contract in the metric of their mobilities as long as there is any loss.",
            "The loss is homogeneous of degree two in the embeddings: Euler's theorem for $-\\operatorname{tr}(Z\\,"
            "\\partial L/\\partial Z^T)$.",
            before=(Line(L, loss.expression), *velocity_lines(flow)[:2]),
            after=(Line(r"\tfrac{d}{dt}\tfrac12\operatorname{tr}(ZH^{-1}Z^T)", -2 * L),),
            uses=("gradient_flow",),
            check=lambda before, after: AtRandomPoints(
                ((_contraction(before[1:].rights), after[0].right.xreplace({before[0].left: before[0].right})),), coupled_point
            ),
        ),
    )


def _contraction(velocities: tuple) -> Expr:
    """The change of half the sum of squares in the metric of the mobilities: one factor of each moves."""
    return Add(*(Trace(velocity * H.I * b.T) for velocity, H, b in zip(velocities, (H_x, H_y), (X, Y), strict=True)))


def _modes() -> tuple[Step, ...]:
    whole, loss, one = shared_head("none"), all_modes(), single_mode()
    rest = MatAdd(W * v_k, scaled(-mu_k, v_k), evaluate=False)
    square = Trace(MatMul(Transpose(rest), rest, evaluate=False))
    size = Trace(v_k.T * v_k)
    return (
        Step(
            "modes",
            "In the eigenvectors of the normalised adjacency the couplings become numbers: mode $k$ has the canonical "
            "correlation $\\mu_k$.",
            "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$.",
            before=(Line("L", whole.expression),),
            after=(Line("L", loss.erased()), *velocity_lines(loss.gradient_flow())),
            uses=("gradient_flow",),
            assumptions=(
                "Mobilities inverse to the degrees, $H=D^{-1}$.",
                r"$\mu=\operatorname{diag}(\mu_1,\ldots,\mu_{N_Z})$.",
            ),
            check=lambda before, after: Numerics(
                lambda rng: evidence.modes(rng, before[0].right, *after.rights), 1e-10, "the lowered flow of all embeddings"
            ),
        ),
        Step(
            "frustration_mass",
            "The loss is a sum over modes. Completing the square leaves a mass: the frustration of the mode, which no head "
            "can remove.",
            "Complete the square in the part of one mode.",
            before=(Line("L_k", one.expression),),
            after=(Line("L_k", square / 2 + psi_k * size / 2), Line(psi_k, MASS[psi_k])),
            uses=("modes",),
            check=lambda before, after: (
                Identity(((before[0].right, after[0].right.xreplace({after[1].left: after[1].right})),)),
                Numerics(
                    lambda rng: evidence.sum_over_modes(rng, loss.erased(), after[0].right, after[1].right),
                    1e-20,
                    "the loss of all modes",
                ),
            ),
        ),
        Step(
            "decay",
            "Each mode therefore decays at least at the rate $\\psi_k$, whatever the head does. A head that is $\\mu_k$ on a "
            "mode that is alone takes no more than that.",
            "Insert the gradient flow of $v_k$; the first term is a square, and without it the inequality of Grönwall applies.",
            before=(Line(r"\dot v_k", one.gradient_flow().velocity[v_k]),),
            after=(
                Line(r"\tfrac{d}{dt}\tfrac12\lVert v_k\rVert^2", -square - psi_k * size),
                Line(r"\lVert v_k(t)\rVert^2", S_k * exp(-2 * psi_k * t), r"\le"),
            ),
            uses=("frustration_mass",),
            assumptions=("$S_k=\\lVert v_k(0)\\rVert^2$; any head at any time.",),
            check=lambda before, after: (
                Identity(((Trace(v_k.T * before[0].right), after[0].right.xreplace(MASS)),)),
                Numerics(lambda rng: evidence.decay(rng, after[0].right), 1e-10, "the lowered gradient flow of all embeddings"),
                Numerics(
                    lambda rng: evidence.mode_sizes(rng, after[1]),
                    0,
                    "simulated modes that exceed the bound: none",
                    reads=after[1:],
                ),
                Numerics(
                    lambda rng: evidence.slowest_modes(rng, after[1].right),
                    1e-7,
                    "runs of a mode alone, which keep to the bound",
                ),
            ),
        ),
    )


def _collapse() -> tuple[Step, ...]:
    one = single_mode()
    return (
        Step(
            "survivors",
            "At rest both terms vanish: only modes with $\\mu_k=\\pm1$ can survive, and the head acts on them as $\\mu_k$.",
            "A sum of two terms that are not negative vanishes only if each does; then the velocity vanishes.",
            before=(Line(r"\dot v_k", one.gradient_flow().velocity[v_k]),),
            after=(Line(W * v_k, mu_k * v_k), Line(psi_k * v_k, ZeroMatrix(d, 1))),
            uses=("decay",),
            check=lambda before, after: (
                Identity(_rest(before[0].right, after)),
                Numerics(lambda rng: evidence.survivors(rng, after[0]), 1e-8, "the end of a simulation of all embeddings"),
            ),
        ),
        Step(
            "collapse",
            "The labels of a connected component contract to one point, exponentially in time. The factor is reached by a "
            "start in the pattern of two labels, and the rate by a start in the least frustrated mode.",
            "Modes with $\\mu_k=\\pm1$ give all labels of a component the same place. The rest of $y_a-y_b$ sums, over the "
            "other modes, $v_k$ times the component of $e_a/\\sqrt{d_a}-e_b/\\sqrt{d_b}$ along $\\phi_k$: the inequality of "
            "Cauchy and Schwarz.",
            after=(Line(r"\lVert y_a-y_b\rVert^2", (1 / d_a + 1 / d_b) * S * exp(-2 * psi * t), r"\le"),),
            uses=("decay",),
            assumptions=(
                "Labels $a$, $b$ of one component, of degrees $d_a$, $d_b$.",
                r"$\psi$: the least frustration of the modes with $|\mu_k|<1$; $S$: the sum of their $\lVert v_k(0)\rVert^2$.",
            ),
            check=lambda before, after: (
                Numerics(
                    lambda rng: evidence.label_distances(rng, after[0], (S, psi, t, d_a, d_b)),
                    0,
                    "simulated distances that exceed the bound: none",
                    reads=after,
                ),
                Numerics(
                    lambda rng: evidence.reached(rng, after[0].right, (S, psi, t, d_a, d_b)),
                    1e-7,
                    "the factor at a start in that pattern, and the rate of the least frustrated mode",
                ),
            ),
        ),
    )


def _rest(velocity, lines: Lines) -> tuple:
    """The velocity is a multiple of both sides of the first line and of the left side of the second; and that is zero."""
    square, mass = lines
    turned = MatAdd(W.T, scaled(-mu_k, Unit(d)), evaluate=False)
    return (-velocity - turned * (square.left - square.right), sympify(mass.left).xreplace(MASS)), (
        mass.right,
        ZeroMatrix(d, 1),
    )
