r"""Whether a loss treats both views alike, so that views that have one encoder keep it.

Exchanging the views puts :math:`Y` for :math:`X`, :math:`J^T` for :math:`J`, and :math:`D_y, H_y` for :math:`D_x, H_x`, and the
other way round.  A loss that stays what it is has a flow that is exchanged with the state.  So over a symmetric coupling with
the same mobilities of both views, where the exchange changes the state alone, :math:`X=Y` stays so.

>>> from theory import models
>>> treats_views_alike(models.spectral_contrastive()), treats_views_alike(models.projection_head("samples", "labels"))
(True, False)
>>> treats_views_alike(models.info_nce()), treats_views_alike(models.info_nce(symmetric=True))
(False, True)
"""

from __future__ import annotations

from sympy import Trace

from theory.loss import Loss
from theory.models.moving_average import replace_in_markers, target_of
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, X, Y
from theory.stopgrad import erase
from theory.vanishing import vanishes


def treats_views_alike(loss: Loss) -> bool | None:
    """Whether the exchange of the views leaves a loss what it is: True and False are proved, None is undecided.

    Markers stay where they are, moving targets and what is held at a marker are exchanged with what they stand for; mobilities
    and decays belong to it.
    """
    held = {b: b.func(f"held_{b.name}", *b.args[1:]) for b in loss.state}
    expression = erase(replace_in_markers(loss.expression, held))
    pairs = [(a, b) for a, b in ((X, Y), (target_of(X), target_of(Y))) if {a, b} <= {*loss.state}]
    pairs += [(held[a], held[b]) for a, b in pairs]
    exchange = {D_x: D_y, D_y: D_x, H_x: H_y, H_y: H_x, J: J.T, N: K, K: N}
    exchange |= dict(pairs) | {b: a for a, b in pairs}
    for rates in (loss.mobility, loss.decay):
        if {b.xreplace(exchange): rate.xreplace(exchange) for b, rate in rates.items()} != dict(rates):
            return False
    total = {Trace(D_y): Trace(D_x)}
    return vanishes((expression.xreplace(exchange) - expression).xreplace(total), loss.context)
