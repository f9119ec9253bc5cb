r"""Shared head and stop-gradient: what is deleted, what is conserved, and where the flow can rest.

Sections 3 and 4 of the notes.  The matrix steps hold for any couplings; the mode steps take mobilities inverse to the degrees,
where with :math:`ZD^{1/2}=\sum_kv_k\phi_k^T` each eigenvector :math:`\phi_k` of the normalised adjacency has
an amplitude :math:`v_k`.
"""

from __future__ import annotations

from dataclasses import replace

from sympy import Eq, MatAdd, MatMul, Sum, Symbol, Trace, Transpose, ZeroMatrix, solve, symbols
from sympy.matrices.expressions.matexpr import MatrixElement

from derivations.catalogue import stop_gradient_evidence as evidence
from derivations.catalogue.points import coupled_point
from derivations.catalogue.reduced import (
    V,
    all_modes,
    mu,
    mu_k,
    mu_matrix,
    one_direction,
    psi_k,
    shared_head,
    single_mode,
    v,
    v_k,
    w,
)
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics, Together
from derivations.engine import Derivation, Line, Step, rights, velocity_lines
from theory import sg
from theory.models.vocabulary import J, K, N, W, X, Y, d
from theory.printing import tex
from theory.words import Context, collect, scaled

v_0, w_0 = symbols("v_0 w_0", real=True)
i, a, k = symbols("i a k", integer=True, nonnegative=True)


def derive() -> Derivation:
    """The checked derivation."""
    return Derivation(
        name="stop_gradient",
        title="A shared projection head with stop-gradient: what prevents collapse",
        summary=(
            "A shared linear head predicts labels from samples and samples from labels. Without stop-gradient "
            "every frustrated mode decays, "
            "whatever the head does. Stopping the gradient at the targets deletes exactly the part of the flow "
            "that makes it decay: "
            "a matrix is conserved instead, and the flow can rest where the head acts on every surviving mode "
            "as its canonical correlation."
        ),
        steps=(*_flows(), *_structure(), *_modes(), *_rest()),
        references=(
            "The model is a reconstruction from the abstract of arXiv:2604.09979.",
            "Y. Tian, X. Chen, S. Ganguli, Understanding self-supervised learning dynamics without "
            "contrastive pairs, 2021, arXiv:2102.06810.",
            "X. Chen, K. He, Exploring simple Siamese representation learning, 2020, arXiv:2011.10566.",
        ),
    )


def _flows() -> tuple[Step, ...]:
    loss = shared_head("both")
    free, stopped = loss.gradient_flow(), loss.stop_gradient_flow()
    deleted = {b: collect(free.velocity[b] - stopped.velocity[b], loss.context) for b in (X, Y)}

    def pairwise(prediction, target):
        return J[i, a] * (MatrixElement(prediction[0], k, prediction[1]) - MatrixElement(target[0], k, target[1])) ** 2

    squares = pairwise((W * X, i), (sg(Y), a)) + pairwise((W * Y, a), (sg(X), i))
    summed = Sum(squares, (k, 0, d - 1), (a, 0, K - 1), (i, 0, N - 1)) / 2
    return (
        Step(
            "loss",
            "The head $W$ predicts labels from samples and samples from labels; sg marks the targets.",
            "Expand the squares; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
            before=(Line("L", summed),),
            after=(Line("L", loss.expression),),
            assumptions=(r"$J_{ia}\ge0$; one head for both directions.",),
            check=lambda before, after: AtRandomPoints(((before[0].right, after[0].right),), evidence.point_with_other_targets),
        ),
        Step(
            "gradient_flow",
            "Without stop-gradient the markers are read as the identity.",
            "Matrix calculus on the erased loss.",
            before=(Line("L", loss.erased()),),
            after=velocity_lines(free),
            uses=("loss",),
            assumptions=("$H_x$, $H_y$ are diagonal and positive; the head has mobility $\\gamma>0$; no decay.",),
            check=lambda before, after: Descent(
                replace(loss, expression=before[0].right), rights(after), coupled_point, stopped=False
            ),
        ),
        Step(
            "stop_gradient_flow",
            "With stop-gradient the loss is differentiated with its targets held, and the markers are erased afterwards.",
            "Matrix calculus with the marked parts as constants.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(stopped),
            uses=("loss",),
            check=lambda before, after: Descent(
                replace(loss, expression=before[0].right), rights(after), coupled_point, stopped=True
            ),
        ),
        Step(
            "deleted",
            "Stop-gradient deletes the force on the targets and nothing else; the head feels no difference.",
            "Subtract the two flows.",
            after=tuple(Line(rf"\dot{{{tex(b)}}}_{{\text{{deleted}}}}", value) for b, value in deleted.items()),
            uses=("gradient_flow", "stop_gradient_flow"),
            check=lambda before, after: Descent(
                loss, (*rights(after), ZeroMatrix(d, d)), coupled_point, stopped=True, targets_only=True
            ),
        ),
    )


