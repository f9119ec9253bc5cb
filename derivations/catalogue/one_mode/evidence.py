"""Numbers that the derivation ``one_mode`` is held against, each found without the formulas it checks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from sympy import lambdify

from derivations.checks import relation_holds
from derivations.lines import dot
from derivations.vocabulary import Q_e, head_at_corner, head_at_origin, mu, t, v, v_0, v_inf, w, w_0, w_inf
from theory.models.vocabulary import gamma

BAND = 0.05  # of the square of the correlation, around the boundary, where the approach takes longer than is integrated


def divide_velocities(rng, premises, lines):
    """Each velocity divided by both lines keeps its value from point to point, but for what does not vanish: v, w, or γv."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    amplitude, head = rng.standard_normal((2, 4))
    product = [(line.left - line.right) for line in lines]
    for velocity, rest in ((premises[dot(v)], -w), (premises[dot(w)], -gamma * v)):
        found = velocity.subs(values)
        for point in zip(amplitude, head, strict=True):
            at = dict(zip((v, w), point, strict=True)) | values
            expected = rest.subs(at)
            for factor in product:
                expected *= factor.subs(at)
            yield float(found.subs(at)), float(expected)


def compare_eigenvalues(rng, flow, lines, across):
    """The eigenvalues of numerical Jacobians on each line: zero, and the one across."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    lowered = flow.lower({str(s): x for s, x in values.items()})
    for fixed, formula in across.items():
        at = {v: rng.standard_normal(), w: rng.standard_normal()} | values
        at[fixed] = float(lines[fixed].subs(values))
        here, steps = np.array([at[v], at[w]]), 1e-6 * np.eye(2)
        columns = [(lowered.velocity(0, here + s) - lowered.velocity(0, here - s)) / 2e-6 for s in steps]
        found = np.linalg.eigvals(np.transpose(columns)).real
        yield np.sort(found), np.sort([0.0, float(formula.subs(at))])


def count_turns(rng, flow):
    """How often a head moves away from the correlation, or an amplitude changes sign: never."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    for start in rng.standard_normal((6, 2)):
        course = _integrate(lowered, start, np.linspace(0, 20, 60))
        gap = np.abs(course[1] - value)
        yield int((np.diff(gap) > 1e-8).sum() + (course[0] * start[0] < -1e-8).sum()), 0


def follow_courses(rng, flow, premises):
    """Both sides of the hyperbola of a course, at all times; and its end, which lies on one of both lines."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    level = lambdify((v, w), premises[Q_e].subs({mu: value, gamma: rate}))
    for start in rng.standard_normal((3, 2)):
        course = _integrate(flow.lower({"mu": value, "gamma": rate}), start, np.array([0, 1, 10, 1000 / value**2]))
        yield rate * course[0] ** 2, course[1] ** 2 - level(*start)
        off = [float((x - premises[x]).subs({v: course[0, -1], w: course[1, -1], mu: value})) for x in (v, w)]
        yield 1 + np.abs(off).min(), 1


def compare_survivors(rng, flow, assumption, after):
    """Whether modes survive, by the condition and by integration; and where those that survive end."""
    line = after.of(gamma * v_0**2)[0]
    bound, *ends = map(_function_of, (line.right, after[v_inf**2], after[w_inf]))
    for *at, end in _integrate_starts(rng, flow):
        alive = end[0] ** 2 > 1e-6
        admissible = not assumption.violations({v_0: at[0]})
        yield int(admissible and relation_holds(at[3] * at[0] ** 2, line, bound(*at))), int(alive)
        if alive:
            yield [formula(*at) for formula in ends], [end[0] ** 2, end[1]]


def compare_deaths(rng, flow, condition, after):
    """The ends of the modes that do not survive, by the formulas and by integration."""
    bound, *ends = map(_function_of, (condition.right, after[v_inf], after[w_inf]))
    for *at, end in _integrate_starts(rng, flow):
        if not relation_holds(at[3] * at[0] ** 2, condition, bound(*at)):
            yield [formula(*at) for formula in ends], end


def compare_boundaries(rng, flow, after):
    """The velocity of the head at random points of each level, against its formula."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    corner, origin = value * rng.uniform(1.1, 2), -rng.uniform(0.1, 2)
    for formula, level, head in ((after[head_at_corner], value**2, corner), (after[head_at_origin], 0, origin)):
        amplitude = np.sqrt((head**2 - level) / rate)
        yield float(formula.subs({w: head, mu: value})), lowered.velocity(0, np.array([amplitude, head]))[1]


def compare_late_heads(rng, flow, lines):
    """Both sides of the power laws for the head, on the boundary after a long time."""
    value, rate, late = rng.uniform(0.3, 1), rng.uniform(0.5, 2), 1e5
    lowered = flow.lower({"mu": value, "gamma": rate})
    for line, square, start in zip(lines, (value**2, 0), (2 * value, -value), strict=True):

        def speed(_, head, square=square):
            return lowered.velocity(0, np.array([np.sqrt(max(head[0] ** 2 - square, 0) / rate), head[0]]))[1:]

        end = solve_ivp(speed, (0, late), [start], method="LSODA", rtol=1e-10, atol=1e-14).y[0, -1]
        yield [float(side.subs({w: end, mu: value, t: late})) for side in (line.left, line.right)]


def _integrate_starts(rng, flow) -> Iterator[tuple]:
    """Random starts in all quadrants, on both sides of the boundary and outside the band; and their ends by integration.

    The last start has no amplitude, between both boundaries.
    """
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
                    end = _integrate(lowered, [amplitude, head], np.array([0, 1000 / value**2]))[:, -1]
                    yield amplitude, head, value, rate, end
    yield 0.0, value / 2, value, rate, np.array([0.0, value / 2])


def _integrate(lowered, start, times) -> NDArray:
    return solve_ivp(lowered.velocity, (times[0], times[-1]), start, t_eval=times, rtol=1e-10, atol=1e-13, method="LSODA").y


def _function_of(formula):
    """A formula as a function of start, correlation and mobility."""
    return lambdify((v_0, w_0, mu, gamma), formula)
