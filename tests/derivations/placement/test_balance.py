"""Balances are found where the notes have them, and nowhere else."""

from derivations.placement import balance_of
from theory import models
from theory.models import vocabulary


def test_shared_predictor_with_both_stops_has_no_balance():
    loss = models.projection_head("shared", "both")
    X, Y, W = vocabulary.X, vocabulary.Y, vocabulary.W
    assert balance_of(loss, [(W * X, Y), (X, W * Y)]) is None


def test_no_balance_is_found_with_squares_that_the_loss_does_not_hold():
    X, Y, W = vocabulary.X, vocabulary.Y, vocabulary.W
    assert balance_of(models.embedding_only(), [(W * X, Y)]) is None
