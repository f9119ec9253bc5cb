"""The last steps of the derivation ``cosine``: the family that treats all labels alike, far from the aligned state."""

from __future__ import annotations

from sympy import Matrix, S, cos, exp, simplify, sin, sqrt, tan

from derivations.catalogue.cosine import family
from derivations.catalogue.written import decay_rate, ordered_sum, rising_series
from derivations.checks import Identity, Numerics, Remainder
from derivations.closed_forms.cosine import angle_flow, angle_time_scales, class_angles, rates_of_angles, slow_angles
from derivations.engine import Step
from derivations.lines import Line, Lines, dot
from derivations.vocabulary import L, angle_x, angle_y, angle_y0, apart_ab, delta, fast, n, phi, slow, t, tau
from theory.models.vocabulary import K

ACROSS = sin(angle_x - angle_y)


def uniform_steps(at_degrees: Line) -> tuple[Step, ...]:
    """Two angles on the family ``uniform``: how they move, where they rest, and how they close."""
    moving = _angle_lines()
    return (
        _angles_step(at_degrees, moving),
        _rest_step(moving),
        _two_rates_step(moving),
        _few_frustrated_step(),
        _two_stages_step(moving),
        _closing_step(),
    )


def _angle_lines() -> Lines:
    labels, samples = angle_flow().velocity.values()
    pulls = ordered_sum((1 - phi) * ACROSS / (n * K), -phi * sin(angle_y) / (n * K))
    if simplify(labels - pulls) != 0 or simplify(samples + ACROSS / (n * K)) != 0:
        raise ArithmeticError("the angles move otherwise")
    return Lines((Line(dot(angle_y), pulls), Line(dot(angle_x), -ACROSS / (n * K))))


def _angles_step(at_degrees: Line, moving: Lines) -> Step:
    return Step(
        "angles",
        "On the family that couples frustrated samples to all labels alike, labels are at an angle $\\vartheta_y$ from the "
        "common direction, each towards its own corner of a simplex, pure samples at $\\vartheta_x$, and frustrated samples "
        "along it: two angles close.",
        "The flow treats all labels alike; what pulls at a frustrated sample is along the common direction.",
        given=(at_degrees,),
        after=(Line(L, class_angles().expression), *moving, Line(apart_ab, K * sin(angle_y) ** 2 / (K - 1))),
        assumptions=("$n$ samples a class, a fraction $\\varphi$ of them frustrated; lengths are one.",),
        check=lambda given, after: (
            Identity(
                tuple((-class_angles().mobility[a] * after[L].diff(a), after[dot(a)]) for a in (angle_y, angle_x)),
            ),
            Numerics(lambda rng: family.symmetric_velocities(rng, given, after), 1e-10, "all embeddings of the family"),
        ),
    )


def _rest_step(moving: Lines) -> Step:
    one, other = cos(angle_y), cos(angle_x - angle_y)
    return Step(
        "rest",
        "Angles rest where all are straight or zero, and only there. Trace and determinant of the Jacobian say that of these "
        "four states the aligned one alone is stable.",
        "All fixed points of both unit vectors by exhausted cases.",
        before=moving,
        after=(
            Line(sin(angle_y), S.Zero),
            Line(ACROSS, S.Zero),
            Line(tau, ordered_sum(-(2 - phi) * other, -phi * one) / (n * K)),
            Line(delta, phi * one * other / (n * K) ** 2),
        ),
        uses=("angles",),
        check=lambda before, after: (
            Identity(tuple(family.resting_jacobians(before, after))),
            Numerics(lambda rng: family.stable_ends(rng, after), 0, "dense Jacobians of all embeddings at the four states"),
        ),
    )


