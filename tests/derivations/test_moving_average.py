"""Moving-average targets through the engine: the fixed points of the stop-gradient flow, their stability, and its limit."""

import pytest
from sympy import Symbol, simplify, symbols

from derivations import Ansatz, fixed_points, reduce_to_modes, stability, time_scales, whole_model_ansatz
from derivations.analysis.linearisation.verdicts import Verdict
from derivations.analysis.points.fixed_points import Completeness
from theory import Loss, models, sg
from theory.models import vocabulary
from theory.models.vocabulary import X, Y

v, w = symbols("v w", real=True)
T = Symbol("T_v", real=True)
mu, gamma, lam, kappa, eps = symbols("mu gamma lambda kappa epsilon", positive=True)
PLAIN = Loss(w**2 * v**2 / 2 - mu * w * v * sg(v), (v, w), {w: gamma})
DECAYING = Loss(PLAIN.expression, (v, w), {w: gamma}, {v: lam, w: kappa})


def moving(loss, rate=models.moving_average.beta):
    return models.moving_average_targets(loss, rate).stop_gradient_flow()


@pytest.mark.parametrize("loss", [PLAIN, DECAYING], ids=["no decay", "decay"])
def test_fixed_points_are_those_of_the_stop_gradient_flow_with_targets_in_place(loss):
    points, before = fixed_points(moving(loss), None), fixed_points(loss.stop_gradient_flow(), None)
    assert points.completeness is Completeness.PROVED
    here = {(p.values[v].subs(T, v), p.values[w]) for p in points}
    assert here == {(p.values[v], p.values[w]) for p in before}
    assert all((p.values[T] - p.values[v]).subs(T, v) == 0 for p in points)


def test_a_living_mode_is_stable_at_every_rate():
    judged = stability(moving(PLAIN), {v: v, w: mu, T: v}, None)
    assert judged.verdict is Verdict.DEPENDS
    assert [str(c) for c in judged.conditions] == ["Ne(v, 0)"]


def test_with_decay_upper_points_are_stable_and_lower_ones_saddles_at_every_rate():
    flow = moving(DECAYING)
    before = {
        p.values[w]: stability(DECAYING.stop_gradient_flow(), p, None)
        for p in fixed_points(DECAYING.stop_gradient_flow(), None)
    }
    for point in fixed_points(flow, None):
        judged = stability(flow, point, None)
        assert judged.verdict is before[point.values[w]].verdict
        assert judged.method == "exact"


def test_fast_targets_separate_from_the_rates_of_the_stop_gradient_flow():
    """With beta = 1/epsilon one rate runs off like 1/epsilon, the others tend to those of the stop-gradient flow."""
    rates = time_scales(moving(PLAIN, 1 / eps), {v: v, w: mu, T: v}, small=eps, order=1, time_limit=None)
    found = {r.exponent: r.coefficient for r in rates if r.coefficient != 0}
    assert found.keys() == {-1, 0}
    assert simplify(found[-1] + 1) == 0
    slow = [s for s in stability(PLAIN.stop_gradient_flow(), {v: v, w: mu}, None).eigenvalues if s != 0]
    assert [simplify(found[0] - s) for s in slow] == [0]


def test_slow_targets_leave_the_head_to_follow_them_at_the_rate_of_the_targets():
    """With beta = epsilon the slowest rate is -epsilon gamma v^2/(mu^2 + gamma v^2)."""
    rates = time_scales(moving(PLAIN, eps), {v: v, w: mu, T: v}, small=eps, order=1, time_limit=None)
    found = {r.exponent: r.coefficient for r in rates if r.coefficient != 0}
    assert simplify(found[1] + gamma * v**2 / (mu**2 + gamma * v**2)) == 0


def test_one_mode_of_the_whole_model_is_this_flow():
    """Targets have the form of what they follow, with an amplitude of their own."""
    flow = moving(models.projection_head())
    whole = whole_model_ansatz()
    targets = {models.moving_average.target_of(B): whole.blocks[B].xreplace({v: T}) for B in (X, Y)}
    ansatz = Ansatz({**whole.blocks, **targets}, (*whole.amplitudes, T), whole.assumptions)
    reduced = reduce_to_modes(flow, ansatz, time_limit=None).flow
    nonnegative = {lam: vocabulary.lam, kappa: vocabulary.kappa, gamma: vocabulary.gamma}
    for symbol, velocity in moving(DECAYING).velocity.items():
        assert (reduced.velocity[symbol] - velocity.xreplace(nonnegative)).expand() == 0
