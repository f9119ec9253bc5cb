r"""A linear encoder of inputs in the place of free embeddings, in any loss of two views (§7 of the notes).

Embeddings of samples are :math:`A\Xi`, with one column of :math:`\Xi` for each input along the principal axes and one column of
the encoder A for each axis.  As everywhere, the encoder is the block X, whose columns are as many as the axes; its samples,
with their own couplings :math:`J_\Xi` and degrees :math:`D_\Xi`, are data of :class:`theory.encoder.Encoder`.

>>> from theory import models
>>> print(encode_samples(models.squared()).gradient_flow())
dX/dt = -(X*Xi*D_Xi - Y*J_Xi.T)*Xi.T*H_x
dY/dt = -(Y*D_y - X*Xi*J_Xi)*H_y

Squared distances need no more of the inputs than the moments :math:`\Xi D_\Xi\Xi^T` and :math:`\Xi J_\Xi`, which are the
couplings of the encoder: the loss itself, without this, has the same flow at less cost.  Losses that compare single samples, or
that take off the mean of samples, mean what they say only here.

When it fails: a coupling without samples of its inputs, such as the moments of a population.
"""

from __future__ import annotations

from sympy import Add

from theory.errors import InputError
from theory.loss import Loss
from theory.models.vocabulary import D_x, D_Xi, J, J_Xi, N, X, Xi, Y, n_xi


def encode_samples(loss: Loss) -> Loss:
    """The loss of a linear encoder and of the labels: every block with a column for each sample multiplies the inputs.

    Terms without couplings are of the blocks themselves, as the distance of a target from what it follows, and stay.
    Mobilities and decays are those of the loss, the mobility :math:`H_x` now one of the axes: with ``mobility="degree"`` of
    the coupling the inverse of their second moment, with ``"uniform"`` that of the usual gradient flow.

    Raises
    ------
    InputError
        for a loss without samples X and labels Y, and for one that has an encoder already.
    """
    if not {X, Y} <= set(loss.state) or loss.expression.has(Xi):
        raise InputError("a loss of samples X and labels Y", str(loss.expression), "take one of two views, without an encoder")
    seen = {block: block * Xi for block in loss.state if block.is_Matrix and block.cols == N}
    rules = {**seen, J: J_Xi, D_x: D_Xi, N: n_xi}
    terms = (term.xreplace(rules) if term.has(J, D_x) else term for term in Add.make_args(loss.expression))
    return loss.with_parts(expression=Add(*terms))
