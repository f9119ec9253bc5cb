r"""Cosines of samples and labels at a temperature: classes on two cones about the mean direction, and where they rest.

>>> critical_temperature()
K/((K - 1)*log(K*(1 - phi)/phi + 1))
>>> resting_sines()
Min(1, temperature*(K - 1)*log(K*(1 - phi)/phi + 1)/K)

The derivation ``info_nce`` shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sympy import Expr, ImmutableMatrix, Min, S, Symbol, exp, log, pi, sin, solve

from derivations.closed_forms.redrawn_labels import margin_at_rest
from derivations.vocabulary import angle_x, angle_y, m, margin, mu_k, phi, rho_x, rho_y
from theory import Flow
from theory.models.two_views import temperature
from theory.models.vocabulary import K

SINES = sin(angle_x) * sin(angle_y)


def cone_margin(sines: Expr = SINES) -> Expr:
    """By how much the score of the right label exceeds the others, where samples and labels are on cones about one direction
    and classes on them along a simplex."""
    return K * sines / ((K - 1) * temperature)


def partly_pure_loss() -> Expr:
    """The loss by the margin, where a fraction of the samples sees all labels alike and has the same score with all."""
    return (1 - phi) * log(1 + (K - 1) * exp(-margin)) + phi * log(K)


def cone_velocities(loss: Expr, moving: Expr = S.One) -> dict[Symbol, Expr]:
    """The velocities of both angles by the margin; samples have the length rho_x, labels rho_y, and ``moving`` is the share of
    the samples on the cone."""
    mobility = {angle_x: 1 / (m * moving * rho_x**2), angle_y: 1 / (m * rho_y**2)}
    return {angle: -speed * loss.diff(margin) * cone_margin().diff(angle) for angle, speed in mobility.items()}


def angle_jacobian(velocities: Mapping[Symbol, Expr], by_angles: Expr) -> ImmutableMatrix:
    """The Jacobian of both angles, the margin moving along by its formula."""
    return Flow({angle: velocity.subs(margin, by_angles) for angle, velocity in velocities.items()}).jacobian()


def right_angle_rates(velocities: Mapping[Symbol, Expr], by_angles: Expr) -> tuple[Expr, Expr]:
    """The eigenvalues of both angles where both are right.

    Raises
    ------
    ArithmeticError
        where one angle moves the other.
    """
    matrix = _simplified_at_right_angles(angle_jacobian(velocities, by_angles))
    if (matrix[0, 1], matrix[1, 0]) != (0, 0):
        raise ArithmeticError("angles that are right move each other")
    return matrix[0, 0], matrix[1, 1]


@cache
def _simplified_at_right_angles(matrix: ImmutableMatrix) -> ImmutableMatrix:
    return matrix.subs({angle_x: pi / 2, angle_y: pi / 2}).applyfunc(Expr.simplify)


def opening_rate() -> Expr:
    """The growth of a mode where all embeddings point in one direction, labels having one degree."""
    return mu_k / (temperature * m * rho_x * rho_y)


def margin_rate(velocities: Mapping[Symbol, Expr], by_angles: Expr, end: Expr) -> Expr:
    """The eigenvalue that is not zero where the margin is at rest without both angles being right."""
    slopes = (velocity.diff(margin) * by_angles.diff(angle) for angle, velocity in velocities.items())
    return sum(slopes).subs(exp(-margin), exp(-end)).factor()


@cache
def critical_temperature() -> Expr:
    """The temperature at which the margin at rest asks for right angles."""
    (value,) = solve(cone_margin(S.One) - margin, temperature)
    return value.subs(margin, margin_at_rest())


@cache
def resting_sines() -> Expr:
    """The product of the sines of both angles at rest."""
    return Min(S.One, temperature / critical_temperature())
