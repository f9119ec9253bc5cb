r"""States at rest of the head model with decay, in any dimension and with any mobilities (§4.2 of the notes).

Where the head is not a number (:mod:`theory.coupling.heads`), the equations of rest are solved as they stand: the flow of the
model, lowered on what labels can feel of the samples (:mod:`theory.coupling.reduction`, where :math:`H=1`), is followed from a
random start and its end is polished by Levenberg and Marquardt's method, which bears that a state may be turned.  What is
hidden from the labels decays and is left out.

>>> from theory import Coupling
>>> coupling = Coupling([[3, 1, 0], [1, 0, 0], [0, 2, 1], [0, 1, 2]], mobility="uniform")
>>> state = state_at_rest(coupling, dimension=2, decay=0.05, head_decay=0.05)
>>> bool(state.residual < 1e-10), bool(abs(state.head - state.head.T).max() > 1e-3)  # no symmetric head
(True, True)

When it fails: a start whose flow does not come to rest (a head that decays too slowly lets the modes rotate) gives no state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from theory import require
from theory.coupling import Coupling
from theory.errors import UnfinishedError
from theory.models import projection_head
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, K, N, W, X, Y, d, gamma, kappa, lam
from theory.simulation.direct import integrate

RESIDUAL = 1e-10  # largest speed that is handed out, relative to decay and size
CLOSE = 1e-2  # largest relative distance between the end of the run and the root that is its limit


@dataclass(frozen=True, eq=False)
class StateAtRest:
    """A state at rest.

    Attributes
    ----------
    head
        W (d, d).
    labels
        Y (d, K).
    felt
        (d, M + K): sample directions and labels, each divided by the root of its mobility.
    residual
        the speed that is left, relative to decay and size of the state.
    growth
        the largest real part of an eigenvalue of the Jacobian there; for a stable state the zero of its turns, to rounding.
    """

    head: NDArray
    labels: NDArray
    felt: NDArray
    residual: float
    growth: float


def state_at_rest(
    coupling: Coupling,
    *,
    dimension: int,
    decay: float,
    head_decay: float,
    mobility: float | None = None,
    seed: int = 0,
    horizon: float | None = None,
) -> StateAtRest:
    r"""The state in which the stop-gradient flow of the shared head comes to rest from a random start.

    Parameters
    ----------
    coupling
        with any mobilities.
    dimension
        d.
    decay, head_decay
        :math:`\lambda,\kappa>0`.
    mobility
        :math:`\gamma` of the head; by default 1/sum(J).
    seed
        of the start: standard normal in the coordinates of ``felt``, head = identity + 0.1 normal.
    horizon
        the time that is followed; by default 100 times that of the slower decay.

    Raises
    ------
    InputError
        for a number that is not positive.
    UnfinishedError
        where the flow has not come to rest near a root of its velocity.
    """
    rate = 1 / coupling.total_weight if mobility is None else mobility
    require.whole(dimension, "a dimension of at least 1", "give a positive integer", least=1)
    given = {"decay": decay, "head_decay": head_decay, "mobility": rate} | ({} if horizon is None else {"horizon": horizon})
    for name, value in given.items():
        require.positive(value, name)
    flow = _lower_head_model(coupling, dimension, {gamma: rate, lam: decay, kappa: head_decay})
    end = _follow_flow(flow, seed, dimension, 100 / min(decay, head_decay) if horizon is None else horizon)
    state, residual = _polish_state(flow, end, min(decay, head_decay))
    blocks = flow.unpack(state)
    growth = float(np.linalg.eigvals(flow.jacobian(0.0, state)).real.max())
    labels = np.sqrt(coupling.label_mobility) * blocks[Y]
    return StateAtRest(blocks[W], labels, np.hstack([blocks[X], blocks[Y]]), residual, growth)


def _lower_head_model(coupling: Coupling, dimension: int, rates: dict):
    """The flow on sample directions and labels."""
    r = coupling.reduction
    links = r.links if isinstance(r.links, np.ndarray) else r.links.toarray()
    ones = {H_x: np.ones(len(r.sample_rates)), H_y: np.ones(len(r.label_rates))}
    data = {J: links, D_x: r.sample_rates, D_y: r.label_rates, d: dimension, N: links.shape[0], K: links.shape[1]}
    return projection_head().stop_gradient_flow().lower(data | ones | rates)


def _follow_flow(flow, seed: int, dimension: int, horizon: float) -> NDArray:
    rng = np.random.default_rng(seed)
    start = {block: rng.standard_normal(shape) for block, shape in flow.shapes.items()}
    start[W] = np.eye(dimension) + 0.1 * start[W]
    return next(integrate(flow.velocity, flow.pack(start), np.array([horizon]), "LSODA", rtol=1e-8, atol=1e-10))


def _polish_state(flow, end: NDArray, slow: float) -> tuple[NDArray, float]:
    """The root of the velocity next to the end of a run, and its residual."""
    from scipy.optimize import root

    found = root(
        lambda y: flow.velocity(0.0, y), end, jac=lambda y: flow.jacobian(0.0, y), method="lm", options={"xtol": 1e-14}
    )
    size = max(1.0, float(np.linalg.norm(end)))
    residual = float(np.linalg.norm(flow.velocity(0.0, found.x))) / (slow * size)
    moved = float(np.linalg.norm(found.x - end)) / size
    if not (residual <= RESIDUAL and moved <= CLOSE):
        raise UnfinishedError(
            f"not at rest: residual {residual:.1e}, {moved:.1e} from the end; take a larger head_decay or horizon"
        )
    return found.x, residual
