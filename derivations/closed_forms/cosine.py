r"""Minus the mean cosine of pairs: what it does to angles, as the engine finds it.

On the family ``uniform`` labels are at the angle :math:`\vartheta_y` from the common direction, each towards its corner of a
simplex, pure samples at :math:`\vartheta_x`, and frustrated samples along the common direction.  Time is in units of mobilities
inverse to the degrees and of lengths one; :math:`nK` is the total weight.

>>> slow_rate_of_angles(2)
phi**2/(8*K*n) + phi/(2*K*n)
>>> rate_of_mode()
(1 - mu_k)/m_J

The derivation ``cosine`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Dummy, Eq, Expr, Rational, S, atan, cos, factorial, sin, solve, sqrt

from derivations.analysis.expansions.rates import TimeScales
from derivations.analysis.expansions.time_scales import time_scales
from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.points.fixed_points import FixedPoints, fixed_points
from derivations.vocabulary import angle_x, angle_y, cos_x, cos_y, half_x, half_y, mass, mu_k, n, phi, sin_x, sin_y, x, y
from theory import Flow, Loss, models, sg
from theory.models.vocabulary import K, X, Y, lam


def decaying_cosine() -> Loss:
    """The loss with a decay of all embeddings."""
    return models.cosine().with_parts(decay={X: lam, Y: lam})


def stopped_cosine() -> Loss:
    """The same loss in two halves, each of which stops at the other view, with half the decay."""
    still = models.cosine().expression.xreplace
    return decaying_cosine().with_parts(expression=(still({Y: sg(Y)}) + still({X: sg(X)})) / 2, decay={X: lam / 2, Y: lam / 2})


def lone_embedding() -> Loss:
    """One embedding beside a partner, in the plane of both."""
    return Loss(-(x * half_x + y * half_y) / sqrt(x**2 + y**2), state=(x, y), decay={x: lam, y: lam})


def class_angles() -> Loss:
    """The angles of labels and of pure samples; velocities of unit vectors, so that mobilities count all that move along."""
    energy = -(1 - phi) * cos(angle_x - angle_y) - phi * cos(angle_y)
    return Loss(energy, state=(angle_y, angle_x), mobility={angle_y: 1 / (n * K), angle_x: 1 / ((1 - phi) * n * K)})


def angle_flow() -> Flow:
    """How these angles move."""
    return Flow({angle: moved.factor() for angle, moved in class_angles().gradient_flow().velocity.items()})


def half_tangents() -> Flow:
    """The same flow in tangents of half the angles, which is rational: all angles but the straight one."""
    halves = {angle_y: half_y, angle_x: half_x}
    put = {angle: 2 * atan(h) for angle, h in halves.items()}
    moved = angle_flow().velocity
    return Flow(
        {h: ((1 + h**2) / 2 * moved[a].expand(trig=True).subs(put).expand(trig=True)).factor() for a, h in halves.items()}
    )


def unit_vectors() -> Flow:
    """The same flow in both components of the unit vectors: all angles."""
    moved = angle_flow().velocity
    parts = {angle_y: (cos_y, sin_y), angle_x: (cos_x, sin_x)}
    put = {f(angle): part for angle, both in parts.items() for f, part in zip((cos, sin), both, strict=True)}
    turned = {angle: v.expand(trig=True).xreplace(put) for angle, v in moved.items()}
    velocity = {c: -s * turned[a] for a, (c, s) in parts.items()} | {s: c * turned[a] for a, (c, s) in parts.items()}
    return Flow(velocity, assumptions=tuple(Eq(c**2 + s**2, 1) for c, s in parts.values()))


@cache
def resting_angles() -> FixedPoints:
    """Where unit vectors rest: every angle, and no other."""
    return fixed_points(unit_vectors(), time_limit=None)


@cache
def aligned_stability() -> Stability:
    """The stability of the state in which all are aligned."""
    return stability(half_tangents(), {half_y: 0, half_x: 0}, time_limit=None)


@cache
def rates_of_angles() -> tuple[Expr, Expr]:
    """The two decay rates of small angles, slow one first."""
    slow, fast = sorted((-s for s in aligned_stability().eigenvalues), key=lambda r: r.subs({phi: Rational(1, 2), n: 1, K: 2}))
    return slow, fast


@cache
def angle_time_scales(order: int = 2) -> TimeScales:
    """The same as series in the frustrated fraction."""
    return time_scales(half_tangents(), {half_y: 0, half_x: 0}, small=phi, order=order, time_limit=None)


def slow_rate_of_angles(order: int = 2) -> Expr:
    """The slow rate of small angles as a series in the frustrated fraction."""
    (slow,) = angle_time_scales(order).slow
    return sum((-coefficient * phi**power for power, coefficient in slow.branch.terms), S.Zero)


def rate_of_mode() -> Expr:
    """The rate of small angles in one mode, lengths being one: the cosine bends as the square of a distance."""
    gap = Dummy()
    stiffness = (-cos(gap)).diff(gap, 2).subs(gap, 0)
    return stiffness * (1 - mu_k) / mass


@cache
def slow_angles(order: int = 2) -> tuple[Expr, Expr]:
    """Past the fast stage: by how much pure samples are ahead of labels, and the velocity of labels, as series in phi.

    What is ahead is a function of the angle of labels that the flow keeps."""
    moved = angle_flow().velocity
    ahead: Expr = S.Zero
    for power in range(1, order + 1):
        letter = Dummy()
        tried = ahead + letter * phi**power
        labels, samples = (moved[a].subs(angle_x, angle_y + tried) for a in (angle_y, angle_x))
        (found,) = solve(_coefficient(samples - labels * (1 + ahead.diff(angle_y)), power), letter)
        ahead += found.factor() * phi**power
    speed = moved[angle_y].subs(angle_x, angle_y + ahead)
    return ahead, sum((_coefficient(speed, power).factor() * phi**power for power in range(1, order + 1)), S.Zero)


def _coefficient(expr: Expr, power: int) -> Expr:
    """That of a power of phi."""
    return expr.diff(phi, power).subs(phi, 0) / factorial(power)
