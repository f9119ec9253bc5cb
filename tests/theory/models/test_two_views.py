"""The losses of self-supervised learning against sums over pairs, as the papers write them."""

import pickle

import numpy as np
import pytest
from sympy import Integer

from tests.theory.oracles import assert_close, numeric_gradient
from theory import Coupling, Flow, models, simulate
from theory.models import vocabulary as v

NAMES = [
    "squared", "simsiam", "barlow_twins", "vicreg", "info_nce", "softmax_classification", "spectral_contrastive", "coding_rate",
    "whitening", "cosine",
]  # fmt: skip
PARAMETERS = {
    "temperature": 0.5,
    "alpha": 0.3,
    "zeta": 0.7,
    "epsilon": 0.2,
    "gamma": 0.5,
    "lambda": 0.01,
    "kappa": 0.02,
    "beta": 1.5,
}


def cosine_of(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def mean(J, of):
    """The mean over pairs."""
    return sum(J[i, a] * of(i, a) for i in range(J.shape[0]) for a in range(J.shape[1])) / J.sum()


def covariance(J, A, B, one, other):
    """Over pairs, of a dimension of one view and one of the other; ``one`` and ``other`` pick a sample of the pair."""
    middle = mean(J, lambda i, a: A[:, one(i, a)]), mean(J, lambda i, a: B[:, other(i, a)])
    return mean(J, lambda i, a: np.outer(A[:, one(i, a)] - middle[0], B[:, other(i, a)] - middle[1]))


def first(i, a):
    return i


def second(i, a):
    return a


def off(C):
    return ((C - np.diag(np.diag(C))) ** 2).sum()


def positive(z):
    return np.where(np.real(z) > 0, z, 0)


def logsumexp(z):
    return np.log(np.exp(z).sum())


def cosine(X, Y, W, J, still):
    return -mean(J, lambda i, a: cosine_of(X[:, i], Y[:, a]))


def simsiam(X, Y, W, J, still):
    toward = mean(J, lambda i, a: cosine_of(W @ X[:, i], still[v.Y][:, a]))
    return -(toward + mean(J, lambda i, a: cosine_of(still[v.X][:, i], W @ Y[:, a]))) / 2


def barlow_twins(X, Y, W, J, still):
    sides = ((X, first), (Y, second))
    scales = [1 / np.sqrt(np.diag(covariance(J, z, z, pick, pick))) for z, pick in sides]
    C = np.outer(*scales) * covariance(J, X, Y, first, second)
    return ((np.diag(C) - 1) ** 2).sum() + PARAMETERS["alpha"] * off(C)


def vicreg(X, Y, W, J, still):
    value = mean(J, lambda i, a: ((X[:, i] - Y[:, a]) ** 2).sum())
    for z, pick in ((X, first), (Y, second)):
        C = covariance(J, z, z, pick, pick)
        value += PARAMETERS["alpha"] * positive(1 - np.sqrt(np.diag(C) + PARAMETERS["epsilon"])).mean()
        value += PARAMETERS["zeta"] * off(C) / len(C)
    return value


def info_nce(X, Y, W, J, still):
    def score(i):
        return np.array([cosine_of(X[:, i], y) for y in Y.T]) / PARAMETERS["temperature"]

    return -mean(J, lambda i, a: score(i)[a] - logsumexp(score(i)))


def softmax_classification(X, Y, W, J, still):
    return -mean(J, lambda i, a: X[:, i] @ Y[:, a] - logsumexp(X[:, i] @ Y))


def spectral_contrastive(X, Y, W, J, still):
    apart = np.outer(J.sum(1), J.sum(0)) / J.sum() ** 2
    return -2 * mean(J, lambda i, a: X[:, i] @ Y[:, a]) + (apart * (X.T @ Y) ** 2).sum()


def coding_rate(X, Y, W, J, still):
    value = mean(J, lambda i, a: ((X[:, i] - Y[:, a]) ** 2).sum())
    for z, weights in ((X, J.sum(1)), (Y, J.sum(0))):
        M = np.eye(len(z)) + len(z) / PARAMETERS["epsilon"] ** 2 * (z * weights) @ z.T / J.sum()
        value -= PARAMETERS["alpha"] * np.log(M[0, 0] * M[1, 1] - M[0, 1] * M[1, 0]) / 2
    return value


def whitening(X, Y, W, J, still):
    away = (X * J.sum(1)) @ X.T + (Y * J.sum(0)) @ Y.T - np.eye(len(X))
    return squared(X, Y, W, J, still) + PARAMETERS["beta"] * (away**2).sum() / 4


def squared(X, Y, W, J, still):
    return J.sum() * mean(J, lambda i, a: ((X[:, i] - Y[:, a]) ** 2).sum()) / 2


def a_point(seed):
    rng = np.random.default_rng(seed)
    J = rng.uniform(0.1, 1, (5, 3))
    at = {s: rng.standard_normal([{v.d: 2, v.N: 5, v.K: 3}[m] for m in s.shape]) / 2 for s in (v.X, v.Y, v.W)}
    mobilities = {"H_x": rng.uniform(0.5, 2, 5), "H_y": rng.uniform(0.5, 2, 3)}
    return at, J, PARAMETERS | mobilities | {"J": J, "D_x": J.sum(1), "D_y": J.sum(0), "d": 2}


@pytest.mark.parametrize("name", NAMES)
def test_losses_and_their_flows_are_those_of_sums_over_pairs(name):
    loss, function = getattr(models, name)(), globals()[name]
    flow = loss.stop_gradient_flow()
    for seed in range(2):
        at, J, values = a_point(seed)
        needed = {str(p) for p in flow.parameters} | {"d"}
        lowered = flow.lower({k: x for k, x in values.items() if k in needed})
        y = lowered.pack({b: at[b] for b in flow.state})
        assert_close(lowered.evaluate([loss.erased()])(y)[0], function(at[v.X], at[v.Y], at[v.W], J, at))
        moved = lowered.unpack(lowered.velocity(0.0, y))
        rates = {v.X: values["H_x"], v.Y: values["H_y"], v.W: values["gamma"]}
        for block in flow.state:
            slope = numeric_gradient(lambda now, J=J, at=at: function(now[v.X], now[v.Y], now[v.W], J, at), at, block)
            decay = values[str(loss.decay[block])] if block in loss.decay else 0.0
            assert_close(moved[block], -slope * rates[block] - decay * at[block])


@pytest.mark.parametrize("name", [*NAMES, "byol"])
def test_losses_and_flows_are_made_again_by_pickle(name):
    loss = getattr(models, name)()
    for one in (loss, loss.stop_gradient_flow()):
        for other in (one.func(*one.args), pickle.loads(pickle.dumps(one))):
            assert (other, hash(other), str(other)) == (one, hash(one), str(one))


def test_byol_has_targets_that_follow():
    loss = models.byol()
    assert [b.name for b in loss.state] == ["X", "Y", "W", "T_X", "T_Y"]
    assert models.byol(Integer(3)).stop_gradient_flow().velocity[loss.state[3]].free_symbols & {v.beta} == set()
    at, J, values = a_point(0)
    flow = loss.stop_gradient_flow()
    lowered = flow.lower({k: x for k, x in values.items() if k in {str(p) for p in flow.parameters} | {"d"}})
    moved = lowered.unpack(lowered.velocity(0.0, lowered.pack(at | {loss.state[3]: at[v.X], loss.state[4]: at[v.Y]})))
    slope = numeric_gradient(lambda now: 4 * simsiam(now[v.X], now[v.Y], now[v.W], J, at), at, v.W)
    assert_close(moved[v.W], -slope * values["gamma"] - values["kappa"] * at[v.W])
    assert_close(moved[loss.state[3]], 0 * at[v.X])


@pytest.mark.parametrize("name", NAMES)
def test_simulations_lower_the_loss(name):
    coupling = Coupling.random_pairs(classes=3, samples=12, fraction=0.25, seed=1)
    loss = getattr(models, name)()
    needed = {str(p) for p in loss.gradient_flow().parameters}
    given = {k: x for k, x in PARAMETERS.items() if k in needed} | ({"lambda": 0, "kappa": 0} if "lambda" in needed else {})
    run = simulate(loss, coupling, dimension=2, times=[0.0, 0.2, 0.4], parameters=given)
    assert run.loss[-1] < run.loss[0]


@pytest.mark.parametrize("name", ["coding_rate", "vicreg"])
def test_a_gradient_flow_is_known_for_one_by_its_curl_alone(name):
    flow = getattr(models, name)().gradient_flow()
    assert Flow(dict(flow.velocity), dict(flow.mobility), flow.assumptions).is_gradient().holds is True
