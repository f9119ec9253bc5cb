"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Expr, ImmutableMatrix, Inverse, Min, S, Trace
from sympy import Identity as Unit

from derivations.catalogue.whitening import evidence
from derivations.catalogue.whitening.beside import beside_steps
from derivations.catalogue.whitening.embeddings import mode_point
from derivations.catalogue.whitening.thresholds import frustration_steps
from derivations.catalogue.written import ordered_sum
from derivations.checks import Descent, Identity, Numerics
from derivations.closed_forms.whitening import (
    critical_weight,
    eigenvalues_at_rest,
    survivor_square,
    whitened_amplitude,
    whitened_modes,
    write_out_modes,
)
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    N_Z,
    T_V,
    A,
    D,
    H,
    L,
    V,
    Z,
    beta_c,
    mu_j,
    mu_k,
    mu_matrix,
    n_beta,
    null_J,
    rank_V,
    s_j0,
    s_jk,
    slope_k,
    square_k,
    v,
    v_k,
)
from theory import Flow
from theory.models.vocabulary import beta, d

LOSS = whitened_modes()
CONTEXT = LOSS.context
ENERGY = Line(L, LOSS.expression)
TARGET = Line(T_V, Unit(N_Z) - (Unit(N_Z) - mu_matrix) / beta)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    moving = velocity_lines(LOSS.gradient_flow())
    at_rest = (
        _modes_step(moving),
        _descent_step(moving),
        _factorisation_step(),
        _rest_step(moving),
        _threshold_step(moving),
        _spectrum_step(moving),
    )
    made = (*at_rest, _survivors_step(_lines_of(at_rest)), _collapse_step(moving))
    return (*made, *frustration_steps(_lines_of(made)), *beside_steps(_lines_of(made)))


def _lines_of(made: tuple[Step, ...]) -> Lines:
    """The lines that steps lead to."""
    return Lines(line for step in made for line in step.after)


def _modes_step(moving: Lines) -> Step:
    away = Z * D * Z.T - Unit(d)
    return Step(
        "modes",
        "Squared distances of coupled embeddings, and how far their second moments are from the identity. In the "
        "eigenvectors of the normalised adjacency, mode $k$ has the canonical correlation $\\mu_k$.",
        "Write $ZD^{1/2}$ in the eigenvectors of $D^{-1/2}AD^{-1/2}$; collect the amplitudes as columns of $V$. Then "
        "$ZDZ^T$ is $VV^T$.",
        given=(Line(L, Trace(Z * (D - A) * Z.T) / 2 + beta * Trace(away * away) / 4), Line(H, Inverse(D))),
        after=(ENERGY, *moving),
        assumptions=("$\\mu$ is the diagonal matrix of all $\\mu_k$.",),
        check=lambda given, after: (
            Descent(LOSS.with_parts(expression=after[L]), (after[dot(V)],), mode_point, stopped=False),
            Numerics(lambda rng: evidence.compare_modes(rng, given, after), 1e-10, "the lowered flow of all embeddings"),
        ),
    )


def _descent_step(moving: Lines) -> Step:
    return Step(
        "descent",
        "The loss falls until all rests: nothing goes round, and every start comes to rest.",
        "A gradient flow. The loss grows as the fourth power of the amplitudes, which stay bounded, and it is a "
        "polynomial: by Łojasiewicz's inequality a bounded trajectory has one limit.",
        before=(ENERGY, *moving),
        after=(Line(dot(L), -Trace(dot(V) * dot(V).T)),),
        uses=("modes",),
        check=lambda before, after: (
            Identity(((_fall_of(before), after[dot(L)].xreplace({dot(V): before[dot(V)]})),), CONTEXT),
            Numerics(lambda rng: evidence.loss_changes(rng, before, after), 1e-18, "differences along the velocities"),
            Numerics(evidence.final_speeds, 1e-6, "the end of runs of all embeddings"),
        ),
    )


def _factorisation_step() -> Step:
    gram = V.T * V - T_V
    return Step(
        "factorisation",
        "The loss says how far the Gram matrix of the modes is from a diagonal matrix $T_V$: its least value keeps the "
        "largest positive entries of $T_V$, at most $d$ of them.",
        "Complete the square. The best approximation of lower rank is that of Eckart and Young. At $\\beta=1$, $T_V$ is "
        "$\\mu$: the spectral contrastive loss of the graph of all embeddings.",
        before=(ENERGY,),
        given=(TARGET,),
        after=(Line(L, ordered_sum(beta * Trace(gram * gram) / 4, beta * (d - Trace(T_V * T_V)) / 4)),),
        uses=("modes",),
        check=lambda before, after: Numerics(
            lambda rng: evidence.compare_squares(rng, before, after), 1e-25, "random amplitudes"
        ),
    )


def _fall_of(known: Lines) -> Expr:
    """The derivative of the loss along the flow."""
    return Flow({V: known[dot(V)]}).time_derivative(known[L])


