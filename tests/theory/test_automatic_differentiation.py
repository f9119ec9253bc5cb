"""Stop-gradient flows against automatic differentiation: each loss written twice, with ``sg`` and with JAX's stop_gradient."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pytest
from sympy import MatrixSymbol, Q, Trace, cos, exp, log, sin, symbols, sympify

from theory import Loss, models, sg

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp, stop = jax.numpy, jax.lax.stop_gradient

ROUNDING = 1e-12  # relative, of the whole velocity: two orders of summation in double precision
SIZES = {"n": 4, "m": 3, "d": 3, "N": 5, "K": 4}
x, y, w = symbols("x y w", real=True)
gamma, kappa, mu = symbols("gamma kappa mu", positive=True)
n, m = symbols("n m", integer=True, positive=True)
A, B, C = MatrixSymbol("A", n, m), MatrixSymbol("B", n, m), MatrixSymbol("C", n, n)
S, D, H = MatrixSymbol("S", n, n), MatrixSymbol("D", m, m), MatrixSymbol("H", m, m)


class Twice(NamedTuple):
    """A loss, and the same as a function of arrays by name."""

    loss: Loss
    function: Callable[[Mapping], object]


def scalars(expression, function, **rates):
    return Twice(Loss(expression, state=(x, y, w), **rates), lambda at: function(at["x"], at["y"], at["w"], at))


def matrices(expression, function, **rates):
    return Twice(
        Loss(expression, state=(A, B, C), assumptions=(Q.symmetric(S), Q.diagonal(D), Q.diagonal(H)), **rates),
        lambda at: function(at["A"], at["B"], at["C"], at),
    )


def square(matrix):
    return Trace(matrix * matrix.T) / 2


def half_norm(array):
    return jnp.sum(array**2) / 2


SCALARS = {
    "one target": scalars((w * x - sg(y)) ** 2 / 2, lambda x, y, w, at: (w * x - stop(y)) ** 2 / 2),
    "both targets of a shared factor": scalars(
        (w * x - sg(y)) ** 2 / 2 + (w * y - sg(x)) ** 2 / 2,
        lambda x, y, w, at: (w * x - stop(y)) ** 2 / 2 + (w * y - stop(x)) ** 2 / 2,
    ),
    "a factor of a product": scalars(x * y * sg(w * x), lambda x, y, w, at: x * y * stop(w * x)),
    "one of two equal factors": scalars(mu * w * x * sg(x), lambda x, y, w, at: at["mu"] * w * x * stop(x)),
    "a part of a sum": scalars((x + sg(x + y)) ** 3, lambda x, y, w, at: (x + stop(x + y)) ** 3),
    "nested, another inside": scalars(x * sg(y * sg(w) + x), lambda x, y, w, at: x * stop(y * stop(w) + x)),
    "nested, immediately": scalars(x**2 * sg(sg(y)), lambda x, y, w, at: x**2 * stop(stop(y))),
    "inside a function": scalars(
        exp(x * sg(y)) + sin(w + sg(w)), lambda x, y, w, at: jnp.exp(x * stop(y)) + jnp.sin(w + stop(w))
    ),
    "around a function": scalars(sg(cos(x)) * x * y, lambda x, y, w, at: stop(jnp.cos(x)) * x * y),
    "in a denominator": scalars(x * y / (1 + sg(x) ** 2), lambda x, y, w, at: x * y / (1 + stop(x) ** 2)),
    "in an exponent": scalars((1 + x**2) ** sg(y), lambda x, y, w, at: (1 + x**2) ** stop(y)),
    "inside a logarithm": scalars(log(1 + (x - sg(w)) ** 2), lambda x, y, w, at: jnp.log(1 + (x - stop(w)) ** 2)),
    "the same expression stopped and not": scalars((x * y + sg(x * y)) ** 2, lambda x, y, w, at: (x * y + stop(x * y)) ** 2),
    "mobilities and decays": scalars(
        (w * x - sg(y)) ** 2 / 2,
        lambda x, y, w, at: (w * x - stop(y)) ** 2 / 2,
        mobility={w: gamma, x: 1 + mu},
        decay={w: kappa, y: mu},
    ),
    "a stopped state in the mobility's company": scalars(
        sg(x) * y**2 + x * sg(y**2), lambda x, y, w, at: stop(x) * y**2 + x * stop(y**2), mobility={y: gamma}
    ),
}

MATRICES = {
    "one target, matrix": matrices(square(C * A - sg(B)), lambda A, B, C, at: half_norm(C @ A - stop(B))),
    "both targets, matrix": matrices(
        square(C * A - sg(B)) + square(C * B - sg(A)),
        lambda A, B, C, at: half_norm(C @ A - stop(B)) + half_norm(C @ B - stop(A)),
    ),
    "a stopped head": matrices(square(sg(C) * A - B), lambda A, B, C, at: half_norm(stop(C) @ A - B)),
    "a stopped prediction": matrices(square(sg(C * A) - C * B), lambda A, B, C, at: half_norm(stop(C @ A) - C @ B)),
    "one factor of a trace": matrices(Trace(A.T * sg(C) * C * B), lambda A, B, C, at: jnp.trace(A.T @ stop(C) @ C @ B)),
    "a transpose inside": matrices(Trace(sg(A.T) * C * B), lambda A, B, C, at: jnp.trace(stop(A.T) @ C @ B)),
    "a transpose outside": matrices(Trace(sg(C * A).T * B * D), lambda A, B, C, at: jnp.trace(stop(C @ A).T @ B @ at["D"])),
    "nested, matrix": matrices(
        square(C * A - sg(S * B + sg(A))), lambda A, B, C, at: half_norm(C @ A - stop(at["S"] @ B + stop(A)))
    ),
    "a stopped sum beside its terms": matrices(
        Trace((A + B).T * S * sg(A + B)), lambda A, B, C, at: jnp.trace((A + B).T @ at["S"] @ stop(A + B))
    ),
    "a stopped trace": matrices(
        sg(Trace(A.T * B)) * Trace(A.T * A), lambda A, B, C, at: stop(jnp.trace(A.T @ B)) * jnp.trace(A.T @ A)
    ),
    "a function of traces": matrices(
        log(1 + square(A - sg(B))) * Trace(C * sg(C).T),
        lambda A, B, C, at: jnp.log(1 + half_norm(A - stop(B))) * jnp.sum(C * stop(C)),
    ),
    "only a part of a cubic": matrices(
        Trace(C * sg(C * S) * C.T) + square(C - sg(S)),
        lambda A, B, C, at: jnp.trace(C @ stop(C @ at["S"]) @ C.T) + half_norm(C - at["S"]),
    ),
    "matrix mobility and decays": matrices(
        Trace(A * D * A.T) / 2 - Trace(A * D * sg(B).T),
        lambda A, B, C, at: jnp.trace(A @ at["D"] @ A.T) / 2 - jnp.trace(A @ at["D"] @ stop(B).T),
        mobility={A: H, C: gamma},
        decay={A: kappa, B: kappa, C: mu},
    ),
}


def pull(weights, left, right):
    distances = jnp.sum((left[:, :, None] - right[:, None, :]) ** 2, axis=0)
    return jnp.sum(weights * distances) / 2


def side(head, stopped, at):
    """The loss of a projection head as a sum over pairs."""
    X, Y, J = at["X"], at["Y"], at["J"]
    W = at.get("W")
    labels, samples = (stop if stopped in (name, "both") else jnp.asarray for name in ("labels", "samples"))
    if head == "shared":
        return pull(J, W @ X, labels(Y)) + pull(J, samples(X), W @ Y)
    left, right = (W @ X if head in ("samples", "both") else X), (W @ Y if head in ("labels", "both") else Y)
    if stopped == "both":
        return pull(J, left, stop(right)) + pull(J, stop(left), right)
    return pull(J, samples(left), labels(right))


HEADS = {
    f"head {head}, stop {stopped}": Twice(
        models.projection_head(head, stopped), lambda at, head=head, stopped=stopped: side(head, stopped, at)
    )
    for head in ("none", "samples", "labels", "both", "shared")
    for stopped in ("none", "labels", "samples", "both")
}
CASES = SCALARS | MATRICES | HEADS


def random_values(loss, rng):
    """Positive numbers for parameters, arrays of the right shape and structure for matrices, by name."""
    flow = loss.stop_gradient_flow()
    rates = [*loss.mobility.values(), *loss.decay.values()]
    symbols = {*flow.state, *flow.parameters}.union(*(sympify(e).free_symbols for e in (loss.expression, *rates)))
    J = rng.uniform(0.1, 1, (SIZES["N"], SIZES["K"]))
    special = {"J": J, "D_x": np.diag(J.sum(1)), "D_y": np.diag(J.sum(0))}
    values = {}
    for symbol in sorted(symbols, key=str):
        if not isinstance(symbol, MatrixSymbol):
            values[symbol.name] = rng.standard_normal() if symbol in loss.state else rng.uniform(0.2, 2)
        else:
            values[symbol.name] = special.get(symbol.name, rng.standard_normal([SIZES[str(k)] for k in symbol.shape]))
    for name in {"D", "H", "H_x", "H_y"} & values.keys():
        values[name] = np.diag(rng.uniform(0.5, 2, len(values[name])))
    if "S" in values:
        values["S"] = values["S"] + values["S"].T
    return {name: value for name, value in values.items() if name not in SIZES}


def descent(twice, at):
    """Minus the automatic gradient times the mobility, minus the decay."""
    loss, names = twice.loss, [b.name for b in twice.loss.state]
    slopes = jax.grad(lambda state: twice.function({**at, **state}))({name: jnp.asarray(at[name]) for name in names})

    def rate(given):
        if isinstance(given, MatrixSymbol):
            return at[given.name]
        return float(sympify(given).subs({p: at[p.name] for p in sympify(given).free_symbols}))

    moved = []
    for block in loss.state:
        mobility, decay = rate(loss.mobility.get(block, 1)), rate(loss.decay.get(block, 0))
        slope = np.asarray(slopes[block.name])
        moved.append((slope @ mobility if np.ndim(mobility) else slope * mobility) + decay * at[block.name])
    return -np.concatenate([np.ravel(part) for part in moved])


def velocity(loss, at):
    flow = loss.stop_gradient_flow()
    lowered = flow.lower({str(p): at[str(p)] for p in flow.parameters} | dimensions(flow))
    return lowered.velocity(0.0, lowered.pack({b: at[b.name] for b in flow.state}))


def dimensions(flow):
    return {str(k): SIZES[str(k)] for b in flow.state if isinstance(b, MatrixSymbol) for k in b.shape}


@pytest.mark.parametrize("case", CASES)
def test_flow_is_what_automatic_differentiation_with_a_stop_gives(case):
    twice = CASES[case]
    for seed in range(3):
        at = random_values(twice.loss, np.random.default_rng(seed))
        expected = descent(twice, at)
        np.testing.assert_allclose(velocity(twice.loss, at), expected, rtol=0, atol=ROUNDING * np.abs(expected).max())


@pytest.mark.parametrize("case", [name for name, twice in CASES.items() if twice.loss.is_marked])
def test_oracle_tells_a_stop_from_none(case):
    """The same loss with its markers read as the identity descends elsewhere."""
    loss = CASES[case].loss
    at = random_values(loss, np.random.default_rng(0))
    whole = Loss(loss.erased(), loss.state, loss.mobility, loss.decay, loss.assumptions)
    assert np.abs(velocity(whole, at) - descent(CASES[case], at)).max() > 1e-6
