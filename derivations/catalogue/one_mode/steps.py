"""The steps of the derivation, with their checks."""

from __future__ import annotations

from dataclasses import replace

from sympy import Expr, Integer, Matrix, Piecewise, sign, solve

from derivations.analysis.linearisation.stability import stability
from derivations.analysis.modes.reduction import Reduction
from derivations.analysis.points.fixed_points import fixed_points
from derivations.catalogue.one_mode import evidence
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.one_mode import SQUARE, boundaries, fates, hyperbola, reduction
from derivations.engine import Step
from derivations.lines import Line, Lines, dot, velocity_lines
from derivations.vocabulary import (
    Q_e,
    Q_t,
    V,
    approach,
    growth,
    head_at_corner,
    head_at_origin,
    mu,
    s_alive,
    s_dead,
    t,
    v,
    v_0,
    v_inf,
    w,
    w_0,
    w_inf,
)
from theory.flow import Flow
from theory.models.vocabulary import W, gamma
from theory.words import Context, collect


def steps() -> tuple[Step, ...]:
    """The steps, each with its check."""
    reduced = reduction()
    moved, level = velocity_lines(reduced.flow), Line(Q_e, hyperbola())
    rest = fixed_points(reduced.flow, time_limit=None)
    lines = Lines(Line(fixed, p.values[fixed]) for p in rest for fixed in p.values if p.values[fixed] != fixed)
    across = {at.left: stability(reduced.flow, p, time_limit=None).eigenvalues[0] for at, p in zip(lines, rest, strict=True)}
    return (
        *_flow_steps(reduced, level),
        *_point_steps(reduced.flow, lines, (Line(s_alive, across[w]), Line(s_dead, across[v]))),
        _monotone_step(reduced.flow, level, lines),
        *_end_steps(reduced.flow, level, lines),
        _boundary(reduced.flow, moved, level),
    )


def _flow_steps(reduced: Reduction, level: Line) -> tuple[Step, ...]:
    (matrix,), forms = reduced.whole.conserved(), reduced.ansatz.blocks
    return (
        replace(
            reduced.step,
            name="flow",
            statement="One mode along one direction $e$ stays along it, and the head acts along it alone.",
        ),
        Step(
            "hyperbola",
            "The conserved matrix becomes a number, $Q=Q_e\\,ee^T$, and its levels are hyperbolas.",
            "First integrals of the scalar flow; the form inserted in $Q$ gives the same.",
            before=velocity_lines(reduced.flow),
            given=(Line(Q_t, -matrix), *(Line(block, forms[block]) for block in (V, W))),
            after=(level,),
            uses=("flow",),
            assumptions=(
                "$\\mu$ is positive, without loss: $w\\to-w$ with $\\mu\\to-\\mu$, and $v\\to-v$, leave the "
                "equations as they are.",
            ),
            check=lambda before, after: (
                Identity(((after[Q_e].diff(v) * before[dot(v)], -after[Q_e].diff(w) * before[dot(w)]),)),
                Identity(_mirror_pairs(before[dot(v)], before[dot(w)])),
                Identity(_insert_mode(reduced, before, after[Q_e])),
            ),
        ),
    )


def _mirror_pairs(*velocities: Expr) -> tuple:
    """Velocities with signs turned, against the velocities of what is turned."""
    turned = ({w: -w, mu: -mu}, {v: -v})
    signs = ((1, -1), (-1, 1))
    return tuple(
        (velocity.subs(change, simultaneous=True), factor * velocity)
        for change, factors in zip(turned, signs, strict=True)
        for velocity, factor in zip(velocities, factors, strict=True)
    )


def _insert_mode(reduced: Reduction, premises: Lines, number: Expr) -> tuple:
    """The conserved matrix with the form inserted, and a number times what the head acts along."""
    form = {block: premises[block] for block in (V, W)}
    return ((collect(premises[Q_t].xreplace(form), Context(reduced.ansatz.assumptions)), number * reduced.ansatz.part(W, w)),)


