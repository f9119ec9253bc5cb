"""Heads with any mobilities: what the closed forms say of couplings, against the solvers and runs of all embeddings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations import derive
from derivations.vocabulary import mu, n, rho_x, rho_y
from theory import Coupling, models, simulate
from theory.coupling.heads import head_states
from theory.models.vocabulary import lam


def shown(step, number=0):
    """A formula of the derivation."""
    return derive("plain_mobilities")[step].after[number].right


@given(st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.1, 1))
def test_unequal_rates_never_bring_the_fold_forward_and_at_most_to_four_times_the_slower_one(one, two, correlation):
    fold = float(shown("fold").subs({rho_x: one, rho_y: two, mu: correlation}))
    slower = min(one, two) * correlation**2
    assert slower / 4 * (1 - 1e-12) <= fold < slower


@given(st.integers(2, 5), st.integers(1, 30), st.sampled_from([0.5, 1.0, 2.0]), st.floats(0.05, 0.95))
def test_the_closed_form_is_that_of_couplings_whose_labels_are_alike(classes, pure, rate, share):
    coupling = Coupling.uniform(classes=classes, samples=classes * (pure + 1), fraction=1 / (pure + 1), mobility=(1.0, rate))
    at = {rho_x: 1, rho_y: (pure + 1) * rate, mu: coupling.modes()[1]}
    decay = share * float(shown("fold").subs(at))
    heads = head_states(coupling, decay).heads
    squares = [float(e.subs(at | {lam: decay})) for e in (shown("heads", 0), shown("heads", 1))]
    for square in squares:
        assert np.sort(np.abs(heads**2 - square))[classes - 2] < 1e-9


@pytest.mark.parametrize("number", [0, 1])
def test_with_plain_mobilities_labels_that_start_apart_collapse_above_the_fold_and_not_below(number):
    coupling = (Coupling.uniform, Coupling.pairs)[number](classes=3, samples=24, fraction=0.25, mobility="uniform")
    fold = float(shown("fold", 2).subs({n: 8, mu: coupling.modes()[1]}))
    assert fold > coupling.modes()[1] ** 2 / 4
    separations, start = [], {"W": np.eye(4), "Y": 4 * np.eye(4, 3)}
    for factor in (0.9, 1.1):
        values = {"gamma": 0.05, "lambda": factor * fold, "kappa": factor * fold}
        run = simulate(models.projection_head(), coupling, dimension=4, times=[0, 400], parameters=values, initial=start)
        separations.append(run.min_separation[-1])
    assert separations[0] > 0.1
    assert separations[1] < 1e-6