def _structure() -> tuple[Step, ...]:
    free, flow = (shared_head("both").gradient_flow(), shared_head("both").stop_gradient_flow())
    (conserved,) = flow.conserved()
    test = flow.is_gradient()
    return (
        Step(
            "conserved_matrix",
            "The stop-gradient flow conserves a symmetric matrix; among the same words the gradient flow conserves nothing.",
            "First integrals by linear algebra over matrix words.",
            before=velocity_lines(flow),
            after=(Line("Q", conserved),),
            uses=("gradient_flow", "stop_gradient_flow"),
            check=lambda before, after: Together(
                (
                    Numerics(
                        lambda rng: evidence.balance(rng, after[0].right, rights(before)),
                        1e-20,
                        "the velocities at random points",
                    ),
                    Numerics(lambda rng: [(len(free.conserved()), 0)], 0, "the gradient flow's own first integrals"),
                )
            ),
        ),
        Step(
            "not_a_gradient",
            "The stop-gradient flow is no gradient flow in the metric of its mobilities: the curl "
            "between samples and labels does not vanish.",
            "Compare the two mixed derivatives in arbitrary directions $dX$, $dY'$.",
            before=velocity_lines(flow),
            after=(Line(r"\langle dX,\partial_YG_X[dY']\rangle-\langle dY',\partial_XG_Y[dX]\rangle", test.witness),),
            uses=("stop_gradient_flow",),
            assumptions=("$G=H^{-1}F$ is the velocity $F$ without its mobilities.",),
            check=lambda before, after: Together(
                (
                    Identity(tuple(zip(rights(before), flow.velocity.values(), strict=True)), flow.context),
                    Numerics(
                        lambda rng: evidence.asymmetry(rng, after[0].right, rights(before)),
                        1e-20,
                        "differences of the velocities at random points",
                    ),
                )
            ),
        ),
    )


def _modes() -> tuple[Step, ...]:
    loss, one = all_modes(), single_mode()
    flow = loss.stop_gradient_flow()
    rest = MatAdd(W * v_k, scaled(-mu_k, v_k), evaluate=False)
    square = Trace(MatMul(Transpose(rest), rest, evaluate=False))
    massive = square / 2 + psi_k * Trace(v_k.T * v_k) / 2
    decaying = one.gradient_flow().velocity[v_k]
    bound = -square - psi_k * Trace(v_k.T * v_k)
    mass = {psi_k: 1 - mu_k**2}
    return (
        Step(
            "mode_flow",
            "In the eigenvectors of the normalised adjacency the couplings become numbers: mode $k$ "
            "has the canonical correlation $\\mu_k$.",
            "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$.",
            before=(Line("L", loss.expression),),
            after=velocity_lines(flow),
            uses=("stop_gradient_flow",),
            assumptions=("Mobilities inverse to the degrees, $H=D^{-1}$.", r"$\mu=\operatorname{diag}(\mu_1,\ldots,\mu_M)$."),
            check=lambda before, after: Together(
                (
                    Descent(replace(loss, expression=before[0].right), rights(after), evidence.mode_point, stopped=True),
                    Numerics(
                        lambda rng: evidence.modes_of_the_whole(rng, before[0].right, rights(after)),
                        1e-10,
                        "the lowered flow of all embeddings",
                    ),
                )
            ),
        ),
        Step(
            "frustration_mass",
            "Completing the square leaves a mass: the frustration $\\psi_k=1-\\mu_k^2$ of the mode, which no head can remove.",
            "Complete the square in the loss of one mode.",
            before=(Line("L_k", one.expression),),
            after=(Line("L_k", massive),),
            uses=("mode_flow",),
            check=lambda before, after: Together(
                (
                    Identity(((before[0].right, after[0].right.xreplace(mass)),)),
                    AtRandomPoints(((loss.erased(), before[0].right),), evidence.single_mode_point),
                )
            ),
        ),
        Step(
            "collapse_without",
            "Without stop-gradient each frustrated mode therefore decays at least at the rate "
            "$\\psi_k$, whatever the head does: collapse.",
            "Insert the gradient flow of $v_k$; the first term is a square.",
            before=(Line(r"\dot v_k", decaying),),
            after=(Line(r"\tfrac{d}{dt}\tfrac12\lVert v_k\rVert^2", bound),),
            uses=("frustration_mass", "gradient_flow"),
            check=lambda before, after: Together(
                (
                    Identity(((Trace(v_k.T * before[0].right), after[0].right.xreplace(mass)),)),
                    Numerics(
                        lambda rng: evidence.decay_without(rng, after[0].right),
                        1e-10,
                        "the lowered gradient flow of all embeddings",
                    ),
                )
            ),
        ),
    )


