"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Add, Expr, ImmutableMatrix, Integer, Poly, Q, ZeroMatrix, integrate

from derivations.catalogue.non_conservative import evidence
from derivations.catalogue.non_conservative.metrics import metric_steps, velocities_of
from derivations.checks import Identity, Numerics
from derivations.closed_forms.one_mode import reduction
from derivations.closed_forms.reduced import shared_head
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    G_v,
    G_w,
    L,
    curl_G,
    curl_gF,
    curl_xw,
    curl_xy,
    curl_yw,
    g_vv,
    g_vw,
    g_ww,
    l_v,
    l_w,
    mu,
    psi,
    s,
    v,
    w,
    work,
    x,
    y,
)
from theory.flow import Flow
from theory.models.vocabulary import W, X, Y, gamma
from theory.words import Context

CURLS = {(X, Y): curl_xy, (X, W): curl_xw, (Y, W): curl_yw}
METRIC = ImmutableMatrix([[g_vv, g_vw], [g_vw, g_ww]])


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    flow, every = reduction().flow, shared_head("both").stop_gradient_flow()
    curls = Lines(Line(name, every.curl()[pair]) for pair, name in CURLS.items())
    forces = Lines(
        Line(name, (flow.velocity[block] / flow.mobility.get(block, 1)).factor()) for name, block in ((G_v, v), (G_w, w))
    )
    return (
        _curl_step(every, curls),
        *_one_mode_steps(flow, curls, forces),
        *metric_steps(flow, curls, forces),
        *_loss_steps(flow, forces),
    )


def _curl_step(flow: Flow, curls: Lines) -> Step:
    return Step(
        "curl",
        "The stop-gradient flow is no gradient flow in the metric of its mobilities: its curl does not vanish. Between "
        "embeddings and head it does not for any head; between samples and labels it vanishes iff the head is symmetric.",
        "Compare the two mixed derivatives in arbitrary directions $dX$, $dY'$ and so on. The first is linear in $W-W^T$, and "
        "vanishes for all directions only with it; the others do not hold the head, and vanish only where all labels of a "
        "sample and all samples of a label cancel, $JY^T=0$ and $XJ=0$.",
        given=velocity_lines(flow),
        after=curls,
        assumptions=(
            "$G=H^{-1}F$ is the velocity $F$ without its mobilities.",
            r"$C(dA,dB')=\langle dA,\partial_BG_A[dB']\rangle-\langle dB',\partial_AG_B[dA]\rangle$.",
        ),
        check=lambda before, after: (
            Identity(((after[curl_xy], 0),), Context((Q.symmetric(W),))),
            Identity(tuple((int(after[name].has(W)), 0) for name in (curl_xw, curl_yw))),
            Numerics(
                lambda rng: evidence.compare_curls(
                    rng, {pair: after[name] for pair, name in CURLS.items()}, {b: before[dot(b)] for b in flow.state}
                ),
                1e-20,
                "differences of the velocities at random points",
            ),
        ),
    )


def _one_mode_steps(flow: Flow, curls: Lines, forces: Lines) -> tuple[Step, ...]:
    curl = Line(curl_G, -flow.curl()[0, 1])
    return (_one_mode_curl_step(flow, curls, forces, curl), _loop_step(flow, forces, curl), _constant_metric_step(forces))


def _one_mode_curl_step(flow: Flow, curls: Lines, forces: Lines, curl: Line) -> Step:
    return Step(
        "curl_of_one_mode",
        "For one mode along one direction the curl is proportional to its amplitude, wherever the head stands.",
        "$G=(\\dot v,\\dot w/\\gamma)$; between samples and labels a head along one direction has no curl.",
        before=curls.of(curl_xw, curl_yw),
        given=velocity_lines(flow),
        after=(*forces, curl),
        uses=("curl",),
        assumptions=("One mode, along one direction; no decay.",),
        check=lambda before, after: (
            Identity(
                (
                    (after[G_v], before[dot(v)]),
                    (gamma * after[G_w], before[dot(w)]),
                    (after[G_w].diff(v) - after[G_v].diff(w), after[curl_G]),
                )
            ),
            Numerics(
                lambda rng: evidence.compare_asymmetry(
                    rng, before.of(curl_xw, curl_yw).rights, *evidence.one_mode_at_random(rng)
                ),
                1e-10,
                "dense Jacobians of one mode and a head",
            ),
        ),
    )


def _loop_step(flow: Flow, forces: Lines, curl: Line) -> Step:
    return Step(
        "loop",
        "Once around a rectangle with the sides $l_v$, $l_w$ about $(v,w)$ the force does work.",
        "Integrate $G$ along the four sides, counterclockwise; of a gradient the integral over a closed path is zero.",
        before=(*forces, curl),
        after=(Line(work, _integrate_around(*forces.rights)),),
        uses=("curl_of_one_mode",),
        check=lambda before, after: (
            Identity(
                ((after[work], _integrate_around(before[G_v], before[G_w])), (after[work], _integrate_over(before[curl_G])))
            ),
            Numerics(
                lambda rng: evidence.measure_work(rng, flow, after[work], (l_v, l_w)),
                1e-10,
                "numerical integrals of the lowered velocity along the sides",
            ),
        ),
    )