def _point_steps(flow: Flow, lines: Lines, eigenvalues: tuple[Line, ...]) -> tuple[Step, ...]:
    moved = velocity_lines(flow)
    return (
        Step(
            "fixed_points",
            "The flow rests on two lines and nowhere else.",
            "All zeros of the velocities, by an exhausted split into cases.",
            before=moved,
            after=lines,
            uses=("flow",),
            check=lambda before, after: (
                Identity(tuple((before[dot(x)].xreplace({a.left: a.right}), 0) for a in after for x in (v, w))),
                Numerics(
                    lambda rng: evidence.divide_velocities(rng, before, after), 1e-12, "the velocities divided by both lines"
                ),
            ),
        ),
        Step(
            "stability",
            "Along each line the flow is neutral. Across, $w=\\mu$ attracts but where the lines cross; $v=0$ attracts outside "
            "the heads between zero and $\\mu$, and repels between.",
            "The other eigenvalue of the Jacobian on each line.",
            before=(*moved, *lines),
            after=eigenvalues,
            uses=("flow", "fixed_points"),
            check=lambda before, after: (
                Identity(_eigenvalues(before, {w: after[s_alive], v: after[s_dead]})),
                Numerics(
                    lambda rng: evidence.compare_eigenvalues(rng, flow, before, {w: after[s_alive], v: after[s_dead]}),
                    1e-6,
                    "numerical Jacobians on the lines",
                ),
            ),
        ),
    )


def _eigenvalues(premises: Lines, across: dict[Expr, Expr]) -> tuple:
    """On each line the trace of the Jacobian is the eigenvalue across, and its determinant is zero."""
    jacobian = Matrix([premises[dot(x)] for x in (v, w)]).jacobian([v, w])
    on = {fixed: jacobian.subs(fixed, premises[fixed]) for fixed in across}
    return tuple(pair for fixed, matrix in on.items() for pair in ((matrix.trace(), across[fixed]), (matrix.det(), 0)))


def _monotone_step(flow: Flow, level: Line, lines: Lines) -> Step:
    return Step(
        "monotone",
        "The head moves towards $\\mu$ without turning back, and $v$ keeps its sign: each start follows its hyperbola to "
        "the line $w=\\mu$, or to the line $v=0$ if that comes first.",
        "$\\dot v$ is proportional to $v$. A bounded monotone $w$ has a limit, hence $v^2$ on the hyperbola has one too.",
        before=(*velocity_lines(flow), level, *lines),
        after=(Line(approach, flow.time_derivative((w - mu) ** 2 / 2).factor()), Line(growth, flow.velocity[v].factor() / v)),
        uses=("flow", "hyperbola", "fixed_points"),
        check=lambda before, after: (
            Identity((((w - mu) * before[dot(w)], after[approach]), (before[dot(v)], v * after[growth]))),
            Numerics(lambda rng: evidence.count_turns(rng, flow), 0, "integrated heads that move away from the correlation"),
            Numerics(lambda rng: evidence.follow_courses(rng, flow, before), 1e-5, "integrated courses, and where they end"),
        ),
    )


def _end_steps(flow: Flow, level: Line, lines: Lines) -> tuple[Step, ...]:
    positive, negative = boundaries()
    condition = Line(gamma * v_0**2, Piecewise((positive, w_0 >= 0), (negative, True)), ">")
    return (_survival_step(flow, level, lines, condition), _death_step(flow, level, lines, condition))


