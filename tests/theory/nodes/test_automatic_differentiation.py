"""Values, velocities and Jacobians of losses made of nodes, against automatic differentiation and its own stop."""

import numpy as np
import pytest
from sympy import MatrixSymbol, sympify

jax = pytest.importorskip("jax")

from tests.theory.nodes.losses import CASES, SIZES, STATE  # noqa: E402

ROUNDING = 1e-9  # relative, of the whole array
NAMES = {str(k): v for k, v in SIZES.items()}


@jax.custom_vjp
def held(x):
    """The identity without a slope, whose slope by the outer of two derivatives is that of the identity."""
    return x


held.defvjp(lambda x: (x, None), lambda _, g: (jax.numpy.zeros_like(g),))


def drawn(seed):
    """Positive numbers for parameters, random arrays for everything else, by name."""
    rng = np.random.default_rng(seed)
    P = rng.standard_normal((4, 4))
    shapes = {s.name: [SIZES[k] for k in s.shape] for s in STATE if isinstance(s, MatrixSymbol)} | {"u": (3, 1)}
    at = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    classes = np.eye(2)[rng.integers(0, 2, 4)].T
    return at | {"x": rng.standard_normal(), "tau": 0.7, "beta": 1.3, "P": P + P.T, "C": classes}


def number(given, at):
    return float(sympify(given).subs({p: at[p.name] for p in sympify(given).free_symbols}))


def automatic(case, at, stopped):
    """The value, the velocity and the Jacobian, whose rows are slopes of one component of the velocity each."""
    loss, function = CASES[case]
    shapes = [np.shape(at[b.name]) for b in loss.state]
    ends = np.cumsum([int(np.prod(s)) for s in shapes])
    rates = [(number(loss.mobility.get(b, 1), at), number(loss.decay.get(b, 0), at)) for b in loss.state]
    mobility, decay = (np.repeat(column, np.diff([0, *ends])) for column in zip(*rates, strict=True))

    def value(y, stop):
        parts = [part.reshape(shape) for part, shape in zip(jax.numpy.split(y, ends[:-1]), shapes, strict=True)]
        return function({**at, **{b.name: part for b, part in zip(loss.state, parts, strict=True)}}, stop)

    def velocity(y, stop):
        return -mobility * jax.grad(value)(y, stop) - decay * y

    def all_of(y, row):
        _, pulled = jax.vjp(lambda z: velocity(z, held if stopped else unheld), y)
        stop = jax.lax.stop_gradient if stopped else unheld
        return value(y, stop), velocity(y, stop), pulled(row)[0]

    y = np.concatenate([np.ravel(at[b.name]) for b in loss.state])
    compiled = jax.jit(all_of)
    rows = [compiled(y, row) for row in np.eye(len(y))]
    return rows[0][0], rows[0][1], np.array([row for _, _, row in rows])


def unheld(x):
    return x


def lowered(flow, at, also=()):
    wanted = {*flow.parameters}.union(*(e.free_symbols for e in also))
    low = flow.lower({str(p): at[str(p)] for p in wanted if str(p) in at and p not in flow.state} | dims(flow), also)
    return low, low.pack({b: at[b.name] for b in flow.state})


def dims(flow):
    return {str(k): NAMES[str(k)] for b in flow.state if isinstance(b, MatrixSymbol) for k in b.shape}


def close(found, expected):
    scale = max(np.abs(expected).max(), 1e-3)
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING * scale)


@pytest.mark.parametrize("case", CASES)
def test_values_velocities_and_jacobians_agree(case):
    loss, at = CASES[case].loss, drawn(len(case))
    seen = []
    for stopped in (True, False)[: 1 + loss.is_marked]:
        flow = loss.stop_gradient_flow() if stopped else loss.gradient_flow()
        low, y = lowered(flow, at, [loss.erased()])
        value, velocity, jacobian = automatic(case, at, stopped)
        close(low.evaluate([loss.erased()])(y)[0], value)
        close(low.velocity(0.0, y), velocity)
        close(low.jacobian(0.0, y), jacobian)
        seen.append(velocity)
    if loss.is_marked:  # the stop is felt
        assert np.abs(seen[0] - seen[1]).max() > 1e-6


def test_there_are_sixty_losses():
    assert len(CASES) >= 60
    assert sum(twice.loss.is_marked for twice in CASES.values()) >= 15
