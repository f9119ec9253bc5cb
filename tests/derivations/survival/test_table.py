"""Which losses frustration collapses: every row against its runs, its derivation and its loss."""

import json

import numpy as np
import pytest
from sympy import S, sqrt

from derivations import derive
from derivations.catalogue import names
from derivations.survival import survival_row, survival_rows
from derivations.vocabulary import mu, mu_k, psi
from theory import Coupling, InputError, UnfinishedError, models

ROWS = survival_rows()
every_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


@every_row
def test_runs_of_the_whole_model_end_as_the_closed_form_says(row):
    witness = row.witness()
    np.testing.assert_allclose(witness.simulated, witness.predicted, atol=row.tolerance)
    assert np.isfinite(witness.rates).any()
    assert witness.rate_deviation < 1e-7


@every_row
def test_runs_stand_on_both_sides_of_a_threshold(row):
    fraction, predicted = row.critical_fraction(), row.predict_sizes()
    assert (fraction is not None) == (0 < np.count_nonzero(predicted) < len(predicted))


@every_row
def test_a_row_names_a_loss_and_a_derivation_that_shows_what_it_says(row):
    """The size, the critical value, and the rate of what dies; a size may be put into other letters."""
    assert hasattr(models, row.loss)
    assert row.derivation in names()
    shown = [(line.left, line.right) for step in derive(row.derivation).steps for line in step.after]
    if row.survives == S.false:
        assert row.slow.right in [right for _, right in shown]
        return
    assert row.size.left in dict(shown)
    if row.critical is not None:
        by_frustration = {mu: sqrt(1 - psi), mu_k: sqrt(1 - psi)}
        known = [right.subs(by_frustration) for left, right in shown if left == row.critical.left]
        assert row.critical.right.subs(by_frustration) in known


@every_row
def test_the_condition_turns_where_the_critical_value_says(row):
    if row.critical is None:
        assert row.survives in (S.true, S.false) or row.critical_fraction() is None
        return
    (parameter,) = set(row.parameters) & row.survives.free_symbols - row.critical.right.free_symbols
    at = {mu_k: 0.7} | {x: v for x, v in row.parameters.items() if x != parameter}
    critical = float(row.critical.right.subs(at))
    below, above = (row.survives.subs(at).subs(parameter, share * critical) == S.true for share in (0.99, 1.01))
    assert below != above


@every_row
def test_rows_are_shown(row):
    found = json.loads(row.to_json())
    assert (found["loss"], found["derivation"]) == (row.loss, row.derivation)
    assert row.name in str(row)
    assert row.to_latex().startswith(r"\begin{aligned}")


def test_a_row_that_does_not_exist_is_refused_by_the_names_of_those_that_do():
    with pytest.raises(InputError, match="whitening"):
        survival_row("whitening", "magic")


def test_a_run_that_still_moves_is_no_witness():
    row = survival_row("softmax_classification")
    with pytest.raises(UnfinishedError, match="still moves"):
        row.measure(Coupling.uniform(3, 24, 0.5), 0)  # shared labels have no finite margin at rest
