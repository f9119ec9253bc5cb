r"""The flow of all embeddings with decay and any mobilities, and its determinant (§4.2 of the notes).

>>> print(all_embeddings().stop_gradient_flow())
dZ/dt = -W.T*(W*Z*D - Z*A)*H - lambda*Z
dW/dt = -gamma*(W*Z*D - Z*A)*Z.T - kappa*W
"""

from __future__ import annotations

from sympy import Expr, Inverse, MatAdd, Matrix, MatrixSymbol, Q, Trace, diag, sqrt, symbols

from derivations.catalogue.reduced import M, mu, w
from derivations.catalogue.weight_decay_flow import gamma, kappa, lam
from theory import Loss, sg
from theory.models.vocabulary import W, d
from theory.words import scaled

Z = MatrixSymbol("Z", d, M)
D, A, H = (MatrixSymbol(name, M, M) for name in "DAH")
a, b = symbols("a b", positive=True)
alpha, beta = symbols("alpha beta", real=True)
QUADRATIC = MatAdd(scaled(w**2, D), scaled(-w, A), scaled(lam, Inverse(H)), evaluate=False)


def all_embeddings() -> Loss:
    """The shared predictor with both decays, in all embeddings at once, the columns of Z (d × M): degrees D, adjacency A."""
    energy = Trace(W * Z * D * Z.T * W.T) / 2 - Trace(W * Z * A * sg(Z).T) + Trace(sg(Z) * D * sg(Z).T) / 2
    return Loss(
        energy,
        state=(Z, W),
        mobility={Z: H, W: gamma},
        decay={Z: lam, W: kappa},
        assumptions=(Q.diagonal(D), Q.diagonal(H), Q.symmetric(A)),
    )


def pencil(matrix: Matrix) -> Matrix:
    r""":math:`w^2HD-wHA+\lambda` in a sector of the embedding-only flow with matrix :math:`H(D-A)`."""
    own = diag(*matrix.diagonal())
    return w**2 * own - w * (own - matrix) + lam * Matrix.eye(matrix.rows)


def of_one_mode() -> Matrix:
    """The same for one pair of singular vectors, samples of rate a and labels of rate b."""
    across = -sqrt(a * b) * mu
    return pencil(Matrix([[a, across], [across, b]]))


def squares() -> tuple[Expr, Expr]:
    r"""The two values of :math:`w^2`, the larger one first."""
    middle = a * b * mu**2 - lam * (a + b)
    root = sqrt(middle**2 - 4 * a * b * lam**2)
    return (middle + root) / (2 * a * b), (middle - root) / (2 * a * b)
