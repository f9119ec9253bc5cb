"""Numbers of a flow by another way than the analysis: derivatives by SymPy, the rest in NumPy."""

from collections.abc import Mapping
from itertools import product

import numpy as np
from sympy import Expr, sympify
from sympy.core.relational import Relational

from theory import Flow


def number(expr: Expr, at: Mapping) -> complex:
    """An expression at numbers for its symbols, and at further expressions in them."""
    for _ in range(3):
        expr = sympify(expr).xreplace({s: sympify(value) for s, value in at.items()})
    return complex(expr.evalf(30))


def holds(relation: Relational, at: Mapping, margin: float = 0) -> bool:
    """A relation at numbers; an inequality with room to spare."""
    gap = number(relation.lhs - relation.rhs, at).real
    return {
        ">": gap > margin,
        ">=": gap >= margin,
        "<": gap < -margin,
        "<=": gap <= -margin,
        "!=": abs(gap) > margin,
        "==": abs(gap) < 1e-12,
    }[relation.rel_op]


def derivatives(flow: Flow, order: int, at: Mapping) -> np.ndarray:
    """The tensor of derivatives of one order: the component first."""
    n = len(flow.state)
    found = np.zeros((n,) * (order + 1))
    for i, velocity in enumerate(flow.velocity.values()):
        for chosen in product(range(n), repeat=order):
            slope = velocity
            for j in chosen:
                slope = slope.diff(flow.state[j])
            found[(i, *chosen)] = number(slope, at).real if slope != 0 else 0
    return found


def eigenvalues(flow: Flow, at: Mapping) -> np.ndarray:
    return np.linalg.eigvals(derivatives(flow, 1, at))


def same_spectrum(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-10) -> bool:
    """Whether two lists of eigenvalues agree, or (where roots nearly coincide) the polynomials that they are the roots of."""
    if len(found) != len(expected):
        return False
    scale = 1 + np.abs(expected).max()
    left = list(expected)
    for value in found:
        left.pop(int(np.argmin([abs(value - other) for other in left])))
    pairs = np.abs(np.sort_complex(np.round(found, 9)) - np.sort_complex(np.round(expected, 9))).max()
    polynomials = np.abs(np.poly(found / scale) - np.poly(expected / scale)).max()
    return bool(pairs < tolerance * scale or polynomials < tolerance)


def lyapunov(flow: Flow, at: Mapping) -> float:
    r"""The first Lyapunov coefficient by Kuznetsov's formula (*Applied Bifurcation Theory*, (5.39)), eigenvectors with
    :math:`\langle q,q\rangle=\langle p,q\rangle=1`."""
    a, b, c = (derivatives(flow, order, at) for order in (1, 2, 3))
    values, vectors = np.linalg.eig(a)
    k = int(np.argmin(np.abs(values.real) + 1e3 * (values.imag <= 1e-9)))
    omega, q = values[k].imag, vectors[:, k] / np.linalg.norm(vectors[:, k])
    adjoint, left = np.linalg.eig(a.T)
    p = left[:, int(np.argmin(np.abs(adjoint - values[k].conj())))]
    p = p / np.vdot(q, p)
    bar, one = q.conj(), np.eye(len(a))

    def quadratic(u, v):
        return np.einsum("ijk,j,k", b, u, v)

    mean = np.linalg.solve(a, quadratic(q, bar))
    double = np.linalg.solve(2j * omega * one - a, quadratic(q, q))
    cubic = np.einsum("ijkl,j,k,l", c, q, q, bar)
    return float((np.vdot(p, cubic - 2 * quadratic(q, mean) + quadratic(bar, double))).real / (2 * omega))


def steady_coefficients(flow: Flow, at: Mapping) -> tuple[float, float]:
    """Quadratic and cubic coefficient on the centre manifold of an eigenvalue zero, the null vector of length one, signs as
    they come (that of the cubic one does not depend on them)."""
    a, b, c = (derivatives(flow, order, at) for order in (1, 2, 3))
    left, _, right = np.linalg.svd(a)
    r, p = right[-1], left[:, -1]
    p = p / (p @ r)
    bent = np.einsum("ijk,j,k", b, r, r)
    n = len(a)
    bordered = np.block([[a, r[:, None]], [p[None, :], np.zeros((1, 1))]])
    moved = np.linalg.solve(bordered, np.append(bent, 0))[:n]
    cubic = p @ np.einsum("ijkl,j,k,l", c, r, r, r) - 3 * p @ np.einsum("ijk,j,k", b, r, moved)
    return float(p @ bent / 2), float(cubic / 6)
