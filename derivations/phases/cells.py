r"""Proved cells: boxes of parameters, or of starts, over which a phase is certain, by ball arithmetic.

Two expressions decide: where the state exists, and whether it bears turns (the derivations ``weight_decay`` and
``decay_stability``, whose rule is complete); of starts without decays, the margin of the hyperbola (``one_mode``).  They are
evaluated over a whole box at once (:mod:`derivations.analysis.linearisation.balls`); a ball off zero proves a sign for every
point of the box.  A box that stays undecided is halved along its sides in turn.

>>> proved_phase({"phi": (0.1, 0.2), "lambda": (0.04, 0.05), "k": (0.2, 0.2)}, classes=4).value
'bistable'
>>> proved_phase({"phi": (0.1, 0.9), "lambda": (0.04, 0.05), "k": (0.2, 0.2)}, classes=4).value
'undecided'
>>> proved_start({"w_0": (1.5, 1.6), "v_0": (0.1, 0.2)}, fraction=0.2, classes=2).value
'collapsed'

When it fails: a box that a boundary crosses stays undecided however often it is halved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from sympy import Rational

from derivations.analysis.linearisation.balls import ball_signs, compile_balls, interval_ball
from derivations.closed_forms import phases
from derivations.phases.regions import CODES, Phase
from derivations.vocabulary import k, mu, phi, v_0, w_0
from theory.errors import InputError
from theory.models.vocabulary import K, gamma, lam

DEPTH = 8
Ends = tuple[Fraction, Fraction]


def proved_phase(box: Mapping[str, tuple], classes: int, family: str = "uniform", depth: int = DEPTH) -> Phase:
    """The phase that is proved of every point of a box with positive decays.

    Parameters
    ----------
    box
        pairs of ends, low then high, of "phi", "lambda" and "k"; floats are taken as the numbers that they are.
    classes, family
        as for :func:`~derivations.phases.regions.classify`.
    depth
        how often each side is halved at most.

    Raises
    ------
    InputError
        for a box outside fractions in [0, 1] and positive decays, or ends that are not in order.
    """
    ends = _box_ends(box, ("phi", "lambda", "k"))
    if not (ends[0][0] >= 0 and ends[0][1] <= 1 and ends[1][0] > 0 and ends[2][0] > 0):
        raise InputError("fractions in [0, 1] and positive decays", str(dict(box)), "narrow the box")
    return _prove_by_halves(partial(_phase_at_once, _phase_conditions(classes, family)), ends, depth)


def proved_start(box: Mapping[str, tuple], fraction: float, classes: int, family: str = "uniform", depth: int = DEPTH) -> Phase:
    r"""The fate without decays that is proved of every start with :math:`v_0\ne0` in a box of "w_0" and "v_0" (times
    :math:`\sqrt\gamma`).

    Raises
    ------
    InputError
        for ends that are not in order, or negative amplitudes.
    """
    ends = _box_ends(box, ("w_0", "v_0"))
    if ends[1][0] < 0:
        raise InputError("amplitudes that are not negative", str(dict(box)), "narrow the box")
    (low, high), amplitudes = ends
    parts = [(low, min(high, Fraction(0)))] if low < 0 else []
    parts += [(max(low, Fraction(0)), high)] if high > 0 or not parts else []
    at_once = partial(_start_at_once, _survival_margins(Fraction(fraction), classes, family))
    found = {_prove_by_halves(at_once, (part, amplitudes), depth) for part in parts}
    return found.pop() if len(found) == 1 else Phase.UNDECIDED


def proved_codes(prove: Callable[[Mapping[str, tuple]], Phase], edges: Mapping[str, NDArray]) -> NDArray:
    """The numbers of what is proved of the cells between edges, with one axis for each name."""
    shape = tuple(len(e) - 1 for e in edges.values())
    codes = np.empty(shape, dtype=np.int8)
    for place in np.ndindex(shape):
        codes[place] = CODES[prove({name: (e[i], e[i + 1]) for i, (name, e) in zip(place, edges.items(), strict=True)})]
    return codes


def _box_ends(box: Mapping[str, tuple], names: Sequence[str]) -> tuple[Ends, ...]:
    if set(box) != set(names):
        raise InputError(f"a box of {', '.join(names)}", ", ".join(box), "give a pair of ends for each")
    ends = tuple((Fraction(float(box[name][0])), Fraction(float(box[name][1]))) for name in names)
    if any(low > high for low, high in ends):
        raise InputError("ends in order", str(dict(box)), "exchange them")
    return ends


def _prove_by_halves(at_once: Callable[[Sequence[Ends]], Phase], ends: tuple[Ends, ...], depth: int, side: int = 0) -> Phase:
    """What is proved of a box, or alike of all its parts."""
    found = at_once(ends)
    sides = [n for n, (low, high) in enumerate(ends) if low < high]
    if found is not Phase.UNDECIDED or side >= depth * len(sides):
        return found
    chosen = sides[side % len(sides)]
    low, high = ends[chosen]
    middle = (low + high) / 2
    lower, upper = ((*ends[:chosen], half, *ends[chosen + 1 :]) for half in ((low, middle), (middle, high)))
    first = _prove_by_halves(at_once, lower, depth, side + 1)
    if first is Phase.UNDECIDED:
        return first
    return first if _prove_by_halves(at_once, upper, depth, side + 1) is first else Phase.UNDECIDED


@cache
def _phase_conditions(classes: int, family: str) -> Callable:
    forms = [form(family).subs(K, classes) for form in (phases.existence_margin, phases.turning_margin)]
    return compile_balls(forms, (phi, lam, k))


def _phase_at_once(conditions: Callable, ends: Sequence[Ends]) -> Phase:
    exists, bears = (ball_signs(ball) for ball in conditions(*(interval_ball(*e) for e in ends)))
    if exists == {-1}:
        return Phase.COLLAPSED
    if exists != {1} or len(bears) > 1 or 0 in bears:
        return Phase.UNDECIDED
    return Phase.BISTABLE if bears == {1} else Phase.ROTATING


@cache
def _survival_margins(fraction: Fraction, classes: int, family: str) -> Callable:
    class_mu = phases.correlation(family).subs({phi: Rational(fraction.numerator, fraction.denominator), K: classes})
    return compile_balls([m.subs({mu: class_mu, gamma: 1}) for m in phases.survival_margins()], (w_0, v_0))


def _start_at_once(margins: Callable, ends: Sequence[Ends]) -> Phase:
    """The fate of a box.  On the edge w_0 = 0 both branches agree: where the margin of negative heads is positive, so is the
    other."""
    above, below = (ball_signs(ball) for ball in margins(*(interval_ball(*e) for e in ends)))
    margin = above if ends[0][0] >= 0 else below
    fates = {frozenset({1}): Phase.NON_COLLAPSED, frozenset({-1}): Phase.COLLAPSED}
    return fates.get(margin, Phase.UNDECIDED)
