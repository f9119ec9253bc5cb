r"""Linear symmetries of a flow: matrices :math:`A` with :math:`DF(x)\,Ax=A\,F(x)`.

Then :math:`e^{tA}` maps solutions to solutions.
"""

from __future__ import annotations

from sympy import Dummy, Expr, Matrix, Poly, S
from sympy.polys.matrices import DomainMatrix

from theory.flow import Flow


def linear_symmetries(flow: Flow) -> tuple[Matrix, ...]:
    """A basis of the matrices that commute with the flow, for generic parameters; of a nonlinear flow the identity is none.

    Linear algebra over the coefficients of all monomials in the state.
    """
    n, state = len(flow.state), Matrix(flow.state)
    unknown = [Dummy(f"a{k}") for k in range(n * n)]
    generator = Matrix(n, n, unknown)
    velocity = Matrix(list(flow.velocity.values()))
    defect = Matrix(flow.jacobian()) * generator * state - generator * velocity
    rows: list[list] = []
    for entry in defect:
        lines: dict[tuple[int, ...], list[Expr]] = {}
        for powers, coefficient in Poly(entry, *flow.state, *unknown).terms() if entry != 0 else ():
            lines.setdefault(powers[:n], [S.Zero] * n * n)[powers[n:].index(1)] += coefficient
        rows += lines.values()
    if not rows:
        return tuple(Matrix(n, n, [int(i == k) for i in range(n * n)]) for k in range(n * n))
    basis = DomainMatrix.from_Matrix(Matrix(rows)).to_field().nullspace(divide_last=True).to_Matrix()
    return tuple(Matrix(n, n, list(basis.row(k))) for k in range(basis.rows))
