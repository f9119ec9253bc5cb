"""The states of two dimensions under Barlow Twins: the engine's list is complete and has those of the closed forms."""

from derivations.closed_forms.redundancy_reduction import states_of_two, tilted_cosine
from derivations.vocabulary import u, v


def test_the_states_of_two_angles_are_all_found():
    states = states_of_two()
    assert "proved complete" in str(states)
    found = {(state.values.get(u), state.values.get(v)) for state in states}
    assert {(1, 1), (-1, 1), (1, -1), (-1, -1), (0, 0)} <= found
    assert any(first == 1 and (second - tilted_cosine()).together().expand().cancel() == 0 for first, second in found if second)
