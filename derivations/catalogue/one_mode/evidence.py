"""Numbers that the derivation ``one_mode`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import lambdify

from derivations.checks import holds
from derivations.vocabulary import mu, t, v, w
from theory.models.vocabulary import gamma

BAND = 0.05  # of the square of the correlation, around the boundary, where the approach takes longer than is integrated


def divided(rng, velocities, lines):
    """Each velocity divided by both lines keeps its value from point to point, but for what does not vanish: v, w, or γv."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    amplitude, head = rng.standard_normal((2, 4))
    product = [(line.left - line.right) for line in lines]
    for velocity, rest in zip(velocities, (-w, -gamma * v), strict=True):
        found = velocity.subs(values)
        for point in zip(amplitude, head, strict=True):
            at = dict(zip((v, w), point, strict=True)) | values
            expected = rest.subs(at)
            for factor in product:
                expected *= factor.subs(at)
            yield float(found.subs(at)), float(expected)


def eigenvalues(rng, flow, lines, across):
    """The eigenvalues of numerical Jacobians on each line: zero, and the one across."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    lowered = flow.lower({str(s): x for s, x in values.items()})
    for line, formula in zip(lines, across, strict=True):
        at = {v: rng.standard_normal(), w: rng.standard_normal()} | values
        at[line.left] = float(line.right.subs(values))
        here, steps = np.array([at[v], at[w]]), 1e-6 * np.eye(2)
        columns = [(lowered.velocity(0, here + s) - lowered.velocity(0, here - s)) / 2e-6 for s in steps]
        found = np.linalg.eigvals(np.transpose(columns)).real
        yield np.sort(found), np.sort([0.0, float(formula.subs(at))])


def turns(rng, flow):
    """How often a head moves away from the correlation, or an amplitude changes sign: never."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    for start in rng.standard_normal((6, 2)):
        course = _course(lowered, start, np.linspace(0, 20, 60))
        gap = np.abs(course[1] - value)
        yield int((np.diff(gap) > 1e-8).sum() + (course[0] * start[0] < -1e-8).sum()), 0


def survivors(rng, flow, lines, start):
    """Whether modes survive, by both conditions and by integration; and where those that survive end."""
    *bounds, head, square = (_number(f, start) for f in lines.rights)
    for v_0, w_0, value, rate, end in _ends(rng, flow):
        side = int(w_0 < 0)
        alive = end[0] ** 2 > 1e-6
        yield int(holds(rate * v_0**2, lines[side], bounds[side](v_0, w_0, value, rate))), int(alive)
        if alive:
            yield [square(v_0, w_0, value, rate), head(v_0, w_0, value, rate)], [end[0] ** 2, end[1]]


def dead(rng, flow, formulas, boundaries, start):
    """Where the modes end that do not survive, by the formulas and by integration."""
    amplitude, *heads = (_number(f, start) for f in formulas)
    conditions = tuple(_number(b, start) for b in boundaries)
    for v_0, w_0, value, rate, end in _ends(rng, flow):
        side, at = int(w_0 < 0), (v_0, w_0, value, rate)
        if rate * v_0**2 < conditions[side](*at):
            yield [amplitude(*at), heads[side](*at)], end


def on_separatrices(rng, flow, formulas, levels):
    """The velocity of the head at random points of each level, against its formula."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    for formula, level, head in zip(formulas, levels, (value * rng.uniform(1.1, 2), -rng.uniform(0.1, 2)), strict=True):
        amplitude = np.sqrt((head**2 - float(level.subs(mu, value))) / rate)
        yield float(formula.subs({w: head, mu: value})), lowered.velocity(0, np.array([amplitude, head]))[1]


def late(rng, flow, formulas, levels):
    """The head on the boundary after a long time, against its power law."""
    value, rate, late = rng.uniform(0.3, 1), rng.uniform(0.5, 2), 1e5
    lowered = flow.lower({"mu": value, "gamma": rate})
    for formula, level, start, limit in zip(formulas, levels, (2 * value, -value), (value, 0.0), strict=True):
        square = float(level.subs(mu, value))

        def speed(_, head, square=square):
            return lowered.velocity(0, np.array([np.sqrt(max(head[0] ** 2 - square, 0) / rate), head[0]]))[1:]

        end = solve_ivp(speed, (0, late), [start], method="LSODA", rtol=1e-10, atol=1e-14).y[0, -1]
        yield end - limit, float(formula.subs({mu: value, t: late}))


def _ends(rng, flow) -> Iterator[tuple]:
    """Random starts in all quadrants, on both sides of the boundary and outside the band; and their ends by integration."""
    for side in (1, -1):
        for size in (rng.uniform(0.1, 0.9), rng.uniform(1.4, 2)):
            for above in (True, False):
                value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
                head = side * size * value
                boundary = head**2 - (value**2 if side > 0 else 0)
                distance = value**2 * rng.uniform(BAND, 0.3)
                square = max(boundary, 0) + distance if above else boundary - distance
                if square > 0:
                    amplitude = rng.choice([-1, 1]) * np.sqrt(square / rate)
                    lowered = flow.lower({"mu": value, "gamma": rate})
                    end = _course(lowered, [amplitude, head], np.array([0, 1000 / value**2]))[:, -1]
                    yield amplitude, head, value, rate, end


def _course(lowered, start, times) -> NDArray:
    return solve_ivp(lowered.velocity, (times[0], times[-1]), start, t_eval=times, rtol=1e-10, atol=1e-13, method="LSODA").y


def _number(formula, start):
    """A formula as a function of start, correlation and mobility."""
    return lambdify((*start, mu, gamma), formula)
