"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, sign, solve

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.modes.reduction import Reduction
from derivations.analysis.points.fixed_points import fixed_points
from derivations.catalogue.one_mode import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.one_mode import SQUARE, boundaries, fates, hyperbola, reduction
from derivations.engine import Step
from derivations.lines import Line, velocity_lines
from derivations.vocabulary import mu, t, v, v_0, w, w_0
from theory.flow import Flow
from theory.models.vocabulary import W
from theory.printing import tex
from theory.words import Context, collect

START = (v_0, w_0)


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    reduced = reduction()
    Q = hyperbola()
    return (*_flow(reduced, Q), *_points(reduced.flow), *_ends(reduced.flow, Q), _separatrices(reduced.flow, Q))


def _flow(reduced: Reduction, Q: Expr) -> tuple[Step, ...]:
    (matrix,) = reduced.whole.conserved()
    return (
        replace(
            reduced.step,
            name="flow",
            statement="One mode along one direction $e$ stays along it, and the head acts along it alone.",
        ),
        Step(
            "hyperbola",
            "The conserved matrix becomes a number, and its levels are hyperbolas.",
            "First integrals of the scalar flow; the form inserted in $Q=W^TW-\\gamma VV^T$ gives the same.",
            before=velocity_lines(reduced.flow),
            after=(Line("Q", Q),),
            uses=("flow",),
            assumptions=(
                "$\\mu>0$ without loss: $w\\to-w$ with $\\mu\\to-\\mu$, and $v\\to-v$, leave the equations as they are.",
            ),
            check=lambda before, after: (
                before.equal(reduced.flow.velocity.values()),
                Identity(((after[0].right.diff(v) * before[0].right, -after[0].right.diff(w) * before[1].right),)),
                Identity(_mirrored(before.rights)),
                Identity(_inserted(reduced, -matrix, after[0].right)),
            ),
        ),
    )


def _mirrored(velocities: tuple) -> tuple:
    """Velocities with signs turned, against the velocities of what is turned."""
    turned = ({w: -w, mu: -mu}, {v: -v})
    signs = ((1, -1), (-1, 1))
    return tuple(
        (velocity.subs(change, simultaneous=True), factor * velocity)
        for change, factors in zip(turned, signs, strict=True)
        for velocity, factor in zip(velocities, factors, strict=True)
    )


def _inserted(reduced: Reduction, matrix, number: Expr) -> tuple:
    context = Context(reduced.ansatz.assumptions)
    along = reduced.ansatz.part(W, w)
    return ((collect(matrix.xreplace(dict(reduced.ansatz.blocks)), context), number * along),)


def _points(flow: Flow) -> tuple[Step, ...]:
    found = fixed_points(flow, time_limit=None)
    lines = tuple(Line(fixed, p.values[fixed]) for p in found for fixed in p.values if p.values[fixed] != fixed)
    across = tuple(stability(flow, p, time_limit=None).eigenvalues[0] for p in found)
    return (
        Step(
            "fixed_points",
            "The flow rests on two lines and nowhere else.",
            "All zeros of the velocities, by an exhausted split into cases.",
            before=velocity_lines(flow),
            after=lines,
            uses=("flow",),
            check=lambda before, after: (
                Identity(tuple((r.xreplace({a.left: a.right}), 0) for a in after for r in before.rights)),
                before.equal(flow.velocity.values()),
                Numerics(
                    lambda rng: evidence.divided(rng, before.rights, after), 1e-12, "the velocities divided by both lines"
                ),
            ),
        ),
        Step(
            "stability",
            "Along each line the flow is neutral. Across, $w=\\mu$ attracts wherever $v\\ne0$; $v=0$ attracts where $w<0$ or "
            "$w>\\mu$, and repels between.",
            "The other eigenvalue of the Jacobian on each line.",
            before=lines,
            after=tuple(Line(rf"s|_{{{tex(at.left)}={tex(at.right)}}}", s) for at, s in zip(lines, across, strict=True)),
            uses=("fixed_points",),
            check=lambda before, after: Numerics(
                lambda rng: evidence.eigenvalues(rng, flow, before, after.rights), 1e-6, "numerical Jacobians on the lines"
            ),
        ),
    )


