r"""Phases in closed form: which parameters keep labels apart, and from which starts.

The model is the shared head with both targets stopped, K classes of equal size, all class modes at one
:math:`\mu=\sqrt{1-\psi}`, and an embedding dimension of at least K, so that every mode can rest on a direction of its own.

>>> classify(fraction=0.2, decay=0.05, head_decay=0.01, classes=4).value
'bistable'
>>> classify(fraction=0.2, decay=0.05, head_decay=0.002, classes=4).value
'rotating'
>>> classify(fraction=0.9, decay=0.05, head_decay=0.01, classes=4).value
'collapsed'
>>> classify(fraction=0.9, decay=0, head_decay=0, classes=4).value
'non-collapsed'
>>> classify_start(head=2.0, amplitude=0.5, correlation=0.9).value
'collapsed'

Reference: the notes, §4; the derivations ``weight_decay`` (existence), ``decay_stability`` (turns) and ``one_mode`` (starts).
When it fails: mobilities that are not inverse to the degrees; fewer directions than classes; a phase is said of the state with
all class modes, and states with some of them may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from derivations.closed_forms import phases
from derivations.closed_forms.families import frustration
from theory import require
from theory.errors import InputError


class Phase(Enum):
    """What parameters, or a start, lead to.

    NON_COLLAPSED
        without decays: labels stay apart from every start beyond the hyperbola, and only others collapse.  Of a start: it
        keeps its mode.
    BISTABLE
        the state with all class modes is stable; so is the collapsed state, as always with decay: the start decides.
    ROTATING
        that state exists and is unstable to turns of head and modes: below a Hopf bifurcation, at which a cycle is born.
        Where runs go farther below is measured, :class:`Turning`.
    COLLAPSED
        that state does not exist: class modes decay from every start.  Of a start: its mode dies.
    UNDECIDED
        on a boundary, where the linearisation does not decide; in a simulation, no criterion is met; of a cell, nothing is
        proved.
    """

    NON_COLLAPSED = "non-collapsed"
    BISTABLE = "bistable"
    ROTATING = "rotating"
    COLLAPSED = "collapsed"
    UNDECIDED = "undecided"


CODES = {phase: code for code, phase in enumerate(Phase)}


class Turning(Enum):
    """Where labels go in a run whose state is lost to turns of head and modes: the smallest distance of two, relative to rest.

    NONE
        no such run.
    APART
        it stays above a tenth, as on a stable cycle.
    RETURNING
        it falls below that and does not stay below a hundredth: labels come close, irregularly, and part again.
    TOGETHER
        it stays below a hundredth.
    """

    NONE = "none"
    APART = "labels apart"
    RETURNING = "labels close at times"
    TOGETHER = "labels together"


def classify(*, fraction: float, decay: float, head_decay: float, classes: int, family: str = "uniform") -> Phase:
    r"""The phase of one set of parameters.

    Parameters
    ----------
    fraction
        :math:`\varphi` of frustrated samples, between 0 and 1.
    decay, head_decay
        :math:`\lambda` of the embeddings and :math:`\kappa` of the head, in units of the mobility of the embeddings.
    classes
        K.
    family
        ``"uniform"`` or ``"pairs"``.

    Raises
    ------
    InputError
        for parameters outside these ranges, and for embeddings without decay beside a head that has one: their amplitudes
        diverge.
    """
    if decay == 0 < head_decay:
        raise InputError("a decay of the embeddings beside one of the head", "none: amplitudes diverge", "let both decay")
    ratio = head_decay / decay if decay else 0.0
    return tuple(Phase)[int(phase_codes(fraction, decay, ratio, classes, family))]


def phase_codes(fraction: ArrayLike, decay: ArrayLike, ratio: ArrayLike, classes: int, family: str = "uniform") -> NDArray:
    r"""The phases of arrays of parameters, broadcast, as their numbers in :class:`Phase`.

    Parameters
    ----------
    fraction, decay
        as for :func:`classify`.
    ratio
        :math:`k=\kappa/\lambda`; where both decays are zero it means nothing.

    Raises
    ------
    InputError
        as :func:`classify`.
    """
    phi, lam, k = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (fraction, decay, ratio)))
    check_parameters(phi, lam, k, classes, family)
    at = (phi, lam, k, float(classes))
    with np.errstate(all="ignore"):
        exists = np.broadcast_to(phases.numeric_form(phases.existence_margin, family)(*at), phi.shape)
        turns = np.where((exists > 0) & (k > 0), phases.numeric_form(phases.turning_margin, family)(*at), np.nan)
        correlation = phases.numeric_form(phases.correlation, family)(*at)
    rules = {
        Phase.NON_COLLAPSED: (lam == 0) & (correlation > 0),
        Phase.COLLAPSED: (lam > 0) & ((exists < 0) | (k == 0)),
        Phase.BISTABLE: (lam > 0) & (turns > 0),
        Phase.ROTATING: (lam > 0) & (turns < 0),
    }
    return code_of_rules(rules)


def code_of_rules(rules: Mapping[Phase, NDArray]) -> NDArray:
    """The number of the first phase whose rule holds, undecided where none does."""
    numbers = [np.asarray(CODES[phase], dtype=np.int8) for phase in rules]
    return np.select(list(rules.values()), numbers, np.asarray(CODES[Phase.UNDECIDED], dtype=np.int8))


def check_parameters(phi: NDArray, lam: NDArray, k: NDArray, classes: int, family: str) -> None:
    """An InputError for parameters that make no sense."""
    require.whole(classes, "at least two classes", least=2)
    frustration(family)
    if not ((phi >= 0) & (phi <= 1)).all():
        raise InputError("fractions of frustrated samples between 0 and 1", str(phi), "give shares, not percentages")
    for name, values in (("decays", lam), ("ratios of decays", k)):
        if not (np.isfinite(values) & (values >= 0)).all():
            raise InputError(f"finite, non-negative {name}", str(values), "correct them")


def classify_start(*, head: float, amplitude: float, correlation: float, mobility: float = 1.0) -> Phase:
    r"""Where one mode along one direction goes without decays: it is kept, or it dies.

    Parameters
    ----------
    head, amplitude
        :math:`w_0` and :math:`v_0\ne0`.
    correlation, mobility
        :math:`\mu>0` of the mode and :math:`\gamma>0` of the head.

    Raises
    ------
    InputError
        for an amplitude of zero, which stays, and for another correlation or mobility.
    """
    if amplitude == 0 or not np.isfinite([head, amplitude]).all():
        raise InputError("a finite head and an amplitude that is not zero", f"{head}, {amplitude}", "correct them")
    if not 0 < correlation <= 1 or not mobility > 0:
        raise InputError("a correlation in (0, 1] and a positive mobility", f"{correlation}, {mobility}", "correct them")
    return tuple(Phase)[int(start_codes(head, np.sqrt(mobility) * amplitude, correlation))]


def start_codes(head: ArrayLike, scaled: ArrayLike, correlation: float) -> NDArray:
    r"""The phases of arrays of starts :math:`w_0` and :math:`\sqrt\gamma\,v_0`, broadcast, as numbers in :class:`Phase`."""
    margin = phases.survival_margin(head, scaled, correlation)
    return np.where(margin > 0, CODES[Phase.NON_COLLAPSED], CODES[Phase.COLLAPSED])


def growth_rate(fraction: ArrayLike, decay: ArrayLike, ratio: ArrayLike, classes: int, family: str = "uniform") -> NDArray:
    r"""The largest real part of the eigenvalues of the state without collapse, along its directions and in pairs of them.

    In units of the mobility of the embeddings; rotations that cost nothing are left out, and it is NaN where the state does
    not exist.  Arguments as for :func:`phase_codes`, with positive decays.
    """
    phi, lam, k = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in (fraction, decay, ratio)))
    check_parameters(phi, lam, k, classes, family)
    at = (phi, lam, k, float(classes))
    with np.errstate(all="ignore"):
        exists = phases.numeric_form(phases.existence_margin, family)(*at) > 0
        zero, one, two = phases.numeric_form(phases.cubic_coefficients, family)(*at)
        trace, determinant = phases.numeric_form(phases.own_invariants, family)(*at)
    polynomials = ((two, one, zero), (-trace, determinant))
    largest = [_largest_real_part([np.where(exists, c, 1.0) for c in coefficients]) for coefficients in polynomials]
    return np.where(exists, lam * np.maximum(*largest), np.nan)


def _largest_real_part(coefficients: list[NDArray]) -> NDArray:
    """The largest real part of the roots of monic polynomials, coefficients falling below the leading one."""
    degree = len(coefficients)
    companion = np.zeros((*coefficients[0].shape, degree, degree))
    companion[..., 0, :] = -np.stack(coefficients, axis=-1)
    companion[..., range(1, degree), range(degree - 1)] = 1
    return np.linalg.eigvals(companion).real.max(axis=-1)