def _rest() -> tuple[Step, ...]:
    loss = all_modes()
    flow = loss.stop_gradient_flow()
    resting = Context((*loss.assumptions, Eq(W * V, V * mu_matrix)))
    scalar = one_direction().stop_gradient_flow()
    (hyperbola,) = scalar.conserved()
    start, end = hyperbola.xreplace({v: v_0, w: w_0}), hyperbola.xreplace({w: mu})
    (final,) = solve((end - start).xreplace({v**2: Symbol("s")}), Symbol("s"))
    return (
        Step(
            "fixed_points",
            "Where the head is invertible, the flow rests exactly where the head acts on every "
            "surviving mode as its canonical correlation.",
            "$-W^T(WV-V\\mu)=0$ with $W$ invertible; the velocity of the head then vanishes too.",
            before=velocity_lines(flow),
            after=(Line(W * V, V * mu_matrix),),
            uses=("mode_flow",),
            assumptions=("$W$ is invertible.",),
            check=lambda before, after: Together(
                (
                    Identity(((Transpose(W).I * before[0].right, after[0].right - after[0].left),), loss.context),
                    Identity(tuple((line.right, 0 * line.right) for line in before), resting),
                    Identity(((after[0].right, V * mu_matrix),)),
                    Identity(tuple(zip(rights(before), flow.velocity.values(), strict=True)), loss.context),
                )
            ),
        ),
        Step(
            "head_eigenvalues",
            "Eigenvalues of the head become canonical correlations (of either sign, a negative one "
            "for a mode in which labels oppose their samples), and at most $d$ of them.",
            "A vector $v_k\\ne0$ at rest is an eigenvector of $W$; a $d\\times d$ head has at most $d$ independent ones.",
            before=(Line(W * V, V * mu_matrix),),
            after=(Line(W * v_k, mu_k * v_k),),
            uses=("fixed_points",),
            check=lambda before, after: Together(
                (
                    Numerics(
                        lambda rng: evidence.surviving_modes(rng, before[0], after[0]),
                        1e-6,
                        "the end of a simulation of all embeddings",
                    ),
                    Numerics(
                        evidence.count_survivors, 0, "the number of surviving correlations in the same simulation, at most d"
                    ),
                )
            ),
        ),
        Step(
            "one_mode",
            "For one mode along one direction the conserved matrix is a hyperbola.",
            "First integrals of the scalar flow.",
            before=velocity_lines(scalar),
            after=(Line("Q", hyperbola),),
            uses=("mode_flow", "conserved_matrix"),
            check=lambda before, after: Together(
                (
                    Identity(tuple(zip(rights(before), scalar.velocity.values(), strict=True))),
                    Identity(((after[0].right.diff(v) * before[0].right, -after[0].right.diff(w) * before[1].right),)),
                    Numerics(
                        lambda rng: evidence.scalar_modes(rng, rights(before)), 1e-12, "the lowered flow of the modes at d = 1"
                    ),
                )
            ),
        ),
        Step(
            "final_amplitude",
            "From a positive head the mode survives with a finite amplitude, as long as the right side is positive.",
            "The head ends at $w=\\mu$ on the hyperbola of the start.",
            before=(Line(start, end),),
            after=(Line(r"v_\infty^2", final),),
            uses=("one_mode", "fixed_points"),
            assumptions=("$w_0>0$ and a positive right side; otherwise the mode dies.",),
            check=lambda before, after: Together(
                (
                    Identity(((before[0].left, before[0].right.xreplace({v**2: after[0].right})),)),
                    Numerics(
                        lambda rng: evidence.final_amplitudes(rng, after[0].right, scalar, (v_0, w_0)),
                        1e-6,
                        "integration of the scalar flow",
                    ),
                )
            ),
        ),
    )
