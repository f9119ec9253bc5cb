r"""A linear student of a teacher: the two-view loss of inputs and labels (§7 of the notes).

A student :math:`x=E\xi` of inputs :math:`\xi\in\mathbb R^p` and learnable labels :math:`y_a` are drawn together over the
population, :math:`L=\tfrac12\mathbf E\lVert E\xi-y_{a(\xi)}\rVert^2`.  With :math:`\Sigma=\mathbf E[\xi\xi^T]`,
:math:`M=\mathbf E[\xi1_a]` and the class masses :math:`P` this is the loss of the embedding model at :math:`X=E`,
:math:`D_x=\Sigma`, :math:`D_y=P`, :math:`J=M`, and so it is with a head and with stop-gradient: one symbolic object serves
both, and one-hot inputs are the case of free embeddings.  Along the principal axes of :math:`\Sigma`, which the coupling of
:func:`theory.encoder.population` or :meth:`theory.Coupling.from_data` takes, :math:`D_x` is diagonal.

>>> print(teacher_student().gradient_flow())
dX/dt = -(X*D_x - Y*J.T)*H_x - lambda*X
dY/dt = -(Y*D_y - X*J)*H_y - lambda*Y

When it fails: a student that is not linear, or one that shares parameters with the labels.
"""

from theory.loss import Loss
from theory.models.head import projection_head


def teacher_student(head: str = "none", stop: str = "none") -> Loss:
    """The loss of a linear student, over the shared vocabulary: the columns of X are the student's, one for each axis.

    Parameters
    ----------
    head, stop
        as for :func:`theory.models.projection_head`; by default the student and its labels alone.

    Raises
    ------
    InputError
        for another head or stop.
    """
    return projection_head(head, stop)
