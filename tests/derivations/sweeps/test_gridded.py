"""Sweeps: labels, chunks, what is kept and resumed, and what is not trusted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from derivations.sweeps import sweep
from theory import models
from theory.errors import InputError

GRID = {"a": [1.0, 2.0, 3.0], "b": [10, 20], "c": [0.5, 0.25, 0.125, 0.0625]}


class Counted:
    """A function that remembers which points it was asked for, and may stop at a call."""

    identity = "a sum of a test"

    def __init__(self, stop_at=None, error=KeyboardInterrupt):
        self.calls, self.stop_at, self.error = [], stop_at, error

    def __call__(self, a, b, c):
        if len(self.calls) == self.stop_at:
            raise self.error
        self.calls.append(list(zip(a.tolist(), b.tolist(), c.tolist(), strict=True)))
        return {"sum": a + b + c, "powers": (("power",), a[:, None] ** np.arange(3))}


@given(st.integers(1, 30))
def test_values_stand_under_their_labels_for_every_size_of_chunks(chunk):
    found = sweep(Counted(), GRID, chunk=chunk, coordinates={"power": range(3)})
    for a in GRID["a"]:
        for b in GRID["b"]:
            for c in GRID["c"]:
                point = found.sel(a=a, b=b, c=c)
                assert point["sum"] == a + b + c
                assert point["powers"].values.tolist() == [1, a, a**2]
                assert point["powers"].sel(power=2) == a**2


def test_processes_find_what_one_finds():
    assert sweep(Counted(), GRID, chunk=5, workers=2).identical(sweep(Counted(), GRID, chunk=5))


def test_an_interrupted_sweep_goes_on_where_it_stopped(tmp_path):
    first, second = Counted(stop_at=2), Counted()
    with pytest.raises(KeyboardInterrupt):
        sweep(first, GRID, folder=tmp_path, chunk=5)
    kept = {point for call in first.calls for point in call}
    found = sweep(second, GRID, folder=tmp_path, chunk=5)
    computed = [point for call in second.calls for point in call]
    assert len(first.calls) == 2
    assert not kept & set(computed)
    assert len(kept) + len(computed) == found["sum"].size
    assert found.identical(sweep(Counted(), GRID, chunk=5))


def test_a_finished_sweep_is_read_and_nothing_is_computed(tmp_path):
    sweep(Counted(), GRID, folder=tmp_path, chunk=5)
    again = Counted()
    sweep(again, GRID, folder=tmp_path, chunk=5)
    assert again.calls == []


def test_kept_chunks_are_not_looked_for_where_that_is_not_wanted(tmp_path):
    sweep(Counted(), GRID, folder=tmp_path, chunk=5)
    again = Counted()
    sweep(again, GRID, folder=tmp_path, chunk=5, resume=False)
    assert len(again.calls) == 5


@pytest.mark.parametrize("damage", [lambda b: b[:-7], lambda b: b[:50] + b"x" + b[51:], lambda b: b""])
def test_a_damaged_chunk_is_computed_anew_with_a_notice(tmp_path, damage):
    truth = sweep(Counted(), GRID, folder=tmp_path, chunk=5)
    victim = sorted(tmp_path.iterdir())[0]
    victim.write_bytes(damage(victim.read_bytes()))
    again, notices = Counted(), []
    found = sweep(again, GRID, folder=tmp_path, chunk=5, notice=notices.append)
    assert len(again.calls) == len(notices) == 1
    assert "damaged" in notices[0]
    assert found.identical(truth)


def test_nothing_but_finished_chunks_is_left_behind(tmp_path):
    with pytest.raises(ValueError, match="wrong"):
        sweep(Counted(stop_at=3, error=ValueError("wrong")), GRID, folder=tmp_path, chunk=5)
    assert len(list(tmp_path.iterdir())) == 3
    assert all(path.suffix == ".chunk" for path in tmp_path.iterdir())


def test_another_function_and_another_key_do_not_share_chunks(tmp_path):
    other = Counted()
    other.identity = "another"
    for function, key in ((Counted(), None), (other, None), (Counted(), "one"), (Counted(), "two")):
        sweep(function, GRID, folder=tmp_path, chunk=24, key=key)
        assert len(function.calls) == 1


def test_progress_ends_at_one_and_counts_kept_chunks(tmp_path):
    shares = []
    sweep(Counted(stop_at=None), {**GRID, "a": [1.0]}, folder=tmp_path, chunk=4, progress=shares.append)
    assert shares == [0.0, 0.5, 1.0]
    shares.clear()
    sweep(Counted(), {**GRID, "a": [1.0]}, folder=tmp_path, chunk=4, progress=shares.append)
    assert shares == [1.0]


def doubled(a):
    return {"double": 2 * a}


def test_a_function_is_known_by_its_text_and_a_closure_asks_for_a_key(tmp_path):
    sweep(doubled, {"a": [1, 2]}, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    factor = 3

    def times(a):
        return {"times": factor * a}

    with pytest.raises(InputError, match="key"):
        sweep(times, {"a": [1, 2]}, folder=tmp_path)
    assert sweep(times, {"a": [1, 2]}, folder=tmp_path, key="factor 3")["times"].values.tolist() == [3, 6]


@pytest.mark.parametrize(
    ("function", "grid", "how"),
    [
        (doubled, {}, {}),
        (doubled, {"a": []}, {}),
        (doubled, {"a": [1, 1]}, {}),
        (doubled, {"a": [1.0, np.nan]}, {}),
        (doubled, {"a": [[1, 2]]}, {}),
        (doubled, {"a": [1]}, {"chunk": 0}),
        (doubled, {"a": [1]}, {"workers": 1.5}),
        (lambda a: a, {"a": [1]}, {}),
        (lambda a: {"one": 1.0}, {"a": [1]}, {}),
        (lambda a: {"short": a[:-1]}, {"a": [1, 2]}, {}),
        (lambda a: {"shape": np.zeros((len(a), len(a)))}, {"a": [1, 2, 3]}, {"chunk": 2}),
        (models.projection_head(), {"lambda": [0.1]}, {}),
    ],
)
def test_what_cannot_be_swept_is_refused(function, grid, how):
    with pytest.raises(InputError):
        sweep(function, grid, **how)
