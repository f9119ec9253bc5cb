r"""The symbols of what a coupling supplies, and what is known of each wherever it stands.

Sizes d, N, K; couplings :math:`J` (N × K); degrees :math:`D_x, D_y` and mobilities :math:`H_x, H_y`, which are diagonal; the
same of the inputs of a linear encoder.  Every loss and every flow assumes of these what is known of them.

>>> from theory import Loss
>>> from theory.models.vocabulary import X, coupling_energy, Y
>>> Loss(coupling_energy(X, Y), state=(X, Y)).assumptions
(Q.diagonal(D_x), Q.diagonal(D_y))
"""

from collections.abc import Iterable

from sympy import Basic, MatrixSymbol, Q, symbols
from sympy.logic.boolalg import Boolean

d, N, K = symbols("d N K", integer=True, positive=True)
J = MatrixSymbol("J", N, K)
D_x, D_y, H_x, H_y = (MatrixSymbol(f"{name}_{side}", n, n) for name in "DH" for side, n in (("x", N), ("y", K)))
n_xi = symbols("n_xi", integer=True, positive=True)
Xi, J_Xi, D_Xi = MatrixSymbol("Xi", N, n_xi), MatrixSymbol("J_Xi", n_xi, K), MatrixSymbol("D_Xi", n_xi, n_xi)
DIAGONAL = tuple(Q.diagonal(m) for m in (D_x, D_y, H_x, H_y, D_Xi))


def with_known(assumptions: tuple[Boolean, ...], places: Iterable[Basic]) -> tuple[Boolean, ...]:
    """The assumptions, and after them what is known of the data symbols in these places."""
    there = {s for place in places for s in place.free_symbols}
    return (*assumptions, *(q for q in DIAGONAL if q.arguments[0] in there and q not in assumptions))
