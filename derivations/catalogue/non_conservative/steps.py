"""The steps of the derivation, with their checks."""

from __future__ import annotations

from sympy import Add, Expr, Poly, Q, integrate, solve

from derivations.catalogue.non_conservative import evidence
from derivations.catalogue.non_conservative.metrics import metrics
from derivations.checks import Identity, Numerics
from derivations.closed_forms.one_mode import reduction
from derivations.closed_forms.reduced import shared_head
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import g_vv, g_vw, g_ww, l_v, l_w, mu, psi, s, v, w, x, y
from theory.flow import Flow
from theory.models.vocabulary import W, gamma
from theory.words import Context

METRIC = (g_vv, g_vw, g_ww)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    flow = reduction().flow
    return (_curl(), *_one_mode(flow), *metrics(flow), *_loss(flow))


def _curl() -> Step:
    flow = shared_head("both").stop_gradient_flow()
    entries = {pair: value for pair, value in flow.curl().items() if value != 0}
    return Step(
        "curl",
        "The stop-gradient flow is no gradient flow in the metric of its mobilities: its curl does not vanish. Between "
        "embeddings and head it does not for any head; between samples and labels it vanishes iff the head is symmetric.",
        "Compare the two mixed derivatives in arbitrary directions $dX$, $dY'$ and so on. The first is linear in $W-W^T$, and "
        "vanishes for all directions only with it; the others do not hold the head, and vanish only where all labels of a "
        "sample and all samples of a label cancel, $JY^T=0$ and $XJ=0$.",
        before=velocity_lines(flow),
        after=tuple(Line(rf"C(d{a},d{b}')", value) for (a, b), value in entries.items()),
        assumptions=(
            "$G=H^{-1}F$ is the velocity $F$ without its mobilities.",
            r"$C(dA,dB')=\langle dA,\partial_BG_A[dB']\rangle-\langle dB',\partial_AG_B[dA]\rangle$.",
        ),
        check=lambda before, after: (
            before.equal(flow.velocity.values(), flow.context),
            Identity(((after[0].right, 0),), Context((Q.symmetric(W),))),
            Identity(_without_head(after.rights[1:])),
            Numerics(
                lambda rng: evidence.asymmetries(rng, dict(zip(entries, after.rights, strict=True)), before.rights),
                1e-20,
                "differences of the velocities at random points",
            ),
        ),
    )


def _without_head(entries: tuple) -> tuple:
    """Whether the head occurs in entries of the curl: in none."""
    return tuple((int(entry.has(W)), 0) for entry in entries)


def _one_mode(flow: Flow) -> tuple[Step, ...]:
    forces = tuple(velocity / flow.mobility.get(block, 1) for block, velocity in flow.velocity.items())
    curl = -flow.curl()[0, 1]
    F_v, F_w = flow.velocity.values()
    crossed = (g_vw * F_v + g_ww * F_w).diff(v) - (g_vv * F_v + g_vw * F_w).diff(w)
    terms = Poly(crossed, v, w).terms()
    written = Add(*(coefficient.factor() * v**i * w**j for (i, j), coefficient in terms))
    (nothing,) = {*solve([coefficient for _, coefficient in terms], METRIC).values()}
    return (
        Step(
            "curl_of_one_mode",
            "For one mode along one direction the curl is proportional to its amplitude, wherever the head stands.",
            "$G=(\\dot v,\\dot w/\\gamma)$.",
            before=velocity_lines(flow),
            after=(Line(r"\partial_vG_w-\partial_wG_v", curl),),
            uses=("curl",),
            assumptions=("One mode with $\\mu>0$, along one direction; no decay.",),
            check=lambda before, after: (
                before.equal(flow.velocity.values()),
                Identity((((before[1].right / gamma).diff(v) - before[0].right.diff(w), after[0].right),)),
            ),
        ),
        Step(
            "loop",
            "Once around a rectangle with the sides $l_v$, $l_w$ about $(v,w)$ the force does work.",
            "Integrate $G$ along the four sides, counterclockwise; of a gradient the integral over a closed path is zero.",
            before=(Line("G_v", forces[0].factor()), Line("G_w", forces[1].factor())),
            after=(Line(r"\oint G_v\,dv+G_w\,dw", _around(*forces)),),
            uses=("curl_of_one_mode",),
            check=lambda before, after: (
                before.equal(forces),
                Identity(((after[0].right, _over(curl)),)),
                Numerics(
                    lambda rng: evidence.work(rng, flow, after[0].right, (l_v, l_w)),
                    1e-10,
                    "numerical integrals of the lowered velocity along the sides",
                ),
            ),
        ),
        Step(
            "no_constant_metric",
            "No other constant metric makes it a gradient flow either: there is none in which the curl vanishes everywhere.",
            "The curl of $gF$ is a polynomial in $v$, $w$, all of whose coefficients must vanish.",
            before=(Line(r"\partial_v(gF)_w-\partial_w(gF)_v", written),),
            after=(Line("g_{vv}=g_{vw}=g_{ww}", nothing),),
            uses=("curl_of_one_mode",),
            assumptions=("$g$ is symmetric and does not depend on the state; $F=(\\dot v,\\dot w)$.",),
            check=lambda before, after: (
                Identity(((before[0].right, crossed),)),
                Identity(((before[0].right.xreplace(dict.fromkeys(METRIC, after[0].right)), 0),)),
                Numerics(
                    lambda rng: evidence.rank_of_metrics(rng, before[0].right, METRIC),
                    0,
                    "the rank of the curl at random points",
                ),
            ),
        ),
    )


