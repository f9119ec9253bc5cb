"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Add, Integer, MatAdd, MatMul, Trace, Transpose, ZeroMatrix, exp
from sympy import Identity as Unit

from derivations.catalogue.points import coupled_point, measure_drift
from derivations.catalogue.projection_head import evidence
from derivations.checks import AtRandomPoints, Descent, Identity, Numerics
from derivations.closed_forms.reduced import all_modes, shared_head, single_mode, sum_of_squares
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    S_H,
    L,
    L_k,
    S,
    S_k,
    a,
    d_a,
    d_b,
    distance_ab,
    i,
    mu_k,
    psi,
    psi_k,
    slope_k,
    square_k,
    t,
    v_k,
    v_k0,
)
from theory import Loss
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, W, X, Y, d
from theory.words import scale_matrix

REST = MatAdd(W * v_k, scale_matrix(-mu_k, v_k), evaluate=False)
SQUARE, SIZE = Trace(MatMul(Transpose(REST), REST, evaluate=False)), Trace(v_k.T * v_k)
MASS, MASS_BOUND = Line(psi_k, 1 - mu_k**2), Line(psi_k, Integer(0), r"\ge")
SLOPE, DECAY = Line(slope_k, -SQUARE - psi_k * SIZE), Line(square_k, S_k * exp(-2 * psi_k * t), r"\le")


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moved = Line(dot(v_k), single_mode().gradient_flow().velocity[v_k])
    return (*_flow_steps(), *_mode_steps(moved), _decay(moved), _survivors(moved), _collapse_steps())


def _flow_steps() -> tuple[Step, ...]:
    loss = shared_head("none")
    whole, moved = Line(L, loss.expression), velocity_lines(loss.gradient_flow())
    return (_loss_step(whole), _gradient_flow_step(loss, whole, moved), _contraction_step(whole, moved))


def _loss_step(whole: Line) -> Step:
    return Step(
        "loss",
        "The head $W$ predicts labels from samples and samples from labels.",
        "Expand the squares; the row and column sums of $J$ are the degrees $D_x$, $D_y$.",
        given=(Line(L, sum_of_squares()),),
        after=(whole,),
        assumptions=("One head for both directions.",),
        check=lambda before, after: AtRandomPoints(((before[L], after[L]),), coupled_point),
    )


def _gradient_flow_step(loss: Loss, whole: Line, moved: Lines) -> Step:
    return Step(
        "gradient_flow",
        "Embeddings and head descend the loss, each with its own mobility.",
        "Matrix calculus: the gradient of a trace is read off its differential.",
        before=(whole,),
        after=moved,
        uses=("loss",),
        assumptions=("$H_x$, $H_y$ are diagonal and positive; the head has the mobility $\\gamma$; no decay.",),
        check=lambda before, after: Descent(
            loss.with_parts(expression=before[L]), after.of(*map(dot, loss.state)).rights, coupled_point, stopped=False
        ),
    )


def _contraction_step(whole: Line, moved: Lines) -> Step:
    square = Add(*(Trace(b * H.I * b.T) / 2 for b, H in ((X, H_x), (Y, H_y))))
    return Step(
        "contraction",
        "The embeddings contract in the metric of their mobilities as long as there is any loss.",
        "The loss is homogeneous of degree two in the embeddings: Euler's theorem for $-\\operatorname{tr}(Z\\,"
        "\\partial L/\\partial Z^T)$.",
        before=(whole, *moved[:2]),
        given=(Line(S_H, square),),
        after=(Line(dot(S_H), -2 * L),),
        uses=("loss", "gradient_flow"),
        check=lambda before, after: Numerics(
            lambda rng: measure_drift(
                rng, before[S_H], {b: before[dot(b)] for b in (X, Y)}, after[dot(S_H)].xreplace({L: before[L]})
            ),
            1e-20,
            "differences along the velocities",
        ),
    )


def _mode_steps(moved: Line) -> tuple[Step, ...]:
    every = Line(L, all_modes().erased())
    return (_modes_step(every, moved), _frustration_mass_step(every))


def _modes_step(every: Line, moved: Line) -> Step:
    whole, loss = shared_head("none"), all_modes()
    return Step(
        "modes",
        "In the eigenvectors of the normalised adjacency the couplings become numbers: mode $k$ has the canonical "
        "correlation $\\mu_k$.",
        "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$.",
        before=(Line(L, whole.expression), *velocity_lines(whole.gradient_flow())),
        given=(Line(H_x, D_x.I), Line(H_y, D_y.I)),
        after=(every, *velocity_lines(loss.gradient_flow()), moved),
        uses=("loss", "gradient_flow"),
        assumptions=("$\\mu$ is the diagonal matrix of all $\\mu_k$.",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.compare_modes(rng, before, after), 1e-10, "the lowered flow of all embeddings"
        ),
    )


