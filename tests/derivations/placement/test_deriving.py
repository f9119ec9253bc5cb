"""One cell of the placement table, from its place to what it says."""

from derivations.placement import PlacementOutcome
from derivations.placement.cells import STOPS
from derivations.placement.deriving import derive_placement
from theory import Coupling


def test_collapse_of_the_shared_predictor_is_seen_from_few_samples_and_staying_apart_is_not():
    """A start of few samples in few dimensions is not held by the stable states of the shared predictor."""
    unequal = Coupling([[1, 0.3, 0], [0.2, 1, 0.4], [0, 0.5, 2], [0.7, 0, 1]])
    row = [derive_placement("shared", stop, unequal, dimension=2, seed=3) for stop in STOPS]
    assert [cell.outcome for cell in row if not cell.is_witnessed] == [PlacementOutcome.APART]
