"""Numbers that the derivation ``non_conservative`` is held against, each found without the formulas it checks."""

from __future__ import annotations

import mpmath
import numpy as np
from scipy.integrate import quad, solve_ivp
from sympy import lambdify

from derivations.catalogue.points import coupled_point, diagonal
from derivations.catalogue.reduced import M, V, all_modes, mu, mu_matrix, v, w
from derivations.catalogue.stop_gradient_evidence import slope
from derivations.checks import random_values
from derivations.evaluate import Point, array, evaluate
from theory.flow import direction
from theory.models.vocabulary import H_x, H_y, W, X, Y, d, gamma


def asymmetries(rng, curl, velocities):
    """Each entry of the curl by differences of the velocities, against its formula."""
    with mpmath.workdps(40):
        at = coupled_point(rng)
        inverse = {X: _inverse(at.values[H_x]), Y: _inverse(at.values[H_y]), W: diagonal([1 / at.values[gamma]] * at.values[d])}
        force = dict(zip((X, Y, W), velocities, strict=True))
        for (a, b), formula in curl.items():
            da, db = (random_values(rng, np.shape(at.values[block]), -1, 1) for block in (a, b))
            forwards = (slope(force[a], at, {b: db}) @ inverse[a] * da).sum()
            backwards = (slope(force[b], at, {a: da}) @ inverse[b] * db).sum()
            yield forwards - backwards, evaluate(formula, Point({**at.values, direction(a): da, direction(b, second=True): db}))


def work(rng, flow, formula, sides):
    """The work of the force along the sides of a rectangle, by quadrature of the lowered velocity, against its formula."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered, centre, lengths = flow.lower({"mu": value, "gamma": rate}), rng.standard_normal(2), rng.uniform(0.1, 1, 2)

    def along(axis, across):
        """The integral along one axis, at an offset along the other."""

        def force(x):
            place = np.where(np.arange(2) == axis, x, centre + across * lengths / 2)
            return lowered.velocity(0, place)[axis] / (1, rate)[axis]

        return quad(force, centre[axis] - lengths[axis] / 2, centre[axis] + lengths[axis] / 2, epsabs=1e-13)[0]

    values = dict(zip((v, w, *sides), (*centre, *lengths), strict=True)) | {mu: value, gamma: rate}
    yield along(0, -1) + along(1, 1) - along(0, 1) - along(1, -1), float(formula.subs(values))


def rank_of_metrics(rng, curl, entries):
    """How many independent conditions on a metric its curl makes at random points: one for each entry."""
    values = {mu: rng.uniform(0.3, 1), gamma: rng.uniform(0.5, 2)}
    points = [dict(zip((v, w), rng.standard_normal(2), strict=True)) | values for _ in range(6)]
    yield np.linalg.matrix_rank([[float(curl.expand().coeff(g).subs(at)) for g in entries] for at in points]), len(entries)


def loss_of_one_mode(rng, formula, frustration):
    """The loss of all modes with one mode in one dimension, against its formula."""
    value, place = rng.uniform(0.3, 1), rng.standard_normal(2)
    blocks = {V: array([[place[0]]]), W: array([[place[1]]]), mu_matrix: array([[value]])}
    at = {v: place[0], w: place[1], mu: value, frustration: 1 - value**2}
    yield evaluate(all_modes().erased(), Point({d: 1, M: 1, **blocks})), float(formula.subs(at))


def rises(rng, flow, loss, bounds, frustration):
    """Whether the loss is larger a moment later, by integration, and whether both bounds hold, at starts on all sides."""
    value, rate = rng.uniform(0.3, 1), rng.uniform(0.5, 2)
    lowered = flow.lower({"mu": value, "gamma": rate})
    known = {mu: value, gamma: rate, frustration: 1 - value**2}
    energy, size, square, largest = (lambdify((v, w), e.subs(known)) for e in (loss, *bounds))
    for head in value * np.array([-1.5, -0.2, 0.2, 0.5, 0.9, 1.1, 2.0]):
        border = head * (head**2 - 2 * value * head + 1) / (rate * (value - head))
        for factor in (0.1, 0.8, 1.25, 5.0):
            start = np.array([rng.choice([-1, 1]) * np.sqrt(abs(factor * border)), head])
            end = solve_ivp(lowered.velocity, (0, 1e-4), start, rtol=1e-12, atol=1e-15).y[:, -1]
            inside = 0 < head < largest(*start) and size(*start) < square(*start)
            yield int(energy(*end) > energy(*start)), int(inside)


def _inverse(matrix):
    return array(mpmath.inverse(mpmath.matrix(matrix.tolist())).tolist())