def _ends(flow: Flow, Q: Expr) -> tuple[Step, ...]:
    survival, death = fates()
    positive, negative = boundaries()
    sides = ((">", 1), ("<", -1))
    approach = flow.time_derivative((w - mu) ** 2 / 2).factor()
    return (
        Step(
            "monotone",
            "The head moves towards $\\mu$ without turning back, and $v$ keeps its sign: each start follows its hyperbola to "
            "the line $w=\\mu$, or to the line $v=0$ if that comes first.",
            "$\\dot v$ is proportional to $v$. A bounded monotone $w$ has a limit, hence $v^2$ on the hyperbola has one too.",
            before=velocity_lines(flow),
            after=(
                Line(r"\tfrac{d}{dt}\tfrac12(w-\mu)^2", approach),
                Line(r"\tfrac{d}{dt}\log|v|", flow.velocity[v].factor() / v),
            ),
            uses=("hyperbola", "fixed_points"),
            check=lambda before, after: (
                Identity((((w - mu) * before[1].right, after[0].right), (before[0].right, v * after[1].right))),
                Numerics(lambda rng: evidence.turns(rng, flow), 0, "integrated heads that move away from the correlation"),
            ),
        ),
        Step(
            "survival",
            "Under these conditions the mode survives, with a finite amplitude, and the head ends at its correlation: a "
            "negative head changes sign.",
            "On the way from $w_0$ to $\\mu$ the hyperbola $\\gamma v^2=w^2-Q$ does not meet $v=0$.",
            before=(Line("Q", Q),),
            after=(
                Line(r"\text{from } w_0\ge0:\quad\gamma v_0^2", positive, ">"),
                Line(r"\text{from } w_0<0:\quad\gamma v_0^2", negative, ">"),
                Line(r"w_\infty", survival.head),
                Line(r"v_\infty^2", survival.square),
            ),
            uses=("monotone",),
            assumptions=("$v_0\\ne0$.",),
            check=lambda before, after: (
                Identity(((before[0].right, Q), _on_one_level(Q, after[2].right, after[3].right))),
                Numerics(
                    lambda rng: evidence.survivors(rng, flow, after, START),
                    1e-6,
                    "integration from starts whose $\\gamma v_0^2$ is off the boundary by 5 % of $\\mu^2$ and more",
                    reads=after[:2],
                ),
            ),
        ),
        Step(
            "death",
            "From all other starts the mode dies, and the head stops with the sign that it had.",
            "The hyperbola meets $v=0$ at $w^2=Q$, on the side of the start.",
            before=(Line("Q", Q),),
            after=(
                Line(r"v_\infty", death.square),
                *(Line(rf"\text{{from }} w_0{side}0:\quad w_\infty", death.head.subs(sign(w_0), one)) for side, one in sides),
            ),
            uses=("survival",),
            check=lambda before, after: (
                Identity(((before[0].right, Q), *(_on_one_level(Q, head, after[0].right ** 2) for head in after[1:].rights))),
                Numerics(
                    lambda rng: evidence.dead(rng, flow, after.rights, (positive, negative), START),
                    1e-6,
                    "integration from starts off the boundary by as much",
                ),
            ),
        ),
    )


def _on_one_level(Q: Expr, head: Expr, square: Expr) -> tuple:
    """The first integral at the start and at the end."""
    return Q.xreplace({v: v_0, w: w_0}), Q.subs(v**2, square).subs(w, head)


def _separatrices(flow: Flow, Q: Expr) -> Step:
    levels = (mu**2, Integer(0))
    on_level = (
        (flow.velocity[w].subs(v**2, solve((Q - level).xreplace({v**2: SQUARE}), SQUARE)[0])).factor() for level in levels
    )
    gap = 1 / (2 * mu * t)
    return Step(
        "boundary",
        "On the boundary the mode dies, but as a power of time: from $w_0>\\mu$ where both lines cross, from $w_0<0$ at the "
        "origin. Near it the approach stalls.",
        "Insert $\\gamma v^2=w^2-Q$ at $Q=\\mu^2$ and at $Q=0$; a double zero $\\dot x=-cx^2$ is approached as $1/(ct)$.",
        before=tuple(Line(rf"\dot w|_{{Q={name}}}", value) for name, value in zip((r"\mu^2", "0"), on_level, strict=True)),
        after=(Line(r"w-\mu", gap, r"\simeq"), Line("w", -2 * gap, r"\simeq")),
        uses=("death",),
        assumptions=(r"$t\to\infty$; the first from $w_0>\mu$, the second from $w_0<0$.",),
        check=lambda before, after: (
            Numerics(
                lambda rng: evidence.on_separatrices(rng, flow, before.rights, levels), 1e-12, "velocities on the boundary"
            ),
            Remainder(
                lambda rng: evidence.late(rng, flow, after.rights, levels),
                1e-2,
                "integration on the boundary to late times",
                reads=after,
            ),
        ),
    )
