"""The oracle of the checks, which shares no code with the calculus, on losses made of nodes."""

import mpmath
import numpy as np
import pytest

pytest.importorskip("jax")

from derivations.checks import Descent, Level, Status, random_values
from tests.theory.nodes.losses import CASES, SIZES, STATE, C, P, beta, tau, u, x
from theory.evaluate import Point

TAKEN = sorted(CASES)[::3]


def point(rng):
    values = {s: mpmath.mpf(v) for s, v in SIZES.items()}
    for symbol in (*STATE, u, C):
        shape = () if symbol == x else tuple(SIZES.get(m, 1) for m in symbol.shape)
        values[symbol] = random_values(rng, shape, -1, 1)
    root = random_values(rng, (4, 4), -1, 1)
    return Point(values | {P: root + root.T, tau: mpmath.mpf("0.7"), beta: mpmath.mpf("1.3")})


@pytest.mark.parametrize("case", TAKEN)
def test_flows_descend_by_central_differences_at_fifty_digits(case):
    loss = CASES[case].loss
    for stopped, flow in ((True, loss.stop_gradient_flow()), (False, loss.gradient_flow())):
        outcome = Descent(loss, list(flow.velocity.values()), point, stopped=stopped).run(Level.QUICK)
        assert outcome.status is Status.PASSED, outcome


def test_a_flow_of_another_loss_does_not_pass():
    loss, other = CASES["SimSiam"].loss, CASES["SimSiam"].loss.gradient_flow()
    outcome = Descent(loss, list(other.velocity.values()), point, stopped=True).run(Level.QUICK)
    assert outcome.status is Status.FAILED
    assert np.isfinite(outcome.residual)