def _survival_step(flow: Flow, level: Line, lines: Lines, condition: Line) -> Step:
    survival, _ = fates()
    return Step(
        "survival",
        "Under this condition the mode survives, with a finite amplitude, and the head ends at its correlation: a "
        "negative head changes sign.",
        "On the way from $w_0$ to $\\mu$ the hyperbola $\\gamma v^2=w^2-Q_e$ does not meet $v=0$.",
        before=(level, *lines.of(w)),
        given=(Line(v_0, Integer(0), r"\ne"),),
        after=(condition, Line(w_inf, survival.head), Line(v_inf**2, survival.square)),
        uses=("hyperbola", "fixed_points"),
        check=lambda before, after: (
            Identity(((after[w_inf], before[w]), _on_hyperbola(before[Q_e], after[w_inf], after[v_inf**2]))),
            Numerics(
                lambda rng: evidence.compare_survivors(rng, flow, before.of(v_0), after),
                1e-6,
                "integration from starts whose $\\gamma v_0^2$ is off the boundary by 5 % of $\\mu^2$ and more",
                reads=after.of(gamma * v_0**2),
            ),
        ),
    )


def _death_step(flow: Flow, level: Line, lines: Lines, condition: Line) -> Step:
    _, death = fates()
    return Step(
        "death",
        "From all other starts the mode dies, and the head stops with the sign that it had.",
        "The hyperbola meets $v=0$ at $w^2=Q_e$, on the side of the start.",
        before=(level, *lines.of(v), condition),
        after=(Line(v_inf, death.square), Line(w_inf, death.head)),
        uses=("hyperbola", "fixed_points", "survival"),
        check=lambda before, after: (
            Identity(
                (
                    (after[v_inf], before[v]),
                    *(_on_hyperbola(before[Q_e], after[w_inf].subs(sign(w_0), e), after[v_inf] ** 2) for e in (1, -1)),
                )
            ),
            Numerics(
                lambda rng: evidence.compare_deaths(rng, flow, before.of(gamma * v_0**2)[0], after),
                1e-6,
                "integration from starts off the boundary by as much",
            ),
        ),
    )


def _on_hyperbola(Q: Expr, head: Expr, square: Expr) -> tuple:
    """Both sides of the hyperbola of the start, at the end."""
    return gamma * square, head**2 - Q.xreplace({v: v_0, w: w_0})


def _boundary(flow: Flow, moved: Lines, level: Line) -> Step:
    gap = 1 / (2 * mu * t)
    return Step(
        "boundary",
        "On the boundary the mode dies, but as a power of time: with a head above $\\mu$ where both lines cross, with a "
        "negative head at the origin. Near it the approach stalls.",
        "Insert $\\gamma v^2=w^2-Q_e$ at $Q_e=\\mu^2$ and at $Q_e=0$; a double zero $\\dot x=-cx^2$ is approached as $1/(ct)$.",
        before=(*moved.of(dot(w)), level),
        after=(*_on_levels(Lines((*moved, level))), Line(w - mu, gap, r"\simeq"), Line(w, -2 * gap, r"\simeq")),
        uses=("flow", "hyperbola"),
        assumptions=(
            r"$t\to\infty$; the first on $Q_e=\mu^2$ with a head above $\mu$, the second on $Q_e=0$ with a negative one.",
        ),
        check=lambda before, after: (
            after.of(head_at_corner, head_at_origin).same(_on_levels(before)),
            Numerics(lambda rng: evidence.compare_boundaries(rng, flow, after), 1e-12, "velocities on the boundary"),
            Remainder(
                lambda rng: evidence.compare_late_heads(rng, flow, after.of(w - mu, w)),
                1e-2,
                "integration on the boundary to late times",
                reads=after.of(w - mu, w),
            ),
        ),
    )


def _on_levels(premises: Lines) -> Lines:
    """The velocity of the head on the hyperbolas through the corner and through the origin."""
    square = {Q: solve((premises[Q_e] - Q).xreplace({v**2: SQUARE}), SQUARE)[0] for Q in (mu**2, Integer(0))}
    names = (head_at_corner, head_at_origin)
    return Lines(Line(name, premises[dot(w)].subs(v**2, square[Q]).factor()) for name, Q in zip(names, square, strict=True))
