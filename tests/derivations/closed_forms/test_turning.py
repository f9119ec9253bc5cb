"""Cubic coefficients below the Hopf line, against a dense flow that is written once more and differenced, and its limits."""

import flint
import mpmath
import numpy as np
import pytest

from derivations.catalogue.dense_head import jacobian, velocity
from derivations.closed_forms import turning
from derivations.closed_forms.turning import birth, critical_ratio, plane_coefficient, turning_square

HEADS = [(4.23606797749979, 3.732050807568877), (1.26, 1.05), (3.0, 5.0), (1.3, 9.0)]


class Dense:
    """Derivatives at rest of the flow of all entries, by differences, which are exact for polynomials of third degree."""

    def __init__(self, heads, ratio, mobility=1.0):
        self.size = len(heads)
        self.head = np.diag(heads)
        self.modes = self.head * np.sqrt(ratio / mobility)
        self.correlations = np.array([h + 1 / h for h in heads])
        self.rates = (mobility, 1.0, ratio)
        self.matrix = jacobian(self.modes, self.head, self.correlations, self.rates)

    def velocity(self, change):
        modes, head = np.split(change, 2)
        shape = (self.size, self.size)
        return velocity(self.modes + modes.reshape(shape), self.head + head.reshape(shape), self.correlations, self.rates)

    def along(self, *vectors):
        signs = np.array(np.meshgrid(*[[1, -1]] * len(vectors))).reshape(len(vectors), -1).T
        return sum(np.prod(s) * self.velocity(s @ np.array(vectors)) for s in signs) / 2 ** len(vectors)

    def solve(self, matrix, target):
        return np.linalg.lstsq(matrix, target, rcond=1e-10)[0]

    def eigenvectors(self):
        """Of directions 1 and 2, among all entries."""
        inside = np.array([1, self.size]), np.array([1, self.size]) + self.size**2
        places = np.concatenate(inside)
        values, right = np.linalg.eig(self.matrix[np.ix_(places, places)])
        chosen = values.imag.argmax()
        left = np.linalg.inv(right)[chosen]
        q, p = np.zeros((2, 2 * self.size**2), dtype=complex)
        scale = right[2, chosen] - right[3, chosen]
        q[places], p[places] = right[:, chosen] / scale, left * scale
        return values[chosen], q, p


def dense_coefficient(heads, ratio, mobility=1.0):
    """By Kuznetsov's formula over all entries, the rotation left to least squares."""
    flow = Dense(heads, ratio, mobility)
    rate, q, p = flow.eigenvectors()
    bar = q.conj()
    mean = flow.solve(-flow.matrix, flow.along(q, bar))
    double = flow.solve(2 * rate * np.eye(8) - flow.matrix, flow.along(q, q))
    return rate, p @ (flow.along(q, q, bar) + 2 * flow.along(q, mean) + flow.along(bar, double)) / 2


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("mobility", [1.0, 0.03])
def test_the_coefficient_is_that_of_the_dense_flow_whatever_the_mobility(heads, mobility):
    found = birth(*heads)
    rate, coefficient = dense_coefficient(heads, found.ratio, mobility)
    assert rate == pytest.approx(1j * found.frequency, rel=1e-9)
    assert found.coefficient == pytest.approx(coefficient, rel=1e-6)


@pytest.mark.parametrize("heads", HEADS)
def test_both_modes_have_the_same_part_in_it(heads):
    assert birth(*heads).coefficient == pytest.approx(birth(*heads[::-1]).coefficient, rel=1e-7)


@pytest.mark.parametrize("heads", HEADS)
def test_the_eigenvalue_moves_as_the_dense_one(heads):
    found, step = birth(*heads), 1e-5
    above, below = (Dense(heads, found.ratio * (1 + sign * step)).eigenvectors()[0] for sign in (1, -1))
    assert found.growth == pytest.approx((above - below) / (2 * step * found.ratio), rel=1e-5)


def test_cycles_are_born_stable_but_where_both_heads_are_near_one():
    """Heads, and the criticality that automatic differentiation of the flow with its rotation divided out gave."""
    known = {
        (1.05, 1.071): False,
        (1.05, 1.26): False,
        (1.05, 1.68): True,
        (4.236, 3.732): True,
        (5, 50): True,
        (1.2, 1.5): True,
    }
    assert {heads: birth(*heads).is_supercritical for heads in known} == known


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_slow_embeddings_leave_minus_the_critical_ratio(share):
    gaps = [
        abs(birth(size * share, size).coefficient.real / critical_ratio(size * share, size) + 1) for size in (200, 400, 800)
    ]
    assert gaps[-1] < 0.01
    assert np.diff(np.log2(gaps)) == pytest.approx([-2, -2], abs=0.1)


def test_units_do_not_matter():
    first, second, decay = 3.0, 5.0, 0.04
    own = birth(first, second)
    ratio = critical_ratio(first * decay**0.5, second * decay**0.5, decay)
    square = turning_square(first * decay**0.5, second * decay**0.5, ratio, decay)
    assert ratio == pytest.approx(own.ratio)
    assert square == pytest.approx((own.frequency * decay) ** 2)
    at = (first * decay**0.5, second * decay**0.5, ratio, 1j * square**0.5, decay)
    assert plane_coefficient(*at) == pytest.approx(own.coefficient)
    assert turning.tilt_coefficient(*at) == pytest.approx(own.tilt)


def test_digits_and_balls_agree_with_floats():
    found = birth(3.0, 5.0)
    with mpmath.workdps(30):
        roots = mpmath.polyroots(turning.determinant_coefficients(mpmath.mpf(3), mpmath.mpf(5)), maxsteps=200, extraprec=200)
        (ratio,) = (z.real for z in roots if z.real > 0)
        rate = mpmath.mpc(0, mpmath.sqrt(turning_square(3, 5, ratio)))
        digits = plane_coefficient(mpmath.mpf(3), mpmath.mpf(5), ratio, rate)
        ball = plane_coefficient(*map(flint.acb, (3, 5)), flint.arb(str(ratio)), flint.acb(0, flint.arb(str(rate.imag))))
    assert complex(digits) == pytest.approx(found.coefficient, rel=1e-10)
    assert complex(ball) == pytest.approx(complex(digits), rel=1e-12)
    assert ball.real.rad() < 1e-9


def test_the_flow_is_that_of_the_dense_head():
    rng, heads, ratio = np.random.default_rng(3), (1.7, 2.9), 0.3
    flow = turning.flow_of_entries(2).lower({"k": ratio, "omega_1": heads[0], "omega_2": heads[1], "lambda": 1.0})
    at = rng.standard_normal(8)
    correlations = np.array([h + 1 / h for h in heads])
    assert flow.velocity(0, at) == pytest.approx(
        velocity(at[:4].reshape(2, 2), at[4:].reshape(2, 2), correlations, (ratio, 1, ratio))
    )