def _around(G_v: Expr, G_w: Expr) -> Expr:
    """The integral of a force along the sides of a rectangle about (v, w), counterclockwise."""
    left, right, low, high = v - l_v / 2, v + l_v / 2, w - l_w / 2, w + l_w / 2
    along = [integrate((G_v.subs({v: s, w: low}) - G_v.subs({v: s, w: high})).expand(), (s, left, right))]
    along += [integrate((G_w.subs({v: right, w: s}) - G_w.subs({v: left, w: s})).expand(), (s, low, high))]
    return Add(*along).expand()


def _over(density: Expr) -> Expr:
    """The integral of a density over the same rectangle."""
    return integrate(density.subs({v: x, w: y}), (x, v - l_v / 2, v + l_v / 2), (y, w - l_w / 2, w + l_w / 2))


def _loss(flow: Flow) -> tuple[Step, ...]:
    loss = v**2 * ((w - mu) ** 2 + psi) / 2
    mass = {psi: 1 - mu**2}
    pull = w * ((w - mu) ** 2 + psi)
    slope = -(v**2) * (w - mu) * (pull + gamma * v**2 * (w - mu))
    border = pull / (mu - w)
    return (
        Step(
            "slope_of_the_loss",
            "Along this flow the original loss, its markers read as the identity, changes at this rate.",
            "Insert the velocities; $\\psi=1-\\mu^2$ is the frustration of the mode.",
            before=(Line("L", loss), *velocity_lines(flow)),
            after=(Line(r"\dot L", slope),),
            uses=("curl_of_one_mode",),
            check=lambda before, after: (
                Numerics(lambda rng: evidence.loss_of_one_mode(rng, before[0].right, psi), 1e-12, "the loss of one mode"),
                Identity(
                    (
                        (
                            Add(*(before[0].right.diff(s) * line.right for s, line in zip((v, w), before[1:], strict=True))),
                            after[0].right,
                        ),
                        *zip(before[1:].rights, flow.velocity.values(), strict=True),
                    )
                ),
                Identity(((after[0].right.xreplace(mass), flow.time_derivative(loss.xreplace(mass))),)),
            ),
        ),
        Step(
            "where_the_loss_rises",
            "For a head between zero and the correlation the loss rises wherever the amplitude is small, and nowhere else: the "
            "mode grows, and with it what frustration costs. Elsewhere the loss falls, or stands still: on the border, and at "
            "$w=\\mu$.",
            "For $w<0$ and for $w>\\mu$ both terms in the bracket have the sign of $w-\\mu$; between they have opposite signs.",
            before=(Line(r"\dot L", slope),),
            after=(Line(gamma * v**2, border, "<"), Line("0<w", mu, "<")),
            uses=("slope_of_the_loss",),
            assumptions=("$v\\ne0$.",),
            check=lambda before, after: (
                Identity(((before[0].right, slope), (after[0].right * (mu - w), pull))),
                Numerics(
                    lambda rng: evidence.rises(rng, flow, loss, after, psi),
                    0,
                    "the loss along integrated pieces of trajectories",
                    reads=after,
                ),
            ),
        ),
    )
