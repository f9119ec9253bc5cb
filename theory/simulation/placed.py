r"""A model on a coupling, which owns the mobilities of embeddings, and of whose data more is known than of other symbols.

>>> from theory import Loss
>>> from theory.models.vocabulary import coupling_energy
>>> plain = Loss(coupling_energy(X, Y), state=(X, Y), mobility={Y: 1})
>>> dict(on_coupling(plain).mobility)
{X: H_x, Y: 1}
"""

from functools import lru_cache

from theory.loss import Loss
from theory.models.vocabulary import ASSUMPTIONS, H_x, H_y, X, Y


@lru_cache(64)
def on_coupling(model: Loss) -> Loss:
    """The model, where embeddings that learn without a stated mobility have that of the coupling, with the null vector of its
    Laplacian known."""
    own = {block: h for block, h in ((X, H_x), (Y, H_y)) if block in model.learners and block not in model.mobility}
    unknown = [a for a in ASSUMPTIONS if a not in model.assumptions]
    if not own and not unknown:
        return model
    declared = model.parameters if model.parameters is None else tuple(dict.fromkeys((*model.parameters, *own.values())))
    mobility = {**model.mobility, **own}
    return model.with_parts(mobility=mobility, parameters=declared, assumptions=(*model.assumptions, *unknown))
