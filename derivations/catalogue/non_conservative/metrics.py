r"""Metrics that depend on the state: where they make the flow of one mode a gradient flow, and what excludes them all.

At a state at rest a gradient flow :math:`\dot z=-M(z)\nabla U` has the Jacobian :math:`-M\nabla^2U`, which is similar to the
symmetric :math:`-M^{1/2}\nabla^2U\,M^{1/2}`: its eigenvalues are real, whatever the positive definite M and the U.
"""

from __future__ import annotations

from sympy import Expr, ImmutableMatrix, Integer, Symbol, ZeroMatrix

from derivations.catalogue.dense_head import boundary_pairs
from derivations.catalogue.non_conservative import evidence
from derivations.catalogue.written import by_powers
from derivations.checks import Check, Identity, Numerics
from derivations.closed_forms.one_mode import hyperbola
from derivations.closed_forms.pair import PAIR, pair_cubic, pair_determinant
from derivations.closed_forms.reduced import all_modes, entries, jacobian_sectors
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    N_Z,
    G_v,
    G_w,
    M_vv,
    M_vw,
    M_ww,
    Q_e,
    U,
    V,
    c_0,
    c_2,
    chi_k,
    curl_xw,
    curl_xy,
    curl_yw,
    departure,
    det_M,
    k,
    mu,
    mu_k,
    nu,
    p,
    s,
    v,
    v_inf,
    v_past,
    w,
    w_0,
    w_inf,
    w_past,
    w_r,
)
from theory.flow import Flow
from theory.models.vocabulary import W, d, gamma


def metric_steps(flow: Flow, curls: Lines, forces: Lines) -> tuple[Step, ...]:
    """The metrics of one mode, of any head in a plane, and of two modes with decay."""
    return (_survivor_step(flow, forces), _plane_step(flow, forces), _turned_head_step(curls), _decay_step(curls))


def velocities_of(forces: Lines) -> dict[Symbol, Expr]:
    """The velocities of one mode from its forces, which are velocities without their mobilities."""
    return {v: forces[G_v], w: gamma * forces[G_w]}


def _survivor_step(flow: Flow, forces: Lines) -> Step:
    return Step(
        "metric_of_one_mode",
        "A metric that depends on the state does help where the mode is alive: there the flow of one mode is the "
        "gradient flow $-M\\nabla U$ of the squared distance of its head from the correlation.",
        "Insert. $M$ is positive definite for $v\\ne0$, where $M_{ww}$ and the determinant are positive.",
        before=forces,
        given=(Line(U, (w - mu) ** 2 / 2), Line(v, Integer(0), r"\ne")),
        after=(Line(M_vv, w**2 / gamma + 1), Line(M_vw, v * w), Line(M_ww, gamma * v**2), Line(det_M, M_ww)),
        uses=("curl_of_one_mode",),
        assumptions=("One mode along one direction, no decay.",),
        check=lambda before, after: (
            Identity(
                (
                    *_descent_pairs(before, after),
                    (after[M_vv] * after[M_ww] - after[M_vw] ** 2, after[det_M].xreplace({M_ww: after[M_ww]})),
                )
            ),
            Numerics(
                lambda rng: evidence.compare_falls(rng, flow, before, after.of(M_vv, M_vw, M_ww).rights),
                1e-6,
                "eigenvalues of $M$, and the fall of $U$ along integrated pieces of trajectories",
            ),
        ),
    )


def _descent_pairs(before: Lines, after: Lines) -> tuple:
    """The velocities and -M times the gradient."""
    moved, along, across = velocities_of(before), *(before[U].diff(x) for x in (v, w))
    return ((moved[v], -after[M_vv] * along - after[M_vw] * across), (moved[w], -after[M_vw] * along - after[M_ww] * across))


def _plane_step(flow: Flow, forces: Lines) -> Step:
    return Step(
        "no_metric_where_modes_die",
        "No metric does so on the whole plane, where the amplitude may vanish too.",
        "Rest is where the gradient vanishes: a loss has one value on each of the lines of rest $v=0$ and $w=\\mu$ and, "
        "since they meet, the same on both. But on its hyperbola the flow leaves $(0,w_0)$ and ends on $w=\\mu$, and a loss "
        "would fall.",
        before=forces,
        given=(Line(Q_e, hyperbola()), Line(w_0, Integer(0), ">"), Line(w_0, mu, "<")),
        after=(
            Line(v_past, Integer(0)),
            Line(w_past, w_0),
            Line(v_inf**2, (mu**2 - w_0**2) / gamma),
            Line(w_inf, mu),
            Line(departure, w_0 * (mu - w_0)),
        ),
        uses=("curl_of_one_mode",),
        assumptions=("$\\dot z=-M\\nabla U$ with $U$ differentiable and $M(z)$ positive definite.",),
        check=lambda before, after: (
            Identity(_from_line_to_line(before, after)),
            Numerics(
                lambda rng: evidence.compare_departures(rng, before.of(w_0).bounds, after[departure]),
                0,
                "heads on both sides of the bounds",
            ),
            Numerics(
                lambda rng: evidence.follow_hyperbola(rng, flow, after.of(v_past, w_past, v_inf**2, w_inf).rights),
                1e-5,
                "trajectories integrated backwards and forwards to both lines",
            ),
        ),
    )


