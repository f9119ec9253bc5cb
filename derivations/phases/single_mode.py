r"""One mode along one direction: where the whole model goes from starts (w_0, v_0), and the boundary of both basins with decay.

Without decays the boundary is the hyperbola of the derivation ``one_mode``, in closed form.  With decays it is the stable
manifold of the saddle :math:`w_-` (derivation ``weight_decay``), which has none: :func:`basin_boundary` integrates the derived
flow backwards from the saddle, along the stable eigenvector of the derived Jacobian.

The simulated model has two classes and one dimension, and starts on its class mode alone.  A start is *kept* where the
amplitude has settled, within one percent between half of the run and its end, beside a positive head; its mode has *died* where
the amplitude has fallen below one half between the two, or below a millionth of :math:`1/\sqrt\gamma` (without decays at any
time: then it only falls).  All else is undecided, and so is a run in which rounding has let another mode grow: the
class-independent one, or the partner of the class mode at :math:`-\mu`, which negative heads feed.

>>> v, w = basin_boundary(correlation=0.9, decay=0.05, head_decay=0.02, reach=2.0)
>>> bool((np.diff(w) < 0).all() and (v > 0).all())
True

When it fails: near the boundary the approach stalls, and the run may be too short to tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from derivations.closed_forms import phases
from derivations.closed_forms.decaying import critical_decays, one_direction
from derivations.phases.outcomes import TOLERANCES
from derivations.phases.regions import Phase, code_of_rules
from derivations.phases.starts import along_modes
from derivations.vocabulary import mu
from theory import Coupling, models
from theory.errors import InputError, UnfinishedError
from theory.models.vocabulary import gamma, kappa, lam

DEPARTURE = 1e-6  # from the saddle, relative to its size
FOREIGN = 1e-6  # amplitude of another mode, in the same units
GONE = 1e-6  # amplitude
RECORDED = 41  # times
PATTERN = np.array([1.0, -1.0])  # of the class mode on two labels


@dataclass(frozen=True)
class StartOutcomes:
    r"""The simulated fates of starts ``w_0`` and ``v_0``, the latter in units of :math:`1/\sqrt\gamma`.

    Attributes
    ----------
    fraction, decay, head_decay
        of the model; the fraction a whole number of samples of each class.
    duration
        of the runs, in inverse mobilities of the embeddings.
    per_class
        samples in each of two classes.

    Raises
    ------
    InputError
        for a fraction that leaves no sample pure or frustrated, or divides one, for negative decays, and for a head that decays
        beside embeddings that do not: their amplitudes diverge.
    """

    fraction: float = 0.2
    decay: float = 0.0
    head_decay: float = 0.0
    duration: float = 400.0
    per_class: int = 250

    def __post_init__(self):
        whole = self.fraction * self.per_class
        if not (0 < self.fraction < 1 and abs(whole - round(whole)) < 1e-9 * self.per_class):
            wanted = f"a fraction between 0 and 1 that is a whole number of {self.per_class} samples"
            whole = self.per_class / 5 if not 0 < self.fraction < 1 else whole
            near = min(max(1, round(whole)), self.per_class - 1) / self.per_class
            raise InputError(wanted, f"{self.fraction:g}", f"use for example {near:g}")
        if not (0 <= self.decay < np.inf and 0 <= self.head_decay < np.inf) or self.decay == 0 < self.head_decay:
            given = f"{self.decay:g} and {self.head_decay:g}"
            remedy = "give positive decays of both, or of the embeddings alone, or 0 for none"
            raise InputError("decays of embeddings and head, not negative, the first with the second", given, remedy)

    @property
    def identity(self) -> str:
        """What defines the results."""
        return f"starts {asdict(self)} {FOREIGN} {TOLERANCES}"

    @property
    def coupling(self) -> Coupling:
        """Two classes of uniform frustration."""
        return Coupling.uniform(2, 2 * self.per_class, self.fraction)

    def __call__(self, **starts: NDArray) -> dict[str, NDArray]:
        """The number of the phase of each start, and amplitude and head at the end."""
        from theory.simulation.ensembles import ensemble

        heads, amplitudes = starts["w_0"].astype(float), starts["v_0"].astype(float)
        coupling = self.coupling
        unit = self._unit_mode(coupling)
        found = ensemble(
            models.projection_head(),
            coupling,
            dimension=1,
            times=np.linspace(0, self.duration, RECORDED),
            seeds=[0] * len(heads),
            parameters={"lambda": np.full(len(heads), self.decay), "kappa": np.full(len(heads), self.head_decay)},
            initial={
                "X": amplitudes[:, None, None] * unit["X"],
                "Y": amplitudes[:, None, None] * unit["Y"],
                "W": heads[:, None, None],
            },
            **TOLERANCES,
        )
        size = np.abs(found.labels[:, :, 0] @ PATTERN / (unit["Y"][0] @ PATTERN))
        foreign = np.abs(found.labels[:, -1, 0].sum(axis=-1)) / np.abs(unit["Y"]).max()
        assert found.head is not None  # the model has one
        heads_at_end = found.head[:, -1, 0, 0]
        half, end = size[:, RECORDED // 2], size[:, -1]
        # without decays the head rests where the amplitude is gone, and the amplitude falls for ever
        died = (end < half / 2) | ((end if self.decay else size.min(axis=1)) < GONE)
        kept = (np.abs(end - half) < 1e-2 * end) & (heads_at_end > 0)
        alone = foreign <= FOREIGN
        stays = Phase.BISTABLE if self.decay else Phase.NON_COLLAPSED
        code = code_of_rules({Phase.COLLAPSED: died & alone, stays: kept & alone})
        return {"outcome": code, "amplitude": end, "head": heads_at_end}

    @staticmethod
    def _unit_mode(coupling: Coupling) -> dict[str, NDArray]:
        """The class mode at unit amplitude times sqrt(gamma), without a trace of others: rounding would let them grow."""
        found = along_modes(coupling, np.array([[0.0, np.sqrt(coupling.total_weight)]]), np.ones((1, 1)))
        pattern = {"X": (coupling.types @ PATTERN)[None, coupling.type_of], "Y": PATTERN[None, :]}
        return {name: np.abs(found[name]).max() * sign for name, sign in pattern.items()}


def basin_boundary(*, correlation: float, decay: float, head_decay: float, reach: float) -> tuple[NDArray, NDArray]:
    r"""The boundary of the basins of :math:`w_+` and of the collapsed state, numerically: amplitudes and falling heads.

    Parameters
    ----------
    correlation, decay, head_decay
        :math:`\mu`, :math:`\lambda`, :math:`\kappa`, all positive; amplitudes are in units of :math:`1/\sqrt\gamma`.
    reach
        the curve ends where head or amplitude exceed it.

    Raises
    ------
    InputError
        where there is no state without collapse, or a rate is not positive.
    UnfinishedError
        where the integration does not get there.
    """
    if not (decay > 0 and head_decay > 0 and decay < critical_decays(correlation)):
        given = f"{correlation:g}, {decay:g}, {head_decay:g}"
        raise InputError("positive decays below the critical one of the correlation", given, "let them be smaller")
    numbers = {mu: correlation, lam: decay, kappa: head_decay, gamma: 1.0}
    _, (head, amplitude) = phases.states_at_rest(np.array(correlation), decay, head_decay, 1.0)
    saddle = np.array([amplitude, head])
    flow = one_direction().flow.lower({str(name): value for name, value in numbers.items()})
    values, vectors = np.linalg.eig(flow.jacobian(0.0, saddle))
    stable = vectors[:, values.real.argmin()].real
    stable *= np.sign(stable[0])
    above, below = (_trace_back(flow.velocity, saddle, side * stable, reach) for side in (-1, 1))
    curve = np.concatenate([above[:, ::-1], saddle[:, None], below], axis=1)
    return curve[0], curve[1]


def _trace_back(velocity, saddle: NDArray, along: NDArray, reach: float) -> NDArray:
    """Backwards in time from next to the saddle, up to the reach (2, points)."""
    from scipy.integrate import solve_ivp

    def room_left(_, y):
        return min(reach - abs(y[1]), reach - abs(y[0]))

    room_left.terminal = True  # type: ignore[attr-defined]
    start = saddle + DEPARTURE * np.linalg.norm(saddle) * along
    back = solve_ivp(
        lambda t, y: -velocity(t, y), (0, 1e5), start, method="LSODA", rtol=1e-9, atol=1e-12, events=room_left, max_step=1.0
    )
    if back.status != 1:
        raise UnfinishedError(f"the basin boundary could not be traced to {reach:g}: {back.message}")
    return back.y
