r"""The shared vocabulary: one set of symbols for every model and every coupling.

State: samples :math:`X` (d × N) and labels :math:`Y` (d × K), embeddings in columns; head :math:`W` (d × d).
Data, supplied by a :class:`theory.Coupling` under these names: couplings :math:`J` (N × K), degrees :math:`D_x, D_y` and
mobilities :math:`H_x, H_y` (diagonal).  :math:`u=(u_x,u_y)` is any null vector of the Laplacian, :math:`Du=Au`: constant on a
connected component.  For a linear encoder (§7) the columns of :math:`X` are the encoder's, one for each principal axis of the
inputs, and :math:`u` is the bias axis; the inputs themselves are the columns of :math:`\Xi` (N × n_ξ), with their own couplings
and degrees :math:`J_\Xi, D_\Xi`.
"""

from sympy import Eq, MatMul, MatrixSymbol, Trace, Transpose, symbols

from theory.data_symbols import DIAGONAL, D_x, D_Xi, D_y, H_x, H_y, J, J_Xi, K, N, Xi, d, n_xi

__all__ = [
    "ASSUMPTIONS",
    "DIAGONAL",
    "NULL_VECTOR",
    "D_Xi",
    "D_x",
    "D_y",
    "H_x",
    "H_y",
    "J",
    "J_Xi",
    "K",
    "N",
    "W",
    "X",
    "Xi",
    "Y",
    "beta",
    "coupling_energy",
    "d",
    "gamma",
    "kappa",
    "lam",
    "n_xi",
    "u_x",
    "u_y",
]

X, Y, W = MatrixSymbol("X", d, N), MatrixSymbol("Y", d, K), MatrixSymbol("W", d, d)
u_x, u_y = MatrixSymbol("u_x", N, 1), MatrixSymbol("u_y", K, 1)
gamma = symbols("gamma", positive=True)
lam, kappa = symbols("lambda kappa", nonnegative=True)
beta = symbols("beta", positive=True)  # the rate at which targets follow; how strongly second moments are held

NULL_VECTOR = (Eq(MatMul(D_x, u_x), MatMul(J, u_y)), Eq(MatMul(D_y, u_y), MatMul(Transpose(J), u_x)))
ASSUMPTIONS = DIAGONAL + NULL_VECTOR


def coupling_energy(a, b):
    r"""The energy :math:`\tfrac12\sum_{ia}J_{ia}\lVert a_i-b_a\rVert^2` of a sample side (d × N) and a label side (d × K)."""
    return Trace(a * D_x * a.T) / 2 - Trace(a * J * b.T) + Trace(b * D_y * b.T) / 2
