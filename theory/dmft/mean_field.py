r"""The head as a mean field of the modes (§6 of the notes): stop-gradient on both sides, :math:`H=D^{-1}`.

From :math:`W(0)=w_0\mathbb 1` and independent embeddings of variance one, :math:`K\to\infty` at fixed d keeps
:math:`W=w(t)\mathbb 1`, and every mode grows by a factor of its correlation alone,

.. math:: \dot g_\mu=-[w(w-\mu)+\lambda]g_\mu,\qquad\dot w=-\gamma\sum_jm_j(w-\mu_j)g_{\mu_j}^2-\kappa w,

with the masses :math:`m_j` of :mod:`theory.dmft.mode_measure` (both signs and the zeros, two in all) and the head's mobility
:math:`\gamma/\sum J`.  Embeddings of variance :math:`\sigma^2` are those with :math:`\gamma\sigma^2`.  As
:math:`g_\mu=e^{\mu B-A}`, these are three equations,

.. math:: \dot A=w^2+\lambda,\quad\dot B=w,\quad\dot w=-\gamma\sum_jm_j(w-\mu_j)e^{2(\mu_jB-A)}-\kappa w .

Modes :math:`\mu=\pm1` are one each and confined to one direction, which obeys the same equations with one mode more and does
not act back on the others: ``outlier``.

*Steady states* for :math:`\lambda,\kappa>0`: modes at the edge neither grow nor decay, :math:`w(\mu_e-w)=\lambda`, so that
:math:`w_\pm=\frac12(\mu_e\pm\sqrt{\mu_e^2-4\lambda})`, which exist up to :math:`\lambda_c=\mu_e^2/4`; together they have the
mass :math:`\kappa w/(\gamma(\mu_e-w))=\kappa w^2/(\gamma\lambda)`.

*Ageing*: at a square-root edge :math:`\sum_jm_je^{2\mu_jB}\propto B^{-3/2}e^{2\mu_eB}`, which stays in proportion to
:math:`e^{2A}` where the mass has a limit.  The derivative of the logarithm, :math:`\dot A=\mu_ew-\frac34w/B` with
:math:`B\simeq w_+t`, gives

.. math:: w(\mu_e-w)-\lambda\simeq\frac3{4t},\qquad w\simeq w_+-\frac3{4\sqrt{\mu_e^2-4\lambda}\;t}

(:math:`\mu_e-\frac3{4\mu_et}` without decay), up to a relative :math:`\log t/t`: the head never arrives.

The equations are functions of any arithmetic (:mod:`theory.dmft.head_equations`), which the derivations ``mean_field_head`` and
``ageing`` show with symbols.

>>> from theory.dmft.bands import Band
>>> head = MeanFieldHead(Band("regular", pure_per_class=2, links=6))
>>> found = head.trajectory([0.0, 10.0, 100.0])
>>> bool(np.all(found.errors < 1e-8)), bool(found.head[-1] < head.modes.edge)
(True, True)
>>> round(head.critical_decay, 6)
0.230902

When it fails: with K classes for :math:`t^{3/2}\gtrsim K/d`, when fewer than d modes are left to grow and the head takes the
values of single ones; with d of the order of K (``classes`` and ``dimension`` say how far, and are refused from there on); from
starts that are no multiple of the identity, for which see :class:`theory.dmft.WideHead`; at late times on a Poisson band, the
ends of which hold next to nothing, so that sums over it lose their digits.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from mpmath import mp
from numpy.typing import ArrayLike, NDArray

from theory import require
from theory.dmft import head_equations as equations
from theory.dmft import power_series
from theory.dmft.bands import Band
from theory.dmft.crowding import LIMIT, share_of_dimensions
from theory.dmft.mode_measure import Modes, precise_nodes
from theory.dmft.response import check_digits
from theory.errors import InputError, UnfinishedError

NODES = (64, 128, 256, 512, 1024, 2048, 4096)  # of a band: doubled until the head does not change
EVALUATIONS = 20_000  # of the velocity: steps shrink where cancellation between complex nodes leaves noise


@dataclass(frozen=True, eq=False)
class HeadCurve:
    r"""A solution at T times.

    Attributes
    ----------
    times, head
        (T,): :math:`w(t)`.
    errors
        (T,): how far the head moved when nodes were doubled and tolerances tightened.
    decays, gains
        (T,): A and B of :math:`g_\mu=e^{\mu B-A}`.
    nodes
        how many there were.
    limit, left_out
        where this holds, and the order d/K of what is left out, relative to the head, where both are known.
    """

    times: NDArray
    head: NDArray
    errors: NDArray
    decays: NDArray
    gains: NDArray
    nodes: int
    limit: str = LIMIT
    left_out: float | None = None

    def growth(self, correlation: float) -> NDArray:
        r""":math:`g_\mu(t)`, by which modes have grown (T,)."""
        return equations.mode_growth(correlation, self.gains, self.decays, np.exp)


@dataclass(frozen=True)
class SteadyState:
    r"""A state that decay leaves: head, mass of the modes at the edge, and whether it is the stable one of the two."""

    head: float
    mass: float
    stable: bool


@dataclass(frozen=True, eq=False)
class MeanFieldHead:
    r"""The mean-field dynamics of a head.

    Parameters
    ----------
    of
        a band, :class:`Modes`, or a list of (correlation, number over the sum of couplings, initial variance), in which both
        signs and the zeros are counted.
    gamma
        mobility of the head times the sum of couplings (times the initial variance of embeddings, if not one).
    lam, kappa
        decays of embeddings and head.
    w0
        the head at the start.
    outlier
        the mass of a mode :math:`\mu=1` in this direction, see :func:`theory.dmft.outlier_mass`.
    tolerance
        largest error of the head that is returned.
    classes, dimension
        K and d, where they are known: results then have the order d/K of what they leave out.

    Raises
    ------
    InputError
        for parameters that are not finite, a negative decay or mass, no positive mobility, and for more than one dimension for
        two classes.
    """

    of: Band | Modes | Sequence[tuple[float, float, float]]
    gamma: float = 1.0
    lam: float = 0.0
    kappa: float = 0.0
    w0: float = 1.0
    outlier: float = 0.0
    tolerance: float = 1e-6
    classes: int | None = None
    dimension: int | None = None

    def __post_init__(self):
        require.real(self.w0, "w0 as a finite number, of w0 times the identity", "for a random start see WideHead")
        share_of_dimensions(self.classes, self.dimension)
        for name in ("gamma", "tolerance"):
            require.positive(getattr(self, name), name)
        for name in ("lam", "kappa", "outlier"):
            require.real(getattr(self, name), f"{name} as a finite number of at least 0", least=0)
        _ = self.modes

    @cached_property
    def modes(self) -> Modes:
        """What the head feels, a band by its fewest nodes."""
        return self._modes_with(NODES[0])

    def _modes_with(self, nodes: int) -> Modes:
        if isinstance(self.of, Band):
            found = Modes.of(self.of, nodes)
        else:
            found = self.of if isinstance(self.of, Modes) else Modes.from_list(self.of)
        return found.with_mode(1.0, self.outlier) if self.outlier else found

    # -- in time -------------------------------------------------------------------------------------------------------

    def trajectory(self, times: ArrayLike) -> HeadCurve:
        """The solution at increasing times (T,), from 0.

        Raises
        ------
        InputError
            for times that are negative, not finite, or do not increase.
        UnfinishedError
            where the integral over the band, or SciPy's integration, does not settle to the tolerance.
        """
        t = require.times(times)
        counts = NODES if isinstance(self.of, Band) else NODES[:1]
        before = self._integrate(self._modes_with(NODES[0]), t, 1e-8)
        for nodes in counts[1:] or counts:
            now = self._integrate(self._modes_with(nodes), t, 1e-11)
            errors = np.abs(now[2] - before[2])
            if np.max(errors, initial=0.0) < self.tolerance:
                left_out = share_of_dimensions(self.classes, self.dimension)
                return HeadCurve(t, now[2], errors, now[0], now[1], nodes, left_out=left_out)
            before = now
        raise UnfinishedError(
            f"the head is known to {np.max(errors):.1e} with {counts[-1]} nodes; raise tolerance or ask for earlier times"
        )

    def _integrate(self, modes: Modes, t: NDArray, rtol: float) -> NDArray:
        """A, B and w (3, T)."""
        from scipy.integrate import solve_ivp

        if not t.size or t[-1] == 0:
            return np.tile([[0.0], [0.0], [self.w0]], (1, t.size))
        mu, masses = modes.correlations, modes.masses
        evaluations = count()

        def velocity(t: float, state: NDArray) -> list[float]:
            decays, gain, w = state
            if next(evaluations) > EVALUATIONS:
                raise UnfinishedError(f"sums over the band have lost their digits at t = {t:.4g}; ask for earlier times")
            felt = masses * equations.mode_growth(mu, gain, decays, np.exp) ** 2
            pulls = (felt @ equations.mode_pull(mu, w)).real
            return [*equations.logarithmic_rates(w, self.lam), equations.head_rate(pulls, w, self.gamma, self.kappa)]

        start, span = [0.0, 0.0, self.w0], (0.0, t[-1])
        found = solve_ivp(velocity, span, start, method="LSODA", t_eval=t, rtol=rtol, atol=rtol / 100)
        if not found.success:
            raise UnfinishedError(f"the integration stopped: {found.message}; ask for earlier times")
        return found.y

    def precise_head(self, times: ArrayLike, digits: int, nodes: int = NODES[0]) -> list[Any]:
        """:math:`w(t)` at increasing times to ``digits`` digits, as mpmath numbers: slow, to certify :meth:`trajectory`.

        Parameters
        ----------
        digits
            15 to 50.
        nodes
            of a regular band, whose number limits the accuracy at late times, whatever the digits.

        Raises
        ------
        InputError
            for a Poisson band, whose density has no closed form.
        """
        check_digits(digits)
        t = require.times(times)
        with mp.workdps(digits + power_series.GUARD):
            if isinstance(self.of, Band):
                mu, masses = precise_nodes(self.of, nodes)
                if self.outlier:
                    mu, masses = np.append(mu, mp.mpf(1)), np.append(masses, mp.mpf(self.outlier))
            else:
                mu, masses = (
                    np.array([mp.mpf(float(x)) for x in each]) for each in (self.modes.correlations, self.modes.masses)
                )
            found = power_series.heads(mu, self.gamma * masses, self.lam, self.kappa, self.w0, t.tolist())
        with mp.workdps(digits):
            return [+w for w in found]

    # -- at late times -------------------------------------------------------------------------------------------------

    @property
    def edge(self) -> float:
        """The largest correlation.

        Raises
        ------
        InputError
            for a Poisson band, whose tails have no edge: at any share of the modes see :func:`theory.dmft.critical_fraction`.
        """
        if isinstance(self.of, Band) and self.of.ensemble == "poisson":
            raise InputError(
                "a band with an edge", "a poisson one", "use regular, or critical_fraction() at a share of the modes"
            )
        return self.modes.edge

    @property
    def critical_decay(self) -> float:
        r""":math:`\lambda_c=\mu_e^2/4`, beyond which every mode decays, whatever the head; raises as :attr:`edge`."""
        return equations.critical_decay(self.edge)

    def steady_states(self) -> tuple[SteadyState, ...]:
        """Those with surviving modes, the stable one first; none beyond the critical decay, where only zero is left.

        Zero is stable at every positive decay of the embeddings: which of the two is reached depends on the start.

        Raises
        ------
        InputError
            unless both decays are positive, and as :attr:`edge`.
        """
        if self.lam == 0 or self.kappa == 0:
            raise InputError("positive decays lam and kappa", f"{self.lam} and {self.kappa}", "without them use ageing()")
        if self.lam >= self.critical_decay:
            return ()
        heads = equations.resting_heads(self.edge, self.lam, math.sqrt)
        return tuple(SteadyState(w, equations.resting_mass(w, self.gamma, self.lam, self.kappa), w == heads[0]) for w in heads)

    def ageing(self) -> tuple[float, float]:
        r"""The limit :math:`w_+` and the coefficient a of :math:`w\simeq w_+-a/t`, where modes survive.

        Raises
        ------
        InputError
            for modes that are no continuous band, which arrive exponentially, for one decay without the other, whose mass has
            no limit, beyond the critical decay, and as :attr:`edge`.
        """
        if not self.modes.continuous:
            raise InputError("a band up to its edge", "single modes", "look at steady_states()")
        if (self.lam == 0) != (self.kappa == 0) or self.lam >= self.critical_decay:
            expected = f"no decay, or both kappa > 0 and 0 < lam < {self.critical_decay:.6g}"
            raise InputError(expected, f"lam = {self.lam}, kappa = {self.kappa}", "choose one of these")
        limit, _ = equations.resting_heads(self.edge, self.lam, math.sqrt)
        return limit, equations.ageing_coefficient(self.edge, self.lam, math.sqrt)
