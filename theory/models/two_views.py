r"""The losses of self-supervised learning, each over a coupling of two views.

Samples :math:`X` (d × N) and labels or other views :math:`Y` (d × K) are embeddings in columns, :math:`J_{ia}` says how much
the pair :math:`(i,a)` counts, :math:`m=\sum J` is the total weight, and means are over pairs.  With :math:`J=\mathbb 1` the two
views of sample i are :math:`x_i,y_i` and the losses are those of the papers.

>>> print(softmax_classification().gradient_flow().velocity[X].args[-1])
H_x

When it fails: :attr:`theory.Loss.conditions` says what must stay positive (lengths, variances, determinants).
"""

from sympy import Expr, Identity, MatrixExpr, Trace, sqrt, symbols

from theory.loss import Loss
from theory.models.moving_average import moving_average_targets
from theory.models.vocabulary import ASSUMPTIONS, D_x, D_y, H_x, H_y, J, W, X, Y, beta, coupling_energy, d, gamma, kappa, lam
from theory.nodes import (
    column_sums,
    diagonal_matrix,
    diagonal_of,
    dot,
    elementwise,
    hinge,
    log_det,
    log_sum_exp,
    normalised,
    row_sums,
    squared_norm,
    total,
)
from theory.stopgrad import sg

# The temperature of a softmax, the smallest scale, weights of terms.
temperature, epsilon, alpha, zeta = symbols("temperature epsilon alpha zeta", positive=True)
MASS = Trace(D_x)


def squared() -> Loss:
    r"""Half the squared distance of pairs, :math:`\tfrac12\sum J_{ia}\lVert x_i-y_a\rVert^2`: what frustration collapses."""
    return _loss_of_views(coupling_energy(X, Y))


def cosine() -> Loss:
    r"""Minus the mean cosine of pairs, :math:`-\tfrac1m\sum J_{ia}\cos(x_i,y_a)`: of each sample only the direction counts.

    Source: Chen and He, *Exploring Simple Siamese Representation Learning* (2021), eq. 1, without predictor and stop-gradient.
    """
    return _loss_of_views(-_mean_cosine(X, Y))


def simsiam() -> Loss:
    r"""Minus the mean cosine between predictions :math:`Wx_i` and stopped :math:`y_a`, and the other way round, halved.

    Source: Chen and He, *Exploring Simple Siamese Representation Learning* (2021), eq. 1-4, with a linear predictor that both
    views share.  Decays ``lambda`` of embeddings and ``kappa`` of the predictor, learning rate ``gamma`` of it.
    """
    return _loss_with_predictor(-(_mean_cosine(W * X, sg(Y)) + _mean_cosine(sg(X), W * Y)) / 2)


def byol(rate: Expr | None = None) -> Loss:
    r"""The mean squared distance of normalised predictions from normalised targets that follow the state at a rate ``beta``.

    Source: Grill et al., *Bootstrap Your Own Latent* (2020), eq. 2, symmetrised; targets as in
    :func:`theory.models.moving_average_targets`.
    """
    loss = _loss_with_predictor(4 - 2 * _mean_cosine(W * X, sg(Y)) - 2 * _mean_cosine(sg(X), W * Y))
    return moving_average_targets(loss) if rate is None else moving_average_targets(loss, rate)


def barlow_twins() -> Loss:
    r""":math:`\sum_k(C_{kk}-1)^2+\alpha\sum_{k\ne l}C_{kl}^2` of the cross-correlation of both views over the pairs.

    Source: Zbontar et al., *Barlow Twins* (2021), eq. 1-2.  Parameter: ``alpha``.
    """
    (x, D), (y, E) = _centred_view(X, D_x), _centred_view(Y, D_y)
    scale_x, scale_y = (diagonal_matrix(elementwise(lambda v: 1 / sqrt(v), _variances(z, M))) for z, M in ((x, D), (y, E)))
    correlation = scale_x * x * J * y.T * scale_y / MASS
    on = diagonal_of(correlation)
    return _loss_of_views(squared_norm(on - row_sums(Identity(d))) + alpha * squared_norm(correlation - diagonal_matrix(on)))


def vicreg() -> Loss:
    r"""Squared distances, a hinge on the standard deviation of each dimension, and covariances off the diagonal.

    :math:`\tfrac1m\sum J_{ia}\lVert x_i-y_a\rVert^2+\alpha\,[v(X)+v(Y)]+\zeta\,[c(X)+c(Y)]` with
    :math:`v=\tfrac1d\sum_k\max(0,1-\sqrt{C_{kk}+\epsilon})` and :math:`c=\tfrac1d\sum_{k\ne l}C_{kl}^2`.

    Source: Bardes, Ponce and LeCun, *VICReg* (2022), eq. 1-6; covariances are means over pairs.  Parameters: ``alpha``,
    ``zeta``, ``epsilon``.
    """

    def spread(z: MatrixExpr, weights: MatrixExpr) -> Expr:
        deviation = elementwise(lambda v: sqrt(v + epsilon), _variances(z, weights))
        return total(hinge(row_sums(Identity(d)) - deviation)) / d

    def redundancy(z: MatrixExpr, weights: MatrixExpr) -> Expr:
        covariance = z * weights * z.T / MASS
        return squared_norm(covariance - diagonal_matrix(diagonal_of(covariance))) / d

    views = (_centred_view(X, D_x), _centred_view(Y, D_y))
    return _loss_of_views(
        2 * coupling_energy(X, Y) / MASS + alpha * sum(spread(*v) for v in views) + zeta * sum(redundancy(*v) for v in views)
    )


