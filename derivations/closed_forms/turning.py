r"""Below the Hopf line of a pair of directions: the cubic coefficients of the cycles that are born there.

Two modes rest at different heads of one sign; the embeddings decay at the rate :math:`\lambda` (one in own units) and the head
at :math:`k\lambda`.  Amplitudes are in units of :math:`\sqrt{\kappa/\gamma\lambda}`, so that the mobility of the head is no
part of it.  At :math:`k_c` the matrix of the pair (:mod:`derivations.closed_forms.pair`) has two eigenvalues :math:`\pm s`,
:math:`s=i\Omega`, :math:`\Omega^2=c_0/c_2`.  On the centre manifold

.. math:: \dot z=(\sigma+i\Omega)z+c\,z|z|^2+\dots,\qquad W_{12}-W_{21}=2\operatorname{Re}z+\dots:

amplitudes are measured by the antisymmetric part of the head, which no rotation of the directions changes.  Kuznetsov's first
Lyapunov coefficient in this normalisation is :math:`l_1=\operatorname{Re}c/\Omega`, and with eigenvectors p and q of the pair,

.. math:: 2c=p\,[C(q,q,\bar q)+2B(q,g)+B(\bar q,h)],\quad -Ag=B(q,\bar q),\quad(2s-A)h=B(q,q).

Turning direction 2 over together with its mode changes the sign of z.  So g and h lie along the diagonals, and the rotation,
which costs nothing, is moved at third order only and along itself: no gauge is fixed.  As
:math:`(W^TW-kVV^T)^\cdot=-2k\lambda(W^TW-VV^T)`, in the mean over a cycle :math:`W^TW` and :math:`VV^T` have the same
diagonals: this gives half of g, also as :math:`\lambda\to0`, where A becomes singular.

Where several modes share the second head, z is a vector of :math:`\mathbb C^n`, and by their rotations

.. math:: \dot z=(\sigma+i\Omega)z+a\,z|z|^2+b\,\bar z\,(z\cdot z),\qquad c=a+b.

Cycles in a plane (z real up to a phase) have the coefficient c and bear tilts out of their plane where
:math:`\operatorname{Re}b>0`; round ones (:math:`z\cdot z=0`) have a, and bear changes of their shape where
:math:`\operatorname{Re}b<0`.

Everything is written for numbers of any arithmetic: NumPy's, mpmath's, or balls of FLINT's Arb, which enclose.

>>> found = birth(4.23606797749979, 3.732050807568877)  # frustration .2, decay .05
>>> round(found.ratio, 4), round(found.frequency, 4), found.is_supercritical, found.tilt.real > 0
(0.0742, 1.0628, True, True)

Source: Kuznetsov, *Elements of Applied Bifurcation Theory*, §5.4; for several modes Golubitsky, Stewart and Schaeffer,
*Singularities and Groups in Bifurcation Theory* II, ch. XVI.
When it fails: heads of opposite signs and equal heads, which have no Hopf line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations
from math import factorial, prod
from typing import Any

import numpy as np
from sympy import Expr, ImmutableMatrix, Poly, Symbol, lambdify, zeros

from derivations.closed_forms.decaying import decaying_modes
from derivations.closed_forms.pair import PAIR, pair_cubic, pair_determinant
from derivations.closed_forms.reduced import entries
from derivations.vocabulary import V, k, mu_matrix, nu, omega_1, omega_2, p, s
from theory import Flow
from theory.models.vocabulary import W, gamma, kappa, lam

Number = Any  # real or complex, of whatever arithmetic
Vector = Mapping[Symbol, Number]  # by entries of V and W; those left out are zero
PARAMETERS = (omega_1, omega_2, k, lam)
ROUNDING = 1e-6  # the share of a root's size below which its imaginary part is none


@dataclass(frozen=True)
class Birth:
    r"""A cycle where it is born.

    Attributes
    ----------
    ratio
        :math:`k_c`.
    frequency
        :math:`\Omega`, in units of :math:`\lambda`.
    growth
        :math:`d(\sigma+i\Omega)/dk` there.
    coefficient
        c, of a cycle in a plane.
    tilt
        b, where several modes share the second head.
    swing
        the mean and half of the range, over a cycle, of the squared amplitude of the second mode relative to rest, less one,
        for :math:`|z|=1`.
    """

    ratio: float
    frequency: float
    growth: complex
    coefficient: complex
    tilt: complex
    swing: tuple[float, float]

    @property
    def is_supercritical(self) -> bool:
        """Whether the cycle is born stable in its plane, below the line."""
        return self.coefficient.real < 0

    def square(self, share: float) -> float:
        r""":math:`|z|^2` on the cycle at :math:`k=(1-\delta)k_c`, to leading order in the share :math:`\delta`, which is
        negative where the cycle is born above the line."""
        return self.growth.real * self.ratio * share / self.coefficient.real

    def turning_rate(self, share: float) -> float:
        """The frequency there, to first order in the share."""
        return self.frequency - self.growth.imag * self.ratio * share + self.coefficient.imag * self.square(share)

    def least_amplitude(self, share: float) -> float:
        """The smallest amplitude of the second mode there, relative to rest, to first order in the share: the smallest distance
        of two labels that differ by this mode alone."""
        mean, half = self.swing
        return 1 + self.square(share) * (mean - half) / 2


def birth(first: float, second: float) -> Birth:
    """The cycle that is born of two different heads of one sign, in own units."""
    ratio = critical_ratio(first, second)
    rate = 1j * np.sqrt(turning_square(first, second, ratio))
    at = first, second, ratio, rate
    return Birth(ratio, rate.imag, growth(*at), plane_coefficient(*at), tilt_coefficient(*at), _swing(*at))


def _swing(first: float, second: float, ratio: float, rate: complex) -> tuple[float, float]:
    at = Rest(2, first, second, ratio, 1)
    q, bar, _ = at.eigenvectors(rate)
    along = entries("v", 2, 2)[1, 1]
    mean = second * at.mean(q, bar)[along] + q[at.aside] * bar[at.aside]
    half = second * at.double(q, rate)[along] + q[at.aside] ** 2
    return 2 * mean.real / second**2, 2 * abs(half) / second**2


def critical_ratio(first: float, second: float, decay: float = 1) -> float:
    """The positive root of the Hurwitz determinant, in double precision."""
    roots = np.roots(determinant_coefficients(first, second, decay))
    (root,) = (z.real for z in roots if z.real > 0 and abs(z.imag) < ROUNDING * abs(z))
    return float(root)


def determinant_coefficients(first: Number, second: Number, decay: Number = 1) -> list[Number]:
    """The coefficients of the Hurwitz determinant as a polynomial in k, that of the highest power first."""
    return _lower(_determinant_coefficients, omega_1, omega_2, lam)(first, second, decay)


def turning_square(first: Number, second: Number, ratio: Number, decay: Number = 1) -> Number:
    r""":math:`\Omega^2` of a pair on its Hopf line."""
    return _lower(_turning_square, *PARAMETERS)(first, second, ratio, decay)[0]


def growth(first: Number, second: Number, ratio: Number, rate: Number) -> Number:
    """The derivative by k of the eigenvalue s of a pair, in own units."""
    return _lower(_growth, omega_1, omega_2, k, s)(first, second, ratio, rate)[0]


def plane_coefficient(first: Number, second: Number, ratio: Number, rate: Number, decay: Number = 1) -> Number:
    """The coefficient c of a cycle in a plane."""
    at = Rest(2, first, second, ratio, decay)
    q, bar, p = at.eigenvectors(rate)
    return (
        _dot(p, at.along(q, q, bar)) / 2
        + _dot(p, at.along(q, at.mean(q, bar)))
        + _dot(p, at.along(bar, at.double(q, rate))) / 2
    )


def tilt_coefficient(first: Number, second: Number, ratio: Number, rate: Number, decay: Number = 1) -> Number:
    r"""The coefficient b, of :math:`\bar z_1z_2^2`, where modes 2 and 3 share the second head.

    At second order directions 2 and 3 turn against their modes, at the speed t, and take along all entries of mode 3 but its
    component along direction 1.
    """
    at = Rest(3, first, second, ratio, decay)
    q, bar, p = at.eigenvectors(rate)
    other = {_exchanged(entry): value for entry, value in q.items()}
    mixed, turn = at.solve_turning(at.along(bar, other))
    cubic = _dot(p, at.along(bar, other, other)) / 2 + _dot(p, at.along(other, mixed))
    return cubic + _dot(p, at.along(bar, at.double(other, rate))) / 2 + turn * (1 - p[at.aside] * q[at.aside])


@dataclass(frozen=True)
class Rest:
    """Modes at rest along as many directions, all but the first at the second head: derivatives of the velocity there.

    Attributes
    ----------
    directions
        two, or three.
    first, second, ratio, decay
        heads, k and the decay of the modes, numbers.
    """

    directions: int
    first: Number
    second: Number
    ratio: Number
    decay: Number

    @cached_property
    def derivatives(self) -> list[tuple[Symbol, tuple[Symbol, ...], Number]]:
        """Those that are not zero: of what, by what, and their values."""
        places, values = _derivatives(self.directions)
        found = values(self.first, self.second, self.ratio, self.decay)
        return [(*place, value) for place, value in zip(places, found, strict=True)]

    @cached_property
    def matrix(self) -> dict[tuple[Symbol, Symbol], Number]:
        """The entries of the Jacobian that are not zero."""
        return {(moved, by[0]): value for moved, by, value in self.derivatives if len(by) == 1}

    @property
    def aside(self) -> Symbol:
        """The component of mode 2 along direction 1."""
        return entries("v", self.directions, self.directions)[0, 1]

    def along(self, *vectors: Vector) -> Vector:
        """The derivative in the directions of vectors."""
        found: dict[Symbol, Number] = {}
        for moved, by, value in self.derivatives:
            for names in set(permutations(by)) if len(by) == len(vectors) else ():
                if all(x in v for x, v in zip(names, vectors, strict=True)):
                    term = value * prod(v[x] for x, v in zip(names, vectors, strict=True))
                    found[moved] = found[moved] + term if moved in found else term
        return found

    def eigenvectors(self, rate: Number) -> tuple[Vector, Vector, Vector]:
        r"""q, :math:`\bar q` and p of directions 1 and 2 at the eigenvalue s: :math:`q_{W_{12}}-q_{W_{21}}=1`, :math:`pq=1`."""
        v, w = (entries(name, self.directions, self.directions) for name in ("v", "W"))
        heads, modes = (w[0, 1], w[1, 0]), (v[0, 1], v[1, 0])
        q, p = self._null_vectors(heads, modes, rate)
        bar, _ = self._null_vectors(heads, modes, -rate)
        overlap = _dot(p, q)
        return q, bar, {x: value / overlap for x, value in p.items()}

    def _null_vectors(self, heads: Sequence[Symbol], modes: Sequence[Symbol], rate: Number) -> tuple[Vector, Vector]:
        """Right and left eigenvectors: entries of the head, which do not move each other, are solved for."""
        own = {h: rate - self.matrix[h, h] for h in heads}
        reach = {(h, x): self.matrix[h, x] / own[h] for h in heads for x in modes}
        x, y = modes
        (_, b), (c, d) = (
            [
                (rate if i == j else 0) - self.matrix.get((i, j), 0) - sum(self.matrix[i, h] * reach[h, j] for h in heads)
                for j in modes
            ]
            for i in modes
        )
        q = {h: d * reach[h, x] - c * reach[h, y] for h in heads} | {x: d, y: -c}
        left = {h: (d * self.matrix[x, h] - b * self.matrix[y, h]) / own[h] for h in heads} | {x: d, y: -b}
        size = q[heads[0]] - q[heads[1]]
        return {e: value / size for e, value in q.items()}, left

    def mean(self, q: Vector, bar: Vector) -> Vector:
        r"""g of :math:`z\bar z`, along the diagonals: amplitudes from the balance of :math:`W^TW` and :math:`VV^T`."""
        target, found = self.along(q, bar), dict[Symbol, Number]()
        v, w = (entries(name, self.directions, self.directions) for name in ("v", "W"))
        for i, head in enumerate((self.first, *[self.second] * (self.directions - 1))):
            turned = target.get(v[i, i], 0) / -self.matrix[v[i, i], w[i, i]]
            excess = sum(q[x] * bar[x] for x in w.col(i) if x in q) - sum(q[x] * bar[x] for x in v.row(i) if x in q)
            found |= {w[i, i]: turned, v[i, i]: turned + excess / head}
        return found

    def double(self, q: Vector, rate: Number) -> Vector:
        """h of z², along the diagonals."""
        target, found = self.along(q, q), dict[Symbol, Number]()
        v, w = (entries(name, self.directions, self.directions) for name in ("v", "W"))
        for x, y in ((v[i, i], w[i, i]) for i in range(self.directions)):
            (a, b), (c, d) = ([(2 * rate if i == j else 0) - self.matrix.get((i, j), 0) for j in (x, y)] for i in (x, y))
            top, bottom, size = target.get(x, 0), target.get(y, 0), a * d - b * c
            found |= {x: (d * top - b * bottom) / size, y: (a * bottom - c * top) / size}
        return found

    def solve_turning(self, target: Vector) -> tuple[Vector, Number]:
        """The solution of t T - A h = target between directions 2 and 3, where T is their rotation, with the same amplitude in
        both places, and the speed t."""
        v, w = (entries(name, 3, 3) for name in ("v", "W"))
        names = (v[1, 2], v[2, 1], w[1, 2], w[2, 1])
        inverse = _lower(_turning_inverse, omega_2, k, lam)(self.second, self.ratio, self.decay)
        rows = (inverse[start : start + 4] for start in range(0, 25, 5))
        *values, turn = (sum(e * target[x] for e, x in zip(row, names, strict=True) if x in target) for row in rows)
        return dict(zip(names, values, strict=True)), turn


@cache
def _lower(form: Callable[[], list[Expr]], *symbols: Symbol) -> Callable:
    """A form as a function of numbers of any arithmetic."""
    return lambdify(symbols, form(), modules=[{}], cse=True)


@cache
def _derivatives(directions: int) -> tuple[list[tuple[Symbol, tuple[Symbol, ...]]], Callable]:
    """The places of the derivatives at rest that are not zero, and a function of the parameters to their values."""
    found = _symbolic_derivatives(directions)
    return list(found), lambdify(PARAMETERS, list(found.values()), modules=[{}], cse=True)


@cache
def flow_of_entries(directions: int) -> Flow:
    """The flow of every entry of V and W, where modes rest along as many directions, all but the first at the second head."""
    v, w = (entries(name, directions, directions) for name in ("v", "W"))
    rest, flow = _rest(directions), decaying_modes().xreplace({gamma: k, kappa: k * lam}).stop_gradient_flow()
    at = {V: ImmutableMatrix(v), W: ImmutableMatrix(w), mu_matrix: rest + lam * rest.inv()}
    velocities = [e for b in (V, W) for e in flow.velocity[b].xreplace(at).doit().as_explicit()]
    return Flow(dict(zip([*v, *w], (e.expand() for e in velocities), strict=True)))


@cache
def _symbolic_derivatives(directions: int) -> dict[tuple[Symbol, tuple[Symbol, ...]], Expr]:
    flow = flow_of_entries(directions)
    names, resting = flow.state, [*_rest(directions)] * 2
    moved = {x: x + value for x, value in zip(names, resting, strict=True)}
    return {
        (y, tuple(x for x, n in zip(names, powers, strict=True) for _ in range(n))): coefficient * prod(map(factorial, powers))
        for y, velocity in flow.velocity.items()
        for powers, coefficient in Poly(velocity.xreplace(moved).expand(), *names).terms()
        if coefficient != 0
    }


def _rest(directions: int) -> ImmutableMatrix:
    return ImmutableMatrix.diag(omega_1, *[omega_2] * (directions - 1))


def _turning_inverse() -> list[Expr]:
    """The inverse, by rows, of what is solved for entries between directions 2 and 3 and the speed t."""
    v, w = (entries(name, 3, 3) for name in ("v", "W"))
    names, found = (v[1, 2], v[2, 1], w[1, 2], w[2, 1]), _symbolic_derivatives(3)
    bordered = zeros(5)
    bordered[:4, :4] = ImmutableMatrix(4, 4, lambda i, j: -found.get((names[i], (names[j],)), 0))
    bordered[:2, 4], bordered[4, :2] = ImmutableMatrix([-omega_2, omega_2]), ImmutableMatrix([[1, -1]])
    return [e.factor() for e in bordered.inv()]


def _determinant_coefficients() -> list[Expr]:
    return [_with_decay(c, 5) for c in Poly(pair_determinant(), k).all_coeffs()]


def _turning_square() -> list[Expr]:
    zero, _, two = pair_cubic()
    return [_with_decay(zero, 3) / _with_decay(two, 1)]


def _growth() -> list[Expr]:
    zero, one, two = (c.subs(PAIR) for c in pair_cubic())
    cubic = s**3 + two * s**2 + one * s + zero
    return [-cubic.diff(k) / cubic.diff(s)]


def _with_decay(form: Expr, degree: int) -> Expr:
    r"""A form in p, nu and k, of a degree in rates, where heads are in units in which the decay is :math:`\lambda`."""
    return (lam**degree * form.subs({p: p / lam, nu: nu / lam})).factor().subs(PAIR)


def _exchanged(entry: Symbol) -> Symbol:
    """The entry of the third direction and mode for that of the second."""
    return Symbol(str(entry).replace("2", "3"), real=True)


def _dot(left: Vector, right: Vector) -> Number:
    return sum(value * right[x] for x, value in left.items() if x in right)
