"""How text files are written is found: what is read is what was written, whatever stands between columns, before decimals."""

import bz2
import gzip
import lzma

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from derivations.data import Reading, load_couplings, load_data
from theory import InputError

PACK = {"": lambda raw: raw, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
NUMBERS = st.decimals(-1000, 1000, allow_nan=False, places=2).filter(lambda x: x % 1 != 0)


@st.composite
def written(draw):
    """Numbers (n, 3), one name a row, and the bytes of a table of both."""
    rows = draw(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=3, max_size=8))
    delimiter, decimal = draw(
        st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", "."), ("|", ",")])
    )
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]))
    names = [("weiß", "rosé wein")[k % 2] for k in range(2 * len(rows))]
    numbers = [delimiter.join(str(x).replace(".", decimal) for x in row) for row in 2 * rows]
    lines = [delimiter.join(["Säure", "b", "c", "label"]), *map(delimiter.join, zip(numbers, names, strict=True))]
    return np.array(2 * rows, dtype=float), names, "\n".join(lines).encode(encoding)


@settings(max_examples=40)
@given(written(), st.sampled_from(sorted(PACK)), st.sampled_from([".csv", ".txt"]))
def test_a_table_is_read_as_it_was_written_whatever_its_format(tmp_path_factory, table, packed, kind):
    numbers, names, content = table
    path = tmp_path_factory.mktemp("text") / f"wine{kind}{packed}"
    path.write_bytes(PACK[packed](content))
    data = load_data(str(path))
    np.testing.assert_array_equal(data.features, numbers)
    assert [data.class_names[c] for c in data.classes] == names


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(40)
    return pandas.DataFrame({"id": shuffled, "a": rng.standard_normal(40), "label": np.arange(40) % 2})


def test_a_column_that_numbers_the_rows_is_noticed_and_left_out_when_asked(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    (note,) = load_data(str(tmp_path / "t.csv")).notes
    assert "'id'" in note
    assert "--drop id" in note
    left = load_data(str(tmp_path / "t.csv"), Reading(drop=("id",)))
    assert left.notes == ()
    np.testing.assert_array_equal(left.features[:, 0], frame["a"])


def test_an_index_without_a_name_says_how_it_is_left_out(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv")
    with pytest.raises(InputError, match="--drop 'column 1'"):
        load_data(str(tmp_path / "t.csv"))
    assert load_data(str(tmp_path / "t.csv"), Reading(drop=("column 1", "id"))).features.shape == (40, 1)


@pytest.mark.parametrize("save", ["to_csv", "to_parquet", "to_feather"])
def test_a_label_of_numbers_is_divided_at_its_quantiles(frame, tmp_path, save):
    pytest.importorskip("pyarrow")
    path = tmp_path / f"t.{save[3:]}"
    frame["label"] = frame["a"] ** 3
    getattr(frame, save)(path, **({"index": False} if save == "to_csv" else {}))
    with pytest.raises(InputError, match=r"40 different numbers, as of a continuous quantity.*--bins 5"):
        load_data(str(path))
    data = load_data(str(path), Reading(bins=5))
    assert np.bincount(data.classes).tolist() == [8] * 5
    np.testing.assert_array_equal(data.classes, np.argsort(np.argsort(frame["label"].to_numpy())) // 8)


def test_gaps_are_counted_by_column_and_an_empty_one_is_named(frame, tmp_path):
    frame.loc[[3, 5], "a"] = np.nan
    frame["empty"] = np.nan
    frame.to_csv(tmp_path / "t.csv", index=False, na_rep="?")
    with pytest.raises(InputError, match=r"42 missing .*2 in 'a', 40 in 'empty'.*--drop empty"):
        load_data(str(tmp_path / "t.csv"))


def test_couplings_are_read_by_the_same_reader(tmp_path):
    weights = np.array([[1.5, 0.0], [0.25, 2.0]])
    path = tmp_path / "couplings.tsv.gz"
    path.write_bytes(gzip.compress("für\tb\n1,5\t0\n0,25\t2\n".encode("latin-1")))
    table = load_couplings(path)
    assert table.labels == ("für", "b")
    np.testing.assert_array_equal(table.weights, weights)
