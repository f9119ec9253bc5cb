"""Stability on the family ``uniform`` under cosines with a head, by algebra: closed angles, and open ones that rest."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Dummy, Expr, Matrix, S, cos, sin, tan

from derivations.closed_forms.cosine_head import closed_jacobian
from derivations.lines import Lines, dot
from derivations.vocabulary import (
    aim_x,
    aim_y,
    angle_x,
    angle_y,
    delta,
    mu_k,
    phi,
    pull_x,
    pull_y,
    rate_g,
    s_1,
    s_2,
    tau,
    turn_x,
    turn_y,
    w_e,
    w_m,
)


def rates_of_closed_angles(known: Lines, after: Lines) -> tuple[tuple[Expr, Expr], ...]:
    """Sum and product of both rates, and trace and determinant of the engine's Jacobian."""
    matrix = closed_jacobian()
    first, second = (after[rate].subs(mu_k, known[mu_k]) for rate in (s_1, s_2))
    return (first + second, matrix.trace()), ((first * second).expand(), matrix.det().expand())


def rates_of_open_angles(known: Lines, after: Lines) -> Iterator[tuple[Expr, Expr]]:
    """Trace and determinant of the matrix by which the pulls move at rest, and both formulas; of the determinant first what the
    head adds, then what is left."""
    matrix = _motion_of_pulls(known)
    yield matrix.trace().expand(), after[tau].expand()
    found = (matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]).expand()
    left, shown = found.subs(rate_g, 0), after[delta].subs(rate_g, 0)
    yield found - left, (after[delta] - shown).expand()
    yield _at_rest(left - shown, known), S.Zero


def _motion_of_pulls(known: Lines) -> Matrix:
    """How both pulls change by what they move, where they vanish: predictions of samples are then at the angle of labels."""
    pulls = pull_y, pull_x
    tilt = (known[dot(w_e)] / w_e - known[dot(w_m)] / w_m).expand()
    tilted = sum((tilt.coeff(pull) / known[rate_g]).cancel() * rate_g * pull for pull in pulls)
    changes = {angle: known[dot(angle)] for angle in (angle_y, angle_x)}
    for aim, angle, turn in ((aim_y, angle_y, turn_y), (aim_x, angle_x, turn_x)):
        changes[aim] = turn * known[dot(angle)] + sin(2 * aim) / 2 * tilted
    moved = [sum(known[pull].diff(x) * v for x, v in changes.items()).expand() for pull in pulls]
    return Matrix([[change.coeff(pull) for pull in pulls] for change in moved]).subs(cos(aim_x - angle_y), 1)


def _at_rest(formula: Expr, known: Lines) -> Expr:
    """What is left of a formula at rest over how both predictions turn, by tangents of halves of two angles."""
    fraction = -known[pull_y].subs(phi, 0) / known[pull_y].diff(phi)
    turns = {turn: known[turn].subs(angle_y, aim_x) for turn in (turn_x, turn_y)}
    share = (formula / (turn_x * turn_y)).expand().subs(turns).subs(phi, fraction)
    return share.replace(tan, lambda a: sin(a) / cos(a)).expand(trig=True).subs(_by_halves()).together().cancel()


def _by_halves() -> dict[Expr, Expr]:
    halves = zip((angle_x, aim_y), (Dummy("p", positive=True), Dummy("q", positive=True)), strict=True)
    sides = {a: (2 * h / (1 + h**2), (1 - h**2) / (1 + h**2)) for a, h in halves}
    return {f(a): side for a, both in sides.items() for f, side in zip((sin, cos), both, strict=True)}
