r"""The flow of all embeddings with decay and any mobilities, and its determinant (§4.2 of the notes).

>>> print(all_embeddings().stop_gradient_flow())
dZ/dt = -W.T*(W*Z*D - Z*A)*H - lambda*Z
dW/dt = -gamma*(W*Z*D - Z*A)*Z.T - kappa*W
"""

from __future__ import annotations

from sympy import Expr, Inverse, MatAdd, Matrix, Q, Trace, diag, sqrt

from derivations.vocabulary import A, D, H, Z, mu, rho_x, rho_y, w
from theory import Loss, sg
from theory.models.vocabulary import W, gamma, kappa, lam
from theory.words import scale_matrix

QUADRATIC = MatAdd(scale_matrix(w**2, D), scale_matrix(-w, A), scale_matrix(lam, Inverse(H)), evaluate=False)


def all_embeddings() -> Loss:
    """The shared predictor with both decays, in all embeddings at once, the columns of Z: degrees D, adjacency A."""
    energy = Trace(W * Z * D * Z.T * W.T) / 2 - Trace(W * Z * A * sg(Z).T) + Trace(sg(Z) * D * sg(Z).T) / 2
    return Loss(
        energy,
        state=(Z, W),
        mobility={Z: H, W: gamma},
        decay={Z: lam, W: kappa},
        assumptions=(Q.diagonal(D), Q.diagonal(H), Q.symmetric(A), lam > 0, kappa > 0),
    )


def pencil(matrix: Matrix) -> Matrix:
    r""":math:`w^2HD-wHA+\lambda` in a sector of the embedding-only flow with matrix :math:`H(D-A)`."""
    own = diag(*matrix.diagonal())
    return w**2 * own - w * (own - matrix) + lam * Matrix.eye(matrix.rows)


def of_one_mode() -> Matrix:
    r"""The same for one pair of singular vectors, samples and labels of rates :math:`\rho_x,\rho_y`."""
    across = -sqrt(rho_x * rho_y) * mu
    return pencil(Matrix([[rho_x, across], [across, rho_y]]))


def head_squares() -> tuple[Expr, Expr]:
    r"""The two values of :math:`w^2`, the larger one first."""
    middle = rho_x * rho_y * mu**2 - lam * (rho_x + rho_y)
    root = sqrt(middle**2 - 4 * rho_x * rho_y * lam**2)
    return (middle + root) / (2 * rho_x * rho_y), (middle - root) / (2 * rho_x * rho_y)
