r"""The linear part of a flow at a fixed point, in exact numbers, and what noise makes of it.

Zero modes are taken apart: with the characteristic polynomial :math:`s^kq(s)` of :math:`A`, the projector onto its kernel along
its range is :math:`Q=q(A)/q(0)`, where :math:`AQ=0`.  :math:`A-Q` is invertible and commutes with :math:`1-Q`.  Lyapunov
equations are linear systems for the entries of a symmetric matrix.

>>> from sympy import Matrix, symbols
>>> from theory import Flow
>>> from derivations.analysis.points.places import place_of
>>> x, y = symbols("x y", real=True)
>>> flow = Flow({x: y - 2 * x, y: 0 * x})
>>> part = LinearPart.of(flow, place_of(flow, {x: y / 2, y: y})[1], Matrix([[4, 0], [0, 0]]))
>>> [[e.expr() for e in line] for line in part.unit_covariance().tolist()]
[[1, 0], [0, 0]]

Assumed: zero modes with a full set of eigenvectors, none degenerate.  Fails: numbers that grow beyond their budget raise
:class:`~derivations.analysis.algebra.linear.OverBudget`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, Matrix, MatrixBase, S, eye, hessian

from derivations.analysis.algebra.linear import characteristic_coefficients
from derivations.analysis.linearisation.symmetries import linear_symmetries
from derivations.analysis.sites.characteristic import jacobian_at
from derivations.analysis.sites.field import Number, solve
from derivations.analysis.sites.site import Site
from theory.flow import Flow


@dataclass(frozen=True, eq=False)
class LinearPart:
    """A flow at a fixed point, arrays of numbers of the field of its site: ``moving`` is A - Q, ``onto`` the projector 1 - Q,
    ``lost`` is Q, ``noise`` the covariance C."""

    flow: Flow
    site: Site
    moving: NDArray
    onto: NDArray
    lost: NDArray
    noise: NDArray

    @classmethod
    def of(cls, flow: Flow, site: Site, noise: MatrixBase) -> LinearPart:
        matrix, common = jacobian_at(flow, site)
        A = _number_array(site, flow.jacobian())
        powers = [common**k for k in range(len(A) + 1)]
        scaled = zip(characteristic_coefficients(matrix, site.ring)[0], powers, strict=True)
        coefficients = [Number(site, *site.rational(site.normal_fraction(c, p))) for c, p in scaled]
        while coefficients[-1].is_zero:
            coefficients.pop()
        one = _number_array(site, eye(len(A)))
        lost = one - one
        if len(coefficients) <= len(A):
            for c in coefficients:
                lost = A @ lost + one * c
            lost = lost * (Number.of(site, S.One) / coefficients[-1])
        return cls(flow, site, A - lost, one - lost, lost, _number_array(site, noise))

    def number(self, expr: Expr) -> Number:
        return Number.of(self.site, expr)

    def unit_covariance(self) -> NDArray:
        r""":math:`\Sigma_1`."""
        return self._solve_balance(lambda s: self.moving @ s + s @ self.moving.T)

    def covariance(self, step: Number, momentum: Number) -> NDArray:
        r""":math:`\Sigma` of the discrete process."""
        A, one, two = self.moving, self.number(S.One), self.number(Integer(2))
        less, more = one / (two * (one - momentum)), one / (two * (one + momentum))

        def balance(s: NDArray) -> NDArray:
            forwards, backwards = A @ s, s @ A.T
            G = (backwards - forwards) * less - (forwards + backwards) * more
            kicks = A @ G + G.T @ A.T
            return (forwards + backwards) * ((one - momentum) / step) + A @ s @ A.T + kicks * momentum

        return self._solve_balance(balance)

    def shift(self, unit: NDArray) -> NDArray | None:
        """b (n × 1); None where symmetries do not generate all zero modes."""
        drift = self._turning_drift()
        if drift is None:
            return None
        curvatures = (_number_array(self.site, hessian(v, self.flow.state)) for v in self.flow.velocity.values())
        bent = np.array([[(curvature * unit).sum()] for curvature in curvatures])
        return -_solve_columns(self.moving, self.onto @ bent * self.number(S.Half) + drift)

    def _turning_drift(self) -> NDArray | None:
        """The drift c (n × 1) of turning back."""
        at = _number_array(self.site, Matrix(self.flow.state))
        generators, tangents = self._moving_generators(at)
        drift, half = at - at, self.number(S.Half)
        if not generators:
            return None if _has_nonzero(self.lost) else drift
        parts = _solve_columns(tangents.T @ tangents, tangents.T @ self.lost)
        if _has_nonzero(tangents @ parts - self.lost):
            return None
        sizes, crossed = parts @ self.noise @ parts.T, self.onto @ self.noise @ parts.T
        for j, G in enumerate(generators):
            drift = drift - self.onto @ G @ crossed[:, [j]]
            for k, H in enumerate(generators):
                drift = drift - self.onto @ G @ H @ at * (sizes[j, k] * half)
        return drift

    def _moving_generators(self, at: NDArray) -> tuple[list[NDArray], NDArray]:
        """Symmetries that move the point in independent directions, and these directions (n × k)."""
        found: list[NDArray] = []
        tangents = at[:, :0]
        for generator in linear_symmetries(self.flow) if _has_nonzero(self.lost) else ():
            G = _number_array(self.site, generator)
            rest = G @ at
            if found:
                rest = rest - tangents @ _solve_columns(tangents.T @ tangents, tangents.T @ rest)
            if _has_nonzero(rest):
                found, tangents = [*found, G], np.hstack([tangents, G @ at])
        return found, tangents

    def _solve_balance(self, balance: Callable[[NDArray], NDArray]) -> NDArray:
        """The symmetric matrix of which a linear map is minus the transverse noise."""
        n, zero = len(self.noise), self.number(S.Zero)
        pairs, one = list(combinations_with_replacement(range(n), 2)), self.number(S.One)
        units = []
        for i, j in pairs:
            unit = np.full((n, n), zero, dtype=object)
            unit[i, j] = unit[j, i] = one
            units.append(unit)
        images = [balance(unit) for unit in units]
        right = self.onto @ self.noise @ self.onto.T
        found = solve([[image[i, j] for image in images] for i, j in pairs], [-right[i, j] for i, j in pairs])
        return sum((unit * value for unit, value in zip(units, found, strict=True)), np.full((n, n), zero, dtype=object))


def _number_array(site: Site, matrix: MatrixBase) -> NDArray:
    return np.array([[Number.of(site, e) for e in line] for line in matrix.tolist()], dtype=object)


def _has_nonzero(matrix: NDArray) -> bool:
    return any(not e.is_zero for e in matrix.flat)


def _solve_columns(matrix: NDArray, right: NDArray) -> NDArray:
    """The solution of a linear system with several right sides, in columns."""
    return np.array([solve(matrix.tolist(), list(column)) for column in right.T], dtype=object).T
