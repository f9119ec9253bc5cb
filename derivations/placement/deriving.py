"""From a place of the head and of the stop to a cell of the table."""

from __future__ import annotations

from sympy import And, Eq, Identity, Integer, Inverse, S, Symbol, ZeroMatrix
from sympy.logic.boolalg import Boolean

from derivations.analysis.linearisation.stability import Stability, stability
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.modes.ansatz import Ansatz
from derivations.analysis.modes.reduction import reduce_to_modes
from derivations.analysis.points.fixed_points import Completeness, fixed_points
from derivations.placement.balance import Link, balance_of, undamped_flow
from derivations.placement.cells import HEADS, STOPS, Placement, PlacementOutcome, PlacementTable, Witness
from derivations.vocabulary import F_x, e, f, mu, u, v, w
from theory.coupling import Coupling
from theory.errors import InputError, UnfinishedError
from theory.flow import Flow
from theory.loss import Loss
from theory.models import projection_head
from theory.models.vocabulary import D_x, D_y, H_x, H_y, J, W, X, Y, coupling_energy, kappa, lam
from theory.simulation import simulate
from theory.simulation.observables import min_separation
from theory.stopgrad import sg

TIMES = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)


def placement_table(coupling: Coupling | None = None, *, dimension: int = 3, seed: int = 0) -> PlacementTable:
    """Every head with every stop.

    Parameters
    ----------
    coupling
        of the simulated witnesses, connected; by default three classes, twelve samples, half of them frustrated.
    dimension, seed
        of the simulations.

    Raises
    ------
    InputError
        for a coupling of several components, or one label.
    UnfinishedError
        for a simulation that gives up.
    """
    coupling = Coupling.uniform(3, 12, 0.5) if coupling is None else coupling
    if coupling.components > 1 or coupling.labels < 2:
        got = f"{coupling.components} components, {coupling.labels} labels"
        raise InputError("a connected coupling of at least two labels", got, "frustrate a few samples, or take one component")
    return PlacementTable(tuple(derive_placement(head, stop, coupling, dimension, seed) for head in HEADS for stop in STOPS))


def derive_placement(head: str, stop: str, coupling: Coupling, dimension: int, seed: int) -> Placement:
    """One cell: derived from the loss, witnessed by a run on the coupling.

    Raises
    ------
    UnfinishedError
        for a flow that neither freezes, nor has a balance, nor a stable mode; or fixed points that may be incomplete.
    """
    loss = projection_head(head, stop)
    frozen = tuple(B for B in (X, Y) if isinstance(undamped_flow(loss).velocity[B], ZeroMatrix))
    links = _pulled_sides(head, loss)
    balance = None if frozen else balance_of(loss, links)
    mode = one_mode(loss)
    points = fixed_points(mode, time_limit=None)
    if points.completeness is not Completeness.PROVED:
        raise UnfinishedError(f"the fixed points of one mode are not proved complete: {points.reason}")
    judged = tuple(stability(mode, p, time_limit=None) for p in points)
    outcome = PlacementOutcome.FROZEN if frozen else PlacementOutcome.COLLAPSES if balance else _outcome_by_stability(judged)
    other = stop_embedding(head, stop)
    unfrozen = balance_of(other, links) if other else None
    return Placement(
        head,
        stop,
        outcome,
        balance.observable if balance else Y,
        frozen,
        balance,
        unfrozen,
        _raw_stability(judged) if balance and balance.observable != Y else S.false,
        mode,
        points,
        judged,
        _simulate_witness(loss, coupling, dimension, seed),
        _simulate_witness(other, coupling, dimension, seed) if other else None,
    )


def stop_embedding(head: str, stop: str) -> Loss | None:
    r"""The model with :math:`W\operatorname{sg}(\cdot)` in place of :math:`\operatorname{sg}(W\cdot)`; None where no head
    stands in a marker, or both sides take turns."""
    if head == "shared":
        return None
    model = projection_head(head, stop)
    left, right = model.views or (X, Y)
    if stop == "samples" and left == W * X:
        energy = coupling_energy(W * sg(X), right)
    elif stop == "labels" and right == W * Y:
        energy = coupling_energy(left, W * sg(Y))
    else:
        return None
    return Loss(energy, model.state, model.mobility, model.decay, model.assumptions, views=model.views)


def one_mode(loss: Loss) -> Flow:
    r"""The flow of one mode in one direction, mobilities inverse to the degrees, no decay: :math:`X=u\,eF_x^T`,
    :math:`Y=v\,ef^T`, :math:`W=w\,ee^T` with singular vectors :math:`Jf=\mu D_xF_x`, :math:`J^TF_x=\mu D_yf` of unit weight."""
    forms = {X: (u, u * e * F_x.T), Y: (v, v * e * f.T), W: (w, w * e * e.T)}
    one = Identity(1)
    rules = (
        *(Eq(product, one) for product in (e.T * e, F_x.T * D_x * F_x, f.T * D_y * f)),
        *(Eq(H, Inverse(D)) for H, D in ((H_x, D_x), (H_y, D_y))),
        *(Eq(J * f, mu * D_x * F_x), Eq(J.T * F_x, mu * D_y * f)),
    )
    ansatz = Ansatz({B: forms[B][1] for B in loss.state}, tuple(forms[B][0] for B in loss.state), (*rules, mu < 1))
    still = loss.xreplace({lam: Integer(0), kappa: Integer(0)})
    return reduce_to_modes(still.stop_gradient_flow(), ansatz, time_limit=None).flow


def _pulled_sides(head: str, loss: Loss) -> list[Link]:
    """The sides that the loss pulls together."""
    return [(W * X, Y), (X, W * Y)] if head == "shared" else [loss.views or (X, Y)]


def _outcome_by_stability(judged: tuple[Stability, ...]) -> PlacementOutcome:
    if any(s.point[v] * s.point.get(w, S.One) != 0 and _stability_conditions(s) == S.true for s in judged):
        return PlacementOutcome.APART
    raise UnfinishedError(
        "this placement neither freezes, nor has a balance, nor a stable mode with amplitudes of labels and head"
    )


def _raw_stability(judged: tuple[Stability, ...]) -> Boolean:
    """The condition under which a mode is stable whose projected labels vanish and whose bare labels do not."""
    dead = [s for s in judged if s.point[v] == v and s.point.get(w) == 0]
    return And(*map(_stability_conditions, dead)) if dead else S.false


def _stability_conditions(judged: Stability) -> Boolean:
    """The conditions for stability at one point of a family: all its coordinates zero but the one that moves the labels."""
    if judged.verdict not in (Verdict.STABLE, Verdict.DEPENDS):
        return S.false
    moving = judged.point[v].free_symbols
    at: dict[Symbol, Integer] = {x: Integer(x in moving) for x in (u, v, w)}
    return And(*(c.subs(at) for c in judged.conditions))


def _simulate_witness(loss: Loss, coupling: Coupling, dimension: int, seed: int) -> Witness:
    run = simulate(loss, coupling, dimension=dimension, times=TIMES, seed=seed, method="direct", solver="LSODA")
    projected = run.labels if run.head is None else run.head @ run.labels
    raw, mapped = run.min_separation, min_separation(projected)
    return Witness(run.times, raw / raw[0], mapped / mapped[0], seed)