def info_nce(symmetric: bool = False) -> Loss:
    r"""Cross-entropy of the partner of each sample among all labels, by cosines at a ``temperature`` :math:`\theta`.

    :math:`-\tfrac1m\sum_{ia}J_{ia}\log\operatorname{softmax}_a(\hat x_i\cdot\hat y_a/\theta)`; ``symmetric``: its mean with the
    same of the partner of each label among all samples, which treats both views alike.

    Source: van den Oord, Li and Vinyals, *Contrastive Predictive Coding* (2018), eq. 4; Radford et al., *CLIP* (2021), figure
    3, is symmetric.  Chen et al., *SimCLR* (2020), eq. 1, average over both views, too, but among the others of both.
    """
    return _loss_of_views(_cross_entropy(normalised(X).T * normalised(Y) / temperature, symmetric))


def softmax_classification(symmetric: bool = False) -> Loss:
    r"""Cross-entropy of labels that are embeddings: :math:`-\tfrac1m\sum_{ia}J_{ia}\log\operatorname{softmax}_a(x_i\cdot y_a)`.

    ``symmetric``: its mean with that of samples, as of :func:`info_nce`.

    Source: multinomial logistic regression with the weights of class a as its embedding.
    """
    return _loss_of_views(_cross_entropy(X.T * Y, symmetric))


def spectral_contrastive() -> Loss:
    r""":math:`-\tfrac2m\sum_{ia}J_{ia}x_i\cdot y_a+\tfrac1{m^2}\sum_{ib}d_id_b(x_i\cdot y_b)^2` with the degrees d.

    Source: HaoChen et al., *Provable Guarantees for Self-Supervised Deep Learning* (2021), eq. 6.
    """
    return _loss_of_views(-2 * Trace(X * J * Y.T) / MASS + Trace(X * D_x * X.T * Y * D_y * Y.T) / MASS**2)


def whitening() -> Loss:
    r"""Squared distances, and how far the second moments of all embeddings together are from the identity.

    :math:`\tfrac12\sum J_{ia}\lVert x_i-y_a\rVert^2+\tfrac\beta4\lVert XD_xX^T+YD_yY^T-\mathbb 1\rVert^2`.

    Source: at ``beta`` = 1 the factorisation of the normalised adjacency that HaoChen et al., *Provable Guarantees for
    Self-Supervised Deep Learning* (2021), minimise, here of the graph of both views.  Parameter: ``beta``.
    """
    away = X * D_x * X.T + Y * D_y * Y.T - Identity(d)
    return _loss_of_views(coupling_energy(X, Y) + beta * Trace(away * away) / 4)


def coding_rate() -> Loss:
    r"""Squared distances against the rates :math:`R(Z)=\tfrac12\log\det(\mathbb 1+\tfrac{d}{m\epsilon^2}ZDZ^T)` of both views.

    :math:`\tfrac1m\sum J_{ia}\lVert x_i-y_a\rVert^2-\alpha\,[R(X)+R(Y)]`.

    Source: Yu et al., *Maximal Coding Rate Reduction* (2020), eq. 7; Tong et al., *EMP-SSL* (2023), eq. 4.  Parameters:
    ``alpha``, ``epsilon``.
    """

    def rate(z: MatrixExpr, weights: MatrixExpr) -> Expr:
        return log_det(Identity(d) + d / (MASS * epsilon**2) * z * weights * z.T) / 2

    return _loss_of_views(2 * coupling_energy(X, Y) / MASS - alpha * (rate(X, D_x) + rate(Y, D_y)))


def _loss_of_views(expression: Expr) -> Loss:
    return Loss(expression, state=(X, Y), mobility={X: H_x, Y: H_y}, assumptions=ASSUMPTIONS, views=(X, Y))


def _loss_with_predictor(expression: Expr) -> Loss:
    rates = {X: H_x, Y: H_y, W: gamma}, {X: lam, Y: lam, W: kappa}
    return Loss(expression, (X, Y, W), *rates, assumptions=ASSUMPTIONS, views=(W * X, W * Y))


def _mean_cosine(left: MatrixExpr, right: MatrixExpr) -> Expr:
    """The mean cosine of pairs."""
    return dot(normalised(left) * J, normalised(right)) / MASS


def _cross_entropy(scores: MatrixExpr, symmetric: bool) -> Expr:
    """Of a label given a sample, or the mean of this and of a sample given a label."""
    of_labels = total(D_x * log_sum_exp(scores))
    both = (of_labels + total(log_sum_exp(scores, "columns") * D_y)) / 2 if symmetric else of_labels
    return (both - dot(J, scores)) / MASS


def _centred_view(z: MatrixExpr, weights: MatrixExpr) -> tuple[MatrixExpr, MatrixExpr]:
    """A view with its mean over pairs taken off, and its weights."""
    return z - z * row_sums(weights) * column_sums(Identity(z.cols)) / MASS, weights


def _variances(z: MatrixExpr, weights: MatrixExpr) -> MatrixExpr:
    return diagonal_of(z * weights * z.T) / MASS
