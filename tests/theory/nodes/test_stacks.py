"""Losses made of nodes in many runs at once, against one run after the other."""

import numpy as np
import pytest
from sympy import MatrixSymbol

pytest.importorskip("jax")

from tests.theory.nodes.losses import CASES, SIZES, STATE
from theory.simulation.stacked import lower_runs

RUNS = 2
NAMES = {str(k): v for k, v in SIZES.items()}


def data(seed):
    rng = np.random.default_rng(seed)
    P = rng.standard_normal((4, 4))
    return {"u": rng.standard_normal((3, 1)), "P": P + P.T, "C": np.eye(2)[[0, 1, 1, 0]].T, "beta": 1.3}


@pytest.mark.parametrize("case", CASES)
def test_runs_move_as_each_does_alone(case):
    flow = CASES[case].loss.stop_gradient_flow()
    dims = {str(k): NAMES[str(k)] for b in flow.state if isinstance(b, MatrixSymbol) for k in b.shape}
    fixed = {str(p): v for p, v in data(0).items() if p in map(str, flow.parameters)}
    varied = {"tau": np.array([0.7, 1.1])} if "tau" in map(str, flow.parameters) else {}
    together = lower_runs(flow, RUNS, fixed | dims, varied)
    rng = np.random.default_rng(len(case))
    blocks = {b: rng.standard_normal((RUNS, *(SIZES[k] for k in getattr(b, "shape", ())))) for b in STATE if b in flow.state}
    moved = together.velocity(0.0, np.concatenate([v.ravel() for v in (blocks[b] for b in flow.state)]))
    expected = []
    for run in range(RUNS):
        alone = flow.lower(fixed | dims | {name: values[run] for name, values in varied.items()})
        expected.append(alone.unpack(alone.velocity(0.0, alone.pack({b: v[run] for b, v in blocks.items()}))))
    flat = np.concatenate([np.ravel([run[b] for run in expected]) for b in flow.state])
    np.testing.assert_allclose(moved, flat, rtol=0, atol=1e-12 * max(1.0, np.abs(flat).max()))
