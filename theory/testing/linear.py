r"""Eigenvalues at a fixed point, held against those of the dense Jacobian.

>>> from sympy import I, sqrt, symbols
>>> from theory import Flow
>>> x, y = symbols("x y", real=True)
>>> a = symbols("a", positive=True)
>>> flow = Flow({x: y, y: -a*x})
>>> eigenvalues_are_dense(flow, {x: 0, y: 0}, [I*sqrt(a), -I*sqrt(a)])
>>> eigenvalues_are_dense(flow, {x: 0, y: 0}, [sqrt(a), -sqrt(a)])
Traceback (most recent call last):
    ...
AssertionError: the eigenvalues are 1, -1, but 0+1j, 0-1j of the dense Jacobian by NumPy, at a = 1, x = 0, y = 0
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import mpmath
import numpy as np
from hypothesis import reject
from numpy.typing import NDArray
from sympy import Basic, Expr, Integer, Poly
from sympy.core.relational import Relational

from theory.calculus import State
from theory.errors import InputError
from theory.evaluate import NoEvaluationError, Point, evaluate
from theory.flow import Flow
from theory.state import names_of
from theory.stopgrad import as_expression
from theory.testing.examples import EXAMPLES, hold_at_examples, show_number, show_values
from theory.testing.oracles import DIGITS, jacobian, to_point
from theory.testing.properties import ROUNDED, same_entries
from theory.testing.values import Values, points, scalars_among

Eigenvalues = Iterable[Expr] | Mapping[Expr, Expr] | Callable[[Mapping], Iterable[complex]]
STEPS = 200  # of the search for roots of polynomials, and bits that it takes beside
AT_REST = 1e-9  # velocity at a fixed point beside the state


def eigenvalues_are_dense(
    flow: Flow, point, eigenvalues: Eigenvalues, *, conditions: Iterable[Relational] = (), examples: int = EXAMPLES
) -> None:
    r"""A point is at rest, and its eigenvalues are those of the dense Jacobian, by differences and by NumPy.

    They are compared by :math:`\sum_is_i^k`, k = 1, 2, …, which double eigenvalues leave well-conditioned.

    Parameters
    ----------
    flow
        scalar, or of matrices of any size.
    point
        each state block to its value in the parameters, a block of matrices to a matrix expression; what is left in the
        state is drawn, as in a family.  Or an object that has these ``values``, ``conditions`` under which they exist, and
        maybe ``roots``: variables to the polynomials that vanish there, each real root of which is a point.
    eigenvalues
        all of them, a mapping to multiplicities (which may depend on dimensions), or a function of the drawn numbers by symbol.
    conditions
        relations between parameters under which the point exists.
    """
    blocks = point if isinstance(point, Mapping) else point.values
    values = {b: as_expression(v, f"as value of {b}") for b, v in blocks.items()}
    if set(values) != set(flow.state):
        raise InputError(f"a value for each of {names_of(flow.state)}", names_of(values) or "none", "give one for each block")
    given = (*conditions, *getattr(point, "conditions", ()))
    counted = eigenvalues if callable(eigenvalues) else _with_multiplicity(eigenvalues)
    claimed = _Claimed(flow, values, given, counted, getattr(point, "roots", {}))
    examples_of = points(flow, given, also=(*values.values(), *claimed.formulas))
    hold_at_examples(claimed.holds, examples_of, examples, f"the point {show_values(values)}")


class _Claimed:
    """What is said of a point."""

    def __init__(self, flow: Flow, point: Mapping[State, Basic], conditions: tuple, eigenvalues, roots: Mapping):
        self.flow, self.point, self.conditions, self.eigenvalues, self.roots = flow, point, conditions, eigenvalues, roots

    @property
    def formulas(self) -> tuple[Basic, ...]:
        return () if callable(self.eigenvalues) else tuple(e for pair in self.eigenvalues for e in pair)

    def holds(self, values: Values) -> None:
        with mpmath.workdps(DIGITS):
            places = list(self._places(to_point(values), dict(self.roots)))
            found = [place for at in places if (place := self._place(at, values)) is not None]
        if not found:
            reject()
        for at, here in found:
            self._holds_at(at, here)

    def _holds_at(self, at: Point, here: Values) -> None:
        with mpmath.workdps(DIGITS):
            for block, velocity in self.flow.velocity.items():
                moved = evaluate(velocity, at)
                same_entries(f"d{block}/dt", moved, 0 * moved, "at a fixed point", here, AT_REST, _largest(at, self.flow.state))
            dense = jacobian(self.flow.velocity, at)
            claimed = self._numbers(here)
        found = np.linalg.eigvals(dense)
        _compare(claimed, found, here)

    def _places(self, drawn: Point, left: dict) -> Iterator[Point]:
        """Drawn numbers with each choice of real roots, each found where those in its polynomial are."""
        if not left:
            yield drawn
            return
        x = next(x for x, polynomial in left.items() if polynomial.free_symbols.isdisjoint(left.keys() - {x}))
        coefficients = [evaluate(c, drawn) for c in Poly(left.pop(x), x).all_coeffs()]
        for root in mpmath.polyroots(coefficients, maxsteps=STEPS, extraprec=STEPS):
            if abs(mpmath.im(root)) < mpmath.mpf(10) ** (-DIGITS // 2) * (1 + abs(root)):
                yield from self._places(drawn | {x: mpmath.re(root)}, dict(left))

    def _place(self, drawn: Point, values: Values) -> tuple[Point, Values] | None:
        """The fixed point at drawn numbers, as the oracle takes it, and for a sentence; None where it does not exist."""
        roots = {x: drawn.values[x] for x in self.roots}
        try:
            at = drawn | {b: evaluate(v, drawn) for b, v in self.point.items()}
            real = all(mpmath.im(x) == 0 and mpmath.isfinite(x) for b in self.point for x in np.ravel(at.values[b]))
            held = all(c.xreplace(scalars_among(values | roots)) != False for c in self.conditions)  # noqa: E712
        except NoEvaluationError:
            return None
        signed = all((r >= 0 or not x.is_nonnegative) and (r <= 0 or not x.is_nonpositive) for x, r in roots.items())
        return (at, values | roots | {b: at.values[b] for b in self.point}) if real and held and signed else None

    def _numbers(self, here: Values) -> NDArray:
        exact = scalars_among(here)
        if callable(self.eigenvalues):
            return np.array([complex(s) for s in self.eigenvalues(exact)])
        pairs = ((complex(s.xreplace(exact).evalf(DIGITS)), int(m.xreplace(exact))) for s, m in self.eigenvalues)
        return np.array([s for s, m in pairs for _ in range(m)])


def _with_multiplicity(eigenvalues: Iterable[Expr] | Mapping[Expr, Expr]) -> list[tuple[Expr, Expr]]:
    pairs = eigenvalues.items() if isinstance(eigenvalues, Mapping) else ((s, Integer(1)) for s in eigenvalues)
    return [(as_expression(s, "as eigenvalue"), as_expression(m, "as multiplicity")) for s, m in pairs]


def _compare(claimed: NDArray, found: NDArray, values: Values) -> None:
    if len(claimed) != len(found):
        raise AssertionError(f"{len(claimed)} eigenvalues for a Jacobian with {len(found)}, at {show_values(values)}")
    size = max(1.0, float(np.max(np.abs(found), initial=0.0)))
    orders = range(1, len(found) + 1)
    sums = ([np.sum((s / size) ** k) for k in orders] for s in (claimed, found))
    if max((abs(a - b) for a, b in zip(*sums, strict=True)), default=0) > ROUNDED * len(found):
        left, right = (", ".join(map(show_number, sorted(np.round(s, 12), key=_order))) for s in (claimed, found))
        raise AssertionError(
            f"the eigenvalues are {left}, but {right} of the dense Jacobian by NumPy, at {show_values(values)}"
        )


def _order(value: complex) -> tuple[float, float]:
    return -value.real, -value.imag


def _largest(at: Point, state: Iterable[State]) -> float:
    return 1 + max((float(abs(x)) for b in state for x in np.ravel(at.values[b])), default=0.0)