def _from_line_to_line(before: Lines, after: Lines) -> tuple:
    """Both lines rest; what is conserved has one value on the way; and how fast the amplitude grows at its beginning."""
    moved = velocities_of(before)
    rest = ((velocity.subs(line), 0) for line in ({v: 0}, {w: mu}) for velocity in moved.values())
    start = {v: after[v_past], w: after[w_past]}
    return (
        *rest,
        (sum(before[Q_e].diff(x) * velocity for x, velocity in moved.items()), 0),
        (gamma * after[v_inf**2], after[w_inf] ** 2 - before[Q_e].subs(start)),
        (moved[v].diff(v).subs(start), after[departure]),
    )


def _turned_head_step(curls: Lines) -> Step:
    moved = -(w**2 + w_r**2) + mu_k * w
    return Step(
        "no_metric_beside_turned_heads",
        "In two or more dimensions none does so even near a single state: beside collapsed states whose head turns the plane "
        "modes move on spirals.",
        "At $V=0$ every head rests, and the curl between samples and labels is left. "
        "The characteristic polynomial of $v_k$ is a sum of two squares, of which the second does "
        "not vanish; of a gradient flow $-M\\nabla U$ all eigenvalues at rest are real, being those of the symmetric matrix "
        "$-M^{1/2}\\nabla^2U\\,M^{1/2}$.",
        before=curls.of(curl_xy),
        given=(
            *velocity_lines(all_modes().stop_gradient_flow()),
            Line(V, ZeroMatrix(d, N_Z)),
            Line(W, ImmutableMatrix([[w, -w_r], [w_r, w]])),
            Line(mu_k * w_r, Integer(0), r"\ne"),
        ),
        after=(Line(chi_k, (s - moved) ** 2 + mu_k**2 * w_r**2),),
        uses=("curl",),
        assumptions=(
            "Mobilities inverse to the degrees, no decay; the head turns two directions.",
            "$U$ is twice differentiable, $M(z)$ continuous and positive definite.",
        ),
        check=lambda before, after: (
            Identity(((_dying_mode_polynomial(before), after[chi_k]),)),
            Numerics(
                lambda rng: evidence.compare_asymmetry(rng, before.of(curl_xy).rights, *evidence.turned_head_at_random(rng)),
                1e-10,
                "what turns in dense Jacobians",
            ),
            Numerics(
                lambda rng: evidence.compare_spirals(rng, before.of(mu_k * w_r), after[chi_k]),
                1e-9,
                "dense eigenvalues of the Jacobian of all entries, with their imaginary parts",
            ),
        ),
    )


def _dying_mode_polynomial(premises: Lines) -> Expr:
    """The characteristic polynomial of one mode, beside states as given."""
    amplitudes = premises[V].xreplace({d: Integer(2), N_Z: Integer(1)}).as_explicit()
    found = jacobian_sectors((premises[dot(V)], premises[dot(W)]), amplitudes, premises[W], ImmutableMatrix([[mu_k]]))
    (block,) = (matrix for names, matrix in found.items() if names[0] in [*entries("v", *amplitudes.shape)])
    return block.charpoly(s).as_expr(s)


def _decay_step(curls: Lines) -> Step:
    zero, _, two = pair_cubic()
    return Step(
        "rotation",
        "With decay none does so even where classes stay apart: beside two modes at rest with different heads of one sign, "
        "and $\\kappa=k_c\\lambda$, the two modes turn. A little below, runs of three such pairs settle on cycles; where "
        "there is a cycle no function of the state falls wherever the flow moves, whatever the metric.",
        "The head is symmetric, and the curl between it and embeddings is left. "
        "At the Hopf boundary two eigenvalues of the pair are imaginary, with the square $-c_1$; there $c_1c_2=c_0$, and "
        "$c_0$, $c_2$ are positive. Cycles close up to a turn of all modes and the head together, over which a function that "
        "falls may be averaged; they are measured, not proved, at $0.97\\,k_c$.",
        before=curls.of(curl_xw, curl_yw),
        given=(
            Line(c_2, by_powers(two, k)),
            Line(c_0, zero),
            *(Line(*pair) for pair in PAIR.items()),
            Line(p, Integer(1), ">"),
            Line(nu, Integer(0), ">"),
        ),
        after=(Line(s**2, -zero / by_powers(two, k)),),
        uses=("curl",),
        assumptions=(
            r"In units of $1/\lambda$, $k=\kappa/\lambda$, $\omega_l=w_l/\sqrt\lambda$; $k_c$: see the derivation of the "
            "stability with decay.",
        ),
        check=_check_rotation,
    )


def _check_rotation(before: Lines, after: Lines) -> tuple[Check, ...]:
    """The square of the eigenvalue at the boundary, by both heads, in dense Jacobians and in runs."""
    delta = pair_determinant().subs(PAIR)
    square = after[s**2].subs({p: before[p], nu: before[nu]})
    return (
        Identity(((after[s**2] * before[c_2], -before[c_0]),)),
        Numerics(
            lambda rng: evidence.compare_asymmetry(rng, before.of(curl_xw, curl_yw).rights, *evidence.pair_at_random(rng)),
            1e-10,
            "what turns in dense Jacobians",
        ),
        Numerics(lambda rng: boundary_pairs(rng, delta, square), 1e-6, "dense eigenvalues of the pair at $k_c$"),
        Numerics(
            lambda rng: evidence.compare_rotations(rng, delta, before.of(p, nu).bounds, square),
            0,
            "squares that are negative at $k_c$, of pairs as assumed and of others",
        ),
        Numerics(
            lambda rng: evidence.measure_cycle(rng, delta, square),
            5e-2,
            "runs of both modes at $0.97\\,k_c$: amplitude and period of one turn after another",
        ),
    )
