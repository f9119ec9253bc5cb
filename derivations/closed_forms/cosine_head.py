r"""The mean cosine of predictions by a shared head and stopped targets: which angles stay open, as the engine finds it.

On the family ``uniform`` labels are at :math:`\vartheta_y` from the common direction, pure samples at :math:`\vartheta_x`, and
the head is :math:`w_m` along that direction and :math:`w_e` across it, :math:`\rho_W=w_e/w_m`.

>>> critical_ratio()
mu_k
>>> cosine_of_samples()
phi*rho_W**2/((1 - phi)*(1 - rho_W**2))

The derivation ``cosine_head`` shows them.
"""

from __future__ import annotations

from functools import cache

from sympy import Dummy, Expr, Matrix, S, cos, sin, solve, sqrt

from derivations.analysis.points.fixed_points import FixedPoints, fixed_points
from derivations.vocabulary import angle_x, angle_y, mass, mu_k, n, phi, rho_W, tan_x, tan_y, v, w_e, w_m
from theory import Flow, Loss, sg
from theory.models.vocabulary import K, beta, gamma
from theory.stopgrad import erase


def head_angles() -> Loss:
    """Both angles and both parts of the head; mobilities count all that move along."""

    def agreement(angle: Expr, target: Expr) -> Expr:
        """The cosine between the prediction at an angle and a stopped target at another."""
        along, across = w_m * cos(angle), w_e * sin(angle)
        return (along * cos(sg(target)) + across * sin(sg(target))) / sqrt(along**2 + across**2)

    pure = agreement(angle_x, angle_y) + agreement(angle_y, angle_x)
    frustrated = cos(sg(angle_y)) + agreement(angle_y, S.Zero)
    return Loss(
        -((1 - phi) * pure + phi * frustrated) / 2,
        state=(angle_y, angle_x, w_e, w_m),
        mobility={angle_y: 1 / (n * K), angle_x: 1 / ((1 - phi) * n * K), w_e: gamma / (K - 1), w_m: gamma},
    )


@cache
def closed_jacobian() -> Matrix:
    """The Jacobian of both angles where they are closed, by the ratio of the head, which does not move to first order."""
    velocity = head_angles().stop_gradient_flow().velocity
    angles = angle_y, angle_x
    slopes = Matrix([velocity[a] for a in angles]).jacobian(angles).subs(dict.fromkeys(angles, 0))
    return slopes.subs(w_e, rho_W * w_m).applyfunc(lambda e: e.cancel())


def tangent_flow() -> Flow:
    """What vanishes where both angles rest, in tangents of acute angles beside a head."""
    labels = (1 - phi) * (tan_x - rho_W * tan_y) - phi * rho_W * tan_y * sqrt(1 + tan_x**2)
    return Flow({tan_x: tan_y - rho_W * tan_x, tan_y: labels}, assumptions=(phi < 1,))


@cache
def resting_tangents() -> FixedPoints:
    """All acute angles at rest beside a head."""
    return fixed_points(tangent_flow(), time_limit=None)


@cache
def tangents_apart() -> tuple[Expr, Expr]:
    """The squares of the tangents of labels and of samples that rest apart."""
    apart = next(point for point in resting_tangents() if point.values[tan_x] != 0)
    return tuple((apart.values[t] ** 2).factor() for t in (tan_y, tan_x))


@cache
def cosine_of_samples() -> Expr:
    """The cosine of the angle of pure samples that rest apart: the root that their flow holds is its inverse."""
    cosine = Dummy(positive=True)
    moved = tangent_flow().velocity[tan_y].subs(sqrt(1 + tan_x**2), 1 / cosine).subs(tan_y, rho_W * tan_x)
    (found,) = solve(moved / tan_x, cosine)
    _, square = tangents_apart()
    if (found**2 * (1 + square) - 1).cancel() != 0:
        raise ArithmeticError("the engine finds other angles at rest")
    return phi * rho_W**2 / ((1 - phi) * (1 - rho_W**2)) * (found * (1 - phi) * (1 - rho_W**2) / (phi * rho_W**2)).cancel()


@cache
def square_across() -> Expr:
    """The square of the sine of the angle of labels that rest apart."""
    square, _ = tangents_apart()
    along = (1 - rho_W**2) * ((1 - phi) ** 2 - (1 - 2 * phi) * rho_W**2)
    return 1 - phi**2 * rho_W**2 / along * (along / (phi**2 * rho_W**2 * (1 + square))).cancel()


def spread_of_labels() -> Expr:
    """One minus the cosine of two labels that rest apart."""
    return K / (K - 1) * square_across()


@cache
def critical_fraction_of_ratio() -> Expr:
    """The ratio of the head at which the angles of samples that rest apart close, by the frustrated fraction."""
    (ratio,) = solve(cosine_of_samples() - 1, rho_W)
    return ratio


def critical_ratio() -> Expr:
    """The same by the correlation of the class modes."""
    correlation = Dummy(positive=True)
    return critical_fraction_of_ratio().subs(phi, 1 - correlation**2).subs(correlation, mu_k)


def rate_of_mode() -> Expr:
    """The rate of small angles in one mode beside a head, at mobilities inverse to the degrees and lengths one: the angle of a
    prediction is the ratio times that of its sample."""
    flow = mode_of_angles()
    return -flow.velocity[v].coeff(v).factor()


def following_rate() -> Expr:
    """The slow rate of the same with targets that follow at a rate, and with four times the gradient."""
    target = Dummy()
    moved = 4 * mode_of_angles().velocity[v] + 2 * rho_W * mu_k / mass * (target - v)
    matrix = Matrix([moved.expand(), beta * (v - target)]).jacobian([v, target])
    half, product = -matrix.trace() / 2, matrix.det().factor()
    return half - sqrt((half**2 - product).expand())


def mode_of_angles() -> Flow:
    """Small angles in one mode, each towards the stopped targets of its partners."""
    energy = ((rho_W * v) ** 2 / 2 - rho_W * v * mu_k * sg(v)) / (2 * mass)
    return Flow({v: erase(Loss(energy, state=(v,)).stop_gradient_flow().velocity[v]).expand()})