def _two_rates_step(moving: Lines) -> Step:
    gentle, steep = rates_of_angles()
    root = sqrt(1 - phi)
    return Step(
        "two_rates",
        "Small angles close at two rates, those of the class modes with $\\mu=\\pm\\sqrt{1-\\varphi}$.",
        "The eigenvalues of the Jacobian at the aligned state.",
        before=moving,
        after=(Line(slow, (1 - root) / (n * K)), Line(fast, (1 + root) / (n * K))),
        uses=("angles",),
        check=lambda before, after: (
            Identity(((after[slow], gentle), (after[fast], steep), *_vieta(before, after))),
            Numerics(lambda rng: family.late_rates(rng, after), 1e-3, "late angles of labels in runs of all embeddings"),
        ),
    )


def _vieta(known: Lines, after: Lines):
    """Trace and determinant of the Jacobian at the aligned state, and both by the rates."""
    matrix = Matrix([known[dot(a)] for a in (angle_y, angle_x)]).jacobian([angle_y, angle_x]).subs({angle_y: 0, angle_x: 0})
    return (matrix.trace(), -after[slow] - after[fast]), (matrix.det(), after[slow] * after[fast])


def _few_frustrated_step() -> Step:
    exact = Lines((Line(slow, (1 - sqrt(1 - phi)) / (n * K)),))
    return Step(
        "few_frustrated",
        "With few frustrated samples one rate is slow: to leading order half the fraction over the total weight.",
        "A Puiseux series of the eigenvalue.",
        before=exact,
        after=(Line(slow, decay_rate(angle_time_scales().slow[0]), r"\simeq"),),
        uses=("two_rates",),
        check=lambda before, after: Remainder(
            lambda rng: family.rate_orders(rng, before, after),
            2e-2,
            "the rate at two small fractions: a remainder of order 3",
            reads=after,
        ),
    )


def _two_stages_step(moving: Lines) -> Step:
    ahead, speed = slow_angles()
    return Step(
        "two_stages",
        "From any angles the pure samples first meet their labels; then both close together, slowly, the samples a little "
        "behind.",
        "After the fast stage the angle of samples is a function of that of labels, which the flow keeps: its series in "
        "$\\varphi$, order by order.",
        before=moving,
        after=(
            Line(angle_x, rising_series(angle_y, ahead, phi), r"\simeq"),
            Line(dot(angle_y), rising_series(S.Zero, speed, phi), r"\simeq"),
        ),
        uses=("angles",),
        assumptions=("$\\varphi$ is small; to order two in it.",),
        check=lambda before, after: Remainder(
            lambda rng: family.stages(rng, before, after),
            5e-2,
            "runs of both angles at two small fractions: remainders of order 3",
            reads=after,
        ),
    )


def _closing_step() -> Step:
    leading = Line(tan(angle_y / 2), tan(angle_y0 / 2) * exp(-phi * t / (2 * n * K)), r"\simeq")
    _, speed = slow_angles()
    return Step(
        "closing",
        "To leading order the tangent of half the angle decays exponentially, from however far: frustration collapses angles.",
        "The derivative of this tangent along the leading velocity is a multiple of it.",
        before=(Line(dot(angle_y), rising_series(S.Zero, speed, phi), r"\simeq"),),
        after=(leading,),
        uses=("two_stages",),
        assumptions=("$\\vartheta_{y0}$ is where the fast stage ends.",),
        check=lambda before, after: (
            Identity(((_leading_speed(after.of(tan(angle_y / 2))[0]), before[dot(angle_y)].expand().coeff(phi, 1) * phi),)),
            Remainder(
                lambda rng: family.closing_orders(rng, after),
                5e-2,
                "runs of both angles at two small fractions: a remainder of order 1",
                reads=after,
            ),
        ),
    )


def _leading_speed(law: Line):
    """The velocity of the angle by a law for the tangent of its half."""
    half = law.left
    grown = (law.right.diff(t) / law.right).simplify()
    return 2 * sin(angle_y / 2) * cos(angle_y / 2) * grown if half == tan(angle_y / 2) else S.NaN
