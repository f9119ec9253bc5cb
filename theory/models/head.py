"""A linear projection head on one or both sides, with the gradient stopped at chosen targets (§§3, 4 of the notes)."""

from theory.errors import InputError
from theory.loss import Loss
from theory.models.vocabulary import ASSUMPTIONS, H_x, H_y, W, X, Y, coupling_energy, gamma, kappa, lam
from theory.stopgrad import sg

_VIEWS = {"none": (X, Y), "samples": (W * X, Y), "labels": (X, W * Y), "both": (W * X, W * Y), "shared": (W * X, Y)}
_STOPS = ("none", "labels", "samples", "both")


def projection_head(head: str = "shared", stop: str = "both") -> Loss:
    r"""Embeddings joined through a linear head :math:`W`, with decays and a head mobility.

    Parameters
    ----------
    head
        where the head stands: ``"none"``, ``"samples"`` :math:`\lVert Wx-y\rVert^2`, ``"labels"``
        :math:`\lVert x-Wy\rVert^2`, ``"both"``
        :math:`\lVert Wx-Wy\rVert^2`, or ``"shared"``, one predictor in both directions,
        :math:`\lVert Wx-y\rVert^2+\lVert Wy-x\rVert^2`.
    stop
        which side is stopped where it is the target; for heads that are no predictor ``"both"`` is half the sum of the two
        one-sided losses with doubled weight, whose flow is that of ``"none"``.

    Raises
    ------
    InputError
        for another head or stop.
    """
    if head not in _VIEWS or stop not in _STOPS:
        raise InputError(f"head in {tuple(_VIEWS)} and stop in {_STOPS}", f"head={head!r}, stop={stop!r}", "choose one of each")
    left, right = _VIEWS[head]
    labels, samples = (
        (lambda e: sg(e) if stop in ("labels", "both") else e),
        (lambda e: sg(e) if stop in ("samples", "both") else e),
    )
    if head == "shared":
        energy = coupling_energy(W * X, labels(Y)) + coupling_energy(samples(X), W * Y)
    elif stop == "both":
        energy = coupling_energy(left, sg(right)) + coupling_energy(sg(left), right)
    else:
        energy = coupling_energy(samples(left), labels(right))
    headless = head == "none"
    return Loss(
        energy,
        state=(X, Y) if headless else (X, Y, W),
        mobility={X: H_x, Y: H_y} | ({} if headless else {W: gamma}),
        decay={X: lam, Y: lam} | ({} if headless else {W: kappa}),
        assumptions=ASSUMPTIONS,
        views=(left, right),
    )
