"""Numbers that the derivation ``ageing`` is held against: the solver at late times, on bands of regular pairs."""

from __future__ import annotations

from functools import cache
from typing import cast

import mpmath
import numpy as np

from derivations.checks import random_values
from derivations.vocabulary import I_B, B_g, m_decay, m_e, mu, mu_e, t, t_1, t_2, varrho, varrho_e, w, w_0, w_plus
from theory.dmft import Band, HeadCurve, MeanFieldHead, Modes
from theory.evaluate import Point, evaluate
from theory.models.vocabulary import gamma, kappa, lam

TIMES = np.array([1250.0, 2500.0, 5000.0, 10_000.0])
CASES = ((6, 0.0, 0.0), (6, 0.05, 0.05), (4, 0.0, 0.0))  # links, decays


def edge_point(rng: np.random.Generator) -> Point:
    """An edge and its density, a gain, two times and a head."""
    return Point({name: random_values(rng, (), 0.3, 2) for name in (mu_e, varrho_e, B_g, t_1, t_2, w_plus)})


def integrals(rng, density, found):
    """Laplace's integral of the density."""
    at = edge_point(rng).values

    def integrand(below):
        place = at[mu_e] - below
        return evaluate(density[varrho], Point({**at, mu: place})) * mpmath.exp(2 * place * at[B_g])

    yield evaluate(found[I_B], Point(at)), mpmath.quad(integrand, [0, 1, mpmath.inf])


def band_slopes(rng, formula):
    """How the logarithm of the sum over a band falls behind its edge, over the gain, by differences; beyond two orders."""
    links, gains, step = int(rng.integers(3, 8)), np.array([2500.0, 5000.0, 10_000.0]), 1.0
    modes = Modes.of(Band("regular", int(rng.integers(2, 5)), links), 4096)
    sums = [np.exp(2 * np.outer(gains + sign * step, modes.correlations - modes.edge)) @ modes.masses for sign in (-1, 1)]
    found = gains * np.log(sums[1] / sums[0]) / (2 * step)
    limit = np.linalg.solve(np.vander(1 / gains, increasing=True), found)[0]
    yield gains[0] * (evaluate(formula, Point({mu_e: modes.edge, B_g: gains[0]})) - 2 * modes.edge), limit


def _late_limit(values, times=TIMES[1:]):
    """The limit of three values at late times, which approach it like log t/t and 1/t."""
    return np.linalg.solve(np.column_stack([np.ones(3), np.log(times) / times, 1 / times]), values)[0]


@cache
def _late_solution(case: int) -> tuple[MeanFieldHead, HeadCurve]:
    """A solution at late times."""
    links, decay, head_decay = CASES[case]
    head = MeanFieldHead(Band("regular", 2, links), gamma=1.5, lam=decay, kappa=head_decay, w0=0.8)
    return head, head.trajectory(TIMES)


def _draw_solution(rng) -> tuple[MeanFieldHead, HeadCurve, dict]:
    """A solution, and the numbers of its parameters."""
    head, curve = _late_solution(int(rng.integers(len(CASES))))
    return head, curve, {mu_e: head.edge, gamma: head.gamma, lam: head.lam, kappa: head.kappa, w_0: head.w0}


def _mode_gaps(head: MeanFieldHead, curve: HeadCurve) -> Modes:
    return Modes.of(cast(Band, head.of), curve.nodes)


def late_masses(rng, end, found):
    """The total mass in the end, without and with decay, and where the head ends."""
    for case, name in ((0, m_e), (1, m_decay)):
        head, curve = _late_solution(case)
        modes = _mode_gaps(head, curve)
        grown = np.array([curve.growth(mode)[1:] for mode in modes.correlations])
        at = {mu_e: head.edge, gamma: head.gamma, lam: head.lam, kappa: head.kappa, w_0: head.w0}
        at |= {w_plus: evaluate(end, Point(at))}
        yield at[w_plus], head.ageing()[0]
        yield evaluate(found[name], Point(at)), _late_limit(modes.masses @ grown**2)


def rest_gaps(rng, line):
    """What the modes at the edge lack to rest, over what they are said to lack, in the end."""
    _, curve, at = _draw_solution(rng)
    late = [Point({**at, w: head, B_g: gain}) for head, gain in zip(curve.head[1:], curve.gains[1:], strict=True)]
    yield 1.0, _late_limit([float(evaluate(line.left, here) / evaluate(line.right, here)) for here in late])


def parted_heads(rng, given, found):
    """Whether both heads at rest are real and apart, which is where it is assumed and only there; then the upper one."""
    for _ in range(8):
        at = {mu_e: float(rng.uniform(0.2, 1)), lam: float(rng.uniform(0, 0.25))}
        heads = np.roots([1, -at[mu_e], at[lam]])
        yield int(not given.violations(at)), int(np.isreal(heads).all())
        if np.isreal(heads).all():
            yield evaluate(found[w_plus], Point(at)), heads.max()


def late_heads(rng, lines, limit):
    """Gain, gap and distance from the limit in the end, over what they are said to be; the limit and the coefficient."""
    gain, gap, late = lines
    head, curve, at = _draw_solution(rng)
    value = evaluate(limit, Point(at))
    points = [
        Point({**at, w: one, B_g: grown, t: time, w_plus: value})
        for one, grown, time in zip(curve.head[1:], curve.gains[1:], TIMES[1:], strict=True)
    ]
    for line, origin in ((gain, 0), (gap, 0), (late, value)):
        ratios = [(evaluate(line.left, here) - origin) / (evaluate(line.right, here) - origin) for here in points]
        yield 1.0, _late_limit([float(ratio) for ratio in ratios])
    yield [value, (value - evaluate(late.right, points[0])) * TIMES[1]], head.ageing()


def _twice_as_late(formula):
    """At two times of which one is half the other."""
    return evaluate(formula, Point({t_1: TIMES[0], t_2: TIMES[1]}))


def edge_growths(rng, formula):
    """The growth of the mode at the edge while time doubles, in the end."""
    head, curve, _ = _draw_solution(rng)
    grown = curve.growth(head.edge)
    yield _twice_as_late(formula), _late_limit(grown[1:] / grown[:-1])


def late_overlaps(rng, formula):
    """Overlaps at two late times, over those at one, in the end."""
    head, curve, _ = _draw_solution(rng)
    modes = _mode_gaps(head, curve)
    grown = np.array([curve.growth(mode) for mode in modes.correlations])
    squares = modes.masses @ grown**2
    yield (
        _twice_as_late(formula),
        _late_limit(modes.masses @ (grown[:, 1:] * grown[:, :-1]) / np.sqrt(squares[1:] * squares[:-1])),
    )
