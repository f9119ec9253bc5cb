r"""Metrics that depend on the state: where they make the flow of one mode a gradient flow, and what excludes them all.

At a state at rest a gradient flow :math:`\dot z=-M(z)\nabla U` has the Jacobian :math:`-M\nabla^2U`, which is similar to the
symmetric :math:`-M^{1/2}\nabla^2U\,M^{1/2}`: its eigenvalues are real, whatever the positive definite M and the U.
"""

from __future__ import annotations

from sympy import Expr, ImmutableMatrix, Integer, zeros

from derivations.catalogue.dense_head import boundary
from derivations.catalogue.non_conservative import evidence
from derivations.catalogue.written import by_powers
from derivations.checks import Identity, Numerics
from derivations.closed_forms.one_mode import hyperbola
from derivations.closed_forms.pair import PAIR, pair_cubic, pair_determinant
from derivations.closed_forms.reduced import all_modes, sectors
from derivations.engine import Step
from derivations.lines import Line, Lines, velocity_lines
from derivations.vocabulary import M_vv, M_vw, M_ww, U, c_0, c_2, k, mu, mu_k, s, v, w, w_0, w_r
from theory.flow import Flow
from theory.models.vocabulary import gamma


def metrics(flow: Flow) -> tuple[Step, ...]:
    """Of one mode, of any head in a plane, and of two modes with decay."""
    return (_alive(flow), _whole_plane(flow), _turned_head(), _with_decay())


def _alive(flow: Flow) -> Step:
    metric = (w**2 / gamma + 1, v * w, gamma * v**2)
    return Step(
        "metric_of_one_mode",
        "A metric that depends on the state does help where the mode is alive: for $v\\ne0$ the flow of one mode is the "
        "gradient flow $-M\\nabla U$ of the squared distance of its head from the correlation.",
        "Insert. $M$ is positive definite for $v\\ne0$, where $M_{ww}$ and the determinant are positive.",
        before=(*velocity_lines(flow), Line(U, (w - mu) ** 2 / 2)),
        after=(
            *(Line(name, entry) for name, entry in zip((M_vv, M_vw, M_ww), metric, strict=True)),
            Line(r"\det M", gamma * v**2),
        ),
        uses=("curl_of_one_mode",),
        assumptions=("$v\\ne0$; one mode along one direction, no decay.",),
        check=lambda before, after: (
            Identity(_descends(before, after)),
            Identity(
                (
                    (after[0].right * after[2].right - after[1].right ** 2, after[3].right),
                    *zip(before[:2].rights, flow.velocity.values(), strict=True),
                    *((line.left, name) for line, name in zip(after[:3], (M_vv, M_vw, M_ww), strict=True)),
                    (before[2].left, U),
                )
            ),
            Numerics(
                lambda rng: evidence.falls(rng, flow, before[2].right, after.rights[:3]),
                1e-6,
                "eigenvalues of $M$, and the fall of $U$ along integrated pieces of trajectories",
            ),
        ),
    )


def _descends(before: Lines, after: Lines) -> tuple:
    """The velocities and -M times the gradient."""
    vv, vw, ww = after[:3].rights
    along, across = (before[2].right.diff(x) for x in (v, w))
    return (before[0].right, -vv * along - vw * across), (before[1].right, -vw * along - ww * across)


def _whole_plane(flow: Flow) -> Step:
    level = hyperbola()
    return Step(
        "no_metric_where_modes_die",
        "No metric does so on the whole plane, where the amplitude may vanish too.",
        "Rest is where the gradient vanishes: a loss has one value on each of the lines of rest $v=0$ and $w=\\mu$ and, "
        "since they meet, the same on both. But on its hyperbola the flow leaves $(0,w_0)$ and ends on $w=\\mu$, and a loss "
        "would fall.",
        before=(*velocity_lines(flow), Line("Q", level)),
        after=(
            Line(r"v^2|_{t\to-\infty}", Integer(0)),
            Line(r"w|_{t\to-\infty}", w_0),
            Line(r"v^2|_{t\to\infty}", (mu**2 - w_0**2) / gamma),
            Line(r"w|_{t\to\infty}", mu),
            Line(r"\tfrac{d\dot v}{dv}|_{(0,w_0)}", w_0 * (mu - w_0)),
        ),
        uses=("metric_of_one_mode",),
        assumptions=("$0<w_0<\\mu$; $\\dot z=-M\\nabla U$ with $U$ differentiable and $M(z)$ positive definite.",),
        check=lambda before, after: (
            Identity(
                (
                    *zip(before.rights, (*flow.velocity.values(), level), strict=True),
                    *((e.subs(line), 0) for e in before[:2].rights for line in ({v: 0}, {w: mu})),
                    (sum(before[2].right.diff(x) * e for x, e in zip((v, w), before[:2].rights, strict=True)), 0),
                    (_level(before[2].right, after[:2]), _level(before[2].right, after[2:4])),
                    (before[0].right.diff(v).subs({v: 0, w: w_0}), after[4].right),
                )
            ),
            Numerics(
                lambda rng: evidence.from_line_to_line(rng, flow, after.rights[:4], w_0),
                1e-5,
                "trajectories integrated backwards and forwards to both lines",
            ),
        ),
    )


