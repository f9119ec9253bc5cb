"""States with decay, where they are born and what reaches them, against dense Jacobians and direct runs."""

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from sympy import lambdify

from derivations import derive
from derivations.catalogue.dense_head import jacobian, velocity
from derivations.vocabulary import mu, n, w, w_plus
from tests.strategies import seeds
from theory import Coupling, models, simulate
from theory.models.vocabulary import K, gamma, kappa, lam


def shown(step, number=0):
    """A formula of the derivation."""
    return derive("weight_decay")[step].after[number].right


correlations = st.floats(0.4, 1)
shares = st.floats(0.1, 0.9)  # of the critical decay
rates = st.floats(0.2, 2)


def numbers(correlation, share, mobility, head_decay):
    """The symbols at a share of the critical decay."""
    critical = float(shown("saddle_node").subs(mu, correlation))
    return {mu: correlation, lam: share * critical, gamma: mobility, kappa: head_decay}


def states(at):
    """Head and amplitude of both states."""
    for formula in (shown("heads", 0), shown("heads", 1)):
        head = float(formula.subs(at))
        yield head, float(shown("heads", 2).subs(at | {w: head})) ** 0.5


def dense(at, modes, head, moved):
    """A velocity or a Jacobian of all entries, all modes with one correlation."""
    return moved(modes, head, np.full(modes.shape[1], at[mu]), (at[gamma], at[lam], at[kappa]))


def followed(modes, head, correlations, rates, time):
    """Modes and head after a time."""
    size, count = modes.shape

    def flow(_, y):
        return velocity(y[: size * count].reshape(size, count), y[size * count :].reshape(size, size), correlations, rates)

    end = scipy.integrate.solve_ivp(
        flow, (0, time), np.concatenate([modes.ravel(), head.ravel()]), method="LSODA", rtol=1e-9, atol=1e-12
    ).y
    return end[: size * count, -1].reshape(size, count), end[size * count :, -1].reshape(size, size)


@given(correlations, shares, rates, rates, seeds)
def test_modes_along_the_directions_of_any_basis_rest_at_either_head(correlation, share, mobility, head_decay, seed):
    at = numbers(correlation, share, mobility, head_decay)
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((3, 3)))
    for head, amplitude in states(at):
        assert np.abs(dense(at, amplitude * basis, head * np.eye(3), velocity)).max() < 1e-12


@given(correlations, shares, rates, rates)
def test_in_one_dimension_the_upper_state_is_stable_and_the_lower_one_a_saddle(correlation, share, mobility, head_decay):
    at = numbers(correlation, share, mobility, head_decay)
    growing = []
    for head, amplitude in states(at):
        matrix = dense(at, np.array([[amplitude]]), np.array([[head]]), jacobian)
        growing.append(int(np.sum(np.linalg.eigvals(matrix).real > 0)))
    assert growing == [0, 1]


@given(correlations, shares, rates)
def test_a_large_start_reaches_the_upper_state_and_a_small_one_collapses(correlation, share, head_decay):
    at = numbers(correlation, share, 1.0, head_decay)
    (head, amplitude), (low, saddle) = states(at)
    constants = np.array([correlation]), (1.0, at[lam], head_decay)
    for factor, ends in ((1.5, (amplitude, head)), (0.5, (0, 0))):
        start = (amplitude, head) if factor > 1 else (saddle, low)
        modes, found = followed(factor * np.array([[start[0]]]), factor * np.array([[start[1]]]), *constants, 200 / at[lam])
        assert [modes[0, 0], found[0, 0]] == pytest.approx(ends, abs=1e-6)


@given(st.floats(1.1, 4), seeds)
def test_beyond_the_critical_decay_of_the_largest_correlation_every_start_collapses(factor, seed):
    rng = np.random.default_rng(seed)
    own = rng.uniform(-1, 1, 4)
    decay = factor * float(shown("saddle_node").subs(mu, np.abs(own).max()))
    time = 60 / (decay * (1 - 1 / factor))
    modes, _ = followed(rng.standard_normal((2, 4)), rng.standard_normal((2, 2)), own, (1.0, decay, 0.3), time)
    assert np.abs(modes).max() < 1e-8


@pytest.mark.parametrize("seed", range(3))
def test_runs_from_any_start_end_with_a_symmetric_head_and_orthogonal_modes_in_balance(seed):
    rng = np.random.default_rng(seed)
    own, constants = np.array([1, 0.9, 0.7, -0.6]), (0.7, 0.04, 0.06)
    modes, head = followed(rng.standard_normal((3, 4)), np.eye(3) + 0.1 * rng.standard_normal((3, 3)), own, constants, 3000)
    mobility, decay, head_decay = constants
    assert head == pytest.approx(head.T, abs=1e-7)
    assert modes @ modes.T == pytest.approx(head_decay / (mobility * decay) * head @ head, abs=1e-7)
    surviving = modes[:, np.linalg.norm(modes, axis=0) > 1e-3]
    gram = surviving.T @ surviving
    assert surviving.shape[1] >= 1
    assert gram == pytest.approx(np.diag(np.diag(gram)), abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_labels_of_classes_that_are_treated_alike_end_on_the_simplex_that_is_shown(classes):
    coupling = Coupling.uniform(classes=classes, samples=6 * classes, fraction=1 / 6)
    values = {"gamma": 0.05, "lambda": 0.05, "kappa": 0.04}
    start = {"W": np.eye(classes)}
    run = simulate(
        models.projection_head(),
        coupling,
        dimension=classes,
        times=[0, 2000],
        parameters=values,
        initial=start,
        method="direct",
    )
    at = {gamma: 0.05, lam: 0.05, kappa: 0.04, n: 6, mu: coupling.modes()[1]}
    predicted = float(shown("simplex").subs(w_plus, shown("heads")).subs(at))
    ends = run.labels[-1]
    distances = np.sum((ends[:, :, None] - ends[:, None, :]) ** 2, axis=0)[np.triu_indices(classes, 1)]
    assert distances == pytest.approx(np.full(len(distances), predicted), rel=1e-5)


@pytest.mark.parametrize("number", [0, 1])
def test_labels_collapse_above_the_critical_fraction_and_not_below(number):
    make, formula = (Coupling.uniform, Coupling.pairs)[number], shown("critical_fraction", number)
    coupling = make(classes=3, samples=24, fraction=0.25)
    decay = lambdify(lam, formula.subs(K, 3) - 0.25)
    separations = []
    for factor in (0.9, 1.1):
        values = {"gamma": 0.05, "lambda": factor * scipy.optimize.brentq(decay, 1e-6, 0.25), "kappa": 0.2}
        run = simulate(
            models.projection_head(),
            coupling,
            dimension=4,
            times=[0, 1500],
            parameters=values,
            initial={"W": np.eye(4)},
            solver="LSODA",
        )
        separations.append(run.min_separation[-1])
    assert separations[0] > 0.1
    assert separations[1] < 1e-6


def test_for_two_classes_both_families_have_one_critical_fraction():
    uniform, pairs = (shown("critical_fraction", number).subs(K, 2) for number in (0, 1))
    assert (uniform - pairs).expand() == 0
    assert uniform.subs(lam, 0) == 1
    assert uniform.subs(lam, shown("saddle_node").subs(mu, 1)) == 0