def _frustration_mass_step(every: Line) -> Step:
    return Step(
        "frustration_mass",
        "The loss is a sum over modes. Completing the square leaves a mass: the frustration of the mode, which no head "
        "can remove.",
        "Complete the square in the part of one mode. Couplings that are not negative have no correlation larger than one.",
        before=(every,),
        given=(Line(L_k, single_mode().expression), Line(J[i, a], Integer(0), r"\ge")),
        after=(Line(L_k, SQUARE / 2 + psi_k * SIZE / 2), MASS, MASS_BOUND),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((before[L_k], after[L_k].xreplace({psi_k: after[psi_k]})),)),
            Numerics(lambda rng: evidence.sum_modes(rng, before[L], after[L_k], after[psi_k]), 1e-20, "the loss of all modes"),
            Numerics(
                lambda rng: evidence.bound_frustrations(rng, before.of(J[i, a])[0], after[psi_k], after.of(psi_k).bounds[0]),
                1e-10,
                "singular values of couplings, one of them zero, and of such that are not as assumed",
                reads=after.bounds,
            ),
        ),
    )


def _decay(moved: Line) -> Step:
    return Step(
        "decay",
        "Each mode therefore decays at least at the rate $\\psi_k$, whatever the head does. A head that is $\\mu_k$ on a "
        "mode that is alone takes no more than that.",
        "Insert the gradient flow of $v_k$; the first term is a square, and without it the inequality of Grönwall applies.",
        before=(moved, MASS),
        given=(Line(S_k, Trace(v_k0.T * v_k0)),),
        after=(SLOPE, DECAY),
        uses=("modes", "frustration_mass"),
        assumptions=("Any head at any time.",),
        check=lambda before, after: (
            Identity(((Trace(v_k.T * before[dot(v_k)]), after[slope_k].xreplace({psi_k: before[psi_k]})),)),
            Numerics(
                lambda rng: evidence.compare_decay(rng, after[slope_k]), 1e-10, "the lowered gradient flow of all embeddings"
            ),
            Numerics(
                lambda rng: evidence.count_larger_modes(rng, before, after.of(square_k)[0]),
                0,
                "simulated modes that exceed the bound: none",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.follow_lone_modes(rng, before, after.of(square_k)[0]),
                1e-7,
                "runs of a mode alone, which keep to the bound",
            ),
        ),
    )


def _survivors(moved: Line) -> Step:
    return Step(
        "survivors",
        "At rest both terms vanish: only modes with $\\mu_k=\\pm1$ can survive, and the head acts on them as $\\mu_k$.",
        "A sum of two terms that are not negative vanishes only if each does; then the velocity vanishes.",
        before=(moved, MASS, MASS_BOUND, SLOPE),
        after=(Line(W * v_k, mu_k * v_k), Line(psi_k * v_k, ZeroMatrix(d, 1))),
        uses=("modes", "frustration_mass", "decay"),
        check=lambda before, after: (
            Identity(_rest_pairs(before, after)),
            Numerics(
                lambda rng: evidence.weigh_terms(rng, before.of(psi_k).bounds, before[slope_k], after.of(W * v_k)),
                0,
                "slopes at random heads, amplitudes and frustrations",
            ),
            Numerics(
                lambda rng: evidence.compare_survivors(rng, after.of(W * v_k)[0]),
                1e-8,
                "the end of a simulation of all embeddings",
            ),
        ),
    )


def _rest_pairs(before: Lines, after: Lines) -> tuple:
    """Velocity and slope are sums over what both lines say is zero."""
    square, mass = W * v_k - after[W * v_k], psi_k * v_k - after[psi_k * v_k]
    turned = MatAdd(W.T, scale_matrix(-mu_k, Unit(d)), evaluate=False)
    defined = {psi_k: before[psi_k]}
    return (
        (-before[dot(v_k)] - turned * square, mass.xreplace(defined)),
        (-before[slope_k], Trace(square.T * square) + Trace(v_k.T * mass)),
        (after[psi_k * v_k], ZeroMatrix(d, 1)),
    )


def _collapse_steps() -> Step:
    return Step(
        "collapse",
        "The labels of a connected component contract to one point, exponentially in time. The factor is reached by a "
        "start in the pattern of two labels, and the rate by a start in the least frustrated mode.",
        "Modes with $\\mu_k=\\pm1$ give all labels of a component the same place. The rest of $y_a-y_b$ sums, over the "
        "other modes, $v_k$ times the component of $e_a/\\sqrt{d_a}-e_b/\\sqrt{d_b}$ along $\\phi_k$: the inequality of "
        "Cauchy and Schwarz.",
        before=(DECAY,),
        after=(Line(distance_ab, (1 / d_a + 1 / d_b) * S * exp(-2 * psi * t), r"\le"),),
        uses=("decay",),
        assumptions=(
            "Labels $a$, $b$ of one component, of degrees $d_a$, $d_b$.",
            "$\\psi$: the least frustration of the modes that are frustrated; $S$: the sum of their $S_k$.",
        ),
        check=lambda before, after: (
            after.equal((1 / d_a + 1 / d_b) * line.right.subs({S_k: S, psi_k: psi}) for line in before.of(square_k)),
            Numerics(
                lambda rng: evidence.count_larger_distances(rng, after.of(distance_ab)[0]),
                0,
                "simulated distances that exceed the bound: none",
                reads=after,
            ),
            Numerics(
                lambda rng: evidence.reach_bound(rng, after[0].right),
                1e-7,
                "the factor at a start in that pattern, and the rate of the least frustrated mode",
            ),
        ),
    )