def _constant_metric_step(forces: Lines) -> Step:
    terms = Poly(_curl_in_metric(forces), v, w).terms()
    written = Add(*(coefficient.factor() * v**i * w**j for (i, j), coefficient in terms))
    return Step(
        "no_constant_metric",
        "No other constant metric makes it a gradient flow either: there is none in which the curl vanishes everywhere.",
        "The curl of $gF$ is a polynomial in $v$, $w$, all of whose coefficients must vanish.",
        before=forces,
        after=(Line(curl_gF, written), Line(METRIC, ZeroMatrix(2, 2))),
        uses=("curl_of_one_mode",),
        assumptions=("$g$ is symmetric and does not depend on the state; $F=(\\dot v,\\dot w)$.",),
        check=lambda before, after: (
            Identity(((after[curl_gF], _curl_in_metric(before)),)),
            Identity(((after[curl_gF].xreplace(dict(zip(METRIC, after[METRIC].as_explicit(), strict=True))), 0),)),
            Numerics(
                lambda rng: evidence.count_conditions(rng, after[curl_gF], (g_vv, g_vw, g_ww)),
                0,
                "the rank of the curl at random points",
            ),
        ),
    )


def _curl_in_metric(forces: Lines) -> Expr:
    """The curl of the velocities of one mode in a constant metric, from their forces."""
    F_v, F_w = velocities_of(forces).values()
    return (g_vw * F_v + g_ww * F_w).diff(v) - (g_vv * F_v + g_vw * F_w).diff(w)


def _integrate_around(G_v: Expr, G_w: Expr) -> Expr:
    """The integral of a force along the sides of a rectangle about (v, w), counterclockwise."""
    left, right, low, high = v - l_v / 2, v + l_v / 2, w - l_w / 2, w + l_w / 2
    along = [integrate((G_v.subs({v: s, w: low}) - G_v.subs({v: s, w: high})).expand(), (s, left, right))]
    along += [integrate((G_w.subs({v: right, w: s}) - G_w.subs({v: left, w: s})).expand(), (s, low, high))]
    return Add(*along).expand()


def _integrate_over(density: Expr) -> Expr:
    """The integral of a density over the same rectangle."""
    return integrate(density.subs({v: x, w: y}), (x, v - l_v / 2, v + l_v / 2), (y, w - l_w / 2, w + l_w / 2))


def _loss_steps(flow: Flow, forces: Lines) -> tuple[Step, ...]:
    pull = w * ((w - mu) ** 2 + psi)
    mass = Line(psi, 1 - mu**2)
    slope = Line(dot(L), -(v**2) * (w - mu) * (pull + gamma * v**2 * (w - mu)))
    return (_slope_step(flow, forces, mass, slope), _rise_step(flow, mass, slope, pull))


def _slope_step(flow: Flow, forces: Lines, mass: Line, slope: Line) -> Step:
    loss = Line(L, v**2 * ((w - mu) ** 2 + psi) / 2)
    return Step(
        "slope_of_the_loss",
        "Along this flow the original loss, its markers read as the identity, changes at this rate.",
        "Insert the velocities; $\\psi$ is the frustration of the mode.",
        before=forces,
        after=(loss, mass, slope),
        uses=("curl_of_one_mode",),
        check=lambda before, after: (
            Identity(((Add(*(after[L].diff(s) * moved for s, moved in velocities_of(before).items())), after[dot(L)]),)),
            Identity(((after[dot(L)].subs(psi, after[psi]), flow.time_derivative(after[L].subs(psi, after[psi]))),)),
            Numerics(lambda rng: evidence.compare_loss(rng, after[L], after[psi]), 1e-12, "the loss of one mode"),
        ),
    )


def _rise_step(flow: Flow, mass: Line, slope: Line, pull: Expr) -> Step:
    return Step(
        "where_the_loss_rises",
        "For a head between zero and the correlation the loss rises wherever the amplitude is small, and nowhere else: the "
        "mode grows, and with it what frustration costs. Elsewhere the loss falls, or stands still: on the border, and at "
        "$w=\\mu$.",
        "For $w<0$ and for $w>\\mu$ both terms in the bracket have the sign of $w-\\mu$, and no amplitude lies below the "
        "border; between they have opposite signs.",
        before=(mass, slope),
        given=(Line(v, Integer(0), r"\ne"),),
        after=(Line(gamma * v**2, pull / (mu - w), "<"),),
        uses=("slope_of_the_loss",),
        check=lambda before, after: (
            Identity(((before[dot(L)].subs(v**2, after[0].right / gamma), 0),)),
            Numerics(
                lambda rng: evidence.compare_rises(rng, flow, before, after.of(gamma * v**2)[0]),
                0,
                "the loss along integrated pieces of trajectories",
                reads=after,
            ),
        ),
    )