def _level(conserved: Expr, end: Lines) -> Expr:
    """What is conserved, at a square of the amplitude and a head."""
    return conserved.expand().subs(v**2, end[0].right).subs(w, end[1].right)


def _turned_head() -> Step:
    flow = all_modes().stop_gradient_flow()
    moved = -(w**2 + w_r**2) + mu_k * w
    return Step(
        "no_metric_beside_turned_heads",
        "In two or more dimensions none does so even near a single state: beside collapsed states whose head turns the plane "
        "modes move on spirals.",
        "At $V=0$ every head rests. The characteristic polynomial of $v_k$ is a sum of two squares, of which the second does "
        "not vanish; of a gradient flow $-M\\nabla U$ all eigenvalues at rest are real, being those of the symmetric matrix "
        "$-M^{1/2}\\nabla^2U\\,M^{1/2}$.",
        before=velocity_lines(flow),
        after=(Line(r"\det(s-\mathcal J_k)", (s - moved) ** 2 + mu_k**2 * w_r**2),),
        uses=("curl",),
        assumptions=(
            r"$W=\begin{pmatrix}w&-w_r\\w_r&w\end{pmatrix}$ on two directions, $\mu_kw_r\ne0$; $H=D^{-1}$, no decay.",
            "$U$ is twice differentiable, $M(z)$ continuous and positive definite.",
        ),
        check=lambda before, after: (
            before.equal(flow.velocity.values(), flow.context),
            Identity(((_of_dying_mode(before.rights), after[0].right),)),
            Numerics(
                lambda rng: evidence.spirals(rng, after[0].right, (s, w, w_r)),
                1e-9,
                "dense eigenvalues of the Jacobian of all entries, with their imaginary parts",
            ),
        ),
    )


def _of_dying_mode(velocities: tuple) -> Expr:
    """The characteristic polynomial of one mode of amplitude zero beside a turned head."""
    found = sectors(velocities, zeros(2, 1).as_immutable(), ImmutableMatrix([[w, -w_r], [w_r, w]]), ImmutableMatrix([[mu_k]]))
    (block,) = (matrix for names, matrix in found.items() if str(names[0]).startswith("v"))
    return block.charpoly(s).as_expr(s)


def _with_decay() -> Step:
    zero, _, two = pair_cubic()
    lines = (Line(c_2, by_powers(two, k)), Line(c_0, zero))
    delta = pair_determinant().subs(PAIR)
    return Step(
        "rotation",
        "With decay none does so even where classes stay apart: beside two modes at rest with different heads of one sign, "
        "and $\\kappa=k_c\\lambda$, the two modes turn. A little below, runs of three such pairs settle on cycles; where "
        "there is a cycle no function of the state falls wherever the flow moves, whatever the metric.",
        "At the Hopf boundary two eigenvalues of the pair are imaginary, with the square $-c_1$; there $c_1c_2=c_0$, and "
        "$c_0$, $c_2$ are positive. Cycles close up to a turn of all modes and the head together, over which a function that "
        "falls may be averaged; they are measured, not proved, at $0.97\\,k_c$.",
        before=lines,
        after=(Line(s**2, -lines[1].right / lines[0].right),),
        uses=("no_metric_beside_turned_heads",),
        assumptions=(
            r"In units of $1/\lambda$, $k=\kappa/\lambda$, $\omega_l=w_l/\sqrt\lambda$: $p=\omega_1\omega_2$, "
            r"$\nu=(\omega_1-\omega_2)^2$, $|\omega_l|>1$; $k_c$: see the derivation of the stability with decay.",
        ),
        check=lambda before, after: (
            Identity(
                (
                    *zip(before.rights, (two, zero), strict=True),
                    (after[0].right * before[0].right, -before[1].right),
                    *((line.left, e) for line, e in zip((*before, *after), (c_2, c_0, s**2), strict=True)),
                )
            ),
            Numerics(
                lambda rng: boundary(rng, delta, after[0].right.subs(PAIR)), 1e-6, "dense eigenvalues of the pair at $k_c$"
            ),
            Numerics(
                lambda rng: evidence.cycle(rng, delta, after[0].right.subs(PAIR)),
                5e-2,
                "runs of both modes at $0.97\\,k_c$: amplitude and period of one turn after another",
            ),
        ),
    )