def _rest_step(moving: Lines) -> Step:
    return Step(
        "rest",
        "At rest modes of different $\\mu$ are orthogonal, and each that survives has a length of its own.",
        "$V^T\\dot V-\\dot V^TV$ is $V^TV\\boldsymbol\\mu-\\boldsymbol\\mu V^TV$ at all times. At rest it vanishes: $V^TV$ has "
        "no entry between modes of different $\\mu$, and $VV^Tv_k$ is $\\lVert v_k\\rVert^2v_k$.",
        before=moving,
        given=(TARGET,),
        after=(
            Line(V * V.T * V, V * T_V),
            Line(V.T * V * mu_matrix, mu_matrix * V.T * V),
            Line(square_k, survivor_square()),
        ),
        uses=("modes",),
        assumptions=(
            "Modes with equal $\\mu$ are turned among each other until they are orthogonal, too.",
            "The mode $k$ survives: it is not zero.",
        ),
        check=lambda before, after: (
            Identity(
                (
                    (beta * (after[V * V.T * V] - V * V.T * V).xreplace({T_V: before[T_V]}), before[dot(V)]),
                    (
                        V.T * before[dot(V)] - before[dot(V)].T * V,
                        V.T * V * mu_matrix - after[V.T * V * mu_matrix],
                    ),
                    (_of_one(before[T_V]), after[square_k]),
                ),
                CONTEXT,
            ),
            Numerics(lambda rng: evidence.at_rest(rng, before, after), 1e-6, "the end of runs of all embeddings"),
        ),
    )


def _of_one(matrix) -> Expr:
    """The entry of a diagonal matrix that belongs to one mode."""
    return write_out_modes(matrix, ImmutableMatrix([[mu_k]]))[0, 0]


def _threshold_step(moving: Lines) -> Step:
    return Step(
        "threshold",
        "A mode survives only if the second moments push it more than its couplings pull: the threshold is sharp. There "
        "its two signs are born in a supercritical pitchfork.",
        "The square of a survivor is positive. One mode alone, along a direction: all fixed points by exhausted cases, and "
        "where the one at zero loses its stability.",
        before=(*moving, Line(square_k, survivor_square())),
        after=(
            Line(dot(v), whitened_amplitude().velocity[v].expand().collect(v)),
            Line(beta_c, critical_weight()),
            Line(beta, beta_c, ">"),
        ),
        uses=("modes", "rest"),
        check=lambda before, after: (
            Identity(
                (
                    (write_out_modes(before[dot(V)], ImmutableMatrix([[mu_k]]), ImmutableMatrix([[v]]))[0, 0], after[dot(v)]),
                    (before[square_k].subs(beta, after[beta_c]), S.Zero),
                    (after[dot(v)].coeff(v).subs(beta, after[beta_c]), S.Zero),
                )
            ),
            Numerics(
                lambda rng: evidence.real_amplitudes(rng, before[square_k], after),
                1e-7,
                "the real roots of the velocity, from both sides of the threshold",
                reads=after.bounds,
            ),
        ),
    )


def _spectrum_step(moving: Lines) -> Step:
    before, rank = (*moving, Line(square_k, survivor_square())), rank_V
    return Step(
        "spectrum",
        "All eigenvalues at rest: of an absent mode $j$ along a survivor $k$ and along an empty direction, of a survivor in "
        "its length, of two survivors towards each other. The others are zero: turns of all modes together.",
        "The Jacobian in the directions of the survivors falls into blocks of one and two entries; it is symmetric.",
        before=before,
        after=(*_eigenvalues(Lines(before)), Line(null_J, rank * (rank - 1) / 2 + rank * (d - rank))),
        uses=("modes", "rest"),
        assumptions=("All $\\mu$ differ, none of them is at its threshold.",),
        check=lambda before, after: (
            after[:4].same(_eigenvalues(before)),
            Numerics(
                lambda rng: evidence.whole_spectrum(rng, before[square_k], after),
                1e-8,
                "dense Jacobians of all embeddings",
            ),
        ),
    )


def _eigenvalues(known: Lines) -> Lines:
    return Lines(Line(name, value) for name, value in eigenvalues_at_rest(known[dot(V)], known[square_k]).items())


def _survivors_step(known: Lines) -> Step:
    return Step(
        "survivors",
        "Stable is the state in which each absent mode $j$ has a smaller $\\mu$ than each survivor $k$ and, where a direction "
        "is empty, is below its threshold: the largest $\\mu$ survive, as many as are above their threshold and have a "
        "direction.",
        "Both eigenvalues of absent modes are negative; the others are never positive. Other states at rest are "
        "saddles, which only starts of measure zero reach: beside the turns nothing of them is neutral.",
        before=known.of(square_k, s_jk, s_j0),
        after=(
            Line(mu_j, mu_k, "<"),
            Line(beta, critical_weight().subs(mu_k, mu_j), "<"),
            Line(rank_V, Min(d, n_beta)),
        ),
        uses=("rest", "spectrum"),
        assumptions=("All $\\mu$ differ, none of them is at its threshold.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.stable_choices(rng, before, after),
                0,
                "dense eigenvalues of all states of a coupling",
                reads=after.bounds,
            ),
            Numerics(
                lambda rng: evidence.survivors_of_runs(rng, before, after[rank_V]),
                1e-6,
                "the end of runs of all embeddings from random starts",
            ),
        ),
    )


def _collapse_step(moving: Lines) -> Step:
    size = Trace(v_k.T * v_k)
    return Step(
        "collapse",
        "Below its threshold a mode decays from every start, whatever the others do.",
        "The scalar product of $v_k$ and $\\dot v_k$: both terms are negative.",
        before=moving,
        given=(Line(beta, critical_weight(), "<"),),
        after=(Line(slope_k, ordered_sum(-(1 - mu_k - beta) * size, -beta * Trace(v_k.T * V * V.T * v_k))),),
        uses=("modes",),
        check=lambda before, after: (
            Numerics(lambda rng: evidence.mode_changes(rng, before, after[slope_k]), 1e-10, "the velocities of all embeddings"),
            Numerics(
                lambda rng: evidence.small_modes(rng, before, after[slope_k]),
                0,
                "the fall of modes among small ones, where and only where it is assumed",
            ),
        ),
    )
