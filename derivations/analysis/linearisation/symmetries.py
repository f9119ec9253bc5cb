r"""Linear symmetries of a flow: matrices :math:`A` with :math:`DF(x)\,Ax=A\,F(x)`.

Then :math:`e^{tA}` maps solutions to solutions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sympy import Dummy, Expr, Matrix, S, Symbol
from sympy.polys.matrices import DomainMatrix

from derivations.analysis.algebra.polynomials import Ring
from derivations.analysis.points.system import system_of
from theory.flow import Flow


def linear_symmetries(flow: Flow) -> tuple[Matrix, ...]:
    """A basis of the matrices that commute with the flow, for generic parameters; of a nonlinear flow the identity is none.

    Linear algebra over the coefficients of all monomials in the state.
    """
    n, state = len(flow.state), Matrix(flow.state)
    unknown = [Dummy(f"a{k}") for k in range(n * n)]
    generator = Matrix(n, n, unknown)
    velocity = Matrix(list(flow.velocity.values()))
    rows = _defect_rows(flow, Matrix(flow.jacobian()) * generator * state - generator * velocity, unknown)
    if not rows:
        return tuple(Matrix(n, n, [int(i == k) for i in range(n * n)]) for k in range(n * n))
    basis = DomainMatrix.from_Matrix(Matrix(rows)).to_field().nullspace(divide_last=True).to_Matrix()
    return tuple(Matrix(n, n, list(basis.row(k))) for k in range(basis.rows))


def _defect_rows(flow: Flow, defect: Iterable[Expr], unknown: Sequence[Symbol]) -> list[list[Expr]]:
    """The coefficients of the unknown in what has to vanish for every state, numerators modulo the equations of roots."""
    system = system_of(flow)
    others = [x for x in flow.state if x not in system.unknowns]  # independent of the exponentials through which they enter
    ring = Ring((*system.unknowns, *others, *system.ring.symbols[len(system.unknowns) :], *unknown), system.ring.auxiliaries)
    held = [ring.place[x] for x in (*system.unknowns, *others)]
    lines: dict[tuple, list[Expr]] = {}
    for number, entry in enumerate(defect):
        p = ring.numerator(entry)
        for r in reversed(system.radicals):
            p, _ = ring.remainder(p, ring.convert_from(system.definition(r), system.ring), r.symbol)
        for powers, c in p.to_dict().items():
            key = (number, *(powers[i] for i in held))
            free = tuple(0 if i in held else m for i, m in enumerate(powers))
            k = next(k for k, u in enumerate(unknown) if free[ring.place[u]])
            alone = tuple(0 if i == ring.place[unknown[k]] else m for i, m in enumerate(free))
            line = lines.setdefault(key, [S.Zero] * len(unknown))
            line[k] += ring.expr(ring.context.from_dict({alone: c}))
    return list(lines.values())
